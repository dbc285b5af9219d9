// Block formats of ggml (layouts: ggml-common.h; order of values: ggml-quants.c). Included by kernels.cpp inside the
// namespace of each level. Products are formed as the reference does, scale first, so that results are bit-identical.

typedef uint8_t B16x __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint8_t B8x __attribute__((vector_size(8), aligned(1), may_alias));
typedef int32_t I8x __attribute__((vector_size(32), aligned(4), may_alias));

#ifdef __AVX512F__
typedef F16x Wide;
static inline Wide floats(B16x bytes) { return __builtin_convertvector(__builtin_convertvector(bytes, I16x), F16x); }
static inline void put(float* at, Wide values) { memcpy(at, &values, 64); }
#else
// Sixteen values as two registers of eight: GCC 12 lowers one vector of sixteen badly where registers are narrower
struct Wide {
  F8x lower, upper;
};
static inline Wide operator+(Wide a, float b) { return {a.lower + b, a.upper + b}; }
static inline Wide operator-(Wide a, float b) { return {a.lower - b, a.upper - b}; }
static inline Wide operator*(Wide a, float b) { return {a.lower * b, a.upper * b}; }

static inline Wide floats(B16x bytes) {
  B8x lower, upper;
  memcpy(&lower, &bytes, 8);
  memcpy(&upper, reinterpret_cast<const uint8_t*>(&bytes) + 8, 8);
  return {__builtin_convertvector(__builtin_convertvector(lower, I8x), F8x),
          __builtin_convertvector(__builtin_convertvector(upper, I8x), F8x)};
}

static inline void put(float* at, Wide values) {
  memcpy(at, &values.lower, 32);
  memcpy(at + 8, &values.upper, 32);
}
#endif

static inline B16x bytes16(const uint8_t* at) {
  B16x value;
  memcpy(&value, at, 16);
  return value;
}

static inline float scale16(const uint8_t* at) { return half(load16(at)); }

// OCP MX E8M0, halved because the code table holds doubled values (ggml-impl.h, GGML_E8M0_TO_FP32_HALF)
static inline float scale_e8m0(uint8_t code) {
  return from_bits(code < 2 ? 0x00200000u << code : uint32_t(code - 1) << 23);
}

// unsigned E4M3, halved likewise (ggml-impl.h, ggml_ue4m3_to_fp32)
static inline float scale_ue4m3(uint8_t code) {
  if (code == 0 || code == 0x7f) return 0;
  int exponent = code >> 3 & 15, mantissa = code & 7;
  float raw = exponent ? (1 + mantissa / 8.f) * from_bits(uint32_t(exponent + 120) << 23) : mantissa * 0x1p-9f;
  return raw * .5f;
}

static const int8_t FP4[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
static const int8_t NL4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

static inline void q4_0(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b);
  B16x q = bytes16(b + 2);
  put(y, (floats(q & 15) - 8.f) * d);
  put(y + 16, (floats(q >> 4) - 8.f) * d);
}

static inline void q4_1(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b), m = scale16(b + 2);
  B16x q = bytes16(b + 4);
  put(y, floats(q & 15) * d + m);
  put(y + 16, floats(q >> 4) * d + m);
}

static inline void fifth_bits(uint32_t high, B16x& low, B16x& up) {
  for (int i = 0; i < 16; i++) low[i] = (high >> i & 1) << 4, up[i] = (high >> (i + 16) & 1) << 4;
}

static inline void q5_0(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b);
  B16x q = bytes16(b + 6), low = {}, up = {};
  fifth_bits(load32(b + 2), low, up);
  put(y, (floats((q & 15) | low) - 16.f) * d);
  put(y + 16, (floats(q >> 4 | up) - 16.f) * d);
}

static inline void q5_1(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b), m = scale16(b + 2);
  B16x q = bytes16(b + 8), low = {}, up = {};
  fifth_bits(load32(b + 4), low, up);
  put(y, floats((q & 15) | low) * d + m);
  put(y + 16, floats(q >> 4 | up) * d + m);
}

static inline void q8_0(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b);
  for (int i = 0; i < 32; i++) y[i] = int8_t(b[2 + i]) * d;
}

static inline void q8_k(const uint8_t* b, float* y, const int8_t*) {
  float d = from_bits(load32(b));
  for (int i = 0; i < 256; i++) y[i] = int8_t(b[4 + i]) * d;
}

static inline void q2_k(const uint8_t* b, float* y, const int8_t*) {
  const uint8_t *scales = b, *q = b + 16;
  float d = scale16(b + 80), m = scale16(b + 82);
  for (int group = 0; group < 16; group++) {
    float dl = d * (scales[group] & 15), ml = m * (scales[group] >> 4);
    int half_ = group / 8, shift = group % 8 / 2 * 2, part = group % 2;
    put(y + 16 * group, floats(bytes16(q + 32 * half_ + 16 * part) >> shift & 3) * dl - ml);
  }
}

static inline void q3_k(const uint8_t* b, float* y, const int8_t*) {
  const uint8_t *high = b, *q = b + 32, *s = b + 96;
  float d = scale16(b + 108);
  for (int group = 0; group < 16; group++) {
    int scale = (s[group % 8] >> (group < 8 ? 0 : 4) & 15) | (s[8 + group % 4] >> (2 * (group / 4)) & 3) << 4;
    float dl = d * (scale - 32);
    int shift = group % 8 / 2 * 2, part = group % 2, bit = group / 2;
    B16x low = bytes16(q + group / 8 * 32 + 16 * part) >> shift & 3;
    B16x up = (bytes16(high + 16 * part) >> bit & 1) << 2;
    put(y + 16 * group, (floats(low | up) - 4.f) * dl);
  }
}

// six-bit scale and minimum number j of the twelve bytes that q4_K and q5_K pack them in
static inline void scale_and_min(const uint8_t* s, int j, int& scale, int& minimum) {
  if (j < 4) {
    scale = s[j] & 63;
    minimum = s[j + 4] & 63;
  } else {
    scale = (s[j + 4] & 15) | s[j - 4] >> 6 << 4;
    minimum = s[j + 4] >> 4 | s[j] >> 6 << 4;
  }
}

static inline void q4_k(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b), m = scale16(b + 2);
  for (int group = 0; group < 8; group++) {
    int scale, minimum;
    scale_and_min(b + 4, group, scale, minimum);
    float dl = d * scale, ml = m * minimum;
    for (int part = 0; part < 32; part += 16)
      put(y + 32 * group + part, floats(bytes16(b + 16 + group / 2 * 32 + part) >> (group % 2 * 4) & 15) * dl - ml);
  }
}

static inline void q5_k(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b), m = scale16(b + 2);
  for (int group = 0; group < 8; group++) {
    int scale, minimum;
    scale_and_min(b + 4, group, scale, minimum);
    float dl = d * scale, ml = m * minimum;
    for (int part = 0; part < 32; part += 16) {
      B16x low = bytes16(b + 48 + group / 2 * 32 + part) >> (group % 2 * 4) & 15;
      B16x up = (bytes16(b + 16 + part) >> group & 1) << 4;
      put(y + 32 * group + part, floats(low | up) * dl - ml);
    }
  }
}

static inline void q6_k(const uint8_t* b, float* y, const int8_t*) {
  const uint8_t *low = b, *high = b + 128, *s = b + 192;
  float d = scale16(b + 208);
  for (int group = 0; group < 16; group++) {
    int half_ = group / 8, quarter = group % 8 / 2, part = group % 2;
    B16x lower = bytes16(low + 64 * half_ + quarter % 2 * 32 + 16 * part) >> (quarter / 2 * 4) & 15;
    B16x upper = (bytes16(high + 32 * half_ + 16 * part) >> (2 * quarter) & 3) << 4;
    put(y + 16 * group, (floats(lower | upper) - 32.f) * (d * int8_t(s[group])));
  }
}

static inline void tq1_0(const uint8_t* b, float* y, const int8_t*) {
  static const uint8_t POWER[5] = {1, 3, 9, 27, 81};
  float d = scale16(b + 52);
  auto digit = [](uint8_t packed, int n) { return (uint8_t(packed * POWER[n]) * 3 >> 8) - 1; };
  for (int n = 0; n < 5; n++)
    for (int i = 0; i < 32; i++) y[32 * n + i] = digit(b[i], n) * d;
  for (int n = 0; n < 5; n++)
    for (int i = 0; i < 16; i++) y[160 + 16 * n + i] = digit(b[32 + i], n) * d;
  for (int n = 0; n < 4; n++)
    for (int i = 0; i < 4; i++) y[240 + 4 * n + i] = digit(b[48 + i], n) * d;
}

static inline void tq2_0(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b + 64);
  for (int group = 0; group < 16; group++)
    put(y + 16 * group,
        (floats(bytes16(b + group / 8 * 32 + group % 2 * 16) >> (group % 8 / 2 * 2) & 3) - 1.f) * d);
}

static inline void q1_0(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b);
  for (int i = 0; i < 128; i++) y[i] = b[2 + i / 8] >> (i % 8) & 1 ? d : -d;
}

static inline void mxfp4(const uint8_t* b, float* y, const int8_t*) {
  float d = scale_e8m0(b[0]);
  for (int i = 0; i < 16; i++) y[i] = FP4[b[1 + i] & 15] * d, y[16 + i] = FP4[b[1 + i] >> 4] * d;
}

static inline void nvfp4(const uint8_t* b, float* y, const int8_t*) {
  for (int group = 0; group < 4; group++) {
    float d = scale_ue4m3(b[group]);
    const uint8_t* q = b + 4 + 8 * group;
    for (int i = 0; i < 8; i++) y[16 * group + i] = FP4[q[i] & 15] * d, y[16 * group + 8 + i] = FP4[q[i] >> 4] * d;
  }
}

static inline void iq4_nl(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b);
  for (int i = 0; i < 16; i++) y[i] = NL4[b[2 + i] & 15] * d, y[16 + i] = NL4[b[2 + i] >> 4] * d;
}

static inline void iq4_xs(const uint8_t* b, float* y, const int8_t*) {
  float d = scale16(b);
  uint16_t high = load16(b + 2);
  for (int group = 0; group < 8; group++) {
    int scale = (b[4 + group / 2] >> (group % 2 * 4) & 15) | (high >> (2 * group) & 3) << 4;
    float dl = d * (scale - 32);
    const uint8_t* q = b + 8 + 16 * group;
    float* to = y + 32 * group;
    for (int i = 0; i < 16; i++) to[i] = NL4[q[i] & 15] * dl, to[16 + i] = NL4[q[i] >> 4] * dl;
  }
}

// eight signs of which seven are stored: the eighth makes their number even
static inline uint8_t signs7(uint32_t seven) { return seven | (__builtin_popcount(seven) & 1) << 7; }

// Eight values of a grid, four from each place, with their signs: the sign bits move to the top and are flipped there
static inline void signed_row(float* y, const int8_t* first, const int8_t* second, float d, uint8_t signs) {
  typedef int8_t C8x __attribute__((vector_size(8)));
  typedef uint32_t U8x __attribute__((vector_size(32)));
  C8x row;
  memcpy(&row, first, 4);
  memcpy(reinterpret_cast<int8_t*>(&row) + 4, second, 4);
  F8x values = __builtin_convertvector(__builtin_convertvector(row, I8x), F8x) * d;
  U8x flips = ((U8x{} + signs) << U8x{31, 30, 29, 28, 27, 26, 25, 24}) & 0x80000000u, bits;
  memcpy(&bits, &values, 32);
  bits ^= flips;
  memcpy(y, &bits, 32);
}

static inline void iq2_xxs(const uint8_t* b, float* y, const int8_t* grid) {
  float d = scale16(b);
  for (int group = 0; group < 8; group++) {
    const uint8_t* q = b + 2 + 8 * group;
    uint32_t packed = load32(q + 4);
    float db = d * (.5f + (packed >> 28)) * .25f;
    for (int l = 0; l < 4; l++) {
      const int8_t* row = grid + 8 * q[l];
      signed_row(y + 32 * group + 8 * l, row, row + 4, db, signs7(packed >> 7 * l & 127));
    }
  }
}

static inline void iq2_xs(const uint8_t* b, float* y, const int8_t* grid) {
  float d = scale16(b);
  for (int group = 0; group < 32; group++) {
    uint16_t q = load16(b + 2 + 2 * group);
    float db = d * (.5f + (b[66 + group / 4] >> (group % 4 / 2 * 4) & 15)) * .25f;
    const int8_t* row = grid + 8 * (q & 511);
    signed_row(y + 8 * group, row, row + 4, db, signs7(q >> 9));
  }
}

static inline void iq2_s(const uint8_t* b, float* y, const int8_t* grid) {
  float d = scale16(b);
  for (int group = 0; group < 32; group++) {
    int index = b[2 + group] | (b[66 + group / 4] << (8 - 2 * (group % 4)) & 0x300);
    float db = d * (.5f + (b[74 + group / 4] >> (group % 4 / 2 * 4) & 15)) * .25f;
    signed_row(y + 8 * group, grid + 8 * index, grid + 8 * index + 4, db, b[34 + group]);
  }
}

static inline void iq3_xxs(const uint8_t* b, float* y, const int8_t* grid) {
  float d = scale16(b);
  for (int group = 0; group < 8; group++) {
    uint32_t packed = load32(b + 66 + 4 * group);
    float db = d * (.5f + (packed >> 28)) * .5f;
    const uint8_t* q = b + 2 + 8 * group;
    for (int l = 0; l < 4; l++)
      signed_row(y + 32 * group + 8 * l, grid + 4 * q[2 * l], grid + 4 * q[2 * l + 1], db, signs7(packed >> 7 * l & 127));
  }
}

static inline void iq3_s(const uint8_t* b, float* y, const int8_t* grid) {
  float d = scale16(b);
  for (int group = 0; group < 32; group++) {
    uint8_t high = b[66 + group / 4] >> (group % 4 * 2);
    const int8_t* first = grid + 4 * (b[2 + 2 * group] | (high & 1) << 8);
    const int8_t* second = grid + 4 * (b[3 + 2 * group] | (high & 2) << 7);
    float db = d * (1 + 2 * (b[106 + group / 8] >> (group / 4 % 2 * 4) & 15));
    signed_row(y + 8 * group, first, second, db, b[74 + group]);
  }
}

static inline void iq1_s(const uint8_t* b, float* y, const int8_t* grid) {
  float d = scale16(b);
  for (int group = 0; group < 32; group++) {
    uint16_t high = load16(b + 34 + 2 * (group / 4));
    float dl = d * (2 * (high >> 12 & 7) + 1), delta = high & 0x8000 ? -.125f : .125f;
    const int8_t* row = grid + 8 * (b[2 + group] | (high >> 3 * (group % 4) & 7) << 8);
    for (int i = 0; i < 8; i++) y[8 * group + i] = dl * (row[i] + delta);
  }
}

static inline uint16_t iq1_m_scale(const uint8_t* b) {
  const uint8_t* s = b + 48;
  return load16(s) >> 12 | (load16(s + 2) >> 8 & 0xf0) | (load16(s + 4) >> 4 & 0xf00) | (load16(s + 6) & 0xf000);
}

static inline void iq1_m(const uint8_t* b, float* y, const int8_t* grid) {
  float d = half(iq1_m_scale(b));
  for (int group = 0; group < 32; group++) {
    int nibble = b[32 + group / 2] >> (group % 2 * 4) & 15, pair = group / 2;
    float dl = d * (2 * (load16(b + 48 + 2 * (pair / 4)) >> (3 * (pair % 4)) & 7) + 1);
    float delta = nibble & 8 ? -.125f : .125f;
    const int8_t* row = grid + 8 * (b[group] | (nibble & 7) << 8);
    for (int i = 0; i < 8; i++) y[8 * group + i] = dl * (row[i] + delta);
  }
}

typedef void (*Block)(const uint8_t*, float*, const int8_t*);

template <Block BLOCK>
static void blocks(const uint8_t* source, size_t count, float* values, const int8_t* grid, size_t size, size_t each) {
  for (; count >= each; count -= each, source += size, values += each) BLOCK(source, values, grid);
}

static bool dequantise(int type, const uint8_t* source, size_t count, float* values, const int8_t* grid) {
  size_t size = block_bytes(type + GGML), each = block_elements(type + GGML);
  switch (type) {
#define CASE(number, name) \
  case number: blocks<name>(source, count, values, grid, size, each); return true;
    CASE(2, q4_0) CASE(3, q4_1) CASE(6, q5_0) CASE(7, q5_1) CASE(8, q8_0) CASE(10, q2_k) CASE(11, q3_k) CASE(12, q4_k)
    CASE(13, q5_k) CASE(14, q6_k) CASE(15, q8_k) CASE(16, iq2_xxs) CASE(17, iq2_xs) CASE(18, iq3_xxs) CASE(19, iq1_s)
    CASE(20, iq4_nl) CASE(21, iq3_s) CASE(22, iq2_s) CASE(23, iq4_xs) CASE(29, iq1_m) CASE(34, tq1_0) CASE(35, tq2_0)
    CASE(39, mxfp4) CASE(40, nvfp4) CASE(41, q1_0)
#undef CASE
    default: return false;
  }
}

// where the scales of a block lie; the first is the one that may not be zero
static int scale_places(int type, int* at) {
  switch (type) {
    case 3: case 7: case 12: case 13: at[0] = 0, at[1] = 2; return 2;
    case 10: at[0] = 80, at[1] = 82; return 2;
    case 11: at[0] = 108; return 1;
    case 14: at[0] = 208; return 1;
    case 34: at[0] = 52; return 1;
    case 35: at[0] = 64; return 1;
    case 40: at[0] = 0; return 1;
    default: at[0] = 0; return 1;
  }
}

// the scale's size as f32 bits without the sign: at least 0x7f800000 means infinity or NaN
static uint32_t scale_magnitude(int type, const uint8_t* at) {
  switch (type) {
    case 15: return load32(at) & 0x7fffffff;
    case 29: return to_bits(half(iq1_m_scale(at))) & 0x7fffffff;
    case 39: return at[0] == 255 ? 0x7fc00000 : to_bits(scale_e8m0(at[0]));
    case 40: {
      uint32_t most = 0;
      for (int k = 0; k < 4; k++) {
        if ((at[k] & 0x7f) == 0x7f) return 0x7fc00000;
        if ((at[k] & 0x7fu) > most) most = at[k] & 0x7f;
      }
      return most ? to_bits(scale_ue4m3(most)) : 0;
    }
    default: return to_bits(scale16(at)) & 0x7fffffff;
  }
}
