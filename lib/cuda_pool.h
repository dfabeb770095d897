// SPDX-License-Identifier: Apache-2.0
/** The stream-ordered memory pools of contexts. Both functions want the device to be current. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace rc {

/** A pool of its own on a device. It keeps up to 256 MiB for the calls that follow. */
cudaMemPool_t make_pool(int32_t device_id);

/** Destroys a pool once the stream is done with what it has by now, and returns before. A driver that is told to
 * destroy a pool while a free is on its way crashes, at once or later (580.159). */
void destroy_pool_behind(cudaMemPool_t pool, int32_t device_id, cudaStream_t stream) noexcept;

}  // namespace rc
