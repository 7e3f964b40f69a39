//! Merkle roots of histories.

use dimp_core::merkle;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::buffers;

/// Leaves that are worth letting go of the GIL: about 10 microseconds of work.
const LONG: usize = 16;

/// The root of each tree, 32 bytes each; `counts` says how many of the leaves each one has.
#[pyfunction]
fn merkle_roots<'py>(
    py: Python<'py>,
    leaves: &Bound<'py, PyList>,
    counts: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let items = buffers::items::<PyBytes>(leaves, "bytes")?;
    let counts: Vec<usize> = counts.extract()?;
    let total = counts
        .iter()
        .try_fold(0_usize, |total, &count| total.checked_add(count));
    if counts.contains(&0) || total != Some(items.len()) {
        return Err(PyValueError::new_err(format!(
            "{} leaves for trees of {:?}",
            items.len(),
            &counts[..counts.len().min(16)]
        )));
    }
    let slices = buffers::slices(&items);
    let roots = buffers::detach_if(py, slices.len() >= LONG, || {
        merkle::roots(&slices, &counts, threads)
    });
    Ok(PyBytes::new(py, &roots.concat()))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(merkle_roots, module)?)
}
