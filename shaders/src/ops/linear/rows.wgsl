// Linear layer: y[m, n] = norm[m] * sum over k of x[m, k] * w[n, k] + bias[n] + residual[m, n]; or, gated,
// silu(norm w1 x) * (norm w3 x). These are the operands of `../product/product.wgsl`.
//
// The two parts are text and picture. Rows of x and of the residual repeat within a part.
//
// Preconditions: where x is read in vectors, its width and the columns used are multiples of four; where
// bounds are not checked, of what one step of the loop reads. The CPU twin is `cpu.rs`.

// Where a row of x begins, in elements of the buffer.
alias Row = u32;
// A column of x.
alias Term = u32;

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
// Then for each part: weights, and a gate's second ones; bias [outputs]. Last the residual
// [rows, residual_stride].
{{ for binding, name, element in bindings }}
@group(0) @binding({{ binding }}) var<storage, read> {{ name }}: array<{{ element }}>;
{{ end }}

fn part_at(other: bool) -> Part {
    return parameters.parts[u32(other)];
}

// Out-of-range invocations read the last row; their result is not stored.
fn row_at(part: Part, row: u32) -> Row {
    let own = min(row, part.rows - 1u){{ if repeats }} % part.x_count{{ end }};
    return (part.x_first + own) * parameters.x_stride{{ if vectors }} / 4u{{ end }};
}

fn term_at(part: Part, k: u32) -> Term {
    return k;
}

fn later(part: Part, term: Term, k: u32, by: u32) -> Term {
    return k + by;
}

// x[row, k .. k + 4], zero beyond the columns that are used.
fn x_at(part: Part, begin: Row, k: Term) -> vec4<f32> {
    {{ if vectors }}
    {{ if partial_blocks }}
    if (k >= part.inner) { return vec4<f32>(); }
    {{ end }}
    return x[begin + k / 4u];
    {{ else }}
    var four = vec4<f32>();
    if (k < part.inner) { four.x = x[begin + k]; }
    if (k + 1u < part.inner) { four.y = x[begin + k + 1u]; }
    if (k + 2u < part.inner) { four.z = x[begin + k + 2u]; }
    if (k + 3u < part.inner) { four.w = x[begin + k + 3u]; }
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
