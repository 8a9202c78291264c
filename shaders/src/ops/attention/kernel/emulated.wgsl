// Subgroup matrices in plain arithmetic. A matrix is the place where it is kept: a sum its number, a
// query where it begins in this invocation's copy, all others where they begin in workgroup memory.
alias Left = u32;
alias Right = u32;
alias Sum = u32;

const SHARES = 0x10000u;  // added to the places of shares
const VALUES = 0x10000u;  // and of values

var<private> queries: array<Scalar, OWN * FEATURES>; // [query][feature]
var<private> sums: array<f32, {{ sum_count }}u * M * N>;  // [number][m][n]

fn query(row: u32, feature: u32) -> Left {
    let first = row % OWN * FEATURES + feature;
    for (var i = 0u; i < M * K; i++) {
        queries[first + i / K * FEATURES + i % K] = tile[(row + i / K) * CHUNK_STRIDE + feature % CHUNK + i % K];
    }
    return first;
}

fn share(row: u32, key: u32) -> Left {
    return SHARES + row * SHARES_STRIDE + key;
}

fn key(feature: u32, column: u32) -> Right {
    return column * STRIDE + feature;
}

fn value(key: u32, column: u32) -> Right {
    return VALUES + VALUES_AT + key * STRIDE + column;
}

fn left(place: u32, m: u32, k: u32) -> f32 {
    if (place < SHARES) {
        return f32(queries[place + m * FEATURES + k]);
    }
    return f32(shares[place - SHARES + m * SHARES_STRIDE + k]);
}

fn right(place: u32, k: u32, n: u32) -> f32 {
    if (place < VALUES) {
        return f32(tile[place + n * STRIDE + k]);
    }
    return f32(tile[place - VALUES + k * STRIDE + n]);
}

fn zero(number: u32) -> Sum {
    for (var i = 0u; i < M * N; i++) {
        sums[number * M * N + i] = 0.0;
    }
    return number;
}

fn multiply(a: Left, b: Right, sum: Sum) -> Sum {
    for (var i = 0u; i < M * N; i++) {
        for (var k = 0u; k < K; k++) {
            sums[sum * M * N + i] += left(a, i / N, k) * right(b, k, i % N);
        }
    }
    return sum;
}

fn put(row: u32, column: u32, sum: Sum) {
    for (var i = 0u; i < M * N; i++) {
        scores[(row + i / N) * SCORES_STRIDE + column + i % N] = sums[sum * M * N + i];
    }
}

fn take(row: u32, column: u32, sum: Sum) -> Sum {
    for (var i = 0u; i < M * N; i++) {
        sums[sum * M * N + i] = scores[(row + i / N) * SCORES_STRIDE + column + i % N];
    }
    return sum;
}
