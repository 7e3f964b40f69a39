//! Addresses: derive and parse in batches.

use dimp_core::address::{self, AddressText};
use dimp_core::code::Code;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::buffers;

/// Addresses that are worth letting go of the GIL: about 5 microseconds of work.
const LONG: usize = 16;

type Columns<'py> = (
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
    strings(py, &texts)
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
    strings(py, &texts)
}

/// Codes, network bytes, digests of 20 bytes, both search numbers (little-endian `uint32`),
/// canonical texts.
#[pyfunction]
fn parse_addresses<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Columns<'py>> {
    let items = buffers::items::<PyString>(texts, "str")?;
    let slices: Vec<&str> = items
        .iter()
        .map(|item| buffers::text(item).unwrap_or_default())
        .collect();
    let parsed = buffers::detach_if(py, slices.len() >= LONG, || {
        address::parse_batch(&slices, threads)
    });

    let count = parsed.len();
    let mut codes = Vec::with_capacity(count);
    let mut networks = Vec::with_capacity(count);
    let mut digests = Vec::with_capacity(20 * count);
    let mut numbers = Vec::with_capacity(4 * count);
    let mut numbers_le = Vec::with_capacity(4 * count);
    let canonical = PyList::empty(py);
    for (address, (item, slice)) in parsed.iter().zip(items.iter().zip(&slices)) {
        let Some(address) = address else {
            codes.push(Code::BadAddress as u8);
            networks.push(0);
            digests.extend_from_slice(&[0; 20]);
            numbers.extend_from_slice(&[0; 4]);
            numbers_le.extend_from_slice(&[0; 4]);
            canonical.append(py.None())?;
            continue;
        };
        codes.push(Code::Ok as u8);
        networks.push(address.network);
        digests.extend_from_slice(&address.digest);
        numbers.extend_from_slice(&address.number.to_le_bytes());
        numbers_le.extend_from_slice(&address.number_le.to_le_bytes());
        // Nearly all text is canonical already: the same object serves.
        let text = address.text.as_str();
        if text == *slice && item.is_exact_instance_of::<PyString>() {
            canonical.append(item)?;
        } else {
            canonical.append(text)?;
        }
    }
    Ok((
        PyBytes::new(py, &codes),
        PyBytes::new(py, &networks),
        PyBytes::new(py, &digests),
        PyBytes::new(py, &numbers),
        PyBytes::new(py, &numbers_le),
        canonical,
    ))
}

fn strings<'py>(py: Python<'py>, texts: &[AddressText]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, texts.iter().map(AddressText::as_str))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(derive_addresses, module)?)?;
    module.add_function(wrap_pyfunction!(derive_eth_addresses, module)?)?;
    module.add_function(wrap_pyfunction!(parse_addresses, module)?)
}
