//! The envelope half of the crate, rule by rule of docs/semantics.md: JSON, messages, metas, documents, the keyring.

mod document;
mod interop;
mod json;
mod keyring;
mod message;
mod meta;
mod mutate;
mod owner;
