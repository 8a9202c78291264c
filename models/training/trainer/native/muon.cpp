// Steps of Muon (trainer/muon.py) for many matrices, each on one core and in its cache from the gradient to the weights.
#include <omp.h>

#include <cmath>
#include <vector>

#include "vectors.h"

namespace {

struct Matrix {  // as trainer/native/__init__.py writes it
    float *weights, *gradient, *momentum;  // [rows][columns]
    int64_t rows, columns;
};

struct Step {
    double rate, momentum, clip;  // clip: factor on gradients
    int64_t polynomials;
    const float* coefficients;  // [polynomials][3]
};

struct Scratch {
    std::vector<float> update, square;           // the Nesterov update; x xᵀ
    std::vector<bf16> x, x_pairs, s, s_pairs, y;  // s: x xᵀ or the polynomial's matrix
};

// out [n][n] (f32, symmetric) = a b for a bf16 [n][depth] and b P16, of which only blocks right of the diagonal are computed.
void symmetric_product(float* out, const bf16* a, const bf16* b, size_t depth, size_t n) {
    for (size_t v = 0; v < n / LANES; v += 2) {
        const size_t rows = std::min(n, (v + 2) * LANES);
        auto write = [=](size_t row, size_t w, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) store(out + (row + i) * n + (w + u) * LANES, acc[i][u]);
        };
        if (v + 1 < n / LANES) panel<2>(rows, a, depth, b, depth, v, write);
        else panel<1>(rows, a, depth, b, depth, v, write);
    }
    for (size_t v = 0; v < n / LANES; ++v)
        for (size_t w = v + 1; w < n / LANES; ++w) {
            __m512i r[16];
            for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(out + (v * LANES + i) * n + w * LANES);
            transpose(r);
            for (int i = 0; i < 16; ++i) _mm512_storeu_si512(out + (w * LANES + i) * n + v * LANES, r[i]);
        }
}

// x [rows][columns], rows ≤ columns, becomes nearly orthogonal.
void orthogonalize(Scratch& t, const Step& step, size_t rows, size_t columns) {
    t.x_pairs.resize(rows * columns), t.y.resize(rows * columns);
    t.square.resize(rows * rows), t.s.resize(rows * rows), t.s_pairs.resize(rows * rows);
    for (int64_t k = 0; k < step.polynomials; ++k) {
        const vec a = set(step.coefficients[3 * k]), b = set(step.coefficients[3 * k + 1]), c = set(step.coefficients[3 * k + 2]);
        pack_columns(t.x_pairs.data(), t.x.data(), columns, columns, rows);
        symmetric_product(t.square.data(), t.x.data(), t.x_pairs.data(), columns, rows);
        for (size_t i = 0; i < rows * rows; i += LANES) store(t.s.data() + i, load(t.square.data() + i));
        pack_rows(t.s_pairs.data(), t.s.data(), rows, rows, rows);
        symmetric_product(t.square.data(), t.s.data(), t.s_pairs.data(), rows, rows);
        for (size_t i = 0; i < rows * rows; i += LANES)
            store(t.s.data() + i, _mm512_fmadd_ps(b, load(t.s.data() + i), _mm512_mul_ps(c, load(t.square.data() + i))));
        pack_rows(t.x_pairs.data(), t.x.data(), columns, rows, columns);
        const bf16* x = t.x.data();
        bf16* y = t.y.data();
        product(rows, t.s.data(), rows, t.x_pairs.data(), rows, columns, [=](size_t row, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) {
                    const size_t place = (row + i) * columns + (v + u) * LANES;
                    store(y + place, _mm512_fmadd_ps(a, load(x + place), acc[i][u]));
                }
        });
        std::swap(t.x, t.y);
    }
}

void transpose_into(bf16* out, const float* x, size_t rows, size_t columns, vec scale) {
    for (size_t i = 0; i < rows; i += LANES)
        for (size_t j = 0; j < columns; j += LANES) {
            __m512i r[16];
            for (int k = 0; k < 16; ++k) r[k] = _mm512_loadu_si512(x + (i + k) * columns + j);
            transpose(r);
            for (int k = 0; k < 16; ++k) store(out + (j + k) * rows + i, _mm512_mul_ps(_mm512_castsi512_ps(r[k]), scale));
        }
}

void one(const Matrix& m, const Step& step, Scratch& t) {
    const size_t size = m.rows * m.columns;
    t.update.resize(size), t.x.resize(size);
    const vec keep = set(step.momentum), take = set(1 - step.momentum), clip = set(step.clip);
    vec square = _mm512_setzero_ps();
    for (size_t i = 0; i < size; i += LANES) {
        const vec g = _mm512_mul_ps(load(m.gradient + i), clip);
        const vec momentum = _mm512_fmadd_ps(take, g, _mm512_mul_ps(keep, load(m.momentum + i)));
        const vec update = _mm512_fmadd_ps(take, g, _mm512_mul_ps(keep, momentum));
        store(m.momentum + i, momentum), store(t.update.data() + i, update);
        square = _mm512_fmadd_ps(update, update, square);
    }
    const vec scale = set(1.0f / (1.01f * std::sqrt(sum(square)) + 1e-7f));
    const bool tall = m.rows > m.columns;
    const size_t rows = tall ? m.columns : m.rows, columns = tall ? m.rows : m.columns;
    if (tall) transpose_into(t.x.data(), t.update.data(), m.rows, m.columns, scale);
    else
        for (size_t i = 0; i < size; i += LANES) store(t.x.data() + i, _mm512_mul_ps(load(t.update.data() + i), scale));
    orthogonalize(t, step, rows, columns);
    const vec rate = set(-step.rate * 0.2 * std::sqrt((double)columns));
    const float* x = t.update.data();
    if (tall)  // back, through f32
        for (size_t i = 0; i < rows; i += LANES)
            for (size_t j = 0; j < columns; j += LANES) {
                __m512i r[16];
                for (int k = 0; k < 16; ++k) r[k] = _mm512_castps_si512(load(t.x.data() + (i + k) * columns + j));
                transpose(r);
                for (int k = 0; k < 16; ++k) _mm512_storeu_si512(t.update.data() + (j + k) * rows + i, r[k]);
            }
    else
        for (size_t i = 0; i < size; i += LANES) store(t.update.data() + i, load(t.x.data() + i));
    for (size_t i = 0; i < size; i += LANES) store(m.weights + i, _mm512_fmadd_ps(rate, load(x + i), load(m.weights + i)));
}

}  // namespace

extern "C" void muon_step(const Matrix* matrices, int64_t count, const Step* step) {
#pragma omp parallel
    {
        Scratch scratch;
#pragma omp for schedule(dynamic, 1)
        for (int64_t i = 0; i < count; ++i) one(matrices[i], *step, scratch);
    }
}
