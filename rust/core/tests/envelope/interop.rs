//! What the Java and Python SDKs of the network made, and what they or a changed copy of it must give here.

use std::sync::Arc;

use dimp_core::code::Code;
use dimp_core::identity::Identifier;
use dimp_core::keyring::KeyStore;
use dimp_core::verify::VerifyKey;
use dimp_core::{document, keys, message, meta};
use serde_json::Value;

/// Later than every document in the cases.
const NOW: f64 = 2e9;

fn cases(operation: &str) -> Vec<Value> {
    let files = [
        include_str!("../../../../tests/data/interop/java.json"),
        include_str!("../../../../tests/data/interop/python.json"),
    ];
    files
        .iter()
        .flat_map(|text| serde_json::from_str::<Vec<Value>>(text).expect("JSON"))
        .filter(|case| case["input"]["op"] == operation)
        .collect()
}

/// Holds `accepts` against the field `expected` of every case; both answers must occur.
fn check(operation: &str, expected: &str, accepts: impl Fn(&Value) -> bool) {
    let cases = cases(operation);
    for case in &cases {
        let (id, note) = (&case["id"], &case["note"]);
        assert_eq!(
            accepts(&case["input"]),
            case["expect"][expected] == true,
            "{id}: {note}"
        );
    }
    for answer in [true, false] {
        assert!(
            cases.iter().any(|case| case["expect"][expected] == answer),
            "{operation}"
        );
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn ids_of_other_sdks() {
    check("id_info", "parsed", |input| {
        Identifier::parse(text(&input["id"])).is_some()
    });
    for case in cases("id_info")
        .iter()
        .filter(|case| case["expect"]["parsed"] == true)
    {
        let id = Identifier::parse(text(&case["input"]["id"])).expect("parsed");
        let part = |name: &str| case["expect"][name].as_str();
        assert_eq!(
            (id.name(), id.terminal()),
            (part("name"), part("terminal")),
            "{case}"
        );
        assert_eq!(Some(id.address()), part("address"), "{case}");
        assert_eq!(
            Some(u64::from(id.network())),
            case["expect"]["network"].as_u64(),
            "{case}"
        );
    }
}

#[test]
fn metas_of_other_sdks() {
    check("match", "match", |input| {
        meta::check(text(&input["id"]), input["meta"].to_string().as_bytes()).is_ok()
    });
}

#[test]
fn meta_7_metas_of_other_sdks_in_one_batch() {
    let cases = cases("match");
    let metas: Vec<String> = cases
        .iter()
        .map(|case| case["input"]["meta"].to_string())
        .collect();
    let identifiers: Vec<&str> = cases
        .iter()
        .map(|case| text(&case["input"]["id"]))
        .collect();
    let metas: Vec<&[u8]> = metas.iter().map(String::as_bytes).collect();
    let verdicts = meta::match_batch(&identifiers, &metas, 0);
    for (case, verdict) in cases.iter().zip(verdicts) {
        assert_eq!(verdict.is_ok(), case["expect"]["match"] == true, "{case}");
    }
}

#[test]
fn documents_of_other_sdks() {
    check("doc_info", "verify", |input| {
        let (public, document) = (&input["public"], input["document"].to_string());
        keys::parse_mapping(text(&public["algorithm"]), text(&public["data"]))
            .and_then(|key| VerifyKey::new(&key))
            .and_then(|key| document::parse(&document)?.prove(&key, NOW))
            .is_ok()
    });
}

#[test]
fn messages_of_other_sdks() {
    check("unpack", "verify", |input| {
        let store = Arc::new(KeyStore::new(None, false));
        for (id, user) in input["world"]["users"].as_object().expect("users") {
            let added = store.add_meta(id, user["meta"].to_string().as_bytes());
            assert_eq!(added, Ok(Ok(())), "{id}");
            for document in user["documents"].as_array().into_iter().flatten() {
                assert_eq!(
                    store.add_document(document.to_string().as_bytes(), NOW),
                    Ok(()),
                    "{id}"
                );
            }
        }
        let frames = [text(&input["wire"]).as_bytes()];
        let table = message::decode_batch(&frames, 1);
        let verdicts = store.resolve(&table).verify(&table, &frames, NOW, 1);
        verdicts[0]
            .as_ref()
            .map_or_else(|refusal| refusal.code, |()| Code::Ok)
            == Code::Ok
    });
}
