//! The `dimp_fast._rust` extension module: one file per domain, nothing but buffers, errors and the
//! GIL.

mod address;
mod buffers;
mod checks;
mod coding;
mod document;
mod framing;
mod identity;
mod keyring;
mod keys;
mod made;
mod merkle;
mod message;
mod meta;
mod registry;
mod runtime;
mod signing;
mod verify;

use pyo3::prelude::*;

#[pymodule]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    address::register(module)?;
    checks::register(module)?;
    coding::register(module)?;
    document::register(module)?;
    framing::register(module)?;
    identity::register(module)?;
    keyring::register(module)?;
    keys::register(module)?;
    merkle::register(module)?;
    message::register(module)?;
    meta::register(module)?;
    registry::register(module)?;
    runtime::register(module)?;
    signing::register(module)?;
    verify::register(module)
}
