/* SPDX-License-Identifier: Apache-2.0 */
/* The names of libdl.so.2 that the library and the run times inside it use: loading at run time. */

#define NAME(name) \
  void name(void) {}

NAME(dladdr)
NAME(dlclose)
NAME(dlerror)
NAME(dlmopen)
NAME(dlopen)
NAME(dlsym)
NAME(dlvsym)
