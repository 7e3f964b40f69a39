//! Reliable messages: frames to a table of messages, mappings to frames.

use std::borrow::Cow;

use dimp_core::code::{Code, Refusal};
use dimp_core::encode::{Bracket, Writer};
use dimp_core::json::{self, Number, Scanner, Token};
use dimp_core::keyring::Decoded;
use dimp_core::message::{self, Message};
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::buffers;

/// Bytes of frames that are worth letting go of the GIL: about a microsecond of work.
const LONG: usize = 2048;
/// Frames that are, whatever their length: as many may be split between threads, which may need the
/// GIL for an extension.
const MANY: usize = 16;

/// What became of each frame of a batch. It keeps the frames, and nothing else of Python.
#[pyclass(frozen, module = "dimp_fast._rust")]
pub struct MessageTable {
    frames: Vec<Py<PyBytes>>,
    items: Vec<Decoded>,
}

impl MessageTable {
    /// A message or a refusal for each frame.
    pub fn items(&self) -> &[Decoded] {
        &self.items
    }

    /// The frames.
    pub fn frames(&self, py: Python<'_>) -> Vec<&[u8]> {
        self.frames.iter().map(|frame| frame.as_bytes(py)).collect()
    }

    fn item(&self, index: isize) -> PyResult<(usize, &Decoded)> {
        let count = self.items.len();
        let place = if index < 0 {
            count.checked_add_signed(index)
        } else {
            usize::try_from(index).ok()
        };
        place
            .and_then(|place| Some((place, self.items.get(place)?)))
            .ok_or_else(|| PyIndexError::new_err(format!("no message {index} among {count}")))
    }

    fn message(&self, index: isize) -> PyResult<(usize, &Message)> {
        match self.item(index)? {
            (place, Ok(message)) => Ok((place, message)),
            (place, Err(refusal)) => Err(PyIndexError::new_err(format!(
                "message {place} was refused: {}",
                refusal.reason
            ))),
        }
    }

    fn ids<'py>(
        &self,
        py: Python<'py>,
        id: impl Fn(&Message) -> &str,
    ) -> PyResult<Bound<'py, PyList>> {
        PyList::new(
            py,
            self.items.iter().map(|item| item.as_ref().ok().map(&id)),
        )
    }
}

#[pymethods]
impl MessageTable {
    fn __len__(&self) -> usize {
        self.items.len()
    }

    /// One code an item.
    fn codes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let codes = self.items.iter().map(|item| match item {
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
        let times = self.items.iter().flat_map(|item| {
            let time = item.as_ref().ok().and_then(|message| message.time);
            time.unwrap_or(f64::NAN).to_le_bytes()
        });
        PyBytes::new(py, &times.collect::<Vec<u8>>())
    }

    /// Types as little-endian `int64`; -1 for none and for what is no number.
    fn types<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let types = self.items.iter().flat_map(|item| {
            let kind = item.as_ref().ok().and_then(|message| message.kind);
            kind.unwrap_or(-1).to_le_bytes()
        });
        PyBytes::new(py, &types.collect::<Vec<u8>>())
    }

    /// The signed bytes of a message.
    fn data<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.message(index)?.1.data))
    }

    /// The signature of a message.
    fn signature<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.message(index)?.1.signature))
    }

    /// The fields of a message as sent, under their long names; a fresh `dict` each time.
    fn fields<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyDict>> {
        let (place, _) = self.message(index)?;
        let frame = json::text(self.frames[place].as_bytes(py)).map_err(buffers::refused)?;
        build_fields(py, frame)
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
    let items = buffers::detach_if(py, long, || message::decode_batch(&slices, threads));
    Ok(MessageTable {
        frames: frames.into_iter().map(Bound::unbind).collect(),
        items,
    })
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

/// The object of a frame that was decoded before, as Python has it: integers are exact, infinite numbers are kept as
/// text (JSON-4), and the last of equal names wins.
fn build_fields<'py>(py: Python<'py>, frame: &str) -> PyResult<Bound<'py, PyDict>> {
    let mut scanner = Scanner::new(frame);
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
        let is_field = open.len() == 1;
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
    let mut writer = Writer::default();
    writer.open(Bracket::Object).map_err(buffers::refused)?;
    for (name, value) in message.iter() {
        let name = text_of_name(&name)?;
        writer.name(if short {
            message::short_name(&name)
        } else {
            &name
        });
        match value.cast::<PyDict>() {
            Ok(keys) if name == "keys" || name == "K" => write_object(&mut writer, keys, true)?,
            _ => write(&mut writer, &value, true)?,
        }
    }
    writer.close(Bracket::Object);
    let frame = writer.finish();
    buffers::detach_if(py, frame.len() >= LONG, || {
        message::decode(frame.as_bytes())
    })
    .map_err(buffers::refused)?;
    Ok(PyBytes::new(py, frame.as_bytes()))
}

fn write_object(writer: &mut Writer, object: &Bound<'_, PyDict>, bytes: bool) -> PyResult<()> {
    writer.open(Bracket::Object).map_err(buffers::refused)?;
    for (name, value) in object.iter() {
        writer.name(&text_of_name(&name)?);
        write(writer, &value, bytes)?;
    }
    writer.close(Bracket::Object);
    Ok(())
}

fn write_array<'py>(
    writer: &mut Writer,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<()> {
    writer.open(Bracket::Array).map_err(buffers::refused)?;
    for item in items {
        write(writer, &item, false)?;
    }
    writer.close(Bracket::Array);
    Ok(())
}

/// Writes one value; `bytes` says whether it may be `bytes`. The writer stops what nests too deep.
fn write(writer: &mut Writer, value: &Bound<'_, PyAny>, bytes: bool) -> PyResult<()> {
    if let Ok(string) = value.cast::<PyString>() {
        writer.string(sound_text(string)?);
    } else if let Ok(value) = value.cast::<PyBool>() {
        writer.literal(if value.is_true() { "true" } else { "false" });
    } else if let Ok(integer) = value.cast::<PyInt>() {
        write_integer(writer, integer)?;
    } else if let Ok(object) = value.cast::<PyDict>() {
        write_object(writer, object, false)?;
    } else if let Ok(list) = value.cast::<PyList>() {
        write_array(writer, list.iter())?;
    } else if let Ok(float) = value.cast::<PyFloat>() {
        writer.float(float.value()).map_err(buffers::refused)?;
    } else if value.is_none() {
        writer.literal("null");
    } else if let (true, Ok(data)) = (bytes, value.cast::<PyBytes>()) {
        writer.base64(data.as_bytes());
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        write_array(writer, tuple.iter())?;
    } else {
        let found = value.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{found} is not JSON")));
    }
    Ok(())
}

fn write_integer(writer: &mut Writer, integer: &Bound<'_, PyInt>) -> PyResult<()> {
    if let Ok(value) = integer.extract::<i64>() {
        writer.literal(&value.to_string());
        return Ok(());
    }
    // JSON-6; what is below has no more digits than Python always writes.
    if integer.extract::<f64>().is_err() {
        let reason = "an integer has too many digits";
        return Err(buffers::refused(Refusal::new(Code::Malformed, reason)));
    }
    // Not `str()`: a subclass may have its own.
    let digits = integer
        .py()
        .get_type::<PyInt>()
        .call_method1("__repr__", (integer,))?;
    writer.literal(sound_text(digits.cast::<PyString>()?)?);
    Ok(())
}

fn text_of_name(name: &Bound<'_, PyAny>) -> PyResult<String> {
    let Ok(text) = name.cast::<PyString>() else {
        let found = name.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "JSON names are text, not {found}"
        )));
    };
    sound_text(text).map(str::to_owned)
}

fn sound_text<'a>(string: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    buffers::text(string).ok_or_else(|| {
        buffers::refused(Refusal::new(Code::Malformed, "text with a lone surrogate"))
    })
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<MessageTable>()?;
    module.add_function(wrap_pyfunction!(decode_batch, module)?)?;
    module.add_function(wrap_pyfunction!(encode, module)?)
}
