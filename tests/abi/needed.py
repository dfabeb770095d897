# SPDX-License-Identifier: Apache-2.0
"""Gate: the library needs the C library and nothing else; neither CUDA nor a C++ runtime."""

import re
import subprocess
import sys

ALLOWED = re.compile(r"lib(c|m|dl|rt|pthread|gcc_s)\.so\.\d+|ld-linux.*")

_, readelf, library = sys.argv
dynamic = subprocess.run([readelf, "-d", library], check=True, capture_output=True, text=True)
needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic.stdout)
print("\n".join(needed))
sys.exit(not needed or not all(map(ALLOWED.fullmatch, needed)))
