//! Reliable messages: frames to a table of messages, mappings to frames, frames to changed frames.

use std::borrow::Cow;
use std::ffi::c_int;
use std::ops::Range;
use std::sync::Arc;

use dimp_core::code::{Code, Refusal};
use dimp_core::encode::{Bracket, Writer};
use dimp_core::identity::Identifier;
use dimp_core::json::{self, Members, Number, Scanner, Token};
use dimp_core::message::{self, Changed, Changes, Decoded, Emitter, Message, Table, Written};
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple,
};
use pyo3::{ffi, IntoPyObjectExt};

use crate::{buffers, made};

/// Bytes of frames that are worth letting go of the GIL: about a microsecond of work.
const LONG: usize = 4096;
/// Frames that are, whatever their length: as many may be split between threads, which may need the
/// GIL for an extension.
const MANY: usize = 16;

/// What became of each frame of a batch. It keeps the frames, and nothing else of Python.
#[pyclass(frozen, module = "dimp_fast._rust")]
pub struct MessageTable {
    frames: Vec<Py<PyBytes>>,
    table: Table,
}

impl MessageTable {
    /// The table of the core.
    pub fn inner(&self) -> &Table {
        &self.table
    }

    /// The frames.
    pub fn frames(&self, py: Python<'_>) -> Vec<&[u8]> {
        self.frames.iter().map(|frame| frame.as_bytes(py)).collect()
    }

    fn item(&self, index: isize) -> PyResult<(usize, &Decoded)> {
        let items = self.table.items();
        let place = if index < 0 {
            items.len().checked_add_signed(index)
        } else {
            usize::try_from(index).ok()
        };
        place
            .and_then(|place| Some((place, items.get(place)?)))
            .ok_or_else(|| {
                PyIndexError::new_err(format!("no message {index} among {}", items.len()))
            })
    }

    fn ids<'py>(
        &self,
        py: Python<'py>,
        id: impl Fn(&Message) -> &str,
    ) -> PyResult<Bound<'py, PyList>> {
        let items = self.table.items().iter();
        PyList::new(py, items.map(|item| item.as_ref().ok().map(&id)))
    }

    /// A little-endian number for each item.
    fn numbers<'py, const N: usize>(
        &self,
        py: Python<'py>,
        number: impl Fn(Option<&Message>) -> [u8; N],
    ) -> Bound<'py, PyBytes> {
        let items = self.table.items().iter();
        let numbers: Vec<u8> = items.flat_map(|item| number(item.as_ref().ok())).collect();
        PyBytes::new(py, &numbers)
    }

    fn spans<'py>(
        &self,
        py: Python<'py>,
        span: impl Fn(&Message) -> &Range<usize>,
    ) -> Bound<'py, PyBytes> {
        self.numbers(py, |message| {
            let Range { start, end } = message.map_or(0..0, |message| span(message).clone());
            (start as u128 | (end as u128) << 64).to_le_bytes()
        })
    }
}

#[pymethods]
impl MessageTable {
    fn __len__(&self) -> usize {
        self.table.items().len()
    }

    /// One code an item.
    fn codes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let codes = self.table.items().iter().map(|item| match item {
            Ok(_) => Code::Ok,
            Err(refusal) => refusal.code,
        });
        buffers::codes(py, &codes.collect::<Vec<_>>())
    }

    /// Why an item was refused; empty when it was not.
    fn reason(&self, index: isize) -> PyResult<&str> {
        let (_, item) = self.item(index)?;
        Ok(item
            .as_ref()
            .map_or_else(|refusal| &*refusal.reason, |_| ""))
    }

    /// The canonical IDs of the senders; `None` for what was refused.
    fn senders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.ids(py, |message| message.sender.as_str())
    }

    /// The canonical IDs of the receivers; `None` for what was refused.
    fn receivers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.ids(py, |message| message.receiver.as_str())
    }

    /// Seconds since the epoch as little-endian `float64`; NaN for none.
    fn times<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.numbers(py, |message| {
            let time = message.and_then(|message| message.time);
            time.unwrap_or(f64::NAN).to_le_bytes()
        })
    }

    /// Types as little-endian `int64`; -1 for none and for what is no number.
    fn types<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.numbers(py, |message| {
            let kind = message.and_then(|message| message.kind);
            kind.unwrap_or(-1).to_le_bytes()
        })
    }

    /// Data and signatures of all messages.
    fn arena<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(slf)
    }

    /// Where the data of each message begins and ends in the arena, as pairs of little-endian
    /// `uint64`; zeros for what was refused.
    fn data_spans<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.spans(py, |message| &message.data)
    }

    /// The same of the signatures.
    fn signature_spans<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.spans(py, |message| &message.signature)
    }

    /// The message at a place, `None` when it was refused. `identifiers` as for `messages`.
    fn message(
        slf: &Bound<'_, Self>,
        index: isize,
        identifiers: &Bound<'_, PyDict>,
    ) -> PyResult<Option<ReliableMessage>> {
        let (index, item) = slf.get().item(index)?;
        Ok(item
            .is_ok()
            .then(|| ReliableMessage::new(slf, index, identifiers)))
    }

    /// The messages, `None` where one was refused. `identifiers` gives, for a canonical ID, what
    /// stands for it in Python.
    fn messages<'py>(
        slf: &Bound<'py, Self>,
        identifiers: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyList>> {
        let items = slf.get().table.items().iter().enumerate();
        let messages = items.map(|(index, item)| {
            item.is_ok()
                .then(|| ReliableMessage::new(slf, index, identifiers))
        });
        PyList::new(slf.py(), messages)
    }

    /// The buffer of `arena`: read-only bytes.
    // SAFETY: Python calls it with a view that it owns.
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let arena = slf.get().table.arena();
        // SAFETY: the view holds a reference to the table, whose arena never changes; it is told
        // that nobody may write.
        let status = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                arena.as_ptr().cast_mut().cast(),
                arena.len().try_into()?,
                1,
                flags,
            )
        };
        if status == 0 {
            Ok(())
        } else {
            Err(PyErr::fetch(slf.py()))
        }
    }
}

/// One message of a table. Nothing is made of it before it is asked for.
#[pyclass(frozen, module = "dimp_fast._rust")]
pub struct ReliableMessage {
    table: Py<MessageTable>,
    index: usize,
    identifiers: Py<PyDict>,
}

impl ReliableMessage {
    fn new(table: &Bound<'_, MessageTable>, index: usize, identifiers: &Bound<'_, PyDict>) -> Self {
        Self {
            table: table.clone().unbind(),
            index,
            identifiers: identifiers.clone().unbind(),
        }
    }

    fn message(&self) -> &Message {
        match &self.table.get().table.items()[self.index] {
            Ok(message) => message,
            Err(_) => unreachable!("made of messages only"),
        }
    }

    fn identifier<'py>(
        &self,
        py: Python<'py>,
        identifier: &Arc<Identifier>,
    ) -> PyResult<Bound<'py, PyAny>> {
        made::object(py, &self.identifiers, identifier)
    }

    /// A part of the frame.
    fn part(&self, py: Python<'_>, place: &Range<usize>) -> PyResult<&str> {
        let frame = self.table.get().frames[self.index].as_bytes(py);
        json::text(&frame[place.clone()]).map_err(buffers::refused)
    }
}

#[pymethods]
impl ReliableMessage {
    #[getter]
    fn frame(&self, py: Python<'_>) -> Py<PyBytes> {
        self.table.get().frames[self.index].clone_ref(py)
    }

    #[getter]
    fn sender<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.identifier(py, &self.message().sender)
    }

    #[getter]
    fn receiver<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.identifier(py, &self.message().receiver)
    }

    #[getter]
    fn group<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let group = self.message().group.as_ref();
        group.map(|group| self.identifier(py, group)).transpose()
    }

    #[getter]
    fn is_broadcast(&self) -> bool {
        self.message().is_broadcast()
    }

    #[getter]
    fn time(&self) -> Option<f64> {
        self.message().time
    }

    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let message = self.message();
        match (&message.kind, &message.type_name) {
            (Some(number), _) => number.into_bound_py_any(py).map(Some),
            (None, Some(place)) => {
                let name = Scanner::new(self.part(py, place)?).next_token();
                match name.map_err(buffers::refused)? {
                    Some(Token::String(name)) => name.unescape().into_bound_py_any(py).map(Some),
                    _ => Ok(None),
                }
            }
            (None, None) => Ok(None),
        }
    }

    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.table.get().table.data(self.message()))
    }

    #[getter]
    fn signature<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.table.get().table.signature(self.message()))
    }

    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let keys = PyDict::new(py);
        if let Some(place) = &self.message().keys {
            let text = self.part(py, place)?;
            let mut members = Members::new(text).map_err(buffers::refused)?;
            while let Some(member) = members.next_member().map_err(buffers::refused)? {
                if let (Some(name), Some(key)) = (member.name.text(text), member.value.text(text)) {
                    keys.set_item(&*name.unescape(), &*key.unescape())?;
                }
            }
        }
        Ok(keys)
    }

    #[getter]
    fn meta<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.attachment(py, self.message().meta.as_ref())
    }

    #[getter]
    fn visa<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.attachment(py, self.message().visa.as_ref())
    }

    /// The fields as sent, under their long names; a fresh `dict` each time.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let frame = self.table.get().frames[self.index].as_bytes(py);
        build_object(py, json::text(frame).map_err(buffers::refused)?, true)
    }

    /// Copied and pickled as its frame, which any tier can read again.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Py<PyBytes>,))> {
        let decode = py.import("dimp_fast.message")?.getattr("decode")?;
        Ok((decode, (self.frame(py),)))
    }

    fn __repr__(&self) -> String {
        let message = self.message();
        format!(
            "<ReliableMessage {} -> {}, {} bytes>",
            message.sender.as_str(),
            message.receiver.as_str(),
            message.data.len()
        )
    }
}

impl ReliableMessage {
    fn attachment<'py>(
        &self,
        py: Python<'py>,
        place: Option<&Range<usize>>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        place
            .map(|place| build_object(py, self.part(py, place)?, false))
            .transpose()
    }
}

/// Decodes each frame on its own.
#[pyfunction]
fn decode_batch(
    py: Python<'_>,
    frames: &Bound<'_, PyList>,
    threads: usize,
) -> PyResult<MessageTable> {
    let frames = buffers::items::<PyBytes>(frames, "bytes")?;
    let slices = buffers::slices(&frames);
    let long =
        slices.len() >= MANY || slices.iter().map(|frame| frame.len()).sum::<usize>() >= LONG;
    let table = buffers::detach_if(py, long, || message::decode_batch(&slices, threads));
    Ok(MessageTable {
        frames: frames.into_iter().map(Bound::unbind).collect(),
        table,
    })
}

/// The frame with these fields changed or put in; `None` takes one out. Raises
/// `ValueError(code, reason)` for a frame that is not sound, or a field that is not.
#[pyfunction]
fn retarget<'py>(
    py: Python<'py>,
    frame: &Bound<'py, PyBytes>,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyBytes>> {
    let text = write_changes(fields)?;
    let frame = frame.as_bytes();
    let changes = Changes::read(&text).map_err(buffers::refused)?;
    let made = buffers::detach_if(py, frame.len() >= LONG, || changes.apply(&[frame], 1));
    let mut frames = made.iter().flat_map(Changed::frames);
    let first = frames.next().expect("as many as there were");
    first.map_or_else(
        |refusal| Err(buffers::refused(refusal.clone())),
        |pieces| buffers::concatenated(py, pieces),
    )
}

/// The same for many frames; `None` and a verdict for those that are not sound.
#[pyfunction]
fn retarget_batch<'py>(
    py: Python<'py>,
    frames: &Bound<'py, PyList>,
    fields: &Bound<'py, PyDict>,
    threads: usize,
) -> PyResult<(Bound<'py, PyList>, buffers::Verdicts<'py>)> {
    let text = write_changes(fields)?;
    let changes = Changes::read(&text).map_err(buffers::refused)?;
    let frames = buffers::items::<PyBytes>(frames, "bytes")?;
    let slices = buffers::slices(&frames);
    let made = buffers::detach_if(py, slices.len() >= MANY, || changes.apply(&slices, threads));
    let mut written = Vec::with_capacity(slices.len());
    let mut verdicts = Vec::with_capacity(slices.len());
    for item in made.iter().flat_map(Changed::frames) {
        let frame = item.ok().map(|pieces| buffers::concatenated(py, pieces));
        written.push(frame.transpose()?);
        verdicts.push(item.map(drop).map_err(Refusal::clone));
    }
    let frames = PyList::new(py, written)?;
    Ok((frames, buffers::verdicts(py, &verdicts)?))
}

/// A container that is being filled, and the name that its next value has there.
struct Open<'py, 'a> {
    container: Container<'py>,
    name: Cow<'a, str>,
}

enum Container<'py> {
    Object(Bound<'py, PyDict>),
    Array(Bound<'py, PyList>),
}

impl<'py> Open<'py, '_> {
    fn new(container: Container<'py>) -> Self {
        let name = Cow::Borrowed("");
        Self { container, name }
    }
}

/// The object of a text that was decoded before, as Python has it: integers are exact, infinite numbers are kept as
/// text (JSON-4), and the last of equal names wins. Those of an envelope become long.
fn build_object<'py>(
    py: Python<'py>,
    text: &str,
    is_envelope: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let mut scanner = Scanner::new(text);
    let mut open: Vec<Open<'py, '_>> = Vec::new();
    while let Some(token) = scanner.next_token().map_err(buffers::refused)? {
        let value = match token {
            Token::BeginObject => {
                open.push(Open::new(Container::Object(PyDict::new(py))));
                continue;
            }
            Token::BeginArray => {
                open.push(Open::new(Container::Array(PyList::empty(py))));
                continue;
            }
            Token::Name(name) => {
                if let Some(innermost) = open.last_mut() {
                    innermost.name = name.unescape();
                }
                continue;
            }
            Token::EndObject | Token::EndArray => match open.pop().map(|closed| closed.container) {
                Some(Container::Object(fields)) if open.is_empty() => return Ok(fields),
                Some(Container::Object(object)) => object.into_any(),
                Some(Container::Array(array)) => array.into_any(),
                None => break,
            },
            Token::String(text) => PyString::new(py, &text.unescape()).into_any(),
            Token::Number(raw) => build_number(py, raw)?,
            Token::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
            Token::Null => py.None().into_bound(py),
        };
        let is_field = is_envelope && open.len() == 1;
        match open.last() {
            Some(Open {
                container: Container::Object(object),
                name,
            }) if is_field => {
                let is_text = matches!(token, Token::String(_));
                object.set_item(message::long_name(name, is_text), value)?;
            }
            Some(Open {
                container: Container::Object(object),
                name,
            }) => object.set_item(&**name, value)?,
            Some(Open {
                container: Container::Array(array),
                ..
            }) => array.append(value)?,
            None => break,
        }
    }
    Err(buffers::refused(Refusal::new(
        Code::Malformed,
        "not an object",
    )))
}

fn build_number<'py>(py: Python<'py>, raw: &str) -> PyResult<Bound<'py, PyAny>> {
    match json::number(raw) {
        Number::Integer(value) => Ok(value.into_pyobject(py)?.into_any()),
        Number::BigInteger => py.get_type::<PyInt>().call1((raw,)),
        Number::Float(value) => Ok(PyFloat::new(py, value).into_any()),
        Number::Infinite => Ok(PyString::new(py, raw).into_any()),
    }
}

/// One frame from a mapping with long names; `bytes` among its values, and among those of `keys`, become base64.
/// Raises `ValueError(code, reason)` for what would not be decoded again.
#[pyfunction]
fn encode<'py>(
    py: Python<'py>,
    message: &Bound<'py, PyDict>,
    short: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut emitter = Emitter::new(short).map_err(buffers::refused)?;
    for_items(message, |name, value| {
        if !is_plain(name) {
            emitter.doubt_names();
        }
        let name = text_of_name(name)?;
        emitter.field(name, |writer| write_field(writer, name, value))
    })?;
    let frame = emitter.finish().map_err(buffers::refused)?;
    Ok(PyBytes::new(py, frame.as_bytes()))
}

/// Changes of fields as JSON; `bytes` become base64.
fn write_changes(fields: &Bound<'_, PyDict>) -> PyResult<String> {
    let mut writer = Writer::default();
    writer.open(Bracket::Object).map_err(buffers::refused)?;
    for_items(fields, |name, value| {
        let name = text_of_name(name)?;
        writer.name(name);
        write_field(&mut writer, name, value).map(drop)
    })?;
    writer.close(Bracket::Object);
    Ok(writer.finish())
}

/// Does `each` to the items of an object, as Python's `json` finds them: an `OrderedDict` has an order of its own.
/// A subclass may run Python, and that may change any object: an error, then.
fn for_items(
    object: &Bound<'_, PyDict>,
    mut each: impl FnMut(&Bound<'_, PyAny>, &Bound<'_, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    if !object.is_exact_instance_of::<PyDict>() {
        let items = object.as_mapping().items()?;
        return for_items(&PyDict::from_sequence(items.as_any())?, each);
    }
    let size = object.len();
    for (name, value) in object.iter().take(size) {
        each(&name, &value)?;
        if object.len() != size {
            let reason = "dictionary changed size during iteration";
            return Err(PyRuntimeError::new_err(reason));
        }
    }
    Ok(())
}

/// The value of a field, `bytes` as base64, also in `keys`.
fn write_field(writer: &mut Writer, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Written> {
    if let Ok(data) = value.cast::<PyBytes>() {
        writer.base64(data.as_bytes());
        return Ok(Written {
            entries: 0,
            is_base64: true,
        });
    }
    match value.cast::<PyDict>() {
        Ok(object) if matches!(name, "keys" | "K") => write_keys(writer, object),
        _ => {
            let entries = write(writer, value)?;
            Ok(Written {
                entries,
                is_base64: false,
            })
        }
    }
}

/// Base64 by ID, from `bytes` or as it is.
fn write_keys(writer: &mut Writer, object: &Bound<'_, PyDict>) -> PyResult<Written> {
    let mut is_base64 = true;
    let entries = write_object(writer, object, |writer, name, value| {
        let data = value.cast::<PyBytes>().ok();
        is_base64 &= data.is_some() && is_plain(name);
        match data {
            Some(data) => {
                writer.base64(data.as_bytes());
                Ok(0)
            }
            None => write(writer, value),
        }
    })?;
    Ok(Written { entries, is_base64 })
}

fn write_object(
    writer: &mut Writer,
    object: &Bound<'_, PyDict>,
    mut write_value: impl FnMut(&mut Writer, &Bound<'_, PyAny>, &Bound<'_, PyAny>) -> PyResult<usize>,
) -> PyResult<usize> {
    let mut entries = 0;
    writer.open(Bracket::Object).map_err(buffers::refused)?;
    for_items(object, |name, value| {
        writer.name(text_of_name(name)?);
        write_value(writer, name, value)?;
        entries += 1;
        Ok(())
    })?;
    writer.close(Bracket::Object);
    Ok(entries)
}

fn write_array<'py>(
    writer: &mut Writer,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<usize> {
    let mut entries = 0;
    writer.open(Bracket::Array).map_err(buffers::refused)?;
    for item in items {
        write(writer, &item)?;
        entries += 1;
    }
    writer.close(Bracket::Array);
    Ok(entries)
}

/// Writes one value and tells how many entries it has. The writer stops what nests too deep.
fn write(writer: &mut Writer, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    if let Ok(string) = value.cast::<PyString>() {
        writer.string(sound_text(string)?);
    } else if let Ok(value) = value.cast::<PyBool>() {
        writer.literal(if value.is_true() { "true" } else { "false" });
    } else if let Ok(integer) = value.cast::<PyInt>() {
        write_integer(writer, integer)?;
    } else if let Ok(object) = value.cast::<PyDict>() {
        return write_object(writer, object, |writer, _, value| write(writer, value));
    } else if let Ok(list) = value.cast::<PyList>() {
        return write_array(writer, list.iter());
    } else if let Ok(float) = value.cast::<PyFloat>() {
        writer.float(float.value()).map_err(buffers::refused)?;
    } else if value.is_none() {
        writer.literal("null");
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        return write_array(writer, tuple.iter());
    } else {
        let found = value.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{found} is not JSON")));
    }
    Ok(0)
}

fn write_integer(writer: &mut Writer, integer: &Bound<'_, PyInt>) -> PyResult<()> {
    if let Ok(value) = integer.extract::<i64>() {
        writer.literal(&value.to_string());
        return Ok(());
    }
    // Of `int` itself: a subclass may have its own.
    let of_int = |method| {
        let int = integer.py().get_type::<PyInt>();
        int.call_method1(method, (integer,))
    };
    // JSON-6; what is below has no more digits than Python always writes.
    if of_int("__float__").is_err() {
        let reason = "an integer has too many digits";
        return Err(buffers::refused(Refusal::new(Code::Malformed, reason)));
    }
    let digits = of_int("__repr__")?;
    writer.literal(sound_text(digits.cast::<PyString>()?)?);
    Ok(())
}

/// Whether this is a `str` and nothing more: two of a subclass may be names of one object and yet the same text.
fn is_plain(name: &Bound<'_, PyAny>) -> bool {
    name.is_exact_instance_of::<PyString>()
}

fn text_of_name<'a>(name: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let Ok(text) = name.cast::<PyString>() else {
        let found = name.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "JSON names are text, not {found}"
        )));
    };
    sound_text(text)
}

fn sound_text<'a>(string: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    buffers::text(string).ok_or_else(|| {
        buffers::refused(Refusal::new(Code::Malformed, "text with a lone surrogate"))
    })
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<MessageTable>()?;
    module.add_class::<ReliableMessage>()?;
    module.add_function(wrap_pyfunction!(decode_batch, module)?)?;
    module.add_function(wrap_pyfunction!(encode, module)?)?;
    module.add_function(wrap_pyfunction!(retarget, module)?)?;
    module.add_function(wrap_pyfunction!(retarget_batch, module)?)
}
