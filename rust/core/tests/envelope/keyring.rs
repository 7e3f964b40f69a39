//! docs/semantics.md#doc-1 to #doc-5, #doc-8 and #msg-6 to #msg-10.

use std::sync::Arc;

use dimp_core::code::{Code, Refusal};
use dimp_core::keyring::{self, Full, KeyStore, Resolution, Stored};
use dimp_core::{message, meta};
use serde_json::{json, Value};

use crate::meta::vector;
use crate::mutate::{mutate, Random};
use crate::owner::Owner;

const NOW: f64 = 1_700_000_000.0;

fn store_of(owners: &[&Owner]) -> Arc<KeyStore> {
    let store = Arc::new(KeyStore::new(None, false));
    for owner in owners {
        assert_eq!(store.add_meta(&owner.id, owner.meta.as_bytes()), Ok(Ok(())));
    }
    store
}

fn code_of(verdict: Result<(), Refusal>) -> Code {
    verdict.map_or_else(|refusal| refusal.code, |()| Code::Ok)
}

fn add(store: &KeyStore, document: &Value) -> Code {
    code_of(store.add_document(document.to_string().as_bytes(), NOW))
}

fn verify(store: &Arc<KeyStore>, messages: &[Value]) -> Vec<Code> {
    let frames: Vec<String> = messages.iter().map(Value::to_string).collect();
    verify_frames(store, &frames, false)
}

fn verify_frames(store: &Arc<KeyStore>, frames: &[impl AsRef<[u8]>], learn: bool) -> Vec<Code> {
    let frames: Vec<&[u8]> = frames.iter().map(AsRef::as_ref).collect();
    let table = message::decode_batch(&frames, 1);
    let resolution = store.resolve(&table);
    let codes: Vec<Code> = resolution
        .verify(&table, &frames, NOW, 0)
        .into_iter()
        .map(code_of)
        .collect();
    if learn {
        let numbers: Vec<u8> = codes.iter().map(|&code| code as u8).collect();
        let lessons = resolution.lessons(&table, &numbers);
        let lessons = keyring::prove_lessons(&table, &frames, lessons, NOW, 2);
        resolution.learn(&table, lessons);
    }
    codes
}

fn with(mut message: Value, field: &str, value: Value) -> Value {
    message[field] = value;
    message
}

#[test]
fn published_messages_verify() {
    let store = Arc::new(KeyStore::new(None, false));
    for name in ["hulk", "moki"] {
        let published = vector(&format!("meta.doc.{name}"));
        let id = published["output"]["id"].as_str().unwrap();
        assert_eq!(
            store.add_meta(id, published["input"].to_string().as_bytes()),
            Ok(Ok(()))
        );
    }
    assert_eq!(add(&store, &vector("doc.visa")["output"]), Code::Ok);
    let frames = [
        vector("msg.wire.dimples")["output"]
            .as_str()
            .unwrap()
            .to_owned(),
        vector("msg.wire.short")["output"]
            .as_str()
            .unwrap()
            .to_owned(),
        vector("msg.broadcast")["output"].to_string(),
        vector("msg.doc.dkd")["input"].to_string(),
        vector("msg.doc.whitepaper")["input"].to_string(),
    ];
    assert_eq!(verify_frames(&store, &frames, false), [Code::Ok; 5]);
    // A broadcast group turns data into text, and the text was not signed.
    let flipped = frames[0].replacen('{', "{\"group\":\"x@everywhere\",", 1);
    assert_eq!(
        verify_frames(&store, &[flipped], false),
        [Code::BadSignature]
    );
}

#[test]
fn doc_1_form() {
    let (alice, device) = (Owner::new("alice", 1), Owner::new("pad", 2));
    let store = store_of(&[&alice]);
    let visa = alice.visa(&device, NOW);
    assert_eq!(add(&store, &visa), Code::Ok);
    for field in ["did", "data", "signature"] {
        for value in [Value::Null, json!(5), json!({}), json!(true)] {
            assert_eq!(
                add(&store, &with(visa.clone(), field, value)),
                Code::Malformed,
                "{field}"
            );
        }
    }
    assert_eq!(
        add(&store, &with(visa.clone(), "data", json!(""))),
        Code::Malformed
    );
    assert_eq!(
        add(&store, &with(visa.clone(), "signature", json!(""))),
        Code::Malformed
    );
    assert_eq!(
        add(&store, &with(visa.clone(), "signature", json!("!"))),
        Code::BadEncoding
    );
    assert_eq!(
        add(&store, &with(visa.clone(), "did", json!("nobody"))),
        Code::BadAddress
    );
    let old = with(with(visa, "ID", json!(alice.id)), "did", Value::Null);
    assert_eq!(add(&store, &old), Code::Ok);
    assert_eq!(code_of(store.add_document(b"[]", NOW)), Code::Malformed);
}

#[test]
fn doc_2_signed_by_the_meta_key_of_the_same_entity() {
    let (alice, bob, device) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("pad", 3),
    );
    let store = store_of(&[&alice]);
    let visa = alice.visa(&device, NOW);
    assert_eq!(
        add(
            &store,
            &with(visa.clone(), "did", json!(format!("{}/pad", alice.id)))
        ),
        Code::Ok
    );
    assert_eq!(
        add(&store, &with(visa.clone(), "did", json!(bob.id))),
        Code::UnknownSender
    );
    assert_eq!(
        add(&store, &with(visa.clone(), "did", json!("alice@anywhere"))),
        Code::UnknownSender
    );
    let other_name = format!("bob@{}", alice.address);
    assert_eq!(
        add(&store, &with(visa.clone(), "did", json!(other_name))),
        Code::Mismatch
    );
    assert_eq!(
        add(
            &store,
            &with(bob.visa(&device, NOW), "did", json!(alice.id))
        ),
        Code::BadSignature
    );
    assert_eq!(
        add(&store, &with(visa, "signature", json!("Zm9v"))),
        Code::BadSignatureEncoding
    );
    // The key of a visa signs no visas.
    assert_eq!(
        add(
            &store,
            &with(device.visa(&device, NOW), "did", json!(alice.id))
        ),
        Code::BadSignature
    );
}

#[test]
fn doc_3_data_is_an_object_with_a_sound_time() {
    let alice = Owner::new("alice", 1);
    let store = store_of(&[&alice]);
    for (data, expected) in [
        ("{}", Code::Ok),
        (r#"{"time":null}"#, Code::Ok),
        (r#"{"a":1,"a":2}"#, Code::Ok),
        (r#"{"time":"1700000000.5"}"#, Code::Ok),
        ("x", Code::Malformed),
        ("[]", Code::Malformed),
        (r#"{"time":-1}"#, Code::Malformed),
        (r#"{"time":true}"#, Code::Malformed),
        (r#"{"time":"now"}"#, Code::Malformed),
        (r#"{"time":1e999}"#, Code::Malformed),
        (r#"{"a":"\ud800"}"#, Code::Malformed),
    ] {
        assert_eq!(add(&store, &alice.document_over(data)), expected, "{data}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(64));
    assert_eq!(add(&store, &alice.document_over(&deep)), Code::TooLarge);
    let forged = with(alice.document_over("{}"), "data", json!("x"));
    assert_eq!(
        add(&store, &forged),
        Code::BadSignature,
        "data is read after the signature"
    );
}

#[test]
fn doc_3_too_old_and_too_far_in_the_future() {
    let (alice, device, newer) = (
        Owner::new("alice", 1),
        Owner::new("pad", 2),
        Owner::new("new", 3),
    );
    let store = store_of(&[&alice]);
    assert_eq!(add(&store, &alice.visa(&device, NOW + 1800.0)), Code::Ok);
    assert_eq!(
        add(&store, &alice.visa(&device, NOW + 1800.5)),
        Code::Expired
    );
    assert_eq!(add(&store, &alice.visa(&newer, NOW)), Code::Expired);
    let untimed = alice.document_over(&json!({"key": newer.key_mapping()}).to_string());
    assert_eq!(
        add(&store, &untimed),
        Code::Expired,
        "no time is older than any time"
    );
    assert_eq!(key_data(&store, &alice.id).len(), 2);
    let fresh = store_of(&[&alice]);
    assert_eq!(add(&fresh, &untimed), Code::Ok);
    assert_eq!(add(&fresh, &alice.visa(&device, 1.0)), Code::Ok);
    assert_eq!(
        add(&fresh, &alice.visa(&newer, 1.0)),
        Code::Ok,
        "the same time is not older"
    );
    assert_eq!(add(&fresh, &alice.visa(&device, 0.5)), Code::Expired);
}

fn key_data(store: &KeyStore, id: &str) -> Vec<Vec<u8>> {
    store
        .keys_for(id)
        .iter()
        .map(|key| key.data().to_vec())
        .collect()
}

#[test]
fn doc_3_eight_documents_are_held_newest_first() {
    let alice = Owner::new("alice", 1);
    let store = store_of(&[&alice]);
    let devices: Vec<Owner> = (10..20).map(|secret| Owner::new("pad", secret)).collect();
    for (time, device) in (0_u32..).zip(&devices) {
        let visa = alice.visa_for(device, f64::from(time), &format!("pad-{time}"));
        assert_eq!(code_of(store.add_document(visa.as_bytes(), NOW)), Code::Ok);
    }
    let expected: Vec<String> = [9, 8, 7, 6, 5, 4, 3, 2]
        .iter()
        .map(|&index: &usize| devices[index].address.clone())
        .collect();
    let held: Vec<String> = key_data(&store, &alice.id)
        .iter()
        .filter_map(|data| devices.iter().find(|device| data == &key_bytes(device)))
        .map(|device| device.address.clone())
        .collect();
    assert_eq!(held, expected);
    assert_eq!(
        key_data(&store, &alice.id).last(),
        Some(&key_bytes(&alice)),
        "the meta key comes last"
    );
}

fn key_bytes(owner: &Owner) -> Vec<u8> {
    dimp_core::base64::decode(owner.key_mapping()["data"].as_str().unwrap().as_bytes()).unwrap()
}

#[test]
fn doc_4_type_and_terminal_say_which_document_is_replaced() {
    let (alice, first, second) = (
        Owner::new("alice", 1),
        Owner::new("pad", 2),
        Owner::new("pad", 3),
    );
    // Two documents that share their place leave one document key, others two.
    let keys_after = |one: Value, two: Value| {
        let store = store_of(&[&alice]);
        assert_eq!((add(&store, &one), add(&store, &two)), (Code::Ok, Code::Ok));
        key_data(&store, &alice.id).len() - 1
    };
    let visa = alice.visa(&first, 1.0);
    let next = alice.visa(&second, 2.0);
    assert_eq!(keys_after(visa.clone(), next.clone()), 1);
    for none in ["", "*", "/"] {
        assert_eq!(
            keys_after(visa.clone(), with(next.clone(), "terminal", json!(none))),
            1,
            "{none:?}"
        );
        let of_did = with(next.clone(), "did", json!(format!("{}/pad", alice.id)));
        assert_eq!(
            keys_after(visa.clone(), with(of_did, "terminal", json!(none))),
            1,
            "the wrapper's wins: {none:?}"
        );
    }
    let pad = with(next.clone(), "terminal", json!("pad"));
    assert_eq!(keys_after(visa.clone(), pad.clone()), 2);
    let of_did = with(visa.clone(), "did", json!(format!("{}/pad", alice.id)));
    assert_eq!(keys_after(of_did, pad), 1);
    // The type in data comes before that of the wrapper, which comes before what the ID implies.
    assert_eq!(
        keys_after(visa.clone(), with(next, "type", json!("profile"))),
        1
    );
    let untyped = alice.document_over(&json!({"key": second.key_mapping(), "time": 2}).to_string());
    assert_eq!(keys_after(visa.clone(), untyped.clone()), 1);
    assert_eq!(keys_after(visa, with(untyped, "type", json!("profile"))), 2);
}

#[test]
fn doc_4_an_untyped_document_of_a_group_is_a_bulletin() {
    let (group, first, second) = (
        Owner::on_network("team", 1, 0x10),
        Owner::new("pad", 2),
        Owner::new("pad", 3),
    );
    let store = store_of(&[&group]);
    let document = |key: &Owner, kind: Value| {
        group.document_over(&json!({"type": kind, "key": key.key_mapping()}).to_string())
    };
    assert_eq!(add(&store, &document(&first, json!("bulletin"))), Code::Ok);
    assert_eq!(add(&store, &document(&second, Value::Null)), Code::Ok);
    assert_eq!(
        key_data(&store, &group.id),
        [key_bytes(&second), key_bytes(&group)]
    );
    assert_eq!(add(&store, &document(&first, json!("visa"))), Code::Ok);
    assert_eq!(key_data(&store, &group.id).len(), 3);
}

#[test]
fn doc_5_keys_that_do_not_parse_add_nothing() {
    let alice = Owner::new("alice", 1);
    let store = store_of(&[&alice]);
    for key in [
        json!(null),
        json!("x"),
        json!({}),
        json!({"algorithm": "DSA", "data": "x"}),
        json!({"algorithm": "RSA", "data": "x"}),
    ] {
        assert_eq!(
            add(
                &store,
                &alice.document_over(&json!({ "key": key }).to_string())
            ),
            Code::Ok
        );
        assert_eq!(key_data(&store, &alice.id), [key_bytes(&alice)]);
    }
    let own = alice.document_over(&json!({"key": alice.key_mapping()}).to_string());
    assert_eq!(add(&store, &own), Code::Ok);
    assert_eq!(
        key_data(&store, &alice.id),
        [key_bytes(&alice)],
        "each key once"
    );
}

/// Documents that between them get every verdict of DOC-1 to DOC-3 from [`documented_store`].
fn documents() -> Vec<String> {
    let (alice, bob, device) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("pad", 3),
    );
    let at = |time: f64| alice.visa(&device, time);
    let did = |name: &str| json!(format!("{name}@{}", alice.address));
    let documents = [
        at(NOW + 1.0),
        at(NOW),
        at(NOW - 1.0),
        with(at(NOW - 5.0), "terminal", json!("tv")),
        alice.document_over("{}"),
        at(NOW + 1800.5),
        with(at(NOW), "did", did("bob")),
        bob.visa(&device, NOW),
        with(bob.visa(&device, NOW), "did", did("alice")),
        with(at(NOW), "signature", json!("Zm9v")),
        with(at(NOW), "signature", json!("!")),
        with(at(NOW), "did", json!("nobody")),
        alice.document_over("[]"),
        json!({}),
        with(at(NOW + 2.0), "terminal", json!("tv")),
    ];
    let deep = format!("{{\"a\":{}", "[".repeat(64));
    documents
        .iter()
        .map(Value::to_string)
        .chain([deep])
        .collect()
}

/// Alice, with a document of `NOW` and an older one that was first.
fn documented_store() -> Arc<KeyStore> {
    let (alice, device) = (Owner::new("alice", 1), Owner::new("pad", 3));
    let store = store_of(&[&alice]);
    let first = with(alice.visa(&device, NOW - 1.0), "terminal", json!("pad"));
    assert_eq!(add(&store, &first), Code::Ok);
    assert_eq!(add(&store, &alice.visa(&device, NOW)), Code::Ok);
    store
}

#[test]
fn doc_8_a_batch_has_the_verdicts_of_each_document_added_alone() {
    let documents = documents();
    let alone: Vec<_> = documents
        .iter()
        .map(|document| documented_store().add_document(document.as_bytes(), NOW))
        .collect();
    for code in [
        Code::Ok,
        Code::BadSignature,
        Code::BadSignatureEncoding,
        Code::Mismatch,
        Code::UnknownSender,
        Code::BadEncoding,
        Code::BadAddress,
        Code::Malformed,
        Code::TooLarge,
        Code::Expired,
    ] {
        let codes = alone.iter().cloned().map(code_of);
        assert!(codes.clone().any(|found| found == code), "{code:?}");
    }
    // One that is held already is no news, and not too old: at its place -1, at another one too.
    assert_eq!(alone[2], Ok(()));
    let store = documented_store();
    let order = |index: usize, size: usize| (index + 5 * size) % documents.len();
    for size in 0..=40 {
        let batch: Vec<&[u8]> = (0..size)
            .map(|index| documents[order(index, size)].as_bytes())
            .collect();
        let expected: Vec<_> = (0..size)
            .map(|index| alone[order(index, size)].clone())
            .collect();
        assert_eq!(store.verify_documents(&batch, NOW, size % 3), expected);
    }
}

#[test]
fn doc_8_adds_nothing() {
    let (alice, bob, device) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("new", 4),
    );
    let store = documented_store();
    let before = key_data(&store, &alice.id);
    let [newer, older] = [NOW + 9.0, NOW + 8.0].map(|time| alice.visa(&device, time).to_string());
    let verdicts = store.verify_documents(&[newer.as_bytes(), older.as_bytes()], NOW, 0);
    assert_eq!(verdicts, [Ok(()), Ok(())], "one does not age the other");
    assert_eq!(key_data(&store, &alice.id), before);
    let unknown = bob.visa(&device, NOW).to_string();
    let verdicts = store.verify_documents(&[unknown.as_bytes()], NOW, 1);
    assert_eq!(
        code_of(verdicts.into_iter().next().unwrap()),
        Code::UnknownSender
    );
    assert_eq!(store.len(), 1);
}

#[test]
fn msg_6_any_key_of_the_sender_will_do() {
    let (alice, device, mallory) = (
        Owner::new("alice", 1),
        Owner::new("pad", 2),
        Owner::new("mallory", 3),
    );
    let store = store_of(&[&alice, &mallory]);
    let messages = [
        alice.message(),
        with(
            alice.message(),
            "sender",
            json!(format!("{}/pad", alice.id)),
        ),
        alice.message_signed_by(&device),
        alice.message_signed_by(&mallory),
        with(alice.message(), "data", json!("other text")),
        with(alice.message(), "signature", json!("Zm9v")),
    ];
    let mut expected = [
        Code::Ok,
        Code::Ok,
        Code::BadSignature,
        Code::BadSignature,
        Code::BadSignature,
        Code::BadSignatureEncoding,
    ];
    assert_eq!(verify(&store, &messages), expected);
    assert_eq!(add(&store, &alice.visa(&device, NOW)), Code::Ok);
    expected[2] = Code::Ok;
    assert_eq!(verify(&store, &messages), expected);
}

#[test]
fn msg_7_unknown_senders_and_other_names() {
    let (alice, bob) = (Owner::new("alice", 1), Owner::new("bob", 2));
    let store = store_of(&[&alice]);
    let other_name = with(
        alice.message(),
        "sender",
        json!(format!("bob@{}", alice.address)),
    );
    let nameless = with(alice.message(), "sender", json!(alice.address));
    let attached = with(other_name.clone(), "meta", alice.meta_value());
    assert_eq!(
        verify(&store, &[bob.message(), other_name, nameless, attached]),
        [
            Code::UnknownSender,
            Code::Mismatch,
            Code::Mismatch,
            Code::Mismatch
        ]
    );
    let everybody = with(alice.message(), "sender", json!("alice@anywhere"));
    assert_eq!(
        verify(&store, std::slice::from_ref(&everybody)),
        [Code::UnknownSender]
    );
    assert_eq!(
        verify(&store, &[with(everybody, "meta", alice.meta_value())]),
        [Code::Mismatch]
    );
}

#[test]
fn msg_8_attachments_of_a_sender_without_an_account() {
    let (alice, device, mallory) = (
        Owner::new("alice", 1),
        Owner::new("pad", 2),
        Owner::new("mallory", 3),
    );
    let store = store_of(&[]);
    let attach =
        |message: Value, meta: Value, visa: Value| with(with(message, "meta", meta), "visa", visa);
    let (meta, visa) = (alice.meta_value(), alice.visa(&device, NOW));
    let stolen: Value = serde_json::from_str(&alice.stolen_meta(&mallory)).unwrap();
    let cases = [
        (attach(alice.message(), meta.clone(), Value::Null), Code::Ok),
        (
            attach(alice.message_signed_by(&device), meta.clone(), visa.clone()),
            Code::Ok,
        ),
        (
            attach(alice.message_signed_by(&device), meta.clone(), Value::Null),
            Code::BadSignature,
        ),
        (
            attach(
                alice.message_signed_by(&device),
                meta.clone(),
                alice.visa(&device, NOW + 3600.0),
            ),
            Code::BadSignature,
        ),
        (
            attach(
                alice.message_signed_by(&device),
                meta.clone(),
                mallory.visa(&device, NOW),
            ),
            Code::BadSignature,
        ),
        (
            attach(alice.message_signed_by(&device), meta.clone(), json!({})),
            Code::BadSignature,
        ),
        (attach(alice.message(), meta.clone(), json!({})), Code::Ok),
        (
            attach(alice.message(), Value::Null, visa.clone()),
            Code::UnknownSender,
        ),
        (
            attach(alice.message_signed_by(&mallory), stolen, Value::Null),
            Code::Mismatch,
        ),
        (
            attach(alice.message(), mallory.meta_value(), Value::Null),
            Code::Mismatch,
        ),
        (
            attach(alice.message(), json!({}), Value::Null),
            Code::Mismatch,
        ),
        (
            attach(alice.message_signed_by(&mallory), meta, visa),
            Code::BadSignature,
        ),
    ];
    for (message, expected) in &cases {
        assert_eq!(
            verify(&store, std::slice::from_ref(message)),
            [*expected],
            "{message}"
        );
    }
    let (messages, expected): (Vec<Value>, Vec<Code>) = cases.into_iter().unzip();
    assert_eq!(
        verify(&store, &messages),
        expected,
        "one message does not help another"
    );
    assert!(store.is_empty());
}

#[test]
fn msg_8_attachments_of_a_sender_with_an_account() {
    let (alice, device, mallory) = (
        Owner::new("alice", 1),
        Owner::new("pad", 2),
        Owner::new("mallory", 3),
    );
    let store = store_of(&[&alice]);
    assert_eq!(add(&store, &alice.visa(&mallory, NOW)), Code::Ok);
    let stolen: Value = serde_json::from_str(&alice.stolen_meta(&mallory)).unwrap();
    let signed = alice.message_signed_by(&device);
    let elsewhere = with(
        alice.visa(&device, NOW),
        "did",
        json!(format!("alice@{}", device.address)),
    );
    assert_eq!(
        verify(
            &store,
            &[
                with(alice.message(), "meta", stolen),
                with(alice.message(), "meta", json!({})),
                with(signed.clone(), "visa", alice.visa(&device, NOW)),
                with(signed.clone(), "visa", alice.visa(&device, 1.0)),
                with(signed.clone(), "visa", device.visa(&device, NOW)),
                with(signed.clone(), "visa", elsewhere),
                with(
                    with(signed, "visa", device.visa(&device, NOW)),
                    "meta",
                    device.meta_value()
                ),
            ]
        ),
        [
            Code::Ok,
            Code::Ok,
            Code::Ok,
            Code::BadSignature,
            Code::BadSignature,
            Code::BadSignature,
            Code::BadSignature
        ]
    );
}

#[test]
fn msg_9_learning_keeps_what_came_with_verified_messages() {
    let (alice, bob, device) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("pad", 3),
    );
    let frames = |messages: &[Value]| messages.iter().map(Value::to_string).collect::<Vec<_>>();
    let first = [
        with(
            with(alice.message(), "meta", alice.meta_value()),
            "visa",
            alice.visa(&device, NOW),
        ),
        with(bob.message_signed_by(&alice), "meta", bob.meta_value()),
        alice.message_signed_by(&device),
    ];
    let store = store_of(&[]);
    assert_eq!(
        verify_frames(&store, &frames(&first), true),
        [Code::Ok, Code::BadSignature, Code::UnknownSender],
        "judged by the keyring as it stood (MSG-10)"
    );
    assert_eq!(store.addresses(), [&*alice.address]);
    assert_eq!(verify(&store, &first[2..]), [Code::Ok]);
    // Not the keyring's business: an older visa, somebody else's, none.
    let second = [
        with(alice.message(), "visa", alice.visa(&bob, 1.0)),
        with(alice.message(), "visa", bob.visa(&bob, NOW)),
        alice.message(),
    ];
    assert_eq!(verify_frames(&store, &frames(&second), true), [Code::Ok; 3]);
    assert_eq!(
        key_data(&store, &alice.id),
        [key_bytes(&device), key_bytes(&alice)]
    );
}

#[test]
fn msg_9_a_full_store_learns_nothing() {
    let (alice, bob) = (Owner::new("alice", 1), Owner::new("bob", 2));
    let store = Arc::new(KeyStore::new(Some(1), false));
    assert_eq!(store.add_meta(&alice.id, alice.meta.as_bytes()), Ok(Ok(())));
    let frame = with(bob.message(), "meta", bob.meta_value()).to_string();
    assert_eq!(verify_frames(&store, &[frame], true), [Code::Ok]);
    assert_eq!(store.addresses(), [alice.address]);
}

#[test]
fn the_first_meta_stays() {
    let alice = Owner::new("alice", 1);
    let store = store_of(&[&alice]);
    assert_eq!(
        add(&store, &alice.visa(&Owner::new("pad", 2), NOW)),
        Code::Ok
    );
    assert_eq!(store.add_meta(&alice.id, alice.meta.as_bytes()), Ok(Ok(())));
    assert_eq!(key_data(&store, &alice.id).len(), 2);
    assert_eq!(store.len(), 1);
    let refused = store.add_meta(&alice.id, b"{}").unwrap().unwrap_err();
    assert_eq!(refused.code, Code::Malformed);
}

#[test]
fn a_full_store_refuses_or_evicts_the_least_recently_used() {
    let owners: Vec<Owner> = (1..5).map(|secret| Owner::new("user", secret)).collect();
    let add_all = |store: &KeyStore| -> Vec<Result<Code, Full>> {
        owners
            .iter()
            .map(|owner| {
                store
                    .add_meta(&owner.id, owner.meta.as_bytes())
                    .map(code_of)
            })
            .collect()
    };
    let store = KeyStore::new(Some(2), false);
    assert_eq!(
        add_all(&store),
        [Ok(Code::Ok), Ok(Code::Ok), Err(Full), Err(Full)]
    );
    assert!(store.discard(&owners[0].address) && !store.discard(&owners[0].address));
    assert_eq!(
        store
            .add_meta(&owners[3].id, owners[3].meta.as_bytes())
            .map(code_of),
        Ok(Code::Ok)
    );
    let store = KeyStore::new(Some(2), true);
    assert_eq!(add_all(&store), [Ok(Code::Ok); 4]);
    assert_eq!(
        store.addresses(),
        [owners[2].address.clone(), owners[3].address.clone()]
    );
    assert_eq!(store.keys_for(&owners[2].id).len(), 1);
    assert_eq!(
        store
            .add_meta(&owners[0].id, owners[0].meta.as_bytes())
            .map(code_of),
        Ok(Code::Ok)
    );
    assert_eq!(
        store.addresses(),
        [owners[2].address.clone(), owners[0].address.clone()]
    );
    assert!(store.contains(&owners[2].address) && !store.contains(&owners[3].address));
}

#[test]
fn keys_for_nobody() {
    let alice = Owner::new("alice", 1);
    let store = store_of(&[&alice]);
    for id in [
        "",
        "nobody",
        "anywhere",
        &alice.address,
        &format!("bob@{}", alice.address),
    ] {
        assert!(store.keys_for(id).is_empty(), "{id:?}");
    }
    assert_eq!(store.keys_for(&format!("{}/pad", alice.id)).len(), 1);
}

fn stored<'a>(owner: &'a Owner, documents: &'a [String]) -> Stored<'a> {
    Stored {
        address: &owner.address,
        meta: owner.meta.as_bytes(),
        documents: documents.iter().map(String::as_bytes).collect(),
    }
}

#[test]
fn load_checks_everything() {
    let (alice, bob, device) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("pad", 3),
    );
    let store = store_of(&[]);
    let documents = [
        alice.visa(&device, 5.0).to_string(),
        alice.visa(&device, 4.0).to_string(),
        bob.visa(&device, 5.0).to_string(),
        with(
            alice.visa(&device, 5.0),
            "did",
            json!(format!("alice@{}", bob.address)),
        )
        .to_string(),
        "{".to_owned(),
    ];
    let swapped = Stored {
        address: &bob.address,
        ..stored(&alice, &documents)
    };
    let nowhere = Stored {
        address: "nowhere",
        ..stored(&alice, &[])
    };
    let loaded = store
        .load(
            &[
                stored(&alice, &documents),
                swapped,
                nowhere,
                stored(&bob, &[]),
            ],
            NOW,
            0,
        )
        .unwrap();
    let codes: Vec<(Code, Vec<Code>)> = loaded
        .into_iter()
        .map(|one| {
            (
                code_of(one.meta),
                one.documents.into_iter().map(code_of).collect(),
            )
        })
        .collect();
    assert_eq!(
        codes,
        [
            (
                Code::Ok,
                vec![
                    Code::Ok,
                    Code::Ok,
                    Code::Mismatch,
                    Code::Mismatch,
                    Code::Malformed
                ]
            ),
            (Code::Mismatch, vec![]),
            (Code::BadAddress, vec![]),
            (Code::Ok, vec![]),
        ]
    );
    assert_eq!(store.len(), 2);
    assert_eq!(
        key_data(&store, &alice.id),
        [key_bytes(&device), key_bytes(&alice)]
    );
    let full = KeyStore::new(Some(1), false);
    assert_eq!(
        full.load(&[stored(&alice, &[]), stored(&bob, &[])], NOW, 1),
        Err(Full)
    );
}

#[test]
fn loading_again_does_not_bring_older_documents_back() {
    let (alice, old, new) = (
        Owner::new("alice", 1),
        Owner::new("old", 2),
        Owner::new("new", 3),
    );
    let store = store_of(&[&alice]);
    assert_eq!(add(&store, &alice.visa(&new, 5.0)), Code::Ok);
    let documents = [alice.visa(&old, 4.0).to_string()];
    let loaded = store.load(&[stored(&alice, &documents)], NOW, 1).unwrap();
    assert_eq!(
        loaded[0]
            .documents
            .clone()
            .into_iter()
            .map(code_of)
            .collect::<Vec<_>>(),
        [Code::Expired]
    );
    assert_eq!(
        key_data(&store, &alice.id),
        [key_bytes(&new), key_bytes(&alice)]
    );
}

/// A batch of messages with what resolving them needs.
struct Batch {
    frames: Vec<String>,
}

impl Batch {
    fn of(messages: &[Value]) -> Self {
        Self {
            frames: messages.iter().map(Value::to_string).collect(),
        }
    }

    fn frames(&self) -> Vec<&[u8]> {
        self.frames.iter().map(String::as_bytes).collect()
    }

    fn table(&self) -> message::Table {
        message::decode_batch(&self.frames(), 1)
    }

    fn codes(&self, resolution: &Resolution) -> Vec<Code> {
        resolution
            .verify(&self.table(), &self.frames(), NOW, 1)
            .into_iter()
            .map(code_of)
            .collect()
    }
}

#[test]
fn a_resolution_names_and_loads_what_is_missing() {
    let (alice, bob, device) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("pad", 3),
    );
    let store = Arc::new(KeyStore::new(Some(1), true));
    let pad = with(
        bob.message_signed_by(&device),
        "sender",
        json!(format!("{}/pad", bob.id)),
    );
    let batch = Batch::of(&[
        alice.message(),
        bob.message(),
        pad,
        json!({}),
        alice.message(),
    ]);
    let resolution = store.resolve(&batch.table());
    assert_eq!(
        resolution.missing(),
        [alice.address.clone(), bob.address.clone()]
    );
    let unknown = Code::UnknownSender;
    assert_eq!(
        batch.codes(&resolution),
        [unknown, unknown, unknown, Code::Malformed, unknown]
    );
    let documents = [bob.visa(&device, NOW).to_string()];
    resolution
        .load(&[stored(&alice, &[]), stored(&bob, &documents)], NOW, 0)
        .unwrap();
    assert_eq!(resolution.missing(), [""; 0]);
    assert_eq!(
        store.addresses(),
        [&*bob.address],
        "the store has room for one"
    );
    assert_eq!(
        batch.codes(&resolution),
        [Code::Ok, Code::Ok, Code::Ok, Code::Malformed, Code::Ok]
    );
}

#[test]
fn msg_10_a_resolution_keeps_what_it_found() {
    let (alice, device) = (Owner::new("alice", 1), Owner::new("pad", 2));
    let store = store_of(&[&alice]);
    let batch = Batch::of(&[alice.message(), alice.message_signed_by(&device)]);
    let before = store.resolve(&batch.table());
    assert_eq!(add(&store, &alice.visa(&device, NOW)), Code::Ok);
    let after = store.resolve(&batch.table());
    assert!(store.discard(&alice.address));
    assert_eq!(batch.codes(&before), [Code::Ok, Code::BadSignature]);
    assert_eq!(batch.codes(&after), [Code::Ok, Code::Ok]);
    assert_eq!(
        batch.codes(&store.resolve(&batch.table())),
        [Code::UnknownSender; 2]
    );
}

#[test]
fn verdict_3_neighbours_order_and_threads_do_not_matter() {
    let owners: Vec<Owner> = (1..6).map(|secret| Owner::new("user", secret)).collect();
    let store = store_of(&[&owners[0], &owners[1]]);
    let messages: Vec<Value> = (0..60)
        .map(|index| {
            let message = owners[index % 5].message_signed_by(&owners[index / 5 % 5]);
            if index % 2 == 0 {
                with(message, "meta", owners[index % 5].meta_value())
            } else {
                message
            }
        })
        .collect();
    let alone: Vec<Code> = messages
        .iter()
        .flat_map(|message| verify(&store, std::slice::from_ref(message)))
        .collect();
    assert_eq!(verify(&store, &messages), alone);
    let mut backwards = messages;
    backwards.reverse();
    let mut reversed = verify(&store, &backwards);
    reversed.reverse();
    assert_eq!(reversed, alone);
    for code in [Code::Ok, Code::BadSignature, Code::UnknownSender] {
        assert!(alone.contains(&code), "{code:?}");
    }
}

/// Whatever an attachment says, nothing panics, and only what the owner signed verifies.
#[test]
fn mutated_attachments_never_panic_and_never_help() {
    let (alice, device, mallory) = (
        Owner::new("alice", 1),
        Owner::new("pad", 2),
        Owner::new("mallory", 3),
    );
    let store = store_of(&[]);
    let good = with(
        with(
            alice.message_signed_by(&mallory),
            "meta",
            alice.meta_value(),
        ),
        "visa",
        alice.visa(&device, NOW),
    )
    .to_string();
    let mut random = Random::new(3);
    let frames: Vec<Vec<u8>> = (0..1_500)
        .map(|_| mutate(&mut random, good.as_bytes()))
        .collect();
    let codes = verify_frames(&store, &frames, true);
    for (frame, code) in frames.iter().zip(&codes) {
        assert_ne!(*code, Code::Ok, "{}", String::from_utf8_lossy(frame));
    }
    for code in [
        Code::BadSignature,
        Code::Mismatch,
        Code::Malformed,
        Code::UnknownSender,
    ] {
        assert!(codes.contains(&code), "{code:?}");
    }
    assert!(store.is_empty());
}

#[test]
fn seal_3_encryption_keys_are_one_a_terminal_newest_first_or_the_meta_key() {
    let (alice, device) = (Owner::new("alice", 1), Owner::new("pad", 2));
    let store = store_of(&[&alice]);
    let rsa = ["hulk", "moki"].map(|name| vector(&format!("meta.doc.{name}"))["input"].clone());
    let visa = |key: &Value, time: u32, terminal: &str| {
        let data = json!({"type": "visa", "time": time, "key": key}).to_string();
        with(alice.document_over(&data), "terminal", json!(terminal))
    };
    let found = || -> Vec<_> {
        let keys = store.encryption_keys(&format!("{}/any", alice.id));
        keys.into_iter()
            .map(|(terminal, key)| (terminal.map(String::from), key.public().clone()))
            .collect()
    };
    let [hulk, moki] = ["hulk", "moki"].map(|name| {
        let published = vector(&format!("meta.doc.{name}"));
        let (id, meta) = (&published["output"]["id"], &published["input"]);
        let (_, key) = meta::check(id.as_str().unwrap(), meta.to_string().as_bytes()).unwrap();
        key.public().clone()
    });
    assert_eq!(found(), [], "an Ed25519 key encrypts nothing");
    assert_eq!(add(&store, &visa(&rsa[0]["key"], 1, "pad")), Code::Ok);
    assert_eq!(add(&store, &visa(&rsa[1]["key"], 2, "")), Code::Ok);
    assert_eq!(add(&store, &visa(&device.key_mapping(), 3, "pc")), Code::Ok);
    let pad = || (Some("pad".to_owned()), hulk.clone());
    assert_eq!(found(), [(None, moki.clone()), pad()]);
    // What cannot stand in an ID is no terminal to write to.
    for (time, terminal) in (4..).zip(["a b", "a/b", &"x".repeat(200)]) {
        assert_eq!(add(&store, &visa(&rsa[0]["key"], time, terminal)), Code::Ok);
        assert_eq!(found(), [(None, hulk.clone()), pad()]);
    }
    assert!(store.encryption_keys("alice@anywhere").is_empty());
    assert!(store
        .encryption_keys(&format!("bob@{}", alice.address))
        .is_empty());

    let meta = rsa[0].to_string();
    let id = vector("meta.doc.hulk")["output"]["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(store.add_meta(id, meta.as_bytes()), Ok(Ok(())));
    let [(terminal, key)] = &store.encryption_keys(id)[..] else {
        panic!("one key");
    };
    assert_eq!((terminal, key.public()), (&None, &hulk));
}
