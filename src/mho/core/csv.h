#pragma once
// Comma-separated values (RFC 4180): quoted fields, LF or CR LF, a byte order mark, blank lines.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mho/core/matrix.h"

namespace mho::core {

struct CsvRow {
  std::size_t line = 0;  ///< counted from 1, for messages
  std::vector<std::string> fields;
};

/// A table with a header line. Throws InvalidInput with `name`, the line and what is wrong: every row must
/// have as many fields as the header.
struct CsvTable {
  std::vector<std::string> header;
  std::vector<CsvRow> rows;

  std::optional<std::size_t> column(std::string_view heading) const;
};
CsvTable parse_csv(std::string_view text, const std::string& name);
CsvTable read_csv(const std::string& path);

/// A table of finite numbers; a first line that holds anything else is its header.
struct CsvNumbers {
  std::vector<std::string> header;  ///< empty where there is none
  Matrix<float> values;
  std::vector<std::size_t> lines;  ///< of each row, counted from 1

  std::optional<std::size_t> column(std::string_view heading) const;
};
CsvNumbers parse_csv_numbers(std::string_view text, const std::string& name);
CsvNumbers read_csv_numbers(const std::string& path);

}  // namespace mho::core
