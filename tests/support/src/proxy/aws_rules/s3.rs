//! S3: owners, defaults of a new bucket, and sub-resources the emulator has none of.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, lock};
use serde_json::Value;

/// Sub-resources whose documents the proxy keeps, with the code for "there is none".
const KEPT: [(&str, &str); 5] = [
    ("analytics", "NoSuchConfiguration"),
    ("intelligent-tiering", "NoSuchConfiguration"),
    ("inventory", "NoSuchConfiguration"),
    ("metrics", "NoSuchConfiguration"),
    ("requestPayment", ""),
];
const MINIMUM_SIZE: &str = "x-amz-transition-default-minimum-object-size";
const BLOCK_ALL: &str = "<PublicAccessBlockConfiguration>\
    <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
    <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>\
    </PublicAccessBlockConfiguration>";

pub(super) fn refuse_unknown(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        // Only a call without a name of its own is named by its method and path.
        let unknown = call.operation.contains(' ');
        let message = format!("{} is not implemented by the test bench", call.operation);
        Ok(unknown.then(|| reply::error(call, 501, "NotImplemented", &message, &[])))
    })
}

pub(super) fn check_expected_owner(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let bucket = call.bucket();
        let Some(expected) = call.header("x-amz-expected-bucket-owner") else { return Ok(None) };
        let known = lock(&exchange.memory.owners).get(&bucket).cloned();
        let foreign = match known {
            Some(owner) => owner != expected,
            None => {
                // Seen as the expected owner, a bucket of someone else is forbidden.
                let aws = exchange.aws.as_account(expected);
                aws.rest("s3", "HEAD", &format!("/{bucket}"), "").await?.status == 403
            }
        };
        Ok(foreign.then(|| reply::error(call, 403, "AccessDenied", "Access Denied", &[])))
    })
}

pub(super) fn note_existing_bucket(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let bucket = exchange.call.bucket();
        let head = exchange.aws.rest("s3", "HEAD", &format!("/{bucket}"), "").await?;
        let mut owners = lock(&exchange.memory.owners);
        match head.status {
            200 => owners.insert(bucket, exchange.call.account.clone()),
            404 => owners.remove(&bucket),
            _ => None,
        };
        Ok(None)
    })
}

pub(super) fn block_public_access(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let bucket = exchange.call.bucket();
        let known = lock(&exchange.memory.owners).contains_key(&bucket);
        if reply.is_ok() && !known {
            let path = format!("/{bucket}?publicAccessBlock");
            exchange.aws.rest("s3", "PUT", &path, BLOCK_ALL).await?.ok()?;
            lock(&exchange.memory.owners).insert(bucket, exchange.call.account.clone());
        }
        Ok(reply)
    })
}

pub(super) fn forget_bucket(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if reply.is_ok() {
            let bucket = exchange.call.bucket();
            lock(&exchange.memory.owners).remove(&bucket);
            lock(&exchange.memory.minimum_sizes).remove(&bucket);
            lock(&exchange.memory.documents).retain(|(owner, ..), _| *owner != bucket);
        }
        Ok(reply)
    })
}

pub(super) fn keep_minimum_object_size(
    exchange: Exchange<'_>,
    mut reply: Reply,
) -> Pending<'_, Reply> {
    Box::pin(async move {
        let call = exchange.call;
        if !reply.is_ok() {
            return Ok(reply);
        }
        let mut sizes = lock(&exchange.memory.minimum_sizes);
        match call.method.as_str() {
            "PUT" => {
                let size = call.header(MINIMUM_SIZE).unwrap_or("all_storage_classes_128K");
                sizes.insert(call.bucket(), size.to_owned());
            }
            "DELETE" => {
                sizes.remove(&call.bucket());
                return Ok(reply);
            }
            _ => {}
        }
        let size = sizes.get(&call.bucket()).map_or("all_storage_classes_128K", String::as_str);
        reply.set_header(MINIMUM_SIZE, size);
        drop(sizes);
        Ok(reply)
    })
}

pub(super) fn policy_status(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let path = format!("/{}?policy", exchange.call.bucket());
        let policy = exchange.aws.rest("s3", "GET", &path, "").await?;
        if policy.status != 200 {
            return Ok(Some(policy.into()));
        }
        let public = is_public(&policy.json().unwrap_or_default());
        Ok(Some(Reply::xml(
            200,
            format!("<PolicyStatus><IsPublic>{public}</IsPublic></PolicyStatus>"),
        )))
    })
}

fn is_public(policy: &Value) -> bool {
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.as_slice(),
        single => std::slice::from_ref(single),
    };
    statements.iter().any(|statement| {
        let everyone = [&statement["Principal"], &statement["Principal"]["AWS"]];
        statement["Effect"] == "Allow"
            && statement["Condition"].is_null()
            && everyone.iter().any(|principal| *principal == "*")
    })
}

pub(super) fn keep_document(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let kept = KEPT.iter().find(|(sub, _)| call.query_value(sub).is_some());
        let Some((sub, absent)) = kept else { return Ok(None) };
        let bucket = call.bucket();
        let head = exchange.aws.rest("s3", "HEAD", &format!("/{bucket}"), "").await?;
        if head.status == 404 {
            let message = "The specified bucket does not exist";
            return Ok(Some(reply::error(call, 404, "NoSuchBucket", message, &[])));
        }
        let id = call.query_value("id").unwrap_or_default().to_owned();
        let listing = call.operation.starts_with("List");
        let key = (bucket, (*sub).to_owned(), id);
        let mut documents = lock(&exchange.memory.documents);
        Ok(Some(match call.method.as_str() {
            "PUT" => {
                documents.insert(key, without_declaration(&call.text()));
                Reply::empty(200)
            }
            "DELETE" => {
                documents.remove(&key);
                Reply::empty(204)
            }
            _ if listing => {
                let mut found: Vec<&str> = documents
                    .iter()
                    .filter(|((bucket, name, _), _)| (bucket, name) == (&key.0, &key.1))
                    .map(|(_, document)| document.as_str())
                    .collect();
                found.sort_unstable();
                let root = listing_root(sub);
                let items = found.concat();
                Reply::xml(200, format!("<{root}>{items}<IsTruncated>false</IsTruncated></{root}>"))
            }
            _ => match documents.get(&key) {
                Some(document) => Reply::xml(200, document.clone()),
                None if absent.is_empty() => {
                    let root = "RequestPaymentConfiguration";
                    Reply::xml(200, format!("<{root}><Payer>BucketOwner</Payer></{root}>"))
                }
                None => {
                    let message = "The specified configuration does not exist.";
                    reply::error(call, 404, absent, message, &[])
                }
            },
        }))
    })
}

/// The root element of a list of documents; each has a name of its own kind.
fn listing_root(sub: &str) -> &'static str {
    match sub {
        "analytics" => "ListBucketAnalyticsConfigurationResult",
        "inventory" => "ListInventoryConfigurationsResult",
        "metrics" => "ListMetricsConfigurationsResult",
        _ => "ListBucketIntelligentTieringConfigurationsOutput",
    }
}

fn without_declaration(xml: &str) -> String {
    let xml = xml.trim_start();
    let body = xml.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    body.map_or(xml, |(_, body)| body).trim().to_owned()
}
