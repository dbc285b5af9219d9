// What a message adds to each round depends on the message alone: it is worked out for four blocks at once, a block in
// each lane. The rounds of one message have to follow one another, and only read it; those of four messages go on side by
// side.
#include "digest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rounds.hpp"

namespace assay {

namespace {

typedef uint32_t Lanes __attribute__((vector_size(16)));

constexpr size_t BLOCK = 64, LANES = PortableSha256::LANES;

template <class T> T turned(T x, int count) { return x >> count | x << (32 - count); }

uint32_t word(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, 4);
  return __builtin_bswap32(value);
}

// The words of each round with its constant, of a block in each lane.
void schedule(const uint8_t* const (&blocks)[LANES], Lanes (&out)[64]) {
  Lanes words[16];
  for (int i = 0; i < 16; i++) {
    words[i] = Lanes{word(blocks[0] + 4 * i), word(blocks[1] + 4 * i), word(blocks[2] + 4 * i), word(blocks[3] + 4 * i)};
    out[i] = words[i] + ROUNDS[i];
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
template <class T> inline void round(T a, T b, T& d, T e, T f, T g, T& h, T word, T& both) {
  T first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (g ^ (e & (f ^ g))) + word;
  T next = a ^ b;
  d += first;
  h = first + (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (b ^ (next & both));
  both = next;
}

// All rounds of a block, whose words are `step` apart; of four blocks where T has lanes.
template <class T> inline void rounds(T (&state)[8], const T* next, size_t step) {
  T a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  T both = b ^ c;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 64; i += 8, next += 8 * step) {
    round(a, b, d, e, f, g, h, next[0 * step], both);
    round(h, a, c, d, e, f, g, next[1 * step], both);
    round(g, h, b, c, d, e, f, next[2 * step], both);
    round(f, g, a, b, c, d, e, next[3 * step], both);
    round(e, f, h, a, b, c, d, next[4 * step], both);
    round(d, e, g, h, a, b, c, next[5 * step], both);
    round(c, d, f, g, h, a, b, next[6 * step], both);
    round(b, c, e, f, g, h, a, next[7 * step], both);
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

}  // namespace

void PortableSha256::compress(const uint8_t* bytes, size_t blocks) {
  Lanes words[64];
  while (blocks) {
    size_t some = std::min(blocks, LANES);
    const uint8_t* each[LANES];  // lanes beyond hold nothing of use
    for (size_t lane = 0; lane < LANES; lane++) each[lane] = bytes + (lane < some ? BLOCK * lane : 0);
    schedule(each, words);
    for (size_t lane = 0; lane < some; lane++) rounds(state_, reinterpret_cast<const uint32_t*>(words) + lane, LANES);
    bytes += BLOCK * some;
    blocks -= some;
  }
}

void PortableSha256::compress(PortableSha256* const (&digests)[LANES], const uint8_t* (&bytes)[LANES], size_t blocks) {
  Lanes words[64], state[8];
  for (int i = 0; i < 8; i++)
    for (size_t lane = 0; lane < LANES; lane++) state[i][lane] = digests[lane]->state_[i];
  for (; blocks; blocks--) {
    schedule(bytes, words);
    rounds(state, words, 1);
    for (auto& each : bytes) each += BLOCK;
  }
  for (int i = 0; i < 8; i++)
    for (size_t lane = 0; lane < LANES; lane++) digests[lane]->state_[i] = state[i][lane];
}

// Fill the block that was begun; how many bytes that took.
size_t PortableSha256::begun(const uint8_t* bytes, size_t size) {
  if (!held_) return 0;
  size_t some = std::min(size, BLOCK - held_);
  std::memcpy(block_ + held_, bytes, some);
  held_ += some, length_ += some;
  if (held_ == BLOCK) compress(block_, 1), held_ = 0;
  return some;
}

void PortableSha256::feed(const uint8_t* bytes, size_t size) {
  size_t some = begun(bytes, size);
  bytes += some, size -= some;
  if (!size) return;
  length_ += size;
  compress(bytes, size / BLOCK);
  held_ = size % BLOCK;
  std::memcpy(block_, bytes + size - held_, held_);
}

void PortableSha256::feed(PortableSha256* const (&digests)[LANES], const uint8_t* const (&bytes)[LANES],
                          const size_t (&sizes)[LANES]) {
  const uint8_t* next[LANES];
  size_t left[LANES], blocks = SIZE_MAX;
  for (size_t lane = 0; lane < LANES; lane++) {
    size_t some = digests[lane]->begun(bytes[lane], sizes[lane]);
    next[lane] = bytes[lane] + some, left[lane] = sizes[lane] - some;
    blocks = std::min(blocks, left[lane] / BLOCK);
  }
  compress(digests, next, blocks);
  for (size_t lane = 0; lane < LANES; lane++) {
    digests[lane]->length_ += BLOCK * blocks;
    digests[lane]->feed(next[lane], left[lane] - BLOCK * blocks);
  }
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
