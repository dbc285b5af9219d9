#include "sha256.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "rounds.hpp"
#include "tally.hpp"

#if ASSAY_X86
#include <cpuid.h>
#include <immintrin.h>
#define HASHING __attribute__((target("sha,sse4.1,ssse3")))
#endif

namespace assay {

#if ASSAY_X86
constexpr size_t BLOCK = 64;

namespace {

// The state as the instructions have it: words A B E F and C D G H, the first one highest.
struct State {
  __m128i abef, cdgh;
};

HASHING inline void one_block(State& state, const uint8_t* bytes) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i a = state.abef, c = state.cdgh, w[4];
  for (int i = 0; i < 4; i++)
    w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i)), big_endian);
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) {  // four rounds each; w holds the next sixteen words of the message schedule
    __m128i keyed = _mm_add_epi32(w[i & 3], _mm_load_si128(reinterpret_cast<const __m128i*>(ROUNDS + 4 * i)));
    c = _mm_sha256rnds2_epu32(c, a, keyed);
    if (i < 12) {
      __m128i seventh = _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4);
      __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), seventh);
      w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
    }
    a = _mm_sha256rnds2_epu32(a, c, _mm_shuffle_epi32(keyed, 0x0e));
  }
  state.abef = _mm_add_epi32(a, state.abef);
  state.cdgh = _mm_add_epi32(c, state.cdgh);
}

// The rounds wait for each other and leave most of the processor idle, so that what is counted between two blocks, which
// depends on neither, costs next to nothing.
template <Tally::Of OF>
HASHING void blocks(State& state, const uint8_t* bytes, size_t count, Tally tally) {
  tally.of = OF;
  size_t each = (tally.count + count - 1) / count, done = 0;
  State local = state;
  for (size_t i = 0; i < count; i++) {
    one_block(local, bytes + BLOCK * i);
    size_t to = done + each < tally.count ? done + each : tally.count;
    counted(tally, done, to);
    done = to;
  }
  state = local;
}

HASHING void blocks(State& state, const uint8_t* bytes, size_t count) {
  State local = state;
  for (size_t i = 0; i < count; i++) one_block(local, bytes + BLOCK * i);
  state = local;
}

class Instructed final : public Sha256 {
 public:
  Instructed() {
    state_.abef = _mm_set_epi32(0x6a09e667, int(0xbb67ae85), 0x510e527f, int(0x9b05688c));
    state_.cdgh = _mm_set_epi32(0x3c6ef372, int(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
  }

  void update(const uint8_t* bytes, size_t size) override {
    fill(bytes, size);
    blocks(state_, bytes, size / BLOCK);
    keep(bytes, size);
  }

  void update(const uint8_t* bytes, size_t size, const Tally& tally) override {
    fill(bytes, size);
    size_t count = size / BLOCK;
    if (!count) {
      counted(tally, 0, tally.count);
    } else if (tally.of == Tally::CODES16) {
      blocks<Tally::CODES16>(state_, bytes, count, tally);
    } else if (tally.of == Tally::CODES8) {
      blocks<Tally::CODES8>(state_, bytes, count, tally);
    } else if (tally.of == Tally::FLOATS) {
      blocks<Tally::FLOATS>(state_, bytes, count, tally);
    } else {
      blocks<Tally::MADE>(state_, bytes, count, tally);
    }
    keep(bytes, size);
  }

  std::string hex() const override {
    State state = state_;
    uint8_t last[2 * BLOCK] = {};
    memcpy(last, kept_, filled_);
    last[filled_] = 0x80;
    size_t count = filled_ + 9 > BLOCK ? 2 : 1;
    uint64_t bits = 8 * total_;
    for (size_t i = 0; i < 8; i++) last[BLOCK * count - 1 - i] = uint8_t(bits >> 8 * i);
    blocks(state, last, count);
    uint32_t words[8];
    memcpy(words, &state, sizeof words);  // F E B A, H G D C
    std::string out;
    const int order[8] = {3, 2, 7, 6, 1, 0, 5, 4};
    for (int word : order)
      for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[words[word] >> shift & 15];
    return out;
  }

 private:
  // fills up the block that was begun; moves on by what that took
  void fill(const uint8_t*& bytes, size_t& size) {
    total_ += size;
    if (!filled_) return;
    size_t take = size < BLOCK - filled_ ? size : BLOCK - filled_;
    memcpy(kept_ + filled_, bytes, take);
    bytes += take, size -= take, filled_ += take;
    if (filled_ < BLOCK) return;
    blocks(state_, kept_, 1);
    filled_ = 0;
  }

  void keep(const uint8_t* bytes, size_t size) {
    size_t rest = size % BLOCK;
    if (!rest) return;
    memcpy(kept_, bytes + size - rest, rest);
    filled_ = rest;
  }

  State state_;
  uint64_t total_ = 0;
  size_t filled_ = 0;
  uint8_t kept_[BLOCK];
};

bool instructed() {  // Intel's Software Developer's Manual, volume 2, CPUID: leaf 7 EBX 29, leaf 1 ECX 9 and 19
  unsigned a, b, c, d, more;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 9 & 1) || !(c >> 19 & 1)) return false;
  return __get_cpuid_count(7, 0, &a, &more, &c, &d) && more >> 29 & 1;
}

}  // namespace

std::unique_ptr<Sha256> sha256() { return instructed() ? std::make_unique<Instructed>() : nullptr; }
#else
std::unique_ptr<Sha256> sha256() { return nullptr; }
#endif

}  // namespace assay
