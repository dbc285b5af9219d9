// The table of kernels that one instruction-set level provides. Everything here takes pointers that the caller has
// measured: a kernel reads exactly `count` elements (or blocks), and indexes tables only by codes of fixed width.
#pragma once
#include <cstddef>
#include <cstdint>

#include "tally.hpp"

namespace assay {

constexpr int LANES = 16;       // partial sums of a row; the numpy reference has as many, so that sums are equal
constexpr size_t PIECE = 4096;  // elements of one row that are worked on at a time: 16 KiB as f32, half of an L1 cache

// how the bytes of a tensor are to be read; the numbers from 100 on are 100 + enum ggml_type
enum Type : int {
  F64 = 0, F32 = 1, F16 = 2, BF16 = 3, CODE8 = 4, BYTES = 5, GGML = 100,
};

struct Row {  // what one row gives, lane by lane
  float energy[LANES], low[LANES], high[LANES];
};

struct Sums {  // power sums of the finite values, lane by lane
  double first[LANES], second[LANES], third[LANES], fourth[LANES];
};

struct Classes {
  uint64_t nan, positive_infinity, negative_infinity, zero, subnormal;
};

struct Difference {
  double dot, left, right, change, largest;
  uint64_t changed;
};

struct Kernels {
  const char* name;
  // values of `count` elements (a whole number of blocks) as f32; false if the type is unknown
  bool (*widen)(int type, const uint8_t* source, size_t count, float* values, const float* table, const int8_t* grid);
  void (*tally)(const Tally& tally);
  // f32: counts codes with 16 low zeros (fits bf16), and with 13 (may fit f16)
  void (*narrow)(const uint8_t* codes, size_t count, uint64_t* narrow);
  void (*row)(const float* values, size_t count, Row* row, float* columns);
  // row, columns and hash of a piece of bf16 codes in one loop; returns the hash that continues `seed`
  uint64_t (*pass_bf16)(const uint8_t* codes, size_t count, Row* row, float* columns, uint64_t seed);
  void (*moments)(const float* values, size_t count, Sums* sums);
  void (*moments64)(const uint8_t* source, size_t count, Sums* sums);
  void (*classes)(const float* values, size_t count, Classes* out);
  uint64_t (*hash)(const uint8_t* bytes, size_t count, uint64_t seed);
  void (*difference)(const float* left, const float* right, size_t count, Difference* out, float* change);
  // scales of `count` blocks: how many are not finite, how many are zero
  void (*scales)(int type, const uint8_t* source, size_t blocks, uint64_t* not_finite, uint64_t* zero);
  // adds to float64[rows, rows], from the diagonal on, the products of rows over `count` columns, float64[count, rows]
  void (*products)(const double* across, size_t count, size_t rows, double* out);
};

size_t block_elements(int type);  // 1 for unblocked types, 0 for unknown ones
size_t block_bytes(int type);

}  // namespace assay
