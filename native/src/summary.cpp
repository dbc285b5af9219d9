#include "summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "tally.hpp"

namespace assay {

static const struct { int type, elements, bytes; } BLOCKS[] = {
    {2, 32, 18}, {3, 32, 20}, {6, 32, 22}, {7, 32, 24}, {8, 32, 34}, {10, 256, 84}, {11, 256, 110}, {12, 256, 144},
    {13, 256, 176}, {14, 256, 210}, {15, 256, 292}, {16, 256, 66}, {17, 256, 74}, {18, 256, 98}, {19, 256, 50},
    {20, 32, 18}, {21, 256, 110}, {22, 256, 82}, {23, 256, 136}, {29, 256, 56}, {34, 256, 54}, {35, 256, 66},
    {39, 32, 17}, {40, 64, 36}, {41, 128, 18},
};

size_t block_elements(int type) {
  for (auto& b : BLOCKS)
    if (b.type + GGML == type) return b.elements;
  return type >= F64 && type <= BYTES ? 1 : 0;
}

size_t block_bytes(int type) {
  for (auto& b : BLOCKS)
    if (b.type + GGML == type) return b.bytes;
  const size_t plain[] = {8, 4, 2, 2, 1, 1};
  return type >= F64 && type <= BYTES ? plain[type] : 0;
}

constexpr float INF = std::numeric_limits<float>::infinity();

Summary::Summary(const Kernels& kernels, int type, uint64_t count, uint64_t columns, const float* table,
                 const int8_t* grid)
    : k_(kernels), type_(type), count_(count), columns_(columns), rows_(columns > 0), table_(table), grid_(grid) {
  codes_ = type == CODE8 || type == BYTES ? 256 : CODES;
  each_ = block_elements(type);
  size_ = block_bytes(type);
  made_ = type == F64 || type >= GGML;
  window_target_ = std::min<uint64_t>(std::max<uint64_t>(WINDOW, (count + WINDOWS - 1) / WINDOWS), uint64_t(1) << 31);
  window_.assign(codes_, 0);
  total_.assign(codes_, 0);
  values_.assign(PIECE, 0);
  column_.assign(rows_ ? columns : PIECE, 0);
  if (rows_) {
    column_total_.assign(columns, 0);
    energies_.reserve(count / columns);
    hashes_.reserve(count / columns);
  }
  row_low_ = low_ = INF;
  row_high_ = high_ = -INF;
}

// Calls work(bytes, count, digest) for each whole piece, whose borders depend on the shape alone.
template <class Work>
void Summary::pieces(Part& part, const uint8_t* bytes, size_t size, Digest* digest, Work work) {
  while (size && part.done < count_) {
    uint64_t left = rows_ ? columns_ - part.done % columns_ : count_ - part.done;
    size_t count = std::min<uint64_t>(left, PIECE), need = count / each_ * size_;
    if (part.carry.empty() && size >= need) {
      work(bytes, count, digest);
      part.done += count;
      bytes += need, size -= need;
      continue;
    }
    size_t take = std::min(need - part.carry.size(), size);
    if (digest) digest->update(bytes, take);
    part.carry.insert(part.carry.end(), bytes, bytes + take);
    bytes += take, size -= take;
    if (part.carry.size() == need) {
      work(part.carry.data(), count, nullptr);
      part.done += count;
      part.carry.clear();
    }
  }
  if (size && digest) digest->update(bytes, size);
}

void Summary::feed(const uint8_t* bytes, size_t size, Digest* digest) {
  pieces(measured_, bytes, size, digest, [this](const uint8_t* at, size_t count, Digest* taking) {
    values(at, count, taking);
    if (!made_) codes(at, count, taking);
  });
  counted_.done = measured_.done;
}

void Summary::count(const uint8_t* bytes, size_t size, Digest* digest) {
  if (made_) {
    counted_.done = count_;
    if (digest) digest->update(bytes, size);
    return;
  }
  pieces(counted_, bytes, size, digest,
         [this](const uint8_t* at, size_t count, Digest* taking) { codes(at, count, taking); });
}

void Summary::measure(const uint8_t* bytes, size_t size) {
  pieces(measured_, bytes, size, nullptr, [this](const uint8_t* at, size_t count, Digest*) { values(at, count, nullptr); });
}

void Summary::tally(const Tally& what, const uint8_t* bytes, size_t size, Digest* digest) const {
  if (digest) digest->update(bytes, size, what);
  else k_.tally(what);
}

// What is counted of the codes as they lie in the file.
void Summary::codes(const uint8_t* bytes, size_t count, Digest* digest) {
  Tally::Of of = codes_ == 256 ? Tally::CODES8 : type_ == F32 ? Tally::FLOATS : Tally::CODES16;
  tally({of, bytes, count, window_.data(), lowest_}, bytes, count / each_ * size_, digest);
  add_to_window(count);
}

void Summary::add_to_window(size_t count) {
  window_count_ += count;
  if (window_count_ >= window_target_ || window_at_ + window_count_ == count_) close_window();
}

// All else. Nothing here touches what `codes` does, unless it is values that are counted.
void Summary::values(const uint8_t* bytes, size_t count, Digest* digest) {
  if (type_ == BYTES) return;
  Row row;
  float *v = values_.data(), *columns = column_.data() + (rows_ ? row_at_ : 0);
  if (type_ == BF16) {
    uint64_t hash = k_.pass_bf16(bytes, count, &row, columns, row_hash_);
    add_row(row, count, hash);
    return;
  }
  size_t size = count / each_ * size_;
  k_.widen(type_, bytes, count, v, table_, grid_);
  if (made_) {
    tally({Tally::MADE, reinterpret_cast<const uint8_t*>(v), count, window_.data(), nullptr}, bytes, size, digest);
    add_to_window(count);
    if (type_ >= GGML) k_.scales(type_, bytes, count / each_, &not_finite_scales_, &zero_scales_);
  }
  if (type_ == F32) k_.narrow(bytes, count, narrow_);
  if (codes_ == CODES && type_ != F16) {
    k_.classes(v, count, &classes_);
    if (type_ == F64) k_.moments64(bytes, count, &sums_);
    else k_.moments(v, count, &sums_);
  }
  k_.row(v, count, &row, columns);
  add_row(row, count, rows_ ? k_.hash(bytes, size, row_hash_) : 0);
}

void Summary::add_row(const Row& row, size_t count, uint64_t hash) {
  for (int l = 0; l < LANES; l++) {
    row_energy_ += row.energy[l];
    row_low_ = std::min(row_low_, row.low[l]);
    row_high_ = std::max(row_high_, row.high[l]);
  }
  if (rows_) {
    row_hash_ = hash;
    row_at_ += count;
    if (row_at_ == columns_) end_row();
  } else {
    low_ = std::min(low_, row_low_), high_ = std::max(high_, row_high_);
  }
}

void Summary::end_row() {
  uint64_t row = energies_.size();
  float energy = float(row_energy_);
  bool nan = energy != energy;
  if (!nan && row_low_ == 0 && row_high_ == 0) {
    found_.dead++;
    if (found_.dead_shown.size() < SHOWN) found_.dead_shown.push_back(row);
  } else {
    if (!nan && row_low_ == row_high_) {
      found_.constant++;
      if (found_.constant_shown.size() < SHOWN) found_.constant_shown.push_back(row);
    }
    hashes_.emplace_back(row_hash_, row);
  }
  energies_.push_back(energy);
  low_ = std::min(low_, row_low_), high_ = std::max(high_, row_high_);
  row_energy_ = 0, row_low_ = INF, row_high_ = -INF, row_hash_ = 0, row_at_ = 0;
  if (++column_rows_ % 256 == 0) flush_columns();
}

void Summary::flush_columns() {
  for (uint64_t c = 0; c < columns_; c++) column_total_[c] += column_[c], column_[c] = 0;
}

// Most of the 65,536 codes never occur, and a window is closed often: empty lines of the histogram are passed over.
void Summary::close_window() {
  used_.clear();
  for (size_t line = 0; line < codes_; line += LINE) {
    uint32_t any = 0;
    for (size_t c = line; c < line + LINE; c++) any |= window_[c];
    if (any) used_.push_back(line);
  }
  if ((type_ == F16 || type_ == BF16) && window_count_ >= WINDOW) windows_.push_back(low_bits(window_, window_at_, window_count_));
  for (size_t line : used_)
    for (size_t c = line; c < line + LINE; c++) total_[c] += window_[c], window_[c] = 0;
  for (int c = 0; c < 256; c++) lowest_total_[c] += lowest_[c], lowest_[c] = 0;
  window_at_ += window_count_, window_count_ = 0;
}

template <class Count>
static double counted(const Count* codes, size_t many) {
  uint64_t sum = 0;
  for (size_t j = 0; j < many; j++) sum += codes[j];
  return double(sum);
}

// what a slope between two groups `apart` groups from the middle one makes of chi-square there, less what chance makes
static double unevenness(double up, double down, double apart, double m, double mean) {
  double step = up - down, slope = (step * step - (up + down)) / (4 * apart * apart * (m * m) * (m * m));
  return slope * ((m * m * m - m) / 12) / mean;
}

template <class Count>
LowBits Summary::low_bits(const std::vector<Count>& codes, uint64_t first, uint64_t values) const {
  LowBits out{};
  out.first = first, out.values = values;
  size_t mantissa = type_ == BF16 ? 128 : 1024;
  for (int depth = 0; depth < 3; depth++) {
    size_t m = size_t(1) << DEPTHS[depth];
    double freedom = double(m - 1);
    for (size_t line : used_)
      for (size_t at = line; at < line + LINE; at += m) {
        const Count* here = &codes[at];
        size_t place = at & (mantissa - 1);
        if (place < 2 * m || place > mantissa - 3 * m) continue;  // a neighbour lies in another binade
        double sum = counted(here, m);
        if (sum < double(16 * m)) continue;
        double mean = sum / double(m), chi = 0;
        for (size_t j = 0; j < m; j++) {
          double off = double(here[j]) - mean;
          chi += off * off;
        }
        double weight = unevenness(counted(here + 2 * m, m), counted(here - 2 * m, m), 2, double(m), mean);
        if (!(weight > 0)) continue;
        out.seen[depth] += weight * (chi / mean - freedom);
        out.expected[depth] += weight * unevenness(counted(here + m, m), counted(here - m, m), 1, double(m), mean);
        out.noise[depth] += weight * weight * (2 * freedom);
      }
  }
  return out;
}

static float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

// what a code of the histogram stands for; where it is the upper half of an f32, the middle of what it covers
double Summary::value(uint32_t code) const {
  if (codes_ == 256) return table_[code];
  if (type_ == BF16) return from_bits(code << 16);
  if (type_ != F16) return from_bits(code << 16 | ((code & 0x7f80) == 0x7f80 || !(code & 0x7fff) ? 0 : 0x8000));
  float out;
  uint8_t bytes[2] = {uint8_t(code), uint8_t(code >> 8)};
  k_.widen(F16, bytes, 1, &out, nullptr, nullptr);
  return out;
}

Result Summary::finish() {
  Result out;
  if (windows_.size() > 1) {  // the whole tensor as one more test: it sees less payload, spread thin
    used_.clear();
    for (size_t line = 0; line < codes_; line += LINE)
      if (counted(&total_[line], LINE) > 0) used_.push_back(line);
    windows_.push_back(low_bits(total_, 0, count_));
  }
  for (uint32_t c = 0; c < codes_; c++)
    if (total_[c]) out.histogram.emplace_back(c, total_[c]);
  out.distinct = out.histogram.size();
  std::copy(lowest_total_, lowest_total_ + 256, out.lowest);
  std::copy(narrow_, narrow_ + 2, out.narrow);
  out.not_finite_scales = not_finite_scales_, out.zero_scales = zero_scales_;
  out.windows = windows_;
  out.classes = classes_;
  if (type_ == BYTES) return out;
  out.values = true;
  if (codes_ == 256 || type_ == F16 || type_ == BF16) {
    for (auto& [code, n] : out.histogram) {
      double v = value(code), c = double(n), square = v * v;
      if (v != v) { out.classes.nan += n; continue; }
      if (v - v != 0) { (v > 0 ? out.classes.positive_infinity : out.classes.negative_infinity) += n; continue; }
      if (v == 0) out.classes.zero += n;
      bool small = type_ == BF16 ? !(code & 0x7f80) : type_ == F16 ? !(code & 0x7c00) : false;
      if (small && v != 0) out.classes.subnormal += n;
      out.sums[0] += c * v, out.sums[1] += c * square, out.sums[2] += c * (square * v), out.sums[3] += c * (square * square);
    }
  } else {
    const double* lanes[4] = {sums_.first, sums_.second, sums_.third, sums_.fourth};
    for (int k = 0; k < 4; k++)
      for (int l = 0; l < LANES; l++) out.sums[k] += lanes[k][l];
  }
  out.minimum = low_, out.maximum = high_;
  describe(out);
  if (rows_) describe_rows(out);
  return out;
}

// quantiles and a picture of the distribution, from the histogram in the order of values
void Summary::describe(Result& out) const {
  std::vector<std::pair<double, uint64_t>> sorted;
  uint64_t finite = 0;
  for (auto& [code, n] : out.histogram) {
    double v = value(code);
    if (v - v == 0) sorted.emplace_back(v, n), finite += n;
  }
  if (!finite) return;
  std::stable_sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) { return a.first < b.first; });
  uint64_t seen = 0;
  int next = 0;
  for (auto& [v, n] : sorted) {
    seen += n;
    while (next < 7 && double(seen) >= QUANTILES[next] * double(finite)) out.quantiles[next++] = v;
  }
  double margin = (out.quantiles[6] - out.quantiles[0]) * 0.125;
  out.from = out.quantiles[0] - margin, out.to = out.quantiles[6] + margin;
  double width = (out.to - out.from) / BINS;
  for (auto& [v, n] : sorted) {
    double bin = width > 0 ? std::floor((v - out.from) / width) : 0;
    out.bins[size_t(std::min(std::max(bin, 0.0), double(BINS - 1)))] += n;
  }
}

// median, and the largest with their places; ties go to the earlier place, NaN to the end
template <class T>
static void largest(const std::vector<T>& energies, Rows& out) {
  std::vector<std::pair<double, uint64_t>> order;
  order.reserve(energies.size());
  for (uint64_t i = 0; i < energies.size(); i++)
    order.emplace_back(energies[i] == energies[i] ? -double(energies[i]) : double(INF), i);
  out.count = order.size();
  if (order.empty()) return;
  size_t shown = std::min(TOP, order.size());
  std::partial_sort(order.begin(), order.begin() + shown, order.end());
  for (size_t i = 0; i < shown; i++) out.top.emplace_back(order[i].second, double(energies[order[i].second]));
  std::nth_element(order.begin(), order.begin() + order.size() / 2, order.end());
  out.median = -order[order.size() / 2].first;
}

void Summary::describe_rows(Result& out) {
  flush_columns();
  out.rows = found_;
  largest(energies_, out.rows);
  largest(column_total_, out.columns);
  std::sort(hashes_.begin(), hashes_.end());
  std::vector<std::vector<uint64_t>> groups;
  for (size_t i = 0; i < hashes_.size();) {
    size_t j = i + 1;
    while (j < hashes_.size() && hashes_[j].first == hashes_[i].first) j++;
    if (j - i > 1) {
      out.rows.duplicate += j - i;
      groups.emplace_back();
      for (size_t m = i; m < j && m < i + MEMBERS; m++) groups.back().push_back(hashes_[m].second);
    }
    i = j;
  }
  std::sort(groups.begin(), groups.end());
  if (groups.size() > GROUPS) groups.resize(GROUPS);
  out.rows.groups = groups;
}

}  // namespace assay
