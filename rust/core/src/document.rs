//! Documents: what an ID says of itself, signed by its meta key (docs/semantics.md#doc-1 to #doc-6).
//!
//! Only the text of `data` is signed. The wrapper may say anything, so nothing of it is believed but where to look; [`Document::claims`] is for those who ask for what was
//! not proved. What is held, and which is too old for that, is the business of [`crate::keyring`].

use std::borrow::Cow;
use std::sync::Arc;

use crate::base64;
use crate::code::{Code, Refusal};
use crate::digest;
use crate::identity::Identifier;
use crate::json::{self, Object, Value};
use crate::meta;
use crate::pool;
use crate::verify::{Job, VerifyKey};

/// How far in the future the time of a document may be, in seconds (DOC-3).
const MAX_FUTURE: f64 = 30.0 * 60.0;

/// Documents below which a batch is not split between threads to be read.
const GRAIN: usize = 16;

/// A document of sound form; nothing about it has been proved.
#[derive(Debug)]
pub struct Document<'a> {
    /// The ID that it claims to be of.
    pub did: Identifier,
    data: Cow<'a, str>,
    signature: Vec<u8>,
    kind: Option<Cow<'a, str>>,
    terminal: Option<Cow<'a, str>>,
}

/// What a document says of itself, unproved.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims<'a> {
    /// The type (DOC-4).
    pub kind: Cow<'a, str>,
    /// The terminal (DOC-4).
    pub terminal: Option<&'a str>,
    /// Seconds since the epoch; `None` also when it is no time.
    pub time: Option<f64>,
}

/// What is kept of a document that verified.
#[derive(Clone, Debug)]
pub struct Proved {
    /// Stands for type and terminal (DOC-4), of which one document is held. A digest, since both may be long.
    pub place: [u8; 32],
    /// The digest of the signed text. The wrapper is not signed, so one text may come in many.
    pub data: [u8; 32],
    /// Seconds since the epoch.
    pub time: Option<f64>,
    /// The verify key that it adds to the ID (DOC-5).
    pub key: Option<Arc<VerifyKey>>,
    /// The terminal, if it can stand in an ID: what is sealed for the key names it (SEAL-3).
    pub terminal: Option<Box<str>>,
}

/// What is looked at in the signed text.
const PROPERTIES: &[&str] = &["type", "time", "key"];

/// The document that a JSON text is (DOC-1).
///
/// # Errors
/// `TOO_LARGE`, `MALFORMED`, `BAD_ENCODING` or `BAD_ADDRESS`.
pub fn parse(text: &str) -> Result<Document<'_>, Refusal> {
    let names = &["did", "ID", "data", "signature", "type", "terminal"];
    let wrapper = Object::parse(text, names)?;
    let text = |name| match wrapper.get(name) {
        Some(Value::String(text)) => Some(text.unescape()),
        _ => None,
    };
    let did_name = if wrapper.get("did").is_some() {
        "did"
    } else {
        "ID"
    };
    let did = text(did_name).ok_or_else(|| malformed("did: missing or not a text"))?;
    let data = text("data")
        .filter(|data| !data.is_empty())
        .ok_or_else(|| malformed("data: missing, empty or not a text"))?;
    let signature = text("signature")
        .filter(|signature| !signature.is_empty())
        .ok_or_else(|| malformed("signature: missing, empty or not a text"))?;
    let signature = base64::decode_transportable(&signature)
        .filter(|signature| !signature.is_empty())
        .ok_or_else(|| Refusal::new(Code::BadEncoding, "signature: not base64"))?;
    let did =
        Identifier::parse(&did).ok_or_else(|| Refusal::new(Code::BadAddress, "did: not an ID"))?;
    Ok(Document {
        did,
        data,
        signature,
        kind: text("type").filter(|kind| !kind.is_empty()),
        terminal: text("terminal"),
    })
}

/// Each document, in order; see [`parse`].
#[must_use]
pub fn parse_batch<'a>(
    documents: &[&'a [u8]],
    threads: usize,
) -> Vec<Result<Document<'a>, Refusal>> {
    pool::map(threads, documents.len(), GRAIN, |index| {
        parse(json::text(documents[index])?)
    })
}

impl Document<'_> {
    /// The text that is signed.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The signature, decoded.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// What the document claims to be, whether anybody signed it or not. `data` that is no object says nothing.
    #[must_use]
    pub fn claims(&self) -> Claims<'_> {
        let properties = Object::parse(&self.data, PROPERTIES);
        let properties = properties.unwrap_or_else(|_| Object::empty(PROPERTIES));
        Claims {
            kind: self.kind(&properties),
            terminal: self.terminal(),
            time: properties.get("time").and_then(json::seconds),
        }
    }

    /// What the document says, when `key` signed it; `key` is the meta key of [`Document::did`], `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// `BAD_SIGNATURE_ENCODING`, `BAD_SIGNATURE`, `MALFORMED`, `TOO_LARGE` or `EXPIRED`.
    pub fn prove(&self, key: &VerifyKey, now: f64) -> Result<Proved, Refusal> {
        self.judge(self.job(key).verify_wire(), now)
    }

    /// The signature, to be verified with others by the rule of the wire; [`Document::judge`] takes
    /// the verdict.
    #[must_use]
    pub fn job<'a>(&'a self, key: &'a VerifyKey) -> Job<'a> {
        Job {
            key: Some(key),
            message: self.data.as_bytes(),
            signature: &self.signature,
        }
    }

    /// What the document says, when `code` is the verdict on its signature; otherwise as
    /// [`Document::prove`].
    ///
    /// # Errors
    /// `BAD_SIGNATURE_ENCODING`, `BAD_SIGNATURE`, `MALFORMED`, `TOO_LARGE` or `EXPIRED`.
    pub fn judge(&self, code: Code, now: f64) -> Result<Proved, Refusal> {
        if code != Code::Ok {
            let reason = match code {
                Code::BadSignature => "signature: not made over data by the meta key",
                _ => "signature: cannot be a signature of the meta key",
            };
            return Err(Refusal::new(code, reason));
        }
        let properties = Object::parse(&self.data, PROPERTIES)
            .map_err(|refusal| Refusal::new(refusal.code, format!("data: {}", refusal.reason)))?;
        let time = match properties.get("time") {
            None => None,
            Some(value) => {
                Some(json::seconds(value).ok_or_else(|| malformed("data: time is no time"))?)
            }
        };
        if time.is_some_and(|time| time > now + MAX_FUTURE) {
            return Err(Refusal::new(Code::Expired, "data: time is in the future"));
        }
        let key = match properties.get("key") {
            Some(Value::Object { raw, .. }) => meta::key_of(raw)
                .and_then(|key| VerifyKey::new(&key.public))
                .ok()
                .map(Arc::new),
            _ => None,
        };
        Ok(Proved {
            place: self.place(&properties),
            data: digest::sha256(self.data.as_bytes()),
            time,
            key,
            terminal: self.login_point(),
        })
    }

    /// Stands for type and terminal.
    fn place(&self, properties: &Object) -> [u8; 32] {
        // The digest of the type first, so that type and terminal cannot run into each other.
        let mut place = digest::sha256(self.kind(properties).as_bytes()).to_vec();
        place.extend_from_slice(self.terminal().unwrap_or_default().as_bytes());
        digest::sha256(&place)
    }

    /// The type (DOC-4).
    fn kind<'p>(&'p self, properties: &Object<'p>) -> Cow<'p, str> {
        match properties.get("type") {
            Some(Value::String(text)) if !text.is_empty() => text.unescape(),
            _ => Cow::Borrowed(match self.kind.as_deref() {
                Some(kind) => kind,
                None if self.did.is_group() => "bulletin",
                None => "visa",
            }),
        }
    }

    /// The terminal (DOC-4).
    fn terminal(&self) -> Option<&str> {
        self.terminal
            .as_deref()
            .or(self.did.terminal())
            .filter(|terminal| !matches!(*terminal, "" | "*" | "/"))
    }

    /// The terminal, if the ID with it is one: the wrapper may name anything, of any length.
    fn login_point(&self) -> Option<Box<str>> {
        let account = Identifier::of_account(self.did.name(), self.did.address())?;
        let named = format!("{}/{}", account.as_str(), self.terminal()?);
        Identifier::parse(&named)?.terminal().map(Box::from)
    }
}

fn malformed(reason: &'static str) -> Refusal {
    Refusal::new(Code::Malformed, reason)
}
