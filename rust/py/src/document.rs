//! Documents: what they claim, and whether a key signed them. Those of accounts that are held are the business of the key store.

use dimp_core::code::Refusal;
use dimp_core::{document, json};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::buffers::{self, Answer};
use crate::verify::VerifyKey;

/// The ID, type, terminal, time, data and signature of a document, none of it proved.
type Claimed<'py> = (
    String,
    String,
    Option<String>,
    Option<f64>,
    String,
    Bound<'py, PyBytes>,
);

/// What a document claims to be. The time is in seconds since the epoch.
#[pyfunction]
fn parse_document<'py>(py: Python<'py>, document: &[u8]) -> PyResult<Claimed<'py>> {
    let document = json::text(document)
        .and_then(document::parse)
        .map_err(buffers::refused)?;
    let claims = document.claims();
    Ok((
        document.did.as_str().to_owned(),
        claims.kind.into_owned(),
        claims.terminal.map(str::to_owned),
        claims.time,
        document.data().to_owned(),
        PyBytes::new(py, document.signature()),
    ))
}

/// The verdict on a document by a key, canonical data; whose document it is stays open. `now` is in seconds since the epoch.
#[pyfunction]
fn prove_document(
    py: Python<'_>,
    algorithm: &str,
    data: &[u8],
    document: &[u8],
    now: f64,
) -> PyResult<Answer> {
    let key = VerifyKey::new(algorithm, data)?;
    let prove = || -> Result<(), Refusal> {
        let document = document::parse(json::text(document)?)?;
        document.prove(key.inner(), now).map(|_| ())
    };
    Ok(buffers::answer(py.detach(prove)))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(parse_document, module)?)?;
    module.add_function(wrap_pyfunction!(prove_document, module)?)
}
