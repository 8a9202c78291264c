// One stage of a sampler's step: g = without + scale * (with - without), or `with` alone;
// saved = x + w_saved * (g - x); x = base + w * (g - x), where base is x or the value saved before.
//
// One invocation owns one value of one patch, in x's layout (channel by channel); the predicted
// picture is laid out pixel by pixel. A workgroup owns {{ workgroup }} values of a patch. No workgroup
// memory, no features. Preconditions: all contiguous; patches below 65,536. The CPU twin is `cpu.rs`.

struct Parameters {
    patches: u32,
    values: u32, // of a patch: channels x area
    stride: u32, // of x's rows
    first: u32,  // row of `clean`
    channels: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;      // [patches, stride]
@group(0) @binding(2) var<storage, read> clean: array<f32>;        // [branches x patches, values]
@group(0) @binding(3) var<storage, read_write> guided: array<f32>; // [patches, values]
@group(0) @binding(4) var<storage, read_write> saved: array<f32>;  // [patches, values]
@group(0) @binding(5) var<storage, read> weights: vec4<f32>;       // scale, w, w_saved, from_saved

const TWO_BRANCHES = {{ guided_by_two }};

@compute @workgroup_size({{ workgroup }})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
    let i = invocation.x;
    let patch_index = invocation.y;
    if (i >= parameters.values) {
        return;
    }
    let area = parameters.values / parameters.channels;
    let source = (i % area) * parameters.channels + i / area;
    let row = parameters.first + patch_index;
    var g = clean[row * parameters.values + source];
    if (TWO_BRANCHES) {
        let without = clean[(row + parameters.patches) * parameters.values + source];
        g = without + weights.x * (g - without);
    }
    let at = patch_index * parameters.values + i;
    let place = patch_index * parameters.stride + i;
    let now = x[place];
    var base = now;
    if (weights.w != 0.0) {
        base = saved[at];
    }
    guided[at] = g;
    saved[at] = now + weights.z * (g - now);
    x[place] = base + weights.y * (g - now);
}
