// SPDX-License-Identifier: Apache-2.0
//! Writes `robocache-sys/src/bindings.rs` from the C headers.
//!
//! ```text
//! cargo run -p generate-bindings              rewrites the file
//! cargo run -p generate-bindings -- --check   fails when the file is not what it would write
//! ```
//!
//! It loads libclang, from the folder that `LIBCLANG_PATH` names or else the system's; the Python
//! wheel `libclang` brings one without an installation.

use std::path::Path;
use std::process::ExitCode;
use std::{env, error, fs};

use bindgen::{EnumVariation, Formatter};

const BANNER: &str = "\
// SPDX-License-Identifier: Apache-2.0
// Generated from include/robocache by generate-bindings; do not edit.
";

fn generate(headers: &Path) -> Result<String, Box<dyn error::Error>> {
    let bindings = bindgen::builder()
        .header(headers.join("robocache/robocache.h").display().to_string())
        .clang_arg(format!("-I{}", headers.display()))
        .allowlist_item("(rc|RC)_.*")
        .default_enum_style(EnumVariation::NewType { is_bitfield: false, is_global: false })
        .bitfield_enum("rc_reason|rc_.*_flag")
        .new_type_alias("rc_status")
        .must_use_type("rc_status")
        .use_core()
        // Clang hands the comment of one enumerator on to the next; the headers are read better.
        .generate_comments(false)
        .disable_header_comment()
        .formatter(Formatter::Prettyplease)
        .generate()?;
    Ok(format!("{BANNER}\n{bindings}"))
}

fn main() -> Result<ExitCode, Box<dyn error::Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = here.join("../robocache-sys/src/bindings.rs");
    let text = generate(&here.join("../../../include").canonicalize()?)?;

    match env::args().nth(1).as_deref() {
        None => fs::write(&target, text)?,
        Some("--check") if fs::read_to_string(&target)? == text => {}
        Some("--check") => {
            eprintln!("{} is not what the headers say; run generate-bindings", target.display());
            return Ok(ExitCode::FAILURE);
        }
        Some(other) => {
            eprintln!("expected no argument or --check; got {other}");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
