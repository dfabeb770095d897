// SPDX-License-Identifier: Apache-2.0
#include "lib/cuda_pool.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/cuda_support.h"

namespace rc {
namespace {

/** A pool that is to be destroyed when its event has passed. */
struct LeftPool {
  std::unique_ptr<PrimaryContext> primary;
  cudaMemPool_t pool;
  cudaEvent_t done;
};

struct LeftPools {
  std::mutex mutex;
  std::vector<LeftPool> pools;
};

/** Never destroyed: the driver may be gone before. */
LeftPools& left_pools() {
  static auto* const left = new LeftPools;
  return *left;
}

void destroy(cudaMemPool_t pool, cudaEvent_t done) {
  cudaMemPoolDestroy(pool);
  cudaEventDestroy(done);
}

void destroy_those_done(LeftPools& left) {
  const auto is_done = [](const LeftPool& one) {
    const Current current(*one.primary);
    if (cudaEventQuery(one.done) == cudaErrorNotReady) return false;
    destroy(one.pool, one.done);
    return true;
  };
  auto& pools = left.pools;
  pools.erase(std::remove_if(pools.begin(), pools.end(), is_done), pools.end());
  cudaGetLastError();
}

}  // namespace

cudaMemPool_t make_pool(int32_t device_id) {
  LeftPools& left = left_pools();
  {
    const std::lock_guard<std::mutex> lock(left.mutex);
    destroy_those_done(left);
  }
  cudaMemPoolProps properties = {};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {cudaMemLocationTypeDevice, device_id};
  cudaMemPool_t pool = nullptr;
  check(cudaMemPoolCreate(&pool, &properties), "making the memory pool");
  // What the pool keeps when the stream has been waited for, so that call after call reuses it.
  uint64_t kept = uint64_t{256} << 20;
  const cudaError_t error = cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept);
  if (error != cudaSuccess) cudaMemPoolDestroy(pool);
  check(error, "setting up the memory pool");
  return pool;
}

void destroy_pool_behind(cudaMemPool_t pool, int32_t device_id, cudaStream_t stream) noexcept {
  cudaEvent_t done = nullptr;
  if (cudaEventCreateWithFlags(&done, cudaEventDisableTiming) != cudaSuccess) {
    cudaStreamSynchronize(stream);
    cudaMemPoolDestroy(pool);
    return;
  }
  cudaEventRecord(done, stream);
  LeftPools& left = left_pools();
  const std::lock_guard<std::mutex> lock(left.mutex);
  try {
    left.pools.push_back({std::make_unique<PrimaryContext>(device_id), pool, done});
  } catch (...) {
    cudaEventSynchronize(done);
    destroy(pool, done);
  }
  destroy_those_done(left);
}

}  // namespace rc
