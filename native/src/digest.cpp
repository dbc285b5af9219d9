// What a message adds to each round depends on the message alone: it is worked out for four blocks at once, a block in
// each lane, and the rounds, which have to follow one another, then only read it.
#include "digest.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rounds.hpp"

namespace assay {

namespace {

typedef uint32_t Lanes __attribute__((vector_size(16)));

constexpr size_t BLOCK = 64, LANES = 4;

template <class T> T turned(T x, int count) { return x >> count | x << (32 - count); }

uint32_t word(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, 4);
  return __builtin_bswap32(value);
}

// The words of each round with its constant, of so many blocks, at most LANES; lanes beyond hold nothing of use.
void schedule(const uint8_t* bytes, size_t blocks, Lanes (&out)[64]) {
  Lanes words[16];
  for (int i = 0; i < 16; i++) {
    Lanes row = {0, 0, 0, 0};
    for (size_t lane = 0; lane < blocks; lane++) row[lane] = word(bytes + BLOCK * lane + 4 * i);
    words[i] = row;
    out[i] = row + ROUNDS[i];
  }
  for (int from = 16; from < 64; from += 16) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      Lanes early = words[(i + 1) & 15], late = words[(i + 14) & 15];
      words[i] += (turned(early, 7) ^ turned(early, 18) ^ early >> 3) + words[(i + 9) & 15] +
                  (turned(late, 17) ^ turned(late, 19) ^ late >> 10);
      out[from + i] = words[i] + ROUNDS[from + i];
    }
  }
}

// One round; the caller has the letters change places. `both` is b ^ c, and a ^ b afterwards: that of the next round.
inline void round(uint32_t a, uint32_t b, uint32_t& d, uint32_t e, uint32_t f, uint32_t g, uint32_t& h, uint32_t word,
                  uint32_t& both) {
  uint32_t first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (g ^ (e & (f ^ g))) + word;
  uint32_t next = a ^ b;
  d += first;
  h = first + (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (b ^ (next & both));
  both = next;
}

}  // namespace

void PortableSha256::compress(const uint8_t* bytes, size_t blocks) {
  Lanes words[64];
  while (blocks) {
    size_t some = blocks;
    if (blocks >= LANES) schedule(bytes, some = LANES, words);
    else schedule(bytes, blocks, words);
    for (size_t lane = 0; lane < some; lane++) {
      const uint32_t* next = reinterpret_cast<const uint32_t*>(words) + lane;
      uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3];
      uint32_t e = state_[4], f = state_[5], g = state_[6], h = state_[7];
      uint32_t both = b ^ c;
#pragma clang loop unroll(disable)
      for (int i = 0; i < 64; i += 8, next += 8 * LANES) {
        round(a, b, d, e, f, g, h, next[0 * LANES], both);
        round(h, a, c, d, e, f, g, next[1 * LANES], both);
        round(g, h, b, c, d, e, f, next[2 * LANES], both);
        round(f, g, a, b, c, d, e, next[3 * LANES], both);
        round(e, f, h, a, b, c, d, next[4 * LANES], both);
        round(d, e, g, h, a, b, c, next[5 * LANES], both);
        round(c, d, f, g, h, a, b, next[6 * LANES], both);
        round(b, c, e, f, g, h, a, next[7 * LANES], both);
      }
      state_[0] += a, state_[1] += b, state_[2] += c, state_[3] += d;
      state_[4] += e, state_[5] += f, state_[6] += g, state_[7] += h;
    }
    bytes += BLOCK * some;
    blocks -= some;
  }
}

void PortableSha256::feed(const uint8_t* bytes, size_t size) {
  length_ += size;
  if (held_) {
    size_t some = size < BLOCK - held_ ? size : BLOCK - held_;
    std::memcpy(block_ + held_, bytes, some);
    held_ += some, bytes += some, size -= some;
    if (held_ < BLOCK) return;
    compress(block_, 1);
  }
  compress(bytes, size / BLOCK);
  held_ = size % BLOCK;
  std::memcpy(block_, bytes + size - held_, held_);
}

void PortableSha256::finish(uint8_t* out) {
  uint64_t bits = 8 * length_;
  const uint8_t end[BLOCK] = {0x80};  // a one, and zeros until the length fills a block
  feed(end, 1 + (BLOCK + 55 - held_) % BLOCK);
  uint8_t count[8];
  for (int i = 0; i < 8; i++) count[i] = uint8_t(bits >> (56 - 8 * i));
  feed(count, 8);
  for (int i = 0; i < 32; i++) out[i] = uint8_t(state_[i / 4] >> (24 - 8 * (i % 4)));
}

}  // namespace assay
