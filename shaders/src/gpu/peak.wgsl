// Multiplications and additions in registers alone: the device's peak rate.
//
// Each invocation updates sixteen vectors; their sum is written, so that no operation can be
// optimized away. Workgroup memory and features: none.

struct Parameters {
    rounds: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>; // one value an invocation

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
    let factor = vec4(0.9990234375);
    let rest = vec4(f32(invocation.x)) * 1e-6;
    {{ for i in vectors }}
    var sum_{{ i }} = vec4({{ i }}.0);
    {{ end }}
    for (var i = 0u; i < parameters.rounds; i++) {
        {{ for i in vectors }}
        sum_{{ i }} = fma(sum_{{ i }}, factor, rest);
        {{ end }}
    }
    out[invocation.x] = {{ for plus, i in terms }}{{ plus }} sum_{{ i }}{{ end }};
}
