// Rounds to `Four`, the vectors that a kernel keeps in workgroup memory.
fn narrowed(values: vec4<f32>) -> Four {
    {{ if half }}
    // Values beyond the range of f16 are clamped to it; NaN and infinity propagate.
    let all = abs(values);
    if (max(max(all.x, all.y), max(all.z, all.w)) > 65504.0) {
        let within = clamp(values, vec4(-65504.0), vec4(65504.0));
        return Four(select(values, within, all < vec4(3.4e38)));
    }
    return Four(values);
    {{ else }}
    return values;
    {{ end }}
}
