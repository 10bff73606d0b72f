#pragma once
// One page for one or many results: self-contained HTML that opens from a disk, without any network.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mho/core/picture/svg.h"

namespace mho::report {

/// A result document and the name of its file.
struct NamedDocument {
  std::string file;
  nlohmann::ordered_json document;
};

/// Results on the same network and data are compared with each other: accuracy, error of the cells, layers,
/// swept quantities, a table; then the study files, versions and machines. Throws InvalidInput for a
/// document that is no result.
std::string html_page(const std::vector<NamedDocument>& results, const std::string& title = "");

/// The pictures of the page by name ("accuracy", "cells", "layers", "sweep"; with a number where results
/// are of several networks), to be written as files of their own.
std::vector<std::pair<std::string, core::Svg>> pictures(const std::vector<NamedDocument>& results);

}  // namespace mho::report
