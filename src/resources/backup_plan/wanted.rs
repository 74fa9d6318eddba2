//! What the model means in AWS: rules, selection, lock and role. Pure; `None` is "not known yet".

use crate::aws::arn::Arn;
use crate::aws::backup::Vault;
use crate::aws::backup::plans::{Copy, Lifecycle, Rule as PlanRule};
use crate::aws::backup::selections::Selection;
use crate::aws::backup::settings::VaultLock as Lock;
use crate::framework::value::{Value, known_map, known_set, string_map};
use crate::platform::naming::{self, creation_token};
use crate::platform::policies::{backup_policy_arns, backup_s3_policy_arns, backup_trust_policy};
use crate::platform::tags::Owner;
use crate::resources::workload_access::Workload;

use super::KIND;
use super::model::{CopyAction, Model, Rule, VaultLock};

/// How the name of every selection of ours begins.
pub(super) const SELECTION_PREFIX: &str = "officeless-";

/// Characters of a selection's name: of AWS's 50, enough that no two contents meet.
const SELECTION_NAME_LENGTH: usize = 43;

/// The owner of everything this resource makes.
pub(super) fn owner(name: &str) -> Owner<'_> {
    Owner { kind: KIND, name }
}

#[allow(
    clippy::option_option,
    reason = "the outer is whether it is known, the inner whether it is"
)]
fn known<T: Clone>(value: &Value<T>) -> Option<Option<T>> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(None),
        Value::Value(value) => Some(Some(value.clone())),
    }
}

/// The rules, in the order of the configuration.
pub(super) fn rules(model: &Model) -> Option<Vec<PlanRule>> {
    let vault = known(&model.name)??;
    let Value::Value(rules) = &model.rules else { return None };
    rules.iter().map(|rule| known(rule)?.and_then(|wanted| one_rule(&wanted, &vault))).collect()
}

/// One rule, with backups going to `vault`.
pub(super) fn one_rule(rule: &Rule, vault: &str) -> Option<PlanRule> {
    let mut copies = Vec::new();
    for copy in known(&rule.copy_actions)?.unwrap_or_default() {
        let copy = known(&copy)??;
        copies.push(Copy {
            destination_vault_arn: known(&copy.destination_vault_arn)??,
            lifecycle: Lifecycle {
                cold_storage_after: known(&copy.cold_storage_after)?,
                delete_after: known(&copy.delete_after)?,
            },
        });
    }
    copies.sort();
    Some(PlanRule {
        name: known(&rule.name)??,
        vault_name: vault.to_owned(),
        schedule: known(&rule.schedule)?,
        timezone: known(&rule.schedule_timezone)?,
        start_window: known(&rule.start_window)?,
        completion_window: known(&rule.completion_window)?,
        lifecycle: Lifecycle {
            cold_storage_after: known(&rule.cold_storage_after)?,
            delete_after: known(&rule.delete_after)?,
        },
        continuous: known(&rule.enable_continuous_backup)?.unwrap_or(false),
        copies,
        recovery_point_tags: known_map(&rule.recovery_point_tags)?,
    })
}

/// Rules as they are compared: AWS keeps no order of rules or copies.
pub(super) fn sorted(mut rules: Vec<PlanRule>) -> Vec<PlanRule> {
    for rule in &mut rules {
        rule.copies.sort();
    }
    rules.sort_by(|one, other| one.name.cmp(&other.name));
    rules
}

/// A rule found in AWS, as configuration would write it.
pub(super) fn shown_rule(rule: &PlanRule) -> Rule {
    let copies = rule.copies.iter().map(|copy| {
        Value::Value(CopyAction {
            destination_vault_arn: Value::Value(copy.destination_vault_arn.clone()),
            delete_after: copy.lifecycle.delete_after.into(),
            cold_storage_after: copy.lifecycle.cold_storage_after.into(),
        })
    });
    let copies: Vec<Value<CopyAction>> = copies.collect();
    let tags = &rule.recovery_point_tags;
    Rule {
        name: Value::Value(rule.name.clone()),
        schedule: rule.schedule.clone().into(),
        schedule_timezone: rule.timezone.clone().into(),
        start_window: rule.start_window.into(),
        completion_window: rule.completion_window.into(),
        delete_after: rule.lifecycle.delete_after.into(),
        cold_storage_after: rule.lifecycle.cold_storage_after.into(),
        enable_continuous_backup: Value::Value(rule.continuous),
        copy_actions: if copies.is_empty() { Value::Null } else { Value::Value(copies) },
        recovery_point_tags: if tags.is_empty() { Value::Null } else { string_map(tags) },
    }
}

/// The selection. Its name tells its content, since AWS cannot change one.
pub(super) fn selection(model: &Model, role_arn: &str) -> Option<Selection> {
    let resources = known_set(&model.resources)?;
    let tags = known_map(&model.selection_tags)?;
    let content = serde_json::json!([role_arn, resources, tags]).to_string();
    let token = creation_token("", "", "backup_selection", &content, 0);
    let name = token.chars().take(SELECTION_NAME_LENGTH).collect();
    Some(Selection { name, role_arn: role_arn.to_owned(), resources, tags, refined: false })
}

/// Whether two selections choose the same for the same role.
pub(super) fn same_choice(one: &Selection, other: &Selection) -> bool {
    let content = |selection: &Selection| Selection { name: String::new(), ..selection.clone() };
    content(one) == content(other)
}

/// The lock, or none.
pub(super) fn lock(model: &Model) -> Option<Lock> {
    let Value::Value(VaultLock { min_retention_days, max_retention_days, changeable_for_days }) =
        &model.vault_lock
    else {
        return None;
    };
    Some(Lock {
        min_retention_days: min_retention_days.as_option(),
        max_retention_days: max_retention_days.as_option(),
        changeable_for_days: changeable_for_days.as_option(),
    })
}

/// Whether a vault has any lock.
pub(super) fn is_locked(vault: &Vault) -> bool {
    vault.locked
        || vault.lock_date.is_some()
        || vault.min_retention_days.is_some()
        || vault.max_retention_days.is_some()
}

/// Whether a vault's lock is this one. AWS does not tell for how many days it was changeable.
pub(super) fn has_lock(vault: &Vault, lock: &Lock) -> bool {
    is_locked(vault)
        && vault.min_retention_days == lock.min_retention_days
        && vault.max_retention_days == lock.max_retention_days
        && vault.lock_date.is_some() == lock.changeable_for_days.is_some()
}

/// The name of the role that is made for a plan. IAM is one for all regions, so it names its own.
pub(super) fn role_name(name: &str, region: &str) -> String {
    naming::role_name(&[name, "backup", region])
}

/// The role that was made elsewhere, if one is used.
pub(super) fn given_role(model: &Model, region: &str) -> Option<String> {
    let Value::Value(arn) = &model.role_arn else { return None };
    let made = role_name(&model.name.clone().unwrap_or_default(), region);
    let name = arn.parse::<Arn>().ok().map(|arn| arn.resource_id().to_owned());
    (name.as_deref() != Some(made.as_str())).then(|| arn.clone())
}

/// The role and its policies; tags that are not known yet are none.
pub(super) fn workload(model: &Model, region: &str, partition: &str) -> Workload {
    let name = model.name.clone().unwrap_or_default();
    let mut policies = backup_policy_arns(partition);
    if model.include_s3 == Value::Value(true) {
        policies.extend(backup_s3_policy_arns(partition));
    }
    Workload {
        kind: KIND,
        role_name: role_name(&name, region),
        description: format!("AWS Backup acts with it for the plan {name}"),
        trust_policy: backup_trust_policy(),
        managed_policy_arns: policies,
        tags_all: known_map(&model.tags_all).unwrap_or_default(),
        given_role_arn: given_role(model, region),
        owner_name: name,
        ..Workload::default()
    }
}

/// Names of the buckets that are chosen by their full ARN.
pub(super) fn buckets(model: &Model) -> Vec<String> {
    chosen(model, |arn| arn.service == "s3" && !arn.resource.contains('/'))
        .into_iter()
        .map(|arn| arn.resource)
        .collect()
}

/// Ids of the file systems that are chosen by their full ARN.
pub(super) fn file_systems(model: &Model) -> Vec<Arn> {
    chosen(model, |arn| {
        arn.service == "elasticfilesystem" && arn.resource.starts_with("file-system/")
    })
}

fn chosen(model: &Model, wanted: impl Fn(&Arn) -> bool) -> Vec<Arn> {
    let resources = known_set(&model.resources).unwrap_or_default();
    let whole = resources.iter().filter(|text| !text.contains(['*', '?']));
    whole.filter_map(|text| text.parse().ok()).filter(|arn| wanted(arn)).collect()
}
