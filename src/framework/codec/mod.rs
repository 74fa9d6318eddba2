//! Values on the wire: `MessagePack` between core and provider, JSON in stored state.
//!
//! Decoding is guided by the type: an object holds exactly its attributes, numbers arrive in any
//! numeric form or as text, an extension value is an unknown. Sets leave here sorted and without
//! duplicates.
//!
//! Hostile input is refused, never followed: values nested too deep, lengths beyond the bytes that
//! are there, more values than [`MOST_VALUES`], keys told twice. Time and memory grow with the bytes
//! given and nothing else. Errors tell kinds and places, never contents, which may be secret.
//!
//! A value of type `dynamic` travels with its own type, which is gone once it is read: lists, sets
//! and tuples become lists, maps and objects become maps. One that is written gets the type its
//! form tells: lists are tuples then, and maps are objects.

mod json;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod write;

use super::dynamic::{Dynamic, Number};
use super::types::Type;

pub use json::from_json;
pub use read::from_msgpack;
pub use write::to_msgpack;

use place::Place;

/// Deeper values than this are refused; core's own never come near.
const MAX_DEPTH: usize = 128;

/// More values in one than this are refused. A value takes one byte to send and some hundred to
/// keep, so the size of a message alone bounds too little.
pub const MOST_VALUES: usize = 4 << 20;

/// Longer numbers than this are refused. Core's have some 150 digits and an exponent, written out.
const LONGEST_NUMBER: usize = 1024;

/// Bytes that are no value of the expected type.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The `MessagePack` itself is broken.
    #[error("malformed MessagePack: {0}")]
    Pack(String),
    /// The JSON itself is broken.
    #[error("malformed JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes hold a value of another type.
    #[error("{at}: expected {expected}, found {found}")]
    Type {
        /// The way to the value, in configuration's form.
        at: String,
        /// The expected type, in words.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// The bytes hold more values than anybody has use for.
    #[error("the value holds more than {MOST_VALUES} values")]
    Large,
    /// The value is nested deeper than anybody has use for.
    #[error("the value is nested more than {MAX_DEPTH} deep")]
    Deep,
}

impl CodecError {
    fn wrong(at: &Place<'_>, expected: &'static str, found: impl Into<String>) -> Self {
        Self::Type { at: at.to_string(), expected, found: found.into() }
    }
}

/// How many values may still be read.
struct Allowance(usize);

impl Allowance {
    fn new() -> Self {
        Self(MOST_VALUES)
    }

    /// Counts the value at a place, before anything is kept of it.
    fn take(&mut self, at: &Place<'_>) -> Result<(), CodecError> {
        if at.depth() > MAX_DEPTH {
            return Err(CodecError::Deep);
        }
        self.0 = self.0.checked_sub(1).ok_or(CodecError::Large)?;
        Ok(())
    }
}

/// A number written as text.
fn decimal(text: &str, at: &Place<'_>) -> Result<Dynamic, CodecError> {
    let number = (text.len() <= LONGEST_NUMBER).then(|| Number::read(text)).flatten();
    number.map(Dynamic::Number).ok_or_else(|| CodecError::wrong(at, "a number", "other text"))
}

fn set(mut items: Vec<Dynamic>) -> Dynamic {
    items.sort();
    // Two unknowns may turn out to be different elements.
    items.dedup_by(|one, other| one == other && one.is_wholly_known());
    Dynamic::List(items)
}

fn type_words(kind: &Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Number => "a number",
        Type::Bool => "a bool",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Object(_) => "an object",
        Type::Tuple(_) => "a tuple of its length",
        Type::Dynamic => "a value with its type",
    }
}
