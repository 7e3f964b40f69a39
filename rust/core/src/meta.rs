//! Metas: whether an ID belongs to a key (docs/semantics.md#meta-1 to #meta-7, #ext-2).
//!
//! [`parse`] looks at the form only; [`Meta::prove`] and [`match_batch`] at everything, by the same steps. Both the address and the fingerprint are checked: with one of
//! them alone an attacker binds a key of its own to somebody's ID.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::address;
use crate::base64;
use crate::code::{Code, Refusal};
use crate::extension::Rows;
use crate::identity::Identifier;
use crate::json::{self, Number, Object, Value};
use crate::keys::{self, Algorithm, PublicKey};
use crate::pool;
use crate::verify::{self, Job, VerifyKey};

/// Pairs that are worked on at a time: enough for every thread, and few enough that a batch of any length takes the same memory.
const CHUNK: usize = 2048;
/// Pairs below which a chunk is not split between threads: the key of one takes some microseconds to read.
const GRAIN: usize = 8;

/// A type of meta that is built in.
#[derive(Debug)]
struct Row {
    number: u8,
    /// What `type` may say, the number in decimal first.
    names: &'static [&'static str],
    /// Whether there is a seed, which is the name of the ID, and the key's signature of it, the fingerprint.
    has_seed: bool,
    address_of: Material,
}

/// What an address is made of.
#[derive(Clone, Copy, Debug)]
enum Material {
    /// BTC style, of the fingerprint.
    Fingerprint,
    /// BTC style, of the data of the key (KEY-4).
    KeyData,
    /// ETH style, of the point of an ECC key.
    Point,
}

/// The types that are built in; to add one is to add a row.
const TYPES: &[Row] = &[
    Row {
        number: 1,
        names: &["1", "mkm", "MKM"],
        has_seed: true,
        address_of: Material::Fingerprint,
    },
    Row {
        number: 2,
        names: &["2", "btc", "BTC"],
        has_seed: false,
        address_of: Material::KeyData,
    },
    Row {
        number: 4,
        names: &["4", "eth", "ETH"],
        has_seed: false,
        address_of: Material::Point,
    },
];

/// A type of meta from outside (EXT-2). Its methods are called from any thread, and no lock is held then.
pub trait MetaType: Send + Sync {
    /// What `type` says.
    fn number(&self) -> u8;

    /// What `type` may also say.
    fn names(&self) -> &[String];

    /// Whether there is a seed, which is the name of the ID, and the key's signature of it, the fingerprint.
    fn has_seed(&self) -> bool;

    /// The canonical address on a network; `None` when there is none for such a key. `key_data` is what the protocol hashes (KEY-4); `fingerprint` is empty when the type
    /// has no seed.
    fn address(&self, key_data: &[u8], fingerprint: &[u8], network: u8) -> Option<String>;
}

static REGISTERED: Rows<Arc<dyn MetaType>> = Rows::new();

/// Adds a type to those that are known, or puts it in the place of the registered one with the same number. What is built in goes before it (EXT-1).
#[expect(clippy::needless_pass_by_value)] // What is registered is given away.
pub fn extend(row: Arc<dyn MetaType>) {
    REGISTERED.extend(&row, |old| old.number() == row.number());
}

/// Takes out the registered type of this number, if there is one. Metas that were parsed keep it.
pub fn retract(number: u8) {
    REGISTERED.retract(|row| row.number() == number);
}

/// A type that somebody has implemented.
enum Kind {
    BuiltIn(&'static Row),
    Registered(Arc<dyn MetaType>),
}

impl Kind {
    /// The type that a text, or a number in decimal, stands for.
    fn named(name: &str) -> Option<Self> {
        let built_in = TYPES.iter().find(|row| row.names.contains(&name));
        built_in.map(Self::BuiltIn).or_else(|| {
            let is_named = |row: &Arc<dyn MetaType>| {
                row.number().to_string() == name || row.names().iter().any(|known| known == name)
            };
            REGISTERED.find(is_named).map(Self::Registered)
        })
    }

    fn number(&self) -> u8 {
        match self {
            Self::BuiltIn(row) => row.number,
            Self::Registered(row) => row.number(),
        }
    }

    fn has_seed(&self) -> bool {
        match self {
            Self::BuiltIn(row) => row.has_seed,
            Self::Registered(row) => row.has_seed(),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.number())
    }
}

/// The name of the ID, and the key's signature of it. Neither is empty.
#[derive(Debug)]
struct Seal<'a> {
    seed: Cow<'a, str>,
    fingerprint: Vec<u8>,
}

/// A meta of sound form; nothing about it has been proved.
#[derive(Debug)]
pub struct Meta<'a> {
    /// `None`: a type that nobody has implemented.
    kind: Option<Kind>,
    /// Of the types that have a seed.
    seal: Option<Seal<'a>>,
    key: &'a str,
}

/// The meta that a JSON text is (META-1, META-2).
///
/// # Errors
/// `TOO_LARGE`, `MALFORMED` or `BAD_ENCODING`.
pub fn parse(text: &str) -> Result<Meta<'_>, Refusal> {
    let names = &["type", "version", "key", "seed", "fingerprint"];
    let meta = Object::parse(text, names)?;
    let kind = kind_of(meta.get("type").or_else(|| meta.get("version")))?;
    let Some(Value::Object { raw: key, .. }) = meta.get("key") else {
        return Err(malformed("key: not an object"));
    };
    let (seed, fingerprint) = (meta.get("seed"), meta.get("fingerprint"));
    let seal = match &kind {
        Some(kind) if kind.has_seed() => Some(seal(seed, fingerprint)?),
        Some(_) if seed.is_some() || fingerprint.is_some() => {
            return Err(malformed(
                "seed, fingerprint: a meta of this type has neither",
            ));
        }
        _ => None,
    };
    Ok(Meta { kind, seal, key })
}

/// The ID that a text is, and the key that `meta` proves it to belong to (META-3).
///
/// # Errors
/// The first cause by VERDICT-2.
pub fn check(identifier: &str, meta: &[u8]) -> Result<(Identifier, VerifyKey), Refusal> {
    let (identifier, meta) = form(identifier, meta)?;
    let key = meta.prove(&identifier)?;
    Ok((identifier, key))
}

/// Whether each meta matches the ID at its place (META-7): the verdicts of META-3, in order.
///
/// # Panics
/// When there are not as many metas as identifiers.
#[must_use]
pub fn match_batch(
    identifiers: &[&str],
    metas: &[&[u8]],
    threads: usize,
) -> Vec<Result<(), Refusal>> {
    assert_eq!(identifiers.len(), metas.len(), "a meta for each ID");
    let chunks = identifiers.chunks(CHUNK).zip(metas.chunks(CHUNK));
    chunks
        .flat_map(|(identifiers, metas)| match_chunk(identifiers, metas, threads))
        .collect()
}

/// The steps of [`Meta::prove`], each on all pairs that are left before the next one begins.
fn match_chunk(identifiers: &[&str], metas: &[&[u8]], threads: usize) -> Vec<Result<(), Refusal>> {
    let forms = pool::map(threads, metas.len(), GRAIN, |index| {
        form(identifiers[index], metas[index])
    });
    let claims = pool::map(threads, forms.len(), GRAIN, |index| {
        let (identifier, meta) = forms[index].as_ref().map_err(Refusal::clone)?;
        meta.claim(identifier)
    });
    let materials: Vec<&Source> = claims.iter().flatten().map(|claim| &claim.source).collect();
    let mut made = addresses(&materials, threads).into_iter();
    let made: Vec<Option<String>> = claims
        .iter()
        .map(|claim| claim.as_ref().ok().and_then(|_| made.next().flatten()))
        .collect();
    let keys: Vec<Result<_, Refusal>> = pool::map(threads, claims.len(), GRAIN, |index| {
        let claim = claims[index].as_ref().map_err(Refusal::clone)?;
        Ok((claim, claim.key(made[index].as_deref())?))
    });
    let proofs = keys.iter().flatten();
    let jobs: Vec<Job<'_>> = proofs.filter_map(|(claim, key)| claim.job(key)).collect();
    let mut codes = verify::verify_batch_wire(&jobs, threads).into_iter();
    let verdicts = keys.iter().map(|key| match key {
        Ok((claim, _)) if claim.meta.seal.is_some() => {
            signed(codes.next().expect("a code for each job"))
        }
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal.clone()),
    });
    verdicts.collect()
}

/// Meta and ID of sound form; a meta that is none comes before an ID that is none (VERDICT-2).
fn form<'a>(identifier: &str, meta: &'a [u8]) -> Result<(Identifier, Meta<'a>), Refusal> {
    let meta = parse(json::text(meta)?)?;
    let identifier = Identifier::parse(identifier)
        .ok_or_else(|| Refusal::new(Code::BadAddress, "ID: not an ID"))?;
    Ok((identifier, meta))
}

/// `None` for a type that nobody has implemented.
fn kind_of(value: Option<Value>) -> Result<Option<Kind>, Refusal> {
    let name = match value {
        Some(Value::String(text)) => text.unescape(),
        Some(Value::Number(raw)) => match json::number(raw) {
            Number::Integer(number) => Cow::Owned(number.to_string()),
            Number::BigInteger => return Ok(None),
            Number::Float(_) | Number::Infinite => {
                return Err(malformed("type: not an integer"));
            }
        },
        _ => return Err(malformed("type: neither an integer nor a text")),
    };
    Ok(Kind::named(&name))
}

fn seal<'a>(seed: Option<Value<'a>>, fingerprint: Option<Value<'a>>) -> Result<Seal<'a>, Refusal> {
    let text = |value| match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.unescape()),
        _ => None,
    };
    let seed = text(seed).ok_or_else(|| malformed("seed: missing, empty or not a text"))?;
    let fingerprint =
        text(fingerprint).ok_or_else(|| malformed("fingerprint: missing, empty or not a text"))?;
    match base64::decode_transportable(&fingerprint) {
        Some(fingerprint) if !fingerprint.is_empty() => Ok(Seal { seed, fingerprint }),
        _ => Err(Refusal::new(Code::BadEncoding, "fingerprint: not base64")),
    }
}

impl Meta<'_> {
    /// The number of the type; `None` when nobody has implemented it.
    #[must_use]
    pub fn number(&self) -> Option<u8> {
        self.kind.as_ref().map(Kind::number)
    }

    /// The seed, which is the name of the ID; `None` when the type has none.
    #[must_use]
    pub fn seed(&self) -> Option<&str> {
        self.seal.as_ref().map(|seal| &*seal.seed)
    }

    /// The fingerprint as carried, decoded; `None` when the type has none.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&[u8]> {
        self.seal.as_ref().map(|seal| &*seal.fingerprint)
    }

    /// The key, when `identifier` is proved to belong to it (META-3).
    ///
    /// # Errors
    /// `MISMATCH`, `BAD_KEY`, `UNSUPPORTED`, `BAD_SIGNATURE_ENCODING` or `BAD_SIGNATURE`.
    pub fn prove(&self, identifier: &Identifier) -> Result<VerifyKey, Refusal> {
        let claim = self.claim(identifier)?;
        let made = addresses(&[&claim.source], 1).pop().flatten();
        let key = claim.key(made.as_deref())?;
        if let Some(job) = claim.job(&key) {
            signed(job.verify_wire())?;
        }
        Ok(key)
    }

    /// The first step: all that can be told before an address is made. A key that goes into the address is read here, so that it comes before the address.
    fn claim<'m>(&'m self, identifier: &'m Identifier) -> Result<Claim<'m>, Refusal> {
        if identifier.is_broadcast() {
            return Err(mismatch("ID: a broadcast ID has no meta"));
        }
        let kind = self.known_kind()?;
        if identifier.name() != self.seed() {
            return Err(mismatch("ID: the name is not the seed of the meta"));
        }
        Ok(Claim {
            meta: self,
            identifier,
            source: self.source(kind, identifier.network())?,
        })
    }

    fn source(&self, kind: &Kind, network: u8) -> Result<Source<'_>, Refusal> {
        let fingerprint = self.fingerprint().unwrap_or_default();
        Ok(match kind {
            Kind::BuiltIn(row) => match row.address_of {
                Material::Fingerprint => Source::Fingerprint(fingerprint, network),
                Material::KeyData => Source::KeyData(key_of(self.key)?, network),
                Material::Point => Source::Point(key_of(self.key)?),
            },
            Kind::Registered(row) => {
                let key = key_of(self.key)?;
                let made = row.address(&key.hashed_data(), fingerprint, network);
                Source::Made(key, made)
            }
        })
    }

    /// The address that this meta makes on a network; `None` when there is none. Nothing is proved.
    ///
    /// # Errors
    /// `UNSUPPORTED`, or `BAD_KEY` where the key goes into the address.
    pub fn address(&self, network: u8) -> Result<Option<String>, Refusal> {
        let source = self.source(self.known_kind()?, network)?;
        let made = addresses(&[&source], 1).pop().flatten();
        // An ID of another network than was asked for would be somebody else's.
        Ok(made.filter(|text| address::parse(text).is_some_and(|found| found.network == network)))
    }

    fn known_kind(&self) -> Result<&Kind, Refusal> {
        self.kind
            .as_ref()
            .ok_or_else(|| Refusal::new(Code::Unsupported, "type: not one that is known"))
    }
}

/// An ID and a meta of its name, on the way to a proof.
struct Claim<'m> {
    meta: &'m Meta<'m>,
    identifier: &'m Identifier,
    source: Source<'m>,
}

/// What the address must be made of, with the network byte, and the key where it had to be read for that.
enum Source<'m> {
    Fingerprint(&'m [u8], u8),
    KeyData(KeyMapping, u8),
    Point(KeyMapping),
    Made(KeyMapping, Option<String>),
}

/// The second step: the addresses that all sources make, each style as one batch; `None` where there is none.
fn addresses(sources: &[&Source], threads: usize) -> Vec<Option<String>> {
    let (mut data, mut networks, mut points) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources {
        match source {
            Source::Fingerprint(bytes, network) => {
                data.push(Cow::Borrowed(*bytes));
                networks.push(*network);
            }
            Source::KeyData(key, network) => {
                data.push(key.hashed_data());
                networks.push(*network);
            }
            Source::Point(key) => points.extend(key.point()),
            Source::Made(..) => {}
        }
    }
    let data: Vec<&[u8]> = data.iter().map(|bytes| &**bytes).collect();
    let mut of_data = address::derive_batch(&data, &networks, threads).into_iter();
    let mut of_points = address::derive_eth_batch(&points, threads).into_iter();
    let made = sources.iter().map(|source| match source {
        Source::Fingerprint(..) | Source::KeyData(..) => of_data.next().map(|it| it.to_string()),
        Source::Point(key) => key
            .point()
            .and_then(|_| of_points.next())
            .map(|it| it.to_string()),
        Source::Made(_, text) => text.clone(),
    });
    made.collect()
}

impl Claim<'_> {
    /// The third step: the key of the meta, when `made` is the address of the ID.
    fn key(&self, made: Option<&str>) -> Result<VerifyKey, Refusal> {
        if made != Some(self.identifier.address()) {
            return Err(mismatch("ID: the address is not made of the meta"));
        }
        match &self.source {
            Source::Fingerprint(..) => VerifyKey::new(&key_of(self.meta.key)?.public),
            Source::KeyData(key, _) | Source::Point(key) | Source::Made(key, _) => {
                VerifyKey::new(&key.public)
            }
        }
    }

    /// The last step, for the types that have a seed: `key` must have signed it.
    fn job<'k>(&'k self, key: &'k VerifyKey) -> Option<Job<'k>> {
        self.meta.seal.as_ref().map(|seal| Job {
            key: Some(key),
            message: seal.seed.as_bytes(),
            signature: &seal.fingerprint,
        })
    }
}

/// The verdict of the last step.
fn signed(code: Code) -> Result<(), Refusal> {
    match code {
        Code::Ok => Ok(()),
        code => Err(Refusal::new(
            code,
            "fingerprint: not the key's signature of the seed",
        )),
    }
}

/// A key mapping of the protocol.
pub(crate) struct KeyMapping {
    pub(crate) public: PublicKey,
    compressed: bool,
}

impl KeyMapping {
    /// The bytes that the protocol hashes (KEY-4).
    fn hashed_data(&self) -> Cow<'_, [u8]> {
        match self.public.compressed_data() {
            Some(point) if self.compressed => Cow::Owned(point.to_vec()),
            _ => Cow::Borrowed(self.public.data()),
        }
    }

    /// X | Y of an ECC key that is not `compressed`.
    fn point(&self) -> Option<&[u8; 64]> {
        if self.compressed || self.public.algorithm() != Algorithm::Ecc {
            return None;
        }
        self.public.data().last_chunk()
    }
}

/// The key of a DIM mapping (KEY-1), given as a JSON object that the scanner has accepted.
pub(crate) fn key_of(raw: &str) -> Result<KeyMapping, Refusal> {
    let mapping = Object::parse(raw, &["algorithm", "data", "compressed"])?;
    let (Some(Value::String(algorithm)), Some(Value::String(data))) =
        (mapping.get("algorithm"), mapping.get("data"))
    else {
        return Err(Refusal::new(
            Code::BadKey,
            "key: algorithm or data is missing",
        ));
    };
    let public = keys::parse_mapping(&algorithm.unescape(), &data.unescape())?;
    let compressed = mapping.get("compressed").is_some_and(is_true);
    Ok(KeyMapping { public, compressed })
}

/// How `compressed` is read (KEY-4). A number whose double is infinite is kept as text (JSON-4), and no such text is true.
fn is_true(value: Value) -> bool {
    match value {
        Value::Bool(value) => value,
        Value::Number(raw) => match json::number(raw) {
            Number::Integer(value) => value != 0,
            Number::BigInteger => true,
            Number::Float(value) => value != 0.0,
            Number::Infinite => false,
        },
        Value::String(text) => {
            let text = text.unescape();
            ["1", "true", "yes", "on"]
                .iter()
                .any(|name| text.eq_ignore_ascii_case(name))
        }
        _ => false,
    }
}

fn malformed(reason: &'static str) -> Refusal {
    Refusal::new(Code::Malformed, reason)
}

fn mismatch(reason: &'static str) -> Refusal {
    Refusal::new(Code::Mismatch, reason)
}
