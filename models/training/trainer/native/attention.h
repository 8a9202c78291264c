// Attention of one head over the tokens of one picture, forward and backward, all in the cache of one core.
//
// Queries and keys are normalized (RMS, no weights), then rotated; see network/blocks.py.
#pragma once
#include <cmath>

#include "vectors.h"

struct Attention {
    size_t tokens, dim;       // of a head; multiples of 16 and 32
    const float *cosine, *sine;  // [tokens][dim / 2]
    // Scratch of one thread.
    bf16 *q, *k;                 // [tokens][dim], normalized and rotated; q also scaled
    bf16 *operand, *weights, *slope, *left, *right;
    float *scores, *out;
    float *q_scale, *k_scale;    // [tokens]: 1 / RMS

    static size_t scratch_bytes(size_t tokens, size_t dim) {
        const size_t wide = tokens * (tokens > dim ? tokens : dim);
        return 2 * (2 * tokens * dim + 5 * wide) + 4 * (2 * wide + 2 * tokens) + 16 * 64;
    }

    Attention(size_t tokens, size_t dim, const float* cosine, const float* sine, char* scratch)
        : tokens(tokens), dim(dim), cosine(cosine), sine(sine) {
        const size_t wide = tokens * (tokens > dim ? tokens : dim);
        auto take = [&](size_t bytes) {
            char* at = scratch;
            scratch += (bytes + 63) / 64 * 64;
            return at;
        };
        q = (bf16*)take(2 * tokens * dim), k = (bf16*)take(2 * tokens * dim);
        for (bf16** part : {&operand, &weights, &slope, &left, &right}) *part = (bf16*)take(2 * wide);
        for (float** part : {&scores, &out}) *part = (float*)take(4 * wide);
        q_scale = (float*)take(4 * tokens), k_scale = (float*)take(4 * tokens);
    }

    // Normalizes and rotates one vector of a head.
    float prepare(bf16* to, const bf16* x, size_t token, float factor) const {
        const size_t half = dim / 2;
        vec square = _mm512_setzero_ps();
        for (size_t i = 0; i < dim; i += LANES) square = _mm512_fmadd_ps(load(x + i), load(x + i), square);
        const float scale = 1.0f / std::sqrt(sum(square) / dim + 1e-6f);
        for (size_t i = 0; i < half; i += LANES) {
            const vec a = _mm512_mul_ps(load(x + i), set(scale * factor)), b = _mm512_mul_ps(load(x + half + i), set(scale * factor));
            const vec c = load(cosine + token * half + i), s = load(sine + token * half + i);
            store(to + i, _mm512_fmsub_ps(a, c, _mm512_mul_ps(b, s)));
            store(to + half + i, _mm512_fmadd_ps(b, c, _mm512_mul_ps(a, s)));
        }
        return scale;
    }

    // The inverse for slopes: from those of a prepared vector to those of x.
    void restore(bf16* to, const float* slope, const bf16* x, size_t token, float scale, float factor) const {
        const size_t half = dim / 2;
        alignas(64) float turned[256];
        vec along = _mm512_setzero_ps();
        for (size_t i = 0; i < half; i += LANES) {
            const vec a = _mm512_mul_ps(load(slope + i), set(factor)), b = _mm512_mul_ps(load(slope + half + i), set(factor));
            const vec c = load(cosine + token * half + i), s = load(sine + token * half + i);
            const vec first = _mm512_fmadd_ps(a, c, _mm512_mul_ps(b, s)), second = _mm512_fmsub_ps(b, c, _mm512_mul_ps(a, s));
            store(turned + i, first), store(turned + half + i, second);
            along = _mm512_fmadd_ps(first, load(x + i), along);
            along = _mm512_fmadd_ps(second, load(x + half + i), along);
        }
        const float share = sum(along) * scale * scale / dim;
        for (size_t i = 0; i < dim; i += LANES)
            store(to + i, _mm512_mul_ps(set(scale), _mm512_fnmadd_ps(set(share), load(x + i), load(turned + i))));
    }

    // q, k and the softmax's weights [tokens][tokens] from rows[token], which point at a head's query in qkv, with the key
    // `width` and the value 2 · `width` values later.
    void weigh(const bf16* const* rows, size_t width) {
        const float factor = 1.0f / std::sqrt((float)dim);
        for (size_t i = 0; i < tokens; ++i) {
            q_scale[i] = prepare(q + i * dim, rows[i], i, factor);
            k_scale[i] = prepare(k + i * dim, rows[i] + width, i, 1.0f);
        }
        pack_columns(operand, k, dim, dim, tokens);
        product(tokens, q, dim, operand, dim, tokens, [&](size_t row, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) store(scores + (row + i) * tokens + (v + u) * LANES, acc[i][u]);
        });
        for (size_t i = 0; i < tokens; ++i) {
            float* row = scores + i * tokens;
            vec most = load(row);
            for (size_t j = LANES; j < tokens; j += LANES) most = _mm512_max_ps(most, load(row + j));
            const vec top = set(_mm512_reduce_max_ps(most));
            vec total = _mm512_setzero_ps();
            for (size_t j = 0; j < tokens; j += LANES) {
                const vec e = exponential(_mm512_sub_ps(load(row + j), top));
                store(row + j, e);
                total = _mm512_add_ps(total, e);
            }
            const vec share = set(1.0f / sum(total));
            for (size_t j = 0; j < tokens; j += LANES) {
                const vec weight = _mm512_mul_ps(load(row + j), share);
                store(row + j, weight);
                store(weights + i * tokens + j, weight);
            }
        }
    }

    // mixed[token] = the head's output, for `rows` as in `weigh`.
    void forward(const bf16* const* rows, size_t width, bf16* const* mixed) {
        weigh(rows, width);
        pack_values(rows, 2 * width);
        product(tokens, weights, tokens, operand, tokens, dim, [&](size_t row, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) store(mixed[row + i] + (v + u) * LANES, acc[i][u]);
        });
    }

    // Slopes of query, key and value, written where `slopes` point, which is like `rows`; from those of the output.
    void backward(const bf16* const* rows, size_t width, const bf16* const* mixed_slope, bf16* const* slopes) {
        weigh(rows, width);
        // Slopes of the weights: those of the output times the values.
        for (size_t i = 0; i < tokens; ++i) {
            std::memcpy(left + i * dim, mixed_slope[i], 2 * dim);
            std::memcpy(right + i * dim, rows[i] + 2 * width, 2 * dim);
        }
        pack_columns(operand, right, dim, dim, tokens);
        product(tokens, left, dim, operand, dim, tokens, [&](size_t row, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) store(out + (row + i) * tokens + (v + u) * LANES, acc[i][u]);
        });
        // Through the softmax.
        for (size_t i = 0; i < tokens; ++i) {
            float *weight = scores + i * tokens, *given = out + i * tokens;
            vec along = _mm512_setzero_ps();
            for (size_t j = 0; j < tokens; j += LANES) along = _mm512_fmadd_ps(load(weight + j), load(given + j), along);
            const vec mean = set(sum(along));
            for (size_t j = 0; j < tokens; j += LANES)
                store(slope + i * tokens + j, _mm512_mul_ps(load(weight + j), _mm512_sub_ps(load(given + j), mean)));
        }
        // Values: weightsᵀ times the output's slopes.
        bf16 *first = operand, *second = right;
        pack_rows(first, weights, tokens, tokens, tokens);
        pack_rows(second, left, dim, tokens, dim);
        transposed_product(first, second);
        for (size_t i = 0; i < tokens; ++i)
            for (size_t j = 0; j < dim; j += LANES) store(slopes[i] + 2 * width + j, load(out + i * dim + j));
        // Queries: slopes of the scores times the keys.
        pack_rows(first, k, dim, tokens, dim);
        product(tokens, slope, tokens, first, tokens, dim, [&](size_t row, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) store(out + (row + i) * dim + (v + u) * LANES, acc[i][u]);
        });
        const float factor = 1.0f / std::sqrt((float)dim);
        for (size_t i = 0; i < tokens; ++i) restore(slopes[i], out + i * dim, rows[i], i, q_scale[i], factor);
        // Keys: the transpose of these slopes times the queries.
        pack_rows(first, slope, tokens, tokens, tokens);
        pack_rows(second, q, dim, tokens, dim);
        transposed_product(first, second);
        for (size_t i = 0; i < tokens; ++i) restore(slopes[i] + width, out + i * dim, rows[i] + width, i, k_scale[i], 1.0f);
    }

   private:
    void pack_values(const bf16* const* rows, size_t at) {
        for (size_t v = 0; v < dim / LANES; ++v)
            for (size_t i = 0; i < tokens; i += 2)
                store_pair(operand + pair_at(tokens, i, v), load(rows[i] + at + v * LANES), load(rows[i + 1] + at + v * LANES));
    }

    // out [tokens][dim] = aᵀ b for a, b in P16 of `tokens` rows.
    void transposed_product(const bf16* a, const bf16* b) {
        std::memset(out, 0, 4 * tokens * dim);
        add_gathered(out, a, b, tokens, tokens, dim);
    }
};
