// The product with operands in f32 or f16; sums are f32. The inner dimension is walked one weight
// block (32 values) at a time: the tiles of both operands go through workgroup memory in vectors of
// four k, the weights dequantized on the way, with coalesced reads. In f16 the tiles take half the
// memory and are widened before the multiplication.
//
// An invocation loads the same four k of every eighth row of x, and a share of one weight row's block,
// or of one in each of a gate's matrices. Rows of x are XOR-swizzled by the number of the vector to
// avoid bank conflicts when eight invocations store eight vectors of one row. Tiles have three
// dimensions because browsers clamp every index to its array: here all indices but the vector's are
// constants or do not change in the loop.
//
// Workgroup memory: 128 x (ROWS + COLUMNS) bytes, at most 16,384, which is what WebGPU guarantees;
// in f16 half of that, and 32 x ROWS bytes for the norms.

alias Four = vec4<{{ if half }}f16{{ else }}f32{{ end }}>;

var<workgroup> x_tile: array<array<array<Four, 8>, ROWS / 8u>, QUADS>;    // [k / 4][m / 8][m % 8 ^ k / 4]
var<workgroup> w_tile: array<array<array<Four, 8>, COLUMNS / 8u>, QUADS>; // [k / 4][n / 8][n % 8]
{{ if half }}
var<workgroup> squares: array<array<array<f32, 8>, ROWS / 8u>, QUADS>; // [k / 4][m / 8][m % 8]
{{ end }}

{{ narrowed }}

// Copies an invocation's share of a block of a matrix into the tile.
fn load_w(part: Part, other: bool, second: bool, first_column: u32, block: u32, invocation: u32) {
    let place = invocation % MATRIX_COLUMNS;
    let i = block * part.outputs + weight_row(part, first_column + place);
    let scale = scale_at(part, other, second, i);
    let column = place + select(0u, MATRIX_COLUMNS, second);
    let first_quad = {{ if whole_rows }}0u{{ else }}invocation / MATRIX_COLUMNS * {{ share_quads }}u{{ end }};
    {{ for v in share_vectors }}
    let words_{{ v }} = words_at(other, second, i * VECTORS + first_quad / VECTOR_QUADS + {{ v }}u);
    {{ end }}
    {{ for q, v in share }}
    w_tile[first_quad + {{ q }}u][column / 8u][column % 8u] =
        Four(decode(words_{{ v }}, (first_quad + {{ q }}u) % VECTOR_QUADS) * scale);
    {{ end }}
}

@compute @workgroup_size(8, 8, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    {{ begin }}
    let load_quad = invocation % 8u;
    let load_row = invocation / 8u;
    {{ for i in own_rows }}
    {{ for j in own_columns }}
    var sum_{{ i }}_{{ j }} = 0.0;
    {{ end }}
    {{ end }}
    {{ for i in own_rows }}
    let begin_{{ i }} = row_at(part, first_row + {{ i }}u * 8u + load_row);
    {{ end }}
    {{ if normed }}
    {{ for i in own_rows }}
    var square_{{ i }} = 0.0;
    {{ end }}
    {{ end }}

    for (var block = 0u; block * BLOCK < part.inner; block++) {
        let term = term_at(part, block * BLOCK + load_quad * 4u);
        // All loads of x are issued before the first is used.
        {{ for i in own_rows }}
        let four_{{ i }} = x_at(part, begin_{{ i }}, term);
        {{ end }}
        {{ load_weights }}
        {{ for i in own_rows }}
        x_tile[load_quad][{{ i }}][load_row ^ load_quad] = narrowed(four_{{ i }});
        {{ if normed }}
        square_{{ i }} += dot(four_{{ i }}, four_{{ i }});
        {{ end }}
        {{ end }}
        workgroupBarrier();
        for (var quad = 0u; quad < QUADS; quad++) {
            let swizzled = local.y ^ quad;
            // Widened where the tiles are f16.
            {{ for i in own_rows }}
            let x_{{ i }} = vec4<f32>(x_tile[quad][{{ i }}][swizzled]);
            {{ end }}
            {{ for j in own_columns }}
            let w_{{ j }} = vec4<f32>(w_tile[quad][{{ j }}][local.x]);
            {{ end }}
            // Not `dot`, of which some compilers make five instructions instead of four.
            {{ for i in own_rows }}
            {{ for j in own_columns }}
            sum_{{ i }}_{{ j }} = fma(x_{{ i }}.w, w_{{ j }}.w, fma(x_{{ i }}.z, w_{{ j }}.z,
                fma(x_{{ i }}.y, w_{{ j }}.y, fma(x_{{ i }}.x, w_{{ j }}.x, sum_{{ i }}_{{ j }}))));
            {{ end }}
            {{ end }}
        }
        workgroupBarrier();
    }

    // Eight invocations loaded a row, and each summed the squares of its columns. They are shared
    // through the tile of x, which is no longer needed; f16 cannot hold them.
    {{ if normed }}
    {{ for i in own_rows }}
    {{ if half }}
    squares[load_quad][{{ i }}][load_row] = square_{{ i }};
    {{ else }}
    x_tile[load_quad][{{ i }}][load_row].x = square_{{ i }};
    {{ end }}
    {{ end }}
    workgroupBarrier();
    {{ for i in own_rows }}
    let norm_{{ i }} = inverseSqrt((
        {{ for plus, quad in quads }}
        {{ if half }}
        {{ plus }} squares[{{ quad }}][{{ i }}][local.y]
        {{ else }}
        {{ plus }} x_tile[{{ quad }}][{{ i }}][local.y].x
        {{ end }}
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
