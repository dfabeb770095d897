/* SPDX-License-Identifier: Apache-2.0 */
/* The names of librt.so.1 that the library and the run times inside it use: shared memory. */

#define NAME(name) \
  void name(void) {}

NAME(shm_open)
NAME(shm_unlink)
