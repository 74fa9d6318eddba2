//! EKS add-ons: what EKS offers, states that take their time, and the Pod Identity associations an
//! add-on owns, which the emulator keeps in a form the SDK cannot read.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, lock, token_key};
use crate::aws::encode;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What is known of add-ons beside what the emulator keeps.
#[derive(Debug, Default)]
pub(super) struct Addons {
    /// Account, region, cluster and name to the add-on.
    known: HashMap<String, Known>,
    /// Account, region and token to the first answer.
    tokens: HashMap<String, Reply>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    /// Associations: service account, id, ARN.
    associations: Vec<(String, String, String)>,
    namespace: String,
    /// The state it is in, and for how many reads.
    passing: Option<(&'static str, usize)>,
    /// The last answer about one that is deleted.
    last: Option<Value>,
}

/// Name, version, Kubernetes versions, and for which of them it is the default.
const OFFERED: &[(&str, &str, &[&str], &[&str])] = &[
    ("aws-ebs-csi-driver", "v1.58.0-eksbuild.1", &["1.32", "1.33", "1.34", "1.35"], &[]),
    ("aws-ebs-csi-driver", "v1.50.1-eksbuild.1", &["1.31", "1.32", "1.33", "1.34"], &["1.33"]),
    ("aws-ebs-csi-driver", "v1.42.0-eksbuild.1", &["1.30", "1.31", "1.32", "1.33"], &[]),
    ("aws-ebs-csi-driver", "v1.30.0-eksbuild.1", &["1.27", "1.28", "1.29", "1.30"], &[]),
    ("aws-efs-csi-driver", "v2.1.7-eksbuild.1", &["1.31", "1.32", "1.33"], &["1.33"]),
    ("eks-pod-identity-agent", "v1.3.5-eksbuild.2", &["1.32", "1.33"], &["1.33"]),
];

/// A part of the driver's schema, in the form EKS gives it.
fn configuration_schema() -> Value {
    let whole = |minimum: i64| json!({ "type": "integer", "minimum": minimum });
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "$ref": "#/definitions/EbsCsi",
        "definitions": {
            "EbsCsi": {
                "type": "object",
                "additionalProperties": false,
                "title": "EbsCsi",
                "properties": {
                    "controller": { "$ref": "#/definitions/Controller" },
                    "node": {
                        "type": "object",
                        "properties": { "volumeAttachLimit": { "type": ["integer", "null"] } },
                    },
                },
            },
            "Controller": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "replicaCount": whole(1),
                    "extraVolumeTags": {
                        "type": "object",
                        "additionalProperties": { "type": "string" },
                    },
                    "loggingFormat": { "type": "string", "enum": ["text", "json"] },
                },
            },
        },
    })
}

fn offers(name: &str, version: &str) -> bool {
    OFFERED.iter().any(|offer| offer.0 == name && offer.1 == version)
}

fn is_offered_at_all(name: &str) -> bool {
    OFFERED.iter().any(|offer| offer.0 == name)
}

pub(super) fn tell_versions(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let name = call.query_value("addonName");
        let kubernetes = call.query_value("kubernetesVersion");
        let mut addons: Vec<Value> = Vec::new();
        for (offered, version, runs_on, default_for) in OFFERED {
            let fits = kubernetes.is_none_or(|kubernetes| runs_on.contains(&kubernetes));
            if name.is_some_and(|name| name != *offered) || !fits {
                continue;
            }
            let meant = runs_on.iter().filter(|one| kubernetes.is_none_or(|k| k == **one));
            let compatibilities: Vec<Value> = meant
                .map(|one| {
                    json!({
                        "clusterVersion": one,
                        "platformVersions": ["*"],
                        "defaultVersion": default_for.contains(one),
                    })
                })
                .collect();
            let info = json!({
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "compatibilities": compatibilities,
                "requiresConfiguration": false,
                "requiresIamPermissions": true,
            });
            match addons.iter_mut().find(|addon| addon["addonName"] == *offered) {
                Some(addon) => {
                    if let Some(versions) = addon["addonVersions"].as_array_mut() {
                        versions.push(info);
                    }
                }
                None => addons.push(json!({
                    "addonName": offered,
                    "type": "storage",
                    "publisher": "eks",
                    "owner": "aws",
                    "addonVersions": [info],
                })),
            }
        }
        if let (Some(name), true) = (name, name.is_some_and(|name| !is_offered_at_all(name))) {
            let message = format!("Addon {name} specified is not supported");
            return Ok(Some(reply::error(call, 404, "ResourceNotFoundException", &message, &[])));
        }
        Ok(Some(Reply::json(200, &json!({ "addons": addons }))))
    })
}

pub(super) fn tell_configuration(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let name = call.query_value("addonName").unwrap_or_default();
        let version = call.query_value("addonVersion").unwrap_or_default();
        if !offers(name, version) {
            let message = "Addon version specified is not supported";
            return Ok(Some(reply::error(call, 404, "ResourceNotFoundException", message, &[])));
        }
        let mut body = json!({ "addonName": name, "addonVersion": version });
        if name == "aws-ebs-csi-driver" {
            body["configurationSchema"] = json!(configuration_schema().to_string());
            body["podIdentityConfiguration"] = json!([{
                "serviceAccount": "ebs-csi-controller-sa",
                "recommendedManagedPolicies":
                    ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"],
            }]);
        }
        Ok(Some(Reply::json(200, &body)))
    })
}

/// The key of the add-on of a call.
fn key_of(exchange: Exchange<'_>, name: &str) -> String {
    let cluster = exchange.call.segments().into_iter().nth(1).unwrap_or_default();
    token_key(exchange.call, &format!("{cluster}/{name}"))
}

/// The add-on that the path names.
fn named(exchange: Exchange<'_>) -> String {
    exchange.call.segments().into_iter().nth(3).unwrap_or_default()
}

fn associations_path(exchange: Exchange<'_>) -> String {
    let cluster = exchange.call.segments().into_iter().nth(1).unwrap_or_default();
    format!("/clusters/{cluster}/pod-identity-associations")
}

/// An unsupported version, in the words of EKS.
fn refuse_version(exchange: Exchange<'_>, name: &str, body: &Value) -> Option<Reply> {
    let version = body["addonVersion"].as_str()?;
    (is_offered_at_all(name) && !offers(name, version)).then(|| {
        let message = "Addon version specified is not supported";
        reply::error(exchange.call, 400, "InvalidParameterException", message, &[])
    })
}

pub(super) fn create_addon(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let mut body = call.json();
        let token = body["clientRequestToken"].as_str().map(|token| token_key(call, token));
        if let Some(first) = token
            .as_ref()
            .and_then(|token| lock(&exchange.memory.addons).tokens.get(token).cloned())
        {
            return Ok(Some(first));
        }
        let name = body["addonName"].as_str().unwrap_or_default().to_owned();
        if let Some(refusal) = refuse_version(exchange, &name, &body) {
            return Ok(Some(refusal));
        }
        let wanted = body["podIdentityAssociations"].take();
        if let Some(members) = body.as_object_mut() {
            members.remove("podIdentityAssociations");
        }
        let path = call.path.clone();
        let answer = exchange.aws.rest("eks", "POST", &path, &body.to_string()).await?;
        if answer.status != 200 {
            return Ok(Some(answer.into()));
        }
        let namespace = body["namespaceConfig"]["namespace"].as_str().unwrap_or("kube-system");
        let mut known = Known {
            namespace: namespace.to_owned(),
            passing: Some(("CREATING", 2)),
            ..Known::default()
        };
        if let Err(refusal) = associate(exchange, &mut known, &wanted).await? {
            exchange.aws.rest("eks", "DELETE", &format!("{path}/{name}"), "").await?.ok()?;
            return Ok(Some(refusal));
        }
        let mut document = answer.json()?;
        complete(&mut document, &known, None);
        let reply = Reply::json(200, &document);
        let mut addons = lock(&exchange.memory.addons);
        if let Some(token) = token {
            addons.tokens.insert(token, reply.clone());
        }
        addons.known.insert(key_of(exchange, &name), known);
        drop(addons);
        Ok(Some(reply))
    })
}

/// Brings the associations of an add-on to what is wanted: those that are not are deleted.
async fn associate(
    exchange: Exchange<'_>,
    known: &mut Known,
    wanted: &Value,
) -> Result<std::result::Result<(), Reply>> {
    let Some(wanted) = wanted.as_array() else { return Ok(Ok(())) };
    let path = associations_path(exchange);
    let accounts: Vec<&str> =
        wanted.iter().filter_map(|one| one["serviceAccount"].as_str()).collect();
    let (kept, stale): (Vec<_>, Vec<_>) = known
        .associations
        .drain(..)
        .partition(|(account, ..)| accounts.contains(&account.as_str()));
    known.associations = kept;
    for (_, id, _) in stale {
        exchange.aws.rest("eks", "DELETE", &format!("{path}/{id}"), "").await?.ok()?;
    }
    for one in wanted {
        let account = one["serviceAccount"].as_str().unwrap_or_default();
        let has = known.associations.iter().find(|(known, ..)| known == account);
        if let Some((_, id, _)) = has {
            let body = json!({ "roleArn": one["roleArn"] }).to_string();
            exchange.aws.rest("eks", "POST", &format!("{path}/{id}"), &body).await?.ok()?;
            continue;
        }
        let body = json!({
            "namespace": known.namespace,
            "serviceAccount": account,
            "roleArn": one["roleArn"],
        });
        let answer = exchange.aws.rest("eks", "POST", &path, &body.to_string()).await?;
        if answer.status != 200 {
            return Ok(Err(answer.into()));
        }
        let made = answer.json()?;
        let text =
            |member: &str| made["association"][member].as_str().unwrap_or_default().to_owned();
        known.associations.push((
            account.to_owned(),
            text("associationId"),
            text("associationArn"),
        ));
    }
    Ok(Ok(()))
}

/// The add-on of an answer as EKS tells it.
fn complete(document: &mut Value, known: &Known, tags: Option<&Value>) {
    let addon = &mut document["addon"];
    let arns: Vec<&String> = known.associations.iter().map(|(.., arn)| arn).collect();
    addon["podIdentityAssociations"] = json!(arns);
    addon["namespaceConfig"] = json!({ "namespace": known.namespace });
    if let Some((state, left)) = known.passing
        && left > 0
    {
        addon["status"] = json!(state);
    }
    if let Some(tags) = tags {
        addon["tags"] = tags.clone();
    }
}

pub(super) fn tell_deleting(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let key = key_of(exchange, &named(exchange));
        let mut addons = lock(&exchange.memory.addons);
        let Some(known) = addons.known.get_mut(&key) else { return Ok(None) };
        let Some(last) = known.last.clone() else { return Ok(None) };
        match &mut known.passing {
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                Ok(Some(Reply::json(200, &last)))
            }
            _ => {
                addons.known.remove(&key);
                Ok(None)
            }
        }
    })
}

pub(super) fn complete_addon(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut document) = reply.as_json().filter(|_| reply.is_ok()) else {
            return Ok(reply);
        };
        let arn = document["addon"]["addonArn"].as_str().unwrap_or_default().to_owned();
        let path = format!("/tags/{}", encode(&arn));
        let tags = exchange.aws.rest("eks", "GET", &path, "").await?.json().unwrap_or_default();
        let key = key_of(exchange, &named(exchange));
        let mut addons = lock(&exchange.memory.addons);
        let known = addons
            .known
            .entry(key)
            .or_insert_with(|| Known { namespace: "kube-system".to_owned(), ..Known::default() });
        complete(&mut document, known, Some(&tags["tags"]));
        if let Some((_, left)) = &mut known.passing {
            *left = left.saturating_sub(1);
        }
        drop(addons);
        reply.body = document.to_string().into_bytes();
        Ok(reply)
    })
}

pub(super) fn update_addon(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let name = named(exchange);
        let key = key_of(exchange, &name);
        let mut known = lock(&exchange.memory.addons).known.get(&key).cloned().unwrap_or_default();
        if known.passing.is_some_and(|(_, left)| left > 0) {
            let message = format!(
                "Addon {name} cannot be updated as it is currently in CREATING or UPDATING state"
            );
            return Ok(Some(reply::error(call, 400, "InvalidRequestException", &message, &[])));
        }
        let mut body = call.json();
        if let Some(refusal) = refuse_version(exchange, &name, &body) {
            return Ok(Some(refusal));
        }
        let wanted = body["podIdentityAssociations"].take();
        if let Some(members) = body.as_object_mut() {
            members.remove("podIdentityAssociations");
        }
        let answer = exchange.aws.rest("eks", "POST", &call.path, &body.to_string()).await?;
        if answer.status != 200 {
            return Ok(Some(answer.into()));
        }
        if let Err(refusal) = associate(exchange, &mut known, &wanted).await? {
            return Ok(Some(refusal));
        }
        known.passing = Some(("UPDATING", 1));
        lock(&exchange.memory.addons).known.insert(key, known);
        let mut document = answer.json()?;
        document["update"]["status"] = json!("InProgress");
        Ok(Some(Reply::json(200, &document)))
    })
}

pub(super) fn delete_addon(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut document) = reply.as_json().filter(|_| reply.is_ok()) else {
            return Ok(reply);
        };
        let key = key_of(exchange, &named(exchange));
        let mut known = lock(&exchange.memory.addons).known.get(&key).cloned().unwrap_or_default();
        if exchange.call.query_value("preserve") != Some("true") {
            let path = associations_path(exchange);
            for (_, id, _) in &known.associations {
                exchange.aws.rest("eks", "DELETE", &format!("{path}/{id}"), "").await?.ok()?;
            }
        }
        known.passing = Some(("DELETING", 1));
        complete(&mut document, &known, None);
        known.last = Some(document.clone());
        lock(&exchange.memory.addons).known.insert(key, known);
        Ok(Reply::json(200, &document))
    })
}

pub(super) fn name_owner(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut document) = reply.as_json().filter(|_| reply.is_ok()) else {
            return Ok(reply);
        };
        let scope = token_key(exchange.call, "");
        let addons = lock(&exchange.memory.addons).known.clone();
        let owner = |id: &str| {
            let owns = |known: &Known| known.associations.iter().any(|(_, one, _)| one == id);
            let (key, _) = addons.iter().find(|(_, known)| owns(known))?;
            let addon = key.strip_prefix(&scope)?;
            let call = exchange.call;
            Some(format!("arn:aws:eks:{}:{}:addon/{addon}/0e5f0000", call.region, call.account))
        };
        let name = |association: &mut Value| {
            let id = association["associationId"].as_str().unwrap_or_default().to_owned();
            if let Some(arn) = owner(&id) {
                association["ownerArn"] = json!(arn);
            }
        };
        if document["association"].is_object() {
            name(&mut document["association"]);
        }
        document["associations"].as_array_mut().into_iter().flatten().for_each(name);
        if document["associations"].is_null() {
            document.as_object_mut().and_then(|members| members.remove("associations"));
        }
        reply.body = document.to_string().into_bytes();
        Ok(reply)
    })
}
