//! Functions of the provider: pure, callable before the provider is configured.
//!
//! Core calls one as often as it likes, in validation too, and stores what it answered: the same
//! arguments must give the same result for ever. Unknown arguments do not get here; core answers
//! them by itself.
//!
//! An object that may leave attributes out has no type of its own in a function's signature. Such a
//! parameter takes any value, and is held against its attributes here: names, types, defaults and
//! rules, as a resource's configuration would be.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::conform;
use super::schema::{Attribute, Type};
use super::value::{Data, Dynamic};

/// What a parameter takes.
#[derive(Clone, Debug)]
pub enum Accepts {
    /// A value of a type.
    Value(Type),
    /// An object of these attributes, any of which may be left out.
    Object(Vec<Attribute>),
}

impl Accepts {
    /// The type that core is told.
    pub fn kind(&self) -> Type {
        match self {
            Self::Value(kind) => kind.clone(),
            Self::Object(_) => Type::Dynamic,
        }
    }
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// As the page names it.
    pub name: &'static str,
    /// What it takes.
    pub accepts: Accepts,
    /// Markdown, for the page.
    pub description: Cow<'static, str>,
    /// Whether null is an argument like others. Without, core refuses it.
    pub nullable: bool,
}

impl Parameter {
    fn new(name: &'static str, accepts: Accepts) -> Self {
        Self { name, accepts, description: Cow::Borrowed(""), nullable: false }
    }

    /// A parameter of a type.
    pub fn of(name: &'static str, kind: Type) -> Self {
        Self::new(name, Accepts::Value(kind))
    }

    /// A string.
    pub fn string(name: &'static str) -> Self {
        Self::of(name, Type::String)
    }

    /// A number.
    pub fn number(name: &'static str) -> Self {
        Self::of(name, Type::Number)
    }

    /// An object of attributes that may be left out.
    pub fn object(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Accepts::Object(attributes))
    }

    /// What the practitioner reads, in Markdown.
    #[must_use]
    pub fn describe(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Null is an argument like others.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// What a function takes and gives.
#[derive(Clone, Debug)]
pub struct Signature {
    /// One line.
    pub summary: &'static str,
    /// Markdown, for the page.
    pub description: &'static str,
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// A parameter that may be given any number of times, after the others.
    pub variadic: Option<Parameter>,
    /// The type of the result.
    pub returns: Type,
    /// What the result is, in Markdown, for the page.
    pub returned: &'static str,
}

impl Signature {
    /// The parameter for the argument at this place.
    pub fn parameter(&self, index: usize) -> Option<&Parameter> {
        self.parameters.get(index).or(self.variadic.as_ref())
    }
}

/// Why a function gives no result. Core makes a sentence of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct FunctionError {
    /// What is wrong and what to do.
    pub text: String,
    /// The argument to blame, from zero.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error that no single argument is to blame for.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: None }
    }

    /// An error of one argument.
    pub fn of(argument: usize, text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: Some(argument) }
    }
}

/// The arguments of a call, taken one after the other.
#[derive(Debug)]
pub struct Arguments {
    rest: VecDeque<(usize, Dynamic)>,
}

impl Arguments {
    /// The next argument.
    pub fn take<T: Data>(&mut self) -> Result<T, FunctionError> {
        // Core counts arguments, so that there always is one; a missing one counts as null.
        let (index, value) = self.rest.pop_front().unwrap_or_default();
        T::from_dynamic(value).map_err(|error| FunctionError::of(index, error.to_string()))
    }

    /// All further arguments.
    pub fn rest<T: Data>(&mut self) -> Result<Vec<T>, FunctionError> {
        let mut all = Vec::new();
        while !self.rest.is_empty() {
            all.push(self.take()?);
        }
        Ok(all)
    }
}

/// A function.
pub trait Function: Send + Sync + 'static {
    /// The name after `provider::officeless::`.
    fn name(&self) -> &'static str;

    /// What it takes and gives.
    fn signature(&self) -> Signature;

    /// Its result, of the type that the signature says.
    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError>;
}

/// Calls `function`, its object arguments held against their attributes first.
pub fn call(function: &dyn Function, arguments: Vec<Dynamic>) -> Result<Dynamic, FunctionError> {
    let signature = function.signature();
    let mut rest = VecDeque::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        let parameter = signature.parameter(index);
        let checked = match parameter.map(|parameter| &parameter.accepts) {
            Some(Accepts::Object(attributes)) if !argument.is_null() => {
                conform::object(attributes, argument)
                    .map_err(|text| FunctionError::of(index, text))?
            }
            _ => argument,
        };
        rest.push_back((index, checked));
    }
    function.call(&mut Arguments { rest })
}

/// Checks that every function's test makes of its signature.
#[cfg(test)]
pub mod testing {
    use super::{Accepts, Dynamic, Function, FunctionError, Parameter, Signature};
    use crate::framework::value::Object;

    /// Calls as core would.
    pub fn call(
        function: &dyn Function,
        arguments: Vec<Dynamic>,
    ) -> Result<Dynamic, FunctionError> {
        super::call(function, arguments)
    }

    /// An object argument.
    pub fn object<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Dynamic::Map(members.collect::<Object>())
    }

    /// Asserts that everything is described, and that names are identifiers and differ.
    ///
    /// # Panics
    ///
    /// When it is not so.
    pub fn assert_told(signature: &Signature) {
        assert!(!signature.summary.is_empty() && !signature.summary.contains('\n'));
        assert!(!signature.description.is_empty() && !signature.returned.is_empty());
        let all: Vec<&Parameter> = signature.parameters.iter().chain(&signature.variadic).collect();
        for (place, parameter) in all.iter().enumerate() {
            let name = parameter.name;
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c));
            assert!(plain && !name.is_empty(), "{name:?} is no identifier");
            assert!(!parameter.description.is_empty(), "{name} has no description");
            let before = &all[..place];
            assert!(before.iter().all(|other| other.name != name), "{name} is there twice");
            if let Accepts::Object(attributes) = &parameter.accepts {
                for attribute in attributes {
                    assert!(!attribute.description.is_empty(), "{}", attribute.name);
                    let settled = attribute.default.is_some() || !attribute.is_computed();
                    assert!(settled, "{}: a function computes nothing", attribute.name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::object;
    use super::*;
    use crate::framework::value::Value;

    struct Join;

    impl Function for Join {
        fn name(&self) -> &'static str {
            "join"
        }

        fn signature(&self) -> Signature {
            Signature {
                summary: "Joins.",
                description: "Joins.",
                parameters: vec![
                    Parameter::object(
                        "options",
                        vec![
                            Attribute::string("by").default("-"),
                            Attribute::number("most").required(),
                        ],
                    ),
                    Parameter::string("first").nullable(),
                ],
                variadic: Some(Parameter::number("further")),
                returns: Type::String,
                returned: "The text.",
            }
        }

        fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
            let options: Dynamic = arguments.take()?;
            let first: Value<String> = arguments.take()?;
            let further: Vec<i64> = arguments.rest()?;
            let Dynamic::String(by) = options.get("by") else {
                return Err(FunctionError::new("by is not filled in"));
            };
            let parts = first.into_iter().chain(further.iter().map(ToString::to_string));
            Ok(Dynamic::from(parts.collect::<Vec<_>>().join(by).as_str()))
        }
    }

    fn options() -> Dynamic {
        object([("most", Dynamic::from(3))])
    }

    #[test]
    fn arguments_come_in_order_and_variadic_ones_last() {
        let further = [Dynamic::from(1), Dynamic::from(2)];
        let arguments = [options(), Dynamic::from("a")].into_iter().chain(further).collect();
        assert_eq!(call(&Join, arguments), Ok(Dynamic::from("a-1-2")));
        assert_eq!(call(&Join, vec![options(), Dynamic::Null]), Ok(Dynamic::from("")));
    }

    #[test]
    fn the_argument_to_blame_is_named_by_its_place() {
        let half = Dynamic::Number(crate::framework::value::Number::from(1.5));
        let refused = call(&Join, vec![options(), Dynamic::Null, half]).unwrap_err();
        assert_eq!(refused, FunctionError::of(2, "expected a whole number, found 1.5"));
        let refused = call(&Join, vec![object([]), Dynamic::Null]).unwrap_err();
        assert_eq!(refused.argument, Some(0));
        assert_eq!(refused.text, "most is required, and is null here. Give it a value.");
    }
}
