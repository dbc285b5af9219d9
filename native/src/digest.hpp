// SHA-256 (FIPS 180-4) of a stream, where no instruction of the processor does it: in WebAssembly.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

class PortableSha256 {
 public:
  // Take the next bytes.
  void feed(const uint8_t* bytes, size_t size);
  // Write the 32 bytes of the digest; nothing can be fed afterwards.
  void finish(uint8_t* out);

 private:
  void compress(const uint8_t* bytes, size_t blocks);

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint64_t length_ = 0;
  size_t held_ = 0;  // bytes of a block that is not full yet
  uint8_t block_[64];
};

}  // namespace assay
