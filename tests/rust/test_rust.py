# SPDX-License-Identifier: Apache-2.0
"""The Rust crates: generated declarations, style, tests, examples, packages, and the recipe.

All build into build/rust, one command at a time, with a copy of the installed library that lies at
one place for all test processes: another place would make Cargo build anew.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import builds
import pytest
import recipes

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = ROOT / "bindings" / "rust"
TARGET = ROOT / "build" / "rust"
FEATURES = ["--features", "ndarray,half,cudarc"]
MSRV = "1.85"
VERSION = re.search(r'^version = "(.+?)"', (WORKSPACE / "Cargo.toml").read_text(), re.M)[1]


def cargo_lacks() -> str:
    """Why nothing here can run, or ""."""
    if not shutil.which("cargo"):
        return f"no cargo (rustup, or Debian's cargo from {MSRV} on)"
    said = subprocess.run(["cargo", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    assert found, said
    new_enough = tuple(map(int, found.groups())) >= tuple(map(int, MSRV.split(".")))
    return "" if new_enough else f"cargo {MSRV} or newer (rustup), got {said.strip()}"


LACKS = cargo_lacks()
pytestmark = [
    pytest.mark.xdist_group("rust"),  # others would wait for the lock
    pytest.mark.skipif(bool(LACKS), reason=LACKS),
]


@pytest.fixture(scope="module")
def environment(prefix: Path, installed_environment: dict[str, str]) -> dict[str, str]:
    """That of somebody who has installed the library into build/rust/installed."""
    TARGET.mkdir(parents=True, exist_ok=True)
    installed = TARGET / "installed"
    with builds.locked(TARGET):
        shutil.rmtree(installed, ignore_errors=True)
        shutil.copytree(prefix, installed, symlinks=True)
    there = {
        name: value.replace(str(prefix), str(installed))
        for name, value in installed_environment.items()
        if name in ("LD_LIBRARY_PATH", "PKG_CONFIG_PATH")
    }
    cargo = {"CARGO_TARGET_DIR": str(TARGET), "CARGO_TERM_COLOR": "never"}
    return installed_environment | there | cargo


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a command in the workspace, when no other test process does."""
    with builds.locked(TARGET):
        return subprocess.run(
            command, cwd=WORKSPACE, env=environment, capture_output=True, text=True, timeout=900
        )


def succeed(command: list[str], environment: dict[str, str]) -> str:
    """What a command printed that must not fail."""
    done = run(command, environment)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def component(name: str) -> None:
    """Skips where a tool of Cargo is not installed."""
    if not shutil.which(name):
        pytest.skip(f"no {name} (rustup component add {name.removeprefix('cargo-')})")


def test_bindings_are_those_of_the_headers(environment: dict[str, str]) -> None:
    wheel = importlib.util.find_spec("clang")
    if wheel is None or wheel.origin is None:
        pytest.skip("no libclang (PyPI: libclang)")
    libclang = {"LIBCLANG_PATH": str(Path(wheel.origin).parent / "native")}
    generate = ["cargo", "run", "--locked", "--quiet", "-p", "generate-bindings", "--", "--check"]
    succeed(generate, environment | libclang)


def safe_sources() -> str:
    folder = WORKSPACE / "robocache" / "src"
    return "\n".join(path.read_text() for path in sorted(folder.rglob("*.rs")))


def declared(pattern: str) -> set[str]:
    text = (WORKSPACE / "robocache-sys" / "src" / "bindings.rs").read_text()
    return set(re.findall(pattern, text))


def test_the_safe_crate_has_every_function_and_enumerator() -> None:
    """Whoever adds to the C interface is told that the safe crate lacks it."""
    functions = {name for name in declared(r"pub fn (rc_\w+)") if not name.endswith("_init")}
    unsaid = {"RC_SUCCESS", "RC_DEVICE_AUTO"}  # `Ok`; a context without a device
    enumerators = declared(r"pub const (RC_\w+): rc_\w+ = rc_") - unsaid
    assert len(functions) > 30
    assert len(enumerators) > 70
    sources = safe_sources()
    lacking = {name for name in functions | enumerators if not re.search(rf"\b{name}\b", sources)}
    assert not lacking


def test_the_safe_crate_has_every_field() -> None:
    structs = dict(declared(r"pub struct (rc_\w+) \{\n((?:    pub .*\n)+)\}"))
    fields = {name for body in structs.values() for name in re.findall(r"pub (\w+):", body)}
    assert len(fields) > 80
    internal = {"compute_major", "compute_minor", "op"} & fields
    sources = safe_sources()
    lacking = {name for name in fields - internal if not re.search(rf"\b{name}\b", sources)}
    assert not lacking - {"struct_size"}


def test_format(environment: dict[str, str]) -> None:
    component("rustfmt")
    succeed(["cargo", "fmt", "--all", "--check"], environment)


@pytest.mark.parametrize("features", [[], FEATURES], ids=["plain", "features"])
def test_clippy(features: list[str], environment: dict[str, str]) -> None:
    component("cargo-clippy")
    clippy = ["cargo", "clippy", "--locked", "--quiet", "--all-targets", *features]
    succeed([*clippy, "--", "-D", "warnings"], environment)


def test_documentation(environment: dict[str, str]) -> None:
    strict = {"RUSTDOCFLAGS": "-D warnings"}
    document = ["cargo", "doc", "--locked", "--quiet", "--no-deps", *FEATURES]
    succeed(document, environment | strict)


@pytest.mark.parametrize("features", [[], FEATURES], ids=["plain", "features"])
def test_cargo_test(features: list[str], environment: dict[str, str]) -> None:
    printed = succeed(["cargo", "test", "--locked", *features], environment)
    passed = sum(map(int, re.findall(r"test result: ok\. (\d+) passed; 0 failed", printed)))
    assert passed > 80, printed


def test_valgrind(environment: dict[str, str]) -> None:
    """Miri cannot call C; valgrind watches both sides: memory errors, and leaks of contexts,
    callbacks and allocators."""
    if not shutil.which("valgrind"):
        pytest.skip("no valgrind (Debian: valgrind)")
    machine = platform.machine().upper()
    runner = {
        f"CARGO_TARGET_{machine}_UNKNOWN_LINUX_GNU_RUNNER": "valgrind --quiet --error-exitcode=9"
        " --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
    }
    succeed(["cargo", "test", "--locked", "--quiet", "--test", "api"], environment | runner)


def test_oldest_compiler(environment: dict[str, str]) -> None:
    """As far as the crates say: cudarc asks for a newer one."""
    if not shutil.which("rustup"):
        pytest.skip("no rustup")
    if MSRV not in succeed(["rustup", "toolchain", "list"], environment):
        pytest.skip(f"no Rust {MSRV} (rustup toolchain install {MSRV} --profile minimal)")
    check = ["cargo", f"+{MSRV}", "check", "--locked", "--quiet", "--features", "ndarray,half"]
    succeed(check, environment | {"CARGO_TARGET_DIR": str(TARGET / "oldest")})
    manifest = (WORKSPACE / "Cargo.toml").read_text()
    assert f'rust-version = "{MSRV}"' in manifest


SAMPLES = """time,a,b
0,0,1
20000000,2,
10000000,1,3
50000000,4,5
"""
ALIGNED = """time,a,b
0,0,1
10000000,1,3
20000000,2,
30000000,,
40000000,,
50000000,4,5
"""


def example(name: str) -> list[str]:
    return ["cargo", "run", "--locked", "--quiet", "--example", name, "--"]


def test_example_resample_csv(environment: dict[str, str], tmp_path: Path) -> None:
    """Unordered samples, an empty cell, and a gap that is not bridged."""
    samples = tmp_path / "samples.csv"
    samples.write_text(SAMPLES)
    align = [*example("resample_csv"), str(samples), "100", "0.015"]
    assert succeed(align, environment) == ALIGNED


def test_example_tells_what_is_wrong(environment: dict[str, str]) -> None:
    refused = run([*example("voxelize_cloud"), "robocache/examples/cloud.csv", "0"], environment)
    assert refused.returncode == 1
    assert "rc_voxelize_sparse: grid" in refused.stderr


def test_an_older_library_is_refused_with_a_sentence(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """As a newer header on an older library: onnxruntime #25547."""
    older = builds.target("tests/abi/older/librobocache.so.1")
    samples = tmp_path / "samples.csv"
    samples.write_text(SAMPLES)
    succeed(["cargo", "build", "--locked", "--quiet", "--example", "resample_csv"], environment)
    program = [str(TARGET / "debug/examples/resample_csv"), str(samples), "100", "1"]
    refused = run(program, environment | {"LD_LIBRARY_PATH": str(older.parent)})
    assert refused.returncode == 1
    assert re.search(
        rf"VersionMismatch, .*expected at most 0\.0\.9, the version of {older}, got \d",
        refused.stderr,
    ), refused.stderr


def test_a_library_that_is_not_there_is_said_so(
    environment: dict[str, str], tmp_path: Path
) -> None:
    nowhere = {"PKG_CONFIG_PATH": "", "PKG_CONFIG_LIBDIR": str(tmp_path)}
    nowhere["CARGO_TARGET_DIR"] = str(tmp_path / "target")
    refused = run(["cargo", "check", "--locked", "-p", "robocache-sys"], environment | nowhere)
    assert refused.returncode != 0
    assert f"librobocache {VERSION} or newer was not found: install the library" in refused.stderr
    assert "cargo add robocache --features vendored" in refused.stderr


CONSUMER = f"""[package]
name = "consumer"
version = "0.0.0"
edition = "2024"

[dependencies]
robocache = {{ path = "../robocache-{VERSION}", features = ["vendored"] }}

[patch.crates-io]
robocache-sys = {{ path = "../robocache-sys-{VERSION}" }}
"""


CONSUMER_MAIN = """fn main() -> Result<(), robocache::Error> {
    println!("{}", robocache::build_info());
    let mut result = [0.0_f32; 1];
    robocache::Context::cpu()?.resample(
        robocache::TensorView::new(&[1.0_f32, 2.0], &[2, 1])?,
        &[0_i64, 10],
        &[5_i64],
        &robocache::ResampleOptions::new(),
        robocache::TensorViewMut::new(&mut result, &[1, 1])?,
    )?;
    println!("{result:?}");
    Ok(())
}
"""


def with_nothing_unpacked(environment: dict[str, str], home: Path) -> dict[str, str]:
    """Cargo's home as it is but for unpacked crates: it verifies a crate with what it once unpacked
    of another of the same version and workspace folder, whatever has changed since."""
    usual = Path(environment.get("CARGO_HOME", Path.home() / ".cargo"))
    (home / "registry").mkdir(parents=True)
    for name in ("config.toml", "registry/index", "registry/cache"):
        if (usual / name).exists():
            (home / name).symlink_to(usual / name)
    return environment | {"CARGO_HOME": str(home)}


def test_packages(environment: dict[str, str], tmp_path: Path) -> None:
    """Both crates as they would be published: Cargo verifies them with the installed library; then
    a program outside of the checkout builds the library out of the crate, and needs no other."""
    both = ["-p", "robocache-sys", "-p", "robocache"]
    package = ["cargo", "package", "--locked", "--quiet", "--allow-dirty", *both]
    succeed(package, with_nothing_unpacked(environment, tmp_path / "home"))
    for name in [f"robocache-sys-{VERSION}", f"robocache-{VERSION}"]:
        with tarfile.open(TARGET / "package" / f"{name}.crate") as archive:
            archive.extractall(tmp_path)

    consumer = tmp_path / "consumer"
    (consumer / "src").mkdir(parents=True)
    (consumer / "Cargo.toml").write_text(CONSUMER)
    (consumer / "src" / "main.rs").write_text(CONSUMER_MAIN)
    unset = ["PKG_CONFIG_PATH", "LD_LIBRARY_PATH"]
    bare = {name: value for name, value in environment.items() if name not in unset}
    bare["CARGO_TARGET_DIR"] = str(tmp_path / "target")
    bare["CXXFLAGS"] = "-O0"  # whether it builds and links does not depend on how well
    built = subprocess.run(
        ["cargo", "run", "--quiet"], cwd=consumer, env=bare, capture_output=True, text=True
    )
    printed = built.stdout
    assert built.returncode == 0, built.stderr
    assert re.fullmatch(rf"robocache {VERSION}, .*, cuda: off\n\[1\.5\]\n", printed), printed
    needed = succeed(["ldd", str(tmp_path / "target/debug/consumer")], bare)
    assert "librobocache" not in needed


def test_recipe(environment: dict[str, str], tmp_path: Path) -> None:
    with builds.locked(TARGET):
        printed = recipes.run(ROOT / "docs" / "how-to" / "rust.md", tmp_path, environment)
    assert printed.startswith("[1.5, 2.0, 4.0, 6.0]\n")
