//! Addresses: derive and parse in batches.

use dimp_core::address::{self, Columns};
use dimp_core::code::Code;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::buffers;

/// Addresses that are worth letting go of the GIL: about 5 microseconds of work.
const LONG: usize = 16;

type Parsed<'py> = (
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyList>,
);

/// BTC-style addresses of fingerprints, or of key data: `networks` has one byte, or one for each.
#[pyfunction]
fn derive_addresses<'py>(
    py: Python<'py>,
    fingerprints: &Bound<'py, PyList>,
    networks: &[u8],
    threads: usize,
) -> PyResult<Bound<'py, PyList>> {
    let items = buffers::items::<PyBytes>(fingerprints, "bytes")?;
    if networks.len() != 1 && networks.len() != items.len() {
        return Err(PyValueError::new_err(format!(
            "{} network bytes for {} fingerprints",
            networks.len(),
            items.len()
        )));
    }
    let slices = buffers::slices(&items);
    let texts = buffers::detach_if(py, slices.len() >= LONG, || {
        address::derive_batch(&slices, networks, threads)
    });
    buffers::addresses(py, &texts)
}

/// ETH-style addresses of points X | Y, 64 bytes each.
#[pyfunction]
fn derive_eth_addresses<'py>(
    py: Python<'py>,
    points: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Bound<'py, PyList>> {
    let items = buffers::items::<PyBytes>(points, "bytes")?;
    let points = items
        .iter()
        .enumerate()
        .map(|(index, point)| {
            let point = point.as_bytes();
            point.try_into().map_err(|_| {
                PyValueError::new_err(format!(
                    "item {index}: expected 64 bytes, not {}",
                    point.len()
                ))
            })
        })
        .collect::<PyResult<Vec<&[u8; 64]>>>()?;
    let texts = buffers::detach_if(py, points.len() >= LONG, || {
        address::derive_eth_batch(&points, threads)
    });
    buffers::addresses(py, &texts)
}

/// Codes, network bytes, digests of 20 bytes, both search numbers (little-endian `uint32`),
/// canonical texts.
#[pyfunction]
fn parse_addresses<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Parsed<'py>> {
    let items = buffers::items::<PyString>(texts, "str")?;
    let slices: Vec<&str> = items
        .iter()
        .map(|item| buffers::text(item).unwrap_or_default())
        .collect();
    let columns: Columns = buffers::detach_if(py, slices.len() >= LONG, || {
        address::parse_batch(&slices, threads)
    });

    // Nearly all text is canonical already: the same object serves.
    let mut canonical: Vec<Bound<'py, PyAny>> = Vec::with_capacity(items.len());
    for (item, &code) in items.into_iter().zip(&columns.codes) {
        canonical.push(match code {
            Code::Ok => item.into_any(),
            _ => py.None().into_bound(py),
        });
    }
    for (index, text) in &columns.spelled {
        canonical[*index] = buffers::address(py, text)?.into_any();
    }
    Ok((
        buffers::codes(py, &columns.codes),
        PyBytes::new(py, &columns.networks),
        PyBytes::new(py, columns.digests.as_flattened()),
        PyBytes::new(py, columns.numbers.as_flattened()),
        PyBytes::new(py, columns.numbers_le.as_flattened()),
        PyList::new(py, canonical)?,
    ))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(derive_addresses, module)?)?;
    module.add_function(wrap_pyfunction!(derive_eth_addresses, module)?)?;
    module.add_function(wrap_pyfunction!(parse_addresses, module)?)
}
