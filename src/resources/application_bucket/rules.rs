//! Rules of lifecycle rules: each by itself, and against versioning. No I/O.

use std::collections::BTreeSet;

use super::model::{ExpirationModel, Model, RuleModel};
use super::wanted::{ABORT_RULE, RETENTION_RULE, known};
use crate::aws::s3::lifecycle::{Expiration, LifecycleRule, When};
use crate::framework::diagnostic::diagnostic;
use crate::framework::value::{AttributePath, Diagnostics, Value};
use crate::platform::storage_classes::{Move, MoveProblem, check_moves};
use crate::resources::bucket::Versioning;

/// Most rules of a bucket, that of `retention_days` included.
const MOST_RULES: usize = 1_000;

/// Checks the lifecycle rules.
pub(super) fn check(config: &Model, diagnostics: &mut Diagnostics) {
    let rules = known(&config.lifecycle_rules).flatten().unwrap_or_default();
    let mut ids = BTreeSet::new();
    for (index, rule) in (0_i64..).zip(&rules) {
        let Value::Value(rule) = rule else { continue };
        let path = AttributePath::new("lifecycle_rules").index(index);
        let id = known(&rule.id).flatten();
        let named = id.clone().unwrap_or_else(|| format!("number {}", index + 1));
        let mut refuse = |path: AttributePath, why: &str| {
            let text = format!("Lifecycle rule {named:?} {why}.");
            diagnostics.add_error(diagnostic("Invalid Lifecycle Rule", text, path));
        };
        if id.as_deref() == Some(RETENTION_RULE) {
            let why = "has the id of the rule that retention_days makes; choose another id";
            refuse(path.clone().attribute("id"), why);
        }
        if id.is_some_and(|id| !ids.insert(id)) {
            let why = "is there twice; give each rule an id of its own";
            refuse(path.clone().attribute("id"), why);
        }
        for (attribute, why) in problems(rule) {
            let path = match attribute {
                "" => path.clone(),
                attribute => path.clone().attribute(attribute),
            };
            refuse(path, &why);
        }
        if let Some(rule) = rule.write() {
            check_days(&rule, &path, diagnostics);
        }
    }
    let all = rules.len() + usize::from(!config.retention_days.is_null());
    if all > MOST_RULES {
        diagnostics.add_error(diagnostic(
            "Invalid Lifecycle Rule",
            format!(
                "lifecycle_rules and retention_days make {all} rules, and S3 takes {MOST_RULES}. \
                 Remove or merge some."
            ),
            AttributePath::new("lifecycle_rules"),
        ));
    }
}

/// What S3 would refuse of one rule: the attribute and why.
fn problems(rule: &RuleModel) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let mut add = |attribute, why: &str| found.push((attribute, why.to_owned()));
    let abort = &rule.abort_incomplete_multipart_upload_days;
    let idle = [rule.expiration.is_null(), rule.noncurrent_version_expiration.is_null()]
        .into_iter()
        .all(|null| null)
        && is_none(&rule.transitions)
        && is_none(&rule.noncurrent_version_transitions)
        && abort.is_null();
    if idle {
        add("", "does nothing; give it an expiration, a transition or an end of uploads");
    }
    let tagged = matches!(&rule.tags, Value::Value(tags) if !tags.is_empty());
    let sized = rule.object_size_greater_than.is_value() || rule.object_size_less_than.is_value();
    if abort.is_value() && (tagged || sized) {
        let why = "drops uploads of objects with certain tags or sizes, which uploads have not \
                   yet; make another rule for uploads, with a prefix at most";
        add("abort_incomplete_multipart_upload_days", why);
    }
    if let (Value::Value(above), Value::Value(below)) =
        (rule.object_size_greater_than, rule.object_size_less_than)
        && below <= above
    {
        let why = "is for objects above a size and below the same or a smaller one, that is, for \
                   none; raise object_size_less_than";
        add("object_size_less_than", why);
    }
    if let Value::Value(ExpirationModel { days, date, expired_object_delete_marker }) =
        &rule.expiration
    {
        let markers = matches!(expired_object_delete_marker, Value::Value(true));
        let unknown = expired_object_delete_marker.is_unknown();
        let given = usize::from(!days.is_null()) + usize::from(!date.is_null());
        if given + usize::from(markers) != 1 && !(unknown && given == 0) {
            let why = "must have one of days, date and expired_object_delete_marker = true in its \
                       expiration";
            add("expiration", why);
        }
        if markers && (tagged || sized) {
            let why = "removes delete markers of objects with certain tags or sizes, which markers \
                       have not; give it a prefix at most";
            add("expiration", why);
        }
    }
    for transition in known(&rule.transitions).flatten().unwrap_or_default() {
        let Value::Value(transition) = transition else { continue };
        if transition.days.is_null() == transition.date.is_null() {
            add("transitions", "must have one of days and date in each transition");
        }
    }
    found
}

fn is_none<T>(list: &Value<Vec<T>>) -> bool {
    match list {
        Value::Null => true,
        Value::Unknown => false,
        Value::Value(list) => list.is_empty(),
    }
}

/// Days against each other: what S3 refuses is an error, what only costs a warning.
fn check_days(rule: &LifecycleRule, path: &AttributePath, diagnostics: &mut Diagnostics) {
    let mut tell = |attribute: &'static str, problems: Vec<MoveProblem>| {
        for problem in problems {
            let text = format!("Lifecycle rule {:?} {problem}.", rule.id);
            let path = path.clone().attribute(attribute);
            if problem.is_cost() {
                diagnostics.add_warning(diagnostic("Lifecycle Rule Costs More", text, path));
            } else {
                diagnostics.add_error(diagnostic("Invalid Lifecycle Rule", text, path));
            }
        }
    };
    let day = |when: &Option<When>| match when {
        Some(When::Days(days)) => Some(i64::from(*days)),
        Some(When::Date(_)) => None,
        None => Some(0),
    };
    let moves: Option<Vec<Move<'_>>> = rule
        .transitions
        .iter()
        .map(|one| Some(Move { day: day(&one.when)?, class: &one.storage_class }))
        .collect();
    let end = match &rule.expiration {
        Some(Expiration::Objects(When::Days(days))) => Some(i64::from(*days)),
        _ => None,
    };
    // Days and dates cannot be told apart by arithmetic: only rules of days are checked.
    if let Some(moves) = moves {
        tell("transitions", check_moves(&moves, end, true));
    }
    let moves: Vec<Move<'_>> = rule
        .noncurrent_version_transitions
        .iter()
        .filter_map(|one| {
            let day = i64::from(one.noncurrent_days?);
            Some(Move { day, class: &one.storage_class })
        })
        .collect();
    let end = rule.noncurrent_version_expiration.and_then(|end| end.noncurrent_days);
    tell("noncurrent_version_transitions", check_moves(&moves, end.map(i64::from), false));
}

/// Rules for old versions do nothing in a bucket that has none.
pub(super) fn warn_unversioned(planned: &Model, diagnostics: &mut Diagnostics) {
    if planned.versioning() != Some(Versioning::Disabled) {
        return;
    }
    let rules = planned.own_rules().unwrap_or_default().rules;
    for (index, rule) in (0_i64..).zip(rules) {
        let old = rule.noncurrent_version_expiration.is_some()
            || !rule.noncurrent_version_transitions.is_empty();
        if old && rule.id != ABORT_RULE {
            diagnostics.add_warning(diagnostic(
                "Lifecycle Rule Without Effect",
                format!(
                    "Lifecycle rule {:?} is for old versions, and versioning = \"Disabled\": there \
                     are none. Set versioning = \"Enabled\", or remove that part of the rule.",
                    rule.id
                ),
                AttributePath::new("lifecycle_rules").index(index),
            ));
        }
    }
}
