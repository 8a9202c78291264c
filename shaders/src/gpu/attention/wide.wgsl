// A workgroup of 64 invocations, 8 x 8, owns 32 queries, and walks 32 keys at a time; an invocation
// owns every eighth query and key of the scores, and the same queries by every eighth feature of the
// output, one sum each, in registers. Queries and keys go through workgroup memory 32 features at a
// time, in vectors of four features; then the values take their place, in vectors of four keys (every
// eighth one, as an invocation holds its scores), so that both products take four at once.
//
// What eight neighbours know of a query they put together through workgroup memory, or where there
// are subgroups by exchanging lanes: eight neighbouring invocations are neighbouring lanes of one
// subgroup then. Workgroup memory: 8,192 bytes of operands, 4,096 of shares, half of both in f16, and
// 1,024 of partial results.

const TILE = 32u;
const QUADS = 8u;                 // vectors in a chunk
const KEYS_AT = QUADS * TILE;

// Queries [feature / 4][query] and keys alike; then values [key % 8][feature].
var<workgroup> tile: array<Four, 512>;
var<workgroup> shares: array<Four, 256>; // [key % 8][query]
{{ partial }}

// The largest of what the eight neighbours with the same queries have; then the tile is no longer
// read by anybody.
fn largest_of_eight(mine: vec4<f32>, invocation: u32) -> vec4<f32> {
    {{ largest_of_eight }}
}

// The sum of what the eight neighbours have.
fn sum_of_eight(mine: vec4<f32>, invocation: u32) -> vec4<f32> {
    {{ sum_of_eight }}
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
        let p_0 = Four(select(vec4<f32>(), exp2(s_0 - now.x), there));
        let p_1 = Four(select(vec4<f32>(), exp2(s_1 - now.y), there));
        let p_2 = Four(select(vec4<f32>(), exp2(s_2 - now.z), there));
        let p_3 = Four(select(vec4<f32>(), exp2(s_3 - now.w), there));
        // Of what is multiplied.
        total = total * shrink + vec4(sum(vec4<f32>(p_0)), sum(vec4<f32>(p_1)), sum(vec4<f32>(p_2)), sum(vec4<f32>(p_3)));
        let place = local.x * TILE + local.y;
        shares[place] = p_0;
        shares[place + 8u] = p_1;
        shares[place + 16u] = p_2;
        shares[place + 24u] = p_3;
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
