// Subgroup matrices as Chromium offers them.
alias Left = subgroup_matrix_left<Scalar, K, M>;
alias Right = subgroup_matrix_right<Scalar, N, K>;
alias Sum = subgroup_matrix_result<f32, N, M>;

fn left(row: u32, k: u32) -> Left {
    return subgroupMatrixLoad<Left, row_major>(&x_tile, row * STRIDE + k, STRIDE);
}

fn right(column: u32, k: u32) -> Right {
    return subgroupMatrixLoad<Right, col_major>(&w_tile, column * STRIDE + k, STRIDE);
}

fn multiply(a: Left, b: Right, sum: Sum) -> Sum {
    return subgroupMatrixMultiplyAccumulate(a, b, sum);
}

fn put(subgroup: u32, sum: Sum) {
    subgroupMatrixStore<row_major>(&results, subgroup * SQUARE, sum, N);
}
