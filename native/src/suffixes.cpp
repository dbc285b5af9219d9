// SA-IS: Nong, Zhang and Chan, "Two Efficient Algorithms for Linear Time Suffix Array Construction", IEEE Transactions
// on Computers 60(10), 2011. A suffix is S-type if it is smaller than the one that starts a symbol later, else L-type;
// an S-type suffix behind an L-type one is LMS. The order of the LMS suffixes induces that of all others.
#include "suffixes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {
namespace {

constexpr int32_t NONE = -1;
constexpr int32_t AHEAD = 24;  // rows between asking for memory and using it

class Sorter {
 public:
  Sorter(const int32_t* text, int32_t* rows, int32_t count, int32_t alphabet)
      : text_(text), rows_(rows), count_(count), first_(size_t(alphabet) + 1), next_(size_t(alphabet)),
        smaller_(size_t(count) / 64 + 1) {
    find_types();
    count_symbols();
  }

  void sort() {
    scatter_unsorted();
    induce();
    int32_t marked = gather();
    int32_t names = name(marked);
    if (names < marked) order_by_recursion(marked, names);
    scatter_sorted(marked);
    induce();
  }

 private:
  bool s_type(int32_t at) const { return smaller_[size_t(at) >> 6] >> (at & 63) & 1; }
  bool lms(int32_t at) const { return at > 0 && s_type(at) && !s_type(at - 1); }

  void find_types() {
    bool s = false;  // the last suffix is larger than the empty one
    for (int32_t i = count_ - 2; i >= 0; i--) {
      s = text_[i] < text_[i + 1] || (text_[i] == text_[i + 1] && s);
      if (s) smaller_[size_t(i) >> 6] |= uint64_t(1) << (i & 63);
    }
  }

  void count_symbols() {
    for (int32_t i = 0; i < count_; i++) first_[size_t(text_[i]) + 1]++;
    for (size_t c = 1; c < first_.size(); c++) first_[c] += first_[c - 1];
  }

  void at_starts() { std::copy(first_.begin(), first_.end() - 1, next_.begin()); }
  void at_ends() { std::copy(first_.begin() + 1, first_.end(), next_.begin()); }

  void scatter_unsorted() {
    std::fill(rows_, rows_ + count_, NONE);
    at_ends();
    for (int32_t i = 1; i < count_; i++)
      if (lms(i)) rows_[--next_[size_t(text_[i])]] = i;
  }

  void scatter_sorted(int32_t marked) {
    std::fill(rows_ + marked, rows_ + count_, NONE);
    at_ends();
    for (int32_t i = marked - 1; i >= 0; i--) {
      int32_t at = rows_[i];
      rows_[i] = NONE;
      rows_[--next_[size_t(text_[at])]] = at;
    }
  }

  void expect(int32_t far, int32_t near) const {  // the two reads that each step depends on, asked for beforehand
    if (far > 0) __builtin_prefetch(text_ + far - 1);
    if (near > 0) __builtin_prefetch(rows_ + next_[size_t(text_[near - 1])], 1);
  }

  void induce() {
    at_starts();
    rows_[next_[size_t(text_[count_ - 1])]++] = count_ - 1;
    for (int32_t i = 0; i < count_; i++) {
      if (i + 2 * AHEAD < count_) expect(rows_[i + 2 * AHEAD], rows_[i + AHEAD]);
      int32_t at = rows_[i];
      if (at > 0 && text_[at - 1] >= text_[at]) rows_[next_[size_t(text_[at - 1])]++] = at - 1;
    }
    at_ends();
    for (int32_t i = count_ - 1; i >= 0; i--) {
      if (i >= 2 * AHEAD) expect(rows_[i - 2 * AHEAD], rows_[i - AHEAD]);
      int32_t at = rows_[i];
      if (at > 0 && text_[at - 1] <= text_[at] && s_type(at - 1)) rows_[--next_[size_t(text_[at - 1])]] = at - 1;
    }
  }

  int32_t gather() {  // LMS suffixes, in the order found, to the front
    int32_t marked = 0;
    for (int32_t i = 0; i < count_; i++)
      if (lms(rows_[i])) rows_[marked++] = rows_[i];
    return marked;
  }

  // Equal LMS substrings get equal names, in their order; names lie in text order at the end of the rows.
  int32_t name(int32_t marked) {
    int32_t* slot = rows_ + marked;  // LMS suffixes are two apart at least, so half a position is a slot of its own
    std::fill(slot, rows_ + count_, NONE);
    int32_t later = count_;
    for (int32_t i = count_ - 1; i > 0; i--)
      if (lms(i)) slot[i >> 1] = later - i, later = i;
    int32_t names = 0, before = NONE, length_before = 0;
    for (int32_t i = 0; i < marked; i++) {
      int32_t at = rows_[i], length = slot[at >> 1];
      bool same = before != NONE && length == length_before && at + length < count_ && before + length < count_ &&
                  std::equal(text_ + at, text_ + at + length + 1, text_ + before);
      if (!same) names++;
      slot[at >> 1] = names - 1;
      before = at, length_before = length;
    }
    for (int32_t i = count_ - 1, to = count_; i >= marked; i--)
      if (rows_[i] != NONE) rows_[--to] = rows_[i];
    return names;
  }

  void order_by_recursion(int32_t marked, int32_t names) {
    int32_t* reduced = rows_ + count_ - marked;
    Sorter(reduced, rows_, marked, names).sort();
    for (int32_t i = 1, to = 0; i < count_; i++)
      if (lms(i)) reduced[to++] = i;
    for (int32_t i = 0; i < marked; i++) rows_[i] = reduced[rows_[i]];
  }

  const int32_t* text_;
  int32_t* rows_;
  int32_t count_;
  std::vector<int32_t> first_, next_;
  std::vector<uint64_t> smaller_;
};

}  // namespace

void sort_suffixes(const int32_t* text, int32_t* rows, int32_t count, int32_t alphabet) {
  if (count > 0) Sorter(text, rows, count, alphabet).sort();
}

}  // namespace assay
