-- SPDX-License-Identifier: Apache-2.0
-- Offsets and sizes in docs/how-to/luajit.md, for lines of "struct field" and "struct".
local ffi = require("ffi")
require("librobocache")

for line in io.lines() do
  local struct, field = line:match("(%S+) ?(%S*)")
  print(field ~= "" and ffi.offsetof(struct, field) or ffi.sizeof(struct))
end
