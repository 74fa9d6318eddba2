//! EC2: rules that exist or do not, and what is still in use.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, elasticache};
use crate::aws::xml_texts;
use anyhow::Result;
use std::collections::BTreeSet;

/// One rule, as AWS tells rules apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct GroupRule {
    egress: bool,
    protocol: String,
    from: String,
    to: String,
    peer: String,
}

impl GroupRule {
    fn new(egress: bool, protocol: &str, from: &str, to: &str, peer: &str) -> Self {
        // All traffic has no ports, which is written in two ways.
        let port = |port: &str| {
            if protocol == "-1" || port.is_empty() { "-1".to_owned() } else { port.to_owned() }
        };
        let (from, to) = (port(from), port(to));
        Self { egress, protocol: protocol.to_owned(), from, to, peer: peer.to_owned() }
    }
}

/// A rule as the emulator lists it.
struct Listed {
    id: String,
    group: String,
    /// The group it names, if it names one.
    named: Option<String>,
    rule: GroupRule,
}

/// All rules of the region, or those of one group.
async fn list_rules(exchange: Exchange<'_>, group: Option<&str>) -> Result<Vec<Listed>> {
    let filter = group.map(|group| [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", group)]);
    let filter = filter.as_ref().map_or(&[][..], |filter| &filter[..]);
    let answer = exchange.aws.query("ec2", "DescribeSecurityGroupRules", filter).await?.ok()?;
    // Tags of a rule are items too, so rules are told apart by their ids.
    let items = answer.body.split("<securityGroupRuleId>").skip(1);
    Ok(items
        .map(|item| {
            let text = |name: &str| xml_texts(item, name).first().copied().unwrap_or_default();
            let named = xml_texts(item, "referencedGroupInfo").first().map(|info| {
                xml_texts(info, "groupId").first().copied().unwrap_or_default().to_owned()
            });
            let peers = [
                named.as_deref().unwrap_or_default(),
                text("cidrIpv4"),
                text("cidrIpv6"),
                text("prefixListId"),
            ];
            Listed {
                id: item.split('<').next().unwrap_or_default().to_owned(),
                group: text("groupId").to_owned(),
                rule: GroupRule::new(
                    text("isEgress") == "true",
                    text("ipProtocol"),
                    text("fromPort"),
                    text("toPort"),
                    &peers.concat(),
                ),
                named,
            }
        })
        .collect())
}

/// The rules a call names, one for each peer.
fn named_rules(exchange: Exchange<'_>) -> BTreeSet<GroupRule> {
    let form = exchange.call.form();
    let egress = exchange.call.operation.ends_with("Egress");
    let value = |name: &str| {
        form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    };
    let mut rules = BTreeSet::new();
    for (name, peer) in &form {
        let is_peer = ["CidrIp", "CidrIpv6", "PrefixListId"].iter().any(|end| name.ends_with(end))
            || (name.contains(".Groups.") && name.ends_with("GroupId"));
        if !is_peer {
            continue;
        }
        // `IpPermissions.1.IpRanges.1.CidrIp` belongs to `IpPermissions.1.`; the short form has no prefix.
        let prefix: String = if name.starts_with("IpPermissions.") {
            name.split_inclusive('.').take(2).collect()
        } else {
            String::new()
        };
        let part = |field: &str| value(&format!("{prefix}{field}"));
        rules.insert(GroupRule::new(
            egress,
            part("IpProtocol"),
            part("FromPort"),
            part("ToPort"),
            peer,
        ));
    }
    rules
}

pub(super) fn refuse_duplicate_rule(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let group = exchange.call.form_value("GroupId").unwrap_or_default();
        let wanted = named_rules(exchange);
        let listed = list_rules(exchange, Some(&group)).await?;
        let duplicate = listed.iter().find(|one| one.group == group && wanted.contains(&one.rule));
        Ok(duplicate.map(|one| {
            let message = format!("the specified rule {:?} already exists", one.rule);
            reply::error(exchange.call, 400, "InvalidPermission.Duplicate", &message, &[])
        }))
    })
}

pub(super) fn refuse_absent_rule(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let group = call.form_value("GroupId").unwrap_or_default();
        let listed = list_rules(exchange, Some(&group)).await?;
        let of_group: Vec<&Listed> = listed.iter().filter(|one| one.group == group).collect();
        for (name, id) in call.form() {
            if name.starts_with("SecurityGroupRuleId.") && of_group.iter().all(|one| one.id != id) {
                let message = format!("The security group rule ID '{id}' does not exist");
                let code = "InvalidSecurityGroupRuleId.NotFound";
                return Ok(Some(reply::error(call, 400, code, &message, &[])));
            }
        }
        let absent = named_rules(exchange)
            .into_iter()
            .any(|wanted| of_group.iter().all(|one| one.rule != wanted));
        let message = "The specified rule does not exist in this security group.";
        Ok(absent.then(|| reply::error(call, 400, "InvalidPermission.NotFound", message, &[])))
    })
}

pub(super) fn refuse_while_used(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let group = call.form_value("GroupId");
        let id = group.clone().or_else(|| call.form_value("SubnetId")).unwrap_or_default();
        let mut used = elasticache::uses(exchange, &id) || mount_target_uses(exchange, &id).await?;
        if let Some(group) = group {
            used |= list_rules(exchange, None)
                .await?
                .iter()
                .any(|one| one.group != group && one.named.as_deref() == Some(group.as_str()));
        }
        let message = format!("resource {id} has a dependent object");
        Ok(used.then(|| reply::error(call, 400, "DependencyViolation", &message, &[])))
    })
}

/// Whether a mount target of the region lies in a subnet or carries a security group.
async fn mount_target_uses(exchange: Exchange<'_>, id: &str) -> Result<bool> {
    let get = |path: String| async move {
        let answer = exchange.aws.rest("elasticfilesystem", "GET", &path, "").await?;
        anyhow::Ok(answer.json().unwrap_or_default())
    };
    let systems = get("/2015-02-01/file-systems?MaxItems=1000".to_owned()).await?;
    for system in systems["FileSystems"].as_array().into_iter().flatten() {
        let system = system["FileSystemId"].as_str().unwrap_or_default();
        let targets = get(format!("/2015-02-01/mount-targets?FileSystemId={system}")).await?;
        for target in targets["MountTargets"].as_array().into_iter().flatten() {
            if target["SubnetId"] == id {
                return Ok(true);
            }
            let target = target["MountTargetId"].as_str().unwrap_or_default();
            let path = format!("/2015-02-01/mount-targets/{target}/security-groups");
            let groups = get(path).await?;
            let mut groups = groups["SecurityGroups"].as_array().into_iter().flatten();
            if groups.any(|group| group == id) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

pub(super) fn group_not_found(_: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let text = reply.text();
        let code = "<Code>InvalidGroupId.Malformed</Code>";
        let well_formed = text.split("sg-").nth(1).is_some_and(|rest| {
            let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
            digits == 8 || digits == 17
        });
        if !reply.is_ok() && well_formed {
            reply.body = text.replace(code, "<Code>InvalidGroup.NotFound</Code>").into_bytes();
        }
        Ok(reply)
    })
}
