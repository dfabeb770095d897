# SPDX-License-Identifier: Apache-2.0
"""Gate: every name that the archive of the library's objects defines for others begins with `rc`.

C names begin with `rc_`, C++ names lie in namespace `rc`. Templates and inline functions of the
standard library are weak and may repeat in any object.
"""

import re
import subprocess
import sys

LINE = re.compile(r"^[0-9a-f]+ (\w) (.*)$")
# "rc_version", "rc_context::log(...) const", "rc::view(...)", "typeinfo for rc::CudaDevice". What
# nvcc makes to launch a kernel of namespace rc bears the kernel's name as the linker knows it.
OWN = re.compile(
    r"^(?:(?:(?:vtable|VTT|typeinfo|typeinfo name|guard variable) for )?rc(?:_|::)"
    r"|__device_stub__ZN2rc)"
)
WEAK = set("vVwWu")


def main() -> int:
    nm, archive = sys.argv[1:]
    lines = subprocess.run(
        [nm, "--extern-only", "--defined-only", "--demangle", archive],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    symbols = [match.groups() for match in map(LINE.match, lines) if match]
    foreign = sorted({name for kind, name in symbols if kind not in WEAK and not OWN.match(name)})
    if not any(name == "rc_version" for _, name in symbols):
        foreign.append(f"rc_version: not in {archive}")
    print("\n".join(foreign) or f"{len(symbols)} symbols")
    return len(foreign) > 0


if __name__ == "__main__":
    sys.exit(main())
