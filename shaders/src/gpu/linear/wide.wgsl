// The product with operands in floating point. The inner dimension is walked one weight block (32
// values) at a time: both operands' tiles go through workgroup memory, the weights dequantized on
// the way, in vectors of four k, so that a sum takes four products at once and neighbours read
// neighbours. In f16 the tiles take half the room and are widened for the product: sums are f32.
//
// Workgroup memory: 128 x (ROWS + COLUMNS) bytes, at most 16,384, which is what WebGPU guarantees;
// in f16 half of that, and 32 x ROWS bytes for the norms.

alias Four = vec4<{{ scalar }}>;

var<workgroup> x_tile: array<Four, QUADS * ROWS>;    // [k / 4][m]
var<workgroup> w_tile: array<Four, QUADS * COLUMNS>; // [k / 4][n]
{{ squares }}

{{ narrowed }}

fn load_w(part: Part, other: bool, first_column: u32, block: u32, task: u32) {
    let quad = task / COLUMNS;
    let place = task % COLUMNS;
    let second = place >= MATRIX_COLUMNS;
    let i = block * part.outputs + column_of(part, first_column, place);
    w_tile[task] = narrowed(decode(other, second, i * WORDS, quad) * scale_at(part, other, second, i));
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
