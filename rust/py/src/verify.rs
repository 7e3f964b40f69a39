//! Verify keys as handles, one signature or a batch.

use dimp_core::code::{Code, Refusal};
use dimp_core::keys::{self, Algorithm};
use dimp_core::verify::{self, Job};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::buffers;

/// Bytes of a message whose hash alone is worth letting go of the GIL: about 40 microseconds.
const LONG: usize = 64 * 1024;

/// A public key, ready to verify with. Made from canonical data: SPKI DER, a point, 32 bytes, what a
/// registered algorithm parsed.
#[pyclass(frozen, module = "dimp_fast._rust")]
pub struct VerifyKey(verify::VerifyKey);

impl VerifyKey {
    /// The key of the core.
    pub fn inner(&self) -> &verify::VerifyKey {
        &self.0
    }
}

#[pymethods]
impl VerifyKey {
    #[new]
    pub fn new(algorithm: &str, data: &[u8]) -> PyResult<Self> {
        Algorithm::from_name(algorithm)
            .ok_or_else(|| {
                let reason = format!("key: unknown algorithm {algorithm:?}");
                Refusal::new(Code::Unsupported, reason)
            })
            .and_then(|algorithm| keys::from_canonical(algorithm, data))
            .and_then(|key| verify::VerifyKey::new(&key))
            .map(Self)
            .map_err(buffers::refused)
    }

    /// The code of the verdict on `signature`.
    fn verify(&self, py: Python<'_>, message: &[u8], signature: &[u8]) -> u8 {
        buffers::detach_if(py, message.len() >= LONG, || {
            self.0.verify(message, signature) as u8
        })
    }

    #[getter]
    fn algorithm(&self) -> &'static str {
        self.0.algorithm().name()
    }

    #[getter]
    fn bits(&self) -> usize {
        self.0.public().bits()
    }

    fn __repr__(&self) -> String {
        format!("<VerifyKey {} {} bits>", self.algorithm(), self.bits())
    }
}

/// Wakes the threads for a batch of so many signatures, which is being gathered.
#[pyfunction]
fn expect_batch(count: usize, threads: usize) {
    verify::expect_batch(count, threads);
}

/// The codes of the verdicts, in order. `keys` is one key for all, or a list of keys and `None`.
#[pyfunction]
fn verify_batch<'py>(
    py: Python<'py>,
    keys: &Bound<'py, PyAny>,
    messages: &Bound<'py, PyList>,
    signatures: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let messages = buffers::items::<PyBytes>(messages, "bytes")?;
    let signatures = buffers::items::<PyBytes>(signatures, "bytes")?;
    let keys = key_column(keys, messages.len())?;
    if signatures.len() != messages.len() || keys.len() != messages.len() {
        return Err(PyValueError::new_err(format!(
            "{} keys, {} messages, {} signatures",
            keys.len(),
            messages.len(),
            signatures.len()
        )));
    }
    let jobs: Vec<Job<'_>> = keys
        .iter()
        .zip(messages.iter().zip(&signatures))
        .map(|(key, (message, signature))| Job {
            key: key.as_ref().map(|key| &key.get().0),
            message: message.as_bytes(),
            signature: signature.as_bytes(),
        })
        .collect();
    // Even one verification takes longer than to let go of the GIL.
    let codes = py.detach(|| verify::verify_batch(&jobs, threads));
    Ok(buffers::codes(py, &codes))
}

/// One key, or none, for each of `count` items.
fn key_column<'py>(
    keys: &Bound<'py, PyAny>,
    count: usize,
) -> PyResult<Vec<Option<Bound<'py, VerifyKey>>>> {
    if let Ok(key) = keys.cast::<VerifyKey>() {
        return Ok(vec![Some(key.clone()); count]);
    }
    keys.cast::<PyList>()?
        .iter()
        .enumerate()
        .map(|(index, item)| {
            if item.is_none() {
                return Ok(None);
            }
            item.cast_into().map(Some).map_err(|error| {
                buffers::wrong_type(index, "VerifyKey or None", &error.into_inner())
            })
        })
        .collect()
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<VerifyKey>()?;
    module.add_function(wrap_pyfunction!(expect_batch, module)?)?;
    module.add_function(wrap_pyfunction!(verify_batch, module)?)
}
