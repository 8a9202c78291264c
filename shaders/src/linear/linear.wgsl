// Linear layer with a blocked weight matrix: y[m, n] = bias[n] + sum over k of x[m, k] * w[n, k].
//
// One workgroup of 8 x 8 invocations owns a tile of 32 rows (m) by 64 columns (n) of y; one
// invocation owns 4 rows by 8 columns of it, in registers. The inner dimension is walked one
// weight block (32 values) at a time: both operands' tiles go through workgroup memory, the
// weights dequantized on the way, laid out with k first so that the product reads whole vectors.
//
// Workgroup memory: 32 x 32 + 32 x 64 floats = 12,288 bytes (WebGPU guarantees 16,384).
// Preconditions: x and y contiguous; every index below 2^32; no feature is needed.
// Double braces mark what `gpu.rs` fills in for each permutation. The CPU twin is `cpu.rs`.

struct Shape {
    rows: u32,    // m
    columns: u32, // n
    inner: u32,   // k
    blocks: u32,  // ceil(k / 32)
}

@group(0) @binding(0) var<storage, read> x: array<f32>;       // [m, k]
@group(0) @binding(1) var<storage, read> words: array<u32>;   // [blocks, n, WORDS]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [m, n]
{{ scales_binding }} // scales: [blocks, n], pairs of f16 in one word
{{ bias_binding }}   // bias: [n]
@group(0) @binding({{ shape_index }}) var<storage, read> shape: Shape;

const BLOCK = 32u;
const TILE_ROWS = {{ tile_rows }}u;
const TILE_COLUMNS = {{ tile_columns }}u;
const ROW_GROUPS = TILE_ROWS / 4u;
const COLUMN_GROUPS = TILE_COLUMNS / 4u;
const INVOCATIONS = 64u;
// Words that hold one block of one weight row, and values that one word holds.
const WORDS = {{ words }}u;
const VALUES = BLOCK / WORDS;

var<workgroup> x_tile: array<vec4<f32>, BLOCK * ROW_GROUPS>;    // [k][m / 4]
var<workgroup> w_tile: array<vec4<f32>, BLOCK * COLUMN_GROUPS>; // [k][n / 4]

// Value j of each of four words.
fn decode(packed: vec4<u32>, j: u32) -> vec4<f32> {
    {{ decode }}
}

fn scale_at(block: u32, column: u32) -> f32 {
    {{ scale }}
}

fn x_at(row: u32, k: u32) -> f32 {
    if (row < shape.rows && k < shape.inner) {
        return x[row * shape.inner + k];
    }
    return 0.0;
}

fn word_at(block: u32, column: u32, word: u32) -> u32 {
    if (column < shape.columns) {
        return words[(block * shape.columns + column) * WORDS + word];
    }
    return 0u;
}

fn load_x(first_row: u32, block: u32, invocation: u32) {
    let row = first_row + invocation / 8u * 4u;
    for (var j = 0u; j < 4u; j++) {
        let local_k = invocation % 8u * 4u + j;
        let k = block * BLOCK + local_k;
        x_tile[local_k * ROW_GROUPS + invocation / 8u] =
            vec4(x_at(row, k), x_at(row + 1u, k), x_at(row + 2u, k), x_at(row + 3u, k));
    }
}

// A task is one word of each of four neighbouring weight rows.
fn load_w(first_column: u32, block: u32, invocation: u32) {
    for (var task = invocation; task < WORDS * COLUMN_GROUPS; task += INVOCATIONS) {
        let word = task % WORDS;
        let group = task / WORDS;
        let column = first_column + group * 4u;
        let packed = vec4(
            word_at(block, column, word),
            word_at(block, column + 1u, word),
            word_at(block, column + 2u, word),
            word_at(block, column + 3u, word),
        );
        let scale = vec4(
            scale_at(block, column),
            scale_at(block, column + 1u),
            scale_at(block, column + 2u),
            scale_at(block, column + 3u),
        );
        for (var j = 0u; j < VALUES; j++) {
            w_tile[(word * VALUES + j) * COLUMN_GROUPS + group] = decode(packed, j) * scale;
        }
    }
}

fn store(row: u32, column: u32, sum: f32) {
    if (row < shape.rows && column < shape.columns) {
        y[row * shape.columns + column] = sum {{ add_bias }};
    }
}

fn store4(row: u32, column: u32, sums: vec4<f32>) {
    store(row, column, sums.x);
    store(row, column + 1u, sums.y);
    store(row, column + 2u, sums.z);
    store(row, column + 3u, sums.w);
}

@compute @workgroup_size(8, 8, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let first_row = workgroup.y * TILE_ROWS;
    let first_column = workgroup.x * TILE_COLUMNS;
    // Rows 0 to 3 of the invocation's part, left and right half of the tile.
    var l0 = vec4<f32>(); var l1 = vec4<f32>(); var l2 = vec4<f32>(); var l3 = vec4<f32>();
    var r0 = vec4<f32>(); var r1 = vec4<f32>(); var r2 = vec4<f32>(); var r3 = vec4<f32>();

    for (var block = 0u; block < shape.blocks; block++) {
        load_x(first_row, block, invocation);
        load_w(first_column, block, invocation);
        workgroupBarrier();
        for (var k = 0u; k < BLOCK; k++) {
            let a = x_tile[k * ROW_GROUPS + local.y];
            let left = w_tile[k * COLUMN_GROUPS + local.x];
            let right = w_tile[k * COLUMN_GROUPS + 8u + local.x];
            l0 += a.x * left;
            r0 += a.x * right;
            l1 += a.y * left;
            r1 += a.y * right;
            l2 += a.z * left;
            r2 += a.z * right;
            l3 += a.w * left;
            r3 += a.w * right;
        }
        workgroupBarrier();
    }

    let row = first_row + local.y * 4u;
    let column = first_column + local.x * 4u;
    store4(row, column, l0);
    store4(row + 1u, column, l1);
    store4(row + 2u, column, l2);
    store4(row + 3u, column, l3);
    store4(row, column + 32u, r0);
    store4(row + 1u, column + 32u, r1);
    store4(row + 2u, column + 32u, r2);
    store4(row + 3u, column + 32u, r3);
}
