/* SPDX-License-Identifier: Apache-2.0 */
/* An allocator for a context that keeps count, and may have run dry. */
#ifndef TESTS_API_COUNTER_H
#define TESTS_API_COUNTER_H

#include <stdlib.h>

#include "check.h"

struct counter {
  int calls;
  uint64_t held, most;
  int dry;
};

static void* allocate(void* cookie, uint64_t size, uint64_t alignment, void* stream) {
  struct counter* counter = cookie;
  CHECK(stream == NULL);
  ++counter->calls;
  if (counter->dry) return NULL;
  counter->held += size;
  if (counter->held > counter->most) counter->most = counter->held;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void deallocate(void* cookie, void* pointer, uint64_t size, void* stream) {
  struct counter* counter = cookie;
  CHECK(stream == NULL);
  counter->held -= size;
  free(pointer);
}

#endif
