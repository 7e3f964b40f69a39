//! Writes messages, and knows whether they are some without reading them again.

use super::{check, short_name, Decoder, Field, Fields, MAX_KEYS};
use crate::code::Refusal;
use crate::encode::{Bracket, Writer};
use crate::json::{self, Span};

/// Writes one message, field by field. What has been written is JSON, so that only what the fields say needs a check.
pub struct Emitter {
    writer: Writer,
    fields: Fields,
    short: bool,
    in_doubt: bool,
}

/// What is known of a value, since it was written here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// How many entries it has.
    pub entries: usize,
    /// Whether it is base64 of bytes, or an object of such under names that differ.
    pub is_base64: bool,
}

impl Emitter {
    /// A message without a field; `short` gives the fields their short names.
    ///
    /// # Errors
    /// None: nothing is nested yet.
    pub fn new(short: bool) -> Result<Self, Refusal> {
        let mut writer = Writer::default();
        writer.open(Bracket::Object)?;
        Ok(Self {
            writer,
            fields: Fields::default(),
            short,
            in_doubt: false,
        })
    }

    /// To be told when a name may have come before: the frame is read again then.
    pub fn doubt_names(&mut self) {
        self.in_doubt = true;
    }

    /// Writes a field. `value` has to write one value, and tells what it knows of it.
    ///
    /// # Errors
    /// What `value` says.
    pub fn field<E>(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut Writer) -> Result<Written, E>,
    ) -> Result<(), E> {
        let name = if self.short { short_name(name) } else { name };
        self.writer.name(name);
        self.writer.take_escaped();
        let start = self.writer.text().len();
        let written = value(&mut self.writer)?;
        let escaped = self.writer.take_escaped();
        let span = Span::written(self.writer.text(), start, escaped, written.entries);
        match self.fields.take(name.as_bytes(), span) {
            Some(field) if written.is_base64 => self.fields.encoded |= field.bit(),
            Some(Field::Keys) if span.is_object() => {
                let (text, keys) = (self.writer.text(), &mut self.fields.keys);
                self.fields.keys_are_texts = json::object_of_texts(text, start, keys, MAX_KEYS);
            }
            _ => {}
        }
        Ok(())
    }

    /// The frame.
    ///
    /// # Errors
    /// As [`super::check`] has it.
    pub fn finish(mut self) -> Result<String, Refusal> {
        self.writer.close(Bracket::Object);
        let frame = self.writer.finish();
        if self.in_doubt {
            check(frame.as_bytes())?;
            return Ok(frame);
        }
        json::check_size(frame.len())?;
        let envelope = self.fields.finish(&frame)?;
        Decoder::lend(frame.len(), |decoder| decoder.judge(envelope))?;
        Ok(frame)
    }
}
