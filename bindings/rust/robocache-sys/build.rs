// SPDX-License-Identifier: Apache-2.0
//! Finds the library by pkg-config or, with the feature `vendored`, builds it.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Command;

const HELP: &str = "install the library and name the folder of its robocache.pc in \
    PKG_CONFIG_PATH, or let Cargo build it: `cargo add robocache --features vendored` (that needs \
    a C++17 compiler, Meson and Ninja)";

fn main() {
    // docs.rs has no library; documentation needs none.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let outcome = if env::var_os("CARGO_FEATURE_VENDORED").is_some() {
        build_from_source()
    } else {
        find_installed()
    };
    if let Err(error) = outcome {
        for line in error.to_string().lines().filter(|line| !line.is_empty()) {
            println!("cargo::error={line}");
        }
    }
}

fn find_installed() -> Result<(), Box<dyn Error>> {
    let version = env::var("CARGO_PKG_VERSION")?;
    pkg_config::Config::new().atleast_version(&version).probe("robocache").map_err(|error| {
        format!("librobocache {version} or newer was not found: {HELP}\n{error}")
    })?;
    Ok(())
}

fn build_from_source() -> Result<(), Box<dyn Error>> {
    if env::var("HOST")? != env::var("TARGET")? {
        return Err("the feature `vendored` builds for the machine it runs on only: build the \
            library with a Meson cross file and name its robocache.pc in PKG_CONFIG_PATH"
            .into());
    }
    let source = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("source");
    let build = Path::new(&env::var("OUT_DIR")?).join("build");
    println!("cargo::rerun-if-changed={}", source.display());

    let mut setup = Command::new("meson");
    setup.arg("setup").arg(&build).arg(&source);
    setup.args(["-Dcuda=disabled", "-Dtests=disabled", "-Dbench=disabled", "-Ddocs=disabled"]);
    if build.join("build.ninja").exists() {
        setup.arg("--reconfigure");
    }
    run(&mut setup)?;
    let mut compile = Command::new("meson");
    compile.arg("compile").arg("-C").arg(&build);
    compile.args(["-j", &env::var("NUM_JOBS")?, "robocache_static"]);
    run(&mut compile)?;

    println!("cargo::rustc-link-search=native={}", build.join("lib").display());
    println!("cargo::rustc-link-lib=static=robocache_static");
    println!("cargo::rustc-link-lib=dylib=stdc++");
    println!("cargo::metadata=include={}", source.join("include").display());
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.output().map_err(|error| {
        format!(
            "{:?} could not be run ({error}): the feature `vendored` needs a C++17 compiler, \
            Meson 1.3 or newer and Ninja",
            command.get_program()
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed\n{said}{complained}").into())
}
