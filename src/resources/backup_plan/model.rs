//! The shapes of `officeless_backup_plan`: what Terraform sees, attribute by attribute.

use crate::framework::value::{StringMap, Strings, Value};
use crate::model;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// Of vault and plan.
        pub name: Value<String>,
        /// Key of the vault.
        pub kms_key_arn: Value<String>,
        /// When and how long.
        pub rules: Value<Vec<Value<Rule>>>,
        /// What is backed up, by ARN.
        pub resources: Value<Strings>,
        /// What is backed up, by tag.
        pub selection_tags: Value<StringMap>,
        /// Whether buckets are backed up.
        pub include_s3: Value<bool>,
        /// Whether the region may be opted in.
        pub manage_region_settings: Value<bool>,
        /// Whom AWS Backup acts as.
        pub role_arn: Value<String>,
        /// Lock of the vault.
        pub vault_lock: Value<VaultLock>,
        /// Whether destroy deletes the backups.
        pub force_destroy: Value<bool>,
        /// AWS region.
        pub region: Value<String>,
        /// The practitioner's tags.
        pub tags: Value<StringMap>,
        /// With the provider's default tags.
        pub tags_all: Value<StringMap>,
        /// Durations.
        pub timeouts: Value<Timeouts>,
        /// Sensitivity of the data.
        pub data_classification: Value<String>,
        /// Name of the vault.
        pub id: Value<String>,
        /// ARN of the vault.
        pub arn: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// Why it is incomplete.
        pub status_reason: Value<String>,
        /// ARN of the vault.
        pub vault_arn: Value<String>,
        /// Name of the vault.
        pub vault_name: Value<String>,
        /// A UUID.
        pub plan_id: Value<String>,
        /// Another one after each change of the rules.
        pub plan_version: Value<String>,
        /// ARN of the plan.
        pub plan_arn: Value<String>,
        /// A UUID.
        pub selection_id: Value<String>,
        /// How many backups the vault holds.
        pub recovery_points: Value<i64>,
        /// Whether a lock protects the vault.
        pub locked: Value<bool>,
        /// From when on nobody can change the lock.
        pub lock_date: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "backup plan";
    // What each operation may take: a role takes a moment to be seen, and a vault may have thousands
    // of backups to lose.
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 20, update_minutes: 20, delete_minutes: 60 };

    common_attributes!();

    fn title(&self) -> String {
        self.name.clone().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let parts = [
            ("vault", &self.id),
            ("role", &self.role_arn),
            ("plan", &self.plan_id),
            ("selection", &self.selection_id),
        ];
        let known = parts.into_iter().filter_map(|(noun, value)| match value {
            Value::Value(id) => Some(format!("{noun} {id}")),
            _ => None,
        });
        known.collect()
    }
}

model! {
    /// When backups are made, and how long they are kept.
    pub struct Rule {
        /// Name, unique in the plan.
        pub name: Value<String>,
        /// Cron expression.
        pub schedule: Value<String>,
        /// Its time zone.
        pub schedule_timezone: Value<String>,
        /// Minutes.
        pub start_window: Value<i64>,
        /// Minutes.
        pub completion_window: Value<i64>,
        /// Days.
        pub delete_after: Value<i64>,
        /// Days.
        pub cold_storage_after: Value<i64>,
        /// Point-in-time recovery.
        pub enable_continuous_backup: Value<bool>,
        /// Copies elsewhere.
        pub copy_actions: Value<Vec<Value<CopyAction>>>,
        /// Tags of the backups.
        pub recovery_point_tags: Value<StringMap>,
    }
}

model! {
    /// A copy of each backup.
    pub struct CopyAction {
        /// Where it goes.
        pub destination_vault_arn: Value<String>,
        /// Days.
        pub delete_after: Value<i64>,
        /// Days.
        pub cold_storage_after: Value<i64>,
    }
}

model! {
    /// The lock of the vault.
    #[allow(clippy::struct_field_names, reason = "AWS's names")]
    pub struct VaultLock {
        /// Shortest retention.
        pub min_retention_days: Value<i64>,
        /// Longest retention.
        pub max_retention_days: Value<i64>,
        /// Days until it is final.
        pub changeable_for_days: Value<i64>,
    }
}
