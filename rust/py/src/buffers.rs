//! What crosses between Python and the core: lists of `bytes` and `str` read in place, and
//! refusals.
//!
//! `bytes` and `str` cannot change, and the references taken here keep them alive, so that their
//! contents may be read while other Python threads run.

use dimp_core::address::AddressText;
use dimp_core::code::{Code, Refusal};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

/// The items of a list, each of the type `T`.
///
/// # Errors
/// `TypeError` with the index of the first item that is none.
pub fn items<'py, T>(list: &Bound<'py, PyList>, expected: &str) -> PyResult<Vec<Bound<'py, T>>>
where
    T: pyo3::type_object::PyTypeCheck,
{
    // With room for all from the start, which `collect` would not make.
    let mut found = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let item = item.cast_into::<T>();
        found.push(item.map_err(|error| wrong_type(index, expected, &error.into_inner()))?);
    }
    Ok(found)
}

/// The `TypeError` for the item at `index`.
pub fn wrong_type(index: usize, expected: &str, found: &Bound<'_, PyAny>) -> PyErr {
    match found.get_type().name() {
        Ok(name) => PyTypeError::new_err(format!("item {index}: expected {expected}, not {name}")),
        Err(error) => error,
    }
}

/// The contents of many `bytes`.
pub fn slices<'a>(items: &'a [Bound<'_, PyBytes>]) -> Vec<&'a [u8]> {
    items.iter().map(PyBytesMethods::as_bytes).collect()
}

/// The text of a `str`; `None` when it has lone surrogates, and so is no text.
pub fn text<'a>(string: &'a Bound<'_, PyString>) -> Option<&'a str> {
    string.to_str().ok()
}

/// The text of a `str` that should be an ID or an address; empty, which is neither, when it has
/// lone surrogates.
pub fn id<'a>(string: &'a Bound<'_, PyString>) -> &'a str {
    text(string).unwrap_or_default()
}

/// A `str` of an address, without the looks at its characters that a `str` of any text takes: what
/// that costs is a good part of making an address.
pub fn address<'py>(py: Python<'py>, text: &AddressText) -> PyResult<Bound<'py, PyString>> {
    let text = text.as_bytes();
    // SAFETY: the new object is a `str` of that many ASCII characters, one byte each, and nobody
    // else has it yet; the text of an address is ASCII.
    unsafe {
        let made = ffi::PyUnicode_New(text.len().cast_signed(), 0x7f);
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        let characters = ffi::PyUnicode_1BYTE_DATA(made.as_ptr());
        characters.copy_from_nonoverlapping(text.as_ptr(), text.len());
        Ok(made.cast_into_unchecked())
    }
}

/// A `bytes` of all pieces, one behind the other, written once.
pub fn concatenated<'py>(py: Python<'py>, pieces: &[&[u8]]) -> PyResult<Bound<'py, PyBytes>> {
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    // SAFETY: the new object is a `bytes` of as many bytes as the pieces have, and nobody else has
    // it yet; each piece is written behind those before it.
    unsafe {
        let made = ffi::PyBytes_FromStringAndSize(std::ptr::null(), length.cast_signed());
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        let mut out = ffi::PyBytes_AsString(made.as_ptr()).cast::<u8>();
        for piece in pieces {
            out.copy_from_nonoverlapping(piece.as_ptr(), piece.len());
            out = out.add(piece.len());
        }
        Ok(made.cast_into_unchecked())
    }
}

/// A list of addresses.
pub fn addresses<'py>(py: Python<'py>, texts: &[AddressText]) -> PyResult<Bound<'py, PyList>> {
    let strings = texts.iter().map(|text| address(py, text));
    PyList::new(py, strings.collect::<PyResult<Vec<_>>>()?)
}

/// A verdict for each item, as the tier contract wants them.
pub fn codes<'py>(py: Python<'py>, codes: &[Code]) -> Bound<'py, PyBytes> {
    let codes: Vec<u8> = codes.iter().map(|&code| code as u8).collect();
    PyBytes::new(py, &codes)
}

/// `(code, reason)` of the tier contract.
pub type Answer = (u8, String);

/// A verdict alone.
pub fn answer(verdict: Result<(), Refusal>) -> Answer {
    match verdict {
        Ok(()) => (Code::Ok as u8, String::new()),
        Err(Refusal { code, reason }) => (code as u8, reason.into_owned()),
    }
}

/// A code for each verdict, and the reasons of those that refuse.
pub type Verdicts<'py> = (Bound<'py, PyBytes>, Bound<'py, PyDict>);

/// Many verdicts.
pub fn verdicts<'py>(py: Python<'py>, verdicts: &[Result<(), Refusal>]) -> PyResult<Verdicts<'py>> {
    let reasons = PyDict::new(py);
    let mut found = Vec::with_capacity(verdicts.len());
    for (index, verdict) in verdicts.iter().enumerate() {
        if let Err(refusal) = verdict {
            reasons.set_item(index, &*refusal.reason)?;
        }
        found.push(
            verdict
                .as_ref()
                .err()
                .map_or(Code::Ok, |refusal| refusal.code),
        );
    }
    Ok((codes(py, &found), reasons))
}

/// The `ValueError(code, reason)` of the tier contract.
pub fn refused(refusal: Refusal) -> PyErr {
    PyValueError::new_err((refusal.code as u8, refusal.reason.into_owned()))
}

/// Does `work` without the GIL when it is `long` enough to be worth letting go of it.
pub fn detach_if<R: Send>(py: Python<'_>, long: bool, work: impl Send + FnOnce() -> R) -> R {
    if long {
        py.detach(work)
    } else {
        work()
    }
}
