// Attention without a score matrix in memory: out = softmax(q k^T) v, head by head, after
// FlashAttention (arXiv 2205.14135). Scores are powers of two: `rotate.wgsl` scaled the queries.
//
// One workgroup of 8 x 8 invocations owns 32 queries of one head of one item. It walks the keys
// 32 at a time; an invocation owns four queries by four keys of the scores, and the same four
// queries by every eighth group of four features of the output, in registers. Queries and keys go
// through workgroup memory 32 features at a time, then the values take their place.
//
// An item's sequence is its text's rows, then its picture's. Workgroup memory: 8,192 bytes of
// operands, 4,096 of shares, 1,024 of partial results. Preconditions: qkv and out contiguous,
// head_dim a multiple of four and at most 64. The CPU twin is `cpu/attention.rs`.

struct Parameters {
    text_first: u32,    // row of the first item's text
    text_length: u32,
    picture_first: u32, // row of the first item's picture
    length: u32,        // of one item
    first: u32,         // query that is asked first
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>;       // [rows, 3, heads, head_dim]
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>; // [rows, heads, head_dim]

const TILE = 32u;
const HEADS = {{ heads }}u;
const HEAD_GROUPS = {{ head_dim }}u / 4u; // groups of four features in a head
const CHUNKS = {{ chunks }}u;             // chunks of 32 features in a head
const VALUE_GROUPS = CHUNKS * 8u;
const KEYS_AT = TILE * 8u;
const LOWEST = -1e30; // below every score, and still a number

var<workgroup> tile: array<vec4<f32>, 512>;   // queries [feature][query / 4], keys alike; then values [key][feature / 4]
var<workgroup> shares: array<vec4<f32>, 256>; // [key][query / 4]
var<workgroup> partial: array<vec4<f32>, 64>; // [query / 4][key / 4]

fn row_of(item: u32, i: u32) -> u32 {
    if (i < parameters.text_length) {
        return parameters.text_first + item * parameters.text_length + i;
    }
    let picture_length = parameters.length - parameters.text_length;
    return parameters.picture_first + item * picture_length + i - parameters.text_length;
}

// Four features of a query (part 0), key (1) or value (2); zero outside.
fn at(item: u32, i: u32, part: u32, head: u32, group: u32) -> vec4<f32> {
    if (i >= parameters.length || group >= HEAD_GROUPS) {
        return vec4<f32>();
    }
    return qkv[((row_of(item, i) * 3u + part) * HEADS + head) * HEAD_GROUPS + group];
}

// Four queries or keys by four features, turned so that a feature's row holds them side by side.
fn load(place: u32, item: u32, first: u32, part: u32, head: u32, chunk: u32, invocation: u32) {
    let i = first + invocation / 8u * 4u;
    let group = chunk * 8u + invocation % 8u;
    let a = at(item, i, part, head, group);
    let b = at(item, i + 1u, part, head, group);
    let c = at(item, i + 2u, part, head, group);
    let d = at(item, i + 3u, part, head, group);
    let start = place + invocation % 8u * 32u + invocation / 8u;
    tile[start] = vec4(a.x, b.x, c.x, d.x);
    tile[start + 8u] = vec4(a.y, b.y, c.y, d.y);
    tile[start + 16u] = vec4(a.z, b.z, c.z, d.z);
    tile[start + 24u] = vec4(a.w, b.w, c.w, d.w);
}

fn store(i: u32, chunk: u32, local: vec3<u32>, first_query: u32, head: u32, item: u32, value: vec4<f32>) {
    let query = first_query + local.y * 4u + i;
    let group = chunk * 8u + local.x;
    if (query < parameters.length && group < HEAD_GROUPS) {
        out[(row_of(item, query) * HEADS + head) * HEAD_GROUPS + group] = value;
    }
}

fn largest(a: vec4<f32>) -> f32 {
    return max(max(a.x, a.y), max(a.z, a.w));
}

@compute @workgroup_size(8, 8, 1)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let first_query = parameters.first + workgroup.x * TILE;
    let head = workgroup.y;
    let item = workgroup.z;
    {{ declare }}
    var highest = vec4(LOWEST); // score so far, of the four queries
    var total = vec4<f32>();    // of this invocation's shares

    for (var first_key = 0u; first_key < parameters.length; first_key += TILE) {
        var s0 = vec4<f32>();
        var s1 = vec4<f32>();
        var s2 = vec4<f32>();
        var s3 = vec4<f32>();
        for (var chunk = 0u; chunk < CHUNKS; chunk++) {
            workgroupBarrier(); // the tile is no longer read
            load(0u, item, first_query, 0u, head, chunk, invocation);
            load(KEYS_AT, item, first_key, 1u, head, chunk, invocation);
            workgroupBarrier();
            for (var feature = 0u; feature < TILE; feature++) {
                let q = tile[feature * 8u + local.y];
                let k = tile[KEYS_AT + feature * 8u + local.x];
                s0 += q.x * k;
                s1 += q.y * k;
                s2 += q.z * k;
                s3 += q.w * k;
            }
        }
        let key = first_key + local.x * 4u;
        let there = vec4(key, key + 1u, key + 2u, key + 3u) < vec4(parameters.length);
        s0 = select(vec4(LOWEST), s0, there);
        s1 = select(vec4(LOWEST), s1, there);
        s2 = select(vec4(LOWEST), s2, there);
        s3 = select(vec4(LOWEST), s3, there);

        partial[invocation] = vec4(largest(s0), largest(s1), largest(s2), largest(s3));
        workgroupBarrier();
        var now = highest;
        for (var i = 0u; i < 8u; i++) {
            now = max(now, partial[local.y * 8u + i]);
        }
        let shrink = exp2(highest - now);
        highest = now;
        s0 = exp2(s0 - now.x);
        s1 = exp2(s1 - now.y);
        s2 = exp2(s2 - now.z);
        s3 = exp2(s3 - now.w);
        total = total * shrink + vec4(dot(s0, vec4(1.0)), dot(s1, vec4(1.0)), dot(s2, vec4(1.0)), dot(s3, vec4(1.0)));
        let place = local.x * 32u + local.y;
        shares[place] = vec4(s0.x, s1.x, s2.x, s3.x);
        shares[place + 8u] = vec4(s0.y, s1.y, s2.y, s3.y);
        shares[place + 16u] = vec4(s0.z, s1.z, s2.z, s3.z);
        shares[place + 24u] = vec4(s0.w, s1.w, s2.w, s3.w);
        for (var task = invocation; task < TILE * VALUE_GROUPS; task += 64u) {
            tile[task] = at(item, first_key + task / VALUE_GROUPS, 2u, head, task % VALUE_GROUPS);
        }
        workgroupBarrier();
        {{ shrink }}
        for (var key = 0u; key < TILE; key++) {
            let share = shares[key * 8u + local.y];
            {{ multiply }}
        }
    }

    workgroupBarrier(); // the partial maxima are no longer read
    partial[invocation] = total;
    workgroupBarrier();
    var sum = vec4<f32>();
    for (var i = 0u; i < 8u; i++) {
        sum += partial[local.y * 8u + i];
    }
    let whole = 1.0 / sum;
    {{ store }}
}
