//! Backup plans: a name and its rules.

use aws_sdk_backup::types::{
    BackupPlanInput, BackupRule, BackupRuleInput, CopyAction, Lifecycle as SdkLifecycle,
};

use super::super::clients::Clients;
use super::super::error::{Error, Kind, Service, non_empty};
use super::super::tags::Tags;
use super::{failed, found};

/// A plan as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A UUID.
    pub id: String,
    /// The ARN.
    pub arn: String,
    /// Another one after each update.
    pub version: Option<String>,
    /// Not unique.
    pub name: String,
    /// Its rules, in AWS's order.
    pub rules: Vec<Rule>,
}

/// Where a plan is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanId {
    /// A UUID.
    pub id: String,
    /// The ARN.
    pub arn: String,
    /// The version.
    pub version: Option<String>,
    /// Not unique.
    pub name: String,
}

/// When backups go cold and when they are deleted, in days after their creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifecycle {
    /// Never, if none.
    pub cold_storage_after: Option<i64>,
    /// Never, if none.
    pub delete_after: Option<i64>,
}

/// A copy of each backup.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copy {
    /// ARN of the vault it goes to.
    pub destination_vault_arn: String,
    /// Its own lifecycle.
    pub lifecycle: Lifecycle,
}

/// One rule of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// 1–50 of letters, digits and `-_.`.
    pub name: String,
    /// The vault backups go to.
    pub vault_name: String,
    /// As in `cron(0 5 ? * * *)`.
    pub schedule: Option<String>,
    /// As in `Etc/UTC`.
    pub timezone: Option<String>,
    /// Minutes within which a backup must have begun.
    pub start_window: Option<i64>,
    /// Minutes within which it must be complete.
    pub completion_window: Option<i64>,
    /// Of the backups.
    pub lifecycle: Lifecycle,
    /// Whether the backups are continuous.
    pub continuous: bool,
    /// Copies.
    pub copies: Vec<Copy>,
    /// Tags of the backups.
    pub recovery_point_tags: Tags,
}

/// What a plan is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    /// 1–50 characters.
    pub name: String,
    /// At least one.
    pub rules: Vec<Rule>,
    /// See [`super::request_id`].
    pub creator_request_id: String,
    /// Tags set by the call itself.
    pub tags: Tags,
}

/// Describes a plan; none if it is deleted. IAM: backup:GetBackupPlan
pub async fn find_plan_by_id(clients: &Clients, id: &str) -> Result<Option<Plan>, Error> {
    const OPERATION: &str = "GetBackupPlan";
    let request = clients.backup().get_backup_plan().backup_plan_id(id);
    let Some(answer) = found(request.send().await.map_err(failed(OPERATION)))? else {
        return Ok(None);
    };
    // AWS remembers deleted plans.
    if answer.deletion_date.is_some() {
        return Ok(None);
    }
    let incomplete = |member| Error::incomplete(Service::Backup, OPERATION, member);
    let plan = answer.backup_plan.ok_or_else(|| incomplete("BackupPlan"))?;
    Ok(Some(Plan {
        id: answer.backup_plan_id.unwrap_or_else(|| id.to_owned()),
        arn: non_empty(answer.backup_plan_arn).ok_or_else(|| incomplete("BackupPlanArn"))?,
        version: non_empty(answer.version_id),
        name: plan.backup_plan_name,
        rules: plan.rules.into_iter().map(read_rule).collect(),
    }))
}

/// The plans of a name: it is not unique. IAM: backup:ListBackupPlans
pub async fn list_plans_by_name(clients: &Clients, name: &str) -> Result<Vec<PlanId>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request = clients.backup().list_backup_plans().set_next_token(token.take());
        let answer = request.send().await.map_err(failed("ListBackupPlans"))?;
        for plan in answer.backup_plans_list.unwrap_or_default() {
            if plan.backup_plan_name.as_deref() != Some(name) || plan.deletion_date.is_some() {
                continue;
            }
            if let (Some(id), Some(arn)) = (plan.backup_plan_id, plan.backup_plan_arn) {
                listed.push(PlanId { id, arn, version: plan.version_id, name: name.to_owned() });
            }
        }
        match non_empty(answer.next_token) {
            Some(next) => token = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Creates a plan, or answers the one that was created with the same creator request id.
/// `AlreadyExistsException` ([`Kind::Conflict`]): there is one with the very same document.
/// IAM: backup:CreateBackupPlan, backup:TagResource
pub async fn create_plan(clients: &Clients, new: &NewPlan) -> Result<PlanId, Error> {
    const OPERATION: &str = "CreateBackupPlan";
    let answer = clients
        .backup()
        .create_backup_plan()
        .backup_plan(document(OPERATION, &new.name, &new.rules)?)
        .set_backup_plan_tags(Some(new.tags.clone().into_iter().collect()))
        .creator_request_id(&new.creator_request_id)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let incomplete = |member| Error::incomplete(Service::Backup, OPERATION, member);
    Ok(PlanId {
        id: non_empty(answer.backup_plan_id).ok_or_else(|| incomplete("BackupPlanId"))?,
        arn: non_empty(answer.backup_plan_arn).ok_or_else(|| incomplete("BackupPlanArn"))?,
        version: non_empty(answer.version_id),
        name: new.name.clone(),
    })
}

/// Replaces name and rules of a plan; answers the new version. IAM: backup:UpdateBackupPlan
pub async fn update_plan(
    clients: &Clients,
    id: &str,
    name: &str,
    rules: &[Rule],
) -> Result<Option<String>, Error> {
    const OPERATION: &str = "UpdateBackupPlan";
    let request = clients.backup().update_backup_plan().backup_plan_id(id);
    let request = request.backup_plan(document(OPERATION, name, rules)?);
    let answer = request.send().await.map_err(failed(OPERATION))?;
    Ok(non_empty(answer.version_id))
}

/// Deletes a plan, which must have no selections: `InvalidRequestException`.
/// IAM: backup:DeleteBackupPlan
pub async fn delete_plan(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.backup().delete_backup_plan().backup_plan_id(id);
    found(request.send().await.map_err(failed("DeleteBackupPlan"))).map(drop)
}

fn read_rule(rule: BackupRule) -> Rule {
    let copies = rule.copy_actions.unwrap_or_default().into_iter().map(|copy| Copy {
        destination_vault_arn: copy.destination_backup_vault_arn,
        lifecycle: read_lifecycle(copy.lifecycle.as_ref()),
    });
    Rule {
        name: rule.rule_name,
        vault_name: rule.target_backup_vault_name,
        schedule: non_empty(rule.schedule_expression),
        timezone: non_empty(rule.schedule_expression_timezone),
        start_window: rule.start_window_minutes,
        completion_window: rule.completion_window_minutes,
        lifecycle: read_lifecycle(rule.lifecycle.as_ref()),
        continuous: rule.enable_continuous_backup.unwrap_or(false),
        copies: copies.collect(),
        recovery_point_tags: rule.recovery_point_tags.unwrap_or_default().into_iter().collect(),
    }
}

/// A figure of -1 says "never", as absence does.
fn read_lifecycle(lifecycle: Option<&SdkLifecycle>) -> Lifecycle {
    let days = |days: Option<i64>| days.filter(|days| *days >= 0);
    lifecycle.map_or_else(Lifecycle::default, |lifecycle| Lifecycle {
        cold_storage_after: days(lifecycle.move_to_cold_storage_after_days),
        delete_after: days(lifecycle.delete_after_days),
    })
}

fn write_lifecycle(lifecycle: Lifecycle) -> Option<SdkLifecycle> {
    (lifecycle != Lifecycle::default()).then(|| {
        SdkLifecycle::builder()
            .set_move_to_cold_storage_after_days(lifecycle.cold_storage_after)
            .set_delete_after_days(lifecycle.delete_after)
            .build()
    })
}

fn document(operation: &'static str, name: &str, rules: &[Rule]) -> Result<BackupPlanInput, Error> {
    let mut document = BackupPlanInput::builder().backup_plan_name(name);
    for rule in rules {
        document = document.rules(write_rule(operation, rule)?);
    }
    document.build().map_err(unbuilt(operation))
}

fn write_rule(operation: &'static str, rule: &Rule) -> Result<BackupRuleInput, Error> {
    let copies = rule.copies.iter().map(|copy| {
        CopyAction::builder()
            .destination_backup_vault_arn(&copy.destination_vault_arn)
            .set_lifecycle(write_lifecycle(copy.lifecycle))
            .build()
            .map_err(unbuilt(operation))
    });
    let copies: Vec<CopyAction> = copies.collect::<Result<_, _>>()?;
    let tags = rule.recovery_point_tags.clone().into_iter().collect();
    BackupRuleInput::builder()
        .rule_name(&rule.name)
        .target_backup_vault_name(&rule.vault_name)
        .set_schedule_expression(rule.schedule.clone())
        .set_schedule_expression_timezone(rule.timezone.clone())
        .set_start_window_minutes(rule.start_window)
        .set_completion_window_minutes(rule.completion_window)
        .set_lifecycle(write_lifecycle(rule.lifecycle))
        .enable_continuous_backup(rule.continuous)
        .set_copy_actions((!copies.is_empty()).then_some(copies))
        .set_recovery_point_tags((!rule.recovery_point_tags.is_empty()).then_some(tags))
        .build()
        .map_err(unbuilt(operation))
}

fn unbuilt(
    operation: &'static str,
) -> impl Fn(aws_smithy_types::error::operation::BuildError) -> Error {
    move |error| {
        let message = "the request could not be built";
        Error::new(Service::Backup, operation, Kind::Invalid, message).with_source(error)
    }
}
