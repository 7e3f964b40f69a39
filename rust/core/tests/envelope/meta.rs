//! docs/semantics.md#meta-1 to #meta-7, #ext-1, #ext-2.

use std::sync::Arc;

use dimp_core::code::{Code, Refusal};
use dimp_core::meta::MetaType;
use dimp_core::{base64, meta};
use serde_json::{json, Value};

use crate::mutate::{mutate, Random};
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

/// IDs and metas that between them get every verdict that META-3 gives.
fn pairs() -> Vec<(String, String)> {
    let (alice, bob, mallory) = (
        Owner::new("alice", 1),
        Owner::new("bob", 2),
        Owner::new("mallory", 3),
    );
    let hulk = vector("meta.doc.hulk");
    let (btc, eth) = (vector("meta.btc.ecc.compressed"), vector("meta.eth.ecc"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let short = changed(&alice, "fingerprint", json!(base64::encode(b"short")));
    vec![
        (alice.id.clone(), alice.meta.clone()),
        (text(&hulk["output"]["id"]), hulk["input"].to_string()),
        (text(&btc["output"]["0"]), btc["input"].to_string()),
        (text(&eth["output"]), eth["input"].to_string()),
        (alice.id.clone(), alice.stolen_meta(&mallory)),
        (
            format!("alice@{}", dimp_core::address::derive(b"short", 8)),
            short,
        ),
        (bob.id.clone(), alice.meta.clone()),
        (text(&eth["output"]), btc["input"].to_string()),
        ("alice@anywhere".to_owned(), alice.meta.clone()),
        ("nobody".to_owned(), alice.meta.clone()),
        (alice.id.clone(), changed(&alice, "type", json!(3))),
        (alice.id.clone(), changed(&alice, "key", json!({}))),
        (alice.id.clone(), changed(&alice, "fingerprint", json!("!"))),
        (alice.id, "{".to_owned()),
        (bob.id.clone(), bob.meta),
        (bob.address, json!({"type": 4, "key": {}}).to_string()),
        (bob.id, format!("{{\"a\":{}", "[".repeat(64))),
    ]
}

fn match_pairs(pairs: &[&(String, String)], threads: usize) -> Vec<Result<(), Refusal>> {
    let identifiers: Vec<&str> = pairs.iter().map(|(id, _)| &**id).collect();
    let metas: Vec<&[u8]> = pairs.iter().map(|(_, meta)| meta.as_bytes()).collect();
    meta::match_batch(&identifiers, &metas, threads)
}

fn alone(pairs: &[(String, String)]) -> Vec<Result<(), Refusal>> {
    pairs
        .iter()
        .map(|(id, text)| meta::check(id, text.as_bytes()).map(|_| ()))
        .collect()
}

#[test]
fn meta_7_a_batch_equals_its_pairs_at_every_size_and_in_every_order() {
    let pairs = pairs();
    let alone = alone(&pairs);
    for code in [
        Code::BadSignature,
        Code::BadSignatureEncoding,
        Code::BadKey,
        Code::Unsupported,
        Code::Mismatch,
        Code::BadEncoding,
        Code::BadAddress,
        Code::Malformed,
        Code::TooLarge,
    ] {
        let is_there = |verdict: &Result<(), Refusal>| {
            verdict.as_ref().is_err_and(|refusal| refusal.code == code)
        };
        assert!(alone.iter().any(is_there), "{code:?}");
    }
    assert_eq!(alone.iter().filter(|verdict| verdict.is_ok()).count(), 5);
    let order = |index: usize, size: usize| (index + 7 * size) % pairs.len();
    for size in 0..=40 {
        let batch: Vec<_> = (0..size).map(|index| &pairs[order(index, size)]).collect();
        let expected: Vec<_> = (0..size)
            .map(|index| alone[order(index, size)].clone())
            .collect();
        assert_eq!(match_pairs(&batch, size % 3), expected, "{size} pairs");
    }
}

#[test]
fn meta_7_one_pair_among_others_in_every_position() {
    let pairs = pairs();
    let alone = alone(&pairs);
    let (good, forged, broken) = (0, 4, 13);
    for (one, others) in [(good, broken), (forged, good), (broken, good)] {
        for position in 0..9 {
            let which = |index: usize| if index == position { one } else { others };
            let batch: Vec<_> = (0..9).map(|index| &pairs[which(index)]).collect();
            let expected: Vec<_> = (0..9).map(|index| alone[which(index)].clone()).collect();
            assert_eq!(match_pairs(&batch, 0), expected);
        }
    }
}

#[test]
fn meta_7_batches_of_many_chunks_keep_their_order() {
    // Nearly all are refused at once, so that this is quick; what is not stands at the seams.
    let pairs = pairs();
    let alone = alone(&pairs);
    let which = |index: usize| match index {
        2046..=2049 | 4095 | 4096 | 6000 => index % 8,
        _ => 8 + index % 5,
    };
    for threads in [1, 0] {
        let batch: Vec<_> = (0..6001).map(|index| &pairs[which(index)]).collect();
        let verdicts = match_pairs(&batch, threads);
        assert_eq!(verdicts.len(), batch.len());
        for (index, verdict) in verdicts.iter().enumerate() {
            assert_eq!(*verdict, alone[which(index)], "{index}");
        }
    }
}

#[test]
fn meta_4_every_changed_field_binds_nothing() {
    let (alice, mallory) = (Owner::new("alice", 1), Owner::new("mallory", 3));
    let impostor = Owner::new("alice", 3);
    let eth = vector("meta.eth.ecc");
    for (field, value) in [
        ("seed", json!("Alice")),
        ("seed", json!("mallory")),
        ("seed", json!("alice ")),
        ("fingerprint", impostor.meta_value()["fingerprint"].clone()),
        ("fingerprint", mallory.meta_value()["fingerprint"].clone()),
        ("fingerprint", json!(base64::encode(&[0; 64]))),
        ("key", mallory.key_mapping()),
        ("key", eth["input"]["key"].clone()),
        ("type", json!(2)),
        ("type", json!(4)),
    ] {
        let forged = changed(&alice, field, value.clone());
        let verdict = code(&alice.id, &forged);
        assert_ne!(verdict, Code::Ok, "{field} {value}");
        let batch = match_pairs(&[&(alice.id.clone(), forged)], 1);
        assert_eq!(batch[0].as_ref().unwrap_err().code, verdict);
    }
    // Types 2 and 4: the address is all there is.
    let point = eth["output"].as_str().unwrap();
    for (field, value) in [("key", alice.key_mapping()), ("type", json!(2))] {
        let mut forged = eth["input"].clone();
        forged[field] = value;
        assert_eq!(code(point, &forged.to_string()), Code::Mismatch, "{field}");
    }
}

/// Whatever is done to the text of a meta, it proves the key of the owner or none.
#[test]
fn meta_4_mutated_metas_never_prove_another_key() {
    let alice = Owner::new("alice", 1);
    let key = base64::decode(alice.key_mapping()["data"].as_str().unwrap().as_bytes()).unwrap();
    let mut random = Random::new(7);
    let mutated: Vec<Vec<u8>> = (0..3000)
        .map(|_| mutate(&mut random, alice.meta.as_bytes()))
        .collect();
    let metas: Vec<&[u8]> = mutated.iter().map(Vec::as_slice).collect();
    let verdicts = meta::match_batch(&vec![&*alice.id; metas.len()], &metas, 0);
    let (mut accepted, mut refused) = (0, 0);
    for (text, verdict) in metas.iter().zip(verdicts) {
        let proved = meta::check(&alice.id, text);
        assert_eq!(proved.as_ref().err(), verdict.as_ref().err());
        match proved {
            Ok((_, proved)) => {
                assert_eq!(proved.data(), key, "{}", String::from_utf8_lossy(text));
                accepted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    // Text that stays the same meta, white space for example, is accepted.
    assert!(
        accepted > 20 && refused > 2000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn meta_2_the_form_of_a_meta() {
    let alice = Owner::new("alice", 1);
    let form = |text: &str| {
        let meta = meta::parse(text).unwrap();
        (
            meta.number(),
            meta.seed().map(str::to_owned),
            meta.fingerprint().map(<[u8]>::to_vec),
        )
    };
    let fingerprint = base64::decode(
        alice.meta_value()["fingerprint"]
            .as_str()
            .unwrap()
            .as_bytes(),
    );
    assert_eq!(
        form(&alice.meta),
        (Some(1), Some("alice".to_owned()), fingerprint)
    );
    for (kind, expected) in [("2", Some(2)), ("ETH", Some(4)), ("tec", None)] {
        let text = json!({"type": kind, "key": {}}).to_string();
        assert_eq!(form(&text), (expected, None, None), "the key stays unread");
    }
    let unknown = changed(&alice, "type", json!(3));
    assert_eq!(form(&unknown), (None, None, None));
}

/// A type from outside: BTC style, over fingerprint and key data, on network 8 only.
struct Toy {
    number: u8,
    names: Vec<String>,
    has_seed: bool,
}

impl Toy {
    fn register(number: u8, names: &[&str], has_seed: bool) {
        meta::extend(Arc::new(Self {
            number,
            names: names.iter().map(|&name| name.to_owned()).collect(),
            has_seed,
        }));
    }

    fn made_of(key_data: &[u8], fingerprint: &[u8], network: u8) -> String {
        dimp_core::address::derive(&[fingerprint, key_data].concat(), network).to_string()
    }
}

impl MetaType for Toy {
    fn number(&self) -> u8 {
        self.number
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn has_seed(&self) -> bool {
        self.has_seed
    }

    fn address(&self, key_data: &[u8], fingerprint: &[u8], network: u8) -> Option<String> {
        (network == 8).then(|| Self::made_of(key_data, fingerprint, network))
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap().as_bytes()).unwrap()
}

#[test]
fn ext_2_a_registered_type_without_seed() {
    let alice = Owner::new("alice", 1);
    let key = bytes_of(&alice.key_mapping()["data"]);
    let address = Toy::made_of(&key, b"", 8);
    let meta = |kind: Value| json!({"type": kind, "key": alice.key_mapping()}).to_string();
    assert_eq!(code(&address, &meta(json!(201))), Code::Unsupported);
    Toy::register(201, &["toy", "TOY"], false);
    for kind in [json!(201), json!("201"), json!("toy"), json!("TOY")] {
        assert_eq!(code(&address, &meta(kind.clone())), Code::Ok, "{kind}");
    }
    for kind in [json!("Toy"), json!("0201"), json!(-201), json!(457)] {
        assert_eq!(code(&address, &meta(kind.clone())), Code::Unsupported);
    }
    // The address is that of another network, another key, a name.
    for id in [
        Toy::made_of(&key, b"", 0),
        Toy::made_of(b"other", b"", 8),
        format!("alice@{address}"),
        "anywhere".to_owned(),
    ] {
        assert_eq!(code(&id, &meta(json!(201))), Code::Mismatch, "{id}");
    }
    // The key comes first, since it makes the address; seed and fingerprint have no place.
    let keyless = json!({"type": 201, "key": {}}).to_string();
    assert_eq!(code(&alice.address, &keyless), Code::BadKey);
    let seeded = json!({"type": 201, "key": {}, "seed": "x"}).to_string();
    assert_eq!(code(&address, &seeded), Code::Malformed);
    let good = (address.clone(), meta(json!("toy")));
    let bad = (alice.address.clone(), meta(json!("toy")));
    let pairs = [&good, &bad, &(alice.id.clone(), alice.meta), &good];
    let codes: Vec<bool> = match_pairs(&pairs, 0).iter().map(Result::is_ok).collect();
    assert_eq!(codes, [true, false, true, true]);
    meta::retract(201);
    assert_eq!(code(&address, &good.1), Code::Unsupported);
}

#[test]
fn ext_2_a_registered_type_with_seed_needs_its_signature() {
    let (alice, mallory) = (Owner::new("alice", 1), Owner::new("mallory", 3));
    Toy::register(202, &[], true);
    let meta = |field: &str, value: Value| {
        let mut meta = alice.meta_value();
        meta["type"] = json!(202);
        meta[field] = value;
        meta
    };
    let id_of = |meta: &Value| {
        let (key, seal) = (
            bytes_of(&meta["key"]["data"]),
            bytes_of(&meta["fingerprint"]),
        );
        format!("alice@{}", Toy::made_of(&key, &seal, 8))
    };
    let good = meta("type", json!("202"));
    assert_eq!(code(&id_of(&good), &good.to_string()), Code::Ok);
    assert_eq!(code(&alice.id, &good.to_string()), Code::Mismatch);
    assert_eq!(
        meta::parse(&good.to_string()).unwrap().seed(),
        Some("alice")
    );
    // The address of such a type holds the key, so that only the signature can be wrong here.
    let stolen = meta("key", mallory.key_mapping());
    assert_eq!(
        code(&id_of(&stolen), &stolen.to_string()),
        Code::BadSignature
    );
    let other = meta("fingerprint", json!(base64::encode(b"short")));
    assert_eq!(
        code(&id_of(&other), &other.to_string()),
        Code::BadSignatureEncoding
    );
    let seedless = meta("seed", Value::Null).to_string();
    assert_eq!(code(&id_of(&good), &seedless), Code::Malformed);
    meta::retract(202);
}

#[test]
fn ext_1_what_is_built_in_cannot_be_replaced() {
    let alice = Owner::new("alice", 1);
    Toy::register(1, &["mkm", "mkm-2"], false);
    assert_eq!(code(&alice.id, &alice.meta), Code::Ok);
    assert_eq!(
        code(&alice.id, &changed(&alice, "type", json!("mkm"))),
        Code::Ok
    );
    meta::retract(1);
    assert_eq!(code(&alice.id, &alice.meta), Code::Ok);
}
