//! AWS Backup: error codes, request ids, roles, vault locks, recovery points, region settings.

use super::super::reply::{self, Reply};
use super::efs::key_arn;
use super::{Exchange, Memory, Pending, lock, token_key};
use crate::aws::encode;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

const SERVICE: &str = "backup";

/// How many listings a recovery point is still seen in after its deletion.
const LINGERS: u32 = 2;

/// What the emulator has none of.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Account, region and request id to the first answer.
    requests: HashMap<String, Reply>,
    /// Account, region and vault to the members that the lock adds to its description.
    locks: HashMap<String, Map<String, Value>>,
    /// Account, region and vault to its recovery points by ARN.
    points: HashMap<String, BTreeMap<String, Point>>,
    /// Account and region to the opt-in by resource type.
    settings: HashMap<String, BTreeMap<String, Value>>,
}

#[derive(Debug, Clone)]
struct Point {
    resource_arn: String,
    role_arn: String,
    status: &'static str,
    lingers: u32,
}

impl Memory {
    /// Puts a recovery point into a vault, as a backup job of a role would.
    pub(in crate::proxy) fn add_recovery_point(
        &self,
        (account, region, vault): (&str, &str, &str),
        resource_arn: &str,
        role_arn: &str,
    ) -> String {
        let mut state = lock(&self.backup);
        let points = state.points.entry(format!("{account} {region} {vault}")).or_default();
        let arn = format!("arn:aws:backup:{region}:{account}:recovery-point:{}", points.len());
        let point = Point {
            resource_arn: resource_arn.to_owned(),
            role_arn: role_arn.to_owned(),
            status: "COMPLETED",
            lingers: LINGERS,
        };
        points.insert(arn.clone(), point);
        arn
    }
}

fn refuse(exchange: Exchange<'_>, code: &str, message: &str) -> Reply {
    reply::error(exchange.call, 400, code, message, &[])
}

/// The vault or the plan in the path.
fn named(exchange: Exchange<'_>) -> String {
    let segments = exchange.call.segments();
    let position = usize::from(segments.first().is_some_and(|first| first == "backup")) + 1;
    segments.get(position).cloned().unwrap_or_default()
}

fn vault_key(exchange: Exchange<'_>) -> String {
    token_key(exchange.call, &named(exchange))
}

pub(super) fn correct_status(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if exchange.call.operation == "DescribeBackupVault" && reply.status == 404 {
            let message = "Insufficient privileges to perform this action.";
            return Ok(reply::error(exchange.call, 403, "AccessDeniedException", message, &[]));
        }
        if matches!(reply.status, 404 | 409) {
            reply.status = 400;
        }
        Ok(reply)
    })
}

pub(super) fn repeat_request(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let Some(id) = body["CreatorRequestId"].as_str() else { return Ok(None) };
        if id.len() > 50 {
            let message = "CreatorRequestId must have 1 to 50 characters";
            return Ok(Some(refuse(exchange, "InvalidParameterValueException", message)));
        }
        let key = token_key(exchange.call, &format!("{} {id}", exchange.call.operation));
        Ok(lock(&exchange.memory.backup).requests.get(&key).cloned())
    })
}

pub(super) fn remember_request(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let call = exchange.call;
        if let (true, Some(id)) = (reply.is_ok(), call.json()["CreatorRequestId"].as_str()) {
            let key = token_key(call, &format!("{} {id}", call.operation));
            lock(&exchange.memory.backup).requests.insert(key, reply.clone());
        }
        Ok(reply)
    })
}

pub(super) fn forget_request(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if reply.is_ok() {
            let id = exchange.call.segments().pop().unwrap_or_default();
            let mut state = lock(&exchange.memory.backup);
            state.requests.retain(|_, answer| !answer.text().contains(&format!("\"{id}\"")));
            let key = vault_key(exchange);
            state.locks.remove(&key);
            state.points.remove(&key);
        }
        Ok(reply)
    })
}

pub(super) fn assume_role(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let arn = body["BackupSelection"]["IamRoleArn"].as_str().unwrap_or_default().to_owned();
        if may_assume(exchange, &arn).await? {
            return Ok(None);
        }
        let message = format!("IAM Role {arn} cannot be assumed by AWS Backup");
        Ok(Some(refuse(exchange, "InvalidParameterValueException", &message)))
    })
}

/// Whether a role exists and lets AWS Backup assume it.
async fn may_assume(exchange: Exchange<'_>, arn: &str) -> anyhow::Result<bool> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role = exchange.aws.query("iam", "GetRole", &[("RoleName", name)]).await?;
    Ok(role.status == 200 && role.body.contains("backup.amazonaws.com"))
}

pub(super) fn keep_plan_with_selections(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let path = format!("/backup/plans/{}/selections", encode(&named(exchange)));
        let listed = exchange.aws.rest(SERVICE, "GET", &path, "").await?.json().unwrap_or_default();
        let some = listed["BackupSelectionsList"].as_array().is_some_and(|list| !list.is_empty());
        let message =
            "Related backup plan selections must be deleted prior to backup plan deletion";
        Ok(some.then(|| refuse(exchange, "InvalidRequestException", message)))
    })
}

pub(super) fn keep_full_vault(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let state = lock(&exchange.memory.backup);
        let some = state.points.get(&vault_key(exchange)).is_some_and(|points| !points.is_empty());
        drop(state);
        let message = "Backup vault cannot be deleted because it contains recovery points";
        Ok(some.then(|| refuse(exchange, "InvalidRequestException", message)))
    })
}

/// The description of a vault with its key, lock and count.
pub(super) fn complete_vault(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut vault) = reply.as_json().filter(|_| reply.is_ok()) else { return Ok(reply) };
        let call = exchange.call;
        let key = vault["EncryptionKeyArn"].as_str().unwrap_or_default();
        vault["EncryptionKeyArn"] = json!(key_arn(&call.region, &call.account, key));
        let state = lock(&exchange.memory.backup);
        let count = state.points.get(&vault_key(exchange)).map_or(0, BTreeMap::len);
        vault["NumberOfRecoveryPoints"] = json!(count);
        for (name, value) in state.locks.get(&vault_key(exchange)).into_iter().flatten() {
            vault[name.as_str()] = value.clone();
        }
        drop(state);
        reply.body = vault.to_string().into_bytes();
        Ok(reply)
    })
}

/// The body of a plan with what AWS fills in.
pub(super) fn complete_plan(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let Some(mut plan) = reply.as_json().filter(|_| reply.is_ok()) else { return Ok(reply) };
        for rule in plan["BackupPlan"]["Rules"].as_array_mut().into_iter().flatten() {
            let filled = [
                ("RuleId", json!(named(exchange))),
                ("ScheduleExpression", json!("cron(0 5 ? * * *)")),
                ("ScheduleExpressionTimezone", json!("Etc/UTC")),
                ("StartWindowMinutes", json!(480)),
                ("CompletionWindowMinutes", json!(10_080)),
            ];
            for (name, value) in filled {
                if rule[name].is_null() {
                    rule[name] = value;
                }
            }
        }
        reply.body = plan.to_string().into_bytes();
        Ok(reply)
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn is_final(members: Option<&Map<String, Value>>) -> bool {
    let date = members.and_then(|members| members.get("LockDate")).and_then(Value::as_u64);
    date.is_some_and(|date| date <= now())
}

pub(super) fn lock_vault(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let body = exchange.call.json();
        let [min, max, days] = ["MinRetentionDays", "MaxRetentionDays", "ChangeableForDays"]
            .map(|name| body[name].as_i64());
        let wrong = |code, message| Ok(Some(refuse(exchange, code, message)));
        if days.is_some_and(|days| !(3..=36_500).contains(&days)) {
            return wrong("InvalidParameterValueException", "ChangeableForDays must be 3 or more");
        }
        if min.is_some_and(|min| min < 1) || max.is_some_and(|max| max > 36_500 || Some(max) < min)
        {
            return wrong("InvalidParameterValueException", "The retention days are not valid");
        }
        let mut state = lock(&exchange.memory.backup);
        if is_final(state.locks.get(&vault_key(exchange))) {
            return wrong("InvalidRequestException", "The vault lock cannot be changed any more");
        }
        let mut members = Map::from_iter([("Locked".to_owned(), json!(true))]);
        for (name, value) in [("MinRetentionDays", min), ("MaxRetentionDays", max)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), json!(value));
            }
        }
        if let Some(days) = days.and_then(|days| u64::try_from(days).ok()) {
            members.insert("LockDate".to_owned(), json!(now() + days * 86_400));
        }
        state.locks.insert(vault_key(exchange), members);
        drop(state);
        Ok(Some(Reply::json(200, &json!({}))))
    })
}

pub(super) fn unlock_vault(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let mut state = lock(&exchange.memory.backup);
        if is_final(state.locks.get(&vault_key(exchange))) {
            let message = "The vault lock cannot be deleted any more";
            return Ok(Some(refuse(exchange, "InvalidRequestException", message)));
        }
        state.locks.remove(&vault_key(exchange));
        drop(state);
        Ok(Some(Reply::json(200, &json!({}))))
    })
}

/// The listing moves the time: a point that is being deleted is gone after some of them.
pub(super) fn list_points(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if !reply.is_ok() {
            return Ok(reply);
        }
        let mut state = lock(&exchange.memory.backup);
        let points = state.points.entry(vault_key(exchange)).or_default();
        let listed: Vec<Value> = points
            .iter()
            .map(|(arn, point)| {
                json!({
                    "RecoveryPointArn": arn,
                    "BackupVaultName": named(exchange),
                    "ResourceArn": point.resource_arn,
                    "IamRoleArn": point.role_arn,
                    "Status": point.status,
                    "StatusMessage": (point.status == "EXPIRED")
                        .then_some("The role cannot be assumed"),
                    "IsEncrypted": true,
                    "IsParent": false,
                })
            })
            .collect();
        for point in points.values_mut().filter(|point| point.status == "DELETING") {
            point.lingers = point.lingers.saturating_sub(1);
        }
        points.retain(|_, point| point.lingers > 0);
        drop(state);
        reply.body = json!({ "RecoveryPoints": listed }).to_string().into_bytes();
        Ok(reply)
    })
}

pub(super) fn delete_point(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let arn = exchange.call.segments().into_iter().skip(3).collect::<Vec<_>>().join("/");
        let key = vault_key(exchange);
        let role = {
            let state = lock(&exchange.memory.backup);
            if state.locks.contains_key(&key) {
                let message = "The recovery point is protected by the lock of its vault";
                return Ok(Some(refuse(exchange, "InvalidRequestException", message)));
            }
            let point = state.points.get(&key).and_then(|points| points.get(&arn));
            let Some(point) = point else {
                let message = format!("Recovery point {arn} not found");
                return Ok(Some(refuse(exchange, "ResourceNotFoundException", &message)));
            };
            point.role_arn.clone()
        };
        let status = if may_assume(exchange, &role).await? { "DELETING" } else { "EXPIRED" };
        let mut state = lock(&exchange.memory.backup);
        if let Some(point) = state.points.get_mut(&key).and_then(|points| points.get_mut(&arn)) {
            point.status = status;
        }
        drop(state);
        Ok(Some(Reply::json(200, &json!({}))))
    })
}

pub(super) fn keep_settings(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let mut state = lock(&exchange.memory.backup);
        let settings = state.settings.entry(token_key(exchange.call, "")).or_insert_with(|| {
            let types = [("EBS", true), ("EFS", true), ("S3", false)];
            types.into_iter().map(|(name, on)| (name.to_owned(), json!(on))).collect()
        });
        if exchange.call.method == "PUT" {
            let body = exchange.call.json();
            let wanted = body["ResourceTypeOptInPreference"].as_object();
            settings.extend(wanted.into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
            return Ok(Some(Reply::json(200, &json!({}))));
        }
        let answer = json!({ "ResourceTypeOptInPreference": settings });
        drop(state);
        Ok(Some(Reply::json(200, &answer)))
    })
}
