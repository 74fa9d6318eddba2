#![doc = include_str!("description.md")]

use async_trait::async_trait;

use super::{asked, object};
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::{Context, Resource as _};
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{AttributePath, Diagnostic, Dynamic};
use crate::provider::ProviderContext;
use crate::resources::application_bucket::ApplicationBucket;

/// What of the resource is told; a description of its own where that of the resource speaks of
/// configuration.
const TOLD: &[(&str, &str)] = &[
    ("id", "The whole name of the bucket, which is also the import id of the resource."),
    ("arn", ""),
    ("bucket_namespace", "`global` or `account-regional`."),
    ("bucket_regional_domain_name", ""),
    ("hosted_zone_id", ""),
    ("versioning_status", ""),
    ("sse_algorithm", "Encryption at rest: `AES256`, `aws:kms` or `aws:kms:dsse`."),
    ("kms_key_arn", "KMS key; null where AWS's own key for S3 is used, or none."),
    ("bucket_key_enabled", "Whether S3 asks KMS once for many objects."),
    ("enforce_tls", ""),
    ("block_public_access", "Whether S3 keeps the public out whatever the policy says."),
    ("lifecycle_rules", "What happens to objects in time."),
    ("policy_json", ""),
    ("role_arns", "ARN of the role of each entry of `access`."),
    ("access_policy_json", ""),
    ("tags_all", "Tags, without those of AWS and of the provider."),
    ("status", "`incomplete` while the create is not done or something of it is missing."),
    ("status_reason", "What is missing, while `status` is `incomplete`."),
];

fn schema() -> Schema {
    let mut attributes = vec![
        Attribute::string("bucket")
            .required()
            .describe("The whole name of the bucket, in whatever namespace.")
            .check(Check::length(3, 63)),
        asked::region_attribute(),
    ];
    attributes.extend(object::told(&ApplicationBucket.schema(), TOLD));
    Schema { description: include_str!("description.md"), attributes, ..Schema::default() }
}

/// `officeless_application_bucket`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Dynamic;

    fn type_name(&self) -> &'static str {
        "officeless_application_bucket"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Dynamic,
    ) -> Result<Dynamic, Diagnostic> {
        let (cx, region) = object::place(cx, &config)?;
        let name = object::text(&config, "bucket").unwrap_or_default();
        let imported = ApplicationBucket.import(&cx, &format!("{name}@{region}")).await;
        let imported = imported.map_err(|_| wrong_name(&name))?;
        let read = Box::pin(object::read(&ApplicationBucket, &cx, imported)).await?;
        let read = read.ok_or_else(|| none(&name, &region))?;
        Ok(object::answer(&schema(), &read, &config, &[]))
    }
}

fn wrong_name(name: &str) -> Diagnostic {
    diagnostic(
        "Invalid Attribute Value",
        format!("bucket = {name:?}: must be the whole name of a bucket, as S3 allows it."),
        AttributePath::new("bucket"),
    )
}

fn none(name: &str, region: &str) -> Diagnostic {
    diagnostic(
        "Bucket Not Found",
        format!(
            "bucket = {name:?}: the account has no bucket of this name in {region}. Correct bucket \
             or region, or use credentials of the account that has it."
        ),
        AttributePath::new("bucket"),
    )
}

#[cfg(test)]
mod tests;
