// Linear layer with blocked weights: y[m, n] = norm[m] * sum over k of x[m, k] * w[n, k] + bias[n]
// + residual[m, n]; or, gated, silu(norm w1 x) * (norm w3 x).
//
// One workgroup of 8 x 8 invocations owns a tile of TILE_ROWS rows (m) by TILE_COLUMNS columns
// (n); one invocation owns every eighth group of four of each, in registers. The inner dimension
// is walked one weight block (32 values) at a time: both operands' tiles go through workgroup
// memory, the weights dequantized on the way, laid out with k first so that the product reads
// whole vectors. A gate's two matrices are the halves of the tile's columns, so that one
// invocation holds both values of an output. The norm has no weights, so it is a factor of each
// row: squares are summed while x passes by.
//
// Rows come in up to two parts with their own weights (text and picture), one after the other in
// the second dimension of the dispatch. Rows of x and of the residual repeat within a part.
//
// Workgroup memory: 32 x (TILE_ROWS + TILE_COLUMNS) floats, at most 16,384 bytes, which is what
// WebGPU guarantees. Preconditions: every index below 2^32; where ALIGNED, all widths are
// multiples of four. Double braces mark what `linear.rs` fills in. The CPU twin is
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
@group(0) @binding(2) var<storage, read_write> y: array<{{ element }}>; // [rows, y_stride]
// Then for each part: weights (and a gate's second ones), [blocks, outputs, WORDS] and the scales
// [blocks, outputs] as pairs of f16; bias [outputs]. Last the residual [rows, residual_stride].
{{ bindings }}

const BLOCK = 32u;
const ROW_GROUPS = {{ row_groups }}u;       // groups of four rows in a tile
const COLUMN_GROUPS = {{ column_groups }}u; // groups of four columns in a tile, of both matrices
const MATRIX_GROUPS = {{ matrix_groups }}u; // of one matrix
const INVOCATIONS = 64u;
const EPSILON = f32({{ epsilon }});
// Words that hold one block of one weight row, and values that one word holds.
const WORDS = {{ words }}u;
const VALUES = BLOCK / WORDS;

var<workgroup> x_tile: array<vec4<f32>, BLOCK * ROW_GROUPS>;    // [k][m / 4]
var<workgroup> w_tile: array<vec4<f32>, BLOCK * COLUMN_GROUPS>; // [k][n / 4]

fn weight(other: bool, second: bool, i: u32) -> u32 {
    {{ weight }}
}

// Value j of each of four words.
fn decode(packed: vec4<u32>, j: u32) -> vec4<f32> {
    {{ decode }}
}

// x[row, k .. k + 4], zero outside.
fn x_at(part: Part, row: u32, k: u32) -> vec4<f32> {
    if (row >= part.rows || k >= part.inner) {
        return vec4<f32>();
    }
    let first = (part.x_first + row % part.x_count) * parameters.x_stride + k;
    {{ x_at }}
}

// Four rows by four k of x; returns the rows' sums of squares.
fn load_x(part: Part, first_row: u32, block: u32, task: u32) -> vec4<f32> {
    let row = first_row + task / 8u * 4u;
    let k = task % 8u * 4u;
    let a = x_at(part, row, block * BLOCK + k);
    let b = x_at(part, row + 1u, block * BLOCK + k);
    let c = x_at(part, row + 2u, block * BLOCK + k);
    let d = x_at(part, row + 3u, block * BLOCK + k);
    let place = k * ROW_GROUPS + task / 8u;
    let e = vec4(a.x, b.x, c.x, d.x);
    let f = vec4(a.y, b.y, c.y, d.y);
    let g = vec4(a.z, b.z, c.z, d.z);
    let h = vec4(a.w, b.w, c.w, d.w);
    x_tile[place] = e;
    x_tile[place + ROW_GROUPS] = f;
    x_tile[place + 2u * ROW_GROUPS] = g;
    x_tile[place + 3u * ROW_GROUPS] = h;
    return e * e + f * f + g * g + h * h;
}

// A task is one word of each of four neighbouring weight rows.
fn load_w(part: Part, other: bool, first_column: u32, block: u32, invocation: u32) {
    for (var task = invocation; task < WORDS * COLUMN_GROUPS; task += INVOCATIONS) {
        let word = task % WORDS;
        let group = task / WORDS;
        let column = first_column + group % MATRIX_GROUPS * 4u;
        let second = group >= MATRIX_GROUPS;
        var packed: vec4<u32>;
        var scale = vec4(1.0);
        for (var i = 0u; i < 4u; i++) {
            // The last row again where there is none: what it gives is not stored.
            let at = block * part.outputs + min(column + i, part.outputs - 1u);
            packed[i] = weight(other, second, at * WORDS + word);
            {{ scale }}
        }
        for (var j = 0u; j < VALUES; j++) {
            w_tile[(word * VALUES + j) * COLUMN_GROUPS + group] = decode(packed, j) * scale;
        }
    }
}

fn bias_value(other: bool, i: u32) -> f32 {
    {{ bias_value }}
}

// The last value again where there is none: what it is added to is not stored.
fn bias_at(part: Part, other: bool, column: u32) -> vec4<f32> {
    let last = part.outputs - 1u;
    return vec4(
        bias_value(other, column),
        bias_value(other, min(column + 1u, last)),
        bias_value(other, min(column + 2u, last)),
        bias_value(other, min(column + 3u, last)),
    );
}

fn residual_at(part: Part, row: u32, column: u32) -> vec4<f32> {
    {{ residual_at }}
}

fn store(part: Part, other: bool, row: u32, column: u32, product: vec4<f32>) {
    if (row >= part.rows || column >= part.outputs) {
        return;
    }
    let value = product + bias_at(part, other, column) + residual_at(part, row, column);
    let first = (part.y_first + row) * parameters.y_stride + column;
    {{ store }}
}

fn silu(x: vec4<f32>) -> vec4<f32> {
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
    let first_row = (workgroup.y - select(0u, parameters.tiles, other)) * ROW_GROUPS * 4u;
    let first_column = workgroup.x * MATRIX_GROUPS * 4u;
    {{ declare }}

    for (var block = 0u; block * BLOCK < part.inner; block++) {
        {{ load_x }}
        load_w(part, other, first_column, block, invocation);
        workgroupBarrier();
        for (var k = 0u; k < BLOCK; k++) {
            {{ multiply }}
        }
        workgroupBarrier();
    }

    {{ norms }}
    {{ finish }}
}
