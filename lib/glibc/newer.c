/* SPDX-License-Identifier: Apache-2.0 */
/* What libstdc++, which the library holds, asks of a glibc newer than 2.28. */

/* Since 2.32: where it is true, counters of shared pointers need no atomic operations. False is always
 * right. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name is glibc's */
__attribute__((visibility("hidden"))) char __libc_single_threaded;

/* Since 2.38: strtoul that takes binary numbers too. libstdc++ reads its own settings with it. Declared
 * here, since newer headers may make the one name the other. */
unsigned long strtoul(const char* text, char** end, int base);
/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name is glibc's */
unsigned long __isoc23_strtoul(const char* text, char** end, int base);
/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name is glibc's */
__attribute__((visibility("hidden"))) unsigned long __isoc23_strtoul(const char* text, char** end,
                                                                     int base) {
  return strtoul(text, end, base);
}
