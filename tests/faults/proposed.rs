//! The proposed new state: core's merge of configuration and prior state, which a plan begins with.
//!
//! Configuration counts where it says something; where it does not, a computed attribute keeps its
//! prior value, and any other is null.

use officeless::framework::schema::{Attribute, Nesting, Shape};
use officeless::framework::value::{Dynamic, Object};

/// The merge of a whole object; null for a destroy.
pub(crate) fn proposed_new_state(
    attributes: &[Attribute],
    prior: &Dynamic,
    config: &Dynamic,
) -> Dynamic {
    if config.as_object().is_none() {
        return config.clone();
    }
    let merged = attributes.iter().map(|attribute| {
        let (prior, config) = (prior.get(attribute.name), config.get(attribute.name));
        (attribute.name.to_owned(), merge(attribute, prior, config))
    });
    Dynamic::Map(merged.collect::<Object>())
}

fn merge(attribute: &Attribute, prior: &Dynamic, config: &Dynamic) -> Dynamic {
    if config.is_null() && attribute.is_computed() {
        let was_configured = attribute.is_configurable() && has_configured(attribute, prior);
        return if was_configured { Dynamic::Null } else { prior.clone() };
    }
    let Shape::Nested(nesting, nested) = &attribute.shape else { return config.clone() };
    match (nesting, config) {
        (Nesting::Single, Dynamic::Map(_)) => proposed_new_state(nested, prior, config),
        (Nesting::Map, Dynamic::Map(items)) => Dynamic::Map(
            items
                .iter()
                .map(|(key, item)| (key.clone(), proposed_new_state(nested, prior.get(key), item)))
                .collect(),
        ),
        (Nesting::List, Dynamic::List(items)) => {
            let before = |index: usize| match prior {
                Dynamic::List(items) => items.get(index).cloned().unwrap_or_default(),
                _ => Dynamic::Null,
            };
            let merged = items
                .iter()
                .enumerate()
                .map(|(index, item)| proposed_new_state(nested, &before(index), item));
            Dynamic::List(merged.collect())
        }
        _ => config.clone(),
    }
}

/// Whether a nested value holds what only configuration can have given: then it was configured, and
/// now no longer is.
fn has_configured(attribute: &Attribute, value: &Dynamic) -> bool {
    let Shape::Nested(_, nested) = &attribute.shape else { return false };
    let of_one = |object: &Dynamic| {
        nested.iter().any(|inner| {
            let value = object.get(inner.name);
            let given = !inner.is_computed() && !value.is_null();
            given || has_configured(inner, value)
        })
    };
    match (&attribute.shape, value) {
        (_, Dynamic::Null | Dynamic::Unknown) => false,
        (Shape::Nested(Nesting::Map, _), Dynamic::Map(items)) => items.values().any(of_one),
        (_, Dynamic::List(items)) => items.iter().any(of_one),
        (_, object) => of_one(object),
    }
}
