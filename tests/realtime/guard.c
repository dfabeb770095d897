/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded between a program and the C library: once the program has said that start-up is over,
 * whatever takes or gives back memory, or takes a lock, ends it, by name. operator new comes here
 * too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);
extern void __libc_free(void*);

static atomic_int is_steady;
static int (*lock_mutex)(pthread_mutex_t*);

__attribute__((constructor)) static void find_next(void) {
  *(void**)&lock_mutex = dlsym(RTLD_NEXT, "pthread_mutex_lock");
}

void realtime_steady(int steady) { atomic_store(&is_steady, steady); }

static void check(const char* function) {
  if (!atomic_load(&is_steady)) return;
  static const char text[] = " was called after start-up\n";
  if (write(2, function, strlen(function)) < 0 || write(2, text, sizeof text - 1) < 0) _exit(3);
  abort();
}

void* malloc(size_t size) {
  check("malloc");
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  check("calloc");
  return __libc_calloc(count, size);
}
void* realloc(void* pointer, size_t size) {
  check("realloc");
  return __libc_realloc(pointer, size);
}
void* memalign(size_t alignment, size_t size) {
  check("memalign");
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  check("aligned_alloc");
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** pointer, size_t alignment, size_t size) {
  check("posix_memalign");
  *pointer = __libc_memalign(alignment, size);
  return *pointer == NULL ? ENOMEM : 0;
}
void free(void* pointer) {
  check("free");
  __libc_free(pointer);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  check("pthread_mutex_lock");
  /* Before the constructor has run there is one thread. */
  return lock_mutex != NULL ? lock_mutex(mutex) : 0;
}
