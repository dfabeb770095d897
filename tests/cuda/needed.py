# SPDX-License-Identifier: Apache-2.0
"""Gate: the library asks the loader for nothing of CUDA, so that it loads without a driver."""

import re
import subprocess
import sys

_, readelf, library = sys.argv
dynamic = subprocess.run([readelf, "-d", library], check=True, capture_output=True, text=True).stdout
needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
print("\n".join(needed))
sys.exit(any(re.match(r"lib(cuda|nv)", name) for name in needed) or not needed)
