// Linear layer with blocked weights: y[m, n] = norm[m] * sum over k of x[m, k] * w[n, k] + bias[n]
// + residual[m, n]; or, gated, silu(norm w1 x) * (norm w3 x).
//
// This file is what all ways of multiplying share: bindings, reads of x and the weights, writes of y.
// The product follows: `float.wgsl` in f32 or f16, `packed.wgsl` in 8 bits, or `subgroup_matrix.wgsl`.
//
// One workgroup owns a tile of ROWS rows (m) by COLUMNS columns (n). Without subgroup matrices it has
// 8 x 8 invocations, each of which owns every eighth row and column, one sum each, in registers. The
// two matrices of a gate are the halves of the tile's columns, so that one invocation has both values
// of an output. The norm has no weights, so it is a factor of each row: squares are summed while x is
// read.
//
// Rows form up to two parts with their own weights (text and picture), one after the other in the
// second dimension of the dispatch. Rows of x and of the residual repeat within a part.
//
// Loops contain only loads, stores and multiplications: the starts of rows are computed before them,
// loads have no branches around them, and a choice between buffers is made once for all loads of a
// block (a function with such a choice is called with the literals `true` and `false`).
//
// Preconditions: every index is below 2^32. Where x is read in vectors, its width and the columns
// used are multiples of four; where bounds are not checked, of what one step of the loop reads.
// Features: f16, packed_4x8_integer_dot_product or subgroup matrices, where `enable` and the product
// use them. `mod.rs` fills in the template. The CPU twin is `../cpu.rs`.

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
@group(0) @binding(1) var<storage, read> x: array<{{ if vectors }}vec4<f32>{{ else }}f32{{ end }}>; // [rows, x_stride]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, y_stride]
// Then for each part: weights (and a gate's second ones), [blocks, outputs, WORDS] and the scales
// [blocks, outputs] as pairs of f16; bias [outputs]. Last the residual [rows, residual_stride].
{{ for binding, name, element in bindings }}
@group(0) @binding({{ binding }}) var<storage, read> {{ name }}: array<{{ element }}>;
{{ end }}

const BLOCK = 32u;
const QUADS = BLOCK / 4u;              // vectors of four k in a block
const ROWS = {{ rows }}u;              // of the tile
const COLUMNS = {{ columns }}u;        // of the tile, of both matrices
const MATRIX_COLUMNS = {{ matrix_columns }}u; // of the tile, of one matrix
const VECTORS = {{ block_vectors }}u;  // vectors of four words that hold a block of one weight row
const INVOCATIONS = {{ invocations }}u;
{{ if normed }}
const EPSILON = f32({{ epsilon }});
{{ end }}

// Four words of a part's weights: of the `other` part or the first, of a gate's `second` matrix or
// its first.
fn words_at(other: bool, second: bool, i: u32) -> vec4<u32> {
    {{ if gated }}
    if (second) {
        {{ if paired }}
        if (other) { return other_gate[i]; }
        {{ end }}
        return gate[i];
    }
    {{ end }}
    {{ if paired }}
    if (other) { return other_weights[i]; }
    {{ end }}
    return weights[i];
}

// The scale of block-row `i`: a block's number times the outputs, plus the weight row.
fn scale_at(part: Part, other: bool, second: bool, i: u32) -> f32 {
    {{ if scaled }}
    let word = part.scales + i / 2u;
    return unpack2x16float(words_at(other, second, word / 4u)[word % 4u])[i % 2u];
    {{ else }}
    return 1.0;
    {{ end }}
}

// Where a row of x begins, in elements of the buffer. Out-of-range invocations read the last row;
// their result is not stored.
fn row_at(part: Part, row: u32) -> u32 {
    let own = min(row, part.rows - 1u){{ if repeats }} % part.x_count{{ end }};
    return (part.x_first + own) * parameters.x_stride{{ if vectors }} / 4u{{ end }};
}

// x[row, k .. k + 4], zero beyond the columns that are used.
fn x_at(part: Part, row_at: u32, k: u32) -> vec4<f32> {
    {{ if vectors }}
    {{ if partial_blocks }}
    if (k >= part.inner) { return vec4<f32>(); }
    {{ end }}
    return x[row_at + k / 4u];
    {{ else }}
    var four = vec4<f32>();
    if (k < part.inner) { four.x = x[row_at + k]; }
    if (k + 1u < part.inner) { four.y = x[row_at + k + 1u]; }
    if (k + 2u < part.inner) { four.z = x[row_at + k + 2u]; }
    if (k + 3u < part.inner) { four.w = x[row_at + k + 3u]; }
    return four;
    {{ end }}
}

fn bias_value(other: bool, i: u32) -> f32 {
    {{ if biased }}
    {{ if paired }}
    if (other) { return other_bias[i]; }
    {{ end }}
    return bias[i];
    {{ else }}
    return 0.0;
    {{ end }}
}

fn residual_at(part: Part, row: u32, column: u32) -> f32 {
    {{ if residual_in_y }}
    return y[(part.y_first + row) * parameters.y_stride + column];
    {{ else }}
    {{ if residual }}
    let at = part.residual_first + row % part.residual_count;
    return residual[at * parameters.residual_stride + column];
    {{ else }}
    return 0.0;
    {{ end }}
    {{ end }}
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

// The weight row of an output. Out-of-range invocations read the last one; their result is not
// stored.
fn weight_row(part: Part, column: u32) -> u32 {
    return min(column, part.outputs - 1u);
}
