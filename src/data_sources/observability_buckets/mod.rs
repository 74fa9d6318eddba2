#![doc = include_str!("description.md")]

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{asked, object};
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::resource::{Context, Resource as _};
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Dynamic, Value};
use crate::provider::ProviderContext;
use crate::resources::observability_buckets::{BucketModel, Model, ObservabilityBuckets};

/// What of the resource is told; a description of its own where that of the resource speaks of
/// configuration.
const TOLD: &[(&str, &str)] = &[
    ("bucket_namespace", "`global` or `account-regional`."),
    ("components", "The products of which buckets exist: `mimir`, `loki`, `tempo`."),
    ("bucket_arns", ""),
    ("bucket_regional_domain_names", ""),
    ("sse_algorithm", "Encryption at rest of most buckets."),
    ("kms_key_arn", "KMS key of the buckets, if one was chosen."),
    ("role_arns", ""),
    ("policy_json", ""),
    ("association_ids", ""),
    ("helm_values", ""),
    ("s3_endpoint", ""),
    ("tags_all", "Tags, without those of AWS and of the provider."),
];

const KEYS: &[&str] = &[
    "mimir-metrics",
    "mimir-alertmanager",
    "mimir-ruler",
    "loki-chunks",
    "loki-ruler",
    "tempo-traces",
];

fn schema() -> Schema {
    let part = |name: &'static str| {
        Attribute::string(name).check(Check::pattern(
            "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
            "must be lower-case letters, digits and hyphens, beginning and ending with a letter \
             or a digit",
        ))
    };
    let mut attributes = vec![
        part("name_prefix").or_computed().default_text("the provider's `name_prefix`").describe(
            "Begins every bucket name, in either namespace: `{name_prefix}-{key}-{name_suffix}`.",
        ),
        part("name_suffix").describe("Ends every bucket name."),
        Attribute::string_map("bucket_names")
            .or_computed()
            .describe(
                "Whole bucket names by key, in place of prefix and suffix. Keys: `mimir-metrics`, \
                 `mimir-alertmanager`, `mimir-ruler`, `loki-chunks`, `loki-ruler`, \
                 `tempo-traces`.",
            )
            .check(Check::items(1, KEYS.len()))
            .check(Check::keys(KEYS))
            .check(Check::each(Check::length(3, 63))),
        asked::region_attribute(),
    ];
    attributes.extend(object::told(&ObservabilityBuckets.schema(), TOLD));
    Schema { description: include_str!("description.md"), attributes, ..Schema::default() }
}

/// `officeless_observability_buckets`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Dynamic;

    fn type_name(&self) -> &'static str {
        "officeless_observability_buckets"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn validate(&self, config: &Dynamic, diagnostics: &mut Diagnostics) {
        let composed = ["name_prefix", "name_suffix"].map(|name| object::text(config, name));
        let names = config.get("bucket_names");
        if composed.iter().any(Option::is_some) && !names.is_null() && !names.is_unknown() {
            diagnostics.add_error(invalid_combination(
                AttributePath::new("bucket_names"),
                "bucket_names has the whole names, which name_prefix and name_suffix compose \
                 otherwise. Remove it, or the other two."
                    .to_owned(),
            ));
        }
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Dynamic,
    ) -> Result<Dynamic, Diagnostic> {
        let (cx, region) = object::place(cx, &config)?;
        let imported = imported(&config, &region, cx.provider.name_prefix.as_deref());
        let sought = imported.id.clone().unwrap_or_default();
        let read = Box::pin(object::read(&ObservabilityBuckets, &cx, imported)).await?;
        let read = read.ok_or_else(|| none(&sought, &region))?;
        Ok(object::answer(&schema(), &read, &config, &[]))
    }
}

/// The state that an import of these buckets begins with.
fn imported(config: &Dynamic, region: &str, provider_prefix: Option<&str>) -> Model {
    let mut model = Model { region: Value::Value(region.to_owned()), ..Model::default() };
    if let Dynamic::Map(names) = config.get("bucket_names") {
        let named = names.iter().filter_map(|(key, name)| match name {
            Dynamic::String(name) => Some((key.clone(), name.clone())),
            _ => None,
        });
        let named: BTreeMap<String, String> = named.collect();
        let told: Vec<String> = named.iter().map(|(key, name)| format!("{key}={name}")).collect();
        model.id = Value::Value(told.join(","));
        let bucket = |name| BucketModel { name: Value::Value(name), ..BucketModel::default() };
        let buckets = named.into_iter().map(|(key, name)| (key, Value::Value(bucket(name))));
        model.buckets = Value::Value(buckets.collect());
        return model;
    }
    let prefix =
        object::text(config, "name_prefix").or_else(|| provider_prefix.map(ToOwned::to_owned));
    let suffix = object::text(config, "name_suffix");
    let told = match (&prefix, &suffix) {
        (prefix, Some(suffix)) => format!("{}/{suffix}", prefix.as_deref().unwrap_or_default()),
        (Some(prefix), None) => prefix.clone(),
        (None, None) => String::new(),
    };
    model.id = Value::Value(told);
    model.name_prefix = prefix.into();
    model.name_suffix = suffix.into();
    model
}

fn none(sought: &str, region: &str) -> Diagnostic {
    let sought = match sought {
        "" => "the platform's own names".to_owned(),
        named if named.contains('=') => format!("the names {named}"),
        composed => match composed.split_once('/') {
            Some((prefix, suffix)) => {
                format!("name_prefix = {prefix:?} and name_suffix = {suffix:?}")
            }
            None => format!("name_prefix = {composed:?}"),
        },
    };
    diagnostic(
        "Buckets Not Found",
        format!(
            "The account has none of the six buckets with {sought} in {region}. Correct \
             name_prefix and name_suffix or bucket_names, or the region, or use credentials of the \
             account that has them."
        ),
        AttributePath::new(if sought.starts_with("the names") {
            "bucket_names"
        } else {
            "name_prefix"
        }),
    )
}

#[cfg(test)]
mod tests;
