// SPDX-License-Identifier: Apache-2.0
#include "lib/overlap.h"

#include <algorithm>
#include <numeric>

#include "lib/error.h"

namespace rc {
namespace {

/** Sums of spans exceed int64, their products with counts as well. */
__extension__ typedef __int128 Wide;

/** Bytes that one axis may add to the distance of two elements: step * k for k in [0, count]. */
struct Axis {
  int64_t step;
  Wide count;
};

/** Elements of two tensors share a byte if, for some choice of k per axis, the distance between
 * them lies in [low, high]. Axes are ordered from the longest step to the shortest, so that few
 * choices of k are left on each. */
class Search {
 public:
  Search(const View& a, const View& b) : low_(1 - a.item_size), high_(b.item_size - 1) {
    // Distance = address in a - address in b; the axes of b, which subtract, run from their ends.
    start_ = reinterpret_cast<intptr_t>(a.data);
    start_ -= reinterpret_cast<intptr_t>(b.data);
    start_ -= b.extent() - b.item_size;
    add_axes(a);
    add_axes(b);
    merge_equal_steps();
    reach_[count_] = 0;
    common_[count_] = 0;
    for (int i = count_ - 1; i >= 0; --i) {
      reach_[i] = reach_[i + 1] + axes_[i].step * axes_[i].count;
      common_[i] = std::gcd(common_[i + 1], axes_[i].step);
    }
  }

  bool found() { return found(0, start_); }

 private:
  void add_axes(const View& view) {
    for (int32_t i = 0; i < view.ndim; ++i) {
      if (view.shape[i] > 1 && view.strides[i] > 0) {
        axes_[count_++] = {view.strides[i] * view.item_size, view.shape[i] - 1};
      }
    }
  }

  void merge_equal_steps() {
    std::sort(axes_, axes_ + count_, [](Axis x, Axis y) { return x.step > y.step; });
    int kept = 0;
    for (int i = 0; i < count_; ++i) {
      if (kept > 0 && axes_[kept - 1].step == axes_[i].step) {
        axes_[kept - 1].count += axes_[i].count;
      } else {
        axes_[kept++] = axes_[i];
      }
    }
    count_ = kept;
  }

  /** Whether the axes from `axis` on can bring `distance` into [low, high]. */
  bool found(int axis, Wide distance) {
    if (distance > high_ || distance + reach_[axis] < low_) return false;
    if (axis == count_) return true;
    // What is left moves in multiples of their common divisor only.
    const Wide divisor = common_[axis];
    if (floor_divide(high_ - distance, divisor) == floor_divide(low_ - distance - 1, divisor)) {
      return false;
    }
    const auto [step, count] = axes_[axis];
    const Wide rest = reach_[axis + 1];
    const Wide first = std::max<Wide>(0, -floor_divide(distance + rest - low_, step));
    const Wide last = std::min<Wide>(count, floor_divide(high_ - distance, step));
    for (Wide k = first; k <= last; ++k) {
      if (--budget_ < 0) return true;
      if (found(axis + 1, distance + k * step)) return true;
    }
    return false;
  }

  static Wide floor_divide(Wide a, Wide b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

  Axis axes_[2 * RC_MAX_NDIM];
  int count_ = 0;
  Wide start_;
  Wide low_;
  Wide high_;
  /** Of the axes from an index on: the most they add, and the divisor that all steps share. */
  Wide reach_[2 * RC_MAX_NDIM + 1];
  int64_t common_[2 * RC_MAX_NDIM + 1];
  int budget_ = 10000;
};

}  // namespace

bool may_share_memory(const View& a, const View& b) {
  if (a.count == 0 || b.count == 0) return false;
  return Search(a, b).found();
}

void check_output_layout(const View& output, const char* argument) {
  if (output.count == 0) return;
  int32_t axes[RC_MAX_NDIM];
  int32_t count = 0;
  const auto less = [&](int32_t x, int32_t y) { return output.strides[x] < output.strides[y]; };
  for (int32_t i = 0; i < output.ndim; ++i) {
    if (output.shape[i] == 1) continue;
    axes[count] = i;
    std::rotate(std::upper_bound(axes, axes + count, i, less), axes + count, axes + count + 1);
    ++count;
  }
  int64_t span = 0;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t axis = axes[i];
    if (output.strides[axis] <= span) {
      fail(RC_ERROR_UNSUPPORTED_LAYOUT,
           "%s: expected elements that share no memory, got %s with strides %s", argument,
           describe(output).c_str(), describe_strides(output).c_str());
    }
    span += (output.shape[axis] - 1) * output.strides[axis];
  }
}

void check_disjoint(Access* accesses, size_t count) {
  std::sort(accesses, accesses + count,
            [](const Access& x, const Access& y) { return x.view->data < y.view->data; });
  for (size_t i = 0; i < count; ++i) {
    const Access& first = accesses[i];
    const char* end = first.view->data + first.view->extent();
    for (size_t j = i + 1; j < count && accesses[j].view->data < end; ++j) {
      const Access& second = accesses[j];
      if (!(first.written || second.written)) continue;
      if (!may_share_memory(*first.view, *second.view)) continue;
      const Access& written = first.written ? first : second;
      const Access& other = first.written ? second : first;
      fail(RC_ERROR_INVALID_ARGUMENT, "%s: expected memory of its own, got some of %s",
           written.argument, other.argument);
    }
  }
}

}  // namespace rc
