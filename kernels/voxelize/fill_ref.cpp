// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/common/numbers.h"
#include "kernels/voxelize/voxelize.h"

namespace rc {

void fill_rows(const GridArray& array, const Grid& grid, int64_t depth, int64_t width, double value,
               int64_t begin, int64_t end) {
  const bool dense = array.channel == 1 && (depth <= 1 || array.axis[2] == width);
  with_type(array.type, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T element = from_double<T>(value);
    for (int64_t row = begin; row < end; ++row) {
      const int64_t cloud = row / (grid.dims[0] * grid.dims[1]);
      const int64_t x = row / grid.dims[1] % grid.dims[0], y = row % grid.dims[1];
      T* const start = reinterpret_cast<T*>(array.data) + cloud * array.cloud + x * array.axis[0] +
                       y * array.axis[1];
      if (dense) {
        std::fill_n(start, depth * width, element);
        continue;
      }
      for (int64_t z = 0; z < depth; ++z) {
        for (int64_t c = 0; c < width; ++c) start[z * array.axis[2] + c * array.channel] = element;
      }
    }
  });
}

}  // namespace rc
