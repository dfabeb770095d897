// SPDX-License-Identifier: Apache-2.0
// A struct that has grown since its first release, handed over by programs of then, of now and of a
// time to come. Each lies in memory of exactly its size, which a sanitizer watches.
#include <cstring>
#include <vector>

#include "lib/options.h"
#include "tests/lib/check.h"

namespace {

struct Grown {
  uint32_t struct_size;
  int32_t first;
  /** Of the second release. */
  double second;
  /** Of the third, the one that this library is of. */
  int64_t third;
};
constexpr uint32_t of_first = 8, of_second = 16, of_now = sizeof(Grown), of_later = of_now + 8;

/** What a program of some release fills in: all that it knows. */
std::vector<char> filled(uint32_t size) {
  const Grown whole = {size, -3, 0.5, 7};
  std::vector<char> memory(size);
  std::memcpy(memory.data(), &whole, size < of_now ? size : of_now);
  return memory;
}

Grown& as_struct(std::vector<char>& memory) { return *reinterpret_cast<Grown*>(memory.data()); }

}  // namespace

template <>
inline constexpr uint32_t rc::first_released_size<Grown> = of_first;

namespace {

void what_is_missing_is_zero() {
  for (const uint32_t size : {of_first, of_second, of_now, of_later}) {
    std::vector<char> memory = filled(size);
    const Grown known = rc::read_struct(as_struct(memory), "options");
    CHECK(known.struct_size == of_now);
    CHECK(known.first == -3);
    CHECK(known.second == (size >= of_second ? 0.5 : 0));
    CHECK(known.third == (size >= of_now ? 7 : 0));
  }
}

void what_is_unknown_is_refused() {
  std::vector<char> memory = filled(of_later);
  memory.back() = 1;
  CHECK(status_of([&] { rc::read_struct(as_struct(memory), "options"); }) ==
        RC_ERROR_UNSUPPORTED_OPTION);
  std::vector<char> short_one = filled(of_first);
  const uint32_t size = of_first - 1;
  std::memcpy(short_one.data(), &size, sizeof size);
  CHECK(status_of([&] { rc::read_struct(as_struct(short_one), "options"); }) ==
        RC_ERROR_INVALID_ARGUMENT);
}

/** What the library writes ends where the caller's struct does. */
void no_more_is_written_than_there_is_room() {
  for (const uint32_t size : {of_first, of_second, of_now, of_later}) {
    std::vector<char> memory(size);
    std::memcpy(memory.data(), &size, sizeof size);
    rc::write_struct(&as_struct(memory), Grown{0, 4, 1.5, 9}, "properties");
    const Grown back = rc::read_struct(as_struct(memory), "properties");
    uint32_t kept;
    std::memcpy(&kept, memory.data(), sizeof kept);
    CHECK(kept == size);
    CHECK(back.first == 4);
    CHECK(back.second == (size >= of_second ? 1.5 : 0));
    CHECK(back.third == (size >= of_now ? 9 : 0));
  }
}

}  // namespace

int main() {
  what_is_missing_is_zero();
  what_is_unknown_is_refused();
  no_more_is_written_than_there_is_room();
  return failed_checks != 0;
}
