//! Rules between attributes, as far as they are known. No I/O.

use std::collections::BTreeMap;

use super::model::{BucketModel, ExtraRuleModel, Model};
use super::wanted::{ABORT_RULE, NONCURRENT_RULE, Place, known};
use crate::framework::diagnostic::{diagnostic, invalid_combination, invalid_value};
use crate::framework::value::{AttributePath, Data as _, Diagnostics, Dynamic, Value};
use crate::platform::classification::{Protection, Setting};
use crate::platform::lifecycle::{ExtraRule, Retentions, check_retentions, check_rule};
use crate::platform::naming::{
    self, BucketNamespace, Form, check_account_regional_bucket_name, check_bucket_name,
};
use crate::platform::stores::{Product, Store};
use crate::resources::attributes::check_classification;

/// The longest id of a lifecycle rule.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>
const MAX_RULE_ID: usize = 255;

/// Checks a configuration.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    if matches!(config.name_prefix, Value::Value(_)) || config.name_suffix.is_value() {
        let place = Place { region: String::new(), account: String::new() };
        check_names(config, &place, diagnostics);
    }
    check_encryption(config, diagnostics);
    check_versioning(config, diagnostics);
    check_unused(config, diagnostics);
    check_lifecycle(config, diagnostics);
    check_logging(config, diagnostics);
    check_identity(config, diagnostics);
    check_floors(config, diagnostics);
}

/// Checks the bucket names that are known, each by itself and against each other. Blames the
/// attribute that decides the name.
pub(super) fn check_names(model: &Model, place: &Place, diagnostics: &mut Diagnostics) {
    let Some(stores) = model.stores() else { return };
    let mut seen: BTreeMap<String, Store> = BTreeMap::new();
    for store in stores {
        let Some(name) = model.bucket_name(store, place) else { continue };
        let path = name_path(model, store);
        let own = model.entry(store).is_some_and(|entry| entry.name.is_value());
        let checked = match (model.namespace(), place.owner()) {
            (Some(BucketNamespace::AccountRegional), Some(account)) => {
                check_account_regional_bucket_name(&name, account, &place.region)
            }
            (Some(BucketNamespace::AccountRegional), None) if own => continue,
            _ => check_bucket_name(&name),
        };
        if let Err(problem) = checked {
            diagnostics.add_error(diagnostic(
                "Invalid Bucket Name",
                format!("The bucket of {store}: {problem}."),
                path.clone(),
            ));
        }
        if let Some(other) = seen.insert(name.clone(), store) {
            diagnostics.add_error(invalid_combination(
                path,
                format!(
                    "{store} and {other} would share the bucket {name:?}, and Mimir does not start \
                     when two stores do. Give each a name of its own."
                ),
            ));
        }
    }
}

/// The attribute that decides a bucket's name.
pub(super) fn name_path(model: &Model, store: Store) -> AttributePath {
    let own = model.entry(store).is_some_and(|entry| !entry.name.is_null());
    if own {
        entry_path(store).attribute("name")
    } else if model.name_prefix.is_null() && model.name_suffix.is_value() {
        AttributePath::new("name_suffix")
    } else {
        AttributePath::new("name_prefix")
    }
}

fn entry_path(store: Store) -> AttributePath {
    AttributePath::new("buckets").key(store.key())
}

fn check_encryption(config: &Model, diagnostics: &mut Diagnostics) {
    let refuse = |path: AttributePath, key: &str, diagnostics: &mut Diagnostics| {
        diagnostics.add_error(invalid_value(
            &path,
            &Dynamic::from(key),
            "needs sse_algorithm to be aws:kms or aws:kms:dsse, and it is AES256 here; set \
             sse_algorithm, or remove the key",
        ));
    };
    let of_all = known(&config.sse_algorithm).map(Option::unwrap_or_default);
    if let (Some(algorithm), Value::Value(key)) = (&of_all, &config.kms_key_arn) {
        let used = Store::ALL.iter().any(|store| {
            config.encryption(*store).is_none_or(|wanted| wanted.sse_algorithm != "AES256")
        });
        if !algorithm.starts_with("aws:kms") && !used {
            refuse(AttributePath::new("kms_key_arn"), key, diagnostics);
        }
    }
    for store in Store::ALL {
        let Some(BucketModel { kms_key_arn: Value::Value(key), .. }) = config.entry(store) else {
            continue;
        };
        if config.encryption(store).is_some_and(|wanted| wanted.sse_algorithm == "AES256") {
            refuse(entry_path(store).attribute("kms_key_arn"), &key, diagnostics);
        }
    }
}

fn check_versioning(config: &Model, diagnostics: &mut Diagnostics) {
    let map = known(&config.versioning).flatten().unwrap_or_default();
    for store in Store::ALL {
        let own = config.entry(store).is_some_and(|entry| entry.versioning.is_value());
        if own && map.contains_key(store.key()) {
            diagnostics.add_error(invalid_combination(
                entry_path(store).attribute("versioning"),
                format!(
                    "The versioning of {store} is set in buckets and in versioning. Remove one of \
                     them."
                ),
            ));
        }
    }
}

/// Settings for buckets that `components` leaves out do nothing.
fn check_unused(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(stores) = config.stores() else { return };
    let keys = |map: Option<Vec<String>>| map.unwrap_or_default();
    let buckets = known(&config.buckets).flatten().map(|map| map.into_keys().collect());
    let versioning = known(&config.versioning).flatten().map(|map| map.into_keys().collect());
    for (attribute, keys) in [("buckets", keys(buckets)), ("versioning", keys(versioning))] {
        for key in keys {
            let Some(store) = Store::parse(&key).filter(|store| !stores.contains(store)) else {
                continue;
            };
            diagnostics.add_warning(diagnostic(
                "Setting Without Effect",
                format!(
                    "{attribute}[{key:?}] does nothing: components leaves {} out, so this bucket \
                     does not exist. Remove the entry, or add {:?} to components.",
                    store.product(),
                    store.product().as_str()
                ),
                AttributePath::new(attribute).key(key),
            ));
        }
    }
}

fn check_lifecycle(config: &Model, diagnostics: &mut Diagnostics) {
    let retentions = config.retentions();
    if let Some(Err(problem)) = retentions.as_ref().map(check_retentions) {
        diagnostics.add_error(diagnostic(
            "Invalid Attribute Value",
            format!("{problem}."),
            AttributePath::new("retention").attribute("logs"),
        ));
    }
    for (id, rule) in known(&config.extra_lifecycle_rules).flatten().unwrap_or_default() {
        if let Value::Value(rule) = &rule {
            let path = AttributePath::new("extra_lifecycle_rules").key(id.clone());
            check_extra_rule(&id, rule, retentions.as_ref(), &path, diagnostics);
        }
    }
}

fn check_extra_rule(
    id: &str,
    rule: &ExtraRuleModel,
    retentions: Option<&Retentions>,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) {
    let mut refuse = |path: AttributePath, text: String| {
        diagnostics.add_error(diagnostic("Invalid Lifecycle Rule", text, path));
    };
    if id.is_empty()
        || id.chars().count() > MAX_RULE_ID
        || [ABORT_RULE, NONCURRENT_RULE].contains(&id)
    {
        refuse(
            path.clone(),
            format!(
                "The id {id:?} of a lifecycle rule must have 1 to {MAX_RULE_ID} characters and not \
                 be {ABORT_RULE} or {NONCURRENT_RULE}, which are the provider's own. Choose another."
            ),
        );
    }
    let ExtraRuleModel { expiration_days, noncurrent_version_expiration_days, .. } = rule;
    let ExtraRuleModel { transition_days, transition_storage_class: class, .. } = rule;
    if expiration_days.is_null() && noncurrent_version_expiration_days.is_null() && class.is_null()
    {
        refuse(
            path.clone(),
            format!(
                "Lifecycle rule {id:?} does nothing. Set expiration_days, \
                 noncurrent_version_expiration_days or transition_storage_class."
            ),
        );
    }
    if class.is_null() && !transition_days.is_null() {
        refuse(
            path.clone().attribute("transition_days"),
            format!(
                "Lifecycle rule {id:?} has transition_days = {} and no \
                 transition_storage_class. Say where objects move, or remove the days.",
                transition_days.to_dynamic()
            ),
        );
    }
    let Some(problem) = harm(id, rule, retentions) else { return };
    let problem =
        problem.strip_prefix("lifecycle rule").unwrap_or(&problem).trim_start().to_owned();
    refuse(path.clone(), format!("Lifecycle rule {problem}."));
}

/// What the rule would do to the product, if it is known and harmful.
fn harm(id: &str, rule: &ExtraRuleModel, retentions: Option<&Retentions>) -> Option<String> {
    let store = Store::parse(&known(&rule.bucket)??)?;
    let prefix = known(&rule.prefix)?;
    let days = known(&rule.expiration_days)?;
    let class = known(&rule.transition_storage_class)?;
    let classes: Vec<&str> = class.iter().map(String::as_str).collect();
    let extra = ExtraRule {
        id,
        prefix: prefix.as_deref(),
        expiration_days: days.and_then(|days| u32::try_from(days).ok()),
        expires_at_date: false,
        transition_storage_classes: &classes,
    };
    check_rule(store, &extra, retentions?).err().map(|problem| problem.to_string())
}

fn check_logging(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(target) = known(&config.access_logging).flatten().map(|logging| logging.bucket) else {
        return;
    };
    let Value::Value(target) = target else { return };
    let place = Place { region: String::new(), account: String::new() };
    let names = |store: &Store| config.bucket_name(*store, &place);
    if let Some(store) = Store::ALL.into_iter().find(|store| names(store).as_ref() == Some(&target))
    {
        diagnostics.add_error(own_log_target(&target, store));
    }
}

/// Logs of a bucket in itself would log themselves for ever.
pub(super) fn own_log_target(target: &str, store: Store) -> crate::framework::value::Diagnostic {
    invalid_value(
        &AttributePath::new("access_logging").attribute("bucket"),
        &Dynamic::from(target),
        &format!(
            "is the bucket of {store}; logs of these buckets must go to another bucket, so name \
             one outside this resource"
        ),
    )
}

fn check_identity(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(identity) = known(&config.pod_identity).flatten() else { return };
    if identity.mode != Value::Value("split".to_owned()) {
        return;
    }
    let path = AttributePath::new("pod_identity");
    let parts = [
        ("role_name", &identity.role_name, Form::RoleName),
        ("service_account", &identity.service_account, Form::DnsSubdomain),
    ];
    for (attribute, value, form) in parts {
        let Value::Value(text) = value else { continue };
        let problem = Product::ALL
            .iter()
            .find_map(|product| naming::check(form, &format!("{text}-{product}")).err());
        // The attribute's own rule tells a text that is wrong without the ending.
        if let (Some(problem), true) = (problem, naming::check(form, text).is_ok()) {
            diagnostics.add_error(diagnostic(
                "Invalid Attribute Value",
                format!(
                    "pod_identity.{attribute} = {text:?}: with mode = \"split\" the name of each \
                     component follows it, and {problem}."
                ),
                path.clone().attribute(attribute),
            ));
        }
    }
}

fn check_floors(config: &Model, diagnostics: &mut Diagnostics) {
    let enforced = known(&config.enforce_tls).map(|tls| tls.unwrap_or(true));
    let keys: Option<Vec<bool>> = config.stores().and_then(|stores| {
        stores
            .into_iter()
            .map(|store| config.encryption(store).map(|wanted| wanted.kms_key_id.is_some()))
            .collect()
    });
    let protection = Protection {
        at_rest: Some(Setting { attribute: "sse_algorithm", on: true }),
        in_transit: enforced.map(|on| Setting { attribute: "enforce_tls", on }),
        customer_key: keys
            .map(|keys| Setting { attribute: "kms_key_arn", on: keys.into_iter().all(|has| has) }),
        public_access: None,
    };
    check_classification(&config.data_classification, &protection, diagnostics);
}
