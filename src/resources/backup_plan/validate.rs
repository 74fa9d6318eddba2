//! Rules between the attributes of `officeless_backup_plan`. Unknown values break none.

use std::collections::BTreeSet;

use super::model::{Model, Rule, VaultLock};
use crate::aws::arn::Arn;
use crate::framework::diagnostic::{invalid_combination, invalid_value};
use crate::framework::value::{AttributePath, Data as _, Diagnostics, Value, known_map, known_set};
use crate::platform::classification::{Protection, Setting};
use crate::platform::tags;
use crate::resources::attributes;

/// A backup stays in cold storage for so many days at least.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html>
const COLD_DAYS: i64 = 90;

/// A continuous backup reaches back so many days at most.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/point-in-time-recovery.html>
const CONTINUOUS_DAYS: i64 = 35;

/// Adds a diagnostic for every rule that `config` breaks.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    if let Value::Value(rules) = &config.rules {
        names(rules, diagnostics);
        for (index, rule) in (0_i64..).zip(rules) {
            if let Value::Value(rule) = rule {
                let path = AttributePath::new("rules").index(index);
                windows(rule, &path, diagnostics);
                lifecycle(&rule.delete_after, &rule.cold_storage_after, &path, diagnostics);
                continuous(config, rule, &path, diagnostics);
                copies(rule, &path, diagnostics);
                point_tags(rule, &path, diagnostics);
                locked(config, rule, &path, diagnostics);
            }
        }
    }
    if let Value::Value(lock) = &config.vault_lock {
        lock_limits(lock, diagnostics);
    }
    chosen(config, diagnostics);
    let protection = Protection {
        customer_key: (!config.kms_key_arn.is_unknown())
            .then(|| Setting { attribute: "kms_key_arn", on: config.kms_key_arn.is_value() }),
        ..Protection::default()
    };
    attributes::check_classification(&config.data_classification, &protection, diagnostics);
}

fn refuse(path: AttributePath, rule: String, diagnostics: &mut Diagnostics) {
    diagnostics.add_error(invalid_combination(path, rule));
}

/// Rules are told from one another by name.
fn names(rules: &[Value<Rule>], diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (index, rule) in (0_i64..).zip(rules) {
        if let Value::Value(Rule { name: Value::Value(name), .. }) = rule
            && !seen.insert(name)
        {
            let rule = format!("Two rules have the name {name:?}. Give each a name of its own.");
            let path = AttributePath::new("rules").index(index).attribute("name");
            refuse(path, rule, diagnostics);
        }
    }
}

fn windows(rule: &Rule, path: &AttributePath, diagnostics: &mut Diagnostics) {
    // With one of them left out, the other meets the default.
    let minutes = |value: &Value<i64>, default: i64| match value {
        Value::Value(minutes) => Some(*minutes),
        Value::Null => Some(default),
        Value::Unknown => None,
    };
    let (Some(start), Some(completion)) =
        (minutes(&rule.start_window, 480), minutes(&rule.completion_window, 10_080))
    else {
        return;
    };
    if completion <= start {
        let text = format!(
            "completion_window = {completion} must be above start_window = {start}: a backup that \
             begins at its latest would have no time to complete. Raise completion_window."
        );
        refuse(path.clone().attribute("completion_window"), text, diagnostics);
    }
}

fn lifecycle(
    delete_after: &Value<i64>,
    cold_storage_after: &Value<i64>,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) {
    let (Value::Value(delete), Value::Value(cold)) = (delete_after, cold_storage_after) else {
        return;
    };
    let least = cold.saturating_add(COLD_DAYS);
    if *delete < least {
        let text = format!(
            "delete_after = {delete} must be at least {least} days: {COLD_DAYS} more than \
             cold_storage_after = {cold}, because a backup stays in cold storage that long. Raise \
             delete_after, or remove cold_storage_after."
        );
        refuse(path.clone().attribute("delete_after"), text, diagnostics);
    }
}

fn continuous(config: &Model, rule: &Rule, path: &AttributePath, diagnostics: &mut Diagnostics) {
    if rule.enable_continuous_backup != Value::Value(true) {
        return;
    }
    let within = match &rule.delete_after {
        Value::Unknown => true,
        Value::Null => false,
        Value::Value(days) => *days <= CONTINUOUS_DAYS,
    };
    if !within {
        let text = format!(
            "A continuous backup is kept for at most {CONTINUOUS_DAYS} days. Set delete_after to \
             {CONTINUOUS_DAYS} or less, or set enable_continuous_backup = false."
        );
        refuse(path.clone().attribute("delete_after"), text, diagnostics);
    }
    if rule.cold_storage_after.is_value() {
        let text = "A continuous backup cannot move to cold storage. Remove cold_storage_after, or \
                    set enable_continuous_backup = false.";
        refuse(path.clone().attribute("cold_storage_after"), text.to_owned(), diagnostics);
    }
    if matches!(config.include_s3, Value::Null | Value::Value(false)) {
        let text = "enable_continuous_backup is for S3 only here: EFS and EBS have no continuous \
                    backup. Set include_s3 = true, or set enable_continuous_backup = false.";
        let path = path.clone().attribute("enable_continuous_backup");
        refuse(path, text.to_owned(), diagnostics);
    }
}

fn copies(rule: &Rule, path: &AttributePath, diagnostics: &mut Diagnostics) {
    let Value::Value(copies) = &rule.copy_actions else { return };
    let mut seen = BTreeSet::new();
    for (index, copy) in (0_i64..).zip(copies) {
        let Value::Value(copy) = copy else { continue };
        let path = path.clone().attribute("copy_actions").index(index);
        lifecycle(&copy.delete_after, &copy.cold_storage_after, &path, diagnostics);
        if let Value::Value(arn) = &copy.destination_vault_arn
            && !seen.insert(arn)
        {
            let text = format!("Two copies go to {arn}. Remove one of them.");
            refuse(path.attribute("destination_vault_arn"), text, diagnostics);
        }
    }
}

fn point_tags(rule: &Rule, path: &AttributePath, diagnostics: &mut Diagnostics) {
    let Some(wanted) = known_map(&rule.recovery_point_tags) else { return };
    if let Err(problem) = tags::check(&wanted, 0) {
        let path = path.clone().attribute("recovery_point_tags");
        let value = rule.recovery_point_tags.to_dynamic();
        diagnostics.add_error(invalid_value(&path, &value, &problem.to_string()));
    }
}

/// A backup whose retention the lock does not take fails, each time.
fn locked(config: &Model, rule: &Rule, path: &AttributePath, diagnostics: &mut Diagnostics) {
    let Value::Value(lock) = &config.vault_lock else { return };
    let path = path.clone().attribute("delete_after");
    if let (Value::Value(min), Value::Value(days)) = (&lock.min_retention_days, &rule.delete_after)
        && days < min
    {
        let text = format!(
            "delete_after = {days} is below vault_lock.min_retention_days = {min}: the vault would \
             refuse every backup of this rule. Raise delete_after."
        );
        refuse(path.clone(), text, diagnostics);
    }
    let Value::Value(max) = &lock.max_retention_days else { return };
    let told = match &rule.delete_after {
        Value::Value(days) if days > max => format!("delete_after = {days} is above"),
        Value::Null => "A backup without delete_after is kept for ever, which is above".to_owned(),
        _ => return,
    };
    let text = format!(
        "{told} vault_lock.max_retention_days = {max}: the vault would refuse every backup of this \
         rule. Set delete_after to {max} or less."
    );
    refuse(path, text, diagnostics);
}

fn lock_limits(lock: &VaultLock, diagnostics: &mut Diagnostics) {
    if let (Value::Value(min), Value::Value(max)) =
        (&lock.min_retention_days, &lock.max_retention_days)
        && min > max
    {
        let path = AttributePath::new("vault_lock").attribute("max_retention_days");
        let text = format!(
            "max_retention_days = {max} is below min_retention_days = {min}: no retention would be \
             allowed. Exchange the two, or remove one."
        );
        refuse(path, text, diagnostics);
    }
}

/// What is backed up: something, and buckets only with the rights for it.
fn chosen(config: &Model, diagnostics: &mut Diagnostics) {
    let (Some(resources), Some(tags)) =
        (known_set(&config.resources), known_map(&config.selection_tags))
    else {
        return;
    };
    if config.selection_tags.is_value() && tags.is_empty() && resources.is_empty() {
        let text = "selection_tags = {} and no resources: the plan would back nothing up. Give \
                    resources, or remove selection_tags to choose by the tag officeless:backup.";
        refuse(AttributePath::new("selection_tags"), text.to_owned(), diagnostics);
    }
    let bucket =
        resources.iter().find(|text| text.parse::<Arn>().is_ok_and(|arn| arn.service == "s3"));
    if let (Some(bucket), Value::Null | Value::Value(false)) = (bucket, &config.include_s3) {
        let text = format!(
            "resources has {bucket}, and include_s3 is false: AWS Backup could not read the \
             bucket. Set include_s3 = true, or remove it from resources."
        );
        refuse(AttributePath::new("resources"), text, diagnostics);
    }
}
