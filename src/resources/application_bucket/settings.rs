//! CORS rules, notifications, object lock and replication between configuration and S3, both ways.
//! Pure; `None` is "not known yet".

use super::model::{
    CorsRuleModel, Model, NotificationsModel, ObjectLockModel, ReplicationModel, TargetModel,
};
use super::statements::set;
use super::wanted::text;
use crate::aws::s3::cors::CorsRule;
use crate::aws::s3::notifications::{Notifications, Target};
use crate::aws::s3::object_lock::{DefaultRetention, ObjectLock, Period};
use crate::aws::s3::replication::Replication;
use crate::framework::value::{Value, known_set};
use crate::resources::bucket::known;

impl Model {
    /// The CORS rules.
    pub(super) fn cors(&self) -> Option<Vec<CorsRule>> {
        let rules = known(&self.cors_rules)?.unwrap_or_default();
        rules.iter().map(|rule| known(rule)?.unwrap_or_default().write()).collect()
    }

    /// Shows the CORS rules found.
    pub(super) fn show_cors(&mut self, found: &[CorsRule]) {
        if self.cors().as_deref() == Some(found) {
            return;
        }
        let rules = found.iter().map(|rule| Value::Value(CorsRuleModel::read(rule)));
        self.cors_rules = Value::Value(rules.collect());
    }

    /// The notifications.
    pub(super) fn notifications(&self) -> Option<Notifications> {
        let Some(model) = known(&self.event_notifications)? else {
            return Some(Notifications::default());
        };
        let targets = known(&model.targets)?.unwrap_or_default();
        let targets: Option<_> = targets
            .iter()
            .map(|(id, target)| Some((id.clone(), known(target)?.unwrap_or_default().write()?)))
            .collect();
        Some(Notifications {
            eventbridge: known(&model.eventbridge)?.unwrap_or(false),
            targets: targets?,
        })
    }

    /// Shows the notifications found.
    pub(super) fn show_notifications(&mut self, found: &Notifications) {
        if self.notifications().as_ref() == Some(found) {
            return;
        }
        let targets: std::collections::BTreeMap<_, _> = found
            .targets
            .iter()
            .map(|(id, target)| (id.clone(), Value::Value(TargetModel::read(target))))
            .collect();
        let nothing = *found == Notifications::default();
        self.event_notifications = if nothing {
            Value::Null
        } else {
            Value::Value(NotificationsModel {
                eventbridge: Value::Value(found.eventbridge),
                targets: if targets.is_empty() { Value::Null } else { Value::Value(targets) },
            })
        };
    }

    /// The object lock.
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    pub(super) fn lock(&self) -> Option<Option<ObjectLock>> {
        let Some(model) = known(&self.object_lock)? else { return Some(None) };
        Some(Some(ObjectLock { default_retention: model.write()? }))
    }

    /// The shortest time that new objects are locked, in days: a year has 365 at least.
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    pub(super) fn locked_days(&self) -> Option<Option<i64>> {
        let lock = self.lock()?;
        let retention = lock.and_then(|lock| lock.default_retention);
        Some(retention.map(|retention| match retention.period {
            Period::Days(days) => i64::from(days),
            Period::Years(years) => i64::from(years) * 365,
        }))
    }

    /// Shows the object lock found.
    pub(super) fn show_lock(&mut self, found: Option<&ObjectLock>) {
        if self.lock().is_some_and(|lock| lock.as_ref() == found) {
            return;
        }
        self.object_lock = found.map(ObjectLockModel::read).into();
    }

    /// The replication, by the role that copies.
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    pub(super) fn replication(&self) -> Option<Option<Replication>> {
        let Some(model) = known(&self.replication)? else { return Some(None) };
        let role_arn = match known(&model.role_arn)? {
            Some(own) => own,
            None => known(&self.replication_role_arn)?.unwrap_or_default(),
        };
        Some(Some(Replication {
            role_arn,
            destination_bucket_arn: known(&model.destination_bucket_arn)?.unwrap_or_default(),
            destination_kms_key_arn: known(&model.destination_kms_key_arn)?,
            storage_class: known(&model.storage_class)?,
            delete_markers: known(&model.replicate_delete_markers)?.unwrap_or(false),
            otherwise: None,
        }))
    }

    /// Shows the replication found. `own_role` is the name of the role that this resource makes.
    pub(super) fn show_replication(&mut self, found: Option<&Replication>, own_role: &str) {
        let plain = found.map(|found| Replication { otherwise: None, ..found.clone() });
        if self.replication().is_some_and(|wanted| wanted == plain) {
            return;
        }
        let Some(found) = found else {
            self.replication = Value::Null;
            return;
        };
        let own = found.role_arn.ends_with(&format!("/{own_role}"));
        if !own || !self.replication.is_value() {
            self.replication_role_arn = text(Some(&found.role_arn));
        }
        self.replication = Value::Value(ReplicationModel {
            destination_bucket_arn: text(Some(&found.destination_bucket_arn)),
            destination_kms_key_arn: text(found.destination_kms_key_arn.as_deref()),
            storage_class: text(found.storage_class.as_deref()),
            replicate_delete_markers: Value::Value(found.delete_markers),
            role_arn: if own { Value::Null } else { text(Some(&found.role_arn)) },
        });
    }
}

impl CorsRuleModel {
    fn write(&self) -> Option<CorsRule> {
        let age = known(&self.max_age_seconds)?;
        Some(CorsRule {
            id: known(&self.id)?,
            allowed_headers: known_set(&self.allowed_headers)?,
            allowed_methods: known_set(&self.allowed_methods)?,
            allowed_origins: known_set(&self.allowed_origins)?,
            expose_headers: known_set(&self.expose_headers)?,
            max_age_seconds: age.and_then(|age| i32::try_from(age).ok()),
        })
    }

    fn read(rule: &CorsRule) -> Self {
        Self {
            id: text(rule.id.as_deref()),
            allowed_headers: set(rule.allowed_headers.clone()),
            allowed_methods: set(rule.allowed_methods.clone()),
            allowed_origins: set(rule.allowed_origins.clone()),
            expose_headers: set(rule.expose_headers.clone()),
            max_age_seconds: rule.max_age_seconds.map(i64::from).into(),
        }
    }
}

impl TargetModel {
    fn write(&self) -> Option<Target> {
        let part = |value: &Value<String>| Some(known(value)?.filter(|text| !text.is_empty()));
        Some(Target {
            arn: known(&self.arn)?.unwrap_or_default(),
            events: known_set(&self.events)?,
            prefix: part(&self.prefix)?,
            suffix: part(&self.suffix)?,
        })
    }

    fn read(target: &Target) -> Self {
        Self {
            arn: text(Some(&target.arn)),
            events: set(target.events.clone()),
            prefix: text(target.prefix.as_deref()),
            suffix: text(target.suffix.as_deref()),
        }
    }
}

impl ObjectLockModel {
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    fn write(&self) -> Option<Option<DefaultRetention>> {
        let number = |value: Option<i64>| value.and_then(|value| i32::try_from(value).ok());
        let days = number(known(&self.days)?).map(Period::Days);
        let period = days.or(number(known(&self.years)?).map(Period::Years));
        let mode = known(&self.mode)?;
        Some(match (mode, period) {
            (Some(mode), Some(period)) => Some(DefaultRetention { mode, period }),
            _ => None,
        })
    }

    fn read(lock: &ObjectLock) -> Self {
        let Some(retention) = &lock.default_retention else { return Self::default() };
        let (days, years) = match retention.period {
            Period::Days(days) => (Value::Value(i64::from(days)), Value::Null),
            Period::Years(years) => (Value::Null, Value::Value(i64::from(years))),
        };
        Self { mode: text(Some(&retention.mode)), days, years }
    }
}
