//! What travels between Terraform and a resource.
//!
//! [`Value`] (known, null or unknown) is tf-provider's, as are the paths and diagnostics; they are
//! re-exported here and nowhere else. [`Dynamic`] is a whole value of any type, the form in which
//! plans are made and compared; [`super::data`] has its typed views.

use std::collections::BTreeMap;
use std::fmt;

pub use tf_provider::value::Value;
pub use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use super::types::Type;

pub use super::data::{Data, Mismatch, StringMap, Strings, known_map, known_set, string_map};

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

    /// What kind of value this is, in words; for where its content may be a secret.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown => "an unknown value",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }

    /// The type that the form of this value tells: lists are tuples, maps are objects, and nothing
    /// is told of null and of what is unknown.
    pub fn told_type(&self) -> Type {
        match self {
            Self::Null | Self::Unknown => Type::Dynamic,
            Self::Bool(_) => Type::Bool,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
            Self::List(items) => Type::Tuple(items.iter().map(Self::told_type).collect()),
            Self::Map(items) => Type::Object(
                items.iter().map(|(name, item)| (name.clone(), item.told_type())).collect(),
            ),
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

#[cfg(test)]
mod tests {
    use super::*;

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
