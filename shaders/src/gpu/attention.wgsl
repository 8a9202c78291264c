// Attention without a score matrix in memory: out = softmax(q k^T) v, head by head, after
// FlashAttention (arXiv 2205.14135). Scores are powers of two: `rotate.wgsl` scaled the queries.
//
// One workgroup of 8 x 8 invocations owns 32 queries of one head of one item. It walks the keys
// 32 at a time; an invocation owns every eighth query and key of the scores, and the same queries
// by every eighth feature of the output, one sum each, in registers. Queries and keys go through
// workgroup memory 32 features at a time, in vectors of four features; then the values take their
// place, in vectors of four keys (every eighth one, as an invocation holds its scores), so that
// both products take four at once.
//
// An item's sequence is its text's rows, then its picture's. What eight neighbours know of a query
// they put together through workgroup memory, or where there are subgroups by exchanging lanes.
// Workgroup memory: 8,192 bytes of operands, 4,096 of shares, half of both in f16, and 1,024 of
// partial results. Preconditions: qkv and out contiguous, head_dim a multiple of four and at most
// 64; with subgroups, eight neighbouring invocations are neighbouring lanes of one subgroup. The
// CPU twin is `cpu/attention.rs`.

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

const TILE = 32u;
const HEADS = {{ heads }}u;
const HEAD_DIM = {{ head_dim }}u;
const HEAD_QUADS = HEAD_DIM / 4u; // vectors of four features in a head
const CHUNKS = {{ chunks }}u;     // chunks of 32 features in a head
const FEATURES = CHUNKS * 32u;
const QUADS = 8u;                 // vectors in a chunk
const KEYS_AT = QUADS * TILE;
const LOWEST = -1e30;             // below every score, and still a number

alias Four = vec4<{{ scalar }}>;

// Queries [feature / 4][query] and keys alike; then values [key % 8][feature].
var<workgroup> tile: array<Four, 512>;
var<workgroup> shares: array<Four, 256>; // [key % 8][query]
{{ partial }}

{{ narrowed }}

// The largest of what the eight neighbours with the same queries have; then the tile is no longer
// read by anybody.
fn largest_of_eight(mine: vec4<f32>, invocation: u32) -> vec4<f32> {
    {{ largest_of_eight }}
}

// The sum of what the eight neighbours have.
fn sum_of_eight(mine: vec4<f32>, invocation: u32) -> vec4<f32> {
    {{ sum_of_eight }}
}

fn row_of(item: u32, i: u32) -> u32 {
    if (i < parameters.text_length) {
        return parameters.text_first + item * parameters.text_length + i;
    }
    let picture_length = parameters.length - parameters.text_length;
    return parameters.picture_first + item * picture_length + i - parameters.text_length;
}

// Four features of a query (part 0), key (1) or value (2); zero outside.
fn at(item: u32, i: u32, part: u32, head: u32, quad: u32) -> vec4<f32> {
    if (i >= parameters.length || quad >= HEAD_QUADS) {
        return vec4<f32>();
    }
    return qkv[((row_of(item, i) * 3u + part) * HEADS + head) * HEAD_QUADS + quad];
}

// 32 queries or keys by 32 features.
fn load(place: u32, item: u32, first: u32, part: u32, head: u32, chunk: u32, invocation: u32) {
    let quad = invocation % 8u;
    for (var token = invocation / 8u; token < TILE; token += 8u) {
        tile[place + quad * TILE + token] = narrowed(at(item, first + token, part, head, chunk * QUADS + quad));
    }
}

// 32 values, turned so that a vector holds one feature of four keys.
fn load_values(item: u32, first: u32, head: u32, invocation: u32) {
    let key = first + invocation / 8u;
    for (var quad = invocation % 8u; quad < FEATURES / 4u; quad += 8u) {
        let a = at(item, key, 2u, head, quad);
        let b = at(item, key + 8u, 2u, head, quad);
        let c = at(item, key + 16u, 2u, head, quad);
        let d = at(item, key + 24u, 2u, head, quad);
        let place = invocation / 8u * FEATURES + quad * 4u;
        tile[place] = narrowed(vec4(a.x, b.x, c.x, d.x));
        tile[place + 1u] = narrowed(vec4(a.y, b.y, c.y, d.y));
        tile[place + 2u] = narrowed(vec4(a.z, b.z, c.z, d.z));
        tile[place + 3u] = narrowed(vec4(a.w, b.w, c.w, d.w));
    }
}

fn store(query: u32, feature: u32, head: u32, item: u32, value: f32) {
    if (query < parameters.length && feature < HEAD_DIM) {
        out[(row_of(item, query) * HEADS + head) * HEAD_DIM + feature] = value;
    }
}

fn largest(a: vec4<f32>) -> f32 {
    return max(max(a.x, a.y), max(a.z, a.w));
}

fn sum(a: vec4<f32>) -> f32 {
    return dot(a, vec4(1.0));
}

// In one dimension: drivers may lay lanes out in squares where there are two.
@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let local = vec2(invocation % 8u, invocation / 8u);
    let first_query = parameters.first + workgroup.x * TILE;
    let head = workgroup.y;
    let item = workgroup.z;
    {{ declare_out }}
    var highest = vec4(LOWEST); // score so far, of the four queries
    var total = vec4<f32>();    // of this invocation's shares

    for (var first_key = 0u; first_key < parameters.length; first_key += TILE) {
        {{ declare_scores }}
        for (var chunk = 0u; chunk < CHUNKS; chunk++) {
            workgroupBarrier(); // the tile is no longer read
            load(0u, item, first_query, 0u, head, chunk, invocation);
            load(KEYS_AT, item, first_key, 1u, head, chunk, invocation);
            workgroupBarrier();
            for (var quad = 0u; quad < QUADS; quad++) {
                {{ multiply_scores }}
            }
        }
        let key = first_key + local.x;
        let there = vec4(key, key + 8u, key + 16u, key + 24u) < vec4(parameters.length);
        {{ scores }}

        let mine = vec4(largest(s_0), largest(s_1), largest(s_2), largest(s_3));
        let now = max(highest, largest_of_eight(mine, invocation));
        let shrink = exp2(highest - now);
        highest = now;
        let p_0 = exp2(s_0 - now.x);
        let p_1 = exp2(s_1 - now.y);
        let p_2 = exp2(s_2 - now.z);
        let p_3 = exp2(s_3 - now.w);
        total = total * shrink + vec4(sum(p_0), sum(p_1), sum(p_2), sum(p_3));
        let place = local.x * TILE + local.y;
        shares[place] = Four(p_0);
        shares[place + 8u] = Four(p_1);
        shares[place + 16u] = Four(p_2);
        shares[place + 24u] = Four(p_3);
        load_values(item, first_key, head, invocation);
        workgroupBarrier();
        {{ shrink }}
        for (var keys = 0u; keys < 8u; keys++) {
            {{ multiply_values }}
        }
    }

    let whole = 1.0 / sum_of_eight(total, invocation);
    {{ store }}
}
