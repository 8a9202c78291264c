// The product in whole numbers: `dot4I8Packed` multiplies four pairs at once. Weights are stored in
// 8 bits, or in 4, which are widened to 8 on the way. Each block of 32 values of a row of x is
// rounded to 8 bits at its own scale; within a block nothing is rounded, because 32 products of 127
// squared are below 2^24; a block's sum times both scales is added up in f32.
//
// BLOCKS weight blocks are walked at a time, so that each invocation rounds one block of one row.
// The scale comes from the largest bits of x, not its largest value: those of what is not a number
// are the largest of all, so it spoils its row as it should, instead of becoming a zero.
//
// Workgroup memory: 36 x BLOCKS x (ROWS + COLUMNS) bytes, at most 6,912.

const BLOCKS = INVOCATIONS / ROWS;

var<workgroup> x_tile: array<vec4<u32>, 2u * BLOCKS * ROWS>;    // [block][half][m]
var<workgroup> w_tile: array<vec4<u32>, 2u * BLOCKS * COLUMNS>; // [block][half][n]
var<workgroup> x_scale: array<f32, BLOCKS * ROWS>;              // [block][m]
var<workgroup> w_scale: array<f32, BLOCKS * COLUMNS>;           // [block][n]

fn magnitude(values: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(values) & vec4(0x7fffffffu);
}

fn rounded(values: vec4<f32>) -> u32 {
    return pack4xI8(vec4<i32>(round(values)));
}

// One block of one row into the tile; returns the sum of its squares.
fn load_x(part: Part, first_row: u32, first_block: u32, invocation: u32) -> f32 {
    let row = first_row + invocation % ROWS;
    let k = (first_block + invocation / ROWS) * BLOCK;
    {{ read_x }}
    let bits = {{ largest }};
    let largest = bitcast<f32>(max(max(bits.x, bits.y), max(bits.z, bits.w)));
    let inverse = select(0.0, 127.0 / largest, largest != 0.0);
    let place = invocation / ROWS * 2u * ROWS + invocation % ROWS;
    {{ round_x }}
    x_scale[invocation] = largest / 127.0;
    return {{ square }};
}

// Half a block of one weight row.
fn load_w(part: Part, other: bool, first_column: u32, first_block: u32, task: u32) {
    let place = task % COLUMNS;
    let half = task / COLUMNS % 2u;
    let block = first_block + task / (2u * COLUMNS);
    let second = place >= MATRIX_COLUMNS;
    // Beyond the last block x is zero.
    if (block * BLOCK >= part.inner) {
        w_tile[task] = vec4<u32>();
        return;
    }
    let i = block * part.outputs + column_of(part, first_column, place);
    {{ widen }}
}

fn load_scale(part: Part, other: bool, first_column: u32, first_block: u32, task: u32) {
    let place = task % COLUMNS;
    let block = first_block + task / COLUMNS;
    if (task < BLOCKS * COLUMNS && block * BLOCK < part.inner) {
        let i = block * part.outputs + column_of(part, first_column, place);
        w_scale[task] = scale_at(part, other, place >= MATRIX_COLUMNS, i);
    }
}

fn products(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>) -> f32 {
    return f32(dot4I8Packed(a.x, c.x) + dot4I8Packed(a.y, c.y)
        + dot4I8Packed(a.z, c.z) + dot4I8Packed(a.w, c.w)
        + dot4I8Packed(b.x, d.x) + dot4I8Packed(b.y, d.y)
        + dot4I8Packed(b.z, d.z) + dot4I8Packed(b.w, d.w));
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
    var square = 0.0;
    {{ declare }}

    for (var first_block = 0u; first_block * BLOCK < part.inner; first_block += BLOCKS) {
        square += load_x(part, first_row, first_block, invocation);
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
