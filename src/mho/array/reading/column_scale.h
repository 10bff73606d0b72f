#pragma once
// Outputs with a range of their own: digital logic multiplies what it reads of each column by that column's
// W_max. Networks whose output channels differ much in size (depthwise layers, most of all) need it.

#include <memory>
#include <vector>

#include "mho/array/reading/product.h"

namespace mho::array {

/// `product` with output j multiplied by scale[j].
std::unique_ptr<Product> with_columns_scaled(std::unique_ptr<Product> product, std::vector<float> scale);

}  // namespace mho::array
