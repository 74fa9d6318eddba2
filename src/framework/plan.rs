//! The plan recipe: from what core proposes to what the provider plans.
//!
//! 1. [`with_defaults`]: defaults where configuration is silent, write-only values blanked.
//! 2. The resource's own plan (see [`super::resource::Resource::plan`]).
//! 3. [`mark_unknown`]: if anything changed, computed attributes that may follow become unknown.
//! 4. [`replacements`]: the attributes whose change replaces the object.
//!
//! All four are pure, so that the plan made again during apply is the same plan.

use super::schema::{Attribute, Follows, Nesting, Presence, Schema, Shape};
use super::value::{AttributePath, Data, Dynamic, Mismatch, Object};

/// `proposed` with the defaults of everything that `config` leaves null, and no write-only value.
/// Computed attributes of a new object are unknown.
pub fn with_defaults(
    attributes: &[Attribute],
    config: &Dynamic,
    prior: &Dynamic,
    proposed: &Dynamic,
) -> Dynamic {
    if proposed.as_object().is_none() && config.as_object().is_none() {
        return proposed.clone();
    }
    let mut planned = Object::new();
    for attribute in attributes {
        let config = config.get(attribute.name);
        let proposed = proposed.get(attribute.name);
        let value = one(attribute, config, prior.get(attribute.name), proposed, prior.is_null());
        planned.insert(attribute.name.to_owned(), value);
    }
    Dynamic::Map(planned)
}

fn one(
    attribute: &Attribute,
    config: &Dynamic,
    prior: &Dynamic,
    proposed: &Dynamic,
    new: bool,
) -> Dynamic {
    if attribute.write_only {
        return Dynamic::Null;
    }
    let silent = config.is_null();
    let value = match (&attribute.default, silent) {
        (Some(default), true) => default,
        (None, true) if attribute.is_computed() && new => return Dynamic::Unknown,
        _ => proposed,
    };
    let Shape::Nested(nesting, nested) = &attribute.shape else { return value.clone() };
    match (nesting, value) {
        (Nesting::Single, Dynamic::Map(_)) => with_defaults(nested, config, prior, value),
        (Nesting::Map, Dynamic::Map(items)) => Dynamic::Map(
            items
                .iter()
                .map(|(key, item)| {
                    (key.clone(), with_defaults(nested, config.get(key), prior.get(key), item))
                })
                .collect(),
        ),
        (Nesting::List, Dynamic::List(items)) => Dynamic::List(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let at = |list: &Dynamic| match list {
                        Dynamic::List(items) => items.get(index).cloned().unwrap_or_default(),
                        _ => Dynamic::Null,
                    };
                    with_defaults(nested, &at(config), &at(prior), item)
                })
                .collect(),
        ),
        _ => value.clone(),
    }
}

/// A model with every default, and null for the rest: what an import starts from.
pub fn defaults<M: Data>(schema: &Schema) -> Result<M, Mismatch> {
    let nothing = Dynamic::Map(Object::new());
    M::from_dynamic(with_defaults(&schema.attributes, &nothing, &nothing, &nothing))
}

/// The names of the root attributes that differ between `prior` and `planned`.
pub fn changed<'a>(schema: &'a Schema, prior: &Dynamic, planned: &Dynamic) -> Vec<&'a str> {
    schema
        .attributes
        .iter()
        .map(|attribute| attribute.name)
        .filter(|name| prior.get(name) != planned.get(name))
        .collect()
}

/// Marks the computed attributes that may follow a change as unknown. Without a change, and on
/// create (where they already are unknown), nothing is touched.
pub fn mark_unknown(schema: &Schema, config: &Dynamic, prior: &Dynamic, planned: &mut Dynamic) {
    if prior.is_null() {
        return;
    }
    let changed = changed(schema, prior, planned);
    if changed.is_empty() {
        return;
    }
    let Dynamic::Map(planned) = planned else { return };
    for attribute in &schema.attributes {
        let silent = config.get(attribute.name).is_null();
        let settled = attribute.default.is_some() || changed.contains(&attribute.name);
        if !attribute.is_computed() || !silent || settled {
            continue;
        }
        let follows = match &attribute.follows {
            Follows::Anything => true,
            Follows::Only(names) => names.iter().any(|name| changed.contains(name)),
            Follows::Plan => false,
        };
        if follows {
            planned.insert(attribute.name.to_owned(), Dynamic::Unknown);
        }
    }
}

/// The paths of changed attributes whose change replaces the object.
pub fn replacements(schema: &Schema, prior: &Dynamic, planned: &Dynamic) -> Vec<AttributePath> {
    if prior.is_null() || planned.is_null() {
        return Vec::new();
    }
    schema
        .attributes
        .iter()
        .filter(|attribute| attribute.replaces && attribute.presence != Presence::Computed)
        .filter(|attribute| prior.get(attribute.name) != planned.get(attribute.name))
        .map(|attribute| AttributePath::new(attribute.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema {
            attributes: vec![
                Attribute::string("name").default("x"),
                Attribute::string("zone").replaces(),
                Attribute::string("id").computed().stable(),
                Attribute::string("status").computed(),
                Attribute::string("policy").computed().follows(&["zone"]),
                Attribute::object(
                    "class",
                    vec![Attribute::string("perms").default("700"), Attribute::number("uid")],
                )
                .default_object(),
                Attribute::string("token_wo").write_only(),
            ],
            ..Schema::default()
        }
    }

    fn object(pairs: &[(&str, Dynamic)]) -> Dynamic {
        let mut object: Object = schema()
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), Dynamic::Null))
            .collect();
        for (name, value) in pairs {
            object.insert((*name).to_owned(), value.clone());
        }
        Dynamic::Map(object)
    }

    fn plan(config: &Dynamic, prior: &Dynamic, proposed: &Dynamic) -> Dynamic {
        let schema = schema();
        let mut planned = with_defaults(&schema.attributes, config, prior, proposed);
        mark_unknown(&schema, config, prior, &mut planned);
        planned
    }

    #[test]
    fn a_create_shows_defaults_and_what_apply_will_learn() {
        let config = object(&[("token_wo", Dynamic::from("secret"))]);
        let planned = plan(&config, &Dynamic::Null, &config);
        assert_eq!(planned.get("name"), &Dynamic::from("x"));
        assert_eq!(planned.get("class").get("perms"), &Dynamic::from("700"));
        assert_eq!(planned.get("id"), &Dynamic::Unknown);
        assert_eq!(planned.get("token_wo"), &Dynamic::Null);
        assert_eq!(planned.get("zone"), &Dynamic::Null);
    }

    fn existing() -> Dynamic {
        let class = Object::from([
            ("perms".to_owned(), Dynamic::from("700")),
            ("uid".to_owned(), Dynamic::Null),
        ]);
        object(&[
            ("name", Dynamic::from("x")),
            ("zone", Dynamic::from("a")),
            ("id", Dynamic::from("fs-1")),
            ("status", Dynamic::from("complete")),
            ("policy", Dynamic::from("{}")),
            ("class", Dynamic::Map(class)),
        ])
    }

    #[test]
    fn an_unchanged_object_plans_no_change() {
        let config = object(&[("zone", Dynamic::from("a"))]);
        assert_eq!(plan(&config, &existing(), &existing()), existing());
    }

    #[test]
    fn an_update_marks_only_what_may_follow() {
        let config = object(&[("zone", Dynamic::from("a")), ("name", Dynamic::from("y"))]);
        let mut proposed = existing();
        if let Dynamic::Map(object) = &mut proposed {
            object.insert("name".to_owned(), Dynamic::from("y"));
        }
        let planned = plan(&config, &existing(), &proposed);
        assert_eq!(planned.get("id"), &Dynamic::from("fs-1"));
        assert_eq!(planned.get("status"), &Dynamic::Unknown);
        assert_eq!(planned.get("policy"), &Dynamic::from("{}"));
        assert!(replacements(&schema(), &existing(), &planned).is_empty());
    }

    #[test]
    fn a_change_that_replaces_is_listed() {
        let config = object(&[("zone", Dynamic::from("b"))]);
        let mut proposed = existing();
        if let Dynamic::Map(object) = &mut proposed {
            object.insert("zone".to_owned(), Dynamic::from("b"));
        }
        let planned = plan(&config, &existing(), &proposed);
        assert_eq!(planned.get("policy"), &Dynamic::Unknown);
        assert_eq!(replacements(&schema(), &existing(), &planned), [AttributePath::new("zone")]);
    }

    #[test]
    fn a_nested_default_fills_an_object_that_is_given_in_part() {
        let class = Object::from([("uid".to_owned(), Dynamic::from(7))]);
        let config = object(&[("class", Dynamic::Map(class))]);
        let planned = plan(&config, &Dynamic::Null, &config);
        assert_eq!(planned.get("class").get("perms"), &Dynamic::from("700"));
        assert_eq!(planned.get("class").get("uid"), &Dynamic::from(7));
    }

    #[test]
    fn the_plan_is_the_same_when_made_again() {
        let config = object(&[("zone", Dynamic::from("a")), ("name", Dynamic::Unknown)]);
        let first = plan(&config, &existing(), &existing());
        assert_eq!(plan(&config, &existing(), &existing()), first);
    }
}
