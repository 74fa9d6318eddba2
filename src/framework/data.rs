//! Typed views of values: a model struct made with [`crate::model!`] is an object's attributes as
//! fields, each of them known, null or unknown.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Dynamic, Number, Value};
use crate::sensitive::Sensitive;

/// A value does not have the shape its model expects: always a slip between schema and model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct Mismatch {
    /// What the model wanted.
    pub expected: String,
    /// What was there.
    pub found: String,
}

impl Mismatch {
    /// Tells what kind of value was found, never its content, which may be a secret.
    fn new(expected: &str, found: &Dynamic) -> Self {
        let found = match found {
            Dynamic::Number(number) => number.to_string(),
            other => other.words().to_owned(),
        };
        Self { expected: expected.to_owned(), found }
    }

    /// The same mismatch, told from one level further out.
    #[must_use]
    pub fn within(self, name: &str) -> Self {
        Self { expected: format!("{name}: {}", self.expected), found: self.found }
    }
}

/// A typed view of a [`Dynamic`].
pub trait Data: Sized {
    /// Reads the typed form. Null and unknown are refused unless the type is a [`Value`].
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch>;
    /// The dynamic form.
    fn to_dynamic(&self) -> Dynamic;
}

impl<T: Data> Data for Value<T> {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match value {
            Dynamic::Null => Ok(Value::Null),
            Dynamic::Unknown => Ok(Value::Unknown),
            known => T::from_dynamic(known).map(Value::Value),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        match self {
            Value::Null => Dynamic::Null,
            Value::Unknown => Dynamic::Unknown,
            Value::Value(known) => known.to_dynamic(),
        }
    }
}

impl Data for Dynamic {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        Ok(value)
    }

    fn to_dynamic(&self) -> Dynamic {
        self.clone()
    }
}

impl Data for String {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match value {
            Dynamic::String(text) => Ok(text),
            other => Err(Mismatch::new("a string", &other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::String(self.clone())
    }
}

impl Data for Sensitive {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        String::from_dynamic(value).map(Self::new)
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::from(self.expose())
    }
}

impl Data for bool {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match value {
            Dynamic::Bool(value) => Ok(value),
            other => Err(Mismatch::new("a bool", &other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::Bool(*self)
    }
}

impl Data for i64 {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match &value {
            Dynamic::Number(number) => {
                number.as_i64().ok_or_else(|| Mismatch::new("a whole number", &value))
            }
            other => Err(Mismatch::new("a number", other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::from(*self)
    }
}

impl Data for f64 {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match &value {
            Dynamic::Number(number) => {
                number.as_f64().ok_or_else(|| Mismatch::new("a number", &value))
            }
            other => Err(Mismatch::new("a number", other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::Number(Number::from(*self))
    }
}

impl<T: Data> Data for Vec<T> {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match value {
            Dynamic::List(items) => items.into_iter().map(T::from_dynamic).collect(),
            other => Err(Mismatch::new("a list", &other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::List(self.iter().map(T::to_dynamic).collect())
    }
}

impl<T: Data + Ord> Data for BTreeSet<T> {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match value {
            Dynamic::List(items) => items.into_iter().map(T::from_dynamic).collect(),
            other => Err(Mismatch::new("a set", &other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        let mut items: Vec<Dynamic> = self.iter().map(T::to_dynamic).collect();
        items.sort();
        Dynamic::List(items)
    }
}

impl<T: Data> Data for BTreeMap<String, T> {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        match value {
            Dynamic::Map(items) => items
                .into_iter()
                .map(|(key, item)| {
                    let item = T::from_dynamic(item).map_err(|error| error.within(&key))?;
                    Ok((key, item))
                })
                .collect(),
            other => Err(Mismatch::new("a map", &other)),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        Dynamic::Map(self.iter().map(|(key, item)| (key.clone(), item.to_dynamic())).collect())
    }
}

/// A set of strings, any of which may be unknown yet: two unknowns are two elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings(Vec<Value<String>>);

impl Strings {
    /// The strings, when all are known; nulls are left out.
    pub fn known(&self) -> Option<BTreeSet<String>> {
        if self.0.iter().any(Value::is_unknown) {
            return None;
        }
        Some(self.0.iter().flatten().cloned().collect())
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Into<String>> FromIterator<T> for Strings {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items: BTreeSet<String> = items.into_iter().map(Into::into).collect();
        Self(items.into_iter().map(Value::Value).collect())
    }
}

impl Data for Strings {
    fn from_dynamic(value: Dynamic) -> Result<Self, Mismatch> {
        Vec::from_dynamic(value).map(Self)
    }

    fn to_dynamic(&self) -> Dynamic {
        let mut items: Vec<Dynamic> = self.0.iter().map(Data::to_dynamic).collect();
        items.sort();
        Dynamic::List(items)
    }
}

/// A map of strings, any of which may be unknown yet.
pub type StringMap = BTreeMap<String, Value<String>>;

/// The strings of a map, when all are known; null maps are empty, null elements left out.
pub fn known_map(map: &Value<StringMap>) -> Option<BTreeMap<String, String>> {
    match map {
        Value::Unknown => None,
        Value::Null => Some(BTreeMap::new()),
        Value::Value(map) => {
            if map.values().any(Value::is_unknown) {
                return None;
            }
            let known = map.iter().filter_map(|(key, value)| match value {
                Value::Value(value) => Some((key.clone(), value.clone())),
                _ => None,
            });
            Some(known.collect())
        }
    }
}

/// The strings of a set, when all are known; a null set is empty.
pub fn known_set(set: &Value<Strings>) -> Option<BTreeSet<String>> {
    match set {
        Value::Unknown => None,
        Value::Null => Some(BTreeSet::new()),
        Value::Value(set) => set.known(),
    }
}

/// A map of known strings as an attribute.
pub fn string_map(map: &BTreeMap<String, String>) -> Value<StringMap> {
    Value::Value(
        map.iter().map(|(key, value)| (key.clone(), Value::Value(value.clone()))).collect(),
    )
}

/// Declares a model: a struct whose fields are the attributes of a schema, with [`Data`] derived.
///
/// Each field must be a [`Value`] (or a type that tolerates null), since any attribute may be null
/// or unknown. A field without an attribute, or the reverse, fails the schema test of its room.
#[macro_export]
macro_rules! model {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_visibility:vis $field:ident : $kind:ty),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $kind,)*
        }

        impl $crate::framework::value::Data for $name {
            fn from_dynamic(
                value: $crate::framework::value::Dynamic,
            ) -> Result<Self, $crate::framework::value::Mismatch> {
                use $crate::framework::value::{Dynamic, Mismatch};
                let Dynamic::Map(mut object) = value else {
                    return Err(Mismatch {
                        expected: String::from("an object"),
                        found: value.words().to_owned(),
                    });
                };
                let model = Self {
                    $($field: {
                        let attribute = object.remove(stringify!($field)).unwrap_or_default();
                        $crate::framework::value::Data::from_dynamic(attribute)
                            .map_err(|error: Mismatch| error.within(stringify!($field)))?
                    },)*
                };
                match object.into_keys().next() {
                    Some(stranger) => Err(Mismatch {
                        expected: concat!("only attributes of ", stringify!($name)).to_owned(),
                        found: stranger,
                    }),
                    None => Ok(model),
                }
            }

            fn to_dynamic(&self) -> $crate::framework::value::Dynamic {
                let mut object = $crate::framework::value::Object::new();
                $(object.insert(
                    stringify!($field).to_owned(),
                    $crate::framework::value::Data::to_dynamic(&self.$field),
                );)*
                $crate::framework::value::Dynamic::Map(object)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::Object;

    model! {
        /// A model of two attributes.
        struct Sample {
            name: Value<String>,
            sizes: Value<BTreeSet<i64>>,
        }
    }

    #[test]
    fn a_model_reads_back_what_it_wrote() {
        let sample =
            Sample { name: Value::Unknown, sizes: Value::Value(BTreeSet::from([3, 1, 200])) };
        assert_eq!(Sample::from_dynamic(sample.to_dynamic()), Ok(sample));
    }

    #[test]
    fn a_model_takes_a_missing_attribute_as_null_and_refuses_a_stranger() {
        let object = Object::from([("name".to_owned(), Dynamic::from("a"))]);
        let sample = Sample::from_dynamic(Dynamic::Map(object.clone())).unwrap();
        assert!(sample.sizes.is_null());

        let mut stranger = object;
        stranger.insert("colour".to_owned(), Dynamic::Null);
        let error = Sample::from_dynamic(Dynamic::Map(stranger)).unwrap_err();
        assert_eq!(error.to_string(), "expected only attributes of Sample, found colour");
    }

    #[test]
    fn a_mismatch_names_the_way_to_the_attribute() {
        let object = Object::from([("sizes".to_owned(), Dynamic::List(vec![Dynamic::from("x")]))]);
        let error = Sample::from_dynamic(Dynamic::Map(object)).unwrap_err();
        assert_eq!(error.to_string(), "expected sizes: a number, found a string");
    }
}
