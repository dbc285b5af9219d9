// What one streaming pass over a tensor learns. Bytes come in any portions; they are worked on in pieces whose borders
// depend on the shape alone, so that the result does not depend on how the bytes arrived.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "tally.hpp"

namespace assay {

constexpr size_t CODES = 65536, BINS = 48, SHOWN = 64, GROUPS = 32, MEMBERS = 16, TOP = 8, LINE = 64;
constexpr uint64_t WINDOW = 1 << 20;  // values below which a window has no power to find a payload
constexpr int WINDOWS = 16;
constexpr int DEPTHS[3] = {1, 2, 4};  // low bits that are tested for a payload
constexpr double QUANTILES[7] = {0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999};

struct LowBits {  // how uneven the codes are inside groups of 2^bits; see assay.kernels.reference
  uint64_t first, values;
  double seen[3], expected[3], noise[3];
};

struct Rows {
  uint64_t count = 0, dead = 0, constant = 0, duplicate = 0;
  std::vector<uint64_t> dead_shown, constant_shown;
  std::vector<std::vector<uint64_t>> groups;
  std::vector<std::pair<uint64_t, double>> top;
  double median = 0;
};

struct Result {
  Classes classes{};
  double sums[4]{}, minimum = 0, maximum = 0, quantiles[7]{}, from = 0, to = 0;
  uint64_t distinct = 0, narrow[2]{}, not_finite_scales = 0, zero_scales = 0, bins[BINS]{}, lowest[256]{};
  bool values = false;
  Rows rows, columns;
  std::vector<LowBits> windows;
  std::vector<std::pair<uint32_t, uint64_t>> histogram;
};

class Summary {
 public:
  Summary(const Kernels& kernels, int type, uint64_t count, uint64_t columns, const float* table, const int8_t* grid);
  // the bytes of the tensor, in any portions; `digest` takes the same ones
  void feed(const uint8_t* bytes, size_t size, Digest* digest = nullptr);
  // the same in two parts, each of which sees all bytes, and which two threads may do at once: codes are counted while
  // `digest` takes the bytes; and all else
  void count(const uint8_t* bytes, size_t size, Digest* digest);
  void measure(const uint8_t* bytes, size_t size);
  Result finish();
  bool complete() const { return counted_.done == count_ && measured_.done == count_; }

 private:
  struct Part {  // how far it is
    uint64_t done = 0;
    std::vector<uint8_t> carry{};
  };
  template <class Work>
  void pieces(Part& part, const uint8_t* bytes, size_t size, Digest* digest, Work work);
  void codes(const uint8_t* bytes, size_t count, Digest* digest);
  void values(const uint8_t* bytes, size_t count, Digest* digest);
  void tally(const Tally& what, const uint8_t* bytes, size_t size, Digest* digest) const;
  void add_to_window(size_t count);
  void add_row(const Row& row, size_t count, uint64_t hash);
  void end_row();
  void flush_columns();
  void close_window();
  template <class Count>
  LowBits low_bits(const std::vector<Count>& codes, uint64_t first, uint64_t values) const;
  double value(uint32_t code) const;
  void describe(Result& out) const;
  void describe_rows(Result& out);

  const Kernels& k_;
  int type_;
  uint64_t count_, columns_, window_target_, window_at_ = 0, window_count_ = 0;
  bool rows_, made_;  // made: what is counted are values, not codes of the file
  const float* table_;
  const int8_t* grid_;
  size_t codes_, each_, size_;
  Part counted_, measured_;
  std::vector<uint32_t> window_;
  std::vector<size_t> used_;
  std::vector<uint64_t> total_;
  uint32_t lowest_[256]{};
  uint64_t lowest_total_[256]{}, narrow_[2]{}, not_finite_scales_ = 0, zero_scales_ = 0;
  std::vector<float> values_, column_;
  std::vector<double> column_total_;
  Sums sums_{};
  Classes classes_{};
  double row_energy_ = 0;
  float row_low_, row_high_, low_, high_;
  uint64_t row_hash_ = 0, column_rows_ = 0, row_at_ = 0;
  std::vector<float> energies_;
  std::vector<std::pair<uint64_t, uint64_t>> hashes_;
  Rows found_;
  std::vector<LowBits> windows_;
};

}  // namespace assay
