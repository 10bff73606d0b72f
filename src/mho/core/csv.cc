#include "mho/core/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "mho/core/error.h"
#include "mho/core/files.h"

namespace mho::core {
namespace {

/// Hands out one row after the other.
class Rows {
 public:
  Rows(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  /// False at the end of the text; blank lines are passed over.
  bool next(CsvRow& row) {
    while (at_ < text_.size()) {
      row.line = line_;
      row.fields.clear();
      do {
        row.fields.push_back(field());
      } while (accept(','));
      if (at_ < text_.size() && !end_of_line()) fail(row.line, "a closing quote must end its field");
      if (row.fields.size() > 1 || !row.fields[0].empty()) return true;
    }
    return false;
  }

  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw InvalidInput(fmt::format("{}:{}: {}", name_, line, what));
  }

 private:
  bool accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool end_of_line() {
    const std::size_t before = at_;
    accept('\r');
    if (accept('\n') || at_ == text_.size()) {
      ++line_;
      return true;
    }
    at_ = before;
    return false;
  }

  std::string field() {
    if (!accept('"')) {
      const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
      std::string plain(text_.substr(at_, end - at_));
      at_ = end;
      return plain;
    }
    const std::size_t start = line_;
    std::string quoted;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && !accept('"')) return quoted;
      line_ += c == '\n';
      quoted += c;
    }
    fail(start, "a quote that does not end");
  }

  std::string_view text_;
  std::string name_;
  std::size_t at_ = 0, line_ = 1;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<float> number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {  // too small for float is 0, too large is no number
    double wide = 0;
    const auto [wide_end, wide_error] = std::from_chars(text.data(), text.data() + text.size(), wide);
    if (wide_error != std::errc{} || wide_end != text.data() + text.size() || std::abs(wide) > 1) return {};
    return static_cast<float>(wide);
  }
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::optional<std::size_t> position(const std::vector<std::string>& header, std::string_view heading) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (trimmed(header[i]) == heading) return i;
  }
  return std::nullopt;
}

std::string text_of(const std::string& path) {
  const Bytes bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::optional<std::size_t> CsvTable::column(std::string_view heading) const {
  return position(header, heading);
}
std::optional<std::size_t> CsvNumbers::column(std::string_view heading) const {
  return position(header, heading);
}

CsvTable parse_csv(std::string_view text, const std::string& name) {
  Rows rows(text, name);
  CsvTable table;
  CsvRow row;
  if (!rows.next(row)) rows.fail(1, "a header line is needed");
  table.header = row.fields;
  while (rows.next(row)) {
    if (row.fields.size() != table.header.size()) {
      rows.fail(row.line,
                fmt::format("{} fields, the header has {}", row.fields.size(), table.header.size()));
    }
    table.rows.push_back(row);
  }
  return table;
}

CsvTable read_csv(const std::string& path) { return parse_csv(text_of(path), path); }

CsvNumbers parse_csv_numbers(std::string_view text, const std::string& name) {
  Rows rows(text, name);
  CsvNumbers table;
  CsvRow row;
  std::size_t columns = 0;
  while (rows.next(row)) {
    if (columns == 0) {
      columns = row.fields.size();
      const bool numbers = std::all_of(row.fields.begin(), row.fields.end(),
                                       [](const auto& f) { return number(f).has_value(); });
      if (!numbers) {
        table.header = row.fields;
        continue;
      }
    }
    if (row.fields.size() != columns) {
      rows.fail(row.line, fmt::format("{} fields, the first line has {}", row.fields.size(), columns));
    }
    for (std::size_t i = 0; i < columns; ++i) {
      const auto value = number(row.fields[i]);
      if (!value) {
        rows.fail(row.line,
                  fmt::format("field {} is \"{}\", not a finite number", i + 1, printable(row.fields[i])));
      }
      table.values.elements.push_back(*value);
    }
    table.lines.push_back(row.line);
  }
  if (table.lines.empty()) rows.fail(1, "no line with numbers");
  table.values.rows = table.lines.size();
  table.values.cols = columns;
  return table;
}

CsvNumbers read_csv_numbers(const std::string& path) { return parse_csv_numbers(text_of(path), path); }

}  // namespace mho::core
