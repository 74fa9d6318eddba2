//! What a data source tells of an object that a resource of this provider builds: attributes of the
//! resource's own schema, with the values that the resource's own read finds.
//!
//! The read is that of an import. So a data source tells nothing that only a configuration knows.

use super::asked;
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found, Resource};
use crate::framework::schema::{Attribute, Nesting, Schema, Shape};
use crate::framework::value::{Data as _, Diagnostic, Dynamic, Object};
use crate::provider::ProviderContext;

/// Attributes of the resource, by name and with a description of their own where that of the
/// resource would speak of configuration; computed, whatever they are there.
pub(super) fn told(resource: &Schema, names: &[(&str, &'static str)]) -> Vec<Attribute> {
    let tell = |(name, description): &(&str, &'static str)| {
        let attribute = computed(resource.attribute(name)?);
        let own = !description.is_empty();
        Some(if own { attribute.describe(*description) } else { attribute })
    };
    names.iter().filter_map(tell).collect()
}

fn computed(attribute: &Attribute) -> Attribute {
    let shape = match &attribute.shape {
        Shape::Nested(nesting, within) => {
            Shape::Nested(*nesting, within.iter().map(computed).collect())
        }
        plain @ Shape::Plain(_) => plain.clone(),
    };
    Attribute { shape, ..Attribute::string(attribute.name) }
        .computed()
        .describe(attribute.description.clone())
}

/// The provider, once configured, and the region to read in.
pub(super) fn place(
    cx: Option<&Context<ProviderContext>>,
    config: &Dynamic,
) -> Result<(Context<ProviderContext>, String), Diagnostic> {
    asked::place(cx, &text(config, "region").into())
}

/// A string of the configuration.
pub(super) fn text(config: &Dynamic, name: &str) -> Option<String> {
    match config.get(name) {
        Dynamic::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The object that the resource reads from this state of an import; `None` if there is none.
pub(super) async fn read<R: Resource<ProviderContext>>(
    resource: &R,
    cx: &Context<ProviderContext>,
    imported: R::Model,
) -> Result<Option<Dynamic>, Diagnostic> {
    match resource.read(cx, imported, &mut Private::default()).await? {
        Found::Present(model) => Ok(Some(model.to_dynamic())),
        Found::Gone => Ok(None),
    }
}

/// What the data source answers: the attributes of its schema out of what was read; what the
/// configuration gives comes back as it is, and `also` is known besides.
pub(super) fn answer(
    schema: &Schema,
    read: &Dynamic,
    config: &Dynamic,
    also: &[(&str, Dynamic)],
) -> Dynamic {
    let Dynamic::Map(mut answer) = part_of(&schema.attributes, read) else {
        return Dynamic::Null;
    };
    for (name, value) in also {
        answer.insert((*name).to_owned(), value.clone());
    }
    if let Some(given) = config.as_object() {
        let given = given.iter().filter(|(_, value)| !value.is_null());
        answer.extend(given.map(|(name, value)| (name.clone(), value.clone())));
    }
    Dynamic::Map(answer).unknown_to_null()
}

/// These attributes of the value, nested ones too.
fn part_of(attributes: &[Attribute], value: &Dynamic) -> Dynamic {
    let Dynamic::Map(_) = value else { return value.clone() };
    let part = |attribute: &Attribute| {
        let value = value.get(attribute.name);
        let part = match (&attribute.shape, value) {
            (Shape::Nested(Nesting::Single, within), value) => part_of(within, value),
            (Shape::Nested(Nesting::Map, within), Dynamic::Map(items)) => {
                let items = items.iter().map(|(key, item)| (key.clone(), part_of(within, item)));
                Dynamic::Map(items.collect())
            }
            (Shape::Nested(Nesting::List, within), Dynamic::List(items)) => {
                Dynamic::List(items.iter().map(|item| part_of(within, item)).collect())
            }
            (_, value) => value.clone(),
        };
        (attribute.name.to_owned(), part)
    };
    Dynamic::Map(attributes.iter().map(part).collect::<Object>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
        Dynamic::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn resource() -> Schema {
        let within = || vec![Attribute::string("keep").required(), Attribute::number("days")];
        let attributes = vec![
            Attribute::string("name").default("x").replaces().describe("Of the resource."),
            Attribute::objects("rules", within()).describe("Rules."),
            Attribute::bool("secret_plan"),
        ];
        Schema { attributes, ..Schema::default() }
    }

    #[test]
    fn attributes_are_computed_at_every_depth_and_keep_no_rule_of_configuration() {
        let told = told(&resource(), &[("name", "Of its own."), ("rules", "")]);
        let schema = Schema { attributes: told, ..Schema::default() };
        let name = schema.attribute("name").unwrap();
        assert!(name.default.is_none() && !name.replaces && !name.is_configurable());
        assert_eq!(name.description, "Of its own.");
        let rules = schema.attribute("rules").unwrap();
        assert_eq!(rules.description, "Rules.");
        let Shape::Nested(Nesting::Map, within) = &rules.shape else { panic!("not nested") };
        assert!(within.iter().all(|attribute| !attribute.is_configurable()));
    }

    #[test]
    fn the_answer_is_what_was_read_under_what_was_given() {
        let mut schema = resource();
        schema.attributes.pop();
        let rule =
            object([("keep", "a".into()), ("days", Dynamic::Unknown), ("more", true.into())]);
        let read = object([
            ("name", "of AWS".into()),
            ("rules", object([("one", rule)])),
            ("secret_plan", true.into()),
        ]);
        let config = object([("name", "given".into()), ("rules", Dynamic::Null)]);
        let rule = object([("keep", "a".into()), ("days", Dynamic::Null)]);
        let expected = object([
            ("name", "given".into()),
            ("rules", object([("one", rule)])),
            ("size", 7.into()),
        ]);
        assert_eq!(answer(&schema, &read, &config, &[("size", Dynamic::from(7))]), expected);
    }
}
