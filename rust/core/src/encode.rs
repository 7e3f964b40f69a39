//! Emits the JSON of the wire, byte for byte as the reference does (docs/semantics.md#json-6): the defaults of Python's `json.dumps`.

use std::fmt::Write;

use crate::base64;
use crate::code::{Code, Refusal};
use crate::json::MAX_DEPTH;
use crate::simd::text::Plain;

/// Bytes to begin with: a short message with its key, and what allocators have at hand.
const USUAL: usize = 1000;

/// Writes one JSON text. The caller keeps the order of calls sound: a name before each value of an object, and what is opened is closed.
#[derive(Debug)]
pub struct Writer {
    text: String,
    depth: u32,
    /// Whether something stands before the next item of the container, so that it needs a comma.
    follows: bool,
    escaped: bool,
    plain: Plain,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            text: String::with_capacity(USUAL),
            depth: 0,
            follows: false,
            escaped: false,
            plain: Plain::active(),
        }
    }
}

impl Writer {
    /// `{` or `[`.
    ///
    /// # Errors
    /// `TOO_LARGE` when this is one level too deep (JSON-2).
    pub fn open(&mut self, bracket: Bracket) -> Result<(), Refusal> {
        if self.depth == MAX_DEPTH {
            return Err(Refusal::new(
                Code::TooLarge,
                format!("nested deeper than {MAX_DEPTH}"),
            ));
        }
        self.separate();
        self.text
            .push(if bracket == Bracket::Object { '{' } else { '[' });
        self.depth += 1;
        self.follows = false;
        Ok(())
    }

    /// `}` or `]`, whichever was opened.
    pub fn close(&mut self, bracket: Bracket) {
        self.text
            .push(if bracket == Bracket::Object { '}' } else { ']' });
        self.depth = self.depth.saturating_sub(1);
        self.follows = true;
    }

    /// The name of a member.
    pub fn name(&mut self, name: &str) {
        self.separate();
        self.escaped |= push_string(&mut self.text, name, self.plain);
        self.text.push_str(": ");
        self.follows = false;
    }

    /// A text.
    pub fn string(&mut self, text: &str) {
        self.separate();
        self.escaped |= push_string(&mut self.text, text, self.plain);
        self.follows = true;
    }

    /// Bytes, as base64 (BASE64-3).
    pub fn base64(&mut self, data: &[u8]) {
        self.separate();
        self.text.push('"');
        base64::encode_append(data, &mut self.text);
        self.text.push('"');
        self.follows = true;
    }

    /// `true`, `false`, `null`, or an integer in digits.
    pub fn literal(&mut self, literal: &str) {
        self.separate();
        self.text.push_str(literal);
        self.follows = true;
    }

    /// A finite double.
    ///
    /// # Errors
    /// `MALFORMED` for NaN and the infinities.
    pub fn float(&mut self, value: f64) -> Result<(), Refusal> {
        if !value.is_finite() {
            return Err(Refusal::new(
                Code::Malformed,
                format!("{value} is not JSON"),
            ));
        }
        self.separate();
        push_float(&mut self.text, value);
        self.follows = true;
        Ok(())
    }

    /// The whole text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    /// What is written so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether an escape was written since this was asked the last time.
    pub(crate) fn take_escaped(&mut self) -> bool {
        std::mem::take(&mut self.escaped)
    }

    fn separate(&mut self) {
        if self.follows {
            self.text.push_str(", ");
        }
    }
}

/// The two kinds of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// `{}`
    Object,
    /// `[]`
    Array,
}

/// A text between quotes; tells whether it has escapes.
fn push_string(out: &mut String, text: &str, plain: Plain) -> bool {
    out.push('"');
    let mut rest = text;
    loop {
        // Every byte of a character that is not ASCII stops, so this is between characters.
        let (before, behind) = rest.split_at(plain.writing(rest.as_bytes()));
        out.push_str(before);
        let mut characters = behind.chars();
        let Some(character) = characters.next() else {
            break;
        };
        push_escape(out, character);
        rest = characters.as_str();
    }
    out.push('"');
    rest.len() != text.len()
}

fn push_escape(out: &mut String, character: char) {
    let short = match character {
        '"' => '"',
        '\\' => '\\',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                push_formatted(out, format_args!("\\u{unit:04x}"));
            }
            return;
        }
    };
    out.push('\\');
    out.push(short);
}

/// The shortest digits that read back as the same double, of several the nearest, laid out as Python's `repr` does.
fn push_float(out: &mut String, value: f64) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    if value.abs() >= 1e-4 || value == 0.0 {
        return out.push_str(text);
    }
    // Python gives the exponent two digits at least, and is the first to write one.
    if let Some((mantissa, exponent)) = text.split_once("e-") {
        push_formatted(out, format_args!("{mantissa}e-{exponent:0>2}"));
        return;
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (first, rest) = text.trim_start_matches(['-', '0', '.']).split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    push_formatted(out, format_args!("{sign}{first}{point}{rest}e-05"));
}

fn push_formatted(out: &mut String, arguments: std::fmt::Arguments) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> String {
        let mut writer = Writer::default();
        writer.float(value).expect("finite");
        writer.finish()
    }

    fn string(text: &str) -> String {
        let mut writer = Writer::default();
        writer.string(text);
        writer.finish()
    }

    #[test]
    fn json_6_floats_are_laid_out_as_python_does() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1_700_000_000.123_456, "1700000000.123456"),
            (1e15, "1000000000000000.0"),
            (9_007_199_254_740_992.0, "9007199254740992.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (1e-4, "0.0001"),
            (1.25e-4, "0.000125"),
            (1e-5, "1e-05"),
            (1e-7, "1e-07"),
            (-2.5e-10, "-2.5e-10"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (0.1 + 0.2, "0.30000000000000004"),
            (2f64.powi(-44), "5.684341886080802e-14"),
            (4_456_818_423_883_505.0 / 4.0, "1114204605970876.2"),
            (-4_456_818_423_883_507.0 / 4.0, "-1114204605970876.8"),
            (0.001_234, "0.001234"),
            (1200.0, "1200.0"),
            (-1e-4, "-0.0001"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (2_251_799_813_685_249.5, "2251799813685249.5"),
            (9_007_199_254_740_991.0, "9007199254740991.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (0.000_1, "0.0001"),
            (0.5, "0.5"),
            (1_700_000_000.5, "1700000000.5"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn json_6_refuses_nan_and_infinities() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refusal = Writer::default().float(value).unwrap_err();
            assert_eq!(refusal.code, Code::Malformed);
        }
    }

    #[test]
    fn json_6_escapes() {
        assert_eq!(
            string("é中😀/\"\\\n\r\t\u{8}\u{c}\u{7f}\0 ~"),
            r#""\u00e9\u4e2d\ud83d\ude00/\"\\\n\r\t\b\f\u007f\u0000 ~""#
        );
    }

    #[test]
    fn json_6_separators_and_order() {
        let mut writer = Writer::default();
        writer.open(Bracket::Object).unwrap();
        writer.name("b");
        writer.literal("1");
        writer.name("a");
        writer.open(Bracket::Array).unwrap();
        writer.close(Bracket::Array);
        writer.name("c");
        writer.open(Bracket::Array).unwrap();
        writer.literal("true");
        writer.literal("null");
        writer.open(Bracket::Object).unwrap();
        writer.close(Bracket::Object);
        writer.base64(b"foo");
        writer.close(Bracket::Array);
        writer.close(Bracket::Object);
        assert_eq!(
            writer.finish(),
            r#"{"b": 1, "a": [], "c": [true, null, {}, "Zm9v"]}"#
        );
    }

    #[test]
    fn json_2_depth_65_is_too_large() {
        let mut writer = Writer::default();
        for _ in 0..64 {
            writer.open(Bracket::Array).unwrap();
        }
        assert_eq!(
            writer.open(Bracket::Array).unwrap_err().code,
            Code::TooLarge
        );
    }
}
