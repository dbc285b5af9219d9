// Products of rows with each other; related.cpp makes statistics of them. Part of kernels.cpp, compiled for each level.
// Adds to `products`, float64[rows, rows], those of `count` more columns of `across`, float64[count, rows], in the order of
// the columns: only from the diagonal's tile on. Rows are a whole number of TILE.
static void products(const double* across, size_t count, size_t rows, double* products) {
  constexpr size_t TALL = 4, WIDE = sizeof(Dv) / 8 * 2;
  for (size_t i = 0; i < rows; i += TALL)
    for (size_t j = i / WIDE * WIDE; j < rows; j += WIDE) {
      Dv sums[TALL][2];
      for (size_t r = 0; r < TALL; r++) memcpy(sums[r], products + (i + r) * rows + j, sizeof sums[r]);
      for (size_t k = 0; k < count; k++) {
        const double* at = across + k * rows;
        const Dv* right = reinterpret_cast<const Dv*>(at + j);
        for (size_t r = 0; r < TALL; r++)
          for (size_t s = 0; s < 2; s++) sums[r][s] += at[i + r] * right[s];
      }
      for (size_t r = 0; r < TALL; r++) memcpy(products + (i + r) * rows + j, sums[r], sizeof sums[r]);
    }
}
