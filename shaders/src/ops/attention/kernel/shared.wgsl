// Attention without a score matrix in memory: out = softmax(q k^T) v, head by head, after
// FlashAttention (arXiv 2205.14135). Scores are powers of two: `rotate.wgsl` scaled the queries.
//
// This is what both ways of multiplying share: what is bound, how q, k and v are read and the output
// stored. The products follow: `attention/wide.wgsl` in f32 or f16, or `attention/matrix.wgsl` by
// subgroup matrices. One workgroup owns a tile of queries of one head of one item, and walks the keys
// a tile at a time.
//
// An item's sequence is its text's rows, then its picture's. Preconditions: qkv and out contiguous,
// head_dim a multiple of four and at most 64. Double braces mark what `attention.rs` fills in, with
// the file beside each way of multiplying. The CPU twin is `cpu/attention.rs`.

{{ enable }}

struct Parameters {
    text_first: u32,    // row of the first item's text
    text_length: u32,
    picture_first: u32, // row of the first item's picture
    length: u32,        // of one item
    first: u32,         // query that is asked first
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>; // [rows, 3, heads, head_dim]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [rows, heads, head_dim]

const HEADS = {{ heads }}u;
const HEAD_DIM = {{ head_dim }}u;
const HEAD_QUADS = HEAD_DIM / 4u; // vectors of four features in a head
const CHUNKS = {{ chunks }}u;     // chunks of 32 features in a head
const FEATURES = CHUNKS * 32u;
const LOWEST = -1e30;             // below every score, and still a number

alias Scalar = {{ scalar }};
alias Four = vec4<Scalar>;

{{ narrowed }}

fn row_of(item: u32, i: u32) -> u32 {
    let picture_length = parameters.length - parameters.text_length;
    return select(
        parameters.picture_first + item * picture_length + i - parameters.text_length,
        parameters.text_first + item * parameters.text_length + i,
        i < parameters.text_length,
    );
}

// Where a token's vectors begin; the last one's where there is none, because it gets no share and
// what it asks is not answered.
fn token_at(item: u32, i: u32) -> u32 {
    return row_of(item, min(i, parameters.length - 1u)) * 3u * HEADS * HEAD_QUADS;
}

// Four features of a query (part 0), key (1) or value (2); zero beyond a head's.
fn at(token: u32, part: u32, head: u32, quad: u32) -> vec4<f32> {
    {{ beyond }}
    return qkv[token + (part * HEADS + head) * HEAD_QUADS + quad];
}

fn store(query: u32, feature: u32, head: u32, item: u32, value: f32) {
    if (query < parameters.length && feature < HEAD_DIM) {
        out[(row_of(item, query) * HEADS + head) * HEAD_DIM + feature] = value;
    }
}
