//! Digests, base58 and base64 of single values.

use dimp_core::{base58, base64, digest};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::buffers;

/// Bytes whose digest is worth letting go of the GIL: at least 40 microseconds.
const LONG: usize = 64 * 1024;
/// The same of base64, which is far quicker.
const LONG_BASE64: usize = 512 * 1024;

/// What base58 is taken of at most: its time grows with the square of the length.
const MAX_BASE58_BYTES: usize = 128;
const MAX_BASE58_CHARACTERS: usize = 256;

/// SHA-256.
#[pyfunction]
fn sha256<'py>(py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
    hash(py, data, digest::sha256)
}

/// Keccak-256, with its original padding.
#[pyfunction]
fn keccak256<'py>(py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
    hash(py, data, digest::keccak256)
}

/// RIPEMD-160.
#[pyfunction]
fn ripemd160<'py>(py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
    hash(py, data, digest::ripemd160)
}

fn hash<'py, const N: usize>(
    py: Python<'py>,
    data: &[u8],
    function: fn(&[u8]) -> [u8; N],
) -> Bound<'py, PyBytes> {
    let digest = buffers::detach_if(py, data.len() >= LONG, || function(data));
    PyBytes::new(py, &digest)
}

/// Base58 in the Bitcoin alphabet.
#[pyfunction]
fn base58_encode(data: &[u8]) -> PyResult<String> {
    limit(data.len(), MAX_BASE58_BYTES, "bytes")?;
    Ok(base58::encode(data))
}

/// The bytes of base58; `None` for what is none.
#[pyfunction]
fn base58_decode<'py>(text: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyBytes>>> {
    limit(text.len()?, MAX_BASE58_CHARACTERS, "characters")?;
    let data = buffers::text(text).and_then(base58::decode);
    Ok(data.map(|data| PyBytes::new(text.py(), &data)))
}

fn limit(length: usize, most: usize, unit: &str) -> PyResult<()> {
    if length > most {
        return Err(PyValueError::new_err(format!(
            "base58 of {length} {unit}, more than {most}"
        )));
    }
    Ok(())
}

/// Standard base64, padded, without line breaks.
#[pyfunction]
fn base64_encode(py: Python<'_>, data: &[u8]) -> String {
    buffers::detach_if(py, data.len() >= LONG_BASE64, || base64::encode(data))
}

/// The bytes of base64; `None` for what is none.
#[pyfunction]
fn base64_decode<'py>(text: &Bound<'py, PyString>) -> Option<Bound<'py, PyBytes>> {
    let (py, text) = (text.py(), buffers::text(text)?.as_bytes());
    let data = buffers::detach_if(py, text.len() >= LONG_BASE64, || base64::decode(text))?;
    Some(PyBytes::new(py, &data))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sha256, module)?)?;
    module.add_function(wrap_pyfunction!(keccak256, module)?)?;
    module.add_function(wrap_pyfunction!(ripemd160, module)?)?;
    module.add_function(wrap_pyfunction!(base58_encode, module)?)?;
    module.add_function(wrap_pyfunction!(base58_decode, module)?)?;
    module.add_function(wrap_pyfunction!(base64_encode, module)?)?;
    module.add_function(wrap_pyfunction!(base64_decode, module)?)
}
