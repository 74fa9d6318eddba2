//! EFS: tokens, keys, tags, and what an answer holds.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, lock, token_key};
use crate::aws::encode;
use serde_json::{Map, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

const SERVICE: &str = "elasticfilesystem";
const ROOT: &str = "/2015-02-01";

pub(super) fn refuse_used_creation_token(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let Some(token) = body["CreationToken"].as_str() else { return Ok(None) };
        let path = format!("{ROOT}/file-systems?CreationToken={}", encode(token));
        let found = exchange.aws.rest(SERVICE, "GET", &path, "").await?;
        let found = found.json().unwrap_or_default();
        let Some(id) = found["FileSystems"][0]["FileSystemId"].as_str() else { return Ok(None) };
        let message = format!("File system '{id}' already exists with creation token '{token}'");
        let members = [("FileSystemId", id)];
        Ok(Some(reply::error(exchange.call, 409, "FileSystemAlreadyExists", &message, &members)))
    })
}

pub(super) fn turn_backup_on(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let created = reply.as_json().unwrap_or_default();
        if let Some(id) = created["FileSystemId"].as_str()
            && exchange.call.json()["Backup"] == json!(true)
        {
            let path = format!("{ROOT}/file-systems/{id}/backup-policy");
            let body = r#"{"BackupPolicy":{"Status":"ENABLED"}}"#;
            exchange.aws.rest(SERVICE, "PUT", &path, body).await?.ok()?;
        }
        Ok(reply)
    })
}

pub(super) fn complete_file_systems(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        Ok(for_each_object(reply, "FileSystems", |system| {
            if system.get("ThroughputMode") != Some(&json!("provisioned")) {
                system.remove("ProvisionedThroughputInMibps");
            }
            if system.get("Encrypted") == Some(&json!(true)) {
                let key = system.get("KmsKeyId").and_then(Value::as_str).unwrap_or_default();
                let arn = key_arn(&exchange.call.region, &exchange.call.account, key);
                system.insert("KmsKeyId".to_owned(), json!(arn));
            }
            remove_empty(system, &["Name"]);
        }))
    })
}

/// The ARN of a key id; without one, that of the account's own key, the same for ever.
pub(super) fn key_arn(region: &str, account: &str, key: &str) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    if !key.is_empty() {
        return format!("arn:aws:kms:{region}:{account}:key/{key}");
    }
    let mut hasher = DefaultHasher::new();
    (region, account).hash(&mut hasher);
    let digits = hasher.finish() & 0xffff_ffff_ffff;
    format!("arn:aws:kms:{region}:{account}:key/0e5f0000-0000-4000-8000-{digits:012x}")
}

pub(super) fn refuse_used_client_token(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let Some(token) = body["ClientToken"].as_str() else { return Ok(None) };
        let key = token_key(exchange.call, token);
        let Some(id) = lock(&exchange.memory.access_points).get(&key).cloned() else {
            return Ok(None);
        };
        let path = format!("{ROOT}/access-points?AccessPointId={id}");
        let found = exchange.aws.rest(SERVICE, "GET", &path, "").await?.json().unwrap_or_default();
        if found["AccessPoints"][0].is_null() {
            lock(&exchange.memory.access_points).remove(&key);
            return Ok(None);
        }
        let message = format!("Access point '{id}' already exists with client token '{token}'");
        let members = [("AccessPointId", id.as_str())];
        Ok(Some(reply::error(exchange.call, 409, "AccessPointAlreadyExists", &message, &members)))
    })
}

pub(super) fn remember_client_token(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let created = reply.as_json().unwrap_or_default();
        let sent = exchange.call.json();
        if let (Some(id), Some(token)) =
            (created["AccessPointId"].as_str(), sent["ClientToken"].as_str())
        {
            let key = token_key(exchange.call, token);
            lock(&exchange.memory.access_points).insert(key, id.to_owned());
        }
        Ok(reply)
    })
}

pub(super) fn complete_access_points(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let call = exchange.call;
        let listed = reply.as_json().unwrap_or_default();
        if reply.is_ok() && listed["AccessPoints"].as_array().is_some_and(Vec::is_empty) {
            if let Some(id) = call.query_value("AccessPointId") {
                let message = format!("Access point '{id}' does not exist.");
                return Ok(reply::error(call, 404, "AccessPointNotFound", &message, &[]));
            }
            if let Some(id) = call.query_value("FileSystemId") {
                let path = format!("{ROOT}/file-systems?FileSystemId={}", encode(id));
                let system = exchange.aws.rest(SERVICE, "GET", &path, "").await?;
                if system.status == 404 {
                    return Ok(system.into());
                }
            }
        }
        Ok(for_each_object(reply, "AccessPoints", |point| {
            remove_empty(point, &["Name", "PosixUser"]);
        }))
    })
}

pub(super) fn delete_access_points(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let segments = exchange.call.segments();
        if let (true, Some(id)) = (reply.is_ok(), segments.last()) {
            let path = format!("{ROOT}/access-points?FileSystemId={id}");
            let points = exchange.aws.rest(SERVICE, "GET", &path, "").await?;
            let points = points.json().unwrap_or_default();
            for point in points["AccessPoints"].as_array().into_iter().flatten() {
                let id = point["AccessPointId"].as_str().unwrap_or_default();
                let path = format!("{ROOT}/access-points/{id}");
                exchange.aws.rest(SERVICE, "DELETE", &path, "").await?;
            }
        }
        Ok(reply)
    })
}

/// Changes the object an answer is, or every object of the list it holds.
fn for_each_object(
    mut reply: Reply,
    list: &str,
    change: impl Fn(&mut Map<String, Value>),
) -> Reply {
    if !reply.is_ok() {
        return reply;
    }
    let Some(mut document) = reply.as_json() else { return reply };
    match document.get_mut(list).and_then(Value::as_array_mut) {
        Some(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(change),
        None => document.as_object_mut().into_iter().for_each(change),
    }
    reply.body = document.to_string().into_bytes();
    reply
}

fn remove_empty(object: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        let empty = object.get(*name).is_some_and(|value| {
            value.as_str() == Some("") || value.as_object().is_some_and(Map::is_empty)
        });
        if empty {
            object.remove(*name);
        }
    }
}
