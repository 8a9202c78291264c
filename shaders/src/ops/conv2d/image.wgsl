// Convolution: y[m, n] = prelu(sum over k of x[m, k] * w[n, k] + bias[n]) + residual[m, n], where row m is
// an output pixel, and its terms k are the input pixels under the kernel, tap by tap, of each all channels.
// These are the operands of `../product/product.wgsl`: x is read where it lies in the image (implicit GEMM).
//
// Pixels outside of the image are zeros. They are found by one comparison in each dimension: lines and
// columns before the image wrap to large numbers. Such an invocation reads the first pixel instead and drops
// it, so that loads have no branches around them.
//
// Bindings may begin within an image: `x_first` is the element at which its first pixel is or would be, so
// that it may wrap.
//
// Preconditions: where x is read in vectors, its width and the channels are multiples of four; where taps are
// whole blocks, channels are multiples of BLOCK. The CPU twin is in `cpu/`.

struct Parameters {
    inner: u32,    // taps x channels
    outputs: u32,
    scales: u32,
    rows: u32,     // output pixels
    y_width: u32,  // in pixels, as the following
    y_line: u32,   // the first output line
    height: u32,
    width: u32,
    channels: u32,
    kernel_width: u32,
    stride: u32,
    padding: u32,  // lines and columns before the image
    x_first: u32,
    x_stride: u32, // elements from a pixel to the next
    y_first: u32,
    y_stride: u32,
    residual_first: u32,
    residual_stride: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> x: array<{{ if vectors }}vec4<f32>{{ else }}f32{{ end }}>; // [pixels, x_stride]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [pixels, y_stride]
// Then weights, bias [outputs], slopes [outputs] and the residual [pixels, residual_stride].
{{ for binding, name, element in bindings }}
@group(0) @binding({{ binding }}) var<storage, read> {{ name }}: array<{{ element }}>;
{{ end }}

alias Part = Parameters;

// The input line and column at the kernel's top left, as if there were no padding.
alias Row = vec2<u32>;

// A tap's line and column relative to a `Row`, and a channel.
struct Tap {
    line: u32,
    column: u32,
    channel: u32,
}

// No line, whatever it is added to.
const OUTSIDE = 0x80000000u;

fn part_at(other: bool) -> Part {
    return parameters;
}

// Out-of-range invocations read the last pixel's input; their result is not stored.
fn row_at(part: Part, row: u32) -> Row {
    let pixel = min(row, part.rows - 1u);
    return vec2(part.y_line + pixel / part.y_width, pixel % part.y_width) * part.stride;
}

fn tap_at(part: Part, k: u32) -> Tap {
    let tap = k / part.channels;
    let line = tap / part.kernel_width;
    return Tap(
        select(OUTSIDE, line - part.padding, k < part.inner),
        tap - line * part.kernel_width - part.padding,
        k - tap * part.channels,
    );
}

// Whether there is such a pixel.
fn is_inside(part: Part, begin: Row, tap: Tap) -> bool {
    return begin.x + tap.line < part.height && begin.y + tap.column < part.width;
}

// The element of x.
fn element(part: Part, begin: Row, tap: Tap) -> u32 {
    let pixel = (begin.x + tap.line) * part.width + begin.y + tap.column;
    return part.x_first + pixel * part.x_stride + tap.channel;
}

{{ if vectors }}
alias Term = Tap;

fn term_at(part: Part, k: u32) -> Term {
    return tap_at(part, k);
}

fn later(part: Part, term: Term, k: u32, by: u32) -> Term {
    {{ if whole_taps }}
    return Term(term.line, term.column, term.channel + by);
    {{ else }}
    return tap_at(part, k + by);
    {{ end }}
}

fn x_at(part: Part, begin: Row, term: Term) -> vec4<f32> {
    let inside = is_inside(part, begin, term);
    let four = x[select(0u, element(part, begin, term) / 4u, inside)];
    return select(vec4<f32>(), four, inside);
}
{{ else }}
alias Term = u32;

fn term_at(part: Part, k: u32) -> Term {
    return k;
}

fn later(part: Part, term: Term, k: u32, by: u32) -> Term {
    return k + by;
}

fn value_at(part: Part, begin: Row, k: u32) -> f32 {
    let tap = tap_at(part, k);
    let inside = is_inside(part, begin, tap);
    return select(0.0, x[select(0u, element(part, begin, tap), inside)], inside);
}

fn x_at(part: Part, begin: Row, k: Term) -> vec4<f32> {
    return vec4(
        value_at(part, begin, k),
        value_at(part, begin, k + 1u),
        value_at(part, begin, k + 2u),
        value_at(part, begin, k + 3u),
    );
}
{{ end }}

fn store(part: Part, other: bool, row: u32, column: u32, product: f32) {
    if (row >= part.rows || column >= part.outputs) {
        return;
    }
    var value = product{{ if biased }} + bias[column]{{ end }};
    {{ if sloped }}
    value = select(value, slopes[column] * value, value < 0.0);
    {{ end }}
    let at = part.y_first + row * part.y_stride + column;
    {{ if residual_in_y }}
    value += y[at];
    {{ end }}
    {{ if residual }}
    value += residual[part.residual_first + row * part.residual_stride + column];
    {{ end }}
    y[at] = value;
}
