//! Lifecycle rules between configuration and S3, both ways. Pure; `None` is "not known yet".

use super::model::{
    ExpirationModel, Model, NoncurrentExpirationModel, NoncurrentTransitionModel, RuleModel,
    TransitionModel,
};
use super::wanted::{RETENTION_RULE, text};
use crate::aws::s3::lifecycle::{
    Expiration, Filter, Lifecycle, LifecycleRule, NoncurrentExpiration, NoncurrentTransition,
    Transition, When,
};
use crate::framework::value::{Value, known_map, string_map};
use crate::resources::bucket::known;

impl Model {
    /// The practitioner's rules, in S3's terms and without that of `retention_days`.
    pub(super) fn own_rules(&self) -> Option<Lifecycle> {
        let rules = known(&self.lifecycle_rules)?.unwrap_or_default();
        let rules: Option<Vec<LifecycleRule>> =
            rules.iter().map(|rule| known(rule)?.unwrap_or_default().write()).collect();
        Some(Lifecycle {
            rules: rules?,
            transition_default_minimum_object_size: known(
                &self.transition_default_minimum_object_size,
            )?,
        })
    }

    /// The whole lifecycle.
    pub(super) fn lifecycle(&self) -> Option<Lifecycle> {
        let mut lifecycle = self.own_rules()?;
        if let Some(days) = known(&self.retention_days)? {
            lifecycle.rules.push(retention_rule(number(Some(days))?));
        }
        Some(lifecycle)
    }

    /// Shows the lifecycle found, in the state's own spelling where that means the same.
    pub(super) fn show_lifecycle(&mut self, found: Option<&Lifecycle>) {
        let nothing = Lifecycle::default();
        let found = found.unwrap_or(&nothing);
        let is_retention = |rule: &&LifecycleRule| rule.id == RETENTION_RULE;
        let days = found.rules.iter().find(is_retention).and_then(|rule| match rule.expiration {
            Some(Expiration::Objects(When::Days(days))) => Some(i64::from(days)),
            _ => None,
        });
        self.retention_days = days.into();
        if !found.rules.is_empty() {
            let size = &found.transition_default_minimum_object_size;
            self.transition_default_minimum_object_size =
                text(Some(size.as_deref().unwrap_or("all_storage_classes_128K")));
        }
        let others = Lifecycle {
            rules: found.rules.iter().filter(|rule| !is_retention(rule)).cloned().collect(),
            transition_default_minimum_object_size: found
                .transition_default_minimum_object_size
                .clone(),
        };
        let same = self.own_rules().is_some_and(|own| own.normal().rules == others.normal().rules);
        if !same || !self.lifecycle_rules.is_value() {
            let rules = others.rules.iter().map(|rule| Value::Value(RuleModel::read(rule)));
            self.lifecycle_rules = Value::Value(rules.collect());
        }
    }
}

/// Everything ends so many days after it was made, and old versions so many after they were
/// replaced: sooner would take back what versioning is for.
fn retention_rule(days: i32) -> LifecycleRule {
    LifecycleRule {
        id: RETENTION_RULE.to_owned(),
        enabled: true,
        expiration: Some(Expiration::Objects(When::Days(days))),
        noncurrent_version_expiration: Some(NoncurrentExpiration {
            noncurrent_days: Some(days),
            newer_noncurrent_versions: None,
        }),
        ..LifecycleRule::default()
    }
}

impl RuleModel {
    /// In S3's terms.
    pub(super) fn write(&self) -> Option<LifecycleRule> {
        let transitions = known(&self.transitions)?.unwrap_or_default();
        let transitions: Option<Vec<Transition>> =
            transitions.iter().map(|one| known(one)?.unwrap_or_default().write()).collect();
        let noncurrent = known(&self.noncurrent_version_transitions)?.unwrap_or_default();
        let noncurrent: Option<Vec<NoncurrentTransition>> =
            noncurrent.iter().map(|one| known(one)?.unwrap_or_default().write()).collect();
        let expiration = match known(&self.expiration)? {
            Some(expiration) => expiration.write()?,
            None => None,
        };
        let noncurrent_expiration = match known(&self.noncurrent_version_expiration)? {
            Some(expiration) => Some(NoncurrentExpiration {
                noncurrent_days: days(&expiration.noncurrent_days)?,
                newer_noncurrent_versions: days(&expiration.newer_noncurrent_versions)?,
            }),
            None => None,
        };
        Some(LifecycleRule {
            id: known(&self.id)?.unwrap_or_default(),
            enabled: known(&self.enabled)?.unwrap_or(true),
            filter: Filter {
                prefix: known(&self.prefix)?,
                tags: known_map(&self.tags)?,
                object_size_greater_than: known(&self.object_size_greater_than)?,
                object_size_less_than: known(&self.object_size_less_than)?,
            },
            expiration,
            noncurrent_version_expiration: noncurrent_expiration,
            transitions: transitions?,
            noncurrent_version_transitions: noncurrent?,
            abort_incomplete_multipart_upload_days: days(
                &self.abort_incomplete_multipart_upload_days,
            )?,
        })
    }

    /// As a practitioner would write it.
    pub(super) fn read(rule: &LifecycleRule) -> Self {
        let Filter { prefix, tags, object_size_greater_than, object_size_less_than } = &rule.filter;
        let transitions = rule.transitions.iter().map(TransitionModel::read);
        let noncurrent =
            rule.noncurrent_version_transitions.iter().map(NoncurrentTransitionModel::read);
        Self {
            id: Value::Value(rule.id.clone()),
            enabled: Value::Value(rule.enabled),
            prefix: text(prefix.as_deref().filter(|prefix| !prefix.is_empty())),
            tags: if tags.is_empty() { Value::Null } else { string_map(tags) },
            object_size_greater_than: object_size_greater_than.filter(|size| *size > 0).into(),
            object_size_less_than: (*object_size_less_than).into(),
            transitions: list(transitions.collect()),
            expiration: rule.expiration.as_ref().map(ExpirationModel::read).into(),
            noncurrent_version_transitions: list(noncurrent.collect()),
            noncurrent_version_expiration: rule
                .noncurrent_version_expiration
                .map(|expiration| NoncurrentExpirationModel {
                    noncurrent_days: expiration.noncurrent_days.map(i64::from).into(),
                    newer_noncurrent_versions: positive(expiration.newer_noncurrent_versions),
                })
                .into(),
            abort_incomplete_multipart_upload_days: rule
                .abort_incomplete_multipart_upload_days
                .map(i64::from)
                .into(),
        }
    }
}

impl TransitionModel {
    fn write(&self) -> Option<Transition> {
        Some(Transition {
            when: when(&self.days, &self.date)?,
            storage_class: known(&self.storage_class)?.unwrap_or_default(),
        })
    }

    fn read(transition: &Transition) -> Self {
        let (days, date) = shown(transition.when.as_ref());
        Self { days, date, storage_class: text(Some(&transition.storage_class)) }
    }
}

impl ExpirationModel {
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    fn write(&self) -> Option<Option<Expiration>> {
        if known(&self.expired_object_delete_marker)? == Some(true) {
            return Some(Some(Expiration::ExpiredObjectDeleteMarkers));
        }
        Some(when(&self.days, &self.date)?.map(Expiration::Objects))
    }

    fn read(expiration: &Expiration) -> Self {
        match expiration {
            Expiration::Objects(at) => {
                let (days, date) = shown(Some(at));
                Self { days, date, ..Self::default() }
            }
            Expiration::ExpiredObjectDeleteMarkers => {
                Self { expired_object_delete_marker: Value::Value(true), ..Self::default() }
            }
        }
    }
}

impl NoncurrentTransitionModel {
    fn write(&self) -> Option<NoncurrentTransition> {
        Some(NoncurrentTransition {
            noncurrent_days: days(&self.noncurrent_days)?,
            newer_noncurrent_versions: days(&self.newer_noncurrent_versions)?,
            storage_class: known(&self.storage_class)?.unwrap_or_default(),
        })
    }

    fn read(transition: &NoncurrentTransition) -> Self {
        Self {
            noncurrent_days: transition.noncurrent_days.map(i64::from).into(),
            newer_noncurrent_versions: positive(transition.newer_noncurrent_versions),
            storage_class: text(Some(&transition.storage_class)),
        }
    }
}

/// Zero is how some answers say "none".
fn positive(count: Option<i32>) -> Value<i64> {
    count.filter(|count| *count > 0).map(i64::from).into()
}

fn list<T>(items: Vec<T>) -> Value<Vec<Value<T>>> {
    if items.is_empty() {
        return Value::Null;
    }
    Value::Value(items.into_iter().map(Value::Value).collect())
}

/// The schema's range keeps the number within what S3 takes.
fn number(days: Option<i64>) -> Option<i32> {
    days.and_then(|days| i32::try_from(days).ok())
}

#[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
fn days(value: &Value<i64>) -> Option<Option<i32>> {
    Some(number(known(value)?))
}

#[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
fn when(days: &Value<i64>, date: &Value<String>) -> Option<Option<When>> {
    let date = known(date)?.map(|date| When::Date(midnight(&date)));
    Some(date.or(number(known(days)?).map(When::Days)))
}

/// A day as S3 wants it.
fn midnight(day: &str) -> String {
    let date = day.split('T').next().unwrap_or(day);
    format!("{date}T00:00:00Z")
}

fn shown(when: Option<&When>) -> (Value<i64>, Value<String>) {
    match when {
        Some(When::Days(days)) => (Value::Value(i64::from(*days)), Value::Null),
        Some(When::Date(date)) => {
            let day = date.strip_suffix("T00:00:00Z").unwrap_or(date);
            (Value::Null, Value::Value(day.to_owned()))
        }
        None => (Value::Null, Value::Null),
    }
}
