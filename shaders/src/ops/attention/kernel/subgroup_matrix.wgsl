// Both products by subgroup matrices. Four subgroups share a tile of 64 queries, 16 each, and walk
// KEYS keys at a time. A subgroup keeps its queries and its part of the output in matrices. Scores
// leave them through workgroup memory, because only there is known where in a matrix a value lies,
// and come back as shares: 2 to the power of how far a score is above its query's measure.
//
// The measure is a score that was the highest once. It rises with the highest only when that is more
// than SLACK above it, so that the output, which is in proportion to it, seldom has to be taken out
// of its matrices and shrunk. Shares are at most 2^SLACK, which f16 holds.
//
// `unit.wgsl` says what the hardware does; `imitated.wgsl` the same where a subgroup has one
// invocation, for tests on any device.
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
const STRIDE = FEATURES + {{ padding }}u;
const CHUNK = {{ chunk }}u;      // features of the queries that go through the tile at once
const CHUNK_STRIDE = CHUNK + {{ padding }}u;
const SCORES_STRIDE = KEYS + 4u;
const SHARES_STRIDE = KEYS + {{ padding }}u;
const VALUES_AT = KEYS * STRIDE;
const TEAM = {{ team }}u;        // lanes that share a query
const TEAMS = LANES / TEAM;
const SLACK = 8.0;

// Queries at first, a chunk of them; then keys, then values: [token][feature].
var<workgroup> tile: array<Scalar, max(QUERIES * CHUNK_STRIDE, 2u * KEYS * STRIDE)>;
var<workgroup> scores: array<f32, SCORES_STRIDE * QUERIES>; // [query][key]; the output, KEYS features at a time
var<workgroup> shares: array<Scalar, SHARES_STRIDE * QUERIES>; // [query][key]
var<workgroup> measures: array<f32, QUERIES>;
var<workgroup> totals: array<f32, QUERIES>;                   // of shares
var<workgroup> shrinks: array<f32, QUERIES>;                  // what a risen measure makes of the output
var<workgroup> risen: array<u32, SUBGROUPS>;                  // whether a measure of the subgroup rose

{{ unit }}

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
    {{ largest_of_team }}
    return all;
}

fn sum_of_team(mine: f32) -> f32 {
    var all = mine;
    {{ sum_of_team }}
    return all;
}

// Scores become shares; whether a measure of this lane's queries rose.
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
        let before = measures[query];
        let rises = highest > before + SLACK;
        let now = select(before, highest, rises);
        var sum = 0.0;
        for (var key = lane % TEAM; key < KEYS; key += TEAM) {
            let there = first_key + key < parameters.length;
            let share = Scalar(select(0.0, exp2(scores[query * SCORES_STRIDE + key] - now), there));
            shares[query * SHARES_STRIDE + key] = share;
            sum += f32(share); // what is multiplied
        }
        // By then all of the team have read the measure: the sum depends on it.
        sum = sum_of_team(sum);
        if (lane % TEAM == 0u) {
            let shrink = exp2(before - now);
            measures[query] = now;
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
    {{ subgroup_arguments }}
) {
    {{ subgroup }}
    let own = subgroup * OWN;
    let first_query = parameters.first + workgroup.x * QUERIES;
    let head = workgroup.y;
    let item = workgroup.z;
    for (var query = invocation; query < QUERIES; query += INVOCATIONS) {
        measures[query] = LOWEST;
        totals[query] = 0.0;
    }
    {{ take_queries }}
    {{ declare_out }}

    for (var first_key = 0u; first_key < parameters.length; first_key += KEYS) {
        workgroupBarrier(); // the tile is no longer read
        load(item, first_key, head, invocation);
        workgroupBarrier();
        {{ multiply_scores }}
        workgroupBarrier();
        let rose = {{ any }};
        if (lane == 0u) {
            risen[subgroup] = u32(rose);
        }
        let all = workgroupUniformLoad(&risen);
        if (all[0] + all[1] + all[2] + all[3] > 0u) {
            {{ shrink }}
        }
        {{ multiply_values }}
    }

    workgroupBarrier();
    {{ store }}
}
