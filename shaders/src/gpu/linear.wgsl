// Linear layer with blocked weights: y[m, n] = norm[m] * sum over k of x[m, k] * w[n, k] + bias[n]
// + residual[m, n]; or, gated, silu(norm w1 x) * (norm w3 x).
//
// One workgroup of 8 x 8 invocations owns a tile of ROWS rows (m) by COLUMNS columns (n); one
// invocation owns every eighth row and column of it, one sum each, in registers. The inner
// dimension is walked one weight block (32 values) at a time: both operands' tiles go through
// workgroup memory, the weights dequantized on the way, in vectors of four k, so that a sum takes
// four products at once and neighbours read neighbours. A gate's two matrices are the halves of
// the tile's columns, so that one invocation holds both values of an output. The norm has no
// weights, so it is a factor of each row: squares are summed while x passes by.
//
// Rows come in up to two parts with their own weights (text and picture), one after the other in
// the second dimension of the dispatch. Rows of x and of the residual repeat within a part.
//
// Workgroup memory: 128 x (ROWS + COLUMNS) bytes, at most 16,384, which is what WebGPU guarantees.
// Preconditions: every index below 2^32; where x is read in vectors, its width and the columns
// used are multiples of four. Double braces mark what `linear.rs` fills in. The CPU twin is
// `cpu/linear.rs`.

struct Part {
    x_first: u32,
    x_count: u32, // rows after which x repeats
    y_first: u32,
    rows: u32,
    residual_first: u32,
    residual_count: u32,
    inner: u32,   // columns of x that are read
    outputs: u32,
    scales: u32,  // word of the weights' buffer where the scales begin
    pad_0: u32,
    pad_1: u32,
    pad_2: u32,
}

struct Parameters {
    x_stride: u32,
    y_stride: u32,
    residual_stride: u32,
    tiles: u32, // of the first part
    parts: array<Part, 2>,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> x: array<{{ element }}>;       // [rows, x_stride]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, y_stride]
// Then for each part: weights (and a gate's second ones), [blocks, outputs, WORDS] and the scales
// [blocks, outputs] as pairs of f16; bias [outputs]. Last the residual [rows, residual_stride].
{{ bindings }}

const BLOCK = 32u;
const QUADS = BLOCK / 4u;              // vectors of four k in a block
const ROWS = {{ rows }}u;              // of the tile
const COLUMNS = {{ columns }}u;        // of the tile, of both matrices
const MATRIX_COLUMNS = {{ matrix_columns }}u; // of the tile, of one matrix
const WORDS = {{ words }}u;            // that hold one block of one weight row
const INVOCATIONS = 64u;
const EPSILON = f32({{ epsilon }});

var<workgroup> x_tile: array<vec4<f32>, QUADS * ROWS>;    // [k / 4][m]
var<workgroup> w_tile: array<vec4<f32>, QUADS * COLUMNS>; // [k / 4][n]

fn weight(other: bool, second: bool, i: u32) -> u32 {
    {{ weight }}
}

// Four values of a weight row's block, whose words begin at `first`.
fn decode(other: bool, second: bool, first: u32, quad: u32) -> vec4<f32> {
    {{ decode }}
}

fn scale_at(part: Part, other: bool, second: bool, i: u32) -> f32 {
    {{ scale }}
}

// x[row, k .. k + 4], zero outside.
fn x_at(part: Part, row: u32, k: u32) -> vec4<f32> {
    if (row >= part.rows || k >= part.inner) {
        return vec4<f32>();
    }
    let first = (part.x_first + row % part.x_count) * parameters.x_stride + k;
    {{ x_at }}
}

fn load_w(part: Part, other: bool, first_column: u32, block: u32, task: u32) {
    let quad = task / COLUMNS;
    let place = task % COLUMNS;
    let second = place >= MATRIX_COLUMNS;
    // The last row again where there is none: what it gives is not stored.
    let column = min(first_column + place % MATRIX_COLUMNS, part.outputs - 1u);
    let i = block * part.outputs + column;
    w_tile[task] = decode(other, second, i * WORDS, quad) * scale_at(part, other, second, i);
}

fn bias_value(other: bool, i: u32) -> f32 {
    {{ bias_value }}
}

fn residual_at(part: Part, row: u32, column: u32) -> f32 {
    {{ residual_at }}
}

fn store(part: Part, other: bool, row: u32, column: u32, product: f32) {
    if (row >= part.rows || column >= part.outputs) {
        return;
    }
    let value = product + bias_value(other, column) + residual_at(part, row, column);
    y[(part.y_first + row) * parameters.y_stride + column] = value;
}

fn silu(x: f32) -> f32 {
    return x / (1.0 + exp(-x));
}

@compute @workgroup_size(8, 8, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let other = workgroup.y >= parameters.tiles;
    let part = parameters.parts[u32(other)];
    let first_row = (workgroup.y - select(0u, parameters.tiles, other)) * ROWS;
    let first_column = workgroup.x * MATRIX_COLUMNS;
    {{ declare }}

    for (var block = 0u; block * BLOCK < part.inner; block++) {
        {{ load }}
        workgroupBarrier();
        for (var quad = 0u; quad < QUADS; quad++) {
            {{ multiply }}
        }
        workgroupBarrier();
    }

    {{ norms }}
    {{ finish }}
}
