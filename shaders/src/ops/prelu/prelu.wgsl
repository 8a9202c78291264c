// Parametric ReLU in place: x where it is positive, else slopes[column] * x.
//
// One invocation owns one value, a workgroup {{ workgroup }}. No workgroup memory, no features.
// Preconditions: every index is below 2^32. The CPU twin is `cpu.rs`.

struct Parameters {
    count: u32,   // rows x columns
    columns: u32,
    stride: u32,  // of x's rows
    first: u32,   // value of x
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;   // [rows, stride]
@group(0) @binding(2) var<storage, read> slopes: array<f32>;    // [columns]

@compute @workgroup_size({{ workgroup }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let i = (workgroup.y * workgroups.x + workgroup.x) * {{ workgroup }}u + invocation;
    if (i >= parameters.count) {
        return;
    }
    let column = i % parameters.columns;
    let at = parameters.first + i / parameters.columns * parameters.stride + column;
    let value = x[at];
    x[at] = select(value, slopes[column] * value, value < 0.0);
}
