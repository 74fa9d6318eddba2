//! EKS: the cluster's security group, client tokens, and sessions of Pod Identity.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, lock, token_key};
use serde_json::{Map, Value, json};

pub(super) fn name_cluster_group(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut document) = reply.as_json().filter(|_| reply.is_ok()) else {
            return Ok(reply);
        };
        let name = document["cluster"]["name"].as_str().unwrap_or_default().to_owned();
        let filter = [("Filter.1.Name", "tag:aws:eks:cluster-name"), ("Filter.1.Value.1", &name)];
        let groups = exchange.aws.query("ec2", "DescribeSecurityGroups", &filter).await?;
        if let (Some(group), Some(vpc)) = (groups.xml("groupId"), groups.xml("vpcId")) {
            let config = &mut document["cluster"]["resourcesVpcConfig"];
            config["clusterSecurityGroupId"] = json!(group);
            config["vpcId"] = json!(vpc);
            reply.body = document.to_string().into_bytes();
        }
        Ok(reply)
    })
}

pub(super) fn repeat_first_answer(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let Some(token) = body["clientRequestToken"].as_str() else { return Ok(None) };
        let key = token_key(exchange.call, token);
        Ok(lock(&exchange.memory.associations).get(&key).cloned())
    })
}

pub(super) fn remember_association(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if !reply.is_ok() {
            return Ok(reply);
        }
        let mut associations = lock(&exchange.memory.associations);
        if exchange.call.method == "DELETE" {
            let id = exchange.call.segments().pop().unwrap_or_default();
            associations.retain(|_, answer| !answer.text().contains(&id));
        } else if let Some(token) = exchange.call.json()["clientRequestToken"].as_str() {
            associations.insert(token_key(exchange.call, token), reply.clone());
        }
        drop(associations);
        Ok(reply)
    })
}

pub(super) fn refuse_tagged_policy(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let narrowed = body["policy"].as_str().is_some_and(|policy| !policy.is_empty());
        if !narrowed || body["disableSessionTags"] == json!(true) {
            return Ok(None);
        }
        let message = "disableSessionTags must be true when a policy is specified";
        Ok(Some(reply::error(exchange.call, 400, "InvalidParameterException", message, &[])))
    })
}

pub(super) fn take_session_settings_away(
    exchange: Exchange<'_>,
    mut reply: Reply,
) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut document) = reply.as_json().filter(|_| reply.is_ok()) else {
            return Ok(reply);
        };
        let id = document["association"]["associationId"].as_str().unwrap_or_default().to_owned();
        let sent = exchange.call.json();
        let mut memory = lock(&exchange.memory.taken_away);
        let taken = memory.entry(id).or_default();
        for member in ["targetRoleArn", "policy"] {
            match sent[member].as_str() {
                Some("") => taken.insert(member),
                Some(_) => taken.remove(member),
                None => false,
            };
        }
        if let Some(association) = document["association"].as_object_mut() {
            association.retain(|member, _| !taken.contains(member.as_str()));
            if taken.contains("targetRoleArn") {
                association.remove("externalId");
            }
        }
        drop(memory);
        reply.body = document.to_string().into_bytes();
        Ok(reply)
    })
}

pub(super) fn tag_association(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let arn = call.segments().get(1..).unwrap_or_default().join("/");
        let Some((_, place)) = arn.split_once(":podidentityassociation/") else { return Ok(None) };
        let Some((cluster, id)) = place.split_once('/') else { return Ok(None) };
        let path = format!("/clusters/{cluster}/pod-identity-associations/{id}");
        let found = exchange.aws.rest("eks", "GET", &path, "").await?;
        if found.status >= 300 {
            return Ok(Some(found.into()));
        }
        let first = found.json()?["association"]["tags"].as_object().cloned().unwrap_or_default();
        let mut memory = lock(&exchange.memory.association_tags);
        let tags: &mut Map<String, Value> = memory.entry(arn).or_insert(first);
        match call.operation.as_str() {
            "TagResource" => {
                tags.extend(call.json()["tags"].as_object().cloned().unwrap_or_default());
            }
            "UntagResource" => {
                for (_, key) in call.query.iter().filter(|(name, _)| name == "tagKeys") {
                    tags.remove(key);
                }
            }
            _ => return Ok(Some(Reply::json(200, &json!({ "tags": tags })))),
        }
        Ok(Some(Reply::json(200, &json!({}))))
    })
}

pub(super) fn tell_association_tags(
    exchange: Exchange<'_>,
    mut reply: Reply,
) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut document) = reply.as_json().filter(|_| reply.is_ok()) else {
            return Ok(reply);
        };
        let arn = document["association"]["associationArn"].as_str().unwrap_or_default();
        if let Some(tags) = lock(&exchange.memory.association_tags).get(arn) {
            document["association"]["tags"] = json!(tags);
            reply.body = document.to_string().into_bytes();
        }
        Ok(reply)
    })
}
