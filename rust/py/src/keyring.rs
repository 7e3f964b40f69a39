//! The key store: checked accounts go in, verdicts on messages come out.
//!
//! All work is done without the GIL, and no lock of the core is held while waiting for it.

use std::sync::Arc;

use dimp_core::code::{Code, Refusal};
use dimp_core::keyring::{self, Full, Loaded, Stored, Verdict};
use dimp_core::meta;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::buffers;
use crate::message::MessageTable;

/// Stands for text with lone surrogates: no ID either.
const NO_ID: &str = "";

/// `(code, reason)` of the tier contract.
type Answer = (u8, String);

/// Address, meta and documents, as they lie in an account folder.
type Account<'py> = (
    Bound<'py, PyString>,
    Bound<'py, PyBytes>,
    Vec<Bound<'py, PyBytes>>,
);

/// The verdict on a meta for an ID.
#[pyfunction]
fn check_meta(py: Python<'_>, identifier: &Bound<'_, PyString>, meta: &[u8]) -> Answer {
    let identifier = buffers::text(identifier).unwrap_or(NO_ID);
    answer(py.detach(|| meta::check(identifier, meta).map(|_| ())))
}

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
        let text = buffers::text(address).unwrap_or(NO_ID);
        self.0.contains(text)
    }

    /// Removes an account; `False` when there is none.
    fn discard(&self, address: &Bound<'_, PyString>) -> bool {
        let text = buffers::text(address).unwrap_or(NO_ID);
        self.0.discard(text)
    }

    /// Adds the account of a meta that matches the ID; `OverflowError` when there is no room.
    fn add_meta(&self, identifier: &Bound<'_, PyString>, meta: &[u8]) -> PyResult<Answer> {
        let text = buffers::text(identifier).unwrap_or(NO_ID);
        self.0.add_meta(text, meta).map(answer).map_err(full)
    }

    /// Adds a document to the account that it is of; `now` is in seconds since the epoch.
    fn add_document(&self, document: &[u8], now: f64) -> Answer {
        answer(self.0.add_document(document, now))
    }

    /// `(algorithm, data)` of each key of an ID: those of documents, newest first, then the meta key.
    fn keys_for<'py>(
        &self,
        identifier: &Bound<'py, PyString>,
    ) -> Vec<(&'static str, Bound<'py, PyBytes>)> {
        let (py, text) = (identifier.py(), buffers::text(identifier).unwrap_or(NO_ID));
        let keys = self.0.keys_for(text);
        keys.iter()
            .map(|key| (key.algorithm().name(), PyBytes::new(py, key.data())))
            .collect()
    }

    /// Checks and adds accounts; `OverflowError` when there is no room.
    fn load(
        &self,
        py: Python<'_>,
        accounts: &Bound<'_, PyList>,
        now: f64,
        threads: usize,
    ) -> PyResult<Vec<(Answer, Vec<Answer>)>> {
        let accounts: Vec<Account<'_>> = accounts.extract()?;
        let accounts = stored(&accounts);
        let checked = py.detach(|| keyring::check_all(&accounts, now, threads));
        report(self.0.admit_all(checked, |_, _| ()))
    }

    /// Looks up the senders of a table.
    fn resolve(&self, table: Py<MessageTable>) -> Resolution {
        Resolution {
            inner: self.0.resolve(table.get().items()),
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
    ) -> PyResult<Vec<(Answer, Vec<Answer>)>> {
        let accounts: Vec<Account<'_>> = accounts.extract()?;
        let accounts = stored(&accounts);
        let checked = py.detach(|| keyring::check_all(&accounts, now, threads));
        report(self.inner.admit_all(checked))
    }

    /// One code a message, and the reasons of those that were refused here.
    fn verify<'py>(
        &self,
        py: Python<'py>,
        now: f64,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyDict>)> {
        let (items, frames) = (self.table.get().items(), self.table.get().frames(py));
        let verdicts = py.detach(|| self.inner.verify(items, &frames, now, threads));
        let reasons = PyDict::new(py);
        let mut codes = Vec::with_capacity(verdicts.len());
        for (index, (verdict, item)) in verdicts.iter().zip(items).enumerate() {
            if let (Err(refusal), Ok(_)) = (verdict, item) {
                reasons.set_item(index, &*refusal.reason)?;
            }
            codes.push(
                verdict
                    .as_ref()
                    .map_or_else(|refusal| refusal.code, |()| Code::Ok),
            );
        }
        Ok((buffers::codes(py, &codes), reasons))
    }

    /// Adds the attachments of the messages with code 0 to the store. What does not fit in is left out.
    fn learn(&self, py: Python<'_>, codes: &[u8], now: f64) -> PyResult<()> {
        let (items, frames) = (self.table.get().items(), self.table.get().frames(py));
        if codes.len() != items.len() {
            return Err(PyValueError::new_err(format!(
                "{} codes for {} messages",
                codes.len(),
                items.len()
            )));
        }
        self.inner.learn(items, &frames, codes, now);
        Ok(())
    }
}

fn stored<'a>(accounts: &'a [Account<'_>]) -> Vec<Stored<'a>> {
    let accounts = accounts.iter().map(|(address, meta, documents)| Stored {
        address: buffers::text(address).unwrap_or(NO_ID),
        meta: meta.as_bytes(),
        documents: buffers::slices(documents),
    });
    accounts.collect()
}

fn report(loaded: Result<Vec<Loaded>, Full>) -> PyResult<Vec<(Answer, Vec<Answer>)>> {
    let loaded = loaded.map_err(full)?.into_iter().map(|account| {
        let documents = account.documents.into_iter().map(answer).collect();
        (answer(account.meta), documents)
    });
    Ok(loaded.collect())
}

fn answer(verdict: Verdict) -> Answer {
    match verdict {
        Ok(()) => (Code::Ok as u8, String::new()),
        Err(Refusal { code, reason }) => (code as u8, reason.into_owned()),
    }
}

fn full(_: Full) -> PyErr {
    PyOverflowError::new_err("the keyring is full")
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<KeyStore>()?;
    module.add_class::<Resolution>()?;
    module.add_function(wrap_pyfunction!(check_meta, module)?)
}
