//! docs/semantics.md#meta-1 to #meta-4.

use dimp_core::code::Code;
use dimp_core::{base64, meta};
use serde_json::{json, Value};

use crate::owner::Owner;

/// What the network has published: metas, documents and messages with their expected results.
pub fn vector(id: &str) -> Value {
    let text = include_str!("../../../../tests/data/dim/vectors.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    let vectors = all["vectors"].as_array().expect("an array");
    vectors
        .iter()
        .find(|vector| vector["id"] == id)
        .unwrap_or_else(|| panic!("{id}"))
        .clone()
}

fn code(identifier: &str, meta: &str) -> Code {
    meta::check(identifier, meta.as_bytes()).map_or_else(|refusal| refusal.code, |_| Code::Ok)
}

fn changed(owner: &Owner, field: &str, value: Value) -> String {
    let mut meta = owner.meta_value();
    meta[field] = value;
    meta.to_string()
}

#[test]
fn meta_3_published_metas_match_their_ids() {
    for name in ["hulk", "moki"] {
        let published = vector(&format!("meta.doc.{name}"));
        assert_eq!(
            code(
                published["output"]["id"].as_str().unwrap(),
                &published["input"].to_string()
            ),
            Code::Ok
        );
    }
    let ecc = vector("meta.mkm.ecc")["output"].clone();
    for (network, id) in ecc["ids"].as_object().unwrap() {
        assert_eq!(
            code(id.as_str().unwrap(), &ecc["meta"].to_string()),
            Code::Ok,
            "network {network}"
        );
    }
    for name in [
        "meta.btc.ecc",
        "meta.btc.ecc.compressed",
        "meta.btc.ecc.hex66",
        "meta.btc.rsa",
    ] {
        let published = vector(name);
        let address = published["output"]["0"].as_str().unwrap();
        assert_eq!(
            code(address, &published["input"].to_string()),
            Code::Ok,
            "{name}"
        );
        assert_eq!(
            code(&format!("{address}/pad"), &published["input"].to_string()),
            Code::Ok,
            "{name}"
        );
        assert_eq!(
            code(&format!("name@{address}"), &published["input"].to_string()),
            Code::Mismatch,
            "{name}"
        );
    }
    let eth = vector("meta.eth.ecc");
    let address = eth["output"].as_str().unwrap();
    assert_eq!(code(address, &eth["input"].to_string()), Code::Ok);
    assert_eq!(
        code(&address.to_lowercase(), &eth["input"].to_string()),
        Code::Ok
    );
    assert_eq!(
        code(address, &vector("meta.eth.compressed")["input"].to_string()),
        Code::Mismatch
    );
}

#[test]
fn meta_1_type() {
    let owner = Owner::new("alice", 1);
    for value in [json!(1), json!("1"), json!("mkm"), json!("MKM")] {
        assert_eq!(code(&owner.id, &changed(&owner, "type", value)), Code::Ok);
    }
    for value in [
        json!(3),
        json!(0),
        json!(-1),
        json!("5"),
        json!("Mkm"),
        json!(""),
        json!(u64::MAX),
    ] {
        let code = code(&owner.id, &changed(&owner, "type", value.clone()));
        assert_eq!(code, Code::Unsupported, "{value}");
    }
    for value in [
        json!(true),
        json!([]),
        json!({}),
        json!(1.0),
        json!(1.5),
        Value::Null,
    ] {
        assert_eq!(
            code(&owner.id, &changed(&owner, "type", value.clone())),
            Code::Malformed,
            "{value}"
        );
    }
    let infinite = owner.meta.replace("\"type\":1", "\"type\":1e999");
    assert_ne!(infinite, owner.meta);
    assert_eq!(code(&owner.id, &infinite), Code::Malformed);
}

#[test]
fn meta_1_version_stands_for_an_absent_type() {
    let owner = Owner::new("alice", 1);
    let with = |kind: Value, version: Value| {
        let mut meta = owner.meta_value();
        meta["type"] = kind;
        meta["version"] = version;
        code(&owner.id, &meta.to_string())
    };
    assert_eq!(with(Value::Null, json!(1)), Code::Ok);
    assert_eq!(with(json!(1), json!([])), Code::Ok);
    assert_eq!(with(json!(3), json!(1)), Code::Unsupported);
    assert_eq!(with(Value::Null, Value::Null), Code::Malformed);
}

#[test]
fn meta_1_key_is_an_object() {
    let owner = Owner::new("alice", 1);
    for value in [Value::Null, json!("x"), json!([]), json!(1)] {
        assert_eq!(
            code(&owner.id, &changed(&owner, "key", value)),
            Code::Malformed
        );
    }
}

#[test]
fn meta_2_seed_and_fingerprint() {
    let owner = Owner::new("alice", 1);
    for (field, value, expected) in [
        ("seed", Value::Null, Code::Malformed),
        ("seed", json!(""), Code::Malformed),
        ("seed", json!(5), Code::Malformed),
        ("fingerprint", Value::Null, Code::Malformed),
        ("fingerprint", json!(""), Code::Malformed),
        ("fingerprint", json!([]), Code::Malformed),
        ("fingerprint", json!("!"), Code::BadEncoding),
        ("fingerprint", json!("data:,x"), Code::BadEncoding),
        ("fingerprint", json!("data:;base64,"), Code::BadEncoding),
    ] {
        assert_eq!(
            code(&owner.id, &changed(&owner, field, value.clone())),
            expected,
            "{field} {value}"
        );
    }
    let infinite = owner.meta.replace("\"seed\":\"alice\"", "\"seed\":1e999");
    assert_eq!(code("1e999@anywhere", &infinite), Code::Malformed);
    let eth = vector("meta.eth.ecc");
    for field in ["seed", "fingerprint"] {
        let mut meta = eth["input"].clone();
        meta[field] = json!("");
        assert_eq!(
            code(eth["output"].as_str().unwrap(), &meta.to_string()),
            Code::Malformed,
            "{field}"
        );
        meta[field] = Value::Null;
        assert_eq!(
            code(eth["output"].as_str().unwrap(), &meta.to_string()),
            Code::Ok,
            "{field}"
        );
    }
}

#[test]
fn meta_2_a_fingerprint_may_be_spelled_in_many_ways() {
    let owner = Owner::new("alice", 1);
    let text = owner.meta_value()["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    for spelled in [format!("data:;base64,{text}"), format!(" {text}\n")] {
        assert_eq!(
            code(&owner.id, &changed(&owner, "fingerprint", json!(spelled))),
            Code::Ok
        );
    }
}

#[test]
fn meta_3_mismatches() {
    let (alice, bob) = (Owner::new("alice", 1), Owner::new("bob", 2));
    for id in [
        bob.id.clone(),
        format!("Alice@{}", alice.address),
        alice.address.clone(),
        format!("alice@{}", bob.address),
        "alice@anywhere".to_owned(),
        "alice@everywhere".to_owned(),
        "alice@0x3E9003153d9A39D3f57B126b0c38513D5e289c3E".to_owned(),
    ] {
        assert_eq!(code(&id, &alice.meta), Code::Mismatch, "{id}");
    }
    assert_eq!(code(&format!("{}/pad", alice.id), &alice.meta), Code::Ok);
    assert_eq!(code("nobody", &alice.meta), Code::BadAddress);
}

#[test]
fn meta_3_the_key_and_its_signature_come_after_the_address() {
    let (alice, bob) = (Owner::new("alice", 1), Owner::new("bob", 2));
    for (key, expected) in [
        (json!({}), Code::BadKey),
        (json!({"algorithm": "RSA"}), Code::BadKey),
        (json!({"algorithm": "DSA", "data": "x"}), Code::Unsupported),
        (json!({"algorithm": "ED25519", "data": "!"}), Code::BadKey),
        (json!({"algorithm": 5, "data": "x"}), Code::BadKey),
    ] {
        assert_eq!(
            code(&alice.id, &changed(&alice, "key", key.clone())),
            expected,
            "{key}"
        );
        assert_eq!(
            code(&bob.id, &changed(&alice, "key", key.clone())),
            Code::Mismatch,
            "{key}"
        );
    }
    let short = base64::encode(b"too short");
    let meta = changed(&alice, "fingerprint", json!(short));
    let id = format!("alice@{}", dimp_core::address::derive(b"too short", 8));
    assert_eq!(code(&id, &meta), Code::BadSignatureEncoding);
}

#[test]
fn meta_3_for_types_2_and_4_the_key_comes_first() {
    let alice = Owner::new("alice", 1);
    for kind in [2, 4] {
        let meta = json!({"type": kind, "key": {"algorithm": "RSA", "data": "x"}}).to_string();
        assert_eq!(code(&alice.address, &meta), Code::BadKey);
        assert_eq!(
            code(&alice.id, &meta),
            Code::Mismatch,
            "the name needs no key"
        );
        assert_eq!(code("anywhere", &meta), Code::Mismatch);
        let sound = json!({"type": kind, "key": alice.key_mapping()}).to_string();
        assert_eq!(code(&alice.address, &sound), Code::Mismatch);
    }
}

#[test]
fn meta_4_a_copied_fingerprint_binds_nothing() {
    let (alice, mallory) = (Owner::new("alice", 1), Owner::new("mallory", 3));
    assert_eq!(
        code(&alice.id, &alice.stolen_meta(&mallory)),
        Code::BadSignature
    );
    // The other way round: a key that signs the name, under another address.
    let own = Owner::new("alice", 3);
    assert_eq!(code(&alice.id, &own.meta), Code::Mismatch);
}

#[test]
fn key_4_compressed_says_what_is_hashed() {
    let compressed = vector("meta.btc.ecc.compressed");
    let address = compressed["output"]["0"].as_str().unwrap();
    for (flag, expected) in [
        (json!(true), Code::Ok),
        (json!(1), Code::Ok),
        (json!(-2), Code::Ok),
        (json!(0.5), Code::Ok),
        (json!("yes"), Code::Ok),
        (json!("1"), Code::Ok),
        (json!("on"), Code::Ok),
        (json!("true"), Code::Ok),
        (json!(false), Code::Mismatch),
        (json!(0), Code::Mismatch),
        (json!(0.0), Code::Mismatch),
        (json!("0"), Code::Mismatch),
        (json!("no"), Code::Mismatch),
        (json!(""), Code::Mismatch),
        (json!([1]), Code::Mismatch),
        (Value::Null, Code::Mismatch),
    ] {
        let mut meta = compressed["input"].clone();
        meta["key"]["compressed"] = flag.clone();
        assert_eq!(code(address, &meta.to_string()), expected, "{flag}");
    }
}

#[test]
fn verdict_2_the_first_of_several_causes() {
    let alice = Owner::new("alice", 1);
    assert_eq!(code("nobody", "{"), Code::Malformed);
    assert_eq!(
        code("nobody", &format!("{{\"a\":{}", "[".repeat(64))),
        Code::TooLarge
    );
    assert_eq!(
        code("nobody", &changed(&alice, "fingerprint", json!("!"))),
        Code::BadEncoding
    );
    assert_eq!(
        code("nobody", &changed(&alice, "type", json!(3))),
        Code::BadAddress
    );
    assert_eq!(
        code("alice@anywhere", &changed(&alice, "type", json!(3))),
        Code::Mismatch
    );
    assert_eq!(
        code(&alice.id, &json!({"type": 3}).to_string()),
        Code::Malformed
    );
}

#[test]
fn json_3_in_a_meta_the_last_of_equal_names_wins() {
    let alice = Owner::new("alice", 1);
    assert_eq!(
        code(
            &alice.id,
            &alice.meta.replacen('{', "{\"type\":3,\"seed\":5,", 1)
        ),
        Code::Ok
    );
}
