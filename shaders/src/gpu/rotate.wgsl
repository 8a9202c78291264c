// Queries and keys of one row and head: x / sqrt(mean(x^2) + epsilon), turned by the row's angles;
// queries also times log2(e) / sqrt(head_dim).
//
// One invocation owns one head's vector of one row, in place: no two touch the same values.
// Preconditions: qkv and angles contiguous; 2 x heads x rows below 65,536 x 64. The CPU twin is
// `cpu/rotate.rs`.

struct Parameters {
    vectors: u32, // rows x 2 x heads
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> qkv: array<f32>; // [rows, 3, heads, head_dim]
@group(0) @binding(2) var<storage, read> angles: array<f32>;    // [rows, cos and sin, head_dim / 2]

const HEAD_DIM = {{ head_dim }}u;
const HALF = HEAD_DIM / 2u;
const HEADS = {{ heads }}u;
const EPSILON = f32({{ epsilon }});
const LOG2_E = 1.442695041;

@compute @workgroup_size({{ workgroup }})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
    if (invocation.x >= parameters.vectors) {
        return;
    }
    let row = invocation.x / (2u * HEADS);
    let part = invocation.x % (2u * HEADS); // queries' heads, then keys'
    let first = (row * 3u * HEADS + part) * HEAD_DIM;
    var square = 0.0;
    for (var i = 0u; i < HEAD_DIM; i++) {
        let x = qkv[first + i];
        square += x * x;
    }
    var scale = inverseSqrt(square / f32(HEAD_DIM) + EPSILON);
    if (part < HEADS) {
        scale *= LOG2_E * inverseSqrt(f32(HEAD_DIM));
    }
    for (var i = 0u; i < HALF; i++) {
        let a = scale * qkv[first + i];
        let b = scale * qkv[first + HALF + i];
        let cos = angles[row * HEAD_DIM + i];
        let sin = angles[row * HEAD_DIM + HALF + i];
        qkv[first + i] = a * cos - b * sin;
        qkv[first + HALF + i] = b * cos + a * sin;
    }
}
