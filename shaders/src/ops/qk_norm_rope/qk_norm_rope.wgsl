// Queries and keys of one row and head: x / sqrt(mean(x^2) + epsilon), turned by the row's angles;
// queries also times log2(e) / sqrt(head_dim).
//
// Eight neighbouring invocations own one head's vector of one row, in place, each every eighth pair
// of features, so that neighbours read neighbours: no two touch the same values. What each knows of
// the squares goes through workgroup memory.
// Preconditions: qkv and angles contiguous; 2 x heads x rows at most 65,535 x 8. The CPU twin is
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
const LANES = {{ lanes }}u; // of a vector
const EPSILON = f32({{ epsilon }});
const LOG2_E = 1.442695041;

var<workgroup> squares: array<f32, {{ workgroup }}>;

@compute @workgroup_size({{ workgroup }})
fn main(
    @builtin(global_invocation_id) global: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let there = global.x / LANES < parameters.vectors;
    let vector = min(global.x / LANES, parameters.vectors - 1u);
    let lane = global.x % LANES;
    let row = vector / (2u * HEADS);
    let part = vector % (2u * HEADS); // queries' heads, then keys'
    let first = (row * 3u * HEADS + part) * HEAD_DIM;
    let first_angle = row * HEAD_DIM;
    var square = 0.0;
    {{ read }}
    squares[invocation] = square;
    workgroupBarrier();
    square = 0.0;
    for (var i = 0u; i < LANES; i++) {
        square += squares[invocation - lane + i];
    }
    var scale = inverseSqrt(square / f32(HEAD_DIM) + EPSILON);
    if (part < HEADS) {
        scale *= LOG2_E * inverseSqrt(f32(HEAD_DIM));
    }
    {{ turn }}
}
