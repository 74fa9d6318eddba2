//! What every composite has: region, tags, classification, protection, identity and status.
//!
//! Each attribute is declared here once, with the plan rule that goes with it.

use std::collections::BTreeMap;

use crate::framework::check::Check;
use crate::framework::diagnostic::{diagnostic, invalid_combination, invalid_value};
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Type};
use crate::framework::value::{
    AttributePath, Data, Diagnostics, StringMap, Value, known_map, string_map,
};
use crate::platform::classification::{DataClassification, Protection, breaches};
use crate::platform::tags;
use crate::provider::context::ProviderContext;

/// [`STATUS`]: every step is done.
pub const COMPLETE: &str = "complete";
/// [`STATUS`]: something is missing that the next apply will bring.
pub const INCOMPLETE: &str = "incomplete";
/// The name of the status attribute.
pub const STATUS: &str = "status";

/// `region`: the provider's unless given; a change replaces.
pub fn region() -> Attribute {
    Attribute::string("region")
        .or_computed()
        .replaces()
        .default_text("the provider's region")
        .describe(
            "AWS region. Must be one of the provider's `allowed_regions`, if it has any. Changing \
             it replaces the object.",
        )
}

/// `tags`: the practitioner's own.
pub fn tags() -> Attribute {
    Attribute::string_map("tags").describe(
        "Tags of every object this resource creates, over the provider's `default_tags`. Keys \
         that begin with `officeless:` are the provider's own and hidden here.",
    )
}

/// `tags_all`: with the provider's default tags.
pub fn tags_all() -> Attribute {
    Attribute::string_map("tags_all")
        .computed()
        .planned()
        .describe("The provider's `default_tags` with `tags` over them.")
}

/// `data_classification`: sets floors that other attributes must meet.
pub fn data_classification() -> Attribute {
    Attribute::string("data_classification")
        .default(DataClassification::Internal.as_str())
        .describe(
            "How sensitive the data is. `confidential` and `restricted` require encryption at \
             rest and in transit, `restricted` a customer key; only `public` allows public access.",
        )
        .check(Check::one_of(&["public", "internal", "confidential", "restricted"]))
}

/// `backup_plan`: the tag by which an `officeless_backup_plan` picks the object.
pub fn backup_plan() -> Attribute {
    Attribute::string("backup_plan")
        .check(Check::pattern(
            "^[A-Za-z0-9_.-]{1,50}$",
            "must be the name of a backup plan: 1 to 50 letters, digits and _.-",
        ))
        .describe(
            "Name of the `officeless_backup_plan` that backs the object up: adds the tag \
             `officeless:backup`, by which the plan selects it.",
        )
}

/// The tag of `backup_plan` is given once: by the attribute, or among the tags.
pub fn check_backup_plan(
    backup_plan: &Value<String>,
    tags: &Value<StringMap>,
    diagnostics: &mut Diagnostics,
) {
    let tagged = matches!(tags, Value::Value(tags) if tags.contains_key(tags::BACKUP));
    if tagged && backup_plan.is_value() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("backup_plan"),
            format!(
                "backup_plan writes the tag {:?}, which tags has too. Remove one of the two.",
                tags::BACKUP
            ),
        ));
    }
}

/// `deletion_protection`: refuses destroy and replacement at plan.
pub fn deletion_protection(default: bool) -> Attribute {
    Attribute::bool("deletion_protection").default(default).describe(
        "Whether destroying or replacing the object is refused when it is planned. To destroy it, \
         set this to `false` and apply first. An object whose create did not complete is not \
         protected, so that it can be replaced.",
    )
}

/// `id`.
pub fn id(description: &'static str) -> Attribute {
    Attribute::string("id").computed().stable().describe(description)
}

/// `arn`.
pub fn arn(description: &'static str) -> Attribute {
    Attribute::string("arn").computed().stable().describe(description)
}

/// `status` and `status_reason`.
pub fn status() -> [Attribute; 2] {
    [
        Attribute::string(STATUS).computed().planned().describe(
            "`complete` when every step is done and nothing is missing, otherwise `incomplete`; \
             the next apply then brings what is missing.",
        ),
        Attribute::string("status_reason")
            .computed()
            .planned()
            .describe("What is missing and why, while `status` is `incomplete`."),
    ]
}

/// A computed map of strings.
pub fn computed_map(name: &'static str) -> Attribute {
    Attribute::of(name, Type::map(Type::String)).computed()
}

/// Plans `region`: what is configured, else what it was, else the provider's. Answers it when it
/// is known and allowed: AWS is asked nothing in any other.
pub fn plan_region(
    cx: Option<&Context<ProviderContext>>,
    config: &Value<String>,
    region: &mut Value<String>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    if let (true, false, Some(cx)) = (config.is_null(), region.is_value(), cx) {
        *region = Value::Value(cx.provider.region().to_owned());
    }
    let Value::Value(name) = &*region else { return None };
    if let Some(cx) = cx {
        let path = AttributePath::new("region");
        if let Some(refusal) = cx.provider.check_region(&path, name) {
            diagnostics.add_error(refusal);
            return None;
        }
    }
    Some(name.clone())
}

/// Plans `tags_all` from `tags`, and checks them. `reserved` counts the tags the resource adds
/// beside the provider's own.
pub fn plan_tags(
    cx: Option<&Context<ProviderContext>>,
    tags: &Value<StringMap>,
    reserved: usize,
    diagnostics: &mut Diagnostics,
) -> Value<StringMap> {
    let (Some(cx), Some(own)) = (cx, known_map(tags)) else { return Value::Unknown };
    let all = tags::merge(&cx.provider.default_tags, &own, &cx.provider.ignore_tags);
    if let Err(problem) = tags::check(&all, reserved) {
        let path = AttributePath::new("tags");
        diagnostics.add_error(invalid_value(&path, &tags.to_dynamic(), &problem.to_string()));
    }
    string_map(&all)
}

/// `tags` and `tags_all` as found on an object.
pub fn observed_tags(
    provider: &ProviderContext,
    observed: &tags::Observed,
    prior: &Value<StringMap>,
) -> (Value<StringMap>, Value<StringMap>) {
    let known = known_map(prior).unwrap_or_default();
    let own = observed.tags(&provider.default_tags, &known);
    let own = if own.is_empty() && prior.is_null() { Value::Null } else { string_map(&own) };
    (own, string_map(&observed.tags_all))
}

/// The tags to write on an object of a composite, with this creation marker if any.
pub fn written_tags(
    tags_all: &Value<StringMap>,
    owner: tags::Owner<'_>,
    marker: Option<&str>,
) -> BTreeMap<String, String> {
    tags::written(&known_map(tags_all).unwrap_or_default(), owner, marker)
}

/// The floors of the classification that the configuration breaks.
pub fn check_classification(
    level: &Value<String>,
    protection: &Protection<'_>,
    diagnostics: &mut Diagnostics,
) {
    let level = match level {
        Value::Unknown => return,
        Value::Null => DataClassification::Internal,
        Value::Value(text) => match DataClassification::parse(text) {
            Ok(level) => level,
            // The attribute's own rule tells it.
            Err(_) => return,
        },
    };
    for breach in breaches(level, protection) {
        diagnostics.add_error(diagnostic(
            "Data Classification Floor",
            format!("{breach}."),
            AttributePath::new(breach.attribute.clone()),
        ));
    }
}

/// The tag calls of a service, from the difference the platform found.
pub fn tag_changes(changes: tags::TagChanges) -> crate::aws::tags::TagChanges {
    let tags::TagChanges { put, remove } = changes;
    crate::aws::tags::TagChanges { set: put, remove }
}
