//! Python objects that stand for IDs, found again by the ID of the core: messages of one sender
//! share theirs, and to find the object by its text costs more than to read a field.

use std::sync::{Arc, Mutex, PoisonError};

use dimp_core::identity::Identifier;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::identity::parts;

/// Places for objects; what comes later to a place takes it.
const PLACES: usize = 2048;

/// An object and what it was made of. Both are held, so that neither address can come to mean
/// something else.
struct Entry {
    identifier: Arc<Identifier>,
    makers: Py<PyDict>,
    object: Py<PyAny>,
}

/// The objects that were made last, by where their IDs lie in memory. Taken only by a thread that
/// holds the GIL and runs no Python meanwhile, so no child of `fork` finds it taken.
static MADE: Mutex<Vec<Option<Entry>>> = Mutex::new(Vec::new());

/// What `makers` has for an ID, by its canonical text, or makes of it.
pub fn object<'py>(
    py: Python<'py>,
    makers: &Py<PyDict>,
    identifier: &Arc<Identifier>,
) -> PyResult<Bound<'py, PyAny>> {
    let place = place(identifier);
    let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Some(entry)) = made.get(place) {
        if Arc::ptr_eq(&entry.identifier, identifier) && entry.makers.is(makers) {
            return Ok(entry.object.bind(py).clone());
        }
    }
    drop(made);
    let text = PyString::new(py, identifier.as_str());
    let object = match makers.bind(py).get_item(&text)? {
        Some(object) => object,
        // What is registered can be taken back: it is read again each time.
        None if identifier.is_registered() => return makers.bind(py).as_any().get_item(text),
        None => {
            let parts = (parts(identifier, text),);
            makers.bind(py).call_method1(intern!(py, "of"), parts)?
        }
    };
    let entry = Entry {
        identifier: Arc::clone(identifier),
        makers: makers.clone_ref(py),
        object: object.clone().unbind(),
    };
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if made.is_empty() {
        made.resize_with(PLACES, || None);
    }
    let before = made[place].replace(entry);
    drop(made);
    drop(before); // May run Python.
    Ok(object)
}

fn place(identifier: &Arc<Identifier>) -> usize {
    // Allocations of one kind lie a few words apart.
    (Arc::as_ptr(identifier).addr() >> 5) % PLACES
}
