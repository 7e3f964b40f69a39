//! Reliable messages: from the bytes of a frame to its envelope (docs/semantics.md#msg-1 to #msg-5), and frames with some fields changed.
//!
//! All base64 is decoded here and all IDs are checked, so that no verdict changes later. Whose key signed a message is the business of [`crate::keyring`].

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::base64;
use crate::code::{Code, Refusal};
use crate::identity::Identifier;
use crate::json::{self, Entries, Member, Members, Number, Span, Text, Value};
use crate::pool;

mod emit;
mod known_ids;
mod retarget;

pub use emit::{Emitter, Written};
use known_ids::KnownIds;
pub use retarget::{Changed, Changes};

/// The most entries of `keys` (JSON-5).
const MAX_KEYS: usize = 4096;
/// The most entries of `traces` (JSON-5).
const MAX_TRACES: usize = 64;
/// Frames below which a batch is not split between threads: about 20 microseconds of work.
const GRAIN: usize = 64;

/// Bytes of an arena beyond what may come into it: decoders write whole vectors.
const SLACK: usize = 64;

/// A message of sound form. Nobody has verified it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who is said to have sent it.
    pub sender: Arc<Identifier>,
    /// Who shall have it.
    pub receiver: Arc<Identifier>,
    /// The group that is named openly.
    pub group: Option<Arc<Identifier>>,
    /// Seconds since the epoch.
    pub time: Option<f64>,
    /// The type of the content when it is a number, in digits or not.
    pub kind: Option<i64>,
    /// Where what was signed (MSG-5) lies in the arena of the table.
    pub data: Range<usize>,
    /// Where the signature lies in the arena of the table.
    pub signature: Range<usize>,
    /// Where a type that is not a number lies in the frame, with its quotes.
    pub type_name: Option<Range<usize>>,
    /// Where the wrapped keys lie in the frame.
    pub keys: Option<Range<usize>>,
    /// Where the attached meta lies in the frame.
    pub meta: Option<Range<usize>>,
    /// Where the attached visa lies in the frame.
    pub visa: Option<Range<usize>>,
}

impl Message {
    /// Whether the data is the text itself (MSG-4).
    #[must_use]
    pub fn is_broadcast(&self) -> bool {
        self.receiver.is_broadcast()
            || self
                .group
                .as_ref()
                .is_some_and(|group| group.is_broadcast())
    }
}

/// A message, or why a frame is none.
pub type Decoded = Result<Message, Refusal>;

/// What became of the frames of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    items: Vec<Decoded>,
    arena: Vec<u8>,
}

impl Table {
    /// A message or a refusal for each frame, in order.
    pub fn items(&self) -> &[Decoded] {
        &self.items
    }

    /// Data and signatures of all messages; nothing else is in there.
    #[must_use]
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// What was signed, of a message of this table.
    #[must_use]
    pub fn data(&self, message: &Message) -> &[u8] {
        &self.arena[message.data.clone()]
    }

    /// The signature of a message of this table.
    #[must_use]
    pub fn signature(&self, message: &Message) -> &[u8] {
        &self.arena[message.signature.clone()]
    }

    /// Puts the items of another table behind those of this one.
    fn append(&mut self, mut other: Self) {
        let shift = self.arena.len();
        self.arena.append(&mut other.arena);
        self.items.extend(other.items.into_iter().map(|decoded| {
            decoded.map(|mut message| {
                for range in [&mut message.data, &mut message.signature] {
                    *range = range.start + shift..range.end + shift;
                }
                message
            })
        }));
    }
}

/// Decodes each frame on its own, in order; `threads` as in [`pool::run`].
#[must_use]
pub fn decode_batch(frames: &[&[u8]], threads: usize) -> Table {
    let mut parts = pool::run(threads, frames.len(), GRAIN, |range| {
        decode_all(&frames[range])
    })
    .into_iter();
    let mut table = parts.next().unwrap_or_default();
    parts.for_each(|part| table.append(part));
    table
}

fn decode_all(frames: &[&[u8]]) -> Table {
    let size = frames.iter().map(|frame| frame.len()).sum();
    Decoder::lend(size, |decoder| {
        let mut fields = Fields::default();
        let items = frames
            .iter()
            .map(|frame| decoder.decode(frame, &mut fields))
            .collect();
        let arena = std::mem::take(&mut decoder.arena);
        Table { items, arena }
    })
}

/// Whether a frame is a message.
///
/// # Errors
/// `TOO_LARGE`, `MALFORMED`, `BAD_ENCODING` or `BAD_ADDRESS`, the first cause by VERDICT-2.
pub fn check(frame: &[u8]) -> Result<(), Refusal> {
    let mut items = decode_all(&[frame]).items;
    items.pop().map_or(Ok(()), |decoded| decoded.map(drop))
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

/// The fields that a verdict may hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Sender,
    Receiver,
    Time,
    Type,
    Group,
    Keys,
    Key,
    Data,
    Signature,
    Meta,
    Visa,
    Iv,
    From,
    Rcpt,
    Traces,
}

impl Field {
    const COUNT: usize = Self::Traces as usize + 1;

    /// The field of that name, long or short (MSG-1).
    #[inline]
    fn of(name: &[u8], value_is_text: bool) -> Option<Self> {
        Some(match name {
            b"sender" | b"F" => Self::Sender,
            b"receiver" | b"R" => Self::Receiver,
            b"time" | b"W" => Self::Time,
            b"type" | b"T" => Self::Type,
            b"group" | b"G" => Self::Group,
            b"K" if value_is_text => Self::Key,
            b"keys" | b"K" => Self::Keys,
            b"key" => Self::Key,
            b"data" | b"D" => Self::Data,
            b"signature" | b"V" => Self::Signature,
            b"meta" | b"M" => Self::Meta,
            b"visa" | b"P" => Self::Visa,
            b"IV" => Self::Iv,
            b"from" => Self::From,
            b"rcpt" => Self::Rcpt,
            b"traces" => Self::Traces,
            _ => return None,
        })
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }

    /// How many entries it may have, when it has more (JSON-5).
    #[inline]
    fn too_many(self, value: Span) -> Option<usize> {
        let most = match self {
            Self::Keys if value.is_object() => MAX_KEYS,
            Self::Traces if value.is_array() => MAX_TRACES,
            _ => return None,
        };
        (value.entries() > most).then_some(most)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::Time => "time",
            Self::Type => "type",
            Self::Group => "group",
            Self::Keys => "keys",
            Self::Key => "key",
            Self::Data => "data",
            Self::Signature => "signature",
            Self::Meta => "meta",
            Self::Visa => "visa",
            Self::Iv => "IV",
            Self::From => "from",
            Self::Rcpt => "rcpt",
            Self::Traces => "traces",
        }
    }
}

/// The fields of one frame after the other: where they stand, and what there is to say about their names.
#[derive(Default)]
struct Fields {
    spans: [Span; Field::COUNT],
    /// Those that are there, be they `null`.
    seen: u32,
    seen_k: bool,
    /// Those that are base64 which was made here, and need not be decoded to be checked.
    encoded: u32,
    too_many: Option<(Field, usize)>,
    twice: Option<Field>,
    /// Names of what is not known.
    others: Vec<Span>,
    /// What `keys` has, when it has nothing but texts that were not made here. The names are hints.
    keys: Entries,
    keys_are_texts: bool,
}

impl Fields {
    /// Forgets all; the memory serves the next frame.
    fn clear(&mut self) {
        self.spans = [Span::NULL; Field::COUNT];
        self.seen = 0;
        self.seen_k = false;
        self.encoded = 0;
        self.too_many = None;
        self.twice = None;
        self.others.clear();
        self.keys.clear();
        self.keys_are_texts = false;
    }

    /// Reads the whole text; `each` sees all members, and which fields they are.
    #[inline]
    fn read<'a>(
        &'a mut self,
        text: &'a str,
        mut each: impl FnMut(Member, Option<Field>),
    ) -> Result<Envelope<'a>, Refusal> {
        self.clear();
        let mut members = Members::new(text)?;
        while let Some(name) = members.next_name()? {
            let escaped;
            let plain = if let Some(plain) = name.plain(text) {
                plain
            } else {
                escaped = unescape(name, text);
                escaped.as_bytes()
            };
            let value = if matches!(plain, b"keys" | b"K") {
                let (value, texts) = members.object_of_texts(&mut self.keys, MAX_KEYS)?;
                if texts != json::Texts::NoObject {
                    self.keys_are_texts = texts == json::Texts::All;
                }
                value
            } else {
                members.value()?
            };
            let field = self.take(plain, value);
            if field.is_none() {
                self.others.push(name);
            }
            each(Member { name, value }, field);
        }
        self.finish(text)
    }

    /// Takes a field that is known, and tells which it is.
    #[inline(always)]
    #[expect(clippy::inline_always)] // So that a member stays in registers.
    fn take(&mut self, name: &[u8], value: Span) -> Option<Field> {
        let field = Field::of(name, value.is_text())?;
        if let Some(most) = field.too_many(value) {
            self.too_many = self.too_many.or(Some((field, most)));
        }
        // Two of `K` are one name twice, even where they stand for `key` and `keys`.
        let is_k = name == b"K";
        if self.seen & field.bit() != 0 || self.seen_k && is_k {
            self.twice = Some(field);
        }
        self.seen |= field.bit();
        self.seen_k |= is_k;
        self.spans[field as usize] = value;
        Some(field)
    }

    /// The fields of `text`. What is too large is found first, then names that come twice (JSON-3, JSON-5).
    fn finish<'a>(&'a self, text: &'a str) -> Result<Envelope<'a>, Refusal> {
        if let Some((field, most)) = self.too_many {
            return Err(too_large(field.name(), most));
        }
        let twice = self.twice.map(|field| Cow::Borrowed(field.name()));
        match twice.or_else(|| json::duplicate_name(text, self.others.iter().copied())) {
            None => Ok(Envelope { text, fields: self }),
            Some(name) => Err(malformed(format!("{}: comes twice", short(&name)))),
        }
    }
}

/// The known fields of a frame, as they stand there; `null` is absent.
#[derive(Clone, Copy)]
struct Envelope<'a> {
    text: &'a str,
    fields: &'a Fields,
}

impl<'a> Envelope<'a> {
    #[inline]
    fn span(&self, field: Field) -> Span {
        self.fields.spans[field as usize]
    }

    fn value(&self, field: Field) -> Option<Value<'a>> {
        let span = self.span(field);
        (!span.is_null()).then(|| span.value(self.text))
    }

    /// Whether the frame has the field, be it `null`.
    fn names(&self, field: Field) -> bool {
        self.fields.seen & field.bit() != 0
    }

    fn is_encoded(&self, field: Field) -> bool {
        self.fields.encoded & field.bit() != 0
    }

    #[inline]
    fn text(&self, field: Field) -> Option<Cow<'a, str>> {
        self.span(field).text(self.text).map(Text::unescape)
    }

    /// MSG-2 for the fields that a message needs.
    fn check_needed(&self) -> Result<(), Refusal> {
        for field in [Field::Sender, Field::Data, Field::Signature] {
            let span = self.span(field);
            if !span.is_text() || span.place().len() == "\"\"".len() {
                return Err(malformed(format!(
                    "{}: missing, empty or not a text",
                    field.name()
                )));
            }
        }
        Ok(())
    }

    /// MSG-2 for the others, but for numbers.
    fn check_others(&self) -> Result<(), Refusal> {
        for field in TEXTS {
            let span = self.span(field);
            if !span.is_text() && !span.is_null() {
                return Err(malformed(format!("{}: not a text", field.name())));
            }
        }
        for field in [Field::Keys, Field::Meta, Field::Visa] {
            let span = self.span(field);
            if !span.is_object() && !span.is_null() {
                return Err(malformed(format!("{}: not an object", field.name())));
            }
        }
        let traces = self.span(Field::Traces);
        if !traces.is_array() && !traces.is_null() {
            return Err(malformed("traces: not an array"));
        }
        self.check_keys()
    }

    /// MSG-2 for numbers that nobody asks for: most are seen to be sound without being computed.
    fn check_numbers(&self) -> Result<(), Refusal> {
        if !self.span(Field::Time).is_short_decimal() {
            self.time()?;
        }
        let kind = self.span(Field::Type);
        if !kind.is_short_integer() && !kind.is_text() {
            self.kind()?;
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), Refusal> {
        if !self.span(Field::Keys).is_object() || self.is_encoded(Field::Keys) {
            return Ok(());
        }
        if !self.fields.keys_are_texts {
            return Err(malformed("keys: a value is not a text"));
        }
        let names = self.fields.keys.iter().map(|&(name, _)| name);
        match json::duplicate_name(self.text, names) {
            None => Ok(()),
            Some(name) => Err(malformed(format!("keys: {} comes twice", short(&name)))),
        }
    }

    fn time(&self) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.value(Field::Time) else {
            return Ok(None);
        };
        match json::seconds(value) {
            None => Err(malformed(
                "time: neither a number from 0 nor a decimal text",
            )),
            seconds => Ok(seconds),
        }
    }

    /// The type when it is a number; `None` too when it is a name.
    fn kind(&self) -> Result<Option<i64>, Refusal> {
        match self.value(Field::Type) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(number_in_digits(&text.unescape())),
            Some(Value::Number(raw)) => match json::number(raw) {
                Number::Integer(kind) => Ok(Some(kind)),
                _ => Err(malformed("type: not an integer of 64 bits")),
            },
            Some(_) => Err(malformed("type: neither an integer nor a text")),
        }
    }

    /// Where an object stands, if it does.
    fn object(&self, field: Field) -> Option<Range<usize>> {
        let span = self.span(field);
        span.is_object().then(|| span.place())
    }
}

/// Fields that are text when they are there.
const TEXTS: [Field; 6] = [
    Field::Receiver,
    Field::Group,
    Field::Key,
    Field::Iv,
    Field::From,
    Field::Rcpt,
];

/// Decodes frames one after the other into one arena.
struct Decoder<'k> {
    known: &'k mut KnownIds,
    arena: Vec<u8>,
}

impl Decoder<'_> {
    /// Lends a decoder for frames of so many bytes in all to `work`.
    fn lend<R>(size: usize, work: impl FnOnce(&mut Decoder<'_>) -> R) -> R {
        KnownIds::lend(|known| {
            work(&mut Decoder {
                known,
                // Base64 decodes to three quarters; only the text of a broadcast may ask for more.
                arena: Vec::with_capacity(size / 4 * 3 + SLACK),
            })
        })
    }

    fn decode(&mut self, frame: &[u8], fields: &mut Fields) -> Decoded {
        let envelope = fields.read(json::text(frame)?, |_, _| ())?;
        let before = self.arena.len();
        let decoded = self.judge(envelope);
        if decoded.is_err() {
            self.arena.truncate(before);
        }
        decoded
    }

    /// MSG-2 to MSG-4: first the JSON types, then base64, then the IDs; but whether `data` is base64 hangs on the IDs.
    fn judge(&mut self, envelope: Envelope) -> Decoded {
        envelope.check_needed()?;
        envelope.check_others()?;
        let (time, kind) = (envelope.time()?, envelope.kind()?);
        let sender = self.identifier(envelope, Field::Sender);
        let receiver = self.receiver(envelope);
        let group = self.identifier(envelope, Field::Group);

        let data = if receiver.is_broadcast() || group.is_broadcast() {
            let text = envelope.text(Field::Data).unwrap_or_default();
            let start = self.arena.len();
            self.arena.extend_from_slice(text.as_bytes());
            start..self.arena.len()
        } else {
            self.append_needed(envelope, Field::Data)?
        };
        let signature = self.append_needed(envelope, Field::Signature)?;
        self.check_encodings(envelope)?;

        let name = envelope.span(Field::Type);
        Ok(Message {
            sender: sender.needed(Field::Sender)?,
            receiver: receiver.needed(Field::Receiver)?,
            group: group.valid(Field::Group)?,
            time,
            kind,
            data,
            signature,
            type_name: (kind.is_none() && name.is_text()).then(|| name.place()),
            keys: envelope.object(Field::Keys),
            meta: envelope.object(Field::Meta),
            visa: envelope.object(Field::Visa),
        })
    }

    /// The encodings that a message may have beside those of data and signature (MSG-4); `check_others` has been here.
    fn check_encodings(&mut self, envelope: Envelope) -> Result<(), Refusal> {
        let before = self.arena.len();
        for field in [Field::Key, Field::Iv] {
            self.append(envelope, field)?;
        }
        for (_, value) in &envelope.fields.keys {
            self.append_text(Field::Keys, &unescape(*value, envelope.text))?;
        }
        self.arena.truncate(before);
        Ok(())
    }

    /// Whether a message with this receiver, and with this group, is broadcast (MSG-4).
    fn is_broadcast(&mut self, receiver: Envelope, group: Envelope) -> bool {
        self.receiver(receiver).is_broadcast()
            || self.identifier(group, Field::Group).is_broadcast()
    }

    fn receiver(&mut self, envelope: Envelope) -> Claim {
        match self.identifier(envelope, Field::Receiver) {
            Claim::Absent => Claim::Is(self.known.anyone()),
            receiver => receiver,
        }
    }

    fn identifier(&mut self, envelope: Envelope, field: Field) -> Claim {
        match envelope.text(field) {
            None => Claim::Absent,
            Some(text) => self.known.parse(&text).map_or(Claim::IsNone, Claim::Is),
        }
    }

    /// Decodes what may not decode to nothing into the arena, and tells where; what was encoded here stays out. `check_needed` has been here.
    #[inline]
    fn append_needed(&mut self, envelope: Envelope, field: Field) -> Result<Range<usize>, Refusal> {
        let place = self.append(envelope, field)?;
        if place.is_empty() && !envelope.is_encoded(field) {
            let name = field.name();
            return Err(Refusal::new(
                Code::BadEncoding,
                format!("{name}: decodes to nothing"),
            ));
        }
        Ok(place)
    }

    /// The same for what may be nothing, or absent.
    #[inline]
    fn append(&mut self, envelope: Envelope, field: Field) -> Result<Range<usize>, Refusal> {
        match envelope.text(field) {
            Some(text) if !envelope.is_encoded(field) => self.append_text(field, &text),
            _ => Ok(self.arena.len()..self.arena.len()),
        }
    }

    /// Decodes transportable data into the arena.
    fn append_text(&mut self, field: Field, text: &str) -> Result<Range<usize>, Refusal> {
        let start = self.arena.len();
        if base64::append_transportable(text, &mut self.arena) {
            return Ok(start..self.arena.len());
        }
        let name = field.name();
        Err(Refusal::new(
            Code::BadEncoding,
            format!("{name}: not base64"),
        ))
    }
}

/// What stands where an ID belongs.
enum Claim {
    Absent,
    /// A text that is no ID.
    IsNone,
    Is(Arc<Identifier>),
}

impl Claim {
    /// What is no ID counts as not broadcast (MSG-4).
    fn is_broadcast(&self) -> bool {
        matches!(self, Self::Is(identifier) if identifier.is_broadcast())
    }

    fn valid(self, field: Field) -> Result<Option<Arc<Identifier>>, Refusal> {
        match self {
            Self::Absent => Ok(None),
            Self::Is(identifier) => Ok(Some(identifier)),
            Self::IsNone => Err(not_an_id(field)),
        }
    }

    fn needed(self, field: Field) -> Result<Arc<Identifier>, Refusal> {
        self.valid(field)?.ok_or_else(|| not_an_id(field))
    }
}

/// The text of a string of `text`.
fn unescape(string: Span, text: &str) -> Cow<'_, str> {
    string.text(text).map(Text::unescape).unwrap_or_default()
}

/// Up to 18 ASCII digits, which 64 bits always hold.
fn number_in_digits(text: &str) -> Option<i64> {
    let in_digits = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| in_digits)
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

fn not_an_id(field: Field) -> Refusal {
    Refusal::new(Code::BadAddress, format!("{}: not an ID", field.name()))
}
