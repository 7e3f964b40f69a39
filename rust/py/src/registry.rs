//! Rows of `dimp_fast.registry` in the tables of the core (docs/semantics.md#ext-1).
//!
//! Nothing is checked here but types: `registry.py` has looked at the rows, the core looks at what
//! they answer. Their methods need the GIL: whoever uses the pool must have let go of it, or its
//! threads wait for ever.

use std::sync::Arc;

use dimp_core::address::{self, AddressType, Refused, Spelling};
use dimp_core::keys::{self, KeyAlgorithm};
use dimp_core::meta::{self, MetaType};
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyString};

/// An object with the methods of a row.
struct Row(Py<PyAny>);

impl Row {
    fn new(row: &Bound<'_, PyAny>) -> Self {
        Self(row.clone().unbind())
    }

    /// The answer to a question; `None` when it raises. No error may stop a batch (EXT-1).
    fn ask<T>(&self, question: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Option<T> {
        let answer = Python::try_attach(|py| {
            let row = self.0.bind(py);
            question(row).map_err(|error| report(row, error)).ok()
        });
        answer.flatten()
    }
}

/// `ValueError` is how a row says no; the rest is for whoever wrote it.
fn report(row: &Bound<'_, PyAny>, error: PyErr) {
    let py = row.py();
    if error.is_instance_of::<PyValueError>(py) {
        return;
    }
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        // Not for the row, but for the program: it comes again once we are back in Python.
        let again = py
            .import("_thread")
            .and_then(|thread| thread.call_method0("interrupt_main"));
        if again.is_ok() {
            return;
        }
    }
    error.write_unraisable(py, Some(row));
}

/// A `KeyAlgorithm` of `registry.py`.
struct Key {
    row: Row,
    names: Vec<String>,
}

impl KeyAlgorithm for Key {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn parse(&self, data: &str) -> Option<Vec<u8>> {
        self.row.ask(|row| {
            let key = row.call_method1("parse", (data,))?;
            Ok(key.cast::<PyBytes>()?.as_bytes().to_vec())
        })
    }

    fn bits(&self, key: &[u8]) -> Option<usize> {
        self.row.ask(|row| {
            let key = PyBytes::new(row.py(), key);
            let bits: u32 = row
                .call_method1("bits", (key,))?
                .cast::<PyInt>()?
                .extract()?;
            Ok(bits as usize)
        })
    }

    fn verify(&self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let verdict = self.row.ask(|row| {
            let [key, message, signature] =
                [key, message, signature].map(|data| PyBytes::new(row.py(), data));
            let verdict = row.call_method1("verify", (key, message, signature))?;
            Ok(verdict.cast::<PyBool>()?.is_true())
        });
        verdict.unwrap_or(false)
    }
}

/// An `AddressType` of `registry.py`.
struct Address {
    row: Row,
    name: String,
}

impl AddressType for Address {
    fn name(&self) -> &str {
        &self.name
    }

    fn parse(&self, text: &str) -> Result<Option<Spelling>, Refused> {
        let answer = self.row.ask(|row| {
            let found = row.call_method1("parse", (text,))?;
            if found.is_none() {
                return Ok(None);
            }
            spelling(&found).map(Some)
        });
        answer.ok_or(Refused)
    }
}

fn spelling(found: &Bound<'_, PyAny>) -> PyResult<Spelling> {
    type Found<'py> = (Bound<'py, PyString>, Bound<'py, PyInt>, Bound<'py, PyBytes>);
    let (canonical, network, digest): Found<'_> = found.extract()?;
    match (network.extract(), digest.as_bytes().try_into()) {
        (Ok(network), Ok(digest)) => Ok(Spelling {
            canonical: canonical.to_str()?.to_owned(),
            network,
            digest,
        }),
        _ => Err(PyValueError::new_err(
            "parse: not a network byte, or not 20 bytes",
        )),
    }
}

/// A `MetaType` of `registry.py`.
struct Meta {
    row: Row,
    number: u8,
    names: Vec<String>,
    has_seed: bool,
}

impl MetaType for Meta {
    fn number(&self) -> u8 {
        self.number
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn has_seed(&self) -> bool {
        self.has_seed
    }

    fn address(&self, key_data: &[u8], fingerprint: &[u8], network: u8) -> Option<String> {
        let made = self.row.ask(|row| {
            let [key, fingerprint] =
                [key_data, fingerprint].map(|data| PyBytes::new(row.py(), data));
            row.call_method1("address", (key, fingerprint, network))?
                .extract()
        });
        made.flatten()
    }
}

/// Takes a row into the table of its kind, `"key"`, `"address"` or `"meta"`.
#[pyfunction]
fn extend(kind: &str, row: &Bound<'_, PyAny>) -> PyResult<()> {
    match kind {
        "key" => keys::extend(Key {
            names: row.getattr("names")?.extract()?,
            row: Row::new(row),
        }),
        "address" => address::extend(Address {
            name: row.getattr("name")?.extract()?,
            row: Row::new(row),
        }),
        "meta" => meta::extend(Arc::new(Meta {
            number: row.getattr("number")?.extract()?,
            names: row.getattr("names")?.extract()?,
            has_seed: row.getattr("has_seed")?.extract()?,
            row: Row::new(row),
        })),
        _ => return Err(no_kind(kind)),
    }
    Ok(())
}

/// Takes it out again; nothing happens when it is not there.
#[pyfunction]
fn retract(kind: &str, row: &Bound<'_, PyAny>) -> PyResult<()> {
    match kind {
        "key" => {
            let names: Vec<String> = row.getattr("names")?.extract()?;
            if let Some(name) = names.first() {
                keys::retract(name);
            }
        }
        "address" => address::retract(row.getattr("name")?.extract()?),
        "meta" => meta::retract(row.getattr("number")?.extract()?),
        _ => return Err(no_kind(kind)),
    }
    Ok(())
}

fn no_kind(kind: &str) -> PyErr {
    PyValueError::new_err(format!(
        "kind: key, address or meta is wanted, not {kind:?}"
    ))
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(extend, module)?)?;
    module.add_function(wrap_pyfunction!(retract, module)?)
}
