// Subgroup matrices as Chromium offers them.
alias Left = subgroup_matrix_left<Scalar, K, M>;
alias Right = subgroup_matrix_right<Scalar, N, K>;
alias Sum = subgroup_matrix_result<f32, N, M>;

fn query(row: u32, feature: u32) -> Left {
    return subgroupMatrixLoad<Left, row_major>(&tile, row * CHUNK_STRIDE + feature % CHUNK, CHUNK_STRIDE);
}

// Of keys from `column` on, features from `feature` on.
fn key(feature: u32, column: u32) -> Right {
    return subgroupMatrixLoad<Right, col_major>(&tile, column * STRIDE + feature, STRIDE);
}

fn share(row: u32, key: u32) -> Left {
    return subgroupMatrixLoad<Left, row_major>(&shares, row * SHARES_STRIDE + key, SHARES_STRIDE);
}

fn value(key: u32, column: u32) -> Right {
    return subgroupMatrixLoad<Right, row_major>(&tile, VALUES_AT + key * STRIDE + column, STRIDE);
}

// `number` tells it from other sums where they are emulated.
fn zero(number: u32) -> Sum {
    return Sum();
}

fn multiply(a: Left, b: Right, sum: Sum) -> Sum {
    return subgroupMatrixMultiplyAccumulate(a, b, sum);
}

// Stores a sum to the scores, and loads it back.
fn put(row: u32, column: u32, sum: Sum) {
    subgroupMatrixStore<row_major>(&scores, row * SCORES_STRIDE + column, sum, SCORES_STRIDE);
}

fn take(row: u32, column: u32, sum: Sum) -> Sum {
    return subgroupMatrixLoad<Sum, row_major>(&scores, row * SCORES_STRIDE + column, SCORES_STRIDE);
}
