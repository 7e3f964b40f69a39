//! The `dimp_fast._rust` extension module: one file per domain, nothing but buffers, errors and the GIL.

use pyo3::prelude::*;

#[pymodule]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
