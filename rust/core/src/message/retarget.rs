//! Frames with some fields changed: what the routing does to messages that it passes on (docs/semantics.md#msg-11).

use super::{malformed, short_name, Decoder, Envelope, Field, GRAIN};
use crate::code::Refusal;
use crate::json::{self, Member};
use crate::pool;

/// A frame made of another one, still in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed<'a> {
    pieces: Vec<&'a str>,
}

impl Changed<'_> {
    /// The bytes of the frame.
    #[must_use]
    #[expect(clippy::len_without_is_empty)] // It is never empty.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len()).sum()
    }

    /// Writes the frame.
    ///
    /// # Panics
    /// When `out` has another length.
    pub fn write(&self, mut out: &mut [u8]) {
        for piece in &self.pieces {
            let (target, rest) = out.split_at_mut(piece.len());
            target.copy_from_slice(piece.as_bytes());
            out = rest;
        }
        assert!(out.is_empty(), "as long as the frame");
    }
}

/// What is to become of some fields: an object with their new values. One that is there is changed, another is put in at the end, `null` takes one out; the rest keeps its bytes
/// and its order. A frame with short names gets short ones.
pub struct Changes<'a> {
    text: &'a str,
    envelope: Envelope<'a>,
    fields: Vec<New<'a>>,
}

/// A field in its new form.
struct New<'a> {
    field: Option<Field>,
    member: Member<'a>,
}

impl New<'_> {
    /// Whether it is to take the place of a member.
    fn is_for(&self, member: &Member, field: Option<Field>) -> bool {
        self.field == field
            && (field.is_some() || self.member.name.unescape() == member.name.unescape())
    }
}

impl<'a> Changes<'a> {
    /// Changes that leave a message one.
    ///
    /// # Errors
    /// What [`super::check`] would say of these fields; `MALFORMED` for those that are not for the routing to change.
    pub fn read(text: &'a str) -> Result<Self, Refusal> {
        let mut fields = Vec::new();
        let envelope = Envelope::read(text, |&member, field| fields.push(New { field, member }))?;
        for field in [Field::Sender, Field::Data, Field::Signature] {
            if envelope.names(field) {
                let name = field.name();
                return Err(malformed(format!("{name}: not for the routing to change")));
            }
        }
        Decoder::lend(0, |decoder| {
            envelope.check_others(&mut decoder.keys)?;
            decoder.check_encodings(&envelope)?;
            for field in [Field::Receiver, Field::Group] {
                decoder.identifier(&envelope, field).valid(field)?;
            }
            Ok(Self {
                text,
                envelope,
                fields,
            })
        })
    }

    /// What [`Self::apply`] says of each frame; `threads` as in [`pool::run`].
    #[must_use]
    pub fn apply_batch<'f>(
        &'f self,
        frames: &[&'f [u8]],
        threads: usize,
    ) -> Vec<Result<Changed<'f>, Refusal>> {
        let parts = pool::run(threads, frames.len(), GRAIN, |range| {
            Decoder::lend(0, |decoder| {
                let frames = frames[range].iter();
                let changed = frames.map(|frame| self.change(frame, decoder));
                changed.collect::<Vec<_>>()
            })
        });
        parts.into_iter().flatten().collect()
    }

    /// The frame, changed.
    ///
    /// # Errors
    /// `TOO_LARGE` or `MALFORMED` as [`super::check`] has it; `BAD_ENCODING` for data that was text and would have to be base64.
    pub fn apply<'f>(&'f self, frame: &'f [u8]) -> Result<Changed<'f>, Refusal> {
        Decoder::lend(0, |decoder| self.change(frame, decoder))
    }

    fn change<'f>(
        &'f self,
        frame: &'f [u8],
        decoder: &mut Decoder<'_, 'f>,
    ) -> Result<Changed<'f>, Refusal> {
        let text = json::text(frame)?;
        let mut splice = Splice::new(self, text);
        let envelope = Envelope::read(text, |member, field| splice.member(member, field))?;
        envelope.check_needed()?;
        envelope.check_others(&mut decoder.keys)?;
        let changed = splice.finish();
        json::check_size(changed.len())?;
        self.check_data(&envelope, decoder)?;
        Ok(changed)
    }

    /// Whether `data` is base64 hangs on receiver and group (MSG-4); otherwise what does not change is as good as it was.
    fn check_data(&self, old: &Envelope, decoder: &mut Decoder) -> Result<(), Refusal> {
        let new = &self.envelope;
        let (receiver, group) = (new.names(Field::Receiver), new.names(Field::Group));
        if (receiver || group) && decoder.is_broadcast(old, old) {
            let receiver = if receiver { new } else { old };
            let group = if group { new } else { old };
            if !decoder.is_broadcast(receiver, group) {
                let place = decoder.append_needed(old, Field::Data)?;
                decoder.arena.truncate(place.start);
            }
        }
        Ok(())
    }
}

/// A frame whose members are changed as they are read.
struct Splice<'f> {
    changes: &'f Changes<'f>,
    text: &'f str,
    pieces: Vec<&'f str>,
    /// Which changes found their member.
    done: Vec<bool>,
    /// Behind what is in the pieces.
    from: usize,
    /// Behind the last member; 0 before the first.
    end: usize,
    /// Whether a member stays before the next one.
    follows: bool,
    short: bool,
    has_k: bool,
}

impl<'f> Splice<'f> {
    fn new(changes: &'f Changes<'f>, text: &'f str) -> Self {
        Self {
            changes,
            text,
            pieces: Vec::with_capacity(8),
            done: vec![false; changes.fields.len()],
            from: 0,
            end: 0,
            follows: false,
            short: false,
            has_k: false,
        }
    }

    #[inline]
    fn member(&mut self, member: &Member<'f>, field: Option<Field>) {
        let before = std::mem::replace(&mut self.end, member.value.end);
        let is_first = before == 0;
        let is_new = field.is_none_or(|field| self.changes.envelope.names(field));
        let new = is_new.then(|| self.new_for(member, field)).flatten();
        if new.is_some_and(|new| new.member.value.is_null()) {
            // What stands between two members goes with the second one; but with those before the
            // first one that stays goes what is behind them.
            if is_first {
                self.pieces.push(&self.text[..member.start]);
            } else if self.follows {
                self.pieces.push(&self.text[self.from..before]);
            }
            self.from = self.end;
            return;
        }
        if !self.follows && !is_first {
            self.from = member.start;
        }
        if let Some(new) = new {
            self.pieces.push(&self.text[self.from..member.value.start]);
            self.pieces
                .push(&self.changes.text[new.member.value.place()]);
            self.from = self.end;
        }
        self.follows = true;
        match field {
            Some(Field::Sender) => self.short = member.name.unescape() == "F",
            Some(Field::Key | Field::Keys) => self.has_k |= member.name.unescape() == "K",
            _ => {}
        }
    }

    #[inline(never)]
    fn new_for(&mut self, member: &Member<'f>, field: Option<Field>) -> Option<&'f New<'f>> {
        let index = self
            .changes
            .fields
            .iter()
            .position(|new| new.is_for(member, field))?;
        self.done[index] = true;
        Some(&self.changes.fields[index])
    }

    /// The frame, with what is new behind the last member.
    fn finish(mut self) -> Changed<'f> {
        let Self { changes, text, .. } = self;
        self.pieces.push(&text[self.from..self.end]);
        let done = std::mem::take(&mut self.done);
        for (New { field, member }, done) in changes.fields.iter().zip(done) {
            if done || member.value.is_null() {
                continue;
            }
            self.pieces.push(", ");
            match field.map(|field| self.name(field)) {
                // As it was written in the changes.
                None => self
                    .pieces
                    .push(&changes.text[member.start..member.value.start]),
                Some(name) => self.pieces.extend(["\"", name, "\": "]),
            }
            self.pieces.push(&changes.text[member.value.place()]);
        }
        self.pieces.push(&text[self.end..]);
        Changed {
            pieces: self.pieces,
        }
    }

    /// The name under which a field comes into this frame.
    fn name(&mut self, field: Field) -> &'static str {
        let name = field.name();
        match short_name(name) {
            _ if !self.short => name,
            // Two fields share it.
            "K" if std::mem::replace(&mut self.has_k, true) => name,
            short => short,
        }
    }
}
