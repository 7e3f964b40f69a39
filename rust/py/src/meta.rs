//! Metas: their form, and whether they match IDs.

use dimp_core::{json, meta};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::buffers::{self, Verdicts};

/// Type, seed, fingerprint.
type Form<'py> = (
    Option<u8>,
    Option<Bound<'py, PyString>>,
    Option<Bound<'py, PyBytes>>,
);

/// The form of a meta; nothing about it is proved. A type of `None` is one that nobody implements.
#[pyfunction]
fn parse_meta<'py>(py: Python<'py>, meta: &[u8]) -> PyResult<Form<'py>> {
    let meta = json::text(meta)
        .and_then(meta::parse)
        .map_err(buffers::refused)?;
    Ok((
        meta.number(),
        meta.seed().map(|seed| PyString::new(py, seed)),
        meta.fingerprint().map(|bytes| PyBytes::new(py, bytes)),
    ))
}

/// The address that a meta makes on a network; `None` when there is none. Nothing is proved.
#[pyfunction]
fn meta_address(py: Python<'_>, meta: &[u8], network: u8) -> PyResult<Option<String>> {
    let made = py.detach(|| {
        json::text(meta)
            .and_then(meta::parse)
            .and_then(|meta| meta.address(network))
    });
    made.map_err(buffers::refused)
}

/// The verdict on each meta for the ID at its place: codes, and the reasons of refusals.
#[pyfunction]
fn match_metas<'py>(
    py: Python<'py>,
    identifiers: &Bound<'py, PyList>,
    metas: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Verdicts<'py>> {
    let identifiers = buffers::items::<PyString>(identifiers, "str")?;
    let metas = buffers::items::<PyBytes>(metas, "bytes")?;
    if identifiers.len() != metas.len() {
        return Err(PyValueError::new_err(format!(
            "{} identifiers, {} metas",
            identifiers.len(),
            metas.len()
        )));
    }
    let identifiers: Vec<&str> = identifiers
        .iter()
        .map(|identifier| buffers::id(identifier))
        .collect();
    let metas = buffers::slices(&metas);
    // Even one signature takes longer than to let go of the GIL.
    let verdicts = py.detach(|| meta::match_batch(&identifiers, &metas, threads));
    buffers::verdicts(py, &verdicts)
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(parse_meta, module)?)?;
    module.add_function(wrap_pyfunction!(meta_address, module)?)?;
    module.add_function(wrap_pyfunction!(match_metas, module)?)
}
