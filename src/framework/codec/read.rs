//! `MessagePack` in.
//!
//! One pass over the bytes, which builds nothing but the value itself.

use std::collections::BTreeMap;

use rmp::Marker;

use super::place::{Place, quoted};
use super::{Allowance, CodecError, decimal, set, type_words};
use crate::framework::dynamic::{Dynamic, Number, Object};
use crate::framework::types::Type;

/// The extension of an unknown of which something is known.
const REFINED: i8 = 12;

/// Bytes of what may be known of an unknown: core refuses more, and so do we.
const MOST_REFINEMENTS: usize = 1024;

/// Elements that room is made for before they are read.
const ROOM: usize = 1024;

/// Reads a `MessagePack` value of type `kind`. No bytes at all mean null.
pub fn from_msgpack(bytes: &[u8], kind: &Type) -> Result<Dynamic, CodecError> {
    if bytes.is_empty() {
        return Ok(Dynamic::Null);
    }
    let mut reader = Reader { rest: bytes, allowance: Allowance::new() };
    let value = reader.value(kind, &Place::WHOLE)?;
    match reader.rest.len() {
        0 => Ok(value),
        more => Err(CodecError::Pack(format!("{more} bytes after the value"))),
    }
}

/// How a packed value begins: all of a short one, the length of a long one.
enum Head {
    Nil,
    Bool(bool),
    Whole(Number),
    Float(f64),
    Text(usize),
    Bytes(usize),
    Array(usize),
    Map(usize),
    Extension(usize),
}

impl Head {
    /// The kind of the value, never its content: it may be a secret.
    fn words(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a bool",
            Self::Whole(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Extension(_) => "an extension",
        }
    }
}

/// The bytes not read yet.
struct Reader<'a> {
    rest: &'a [u8],
    allowance: Allowance,
}

impl<'a> Reader<'a> {
    fn value(&mut self, kind: &Type, at: &Place<'_>) -> Result<Dynamic, CodecError> {
        self.allowance.take(at)?;
        let head = self.head()?;
        match (head, kind) {
            (Head::Nil, _) => Ok(Dynamic::Null),
            (Head::Extension(len), _) => self.unknown(len),
            (Head::Array(2), Type::Dynamic) => self.dynamic(at),
            (Head::Array(len), Type::Dynamic) => {
                Err(CodecError::wrong(at, "a type and a value", format!("an array of {len}")))
            }
            (Head::Array(len), Type::Tuple(of)) if len == of.len() => {
                let items = of.iter().enumerate();
                let read = items.map(|(index, of)| self.value(of, &at.element(index)));
                read.collect::<Result<_, _>>().map(Dynamic::List)
            }
            (Head::Text(len), Type::String) => match str::from_utf8(self.take(len)?) {
                Ok(text) => Ok(Dynamic::String(text.to_owned())),
                Err(_) => Err(CodecError::wrong(at, "UTF-8 text", "other bytes")),
            },
            (Head::Text(len), Type::Number) => {
                decimal(str::from_utf8(self.take(len)?).unwrap_or_default(), at)
            }
            (Head::Bool(value), Type::Bool) => Ok(Dynamic::Bool(value)),
            (Head::Whole(number), Type::Number) => Ok(Dynamic::Number(number)),
            (Head::Float(number), Type::Number) if number.is_finite() => {
                Ok(Dynamic::Number(Number::from(number)))
            }
            (Head::Array(len), Type::List(of)) => self.items(len, of, at).map(Dynamic::List),
            (Head::Array(len), Type::Set(of)) => self.items(len, of, at).map(set),
            (Head::Map(len), Type::Map(of)) => self.map(len, of, at),
            (Head::Map(len), Type::Object(attributes)) => self.object(len, attributes, at),
            (other, _) => Err(CodecError::wrong(at, type_words(kind), other.words())),
        }
    }

    /// A type in JSON, then the value.
    fn dynamic(&mut self, at: &Place<'_>) -> Result<Dynamic, CodecError> {
        let json = match self.head()? {
            Head::Bytes(len) | Head::Text(len) => self.take(len)?,
            other => return Err(CodecError::wrong(at, "a type in JSON", other.words())),
        };
        let kind = serde_json::from_slice(json).ok().and_then(|json| Type::from_json(&json));
        let kind = kind.ok_or_else(|| CodecError::wrong(at, "a type in JSON", "other bytes"))?;
        self.value(&kind, &at.inside())
    }

    /// What is known of the unknown is of no use here. What core refuses of it is refused.
    fn unknown(&mut self, len: usize) -> Result<Dynamic, CodecError> {
        let [code] = self.array()?.map(u8::cast_signed);
        self.take(len)?;
        if len > MOST_REFINEMENTS {
            return Err(CodecError::Pack(format!("an extension of {len} bytes")));
        }
        if len > 1 && code != REFINED {
            return Err(CodecError::Pack(format!("an extension of the unknown code {code}")));
        }
        Ok(Dynamic::Unknown)
    }

    fn items(&mut self, len: usize, of: &Type, at: &Place<'_>) -> Result<Vec<Dynamic>, CodecError> {
        let mut items = Vec::with_capacity(len.min(ROOM));
        for index in 0..len {
            items.push(self.value(of, &at.element(index))?);
        }
        Ok(items)
    }

    fn map(&mut self, len: usize, of: &Type, at: &Place<'_>) -> Result<Dynamic, CodecError> {
        let mut map = Object::new();
        for _ in 0..len {
            let key = self.key(at)?;
            let item = self.value(of, &at.key(key))?;
            once(&mut map, key, item, at)?;
        }
        Ok(Dynamic::Map(map))
    }

    /// Core refuses objects with a missing attribute; so do we, or a model would read null for it.
    fn object(
        &mut self,
        len: usize,
        attributes: &BTreeMap<String, Type>,
        at: &Place<'_>,
    ) -> Result<Dynamic, CodecError> {
        let mut object = Object::new();
        for _ in 0..len {
            let name = self.key(at)?;
            let Some(of) = attributes.get(name) else {
                return Err(CodecError::wrong(at, "no such attribute", quoted(name)));
            };
            let item = self.value(of, &at.member(name))?;
            once(&mut object, name, item, at)?;
        }
        match attributes.keys().find(|name| !object.contains_key(*name)) {
            Some(name) => Err(CodecError::wrong(&at.member(name), "a value", "nothing")),
            None => Ok(Dynamic::Map(object)),
        }
    }

    fn key(&mut self, at: &Place<'_>) -> Result<&'a str, CodecError> {
        let no_text = || CodecError::wrong(at, "a text key", "another");
        let Head::Text(len) = self.head()? else { return Err(no_text()) };
        str::from_utf8(self.take(len)?).map_err(|_| no_text())
    }

    fn head(&mut self) -> Result<Head, CodecError> {
        let [marker] = self.array()?;
        let head = match Marker::from_u8(marker) {
            Marker::Null => Head::Nil,
            Marker::False => Head::Bool(false),
            Marker::True => Head::Bool(true),
            Marker::FixPos(number) => whole(number),
            Marker::FixNeg(number) => whole(number),
            Marker::U8 => whole(u8::from_be_bytes(self.array()?)),
            Marker::U16 => whole(u16::from_be_bytes(self.array()?)),
            Marker::U32 => whole(u32::from_be_bytes(self.array()?)),
            Marker::U64 => whole(u64::from_be_bytes(self.array()?)),
            Marker::I8 => whole(i8::from_be_bytes(self.array()?)),
            Marker::I16 => whole(i16::from_be_bytes(self.array()?)),
            Marker::I32 => whole(i32::from_be_bytes(self.array()?)),
            Marker::I64 => whole(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Head::Float(f32::from_be_bytes(self.array()?).into()),
            Marker::F64 => Head::Float(f64::from_be_bytes(self.array()?)),
            Marker::FixStr(len) => Head::Text(len.into()),
            Marker::Str8 => Head::Text(self.length::<1>()?),
            Marker::Str16 => Head::Text(self.length::<2>()?),
            Marker::Str32 => Head::Text(self.length::<4>()?),
            Marker::Bin8 => Head::Bytes(self.length::<1>()?),
            Marker::Bin16 => Head::Bytes(self.length::<2>()?),
            Marker::Bin32 => Head::Bytes(self.length::<4>()?),
            Marker::FixArray(len) => Head::Array(len.into()),
            Marker::Array16 => Head::Array(self.length::<2>()?),
            Marker::Array32 => Head::Array(self.length::<4>()?),
            Marker::FixMap(len) => Head::Map(len.into()),
            Marker::Map16 => Head::Map(self.length::<2>()?),
            Marker::Map32 => Head::Map(self.length::<4>()?),
            Marker::FixExt1 => Head::Extension(1),
            Marker::FixExt2 => Head::Extension(2),
            Marker::FixExt4 => Head::Extension(4),
            Marker::FixExt8 => Head::Extension(8),
            Marker::FixExt16 => Head::Extension(16),
            Marker::Ext8 => Head::Extension(self.length::<1>()?),
            Marker::Ext16 => Head::Extension(self.length::<2>()?),
            Marker::Ext32 => Head::Extension(self.length::<4>()?),
            Marker::Reserved => return Err(CodecError::Pack("the reserved byte c1".to_owned())),
        };
        match head {
            Head::Array(len) => self.has_room(len, 1)?,
            Head::Map(len) => self.has_room(len, 2)?,
            _ => {}
        }
        Ok(head)
    }

    /// A length of `N` bytes.
    fn length<const N: usize>(&mut self) -> Result<usize, CodecError> {
        let bytes: [u8; N] = self.array()?;
        Ok(bytes.into_iter().fold(0, |length, byte| (length << 8) | usize::from(byte)))
    }

    /// Whether as many elements can be there as are told: each takes `least` bytes.
    fn has_room(&self, told: usize, least: usize) -> Result<(), CodecError> {
        let left = self.rest.len();
        if told.checked_mul(least).is_none_or(|bytes| bytes > left) {
            return Err(CodecError::Pack(format!("{told} elements in the last {left} bytes")));
        }
        if told > self.allowance.0 { Err(CodecError::Large) } else { Ok(()) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(|| self.ended(N))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(|| self.ended(len))?;
        self.rest = rest;
        Ok(bytes)
    }

    fn ended(&self, wanted: usize) -> CodecError {
        CodecError::Pack(format!("{wanted} bytes in the last {}", self.rest.len()))
    }
}

fn whole(number: impl Into<i128>) -> Head {
    Head::Whole(Number::whole(number.into()))
}

/// Of a key that is told twice, core and provider might each believe another value.
fn once(object: &mut Object, key: &str, item: Dynamic, at: &Place<'_>) -> Result<(), CodecError> {
    match object.insert(key.to_owned(), item) {
        None => Ok(()),
        Some(_) => Err(CodecError::wrong(at, "each key once", format!("{} twice", quoted(key)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_wherever_they_are_nested() {
        let kind = Type::list(Type::list(Type::Bool));
        let read = |allowed| {
            let rest = &[0x92, 0x91, 0xc2, 0x92, 0xc2, 0xc0][..];
            Reader { rest, allowance: Allowance(allowed) }.value(&kind, &Place::WHOLE)
        };
        assert!(read(6).is_ok());
        assert!(matches!(read(5), Err(CodecError::Large)));
    }
}
