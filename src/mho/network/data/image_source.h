#pragma once
// Where images come from: one class a kind of storage, all behind one interface. dataset.h prepares them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/core/image.h"
#include "mho/core/locate.h"
#include "mho/core/sha256.h"

namespace mho::network {

/// Images of one kind of file. Immutable: those that stay on disk are refused where they change there. Any
/// number of threads may read.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  std::string path;  ///< file or folder
  std::size_t count = 0;
  std::vector<std::int64_t> labels;  ///< as in the file; empty where it has none
  /// Of one image where it is an array of numbers: {channels, height, width} or {features}. Empty where
  /// images are pictures of 8 bits.
  std::vector<std::size_t> shape;

  /// What the bytes of an image mean, beside its shape: "picture", "f4".
  std::string form = "picture";

  bool has_pictures() const { return shape.empty(); }
  /// One picture, for has_pictures(). Throws core::InvalidInput where its file is damaged.
  virtual core::Image picture(std::size_t index) const;
  /// One array, otherwise; `out` has as many elements as shape says.
  virtual void numbers(std::size_t index, std::span<float> out) const;
  /// Name of one image for messages: its file, or "file: image 7".
  virtual std::string name_of(std::size_t index) const;
  /// Of what is stored of one image: another digest, another image. Throws as picture() does.
  virtual core::Digest digest(std::size_t index) const = 0;
  /// True where pictures may differ in size and kind: files of a folder.
  virtual bool is_mixed() const { return false; }
};

/// Opens what `images` names (dataset.h says how); `study` is the file that names it. Throws
/// core::InvalidInput.
std::unique_ptr<const ImageSource> open_images(const std::string& images, const std::string& study,
                                               const core::SearchPath& path);

}  // namespace mho::network
