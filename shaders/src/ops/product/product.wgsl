// Products with blocked weights: rows of an operand x times rows of a weight w. This file is what all
// operations and all ways of multiplying share. `operands` is the operation's own part: its bindings,
// reads of x, and writes of y. At the end stands the way of multiplying: `float.wgsl` in f32 or f16,
// `packed.wgsl` in 8 bits, or `subgroup_matrix.wgsl`.
//
// One workgroup owns a tile of ROWS rows (m) by COLUMNS columns (n). Without subgroup matrices it has
// 8 x 8 invocations, each of which owns every eighth row and column, one sum each, in registers. The
// two matrices of a gate are the halves of the tile's columns, so that one invocation has both values
// of an output. The norm has no weights, so it is a factor of each row: squares are summed while x is
// read.
//
// Rows form up to two parts with their own weights, one after the other in the second dimension of the
// dispatch.
//
// Loops contain only loads, stores and multiplications: the starts of rows are computed before them,
// loads have no branches around them, and a choice between buffers is made once for all loads of a
// block (a function with such a choice is called with the literals `true` and `false`).
//
// The operands define
//   Part       with `rows`, `inner` (terms of a sum), `outputs`, and `scales`, the word of the weights'
//              buffer where the scales begin;
//   part_at    the part, the first or the `other`;
//   Row        where a row of x begins, and `row_at`, which returns it;
//   Term       where four terms of a sum begin in a row, and `term_at`, which returns it; `later` is
//              the one that follows `by` terms later in the same block;
//   x_at       four values of x;
//   store      writes a value of y.
//
// Preconditions: every index is below 2^32. Features: f16, packed_4x8_integer_dot_product or subgroup
// matrices, where `enable` and the product use them. `mod.rs` fills in the template.

{{ enable }}

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

{{ operands }}

// Four words of a part's weights, `[blocks, outputs, WORDS]` and then the scales `[blocks, outputs]` as
// pairs of f16: of the `other` part or the first, of a gate's `second` matrix or its first.
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

fn silu(x: f32) -> f32 {
    return x / (1.0 + exp(-x));
}

// The weight row of an output. Out-of-range invocations read the last one; their result is not
// stored.
fn weight_row(part: Part, column: u32) -> u32 {
    return min(column, part.outputs - 1u);
}
