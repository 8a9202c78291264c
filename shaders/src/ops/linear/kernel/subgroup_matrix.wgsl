// The product by subgroup matrices: a subgroup multiplies M x K values by K x N at once, in f32 sums.
// Four subgroups share a tile, a quarter each. Both operands' tiles go through workgroup memory row
// by row, the weights dequantized on the way; a row is STRIDE values long, a little more than a
// block, so that reading a column of rows does not always meet the same bank.
//
// `unit.wgsl` says what the hardware does; `imitated.wgsl` the same where a subgroup has one
// invocation, for tests on any device.
//
// Sums leave the subgroups through workgroup memory, one M x N square of each at a time, because only
// there is known where in it a value lies. The second matrix of a gate is the right half of the
// tile, so its squares lie beside those of the first one.
//
// Workgroup memory in f16: 80 x (ROWS + COLUMNS) + 32 x ROWS + 16 x M x N bytes, at most 16,384,
// which is what WebGPU guarantees; in f32 144 instead of 80, with half the rows and squares of 8 x 8.

const M = {{ m }}u;
const N = {{ n }}u;
const K = {{ k }}u;
const LANES = {{ lanes }}u; // of a subgroup
const SUBGROUPS = 4u;       // two beside each other, two below one another
const STRIDE = BLOCK + {{ padding }}u;
const SQUARE = M * N;
// Vectors of four k that an invocation takes of a weight row at a time, of four words at most, and
// how many such shares a row's block has.
const SHARE_QUADS = {{ share_quads }}u;
const SHARES = QUADS / SHARE_QUADS;

alias Scalar = {{ scalar }};
alias Four = vec4<{{ scalar }}>;

var<workgroup> x_tile: array<Scalar, STRIDE * ROWS>;    // [m][k]
var<workgroup> w_tile: array<Scalar, STRIDE * COLUMNS>; // [n][k]
var<workgroup> results: array<f32, SUBGROUPS * SQUARE>; // [subgroup][m][n]
{{ squares }}

{{ narrowed }}

fn load_x(part: Part, first_row: u32, block: u32, task: u32) {
    let row = task / QUADS;
    let quad = task % QUADS;
    let four = x_at(part, row_at(part, first_row + row), block * BLOCK + 4u * quad);
    let narrow = narrowed(four);
    let at = row * STRIDE + 4u * quad;
    x_tile[at] = narrow.x;
    x_tile[at + 1u] = narrow.y;
    x_tile[at + 2u] = narrow.z;
    x_tile[at + 3u] = narrow.w;
    {{ square }}
}

// A block of a matrix into the tile, a share of a weight row's block at a time.
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

{{ unit }}

// Value `cell` of a subgroup's square.
fn result(subgroup: u32, cell: u32) -> f32 {
    return results[subgroup * SQUARE + cell];
}

// Stores square (i, j) of every subgroup.
fn finish(part: Part, other: bool, first_row: u32, first_column: u32, i: u32, j: u32, invocation: u32) {
    for (var task = invocation; task < {{ finished }}u * SQUARE; task += INVOCATIONS) {
        let cell = task % SQUARE;
        let subgroup = task / SQUARE * (SUBGROUPS / {{ finished }}u);
        let row = subgroup / 2u * (ROWS / 2u) + i * M + cell / N;
        let column = subgroup % 2u * (COLUMNS / 2u) + j * N + cell % N;
        {{ norm }}
        {{ value }}
        store(part, other, first_row + row, first_column + column, value);
    }
}

@compute @workgroup_size({{ invocations }}, 1, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    {{ subgroup_argument }}
) {
    {{ subgroup }}
    let other = workgroup.y >= parameters.tiles;
    let part = parameters.parts[u32(other)];
    let first_row = (workgroup.y - select(0u, parameters.tiles, other)) * ROWS;
    let first_column = workgroup.x * MATRIX_COLUMNS;
    let own_row = subgroup / 2u * (ROWS / 2u);
    let own_column = subgroup % 2u * (COLUMNS / 2u);
    {{ declare }}

    for (var block = 0u; block * BLOCK < part.inner; block++) {
        for (var task = invocation; task < ROWS * QUADS; task += INVOCATIONS) {
            load_x(part, first_row, block, task);
        }
        {{ load_w }}
        workgroupBarrier();
        for (var k = 0u; k < BLOCK; k += K) {
            {{ multiply }}
        }
        workgroupBarrier();
    }

    {{ finish }}
}
