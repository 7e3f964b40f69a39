//! Reliable messages: from the bytes of a frame to its envelope (docs/semantics.md#msg-1 to #msg-5).
//!
//! All base64 is decoded here and all IDs are checked, so that no verdict changes later. Whose key signed a message is the business of [`crate::keyring`].

use std::borrow::Cow;
use std::ops::Range;

use crate::base64;
use crate::code::{Code, Refusal};
use crate::identity::Identifier;
use crate::json::{self, Member, Number, Text, Value};
use crate::pool;

/// The most entries of `keys` (JSON-5).
const MAX_KEYS: usize = 4096;
/// The most entries of `traces` (JSON-5).
const MAX_TRACES: usize = 64;
/// The receiver of a message that names none (MSG-3).
const ANYONE: &str = "anyone@anywhere";
/// Frames below which a batch is not split between threads: about 20 microseconds of work.
const GRAIN: usize = 16;

/// A message of sound form. Nobody has verified it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who is said to have sent it.
    pub sender: Identifier,
    /// Who shall have it.
    pub receiver: Identifier,
    /// Seconds since the epoch.
    pub time: Option<f64>,
    /// The type of the content when it is a number, in digits or not.
    pub kind: Option<i64>,
    /// What was signed (MSG-5).
    pub data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Where the attached meta lies in the frame.
    pub meta: Option<Range<usize>>,
    /// Where the attached visa lies in the frame.
    pub visa: Option<Range<usize>>,
}

/// Decodes each frame on its own, in order; `threads` as in [`pool::run`].
#[must_use]
pub fn decode_batch(frames: &[&[u8]], threads: usize) -> Vec<Result<Message, Refusal>> {
    pool::map(threads, frames.len(), GRAIN, |index| decode(frames[index]))
}

/// The message that a frame is.
///
/// # Errors
/// `TOO_LARGE`, `MALFORMED`, `BAD_ENCODING` or `BAD_ADDRESS`, the first cause by VERDICT-2.
pub fn decode(frame: &[u8]) -> Result<Message, Refusal> {
    let mut members = Vec::with_capacity(16);
    json::split_object(json::text(frame)?, &mut members)?;
    Envelope::collect(&members)?.decode()
}

/// The long name of a field; `K` is `key` when its value is text (MSG-1).
#[must_use]
pub fn long_name(name: &str, value_is_text: bool) -> &str {
    match name {
        "F" => "sender",
        "R" => "receiver",
        "W" => "time",
        "T" => "type",
        "G" => "group",
        "K" if value_is_text => "key",
        "K" => "keys",
        "D" => "data",
        "V" => "signature",
        "M" => "meta",
        "P" => "visa",
        other => other,
    }
}

/// The short name of a field that has one (MSG-1).
#[must_use]
pub fn short_name(name: &str) -> &str {
    match name {
        "sender" => "F",
        "receiver" => "R",
        "time" => "W",
        "type" => "T",
        "group" => "G",
        "key" | "keys" => "K",
        "data" => "D",
        "signature" => "V",
        "meta" => "M",
        "visa" => "P",
        other => other,
    }
}

/// The fields that a verdict may hang on, by their long names.
const KNOWN: [&str; 15] = [
    "sender",
    "receiver",
    "time",
    "type",
    "group",
    "keys",
    "key",
    "data",
    "signature",
    "meta",
    "visa",
    "IV",
    "from",
    "rcpt",
    "traces",
];

/// The known fields of a frame, as they stand there.
#[derive(Default)]
struct Envelope<'a> {
    fields: [Option<Value<'a>>; KNOWN.len()],
}

impl<'a> Envelope<'a> {
    /// Sorts the members by name. What is too large is found first, then names that come twice (JSON-3, JSON-5).
    fn collect(members: &[Member<'a>]) -> Result<Self, Refusal> {
        let mut envelope = Self::default();
        let mut others = Vec::new();
        let mut twice = None;
        for Member { name: sent, value } in members {
            if sent == "K" {
                // Two of them are one name twice, even where they stand for `key` and `keys`.
                others.push(&**sent);
            }
            let name = long_name(sent, matches!(value, Value::String(_)));
            match (name, value) {
                ("keys", Value::Object { entries, .. }) if *entries > MAX_KEYS => {
                    return Err(too_large("keys", MAX_KEYS));
                }
                ("traces", Value::Array { entries, .. }) if *entries > MAX_TRACES => {
                    return Err(too_large("traces", MAX_TRACES));
                }
                _ => {}
            }
            match KNOWN.iter().position(|&known| known == name) {
                Some(index) if envelope.fields[index].is_some() => twice = Some(name),
                Some(index) => envelope.fields[index] = Some(*value),
                None => others.push(name),
            }
        }
        match twice.or_else(|| json::duplicate_name(others.into_iter())) {
            None => Ok(envelope),
            Some(name) => Err(malformed(format!("{}: comes twice", short(name)))),
        }
    }

    /// MSG-2 to MSG-4: first the JSON types, then base64, then the IDs; but whether `data` is base64 hangs on the IDs.
    fn decode(&self) -> Result<Message, Refusal> {
        let (sender, data, signature) = (
            self.needed_text("sender")?,
            self.needed_text("data")?,
            self.needed_text("signature")?,
        );
        let (receiver, group) = (self.text("receiver")?, self.text("group")?);
        let (time, kind) = (self.time()?, self.kind()?);
        let (meta, visa) = (self.attachment("meta")?, self.attachment("visa")?);
        let (key, iv, keys) = (self.text("key")?, self.text("IV")?, self.keys()?);
        self.check_hints()?;

        let sender = Identifier::parse(&sender);
        let receiver = Identifier::parse(receiver.as_deref().unwrap_or(ANYONE));
        let group = group.as_deref().map(Identifier::parse);
        let is_broadcast = receiver.as_ref().is_some_and(Identifier::is_broadcast)
            || group
                .as_ref()
                .is_some_and(|group| group.as_ref().is_some_and(Identifier::is_broadcast));
        let data = if is_broadcast {
            data.into_owned().into_bytes()
        } else {
            decode_needed("data", &data)?
        };
        let signature = decode_needed("signature", &signature)?;
        for (name, text) in [("key", key), ("IV", iv)] {
            if let Some(text) = text {
                decode_text(name, &text)?;
            }
        }
        for text in keys {
            decode_text("keys", &text.unescape())?;
        }

        let sender = sender.ok_or_else(|| not_an_id("sender"))?;
        let receiver = receiver.ok_or_else(|| not_an_id("receiver"))?;
        if group == Some(None) {
            return Err(not_an_id("group"));
        }
        Ok(Message {
            sender,
            receiver,
            time,
            kind,
            data,
            signature,
            meta,
            visa,
        })
    }

    /// The value of a known field; `null` is absent.
    fn get(&self, name: &str) -> Option<Value<'a>> {
        let index = KNOWN.iter().position(|&known| known == name)?;
        self.fields[index].filter(|&value| value != Value::Null)
    }

    fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.unescape())),
            Some(_) => Err(malformed(format!("{name}: not a text"))),
        }
    }

    fn needed_text(&self, name: &str) -> Result<Cow<'a, str>, Refusal> {
        match self.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.unescape()),
            _ => Err(malformed(format!("{name}: missing, empty or not a text"))),
        }
    }

    fn time(&self) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.get("time") else {
            return Ok(None);
        };
        match json::seconds(value) {
            None => Err(malformed(
                "time: neither a number from 0 nor a decimal text",
            )),
            seconds => Ok(seconds),
        }
    }

    fn kind(&self) -> Result<Option<i64>, Refusal> {
        match self.get("type") {
            None => Ok(None),
            Some(Value::String(text)) => Ok(number_in_digits(&text.unescape())),
            Some(Value::Number(raw)) => match json::number(raw) {
                Number::Integer(kind) => Ok(Some(kind)),
                _ => Err(malformed("type: not an integer of 64 bits")),
            },
            Some(_) => Err(malformed("type: neither an integer nor a text")),
        }
    }

    /// The values of `keys`. Their names are hints.
    fn keys(&self) -> Result<Vec<Text<'a>>, Refusal> {
        let raw = match self.get("keys") {
            None => return Ok(Vec::new()),
            Some(Value::Object { raw, .. }) => raw,
            Some(_) => return Err(malformed("keys: not an object")),
        };
        let mut members = Vec::new();
        json::split_object(raw, &mut members)?;
        if let Some(name) = json::duplicate_name(members.iter().map(|member| &*member.name)) {
            return Err(malformed(format!("keys: {} comes twice", short(name))));
        }
        let text = |member: &Member<'a>| match member.value {
            Value::String(text) => Ok(text),
            _ => Err(malformed("keys: a value is not a text")),
        };
        members.iter().map(text).collect()
    }

    fn attachment(&self, name: &str) -> Result<Option<Range<usize>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object { start, raw, .. }) => Ok(Some(start..start + raw.len())),
            Some(_) => Err(malformed(format!("{name}: not an object"))),
        }
    }

    /// What the routing adds; only its JSON types matter here.
    fn check_hints(&self) -> Result<(), Refusal> {
        self.text("from")?;
        self.text("rcpt")?;
        match self.get("traces") {
            None | Some(Value::Array { .. }) => Ok(()),
            Some(_) => Err(malformed("traces: not an array")),
        }
    }
}

/// Up to 18 ASCII digits, which 64 bits always hold.
fn number_in_digits(text: &str) -> Option<i64> {
    let in_digits = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| in_digits)
}

fn decode_text(name: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    base64::decode_transportable(text)
        .ok_or_else(|| Refusal::new(Code::BadEncoding, format!("{name}: not base64")))
}

fn decode_needed(name: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    match decode_text(name, text)? {
        data if data.is_empty() => Err(Refusal::new(
            Code::BadEncoding,
            format!("{name}: decodes to nothing"),
        )),
        data => Ok(data),
    }
}

/// A name for a reason, which is one line and not a long one.
fn short(name: &str) -> String {
    name.escape_debug().take(40).collect()
}

fn malformed(reason: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::Malformed, reason)
}

fn too_large(name: &str, most: usize) -> Refusal {
    Refusal::new(Code::TooLarge, format!("{name}: more than {most} entries"))
}

fn not_an_id(name: &str) -> Refusal {
    Refusal::new(Code::BadAddress, format!("{name}: not an ID"))
}
