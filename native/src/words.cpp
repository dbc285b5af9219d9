#include "words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suffixes.hpp"

namespace assay {

static uint32_t bits(uint64_t most) {
  uint32_t width = 1;
  while (width < 64 && most >> width) width++;
  return width;
}

static size_t packed_bytes(uint64_t count, uint32_t width) { return size_t((count * width + 7) / 8 + 8); }

// `target` may be where `source` lies: no value is written beyond the one it was read from. Needs room for 8 more bytes.
static void pack(const uint32_t* source, uint64_t count, uint32_t width, uint8_t* target) {
  uint64_t pending = 0;
  uint32_t held = 0;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t value = source[i];
    pending |= value << held;
    held += width;
    if (held >= 32) {
      uint32_t low = uint32_t(pending);
      std::memcpy(target, &low, 4);
      target += 4, pending >>= 32, held -= 32;
    }
  }
  std::memcpy(target, &pending, 8);
  std::memset(target + 8, 0, 8);
}

static Column column(const std::vector<uint32_t>& values) {
  uint32_t most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  Column out{{}, bits(most), values.size()};
  out.bytes.resize(packed_bytes(out.count, out.width) + 16);
  pack(values.data(), values.size(), out.width, out.bytes.data());
  out.bytes.resize(packed_bytes(out.count, out.width));
  return out;
}

void Indexer::clear_words() {
  ends_ = {0}, documents_ = {0}, last_ = {0};
  slots_.assign(1 << 12, 0);
}

void Indexer::enlarge() {
  std::vector<uint64_t> larger(slots_.size() * 2);
  uint64_t mask = larger.size() - 1;
  for (uint64_t slot : slots_) {
    if (!slot) continue;
    uint64_t at = slot >> 32 & mask;
    while (larger[at]) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_.swap(larger);
}

uint32_t Indexer::number(std::string_view word) {
  uint64_t hash = hashed(word) & 0xffffffff, mask = slots_.size() - 1;
  for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
    uint64_t slot = slots_[at];
    if (!slot) {
      uint64_t id = ends_.size();
      if (words_.size() + word.size() > 0xffffffffu || id >= 0x7fffffff) throw std::length_error("too many words");
      words_.append(word);
      ends_.push_back(uint32_t(words_.size()));
      documents_.push_back(0), last_.push_back(0xffffffff);
      slots_[at] = hash << 32 | id;
      if (ends_.size() * 2 > slots_.size()) enlarge();
      return uint32_t(id);
    }
    uint32_t id = uint32_t(slot), from = ends_[id - 1];
    if (slot >> 32 == hash && ends_[id] - from == word.size() && !std::memcmp(words_.data() + from, word.data(), word.size()))
      return id;
  }
}

struct Adding {
  Indexer& into;
  const uint8_t* text;
  const Fold& fold;
  void unit(size_t start, uint32_t id) {
    if (into.units_.size() % SAMPLE == 0) into.samples_.push_back(uint32_t(into.bytes_ + start));
    into.units_.push(id);
    uint32_t document = uint32_t(into.starts_.size() - 1);
    if (into.last_[id] != document) into.last_[id] = document, into.documents_[id]++;
  }
  void plain(size_t start, size_t, std::string_view folded) { unit(start, into.number(folded)); }
  void wide(size_t start, size_t stop) {
    std::string surface(reinterpret_cast<const char*>(text) + start, stop - start);
    Decoded only = decoded(text + start, text + stop);
    uint32_t* single = nullptr;  // scripts without spaces: no hashing for each character
    if (only.bytes == stop - start) {
      if (into.single_.empty()) into.single_.resize(CODE_POINTS);
      single = &into.single_[only.point];
      if (*single) return unit(start, *single);
    } else if (auto known = into.wide_.find(surface); known != into.wide_.end()) {
      return unit(start, known->second);
    }
    uint32_t id = into.number(fold(surface));
    if (single) *single = id;
    else if (into.wide_.size() < (1u << 22)) into.wide_.emplace(std::move(surface), id);  // a memory bound, not a limit
    unit(start, id);
  }
};

uint64_t Indexer::add(const uint8_t* text, size_t size, const Fold& fold) {
  if (finished_) throw std::logic_error("the index is finished");
  if (bytes_ + size > 0xffffffffu) throw std::length_error("a shard holds at most 4 GiB of text");
  if (units_.size() + size / 2 + 2 > 0x7ffffff0u)  // a unit and what ends it take two bytes
    throw std::length_error("a shard holds at most 2^31 words");
  uint64_t before = units_.size();
  starts_.push_back(uint32_t(before)), offsets_.push_back(uint32_t(bytes_));
  split(text, size, classes_, Adding{*this, text, fold});
  uint64_t added = units_.size() - before;
  bytes_ += size;
  if (units_.size() % SAMPLE == 0) samples_.push_back(uint32_t(bytes_));
  units_.push(0);  // no match runs from one document into the next
  return added;
}

void Indexer::finish() {
  if (finished_) throw std::logic_error("the index is finished");
  finished_ = true;
  uint64_t count = units_.size(), documents = starts_.size();
  offsets_.push_back(uint32_t(bytes_)), starts_.push_back(uint32_t(count));
  wide_.clear(), std::vector<uint32_t>().swap(single_), std::vector<uint32_t>().swap(last_);
  rows_.resize(count + 4);
  units_.resize(count + 4);
  sort_suffixes(reinterpret_cast<int32_t*>(units_.data()), reinterpret_cast<int32_t*>(rows_.data()), int32_t(count),
                int32_t(ends_.size()));
  std::vector<uint32_t> first(ends_.size() + 1);  // first row of each word; the rows of the separators are left out
  for (uint64_t i = 0; i < count; i++) first[units_.data()[i] + 1]++;
  first[1] = 0;
  for (size_t id = 1; id < first.size(); id++) first[id] += first[id - 1];
  units_count_ = count, rows_count_ = count - documents;
  units_width_ = bits(ends_.size() - 1), rows_width_ = bits(count);
  pack(units_.data(), units_count_, units_width_, reinterpret_cast<uint8_t*>(units_.data()));
  std::memmove(rows_.data(), rows_.data() + documents, rows_count_ * 4);
  pack(rows_.data(), rows_count_, rows_width_, reinterpret_cast<uint8_t*>(rows_.data()));
  std::vector<uint32_t> slots(slots_.size());
  std::transform(slots_.begin(), slots_.end(), slots.begin(), [](uint64_t slot) { return uint32_t(slot); });
  packed_["starts"] = column(starts_), packed_["offsets"] = column(offsets_), packed_["samples"] = column(samples_);
  packed_["ends"] = column(ends_), packed_["slots"] = column(slots), packed_["first"] = column(first);
  packed_["documents"] = column(documents_);
}

Range Indexer::section(const std::string& name) {
  if (!finished_) throw std::logic_error("the index is not finished");
  auto whole = [](Growing<uint32_t>& from, uint64_t count, uint32_t width) {
    return Range{reinterpret_cast<uint8_t*>(from.data()), packed_bytes(count, width), width, count};
  };
  if (name == "units") return whole(units_, units_count_, units_width_);
  if (name == "rows") return whole(rows_, rows_count_, rows_width_);
  if (name == "words") return {reinterpret_cast<uint8_t*>(words_.data()), words_.size(), 8, words_.size()};
  auto found = packed_.find(name);
  if (found == packed_.end()) throw std::invalid_argument("no section " + name);
  Column& from = found->second;
  return {from.bytes.data(), from.bytes.size(), from.width, from.count};
}

}  // namespace assay
