// Pixel shuffle: y[i, j, c] = x[i / r, j / r, c * r^2 + i % r * r + j % r] + nearest[i / r, j / r, c].
//
// One invocation owns one value of y, a workgroup {{ workgroup }}, so that writes are contiguous. No
// workgroup memory, no features. Preconditions: every index is below 2^32. The CPU twin is `cpu.rs`.

struct Parameters {
    width: u32,    // of y, in pixels
    pixels: u32,   // of y
    channels: u32, // of y
    factor: u32,   // r
    x_first: u32,  // row of x
    x_stride: u32,
    nearest_first: u32,
    nearest_stride: u32,
    y_first: u32,
    y_stride: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> x: array<f32>;       // [rows, x_stride]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, y_stride]
{{ if nearest }}
@group(0) @binding(3) var<storage, read> nearest: array<f32>; // [rows, nearest_stride]
{{ end }}

@compute @workgroup_size({{ workgroup }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let own = (workgroup.y * workgroups.x + workgroup.x) * {{ workgroup }}u + invocation;
    let pixel = own / parameters.channels;
    let channel = own % parameters.channels;
    if (pixel >= parameters.pixels) {
        return;
    }
    let r = parameters.factor;
    let i = pixel / parameters.width;
    let j = pixel % parameters.width;
    let source = i / r * (parameters.width / r) + j / r;
    let place = (channel * r + i % r) * r + j % r;
    var value = x[(parameters.x_first + source) * parameters.x_stride + place];
    {{ if nearest }}
    value += nearest[(parameters.nearest_first + source) * parameters.nearest_stride + channel];
    {{ end }}
    y[(parameters.y_first + pixel) * parameters.y_stride + channel] = value;
}
