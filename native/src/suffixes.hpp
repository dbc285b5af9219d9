// Suffix arrays over integer alphabets, by induced sorting.
#pragma once
#include <cstdint>

namespace assay {

// Sorts the suffixes of text[0..count), symbols 0..alphabet-1, into rows[0..count). Linear time; besides its arguments
// it takes count/8 bytes and twice the alphabet. The end of the text counts as smaller than every symbol.
void sort_suffixes(const int32_t* text, int32_t* rows, int32_t count, int32_t alphabet);

}  // namespace assay
