#pragma once
// All converter cards side by side at one resolution: how far "an 8-bit ADC" of different sources lie apart.

#include <string>
#include <vector>

#include "mho/hardware/converter.h"

namespace mho::hardware {

struct ConverterRow {
  std::string name;
  Each each;
  Source source;
};

/// Every card that reaches `bits`, cheapest first. Oscillators count for 2^(bits-1) steps of the technology.
std::vector<ConverterRow> converters_at(int bits, const Technology& technology);
std::string text_of(const std::vector<ConverterRow>& rows, int bits, const std::string& technology);

}  // namespace mho::hardware
