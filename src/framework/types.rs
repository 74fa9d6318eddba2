//! Types of values, and the JSON form in which they travel.
//!
//! `dynamic` stands for any type: its value comes with the type it has. Schemas of this provider do
//! not use it; parameters of functions do, where an object may leave attributes out.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Deeper types than this are refused; core's own never come near.
const MAX_DEPTH: usize = 64;

/// A Terraform type constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(T)`
    List(Box<Type>),
    /// `set(T)`
    Set(Box<Type>),
    /// `map(T)`
    Map(Box<Type>),
    /// `object({…})`
    Object(BTreeMap<String, Type>),
    /// `tuple([…])`: what a list written in configuration is, until it becomes something else.
    Tuple(Vec<Type>),
    /// Any type, told with the value.
    Dynamic,
}

impl Type {
    /// `list(of)`
    pub fn list(of: Type) -> Self {
        Self::List(Box::new(of))
    }

    /// `set(of)`
    pub fn set(of: Type) -> Self {
        Self::Set(Box::new(of))
    }

    /// `map(of)`
    pub fn map(of: Type) -> Self {
        Self::Map(Box::new(of))
    }

    /// `object({…})` of these members.
    pub fn object<const N: usize>(members: [(&str, Type); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, of)| (name.to_owned(), of)).collect())
    }

    /// The JSON form in which types travel.
    pub fn to_json(&self) -> Json {
        use serde_json::json;
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(of) => json!(["list", of.to_json()]),
            Self::Set(of) => json!(["set", of.to_json()]),
            Self::Map(of) => json!(["map", of.to_json()]),
            Self::Tuple(of) => json!(["tuple", of.iter().map(Self::to_json).collect::<Vec<_>>()]),
            Self::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, of)| (name.clone(), of.to_json())).collect();
                json!(["object", attributes])
            }
        }
    }

    /// Reads the JSON form; `None` when it is none.
    pub fn from_json(json: &Json) -> Option<Self> {
        Self::read(json, MAX_DEPTH)
    }

    fn read(json: &Json, depth: usize) -> Option<Self> {
        let below = depth.checked_sub(1)?;
        let inner = |of: &Json| Self::read(of, below);
        match json {
            Json::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Json::Array(parts) => match (parts.first()?.as_str()?, parts.get(1)?) {
                ("list", of) => inner(of).map(Self::list),
                ("set", of) => inner(of).map(Self::set),
                ("map", of) => inner(of).map(Self::map),
                ("tuple", Json::Array(of)) => {
                    of.iter().map(inner).collect::<Option<_>>().map(Self::Tuple)
                }
                // A third part would name optional attributes, which values do not have.
                ("object", Json::Object(attributes)) => attributes
                    .iter()
                    .map(|(name, of)| Some((name.clone(), inner(of)?)))
                    .collect::<Option<_>>()
                    .map(Self::Object),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_reads_back_as_it_was_written() {
        let everything = Type::object([
            ("name", Type::String),
            ("size", Type::Number),
            ("on", Type::Bool),
            ("zones", Type::set(Type::list(Type::map(Type::String)))),
            ("pair", Type::Tuple(vec![Type::String, Type::Dynamic])),
            ("none", Type::Tuple(vec![])),
        ]);
        assert_eq!(Type::from_json(&everything.to_json()), Some(everything));
    }

    #[test]
    fn optional_attributes_are_attributes() {
        let json = json!(["object", { "a": "string" }, ["a"]]);
        assert_eq!(Type::from_json(&json), Some(Type::object([("a", Type::String)])));
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for json in [
            json!("text"),
            json!(null),
            json!([]),
            json!(["list"]),
            json!(["tuple", "string"]),
            json!(["object", { "a": 1 }]),
            json!([["list", "string"], "string"]),
        ] {
            assert_eq!(Type::from_json(&json), None, "{json}");
        }
        let deep = (0..MAX_DEPTH).fold(json!("string"), |of, _| json!(["list", of]));
        assert_eq!(Type::from_json(&deep), None);
    }
}
