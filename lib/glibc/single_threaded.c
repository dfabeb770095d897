/* SPDX-License-Identifier: Apache-2.0 */
/* glibc has this since 2.32, and libstdc++ reads it: where it is true, counters of shared pointers
 * need no atomic operations. False is always right. */

/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name is glibc's */
__attribute__((visibility("hidden"))) char __libc_single_threaded;
