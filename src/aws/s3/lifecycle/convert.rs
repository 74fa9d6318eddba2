//! Lifecycle rules between our types and the SDK's.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::super::unbuildable;
use super::{
    Expiration, Filter, LifecycleRule, NoncurrentExpiration, NoncurrentTransition, Transition, When,
};
use crate::aws::error::{Error, Kind, Service};
use crate::aws::tags::Tags;

impl From<sdk::LifecycleRule> for LifecycleRule {
    fn from(rule: sdk::LifecycleRule) -> Self {
        // `prefix` beside the filter is the form from before filters.
        #[allow(deprecated, reason = "buckets may still have rules of that form")]
        let prefix = rule.prefix;
        let filter = match rule.filter {
            Some(filter) => read_filter(filter),
            None => Filter { prefix, ..Filter::default() },
        };
        Self {
            id: rule.id.unwrap_or_default(),
            enabled: rule.status == sdk::ExpirationStatus::Enabled,
            filter,
            expiration: rule.expiration.as_ref().and_then(read_expiration),
            noncurrent_version_expiration: rule.noncurrent_version_expiration.map(|expiration| {
                NoncurrentExpiration {
                    noncurrent_days: expiration.noncurrent_days,
                    newer_noncurrent_versions: expiration.newer_noncurrent_versions,
                }
            }),
            transitions: rule
                .transitions
                .unwrap_or_default()
                .into_iter()
                .map(|transition| Transition {
                    when: read_when(transition.days, transition.date.as_ref()),
                    storage_class: class(transition.storage_class),
                })
                .collect(),
            noncurrent_version_transitions: rule
                .noncurrent_version_transitions
                .unwrap_or_default()
                .into_iter()
                .map(|transition| NoncurrentTransition {
                    noncurrent_days: transition.noncurrent_days,
                    newer_noncurrent_versions: transition.newer_noncurrent_versions,
                    storage_class: class(transition.storage_class),
                })
                .collect(),
            abort_incomplete_multipart_upload_days: rule
                .abort_incomplete_multipart_upload
                .and_then(|abort| abort.days_after_initiation),
        }
    }
}

fn class(class: Option<sdk::TransitionStorageClass>) -> String {
    class.map(|class| class.as_str().to_owned()).unwrap_or_default()
}

fn read_filter(filter: sdk::LifecycleRuleFilter) -> Filter {
    let mut read = Filter {
        prefix: filter.prefix,
        tags: filter.tag.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        object_size_greater_than: filter.object_size_greater_than,
        object_size_less_than: filter.object_size_less_than,
    };
    if let Some(and) = filter.and {
        read.prefix = read.prefix.or(and.prefix);
        let tags = and.tags.unwrap_or_default();
        read.tags.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
        read.object_size_greater_than =
            read.object_size_greater_than.or(and.object_size_greater_than);
        read.object_size_less_than = read.object_size_less_than.or(and.object_size_less_than);
    }
    read
}

fn read_expiration(expiration: &sdk::LifecycleExpiration) -> Option<Expiration> {
    match read_when(expiration.days, expiration.date.as_ref()) {
        Some(when) => Some(Expiration::Objects(when)),
        None => (expiration.expired_object_delete_marker == Some(true))
            .then_some(Expiration::ExpiredObjectDeleteMarkers),
    }
}

/// Zero days beside a date is how some answers say "no days".
fn read_when(days: Option<i32>, date: Option<&DateTime>) -> Option<When> {
    match (date.and_then(|date| date.fmt(Format::DateTime).ok()), days) {
        (Some(date), _) => Some(When::Date(date)),
        (None, Some(days)) => Some(When::Days(days)),
        (None, None) => None,
    }
}

/// The SDK's form of a rule. A date that is none is [`Kind::Invalid`].
pub(super) fn write(
    operation: &'static str,
    rule: &LifecycleRule,
) -> Result<sdk::LifecycleRule, Error> {
    let status =
        if rule.enabled { sdk::ExpirationStatus::Enabled } else { sdk::ExpirationStatus::Disabled };
    let noncurrent = rule.noncurrent_version_expiration.map(|expiration| {
        sdk::NoncurrentVersionExpiration::builder()
            .set_noncurrent_days(expiration.noncurrent_days)
            .set_newer_noncurrent_versions(expiration.newer_noncurrent_versions)
            .build()
    });
    let abort = rule.abort_incomplete_multipart_upload_days.map(|days| {
        sdk::AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
    });
    let mut builder = sdk::LifecycleRule::builder()
        .id(&rule.id)
        .status(status)
        .filter(write_filter(&rule.filter).map_err(unbuildable(operation))?)
        .set_expiration(write_expiration(operation, rule.expiration.as_ref())?)
        .set_noncurrent_version_expiration(noncurrent)
        .set_abort_incomplete_multipart_upload(abort);
    for transition in &rule.transitions {
        let (days, date) = write_when(operation, transition.when.as_ref())?;
        builder = builder.transitions(
            sdk::Transition::builder()
                .set_days(days)
                .set_date(date)
                .storage_class(transition.storage_class.as_str().into())
                .build(),
        );
    }
    for transition in &rule.noncurrent_version_transitions {
        builder = builder.noncurrent_version_transitions(
            sdk::NoncurrentVersionTransition::builder()
                .set_noncurrent_days(transition.noncurrent_days)
                .set_newer_noncurrent_versions(transition.newer_noncurrent_versions)
                .storage_class(transition.storage_class.as_str().into())
                .build(),
        );
    }
    builder.build().map_err(unbuildable(operation))
}

/// One condition stands alone, several stand in `And`, none is an empty prefix.
fn write_filter(filter: &Filter) -> Result<sdk::LifecycleRuleFilter, BuildError> {
    let prefix = filter.prefix.clone().filter(|prefix| !prefix.is_empty());
    let tags = write_tags(&filter.tags)?;
    let sizes = [filter.object_size_greater_than, filter.object_size_less_than];
    let conditions = usize::from(prefix.is_some()) + tags.len() + sizes.iter().flatten().count();
    let builder = sdk::LifecycleRuleFilter::builder();
    Ok(match conditions {
        0 => builder.prefix("").build(),
        1 => builder
            .set_prefix(prefix)
            .set_tag(tags.into_iter().next())
            .set_object_size_greater_than(filter.object_size_greater_than)
            .set_object_size_less_than(filter.object_size_less_than)
            .build(),
        _ => builder
            .and(
                sdk::LifecycleRuleAndOperator::builder()
                    .set_prefix(prefix)
                    .set_tags((!tags.is_empty()).then_some(tags))
                    .set_object_size_greater_than(filter.object_size_greater_than)
                    .set_object_size_less_than(filter.object_size_less_than)
                    .build(),
            )
            .build(),
    })
}

fn write_tags(tags: &Tags) -> Result<Vec<sdk::Tag>, BuildError> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

fn write_expiration(
    operation: &'static str,
    expiration: Option<&Expiration>,
) -> Result<Option<sdk::LifecycleExpiration>, Error> {
    let builder = sdk::LifecycleExpiration::builder();
    Ok(match expiration {
        None => None,
        Some(Expiration::ExpiredObjectDeleteMarkers) => {
            Some(builder.expired_object_delete_marker(true).build())
        }
        Some(Expiration::Objects(when)) => {
            let (days, date) = write_when(operation, Some(when))?;
            Some(builder.set_days(days).set_date(date).build())
        }
    })
}

fn write_when(
    operation: &'static str,
    when: Option<&When>,
) -> Result<(Option<i32>, Option<DateTime>), Error> {
    match when {
        None => Ok((None, None)),
        Some(When::Days(days)) => Ok((Some(*days), None)),
        Some(When::Date(text)) => match DateTime::from_str(text, Format::DateTime) {
            Ok(date) => Ok((None, Some(date))),
            Err(error) => {
                let message = format!("{text:?} is no date, expected as in 2030-01-01T00:00:00Z");
                Err(Error::new(Service::S3, operation, Kind::Invalid, message).with_source(error))
            }
        },
    }
}
