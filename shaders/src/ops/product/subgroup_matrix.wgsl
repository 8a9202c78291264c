// The product by subgroup matrices: a subgroup multiplies M x K values by K x N at once, in f32 sums.
// Four subgroups share a tile, a quarter each. The tiles of both operands go through workgroup memory
// row by row, the weights dequantized on the way; rows are padded to STRIDE values to avoid bank
// conflicts when a column of rows is read.
//
// `hardware.wgsl` has the matrix operations; `emulated.wgsl` the same in plain arithmetic, with one
// invocation a subgroup, for tests on any device.
//
// Sums leave the subgroups through workgroup memory, one M x N square of each at a time, because only
// there the place of a value within a matrix is defined. The second matrix of a gate is the right half
// of the tile, so its squares lie beside those of the first one.
//
// Workgroup memory in f16: 80 x (ROWS + COLUMNS) + 32 x ROWS + 16 x M x N bytes, at most 16,384,
// which is what WebGPU guarantees; in f32 144 instead of 80, with half the rows and squares of 8 x 8.

const M = {{ m }}u;
const N = {{ n }}u;
const K = {{ k }}u;
const LANES = {{ lanes }}u; // of a subgroup
const SUBGROUPS = 4u;       // 2 x 2 of the tile
const STRIDE = BLOCK + {{ if half }}8u{{ else }}4u{{ end }}; // 16 bytes more, the alignment of matrices
const SQUARE = M * N;
// Vectors of four k that an invocation loads from a weight row at a time, at most those of four words,
// and the number of such shares in a row's block.
const SHARE_QUADS = {{ share_quads }}u;
const SHARES = QUADS / SHARE_QUADS;

alias Scalar = {{ if half }}f16{{ else }}f32{{ end }};
alias Four = vec4<Scalar>;

var<workgroup> x_tile: array<Scalar, STRIDE * ROWS>;    // [m][k]
var<workgroup> w_tile: array<Scalar, STRIDE * COLUMNS>; // [n][k]
var<workgroup> results: array<f32, SUBGROUPS * SQUARE>; // [subgroup][m][n]
{{ if normed }}
var<workgroup> squares: array<f32, QUADS * ROWS>;        // [m][k / 4]
{{ end }}

{{ narrowed }}

fn load_x(part: Part, first_row: u32, block: u32, task: u32) {
    let row = task / QUADS;
    let quad = task % QUADS;
    let four = x_at(part, row_at(part, first_row + row), term_at(part, block * BLOCK + 4u * quad));
    let narrow = narrowed(four);
    let at = row * STRIDE + 4u * quad;
    x_tile[at] = narrow.x;
    x_tile[at + 1u] = narrow.y;
    x_tile[at + 2u] = narrow.z;
    x_tile[at + 3u] = narrow.w;
    {{ if normed }}
    squares[task] += dot(four, four);
    {{ end }}
}

// Copies a block of a matrix into the tile, a share of a weight row's block at a time.
fn load_w(part: Part, other: bool, second: bool, first_column: u32, block: u32, invocation: u32) {
    for (var task = invocation; task < MATRIX_COLUMNS * SHARES; task += INVOCATIONS) {
        let place = task / SHARES;
        let first_quad = task % SHARES * SHARE_QUADS;
        let i = block * part.outputs + weight_row(part, first_column + place);
        let scale = scale_at(part, other, second, i);
        let words = words_at(other, second, i * VECTORS + first_quad / VECTOR_QUADS);
        let column = place + select(0u, MATRIX_COLUMNS, second);
        for (var quad = first_quad; quad < first_quad + SHARE_QUADS; quad++) {
            let narrow = Four(decode(words, quad % VECTOR_QUADS) * scale);
            let at = column * STRIDE + 4u * quad;
            w_tile[at] = narrow.x;
            w_tile[at + 1u] = narrow.y;
            w_tile[at + 2u] = narrow.z;
            w_tile[at + 3u] = narrow.w;
        }
    }
}

{{ matrices }}

// Value `cell` of a subgroup's square.
fn result(subgroup: u32, cell: u32) -> f32 {
    return results[subgroup * SQUARE + cell];
}

// Stores square (i, j) of every subgroup.
fn finish(part: Part, other: bool, first_row: u32, first_column: u32, i: u32, j: u32, invocation: u32) {
    // Of a gate, only the left subgroups have results to store.
    for (var task = invocation; task < {{ storing }}u * SQUARE; task += INVOCATIONS) {
        let cell = task % SQUARE;
        let subgroup = task / SQUARE * (SUBGROUPS / {{ storing }}u);
        let row = subgroup / 2u * (ROWS / 2u) + i * M + cell / N;
        let column = subgroup % 2u * (COLUMNS / 2u) + j * N + cell % N;
        let norm = {{ if normed }}squares[row * QUADS]{{ else }}1.0{{ end }};
        {{ if gated }}
        let value = silu(norm * result(subgroup, cell)) * (norm * result(subgroup + 1u, cell));
        {{ else }}
        let value = norm * result(subgroup, cell);
        {{ end }}
        store(part, other, first_row + row, first_column + column, value);
    }
}

@compute @workgroup_size({{ invocations }}, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    {{ if emulated }}
) {
    let subgroup = invocation;
    {{ else }}
    @builtin(subgroup_id) subgroup: u32,
) {
    {{ end }}
    {{ begin }}
    let own_row = subgroup / 2u * (ROWS / 2u);
    let own_column = subgroup % 2u * (COLUMNS / 2u);
    {{ for i, j, number in sums }}
    {{ if emulated }}
    var sum_{{ i }}_{{ j }} = {{ number }}u;
    {{ else }}
    var sum_{{ i }}_{{ j }}: Sum;
    {{ end }}
    {{ end }}

    for (var block = 0u; block * BLOCK < part.inner; block++) {
        for (var task = invocation; task < ROWS * QUADS; task += INVOCATIONS) {
            load_x(part, first_row, block, task);
        }
        {{ load_weights }}
        workgroupBarrier();
        for (var k = 0u; k < BLOCK; k += K) {
            {{ for i, row in left }}
            let left_{{ i }} = left(own_row + {{ row }}u, k);
            {{ end }}
            {{ for j, column in right }}
            let right_{{ j }} = right(own_column + {{ column }}u, k);
            {{ end }}
            {{ for i, j, number in sums }}
            sum_{{ i }}_{{ j }} = multiply(left_{{ i }}, right_{{ j }}, sum_{{ i }}_{{ j }});
            {{ end }}
        }
        workgroupBarrier();
    }

    {{ if normed }}
    // The factor of each row takes the place of the first of its squares.
    for (var row = invocation; row < ROWS; row += INVOCATIONS) {
        var sum = 0.0;
        for (var quad = 0u; quad < QUADS; quad++) {
            sum += squares[row * QUADS + quad];
        }
        squares[row * QUADS] = inverseSqrt(sum / f32(part.inner) + EPSILON);
    }
    {{ end }}
    {{ for i, j, number in sums }}
    put(subgroup, sum_{{ i }}_{{ j }});
    workgroupBarrier();
    finish(part, other, first_row, first_column, {{ i }}u, {{ j }}u, invocation);
    workgroupBarrier();
    {{ end }}
}
