// The products in f32 or f16. A workgroup of 64 invocations, 8 x 8, owns 32 queries, and walks 32 keys
// at a time. An invocation owns every eighth query and key of the scores, and the same queries by every
// eighth feature of the output, one sum each, in registers. Queries and keys go through workgroup
// memory 32 features at a time, in vectors of four features; then the values take their place, in
// vectors of four keys (every eighth one, as an invocation holds its scores), so that both products
// take four at once.
//
// Eight neighbouring invocations have the same queries; they reduce maxima and sums through workgroup
// memory or, where there are subgroups, by exchanging values between lanes: they are then neighbouring
// lanes of one subgroup. Workgroup memory: 8,192 bytes of operands, 4,096 of shares, half of both in
// f16, and 1,024 of partial results.
//
// An invocation loads every eighth token of a tile, a vector of each chunk. As in the linear layer's
// `float.wgsl`, tokens are XOR-swizzled by the number of the vector to avoid bank conflicts, and memory
// has three dimensions because browsers clamp every index to its array.

const TILE = 32u;
const QUADS = 8u; // vectors in a chunk

// Queries [feature / 4][query / 8][query % 8 ^ feature / 4] and keys alike; then values, of each
// key % 8, [feature / 8][feature % 8].
var<workgroup> tile: array<array<array<Four, 8>, 4>, 2u * QUADS>;
var<workgroup> shares: array<array<array<Four, 8>, 4>, 8>; // [key % 8][query / 8][query % 8 ^ key % 8]
{{ if subgroups }}{{ else }}
var<workgroup> partial: array<vec4<f32>, 64>; // of an invocation's four queries
{{ end }}

// The maximum over the eight neighbours. Contains a barrier, after which the tile is no longer read.
fn largest_of_eight(mine: vec4<f32>, invocation: u32) -> vec4<f32> {
    {{ if subgroups }}
    var all = mine;
    all = max(all, subgroupShuffleXor(all, 1u));
    all = max(all, subgroupShuffleXor(all, 2u));
    all = max(all, subgroupShuffleXor(all, 4u));
    workgroupBarrier();
    return all;
    {{ else }}
    // Earlier reads of it are before the barrier that follows each tile's values.
    partial[invocation] = mine;
    workgroupBarrier();
    let first = invocation / 8u * 8u;
    var all = partial[first];
    all = max(all, partial[first + 1u]);
    all = max(all, partial[first + 2u]);
    all = max(all, partial[first + 3u]);
    all = max(all, partial[first + 4u]);
    all = max(all, partial[first + 5u]);
    all = max(all, partial[first + 6u]);
    all = max(all, partial[first + 7u]);
    return all;
    {{ end }}
}

// The sum over the eight neighbours.
fn sum_of_eight(mine: vec4<f32>, invocation: u32) -> vec4<f32> {
    {{ if subgroups }}
    var all = mine;
    all = all + subgroupShuffleXor(all, 1u);
    all = all + subgroupShuffleXor(all, 2u);
    all = all + subgroupShuffleXor(all, 4u);
    workgroupBarrier();
    return all;
    {{ else }}
    // Earlier reads of it are before the barrier that follows each tile's values.
    partial[invocation] = mine;
    workgroupBarrier();
    let first = invocation / 8u * 8u;
    var all = partial[first];
    all = all + partial[first + 1u];
    all = all + partial[first + 2u];
    all = all + partial[first + 3u];
    all = all + partial[first + 4u];
    all = all + partial[first + 5u];
    all = all + partial[first + 6u];
    all = all + partial[first + 7u];
    return all;
    {{ end }}
}

// Transposes four values of each of an invocation's keys: a vector then holds one feature of four keys.
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

// In one dimension: with two, drivers may arrange lanes in squares.
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
    {{ for i in own }}
    {{ for f, chunk, part in features }}
    var out_{{ i }}_{{ f }} = 0.0;
    {{ end }}
    {{ end }}
    var highest = vec4(LOWEST); // score so far, of the four queries
    var total = vec4<f32>();    // of this invocation's shares
    {{ for t in own }}
    let query_{{ t }} = token_at(item, first_query + {{ t }}u * 8u + load_token);
    {{ end }}

    for (var first_key = 0u; first_key < parameters.length; first_key += TILE) {
        {{ for i in own }}
        {{ for j in own }}
        var score_{{ i }}_{{ j }} = 0.0;
        {{ end }}
        {{ end }}
        {{ for t in own }}
        let key_{{ t }} = token_at(item, first_key + {{ t }}u * 8u + load_token);
        {{ end }}
        for (var chunk = 0u; chunk < CHUNKS; chunk++) {
            {{ for name, part in operands }}
            {{ for t in own }}
            let new_{{ name }}_{{ t }} = at({{ name }}_{{ t }}, {{ part }}u, head, chunk * QUADS + load_quad);
            {{ end }}
            {{ end }}
            workgroupBarrier(); // the tile is no longer read
            {{ for name, part in operands }}
            {{ for t in own }}
            tile[{{ part }}u * QUADS + load_quad][{{ t }}][load_token ^ load_quad] = Four(new_{{ name }}_{{ t }});
            {{ end }}
            {{ end }}
            workgroupBarrier();
            for (var quad = 0u; quad < QUADS; quad++) {
                let swizzled = local ^ vec2(quad);
                {{ for i in own }}
                let q_{{ i }} = vec4<f32>(tile[quad][{{ i }}][swizzled.y]);
                {{ end }}
                {{ for j in own }}
                let k_{{ j }} = vec4<f32>(tile[QUADS + quad][{{ j }}][swizzled.x]);
                {{ end }}
                {{ for i in own }}
                {{ for j in own }}
                score_{{ i }}_{{ j }} = fma(q_{{ i }}.w, k_{{ j }}.w, fma(q_{{ i }}.z, k_{{ j }}.z,
                    fma(q_{{ i }}.y, k_{{ j }}.y, fma(q_{{ i }}.x, k_{{ j }}.x, score_{{ i }}_{{ j }}))));
                {{ end }}
                {{ end }}
            }
        }
        {{ for chunk in chunk_numbers }}
        {{ for t in own }}
        let new_value_{{ chunk }}_{{ t }} = at(key_{{ t }}, 2u, head, {{ chunk }}u * QUADS + load_quad);
        {{ end }}
        {{ end }}
        let key = first_key + local.x;
        let there = vec4(key, key + 8u, key + 16u, key + 24u) < vec4(parameters.length);
        {{ for i in own }}
        let s_{{ i }} = select(vec4(LOWEST), vec4(score_{{ i }}_0, score_{{ i }}_1, score_{{ i }}_2, score_{{ i }}_3), there);
        {{ end }}

        let mine = vec4(largest(s_0), largest(s_1), largest(s_2), largest(s_3));
        let now = max(highest, largest_of_eight(mine, invocation));
        let shrink = exp2(highest - now);
        highest = now;
        let p_0 = Four(select(vec4<f32>(), exp2(s_0 - now.x), there));
        let p_1 = Four(select(vec4<f32>(), exp2(s_1 - now.y), there));
        let p_2 = Four(select(vec4<f32>(), exp2(s_2 - now.z), there));
        let p_3 = Four(select(vec4<f32>(), exp2(s_3 - now.w), there));
        // Of the shares as they are multiplied, rounded.
        total = total * shrink + vec4(sum(vec4<f32>(p_0)), sum(vec4<f32>(p_1)), sum(vec4<f32>(p_2)), sum(vec4<f32>(p_3)));
        shares[local.x][0][local.y ^ local.x] = p_0;
        shares[local.x][1][local.y ^ local.x] = p_1;
        shares[local.x][2][local.y ^ local.x] = p_2;
        shares[local.x][3][local.y ^ local.x] = p_3;
        {{ for chunk in chunk_numbers }}
        keep_values(
            new_value_{{ chunk }}_0, new_value_{{ chunk }}_1, new_value_{{ chunk }}_2, new_value_{{ chunk }}_3,
            load_token, {{ chunk }}u, load_quad
        );
        {{ end }}
        workgroupBarrier();
        {{ for i, letter in letters }}
        {{ for f, chunk, part in features }}
        out_{{ i }}_{{ f }} *= shrink.{{ letter }};
        {{ end }}
        {{ end }}
        for (var keys = 0u; keys < 8u; keys++) {
            let swizzled = local.y ^ keys;
            {{ for i in own }}
            let share_{{ i }} = vec4<f32>(shares[keys][{{ i }}][swizzled]);
            {{ end }}
            {{ for f, chunk, part in features }}
            let value_{{ f }} = vec4<f32>(tile[keys * CHUNKS + {{ chunk }}u][{{ part }}][local.x]);
            {{ end }}
            {{ for i in own }}
            {{ for f, chunk, part in features }}
            out_{{ i }}_{{ f }} = fma(share_{{ i }}.w, value_{{ f }}.w, fma(share_{{ i }}.z, value_{{ f }}.z,
                fma(share_{{ i }}.y, value_{{ f }}.y, fma(share_{{ i }}.x, value_{{ f }}.x, out_{{ i }}_{{ f }}))));
            {{ end }}
            {{ end }}
        }
    }

    let whole = 1.0 / sum_of_eight(total, invocation);
    {{ for i, letter in letters }}
    {{ for f, chunk, part in features }}
    store(
        first_query + {{ i }}u * 8u + local.y, {{ f }}u * 8u + local.x, head, item,
        out_{{ i }}_{{ f }} * whole.{{ letter }}
    );
    {{ end }}
    {{ end }}
}
