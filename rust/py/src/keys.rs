//! Public keys: text, DER and mappings to `(algorithm, data, bits)`.

use dimp_core::code::Refusal;
use dimp_core::keys::{self, PublicKey};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::buffers;

/// Stands for text with lone surrogates, which nothing accepts either.
const NO_TEXT: &str = "\u{fffd}";

type Parsed<'py> = (&'static str, Bound<'py, PyBytes>, usize);

/// A key from PEM, OpenSSH text or a hex point (`str`), or from DER or a SEC1 point (`bytes`).
#[pyfunction]
fn parse_public_key<'py>(source: &Bound<'py, PyAny>) -> PyResult<Parsed<'py>> {
    let key = if let Ok(string) = source.cast::<PyString>() {
        keys::parse_text(buffers::text(string).unwrap_or(NO_TEXT))
    } else if let Ok(bytes) = source.cast::<PyBytes>() {
        keys::parse_bytes(bytes.as_bytes())
    } else {
        let found = source.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "expected str or bytes, not {found}"
        )));
    };
    answer(source.py(), key)
}

/// A key from the `algorithm` and `data` of a DIM mapping.
#[pyfunction]
fn parse_public_key_mapping<'py>(
    py: Python<'py>,
    algorithm: &Bound<'py, PyString>,
    data: &Bound<'py, PyString>,
) -> PyResult<Parsed<'py>> {
    let algorithm = buffers::text(algorithm).unwrap_or(NO_TEXT);
    let data = buffers::text(data).unwrap_or(NO_TEXT);
    answer(py, keys::parse_mapping(algorithm, data))
}

fn answer(py: Python<'_>, key: Result<PublicKey, Refusal>) -> PyResult<Parsed<'_>> {
    let key = key.map_err(buffers::refused)?;
    let data = PyBytes::new(py, key.data());
    Ok((key.algorithm().name(), data, key.bits()))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(parse_public_key, module)?)?;
    module.add_function(wrap_pyfunction!(parse_public_key_mapping, module)?)
}
