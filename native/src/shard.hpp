// Questions to one shard of a corpus index that lies in memory, mapped from a file that may be damaged or hostile.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

constexpr size_t BLOCK = 4096;  // bytes that one checksum covers: what a page fault brings in

uint32_t crc32(const uint8_t* data, size_t size);  // the CRC of zlib and IEEE 802.3

struct Damaged : std::runtime_error {
  uint64_t block;
  explicit Damaged(uint64_t at) : std::runtime_error("block " + std::to_string(at)), block(at) {}
};

// A file of which no byte is used before the checksum of its block has been compared, once for each block.
class Blocks {
 public:
  Blocks(const uint8_t* data, size_t size, const uint32_t* checks, size_t count)
      : data_(data), size_(size), checks_(checks), count_(count), seen_(new std::atomic<uint8_t>[count]()) {}
  const uint8_t* at(uint64_t offset, size_t bytes) const {
    if (offset > size_ || bytes > size_ - offset) throw Damaged(offset / BLOCK);
    if (!bytes) return data_ + offset;
    for (uint64_t block = offset / BLOCK, last = (offset + bytes - 1) / BLOCK; block <= last; block++)
      if (!seen_[block].load(std::memory_order_relaxed)) compare(block);
    return data_ + offset;
  }
  size_t size() const { return size_; }

 private:
  void compare(uint64_t block) const {
    size_t from = block * BLOCK;
    if (block >= count_ || crc32(data_ + from, std::min(BLOCK, size_ - from)) != checks_[block]) throw Damaged(block);
    seen_[block].store(1, std::memory_order_relaxed);
  }
  const uint8_t* data_;
  size_t size_;
  const uint32_t* checks_;
  size_t count_;
  std::unique_ptr<std::atomic<uint8_t>[]> seen_;
};

class Packed {  // integers of a fixed width in a file
 public:
  Packed() = default;
  Packed(const Blocks* blocks, uint64_t offset, uint64_t bytes, uint32_t width, uint64_t count);
  uint32_t operator[](uint64_t index) const {
    if (index >= count_) throw Damaged(offset_ / BLOCK);
    uint64_t bit = index * width_, value;
    std::memcpy(&value, blocks_->at(offset_ + bit / 8, 8), 8);
    return uint32_t(value >> (bit & 7) & mask_);
  }
  void expect(uint64_t index) const { __builtin_prefetch(base_ + std::min(index, count_) * width_ / 8); }
  uint64_t count() const { return count_; }

 private:
  const Blocks* blocks_ = nullptr;
  const uint8_t* base_ = nullptr;
  uint64_t offset_ = 0, count_ = 0, mask_ = 0;
  uint32_t width_ = 1;
};

struct Section {
  uint64_t offset, bytes, count;
  uint32_t width;
};

struct Match {  // `words` words long, in rows[low, high)
  uint32_t words, low, high;
};

struct Hit {
  uint32_t span, document, unit;
};

class Shard {
 public:
  // sections: units rows starts samples ends words slots first documents
  Shard(const uint8_t* data, size_t size, const uint32_t* checks, size_t count, const std::vector<Section>& sections);
  uint32_t number(std::string_view word) const;  // 0: the shard does not have it
  Match rows(const uint32_t* query, uint32_t count) const;  // all of the query, or {0, 0, 0}
  Match longest(const uint32_t* query, uint32_t count) const;
  // From every word on. With `least`, rows are given only for matches of that many words that no earlier one contains.
  std::vector<Match> longest_everywhere(const uint32_t* query, uint32_t count, uint32_t least, bool parallel) const;
  uint64_t living(uint32_t low, uint32_t high) const;  // rows whose document was not removed
  // up to `most` rows of each match: evenly spread, or where documents were removed the first that are left
  std::vector<Hit> hits(const std::vector<Match>& matches, uint32_t most) const;
  void remove(const uint8_t* bitmap, size_t bytes);  // one bit for each document
  uint32_t document_of(uint32_t unit) const;
  uint32_t frequency(uint32_t word) const { return first_[uint64_t(word) + 1] - first_[word]; }
  uint32_t document_frequency(uint32_t word) const { return documents_[word]; }
  const Blocks& blocks() const { return blocks_; }
  uint32_t unit(uint64_t at) const { return units_[at]; }
  uint64_t units() const { return units_.count(); }

 private:
  bool removed(uint32_t document) const {
    return !removed_.empty() && removed_[document >> 3] >> (document & 7) & 1;
  }
  void search(const uint32_t* query, uint32_t count, uint32_t from, uint32_t to, Match* found, uint32_t* row) const;
  Match finished(Match found, uint32_t row, const uint32_t* query) const;
  uint32_t common(uint64_t at, const uint32_t* query, uint32_t count, uint32_t from, bool* less) const;
  bool begins(uint32_t row, const uint32_t* query, uint32_t count, uint32_t from) const;
  Match widened(Match found, uint32_t row, uint32_t low, uint32_t high, const uint32_t* query) const;
  Match alive(Match found, const uint32_t* query) const;
  bool any_living(uint32_t low, uint32_t high) const;

  Blocks blocks_;
  Packed units_, rows_, starts_, samples_, ends_, slots_, first_, documents_;
  Section words_;
  std::vector<uint8_t> removed_;
};

}  // namespace assay
