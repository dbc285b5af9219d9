// How the rows of a matrix depend on each other, and how evenly its energy is spread.
#pragma once
#include <cstddef>

#include "kernels.hpp"

namespace assay {

struct Related {
  double mean = 0, square = 0;                 // of all values, and of their squares
  double row_spread = 0, column_spread = 0;    // variance of the energies of rows and of columns, over their mean squared
  double correlation = 0;                      // sum of the squared correlations of each row with each other one
  double largest = 0;                          // the greatest eigenvalue of the matrix of correlations
};

// of float32[rows, columns]; false where a value is not finite or a row is zero
bool related(const Kernels& kernels, const float* values, size_t rows, size_t columns, Related* out);

}  // namespace assay
