// The summaries and SHA-256 for WebAssembly, with plain functions as their border: what a browser tab computes with.
// Handles and addresses are those of this module's own memory; counts are doubles, which JavaScript has, and exact to
// 2^53.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "digest.hpp"
#include "kernels.hpp"
#include "summary.hpp"

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace assay {
namespace portable { extern const Kernels kernels; }

namespace {

constexpr double EXACT = 9007199254740992.0;

struct Bound {  // a Summary with the tables it points into
  std::vector<float> table;
  std::vector<int8_t> grid;
  Summary summary;
  std::vector<uint8_t> result;

  Bound(int type, uint64_t count, uint64_t columns, const uint8_t* table_, size_t values, const uint8_t* grid_,
        size_t size)
      : table(values), grid(grid_, grid_ + size),
        summary(portable::kernels, type, count, columns, table.data(), grid.data()) {
    std::memcpy(table.data(), table_, 4 * values);
  }
};

class Writer {  // little-endian words of eight bytes, as assay.web.kernels reads them
 public:
  explicit Writer(std::vector<uint8_t>& out) : out_(out) {}
  void whole(uint64_t value) { put(&value); }
  void real(double value) { put(&value); }
  void list(const std::vector<uint64_t>& values) {
    whole(values.size());
    for (uint64_t value : values) whole(value);
  }
  void rows(const Rows& rows) {
    for (uint64_t value : {rows.count, rows.dead, rows.constant, rows.duplicate}) whole(value);
    list(rows.dead_shown), list(rows.constant_shown);
    whole(rows.groups.size());
    for (auto& group : rows.groups) list(group);
    whole(rows.top.size());
    for (auto& [row, energy] : rows.top) whole(row), real(energy);
    real(rows.median);
  }

 private:
  void put(const void* value) {
    const uint8_t* bytes = static_cast<const uint8_t*>(value);
    out_.insert(out_.end(), bytes, bytes + 8);
  }
  std::vector<uint8_t>& out_;
};

void write(const Result& r, std::vector<uint8_t>& bytes) {
  Writer out(bytes);
  const Classes& c = r.classes;
  for (uint64_t value : {c.nan, c.positive_infinity, c.negative_infinity, c.zero, c.subnormal}) out.whole(value);
  for (double value : r.sums) out.real(value);
  out.real(r.minimum), out.real(r.maximum), out.whole(r.distinct);
  for (uint64_t value : {r.narrow[0], r.narrow[1], r.not_finite_scales, r.zero_scales}) out.whole(value);
  for (double value : r.quantiles) out.real(value);
  for (uint64_t value : r.bins) out.whole(value);
  out.real(r.from), out.real(r.to);
  for (uint64_t value : r.lowest) out.whole(value);
  out.whole(r.values);
  out.rows(r.rows), out.rows(r.columns);
  out.whole(r.windows.size());
  for (auto& w : r.windows) {
    out.whole(w.first), out.whole(w.values);
    for (const double* each : {w.seen, w.expected, w.noise})
      for (int depth = 0; depth < 3; depth++) out.real(each[depth]);
  }
  out.whole(r.histogram.size());
  for (auto& [code, n] : r.histogram) out.whole(code);
  for (auto& [code, n] : r.histogram) out.whole(n);
}

}  // namespace

EXPORT(take) void* take(size_t size) { return std::malloc(size); }
EXPORT(give) void give(void* memory) { std::free(memory); }

// A summary, or null: an unknown type, values that are no whole blocks, or tables that are too short for it. What else
// assay.kernels asks of its arguments, `assay.web.kernels` has checked.
EXPORT(begin) Bound* begin(int type, double count, double columns, const uint8_t* table, size_t table_size,
                           const uint8_t* grid, size_t grid_size) {
  size_t each = block_elements(type);
  if (!each || !(count >= 0 && count < EXACT) || uint64_t(count) % each) return nullptr;
  if (type == CODE8 && table_size != 1024) return nullptr;
  return new Bound(type, uint64_t(count), uint64_t(columns), table, table_size / 4, grid, grid_size);
}

EXPORT(feed) void feed(Bound* bound, const uint8_t* bytes, size_t size) { bound->summary.feed(bytes, size); }

// How many bytes the result has, which `result` then points to; 0 where fewer bytes than the tensor has were fed.
EXPORT(finish) size_t finish(Bound* bound) {
  if (!bound->summary.complete()) return 0;
  write(bound->summary.finish(), bound->result);
  return bound->result.size();
}

EXPORT(result) const uint8_t* result(const Bound* bound) { return bound->result.data(); }
EXPORT(end) void end(Bound* bound) { delete bound; }

EXPORT(digest_begin) PortableSha256* digest_begin() { return new PortableSha256(); }
EXPORT(digest_feed) void digest_feed(PortableSha256* digest, const uint8_t* bytes, size_t size) { digest->feed(bytes, size); }
// Four digests at once: their handles, then where the bytes of each lie, then how many these are.
EXPORT(digests_feed) void digests_feed(const uint32_t (&rows)[3][PortableSha256::LANES]) {
  PortableSha256* digests[PortableSha256::LANES];
  const uint8_t* bytes[PortableSha256::LANES];
  size_t sizes[PortableSha256::LANES];
  for (size_t lane = 0; lane < PortableSha256::LANES; lane++) {
    digests[lane] = reinterpret_cast<PortableSha256*>(uintptr_t(rows[0][lane]));
    bytes[lane] = reinterpret_cast<const uint8_t*>(uintptr_t(rows[1][lane]));
    sizes[lane] = rows[2][lane];
  }
  PortableSha256::feed(digests, bytes, sizes);
}
// Writes the 32 bytes of the digest, whose handle is then gone.
EXPORT(digest_end) void digest_end(PortableSha256* digest, uint8_t* out) {
  digest->finish(out);
  delete digest;
}

}  // namespace assay
