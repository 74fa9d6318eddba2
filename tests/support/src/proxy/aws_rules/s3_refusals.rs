//! S3: documents that AWS refuses and the emulator takes.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending};
use crate::aws::xml_texts;
use std::collections::BTreeSet;

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const MOST_KEYS: usize = 1_000;

/// Families of events, before their second colon.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html>
const EVENTS: [&str; 14] = [
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration",
    "s3:LifecycleTransition",
    "s3:ObjectAcl",
    "s3:ObjectAnnotation",
    "s3:ObjectCreated",
    "s3:ObjectRemoved",
    "s3:ObjectRestore",
    "s3:ObjectRetention",
    "s3:ObjectTagging",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication",
    "s3:TestEvent",
    "s3:ObjectEncryption",
];

fn refuse(exchange: Exchange<'_>, status: u16, code: &str, message: &str) -> Reply {
    reply::error(exchange.call, status, code, message, &[])
}

pub(super) fn keep_versioning(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        if !exchange.call.text().contains("<Status>Suspended</Status>") {
            return Ok(None);
        }
        let bucket = exchange.call.bucket();
        for (sub, what) in [("object-lock", "An Object Lock"), ("replication", "A replication")] {
            let found = exchange.aws.rest("s3", "GET", &format!("/{bucket}?{sub}"), "").await?;
            if found.status == 200 {
                let message = format!(
                    "{what} configuration is present on this bucket, so the versioning state \
                     cannot be changed."
                );
                return Ok(Some(refuse(exchange, 409, "InvalidBucketState", &message)));
            }
        }
        Ok(None)
    })
}

pub(super) fn limit_keys(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let keys = xml_texts(&exchange.call.text(), "Object").len();
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema";
        Ok((keys > MOST_KEYS).then(|| refuse(exchange, 400, "MalformedXML", message)))
    })
}

/// Whether there is a bucket of that name, whoever owns it.
async fn exists(exchange: Exchange<'_>, bucket: &str) -> anyhow::Result<bool> {
    Ok(exchange.aws.rest("s3", "HEAD", &format!("/{bucket}"), "").await?.status != 404)
}

pub(super) fn log_into_existing(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let text = exchange.call.text();
        let Some(target) = xml_texts(&text, "TargetBucket").first().map(|t| (*t).to_owned()) else {
            return Ok(None);
        };
        if exists(exchange, &target).await? {
            return Ok(None);
        }
        let message = "The target bucket for logging does not exist";
        Ok(Some(refuse(exchange, 400, "InvalidTargetBucketForLogging", message)))
    })
}

pub(super) fn copy_into_existing(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let text = exchange.call.text();
        for arn in xml_texts(&text, "Bucket") {
            let name = arn.rsplit(':').next().unwrap_or_default();
            if !exists(exchange, name).await? {
                let message = "Destination bucket must exist.";
                return Ok(Some(refuse(exchange, 400, "InvalidRequest", message)));
            }
        }
        Ok(None)
    })
}

pub(super) fn tell_rules_apart(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let text = exchange.call.text();
        let ids = xml_texts(&text, "ID");
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        let message = "Rule ID must be unique. Found same ID for more than one rule";
        let repeated = distinct.len() < ids.len();
        Ok(repeated.then(|| refuse(exchange, 400, "InvalidArgument", message)))
    })
}

pub(super) fn know_events(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let text = exchange.call.text();
        let known = |event: &&str| {
            let family = event.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
            EVENTS.contains(&family.as_str())
        };
        let all = xml_texts(&text, "Event").iter().all(known);
        let message = "The event is not supported for notifications";
        Ok((!all).then(|| refuse(exchange, 400, "InvalidArgument", message)))
    })
}
