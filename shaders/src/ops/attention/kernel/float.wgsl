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
//
// An invocation loads every eighth token of a tile, a vector of each chunk. As in `linear/wide.wgsl`
// tokens change places with their neighbours, in each vector otherwise, so that eight neighbours who
// store meet eight banks; and memory has three dimensions because a browser holds every index within
// its array.

const TILE = 32u;
const QUADS = 8u; // vectors in a chunk

// Queries [feature / 4][query / 8][query % 8 ^ feature / 4] and keys alike; then values, of each
// key % 8, [feature / 8][feature % 8].
var<workgroup> tile: array<array<array<Four, 8>, 4>, 2u * QUADS>;
var<workgroup> shares: array<array<array<Four, 8>, 4>, 8>; // [key % 8][query / 8][query % 8 ^ key % 8]
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

// Four values of each of an invocation's keys, turned so that a vector holds one feature of four keys.
fn keep_values(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, key: u32, chunk: u32, quad: u32) {
    let row = key * CHUNKS + chunk;
    let column = quad % 2u * 4u;
    tile[row][quad / 2u][column] = narrowed(vec4(a.x, b.x, c.x, d.x));
    tile[row][quad / 2u][column + 1u] = narrowed(vec4(a.y, b.y, c.y, d.y));
    tile[row][quad / 2u][column + 2u] = narrowed(vec4(a.z, b.z, c.z, d.z));
    tile[row][quad / 2u][column + 3u] = narrowed(vec4(a.w, b.w, c.w, d.w));
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
    let load_quad = invocation % 8u;
    let load_token = invocation / 8u;
    let first_query = parameters.first + workgroup.x * TILE;
    let head = workgroup.y;
    let item = workgroup.z;
    {{ declare_out }}
    var highest = vec4(LOWEST); // score so far, of the four queries
    var total = vec4<f32>();    // of this invocation's shares
    {{ find_queries }}

    for (var first_key = 0u; first_key < parameters.length; first_key += TILE) {
        {{ declare_scores }}
        {{ find_keys }}
        for (var chunk = 0u; chunk < CHUNKS; chunk++) {
            {{ read_operands }}
            workgroupBarrier(); // the tile is no longer read
            {{ keep_operands }}
            workgroupBarrier();
            for (var quad = 0u; quad < QUADS; quad++) {
                let swapped = local ^ vec2(quad);
                {{ multiply_scores }}
            }
        }
        {{ read_values }}
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
        shares[local.x][0][local.y ^ local.x] = p_0;
        shares[local.x][1][local.y ^ local.x] = p_1;
        shares[local.x][2][local.y ^ local.x] = p_2;
        shares[local.x][3][local.y ^ local.x] = p_3;
        {{ keep_values }}
        workgroupBarrier();
        {{ shrink }}
        for (var keys = 0u; keys < 8u; keys++) {
            let swapped = local.y ^ keys;
            {{ multiply_values }}
        }
    }

    let whole = 1.0 / sum_of_eight(total, invocation);
    {{ store }}
}
