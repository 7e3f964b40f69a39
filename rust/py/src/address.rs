//! Addresses: derive and parse in batches.

use dimp_core::address;
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
    // Refused items have zeros.
    let mut codes = vec![Code::BadAddress as u8; count];
    let mut networks = vec![0; count];
    let mut digests = vec![[0; 20]; count];
    let mut numbers = vec![[0; 4]; count];
    let mut numbers_le = vec![[0; 4]; count];
    let mut canonical = Vec::with_capacity(count);
    for (index, (found, (item, slice))) in parsed.iter().zip(items.iter().zip(&slices)).enumerate()
    {
        let Some(found) = found else {
            canonical.push(py.None().into_bound(py));
            continue;
        };
        codes[index] = Code::Ok as u8;
        networks[index] = found.network;
        digests[index] = found.digest;
        numbers[index] = found.number.to_le_bytes();
        numbers_le[index] = found.number_le.to_le_bytes();
        // Nearly all text is canonical already: the same object serves.
        let same = found.text.as_bytes() == slice.as_bytes();
        canonical.push(if same && item.is_exact_instance_of::<PyString>() {
            item.as_any().clone()
        } else {
            buffers::address(py, &found.text)?.into_any()
        });
    }
    Ok((
        PyBytes::new(py, &codes),
        PyBytes::new(py, &networks),
        PyBytes::new(py, digests.as_flattened()),
        PyBytes::new(py, numbers.as_flattened()),
        PyBytes::new(py, numbers_le.as_flattened()),
        PyList::new(py, canonical)?,
    ))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(derive_addresses, module)?)?;
    module.add_function(wrap_pyfunction!(derive_eth_addresses, module)?)?;
    module.add_function(wrap_pyfunction!(parse_addresses, module)?)
}
