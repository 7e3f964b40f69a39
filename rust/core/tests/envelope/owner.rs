//! Somebody with an Ed25519 key: an ID, a meta, documents, messages. The keys are of the tests and of nobody else.

use dimp_core::{address, base64};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{json, Value};

pub struct Owner {
    pub id: String,
    pub address: String,
    pub meta: String,
    key: SigningKey,
}

impl Owner {
    /// A user with a meta of type 1; `secret` chooses the key.
    pub fn new(name: &str, secret: u8) -> Self {
        Self::on_network(name, secret, 0)
    }

    /// The same on a network that makes it something else than a user.
    pub fn on_network(name: &str, secret: u8, network: u8) -> Self {
        let key = SigningKey::from_bytes(&[secret; 32]);
        let fingerprint = key.sign(name.as_bytes()).to_bytes();
        let address = address::derive(&fingerprint, network).to_string();
        let meta = json!({"type": 1, "key": mapping(&key), "seed": name, "fingerprint": base64::encode(&fingerprint)});
        Self {
            id: format!("{name}@{address}"),
            address,
            meta: meta.to_string(),
            key,
        }
    }

    /// The key of somebody else's meta, with the fingerprint of this one.
    pub fn stolen_meta(&self, thief: &Owner) -> String {
        let mut meta = self.meta_value();
        meta["key"] = thief.key_mapping();
        meta.to_string()
    }

    pub fn meta_value(&self) -> Value {
        serde_json::from_str(&self.meta).expect("our own JSON")
    }

    pub fn key_mapping(&self) -> Value {
        mapping(&self.key)
    }

    pub fn sign(&self, data: &[u8]) -> String {
        base64::encode(&self.key.sign(data).to_bytes())
    }

    /// A document over `data`, signed.
    pub fn document_over(&self, data: &str) -> Value {
        json!({"did": self.id, "data": data, "signature": self.sign(data.as_bytes())})
    }

    /// A visa that adds the key of `device`.
    pub fn visa(&self, device: &Owner, time: f64) -> Value {
        self.document_over(
            &json!({"type": "visa", "time": time, "key": device.key_mapping()}).to_string(),
        )
    }

    /// The same for a terminal.
    pub fn visa_for(&self, device: &Owner, time: f64, terminal: &str) -> String {
        let mut visa = self.visa(device, time);
        visa["terminal"] = terminal.into();
        visa.to_string()
    }

    /// A message to everybody's friend, signed by `signer`.
    pub fn message_signed_by(&self, signer: &Owner) -> Value {
        let data = b"ciphertext";
        json!({"sender": self.id, "receiver": "anyone@anywhere", "time": 1_700_000_000.5, "type": 1, "data": "ciphertext", "signature": signer.sign(data)})
    }

    pub fn message(&self) -> Value {
        self.message_signed_by(self)
    }
}

fn mapping(key: &SigningKey) -> Value {
    json!({"algorithm": "ED25519", "data": base64::encode(key.verifying_key().as_bytes())})
}
