// The hot loops, compiled once for each instruction-set level (LEVEL names it). Sums run over LANES partial sums in
// a fixed order, so that the result does not depend on the level; the numpy reference adds in the same order.
#include "kernels.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#ifdef __F16C__
#include <immintrin.h>
#endif

#define STRING_(x) #x
#define STRING(x) STRING_(x)

namespace assay {
namespace LEVEL {

typedef float F16x __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t I16x __attribute__((vector_size(64), aligned(4), may_alias));
typedef float F8x __attribute__((vector_size(32), aligned(4), may_alias));

// the widest register of this level; LANES values are PARTS of them. GCC lowers wider vectors than that badly
#if defined(__AVX512F__)
constexpr int WIDTH = 16;
#elif defined(__AVX2__)
constexpr int WIDTH = 8;
#else
constexpr int WIDTH = 4;
#endif
constexpr int PARTS = LANES / WIDTH;
typedef float Fv __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef uint32_t Uv __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef float Fh __attribute__((vector_size(2 * WIDTH), aligned(4), may_alias));
typedef uint32_t Uh __attribute__((vector_size(2 * WIDTH), aligned(4), may_alias));
typedef double Dv __attribute__((vector_size(4 * WIDTH), aligned(8), may_alias));
typedef int32_t Iv __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

static inline float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static inline uint16_t load16(const uint8_t* at) {
  uint16_t value;
  memcpy(&value, at, 2);
  return value;
}

static inline uint32_t load32(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

// IEEE 754 binary16: scaling by 2^112 makes normal and subnormal values exact; exponent 31 is infinity or NaN
static inline float half(uint16_t code) {
  uint32_t magnitude = uint32_t(code & 0x7fff) << 13;
  uint32_t bits = to_bits(from_bits(magnitude) * 0x1p112f);
  bits = magnitude >= 0x0f800000u ? (magnitude | 0x7f800000u) : bits;
  return from_bits(bits | uint32_t(code & 0x8000) << 16);
}

#include "dequantise.hpp"

static void widen_bf16(const uint8_t* __restrict source, size_t count, float* __restrict values) {
  for (size_t i = 0; i < count; i++) values[i] = from_bits(uint32_t(load16(source + 2 * i)) << 16);  // VECTORISED
}

static void widen_f16(const uint8_t* __restrict source, size_t count, float* __restrict values) {
  size_t i = 0;
#ifdef __F16C__
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(source + 2 * i))));
#endif
  for (; i < count; i++) values[i] = half(load16(source + 2 * i));
}

static void widen_f64(const uint8_t* __restrict source, size_t count, float* __restrict values) {
  for (size_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, source + 8 * i, 8);
    values[i] = float(value);
  }
}

static bool widen(int type, const uint8_t* source, size_t count, float* values, const float* table, const int8_t* grid) {
  switch (type) {
    case F64: widen_f64(source, count, values); return true;
    case F32: memcpy(values, source, 4 * count); return true;
    case F16: widen_f16(source, count, values); return true;
    case BF16: widen_bf16(source, count, values); return true;
    case CODE8:
      for (size_t i = 0; i < count; i++) values[i] = table[source[i]];
      return true;
    default: return type >= GGML && dequantise(type - GGML, source, count, values, grid);
  }
}

static void tally(const Tally& tally) { counted(tally, 0, tally.count); }

static void narrow(const uint8_t* codes, size_t count, uint64_t* out) {
  uint32_t bf16 = 0, f16 = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t code = load32(codes + 4 * i);
    bf16 += (code & 0xffff) == 0;
    f16 += (code & 0x1fff) == 0;
  }  // VECTORISED
  out[0] += bf16;
  out[1] += f16;
}

typedef uint16_t Sv __attribute__((vector_size(2 * WIDTH), aligned(1), may_alias));

struct Floats {  // values that are f32 already
  const float* at;
  Fv vector(size_t i) const { return *reinterpret_cast<const Fv*>(at + i); }
  float one(size_t i) const { return at[i]; }
};

struct Brains {  // bf16 codes, widened on the way
  const uint8_t* at;
  Fv vector(size_t i) const {
    Uv bits = __builtin_convertvector(*reinterpret_cast<const Sv*>(at + 2 * i), Uv) << 16;
    Fv value;
    memcpy(&value, &bits, sizeof bits);
    return value;
  }
  float one(size_t i) const { return from_bits(uint32_t(load16(at + 2 * i)) << 16); }
};

// Squares of one piece of a row, added to sixteen lanes and to the columns; NaN is in no minimum and no maximum.
struct Lanes {
  Fv energy[PARTS], low[PARTS], high[PARTS];

  Lanes() {
    for (int p = 0; p < PARTS; p++) {
      energy[p] = Fv{};
      low[p] = Fv{} + __builtin_inff();
      high[p] = Fv{} - __builtin_inff();
    }
  }

  template <class Source>
  inline void take(Source source, size_t i, float* columns) {
    for (int p = 0; p < PARTS; p++) {
      Fv v = source.vector(i + p * WIDTH), square = v * v;
      energy[p] += square;
      low[p] = v < low[p] ? v : low[p];
      high[p] = v > high[p] ? v : high[p];
      Fv* column = reinterpret_cast<Fv*>(columns + i + p * WIDTH);
      *column = *column + square;
    }
  }

  template <class Source>
  inline void end(Source source, size_t from, size_t count, Row* out, float* columns) {
    size_t whole = from + (count - from) / LANES * LANES;
    for (size_t i = from; i < whole; i += LANES) take(source, i, columns);
    memcpy(out->energy, energy, sizeof energy);
    memcpy(out->low, low, sizeof low);
    memcpy(out->high, high, sizeof high);
    for (size_t l = 0; l < count - whole; l++) {
      float v = source.one(whole + l), square = v * v;
      out->energy[l] += square;
      if (v < out->low[l]) out->low[l] = v;
      if (v > out->high[l]) out->high[l] = v;
      columns[whole + l] += square;
    }
  }
};

static void row(const float* values, size_t count, Row* out, float* columns) {
  Lanes().end(Floats{values}, 0, count, out, columns);
}

// the first four power sums of the finite values; others count as zero here and are in the histogram
static void moments(const float* values, size_t count, Sums* sums) {
  double* lanes[4] = {sums->first, sums->second, sums->third, sums->fourth};
  Dv total[4][2 * PARTS];
  for (int k = 0; k < 4; k++) memcpy(total[k], lanes[k], sizeof total[k]);
  alignas(64) float tail[LANES] = {};
  for (size_t i = 0; i < count; i += LANES) {
    const float* at = values + i;
    if (i + LANES > count) {
      memcpy(tail, at, 4 * (count - i));
      at = tail;
    }
    for (int p = 0; p < 2 * PARTS; p++) {
      Uh bits = *reinterpret_cast<const Uh*>(at + p * WIDTH / 2);
      bits = (bits & 0x7f800000u) == 0x7f800000u ? Uh{} : bits;
      Fh narrow;
      memcpy(&narrow, &bits, sizeof bits);
      Dv v = __builtin_convertvector(narrow, Dv), square = v * v;
      total[0][p] += v;
      total[1][p] += square;
      total[2][p] += square * v;
      total[3][p] += square * square;
    }
  }
  for (int k = 0; k < 4; k++) memcpy(lanes[k], total[k], sizeof total[k]);
}

static void moments64(const uint8_t* source, size_t count, Sums* sums) {
  for (size_t i = 0; i < count; i++) {
    double v;
    memcpy(&v, source + 8 * i, 8);
    if (!(v - v == 0)) v = 0;
    int l = i % LANES;
    double square = v * v;
    sums->first[l] += v;
    sums->second[l] += square;
    sums->third[l] += square * v;
    sums->fourth[l] += square * square;
  }
}

static void classes(const float* values, size_t count, Classes* out) {
  uint32_t nan = 0, positive = 0, negative = 0, zero = 0, subnormal = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = to_bits(values[i]), size = bits & 0x7fffffff;
    nan += size > 0x7f800000;
    positive += bits == 0x7f800000;
    negative += bits == 0xff800000;
    zero += size == 0;
    subnormal += size - 1 < 0x007fffff;
  }  // VECTORISED
  out->nan += nan;
  out->positive_infinity += positive;
  out->negative_infinity += negative;
  out->zero += zero;
  out->subnormal += subnormal;
}

// Hash in 32 lanes of 32-bit words: each word is mixed by itself, then multiplied with the odd key of its group; the lanes
// are then folded with a 64-bit multiplication. Quick, and free of dependences from one group to the next; not
// cryptographic. Mixing takes what differs in the sign alone (the top bit, which every odd factor keeps where it is) to all
// bits, and keys that are no arithmetic progression keep regular patterns of signs, such as a Hadamard matrix, apart.
struct Hash {
  Uv lanes[2 * PARTS];
  uint32_t group = 0;

  Hash() {
    for (int p = 0; p < 2 * PARTS; p++) lanes[p] = Uv{};
  }

  inline void mix(const uint8_t* bytes) {
    uint32_t key = (2 * group++ + 1) * 0x9e3779b1u;
    key = (key ^ key >> 15) * 0x85ebca77u | 1;
    for (int p = 0; p < 2 * PARTS; p++) {
      Uv word;
      memcpy(&word, bytes + 4 * p * WIDTH, sizeof word);  // rows begin at any byte
      word = (word ^ word >> 15) * 0x85ebca77u;
      lanes[p] += (word ^ word >> 13) * key;
    }
  }

  inline uint64_t end(const uint8_t* bytes, size_t count, uint64_t seed) {
    size_t i = 0;
    for (; i + 128 <= count; i += 128) mix(bytes + i);
    if (i < count) {
      alignas(64) uint8_t tail[128] = {};
      memcpy(tail, bytes + i, count - i);
      mix(tail);
    }
    uint32_t words[2 * LANES];
    memcpy(words, lanes, sizeof words);
    uint64_t folded = seed ^ 0xcbf29ce484222325ull;
    for (int l = 0; l < 2 * LANES; l++) folded = (folded ^ words[l]) * 0x9e3779b97f4a7c15ull;
    return folded ^ (folded >> 32);
  }
};

static uint64_t hash(const uint8_t* bytes, size_t count, uint64_t seed) { return Hash().end(bytes, count, seed); }

// Row, columns and hash of bf16 codes in one loop. Not their histogram: where its stores stand between the loads and stores
// of columns, all of it takes half as long again as one after the other.
static uint64_t pass_bf16(const uint8_t* codes, size_t count, Row* out, float* columns, uint64_t seed) {
  Lanes lanes;
  Hash hashed;
  Brains source{codes};
  constexpr size_t STEP = 64;
  size_t whole = count / STEP * STEP;
  for (size_t i = 0; i < whole; i += STEP) {
    hashed.mix(codes + 2 * i);
    for (size_t k = 0; k < STEP; k += LANES) lanes.take(source, i + k, columns);
  }
  lanes.end(source, whole, count, out, columns);
  return hashed.end(codes + 2 * whole, 2 * (count - whole), seed);
}

static void difference(const float* left, const float* right, size_t count, Difference* out, float* change) {
  Fv dot[PARTS] = {}, ll[PARTS] = {}, rr[PARTS] = {}, dd[PARTS] = {}, most[PARTS] = {};
  Iv changed[PARTS] = {};
  alignas(64) float tails[3][LANES] = {};
  for (size_t i = 0; i < count; i += LANES) {
    const float *x = left + i, *y = right + i;
    size_t n = count - i < LANES ? count - i : LANES;
    if (n < LANES) {
      memcpy(tails[0], x, 4 * n);
      memcpy(tails[1], y, 4 * n);
      x = tails[0], y = tails[1];
    }
    float* to = change ? n < LANES ? tails[2] : change + i : nullptr;
    for (int p = 0; p < PARTS; p++) {
      Fv a = *reinterpret_cast<const Fv*>(x + p * WIDTH), b = *reinterpret_cast<const Fv*>(y + p * WIDTH), d = b - a;
      dot[p] += a * b;
      ll[p] += a * a;
      rr[p] += b * b;
      dd[p] += d * d;
      Fv size = d < 0 ? -d : d;
      most[p] = size > most[p] ? size : most[p];
      changed[p] -= a != b;
      if (to) *reinterpret_cast<Fv*>(to + p * WIDTH) = d;
    }
    if (to == tails[2]) memcpy(change + i, tails[2], 4 * n);
  }
  for (int p = 0; p < PARTS; p++)
    for (int l = 0; l < WIDTH; l++) {
      out->dot += dot[p][l];
      out->left += ll[p][l];
      out->right += rr[p][l];
      out->change += dd[p][l];
      out->changed += changed[p][l];
      if (most[p][l] > out->largest) out->largest = most[p][l];
    }
}

static void scales(int type, const uint8_t* source, size_t blocks, uint64_t* not_finite, uint64_t* zero) {
  size_t size = block_bytes(type);
  int at[2], many = scale_places(type - GGML, at);
  for (size_t i = 0; i < blocks; i++, source += size)
    for (int k = 0; k < many; k++) {
      uint32_t magnitude = scale_magnitude(type - GGML, source + at[k]);
      *not_finite += magnitude >= 0x7f800000u;
      *zero += magnitude == 0 && k == 0;
    }
}

#include "products.hpp"

extern const Kernels kernels;
const Kernels kernels = {
    STRING(LEVEL), widen, tally, narrow, row, pass_bf16, moments, moments64, classes, hash, difference,
    scales, products,
};

}  // namespace LEVEL
}  // namespace assay
