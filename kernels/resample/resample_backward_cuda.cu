// SPDX-License-Identifier: Apache-2.0
// rc_resample_backward on a CUDA device. What gather_gradient_cuda does not serve: one thread has an
// element of a sequence to itself and adds to its samples in the order of rows and targets, as the CPU
// does: the same sums, to the bit.
#define RC_LEVEL cuda
#include "kernels/common/sort_cuda.h"
#include "kernels/resample/cuda_tiles.h"
#include "kernels/resample/resample_backward_cuda.h"
#include "kernels/resample/resample_cuda.h"

RC_KERNELS_BEGIN
namespace {

// Pairs of the sequence that a row reads and the row. Wrong ids count as one more sequence.
__global__ void __launch_bounds__(kTile)
    write_ids(const __grid_constant__ ResamplePlan plan, uint64_t* keys, int64_t* numbers) {
  for_each_number(plan.rows, [&](int64_t row) {
    const int64_t id = plan.sequence_ids[row];
    keys[row] = static_cast<uint64_t>(id >= 0 && id < plan.sequences ? id : plan.sequences);
    numbers[row] = row;
  });
}

// Where the rows of each sequence begin among the sorted ones.
__global__ void __launch_bounds__(kTile) write_row_begin(const __grid_constant__ ResamplePlan plan,
                                                         const uint64_t* keys, int64_t* row_begin) {
  for_each_number(plan.sequences + 1, [&](int64_t e) {
    row_begin[e] =
        border(0, plan.rows, [&](int64_t k) { return keys[k] < static_cast<uint64_t>(e); });
  });
}

// A channel, or the first one of a quaternion.
struct Element {
  int64_t channel;
  int32_t mode;
};

int64_t count_elements(const ResamplePlan& plan) {
  int64_t count = 0;
  for (int g = 0; g < plan.num_groups; ++g) {
    count += plan.groups[g].count / channels_of_element(plan.groups[g].mode);
  }
  return count;
}

__device__ Element find_element(const ResamplePlan& plan, int64_t number) {
  int g = 0;
  for (;; ++g) {
    const int64_t count = plan.groups[g].count / channels_of_element(plan.groups[g].mode);
    if (number < count) break;
    number -= count;
  }
  const Group& group = plan.groups[g];
  return {group.begin + number * channels_of_element(group.mode), group.mode};
}

// A target and where it lies.
template <class Raw>
struct Spot {
  typename Sequence<Raw>::Time time;
  Bracket bracket;
};

// A block takes some elements of one sequence. Its threads find a tile of targets together, one
// each; then each thread takes the whole tile to its element. Of a plan that is gathered it serves the
// sequences that are left over.
template <class Raw>
__global__ void __launch_bounds__(kTile)
    add_gradients(const __grid_constant__ GradientPlan plan, int64_t elements) {
  __shared__ Spot<Raw> tile[kTile];
  const ResamplePlan& forward = plan.forward;
  const Array& grad = forward.output;
  const Array& times = forward.target_times;
  const int64_t blocks = (elements - 1) / kTile + 1;
  const bool is_gathered = plan.unordered != nullptr;
  if (is_gathered && plan.unordered[0] == 0) return;

  for (int64_t part = blockIdx.x; part < forward.sequences * blocks; part += gridDim.x) {
    const int64_t e = part / blocks, number = part % blocks * kTile + threadIdx.x;
    if (!is_readable(forward, e) || (is_gathered && !is_unordered(plan, e))) continue;
    const Sequence<Raw> sequence(forward, e);
    const bool has_element = number < elements;
    const Element element = has_element ? find_element(forward, number) : Element{};
    const int channels = channels_of_element(element.mode);
    const int64_t stored = forward.offsets ? sequence.begin : e * forward.samples;
    double* const sums = plan.sums + stored * forward.width;

    const int64_t rows_begin = forward.sequence_ids ? plan.row_begin[e] : e;
    const int64_t rows_end = forward.sequence_ids ? plan.row_begin[e + 1] : e + 1;
    for (int64_t r = rows_begin; r < rows_end; ++r) {
      const int64_t row = forward.sequence_ids ? plan.rows[r] : r;
      const bool packed = forward.packed_targets();
      const int64_t first = packed ? forward.target_offsets[row] : 0;
      const int64_t last = packed ? forward.target_offsets[row + 1] : forward.targets;
      // Wrong target offsets: the checks report them.
      if (first < 0 || last > forward.targets) continue;
      for (int64_t begin = first; begin < last; begin += kTile) {
        const int count = static_cast<int>(min(last - begin, int64_t{kTile}));
        if (threadIdx.x < count) {
          const auto t = static_cast<typename Sequence<Raw>::Time>(reinterpret_cast<const Raw*>(
              times.data)[row * times.row + (begin + threadIdx.x) * times.step]);
          tile[threadIdx.x] = {t, locate(forward, sequence, t, guess(sequence, t))};
        }
        __syncthreads();
        for (int i = 0; has_element && i < count; ++i) {
          double g[4];
          for (int j = 0; j < channels; ++j) {
            g[j] = load(
                grad.type, grad.data,
                row * grad.row + (begin + i) * grad.step + (element.channel + j) * grad.channel);
          }
          element_gradient(plan, sequence, tile[i].time, tile[i].bracket, element.mode,
                           element.channel, g, LookUp(), sums);
        }
        __syncthreads();
      }
    }
  }
}

// Whether a stored sample is one of a sequence that was not gathered.
__device__ bool is_left_over(const GradientPlan& plan, int64_t sample) {
  const ResamplePlan& forward = plan.forward;
  if (forward.sequences == 0) return false;
  const int64_t e = forward.offsets ? holder(forward.offsets, forward.sequences, sample)
                                    : sample / forward.samples;
  const int64_t position = sample - (forward.offsets ? forward.offsets[e] : e * forward.samples);
  return is_unordered(plan, e) && is_readable(forward, e) && position >= 0 &&
         position < sequence_length(forward, e);
}

// Rounds the sums of all samples, zero where nothing was added; of those that are left over, if others
// were gathered.
__global__ void __launch_bounds__(kTile) write_gradient(const __grid_constant__ GradientPlan plan) {
  const ResamplePlan& forward = plan.forward;
  const Array& out = plan.grad_values;
  const bool is_gathered = plan.unordered != nullptr;
  if (is_gathered && plan.unordered[0] == 0) return;
  for_each_number(stored_samples(forward) * forward.width, [&](int64_t i) {
    const int64_t sample = i / forward.width, c = i % forward.width;
    if (is_gathered && !is_left_over(plan, sample)) return;
    store(out.type, out.data, place_of_sample(plan, sample) + c * out.channel, plan.sums[i]);
  });
}

cudaError_t list_rows(GradientPlan& plan, Pairs<uint64_t, int64_t>& pairs, cudaStream_t stream) {
  const ResamplePlan& forward = plan.forward;
  if (forward.rows > 0) {
    write_ids<<<blocks_for(forward.rows), kTile, 0, stream>>>(forward, pairs.key(), pairs.number());
  }
  const cudaError_t error = sort_pairs(pairs, bits_of(forward.sequences), stream);
  if (error != cudaSuccess) return error;
  plan.rows = pairs.number();
  write_row_begin<<<blocks_for(forward.sequences + 1), kTile, 0, stream>>>(forward, pairs.key(),
                                                                           plan.row_begin);
  return cudaGetLastError();
}

cudaError_t add_all(const GradientPlan& plan, cudaStream_t stream) {
  const ResamplePlan& forward = plan.forward;
  const int64_t sums = stored_samples(forward) * forward.width;
  if (sums == 0) return cudaSuccess;
  // What gathering leaves over, as few calls do, is little: few blocks begin for it.
  constexpr int64_t kFew = 1 << 10;
  const bool is_gathered = plan.unordered != nullptr;
  const cudaError_t error = is_gathered
                                ? gather_gradient_cuda(plan, stream)
                                : cudaMemsetAsync(plan.sums, 0, sums * sizeof(double), stream);
  if (error != cudaSuccess) return error;
  const int64_t elements = count_elements(forward);
  const int64_t parts = forward.sequences * ((elements - 1) / kTile + 1);
  with_time_type(forward.target_times.type, [&](auto* raw) {
    using Raw = std::remove_pointer_t<decltype(raw)>;
    if (parts == 0) return;
    const auto blocks = static_cast<unsigned>(std::min(parts, is_gathered ? kFew : kMaxBlocks));
    add_gradients<Raw><<<blocks, kTile, 0, stream>>>(plan, elements);
  });
  const unsigned blocks = is_gathered ? few_blocks(sums) : blocks_for(sums);
  write_gradient<<<blocks, kTile, 0, stream>>>(plan);
  return cudaGetLastError();
}

}  // namespace
RC_KERNELS_END

namespace rc {

cudaError_t resample_backward_cuda(GradientPlan& plan, Carver& carver, bool launch,
                                   cudaStream_t stream) {
  ResamplePlan& forward = plan.forward;
  take_order(forward, carver);
  take_finite(forward, carver);
  const uint64_t order = carver.used();
  cudaError_t error = order_cuda(forward, carver, launch, stream);
  if (error == cudaSuccess && launch) error = finite_cuda(forward, stream);
  if (error != cudaSuccess) return error;
  carver.back_to(order);

  plan.sums = carver.take<double>(stored_samples(forward) * forward.width);
  plan.unordered =
      is_for_gathering_cuda(plan) ? carver.take<uint8_t>(count_of_flags(forward)) : nullptr;
  if (forward.sequence_ids) {
    Pairs<uint64_t, int64_t> pairs = {};
    plan.row_begin = carver.take<int64_t>(forward.sequences + 1);
    error = make_pairs(forward.rows, carver, &pairs);
    if (error == cudaSuccess && launch) error = list_rows(plan, pairs, stream);
    if (error != cudaSuccess) return error;
  }
  return launch ? add_all(plan, stream) : cudaSuccess;
}

}  // namespace rc
