//! JSON in: stored state, and values that are written as JSON.

use serde_json::Value as Json;

use super::place::Place;
use super::{Allowance, CodecError, MOST_VALUES, decimal, set, type_words};
use crate::framework::dynamic::{Dynamic, Object};
use crate::framework::types::Type;

/// Reads a stored state. Attributes missing from it are null, those it has beyond the type are
/// dropped: both are what a state of another provider version may hold.
pub fn from_json(bytes: &[u8], kind: &Type) -> Result<Dynamic, CodecError> {
    if values(bytes) > MOST_VALUES {
        return Err(CodecError::Large);
    }
    Reader(Allowance::new()).value(serde_json::from_slice(bytes)?, kind, &Place::WHOLE)
}

/// How many values the bytes hold if they are JSON, counted without keeping any: each but the first
/// follows an opening bracket or a comma.
fn values(bytes: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' | b',' if !in_text => values = values.saturating_add(1),
            _ => {}
        }
    }
    values
}

/// Counts what it reads: one absent attribute is a value too.
struct Reader(Allowance);

impl Reader {
    fn value(&mut self, json: Json, kind: &Type, at: &Place<'_>) -> Result<Dynamic, CodecError> {
        self.0.take(at)?;
        match (json, kind) {
            (Json::Null, _) => Ok(Dynamic::Null),
            (Json::String(text), Type::String) => Ok(Dynamic::String(text)),
            (Json::Bool(value), Type::Bool) => Ok(Dynamic::Bool(value)),
            // Core tolerates numbers and bools written as text, and text written as either.
            (Json::Number(number), Type::String) => Ok(Dynamic::String(number.to_string())),
            (Json::Bool(value), Type::String) => Ok(Dynamic::String(value.to_string())),
            (Json::String(text), Type::Bool) if text == "true" || text == "false" => {
                Ok(Dynamic::Bool(text == "true"))
            }
            (Json::Number(number), Type::Number) => decimal(&number.to_string(), at),
            (Json::String(text), Type::Number) => decimal(&text, at),
            (Json::Array(items), Type::List(of)) => self.items(items, of, at).map(Dynamic::List),
            (Json::Array(items), Type::Set(of)) => self.items(items, of, at).map(set),
            (Json::Object(items), Type::Map(of)) => {
                let mut map = Object::new();
                for (key, item) in items {
                    let item = self.value(item, of, &at.key(&key))?;
                    map.insert(key, item);
                }
                Ok(Dynamic::Map(map))
            }
            (Json::Object(mut items), Type::Object(attributes)) => {
                let mut object = Object::new();
                for (name, of) in attributes {
                    let item = items.remove(name).unwrap_or_default();
                    object.insert(name.clone(), self.value(item, of, &at.member(name))?);
                }
                Ok(Dynamic::Map(object))
            }
            (Json::Object(mut parts), Type::Dynamic) => {
                let kind = parts.get("type").and_then(Type::from_json);
                let kind =
                    kind.ok_or_else(|| CodecError::wrong(at, "a type and a value", "neither"))?;
                self.value(parts.remove("value").unwrap_or_default(), &kind, &at.inside())
            }
            (Json::Array(items), Type::Tuple(of)) if items.len() == of.len() => {
                let items = items.into_iter().zip(of).enumerate();
                let read =
                    items.map(|(index, (item, of))| self.value(item, of, &at.element(index)));
                read.collect::<Result<_, _>>().map(Dynamic::List)
            }
            (other, _) => Err(CodecError::wrong(at, type_words(kind), words(&other))),
        }
    }

    fn items(
        &mut self,
        items: Vec<Json>,
        of: &Type,
        at: &Place<'_>,
    ) -> Result<Vec<Dynamic>, CodecError> {
        let items = items.into_iter().enumerate();
        items.map(|(index, item)| self.value(item, of, &at.element(index))).collect()
    }
}

/// The kind of a JSON value, never its content: it may be a secret.
fn words(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_attributes_count() {
        let kind = Type::list(Type::object([("a", Type::Bool), ("b", Type::Bool)]));
        let read = |allowed| {
            let json = serde_json::json!([{}, {}]);
            Reader(Allowance(allowed)).value(json, &kind, &Place::WHOLE)
        };
        assert!(read(7).is_ok());
        assert!(matches!(read(6), Err(CodecError::Large)));
    }
}
