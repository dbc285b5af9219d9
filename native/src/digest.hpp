// SHA-256 (FIPS 180-4) of a stream, or of several side by side, where no instruction of the processor does it: in
// WebAssembly.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

class PortableSha256 {
 public:
  static constexpr size_t LANES = 4;

  // Take the next bytes.
  void feed(const uint8_t* bytes, size_t size);
  // The same for four digests at once, each with bytes of its own: quicker than one after another for as many bytes as
  // all of them have.
  static void feed(PortableSha256* const (&digests)[LANES], const uint8_t* const (&bytes)[LANES],
                   const size_t (&sizes)[LANES]);
  // Write the 32 bytes of the digest; nothing can be fed afterwards.
  void finish(uint8_t* out);

 private:
  size_t begun(const uint8_t* bytes, size_t size);
  void compress(const uint8_t* bytes, size_t blocks);
  static void compress(PortableSha256* const (&digests)[LANES], const uint8_t* (&bytes)[LANES], size_t blocks);

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint64_t length_ = 0;
  size_t held_ = 0;  // bytes of a block that is not full yet
  uint8_t block_[64];
};

}  // namespace assay
