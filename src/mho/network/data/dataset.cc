#include "mho/network/data/dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include "mho/core/error.h"
#include "mho/core/parallel.h"
#include "mho/network/data/image_source.h"
#include "mho/network/data/keys.h"
#include "mho/network/data/preprocess.h"

namespace mho::network {

using core::InvalidInput;

namespace {

std::string with_test_for_train(std::string images) {
  const auto at = images.rfind("train");
  if (at == std::string::npos) return "";
  return images.replace(at, 5, "test");
}

Preprocess read_preprocess(const core::ConfigTable& table) {
  Preprocess p;
  p.resize = static_cast<std::size_t>(table.integer(keys::resize));
  p.crop = static_cast<std::size_t>(table.integer(keys::crop));
  p.odd_margin = table.choice(keys::odd_margin);
  p.order = table.choice(keys::order);
  p.scale = table.number(keys::scale);
  p.mean = table.numbers(keys::mean);
  p.std = table.numbers(keys::std);
  for (const auto& [key, list] : {std::pair{"mean", &p.mean}, std::pair{"std", &p.std}}) {
    if (list->empty()) {
      table.complain(key, "must hold one number, or one a channel");
      *list = {key == std::string("std") ? 1.0 : 0.0};
    }
    for (const double value : *list) {
      if (!std::isfinite(value)) table.complain(key, "must hold finite numbers");
    }
  }
  if (!std::isfinite(p.scale)) table.complain("scale", "must be a finite number");
  return p;
}

}  // namespace

DataSettings read_data_settings(const core::Config& study,
                                const std::map<std::string, std::string>& metadata) {
  const auto table = study.root().table("data");
  DataSettings s;
  s.study = table.file_of("images");
  s.library = study.library();
  s.images = table.text(keys::images);
  s.test = table.text(keys::test);
  if (s.test.empty()) s.test = with_test_for_train(s.images);
  s.count = static_cast<std::size_t>(table.integer(keys::count));
  s.stride = static_cast<std::size_t>(table.integer(keys::stride));
  s.label_offset = static_cast<int>(table.integer(keys::label_offset));
  s.preprocess = read_preprocess(table.table("preprocess"));
  take_preprocess(table.table("preprocess"), metadata, s.preprocess);
  return s;
}

namespace {

/// Sets that differ in preprocessing or in what they select share their files.
std::shared_ptr<const ImageSource> shared_source(const DataSettings& s) {
  const std::string place = std::filesystem::path(s.study).parent_path() / s.images;
  return s.library->once<ImageSource>(place, [&]() -> std::shared_ptr<const ImageSource> {
    return open_images(s.images, s.study, s.library->path());
  });
}

}  // namespace

struct Dataset::State {
  DataSettings settings;
  std::shared_ptr<const ImageSource> source;
  std::vector<std::size_t> shape;
  std::vector<int> labels;
  std::size_t size = 0;
  mutable std::mutex mutex;                             // of what is found out when it is asked for
  mutable std::map<std::size_t, core::Digest> digests;  // by the number of images
  bool rgb = false;  // gray pictures get three channels: coloured ones may lie beside them

  std::size_t index(std::size_t i) const { return i * settings.stride; }
  std::size_t image_size() const {
    std::size_t n = source ? 1 : 0;
    for (const std::size_t d : shape) n *= d;
    return n;
  }

  State() = default;
  explicit State(const DataSettings& s) : settings(s), source(shared_source(s)) {
    const std::size_t there = (source->count + s.stride - 1) / s.stride;
    if (s.count > there) {
      throw InvalidInput(fmt::format("{}: count = {} but with stride = {} there are {} images", source->path,
                                     s.count, s.stride, there));
    }
    size = s.count > 0 ? s.count : there;
    if (size == 0) throw InvalidInput(source->path + ": holds no images");
    shape = first_shape();
    for (const auto& [key, list] :
         {std::pair{"mean", &s.preprocess.mean}, std::pair{"std", &s.preprocess.std}}) {
      if (list->size() != 1 && list->size() != shape[0]) {
        throw InvalidInput(fmt::format("{}: preprocess.{} has {} numbers; images here have {} channels",
                                       source->path, key, list->size(), shape[0]));
      }
    }
    for (std::size_t i = 0; !source->labels.empty() && i < size; ++i) {
      const std::int64_t label = source->labels[index(i)] + s.label_offset;
      if (label < 0 || label > std::numeric_limits<int>::max()) {
        throw InvalidInput(fmt::format("{}: label {} with label_offset = {} is {}; labels start at 0",
                                       source->name_of(index(i)), source->labels[index(i)], s.label_offset,
                                       label));
      }
      labels.push_back(static_cast<int>(label));
    }
  }

  std::vector<std::size_t> first_shape() {
    const Preprocess& p = settings.preprocess;
    if (source->has_pictures()) {
      core::Image picture = source->picture(0);
      rgb = source->is_mixed();
      picture = fitted(std::move(picture), p, rgb, source->name_of(0));
      return {picture.channels, picture.height, picture.width};
    }
    std::vector<std::size_t> out = source->shape;
    if (p.resize != 0) {
      throw InvalidInput(source->path + ": preprocess.resize needs images of 8 bits with 1 or 3 channels");
    }
    if (p.order == Preprocess::Order::gray) {
      throw InvalidInput(source->path + ": preprocess.order = \"gray\" needs images of 8 bits");
    }
    if (p.crop != 0) {
      if (out.size() != 3 || p.crop > out[1] || p.crop > out[2]) {
        throw InvalidInput(fmt::format("{}: preprocess.crop = {} does not fit into shape ({})", source->path,
                                       p.crop, fmt::join(out, ", ")));
      }
      out[1] = out[2] = p.crop;
    }
    return out;
  }

  void read_one(std::size_t i, std::span<float> out) const {
    const Preprocess& p = settings.preprocess;
    if (!source->has_pictures()) {
      std::size_t n = 1;
      for (const std::size_t d : source->shape) n *= d;
      std::vector<float> in(n);
      source->numbers(index(i), in);
      if (!std::all_of(in.begin(), in.end(), [](float x) { return std::isfinite(x); })) {
        throw InvalidInput(fmt::format("{}: a value is not finite", source->name_of(index(i))));
      }
      to_floats(in, source->shape, p, out);
      return;
    }
    const std::string name = source->name_of(index(i));
    const core::Image picture = fitted(source->picture(index(i)), p, rgb, name);
    if (shape != std::vector{picture.channels, picture.height, picture.width}) {
      throw InvalidInput(
          fmt::format("{}: becomes {}×{}×{}, the first image of the set {}; preprocess.resize and "
                      "crop can bring them to one size",
                      name, picture.channels, picture.height, picture.width, fmt::join(shape, "×")));
    }
    to_floats(picture, p, out);
  }
};

Dataset::Dataset(const DataSettings& settings) : state_(std::make_unique<const State>(settings)) {}

Dataset::Dataset(const core::Config& study) : state_(std::make_unique<const State>()) {
  const DataSettings settings = read_data_settings(study);
  const auto table = study.root().table("data");
  if (settings.images.empty()) {
    table.complain("images", "must name the images, as in \"mnist/test\"");
    return;
  }
  try {
    state_ = std::make_unique<const State>(settings);
  } catch (const InvalidInput& error) {
    table.complain("images", error.what());
  }
}

Dataset::~Dataset() = default;
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;

std::size_t Dataset::size() const { return state_->size; }
const std::vector<std::size_t>& Dataset::shape() const { return state_->shape; }
std::size_t Dataset::image_size() const { return state_->image_size(); }
bool Dataset::has_labels() const { return !state_->labels.empty(); }
std::span<const int> Dataset::labels() const { return state_->labels; }

const std::string& Dataset::source() const {
  static const std::string none;
  return state_->source ? state_->source->path : none;
}

const Preprocess& Dataset::preprocess() const { return state_->settings.preprocess; }

core::Digest Dataset::images_digest(std::size_t count) const {
  count = count > 0 ? std::min(count, size()) : size();
  const std::lock_guard lock(state_->mutex);
  if (const auto known = state_->digests.find(count); known != state_->digests.end()) return known->second;
  std::vector<core::Digest> digests(count);
  core::parallel_for(digests.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) digests[i] = state_->source->digest(state_->index(i));
  });
  core::Sha256 all;
  all.add(fmt::format("{} {}\n", state_->source->form, fmt::join(state_->source->shape, " ")));
  return state_->digests[count] = all.add(std::as_bytes(std::span(digests))).digest();
}

core::Digest Dataset::labels_digest() const { return core::sha256(std::as_bytes(std::span(state_->labels))); }

void Dataset::check_labels(std::size_t classes) const {
  for (std::size_t i = 0; i < state_->labels.size(); ++i) {
    if (static_cast<std::size_t>(state_->labels[i]) >= classes) {
      throw InvalidInput(fmt::format("{}: the label {} (label_offset included) must be below {}",
                                     state_->source->name_of(state_->index(i)), state_->labels[i], classes));
    }
  }
}

void Dataset::read(std::size_t first, std::size_t count, std::span<float> out) const {
  const std::size_t n = image_size();
  assert(first + count <= size() && out.size() == count * n);
  core::parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) state_->read_one(first + i, out.subspan(i * n, n));
  });
}

}  // namespace mho::network
