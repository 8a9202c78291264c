// Both products by subgroup matrices. Four subgroups share a tile of 64 queries, 16 each, and walk
// KEYS keys at a time. A subgroup keeps its queries and its part of the output in matrices. Scores are
// stored to workgroup memory, because only there the place of a value within a matrix is defined, and
// loaded again as shares: 2 to the power of the difference of a score and its query's reference.
//
// `references` are earlier running maxima of the scores, raised only when exceeded by SLACK: the output
// is relative to them, so it seldom has to be taken out of its matrices and rescaled. Shares are at
// most 2^SLACK, which f16 can represent.
//
// `hardware.wgsl` has the matrix operations; `emulated.wgsl` the same in plain arithmetic, with one
// invocation a subgroup, for tests on any device.
//
// Workgroup memory, of which WebGPU guarantees 16,384 bytes: in f16 5,120 of operands, 5,120 of
// scores, 3,072 of shares and 784 of the rest; in f32, with half as many keys, as much of operands
// and shares, and 3,072 of scores.

const M = {{ m }}u;
const N = {{ n }}u;
const K = {{ k }}u;
const LANES = {{ lanes }}u; // of a subgroup
const SUBGROUPS = 4u;
const INVOCATIONS = SUBGROUPS * LANES;
const OWN = 16u;                 // queries of a subgroup
const QUERIES = SUBGROUPS * OWN; // of a tile
const KEYS = {{ keys }}u;        // of a tile
// Rows are padded by 16 bytes, the alignment of matrices.
const STRIDE = FEATURES + {{ if half }}8u{{ else }}4u{{ end }};
const CHUNK = {{ chunk }}u;      // features of the queries that go through the tile at once
const CHUNK_STRIDE = CHUNK + {{ if half }}8u{{ else }}4u{{ end }};
const SCORES_STRIDE = KEYS + 4u;
const SHARES_STRIDE = KEYS + {{ if half }}8u{{ else }}4u{{ end }};
const VALUES_AT = KEYS * STRIDE;
const TEAM = {{ team }}u;        // lanes that share a query
const TEAMS = LANES / TEAM;
const SLACK = 8.0;

// Queries at first, a chunk of them; then keys, then values: [token][feature].
var<workgroup> tile: array<Scalar, max(QUERIES * CHUNK_STRIDE, 2u * KEYS * STRIDE)>;
var<workgroup> scores: array<f32, SCORES_STRIDE * QUERIES>; // [query][key]; the output, KEYS features at a time
var<workgroup> shares: array<Scalar, SHARES_STRIDE * QUERIES>; // [query][key]
var<workgroup> references: array<f32, QUERIES>;
var<workgroup> totals: array<f32, QUERIES>;                   // of shares
var<workgroup> shrinks: array<f32, QUERIES>;                  // factor of the output after its reference rose
var<workgroup> risen: array<u32, SUBGROUPS>;                  // whether a reference of the subgroup rose

{{ matrices }}

fn keep(place: u32, values: vec4<f32>) {
    let four = narrowed(values);
    tile[place] = four.x;
    tile[place + 1u] = four.y;
    tile[place + 2u] = four.z;
    tile[place + 3u] = four.w;
}

fn load_queries(item: u32, first: u32, head: u32, feature: u32, invocation: u32) {
    for (var task = invocation; task < QUERIES * CHUNK / 4u; task += INVOCATIONS) {
        let query = task / (CHUNK / 4u);
        let quad = task % (CHUNK / 4u);
        keep(query * CHUNK_STRIDE + 4u * quad, at(token_at(item, first + query), 0u, head, feature / 4u + quad));
    }
}

// Keys (part 1), then values (2).
fn load(item: u32, first: u32, head: u32, invocation: u32) {
    for (var task = invocation; task < 2u * KEYS * FEATURES / 4u; task += INVOCATIONS) {
        let token = task / (FEATURES / 4u);
        let quad = task % (FEATURES / 4u);
        keep(token * STRIDE + 4u * quad, at(token_at(item, first + token % KEYS), 1u + token / KEYS, head, quad));
    }
}

fn largest_of_team(mine: f32) -> f32 {
    var all = mine;
    {{ for lane in team_steps }}
    all = max(all, subgroupShuffleXor(all, {{ lane }}u));
    {{ end }}
    return all;
}

fn sum_of_team(mine: f32) -> f32 {
    var all = mine;
    {{ for lane in team_steps }}
    all = all + subgroupShuffleXor(all, {{ lane }}u);
    {{ end }}
    return all;
}

// Replaces scores by shares. Returns whether a reference of this lane's queries rose.
fn share_out(own: u32, lane: u32, first_key: u32) -> bool {
    var rose = false;
    for (var first = 0u; first < OWN; first += TEAMS) {
        let query = own + first + lane / TEAM;
        var highest = LOWEST;
        for (var key = lane % TEAM; key < KEYS; key += TEAM) {
            let there = first_key + key < parameters.length;
            highest = max(highest, select(LOWEST, scores[query * SCORES_STRIDE + key], there));
        }
        highest = largest_of_team(highest);
        let before = references[query];
        let rises = highest > before + SLACK;
        let now = select(before, highest, rises);
        var sum = 0.0;
        for (var key = lane % TEAM; key < KEYS; key += TEAM) {
            let there = first_key + key < parameters.length;
            let share = Scalar(select(0.0, exp2(scores[query * SCORES_STRIDE + key] - now), there));
            shares[query * SHARES_STRIDE + key] = share;
            sum += f32(share); // as it is multiplied, rounded
        }
        // All lanes of the team have read the reference by then, because the sum depends on it.
        sum = sum_of_team(sum);
        if (lane % TEAM == 0u) {
            let shrink = exp2(before - now);
            references[query] = now;
            totals[query] = totals[query] * shrink + sum;
            shrinks[query] = shrink;
        }
        rose = rose || (rises && before > LOWEST); // an output of zeros needs no shrinking
    }
    return rose;
}

@compute @workgroup_size({{ invocations }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    {{ if emulated }}
) {
    let subgroup = invocation;
    let lane = 0u;
    {{ else }}
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    {{ end }}
    let own = subgroup * OWN;
    let first_query = parameters.first + workgroup.x * QUERIES;
    let head = workgroup.y;
    let item = workgroup.z;
    for (var query = invocation; query < QUERIES; query += INVOCATIONS) {
        references[query] = LOWEST;
        totals[query] = 0.0;
    }
    // A chunk of the queries' features at a time.
    {{ for first in query_chunks }}
    load_queries(item, first_query, head, {{ first }}u, invocation);
    workgroupBarrier();
    {{ for row in rows }}
    {{ for f in chunk_features }}
    let query_{{ row }}_{{ first + f }} = query(own + {{ row }}u, {{ first + f }}u);
    {{ end }}
    {{ end }}
    workgroupBarrier();
    {{ end }}
    {{ for row, f, number in outputs }}
    var out_{{ row }}_{{ f }} = zero({{ number }}u);
    {{ end }}

    for (var first_key = 0u; first_key < parameters.length; first_key += KEYS) {
        workgroupBarrier(); // the tile is no longer read
        load(item, first_key, head, invocation);
        workgroupBarrier();
        // One column of matrices after the other, so that each matrix of keys is loaded once.
        {{ for column in key_columns }}
        {
            {{ for row, number in score_sums }}
            var sum_{{ row }} = zero({{ number }}u);
            {{ end }}
            {{ for f in inner_features }}
            let key_{{ f }} = key({{ f }}u, {{ column }}u);
            {{ for row in rows }}
            sum_{{ row }} = multiply(query_{{ row }}_{{ f }}, key_{{ f }}, sum_{{ row }});
            {{ end }}
            {{ end }}
            {{ for row in rows }}
            put(own + {{ row }}u, {{ column }}u, sum_{{ row }});
            {{ end }}
        }
        {{ end }}
        workgroupBarrier();
        let rose = {{ if emulated }}share_out(own, lane, first_key){{ else }}subgroupAny(share_out(own, lane, first_key)){{ end }};
        if (lane == 0u) {
            risen[subgroup] = u32(rose);
        }
        let all = workgroupUniformLoad(&risen);
        if (all[0] + all[1] + all[2] + all[3] > 0u) {
            // As many features of the output as fit in place of the scores, one turn after the other.
            {{ for first in turns }}
            {{ for row in rows }}
            {{ for f in turn_features }}
            put(own + {{ row }}u, {{ f }}u, out_{{ row }}_{{ first + f }});
            {{ end }}
            {{ end }}
            workgroupBarrier();
            for (var task = lane; task < OWN * KEYS; task += LANES) {
                let query = own + task / KEYS;
                scores[query * SCORES_STRIDE + task % KEYS] *= shrinks[query];
            }
            workgroupBarrier();
            {{ for row in rows }}
            {{ for f in turn_features }}
            out_{{ row }}_{{ first + f }} = take(own + {{ row }}u, {{ f }}u, out_{{ row }}_{{ first + f }});
            {{ end }}
            {{ end }}
            workgroupBarrier(); // a lane may put what another takes
            {{ end }}
        }
        {{ for key in inner_keys }}
        {
            {{ for row in rows }}
            let share_{{ row }} = share(own + {{ row }}u, {{ key }}u);
            {{ end }}
            {{ for f in feature_columns }}
            let value_{{ f }} = value({{ key }}u, {{ f }}u);
            {{ for row in rows }}
            out_{{ row }}_{{ f }} = multiply(share_{{ row }}, value_{{ f }}, out_{{ row }}_{{ f }});
            {{ end }}
            {{ end }}
        }
        {{ end }}
    }

    workgroupBarrier();
    // In turns, as above.
    {{ for first in turns }}
    {{ for row in rows }}
    {{ for f in turn_features }}
    put(own + {{ row }}u, {{ f }}u, out_{{ row }}_{{ first + f }});
    {{ end }}
    {{ end }}
    workgroupBarrier();
    for (var task = lane; task < OWN * KEYS; task += LANES) {
        let query = own + task / KEYS;
        let value = scores[query * SCORES_STRIDE + task % KEYS] / totals[query];
        store(first_query + query, {{ first }}u + task % KEYS, head, item, value);
    }
    workgroupBarrier();
    {{ end }}
}
