// Queries and keys of one row and head: x / sqrt(mean(x^2) + epsilon), rotated by the row's angles;
// queries also times log2(e) / sqrt(head_dim).
//
// Eight neighbouring invocations own one head's vector of one row, in place, each every eighth pair
// of features, so that reads are coalesced. They add up the squares through workgroup memory: 256
// bytes, four an invocation.
// Preconditions: qkv and angles contiguous; 2 x heads x rows at most 65,535 x 8. Features: none. The
// CPU twin is `cpu.rs`.

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
    // Out-of-range invocations read the last vector; their result is not stored.
    let there = global.x / LANES < parameters.vectors;
    let vector = min(global.x / LANES, parameters.vectors - 1u);
    let lane = global.x % LANES;
    let row = vector / (2u * HEADS);
    let part = vector % (2u * HEADS); // queries' heads, then keys'
    let first = (row * 3u * HEADS + part) * HEAD_DIM;
    let first_angle = row * HEAD_DIM;
    var square = 0.0;
    {{ for pair in pairs }}
    let i_{{ pair }} = {{ pair }}u * LANES + lane;
    var a_{{ pair }} = 0.0;
    var b_{{ pair }} = 0.0;
    if ({{ if whole }}true{{ else }}i_{{ pair }} < HALF{{ end }}) {
        a_{{ pair }} = qkv[first + i_{{ pair }}];
        b_{{ pair }} = qkv[first + HALF + i_{{ pair }}];
    }
    square += a_{{ pair }} * a_{{ pair }} + b_{{ pair }} * b_{{ pair }};
    {{ end }}
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
    {{ for pair in pairs }}
    if (there && {{ if whole }}true{{ else }}i_{{ pair }} < HALF{{ end }}) {
        let cos = scale * angles[first_angle + i_{{ pair }}];
        let sin = scale * angles[first_angle + HALF + i_{{ pair }}];
        qkv[first + i_{{ pair }}] = a_{{ pair }} * cos - b_{{ pair }} * sin;
        qkv[first + HALF + i_{{ pair }}] = b_{{ pair }} * cos + a_{{ pair }} * sin;
    }
    {{ end }}
}
