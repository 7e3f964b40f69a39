//! Frames with some fields changed: what the routing does to messages that it passes on (docs/semantics.md#msg-11).

use std::ops::Range;

use super::{malformed, short_name, Decoder, Envelope, Field, GRAIN};
use crate::code::Refusal;
use crate::json::{self, Member, Text};
use crate::pool;

/// Frames made of other ones, still in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed<'a> {
    pieces: Vec<&'a str>,
    frames: Vec<Result<Range<usize>, Refusal>>,
}

impl<'a> Changed<'a> {
    /// The pieces of each frame, or why there is none.
    pub fn frames(&self) -> impl Iterator<Item = Result<Pieces<'_, 'a>, &Refusal>> {
        self.frames.iter().map(|frame| match frame {
            Ok(range) => Ok(Pieces(&self.pieces[range.clone()])),
            Err(refusal) => Err(refusal),
        })
    }
}

/// The pieces of one frame.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'p, 'a>(&'p [&'a str]);

impl Pieces<'_, '_> {
    /// The bytes of the frame.
    #[must_use]
    #[expect(clippy::len_without_is_empty)] // It is never empty.
    pub fn len(self) -> usize {
        self.0.iter().map(|piece| piece.len()).sum()
    }

    /// Writes the frame.
    ///
    /// # Panics
    /// When `out` has another length.
    pub fn write(self, mut out: &mut [u8]) {
        for piece in self.0 {
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
    fn is_for(&self, name: Text, field: Option<Field>) -> bool {
        self.field == field && (field.is_some() || self.member.name.unescape() == name.unescape())
    }
}

impl<'a> Changes<'a> {
    /// Changes that leave a message one.
    ///
    /// # Errors
    /// What [`super::check`] would say of these fields; `MALFORMED` for those that are not for the routing to change.
    pub fn read(text: &'a str) -> Result<Self, Refusal> {
        json::check_size(text.len())?;
        let mut fields = Vec::new();
        let envelope = Envelope::read(text, |member, field| fields.push(New { field, member }))?;
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

    /// The frames, changed, in order; one part for each thread. `threads` as in [`pool::run`]. A refusal is `TOO_LARGE` or `MALFORMED` as [`super::check`] has it, or
    /// `BAD_ENCODING` for data that was text and would have to be base64.
    #[must_use]
    pub fn apply<'f>(&'f self, frames: &[&'f [u8]], threads: usize) -> Vec<Changed<'f>> {
        pool::run(threads, frames.len(), GRAIN, |range| {
            Decoder::lend(0, |decoder| {
                let mut made = Changed::default();
                let mut done = Vec::new();
                for frame in &frames[range] {
                    let start = made.pieces.len();
                    let changed = self.change(frame, decoder, &mut made.pieces, &mut done);
                    made.frames.push(match changed {
                        Ok(()) => Ok(start..made.pieces.len()),
                        Err(refusal) => {
                            made.pieces.truncate(start);
                            Err(refusal)
                        }
                    });
                }
                made
            })
        })
    }

    /// Puts the pieces of one frame behind those that are there. `done` is room to work in.
    fn change<'f>(
        &'f self,
        frame: &'f [u8],
        decoder: &mut Decoder<'_, 'f>,
        pieces: &mut Vec<&'f str>,
        done: &mut Vec<bool>,
    ) -> Result<(), Refusal> {
        let text = json::text(frame)?;
        let start = pieces.len();
        let mut splice = Splice::new(self, text, pieces, done);
        let envelope = Envelope::read(text, |member, field| splice.member(member, field))?;
        envelope.check_needed()?;
        envelope.check_others(&mut decoder.keys)?;
        splice.finish();
        json::check_size(Pieces(&pieces[start..]).len())?;
        self.check_data(&envelope, decoder)
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
struct Splice<'s, 'f> {
    changes: &'f Changes<'f>,
    text: &'f str,
    pieces: &'s mut Vec<&'f str>,
    /// Which changes found their member.
    done: &'s mut Vec<bool>,
    /// Behind what is in the pieces.
    from: usize,
    /// Behind the last member; 0 before the first.
    end: usize,
    /// Whether a member stays before the next one.
    follows: bool,
    short: bool,
    has_k: bool,
}

impl<'s, 'f> Splice<'s, 'f> {
    fn new(
        changes: &'f Changes<'f>,
        text: &'f str,
        pieces: &'s mut Vec<&'f str>,
        done: &'s mut Vec<bool>,
    ) -> Self {
        done.clear();
        done.resize(changes.fields.len(), false);
        Self {
            changes,
            text,
            pieces,
            done,
            from: 0,
            end: 0,
            follows: false,
            short: false,
            has_k: false,
        }
    }

    #[inline]
    fn member(&mut self, member: Member<'f>, field: Option<Field>) {
        let before = std::mem::replace(&mut self.end, member.value.end);
        let is_first = before == 0;
        let is_new = field.is_none_or(|field| self.changes.envelope.names(field));
        let new = is_new.then(|| self.new_for(member.name, field)).flatten();
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
    fn new_for(&mut self, name: Text, field: Option<Field>) -> Option<&'f New<'f>> {
        let index = self
            .changes
            .fields
            .iter()
            .position(|new| new.is_for(name, field))?;
        self.done[index] = true;
        Some(&self.changes.fields[index])
    }

    /// What is left of the frame, with what is new behind the last member.
    fn finish(mut self) {
        let Self { changes, text, .. } = self;
        self.pieces.push(&text[self.from..self.end]);
        for (index, New { field, member }) in changes.fields.iter().enumerate() {
            if self.done[index] || member.value.is_null() {
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
