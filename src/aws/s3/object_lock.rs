//! Object lock: versions that nothing deletes before their time.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use aws_sdk_s3::types::{
    DefaultRetention as SdkRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRule,
};
use aws_smithy_types::date_time::Format;

use super::{Bucket, failed, unless_absent};
use crate::aws::clients::Clients;
use crate::aws::error::Error;

/// Object lock of a bucket. There is none, or it is on for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectLock {
    /// What new objects get; none leaves it to the writer.
    pub default_retention: Option<DefaultRetention>,
}

/// How long new objects are locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultRetention {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: String,
    /// How long: days or years.
    pub period: Period,
}

/// A retention period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// So many days.
    Days(i32),
    /// So many years.
    Years(i32),
}

/// The object lock; `None` if it was never switched on. IAM: s3:GetBucketObjectLockConfiguration
pub async fn find_object_lock(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<ObjectLock>, Error> {
    let request = clients
        .s3()
        .get_object_lock_configuration()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetObjectLockConfiguration"));
    let answer = unless_absent(result, "ObjectLockConfigurationNotFoundError")?;
    let configuration = answer.and_then(|answer| answer.object_lock_configuration);
    Ok(configuration.filter(|lock| lock.object_lock_enabled.is_some()).map(|lock| ObjectLock {
        default_retention: lock.rule.and_then(|rule| rule.default_retention).and_then(read),
    }))
}

fn read(retention: SdkRetention) -> Option<DefaultRetention> {
    let period = match (retention.days, retention.years) {
        (Some(days), _) => Period::Days(days),
        (None, Some(years)) => Period::Years(years),
        (None, None) => return None,
    };
    Some(DefaultRetention { mode: retention.mode?.as_str().to_owned(), period })
}

/// Switches object lock on, or changes what new objects get; never off.
/// `InvalidBucketState`: versioning is not enabled. IAM: s3:PutBucketObjectLockConfiguration
pub async fn put_object_lock(
    clients: &Clients,
    bucket: Bucket<'_>,
    lock: &ObjectLock,
) -> Result<(), Error> {
    let rule = lock.default_retention.as_ref().map(|retention| {
        let (days, years) = match retention.period {
            Period::Days(days) => (Some(days), None),
            Period::Years(years) => (None, Some(years)),
        };
        let default = SdkRetention::builder()
            .mode(retention.mode.as_str().into())
            .set_days(days)
            .set_years(years)
            .build();
        ObjectLockRule::builder().default_retention(default).build()
    });
    let configuration = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .set_rule(rule)
        .build();
    clients
        .s3()
        .put_object_lock_configuration()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .object_lock_configuration(configuration)
        .send()
        .await
        .map_err(failed("PutObjectLockConfiguration"))?;
    Ok(())
}

/// The lock on one version of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retention {
    /// Until when, RFC 3339.
    pub until: String,
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: String,
}

/// The lock on one version; `None` if it has none. IAM: s3:GetObjectRetention
pub async fn find_retention(
    clients: &Clients,
    bucket: Bucket<'_>,
    key: &str,
    version_id: Option<&str>,
) -> Result<Option<Retention>, Error> {
    let request = clients
        .s3()
        .get_object_retention()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .key(key)
        .set_version_id(version_id.map(str::to_owned));
    let result = request.send().await.map_err(failed("GetObjectRetention"));
    let answer = unless_absent(result, "NoSuchObjectLockConfiguration")?;
    Ok(answer.and_then(|answer| answer.retention).and_then(|retention| {
        let until = retention.retain_until_date?.fmt(Format::DateTime).ok()?;
        Some(Retention { until, mode: retention.mode?.as_str().to_owned() })
    }))
}
