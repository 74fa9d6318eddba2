//! What the provider keeps beside the state of one object, out of the practitioner's sight.
//!
//! A small map of JSON values; core stores it as bytes and hands it back. Never a secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Private data of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private {
    entries: BTreeMap<String, serde_json::Value>,
}

impl Private {
    /// Reads what core stored. Bytes that are not ours (another provider's, after a move) count as
    /// nothing.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::default();
        }
        serde_json::from_slice(bytes).unwrap_or_else(|error| {
            tracing::warn!(%error, "private data is not in this provider's form, and is dropped");
            Self::default()
        })
    }

    /// What core is to store; nothing for nothing.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The text kept under `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entries.get(key)?.as_str()
    }

    /// Keeps `text` under `key`.
    pub fn set_text(&mut self, key: &str, text: impl Into<String>) {
        self.entries.insert(key.to_owned(), serde_json::Value::String(text.into()));
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &str) {
        self.entries.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_foreign_bytes_do_not() {
        let mut private = Private::default();
        assert!(private.to_bytes().is_empty());
        private.set_text("attempt", "2");
        assert_eq!(Private::from_bytes(&private.to_bytes()).text("attempt"), Some("2"));
        assert_eq!(Private::from_bytes(b"\x00gob"), Private::default());
    }
}
