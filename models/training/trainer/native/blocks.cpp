// The transformer blocks of MM-JiT (network/blocks.py), forward and backward, for processors with bf16 products of vectors
// (AVX512-BF16). Used by trainer/native/__init__.py, which compiles this file and checks the shapes' limits.
//
// A batch is cut into tiles of a few pictures. A tile goes through a whole block on one core, so that everything between
// two products stays in its cache; tiles are handed out one by one, so a core that other programs disturb takes fewer.
// Saved for the backward pass, for each stream (text, picture) of a block: its input and the input of its MLP (f32), qkv,
// the attention's output, and both halves of the gated MLP (bf16). Everything else is computed again.
//
// Gradients of weights are summed in f32 by each core for itself, and added up after each block.
#include <omp.h>

#include <vector>

#include "attention.h"

namespace {

constexpr int STREAMS_MAX = 2;
enum { QKV, QKV_BIAS, OUT, OUT_BIAS, GATE, DOWN, UP, PARAMETERS };  // qkv, its bias, attn_proj, its bias, w1, w2, w3

struct Shape {
    int64_t pictures, width, hidden, heads, blocks, streams, tile, text_ends;  // text_ends: the last block's text output is unused
    int64_t tokens[STREAMS_MAX];
};

// Weights of one stream of one block as P16 operands, for products with activations (forward) and with slopes (back).
struct Packed {
    bf16 *qkv, *out, *up, *down;                      // forward; up: w1 and w3, alternating by sixteen columns
    bf16 *qkv_back, *out_back, *up_back, *down_back;  // back
};

// What the forward pass saves, and the sums of gradients, of one stream of one block.
struct Saved {
    float *input, *middle;
    bf16 *qkv, *mixed, *gates;  // gates: as `up`
};

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

struct Net {
    Shape s;
    size_t D, H, n, dim;  // n: tokens of a picture in all streams
    float *const *weights, *const *grads;  // [blocks][streams][PARAMETERS]
    const float *cosine, *sine;
    std::vector<Packed> packed;
    std::vector<Saved> saved;
    char* end;

    size_t at(size_t block, size_t stream) const { return block * s.streams + stream; }
    size_t rows(size_t stream) const { return s.pictures * s.tokens[stream]; }
    const float* weight(size_t block, size_t stream, int which) const { return weights[at(block, stream) * PARAMETERS + which]; }
    // Whether a stream of a block has anything after its keys and values.
    bool continues(size_t block, size_t stream) const { return !(s.text_ends && s.streams > 1 && stream == 0 && block + 1 == (size_t)s.blocks); }

    // Lays everything out in `arena`; a null arena only measures it.
    Net(const Shape& shape, float* const* weights, float* const* grads, const float* cosine, const float* sine, char* arena)
        : s(shape), D(shape.width), H(shape.hidden), n(0), dim(shape.width / shape.heads), weights(weights), grads(grads), cosine(cosine),
          sine(sine), packed(shape.blocks * shape.streams), saved(shape.blocks * shape.streams) {
        for (int64_t i = 0; i < s.streams; ++i) n += s.tokens[i];
        char* place = arena;
        auto take = [&](auto*& to, size_t bytes) { to = (std::remove_reference_t<decltype(to)>)place, place += aligned(bytes); };
        for (auto& p : packed) {
            for (bf16** part : {&p.qkv, &p.qkv_back}) take(*part, 2 * 3 * D * D);
            for (bf16** part : {&p.out, &p.out_back}) take(*part, 2 * D * D);
            for (bf16** part : {&p.up, &p.up_back}) take(*part, 2 * 2 * D * H);
            for (bf16** part : {&p.down, &p.down_back}) take(*part, 2 * D * H);
        }
        for (size_t i = 0; i < saved.size(); ++i) {
            const size_t r = rows(i % s.streams);
            take(saved[i].input, 4 * r * D), take(saved[i].middle, 4 * r * D);
            take(saved[i].qkv, 2 * r * 3 * D), take(saved[i].mixed, 2 * r * D), take(saved[i].gates, 2 * r * 2 * H);
        }
        end = place;
    }
};

// out (bf16, [rows][D]) = x / RMS(x); out_pairs, where given, the same as P16.
void normalize(const float* x, size_t rows, size_t D, bf16* out, bf16* out_pairs = nullptr) {
    for (size_t row = 0; row < rows; row += 2) {
        vec scale[2];
        for (int i = 0; i < 2; ++i) {
            const float* at = x + (row + i) * D;
            vec square = _mm512_setzero_ps();
            for (size_t j = 0; j < D; j += LANES) square = _mm512_fmadd_ps(load(at + j), load(at + j), square);
            scale[i] = set(1.0f / std::sqrt(sum(square) / D + 1e-6f));
        }
        for (size_t j = 0; j < D; j += LANES) {
            const vec a = _mm512_mul_ps(load(x + row * D + j), scale[0]), b = _mm512_mul_ps(load(x + (row + 1) * D + j), scale[1]);
            if (out) store(out + row * D + j, a), store(out + (row + 1) * D + j, b);
            if (out_pairs) store_pair(out_pairs + pair_at(rows, row, j / LANES), a, b);
        }
    }
}

// slope += the slope of x for `given`, that of x / RMS(x).
void normalize_back(const float* x, const float* given, float* slope, size_t rows, size_t D) {
    for (size_t row = 0; row < rows; ++row, x += D, given += D, slope += D) {
        vec square = _mm512_setzero_ps(), along = _mm512_setzero_ps();
        for (size_t j = 0; j < D; j += LANES) {
            square = _mm512_fmadd_ps(load(x + j), load(x + j), square);
            along = _mm512_fmadd_ps(load(x + j), load(given + j), along);
        }
        const float scale = 1.0f / std::sqrt(sum(square) / D + 1e-6f), share = sum(along) * scale * scale / D;
        for (size_t j = 0; j < D; j += LANES) {
            const vec change = _mm512_mul_ps(set(scale), _mm512_fnmadd_ps(set(share), load(x + j), load(given + j)));
            store(slope + j, _mm512_add_ps(load(slope + j), change));
        }
    }
}

// x [rows][D] as bf16 rows and pairs, and its columns' sums added to `sums`.
void round_rows(const float* x, size_t rows, size_t D, bf16* out, bf16* pairs, float* sums) {
    for (size_t j = 0; j < D; j += LANES) {
        vec total = _mm512_setzero_ps();
        for (size_t row = 0; row < rows; row += 2) {
            const vec a = load(x + row * D + j), b = load(x + (row + 1) * D + j);
            if (out) store(out + row * D + j, a), store(out + (row + 1) * D + j, b);
            store_pair(pairs + pair_at(rows, row, j / LANES), a, b);
            total = _mm512_add_ps(total, _mm512_add_ps(a, b));
        }
        if (sums) store(sums + j, _mm512_add_ps(load(sums + j), total));
    }
}

auto to_rows(bf16* out, size_t stride) {
    return [=](size_t row, size_t v, auto& acc) {
        for (int i = 0; i < ROWS; ++i)
            for (size_t u = 0; u < std::size(acc[0]); ++u) store(out + (row + i) * stride + (v + u) * LANES, acc[i][u]);
    };
}

auto to_rows(float* out, size_t stride) {
    return [=](size_t row, size_t v, auto& acc) {
        for (int i = 0; i < ROWS; ++i)
            for (size_t u = 0; u < std::size(acc[0]); ++u) store(out + (row + i) * stride + (v + u) * LANES, acc[i][u]);
    };
}

// out = before + product (+ bias), all f32 rows of `stride`.
auto to_sum(float* out, const float* before, const float* bias, size_t stride) {
    return [=](size_t row, size_t v, auto& acc) {
        for (size_t u = 0; u < std::size(acc[0]); ++u) {
            const size_t column = (v + u) * LANES;
            const vec more = bias ? load(bias + column) : _mm512_setzero_ps();
            for (int i = 0; i < ROWS; ++i) {
                const size_t place = (row + i) * stride + column;
                store(out + place, _mm512_add_ps(load(before + place), _mm512_add_ps(acc[i][u], more)));
            }
        }
    };
}

// Packs a stream's weights of one block. Rounded rows lie in `scratch`.
void pack_weights(const Net& net, size_t block, size_t stream, std::vector<bf16>& scratch) {
    const size_t D = net.D, H = net.H;
    const Packed& p = net.packed[net.at(block, stream)];
    auto weight = [&](int which) { return net.weight(block, stream, which); };
    auto pack = [&](bf16* forward, bf16* back, size_t out, size_t in, auto&& row) {  // row(i): of the matrix [out][in]
        scratch.resize(out * in);
        for (size_t i = 0; i < out; ++i)
            for (size_t j = 0; j < in; j += LANES) store(scratch.data() + i * in + j, load(row(i) + j));
        pack_columns(forward, scratch.data(), in, in, out);
        pack_rows(back, scratch.data(), in, out, in);
    };
    auto plain = [](const float* w, size_t in) { return [=](size_t i) { return w + i * in; }; };
    pack(p.qkv, p.qkv_back, 3 * D, D, plain(weight(QKV), D));
    if (!net.continues(block, stream)) return;
    pack(p.out, p.out_back, D, D, plain(weight(OUT), D));
    pack(p.up, p.up_back, 2 * H, D, [&](size_t i) {
        const size_t row = i / (2 * LANES) * LANES + i % LANES;
        return (i / LANES % 2 ? weight(UP) : weight(GATE)) + row * D;
    });
    pack(p.down, p.down_back, D, H, plain(weight(DOWN), H));
}

// Scratch of one thread.
struct Scratch {
    std::vector<char> memory;
    char* place;
    explicit Scratch(size_t bytes) : memory(bytes + 64) { reset(); }
    void reset() { place = (char*)(((uintptr_t)memory.data() + 63) / 64 * 64); }
    template <class T>
    T* take(size_t count) {
        char* at = place;
        place += aligned(count * sizeof(T));
        return (T*)at;
    }
};

size_t scratch_bytes(const Net& net) {
    const size_t rows = net.s.tile * net.n, D = net.D, H = net.H;
    return rows * (2 * (D * 4 + 3 * D * 3 + H * 2 + 2 * H * 2) + 4 * D * 2) + Attention::scratch_bytes(net.n, net.dim) + net.n * 4 * sizeof(void*) + 64 * 64;
}

// For each token of a picture: where `part` has its row, `stride` values each; streams one after the other.
template <class T>
void token_rows(const Net& net, size_t block, size_t picture, T* Saved::*part, size_t stride, T** out) {
    for (int64_t stream = 0; stream < net.s.streams; ++stream)
        for (int64_t i = 0; i < net.s.tokens[stream]; ++i)
            *out++ = net.saved[net.at(block, stream)].*part + (picture * net.s.tokens[stream] + i) * stride;
}

// Calls work(first picture, pictures) for every tile, each on one thread.
template <class Work>
void tiles(const Shape& s, Work&& work) {
#pragma omp for schedule(dynamic, 1)
    for (int64_t first = 0; first < s.pictures; first += s.tile) work((size_t)first, (size_t)std::min(s.tile, s.pictures - first));
}

void attend(const Net& net, Scratch& scratch, size_t block, size_t first, size_t count) {
    Attention attention(net.n, net.dim, net.cosine, net.sine, scratch.take<char>(Attention::scratch_bytes(net.n, net.dim)));
    bf16 **qkv = scratch.take<bf16*>(net.n), **mixed = scratch.take<bf16*>(net.n);
    for (size_t picture = first; picture < first + count; ++picture) {
        token_rows(net, block, picture, &Saved::qkv, 3 * net.D, qkv);
        token_rows(net, block, picture, &Saved::mixed, net.D, mixed);
        for (int64_t head = 0; head < net.s.heads; ++head) {
            attention.forward(qkv, net.D, mixed);
            for (size_t i = 0; i < net.n; ++i) qkv[i] += net.dim, mixed[i] += net.dim;
        }
    }
}

void forward_tile(const Net& net, Scratch& scratch, size_t block, size_t first, size_t count, float* const* out) {
    const size_t D = net.D, H = net.H;
    for (int64_t stream = 0; stream < net.s.streams; ++stream) {
        const Saved& saved = net.saved[net.at(block, stream)];
        const Packed& p = net.packed[net.at(block, stream)];
        const size_t row = first * net.s.tokens[stream], rows = count * net.s.tokens[stream];
        scratch.reset();
        bf16* h = scratch.take<bf16>(rows * D);
        normalize(saved.input + row * D, rows, D, h);
        const float* bias = net.weight(block, stream, QKV_BIAS);
        bf16* qkv = saved.qkv + row * 3 * D;
        product(rows, h, D, p.qkv, D, 3 * D, [=](size_t r, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i)
                for (size_t u = 0; u < std::size(acc[0]); ++u) {
                    const size_t column = (v + u) * LANES;
                    store(qkv + (r + i) * 3 * D + column, _mm512_add_ps(acc[i][u], load(bias + column)));
                }
        });
    }
    scratch.reset();
    attend(net, scratch, block, first, count);
    for (int64_t stream = 0; stream < net.s.streams; ++stream) {
        if (!net.continues(block, stream)) continue;
        const Saved& saved = net.saved[net.at(block, stream)];
        const Packed& p = net.packed[net.at(block, stream)];
        const size_t row = first * net.s.tokens[stream], rows = count * net.s.tokens[stream];
        scratch.reset();
        bf16 *g = scratch.take<bf16>(rows * D), *u = scratch.take<bf16>(rows * H);
        float* middle = saved.middle + row * D;
        product(rows, saved.mixed + row * D, D, p.out, D, D, to_sum(middle, saved.input + row * D, net.weight(block, stream, OUT_BIAS), D));
        normalize(middle, rows, D, g);
        bf16* gates = saved.gates + row * 2 * H;
        product_by_twos(rows, g, D, p.up, D, 2 * H, [=](size_t r, size_t v, auto& acc) {
            for (int i = 0; i < ROWS; ++i) {
                const vec a = acc[i][0], c = acc[i][1];
                store(gates + (r + i) * 2 * H + v * LANES, a), store(gates + (r + i) * 2 * H + (v + 1) * LANES, c);
                store(u + (r + i) * H + v / 2 * LANES, _mm512_mul_ps(_mm512_mul_ps(a, sigmoid(a)), c));
            }
        });
        product(rows, u, H, p.down, H, D, to_sum(out[stream] + row * D, middle, nullptr, D));
    }
}

// The sums of gradients of one block by one thread.
struct Sums {
    std::vector<float> memory;
    float* part[STREAMS_MAX][PARAMETERS];
    explicit Sums(const Net& net) {
        const size_t D = net.D, H = net.H, each = 3 * D * D + 3 * D + D * D + D + 3 * D * H;
        memory.resize(net.s.streams * each + LANES);
        float* at = (float*)(((uintptr_t)memory.data() + 63) / 64 * 64);
        for (int64_t i = 0; i < net.s.streams; ++i) {
            auto take = [&](int which, size_t count) { part[i][which] = at, at += count; };
            take(QKV, 3 * D * D), take(OUT, D * D), take(GATE, 2 * D * H), take(DOWN, D * H), take(QKV_BIAS, 3 * D), take(OUT_BIAS, D);
            part[i][UP] = nullptr;  // within GATE, alternating by sixteen rows
        }
    }
};

// slopes[stream]: f32 [rows][D], of the block's output, becomes that of its input. later: slopes of mixed and qkv.
void backward_tile(const Net& net, Scratch& scratch, Sums& sums, size_t block, size_t first, size_t count, float* const* slopes,
                   bf16* const* mixed_slopes, bf16* const* qkv_slopes) {
    const size_t D = net.D, H = net.H;
    for (int64_t stream = 0; stream < net.s.streams; ++stream) {
        const size_t row = first * net.s.tokens[stream], rows = count * net.s.tokens[stream];
        bf16* mixed_slope = mixed_slopes[stream] + row * D;
        if (!net.continues(block, stream)) {
            std::memset(mixed_slope, 0, 2 * rows * D);
            continue;
        }
        const Saved& saved = net.saved[net.at(block, stream)];
        const Packed& p = net.packed[net.at(block, stream)];
        float **sum = sums.part[stream], *slope = slopes[stream] + row * D;
        scratch.reset();
        bf16 *y = scratch.take<bf16>(rows * D), *pairs = scratch.take<bf16>(rows * D), *other = scratch.take<bf16>(rows * D);
        bf16 *u_pairs = scratch.take<bf16>(rows * H), *gate_slope = scratch.take<bf16>(rows * 2 * H), *gate_pairs = scratch.take<bf16>(rows * 2 * H);
        float* given = scratch.take<float>(rows * D);
        // The MLP.
        round_rows(slope, rows, D, y, pairs, nullptr);
        const bf16* gates = saved.gates + row * 2 * H;
        product(rows, y, D, p.down_back, D, H, [=](size_t r, size_t v, auto& acc) {
            for (size_t u = 0; u < std::size(acc[0]); ++u)
                for (int i = 0; i < ROWS; i += 2) {
                    vec da[2], dc[2], product[2];
                    for (int k = 0; k < 2; ++k) {
                        const bf16* at = gates + (r + i + k) * 2 * H + (v + u) * 2 * LANES;
                        const vec a = load(at), c = load(at + LANES), d = acc[i + k][u], s = sigmoid(a), silu = _mm512_mul_ps(a, s);
                        product[k] = _mm512_mul_ps(silu, c);
                        dc[k] = _mm512_mul_ps(d, silu);
                        // silu'(a) = s (1 + a (1 - s)) = s + silu (1 - s)
                        da[k] = _mm512_mul_ps(_mm512_mul_ps(d, c), _mm512_fmadd_ps(silu, _mm512_sub_ps(set(1.0f), s), s));
                        bf16* to = gate_slope + (r + i + k) * 2 * H + (v + u) * 2 * LANES;
                        store(to, da[k]), store(to + LANES, dc[k]);
                    }
                    store_pair(u_pairs + pair_at(rows, r + i, v + u), product[0], product[1]);
                    store_pair(gate_pairs + pair_at(rows, r + i, 2 * (v + u)), da[0], da[1]);
                    store_pair(gate_pairs + pair_at(rows, r + i, 2 * (v + u) + 1), dc[0], dc[1]);
                }
        });
        add_gathered(sum[DOWN], pairs, u_pairs, rows, D, H);
        normalize(saved.middle + row * D, rows, D, nullptr, other);
        add_gathered(sum[GATE], gate_pairs, other, rows, 2 * H, D);
        product(rows, gate_slope, 2 * H, p.up_back, 2 * H, D, to_rows(given, D));
        normalize_back(saved.middle + row * D, given, slope, rows, D);
        // The attention's projection.
        round_rows(slope, rows, D, y, pairs, sum[OUT_BIAS]);
        pack_rows(other, saved.mixed + row * D, D, rows, D);
        add_gathered(sum[OUT], pairs, other, rows, D, D);
        product(rows, y, D, p.out_back, D, D, to_rows(mixed_slope, D));
    }
    scratch.reset();
    Attention attention(net.n, net.dim, net.cosine, net.sine, scratch.take<char>(Attention::scratch_bytes(net.n, net.dim)));
    bf16 **qkv = scratch.take<bf16*>(net.n), **mixed = scratch.take<bf16*>(net.n), **back = scratch.take<bf16*>(net.n);
    for (size_t picture = first; picture < first + count; ++picture) {
        token_rows(net, block, picture, &Saved::qkv, 3 * D, qkv);
        size_t token = 0;
        for (int64_t stream = 0; stream < net.s.streams; ++stream)
            for (int64_t i = 0; i < net.s.tokens[stream]; ++i, ++token) {
                mixed[token] = mixed_slopes[stream] + (picture * net.s.tokens[stream] + i) * D;
                back[token] = qkv_slopes[stream] + (picture * net.s.tokens[stream] + i) * 3 * D;
            }
        for (int64_t head = 0; head < net.s.heads; ++head) {
            attention.backward(qkv, D, mixed, back);
            for (size_t i = 0; i < net.n; ++i) qkv[i] += net.dim, mixed[i] += net.dim, back[i] += net.dim;
        }
    }
    for (int64_t stream = 0; stream < net.s.streams; ++stream) {
        const Saved& saved = net.saved[net.at(block, stream)];
        const Packed& p = net.packed[net.at(block, stream)];
        const size_t row = first * net.s.tokens[stream], rows = count * net.s.tokens[stream];
        float **sum = sums.part[stream], *slope = slopes[stream] + row * D;
        const bf16* d = qkv_slopes[stream] + row * 3 * D;
        scratch.reset();
        bf16 *h_pairs = scratch.take<bf16>(rows * D), *d_pairs = scratch.take<bf16>(rows * 3 * D);
        float* given = scratch.take<float>(rows * D);
        for (size_t v = 0; v < 3 * D / LANES; ++v) {
            vec total = _mm512_setzero_ps();
            for (size_t r = 0; r < rows; r += 2) {
                const vec a = load(d + r * 3 * D + v * LANES), b = load(d + (r + 1) * 3 * D + v * LANES);
                store_pair(d_pairs + pair_at(rows, r, v), a, b);
                total = _mm512_add_ps(total, _mm512_add_ps(a, b));
            }
            float* bias = sum[QKV_BIAS] + v * LANES;
            store(bias, _mm512_add_ps(load(bias), total));
        }
        normalize(saved.input + row * D, rows, D, nullptr, h_pairs);
        add_gathered(sum[QKV], d_pairs, h_pairs, rows, 3 * D, D);
        product(rows, d, 3 * D, p.qkv_back, 3 * D, D, to_rows(given, D));
        normalize_back(saved.input + row * D, given, slope, rows, D);
    }
}

}  // namespace

extern "C" {

// The bytes of an arena for a shape.
int64_t arena_bytes(const Shape* shape) { return (int64_t)(Net(*shape, nullptr, nullptr, nullptr, nullptr, nullptr).end - (char*)nullptr) + 64; }

// inputs, outputs [stream]: f32 [pictures · tokens][width]. cosine, sine: f32 [tokens of all streams][head dimension / 2].
// The arena keeps what `blocks_back` needs.
void blocks_forward(const Shape* shape, float* const* weights, const float* cosine, const float* sine, char* arena, const float* const* inputs,
                    float* const* outputs) {
    const Net net(*shape, weights, nullptr, cosine, sine, arena);
    const size_t parts = net.packed.size();
#pragma omp parallel
    {
        std::vector<bf16> rounded;
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < parts; ++i) pack_weights(net, i / net.s.streams, i % net.s.streams, rounded);
        Scratch scratch(scratch_bytes(net));
        tiles(net.s, [&](size_t first, size_t count) {
            for (int64_t stream = 0; stream < net.s.streams; ++stream) {
                const size_t row = first * net.s.tokens[stream] * net.D;
                std::memcpy(net.saved[stream].input + row, inputs[stream] + row, 4 * count * net.s.tokens[stream] * net.D);
            }
            for (int64_t block = 0; block < net.s.blocks; ++block) {
                float* out[STREAMS_MAX];
                for (int64_t stream = 0; stream < net.s.streams; ++stream)
                    out[stream] = block + 1 < net.s.blocks ? net.saved[net.at(block + 1, stream)].input : outputs[stream];
                forward_tile(net, scratch, block, first, count, out);
            }
        });
    }
}

// slopes [stream]: of the outputs, become those of the inputs. grads: like weights, f32, overwritten. mixed, qkv [stream]:
// bf16 [pictures · tokens][width], [… 3 · width], scratch.
void blocks_back(const Shape* shape, float* const* weights, float* const* grads, const float* cosine, const float* sine, char* arena,
                 float* const* slopes, bf16* const* mixed, bf16* const* qkv) {
    const Net net(*shape, weights, grads, cosine, sine, arena);
    const size_t D = net.D, H = net.H;
    std::vector<Sums*> all(omp_get_max_threads(), nullptr);
#pragma omp parallel
    {
        Scratch scratch(scratch_bytes(net));
        Sums sums(net);
        all[omp_get_thread_num()] = &sums;
        for (int64_t block = net.s.blocks - 1; block >= 0; --block) {
            std::memset(sums.memory.data(), 0, sums.memory.size() * 4);
            tiles(net.s, [&](size_t first, size_t count) { backward_tile(net, scratch, sums, block, first, count, slopes, mixed, qkv); });
            // `tiles` ends with a barrier: all sums are complete. Rows are shared out.
            for (int64_t stream = 0; stream < net.s.streams; ++stream)
                for (int which = 0; which < PARAMETERS; ++which) {
                    float* to = net.grads[net.at(block, stream) * PARAMETERS + which];
                    if (which == UP || !to) continue;
                    const bool bias = which == QKV_BIAS || which == OUT_BIAS;
                    const size_t columns = bias ? LANES : which == DOWN ? H : D;
                    const size_t rows = which == QKV_BIAS ? 3 * D / LANES : which == OUT_BIAS ? D / LANES : which == QKV ? 3 * D : which == GATE ? 2 * H : D;
                    float* up = which == GATE ? net.grads[net.at(block, stream) * PARAMETERS + UP] : nullptr;
#pragma omp for schedule(static) nowait
                    for (size_t row = 0; row < rows; ++row) {
                        float* target = to + row * columns;
                        if (up) target = (row / LANES % 2 ? up : to) + (row / (2 * LANES) * LANES + row % LANES) * columns;
                        for (size_t j = 0; j < columns; j += LANES) {
                            vec total = _mm512_setzero_ps();
                            for (const Sums* one : all)
                                if (one) total = _mm512_add_ps(total, load(one->part[stream][which] + row * columns + j));
                            store(target + j, total);
                        }
                    }
                }
#pragma omp barrier
        }
    }
}
}
