# SPDX-License-Identifier: Apache-2.0
"""Every file compiles alone, without a warning, in every language it promises."""

import argparse
import shlex
import subprocess
import sys

FLAGS = ["-fsyntax-only", "-pedantic", "-Wall", "-Wextra", "-Wundef", "-Wconversion", "-Werror"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", required=True, help="the C compiler, as one shell word")
    parser.add_argument("--cxx", required=True, help="the C++ compiler, as one shell word")
    parser.add_argument("--standard", action="append", required=True, help="c99, c++17, ...")
    parser.add_argument("--include", action="append", required=True)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()

    includes = [f"-I{folder}" for folder in arguments.include]
    failures = 0
    for standard in arguments.standard:
        cxx = standard.startswith("c++")
        compiler = shlex.split(arguments.cxx if cxx else arguments.cc)
        for file in arguments.files:
            language = [f"-std={standard}", "-x", "c++" if cxx else "c"]
            # Included from a file with a line of its own: C knows no empty ones.
            command = [*compiler, *language, *FLAGS, *includes, "-include", file, "-"]
            failures += subprocess.run(command, input=b"typedef int line;").returncode != 0
    print(f"{len(arguments.files)} files, {', '.join(arguments.standard)}: {failures} failures")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
