// Bindings: every argument is measured here, before a kernel sees a pointer. The interpreter lock is released while
// kernels run, so that files can be read on several threads.
#include <nanobind/nanobind.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#if ASSAY_X86
#include <cpuid.h>
#endif

#include "buffer.hpp"
#include "kernels.hpp"
#include "related.hpp"
#include "sha256.hpp"
#include "summary.hpp"

#define DECLARE(level) \
  namespace assay { namespace level { extern const Kernels kernels; } }
#if ASSAY_X86
DECLARE(x86_64_v2) DECLARE(x86_64_v3) DECLARE(x86_64_v4)
#else
DECLARE(portable)
#endif

namespace assay {

void bind_corpus(nb::module_& m);  // corpus.cpp

#if ASSAY_X86
// The highest x86-64 level of which the CPU has the instructions and the system keeps the registers: 2, 3, 4 (Intel's
// Software Developer's Manual, volume 2, CPUID leaves 1 and 7, and XGETBV). Not __builtin_cpu_supports, which says no
// to all where the compiler's runtime library has no table of the CPU, as that of zig.
static int x86_level() {
  unsigned a, b, c, d, features, low, high;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 2;
  const bool kept = c >> 27 & 1, fma = c >> 12 & 1;
  if (!kept || !__get_cpuid_count(7, 0, &a, &features, &c, &d)) return 2;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  const auto has = [&](std::initializer_list<int> bits) {
    for (int bit : bits)
      if (!(features >> bit & 1)) return false;
    return true;
  };
  const bool v3 = (low & 0x6) == 0x6 && fma && has({5, 8});              // AVX2, BMI2
  const bool v4 = v3 && (low & 0xe0) == 0xe0 && has({16, 17, 28, 30, 31});  // AVX-512 F, DQ, CD, BW, VL
  return v4 ? 4 : v3 ? 3 : 2;
}
#endif

static const Kernels* at_most(const std::string& wanted) {
#if ASSAY_X86
  static const int level = x86_level();
  const bool v4 = level >= 4, v3 = level >= 3;
  if (v4 && (wanted.empty() || wanted == "x86_64_v4")) return &x86_64_v4::kernels;
  if (v3 && (wanted.empty() || wanted == "x86_64_v3")) return &x86_64_v3::kernels;
  if (wanted.empty() || wanted == "x86_64_v2") return &x86_64_v2::kernels;
#else
  if (wanted.empty() || wanted == "portable") return &portable::kernels;
#endif
  throw std::invalid_argument("this machine has no instruction-set level " + wanted);
}

static const Kernels* chosen = nullptr;

static size_t blocks_for(int type, uint64_t count) {
  size_t each = block_elements(type);
  if (!each || count % each) throw std::invalid_argument("unknown type, or values that are no whole blocks");
  return count / each;
}

// rows of the grids that a type indexes: ggml-common.h
static size_t grid_bytes(int type) {
  switch (type - GGML) {
    case 16: return 256 * 8;
    case 17: return 512 * 8;
    case 22: return 1024 * 8;
    case 18: return 256 * 4;
    case 21: return 512 * 4;
    case 19: case 29: return 2048 * 8;
    default: return 0;
  }
}

static void check_tables(int type, size_t table, size_t grid) {
  if (type == CODE8 && table != 1024) throw std::invalid_argument("an 8-bit type needs a table of 256 f32");
  if (type >= GGML && grid < grid_bytes(type)) throw std::invalid_argument("the grid of this type is too short");
}

static nb::object array(const void* data, size_t bytes) { return nb::bytes(data, bytes); }

template <class T>
static nb::tuple list(const std::vector<T>& values) {
  nb::list out;
  for (auto& value : values) out.append(value);
  return nb::tuple(out);
}

static nb::dict rows_dict(const Rows& rows) {
  nb::list groups, top;
  for (auto& group : rows.groups) groups.append(list(group));
  for (auto& [row, energy] : rows.top) top.append(nb::make_tuple(row, energy));
  nb::dict out;
  out["count"] = rows.count, out["dead"] = rows.dead, out["constant"] = rows.constant;
  out["duplicate"] = rows.duplicate, out["dead_shown"] = list(rows.dead_shown);
  out["constant_shown"] = list(rows.constant_shown), out["groups"] = nb::tuple(groups);
  out["top"] = nb::tuple(top), out["median"] = rows.median;
  return out;
}

static nb::dict result_dict(const Result& r) {
  nb::dict out;
  nb::list windows;
  for (auto& w : r.windows)
    windows.append(nb::make_tuple(w.first, w.values, nb::make_tuple(w.seen[0], w.seen[1], w.seen[2]),
                                  nb::make_tuple(w.expected[0], w.expected[1], w.expected[2]),
                                  nb::make_tuple(w.noise[0], w.noise[1], w.noise[2])));
  std::vector<uint16_t> codes;
  std::vector<uint64_t> counts;
  for (auto& [code, n] : r.histogram) codes.push_back(uint16_t(code)), counts.push_back(n);
  out["nan"] = r.classes.nan, out["positive_infinity"] = r.classes.positive_infinity;
  out["negative_infinity"] = r.classes.negative_infinity, out["zero"] = r.classes.zero;
  out["subnormal"] = r.classes.subnormal;
  out["sums"] = nb::make_tuple(r.sums[0], r.sums[1], r.sums[2], r.sums[3]);
  out["minimum"] = r.minimum, out["maximum"] = r.maximum, out["distinct"] = r.distinct;
  out["narrow"] = nb::make_tuple(r.narrow[0], r.narrow[1]);
  out["scales"] = nb::make_tuple(r.not_finite_scales, r.zero_scales);
  out["quantiles"] = list(std::vector<double>(r.quantiles, r.quantiles + 7));
  out["bins"] = list(std::vector<uint64_t>(r.bins, r.bins + BINS));
  out["range"] = nb::make_tuple(r.from, r.to);
  out["lowest"] = list(std::vector<uint64_t>(r.lowest, r.lowest + 256));
  out["codes"] = array(codes.data(), 2 * codes.size()), out["counts"] = array(counts.data(), 8 * counts.size());
  out["rows"] = rows_dict(r.rows), out["columns"] = rows_dict(r.columns), out["windows"] = nb::tuple(windows);
  out["valued"] = r.values;
  return out;
}

struct BoundSha256 {
  std::unique_ptr<Sha256> digest;
  void update(nb::handle bytes) {
    Buffer buffer(bytes);
    nb::gil_scoped_release unlocked;
    digest->update(buffer.data(), buffer.size());
  }
};

static nb::object hashing() {
  auto digest = sha256();
  return digest ? nb::cast(new BoundSha256{std::move(digest)}, nb::rv_policy::take_ownership) : nb::none();
}

class Bound {  // a Summary with the tables it points into
 public:
  Bound(int type, uint64_t count, uint64_t columns, nb::bytes table, nb::bytes grid)
      : table_(std::move(table)), grid_(std::move(grid)),
        summary_((check(type, count, columns), *chosen), type, count, columns,
                 reinterpret_cast<const float*>(table_.c_str()), reinterpret_cast<const int8_t*>(grid_.c_str())) {}
  void feed(nb::handle bytes, BoundSha256* digest) {
    Buffer buffer(bytes);
    nb::gil_scoped_release unlocked;
    summary_.feed(buffer.data(), buffer.size(), digest ? digest->digest.get() : nullptr);
  }
  void count(nb::handle bytes, BoundSha256* digest) {
    Buffer buffer(bytes);
    nb::gil_scoped_release unlocked;
    summary_.count(buffer.data(), buffer.size(), digest ? digest->digest.get() : nullptr);
  }
  void measure(nb::handle bytes) {
    Buffer buffer(bytes);
    nb::gil_scoped_release unlocked;
    summary_.measure(buffer.data(), buffer.size());
  }
  nb::dict finish() {
    if (!summary_.complete()) throw std::invalid_argument("fewer bytes than the tensor has were fed");
    Result result;
    {
      nb::gil_scoped_release unlocked;
      result = summary_.finish();
    }
    return result_dict(result);
  }

 private:
  void check(int type, uint64_t count, uint64_t columns) {
    blocks_for(type, count);
    check_tables(type, table_.size(), grid_.size());
    if (columns && (count % columns || columns % block_elements(type) || columns > (1u << 20)))
      throw std::invalid_argument("columns do not divide the values into rows that can be summarised");
  }
  nb::bytes table_, grid_;
  Summary summary_;
};

static void widen(int type, nb::handle source, nb::handle values, nb::bytes table, nb::bytes grid) {
  Buffer from(source), to(values, true);
  size_t count = to.size() / 4, blocks = blocks_for(type, count);
  check_tables(type, table.size(), grid.size());
  if (type == BYTES || to.size() % 4 || from.size() != blocks * block_bytes(type))
    throw std::invalid_argument("source and values differ in length");
  nb::gil_scoped_release unlocked;
  chosen->widen(type, from.data(), count, to.as<float>(), reinterpret_cast<const float*>(table.c_str()),
                reinterpret_cast<const int8_t*>(grid.c_str()));
}

static nb::tuple difference(nb::handle left, nb::handle right, nb::object change) {
  Buffer a(left), b(right);
  if (a.size() != b.size() || a.size() % 4) throw std::invalid_argument("left and right differ in length");
  std::unique_ptr<Buffer> d;
  if (!change.is_none()) {
    d = std::make_unique<Buffer>(change, true);
    if (d->size() != a.size()) throw std::invalid_argument("change differs in length");
  }
  Difference out{};
  {
    nb::gil_scoped_release unlocked;
    size_t count = a.size() / 4;
    for (size_t i = 0; i < count; i += PIECE)  // f32 sums over a piece, f64 beyond
      chosen->difference(a.as<float>() + i, b.as<float>() + i, std::min(PIECE, count - i), &out,
                         d ? d->as<float>() + i : nullptr);
  }
  return nb::make_tuple(out.dot, out.left, out.right, out.change, out.largest, out.changed);
}

static nb::object correlated(int type, nb::handle source, size_t rows, size_t columns, size_t most, nb::bytes table,
                             nb::bytes grid) {
  Buffer from(source);
  size_t taken = std::min(columns, most);
  if (!rows || rows > 1024 || !taken || taken > (1u << 20)) throw std::invalid_argument("rows or columns out of range");
  size_t step = blocks_for(type, columns) * block_bytes(type), blocks = blocks_for(type, taken);
  check_tables(type, table.size(), grid.size());
  if (type == BYTES || !blocks || from.size() / rows != step || from.size() % rows)
    throw std::invalid_argument("source and values differ in length");
  Related out;
  bool known;
  {
    nb::gil_scoped_release unlocked;
    std::vector<float> values(rows * taken);
    for (size_t r = 0; r < rows; r++)
      chosen->widen(type, from.data() + r * step, taken, &values[r * taken],
                    reinterpret_cast<const float*>(table.c_str()), reinterpret_cast<const int8_t*>(grid.c_str()));
    known = related(*chosen, values.data(), rows, taken, &out);
  }
  if (!known) return nb::none();
  return nb::make_tuple(out.mean, out.square, out.row_spread, out.column_spread, out.correlation, out.largest);
}

}  // namespace assay

NB_MODULE(_core, m) {
  using namespace assay;
  // a command ends without looking for garbage once more, and what it still holds then goes with its process
  nb::set_leak_warnings(false);
  chosen = at_most("");
  m.doc() = "Native kernels of assay. The contract is assay.kernels.reference; see the README of openassay-native.";
  m.def("level", [] { return std::string(chosen->name); }, "The instruction-set level in use, such as x86_64_v4.");
  m.def("use", [](const std::string& level) { chosen = at_most(level); }, "level"_a,
        "Use another level (for tests and benchmarks); ValueError if the CPU lacks it.");
  m.def("widen", &widen, "type"_a, "source"_a, "values"_a, "table"_a = nb::bytes("", 0), "grid"_a = nb::bytes("", 0),
        "Write the values of `source` into `values`, a writable float32 buffer.");
  m.def("difference", &difference, "left"_a, "right"_a, "change"_a = nb::none(),
        "(dot, |left|^2, |right|^2, |right-left|^2, largest change, values changed) of two float32 buffers.");
  m.def("correlated", &correlated, "type"_a, "source"_a, "rows"_a, "columns"_a, "most"_a, "table"_a = nb::bytes("", 0),
        "grid"_a = nb::bytes("", 0),
        "(mean, mean square, spread of row energies, of column energies, sum of squared correlations of rows, greatest "
        "eigenvalue of their matrix) of the first `most` columns of rows; None if a value is not finite or a row zero.");
  m.def("sha256", &hashing, "A SHA-256 that a Summary updates too; None where the CPU has no instructions for it.");
  nb::class_<BoundSha256>(m, "Sha256")
      .def("update", &BoundSha256::update, "bytes"_a)
      .def("hexdigest", [](const BoundSha256& self) { return self.digest->hex(); });
  nb::class_<Bound>(m, "Summary")
      .def(nb::init<int, uint64_t, uint64_t, nb::bytes, nb::bytes>(), "type"_a, "count"_a, "columns"_a,
           "table"_a = nb::bytes("", 0), "grid"_a = nb::bytes("", 0))
      .def("feed", &Bound::feed, "bytes"_a, "digest"_a = nb::none())
      .def("count", &Bound::count, "bytes"_a, nb::arg("digest").none())
      .def("measure", &Bound::measure, "bytes"_a)
      .def("finish", &Bound::finish);
  bind_corpus(m);
}
