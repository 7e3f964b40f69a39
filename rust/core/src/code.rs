//! Verdict codes and refusals, the same numbers as `dimp_fast.Code` (docs/semantics.md#verdict-1).

use std::borrow::Cow;

/// A verdict. `Ok` is 0; everything else is a refusal. The numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    /// Accepted.
    Ok = 0,
    /// Well-formed, but not a signature of these bytes by this key.
    BadSignature = 1,
    /// Cannot be a signature of this key whatever the message is.
    BadSignatureEncoding = 2,
    /// No key, or a key that cannot be used.
    BadKey = 3,
    /// A known algorithm, curve, size or meta type that is not supported.
    Unsupported = 4,
    /// Meta and ID, or document and ID, do not belong together.
    Mismatch = 5,
    /// No checked key for the sender.
    UnknownSender = 6,
    /// Base64 or hex of a known field.
    BadEncoding = 7,
    /// An ID or address that is none.
    BadAddress = 8,
    /// Not a JSON object with the needed fields of the right type.
    Malformed = 9,
    /// A limit is exceeded.
    TooLarge = 10,
    /// A document that is too old or too far in the future.
    Expired = 11,
    /// Signed by the sender, but not to be decrypted with the keys at hand.
    Unreadable = 12,
    /// Signed by somebody who may not do that.
    Forbidden = 13,
    /// Another one of its kind was chosen.
    Conflict = 14,
    /// More than half of the members have not confirmed it yet.
    Unconfirmed = 15,
}

/// Why something was refused: a code and one line a person can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Never `Code::Ok`.
    pub code: Code,
    /// One line that names the offending field; never holds secrets.
    pub reason: Cow<'static, str>,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(code: Code, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}
