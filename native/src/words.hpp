// Text into words, words into numbers, numbers into packed columns: what a shard of a corpus index is made from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assay {

enum Class : uint8_t { GAP = 0, WORD = 1, SINGLE = 2, SILENT = 3 };  // of a code point; assay/kernels/words.py makes the table
constexpr size_t CODE_POINTS = 0x110000;
constexpr size_t MOST_BYTES = 255;    // of one word; longer runs are cut there
constexpr uint32_t SAMPLE = 64;       // units between two remembered byte offsets
using Fold = std::function<std::string(std::string_view)>;

inline uint64_t hashed(std::string_view word) {  // FNV-1a, 64 bits, its halves folded: draft-eastlake-fnv, section 2
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char byte : word) hash = (hash ^ byte) * 0x100000001b3u;
  return hash ^ hash >> 32;
}

struct Decoded {
  uint32_t point, bytes;
};

// One code point of valid UTF-8 (callers pass what Python encoded); a truncated or stray byte counts as a gap of one.
inline Decoded decoded(const uint8_t* at, const uint8_t* stop) {
  size_t left = size_t(stop - at);
  uint32_t c = at[0];
  auto tail = [&](size_t i) { return uint32_t(at[i] & 0x3f); };
  if (c < 0x80) return {c, 1};
  if (c >= 0xc2 && c < 0xe0 && left > 1) return {(c & 0x1f) << 6 | tail(1), 2};
  if (c >= 0xe0 && c < 0xf0 && left > 2) return {(c & 0x0f) << 12 | tail(1) << 6 | tail(2), 3};
  if (c >= 0xf0 && c < 0xf5 && left > 3) {
    uint32_t point = (c & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
    return {point < CODE_POINTS ? point : 0, 4};
  }
  return {0, 1};
}

struct Ascii {  // the folded byte of a letter or digit, 0 for every other byte
  uint8_t of[256] = {};
  constexpr Ascii() {
    for (int c = '0'; c <= '9'; c++) of[c] = uint8_t(c);
    for (int c = 'a'; c <= 'z'; c++) of[c] = uint8_t(c), of[c - 32] = uint8_t(c);
  }
};
inline constexpr Ascii ASCII;

// Calls sink.plain(start, stop, folded) for words of ASCII letters and digits, sink.wide(start, stop) for all others.
// Where a word ends depends on nothing before its first byte, so that reading may begin at any word.
template <class Sink>
void split(const uint8_t* text, size_t size, const uint8_t* classes, Sink&& sink) {
  const uint8_t* stop = text + size;
  auto wide = [&](size_t start) {
    size_t at = start, end = start;
    while (at < size) {
      Decoded next = decoded(text + at, stop);
      uint8_t kind = next.point < 0x80 ? (ASCII.of[next.point] ? WORD : GAP) : classes[next.point];
      if ((kind != WORD && kind != SILENT) || at + next.bytes - start > MOST_BYTES) break;
      at += next.bytes;
      if (kind == WORD) end = at;
    }
    sink.wide(start, end);
    return end;
  };
  for (size_t at = 0; at < size;) {
    if (text[at] < 0x80) {
      if (!ASCII.of[text[at]]) {
        at++;
        continue;
      }
      size_t start = at, length = 0;
      char folded[MOST_BYTES];
      while (at < size && length < MOST_BYTES && ASCII.of[text[at]]) folded[length++] = char(ASCII.of[text[at++]]);
      if (at < size && text[at] >= 0x80) {
        uint8_t kind = classes[decoded(text + at, stop).point];
        if (kind == WORD || kind == SILENT) {
          at = wide(start);
          continue;
        }
      }
      sink.plain(start, at, std::string_view(folded, length));
    } else {
      Decoded next = decoded(text + at, stop);
      uint8_t kind = classes[next.point];
      if (kind == WORD) {
        at = wide(at);
      } else {
        if (kind == SINGLE) sink.wide(at, at + next.bytes);
        at += next.bytes;
      }
    }
  }
}

template <class T>
class Growing {  // a vector that grows in place where the system can do so, unlike std::vector
 public:
  Growing() = default;
  ~Growing() { std::free(data_); }
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;
  void push(T value) {
    if (size_ == capacity_) grow(size_ + size_ / 4 + 1024);
    data_[size_++] = value;
  }
  void grow(size_t capacity) {
    T* more = static_cast<T*>(std::realloc(data_, capacity * sizeof(T)));
    if (!more) throw std::bad_alloc();
    data_ = more, capacity_ = capacity;
  }
  T* data() { return data_; }
  size_t size() const { return size_; }
  void resize(size_t size) {
    if (size > capacity_) grow(size);
    size_ = size;
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
};

struct Column {  // integers packed at `width` bits, least significant bit first; eight bytes of zeros follow
  std::vector<uint8_t> bytes;
  uint32_t width = 0;
  uint64_t count = 0;
};

struct Range {  // packed bytes that lie in memory of somebody else
  uint8_t* data;
  size_t bytes;
  uint32_t width;
  uint64_t count;
};

class Indexer {
 public:
  explicit Indexer(const uint8_t* classes) : classes_(classes) { clear_words(); }
  uint64_t add(const uint8_t* text, size_t size, const Fold& fold);  // units added
  void finish();
  uint64_t units() const { return units_.size(); }
  uint64_t words() const { return ends_.size() - 1; }
  uint64_t documents() const { return starts_.size(); }
  // by name: units rows starts offsets samples ends words slots first documents
  Range section(const std::string& name);

 private:
  friend struct Adding;
  void clear_words();
  uint32_t number(std::string_view word);
  void enlarge();
  const uint8_t* classes_;
  Growing<uint32_t> units_, rows_;
  std::vector<uint32_t> starts_, offsets_, samples_, ends_, documents_, last_;
  std::vector<uint64_t> slots_;  // upper half: the word's hash, lower half: its number
  std::string words_;
  std::unordered_map<std::string, uint32_t> wide_;
  std::vector<uint32_t> single_;
  std::unordered_map<std::string, Column> packed_;
  uint64_t bytes_ = 0;
  uint32_t units_width_ = 0, rows_width_ = 0;
  uint64_t units_count_ = 0, rows_count_ = 0;
  bool finished_ = false;
};

}  // namespace assay
