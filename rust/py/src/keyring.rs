//! The key store: checked accounts go in, verdicts on messages come out.
//!
//! All work is done without the GIL, and no lock of the core is held while waiting for it.

use std::sync::Arc;

use dimp_core::code::Refusal;
use dimp_core::document;
use dimp_core::keyring::{self, Checked, Full, Loaded, Stored};
use dimp_core::verify::VerifyKey;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::buffers::{self, answer, Answer, Verdicts};
use crate::message::MessageTable;

/// Address, meta and documents, as they lie in an account folder.
type Account<'py> = (
    Bound<'py, PyString>,
    Bound<'py, PyBytes>,
    Vec<Bound<'py, PyBytes>>,
);

/// Algorithm, canonical data and bits.
type Key<'py> = (&'static str, Bound<'py, PyBytes>, usize);

/// The terminal, then as [`Key`].
type EncryptionKey<'py> = (Option<String>, &'static str, Bound<'py, PyBytes>, usize);

/// What became of an account, and of its documents.
type Report = (Answer, Vec<Answer>);

/// Checked accounts by canonical address, at most `max_accounts` of them.
///
/// Its lock is taken only by a thread that holds the GIL: a process forks with the GIL held, so no child finds the lock taken by a thread that it does not have. Accounts are
/// checked without the GIL, before they are admitted.
#[pyclass(frozen, module = "dimp_fast._rust")]
struct KeyStore(Arc<keyring::KeyStore>);

#[pymethods]
impl KeyStore {
    #[new]
    fn new(max_accounts: Option<usize>, evict: bool) -> Self {
        Self(Arc::new(keyring::KeyStore::new(max_accounts, evict)))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// The canonical addresses, the least recently used first.
    fn addresses(&self) -> Vec<String> {
        self.0.addresses()
    }

    /// Whether an account has this canonical address.
    fn contains(&self, address: &Bound<'_, PyString>) -> bool {
        let text = buffers::id(address);
        self.0.contains(text)
    }

    /// Removes an account; `False` when there is none.
    fn discard(&self, address: &Bound<'_, PyString>) -> bool {
        let text = buffers::id(address);
        self.0.discard(text)
    }

    /// Adds the account of a meta that matches the ID; `OverflowError` when there is no room.
    fn add_meta(&self, identifier: &Bound<'_, PyString>, meta: &[u8]) -> PyResult<Answer> {
        let text = buffers::id(identifier);
        self.0.add_meta(text, meta).map(answer).map_err(full)
    }

    /// Adds a document to the account that it is of; `now` is in seconds since the epoch.
    fn add_document(&self, document: &[u8], now: f64) -> Answer {
        answer(self.0.add_document(document, now))
    }

    /// The verdicts that `add_document` would give each document alone; nothing is added.
    fn verify_documents<'py>(
        &self,
        py: Python<'py>,
        documents: &Bound<'py, PyList>,
        now: f64,
        threads: usize,
    ) -> PyResult<Verdicts<'py>> {
        let documents = buffers::items::<PyBytes>(documents, "bytes")?;
        let documents = buffers::slices(&documents);
        let documents = py.detach(|| document::parse_batch(&documents, threads));
        let accounts = self.0.owners(&documents);
        let verdicts = py.detach(|| keyring::judge_documents(&documents, &accounts, now, threads));
        buffers::verdicts(py, &verdicts)
    }

    /// Each key of an ID: those of documents, newest first, then the meta key.
    fn keys_for<'py>(&self, identifier: &Bound<'py, PyString>) -> Vec<Key<'py>> {
        let (py, text) = (identifier.py(), buffers::id(identifier));
        let keys = self.0.keys_for(text);
        keys.iter().map(|key| parts(py, key)).collect()
    }

    /// Each key that messages to an ID are sealed with, and its terminal.
    fn encryption_keys<'py>(&self, identifier: &Bound<'py, PyString>) -> Vec<EncryptionKey<'py>> {
        let (py, text) = (identifier.py(), buffers::id(identifier));
        let keys = self.0.encryption_keys(text).into_iter();
        keys.map(|(terminal, key)| {
            let (algorithm, data, bits) = parts(py, &key);
            (terminal.map(String::from), algorithm, data, bits)
        })
        .collect()
    }

    /// Checks and adds accounts; `OverflowError` when there is no room.
    fn load(
        &self,
        py: Python<'_>,
        accounts: &Bound<'_, PyList>,
        now: f64,
        threads: usize,
    ) -> PyResult<Vec<Report>> {
        let checked = check_all(py, accounts, now, threads)?;
        report(self.0.admit_all(checked, |_, _| ()))
    }

    /// Looks up the senders of a table.
    fn resolve(&self, table: Py<MessageTable>) -> Resolution {
        Resolution {
            inner: self.0.resolve(table.get().inner()),
            table,
        }
    }
}

/// The senders of one table, held on to.
#[pyclass(frozen, module = "dimp_fast._rust")]
struct Resolution {
    inner: keyring::Resolution,
    table: Py<MessageTable>,
}

#[pymethods]
impl Resolution {
    /// The canonical addresses of senders without an account, each once.
    fn missing(&self) -> Vec<String> {
        self.inner.missing()
    }

    /// Loads accounts into the store and into this resolution; `OverflowError` when there is no room.
    fn load(
        &self,
        py: Python<'_>,
        accounts: &Bound<'_, PyList>,
        now: f64,
        threads: usize,
    ) -> PyResult<Vec<Report>> {
        let checked = check_all(py, accounts, now, threads)?;
        report(self.inner.admit_all(checked))
    }

    /// One code a message, and the reasons of those that were refused.
    fn verify<'py>(&self, py: Python<'py>, now: f64, threads: usize) -> PyResult<Verdicts<'py>> {
        let (table, frames) = (self.table.get().inner(), self.table.get().frames(py));
        let verdicts = py.detach(|| self.inner.verify(table, &frames, now, threads));
        buffers::verdicts(py, &verdicts)
    }

    /// Adds the attachments of the messages with code 0 to the store. What does not fit in is left out.
    fn learn(&self, py: Python<'_>, codes: &[u8], now: f64, threads: usize) -> PyResult<()> {
        let (table, frames) = (self.table.get().inner(), self.table.get().frames(py));
        if codes.len() != frames.len() {
            return Err(PyValueError::new_err(format!(
                "{} codes for {} messages",
                codes.len(),
                frames.len()
            )));
        }
        let lessons = self.inner.lessons(table, codes);
        if lessons.is_empty() {
            return Ok(());
        }
        let lessons = py.detach(|| keyring::prove_lessons(table, &frames, lessons, now, threads));
        self.inner.learn(table, lessons);
        Ok(())
    }
}

fn parts<'py>(py: Python<'py>, key: &VerifyKey) -> Key<'py> {
    let data = PyBytes::new(py, key.data());
    (key.algorithm().name(), data, key.public().bits())
}

/// The long part of loading, without the GIL.
fn check_all(
    py: Python<'_>,
    accounts: &Bound<'_, PyList>,
    now: f64,
    threads: usize,
) -> PyResult<Vec<Result<Checked, Refusal>>> {
    let accounts: Vec<Account<'_>> = accounts.extract()?;
    let stored = accounts.iter().map(|(address, meta, documents)| Stored {
        address: buffers::id(address),
        meta: meta.as_bytes(),
        documents: buffers::slices(documents),
    });
    let stored: Vec<Stored<'_>> = stored.collect();
    Ok(py.detach(|| keyring::check_all(&stored, now, threads)))
}

/// The short part, with it.
fn report(loaded: Result<Vec<Loaded>, Full>) -> PyResult<Vec<Report>> {
    let loaded = loaded.map_err(full)?.into_iter().map(|account| {
        let documents = account.documents.into_iter().map(answer).collect();
        (answer(account.meta), documents)
    });
    Ok(loaded.collect())
}

fn full(_: Full) -> PyErr {
    PyOverflowError::new_err("the keyring is full")
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<KeyStore>()?;
    module.add_class::<Resolution>()
}
