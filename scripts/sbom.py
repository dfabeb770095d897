# SPDX-License-Identifier: Apache-2.0
"""Writes what is inside a wheel, as CycloneDX JSON.

    python scripts/sbom.py WHEEL BUILD

BUILD is the Meson folder that the wheel's library was built in; its records say with what. The file
lies beside WHEEL and bears its name, ending in .cdx.json.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement


def introspect(build: Path, what: str) -> Any:
    command = ["meson", "introspect", f"--{what}", str(build)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def linked(build: Path) -> Iterator[Component]:
    """What the compilers and the linker put into the library besides its own sources."""
    compiler = introspect(build, "compilers")["host"]["cpp"]
    yield Component(
        name="libstdc++",
        bom_ref="libstdc++",
        version=compiler["version"],
        description=compiler["full_version"],
        supplier=OrganizationalEntity(name="Free Software Foundation"),
        licenses=[LicenseExpression("GPL-3.0-or-later WITH GCC-exception-3.1")],
    )
    cuda = [found for found in introspect(build, "dependencies") if found["name"] == "cuda"]
    if not cuda:
        return
    nvidia = OrganizationalEntity(name="NVIDIA Corporation")
    yield Component(
        name="cudart_static",
        bom_ref="cudart_static",
        version=cuda[0]["version"],
        description="CUDA runtime",
        supplier=nvidia,
        licenses=[DisjunctiveLicense(name="NVIDIA CUDA Toolkit EULA")],
    )
    version = cub_version(cuda[0]["compile_args"])
    yield Component(
        name="CUB",
        bom_ref="CUB",
        version=version,
        description="templates of CUDA Core Compute Libraries, compiled into kernels",
        supplier=nvidia,
        licenses=[LicenseExpression("BSD-3-Clause AND Apache-2.0 WITH LLVM-exception")],
        purl=PackageURL("github", "nvidia", "cccl", f"v{version}"),
    )


def cub_version(arguments: list[str]) -> str:
    """The version in CUB's header, in the folder that `arguments` tell the compiler of."""
    folders = [Path(word.removeprefix("-isystem")) for word in arguments]
    (header,) = (path for f in folders if (path := f / "cccl" / "cub" / "version.cuh").exists())
    number = int(re.findall(r"#define CUB_VERSION (\d+)", header.read_text())[0])
    return f"{number // 100_000}.{number // 100 % 1000}.{number % 100}"


def required(metadata: Message) -> Iterator[Component]:
    """Packages that an installer brings with this one; which version is its choice."""
    for requirement in map(Requirement, metadata.get_all("Requires-Dist", [])):
        if requirement.marker is None:
            yield Component(
                name=requirement.name,
                bom_ref=requirement.name,
                description=str(requirement),
                purl=PackageURL("pypi", name=requirement.name),
            )


def describe(wheel: Path, build: Path) -> Bom:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(path).decode())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    package = Component(
        name=metadata["Name"],
        bom_ref=metadata["Name"],
        version=metadata["Version"],
        type=ComponentType.LIBRARY,
        licenses=[LicenseExpression(metadata["License-Expression"])],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        purl=PackageURL(
            "pypi",
            name=metadata["Name"],
            version=metadata["Version"],
            qualifiers={"file_name": wheel.name},
        ),
    )
    parts = [*linked(build), *required(metadata)]
    # The same wheel has the same number.
    bom = Bom(components=parts, serial_number=uuid.uuid5(uuid.NAMESPACE_OID, digest))
    bom.metadata.component = package
    bom.register_dependency(package, parts)
    return bom


def main() -> None:
    wheel, build = map(Path, sys.argv[1:])
    text = JsonV1Dot6(describe(wheel, build)).output_as_string(indent=2)
    wheel.with_suffix(".cdx.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
