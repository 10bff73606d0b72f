#pragma once
// Images (or any vectors of numbers) with labels, from the files that the field uses, made ready for a
// network: section [data] of a study.

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/library.h"
#include "mho/core/sha256.h"

namespace mho::network {

/// Section [data.preprocess]; done in this order, each step only where it differs from its default.
struct Preprocess {
  /// New length of the shorter side, the longer one in proportion (rounded down): bilinear, with the
  /// filter widened where the image shrinks (antialias). 0: as the file has it. 8-bit images only.
  std::size_t resize = 0;
  /// Side of the square cut out of the middle. 0: all.
  std::size_t crop = 0;
  /// Where what is cut is odd, the upper and left margin are half of it rounded down (3 → 1), or to the even
  /// number, as torchvision does (3 → 2, 1 → 0).
  enum class OddMargin { down, even };
  OddMargin odd_margin = OddMargin::down;
  enum class Order { rgb, bgr, gray };
  /// Order of the channels; "gray" makes one of them, 0.299 R + 0.587 G + 0.114 B. Images of a folder have
  /// three channels otherwise, gray ones three equal ones; IDX and arrays those of the file.
  Order order = Order::rgb;
  /// Factor on the values of the file: 0..255 for images, IDX and CIFAR; as written for CSV and NPY. The
  /// default 1 leaves them, so x/255 is scale = 0.003921568627.
  double scale = 1;
  std::vector<double> mean{0};  ///< subtracted after scaling: one for all, or one a channel in `order`
  std::vector<double> std{1};   ///< divided by at last: one, or one a channel
};

/// Section [data].
struct DataSettings {
  std::string images;  ///< see Dataset; "" where the section does not name any
  /// Test set of a training; "" in the file reads as `images` with "train" replaced by "test", and stays
  /// "" where there is no "train" in it.
  std::string test;
  std::size_t count = 0;   ///< images to use, 0: all
  std::size_t stride = 1;  ///< every so many-th image, from the first on
  int label_offset = 0;    ///< added to every label of the file
  Preprocess preprocess;
  std::string study;  ///< file that said all this: images are looked for beside it
  /// And on its path; sets that share one read a file once.
  std::shared_ptr<core::Library> library = std::make_shared<core::Library>();
};

/// Reads [data]. Wrong values become complaints of `study`; nothing is opened. `metadata`: what a network's
/// file says of itself; where that says how images become inputs, it holds for all that the study does not
/// say, and the resolved study shows it.
DataSettings read_data_settings(const core::Config& study,
                                const std::map<std::string, std::string>& metadata = {});

/// A set of images: its labels in memory, its pixels read, decoded and prepared when asked for.
///
/// `settings.images` names, absolute or by core/locate.h's order (beside the study, here, in $MHO_DATA):
///   IDX files         "mnist/test", "mnist/train" (t10k-images… or test-images…, train-images…, .gz too),
///                     or the file of images; its labels lie beside it ("images" → "labels" in the name)
///   CIFAR-10 binary   a .bin or .bin.xz file, or "folder/test" (test_batch.bin), "folder/train"
///   (data_batch_*) NPY, NPZ          (N, features), (N, H, W) or (N, C, H, W); of an NPZ the arrays `images`
///   or `x`, labels
///                     `labels` or `y`; beside images.npy labels.npy
///   CSV               one vector a line. With a header line a column named label (or class_index) is the
///                     label; without, the last column is. "folder/train" finds the one file *.train
///   folder of images  JPEG and PNG; with labels.csv (header `file,class_index,…`) those in it, in its
///                     order; without, all of them by name and without labels
/// All images of a set must have one shape after resizing and cropping.
class Dataset {
 public:
  /// Opens what settings.images names, reads the labels and the shape of the first image. Throws
  /// core::InvalidInput with the file, the place in it and what is wrong.
  explicit Dataset(const DataSettings& settings);
  /// Reads [data] and opens it; everything wrong becomes complaints of `study`, and the set is then empty.
  explicit Dataset(const core::Config& study);
  ~Dataset();
  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;

  std::size_t size() const;  ///< images after stride and count
  /// Of one image: {channels, height, width}; {features} where the file has no more than that.
  const std::vector<std::size_t>& shape() const;
  std::size_t image_size() const;  ///< numbers of one image: the product of shape()
  bool has_labels() const;
  /// One an image, label_offset added, never negative; empty without labels.
  std::span<const int> labels() const;
  /// Throws core::InvalidInput that names the file, image and label where one is not below `classes`.
  void check_labels(std::size_t classes) const;

  /// Writes images first, …, first+count-1 row-major (count, shape…) to `out`, which has
  /// count·image_size() elements. Any number of threads may call it; outside a parallel loop it decodes
  /// in parallel itself. A damaged image throws core::InvalidInput with its file.
  void read(std::size_t first, std::size_t count, std::span<float> out) const;

  /// Where it came from: the file or folder.
  const std::string& source() const;
  const Preprocess& preprocess() const;

  /// Of what is stored of the first `count` images (0: of all), before preprocessing: two sets of one digest
  /// have the same images in the same order, whatever their files are called. Reads every image once; reading
  /// one later that has changed since throws core::InvalidInput.
  core::Digest images_digest(std::size_t count = 0) const;
  /// Of labels().
  core::Digest labels_digest() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace mho::network
