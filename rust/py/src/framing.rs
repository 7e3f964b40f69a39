//! Frames of MTP and Mars: a decoder for streams, one for datagrams, encoders.

use dimp_core::framing::{mars, mtp, Decoder, Format, Frame, MAX_LIMIT};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

/// A frame of the tier contract: kind, type, SN, payload, pages, index, sequence, options.
fn fields<'py>(py: Python<'py>, frame: &Frame<'_>) -> PyResult<Bound<'py, PyTuple>> {
    (
        name(frame.format),
        frame.code,
        PyBytes::new(py, &frame.sn),
        PyBytes::new(py, frame.payload),
        frame.pages,
        frame.index,
        frame.seq,
        PyBytes::new(py, frame.options),
    )
        .into_pyobject(py)
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Mtp => "mtp",
        Format::Mars => "mars",
    }
}

/// Takes one stream apart.
#[pyclass(module = "dimp_fast._rust")]
struct FrameDecoder {
    decoder: Decoder,
}

#[pymethods]
impl FrameDecoder {
    /// For `"mtp"`, for `"mars"`, or for whichever comes first; a body has at most `limit` bytes.
    #[new]
    fn new(kind: Option<&str>, limit: usize) -> PyResult<Self> {
        let format = match kind {
            None => None,
            Some("mtp") => Some(Format::Mtp),
            Some("mars") => Some(Format::Mars),
            Some(other) => return Err(PyValueError::new_err(format!("no framing {other:?}"))),
        };
        if limit > MAX_LIMIT {
            return Err(PyValueError::new_err(format!(
                "limit {limit} > {MAX_LIMIT}"
            )));
        }
        Ok(Self {
            decoder: Decoder::new(format, limit),
        })
    }

    /// The frames that are complete with this chunk.
    fn feed<'py>(
        &mut self,
        py: Python<'py>,
        chunk: &Bound<'py, PyBytes>,
    ) -> PyResult<Bound<'py, PyList>> {
        let frames = PyList::empty(py);
        let mut rest = chunk.as_bytes();
        while let Some(frame) = self.decoder.next(&mut rest) {
            frames.append(fields(py, &frame)?)?;
        }
        Ok(frames)
    }

    /// The format; `None` before it is known.
    fn kind(&self) -> Option<&'static str> {
        self.decoder.format().map(name)
    }

    /// Bytes of garbage so far.
    fn skipped(&self) -> u64 {
        self.decoder.skipped()
    }

    /// Bytes that are kept because more must follow.
    fn pending(&self) -> usize {
        self.decoder.pending()
    }

    /// Forgets what is kept.
    fn clear(&mut self) {
        self.decoder.clear();
    }
}

/// The MTP frame in a datagram; `None` for anything else.
#[pyfunction]
fn decode_datagram<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyBytes>,
    limit: usize,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    mtp::datagram(data.as_bytes(), limit.min(MAX_LIMIT))
        .map(|frame| fields(py, &frame))
        .transpose()
}

/// An MTP frame; without a body length it is for a datagram.
#[pyfunction]
fn encode_mtp<'py>(
    py: Python<'py>,
    code: u8,
    sn: [u8; 8],
    payload: &Bound<'py, PyBytes>,
    pages: u32,
    index: u32,
    with_length: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let payload = payload.as_bytes();
    let length = with_length.then_some(payload.len());
    join(py, &mtp::head(code & 15, sn, pages, index, length), payload)
}

/// A Mars frame, with a line for the serial number if there is one.
#[pyfunction]
fn encode_mars<'py>(
    py: Python<'py>,
    command: u32,
    seq: u32,
    sn: Option<&[u8]>,
    payload: &Bound<'py, PyBytes>,
    options: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let payload = payload.as_bytes();
    join(
        py,
        &mars::head(command, seq, sn, options, payload.len()),
        payload,
    )
}

/// Both parts in one `bytes`, each copied once.
fn join<'py>(py: Python<'py>, head: &[u8], payload: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, head.len() + payload.len(), |frame| {
        let (first, second) = frame.split_at_mut(head.len());
        first.copy_from_slice(head);
        second.copy_from_slice(payload);
        Ok(())
    })
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FrameDecoder>()?;
    module.add_function(wrap_pyfunction!(decode_datagram, module)?)?;
    module.add_function(wrap_pyfunction!(encode_mtp, module)?)?;
    module.add_function(wrap_pyfunction!(encode_mars, module)?)
}
