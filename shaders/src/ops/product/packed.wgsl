// The product in integers: `dot4U8Packed` multiplies four pairs of bytes at once. Weights are stored
// in 8 bits, or in 4, which are widened to 8 when they are loaded. Each block of 32 values of a row of
// x is rounded to 8 bits at its own scale. Within a block sums are exact, because 32 products of 255
// squared are below 2^22; a block's sum times both scales is added up in f32.
//
// Bytes are unsigned, because not every device multiplies signed ones (Adreno): they are X_ZERO and
// W_ZERO larger than the values they stand for. The resulting error of a block's sum is a term that
// depends on the row of x and one that depends on the weight row, which are computed when the blocks
// are loaded and subtracted from the start value of the sum:
//     sum of (a - X_ZERO)(b - W_ZERO) = sum of a b - W_ZERO (sum of a) - X_ZERO (sum of b) + constant
//
// BLOCKS weight blocks are walked at a time, so that each invocation rounds one block of one row.
// The scale is taken from the largest bit pattern of x, not from its largest value: the patterns of
// NaN and infinity are the largest, so they propagate to the whole row instead of becoming zero.
//
// Workgroup memory: 40 x BLOCKS x (ROWS + COLUMNS) bytes, at most 7,680.

const BLOCKS = INVOCATIONS / ROWS;
const OWN_BLOCKS = BLOCKS * COLUMNS / INVOCATIONS; // of a weight row

var<workgroup> x_tile: array<array<array<vec4<u32>, 8>, ROWS / 8u>, 2u * BLOCKS>;    // [half block][m / 8][m % 8]
var<workgroup> w_tile: array<array<array<vec4<u32>, 8>, COLUMNS / 8u>, 2u * BLOCKS>; // [half block][n / 8][n % 8]
// A block's scale, as bits, and the start value of its sum.
var<workgroup> x_ends: array<array<array<vec2<u32>, 8>, ROWS / 8u>, BLOCKS>;
var<workgroup> w_ends: array<array<array<vec2<u32>, 8>, COLUMNS / 8u>, BLOCKS>;

const X_ZERO = 128u;
const W_ZERO = {{ if q4 }}8u{{ else }}128u{{ end }};
const EACH = 0x01010101u; // its product with four bytes is their sum
// 1.5 x 2^23. Around it floats are one apart: its bits plus a small integer are the bits of the float
// larger by that integer, so that no conversion is needed in either direction.
const ONES = 12582912.0;
const ONES_BITS = 0x4b400000u;
// The sum of its bits shifted by 0, 8, 16 and 24: 0x4b400000 + 0x40000000 + 0 + 0.
const ONES_BITS_IN_PLACES = 0x8b400000u;

fn magnitude(values: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(values) & vec4(0x7fffffffu);
}

// Four values, times the inverse of their scale between -127 and 127, as bytes.
fn rounded(values: vec4<f32>, inverse: f32) -> u32 {
    let bits = bitcast<vec4<u32>>(fma(values, vec4(inverse), vec4(ONES + f32(X_ZERO))));
    return bits.x + (bits.y << 8u) + (bits.z << 16u) + (bits.w << 24u) - ONES_BITS_IN_PLACES;
}

fn sum_of_bytes(words: vec4<u32>) -> u32 {
    return dot4U8Packed(words.x, EACH) + dot4U8Packed(words.y, EACH)
        + dot4U8Packed(words.z, EACH) + dot4U8Packed(words.w, EACH);
}

// Two words of nibbles as bytes, the even ones of each word before the odd ones.
fn widened(words: vec2<u32>) -> vec4<u32> {
    return vec4(words.x, words.x >> 4u, words.y, words.y >> 4u) & vec4(0x0f0f0f0fu);
}

// Rounds one block of a row into the tile; returns the sum of its squares.
fn load_x(part: Part, row_begin: Row, first_block: u32, invocation: u32) -> f32 {
    let k = (first_block + invocation / ROWS) * BLOCK;
    let term = term_at(part, k);
    {{ for q, by in quads }}
    let four_{{ q }} = x_at(part, row_begin, later(part, term, k, {{ by }}u));
    {{ end }}
    let bits = max(magnitude(four_0), max(magnitude(four_1), max(magnitude(four_2), max(magnitude(four_3),
        max(magnitude(four_4), max(magnitude(four_5), max(magnitude(four_6), magnitude(four_7))))))));
    let largest = bitcast<f32>(max(max(bits.x, bits.y), max(bits.z, bits.w)));
    let inverse = select(0.0, 127.0 / largest, largest != 0.0);
    let block = invocation / ROWS;
    let row = invocation % ROWS;
    {{ if q4 }}
    // In the order of the weights: a word of q4 holds the even values of eight in its low nibbles,
    // the odd ones in its high.
    let words_0 = vec4(rounded(vec4(four_0.xz, four_1.xz), inverse), rounded(vec4(four_0.yw, four_1.yw), inverse),
        rounded(vec4(four_2.xz, four_3.xz), inverse), rounded(vec4(four_2.yw, four_3.yw), inverse));
    let words_1 = vec4(rounded(vec4(four_4.xz, four_5.xz), inverse), rounded(vec4(four_4.yw, four_5.yw), inverse),
        rounded(vec4(four_6.xz, four_7.xz), inverse), rounded(vec4(four_6.yw, four_7.yw), inverse));
    {{ else }}
    let words_0 = vec4(rounded(four_0, inverse), rounded(four_1, inverse), rounded(four_2, inverse), rounded(four_3, inverse));
    let words_1 = vec4(rounded(four_4, inverse), rounded(four_5, inverse), rounded(four_6, inverse), rounded(four_7, inverse));
    {{ end }}
    x_tile[2u * block][row / 8u][row % 8u] = words_0;
    x_tile[2u * block + 1u][row / 8u][row % 8u] = words_1;
    let begin = 0u - W_ZERO * (sum_of_bytes(words_0) + sum_of_bytes(words_1));
    x_ends[block][row / 8u][row % 8u] = vec2(bitcast<u32>(largest / 127.0), begin);
    {{ if normed }}
    return dot(four_0, four_0) + dot(four_1, four_1) + dot(four_2, four_2) + dot(four_3, four_3)
        + dot(four_4, four_4) + dot(four_5, four_5) + dot(four_6, four_6) + dot(four_7, four_7);
    {{ else }}
    return 0.0;
    {{ end }}
}

// Copies an invocation's blocks of one weight row into the tile.
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
            {{ if q4 }}
            let words = words_at(other, second, i);
            half_0 = widened(words.xy);
            half_1 = widened(words.zw);
            {{ else }}
            half_0 = words_at(other, second, 2u * i) ^ vec4(0x80808080u);
            half_1 = words_at(other, second, 2u * i + 1u) ^ vec4(0x80808080u);
            {{ end }}
            scale = scale_at(part, other, second, i);
        }
        w_tile[2u * block][column / 8u][column % 8u] = half_0;
        w_tile[2u * block + 1u][column / 8u][column % 8u] = half_1;
        let begin = ONES_BITS + BLOCK * X_ZERO * W_ZERO
            - X_ZERO * (sum_of_bytes(half_0) + sum_of_bytes(half_1));
        w_ends[block][column / 8u][column % 8u] = vec2(bitcast<u32>(scale), begin);
    }
}

// The dot product of a block's bytes, of which each operand has two halves, plus the start value.
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
    {{ begin }}
    let begin = row_at(part, first_row + invocation % ROWS);
    var square = 0.0;
    {{ for i in own_rows }}
    {{ for j in own_columns }}
    var sum_{{ i }}_{{ j }} = 0.0;
    {{ end }}
    {{ end }}

    for (var first_block = 0u; first_block * BLOCK < part.inner; first_block += BLOCKS) {
        square += load_x(part, begin, first_block, invocation);
        {{ if paired }}
        if (other) {
            {{ if gated }}
            if (invocation % COLUMNS >= MATRIX_COLUMNS) {
                load_w(part, true, true, first_column, first_block, invocation);
            } else {
                load_w(part, true, false, first_column, first_block, invocation);
            }
            {{ else }}
            load_w(part, true, false, first_column, first_block, invocation);
            {{ end }}
        } else {
            {{ if gated }}
            if (invocation % COLUMNS >= MATRIX_COLUMNS) {
                load_w(part, false, true, first_column, first_block, invocation);
            } else {
                load_w(part, false, false, first_column, first_block, invocation);
            }
            {{ else }}
            load_w(part, false, false, first_column, first_block, invocation);
            {{ end }}
        }
        {{ else }}
        {{ if gated }}
        if (invocation % COLUMNS >= MATRIX_COLUMNS) {
            load_w(part, false, true, first_column, first_block, invocation);
        } else {
            load_w(part, false, false, first_column, first_block, invocation);
        }
        {{ else }}
        load_w(part, false, false, first_column, first_block, invocation);
        {{ end }}
        {{ end }}
        workgroupBarrier();
        for (var block = 0u; block < BLOCKS; block++) {
            {{ for i in own_rows }}
            let a_{{ i }} = x_tile[2u * block][{{ i }}][local.y];
            let b_{{ i }} = x_tile[2u * block + 1u][{{ i }}][local.y];
            let x_{{ i }} = x_ends[block][{{ i }}][local.y];
            let s_{{ i }} = bitcast<f32>(x_{{ i }}.x);
            {{ end }}
            {{ for j in own_columns }}
            let c_{{ j }} = w_tile[2u * block][{{ j }}][local.x];
            let d_{{ j }} = w_tile[2u * block + 1u][{{ j }}][local.x];
            let w_{{ j }} = w_ends[block][{{ j }}][local.x];
            let t_{{ j }} = bitcast<f32>(w_{{ j }}.x);
            {{ for i in own_rows }}
            sum_{{ i }}_{{ j }} = fma(products(a_{{ i }}, b_{{ i }}, c_{{ j }}, d_{{ j }}, x_{{ i }}.y + w_{{ j }}.y),
                s_{{ i }} * t_{{ j }}, sum_{{ i }}_{{ j }});
            {{ end }}
            {{ end }}
        }
        workgroupBarrier();
    }

    // Each invocation rounded one block of one row at a time, and summed its squares.
    {{ if normed }}
    x_ends[invocation / ROWS][invocation % ROWS / 8u][invocation % 8u].x = bitcast<u32>(square);
    workgroupBarrier();
    {{ for i in own_rows }}
    let norm_{{ i }} = inverseSqrt((
        {{ for plus, block in blocks }}
        {{ plus }} bitcast<f32>(x_ends[{{ block }}][{{ i }}][local.y].x)
        {{ end }}
    ) / f32(part.inner) + EPSILON);
    {{ end }}
    {{ else }}
    {{ for i in own_rows }}
    let norm_{{ i }} = 1.0;
    {{ end }}
    {{ end }}
    {{ finish }}
}
