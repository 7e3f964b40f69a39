//! Frames with some fields changed: what the routing does to messages that it passes on (docs/semantics.md#msg-11).

use std::ops::Range;

use super::{malformed, short_name, unescape, Decoder, Envelope, Field, Fields, GRAIN};
use crate::code::Refusal;
use crate::json::{self, Member, Span};
use crate::pool;

/// Pieces of a frame in which a field is changed and two are put in.
const USUAL_PIECES: usize = 8;

/// Frames made of other ones, still in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed<'a> {
    pieces: Vec<&'a [u8]>,
    frames: Vec<Result<Range<usize>, Refusal>>,
}

impl<'a> Changed<'a> {
    /// The pieces of each frame, one behind the other, or why there is none.
    pub fn frames(&self) -> impl Iterator<Item = Result<&[&'a [u8]], &Refusal>> {
        self.frames.iter().map(|frame| match frame {
            Ok(range) => Ok(&self.pieces[range.clone()]),
            Err(refusal) => Err(refusal),
        })
    }
}

/// What is to become of some fields: an object with their new values. One that is there is changed, another is put in at the end, `null` takes one out; the rest keeps its bytes
/// and its order. A frame with short names gets short ones.
pub struct Changes<'a> {
    text: &'a str,
    fields: Fields,
    news: Vec<New>,
}

/// A field in its new form.
struct New {
    field: Option<Field>,
    member: Member,
}

impl<'a> Changes<'a> {
    /// Changes that leave a message one.
    ///
    /// # Errors
    /// What [`super::check`] would say of these fields; `MALFORMED` for those that are not for the routing to change.
    pub fn read(text: &'a str) -> Result<Self, Refusal> {
        json::check_size(text.len())?;
        let mut news = Vec::new();
        let mut fields = Fields::default();
        let envelope = fields.read(text, |member, field| news.push(New { field, member }))?;
        for field in [Field::Sender, Field::Data, Field::Signature] {
            if envelope.names(field) {
                let name = field.name();
                return Err(malformed(format!("{name}: not for the routing to change")));
            }
        }
        envelope.check_others()?;
        envelope.check_numbers()?;
        Decoder::lend(0, |decoder| {
            decoder.check_encodings(envelope)?;
            for field in [Field::Receiver, Field::Group] {
                decoder.identifier(envelope, field).valid(field)?;
            }
            Ok(())
        })?;
        Ok(Self { text, fields, news })
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            text: self.text,
            fields: &self.fields,
        }
    }

    /// The frames, changed, in order; one part for each thread. `threads` as in [`pool::run`]. A refusal is `TOO_LARGE` or `MALFORMED` as [`super::check`] has it, or
    /// `BAD_ENCODING` for data that was text and would have to be base64.
    #[must_use]
    pub fn apply<'f>(&'f self, frames: &[&'f [u8]], threads: usize) -> Vec<Changed<'f>> {
        pool::run(threads, frames.len(), GRAIN, |range| {
            let frames = &frames[range];
            let mut made = Changed {
                pieces: Vec::with_capacity(frames.len() * USUAL_PIECES),
                frames: Vec::with_capacity(frames.len()),
            };
            let mut fields = Fields::default();
            let mut done = Vec::new();
            Decoder::lend(0, |decoder| {
                for frame in frames {
                    let start = made.pieces.len();
                    let splice = Splice::new(self, &mut made.pieces, &mut done);
                    let changed = splice.change(frame, &mut fields, decoder);
                    made.frames.push(match changed {
                        Ok(()) => Ok(start..made.pieces.len()),
                        Err(refusal) => {
                            made.pieces.truncate(start);
                            Err(refusal)
                        }
                    });
                }
            });
            made
        })
    }

    /// Whether `data` is base64 hangs on receiver and group (MSG-4); otherwise what does not change is as good as it was.
    fn check_data(&self, old: Envelope, decoder: &mut Decoder) -> Result<(), Refusal> {
        let new = self.envelope();
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
    /// Those of the frame come behind those that are there.
    pieces: &'s mut Vec<&'f [u8]>,
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
        pieces: &'s mut Vec<&'f [u8]>,
        done: &'s mut Vec<bool>,
    ) -> Self {
        done.clear();
        done.resize(changes.news.len(), false);
        Self {
            changes,
            text: "",
            pieces,
            done,
            from: 0,
            end: 0,
            follows: false,
            short: false,
            has_k: false,
        }
    }

    fn change(
        mut self,
        frame: &'f [u8],
        fields: &mut Fields,
        decoder: &mut Decoder,
    ) -> Result<(), Refusal> {
        self.text = json::text(frame)?;
        let start = self.pieces.len();
        let envelope = fields.read(self.text, |member, field| self.member(member, field))?;
        envelope.check_needed()?;
        envelope.check_others()?;
        envelope.check_numbers()?;
        self.finish();
        let length = self.pieces[start..].iter().map(|piece| piece.len()).sum();
        json::check_size(length)?;
        self.changes.check_data(envelope, decoder)
    }

    fn push(&mut self, place: Range<usize>) {
        self.pieces.push(&self.text.as_bytes()[place]);
    }

    #[inline]
    fn member(&mut self, member: Member, field: Option<Field>) {
        let Member { name, value } = member;
        let before = std::mem::replace(&mut self.end, value.end());
        let is_first = before == 0;
        let is_new = field.is_none_or(|field| self.changes.envelope().names(field));
        let new = is_new.then(|| self.new_for(name, field)).flatten();
        if new.is_some_and(|new| new.member.value.is_null()) {
            // What stands between two members goes with the second one; but with those before the
            // first one that stays goes what is behind them.
            if is_first {
                self.push(0..name.start());
            } else if self.follows {
                self.push(self.from..before);
            }
            self.from = self.end;
            return;
        }
        if !self.follows && !is_first {
            self.from = name.start();
        }
        if let Some(new) = new {
            self.push(self.from..value.start());
            let changes = self.changes.text.as_bytes();
            self.pieces.push(&changes[new.member.value.place()]);
            self.from = self.end;
        }
        self.follows = true;
        match field {
            Some(Field::Sender) => self.short = is(name, self.text, "F"),
            Some(Field::Key | Field::Keys) => self.has_k |= is(name, self.text, "K"),
            _ => {}
        }
    }

    #[inline(never)]
    fn new_for(&mut self, name: Span, field: Option<Field>) -> Option<&'f New> {
        let Changes { text, news, .. } = self.changes;
        let is_for = |new: &New| match field {
            Some(_) => new.field == field,
            None => new.field.is_none() && is(name, self.text, &unescape(new.member.name, text)),
        };
        let index = news.iter().position(is_for)?;
        self.done[index] = true;
        Some(&news[index])
    }

    /// What is left of the frame, with what is new behind the last member.
    fn finish(&mut self) {
        self.push(self.from..self.end);
        let Changes { text, news, .. } = self.changes;
        for (index, New { field, member }) in news.iter().enumerate() {
            let Member { name, value } = member;
            if self.done[index] || value.is_null() {
                continue;
            }
            self.pieces.push(b", ");
            let wanted = field.map(|field| self.name(field));
            let start = match wanted {
                Some(wanted) if !is(*name, text, wanted) => {
                    self.pieces.extend([b"\"", wanted.as_bytes(), b"\": "]);
                    value.start()
                }
                // As it was written in the changes.
                _ => name.start(),
            };
            self.pieces.push(&text.as_bytes()[start..value.end()]);
        }
        self.push(self.end..self.text.len());
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

/// Whether a string of `text` is this one.
#[inline]
fn is(string: Span, text: &str, wanted: &str) -> bool {
    match string.plain(text) {
        Some(plain) => plain == wanted.as_bytes(),
        None => unescape(string, text) == wanted,
    }
}
