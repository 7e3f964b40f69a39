//! Base64 of the wire, strict in everything but ASCII white space (docs/semantics.md#base64-1), and
//! the data URI around it.

use crate::simd;

/// Space, tab, LF, VT, FF, CR.
pub(crate) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Decodes base64 by BASE64-1; `None` for anything else.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    append(text, &mut data).then_some(data)
}

/// Decodes base64 by BASE64-1 behind what is in `out`; `false`, and nothing happens, for anything
/// else.
fn append(text: &[u8], out: &mut Vec<u8>) -> bool {
    if simd::base64::decode_append(text, out) {
        return true;
    }
    // Text without white space, which is nearly all of it, never pays for this copy when it is
    // good.
    if !text.iter().copied().any(is_white_space) {
        return false;
    }
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|&byte| !is_white_space(byte))
        .collect();
    simd::base64::decode_append(&dense, out)
}

/// Decodes transportable data by BASE64-2: bare base64, or a data URI whose header ends in
/// `;base64`.
#[must_use]
pub fn decode_transportable(text: &str) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    append_transportable(text, &mut data).then_some(data)
}

/// Decodes transportable data behind what is in `out`; `false`, and nothing happens, for what is
/// none.
#[must_use]
pub fn append_transportable(text: &str, out: &mut Vec<u8>) -> bool {
    let body = match text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','))
    {
        None => text,
        Some((header, body)) if header.ends_with(";base64") => body,
        Some(_) => return false,
    };
    append(body.as_bytes(), out)
}

/// Standard base64, padded, without line breaks (BASE64-3).
#[must_use]
pub fn encode(data: &[u8]) -> String {
    let mut text = String::new();
    encode_append(data, &mut text);
    text
}

/// The same, behind what is in `out`.
pub fn encode_append(data: &[u8], out: &mut String) {
    simd::base64::encode_append(data, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4648_vectors() {
        for (data, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(data.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(data.as_bytes()));
        }
    }

    #[test]
    fn base64_1_white_space_is_ignored_anywhere() {
        assert_eq!(decode(b" Z\tg\n=\x0b\x0c=\r\n").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode(b" \n").as_deref(), Some(&b""[..]));
    }

    #[test]
    fn base64_1_refuses_everything_else() {
        for text in [
            "Z",
            "Zg",
            "Zg=",
            "Zg===",
            "Zg==Zg==",
            "Zm9v=",
            "=Zg=",
            "Zh==",
            "Zm9=",
            "Zm-_",
            "Zg==\0",
            "Zm9v!",
            "Zg\u{a0}==",
            "Z\u{1c}g==",
            "====",
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn base64_1_bad_bytes_at_every_position_of_a_long_text() {
        // 300 bytes; the last digit has all bits set, so that `=` in its place leaves some behind.
        let data: Vec<u8> = (0..=255).cycle().take(299).chain([0xff]).collect();
        let good = encode(&data);
        for position in 0..good.len() {
            for foreign in [b'-', b'_', b'=', 0x00, 0x7f, 0x80, 0xff] {
                let mut text = good.clone().into_bytes();
                text[position] = foreign;
                assert_eq!(decode(&text), None, "{foreign:#x} at {position}");
            }
        }
    }

    #[test]
    fn base64_2_data_uri() {
        for text in [
            "Zm9v",
            "data:;base64,Zm9v",
            "data:image/png;base64,Zm9v",
            "data:a/b;name=x;base64, Zm9v\n",
        ] {
            assert_eq!(
                decode_transportable(text).as_deref(),
                Some(&b"foo"[..]),
                "{text:?}"
            );
        }
        for text in [
            "data:,Zm9v",
            "data:base64,Zm9v",
            "data:;BASE64,Zm9v",
            "data:;base64;x,Zm9v",
            "data:;base64",
            "data:;base64,Zm9v,",
            " data:;base64,Zm9v",
            "DATA:;base64,Zm9v",
        ] {
            assert_eq!(decode_transportable(text), None, "{text:?}");
        }
    }
}
