// How often each code occurs: what is counted of a piece, and the loops, which one store in a cycle bounds. They are in a
// header because hashing leaves that store idle: sha256.cpp counts in its shadow.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace assay {

struct Tally {
  // 16 bits or 8 of each value; of f32 the upper 16 and the lowest 8; of values that were made the upper 16, NaN as one
  enum Of { CODES16, CODES8, FLOATS, MADE } of;
  const uint8_t* at;  // so many codes, or float32 of MADE, at any address
  size_t count;
  uint32_t *histogram, *lowest;
};

template <class T>
static inline T loaded(const uint8_t* at) {
  T value;
  memcpy(&value, at, sizeof value);
  return value;
}

// Counts the values from one to another of a tally. Static, as each level has its own.
static inline void counted(const Tally& tally, size_t from, size_t to) {
  const uint8_t* at = tally.at;
  uint32_t *histogram = tally.histogram, *lowest = tally.lowest;
  size_t i = from;
  switch (tally.of) {
    case Tally::CODES16:
      for (; i + 8 <= to; i += 8) {
        uint64_t a = loaded<uint64_t>(at + 2 * i), b = loaded<uint64_t>(at + 2 * i + 8);
        histogram[uint16_t(a)]++;
        histogram[uint16_t(b)]++;
        histogram[uint16_t(a >> 16)]++;
        histogram[uint16_t(b >> 16)]++;
        histogram[uint16_t(a >> 32)]++;
        histogram[uint16_t(b >> 32)]++;
        histogram[uint16_t(a >> 48)]++;
        histogram[uint16_t(b >> 48)]++;
      }
      for (; i < to; i++) histogram[loaded<uint16_t>(at + 2 * i)]++;
      return;
    case Tally::CODES8:
      for (; i < to; i++) histogram[at[i]]++;
      return;
    case Tally::FLOATS:
      for (; i < to; i++) {
        uint32_t code = loaded<uint32_t>(at + 4 * i);
        histogram[code >> 16]++;
        lowest[code & 0xff]++;
      }
      return;
    case Tally::MADE:  // which NaN an operation gives depends on the machine
      for (; i < to; i++) {
        uint32_t bits = loaded<uint32_t>(at + 4 * i);
        histogram[(bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : bits >> 16]++;
      }
      return;
  }
}

struct Digest {  // of bytes in their order
  virtual ~Digest() = default;
  virtual void update(const uint8_t* bytes, size_t size) = 0;
  // the same, and counts meanwhile
  virtual void update(const uint8_t* bytes, size_t size, const Tally& tally) = 0;
};

}  // namespace assay
