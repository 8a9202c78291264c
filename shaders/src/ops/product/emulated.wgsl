// Subgroup matrices in plain arithmetic: an operand is the place where it begins in its tile, a sum is
// its number.
alias Left = u32;
alias Right = u32;
alias Sum = u32;

var<private> sums: array<f32, {{ sum_count }}u * SQUARE>;

fn left(row: u32, k: u32) -> Left {
    return row * STRIDE + k;
}

fn right(column: u32, k: u32) -> Right {
    return column * STRIDE + k;
}

fn multiply(a: Left, b: Right, sum: Sum) -> Sum {
    for (var i = 0u; i < SQUARE; i++) {
        for (var k = 0u; k < K; k++) {
            sums[sum * SQUARE + i] += f32(x_tile[a + i / N * STRIDE + k]) * f32(w_tile[b + i % N * STRIDE + k]);
        }
    }
    return sum;
}

fn put(subgroup: u32, sum: Sum) {
    for (var i = 0u; i < SQUARE; i++) {
        results[subgroup * SQUARE + i] = sums[sum * SQUARE + i];
    }
}
