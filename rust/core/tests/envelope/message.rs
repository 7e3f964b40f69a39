//! docs/semantics.md#msg-1 to #msg-5, and the rules of JSON that hold for the envelope.

use dimp_core::code::{Code, Refusal};
use dimp_core::json;
use dimp_core::message::{self, Changed, Changes, Message};

use crate::mutate::{mutate, Random};

const HULK: &str = "hulk@4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj";
const MOKI: &str = "moki@4WDfe3zZ4T7opFSi3iDAKiuTnUHjxmXekk";

/// A frame with the three needed fields and `more`, each with a comma before it.
fn frame(more: &str) -> String {
    format!(r#"{{"sender":"{MOKI}","receiver":"{HULK}","data":"Zm9v","signature":"YmFy"{more}}}"#)
}

/// A message with the bytes that it has in the arena.
#[derive(Debug, PartialEq)]
struct Decoded {
    message: Message,
    data: Vec<u8>,
    signature: Vec<u8>,
}

fn try_decode(frame: &[u8]) -> Result<Decoded, Refusal> {
    let table = message::decode_batch(&[frame], 1);
    let message = table.items()[0].clone()?;
    assert_eq!(message::check(frame), Ok(()));
    Ok(Decoded {
        data: table.data(&message).to_vec(),
        signature: table.signature(&message).to_vec(),
        message,
    })
}

fn decode(frame: impl AsRef<[u8]>) -> Decoded {
    try_decode(frame.as_ref()).unwrap_or_else(|refusal| panic!("{}", refusal.reason))
}

fn code(frame: impl AsRef<[u8]>) -> Code {
    let frame = frame.as_ref();
    match (try_decode(frame), message::check(frame)) {
        (Ok(_), Ok(())) => Code::Ok,
        (Err(refusal), Err(again)) => {
            assert_eq!(refusal, again);
            refusal.code
        }
        (decoded, checked) => panic!("{decoded:?}, but {checked:?}"),
    }
}

/// The code of a frame with `field` (a name and a value) beside the needed ones.
fn code_with(field: &str) -> Code {
    code(frame(&format!(",{field}")))
}

#[test]
fn msg_1_short_and_long_names_mean_the_same() {
    let long = format!(
        r#"{{"sender":"{MOKI}","receiver":"{HULK}","time":5,"type":1,"group":"{HULK}","keys":{{"x":"QQ=="}},"data":"Zm9v","signature":"YmFy","meta":{{}},"visa":{{}}}}"#
    );
    let short = format!(
        r#"{{"F":"{MOKI}","R":"{HULK}","W":5,"T":1,"G":"{HULK}","K":{{"x":"QQ=="}},"D":"Zm9v","V":"YmFy","M":{{}},"P":{{}}}}"#
    );
    let (found, wanted) = (decode(&short), decode(&long));
    assert_eq!(
        (&found.data, &found.signature),
        (&wanted.data, &wanted.signature)
    );
    let (found, wanted) = (found.message, wanted.message);
    for (frame, message) in [(&short, &found), (&long, &wanted)] {
        assert_eq!(&frame[message.meta.clone().unwrap()], "{}");
        assert_eq!(&frame[message.visa.clone().unwrap()], "{}");
        assert_eq!(&frame[message.keys.clone().unwrap()], r#"{"x":"QQ=="}"#);
    }
    assert_eq!(
        Message {
            meta: wanted.meta.clone(),
            visa: wanted.visa.clone(),
            keys: wanted.keys.clone(),
            ..found
        },
        wanted
    );
}

#[test]
fn msg_1_k_is_key_when_text_and_keys_when_object() {
    assert_eq!(code_with(r#""K":"QQ==""#), Code::Ok);
    assert_eq!(code_with(r#""K":"!""#), Code::BadEncoding);
    assert_eq!(code_with(r#""K":{"x":"!"}"#), Code::BadEncoding);
    assert_eq!(code_with(r#""K":{"x":"QQ=="},"key":"QQ==""#), Code::Ok);
    assert_eq!(code_with(r#""K":"QQ==","keys":{}"#), Code::Ok);
    assert_eq!(code_with(r#""K":5"#), Code::Malformed);
    assert_eq!(message::long_name("K", true), "key");
    assert_eq!(message::long_name("K", false), "keys");
    assert_eq!(message::short_name("key"), "K");
    assert_eq!(message::short_name("keys"), "K");
}

#[test]
fn msg_1_null_is_absent() {
    assert_eq!(
        code_with(
            r#""time":null,"type":null,"group":null,"keys":null,"key":null,"meta":null,"visa":null,"IV":null,"from":null,"rcpt":null,"traces":null"#
        ),
        Code::Ok
    );
    assert_eq!(
        code(format!(
            r#"{{"sender":"{MOKI}","receiver":null,"data":"e30=","signature":"YmFy"}}"#
        )),
        Code::Ok
    );
    for needed in ["sender", "data", "signature"] {
        let gone = frame("").replace(
            &format!("\"{needed}\":\""),
            &format!("\"{needed}\":null,\"x{needed}\":\""),
        );
        assert_eq!(code(gone), Code::Malformed, "{needed}");
    }
}

#[test]
fn msg_2_needed_fields_are_text_and_not_empty() {
    for needed in ["sender", "data", "signature"] {
        for value in ["", "5", "true", "{}", "[]", "1e999"] {
            let text = if value.is_empty() { "\"\"" } else { value };
            let start = frame("").find(&format!("\"{needed}\"")).unwrap() + needed.len() + 3;
            let mut changed = frame("");
            let end = start + 1 + changed[start + 1..].find('"').unwrap() + 1;
            changed.replace_range(start..end, text);
            assert_eq!(code(&changed), Code::Malformed, "{changed}");
        }
        let without = frame("").replace(&format!("\"{needed}\""), "\"other\"");
        assert_eq!(code(without), Code::Malformed, "{needed}");
    }
}

#[test]
fn msg_2_json_types_of_the_optional_fields() {
    for name in ["group", "key", "IV", "from", "rcpt"] {
        for value in ["5", "true", "{}", "[]", "1e999"] {
            assert_eq!(
                code_with(&format!("\"{name}\":{value}")),
                Code::Malformed,
                "{name} {value}"
            );
        }
    }
    for value in [
        "5",
        "true",
        "\"x\"",
        "[]",
        r#"{"a":5}"#,
        r#"{"a":null}"#,
        r#"{"a":{}}"#,
    ] {
        assert_eq!(
            code_with(&format!("\"keys\":{value}")),
            Code::Malformed,
            "{value}"
        );
    }
    for name in ["meta", "visa"] {
        for value in ["5", "true", "\"x\"", "[]"] {
            assert_eq!(
                code_with(&format!("\"{name}\":{value}")),
                Code::Malformed,
                "{name} {value}"
            );
        }
    }
    for value in ["5", "true", "\"x\"", "{}"] {
        assert_eq!(
            code_with(&format!("\"traces\":{value}")),
            Code::Malformed,
            "{value}"
        );
    }
    assert_eq!(
        code_with(r#""from":"/pad","rcpt":"nonsense","traces":[1,"x"],"recipients":5,"sn":1e999"#),
        Code::Ok
    );
}

#[test]
fn msg_2_time() {
    for (value, expected) in [
        ("0", Some(0.0)),
        ("1700000000.5", Some(1_700_000_000.5)),
        ("\"12.5\"", Some(12.5)),
        ("null", None),
    ] {
        let decoded = decode(frame(&format!(",\"time\":{value}")));
        assert_eq!(decoded.message.time, expected);
    }
    for value in [
        "-1",
        "true",
        "\"\"",
        "\"x\"",
        "\"-1\"",
        "1e999",
        "9223372036854775808",
        "{}",
        "[]",
    ] {
        assert_eq!(
            code_with(&format!("\"time\":{value}")),
            Code::Malformed,
            "{value}"
        );
    }
}

#[test]
fn msg_2_type() {
    for (value, expected) in [
        ("1", Some(1)),
        ("-7", Some(-7)),
        ("9223372036854775807", Some(i64::MAX)),
        ("\"136\"", Some(136)),
        ("\"007\"", Some(7)),
        ("\"999999999999999999\"", Some(999_999_999_999_999_999)),
        ("\"1000000000000000000\"", None),
        ("\"text\"", None),
        ("\"-1\"", None),
        ("\"+1\"", None),
        ("\"\"", None),
        ("null", None),
    ] {
        assert_eq!(
            decode(frame(&format!(",\"type\":{value}"))).message.kind,
            expected,
            "{value}"
        );
    }
    for value in [
        "1.0",
        "1e2",
        "9223372036854775808",
        "1e999",
        "true",
        "{}",
        "[]",
    ] {
        assert_eq!(
            code_with(&format!("\"type\":{value}")),
            Code::Malformed,
            "{value}"
        );
    }
}

#[test]
fn msg_3_ids() {
    assert_eq!(decode(frame("")).message.sender.as_str(), MOKI);
    assert_eq!(
        code(frame("").replace(MOKI, "moki@nobody")),
        Code::BadAddress
    );
    assert_eq!(code(frame("").replace(HULK, "")), Code::BadAddress);
    assert_eq!(code_with(r#""group":"nobody""#), Code::BadAddress);
    let anyone = decode(frame("").replace("\"receiver\"", "\"x\""));
    assert_eq!(anyone.message.receiver.as_str(), "anyone@anywhere");
    assert_eq!(anyone.data, b"Zm9v", "broadcast: the text itself");
    let canonical = decode(frame("").replace(HULK, "Station@AnyWhere/X"));
    assert_eq!(canonical.message.receiver.as_str(), "Station@anywhere/X");
}

#[test]
fn msg_4_broadcast_data_is_the_text_itself() {
    let text = r#"{\"text\": \"caf\u00e9 \ud83d\ude00\"}"#;
    let broadcast = frame("")
        .replace("Zm9v", text)
        .replace(HULK, "everyone@everywhere");
    assert_eq!(
        decode(&broadcast).data,
        "{\"text\": \"café 😀\"}".as_bytes()
    );
    assert_eq!(
        code(broadcast.replace("everyone@everywhere", HULK)),
        Code::BadEncoding
    );
    // The receiver may come last, and a group makes a message broadcast too.
    let last =
        format!(r#"{{"data":"{{}}","sender":"{MOKI}","signature":"YmFy","receiver":"anywhere"}}"#);
    assert_eq!(decode(last).data, b"{}");
    let group = frame(r#","group":"everyone@everywhere""#).replace("Zm9v", "{}");
    assert_eq!(decode(&group).data, b"{}");
    // What is no ID is not broadcast, so the encoding is judged first.
    assert_eq!(
        code(group.replace("everyone@everywhere", "every where")),
        Code::BadEncoding
    );
}

#[test]
fn msg_4_transportable_data() {
    for (text, expected) in [
        ("Zm9v", &b"foo"[..]),
        (r"Zm\/v", b"f\x6f\xef"),
        ("data:x/y;base64,Zm9v", b"foo"),
        (r" Zm\n9v\u0020", b"foo"),
    ] {
        let changed = frame("").replace("Zm9v", text);
        assert_eq!(decode(&changed).data, expected, "{text}");
        let signature = frame("").replace("YmFy", text);
        assert_eq!(
            decode(&signature).signature,
            decode(&changed).data,
            "{text}"
        );
    }
    for bad in [
        "Zm9",
        "Zm9v!",
        "Zh==",
        "data:,Zm9v",
        " ",
        "data:;base64,",
        "é",
    ] {
        assert_eq!(
            code(frame("").replace("Zm9v", bad)),
            Code::BadEncoding,
            "{bad}"
        );
        assert_eq!(
            code(frame("").replace("YmFy", bad)),
            Code::BadEncoding,
            "{bad}"
        );
    }
    for field in [
        r#""key":"Zm9""#,
        r#""IV":"!""#,
        r#""keys":{"a":"Zm9v","b":"Zh=="}"#,
        r#""K":{"digest":"é"}"#,
    ] {
        assert_eq!(code_with(field), Code::BadEncoding, "{field}");
    }
    for field in [r#""key":"""#, r#""IV":"""#, r#""keys":{"a":""}"#] {
        assert_eq!(
            code_with(field),
            Code::Ok,
            "decodes to nothing, which these may: {field}"
        );
    }
}

#[test]
fn json_3_duplicate_short_and_long_name_is_refused() {
    for field in [
        r#""sender":"x""#,
        r#""F":"x""#,
        r#""\u0046":"x""#,
        r#""F":null"#,
        r#""D":"Zm9v""#,
        r#""time":1,"W":1"#,
        r#""time":1,"ti\u006de":1"#,
        r#""key":"QQ==","K":"QQ==""#,
        r#""keys":{},"K":{}"#,
        r#""keys":{},"K":null"#,
        r#""K":{},"K":"QQ==""#,
        r#""K":"QQ==","\u004b":{}"#,
        r#""x":1,"x":2"#,
        r#""sn":1,"s\u006e":null"#,
        r#""":1,"":1"#,
    ] {
        assert_eq!(code_with(field), Code::Malformed, "{field}");
    }
    for field in [
        r#""f":1,"x":1,"X":1"#,
        r#""N":1,"sn":2"#,
        r#""meta":{"a":1,"a":2}"#,
        r#""x":{"a":1,"a":2}"#,
    ] {
        assert_eq!(code_with(field), Code::Ok, "{field}");
    }
}

#[test]
fn json_3_duplicate_names_in_keys_are_refused() {
    assert_eq!(
        code_with(r#""keys":{"a":"QQ==","b":"QQ==","\u0061":"QQ=="}"#),
        Code::Malformed
    );
    assert_eq!(code_with(r#""K":{"a":"!","a":"!"}"#), Code::Malformed);
}

#[test]
fn json_5_keys_and_traces_are_limited() {
    let keys = |count: usize| {
        let entries: Vec<String> = (0..count)
            .map(|index| format!("\"{index}\":\"QQ==\""))
            .collect();
        entries.join(",")
    };
    let traces = |count: usize| vec!["0"; count].join(",");
    assert_eq!(code_with(&format!("\"keys\":{{{}}}", keys(4096))), Code::Ok);
    assert_eq!(
        code_with(&format!("\"keys\":{{{}}}", keys(4097))),
        Code::TooLarge
    );
    assert_eq!(
        code_with(&format!("\"K\":{{{}}}", keys(4097))),
        Code::TooLarge
    );
    assert_eq!(code_with(&format!("\"traces\":[{}]", traces(64))), Code::Ok);
    assert_eq!(
        code_with(&format!("\"traces\":[{}]", traces(65))),
        Code::TooLarge
    );
    // As written, before duplicates are looked for; but only in text that is JSON.
    let same = vec!["\"a\":\"QQ==\""; 4097].join(",");
    assert_eq!(code_with(&format!("\"keys\":{{{same}}}")), Code::TooLarge);
    assert_eq!(
        code_with(&format!("\"keys\":{{{same}}},\"keys\":{{}}")),
        Code::TooLarge
    );
    assert_eq!(code_with(&format!("\"keys\":{{{same}}},")), Code::Malformed);
    assert_eq!(
        code_with(&format!("\"key\":{{{same}}}")),
        Code::Malformed,
        "not a text"
    );
    assert_eq!(
        code_with(&format!("\"keys\":[{}]", traces(5000))),
        Code::Malformed,
        "not an object"
    );
}

#[test]
fn verdict_2_the_first_of_several_causes() {
    let traces = vec!["0"; 65].join(",");
    let everything =
        format!(r#"{{"sender":"x","sender":"x","data":"!","signature":"!","traces":[{traces}]}}"#);
    assert_eq!(code(&everything), Code::TooLarge);
    assert_eq!(code(everything.replace("traces", "other")), Code::Malformed);
    assert_eq!(
        code(r#"{"sender":"x","data":"!","signature":"!","receiver":"x"}"#),
        Code::BadEncoding
    );
    assert_eq!(
        code(r#"{"sender":"x","data":"Zm9v","signature":"!","receiver":"x"}"#),
        Code::BadEncoding
    );
    assert_eq!(
        code(r#"{"sender":"x","data":"Zm9v","signature":"Zm9v","receiver":"x","keys":{"a":"!"}}"#),
        Code::BadEncoding
    );
    assert_eq!(
        code(r#"{"sender":"x","data":"Zm9v","signature":"Zm9v","receiver":"x"}"#),
        Code::BadAddress
    );
}

#[test]
fn reasons_name_the_field() {
    let reason = |frame: &str| {
        message::check(frame.as_bytes())
            .unwrap_err()
            .reason
            .into_owned()
    };
    assert_eq!(
        reason(&frame("").replace("YmFy", "!")),
        "signature: not base64"
    );
    assert_eq!(reason(&frame("").replace(MOKI, "x")), "sender: not an ID");
    assert_eq!(reason(&frame(r#","x\n":1,"x\n":2"#)), r"x\n: comes twice");
}

#[test]
fn verdict_3_a_batch_is_its_items() {
    let frames: Vec<String> = (0..300)
        .map(|index| {
            if index % 7 == 0 {
                frame(",")
            } else {
                frame(&format!(",\"time\":{index}"))
            }
        })
        .collect();
    let frames: Vec<&[u8]> = frames.iter().map(String::as_bytes).collect();
    let together = message::decode_batch(&frames, 1);
    for (frame, found) in frames.iter().zip(together.items()) {
        let found = found.clone().map(|message| Decoded {
            data: together.data(&message).to_vec(),
            signature: together.signature(&message).to_vec(),
            message: Message {
                data: 0..0,
                signature: 0..0,
                ..message
            },
        });
        let alone = try_decode(frame).map(|alone| Decoded {
            message: Message {
                data: 0..0,
                signature: 0..0,
                ..alone.message
            },
            ..alone
        });
        assert_eq!(found, alone);
    }
    for threads in [0, 2, 3] {
        assert_eq!(message::decode_batch(&frames, threads), together);
    }
    assert!(message::decode_batch(&[], 0).items().is_empty());
}

/// No input may panic, and what is accepted keeps what a frame promises.
#[test]
fn mutated_frames_never_panic() {
    let seeds = [
        frame(
            r#","time":1700000000.5,"type":1,"keys":{"a/pad":"Zm9v","digest":"YWJjZGVm"},"key":"QQ==","IV":"ZGVm","traces":[{"ID":"x","time":1}]"#,
        ),
        frame(
            r#","group":"everyone@everywhere","meta":{"type":1,"key":{"a":[1,2]}},"visa":{"did":"x"},"x":[[[[1]]]],"sn":12345678901234567890"#,
        ),
        format!(
            r#"{{"F":"{MOKI}/pad","R":"Everyone@Everywhere","W":"1.5","T":"136","D":"{{\"a\":\"\ud83d\ude00\"}}","V":"data:;base64,YmFy","K":"QQ=="}}"#
        ),
    ];
    let mut random = Random::new(2);
    let mut codes = [0usize; 12];
    for round in 0..60_000 {
        let frame = mutate(&mut random, seeds[round % seeds.len()].as_bytes());
        match try_decode(&frame) {
            Ok(Decoded {
                message,
                data,
                signature,
            }) => {
                codes[0] += 1;
                assert!(!data.is_empty() && !signature.is_empty());
                assert!(message
                    .time
                    .is_none_or(|time| (0.0..f64::INFINITY).contains(&time)));
                let objects = [message.meta, message.visa, message.keys];
                for place in objects.into_iter().flatten() {
                    assert!(frame[place.clone()].starts_with(b"{") && frame[place].ends_with(b"}"));
                }
                if let Some(place) = message.type_name {
                    assert!(frame[place.clone()].starts_with(b"\"") && message.kind.is_none());
                }
            }
            Err(refusal) => {
                codes[refusal.code as usize] += 1;
                assert!(!refusal.reason.is_empty() && !refusal.reason.contains('\n'));
            }
        }
    }
    let seen = [
        Code::Ok,
        Code::BadEncoding,
        Code::BadAddress,
        Code::Malformed,
    ];
    assert!(
        seen.iter().all(|&code| codes[code as usize] > 500),
        "{codes:?}"
    );
}

fn change(frame: &str, changes: &str) -> Result<String, Refusal> {
    let changes = Changes::read(changes)?;
    let mut made = change_all(&changes, &[frame.as_bytes()], 1);
    made.pop().expect("as many as there were")
}

fn change_all(changes: &Changes, frames: &[&[u8]], threads: usize) -> Vec<Result<String, Refusal>> {
    let parts = changes.apply(frames, threads);
    let made = parts.iter().flat_map(Changed::frames).map(|frame| {
        let pieces = frame.map_err(Refusal::clone)?;
        Ok(String::from_utf8(pieces.concat()).expect("made of text"))
    });
    made.collect()
}

#[test]
fn msg_11_what_does_not_change_keeps_its_bytes() {
    let (head, tail) = (
        format!(" {{\t\"sender\" : \"{MOKI}\""),
        r#","signature":"YmFy"}  "#,
    );
    let frame = format!(
        r#"{head}, "rcpt" :"x" ,"\u0066rom":null, "data":"Zm9v" , "n":[1.50 , {{"é":"\/"}}]{tail}"#
    );
    for (changes, wanted) in [
        ("{}", frame.clone()),
        (r#"{"rcpt":"y z"}"#, frame.replace(r#""x""#, r#""y z""#)),
        (
            r#"{"from":"f"}"#,
            frame.replace(r#"\u0066rom":null"#, r#"\u0066rom":"f""#),
        ),
        (r#"{"rcpt":null}"#, frame.replace(r#", "rcpt" :"x" "#, " ")),
        (
            r#"{"n":null}"#,
            frame.replace(r#" , "n":[1.50 , {"é":"\/"}]"#, ""),
        ),
        (
            r#"{"rcpt":null,"from":null,"n":null}"#,
            format!(r#"{head}, "data":"Zm9v"{tail}"#),
        ),
        (
            r#"{"traces": [],"a\n":{"b":1},"gone":null}"#,
            frame.replace("}  ", ", \"traces\": [], \"a\\n\":{\"b\":1}}  "),
        ),
    ] {
        // Names and values of changes come from our own writer; they are put in as they are.
        assert_eq!(
            change(&frame, changes).as_deref(),
            Ok(&*wanted),
            "{changes}"
        );
    }
    let first = r#"{"rcpt":"x" , "sender":"moki@anywhere","data":"{}","signature":"YmFy"}"#;
    assert_eq!(
        change(first, r#"{"rcpt":null}"#).as_deref(),
        Ok(r#"{"sender":"moki@anywhere","data":"{}","signature":"YmFy"}"#)
    );
}

#[test]
fn msg_11_short_names_stay_short() {
    let frame = format!(r#"{{"F":"{MOKI}","R":"{HULK}","D":"Zm9v","V":"YmFy"}}"#);
    let with = |more: &str| frame.replace("\"}", &format!("\", {more}}}"));
    for (changes, wanted) in [
        (r#"{"group":"everywhere"}"#, with(r#""G": "everywhere""#)),
        (r#"{"keys":{"a":"QQ=="}}"#, with(r#""K": {"a":"QQ=="}"#)),
        (r#"{"rcpt": "x"}"#, with(r#""rcpt": "x""#)),
        (
            r#"{"receiver":"x@anywhere"}"#,
            frame.replace(HULK, "x@anywhere"),
        ),
        // Of two fields with one short name the second gets its long one.
        (
            r#"{"key":"QQ==","keys": {}}"#,
            with(r#""K": "QQ==", "keys": {}"#),
        ),
    ] {
        assert_eq!(
            change(&frame, changes).as_deref(),
            Ok(&*wanted),
            "{changes}"
        );
    }
    let key = with(r#""K":"QQ==""#);
    assert_eq!(
        change(&key, r#"{"keys": {}}"#),
        Ok(key.replace("==\"}", "==\", \"keys\": {}}"))
    );
    assert_eq!(
        change(&key, r#"{"keys":{},"key":null}"#),
        Ok(with(r#""K": {}"#))
    );
    let long = format!(r#"{{"sender":"{MOKI}","D":"Zm9v","V":"YmFy","R":"{HULK}"}}"#);
    assert_eq!(
        change(&long, r#"{"T":"1"}"#),
        Ok(long.replace("\"}", "\", \"type\": \"1\"}"))
    );
}

#[test]
fn msg_11_refusals() {
    let code = |frame: &str, changes: &str| {
        change(frame, changes).map_or_else(|refusal| refusal.code, |_| Code::Ok)
    };
    let good = frame("");
    for (changes, wanted) in [
        (r#"{"rcpt":5}"#, Code::Malformed),
        (r#"{"sender":"moki@anywhere"}"#, Code::Malformed),
        (r#"{"D":null}"#, Code::Malformed),
        (r#"{"signature":"YmFy"}"#, Code::Malformed),
        (r#"{"R":"anywhere","receiver":"anywhere"}"#, Code::Malformed),
        (r#"{"keys":"QQ=="}"#, Code::Malformed),
        (r#"{"key":{}}"#, Code::Malformed),
        (r#"{"time":-1}"#, Code::Malformed),
        (r#"{"keys":{"a":"!"}}"#, Code::BadEncoding),
        (r#"{"IV":"!"}"#, Code::BadEncoding),
        (r#"{"receiver":"nobody"}"#, Code::BadAddress),
        (r#"{"group":"nobody"}"#, Code::BadAddress),
    ] {
        assert_eq!(code(&good, changes), wanted, "{changes}");
    }
    let many = vec!["0"; 65].join(",");
    assert_eq!(
        code(&good, &format!("{{\"traces\":[{many}]}}")),
        Code::TooLarge
    );
    for bad in [
        "{",
        "[]",
        &frame(","),
        &frame(r#","F":1"#),
        &frame(r#","rcpt":5"#),
    ] {
        assert_eq!(code(bad, "{}"), Code::Malformed, "{bad}");
    }
    assert_eq!(
        code(&frame(&format!(",\"traces\":[{many}]")), "{}"),
        Code::TooLarge
    );
    let deep = frame(&format!(",\"x\":{}{}", "[".repeat(64), "]".repeat(64)));
    assert_eq!(code(&deep, "{}"), Code::TooLarge);
    let large = frame(&format!(
        ",\"x\":\"{}\"",
        "x".repeat(json::MAX_BYTES - good.len() - 7)
    ));
    assert_eq!(code(&large, "{}"), Code::Ok);
    assert_eq!(code(&large, r#"{"rcpt":"x"}"#), Code::TooLarge);
    // What was text has to be base64 when the message is broadcast no more.
    let broadcast = good.replace(HULK, "anywhere");
    let text = broadcast.replace("Zm9v", "{}");
    let to_hulk = format!("{{\"receiver\":\"{HULK}\"}}");
    assert_eq!(code(&broadcast, &to_hulk), Code::Ok);
    assert_eq!(code(&text, &to_hulk), Code::BadEncoding);
    assert_eq!(code(&text, r#"{"receiver":null}"#), Code::Ok);
    let both = format!("{{\"receiver\":\"{HULK}\",\"group\":\"everywhere\"}}");
    assert_eq!(code(&text, &both), Code::Ok);
}

#[test]
fn msg_11_a_batch_is_its_items() {
    let frames: Vec<String> = (0..300)
        .map(|index| {
            if index % 7 == 0 {
                frame(",")
            } else {
                frame(&format!(",\"time\":{index}"))
            }
        })
        .collect();
    let frames: Vec<&[u8]> = frames.iter().map(String::as_bytes).collect();
    let changes = Changes::read(r#"{"rcpt":"x","receiver":null}"#).unwrap();
    let alone: Vec<_> = frames
        .iter()
        .flat_map(|frame| change_all(&changes, &[frame], 1))
        .collect();
    for threads in [0, 1, 2, 3] {
        assert_eq!(change_all(&changes, &frames, threads), alone);
    }
}
