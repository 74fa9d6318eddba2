//! Backup selections: what a plan backs up. AWS can create and delete one, and never change it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_backup::types::{BackupSelection, Condition, ConditionType};

use super::super::clients::Clients;
use super::super::error::{Error, Kind, Service, non_empty};
use super::{failed, found};

/// A selection as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// 1–50 of letters, digits and `-_.`.
    pub name: String,
    /// The role that AWS Backup assumes.
    pub role_arn: String,
    /// ARNs, which may hold wildcards.
    pub resources: BTreeSet<String>,
    /// Tags, of which an object needs any one.
    pub tags: BTreeMap<String, String>,
    /// Whether it has conditions or exclusions too.
    pub refined: bool,
}

/// One of a plan's selections, as they are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionId {
    /// A UUID.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Describes a selection. IAM: backup:GetBackupSelection
pub async fn find_selection_by_id(
    clients: &Clients,
    plan_id: &str,
    id: &str,
) -> Result<Option<Selection>, Error> {
    const OPERATION: &str = "GetBackupSelection";
    let request = clients.backup().get_backup_selection().backup_plan_id(plan_id).selection_id(id);
    let Some(answer) = found(request.send().await.map_err(failed(OPERATION)))? else {
        return Ok(None);
    };
    let selection = answer
        .backup_selection
        .ok_or_else(|| Error::incomplete(Service::Backup, OPERATION, "BackupSelection"))?;
    let tags = selection.list_of_tags.unwrap_or_default().into_iter();
    let refined = selection.not_resources.is_some_and(|excluded| !excluded.is_empty())
        || selection.conditions.is_some_and(|conditions| {
            !conditions.string_equals().is_empty()
                || !conditions.string_not_equals().is_empty()
                || !conditions.string_like().is_empty()
                || !conditions.string_not_like().is_empty()
        });
    Ok(Some(Selection {
        name: selection.selection_name,
        role_arn: selection.iam_role_arn,
        resources: selection.resources.unwrap_or_default().into_iter().collect(),
        tags: tags.map(|tag| (tag.condition_key, tag.condition_value)).collect(),
        refined,
    }))
}

/// The selections of a plan; none if there is no such plan. IAM: backup:ListBackupSelections
pub async fn list_selections(clients: &Clients, plan_id: &str) -> Result<Vec<SelectionId>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request = clients.backup().list_backup_selections().backup_plan_id(plan_id);
        let request = request.set_next_token(token.take());
        let answer = request.send().await.map_err(failed("ListBackupSelections"));
        let Some(answer) = found(answer)? else { return Ok(listed) };
        for selection in answer.backup_selections_list.unwrap_or_default() {
            if let (Some(id), Some(name)) = (selection.selection_id, selection.selection_name) {
                listed.push(SelectionId { id, name });
            }
        }
        match non_empty(answer.next_token) {
            Some(next) => token = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Creates a selection; answers its id. A role that AWS Backup cannot see yet is refused: see
/// [`super::super::retry::role_not_visible`]. IAM: backup:CreateBackupSelection, iam:PassRole
pub async fn create_selection(
    clients: &Clients,
    plan_id: &str,
    new: &Selection,
    creator_request_id: &str,
) -> Result<String, Error> {
    const OPERATION: &str = "CreateBackupSelection";
    let unbuilt = |error: aws_smithy_types::error::operation::BuildError| {
        let message = "the request could not be built";
        Error::new(Service::Backup, OPERATION, Kind::Invalid, message).with_source(error)
    };
    let mut document = BackupSelection::builder()
        .selection_name(&new.name)
        .iam_role_arn(&new.role_arn)
        .set_resources(Some(new.resources.iter().cloned().collect()));
    for (key, value) in &new.tags {
        let condition = Condition::builder()
            .condition_type(ConditionType::Stringequals)
            .condition_key(key)
            .condition_value(value);
        document = document.list_of_tags(condition.build().map_err(unbuilt)?);
    }
    let answer = clients
        .backup()
        .create_backup_selection()
        .backup_plan_id(plan_id)
        .backup_selection(document.build().map_err(unbuilt)?)
        .creator_request_id(creator_request_id)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    non_empty(answer.selection_id)
        .ok_or_else(|| Error::incomplete(Service::Backup, OPERATION, "SelectionId"))
}

/// Deletes a selection. IAM: backup:DeleteBackupSelection
pub async fn delete_selection(clients: &Clients, plan_id: &str, id: &str) -> Result<(), Error> {
    let request =
        clients.backup().delete_backup_selection().backup_plan_id(plan_id).selection_id(id);
    found(request.send().await.map_err(failed("DeleteBackupSelection"))).map(drop)
}
