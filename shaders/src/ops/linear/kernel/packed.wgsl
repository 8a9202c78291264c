// The product in whole numbers: `dot4U8Packed` multiplies four pairs of bytes at once. Weights are stored
// in 8 bits, or in 4, which are widened to 8 on the way. Each block of 32 values of a row of x is
// rounded to 8 bits at its own scale; within a block nothing is rounded, because 32 products of 255
// squared are below 2^22; a block's sum times both scales is added up in f32.
//
// Bytes have no sign, because not every device that multiplies them knows one (Adreno): they are X_ZERO
// and W_ZERO more than what they stand for. What that adds to a block's sum depends on the row of x
// and on the weight row, not on both, so it is known when they are loaded, and taken away as the sum
// begins:
//     sum of (a - X_ZERO)(b - W_ZERO) = sum of a b - W_ZERO (sum of a) - X_ZERO (sum of b) + constant
//
// BLOCKS weight blocks are walked at a time, so that each invocation rounds one block of one row.
// The scale comes from the largest bits of x, not its largest value: those of what is not a number
// are the largest of all, so it spoils its row as it should, instead of becoming a zero.
//
// Workgroup memory: 40 x BLOCKS x (ROWS + COLUMNS) bytes, at most 7,680.

const BLOCKS = INVOCATIONS / ROWS;
const OWN_BLOCKS = BLOCKS * COLUMNS / INVOCATIONS; // of a weight row

var<workgroup> x_tile: array<array<array<vec4<u32>, 8>, ROWS / 8u>, 2u * BLOCKS>;    // [half block][m / 8][m % 8]
var<workgroup> w_tile: array<array<array<vec4<u32>, 8>, COLUMNS / 8u>, 2u * BLOCKS>; // [half block][n / 8][n % 8]
// A block's scale, as bits, and what its sum begins with.
var<workgroup> x_ends: array<array<array<vec2<u32>, 8>, ROWS / 8u>, BLOCKS>;
var<workgroup> w_ends: array<array<array<vec2<u32>, 8>, COLUMNS / 8u>, BLOCKS>;

const X_ZERO = 128u;
const W_ZERO = {{ w_zero }}u;
const EACH = 0x01010101u; // times four bytes, their sum
// 1.5 x 2^23. The floats around it are one apart: its bits plus a small whole number are the float
// that is as much more, which spares converting in both directions.
const ONES = 12582912.0;
const ONES_BITS = 0x4b400000u;
const ONES_BITS_IN_PLACES = 0x8b400000u; // of four bytes, added up: 0x4b400000 + 0x40000000 + 0 + 0

fn magnitude(values: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(values) & vec4(0x7fffffffu);
}

// Four values between -127 and 127 at `inverse` of their scale, as bytes.
fn rounded(values: vec4<f32>, inverse: f32) -> u32 {
    let bits = bitcast<vec4<u32>>(fma(values, vec4(inverse), vec4(ONES + f32(X_ZERO))));
    return bits.x + (bits.y << 8u) + (bits.z << 16u) + (bits.w << 24u) - ONES_BITS_IN_PLACES;
}

fn sum_of_bytes(words: vec4<u32>) -> u32 {
    return dot4U8Packed(words.x, EACH) + dot4U8Packed(words.y, EACH)
        + dot4U8Packed(words.z, EACH) + dot4U8Packed(words.w, EACH);
}

// Two words of nibbles in bytes, the even ones of each word before the odd ones.
fn widened(words: vec2<u32>) -> vec4<u32> {
    return vec4(words.x, words.x >> 4u, words.y, words.y >> 4u) & vec4(0x0f0f0f0fu);
}

// One block of a row that begins at `row_at` into the tile; returns the sum of its squares.
fn load_x(part: Part, row_at: u32, first_block: u32, invocation: u32) -> f32 {
    let k = (first_block + invocation / ROWS) * BLOCK;
    {{ read_x }}
    let bits = {{ largest }};
    let largest = bitcast<f32>(max(max(bits.x, bits.y), max(bits.z, bits.w)));
    let inverse = select(0.0, 127.0 / largest, largest != 0.0);
    let block = invocation / ROWS;
    let row = invocation % ROWS;
    {{ round_x }}
    x_tile[2u * block][row / 8u][row % 8u] = words_0;
    x_tile[2u * block + 1u][row / 8u][row % 8u] = words_1;
    let begin = 0u - W_ZERO * (sum_of_bytes(words_0) + sum_of_bytes(words_1));
    x_ends[block][row / 8u][row % 8u] = vec2(bitcast<u32>(largest / 127.0), begin);
    return {{ square }};
}

// The blocks of one weight row that are an invocation's into the tile.
fn load_w(part: Part, other: bool, second: bool, first_column: u32, first_block: u32, invocation: u32) {
    let column = invocation % COLUMNS;
    let row = weight_row(part, first_column + column % MATRIX_COLUMNS);
    for (var own = 0u; own < OWN_BLOCKS; own++) {
        let block = invocation / COLUMNS * OWN_BLOCKS + own;
        var half_0 = vec4<u32>();
        var half_1 = vec4<u32>();
        var scale = 0.0;
        // Beyond the last block x is zero.
        if ((first_block + block) * BLOCK < part.inner) {
            let i = (first_block + block) * part.outputs + row;
            {{ read_w }}
            scale = scale_at(part, other, second, i);
        }
        w_tile[2u * block][column / 8u][column % 8u] = half_0;
        w_tile[2u * block + 1u][column / 8u][column % 8u] = half_1;
        let begin = ONES_BITS + BLOCK * X_ZERO * W_ZERO
            - X_ZERO * (sum_of_bytes(half_0) + sum_of_bytes(half_1));
        w_ends[block][column / 8u][column % 8u] = vec2(bitcast<u32>(scale), begin);
    }
}

// What the bytes of both halves give, from where the sum begins.
fn products(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>, begin: u32) -> f32 {
    let sum = begin + dot4U8Packed(a.x, c.x) + dot4U8Packed(a.y, c.y)
        + dot4U8Packed(a.z, c.z) + dot4U8Packed(a.w, c.w)
        + dot4U8Packed(b.x, d.x) + dot4U8Packed(b.y, d.y)
        + dot4U8Packed(b.z, d.z) + dot4U8Packed(b.w, d.w);
    return bitcast<f32>(sum) - ONES;
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
    let begin = row_at(part, first_row + invocation % ROWS);
    var square = 0.0;
    {{ declare }}

    for (var first_block = 0u; first_block * BLOCK < part.inner; first_block += BLOCKS) {
        square += load_x(part, begin, first_block, invocation);
        {{ load }}
        workgroupBarrier();
        for (var block = 0u; block < BLOCKS; block++) {
            {{ multiply }}
        }
        workgroupBarrier();
    }

    {{ norms }}
    {{ finish }}
}
