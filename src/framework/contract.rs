//! Core's rules, checked in this process before core checks them.
//!
//! Core blames "the provider" in general terms and stops; here the attribute is named, and a test
//! run fails on the spot. The rules are those of Terraform's resource instance change lifecycle:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.

use super::diagnostic::{path_text, provider_bug};
use super::schema::{Attribute, Nesting, Presence, Schema, Shape, visit};
use super::value::{AttributePath, Diagnostics, Dynamic};

/// A plan may differ from configuration only where the provider may decide, and from prior state
/// only with it.
pub fn check_plan(
    schema: &Schema,
    config: &Dynamic,
    prior: &Dynamic,
    planned: &Dynamic,
    diagnostics: &mut Diagnostics,
) {
    let root = AttributePath::root();
    plan_object(&schema.attributes, config, prior, planned, &root, diagnostics);
}

/// What was known in the plan must be what came to be, and nothing may be left unknown.
pub fn check_apply(
    schema: &Schema,
    planned: &Dynamic,
    state: &Dynamic,
    diagnostics: &mut Diagnostics,
) {
    if state.is_null() != planned.is_null() {
        let what = if state.is_null() { "absent" } else { "present" };
        diagnostics.add_error(provider_bug(&format!(
            "After apply the object is {what}, against the plan."
        )));
        return;
    }
    for attribute in &schema.attributes {
        let path = AttributePath::new(attribute.name);
        let state = state.get(attribute.name);
        if !state.is_wholly_known() {
            breach(&path, "is still unknown after apply", diagnostics);
        } else if let Some(where_) = departs(planned.get(attribute.name), state, &path) {
            let text = if attribute.is_secret() {
                "is not the sensitive value that was planned".to_owned()
            } else {
                format!("is {state}, and {} was planned", planned.get(attribute.name))
            };
            breach(&where_, &text, diagnostics);
        }
    }
}

/// A stored state is wholly known and holds no write-only value.
pub fn check_state(schema: &Schema, state: &Dynamic, diagnostics: &mut Diagnostics) {
    for attribute in &schema.attributes {
        if !state.get(attribute.name).is_wholly_known() {
            let path = AttributePath::new(attribute.name);
            breach(&path, "is unknown in a stored state", diagnostics);
        }
    }
    let mut inspect = |attribute: &Attribute, value: &Dynamic, path: &AttributePath| {
        if attribute.write_only && !value.is_null() {
            breach(path, "is write-only, and has a value in a stored state", diagnostics);
        }
    };
    visit(&schema.attributes, state, &AttributePath::root(), &mut inspect);
}

/// What an ephemeral resource gave is wholly known and holds what configuration says.
pub fn check_ephemeral(
    schema: &Schema,
    config: &Dynamic,
    result: &Dynamic,
    diagnostics: &mut Diagnostics,
) {
    check_plan(schema, config, &Dynamic::Null, result, diagnostics);
    for attribute in &schema.attributes {
        if !result.get(attribute.name).is_wholly_known() {
            breach(&AttributePath::new(attribute.name), "is unknown once it is open", diagnostics);
        }
    }
}

/// The value without anything write-only, at any depth: what may leave this process.
#[must_use]
pub fn without_write_only(attributes: &[Attribute], value: Dynamic) -> Dynamic {
    let Dynamic::Map(mut object) = value else { return value };
    for attribute in attributes {
        let Some(value) = object.get_mut(attribute.name) else { continue };
        if attribute.write_only {
            *value = Dynamic::Null;
            continue;
        }
        let Shape::Nested(nesting, nested) = &attribute.shape else { continue };
        let clean = |value: Dynamic| without_write_only(nested, value);
        *value = match (nesting, std::mem::take(value)) {
            (Nesting::Map, Dynamic::Map(items)) => {
                Dynamic::Map(items.into_iter().map(|(key, item)| (key, clean(item))).collect())
            }
            (Nesting::List, Dynamic::List(items)) => {
                Dynamic::List(items.into_iter().map(clean).collect())
            }
            (_, value) => clean(value),
        };
    }
    Dynamic::Map(object)
}

fn breach(path: &AttributePath, what: &str, diagnostics: &mut Diagnostics) {
    let mut bug = provider_bug(&format!("{} {what}.", path_text(path)));
    bug.attribute = path.clone();
    diagnostics.add_error(bug);
}

fn plan_object(
    attributes: &[Attribute],
    config: &Dynamic,
    prior: &Dynamic,
    planned: &Dynamic,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) {
    for attribute in attributes {
        let path = path.clone().attribute(attribute.name);
        let config = config.get(attribute.name);
        let prior = prior.get(attribute.name);
        let planned = planned.get(attribute.name);
        plan_attribute(attribute, config, prior, planned, &path, diagnostics);
    }
}

fn plan_attribute(
    attribute: &Attribute,
    config: &Dynamic,
    prior: &Dynamic,
    planned: &Dynamic,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) {
    if attribute.write_only {
        if !planned.is_null() {
            breach(path, "is write-only, and has a value in the plan", diagnostics);
        }
        return;
    }
    let kept = planned == prior && !prior.is_null() && !config.is_null();
    let decided = attribute.is_computed() && config.is_null();
    if planned == config || kept || attribute.presence == Presence::Computed || decided {
        return;
    }
    if let Shape::Nested(nesting, nested) = &attribute.shape
        && plan_nested(*nesting, nested, config, prior, planned, path, diagnostics)
    {
        return;
    }
    let text = if attribute.is_secret() {
        "is planned as another sensitive value than configuration says".to_owned()
    } else {
        format!("is planned as {planned}, and configuration says {config}")
    };
    breach(path, &text, diagnostics);
}

/// Compares nested objects one by one; false when they do not even correspond.
fn plan_nested(
    nesting: Nesting,
    nested: &[Attribute],
    config: &Dynamic,
    prior: &Dynamic,
    planned: &Dynamic,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) -> bool {
    match (nesting, config, planned) {
        (Nesting::Single, Dynamic::Map(_), Dynamic::Map(_)) => {
            plan_object(nested, config, prior, planned, path, diagnostics);
            true
        }
        (Nesting::Map, Dynamic::Map(wanted), Dynamic::Map(items)) => {
            for (key, item) in items {
                let path = path.clone().key(key.clone());
                plan_object(nested, config.get(key), prior.get(key), item, &path, diagnostics);
            }
            wanted.keys().eq(items.keys())
        }
        (Nesting::List, Dynamic::List(wanted), Dynamic::List(items)) => {
            let before = |index: usize| match prior {
                Dynamic::List(prior) => prior.get(index).cloned().unwrap_or_default(),
                _ => Dynamic::Null,
            };
            for (index, (config, item)) in wanted.iter().zip(items).enumerate() {
                let at = i64::try_from(index).unwrap_or(i64::MAX);
                let path = path.clone().index(at);
                plan_object(nested, config, &before(index), item, &path, diagnostics);
            }
            wanted.len() == items.len()
        }
        _ => false,
    }
}

/// Where `state` differs from what was known in `planned`, if anywhere.
fn departs(planned: &Dynamic, state: &Dynamic, path: &AttributePath) -> Option<AttributePath> {
    match (planned, state) {
        (Dynamic::Unknown, _) => None,
        (Dynamic::Map(planned), Dynamic::Map(state)) => {
            if !planned.keys().eq(state.keys()) {
                return Some(path.clone());
            }
            planned.iter().zip(state.values()).find_map(|((key, planned), state)| {
                departs(planned, state, &path.clone().attribute(key.clone()))
            })
        }
        (Dynamic::List(planned), Dynamic::List(state)) if !planned.iter().all(known) => {
            (planned.len() != state.len()).then(|| path.clone())
        }
        _ => (planned != state).then(|| path.clone()),
    }
}

fn known(value: &Dynamic) -> bool {
    value.is_wholly_known()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::Object;

    fn schema() -> Schema {
        Schema {
            attributes: vec![
                Attribute::string("name"),
                Attribute::string("id").computed(),
                Attribute::objects(
                    "points",
                    vec![Attribute::string("path"), Attribute::string("arn").computed()],
                ),
            ],
            ..Schema::default()
        }
    }

    fn object(pairs: &[(&str, Dynamic)]) -> Dynamic {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Dynamic::Map(pairs.collect::<Object>())
    }

    fn planning(config: &Dynamic, prior: &Dynamic, planned: &Dynamic) -> Vec<String> {
        let mut diagnostics = Diagnostics::default();
        check_plan(&schema(), config, prior, planned, &mut diagnostics);
        diagnostics.errors.iter().map(|error| path_text(&error.attribute)).collect()
    }

    #[test]
    fn a_plan_against_configuration_is_a_breach() {
        let config = object(&[("name", Dynamic::from("a"))]);
        let planned = object(&[("name", Dynamic::from("b"))]);
        assert_eq!(planning(&config, &Dynamic::Null, &planned), ["name"]);
        assert!(planning(&config, &planned, &planned).is_empty(), "prior may be kept");
        let silent = object(&[]);
        assert_eq!(planning(&silent, &Dynamic::Null, &planned), ["name"], "not computed");
    }

    #[test]
    fn nested_objects_are_compared_one_by_one() {
        let point =
            |path: &str, arn: Dynamic| object(&[("path", Dynamic::from(path)), ("arn", arn)]);
        let config = object(&[("points", object(&[("x", point("/a", Dynamic::Null))]))]);
        let good = object(&[("points", object(&[("x", point("/a", Dynamic::Unknown))]))]);
        let bad = object(&[("points", object(&[("x", point("/b", Dynamic::Unknown))]))]);
        let more = object(&[("points", object(&[("y", point("/a", Dynamic::Unknown))]))]);
        assert!(planning(&config, &Dynamic::Null, &good).is_empty());
        assert_eq!(planning(&config, &Dynamic::Null, &bad), [r#"points["x"].path"#]);
        assert!(planning(&config, &Dynamic::Null, &more).contains(&"points".to_owned()));
    }

    #[test]
    fn a_result_against_the_plan_is_a_breach() {
        let mut diagnostics = Diagnostics::default();
        let planned = object(&[("name", Dynamic::from("a")), ("id", Dynamic::Unknown)]);
        let state = object(&[("name", Dynamic::from("b")), ("id", Dynamic::Unknown)]);
        check_apply(&schema(), &planned, &state, &mut diagnostics);
        let paths: Vec<_> =
            diagnostics.errors.iter().map(|error| path_text(&error.attribute)).collect();
        assert_eq!(paths, ["name", "id"]);
        assert!(diagnostics.errors[0].detail.contains("is \"b\", and \"a\" was planned"));
    }

    fn secrets() -> Schema {
        let password = || Attribute::string("password_wo").write_only();
        Schema {
            attributes: vec![
                password(),
                Attribute::object("one", vec![password()]),
                Attribute::objects("many", vec![password(), Attribute::string("name")]),
                Attribute::object_list("row", vec![password()]),
                Attribute::string("token").sensitive(),
            ],
            ..Schema::default()
        }
    }

    /// Every write-only attribute of [`secrets`] holds this.
    fn filled(secret: &Dynamic) -> Dynamic {
        let one = object(&[("password_wo", secret.clone())]);
        let many = object(&[("password_wo", secret.clone()), ("name", Dynamic::from("a"))]);
        object(&[
            ("password_wo", secret.clone()),
            ("one", one.clone()),
            ("many", object(&[("key", many)])),
            ("row", Dynamic::List(vec![one])),
            ("token", Dynamic::Null),
        ])
    }

    #[test]
    fn write_only_values_are_blanked_at_any_depth_and_nothing_else_is() {
        let schema = secrets();
        let clean = without_write_only(&schema.attributes, filled(&Dynamic::from("hunter2")));
        assert_eq!(clean, filled(&Dynamic::Null));
        assert_eq!(without_write_only(&schema.attributes, Dynamic::Null), Dynamic::Null);
        assert_eq!(without_write_only(&schema.attributes, Dynamic::Unknown), Dynamic::Unknown);
    }

    #[test]
    fn a_breach_names_a_secret_and_does_not_tell_it() {
        let schema = secrets();
        let mut diagnostics = Diagnostics::default();
        let (told, blank) = (filled(&Dynamic::from("hunter2")), filled(&Dynamic::Null));
        check_state(&schema, &told, &mut diagnostics);
        assert_eq!(diagnostics.errors.len(), 4);
        check_plan(&schema, &told, &Dynamic::Null, &told, &mut diagnostics);
        check_apply(&schema, &blank, &told, &mut diagnostics);
        let token = |text: &str| object(&[("token", Dynamic::from(text))]);
        check_plan(&schema, &token("hunter2"), &Dynamic::Null, &token("x"), &mut diagnostics);
        check_ephemeral(&schema, &token("hunter2"), &token("x"), &mut diagnostics);
        for error in &diagnostics.errors {
            assert!(!error.detail.contains("hunter2"), "{}", error.detail);
        }
        let paths: Vec<_> =
            diagnostics.errors.iter().map(|error| path_text(&error.attribute)).collect();
        assert!(paths.contains(&r#"many["key"].password_wo"#.to_owned()), "{paths:?}");
        assert!(paths.contains(&"row[0].password_wo".to_owned()), "{paths:?}");
    }

    #[test]
    fn an_unknown_value_inside_a_stored_object_is_a_breach() {
        let mut diagnostics = Diagnostics::default();
        let point = object(&[("path", Dynamic::from("/a")), ("arn", Dynamic::Unknown)]);
        check_state(&schema(), &object(&[("points", object(&[("x", point)]))]), &mut diagnostics);
        let paths: Vec<_> =
            diagnostics.errors.iter().map(|error| path_text(&error.attribute)).collect();
        assert_eq!(paths, ["points"]);
    }

    #[test]
    fn an_open_ephemeral_resource_knows_everything() {
        let mut diagnostics = Diagnostics::default();
        let config = object(&[("name", Dynamic::from("a"))]);
        let result = object(&[("name", Dynamic::from("a")), ("id", Dynamic::Unknown)]);
        check_ephemeral(&schema(), &config, &result, &mut diagnostics);
        assert_eq!(diagnostics.errors.len(), 1);
        assert!(diagnostics.errors[0].detail.contains("id is unknown once it is open"));
    }

    #[test]
    fn a_vanished_object_is_a_breach() {
        let mut diagnostics = Diagnostics::default();
        let planned = object(&[("name", Dynamic::from("a"))]);
        check_apply(&schema(), &planned, &Dynamic::Null, &mut diagnostics);
        assert!(diagnostics.errors[0].detail.contains("absent"));
    }
}
