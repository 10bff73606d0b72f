#include "mho/core/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mho/core/error.h"

namespace mho::core {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY", 6};
constexpr std::size_t kLongestHeader = 1 << 20;

struct DtypeName {
  Dtype dtype;
  const char* text;
  std::size_t size;
};
constexpr std::array<DtypeName, 11> kDtypes{{{Dtype::f4, "f4", 4},
                                             {Dtype::f8, "f8", 8},
                                             {Dtype::i1, "i1", 1},
                                             {Dtype::i2, "i2", 2},
                                             {Dtype::i4, "i4", 4},
                                             {Dtype::i8, "i8", 8},
                                             {Dtype::u1, "u1", 1},
                                             {Dtype::u2, "u2", 2},
                                             {Dtype::u4, "u4", 4},
                                             {Dtype::u8, "u8", 8},
                                             {Dtype::b1, "b1", 1}}};

/// Calls visit(T{}) with the C++ type of `dtype`.
template <typename Visitor>
void with_type(Dtype dtype, Visitor&& visit) {
  switch (dtype) {
    case Dtype::f4:
      return visit(float{});
    case Dtype::f8:
      return visit(double{});
    case Dtype::i1:
      return visit(std::int8_t{});
    case Dtype::i2:
      return visit(std::int16_t{});
    case Dtype::i4:
      return visit(std::int32_t{});
    case Dtype::i8:
      return visit(std::int64_t{});
    case Dtype::u1:
    case Dtype::b1:
      return visit(std::uint8_t{});
    case Dtype::u2:
      return visit(std::uint16_t{});
    case Dtype::u4:
      return visit(std::uint32_t{});
    case Dtype::u8:
      return visit(std::uint64_t{});
  }
}

/// The header's Python dictionary, as much of the language as NumPy writes there.
class HeaderText {
 public:
  HeaderText(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  NpyHeader parse() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        read_descr(header);
        descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        order = true;
      } else if (key == "shape") {
        header.shape = tuple();
        shape = true;
      } else {
        fail(fmt::format("unknown key '{}' in the header", printable(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!descr || !order || !shape) fail("the header must give descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InvalidInput(fmt::format("{}: not a readable NPY array: {}", name_, what));
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  bool accept(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail(fmt::format("'{}' expected at byte {} of the header", c, at_));
  }

  std::string_view quoted() {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("structured arrays and objects can't be read");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a quote in the header does not end");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }

  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair{"True", true}, std::pair{"False", false}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::strlen(word);
        return value;
      }
    }
    fail("fortran_order must be True or False");
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> shape;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      const std::size_t start = at_;
      std::size_t value = 0;
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) {
        if (at_ - start >= 18) fail("a dimension in the header is too long");
        value = value * 10 + static_cast<std::size_t>(text_[at_++] - '0');
      }
      if (at_ == start) fail("the shape must be a tuple of whole numbers");
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
      shape.push_back(value);
      if (shape.size() > 32) fail("more than 32 dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  void read_descr(NpyHeader& header) {
    const std::string_view descr = quoted();
    if (descr.size() == 3) {
      for (const auto& known : kDtypes) {
        if (descr.substr(1) == known.text &&
            std::string_view("<>|=").find(descr[0]) != std::string_view::npos) {
          header.dtype = known.dtype;
          constexpr char other = std::endian::native == std::endian::little ? '>' : '<';
          header.swapped = descr[0] == other && known.size > 1;
          return;
        }
      }
    }
    std::string known;
    for (const auto& type : kDtypes) known += fmt::format(" {}", type.text);
    fail(fmt::format("elements of type '{}'; what can be read:{}", printable(descr), known));
  }

  std::string_view text_;
  std::string name_;
  std::size_t at_ = 0;
};

void swap_bytes(Bytes& bytes, std::size_t size) {
  for (std::size_t i = 0; i + size <= bytes.size(); i += size) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
  }
}

/// Column-major to row-major: an index counts up row-major while its place in `from` is kept.
Bytes row_major(const Bytes& from, const std::vector<std::size_t>& shape, std::size_t size) {
  Bytes to(from.size());
  std::vector<std::size_t> index(shape.size(), 0), stride(shape.size(), size);
  for (std::size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * shape[d - 1];
  std::size_t place = 0;
  for (std::size_t i = 0; i < to.size(); i += size) {
    std::memcpy(to.data() + i, from.data() + place, size);
    for (std::size_t d = shape.size(); d-- > 0;) {
      place += stride[d];
      if (++index[d] < shape[d]) break;
      place -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return to;
}

NpyArray finished(NpyHeader header, Bytes bytes) {
  const std::size_t size = size_of(header.dtype);
  if (header.swapped) swap_bytes(bytes, size);
  if (header.fortran_order && header.shape.size() > 1) bytes = row_major(bytes, header.shape, size);
  return {std::move(header.shape), header.dtype, std::move(bytes)};
}

}  // namespace

std::size_t size_of(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)].size; }
std::string name(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)].text; }

std::size_t NpyArray::size() const {
  std::size_t n = 1;
  for (const std::size_t d : shape) n *= d;
  return n;
}

NpyHeader parse_npy_header(std::span<const std::byte> start, std::uint64_t file_size,
                           const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw InvalidInput(fmt::format("{}: not a readable NPY array: {}", name, what));
  };
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (!text.starts_with(kMagic)) fail("it does not start with \\x93NUMPY");
  if (text.size() < 10) fail("it ends within its header");
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[i]));
  };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) fail(fmt::format("version {} is unknown; 1 to 3 can be read", version));
  const std::size_t before = version == 1 ? 10 : 12;
  if (text.size() < before) fail("it ends within its header");
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > kLongestHeader) fail(fmt::format("a header of {} bytes", length));
  if (before + length > text.size()) fail("it ends within its header");
  NpyHeader header = HeaderText(text.substr(before, length), name).parse();
  header.data_offset = before + length;

  std::uint64_t needed = size_of(header.dtype);
  bool overflow = false;
  const bool empty = std::find(header.shape.begin(), header.shape.end(), 0u) != header.shape.end();
  for (const std::size_t d : header.shape) {
    overflow |= d != 0 && needed > std::numeric_limits<std::uint64_t>::max() / d;
    needed *= d;
  }
  if (empty) needed = 0;
  const std::uint64_t there = file_size - header.data_offset;
  if ((overflow && !empty) || needed != there) {
    fail(fmt::format("shape ({}) of {} needs {} bytes, {} follow the header", fmt::join(header.shape, ", "),
                     core::name(header.dtype), overflow ? "too many" : std::to_string(needed), there));
  }
  return header;
}

NpyArray parse_npy(std::span<const std::byte> file, const std::string& name) {
  NpyHeader header = parse_npy_header(file, file.size(), name);
  const auto data = file.subspan(header.data_offset);
  return finished(std::move(header), Bytes(data.begin(), data.end()));
}

NpyArray read_npy(const std::string& path) {
  const RandomAccessFile file(path);
  Bytes start(std::min<std::uint64_t>(file.size(), kLongestHeader + 12));
  file.read(0, start);
  NpyHeader header = parse_npy_header(start, file.size(), path);
  Bytes data(file.size() - header.data_offset);
  file.read(header.data_offset, data);
  return finished(std::move(header), std::move(data));
}

template <typename T>
AlignedVector<T> elements_as(const NpyArray& array, const std::string& name) {
  AlignedVector<T> out(array.bytes.size() / size_of(array.dtype));
  with_type(array.dtype, [&](auto zero) {
    using From = decltype(zero);
    for (std::size_t i = 0; i < out.size(); ++i) {
      From value;
      std::memcpy(&value, array.bytes.data() + i * sizeof(From), sizeof(From));
      if constexpr (std::is_floating_point_v<T>) {
        out[i] = static_cast<T>(value);
      } else {
        bool exact;
        if constexpr (std::is_floating_point_v<From>) {  // 2^digits is exact where max() would round up
          const auto end = std::ldexp(From{1}, std::numeric_limits<T>::digits);
          exact = value >= static_cast<From>(std::numeric_limits<T>::min()) && value < end &&
                  value == std::trunc(value);
        } else {
          exact = std::in_range<T>(value);
        }
        if (!exact) {
          throw InvalidInput(fmt::format("{}: element {} is {}; whole numbers from {} to {} are allowed",
                                         name, i, +value, +std::numeric_limits<T>::min(),
                                         +std::numeric_limits<T>::max()));
        }
        out[i] = static_cast<T>(value);  // NOLINT(bugprone-signed-char-misuse): i1 holds numbers
      }
    }
  });
  return out;
}

template <typename T>
Matrix<T> read_npy_matrix(const std::string& path) {
  const NpyArray array = read_npy(path);
  if (array.shape.size() != 2 || array.size() == 0) {
    throw InvalidInput(fmt::format("{}: has shape ({}); a matrix of two dimensions, neither 0, is needed",
                                   path, fmt::join(array.shape, ", ")));
  }
  Matrix<T> matrix;
  matrix.rows = array.shape[0];
  matrix.cols = array.shape[1];
  matrix.elements = elements_as<T>(array, path);
  return matrix;
}

std::string npy_header(std::span<const std::size_t> shape, Dtype dtype) {
  constexpr char native = std::endian::native == std::endian::little ? '<' : '>';
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 size_of(dtype) == 1 ? '|' : native, name(dtype), fmt::join(shape, ", "),
                                 shape.size() == 1 ? "," : "");
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string header(kMagic);
  header += {1, 0, static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

Bytes npy_bytes(std::span<const std::size_t> shape, Dtype dtype, std::span<const std::byte> elements) {
  const std::string header = npy_header(shape, dtype);
  Bytes bytes(header.size() + elements.size());
  std::memcpy(bytes.data(), header.data(), header.size());
  if (!elements.empty()) std::memcpy(bytes.data() + header.size(), elements.data(), elements.size());
  return bytes;
}

template AlignedVector<float> elements_as<float>(const NpyArray&, const std::string&);
template AlignedVector<double> elements_as<double>(const NpyArray&, const std::string&);
template AlignedVector<std::int32_t> elements_as<std::int32_t>(const NpyArray&, const std::string&);
template AlignedVector<std::int64_t> elements_as<std::int64_t>(const NpyArray&, const std::string&);
template AlignedVector<std::uint8_t> elements_as<std::uint8_t>(const NpyArray&, const std::string&);
template Matrix<float> read_npy_matrix<float>(const std::string&);
template Matrix<double> read_npy_matrix<double>(const std::string&);
template Matrix<std::int32_t> read_npy_matrix<std::int32_t>(const std::string&);
template Matrix<std::int64_t> read_npy_matrix<std::int64_t>(const std::string&);
template Matrix<std::uint8_t> read_npy_matrix<std::uint8_t>(const std::string&);

}  // namespace mho::core
