#include "mho/network/data/image_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "mho/core/compressed.h"
#include "mho/core/csv.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/idx.h"
#include "mho/core/npy.h"
#include "mho/network/data/first_sight.h"

namespace mho::network {

namespace fs = std::filesystem;
using core::Bytes;
using core::InvalidInput;

core::Image ImageSource::picture(std::size_t) const { return {}; }
void ImageSource::numbers(std::size_t, std::span<float>) const {}
std::string ImageSource::name_of(std::size_t index) const { return fmt::format("{}: image {}", path, index); }

namespace {

/// Bytes in memory, one plane a channel: IDX, CIFAR, arrays of u1.
class PlaneSource : public ImageSource {
 public:
  PlaneSource(std::size_t channels, std::size_t height, std::size_t width, Bytes bytes)
      : channels_(channels), height_(height), width_(width), bytes_(std::move(bytes)) {
    count = bytes_.size() / (channels * height * width);
    form = fmt::format("planes {} {} {}", channels, height, width);
  }

  core::Image picture(std::size_t index) const override {
    core::Image image{height_, width_, channels_, {}};
    const std::size_t plane = height_ * width_;
    image.pixels.resize(plane * channels_);
    const std::byte* from = bytes_.data() + index * plane * channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      for (std::size_t i = 0; i < plane; ++i) {
        image.pixels[i * channels_ + c] = static_cast<std::uint8_t>(from[c * plane + i]);
      }
    }
    return image;
  }
  core::Digest digest(std::size_t index) const override {
    const std::size_t size = channels_ * height_ * width_;
    return core::sha256(std::span(bytes_).subspan(index * size, size));
  }

 private:
  std::size_t channels_, height_, width_;
  Bytes bytes_;
};

/// Numbers of any type in memory.
class ArraySource : public ImageSource {
 public:
  ArraySource(core::NpyArray array, std::vector<std::size_t> image_shape) : array_(std::move(array)) {
    shape = std::move(image_shape);
    count = array_.shape[0];
    bytes_ = array_.bytes.size() / count;
    form = core::name(array_.dtype);
  }

  void numbers(std::size_t index, std::span<float> out) const override {
    core::NpyArray one{{out.size()}, array_.dtype, {}};
    const auto begin = array_.bytes.begin() + static_cast<std::ptrdiff_t>(index * bytes_);
    one.bytes.assign(begin, begin + static_cast<std::ptrdiff_t>(bytes_));
    const auto values = core::elements_as<float>(one, path);
    std::copy(values.begin(), values.end(), out.begin());
  }
  core::Digest digest(std::size_t index) const override {
    return core::sha256(std::span(array_.bytes).subspan(index * bytes_, bytes_));
  }

 private:
  core::NpyArray array_;
  std::size_t bytes_ = 0;
};

/// Numbers that stay in an NPY file.
class NpyFileSource : public ImageSource {
 public:
  NpyFileSource(std::unique_ptr<core::RandomAccessFile> file, const core::NpyHeader& header,
                std::vector<std::size_t> image_shape)
      : file_(std::move(file)), header_(header), first_sight_(header.shape[0]) {
    shape = std::move(image_shape);
    count = header.shape[0];
    bytes_ = (file_->size() - header.data_offset) / count;
    form = core::name(header.dtype);
  }

  void numbers(std::size_t index, std::span<float> out) const override {
    core::NpyArray one{{out.size()}, header_.dtype, read(index)};
    first_sight_.accept(index, one.bytes, file_->stamp(), name_of(index));
    const auto values = core::elements_as<float>(one, path);
    std::copy(values.begin(), values.end(), out.begin());
  }
  core::Digest digest(std::size_t index) const override {
    if (const auto known = first_sight_.digest(index)) return *known;
    const Bytes bytes = read(index);
    return first_sight_.digest(index, bytes, file_->stamp(), name_of(index));
  }

 private:
  Bytes read(std::size_t index) const {
    Bytes bytes(bytes_);
    file_->read(header_.data_offset + index * bytes_, bytes);
    return bytes;
  }

  std::unique_ptr<core::RandomAccessFile> file_;
  core::NpyHeader header_;
  std::size_t bytes_ = 0;
  mutable FirstSight first_sight_;
};

class TableSource : public ImageSource {
 public:
  TableSource(core::CsvNumbers table, std::optional<std::size_t> label_column)
      : table_(std::move(table)), label_(label_column) {
    count = table_.values.rows;
    shape = {table_.values.cols - (label_ ? 1 : 0)};
    form = "f4";
  }

  void numbers(std::size_t index, std::span<float> out) const override {
    const auto row = table_.values.row(index);
    std::size_t to = 0;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (label_ != c) out[to++] = row[c];
    }
  }
  core::Digest digest(std::size_t index) const override {
    std::vector<float> values(shape[0]);
    numbers(index, values);
    return core::sha256(std::as_bytes(std::span(values)));
  }
  std::string name_of(std::size_t index) const override {
    return fmt::format("{}:{}", path, table_.lines[index]);
  }

 private:
  core::CsvNumbers table_;
  std::optional<std::size_t> label_;
};

class FolderSource : public ImageSource {
 public:
  explicit FolderSource(std::vector<std::string> files)
      : files_(std::move(files)), first_sight_(files_.size()) {
    count = files_.size();
  }

  core::Image picture(std::size_t index) const override {
    core::FileStamp stamp;
    const Bytes bytes = read(index, stamp);
    first_sight_.accept(index, bytes, stamp, files_[index]);
    return core::decode_image(bytes, files_[index]);
  }
  core::Digest digest(std::size_t index) const override {
    if (const auto known = first_sight_.digest(index)) return *known;
    core::FileStamp stamp;
    const Bytes bytes = read(index, stamp);
    return first_sight_.digest(index, bytes, stamp, files_[index]);
  }
  std::string name_of(std::size_t index) const override { return files_[index]; }
  bool is_mixed() const override { return true; }

 private:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

  Bytes read(std::size_t index, core::FileStamp& stamp) const {
    return core::read_file(files_[index], kMostBytes, &stamp);
  }

  std::vector<std::string> files_;
  mutable FirstSight first_sight_;
};

// --- one kind of file each ---

std::vector<std::int64_t> whole_labels(const core::NpyArray& array, const std::string& path) {
  const auto values = core::elements_as<std::int64_t>(array, path);
  return {values.begin(), values.end()};
}

/// Shape of one image of an array (images, …); throws where the array can't be images.
std::vector<std::size_t> image_shape(const std::vector<std::size_t>& shape, const std::string& path) {
  if (shape.size() < 2 || shape.size() > 4 || std::find(shape.begin(), shape.end(), 0u) != shape.end()) {
    throw InvalidInput(
        fmt::format("{}: has shape ({}); images are (count, features), (count, height, width) or "
                    "(count, channels, height, width), none of them 0",
                    path, fmt::join(shape, ", ")));
  }
  if (shape.size() == 3) return {1, shape[1], shape[2]};
  return {shape.begin() + 1, shape.end()};
}

bool is_picture(const std::vector<std::size_t>& image, core::Dtype dtype) {
  return dtype == core::Dtype::u1 && image.size() == 3 && (image[0] == 1 || image[0] == 3);
}

std::unique_ptr<ImageSource> from_array(core::NpyArray array, const std::string& path) {
  auto image = image_shape(array.shape, path);
  if (is_picture(image, array.dtype)) {
    return std::make_unique<PlaneSource>(image[0], image[1], image[2], std::move(array.bytes));
  }
  return std::make_unique<ArraySource>(std::move(array), std::move(image));
}

/// The file beside `images` in whose name "images" is "labels" (and "idx3" is "idx1"), packed or not.
std::optional<fs::path> labels_beside(const fs::path& images) {
  std::string name = images.filename().string();
  const auto replace = [&](std::string_view from, std::string_view to) {
    const auto at = name.find(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  if (!replace("images", "labels")) return std::nullopt;
  replace("idx3", "idx1");
  const std::string bare = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
  for (const auto& candidate : {name, bare, bare + ".gz"}) {
    if (fs::is_regular_file(images.parent_path() / candidate)) return images.parent_path() / candidate;
  }
  return std::nullopt;
}

std::unique_ptr<ImageSource> open_idx(const fs::path& file, std::span<const std::byte> bytes) {
  auto source = from_array(core::parse_idx(bytes, file.string()), file.string());
  if (const auto labels = labels_beside(file)) {
    source->labels = whole_labels(core::read_idx(labels->string()), labels->string());
  }
  return source;
}

std::unique_ptr<ImageSource> open_npy(const fs::path& file) {
  auto in = std::make_unique<core::RandomAccessFile>(file.string());
  Bytes start(std::min<std::uint64_t>(in->size(), 1 << 16));
  in->read(0, start);
  const auto header = core::parse_npy_header(start, in->size(), file.string());
  auto image = image_shape(header.shape, file.string());
  std::unique_ptr<ImageSource> source;
  if (header.fortran_order || header.swapped || is_picture(image, header.dtype)) {
    source = from_array(core::read_npy(file.string()), file.string());
  } else {
    source = std::make_unique<NpyFileSource>(std::move(in), header, std::move(image));
  }
  if (const auto labels = labels_beside(file)) {
    source->labels = whole_labels(core::read_npy(labels->string()), labels->string());
  }
  return source;
}

std::unique_ptr<ImageSource> open_npz(const fs::path& file) {
  auto arrays = core::read_npz(file.string());
  const auto named = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (const auto found = arrays.find(name); found != arrays.end()) return found;
    }
    return arrays.end();
  };
  const auto images = named({"images", "x"}), labels = named({"labels", "y"});
  if (images == arrays.end()) throw InvalidInput(file.string() + ": has no array named images or x");
  auto source = from_array(std::move(images->second), file.string() + "/" + images->first);
  if (labels != arrays.end())
    source->labels = whole_labels(labels->second, file.string() + "/" + labels->first);
  return source;
}

std::unique_ptr<ImageSource> open_csv(const fs::path& file) {
  auto table = core::read_csv_numbers(file.string());
  std::optional<std::size_t> label = table.values.cols - 1;
  if (!table.header.empty()) {
    label = table.column("label");
    if (!label) label = table.column("class_index");
  }
  if (label && table.values.cols < 2) {
    throw InvalidInput(file.string() + ": has one column, the label; numbers must stand beside it");
  }
  std::vector<std::int64_t> labels;
  for (std::size_t r = 0; label && r < table.values.rows; ++r) {
    const float value = table.values(r, *label);
    if (value != std::trunc(value) || std::abs(value) > 1e6f) {
      throw InvalidInput(fmt::format("{}:{}: the label in column {} is {}, not a whole number", file.string(),
                                     table.lines[r], *label + 1, value));
    }
    labels.push_back(static_cast<std::int64_t>(value));
  }
  auto source = std::make_unique<TableSource>(std::move(table), label);
  source->labels = std::move(labels);
  return source;
}

/// Records of the label and 32·32 bytes each of red, green and blue (A. Krizhevsky, 2009).
std::unique_ptr<ImageSource> open_cifar(const std::vector<fs::path>& files) {
  constexpr std::size_t pixels = 3 * 32 * 32, record = 1 + pixels;
  Bytes planes;
  std::vector<std::int64_t> labels;
  for (const auto& file : files) {
    const Bytes bytes = core::read_compressed_file(file.string());
    if (bytes.empty() || bytes.size() % record != 0) {
      throw InvalidInput(fmt::format("{}: has {} bytes, no whole number of CIFAR-10 records of {}",
                                     file.string(), bytes.size(), record));
    }
    for (std::size_t at = 0; at < bytes.size(); at += record) {
      const auto label = static_cast<int>(bytes[at]);
      if (label > 9) {
        throw InvalidInput(fmt::format("{}: record {} at byte {} has the label {}; CIFAR-10 has 0 to 9",
                                       file.string(), at / record, at, label));
      }
      labels.push_back(label);
      planes.insert(planes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at + 1),
                    bytes.begin() + static_cast<std::ptrdiff_t>(at + record));
    }
  }
  auto source = std::make_unique<PlaneSource>(3, 32, 32, std::move(planes));
  source->labels = std::move(labels);
  return source;
}

std::int64_t label_of(const std::string& field, const std::string& list, std::size_t line) {
  char* end = nullptr;
  const long long value = std::strtoll(field.c_str(), &end, 10);
  if (field.empty() || *end != '\0' || std::abs(value) > 1'000'000) {
    throw InvalidInput(
        fmt::format("{}:{}: class_index is \"{}\", not a whole number", list, line, core::printable(field)));
  }
  return value;
}

std::unique_ptr<ImageSource> open_folder(const fs::path& folder) {
  std::vector<std::string> files;
  std::vector<std::int64_t> labels;
  const fs::path list = folder / "labels.csv";
  if (fs::is_regular_file(list)) {
    const auto table = core::read_csv(list.string());
    const auto file = table.column("file"), label = table.column("class_index");
    if (!file || !label) throw InvalidInput(list.string() + ":1: the header must name file and class_index");
    for (const auto& row : table.rows) {
      const fs::path image = folder / row.fields[*file];
      if (!fs::is_regular_file(image)) {
        throw InvalidInput(fmt::format("{}:{}: there is no file {}", list.string(), row.line,
                                       core::printable(image.string())));
      }
      files.push_back(image.string());
      labels.push_back(label_of(row.fields[*label], list.string(), row.line));
    }
  } else {
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::string ending = entry.path().extension().string();
      std::transform(ending.begin(), ending.end(), ending.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (ending == ".jpg" || ending == ".jpeg" || ending == ".png") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
  }
  if (files.empty()) throw InvalidInput(folder.string() + ": no JPEG or PNG images and no labels.csv in it");
  auto source = std::make_unique<FolderSource>(std::move(files));
  source->labels = std::move(labels);
  return source;
}

std::unique_ptr<ImageSource> open_file(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.ends_with(".npy")) return open_npy(file);
  if (name.ends_with(".npz")) return open_npz(file);
  if (name.ends_with(".csv")) return open_csv(file);
  if (name.ends_with(".bin") || name.ends_with(".bin.xz") || name.ends_with(".bin.gz"))
    return open_cifar({file});
  const Bytes bytes = core::read_compressed_file(file.string());
  if (core::looks_like_idx(bytes)) return open_idx(file, bytes);
  if (core::looks_like_image(bytes)) {
    throw InvalidInput(file.string() + ": is one image; name the folder it lies in");
  }
  return open_csv(file);
}

// --- names ---

std::vector<fs::path> files_in(const fs::path& folder, const auto& wanted) {
  std::vector<fs::path> found;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    if (entry.is_regular_file(unreadable) && wanted(entry.path())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// "…/mnist/test" and the like, where `path` itself does not exist; nothing where there is no such set.
std::unique_ptr<ImageSource> open_by_part(const fs::path& path) {
  const fs::path folder = path.parent_path();
  const std::string part = path.filename().string();
  if (!fs::is_directory(folder)) return nullptr;
  const bool test = part == "test", train = part == "train";
  const auto idx = files_in(folder, [&](const fs::path& file) {
    const std::string name = file.filename().string();
    return test ? name.starts_with("t10k-images") || name.starts_with("test-images")
                : train && name.starts_with("train-images");
  });
  if (!idx.empty()) return open_file(idx[0]);
  const auto batches = files_in(folder, [&](const fs::path& file) {
    const std::string name = file.filename().string();
    return name.ends_with(".bin") &&
           (test ? name == "test_batch.bin" : train && name.starts_with("data_batch_"));
  });
  if (!batches.empty()) return open_cifar(batches);
  const auto by_ending =
      files_in(folder, [&](const fs::path& file) { return file.extension() == "." + part; });
  if (by_ending.size() == 1) return open_file(by_ending[0]);
  for (const char* ending : {".npz", ".npy", ".csv", ".bin", ".bin.xz"}) {
    const fs::path file = folder / (part + ending);
    if (fs::is_regular_file(file)) return open_file(file);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<const ImageSource> open_images(const std::string& images, const std::string& study,
                                               const core::SearchPath& path) {
  const auto places = core::places_of(images, study, path);
  for (const auto& place : places) {
    std::unique_ptr<ImageSource> source;
    if (fs::is_directory(place)) {
      source = open_folder(place);
    } else if (fs::exists(place)) {
      source = open_file(place);
    } else {
      source = open_by_part(place);
    }
    if (!source) continue;
    source->path = place;
    if (!source->labels.empty() && source->labels.size() != source->count) {
      throw InvalidInput(
          fmt::format("{}: {} images but {} labels", source->path, source->count, source->labels.size()));
    }
    return source;
  }
  throw InvalidInput(
      fmt::format("no such data set: there is no {}: {}", images, core::looked_for(places, path)));
}

}  // namespace mho::network
