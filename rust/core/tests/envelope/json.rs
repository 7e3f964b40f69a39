//! docs/semantics.md#json-1 to #json-5.

use dimp_core::code::{Code, Refusal};
use dimp_core::json::{self, Member, Members, Number, Object, Scanner, Span, Texts, Token, Value};
use serde_json::Value as Peer;

use crate::mutate::{mutate, Random};

/// The object that a text is, as the peer would have it, read through the scanner.
fn read(bytes: &[u8]) -> Result<Peer, Refusal> {
    let text = json::text(bytes)?;
    Object::parse(text, &[])?;
    let mut scanner = Scanner::new(text);
    let mut open: Vec<(Peer, String)> = Vec::new();
    let mut name = String::new();
    let mut top = Peer::Null;
    while let Some(token) = scanner.next_token()? {
        let value = match token {
            Token::BeginObject | Token::BeginArray => {
                let empty = if token == Token::BeginObject {
                    Peer::Object(serde_json::Map::new())
                } else {
                    Peer::Array(Vec::new())
                };
                open.push((empty, std::mem::take(&mut name)));
                continue;
            }
            Token::Name(text) => {
                name = text.unescape().into_owned();
                continue;
            }
            Token::EndObject | Token::EndArray => {
                let (value, its_name) = open.pop().expect("something is open");
                name = its_name;
                value
            }
            Token::String(text) => Peer::String(text.unescape().into_owned()),
            Token::Number(raw) => serde_json::from_str(raw).expect("a number"),
            Token::Bool(value) => Peer::Bool(value),
            Token::Null => Peer::Null,
        };
        assert_eq!(usize::try_from(scanner.depth()).unwrap(), open.len());
        match open.last_mut() {
            Some((Peer::Object(members), _)) => {
                drop(members.insert(std::mem::take(&mut name), value));
            }
            Some((Peer::Array(items), _)) => items.push(value),
            _ => top = value,
        }
    }
    Ok(top)
}

fn code(text: impl AsRef<[u8]>) -> Code {
    read(text.as_ref()).map_or_else(|refusal| refusal.code, |_| Code::Ok)
}

fn assert_malformed(texts: &[&str]) {
    for text in texts {
        assert_eq!(code(text), Code::Malformed, "{text:?}");
    }
}

#[test]
fn json_1_accepts_what_rfc_8259_does() {
    for text in [
        "{}",
        " \t\r\n{ \t\r\n} \t\r\n",
        r#"{"a":[],"b":{},"c":[{},[],null,true,false,"",0,-0,0.0,1e5,1E-5,-1.5e+10]}"#,
        r#"{"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000\uFFFF": "é中😀\u007f"}"#,
        "{\"a\":\"\u{7f}\u{80}\u{feff}\"}",
        "{\"\":1}",
    ] {
        assert_eq!(code(text), Code::Ok, "{text:?}");
    }
}

#[test]
fn json_1_refuses_what_is_no_json_object() {
    assert_malformed(&[
        "",
        " ",
        "null",
        "1",
        "\"a\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{]",
        "{}{}",
        "{},",
        "{} x",
        "{}\0",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{1:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":[1}",
        "{\"a\":(1)}",
        "{/**/}",
        "{\"a\"::1}",
        "{:1}",
        "{\"a\":1]",
        "{\"a\":tru}",
        "{\"a\":TRUE}",
        "{\"a\":nul",
        "{\"a\":truex}",
        "{\"a\"=1}",
        "{null:1}",
    ]);
}

#[test]
fn json_1_refuses_nan_infinity_and_bad_numbers() {
    assert_malformed(&[
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":nan}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1.e5}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":0x10}",
        "{\"a\":-01}",
        "{\"a\":1_000}",
        "{\"a\":1.5.5}",
        "{\"a\":--1}",
        "{\"a\":1e5.5}",
        "{\"a\":00}",
    ]);
}

#[test]
fn json_1_refuses_a_byte_order_mark_and_other_white_space() {
    assert_malformed(&[
        "\u{feff}{}",
        "{}\u{feff}",
        "\u{a0}{}",
        "{\u{b}}",
        "{\u{c}}",
        "{}\u{2028}",
        "{\u{3000}}",
    ]);
}

#[test]
fn json_1_refuses_invalid_utf_8_anywhere() {
    for bad in [
        &b"\xff"[..],
        b"\x80",
        b"\xc3",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xed\xa0\xbd\xed\xb8\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
    ] {
        for text in [
            [b"{\"a\":\"", bad, b"\"}"].concat(),
            [b"{\"", bad, b"\":1}"].concat(),
            [b"{}", bad].concat(),
        ] {
            assert_eq!(code(&text), Code::Malformed, "{text:x?}");
        }
    }
}

#[test]
fn json_1_refuses_raw_control_characters_at_every_offset() {
    // The scanner takes eight bytes a step and the last few one by one.
    for offset in 0..20 {
        for after in 0..10 {
            let (before, after) = ("x".repeat(offset), "é".repeat(after));
            for control in 0..0x20u8 {
                let control = char::from(control);
                let text = format!("{{\"a\":\"{before}{control}{after}\"}}");
                assert_eq!(code(&text), Code::Malformed, "{text:?}");
            }
            let text = format!("{{\"a\":\"{before}\u{7f}{after}\"}}");
            assert_eq!(code(&text), Code::Ok, "{text:?}");
        }
    }
}

#[test]
fn json_1_refuses_bad_escapes() {
    assert_malformed(&[
        r#"{"a":"\"#,
        r#"{"a":"\""#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\U0041"}"#,
        r#"{"a":"\u"}"#,
        r#"{"a":"\u004"}"#,
        r#"{"a":"\u004g"}"#,
        r#"{"a":"\u+041"}"#,
        r#"{"a":"\'"}"#,
        r#"{"a":"\0"}"#,
        "{\"a\":\"\\\n\"}",
        r#"{"a":"\u00é1"}"#,
    ]);
}

#[test]
fn json_1_refuses_escapes_of_lone_surrogates_anywhere() {
    assert_malformed(&[
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\ud800\ud800"}"#,
        r#"{"a":"\udc00\ud800"}"#,
        r#"{"a":"\ud800x\udc00"}"#,
        r#"{"a":"\ud800\n"}"#,
        r#"{"\uD800":1}"#,
        r#"{"a":[{"b":"\uDFFF"}]}"#,
        r#"{"a":"\ud83d\ude00\ude00"}"#,
        r#"{"a":"\ud83d\\ude00"}"#,
        r#"{"a":"\ud800\udc0"}"#,
    ]);
    assert_eq!(code(r#"{"a":"\uD83D\uDE00\\ud800"}"#), Code::Ok);
}

#[test]
fn json_2_depth_64_is_accepted_and_65_is_too_large() {
    for bracket in ["[", "{\"a\":"] {
        let close = if bracket == "[" { "]" } else { "}" };
        let nested = |depth: usize| {
            format!(
                "{{\"a\":{}1{}}}",
                bracket.repeat(depth - 1),
                close.repeat(depth - 1)
            )
        };
        assert_eq!(code(nested(64)), Code::Ok);
        assert_eq!(code(nested(65)), Code::TooLarge);
        assert_eq!(code(nested(100_000)), Code::TooLarge);
    }
    // Depth is what is open, not what was opened.
    assert_eq!(
        code(format!("{{\"a\":[{}[]]}}", "[[]],".repeat(1000))),
        Code::Ok
    );
}

#[test]
fn json_2_the_first_of_syntax_error_and_deep_bracket_decides() {
    let deep = "[".repeat(64);
    assert_eq!(code(format!("{{\"a\":{deep}")), Code::TooLarge);
    assert_eq!(code(format!("{{\"a\":{deep}x\"\\ud800")), Code::TooLarge);
    assert_eq!(code(format!("{{\"a\":x,\"b\":{deep}")), Code::Malformed);
    assert_eq!(
        code(format!("{{\"a\":\"\\ud800\",\"b\":{deep}")),
        Code::Malformed
    );
    assert_eq!(code(format!("{{\"a\" {deep}")), Code::Malformed);
    assert_eq!(
        code(deep),
        Code::Malformed,
        "not an object at its first byte"
    );
    // Text is UTF-8 before it is read.
    assert_eq!(
        code([format!("{{\"a\":{}", "[".repeat(64)).as_bytes(), b"\xff"].concat()),
        Code::Malformed
    );
}

#[test]
fn json_3_names_are_compared_without_escapes_and_the_last_wins() {
    let text = r#"{"a":1,"\u0061":2,"b":null}"#;
    let object = Object::parse(text, &["a", "b"]).unwrap();
    assert_eq!(object.get("a"), Some(Value::Number("2")));
    assert_eq!(object.get("b"), None);
    let unescaped: Vec<_> = members(text).map(|(name, _)| name.unescape()).collect();
    assert_eq!(unescaped, ["a", "a", "b"]);
}

#[test]
fn json_3_the_first_name_that_comes_twice() {
    for (text, wanted) in [
        ("{}", None),
        (r#"{"a":1}"#, None),
        (r#"{"a":1,"b":1,"A":1}"#, None),
        (r#"{"a":1,"\u0061":2,"b":null}"#, Some("a")),
        (r#"{"b":1,"a":1,"b":1,"a":1}"#, Some("a")),
        (r#"{"a":1,"b":1,"c":1,"d":1,"e":1}"#, None),
        (r#"{"é":1,"b":1,"c":1,"d":1,"\u00e9":1}"#, Some("é")),
    ] {
        let names: Vec<Span> = spans(text).map(|member| member.name).collect();
        let found = json::duplicate_name(text, names.into_iter());
        assert_eq!(found.as_deref(), wanted, "{text}");
    }
}

/// The members of an object.
fn spans(text: &str) -> impl Iterator<Item = Member> + '_ {
    let mut members = Members::new(text).unwrap();
    std::iter::from_fn(move || members.next_member().unwrap())
}

/// The names of an object, with their values as written.
fn members(text: &str) -> impl Iterator<Item = (json::Text<'_>, &str)> {
    spans(text).map(move |Member { name, value }| {
        assert_eq!(text.as_bytes()[name.start()], b'"');
        (name.text(text).unwrap(), &text[value.place()])
    })
}

#[test]
fn objects_of_texts_are_told_from_others() {
    let read = |value: &str, most| {
        let text = format!("{{\"x\": {value} }}");
        let mut members = Members::new(&text).unwrap();
        members.next_name().unwrap();
        let mut entries = json::Entries::new();
        let (span, texts) = members.object_of_texts(&mut entries, most).unwrap();
        assert_eq!(&text[span.place()], value);
        assert_eq!(members.next_name(), Ok(None));
        let text = |span: Span| span.text(&text).unwrap().unescape().into_owned();
        let entries: Vec<_> = entries.iter().map(|&(k, v)| (text(k), text(v))).collect();
        (texts, span.entries(), entries)
    };
    let entries = |pairs: &[(&str, &str)]| {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        pairs.iter().map(owned).collect::<Vec<_>>()
    };
    assert_eq!(read("{ }", 0), (Texts::All, 0, entries(&[])));
    let two = r#"{"a" : "1",   "\n":"\\"}"#;
    let pairs = entries(&[("a", "1"), ("\n", "\\")]);
    assert_eq!(read(two, 2), (Texts::All, 2, pairs));
    assert_eq!(read(two, 1).0, Texts::Other);
    assert_eq!(read(two, 1).1, 2);
    for other in [r#"{"a":null}"#, r#"{"a":"","b":{"c":[]}}"#] {
        assert_eq!(read(other, 9).0, Texts::Other);
    }
    for none in ["null", "[]", "\"\"", "1.5"] {
        assert_eq!(read(none, 9), (Texts::NoObject, 0, Vec::new()));
    }
}

#[test]
fn json_4_short_numbers_are_known_without_computing() {
    for (number, integer, decimal) in [
        ("0", true, true),
        ("123456789012345678", true, true),
        ("1234567890123456789", false, false),
        ("1700000002.123456", false, true),
        ("0.5", false, true),
        ("12345678901234567.5", false, false),
        ("-1", false, false),
        ("-0.5", false, false),
        ("1e9", false, false),
        ("1.5E-9", false, false),
        ("\"1\"", false, false),
        ("[1]", false, false),
    ] {
        let text = format!("{{\"x\":{number}}}");
        let value = spans(&text).next().unwrap().value;
        assert_eq!(value.is_short_integer(), integer, "{number}");
        assert_eq!(value.is_short_decimal(), decimal, "{number}");
    }
}

#[test]
fn members_are_given_as_they_stand() {
    let text = "\t{ \"a\" : [1 , {\"x\":2}] ,\n\"b\\n\":\"\\u0041\", \"\":-1e5 , \"d\":null}\r";
    let found: Vec<_> = members(text)
        .map(|(name, value)| (name.unescape().into_owned(), value))
        .collect();
    let wanted = [
        ("a", "[1 , {\"x\":2}]"),
        ("b\n", "\"\\u0041\""),
        ("", "-1e5"),
        ("d", "null"),
    ];
    assert_eq!(found, wanted.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn json_4_numbers() {
    for (raw, expected) in [
        ("0", Number::Integer(0)),
        ("-0", Number::Integer(0)),
        ("9223372036854775807", Number::Integer(i64::MAX)),
        ("-9223372036854775808", Number::Integer(i64::MIN)),
        ("9223372036854775808", Number::BigInteger),
        ("-9223372036854775809", Number::BigInteger),
        ("1.0", Number::Float(1.0)),
        ("1e2", Number::Float(100.0)),
        ("-1.5E-3", Number::Float(-0.0015)),
        ("1e-999", Number::Float(0.0)),
        ("1e999", Number::Infinite),
        ("-1e999", Number::Infinite),
    ] {
        assert_eq!(json::number(raw), expected, "{raw}");
    }
    assert_eq!(json::number(&"9".repeat(308)), Number::BigInteger);
    assert_eq!(
        json::number(&format!("1{}", "0".repeat(308))),
        Number::BigInteger
    );
    assert_eq!(json::number(&"9".repeat(309)), Number::Infinite);
    assert_eq!(
        json::number(&format!("-{}", "9".repeat(5000))),
        Number::Infinite
    );
}

#[test]
fn json_4_times() {
    let seconds = |value: &str| {
        json::seconds(
            Object::parse(&format!("{{\"time\":{value}}}"), &["time"])
                .unwrap()
                .get("time")
                .unwrap(),
        )
    };
    for (value, expected) in [
        ("0", 0.0),
        ("1700000000", 1.7e9),
        ("1700000000.25", 1_700_000_000.25),
        ("1.795E9", 1.795e9),
        ("9223372036854775807", 9_223_372_036_854_775_807.0),
        ("1e300", 1e300),
        ("\"1700000000\"", 1.7e9),
        ("\"1700000000.5\"", 1_700_000_000.5),
        ("\"\\u0031\"", 1.0),
    ] {
        assert_eq!(seconds(value), Some(expected), "{value}");
    }
    let long = format!("\"{}\"", "9".repeat(400));
    for value in [
        "-1",
        "-0.5",
        "1e999",
        "9223372036854775808",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"-1\"",
        "\"+1\"",
        "\"1e5\"",
        "\" 1\"",
        "\"1 \"",
        "\".5\"",
        "\"5.\"",
        "\"1.2.3\"",
        "\"1_0\"",
        "\"\\u0661\"",
        "\"inf\"",
        "\"NaN\"",
        &long,
    ] {
        assert_eq!(seconds(value), None, "{value}");
    }
}

#[test]
fn json_5_the_size_is_checked_before_anything_is_read() {
    let limit = 16 * 1024 * 1024;
    let mut frame = vec![b' '; limit];
    frame[..2].copy_from_slice(b"{}");
    assert_eq!(code(&frame), Code::Ok);
    frame.push(b' ');
    assert_eq!(code(&frame), Code::TooLarge);
    assert_eq!(code(vec![0xff; limit + 1]), Code::TooLarge);
}

#[test]
fn json_5_entries_are_counted_as_written() {
    let object = Object::parse(
        r#"{"a":[1,[2,3],{"x":4},"5"],"b":{"x":1,"x":2,"y":[1,2,3],"z":{"w":1}},"c":[],"d":{}}"#,
        &["a", "b", "c", "d"],
    )
    .unwrap();
    let entries = |name| match object.get(name) {
        Some(Value::Array { entries, .. } | Value::Object { entries, .. }) => entries,
        other => panic!("{other:?}"),
    };
    assert_eq!(["a", "b", "c", "d"].map(entries), [4, 4, 0, 0]);
}

#[test]
fn values_know_where_they_stand() {
    let text = r#" {"é": {"a": "}"} , "b":[ ]}"#;
    let object = Object::parse(text, &["é", "b"]).unwrap();
    let Some(Value::Object { start, raw, .. }) = object.get("é") else {
        panic!("an object");
    };
    assert_eq!(raw, r#"{"a": "}"}"#);
    assert_eq!(&text[start..start + raw.len()], raw);
}

/// The peer accepts the same texts and reads the same values, but for the depth, which is ours.
#[test]
fn scanner_agrees_with_serde_json() {
    let seeds: Vec<Vec<u8>> = vec![
        br#"{"sender":"a@anywhere","time":1700000000.5,"keys":{"x":"Zm9v"},"n":null,"t":[true,false,-1.5e3,[]],"s":"\u00e9\ud83d\ude00\\"}"#.to_vec(),
        "{\"é\": {\"中\": [{}, [[]], \"😀\"]}, \"b\": 0, \"c\": -0.0, \"d\": 123456789012345678901234567890}".into(),
        format!("{{\"a\":{}1{}}}", "[".repeat(60), "]".repeat(60)).into(),
        br#"{"long":"abcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKLMNOPQRSTUVWXYZ==","\/\b\f":"\n\r\t\"","e":1e5}"#.to_vec(),
        b"{}".to_vec(),
    ];
    let mut random = Random::new(1);
    let (mut accepted, mut refused, mut deep) = (0, 0, 0);
    for round in 0..60_000 {
        let mut text = mutate(&mut random, &seeds[round % seeds.len()]);
        if round % 3 == 0 {
            text = mutate(&mut random, &text);
        }
        match (read(&text), serde_json::from_slice::<Peer>(&text)) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(&text));
                accepted += 1;
            }
            (Err(refusal), theirs) => {
                if refusal.code == Code::TooLarge {
                    deep += 1;
                    continue;
                }
                let theirs = theirs.ok().filter(Peer::is_object);
                assert_eq!(
                    theirs,
                    None,
                    "{}: {}",
                    refusal.reason,
                    String::from_utf8_lossy(&text)
                );
                refused += 1;
            }
            (Ok(_), Err(error)) => panic!("{error}: {}", String::from_utf8_lossy(&text)),
        }
    }
    assert!(
        accepted > 5_000 && refused > 20_000 && deep > 100,
        "{accepted} {refused} {deep}"
    );
}
