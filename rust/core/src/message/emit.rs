//! Writes messages, and knows whether they are some without reading them again.

use super::{short_name, Collector, Decoder};
use crate::code::Refusal;
use crate::encode::{Bracket, Writer};
use crate::json::{self, Span};

/// Writes one message, field by field. What has been written is JSON, so that only what the fields say needs a check.
pub struct Emitter {
    writer: Writer,
    collector: Collector<'static>,
    short: bool,
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
            collector: Collector::new(),
            short,
        })
    }

    /// Writes a field. `value` has to write one value, and tells how many entries it has; names may not come twice.
    ///
    /// # Errors
    /// What `value` says.
    pub fn field<E>(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut Writer) -> Result<usize, E>,
    ) -> Result<(), E> {
        let name = if self.short { short_name(name) } else { name };
        self.writer.name(name);
        self.writer.take_escaped();
        let start = self.writer.text().len();
        let entries = value(&mut self.writer)?;
        let escaped = self.writer.take_escaped();
        let span = Span::written(self.writer.text(), start, escaped, entries);
        self.collector.take(name, span);
        Ok(())
    }

    /// The frame.
    ///
    /// # Errors
    /// As [`super::check`] has it.
    pub fn finish(mut self) -> Result<String, Refusal> {
        self.writer.close(Bracket::Object);
        let frame = self.writer.finish();
        json::check_size(frame.len())?;
        let envelope = self.collector.finish(&frame)?;
        Decoder::lend(frame.len(), |decoder| decoder.judge(&envelope))?;
        Ok(frame)
    }
}
