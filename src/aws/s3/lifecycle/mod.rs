//! The lifecycle of a bucket: reading, writing, and comparing by meaning.
//!
//! AWS answers a lifecycle in another shape than it was written: other order, defaults filled in,
//! an empty prefix for none. Two [`Lifecycle`]s are equal where they mean the same, so a plan need
//! not see a difference where there is none.

mod convert;

use aws_sdk_s3::types::BucketLifecycleConfiguration;

use super::{Bucket, failed, unbuildable, unless_absent};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error};
use crate::aws::tags::Tags;

/// All rules of a bucket. Equality is by meaning.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// At most 1,000, each with an ID of its own.
    pub rules: Vec<LifecycleRule>,
    /// `all_storage_classes_128K`, AWS's default, or `varies_by_storage_class`.
    pub transition_default_minimum_object_size: Option<String>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LifecycleRule {
    /// Unique in the bucket, at most 255 characters.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which objects it is for; all without conditions.
    pub filter: Filter,
    /// When current versions expire.
    pub expiration: Option<Expiration>,
    /// When noncurrent versions expire.
    pub noncurrent_version_expiration: Option<NoncurrentExpiration>,
    /// When current versions move to other storage classes.
    pub transitions: Vec<Transition>,
    /// When noncurrent versions move to other storage classes.
    pub noncurrent_version_transitions: Vec<NoncurrentTransition>,
    /// Days after which an unfinished upload is aborted.
    pub abort_incomplete_multipart_upload_days: Option<i32>,
}

/// Conditions, all of which an object must meet.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// What its key begins with.
    pub prefix: Option<String>,
    /// Tags it has.
    pub tags: Tags,
    /// Its size in bytes is greater.
    pub object_size_greater_than: Option<i64>,
    /// Its size in bytes is less.
    pub object_size_less_than: Option<i64>,
}

/// When something happens to current versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// Days after creation.
    Days(i32),
    /// From midnight UTC of a day on, RFC 3339.
    Date(String),
}

/// What expires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiration {
    /// Current versions.
    Objects(When),
    /// Delete markers that hide no version any more.
    ExpiredObjectDeleteMarkers,
}

/// When noncurrent versions expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoncurrentExpiration {
    /// Days after becoming noncurrent, at least 1.
    pub noncurrent_days: Option<i32>,
    /// How many of the newest to keep, at most 100.
    pub newer_noncurrent_versions: Option<i32>,
}

/// A move of current versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transition {
    /// When; the day of creation if absent.
    pub when: Option<When>,
    /// Where to, as in `STANDARD_IA`.
    pub storage_class: String,
}

/// A move of noncurrent versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoncurrentTransition {
    /// Days after becoming noncurrent.
    pub noncurrent_days: Option<i32>,
    /// How many of the newest to leave, at most 100.
    pub newer_noncurrent_versions: Option<i32>,
    /// Where to, as in `STANDARD_IA`.
    pub storage_class: String,
}

const DEFAULT_MINIMUM_SIZE: &str = "all_storage_classes_128K";

impl Lifecycle {
    /// The form in which equal meaning is equal text: rules by ID, moves in order, conditions and
    /// members that change nothing left out.
    #[must_use]
    pub fn normal(&self) -> Self {
        let mut rules: Vec<_> = self.rules.iter().map(LifecycleRule::normal).collect();
        rules.sort();
        let minimum = self.transition_default_minimum_object_size.clone();
        Self {
            rules,
            transition_default_minimum_object_size: minimum
                .filter(|size| size != DEFAULT_MINIMUM_SIZE),
        }
    }
}

impl PartialEq for Lifecycle {
    fn eq(&self, other: &Self) -> bool {
        let (this, other) = (self.normal(), other.normal());
        this.rules == other.rules
            && this.transition_default_minimum_object_size
                == other.transition_default_minimum_object_size
    }
}

impl Eq for Lifecycle {}

impl LifecycleRule {
    fn normal(&self) -> Self {
        let mut rule = self.clone();
        let filter = &mut rule.filter;
        filter.prefix = filter.prefix.take().filter(|prefix| !prefix.is_empty());
        // Zero is how AWS answers "any size" beside other conditions.
        filter.object_size_greater_than = filter.object_size_greater_than.filter(|size| *size > 0);
        for transition in &mut rule.transitions {
            // Without days it is the day of creation.
            transition.when.get_or_insert(When::Days(0));
        }
        rule.transitions.sort();
        for transition in &mut rule.noncurrent_version_transitions {
            transition.newer_noncurrent_versions =
                transition.newer_noncurrent_versions.filter(|count| *count > 0);
        }
        rule.noncurrent_version_transitions.sort();
        if let Some(expiration) = &mut rule.noncurrent_version_expiration {
            expiration.newer_noncurrent_versions =
                expiration.newer_noncurrent_versions.filter(|count| *count > 0);
        }
        rule
    }
}

/// The lifecycle of a bucket. IAM: s3:GetLifecycleConfiguration
pub async fn find_lifecycle(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<Lifecycle>, Error> {
    let request = clients
        .s3()
        .get_bucket_lifecycle_configuration()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketLifecycleConfiguration"));
    let answer = unless_absent(result, "NoSuchLifecycleConfiguration")?;
    Ok(answer.map(|answer| Lifecycle {
        rules: answer.rules.unwrap_or_default().into_iter().map(Into::into).collect(),
        transition_default_minimum_object_size: answer
            .transition_default_minimum_object_size
            .map(|size| size.as_str().to_owned()),
    }))
}

/// Replaces the lifecycle, which must have a rule; see [`delete_lifecycle`] for none.
/// IAM: s3:PutLifecycleConfiguration
pub async fn put_lifecycle(
    clients: &Clients,
    bucket: Bucket<'_>,
    lifecycle: &Lifecycle,
) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketLifecycleConfiguration";
    let rules: Vec<_> = lifecycle
        .rules
        .iter()
        .map(|rule| convert::write(OPERATION, rule))
        .collect::<Result<_, _>>()?;
    let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
    let minimum = lifecycle.transition_default_minimum_object_size.as_deref();
    clients
        .s3()
        .put_bucket_lifecycle_configuration()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .lifecycle_configuration(configuration.map_err(unbuildable(OPERATION))?)
        .set_transition_default_minimum_object_size(minimum.map(Into::into))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Deletes the lifecycle with all rules. IAM: s3:PutLifecycleConfiguration
pub async fn delete_lifecycle(clients: &Clients, bucket: Bucket<'_>) -> Result<(), Error> {
    let request = clients
        .s3()
        .delete_bucket_lifecycle()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    error::gone(request.send().await.map_err(failed("DeleteBucketLifecycle")))
}

#[cfg(test)]
mod tests;
