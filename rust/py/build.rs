//! Facts about the build that `runtime()` reports: versions from the lock file, target and profile.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Libraries that verdicts and bytes come from, in the order of the report.
const CRATES: [&str; 12] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "base64-simd",
    "bs58",
    "ed25519-dalek",
    "pyo3",
    "rayon",
    "ring",
    "ripemd",
    "secp256k1",
    "sha2",
    "sha3",
];

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let lock = manifest
        .ancestors()
        .map(|folder| folder.join("Cargo.lock"))
        .find(|path| path.is_file())
        .expect("cargo writes the lock file before it builds");
    // Relative, so that the same sources in another folder are not built again.
    println!("cargo::rerun-if-changed=../Cargo.lock");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=DIMP_CRATES={}", versions(&lock).join(" "));
    for name in ["PROFILE", "TARGET"] {
        let value = env::var(name).expect("set by cargo");
        println!("cargo::rustc-env=DIMP_{name}={value}");
    }
}

/// `name=version` of every crate of the list that is locked.
fn versions(lock: &Path) -> Vec<String> {
    let text = fs::read_to_string(lock).expect("the lock file is text");
    let locked: Vec<(&str, &str)> = text
        .split("[[package]]")
        .filter_map(|package| Some((field(package, "name")?, field(package, "version")?)))
        .collect();
    CRATES
        .iter()
        .filter_map(|name| locked.iter().find(|(locked, _)| locked == name))
        .map(|(name, version)| format!("{name}={version}"))
        .collect()
}

fn field<'a>(package: &'a str, name: &str) -> Option<&'a str> {
    package.lines().find_map(|line| {
        line.strip_prefix(name)?
            .strip_prefix(" = \"")?
            .strip_suffix('"')
    })
}
