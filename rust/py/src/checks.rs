//! What the public layer asks of a sequence before an operation sees it.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyType};

/// Whether every item is of the type `kind`, no subclass, and has `size` bytes if there is a size.
#[pyfunction]
#[pyo3(signature = (items, kind, size=None))]
fn uniform(items: &Bound<'_, PyList>, kind: &Bound<'_, PyType>, size: Option<usize>) -> bool {
    let kind = kind.as_type_ptr();
    items.iter().all(|item| {
        let fits = |size| {
            item.cast::<PyBytes>()
                .is_ok_and(|bytes| bytes.as_bytes().len() == size)
        };
        item.get_type_ptr() == kind && size.is_none_or(fits)
    })
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(uniform, module)?)
}
