#include "related.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels.hpp"

namespace assay {

constexpr size_t TILE = 16;     // rows are filled up to a multiple of it
constexpr size_t TOGETHER = 64;  // columns that are turned into rows at a time: 64 KiB for 128 rows

using Matrix = std::vector<double>;

// float32[rows, columns] as products of rows, float64[wide, wide], with sums over values, squares and columns on the way
static Matrix multiplied(const Kernels& k, const float* values, size_t rows, size_t columns, size_t wide, Related* out) {
  Matrix found(wide * wide), across(TOGETHER * wide);
  double sum = 0, squares = 0, spread = 0;
  for (size_t from = 0; from < columns; from += TOGETHER) {
    size_t count = std::min(TOGETHER, columns - from);
    for (size_t r = 0; r < rows; r++)
      for (size_t c = 0; c < count; c++) across[c * wide + r] = values[r * columns + from + c];
    for (size_t c = 0; c < count; c++) {
      double energy = 0;
      for (size_t r = 0; r < rows; r++) {
        double v = across[c * wide + r];
        sum += v, energy += v * v;
      }
      squares += energy, spread += energy * energy;
    }
    k.products(across.data(), count, wide, found.data());
  }
  double count = double(rows) * double(columns);
  out->mean = sum / count, out->square = squares / count;
  out->column_spread = spread / double(columns) / (squares * squares) * double(columns) * double(columns) - 1;
  return found;
}

// Householder's reflections, one column after another, take a symmetric matrix to a tridiagonal one with the same
// eigenvalues (Golub and Van Loan, "Matrix Computations", section 8.3.1): its diagonal, and what lies beside it squared.
static void tridiagonal(Matrix& a, size_t n, Matrix& diagonal, Matrix& beside) {
  Matrix v(n), w(n);
  for (size_t k = 0; k + 1 < n; k++) {
    double norm = 0;
    for (size_t i = k + 1; i < n; i++) v[i] = a[k * n + i], norm += v[i] * v[i];
    beside[k] = norm;
    double size = std::sqrt(norm), alpha = v[k + 1] > 0 ? -size : size, first = v[k + 1] - alpha;
    double length = norm - v[k + 1] * v[k + 1] + first * first;
    if (!(length > 0)) continue;
    v[k + 1] = first;
    std::fill(w.begin(), w.end(), 0.0);
    for (size_t i = k + 1; i < n; i++) {
      double factor = 2 * v[i] / length;
      for (size_t j = k + 1; j < n; j++) w[j] += factor * a[i * n + j];
    }
    double along = 0;
    for (size_t i = k + 1; i < n; i++) along += v[i] * w[i];
    for (size_t i = k + 1; i < n; i++) w[i] -= along / length * v[i];
    for (size_t i = k + 1; i < n; i++)
      for (size_t j = k + 1; j < n; j++) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
  }
  for (size_t k = 0; k < n; k++) diagonal[k] = a[k * n + k];
}

// The greatest eigenvalue by bisection: the ratios of leading minors of the matrix less x are all negative where x lies
// above every eigenvalue (Sturm; Golub and Van Loan, section 8.4.1).
static double greatest(const Matrix& diagonal, const Matrix& beside) {
  double low = diagonal[0], high = low;
  for (size_t k = 0; k < diagonal.size(); k++) {
    double reach = (k ? std::sqrt(beside[k - 1]) : 0) + std::sqrt(beside[k]);
    low = std::max(low, diagonal[k]), high = std::max(high, diagonal[k] + reach);
  }
  for (int step = 0; step < 64; step++) {
    double x = low + (high - low) / 2, ratio = diagonal[0] - x;
    bool above = ratio < 0;
    for (size_t k = 1; k < diagonal.size() && above; k++) {
      ratio = diagonal[k] - x - beside[k - 1] / ratio;
      above = ratio < 0;
    }
    (above ? high : low) = x;
  }
  return high;
}

bool related(const Kernels& kernels, const float* values, size_t rows, size_t columns, Related* out) {
  size_t wide = (rows + TILE - 1) / TILE * TILE;
  Matrix found = multiplied(kernels, values, rows, columns, wide, out), each(rows * rows), scale(rows);
  double spread = 0;
  for (size_t r = 0; r < rows; r++) {
    double energy = found[r * wide + r];
    if (!(energy > 0) || energy - energy != 0) return false;
    scale[r] = 1 / std::sqrt(energy);
    double off = energy / (out->square * double(columns)) - 1;
    spread += off * off;
  }
  out->row_spread = spread / double(rows);
  for (size_t r = 0; r < rows; r++) {
    each[r * rows + r] = 1;
    for (size_t c = r + 1; c < rows; c++) {
      double value = found[r * wide + c] * scale[r] * scale[c];
      each[r * rows + c] = each[c * rows + r] = value;
      out->correlation += 2 * value * value;
    }
  }
  Matrix diagonal(rows), beside(rows);
  tridiagonal(each, rows, diagonal, beside);
  out->largest = greatest(diagonal, beside);
  return true;
}

}  // namespace assay
