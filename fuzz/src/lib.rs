//! The decoder of values alone: the provider's own files, without the rest of the provider, so that
//! a build takes seconds and no AWS SDK.

/// The layer the files belong to.
#[path = "../../src/framework"]
pub mod framework {
    pub mod codec;
    pub mod dynamic;
    pub mod types;
}

use framework::codec::{from_json, from_msgpack, to_msgpack};
use framework::types::Type;

/// A type in JSON, a line feed, and bytes that may be a value of the type in either form. What is
/// read must be written and read again as the same.
///
/// # Panics
///
/// When the decoder breaks its word.
pub fn decode(data: &[u8]) {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let (kind, value) = data.split_at(line);
    let value = value.get(1..).unwrap_or_default();
    let kind = serde_json::from_slice(kind).ok().and_then(|json| Type::from_json(&json));
    let kind = kind.unwrap_or(Type::Dynamic);
    for read in [from_msgpack(value, &kind), from_json(value, &kind)] {
        match read {
            Ok(read) => {
                let written = to_msgpack(&read, &kind).expect("what is read can be written");
                let again = from_msgpack(&written, &kind).expect("what is written can be read");
                assert_eq!(again, read);
            }
            Err(error) => assert!(error.to_string().len() < 64 * 1024, "a long error"),
        }
    }
}
