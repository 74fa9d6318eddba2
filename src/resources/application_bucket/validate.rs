//! Rules between attributes, as far as they are known. No I/O.

use std::collections::BTreeMap;

use super::model::{Model, ObjectLockModel};
use super::rules;
use super::wanted::known;
use crate::aws::arn::Arn;
use crate::framework::diagnostic::{diagnostic, invalid_combination, invalid_value};
use crate::framework::value::{AttributePath, Data as _, Diagnostics, Dynamic, Value};
use crate::platform::classification::{DataClassification, Protection, Setting};
use crate::platform::naming::{BucketNamespace, check_bucket_name};
use crate::resources::attributes::check_classification;

/// Checks a configuration.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    check_name(config, diagnostics);
    check_encryption(config, diagnostics);
    check_versioning(config, diagnostics);
    check_lock(config, diagnostics);
    rules::check(config, diagnostics);
    check_access(config, diagnostics);
    check_policy(config, diagnostics);
    check_destroy(config, diagnostics);
    check_replication(config, diagnostics);
    check_floors(config, diagnostics);
}

fn check_name(config: &Model, diagnostics: &mut Diagnostics) {
    let path = AttributePath::new("bucket");
    match (&config.bucket, &config.bucket_prefix) {
        (Value::Null, Value::Null) => diagnostics.add_error(invalid_combination(
            path,
            "Neither bucket nor bucket_prefix is given. Give one of them.",
        )),
        (Value::Value(bucket), Value::Value(prefix)) => {
            diagnostics.add_error(invalid_combination(
                AttributePath::new("bucket_prefix"),
                format!(
                    "bucket = {bucket:?} and bucket_prefix = {prefix:?} are both given. Remove one \
                     of them."
                ),
            ));
        }
        // The ending of an account-regional name is not known before the account is.
        (Value::Value(bucket), _) => {
            if let Err(problem) = check_bucket_name(bucket) {
                diagnostics.add_error(diagnostic(
                    "Invalid Bucket Name",
                    format!("bucket: {problem}."),
                    path,
                ));
            }
        }
        _ => {}
    }
    let logged = known(&config.access_logging).flatten().map(|logging| logging.bucket);
    let global = config.namespace() == Some(BucketNamespace::Global);
    if let (Some(Value::Value(target)), Value::Value(bucket), true) =
        (logged, &config.bucket, global)
        && target == *bucket
    {
        diagnostics.add_error(own_log_target(&target));
    }
}

/// Logs of a bucket in itself would log themselves for ever.
pub(super) fn own_log_target(target: &str) -> crate::framework::value::Diagnostic {
    invalid_value(
        &AttributePath::new("access_logging").attribute("bucket"),
        &Dynamic::from(target),
        "is this very bucket, whose logs would log themselves for ever; name another one",
    )
}

fn check_encryption(config: &Model, diagnostics: &mut Diagnostics) {
    let algorithm = known(&config.sse_algorithm).map(Option::unwrap_or_default);
    if let (Some(algorithm), Value::Value(key)) = (algorithm, &config.kms_key_arn)
        && !algorithm.starts_with("aws:kms")
    {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("kms_key_arn"),
            &Dynamic::from(key.as_str()),
            "needs sse_algorithm to be aws:kms or aws:kms:dsse, and it is AES256 here; set \
             sse_algorithm, or remove the key",
        ));
    }
}

fn check_versioning(config: &Model, diagnostics: &mut Diagnostics) {
    let Value::Value(versioning) = &config.versioning else { return };
    if versioning == "Enabled" {
        return;
    }
    let critical = config.critical == Value::Value(true);
    let because = [
        (critical, "critical = true"),
        (!config.object_lock.is_null() && !config.object_lock.is_unknown(), "object_lock"),
        (!config.replication.is_null() && !config.replication.is_unknown(), "replication"),
    ];
    for (_, attribute) in because.into_iter().filter(|(needs, _)| *needs) {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("versioning"),
            &Dynamic::from(versioning.as_str()),
            &format!(
                "{attribute} needs versioning to be Enabled; remove versioning, set it to Enabled, \
                 or remove {attribute}"
            ),
        ));
    }
}

fn check_lock(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(Some(ObjectLockModel { mode, days, years })) = known(&config.object_lock) else {
        return;
    };
    let mut refuse = |rule: String| {
        let path = AttributePath::new("object_lock");
        diagnostics.add_error(invalid_combination(path, rule));
    };
    if days.is_value() && years.is_value() {
        let (days, years) = (days.to_dynamic(), years.to_dynamic());
        refuse(format!("object_lock has days = {days} and years = {years}. Keep one of the two."));
    }
    let timed = !days.is_null() || !years.is_null();
    if !mode.is_null() && !timed {
        let mode = mode.to_dynamic();
        refuse(format!("object_lock has mode = {mode} and no time. Give days or years."));
    }
    if mode.is_null() && timed {
        refuse("object_lock has a time and no mode. Set mode to GOVERNANCE or COMPLIANCE.".into());
    }
    let (locked, kept) = (config.locked_days().flatten(), known(&config.retention_days).flatten());
    if let (Some(locked), Some(kept)) = (locked, kept)
        && kept < locked
    {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("retention_days"),
            &Dynamic::from(kept),
            &format!(
                "is shorter than the {locked} days for which object_lock keeps every version; \
                 raise retention_days, or shorten the lock"
            ),
        ));
    }
}

fn check_access(config: &Model, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    for (key, entry) in known(&config.access).flatten().unwrap_or_default() {
        let Value::Value(entry) = entry else { continue };
        let path = AttributePath::new("access").key(key.clone());
        if key.is_empty() || key.chars().any(|c| !(c.is_ascii_alphanumeric() || "-_".contains(c))) {
            diagnostics.add_error(diagnostic(
                "Invalid Attribute Value",
                format!(
                    "access has the key {key:?}, which becomes part of a role's name: use letters, \
                     digits, hyphens and underscores."
                ),
                path.clone(),
            ));
        }
        let (Value::Value(namespace), Value::Value(account)) =
            (entry.namespace, entry.service_account)
        else {
            continue;
        };
        let same = seen.insert((namespace.clone(), account.clone()), key.clone());
        if let Some(other) = same {
            diagnostics.add_error(invalid_combination(
                path.attribute("service_account"),
                format!(
                    "access[{other:?}] and access[{key:?}] are both for service account \
                     {namespace}/{account}, which can have one role only. Merge the two, or give \
                     it a role of your own with officeless_pod_identity."
                ),
            ));
        }
    }
}

fn check_policy(config: &Model, diagnostics: &mut Diagnostics) {
    let statements = known(&config.policy_statements).flatten().unwrap_or_default();
    for (index, statement) in (0_i64..).zip(&statements) {
        let Value::Value(statement) = statement else { continue };
        let path = AttributePath::new("policy_statements").index(index);
        let pairs = [
            ("principals", !statement.principals.is_null(), !statement.not_principals.is_null()),
            ("actions", !statement.actions.is_null(), !statement.not_actions.is_null()),
        ];
        for (attribute, plain, not) in pairs {
            if plain == not {
                diagnostics.add_error(invalid_combination(
                    path.clone().attribute(attribute),
                    format!("A statement has one of {attribute} and not_{attribute}."),
                ));
            }
        }
        if !statement.resources.is_null() && !statement.not_resources.is_null() {
            diagnostics.add_error(invalid_combination(
                path.clone().attribute("resources"),
                "A statement has one of resources and not_resources.",
            ));
        }
        let open = config.block_public_access == Value::Value(false);
        let bare = statement.conditions.is_null() && statement.allows_everyone();
        if bare && !open && !config.block_public_access.is_unknown() {
            diagnostics.add_error(invalid_combination(
                path.attribute("principals"),
                "This statement lets everyone in, which S3 refuses while block_public_access = \
                 true. Name who may, or set block_public_access = false, which needs \
                 data_classification = \"public\".",
            ));
        }
    }
    // The length hardly depends on the name.
    if let Some(Err(problem)) = config.desired_policy("arn:aws:s3:::bucket") {
        diagnostics.add_error(diagnostic(
            "Invalid Bucket Policy",
            format!("policy_statements: {problem}."),
            AttributePath::new("policy_statements"),
        ));
    }
}

fn check_destroy(config: &Model, diagnostics: &mut Diagnostics) {
    let path = AttributePath::new("bypass_governance_retention");
    if config.bypass_governance_retention == Value::Value(true)
        && matches!(config.force_destroy, Value::Null | Value::Value(false))
    {
        diagnostics.add_error(invalid_combination(
            path,
            "bypass_governance_retention = true does nothing without force_destroy = true. Set \
             that too, or remove it.",
        ));
    }
}

fn check_replication(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(Some(replication)) = known(&config.replication) else { return };
    let path = AttributePath::new("replication");
    let with_kms =
        matches!(&config.sse_algorithm, Value::Value(text) if text.starts_with("aws:kms"));
    if with_kms && replication.destination_kms_key_arn.is_null() {
        diagnostics.add_error(invalid_combination(
            path.clone().attribute("destination_kms_key_arn"),
            "replication has no destination_kms_key_arn, and sse_algorithm encrypts with KMS: S3 \
             would copy no object. Give the key of the copies.",
        ));
    }
    let Value::Value(destination) = &replication.destination_bucket_arn else { return };
    let name = destination.parse::<Arn>().map(|arn| arn.resource_id().to_owned());
    if let (Ok(name), Value::Value(bucket)) = (name, &config.bucket)
        && name == *bucket
    {
        diagnostics.add_error(invalid_value(
            &path.attribute("destination_bucket_arn"),
            &Dynamic::from(destination.as_str()),
            "is this very bucket; name another one",
        ));
    }
}

fn check_floors(config: &Model, diagnostics: &mut Diagnostics) {
    let enforced = known(&config.enforce_tls).map(|tls| tls.unwrap_or(true));
    let key = match &config.kms_key_arn {
        Value::Unknown => None,
        key => Some(key.is_value()),
    };
    let blocked = known(&config.block_public_access).map(|block| block.unwrap_or(true));
    let statements = known(&config.policy_statements).flatten().unwrap_or_default();
    let everyone =
        statements.iter().any(|one| matches!(one, Value::Value(one) if one.allows_everyone()));
    let protection = Protection {
        at_rest: Some(Setting { attribute: "sse_algorithm", on: true }),
        in_transit: enforced.map(|on| Setting { attribute: "enforce_tls", on }),
        customer_key: key.map(|on| Setting { attribute: "kms_key_arn", on }),
        public_access: Some(Setting { attribute: "policy_statements", on: everyone }),
    };
    check_classification(&config.data_classification, &protection, diagnostics);
    if blocked == Some(false) && config.level().is_some_and(|l| l != DataClassification::Public) {
        diagnostics.add_error(diagnostic(
            "Data Classification Floor",
            format!(
                "block_public_access = false needs data_classification = \"public\", and it is \
                 {:?} here. Remove block_public_access, or lower data_classification if the data \
                 allows it.",
                config.level().unwrap_or(DataClassification::Internal).as_str()
            ),
            AttributePath::new("block_public_access"),
        ));
    }
}
