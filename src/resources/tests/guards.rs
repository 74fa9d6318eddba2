//! Guards that hold for every resource alike: what destroys data is off where nothing is said, and
//! protection refuses it when it is planned.

use crate::framework::diagnostic::path_text;
use crate::framework::managed::PlanInput;
use crate::framework::private::Private;
use crate::framework::schema::{Attribute, Nesting, Shape, Type};
use crate::framework::value::{Dynamic, Object};
use crate::provider::claims::Claims;
use crate::provider::environment::Environment;
use crate::resources::all;
use crate::resources::unfinished;
use crate::sensitive::{HIDDEN, without_secrets};

/// Resources that keep data, and so have protection; and those whose destroy may empty something.
const PROTECTED: [&str; 5] = [
    "officeless_application_bucket",
    "officeless_block_volume",
    "officeless_cache",
    "officeless_observability_buckets",
    "officeless_shared_storage",
];
const FORCED: [&str; 3] =
    ["officeless_application_bucket", "officeless_backup_plan", "officeless_observability_buckets"];

fn having(attribute: &str) -> Vec<&'static str> {
    let all = all();
    let having =
        all.iter().filter(|one| one.schema().attributes.iter().any(|a| a.name == attribute));
    let mut names: Vec<_> = having.map(|one| one.type_name()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn protection_refuses_every_destroy_when_it_is_planned() {
    assert_eq!(having("deletion_protection"), PROTECTED);
    for resource in all() {
        if !PROTECTED.contains(&resource.type_name()) {
            continue;
        }
        let planned = async |protected: bool, marked: bool| {
            let names =
                resource.schema().attributes.iter().map(|a| (a.name.to_owned(), Dynamic::Null));
            let mut prior: Object = names.collect();
            prior.insert("deletion_protection".to_owned(), Dynamic::from(protected));
            let mut private = Private::default();
            let claims = Claims::new(&Environment::default());
            unfinished::keep(&claims, &mut private, marked);
            let prior = Dynamic::Map(prior);
            let (config, proposed) = (Dynamic::Null, Dynamic::Null);
            resource.plan(None, PlanInput { config, prior, proposed, private }).await.diagnostics
        };
        let refused = planned(true, false).await;
        assert_eq!(refused.errors.len(), 1, "{}", resource.type_name());
        assert_eq!(path_text(&refused.errors[0].attribute), "deletion_protection");
        assert!(refused.errors[0].detail.contains("its data would be lost"));
        for (protected, unfinished) in [(false, false), (true, true)] {
            let errors = planned(protected, unfinished).await.errors;
            assert!(errors.is_empty(), "{}: {errors:?}", resource.type_name());
        }
    }
}

/// Every attribute of these, with those within, by its path.
fn deep<'a>(attributes: &'a [Attribute], at: &str) -> Vec<(String, &'a Attribute)> {
    let one = |attribute: &'a Attribute| {
        let path = format!("{at}{}", attribute.name);
        let within = match &attribute.shape {
            Shape::Nested(_, nested) => deep(nested, &format!("{path}.")),
            Shape::Plain(_) => Vec::new(),
        };
        std::iter::once((path, attribute)).chain(within)
    };
    attributes.iter().flat_map(one).collect()
}

/// A configuration that gives nothing but secrets, each as the way to it, with a list of these.
fn secrets_of(attributes: &[Attribute], at: &str, given: &mut Vec<String>) -> Dynamic {
    let mut object = Object::new();
    for attribute in attributes {
        let at = format!("{at}.{}", attribute.name);
        let value = match &attribute.shape {
            Shape::Nested(nesting, nested) => {
                let within = secrets_of(nested, &at, given);
                match nesting {
                    Nesting::Single => within,
                    Nesting::List => Dynamic::List(vec![within]),
                    Nesting::Map => Dynamic::Map(Object::from([("key".to_owned(), within)])),
                }
            }
            Shape::Plain(kind) if attribute.write_only || attribute.sensitive => {
                given.push(at.clone());
                match kind {
                    Type::String => Dynamic::String(at),
                    Type::List(_) | Type::Set(_) => Dynamic::List(vec![Dynamic::String(at)]),
                    other => panic!("{at} is a secret of an unheard-of type: {other:?}"),
                }
            }
            Shape::Plain(_) => Dynamic::Null,
        };
        object.insert(attribute.name.to_owned(), value);
    }
    Dynamic::Map(object)
}

/// Wherever it is told afterwards, it is hidden there.
#[test]
fn every_secret_of_a_configuration_is_met_as_one() {
    let mut all_given = Vec::new();
    for resource in all() {
        let mut given = Vec::new();
        let config = secrets_of(&resource.schema().attributes, resource.type_name(), &mut given);
        resource.validate(&config, true);
        for secret in &given {
            assert_eq!(without_secrets(secret), HIDDEN, "its model has it as a plain text");
        }
        all_given.extend(given);
    }
    let cache = ["officeless_cache.auth_token_wo", "officeless_cache.users.passwords_wo"];
    assert_eq!(all_given, cache);
}

#[test]
fn nothing_is_emptied_unless_it_is_said() {
    assert_eq!(having("force_destroy"), FORCED);
    for resource in all() {
        for (path, attribute) in deep(&resource.schema().attributes, "") {
            let forces = ["force_destroy", "bypass_governance_retention"].contains(&attribute.name);
            // Null is off too: within another, it follows the one around it.
            let off = attribute.default.as_ref().is_none_or(|on| *on == Dynamic::from(false));
            assert!(!forces || off, "{}: {path} is on by default", resource.type_name());
        }
    }
}
