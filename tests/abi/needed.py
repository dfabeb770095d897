# SPDX-License-Identifier: Apache-2.0
"""Gate: the library needs the C library and nothing else; neither CUDA nor a C++ runtime. On the
machines that wheels are for, glibc 2.28 is new enough."""

import re
import subprocess
import sys

LIBRARIES = re.compile(r"lib(c|m|dl|rt|pthread|gcc_s)\.so\.\d+|ld-linux.*")
GLIBC = (2, 28)
WHEELS = {"x86_64", "aarch64"}
VERSIONED = re.compile(r" UND +(\w+)@(GLIBC_([\d.]+))")


def read(readelf: str, option: str, library: str) -> str:
    command = [readelf, "--wide", option, library]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> int:
    readelf, library, machine = sys.argv[1:]
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", read(readelf, "--dynamic", library))
    print("\n".join(needed) or "no library is needed")
    newer = [
        f"{name}: {version}; lib/glibc can tell the linker of an older one"
        for name, version, numbers in VERSIONED.findall(read(readelf, "--dyn-syms", library))
        if machine in WHEELS and tuple(map(int, numbers.split("."))) > GLIBC
    ]
    print("\n".join(newer))
    return not needed or not all(map(LIBRARIES.fullmatch, needed)) or len(newer) > 0


if __name__ == "__main__":
    sys.exit(main())
