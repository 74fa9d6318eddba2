//! Values on the wire: `MessagePack` between core and provider, JSON in stored state.
//!
//! Decoding is guided by the type: an object holds exactly its attributes, numbers arrive in any
//! numeric form or as text, any extension value is an unknown. Sets leave here sorted and without
//! duplicates. Hostile input (nesting, lengths, wrong types) is refused, never followed.
//!
//! A value of type `dynamic` travels with its own type, which is gone once it is read: lists, sets
//! and tuples become lists, maps and objects become maps. One that is written gets the type its
//! form tells: lists are tuples then, and maps are objects.

use std::collections::BTreeMap;

use rmpv::Value as Pack;

use super::schema::Type;
use super::value::{Dynamic, Number, Object};

/// Deeper values than this are refused; core's own never come near.
const MAX_DEPTH: usize = 128;

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
}

impl CodecError {
    fn wrong(at: &str, expected: &'static str, found: impl Into<String>) -> Self {
        let at = if at.is_empty() { "value".to_owned() } else { at.to_owned() };
        Self::Type { at, expected, found: found.into() }
    }
}

/// Reads a `MessagePack` value of type `kind`. No bytes at all mean null.
pub fn from_msgpack(bytes: &[u8], kind: &Type) -> Result<Dynamic, CodecError> {
    if bytes.is_empty() {
        return Ok(Dynamic::Null);
    }
    let mut rest = bytes;
    let pack = rmpv::decode::read_value_with_max_depth(&mut rest, MAX_DEPTH)
        .map_err(|error| CodecError::Pack(error.to_string()))?;
    if !rest.is_empty() {
        return Err(CodecError::Pack(format!("{} bytes after the value", rest.len())));
    }
    unpack(pack, kind, "")
}

/// Writes a value of type `kind` as `MessagePack`.
pub fn to_msgpack(value: &Dynamic, kind: &Type) -> Result<Vec<u8>, CodecError> {
    let pack = pack(value, kind, "")?;
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &pack)
        .map_err(|error| CodecError::Pack(error.to_string()))?;
    Ok(bytes)
}

/// Reads a stored state. Attributes missing from it are null, those it has beyond the type are
/// dropped: both are what a state of another provider version may hold.
pub fn from_json(bytes: &[u8], kind: &Type) -> Result<Dynamic, CodecError> {
    unjson(serde_json::from_slice(bytes)?, kind, "")
}

fn unpack(pack: Pack, kind: &Type, at: &str) -> Result<Dynamic, CodecError> {
    let found = match (pack, kind) {
        (Pack::Nil, _) => return Ok(Dynamic::Null),
        (Pack::Ext(..), _) => return Ok(Dynamic::Unknown),
        (Pack::Array(parts), Type::Dynamic) => return unpack_dynamic(parts, at),
        (Pack::Array(items), Type::Tuple(of)) if items.len() == of.len() => {
            let items = items.into_iter().zip(of).enumerate();
            let read = items.map(|(index, (item, of))| unpack(item, of, &element(at, index)));
            return read.collect::<Result<_, _>>().map(Dynamic::List);
        }
        (Pack::String(text), Type::String) => {
            return text
                .into_str()
                .map(Dynamic::String)
                .ok_or_else(|| CodecError::wrong(at, "UTF-8 text", "other bytes"));
        }
        (Pack::String(text), Type::Number) => {
            let text = text.as_str().unwrap_or_default();
            return decimal(text)
                .ok_or_else(|| CodecError::wrong(at, "a number", format!("{text:?}")));
        }
        (Pack::Boolean(value), Type::Bool) => return Ok(Dynamic::Bool(value)),
        (Pack::Integer(number), Type::Number) => {
            return Ok(Dynamic::Number(Number::parse(&number.to_string())));
        }
        (Pack::F32(number), Type::Number) if number.is_finite() => {
            return Ok(Dynamic::Number(Number::from(f64::from(number))));
        }
        (Pack::F64(number), Type::Number) if number.is_finite() => {
            return Ok(Dynamic::Number(Number::from(number)));
        }
        (Pack::Array(items), Type::List(of)) => {
            return unpack_items(items, of, at).map(Dynamic::List);
        }
        (Pack::Array(items), Type::Set(of)) => return unpack_items(items, of, at).map(set),
        (Pack::Map(items), Type::Map(of)) => {
            return keyed(items, at, |key, item| unpack(item, of, &format!("{at}[{key:?}]")));
        }
        (Pack::Map(items), Type::Object(attributes)) => {
            let object = keyed(items, at, |name, item| match attributes.get(name) {
                Some(of) => unpack(item, of, &member(at, name)),
                None => Err(CodecError::wrong(at, "no such attribute", format!("{name:?}"))),
            })?;
            return complete(object, attributes, at);
        }
        (other, _) => other,
    };
    Err(CodecError::wrong(at, type_words(kind), pack_words(&found)))
}

/// A type in JSON, then the value.
fn unpack_dynamic(parts: Vec<Pack>, at: &str) -> Result<Dynamic, CodecError> {
    let found = || format!("an array of {}", parts.len());
    let [kind, _] = parts.as_slice() else {
        return Err(CodecError::wrong(at, "a type and a value", found()));
    };
    let bytes = match kind {
        Pack::Binary(bytes) => bytes.as_slice(),
        Pack::String(text) => text.as_bytes(),
        other => return Err(CodecError::wrong(at, "a type in JSON", pack_words(other))),
    };
    let kind = serde_json::from_slice(bytes).ok().and_then(|json| Type::from_json(&json));
    let kind = kind.ok_or_else(|| CodecError::wrong(at, "a type in JSON", "other bytes"))?;
    unpack(parts.into_iter().nth(1).unwrap_or(Pack::Nil), &kind, at)
}

fn unpack_items(items: Vec<Pack>, of: &Type, at: &str) -> Result<Vec<Dynamic>, CodecError> {
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| unpack(item, of, &element(at, index)))
        .collect()
}

fn keyed(
    items: Vec<(Pack, Pack)>,
    at: &str,
    read: impl Fn(&str, Pack) -> Result<Dynamic, CodecError>,
) -> Result<Dynamic, CodecError> {
    let mut object = Object::new();
    for (key, item) in items {
        let key = key.as_str().ok_or_else(|| CodecError::wrong(at, "a text key", "another"))?;
        object.insert(key.to_owned(), read(key, item)?);
    }
    Ok(Dynamic::Map(object))
}

/// Core refuses objects with a missing attribute; so do we, or a model would read null for it.
fn complete(
    object: Dynamic,
    attributes: &BTreeMap<String, Type>,
    at: &str,
) -> Result<Dynamic, CodecError> {
    let missing = attributes
        .keys()
        .find(|name| object.as_object().is_some_and(|object| !object.contains_key(*name)));
    match missing {
        Some(name) => Err(CodecError::wrong(&member(at, name), "a value", "nothing")),
        None => Ok(object),
    }
}

fn pack(value: &Dynamic, kind: &Type, at: &str) -> Result<Pack, CodecError> {
    let packed = match (value, kind) {
        (Dynamic::Null, _) => Pack::Nil,
        (Dynamic::Unknown, _) => Pack::Ext(0, vec![0]),
        (value, Type::Dynamic) => {
            let kind = value.told_type();
            let json = kind.to_json().to_string().into_bytes();
            Pack::Array(vec![Pack::Binary(json), pack(value, &kind, at)?])
        }
        (Dynamic::List(items), Type::Tuple(of)) if items.len() == of.len() => {
            let items = items.iter().zip(of).enumerate();
            let packed = items.map(|(index, (item, of))| pack(item, of, &element(at, index)));
            Pack::Array(packed.collect::<Result<_, _>>()?)
        }
        (Dynamic::String(text), Type::String) => Pack::from(text.as_str()),
        (Dynamic::Bool(value), Type::Bool) => Pack::Boolean(*value),
        (Dynamic::Number(number), Type::Number) => {
            number.as_i64().map_or_else(|| Pack::from(number.as_str()), Pack::from)
        }
        (Dynamic::List(items), Type::List(of) | Type::Set(of)) => Pack::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| pack(item, of, &element(at, index)))
                .collect::<Result<_, _>>()?,
        ),
        (Dynamic::Map(items), Type::Map(of)) => Pack::Map(
            items
                .iter()
                .map(|(key, item)| {
                    Ok((Pack::from(key.as_str()), pack(item, of, &format!("{at}[{key:?}]"))?))
                })
                .collect::<Result<_, CodecError>>()?,
        ),
        (Dynamic::Map(items), Type::Object(attributes)) => {
            if let Some(stranger) = items.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(CodecError::wrong(at, "no such attribute", format!("{stranger:?}")));
            }
            Pack::Map(
                attributes
                    .iter()
                    .map(|(name, of)| {
                        let item = items.get(name).unwrap_or(&Dynamic::Null);
                        Ok((Pack::from(name.as_str()), pack(item, of, &member(at, name))?))
                    })
                    .collect::<Result<_, CodecError>>()?,
            )
        }
        (other, _) => return Err(CodecError::wrong(at, type_words(kind), other.words())),
    };
    Ok(packed)
}

fn unjson(json: serde_json::Value, kind: &Type, at: &str) -> Result<Dynamic, CodecError> {
    use serde_json::Value as Json;
    let found = match (json, kind) {
        (Json::Null, _) => return Ok(Dynamic::Null),
        (Json::String(text), Type::String) => return Ok(Dynamic::String(text)),
        (Json::Bool(value), Type::Bool) => return Ok(Dynamic::Bool(value)),
        // Core tolerates numbers and bools written as text, and text written as either.
        (Json::Number(number), Type::String) => return Ok(Dynamic::String(number.to_string())),
        (Json::Bool(value), Type::String) => return Ok(Dynamic::String(value.to_string())),
        (Json::String(text), Type::Bool) if text == "true" || text == "false" => {
            return Ok(Dynamic::Bool(text == "true"));
        }
        (Json::Number(number), Type::Number) => {
            return decimal(&number.to_string())
                .ok_or_else(|| CodecError::wrong(at, "a number", number.to_string()));
        }
        (Json::String(text), Type::Number) => {
            return decimal(&text)
                .ok_or_else(|| CodecError::wrong(at, "a number", format!("{text:?}")));
        }
        (Json::Array(items), Type::List(of)) => {
            return unjson_items(items, of, at).map(Dynamic::List);
        }
        (Json::Array(items), Type::Set(of)) => return unjson_items(items, of, at).map(set),
        (Json::Object(items), Type::Map(of)) => {
            let mut map = Object::new();
            for (key, item) in items {
                let item = unjson(item, of, &format!("{at}[{key:?}]"))?;
                map.insert(key, item);
            }
            return Ok(Dynamic::Map(map));
        }
        (Json::Object(mut items), Type::Object(attributes)) => {
            let mut object = Object::new();
            for (name, of) in attributes {
                let item = items.remove(name).unwrap_or_default();
                object.insert(name.clone(), unjson(item, of, &member(at, name))?);
            }
            return Ok(Dynamic::Map(object));
        }
        (Json::Object(mut parts), Type::Dynamic) => {
            let kind = parts.get("type").and_then(Type::from_json);
            let kind =
                kind.ok_or_else(|| CodecError::wrong(at, "a type and a value", "neither"))?;
            return unjson(parts.remove("value").unwrap_or_default(), &kind, at);
        }
        (Json::Array(items), Type::Tuple(of)) if items.len() == of.len() => {
            let items = items.into_iter().zip(of).enumerate();
            let read = items.map(|(index, (item, of))| unjson(item, of, &element(at, index)));
            return read.collect::<Result<_, _>>().map(Dynamic::List);
        }
        (other, _) => other,
    };
    Err(CodecError::wrong(at, type_words(kind), json_words(&found)))
}

fn unjson_items(
    items: Vec<serde_json::Value>,
    of: &Type,
    at: &str,
) -> Result<Vec<Dynamic>, CodecError> {
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| unjson(item, of, &element(at, index)))
        .collect()
}

fn decimal(text: &str) -> Option<Dynamic> {
    let number = text.parse::<f64>().ok()?;
    number.is_finite().then(|| Dynamic::Number(Number::parse(text)))
}

fn set(mut items: Vec<Dynamic>) -> Dynamic {
    items.sort();
    // Two unknowns may turn out to be different elements.
    items.dedup_by(|one, other| one == other && one.is_wholly_known());
    Dynamic::List(items)
}

fn element(at: &str, index: usize) -> String {
    format!("{at}[{index}]")
}

fn member(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
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

/// The kind of a JSON value, never its content: it may be a secret.
fn json_words(json: &serde_json::Value) -> &'static str {
    match json {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a bool",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}

/// The kind of a packed value, never its content: it may be a secret.
fn pack_words(pack: &Pack) -> &'static str {
    match pack {
        Pack::Nil => "nil",
        Pack::Boolean(_) => "a bool",
        Pack::Integer(_) => "an integer",
        Pack::F32(_) | Pack::F64(_) => "a float",
        Pack::String(_) => "a string",
        Pack::Binary(_) => "bytes",
        Pack::Array(_) => "an array",
        Pack::Map(_) => "a map",
        Pack::Ext(..) => "an extension",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Type {
        Type::Object(BTreeMap::from([
            ("name".to_owned(), Type::String),
            ("size".to_owned(), Type::Number),
            ("zones".to_owned(), Type::set(Type::String)),
        ]))
    }

    #[test]
    fn numbers_arrive_in_every_form_core_sends() {
        let cases: [(&[u8], &str); 5] = [
            (&[0x01], "1"),
            (&[0xff], "-1"),
            (&[0xcd, 0x01, 0x2c], "300"),
            (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], "0.5"),
            (&[0xa3, 0x30, 0x2e, 0x31], "0.1"),
        ];
        for (bytes, text) in cases {
            let value = from_msgpack(bytes, &Type::Number).unwrap();
            assert_eq!(value, Dynamic::Number(Number::parse(text)), "{bytes:?}");
        }
    }

    #[test]
    fn any_extension_is_an_unknown() {
        let refined = [0xc7, 0x09, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa4, b'p', b'r', b'e', b'-'];
        assert_eq!(from_msgpack(&[0xd4, 0, 0], &Type::String).unwrap(), Dynamic::Unknown);
        assert_eq!(from_msgpack(&refined, &Type::String).unwrap(), Dynamic::Unknown);
    }

    #[test]
    fn an_unknown_is_written_as_core_writes_it() {
        assert_eq!(to_msgpack(&Dynamic::Unknown, &Type::String).unwrap(), [0xd4, 0, 0]);
    }

    #[test]
    fn a_dynamic_value_comes_with_its_type() {
        // What core sends for "x", [1, null] and { a = (unknown string) }.
        let mut tuple = vec![0x92, 0xc4];
        let kind = br#"["tuple",["number","dynamic"]]"#;
        tuple.push(u8::try_from(kind.len()).unwrap());
        tuple.extend(kind);
        tuple.extend([0x92, 0x01, 0xc0]);
        let mut object = vec![0x92, 0xc4];
        let kind = br#"["object",{"a":"string"}]"#;
        object.push(u8::try_from(kind.len()).unwrap());
        object.extend(kind);
        object.extend([0x81, 0xa1, b'a', 0xd4, 0, 0]);
        let cases: [(&[u8], Dynamic); 5] = [
            (b"\x92\xc4\x08\"string\"\xa1x", Dynamic::from("x")),
            (&tuple, Dynamic::List(vec![Dynamic::from(1), Dynamic::Null])),
            (&object, Dynamic::Map(Object::from([("a".to_owned(), Dynamic::Unknown)]))),
            (&[0xc0], Dynamic::Null),
            (&[0xd4, 0, 0], Dynamic::Unknown),
        ];
        for (bytes, value) in cases {
            assert_eq!(from_msgpack(bytes, &Type::Dynamic).unwrap(), value, "{bytes:?}");
        }
        let written = to_msgpack(&Dynamic::from("x"), &Type::Dynamic).unwrap();
        assert_eq!(written, b"\x92\xc4\x08\"string\"\xa1x");
    }

    #[test]
    fn broken_dynamic_values_are_refused() {
        let cases: [(&[u8], &str); 5] = [
            (&[0xa1, b'x'], "value: expected a value with its type, found a string"),
            (&[0x91, 0xc0], "value: expected a type and a value, found an array of 1"),
            (&[0x92, 0x01, 0xc0], "value: expected a type in JSON, found an integer"),
            (b"\x92\xc4\x03\"x\"\xc0", "value: expected a type in JSON, found other bytes"),
            (b"\x92\xc4\x08\"string\"\x01", "value: expected a string, found an integer"),
        ];
        for (bytes, expected) in cases {
            let error = from_msgpack(bytes, &Type::Dynamic).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    /// Any value, as deep as `depth`. Sets are lists here, and no list is sorted.
    fn any(random: &mut fastrand::Rng, depth: usize) -> Dynamic {
        match random.u8(..if depth == 0 { 6 } else { 8 }) {
            0 => Dynamic::Null,
            1 => Dynamic::Unknown,
            2 => Dynamic::Bool(random.bool()),
            3 => Dynamic::Number(Number::parse(&random.i64(..).to_string())),
            4 => Dynamic::Number(Number::from(f64::from(random.i32(..)) / 64.0)),
            5 => Dynamic::String((0..random.u8(..9)).map(|_| random.char(..)).collect()),
            6 => Dynamic::List((0..random.u8(..4)).map(|_| any(random, depth - 1)).collect()),
            _ => Dynamic::Map(
                (0..random.u8(..4))
                    .map(|key| (format!("k{key}"), any(random, depth - 1)))
                    .collect(),
            ),
        }
    }

    #[test]
    fn any_value_reads_back_as_it_was_written_with_its_type_or_without() {
        let mut random = fastrand::Rng::with_seed(6);
        for _ in 0..2_000 {
            let value = any(&mut random, 4);
            for kind in [Type::Dynamic, value.told_type()] {
                let bytes = to_msgpack(&value, &kind).unwrap();
                assert_eq!(from_msgpack(&bytes, &kind).unwrap(), value, "{kind:?}");
            }
        }
    }

    #[test]
    fn torn_values_are_refused_and_never_followed() {
        let mut random = fastrand::Rng::with_seed(6);
        for _ in 0..500 {
            let value = any(&mut random, 3);
            let bytes = to_msgpack(&value, &Type::Dynamic).unwrap();
            for end in 1..bytes.len() {
                assert!(from_msgpack(&bytes[..end], &Type::Dynamic).is_err(), "{bytes:?} {end}");
            }
        }
    }

    #[test]
    fn a_stored_dynamic_value_is_read_by_its_type() {
        let json = br#"{ "value": ["a", 1], "type": ["tuple", ["string", "number"]] }"#;
        let read = from_json(json, &Type::Dynamic).unwrap();
        assert_eq!(read, Dynamic::List(vec![Dynamic::from("a"), Dynamic::from(1)]));
        let error = from_json(br#"{ "value": "a" }"#, &Type::Dynamic).unwrap_err();
        assert_eq!(error.to_string(), "value: expected a type and a value, found neither");
    }

    #[test]
    fn sets_leave_sorted_and_without_duplicates() {
        let bytes = [0x93, 0xa1, b'b', 0xa1, b'a', 0xa1, b'b'];
        let value = from_msgpack(&bytes, &Type::set(Type::String)).unwrap();
        assert_eq!(value, Dynamic::List(vec![Dynamic::from("a"), Dynamic::from("b")]));
    }

    #[test]
    fn an_object_reads_back_what_was_written_with_nulls_for_the_absent() {
        let value = Dynamic::Map(Object::from([
            ("name".to_owned(), Dynamic::from("x")),
            ("size".to_owned(), Dynamic::Unknown),
        ]));
        let bytes = to_msgpack(&value, &object()).unwrap();
        let read = from_msgpack(&bytes, &object()).unwrap();
        assert_eq!(read.get("zones"), &Dynamic::Null);
        assert_eq!(read.get("size"), &Dynamic::Unknown);
        assert_eq!(read.get("name"), &Dynamic::from("x"));
    }

    #[test]
    fn what_does_not_fit_the_type_is_refused_with_its_place_and_without_its_content() {
        let cases: [(&[u8], &str); 4] = [
            (
                &[0x81, 0xa4, b'n', b'a', b'm', b'e', 0x05],
                "name: expected a string, found an integer",
            ),
            (&[0x81, 0xa1, b'x', 0xc0], "value: expected no such attribute, found \"x\""),
            (&[0x81, 0xa4, b'n', b'a', b'm', b'e', 0xc0], "size: expected a value, found nothing"),
            (&[0xc0, 0xc0], "malformed MessagePack: 1 bytes after the value"),
        ];
        for (bytes, message) in cases {
            assert_eq!(from_msgpack(bytes, &object()).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn hostile_bytes_are_refused() {
        let deep = [vec![0x91; 100_000], vec![0xc0]].concat();
        assert!(from_msgpack(&deep, &Type::list(Type::String)).is_err());
        let long = [0xdd, 0xff, 0xff, 0xff, 0xff];
        assert!(from_msgpack(&long, &Type::list(Type::String)).is_err());
        let bad_text = [0xa2, 0xff, 0xfe];
        assert!(from_msgpack(&bad_text, &Type::String).is_err());
    }

    #[test]
    fn stored_state_tolerates_other_versions() {
        let json = br#"{"size": "12", "zones": ["b", "a"], "gone": {"x": 1}}"#;
        let value = from_json(json, &object()).unwrap();
        assert_eq!(value.get("size"), &Dynamic::from(12));
        assert_eq!(value.get("name"), &Dynamic::Null);
        assert_eq!(value.as_object().unwrap().len(), 3);
    }
}
