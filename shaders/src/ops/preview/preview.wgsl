// A picture as pixels for display: alpha clamped, colour clamped to it and divided by it, alpha
// stretched. And statistics that show whether its values are valid: the first that is not finite, the
// smallest and the largest.
//
// One invocation owns one pixel. A workgroup owns {{ workgroup }} consecutive pixels and writes its
// statistics to three words of its own, so that no run has to clear those of the run before. Workgroup
// memory: 12 bytes an invocation. No features. Preconditions: all contiguous; whole patches. The CPU
// twin is `cpu.rs`.

struct Parameters {
    width: u32,   // of the picture, as all in pixels
    pixels: u32,  // of the picture
    patch_side: u32,
    channels: u32,
    haze: f32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> values: array<f32>;     // [patches, channels, patch, patch]
@group(0) @binding(2) var<storage, read_write> out: array<u32>;  // [pixels], then [workgroups, 3]

const WORKGROUP = {{ workgroup }}u;
const NONE = 0xffffffffu;
const GREATEST = 3.4028234e38; // the largest f32, rounded towards zero: browsers refuse more

var<workgroup> firsts: array<u32, WORKGROUP>;
var<workgroup> lows: array<f32, WORKGROUP>;
var<workgroup> highs: array<f32, WORKGROUP>;

// Rounds half up, as on the processor; `round` rounds half to even.
fn byte(unit: f32) -> u32 {
    let scaled = 255.0 * clamp(unit, 0.0, 1.0);
    let whole = floor(scaled);
    return u32(whole) + select(0u, 1u, scaled - whole >= 0.5);
}

@compute @workgroup_size({{ workgroup }})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let pixel = group.x * WORKGROUP + local;
    var first = NONE;
    var low = GREATEST;
    var high = -GREATEST;
    if (pixel < parameters.pixels) {
        let side = parameters.patch_side;
        let y = pixel / parameters.width;
        let x = pixel % parameters.width;
        let patch_index = y / side * (parameters.width / side) + x / side;
        let start = patch_index * parameters.channels * side * side + y % side * side + x % side;
        var units = vec4(1.0);
        for (var channel = 0u; channel < parameters.channels; channel++) {
            let v = values[start + channel * side * side];
            units[channel] = 0.5 * (v + 1.0);
            // By the exponent's bits: compilers may assume that values are finite.
            if ((bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u) {
                first = min(first, channel * parameters.pixels + pixel);
            } else {
                low = min(low, v);
                high = max(high, v);
            }
        }
        let clamped = clamp(units.w, 0.0, 1.0);
        var alpha = 255u;
        if (parameters.channels == 4u) {
            alpha = byte((clamped - parameters.haze) / (1.0 - 2.0 * parameters.haze));
        }
        var word = alpha << 24u;
        if (alpha != 0u) {
            for (var channel = 0u; channel < 3u; channel++) {
                let colour = min(max(units[channel], 0.0), clamped);
                word |= byte(colour / clamped) << (8u * channel);
            }
        }
        out[pixel] = word;
    }
    firsts[local] = first;
    lows[local] = low;
    highs[local] = high;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (local < half) {
            firsts[local] = min(firsts[local], firsts[local + half]);
            lows[local] = min(lows[local], lows[local + half]);
            highs[local] = max(highs[local], highs[local + half]);
        }
    }
    if (local == 0u) {
        let place = parameters.pixels + 3u * group.x;
        out[place] = firsts[0] + 1u; // NONE becomes 0
        out[place + 1u] = bitcast<u32>(lows[0]);
        out[place + 2u] = bitcast<u32>(highs[0]);
    }
}
