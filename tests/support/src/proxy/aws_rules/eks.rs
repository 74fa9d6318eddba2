//! EKS: the cluster's security group, and client tokens.

use super::super::reply::Reply;
use super::{Exchange, Pending, lock, token_key};
use serde_json::json;

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
