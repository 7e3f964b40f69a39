//! ECDSA signatures made by libsecp256k1.

use dimp_core::signing;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A private key of ECC that signs. It gives the secret to nobody.
#[pyclass(frozen, module = "dimp_fast._rust")]
pub struct EcdsaSigner(signing::EcdsaSigner);

#[pymethods]
impl EcdsaSigner {
    /// `secret` is the scalar, in 32 bytes.
    #[new]
    fn new(secret: &[u8]) -> PyResult<Self> {
        // Read where it is: a copy of ours would stay in memory.
        let secret = secret.try_into().ok();
        secret
            .and_then(signing::EcdsaSigner::new)
            .map(Self)
            .ok_or_else(|| PyValueError::new_err("not a scalar of the group"))
    }

    /// DER, with the nonce of RFC 6979 and a low S.
    fn sign<'py>(&self, py: Python<'py>, message: &[u8]) -> Bound<'py, PyBytes> {
        // A reference to `bytes`, which cannot change, stays good without the GIL.
        let signature = py.detach(|| self.0.sign(message));
        PyBytes::new(py, &signature)
    }
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<EcdsaSigner>()
}
