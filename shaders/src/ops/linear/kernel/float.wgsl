// The product with operands in floating point. The inner dimension is walked one weight block (32
// values) at a time: both operands' tiles go through workgroup memory, the weights dequantized on
// the way, in vectors of four k, and neighbours read neighbours. In f16 the tiles take half the room
// and are widened for the product: sums are f32.
//
// An invocation takes the same four k of every eighth row of x, and a share of one weight row's block,
// or of one in each of a gate's matrices. Rows of x change places with their neighbours, those of each
// four k otherwise, so that eight neighbours who store eight vectors of one row meet eight banks.
// Tiles have three dimensions because a browser holds every index within its array: here all but
// the quad's are constants or the same in every round.
//
// Workgroup memory: 128 x (ROWS + COLUMNS) bytes, at most 16,384, which is what WebGPU guarantees;
// in f16 half of that, and 32 x ROWS bytes for the norms.

alias Four = vec4<{{ scalar }}>;

var<workgroup> x_tile: array<array<array<Four, 8>, ROWS / 8u>, QUADS>;    // [k / 4][m / 8][m % 8 ^ k / 4]
var<workgroup> w_tile: array<array<array<Four, 8>, COLUMNS / 8u>, QUADS>; // [k / 4][n / 8][n % 8]
{{ squares }}

{{ narrowed }}

// An invocation's share of a block of a matrix into the tile.
fn load_w(part: Part, other: bool, second: bool, first_column: u32, block: u32, invocation: u32) {
    let place = invocation % MATRIX_COLUMNS;
    let i = block * part.outputs + weight_row(part, first_column + place);
    let scale = scale_at(part, other, second, i);
    let column = place + select(0u, MATRIX_COLUMNS, second);
    let first_quad = {{ first_quad }};
    {{ load_w }}
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
    let load_quad = invocation % 8u;
    let load_row = invocation / 8u;
    {{ declare }}

    for (var block = 0u; block * BLOCK < part.inner; block++) {
        {{ load }}
        workgroupBarrier();
        for (var quad = 0u; quad < QUADS; quad++) {
            let swapped = local.y ^ quad;
            {{ multiply }}
        }
        workgroupBarrier();
    }

    {{ norms }}
    {{ finish }}
}
