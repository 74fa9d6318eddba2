//! A whole value of any type, the form in which plans are made and compared.

use std::collections::BTreeMap;
use std::fmt;

use super::types::Type;

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

/// A number whose decimal point is farther than this from its first digit is refused: it would be
/// written out in as many zeros. `f64` reaches a third of it.
const FARTHEST: i32 = 1024;

impl Number {
    /// From decimal text; `1.50`, `1.5` and `15e-1` are one number. `None`: the text is no number,
    /// or one beyond the range of `f64`.
    pub fn read(text: &str) -> Option<Self> {
        if !text.parse::<f64>().ok()?.is_finite() {
            return None;
        }
        let (sign, text) = match text.strip_prefix('-') {
            Some(text) => ("-", text),
            None => ("", text.trim_start_matches('+')),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let significant = digits.trim_start_matches('0');
        let leading = digits.len().checked_sub(significant.len())?;
        let significant = significant.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self::whole(0));
        }
        // The number is 0.SIGNIFICANT, with its point moved right by this.
        let point = i32::try_from(whole.len()).ok()?;
        let point = point.checked_sub(i32::try_from(leading).ok()?)?;
        let point = point.checked_add(exponent.parse().ok()?)?;
        if point.checked_abs()? > FARTHEST {
            return None;
        }
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
        let length = i32::try_from(significant.len()).ok()?;
        if point >= length {
            return Some(Self(format!("{sign}{significant}{}", zeros(point.checked_sub(length)?))));
        }
        let (before, after) = significant.split_at(usize::try_from(point).unwrap_or_default());
        let before = if before.is_empty() { "0" } else { before };
        Some(Self(format!("{sign}{before}.{}{after}", zeros(point.checked_neg()?))))
    }

    /// A whole number.
    pub fn whole(number: i128) -> Self {
        Self(number.to_string())
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
        Self::whole(value.into())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        // `Display` of f64 is the shortest text that reads back the same, without an exponent.
        let text = value.to_string();
        Self::read(&text).unwrap_or(Self(text))
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
    fn one_number_has_one_text() {
        let cases: [(&str, &[&str]); 9] = [
            ("1.5", &["1.5", "1.50", "+1.5", "01.5", "15e-1", "0.15E+1", "150e-2"]),
            ("3", &["3", "3.0", "3.", "003", "30e-1", "0.3e1"]),
            ("0", &["0", "-0", "-0.0", ".0", "0e9", "0.00e-999999999"]),
            ("-0.05", &["-0.05", "-.05", "-5e-2", "-00.0500"]),
            ("100", &["100", "1e2", "1.00e2", "1000e-1"]),
            ("18446744073709551616", &["18446744073709551616", "18446744073709551616.0"]),
            ("0.1", &["0.1", "1e-1"]),
            ("12.34", &["12.34", "1234e-2", "0.1234e2"]),
            ("9223372036854775808", &["9223372036854775808", "9223372036854775808e0"]),
        ];
        for (shortest, texts) in cases {
            for text in texts {
                assert_eq!(Number::read(text).map(|n| n.0).as_deref(), Some(shortest), "{text}");
            }
        }
        assert_eq!(Number::from(0.1).as_str(), "0.1");
        assert_eq!(Number::from(-0.0).as_str(), "0");
        assert_eq!(Number::read("18446744073709551615").unwrap().as_i64(), None);
    }

    #[test]
    fn what_is_no_number_or_beyond_all_bounds_is_none() {
        let far = format!("0.{}1", "0".repeat(2_000));
        let texts =
            ["", "-", "+-1", "1e", "x", "inf", "-infinity", "NaN", "1e400", "1e-999999999", &far];
        for text in texts {
            assert_eq!(Number::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_smallest_and_the_largest_f64_are_numbers() {
        for number in [f64::MIN_POSITIVE, f64::MAX, f64::MIN, 5e-324] {
            assert_eq!(Number::from(number).as_f64(), Some(number));
            assert_eq!(Number::read(&format!("{number:e}")), Some(Number::from(number)));
        }
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
