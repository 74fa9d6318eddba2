//! What travels between Terraform and a resource.
//!
//! [`Value`] (known, null or unknown) is tf-provider's, as are the paths and diagnostics; they are
//! re-exported here and nowhere else. [`Dynamic`] is a whole value of any type, the form in which
//! plans are made and compared. [`Data`] joins the two: a model struct made with [`crate::model!`] is
//! a typed view of a `Dynamic` object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use tf_provider::value::Value;
pub use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

/// An object's attributes by name.
pub type Object = BTreeMap<String, Dynamic>;

/// A value of any Terraform type, null and unknown included, at any depth.
///
/// Sets are kept sorted and without duplicates, so that `==` is Terraform's equality.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dynamic {
    /// No value.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// `bool`.
    Bool(bool),
    /// `number`.
    Number(Number),
    /// `string`.
    String(String),
    /// `list` or `set`.
    List(Vec<Dynamic>),
    /// `map` or object.
    Map(Object),
}

impl Dynamic {
    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is itself unknown (its elements may be unknown when it is not).
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether nothing in it, at any depth, is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(items) => items.iter().all(Self::is_wholly_known),
            Self::Map(items) => items.values().all(Self::is_wholly_known),
            _ => true,
        }
    }

    /// The object's attributes, when this is a known object or map.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Map(object) => Some(object),
            _ => None,
        }
    }

    /// The attribute of that name; null when there is none.
    pub fn get(&self, name: &str) -> &Dynamic {
        match self {
            Self::Map(object) => object.get(name).unwrap_or(&Dynamic::Null),
            Self::Unknown => &Dynamic::Unknown,
            _ => &Dynamic::Null,
        }
    }

    /// Every unknown, at any depth, becomes null: a partial state must be wholly known.
    #[must_use]
    pub fn unknown_to_null(self) -> Self {
        match self {
            Self::Unknown => Self::Null,
            Self::List(items) => Self::List(items.into_iter().map(Self::unknown_to_null).collect()),
            Self::Map(items) => {
                Self::Map(items.into_iter().map(|(k, v)| (k, v.unknown_to_null())).collect())
            }
            known => known,
        }
    }
}

impl From<&str> for Dynamic {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<bool> for Dynamic {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Dynamic {
    fn from(value: i64) -> Self {
        Self::Number(Number::from(value))
    }
}

/// As a practitioner would write it in configuration.
impl fmt::Display for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Unknown => f.write_str("(known after apply)"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{item}")?;
                }
                f.write_str("]")
            }
            Self::Map(items) => {
                f.write_str("{")?;
                for (index, (key, item)) in items.iter().enumerate() {
                    let separator = if index == 0 { " " } else { ", " };
                    write!(f, "{separator}{key} = {item}")?;
                }
                f.write_str(" }")
            }
        }
    }
}

/// A number of any size, as its shortest decimal text: `f64` would lose digits that core compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(String);

impl Number {
    /// From decimal text; `1.50` and `1.5` are one number.
    pub fn parse(text: &str) -> Self {
        if let Ok(whole) = text.parse::<i64>() {
            return Self::from(whole);
        }
        match text.split_once('.') {
            Some((whole, fraction)) if !text.contains(['e', 'E']) => {
                let fraction = fraction.trim_end_matches('0');
                if fraction.is_empty() {
                    Self(whole.to_owned())
                } else {
                    Self(format!("{whole}.{fraction}"))
                }
            }
            _ => Self(text.to_owned()),
        }
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, when it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        // `Display` of f64 is the shortest text that reads back the same, without an exponent.
        Self::parse(&value.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    fn new(expected: &str, found: &Dynamic) -> Self {
        Self { expected: expected.to_owned(), found: found.to_string() }
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
                        found: value.to_string(),
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
        assert_eq!(error.to_string(), "expected sizes: a number, found \"x\"");
    }

    #[test]
    fn numbers_are_equal_when_their_shortest_text_is() {
        assert_eq!(Number::parse("1.50"), Number::from(1.5));
        assert_eq!(Number::parse("3.0"), Number::from(3));
        assert_eq!(Number::from(0.1).as_str(), "0.1");
        assert_eq!(Number::parse("18446744073709551615").as_i64(), None);
    }

    #[test]
    fn values_show_as_configuration() {
        let value = Dynamic::Map(Object::from([
            ("a".to_owned(), Dynamic::List(vec![Dynamic::from(1), Dynamic::from(true)])),
            ("b".to_owned(), Dynamic::from("x\"y")),
        ]));
        assert_eq!(value.to_string(), r#"{ a = [1, true], b = "x\"y" }"#);
    }
}
