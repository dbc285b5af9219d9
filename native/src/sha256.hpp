// SHA-256 (FIPS 180-4) by the instructions that x86-64 processors have for it, with codes counted in its shadow.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tally.hpp"

namespace assay {

class Sha256 : public Digest {
 public:
  virtual std::string hex() const = 0;  // of all bytes so far; more may follow
};

std::unique_ptr<Sha256> sha256();  // nothing where the processor has no such instructions

}  // namespace assay
