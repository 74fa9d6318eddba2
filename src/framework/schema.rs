//! What a provider, resource or data source looks like: attributes, blocks, their types and rules.
//!
//! A schema is made without I/O and without state, since core asks for it before anything else.
//! One declaration feeds the wire, validation, the plan and the documentation page.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::check::Check;
use super::value::{AttributePath, Dynamic};

pub use super::types::Type;

/// Who may give an attribute its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Configuration must.
    Required,
    /// Configuration may; null otherwise.
    Optional,
    /// Configuration may; the provider does otherwise.
    OptionalComputed,
    /// Only the provider does.
    Computed,
}

/// How the value of a computed attribute, when configuration gives none, stands in the plan of an
/// update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follows {
    /// Unknown as soon as anything changes.
    Anything,
    /// Unknown only when one of these root attributes changes; the prior value is kept otherwise.
    Only(&'static [&'static str]),
    /// The resource's own plan gives it.
    Plan,
}

/// How several nested objects are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// A map of objects.
    Map,
}

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value of a type.
    Plain(Type),
    /// Objects whose attributes have rules of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// As written in configuration.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Who gives its value.
    pub presence: Presence,
    /// Markdown, for the documentation page.
    pub description: Cow<'static, str>,
    /// The value it has in the plan when configuration gives none.
    pub default: Option<Dynamic>,
    /// How the default is told when the value alone would mislead ("the provider's region").
    pub default_text: Option<&'static str>,
    /// Shown as `(sensitive value)`, stored in state.
    pub sensitive: bool,
    /// Given in configuration only; never stored.
    pub write_only: bool,
    /// What to use instead.
    pub deprecated: Option<&'static str>,
    /// Whether a change destroys the object and creates another.
    pub replaces: bool,
    /// How it is planned when computed.
    pub follows: Follows,
    /// Its rules.
    pub checks: Vec<Check>,
}

impl Attribute {
    fn new(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            shape,
            presence: Presence::Optional,
            description: Cow::Borrowed(""),
            default: None,
            default_text: None,
            sensitive: false,
            write_only: false,
            deprecated: None,
            replaces: false,
            follows: Follows::Plan,
            checks: Vec::new(),
        }
    }

    /// An attribute of that type, optional until said otherwise.
    pub fn of(name: &'static str, kind: Type) -> Self {
        Self::new(name, Shape::Plain(kind))
    }

    /// A string.
    pub fn string(name: &'static str) -> Self {
        Self::of(name, Type::String)
    }

    /// A number.
    pub fn number(name: &'static str) -> Self {
        Self::of(name, Type::Number)
    }

    /// A bool.
    pub fn bool(name: &'static str) -> Self {
        Self::of(name, Type::Bool)
    }

    /// A set of strings.
    pub fn strings(name: &'static str) -> Self {
        Self::of(name, Type::set(Type::String))
    }

    /// A map of strings.
    pub fn string_map(name: &'static str) -> Self {
        Self::of(name, Type::map(Type::String))
    }

    /// One nested object.
    pub fn object(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Shape::Nested(Nesting::Single, attributes))
    }

    /// A map of nested objects.
    pub fn objects(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Shape::Nested(Nesting::Map, attributes))
    }

    /// A list of nested objects.
    pub fn object_list(name: &'static str, attributes: Vec<Attribute>) -> Self {
        Self::new(name, Shape::Nested(Nesting::List, attributes))
    }

    /// What the practitioner reads, in Markdown.
    #[must_use]
    pub fn describe(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Configuration must give it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }

    /// Only the provider gives it, and any change may change it.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.presence = Presence::Computed;
        self.follows = Follows::Anything;
        self
    }

    /// Configuration may give it; the resource's plan does otherwise.
    #[must_use]
    pub fn or_computed(mut self) -> Self {
        self.presence = Presence::OptionalComputed;
        self
    }

    /// Computed, and unknown in an update only when one of `names` changes.
    #[must_use]
    pub fn follows(mut self, names: &'static [&'static str]) -> Self {
        self.follows = Follows::Only(names);
        self
    }

    /// Computed once, at creation.
    #[must_use]
    pub fn stable(self) -> Self {
        self.follows(&[])
    }

    /// Computed by the resource's plan, never guessed at by the framework.
    #[must_use]
    pub fn planned(mut self) -> Self {
        self.follows = Follows::Plan;
        self
    }

    /// The value in the plan when configuration gives none.
    #[must_use]
    pub fn default(mut self, value: impl Into<Dynamic>) -> Self {
        self.presence = Presence::OptionalComputed;
        self.default = Some(value.into());
        self
    }

    /// How the documentation tells the default.
    #[must_use]
    pub fn default_text(mut self, text: &'static str) -> Self {
        self.default_text = Some(text);
        self
    }

    /// The default of a nested object: every nested default applies, as if `{}` were written.
    #[must_use]
    pub fn default_object(self) -> Self {
        self.default(Dynamic::Map(BTreeMap::new()))
    }

    /// A change of it replaces the object.
    #[must_use]
    pub fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// Hidden from output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Never stored; needs Terraform 1.11 or OpenTofu 1.11.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// What to use instead of it.
    #[must_use]
    pub fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Whether the provider may give the value.
    pub fn is_computed(&self) -> bool {
        matches!(self.presence, Presence::Computed | Presence::OptionalComputed)
    }

    /// Whether configuration may give the value.
    pub fn is_configurable(&self) -> bool {
        self.presence != Presence::Computed
    }

    /// Whether its value, or a part of it, must not be shown.
    pub fn is_secret(&self) -> bool {
        let within = match &self.shape {
            Shape::Plain(_) => false,
            Shape::Nested(_, attributes) => attributes.iter().any(Self::is_secret),
        };
        self.sensitive || self.write_only || within
    }

    /// The type of its value.
    pub fn kind(&self) -> Type {
        match &self.shape {
            Shape::Plain(kind) => kind.clone(),
            Shape::Nested(Nesting::Single, attributes) => object_type(attributes, &[]),
            Shape::Nested(Nesting::List, attributes) => Type::list(object_type(attributes, &[])),
            Shape::Nested(Nesting::Map, attributes) => Type::map(object_type(attributes, &[])),
        }
    }
}

/// A nested block. Only the provider block has any: resources use nested attributes.
#[derive(Clone, Debug)]
pub struct Block {
    /// As written in configuration.
    pub name: &'static str,
    /// Markdown, for the documentation page.
    pub description: &'static str,
    /// How often it may be written; always held as a list.
    pub max_items: i64,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// The whole of a provider, resource or data source.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Version of the stored state; raised when its shape changes.
    pub version: i64,
    /// Markdown, for the documentation page.
    pub description: &'static str,
    /// Attributes, in the order of the documentation page's source.
    pub attributes: Vec<Attribute>,
    /// Blocks (provider schema only).
    pub blocks: Vec<Block>,
}

impl Schema {
    /// The type of a whole value.
    pub fn kind(&self) -> Type {
        object_type(&self.attributes, &self.blocks)
    }

    /// The root attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

fn object_type(attributes: &[Attribute], blocks: &[Block]) -> Type {
    let attributes = attributes.iter().map(|a| (a.name.to_owned(), a.kind()));
    let blocks = blocks
        .iter()
        .map(|block| (block.name.to_owned(), Type::list(object_type(&block.attributes, &[]))));
    Type::Object(attributes.chain(blocks).collect())
}

/// Visits every attribute that has a value in `value`, nested ones included, with its path.
pub fn visit<'a>(
    attributes: &'a [Attribute],
    value: &'a Dynamic,
    path: &AttributePath,
    visitor: &mut impl FnMut(&'a Attribute, &'a Dynamic, &AttributePath),
) {
    for attribute in attributes {
        let path = path.clone().attribute(attribute.name);
        let value = value.get(attribute.name);
        visitor(attribute, value, &path);
        let Shape::Nested(nesting, nested) = &attribute.shape else { continue };
        match (nesting, value) {
            (Nesting::Single, Dynamic::Map(_)) => visit(nested, value, &path, visitor),
            (Nesting::Map, Dynamic::Map(items)) => {
                for (key, item) in items {
                    visit(nested, item, &path.clone().key(key.clone()), visitor);
                }
            }
            (Nesting::List, Dynamic::List(items)) => {
                for (index, item) in (0_i64..).zip(items) {
                    visit(nested, item, &path.clone().index(index), visitor);
                }
            }
            _ => {}
        }
    }
}

/// Checks that every room's test makes of its schema.
#[cfg(test)]
pub mod testing {
    use super::{Attribute, Schema, Shape, Type};
    use crate::framework::value::{Data, Dynamic, Object};

    /// Asserts that model and schema have the same attributes, that every attribute is described,
    /// and that defaults and rules agree.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub fn assert_model_fits<M: Data>(schema: &Schema) {
        // A model that lacks an attribute refuses it as a stranger, and one that has an attribute
        // too many writes it back: at the root, and in every nested object.
        let kind = schema.kind();
        let null_root = match &kind {
            Type::Object(attributes) => {
                let nulls = attributes.keys().map(|name| (name.clone(), Dynamic::Null));
                Dynamic::Map(nulls.collect())
            }
            other => panic!("{other:?} is no object type"),
        };
        for value in [null_root, sample(&kind)] {
            let model = M::from_dynamic(value.clone()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(model.to_dynamic(), value);
        }
        assert!(!schema.description.is_empty(), "the schema has no description");
        assert_attributes(&schema.attributes, "");
        for block in &schema.blocks {
            assert!(!block.description.is_empty(), "{} has no description", block.name);
            assert_attributes(&block.attributes, block.name);
        }
    }

    /// A value of this type with one of each object, however deep, and null everywhere else.
    fn sample(kind: &Type) -> Dynamic {
        match kind {
            Type::Object(attributes) => {
                let members = attributes.iter().map(|(name, of)| (name.clone(), sample(of)));
                Dynamic::Map(members.collect())
            }
            Type::List(of) if matches!(**of, Type::Object(_)) => Dynamic::List(vec![sample(of)]),
            Type::Map(of) if matches!(**of, Type::Object(_)) => {
                Dynamic::Map(Object::from([("key".to_owned(), sample(of))]))
            }
            _ => Dynamic::Null,
        }
    }

    fn assert_attributes(attributes: &[Attribute], within: &str) {
        let mut names: Vec<&str> = attributes.iter().map(|attribute| attribute.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "an attribute of {within:?} is declared twice");
        for attribute in attributes {
            let at = format!("{within}.{}", attribute.name);
            assert!(!attribute.description.is_empty(), "{at} has no description");
            if let Some(default) = &attribute.default {
                for check in &attribute.checks {
                    assert_eq!(check.refusal(default), None, "{at}: its default breaks its rule");
                }
            }
            for check in &attribute.checks {
                assert_eq!(check.broken_pattern(), None, "{at}: the pattern does not compile");
            }
            if let Shape::Nested(_, nested) = &attribute.shape {
                assert_attributes(nested, &at);
            }
        }
    }
}
