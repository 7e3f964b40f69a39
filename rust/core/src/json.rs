//! The JSON of the wire: one strict scanner, and views of the objects it has checked (docs/semantics.md#json-1 to #json-5).
//!
//! [`Scanner`] is the only reader of JSON in this crate: it checks everything, keeps nothing but its position, and never recurses. What
//! emits JSON is in [`crate::encode`]. Which names may come twice, and what a field must be, is for the callers to say.

use std::borrow::Cow;

use crate::code::{Code, Refusal};

/// The most bytes of a frame, a meta or a document (JSON-5).
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The deepest nesting; the outermost container is depth 1 (JSON-2).
pub const MAX_DEPTH: u32 = 64;

/// A string as it stands between its quotes; the scanner has checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The text with its escapes resolved; borrowed when it has none.
    #[must_use]
    pub fn unescape(self) -> Cow<'a, str> {
        if self.escaped {
            Cow::Owned(unescape(self.raw))
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Whether the text is empty. No escape stands for nothing, so the raw text tells.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

/// One step of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// The name of a member; its value follows.
    Name(Text<'a>),
    /// A string value.
    String(Text<'a>),
    /// A number as written.
    Number(&'a str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// What may come next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    FirstItem,
    FirstName,
    CommaOrEnd,
    EndOfText,
}

/// A pull scanner over one JSON text. It reads from the left and stops at the first fault, so that the first fault names the verdict (JSON-2).
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    /// One bit for each open container, the innermost lowest: 1 is an object. [`MAX_DEPTH`] of them fit.
    objects: u64,
    expect: Expect,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            objects: 0,
            expect: Expect::Value,
        }
    }

    /// How many containers are open.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The byte behind the last token.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next token; `None` at the end of the text.
    ///
    /// # Errors
    /// `MALFORMED` where the text stops being JSON, `TOO_LARGE` at the bracket that is too deep. Nothing may be read after an error.
    pub fn next_token(&mut self) -> Result<Option<Token<'a>>, Refusal> {
        self.skip_white_space();
        match self.expect {
            Expect::FirstItem if self.peek() == Some(b']') => Ok(Some(self.close())),
            Expect::Value | Expect::FirstItem => self.value().map(Some),
            Expect::FirstName if self.peek() == Some(b'}') => Ok(Some(self.close())),
            Expect::FirstName => self.name().map(Some),
            Expect::CommaOrEnd => match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.skip_white_space();
                    if self.in_object() {
                        self.name().map(Some)
                    } else {
                        self.value().map(Some)
                    }
                }
                Some(b'}') if self.in_object() => Ok(Some(self.close())),
                Some(b']') if !self.in_object() => Ok(Some(self.close())),
                _ => Err(self.fault()),
            },
            Expect::EndOfText if self.at == self.text.len() => Ok(None),
            Expect::EndOfText => Err(self.fault()),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn fault(&self) -> Refusal {
        let at = self.at;
        Refusal::new(Code::Malformed, format!("not JSON at byte {at}"))
    }

    fn value(&mut self) -> Result<Token<'a>, Refusal> {
        let token = match self.peek() {
            Some(b'"') => Token::String(self.string()?),
            Some(b'{') => return self.open(true),
            Some(b'[') => return self.open(false),
            Some(b'-' | b'0'..=b'9') => Token::Number(self.number()?),
            Some(b't') => self.word("true", Token::Bool(true))?,
            Some(b'f') => self.word("false", Token::Bool(false))?,
            Some(b'n') => self.word("null", Token::Null)?,
            _ => return Err(self.fault()),
        };
        self.after_value();
        Ok(token)
    }

    fn after_value(&mut self) {
        self.expect = if self.depth == 0 {
            Expect::EndOfText
        } else {
            Expect::CommaOrEnd
        };
    }

    fn open(&mut self, object: bool) -> Result<Token<'a>, Refusal> {
        if self.depth == MAX_DEPTH {
            return Err(Refusal::new(
                Code::TooLarge,
                format!("nested deeper than {MAX_DEPTH}"),
            ));
        }
        self.at += 1;
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(object);
        if object {
            self.expect = Expect::FirstName;
            Ok(Token::BeginObject)
        } else {
            self.expect = Expect::FirstItem;
            Ok(Token::BeginArray)
        }
    }

    fn close(&mut self) -> Token<'a> {
        let object = self.in_object();
        self.at += 1;
        self.depth -= 1;
        self.objects >>= 1;
        self.after_value();
        if object {
            Token::EndObject
        } else {
            Token::EndArray
        }
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, Refusal> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(token)
        } else {
            Err(self.fault())
        }
    }

    /// A name with the colon behind it.
    fn name(&mut self) -> Result<Token<'a>, Refusal> {
        if self.peek() != Some(b'"') {
            return Err(self.fault());
        }
        let name = self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.fault());
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Token::Name(name))
    }

    fn string(&mut self) -> Result<Text<'a>, Refusal> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_length(&self.text.as_bytes()[self.at..]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.fault()),
            }
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        Ok(Text { raw, escaped })
    }

    /// One escape, or the two that stand for a surrogate pair.
    fn escape(&mut self) -> Result<(), Refusal> {
        let bytes = &self.text.as_bytes()[self.at..];
        self.at += match bytes.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => match code_unit(bytes) {
                Some(0xD800..=0xDBFF)
                    if matches!(code_unit(&bytes[6..]), Some(0xDC00..=0xDFFF)) =>
                {
                    12
                }
                Some(0xD800..=0xDFFF) => {
                    let at = self.at;
                    return Err(Refusal::new(
                        Code::Malformed,
                        format!("escape of a lone surrogate at byte {at}"),
                    ));
                }
                Some(_) => 6,
                None => return Err(self.fault()),
            },
            _ => return Err(self.fault()),
        };
        Ok(())
    }

    fn number(&mut self) -> Result<&'a str, Refusal> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.fault());
        }
        Ok(())
    }
}

/// How many bytes of a string need no attention: up to a quote, a backslash or a control character.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // Eight bytes a step. `zero` marks the lowest zero byte right; a borrow can only spoil the marks above it.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let marks = control
            | zero(word ^ (ONES * u64::from(b'"')))
            | zero(word ^ (ONES * u64::from(b'\\')));
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let plain = rest
        .iter()
        .take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    bytes.len() - rest.len() + plain.count()
}

/// The code unit of a `\u1234` escape at the start of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = bytes.get(..6)? else {
        return None;
    };
    digits.iter().try_fold(0, |unit, &digit| {
        Some(unit << 4 | char::from(digit).to_digit(16)?)
    })
}

/// Resolves the escapes of a string that the scanner has accepted.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = match rest.as_bytes().get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => escaped_character(rest.as_bytes()),
            Some(&other) => (char::from(other), 2),
            None => unreachable!("the scanner accepts no backslash at the end"),
        };
        text.push(character);
        rest = &rest[length..];
    }
    text.push_str(rest);
    text
}

/// The character of the `\u1234` escape or surrogate pair at the start of `bytes`, and how many bytes it takes.
fn escaped_character(bytes: &[u8]) -> (char, usize) {
    let unit = code_unit(bytes).unwrap_or(0);
    if let Some(character) = char::from_u32(unit) {
        return (character, 6);
    }
    let low = code_unit(&bytes[6..]).unwrap_or(0);
    let joined = 0x10000 + (unit.wrapping_sub(0xD800) << 10) + low.wrapping_sub(0xDC00);
    let character = char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER);
    (character, 12)
}

/// A value as it stands in the text; `raw` has its brackets, `entries` is counted as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A string.
    String(Text<'a>),
    /// An array.
    Array {
        /// From `[` to `]`.
        raw: &'a str,
        /// How many items it has.
        entries: usize,
    },
    /// An object.
    Object {
        /// Where `raw` begins in the text.
        start: usize,
        /// From `{` to `}`.
        raw: &'a str,
        /// How many members it has.
        entries: usize,
    },
}

/// One name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// With its escapes resolved.
    pub name: Cow<'a, str>,
    /// The value.
    pub value: Value<'a>,
}

/// The text of a frame: at most [`MAX_BYTES`] of UTF-8.
///
/// # Errors
/// `TOO_LARGE` or `MALFORMED`.
pub fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    if bytes.len() > MAX_BYTES {
        let length = bytes.len();
        return Err(Refusal::new(
            Code::TooLarge,
            format!("{length} bytes, more than {MAX_BYTES}"),
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Refusal::new(Code::Malformed, format!("not UTF-8 at byte {at}"))
    })
}

/// Checks the whole text and appends the members of the object that it is, in their order, duplicates included.
///
/// # Errors
/// `MALFORMED` or `TOO_LARGE` (JSON-1, JSON-2); what was appended by then is left in `members`.
pub fn split_object<'a>(text: &'a str, members: &mut Vec<Member<'a>>) -> Result<(), Refusal> {
    let mut scanner = Scanner::new(text);
    scanner.skip_white_space();
    if scanner.peek() != Some(b'{') {
        return Err(Refusal::new(Code::Malformed, "not a JSON object"));
    }
    let mut name = None;
    while let Some(token) = scanner.next_token()? {
        let value = match token {
            // At depth 1 stand the braces of the object itself and its names; any other token begins a value.
            Token::Name(text) => {
                name = Some(text.unescape());
                continue;
            }
            Token::BeginObject if scanner.depth() == 1 => continue,
            Token::EndObject if scanner.depth() == 0 => continue,
            Token::BeginObject | Token::BeginArray => container(&mut scanner)?,
            Token::String(text) => Value::String(text),
            Token::Number(number) => Value::Number(number),
            Token::Bool(value) => Value::Bool(value),
            Token::Null | Token::EndObject | Token::EndArray => Value::Null,
        };
        if let Some(name) = name.take() {
            members.push(Member { name, value });
        }
    }
    Ok(())
}

/// Scans the rest of the container that was just opened.
fn container<'a>(scanner: &mut Scanner<'a>) -> Result<Value<'a>, Refusal> {
    let (start, inside) = (scanner.position() - 1, scanner.depth());
    let object = scanner.in_object();
    let mut entries = 0;
    while scanner.depth() >= inside {
        let token = scanner.next_token()?;
        entries += usize::from(match token {
            Some(Token::Name(_)) => object && scanner.depth() == inside,
            Some(Token::BeginObject | Token::BeginArray) => {
                !object && scanner.depth() == inside + 1
            }
            Some(Token::EndObject | Token::EndArray) | None => false,
            Some(_) => !object && scanner.depth() == inside,
        });
    }
    let raw = &scanner.text[start..scanner.position()];
    Ok(if object {
        Value::Object {
            start,
            raw,
            entries,
        }
    } else {
        Value::Array { raw, entries }
    })
}

/// The members of an object in which the last of equal names wins (JSON-3, outside the envelope and `keys`).
#[derive(Debug, Default)]
pub struct Object<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// Checks the whole text and splits the object that it is.
    ///
    /// # Errors
    /// `MALFORMED` or `TOO_LARGE` (JSON-1, JSON-2).
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        let mut members = Vec::new();
        split_object(text, &mut members)?;
        Ok(Self { members })
    }

    /// The value of `name`; `null` is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let member = self
            .members
            .iter()
            .rev()
            .find(|member| member.name == name)?;
        Some(member.value).filter(|&value| value != Value::Null)
    }
}

/// The first name that comes twice.
#[must_use]
pub fn duplicate_name<'m>(names: impl Iterator<Item = &'m str>) -> Option<&'m str> {
    // Sorting needs no hash that somebody could aim at.
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
}

/// A number by JSON-4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer within signed 64 bits.
    Integer(i64),
    /// Another integer whose double is finite.
    BigInteger,
    /// A number with a fraction or an exponent, finite.
    Float(f64),
    /// A number whose double is infinite, or that is too long to tell.
    Infinite,
}

/// Characters of the longest number that is computed with: beyond, parsers of doubles begin to disagree (JSON-4).
const MAX_NUMBER: usize = 1000;

/// What a number as written amounts to.
#[must_use]
pub fn number(raw: &str) -> Number {
    if raw.len() > MAX_NUMBER {
        return Number::Infinite;
    }
    let integer = !raw.contains(['.', 'e', 'E']);
    if integer {
        if let Ok(value) = raw.parse() {
            return Number::Integer(value);
        }
    }
    match raw.parse::<f64>() {
        Ok(value) if value.is_finite() && integer => Number::BigInteger,
        Ok(value) if value.is_finite() => Number::Float(value),
        _ => Number::Infinite,
    }
}

/// Seconds since the epoch: a finite number not below 0, or a decimal text (MSG-2, DOC-3); `None` for anything else. An integer is within signed 64 bits (JSON-4).
#[must_use]
pub fn seconds(value: Value) -> Option<f64> {
    let seconds = match value {
        #[expect(clippy::cast_precision_loss)]
        Value::Number(raw) => match number(raw) {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
            Number::BigInteger | Number::Infinite => return None,
        },
        Value::String(text) => {
            let text = text.unescape();
            if !is_decimal(&text) {
                return None;
            }
            text.parse().ok()?
        }
        _ => return None,
    };
    // 0.0 is added so that there is no negative zero.
    (0.0..f64::INFINITY)
        .contains(&seconds)
        .then_some(seconds + 0.0)
}

/// ASCII digits with an optional fraction.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}
