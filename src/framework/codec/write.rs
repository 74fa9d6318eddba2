//! `MessagePack` out, in the forms core itself writes.

use std::io;

use rmp::encode::{self, ValueWriteError};

use super::place::{Place, quoted};
use super::{CodecError, type_words};
use crate::framework::dynamic::{Dynamic, Number};
use crate::framework::types::Type;

/// An unknown of which nothing is known.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

/// Writes a value of type `kind` as `MessagePack`.
pub fn to_msgpack(value: &Dynamic, kind: &Type) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, kind, &Place::WHOLE)?;
    Ok(bytes)
}

fn write(
    out: &mut Vec<u8>,
    value: &Dynamic,
    kind: &Type,
    at: &Place<'_>,
) -> Result<(), CodecError> {
    match (value, kind) {
        (Dynamic::Null, _) => encode::write_nil(out)?,
        (Dynamic::Unknown, _) => out.extend(UNKNOWN),
        (value, Type::Dynamic) => {
            let kind = value.told_type();
            let json = kind.to_json().to_string();
            encode::write_array_len(out, 2)?;
            length(json.len(), at)?;
            encode::write_bin(out, json.as_bytes())?;
            write(out, value, &kind, &at.inside())?;
        }
        (Dynamic::List(items), Type::Tuple(of)) if items.len() == of.len() => {
            encode::write_array_len(out, length(items.len(), at)?)?;
            for (index, (item, of)) in items.iter().zip(of).enumerate() {
                write(out, item, of, &at.element(index))?;
            }
        }
        (Dynamic::String(text), Type::String) => string(out, text, at)?,
        (Dynamic::Bool(value), Type::Bool) => encode::write_bool(out, *value)?,
        (Dynamic::Number(value), Type::Number) => number(out, value, at)?,
        (Dynamic::List(items), Type::List(of) | Type::Set(of)) => {
            encode::write_array_len(out, length(items.len(), at)?)?;
            for (index, item) in items.iter().enumerate() {
                write(out, item, of, &at.element(index))?;
            }
        }
        (Dynamic::Map(items), Type::Map(of)) => {
            encode::write_map_len(out, length(items.len(), at)?)?;
            for (key, item) in items {
                string(out, key, at)?;
                write(out, item, of, &at.key(key))?;
            }
        }
        (Dynamic::Map(items), Type::Object(attributes)) => {
            if let Some(stranger) = items.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(CodecError::wrong(at, "no such attribute", quoted(stranger)));
            }
            encode::write_map_len(out, length(attributes.len(), at)?)?;
            for (name, of) in attributes {
                string(out, name, at)?;
                let item = items.get(name).unwrap_or(&Dynamic::Null);
                write(out, item, of, &at.member(name))?;
            }
        }
        (other, _) => return Err(CodecError::wrong(at, type_words(kind), other.words())),
    }
    Ok(())
}

/// Whole numbers as such where they fit, and all others as text, which loses no digit.
fn number(out: &mut Vec<u8>, number: &Number, at: &Place<'_>) -> Result<(), CodecError> {
    match number.as_i64() {
        Some(whole) => drop(encode::write_sint(out, whole)?),
        None => string(out, number.as_str(), at)?,
    }
    Ok(())
}

fn string(out: &mut Vec<u8>, text: &str, at: &Place<'_>) -> Result<(), CodecError> {
    length(text.len(), at)?;
    Ok(encode::write_str(out, text)?)
}

/// `MessagePack` tells lengths in 32 bits.
fn length(length: usize, at: &Place<'_>) -> Result<u32, CodecError> {
    u32::try_from(length).map_err(|_| CodecError::wrong(at, "at most 4 GiB", "more"))
}

impl From<io::Error> for CodecError {
    fn from(error: io::Error) -> Self {
        Self::Pack(error.to_string())
    }
}

impl From<ValueWriteError> for CodecError {
    fn from(error: ValueWriteError) -> Self {
        Self::Pack(error.to_string())
    }
}
