//! Which web pages may reach a bucket.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{CorsConfiguration, CorsRule as SdkRule};

use super::{Bucket, failed, unbuildable, unless_absent};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error};

/// One rule; the first that fits a request decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// At most 255 characters.
    pub id: Option<String>,
    /// Headers a page may send; one may hold a `*`.
    pub allowed_headers: BTreeSet<String>,
    /// Of GET, PUT, POST, DELETE, HEAD.
    pub allowed_methods: BTreeSet<String>,
    /// Origins of pages; one may hold a `*`.
    pub allowed_origins: BTreeSet<String>,
    /// Headers a page may read.
    pub expose_headers: BTreeSet<String>,
    /// How long a browser may remember.
    pub max_age_seconds: Option<i32>,
}

/// The rules in their order; empty for none. IAM: s3:GetBucketCORS
pub async fn list_cors(clients: &Clients, bucket: Bucket<'_>) -> Result<Vec<CorsRule>, Error> {
    let request = clients
        .s3()
        .get_bucket_cors()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketCors"));
    let answer = unless_absent(result, "NoSuchCORSConfiguration")?;
    let rules = answer.and_then(|answer| answer.cors_rules).unwrap_or_default();
    let set = |list: Option<Vec<String>>| list.unwrap_or_default().into_iter().collect();
    Ok(rules
        .into_iter()
        .map(|rule| CorsRule {
            id: rule.id.filter(|id| !id.is_empty()),
            allowed_headers: set(rule.allowed_headers),
            allowed_methods: set(Some(rule.allowed_methods)),
            allowed_origins: set(Some(rule.allowed_origins)),
            expose_headers: set(rule.expose_headers),
            max_age_seconds: rule.max_age_seconds,
        })
        .collect())
}

/// Replaces the rules, of which there must be one; see [`delete_cors`] for none.
/// IAM: s3:PutBucketCORS
pub async fn put_cors(
    clients: &Clients,
    bucket: Bucket<'_>,
    rules: &[CorsRule],
) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketCors";
    let list =
        |set: &BTreeSet<String>| (!set.is_empty()).then(|| set.iter().cloned().collect::<Vec<_>>());
    let rules: Result<Vec<_>, _> = rules
        .iter()
        .map(|rule| {
            SdkRule::builder()
                .set_id(rule.id.clone())
                .set_allowed_headers(list(&rule.allowed_headers))
                .set_allowed_methods(list(&rule.allowed_methods))
                .set_allowed_origins(list(&rule.allowed_origins))
                .set_expose_headers(list(&rule.expose_headers))
                .set_max_age_seconds(rule.max_age_seconds)
                .build()
        })
        .collect();
    let rules = rules.map_err(unbuildable(OPERATION))?;
    let configuration = CorsConfiguration::builder().set_cors_rules(Some(rules)).build();
    clients
        .s3()
        .put_bucket_cors()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .cors_configuration(configuration.map_err(unbuildable(OPERATION))?)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Deletes all rules. IAM: s3:PutBucketCORS
pub async fn delete_cors(clients: &Clients, bucket: Bucket<'_>) -> Result<(), Error> {
    let request = clients
        .s3()
        .delete_bucket_cors()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    error::gone(request.send().await.map_err(failed("DeleteBucketCors")))
}
