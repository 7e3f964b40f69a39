//! What a document claims (docs/semantics.md#doc-4, #doc-6), and that nobody can make one for somebody else.

use dimp_core::code::Code;
use dimp_core::verify::VerifyKey;
use dimp_core::{document, keys};
use serde_json::{json, Value};

use crate::mutate::{mutate, Random};
use crate::owner::Owner;

const NOW: f64 = 1_700_000_000.0;

/// Type, terminal and time, as claimed.
fn claims(document: &Value) -> (String, Option<String>, Option<f64>) {
    let text = document.to_string();
    let document = document::parse(&text).unwrap();
    let claims = document.claims();
    (
        claims.kind.into_owned(),
        claims.terminal.map(str::to_owned),
        claims.time,
    )
}

fn with(mut document: Value, field: &str, value: Value) -> Value {
    document[field] = value;
    document
}

#[test]
fn doc_4_the_claimed_type() {
    let (alice, team) = (Owner::new("alice", 1), Owner::on_network("team", 1, 0x10));
    for (data, wrapper, of_user, of_group) in [
        (r#"{"type":"profile"}"#, json!("visa"), "profile", "profile"),
        (r#"{"type":"\u0070"}"#, Value::Null, "p", "p"),
        (r#"{"type":""}"#, json!("note"), "note", "note"),
        (r#"{"type":5}"#, json!("note"), "note", "note"),
        ("{}", json!(""), "visa", "bulletin"),
        ("{}", json!(5), "visa", "bulletin"),
        ("no JSON", json!("note"), "note", "note"),
        ("[]", Value::Null, "visa", "bulletin"),
        (
            r#"{"type":"x","type":null}"#,
            Value::Null,
            "visa",
            "bulletin",
        ),
    ] {
        for (owner, expected) in [(&alice, of_user), (&team, of_group)] {
            let document = with(owner.document_over(data), "type", wrapper.clone());
            assert_eq!(claims(&document).0, expected, "{document}");
        }
    }
}

#[test]
fn doc_4_the_claimed_terminal() {
    let alice = Owner::new("alice", 1);
    let at_pad = format!("{}/pad", alice.id);
    for (did, wrapper, expected) in [
        (&alice.id, Value::Null, None),
        (&alice.id, json!("tv"), Some("tv")),
        (&at_pad, Value::Null, Some("pad")),
        (&at_pad, json!(5), Some("pad")),
        (&at_pad, json!("tv"), Some("tv")),
        (&at_pad, json!(""), None),
        (&at_pad, json!("*"), None),
        (&at_pad, json!("/"), None),
    ] {
        let document = with(alice.document_over("{}"), "did", json!(did));
        let document = with(document, "terminal", wrapper);
        assert_eq!(claims(&document).1.as_deref(), expected, "{document}");
    }
}

#[test]
fn doc_6_the_claimed_time_is_none_when_it_is_no_time() {
    let alice = Owner::new("alice", 1);
    for (data, expected) in [
        (r#"{"time":5}"#, Some(5.0)),
        (r#"{"time":"1700000000.5"}"#, Some(1_700_000_000.5)),
        (r#"{"time":1e300}"#, Some(1e300)),
        (r#"{"time":-1}"#, None),
        (r#"{"time":1e999}"#, None),
        (r#"{"time":true}"#, None),
        ("{}", None),
        (r#"{"time":5"#, None),
    ] {
        assert_eq!(claims(&alice.document_over(data)).2, expected, "{data}");
    }
}

#[test]
fn doc_1_the_parts_of_a_document() {
    let (alice, device) = (Owner::new("alice", 1), Owner::new("pad", 2));
    let visa = alice.visa(&device, NOW);
    let text = visa.to_string();
    let document = document::parse(&text).unwrap();
    assert_eq!(document.did.as_str(), alice.id);
    assert_eq!(Some(document.data()), visa["data"].as_str());
    assert_eq!(document.signature().len(), 64);
}

#[test]
fn verdict_3_documents_are_read_each_on_its_own() {
    let alice = Owner::new("alice", 1);
    let good = alice.document_over("{}").to_string();
    let texts: Vec<&[u8]> = (0..100)
        .map(|index| match index % 3 {
            0 => good.as_bytes(),
            1 => &b"{}"[..],
            _ => &b"\xff"[..],
        })
        .collect();
    for threads in [0, 1] {
        let parsed = document::parse_batch(&texts, threads);
        assert_eq!(parsed.len(), texts.len());
        for (index, document) in parsed.iter().enumerate() {
            assert_eq!(document.is_ok(), index % 3 == 0, "{index}");
        }
    }
}

/// Whatever is done to the text of a document, only what was signed is proved.
#[test]
fn doc_2_mutated_documents_prove_what_was_signed_or_nothing() {
    let (alice, device) = (Owner::new("alice", 1), Owner::new("pad", 2));
    let mapping = alice.key_mapping();
    let key = keys::parse_mapping("ED25519", mapping["data"].as_str().unwrap())
        .and_then(|key| VerifyKey::new(&key))
        .unwrap();
    let visa = alice.visa(&device, NOW);
    let good = visa.to_string();
    let mut random = Random::new(11);
    let (mut accepted, mut forged) = (0, 0);
    for _ in 0..2000 {
        let text = mutate(&mut random, good.as_bytes());
        let Ok(text) = String::from_utf8(text) else {
            continue;
        };
        let Ok(document) = document::parse(&text) else {
            continue;
        };
        match document.prove(&key, NOW) {
            Ok(proved) => {
                assert_eq!(Some(document.data()), visa["data"].as_str(), "{text}");
                assert_eq!(proved.time, Some(NOW));
                accepted += 1;
            }
            Err(refusal) => {
                assert!(
                    [Code::BadSignature, Code::BadSignatureEncoding].contains(&refusal.code),
                    "{text}"
                );
                forged += 1;
            }
        }
    }
    assert!(accepted > 20 && forged > 200, "{accepted}, {forged}");
}
