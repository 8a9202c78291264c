// Linear layer with blocked weights: y[m, n] = norm[m] * sum over k of x[m, k] * w[n, k] + bias[n]
// + residual[m, n]; or, gated, silu(norm w1 x) * (norm w3 x).
//
// This is what all ways of multiplying share: what is bound, how x is read and y stored. The
// product itself follows: `linear/wide.wgsl` in f32 or f16, `linear/packed.wgsl` in 8 bits, or
// `linear/matrix.wgsl` by subgroup matrices.
//
// One workgroup owns a tile of ROWS rows (m) by COLUMNS columns (n). Without subgroup matrices it has
// 8 x 8 invocations, each of which owns every eighth row and column, one sum each, in registers. A
// gate's two matrices are the halves of the tile's columns, so that both values of an output are at
// hand at once. The norm has no weights, so it is a factor of each row: squares are summed while x
// passes by.
//
// Rows come in up to two parts with their own weights (text and picture), one after the other in
// the second dimension of the dispatch. Rows of x and of the residual repeat within a part.
//
// What a loop does is what it costs, so each loop only multiplies and moves: where rows begin is known
// before it, loads have no branches around them, and a choice between buffers is made once for all
// loads of a block (a function that chooses is called with `true` and `false` written out).
//
// Preconditions: every index below 2^32; where x is read in vectors, its width and the columns
// used are multiples of four, or where nothing is compared, of what a round of the loop takes. Double braces mark what `linear/variant.rs` fills in. The CPU twin
// is `cpu/linear.rs`.

{{ enable }}

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
const VECTORS = {{ vectors }}u;          // of four words that hold one block of one weight row
const INVOCATIONS = {{ invocations }}u;
const EPSILON = f32({{ epsilon }});

// Four words of a part's weights: `other`s or the first one's, a gate's `second` matrix or its first.
fn words_at(other: bool, second: bool, i: u32) -> vec4<u32> {
    {{ words_at }}
}

// The scale of block-row `i`, which is a block's number times the outputs, plus the weight row.
fn scale_at(part: Part, other: bool, second: bool, i: u32) -> f32 {
    {{ scale }}
}

// Where a row of x begins, in elements of the buffer; the last row's where there is none, because
// what it gives is not stored.
fn row_at(part: Part, row: u32) -> u32 {
    let own = {{ own_row }};
    return (part.x_first + own) * parameters.x_stride{{ in_elements }};
}

// x[row, k .. k + 4], zero beyond the columns that are used.
fn x_at(part: Part, row_at: u32, k: u32) -> vec4<f32> {
    {{ x_at }}
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

// The weight row of an output; the last one where there is none, because what it gives is not stored.
fn weight_row(part: Part, column: u32) -> u32 {
    return min(column, part.outputs - 1u);
}
