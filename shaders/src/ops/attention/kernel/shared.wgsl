// Attention without a score matrix in memory: out = softmax(q k^T) v, head by head, after
// FlashAttention (arXiv 2205.14135). Scores are exponents of two: `qk_norm_rope.wgsl` scaled the
// queries.
//
// This file is what both ways of multiplying share: bindings, reads of q, k and v, writes of the
// output. The products follow: `float.wgsl` in f32 or f16, or `subgroup_matrix.wgsl`. One workgroup
// owns a tile of queries of one head of one item, and walks the keys a tile at a time.
//
// An item's sequence is its text's rows, then its picture's. Preconditions: qkv and out contiguous,
// head_dim a multiple of four and at most 64. Features: f16, subgroups or subgroup matrices, where
// `enable` and the products use them. `mod.rs` fills in the template. The CPU twin is `../cpu.rs`.

{{ enable }}

struct Parameters {
    text_first: u32,    // row of the first item's text
    text_length: u32,
    picture_first: u32, // row of the first item's picture
    length: u32,        // of one item
    first: u32,         // first token of an item that is a query
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>; // [rows, 3, heads, head_dim]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [rows, heads, head_dim]

const HEADS = {{ heads }}u;
const HEAD_DIM = {{ head_dim }}u;
const HEAD_QUADS = HEAD_DIM / 4u; // vectors of four features in a head
const CHUNKS = {{ chunks }}u;     // chunks of 32 features in a head
const FEATURES = CHUNKS * 32u;
const LOWEST = -1e30;             // below every score, but finite

alias Scalar = {{ if half }}f16{{ else }}f32{{ end }};
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

// Where a token's vectors begin. Tokens beyond the last read the last: as keys they get no share, and
// as queries they are not stored.
fn token_at(item: u32, i: u32) -> u32 {
    return row_of(item, min(i, parameters.length - 1u)) * 3u * HEADS * HEAD_QUADS;
}

// Four features of a query (part 0), key (1) or value (2); zero beyond a head's.
fn at(token: u32, part: u32, head: u32, quad: u32) -> vec4<f32> {
    {{ if partial_chunk }}
    if (quad >= HEAD_QUADS) { return vec4<f32>(); }
    {{ end }}
    return qkv[token + (part * HEADS + head) * HEAD_QUADS + quad];
}

fn store(query: u32, feature: u32, head: u32, item: u32, value: f32) {
    if (query < parameters.length && feature < HEAD_DIM) {
        out[(row_of(item, query) * HEADS + head) * HEAD_DIM + feature] = value;
    }
}
