#include "shard.hpp"

#ifndef _WIN32
#include <sys/resource.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "words.hpp"

namespace assay {
namespace {

struct Tables {  // eight bytes at a time: Kounavis and Berry, "A Systematic Approach to Building High Performance CRC", 2005
  std::array<std::array<uint32_t, 256>, 8> of{};
  Tables() {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t c = i;
      for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
      of[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
      for (size_t t = 1; t < 8; t++) of[t][i] = of[t - 1][i] >> 8 ^ of[0][of[t - 1][i] & 255];
  }
};
const Tables TABLES;

// Reading that waits for a disk is worth many threads, reading from memory none: the kernel counts the waits.
long waits() {
#ifdef _WIN32
  return 0;
#else
  rusage usage{};
#ifdef RUSAGE_THREAD
  getrusage(RUSAGE_THREAD, &usage);
#else
  getrusage(RUSAGE_SELF, &usage);
#endif
  return usage.ru_majflt;
#endif
}

constexpr uint32_t THREADS = 32;
constexpr uint32_t TOGETHER = 16;  // searches that take turns

// Calls work(from, to) for portions of [0, count): in this thread, and in many more once it had to wait for a disk.
template <class Work>
void portioned(uint32_t count, bool parallel, Work work) {
  std::atomic<uint32_t> next{0};
  long before = waits();
  auto one = [&] {
    uint32_t from = next.fetch_add(TOGETHER);
    if (from < count) work(from, std::min(count, from + TOGETHER));
    return from < count;
  };
  while (one())
    if (parallel && waits() > before) break;
  if (next >= count) return;
  std::exception_ptr failed;
  std::mutex guard;
  auto all = [&] {
    try {
      while (one()) continue;
    } catch (...) {
      std::lock_guard<std::mutex> held(guard);
      failed = std::current_exception();
      next = count;
    }
  };
  std::vector<std::thread> threads;
  try {
    for (uint32_t i = 0; i < THREADS; i++) threads.emplace_back(all);
  } catch (const std::system_error&) {  // no more threads to be had: those there are, and this one, do it
  }
  all();
  for (auto& thread : threads) thread.join();
  if (failed) std::rethrow_exception(failed);
}

// The largest distance up to `room` that is inside, if 0 is and no outside comes before an inside: growing steps, then
// halving, because most ranges are short.
template <class Inside>
uint32_t reach(uint32_t room, Inside inside) {
  uint32_t good = 0, bad = room + 1;
  for (uint32_t step = 1; good < room; step *= 2) {
    uint32_t probe = room - good < step ? room : good + step;
    if (!inside(probe)) {
      bad = probe;
      break;
    }
    good = probe;
  }
  while (bad - good > 1) {
    uint32_t middle = good + (bad - good) / 2;
    if (inside(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

}  // namespace

uint32_t crc32(const uint8_t* data, size_t size) {
  const auto& t = TABLES.of;
  uint32_t crc = 0xffffffffu;
  for (; size >= 8; data += 8, size -= 8) {
    uint32_t low, high;
    std::memcpy(&low, data, 4), std::memcpy(&high, data + 4, 4);
    low ^= crc;
    crc = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^ t[3][high & 255] ^
          t[2][high >> 8 & 255] ^ t[1][high >> 16 & 255] ^ t[0][high >> 24];
  }
  while (size--) crc = crc >> 8 ^ t[0][(crc ^ *data++) & 255];
  return ~crc;
}

Packed::Packed(const Blocks* blocks, uint64_t offset, uint64_t bytes, uint32_t width, uint64_t count)
    : blocks_(blocks), offset_(offset), count_(count), width_(width) {
  if (width < 1 || width > 32 || count > uint64_t(1) << 33 || offset > blocks->size() || bytes > blocks->size() - offset ||
      bytes < (count * width + 7) / 8 + 8)
    throw std::invalid_argument("a section is shorter than the values that it should hold");
  mask_ = (uint64_t(1) << width) - 1;
  base_ = bytes ? blocks->at(offset, 1) : nullptr;
}

Shard::Shard(const uint8_t* data, size_t size, const uint32_t* checks, size_t count, const std::vector<Section>& s)
    : blocks_(data, size, checks, count) {
  if (s.size() != 9) throw std::invalid_argument("nine sections are needed");
  if (count != (size + BLOCK - 1) / BLOCK) throw std::invalid_argument("there is no checksum for each block");
  auto packed = [&](size_t i) { return Packed(&blocks_, s[i].offset, s[i].bytes, s[i].width, s[i].count); };
  units_ = packed(0), rows_ = packed(1), starts_ = packed(2), samples_ = packed(3), ends_ = packed(4);
  words_ = s[5], slots_ = packed(6), first_ = packed(7), documents_ = packed(8);
  if (words_.offset > size || words_.bytes > size - words_.offset) throw std::invalid_argument("the words run past the end");
  if (units_.count() > 0x7fffffffu || ends_.count() < 1 || first_.count() != ends_.count() + 1 ||
      documents_.count() != ends_.count() || starts_.count() < 1 || !slots_.count() ||
      (slots_.count() & (slots_.count() - 1)))
    throw std::invalid_argument("the sections do not fit each other");
}

uint32_t Shard::number(std::string_view word) const {
  uint64_t mask = slots_.count() - 1, at = (hashed(word) & 0xffffffff) & mask;
  for (uint64_t tries = 0; tries <= mask; tries++, at = (at + 1) & mask) {
    uint32_t id = slots_[at];
    if (!id) return 0;
    uint32_t stop = ends_[id], start = ends_[id - 1];
    if (stop < start || stop > words_.bytes) throw Damaged(words_.offset / BLOCK);
    if (stop - start == word.size() && !std::memcmp(blocks_.at(words_.offset + start, word.size()), word.data(), word.size()))
      return id;
  }
  return 0;
}

// How many words of the query the suffix from unit `at` on begins with, `from` of them known; and whether it sorts before it.
uint32_t Shard::common(uint64_t at, const uint32_t* query, uint32_t count, uint32_t from, bool* less) const {
  uint64_t units = units_.count();
  uint32_t k = from;
  uint32_t unit = 0;
  while (k < count && at + k < units && (unit = units_[at + k]) == query[k]) k++;
  *less = k < count && (at + k >= units || unit < query[k]);
  return k;
}

bool Shard::begins(uint32_t row, const uint32_t* query, uint32_t count, uint32_t from) const {
  bool less;
  return common(rows_[row], query, count, from, &less) == count;
}

// The match with all the rows of [low, high) that begin with it; `row` is one of them.
Match Shard::widened(Match found, uint32_t row, uint32_t low, uint32_t high, const uint32_t* query) const {
  auto inside = [&](uint32_t at) { return begins(at, query, found.words, 1); };
  found.low = row - reach(row - low, [&](uint32_t distance) { return inside(row - distance); });
  found.high = row + reach(high - 1 - row, [&](uint32_t distance) { return inside(row + distance); }) + 1;
  return found;
}

Match Shard::longest(const uint32_t* query, uint32_t count) const {
  Match found{};
  uint32_t row = 0;
  if (count) search(query, count, 0, 1, &found, &row);
  return finished(found, row, query);
}

// The longest matches from words [from, to) of the query on, each with one row that has it. Several searches take their
// steps in turn: each step waits for memory twice, and these waits are asked for together.
void Shard::search(const uint32_t* query, uint32_t count, uint32_t from, uint32_t to, Match* found, uint32_t* row) const {
  struct State {
    uint32_t at, words, low, high, left, right, top, middle;
    uint64_t unit;
  } states[TOGETHER];
  uint32_t active = 0;
  for (uint32_t at = from; at < to; at++) {
    found[at] = {0, 0, 0}, row[at] = 0;
    uint32_t word = query[at];
    if (!word || word >= ends_.count()) continue;
    uint32_t bottom = first_[word], top = first_[uint64_t(word) + 1];
    if (bottom > top || top > rows_.count()) throw Damaged(0);
    if (bottom == top) continue;
    found[at] = {1, bottom, top}, row[at] = bottom;
    uint32_t words = uint32_t(std::find(query + at, query + count, 0u) - query) - at;
    if (words > 1) states[active++] = {at, words, bottom, top, 1, 1, top, 0, 0};
  }
  while (active) {
    for (uint32_t i = 0; i < active; i++) {
      State& s = states[i];
      s.middle = s.low + (s.high - s.low) / 2;
      rows_.expect(s.middle);
    }
    for (uint32_t i = 0; i < active; i++) {
      State& s = states[i];
      s.unit = rows_[s.middle];
      units_.expect(s.unit + std::min(s.left, s.right));
    }
    for (uint32_t i = 0; i < active;) {
      State& s = states[i];
      bool less;
      uint32_t shared = common(s.unit, query + s.at, s.words, std::min(s.left, s.right), &less);
      if (less) s.low = s.middle + 1, s.left = shared;
      else s.high = s.middle, s.right = shared;
      if (s.low < s.high) {
        i++;
        continue;
      }
      found[s.at].words = std::max(s.left, s.right);
      row[s.at] = s.right >= s.left && s.low < s.top ? s.low : s.low - 1;
      s = states[--active];
    }
  }
}

// A match with all rows that share it, if it was found by one of them; and a shorter one where all those were removed.
Match Shard::finished(Match found, uint32_t row, const uint32_t* query) const {
  if (found.words > 1) found = widened(found, row, found.low, found.high, query);
  return removed_.empty() || !found.words ? found : alive(found, query);
}

// The longest match that a document still there has: a shorter one where all that have the longest were removed.
Match Shard::alive(Match found, const uint32_t* query) const {
  uint32_t bottom = first_[query[0]], top = first_[uint64_t(query[0]) + 1];
  while (!any_living(found.low, found.high)) {
    uint32_t next = 0, row = 0;
    bool less;
    if (found.low > bottom) next = common(rows_[found.low - 1], query, found.words, 1, &less), row = found.low - 1;
    if (found.high < top)
      if (uint32_t above = common(rows_[found.high], query, found.words, 1, &less); above > next) next = above, row = found.high;
    if (!next) return {0, 0, 0};
    found = next > 1 ? widened({next, 0, 0}, row, bottom, top, query) : Match{1, bottom, top};
  }
  return found;
}

Match Shard::rows(const uint32_t* query, uint32_t count) const {
  Match found = longest(query, count);
  return found.words == count ? found : Match{0, 0, 0};
}

std::vector<Match> Shard::longest_everywhere(const uint32_t* query, uint32_t count, uint32_t least, bool parallel) const {
  std::vector<Match> found(count);
  std::vector<uint32_t> row(count);
  portioned(count, parallel, [&](uint32_t from, uint32_t to) { search(query, count, from, to, found.data(), row.data()); });
  if (removed_.empty() && least) {  // only rows of matches that are listed: long enough, and in no earlier one
    uint32_t end = 0;
    for (uint32_t at = 0; at < count; at++) {
      bool listed = found[at].words >= least && at + found[at].words > end;
      end = std::max(end, at + found[at].words);
      if (!listed) found[at].low = found[at].high = 0;
    }
  }
  portioned(count, parallel, [&](uint32_t from, uint32_t to) {
    for (uint32_t at = from; at < to; at++)
      if (found[at].low < found[at].high) found[at] = finished(found[at], row[at], query + at);
  });
  return found;
}

uint32_t Shard::document_of(uint32_t unit) const {
  uint64_t low = 0, high = starts_.count() - 1;  // the last entry is where the last document ends
  while (low + 1 < high) {
    uint64_t middle = (low + high) / 2;
    if (starts_[middle] <= unit) low = middle;
    else high = middle;
  }
  return uint32_t(low);
}

bool Shard::any_living(uint32_t low, uint32_t high) const {
  for (uint32_t row = low; row < high; row++)
    if (!removed(document_of(rows_[row]))) return true;
  return false;
}

uint64_t Shard::living(uint32_t low, uint32_t high) const {
  if (low > high || high > rows_.count()) throw std::invalid_argument("no such rows");
  if (removed_.empty()) return high - low;
  uint64_t count = 0;
  for (uint32_t row = low; row < high; row++) count += !removed(document_of(rows_[row]));
  return count;
}

std::vector<Hit> Shard::hits(const std::vector<Match>& matches, uint32_t most) const {
  std::vector<Hit> found;
  for (uint32_t span = 0; span < matches.size(); span++) {
    auto [words, low, high] = matches[span];
    if (low > high || high > rows_.count()) throw std::invalid_argument("no such rows");
    uint64_t rows = high - low, taken = removed_.empty() ? std::min<uint64_t>(rows, most) : rows;
    uint32_t left = most;
    for (uint64_t i = 0; i < taken && left; i++) {
      uint32_t unit = rows_[low + i * rows / taken], document = document_of(unit);
      if (removed(document)) continue;
      found.push_back({span, document, unit}), left--;
    }
  }
  return found;
}

void Shard::remove(const uint8_t* bitmap, size_t bytes) {
  if (bytes != (starts_.count() - 1 + 7) / 8) throw std::invalid_argument("there is not one bit for each document");
  removed_.assign(bitmap, bitmap + bytes);
  if (std::all_of(removed_.begin(), removed_.end(), [](uint8_t byte) { return !byte; })) removed_.clear();
}

}  // namespace assay
