//! What this extension runs on, and its settings: the number of threads, the highest SIMD level, the
//! bytes for tables of keys.

use dimp_core::simd::{self, Level};
use dimp_core::verify::tables;
use dimp_core::{pool, simd::LEVELS};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Stands for the level of the kernels of the codec.
const KERNELS: &str = "kernels";
/// Stands for the level of the kernels of addresses and signatures.
const LANES: &str = "lanes";
/// The same where nothing but hashing is done, for which the highest level has nothing more.
const HASHES: &str = "hashes";

/// Stands for that of base64, which is a library's work below the highest level.
const BASE64: &str = "base64";

/// How each operation is computed. `portable`: by our own code, without special instructions;
/// `library`: the most of it in libraries that choose their instructions themselves.
const OPERATIONS: [(&str, &str); 20] = [
    ("uniform", "portable"),
    ("derive_addresses", LANES),
    ("derive_eth_addresses", HASHES),
    ("parse_addresses", LANES),
    ("format_addresses", LANES),
    ("parse_identifiers", LANES),
    ("route", LANES),
    ("parse_public_key", "portable"),
    ("verify_batch", LANES),
    ("ecdsa_signer", "library"),
    ("match_metas", LANES),
    ("prove_document", LANES),
    ("decode_batch", KERNELS),
    ("encode", KERNELS),
    ("retarget", KERNELS),
    ("framing", "portable"),
    ("digests", "library"),
    ("merkle_roots", HASHES),
    ("base58", "library"),
    ("base64", BASE64),
];

/// Facts for a person who looks for the reason of a number: processor, SIMD level, threads, build.
#[pyfunction]
fn runtime(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let simd = PyDict::new(py);
    simd.set_item("detected", simd::detect().name())?;
    simd.set_item("cap", simd::cap().map(Level::name))?;
    simd.set_item("active", simd::active().name())?;

    let threads = PyDict::new(py);
    threads.set_item("size", pool::size())?;
    threads.set_item("running", pool::is_running())?;

    let counters = tables::counters();
    let key_tables = PyDict::new(py);
    key_tables.set_item("budget", counters.budget)?;
    key_tables.set_item("bytes", counters.bytes)?;
    key_tables.set_item("keys", counters.tables)?;
    key_tables.set_item("hits", counters.hits)?;
    key_tables.set_item("misses", counters.misses)?;
    key_tables.set_item("promotions", counters.promotions)?;
    key_tables.set_item("evictions", counters.evictions)?;

    let operations = PyDict::new(py);
    for (name, level) in OPERATIONS {
        let level = match level {
            KERNELS => simd::of_codec().name(),
            LANES => in_lanes(simd::active()),
            HASHES => in_lanes(simd::active().min(Level::Avx512)),
            BASE64 if simd::active() < Level::Avx512Ifma => "library",
            BASE64 => Level::Avx512Ifma.name(),
            level => level,
        };
        operations.set_item(name, level)?;
    }

    let crates = PyDict::new(py);
    for (name, version) in env!("DIMP_CRATES")
        .split(' ')
        .filter_map(|item| item.split_once('='))
    {
        crates.set_item(name, version)?;
    }

    let cpu = PyDict::new(py);
    for (name, found) in simd::features() {
        cpu.set_item(name, found)?;
    }

    let facts = PyDict::new(py);
    facts.set_item("version", env!("CARGO_PKG_VERSION"))?;
    facts.set_item("profile", env!("DIMP_PROFILE"))?;
    facts.set_item("target", env!("DIMP_TARGET"))?;
    facts.set_item("crates", crates)?;
    facts.set_item("cpu", cpu)?;
    facts.set_item("simd", simd)?;
    facts.set_item("threads", threads)?;
    facts.set_item("key_tables", key_tables)?;
    facts.set_item("operations", operations)?;
    Ok(facts)
}

/// The name of a level of kernels in lanes, that leave everything to the libraries where there are
/// no lanes.
fn in_lanes(level: Level) -> &'static str {
    match level {
        Level::Portable => "library",
        level => level.name(),
    }
}

/// Sets the threads of the pool (0: as many as there are), the highest SIMD level (`None`: no
/// limit) and the bytes that tables of keys may have (0: there are none; `None`: as many as before).
#[pyfunction]
#[pyo3(signature = (threads, simd, key_tables=None))]
fn configure(threads: usize, simd: Option<&str>, key_tables: Option<usize>) -> PyResult<()> {
    let cap = match simd {
        None => None,
        Some(name) => Some(Level::from_name(name).ok_or_else(|| {
            let known = LEVELS.map(Level::name).join(", ");
            PyValueError::new_err(format!("no SIMD level {name:?}; there are: {known}"))
        })?),
    };
    pool::configure(threads);
    simd::set_cap(cap);
    if let Some(budget) = key_tables {
        tables::configure(budget);
    }
    Ok(())
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(runtime, module)?)?;
    module.add_function(wrap_pyfunction!(configure, module)?)
}
