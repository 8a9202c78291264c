// AVX-512 building blocks: bf16 values, sixteen at a time; products of matrices; packed layouts.
//
// bf16 products add pairs of values into a f32 (vdpbf16ps), so one operand of a product is stored with the two values of a
// pair side by side. There is one such layout, P16, for R rows (the dimension that is summed) and C columns:
//
//     [C / 16][R / 2][16 columns][2 rows]
//
// R is even, C a multiple of 16. Every sixteen columns are one stream of whole vectors.
#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

using bf16 = uint16_t;
using vec = __m512;
constexpr int LANES = 16;
constexpr int ROWS = 8;  // rows of a product's register tile: 8 · 3 accumulators, 3 vectors and a broadcast fill 28 of 32 registers

inline vec load(const float* x) { return _mm512_loadu_ps(x); }
inline void store(float* x, vec v) { _mm512_storeu_ps(x, v); }
inline vec load(const bf16* x) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)x)), 16));
}
inline __m256i narrow(vec v) { return (__m256i)_mm512_cvtneps_pbh(v); }
inline void store(bf16* x, vec v) { _mm256_storeu_si256((__m256i*)x, narrow(v)); }
inline vec set(float x) { return _mm512_set1_ps(x); }
inline float sum(vec v) { return _mm512_reduce_add_ps(v); }

// A pair of rows of sixteen columns, as P16 stores it.
inline void store_pair(bf16* out, vec first, vec second) {
    const __m512i low = _mm512_cvtepu16_epi32(narrow(first)), high = _mm512_cvtepu16_epi32(narrow(second));
    _mm512_storeu_si512(out, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

// Where P16 of `rows` rows has the pair that contains `row`, at vector `v` of the columns.
inline size_t pair_at(size_t rows, size_t row, size_t v) { return (v * (rows / 2) + row / 2) * 2 * LANES; }

// e^x, to about 2 units in the last place of bf16's range of use; x is clamped to ±87.
inline vec exponential(vec x) {
    x = _mm512_min_ps(_mm512_max_ps(x, set(-87.0f)), set(87.0f));
    const vec n = _mm512_roundscale_ps(_mm512_mul_ps(x, set(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const vec r = _mm512_fnmadd_ps(n, set(-2.12194440e-4f), _mm512_fnmadd_ps(n, set(0.693359375f), x));
    vec p = set(8.3333333e-3f);
    p = _mm512_fmadd_ps(p, r, set(4.1666667e-2f));
    p = _mm512_fmadd_ps(p, r, set(1.6666667e-1f));
    p = _mm512_fmadd_ps(p, r, set(0.5f));
    p = _mm512_fmadd_ps(p, r, set(1.0f));
    p = _mm512_fmadd_ps(p, r, set(1.0f));
    return _mm512_scalef_ps(p, n);
}

inline vec sigmoid(vec x) { return _mm512_div_ps(set(1.0f), _mm512_add_ps(set(1.0f), exponential(_mm512_sub_ps(_mm512_setzero_ps(), x)))); }

// Sixteen rows of sixteen 32-bit values -> their transpose.
inline void transpose(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 8; ++i) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; ++i) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; ++i) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

// out = P16 (rows × columns) of x, [rows][stride]: the pairs are of neighbouring rows.
template <class T>
inline void pack_rows(bf16* out, const T* x, size_t stride, size_t rows, size_t columns) {
    for (size_t v = 0; v < columns / LANES; ++v)
        for (size_t row = 0; row < rows; row += 2)
            store_pair(out + pair_at(rows, row, v), load(x + row * stride + v * LANES), load(x + (row + 1) * stride + v * LANES));
}

// out = P16 (rows × columns) of the transpose of x, [columns][stride] in bf16: the pairs are of neighbours in a row of x.
inline void pack_columns(bf16* out, const bf16* x, size_t stride, size_t rows, size_t columns) {
    for (size_t v = 0; v < columns / LANES; ++v)
        for (size_t row = 0; row < rows; row += 2 * LANES) {
            const int pairs = rows - row < 2 * LANES ? (rows - row) / 2 : LANES;
            const __mmask16 valid = (__mmask16)((1u << pairs) - 1);
            __m512i r[16];
            for (int i = 0; i < 16; ++i) r[i] = _mm512_maskz_loadu_epi32(valid, x + (v * LANES + i) * stride + row);
            transpose(r);
            for (int i = 0; i < pairs; ++i) _mm512_storeu_si512(out + pair_at(rows, row + 2 * i, v), r[i]);
        }
}

// A register tile of a product: acc = ROWS rows of a (bf16, row-major) times V vectors of columns of b (P16 of `depth` rows).
template <int V>
[[gnu::always_inline]] inline void tile(vec (&acc)[ROWS][V], const bf16* a, size_t stride, const bf16* b, size_t depth) {
    for (auto& row : acc)
        for (auto& one : row) one = _mm512_setzero_ps();
    for (size_t k = 0; k < depth; k += 2) {
        __m512bh column[V];
#pragma GCC unroll 3
        for (int v = 0; v < V; ++v) column[v] = (__m512bh)_mm512_loadu_si512(b + (v * depth + k) * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i) {
            int pair;
            std::memcpy(&pair, a + i * stride + k, 4);
            const __m512bh two = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 3
            for (int v = 0; v < V; ++v) acc[i][v] = _mm512_dpbf16_ps(acc[i][v], two, column[v]);
        }
    }
}

template <int V, class Finish>
inline void panel(size_t rows, const bf16* a, size_t stride, const bf16* b, size_t depth, size_t v, Finish&& finish) {
    for (size_t row = 0; row < rows; row += ROWS) {
        vec acc[ROWS][V];
        tile<V>(acc, a + row * stride, stride, b + v * depth * LANES, depth);
        finish(row, v, acc);
    }
}

// a [rows][stride] (bf16) times b (P16: depth × columns). finish(row, v, acc) receives each register tile of ROWS rows and
// acc[0]'s number of vectors of columns from vector v on. rows is a multiple of ROWS. Panels are a multiple of `multiple`.
template <class Finish>
inline void product(size_t rows, const bf16* a, size_t stride, const bf16* b, size_t depth, size_t columns, Finish&& finish) {
    const size_t vectors = columns / LANES;
    size_t v = 0;
    for (; vectors - v >= 5 || vectors - v == 3; v += 3) panel<3>(rows, a, stride, b, depth, v, finish);
    for (; vectors - v >= 2; v += 2) panel<2>(rows, a, stride, b, depth, v, finish);
    if (v < vectors) panel<1>(rows, a, stride, b, depth, v, finish);
}

// The same in panels of exactly two vectors; columns is a multiple of 32.
template <class Finish>
inline void product_by_twos(size_t rows, const bf16* a, size_t stride, const bf16* b, size_t depth, size_t columns, Finish&& finish) {
    for (size_t v = 0; v < columns / LANES; v += 2) panel<2>(rows, a, stride, b, depth, v, finish);
}

template <int V>
inline void gather_panel(float* out, const bf16* g, const bf16* x, size_t depth, size_t rows, size_t columns, size_t v) {
    for (size_t row = 0; row < rows; row += ROWS) {
        vec acc[ROWS][V];
        for (int i = 0; i < ROWS; ++i)
            for (int u = 0; u < V; ++u) {
                _mm_prefetch(out + (row + i) * columns + (v + u) * LANES, _MM_HINT_T0);
                acc[i][u] = _mm512_setzero_ps();
            }
        const bf16* left = g + (row / LANES) * depth * LANES + row % LANES * 2;
        for (size_t k = 0; k < depth; k += 2) {
            __m512bh column[V];
#pragma GCC unroll 3
            for (int u = 0; u < V; ++u) column[u] = (__m512bh)_mm512_loadu_si512(x + ((v + u) * depth + k) * LANES);
#pragma GCC unroll 8
            for (int i = 0; i < ROWS; ++i) {
                int pair;
                std::memcpy(&pair, left + k * LANES + 2 * i, 4);
                const __m512bh two = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 3
                for (int u = 0; u < V; ++u) acc[i][u] = _mm512_dpbf16_ps(acc[i][u], two, column[u]);
            }
        }
        for (int i = 0; i < ROWS; ++i)
            for (int u = 0; u < V; ++u) {
                float* at = out + (row + i) * columns + (v + u) * LANES;
                store(at, _mm512_add_ps(load(at), acc[i][u]));
            }
    }
}

// out [rows][columns] += gᵀ x, where g and x are P16 of the same `depth` rows with `rows` and `columns` columns.
inline void add_gathered(float* out, const bf16* g, const bf16* x, size_t depth, size_t rows, size_t columns) {
    const size_t vectors = columns / LANES;
    size_t v = 0;
    for (; vectors - v >= 5 || vectors - v == 3; v += 3) gather_panel<3>(out, g, x, depth, rows, columns, v);
    for (; vectors - v >= 2; v += 2) gather_panel<2>(out, g, x, depth, rows, columns, v);
    if (v < vectors) gather_panel<1>(out, g, x, depth, rows, columns, v);
}
