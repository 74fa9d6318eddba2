//! What Terraform sees of a bucket: the attributes as structs.

use std::collections::BTreeMap;

use crate::framework::value::{StringMap, Strings, Value};
use crate::model;
use crate::resources::composite::kept_keys;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// The name; in the account-regional namespace without its ending.
        pub bucket: Value<String>,
        /// Begins a name that is made up.
        pub bucket_prefix: Value<String>,
        /// `global` or `account-regional`.
        pub bucket_namespace: Value<String>,
        /// Whether the platform counts it as critical.
        pub critical: Value<bool>,
        /// `Enabled`, `Suspended` or `Disabled`.
        pub versioning: Value<String>,
        /// Encryption at rest.
        pub sse_algorithm: Value<String>,
        /// Key.
        pub kms_key_arn: Value<String>,
        /// One call to KMS for many objects.
        pub bucket_key_enabled: Value<bool>,
        /// Encryption that writers may not use.
        pub blocked_encryption_types: Value<Strings>,
        /// When objects move and end.
        pub lifecycle_rules: Value<Vec<Value<RuleModel>>>,
        /// Which small objects stay where they are.
        pub transition_default_minimum_object_size: Value<String>,
        /// Versions that nothing deletes before their time.
        pub object_lock: Value<ObjectLockModel>,
        /// The cluster of `access`.
        pub cluster_name: Value<String>,
        /// Workloads that use the bucket.
        pub access: Value<BTreeMap<String, Value<AccessModel>>>,
        /// The practitioner's statements of the bucket policy.
        pub policy_statements: Value<Vec<Value<StatementModel>>>,
        /// Whether plain HTTP is denied.
        pub enforce_tls: Value<bool>,
        /// Whether the public is kept out whatever the policy says.
        pub block_public_access: Value<bool>,
        /// Web pages that may reach the bucket.
        pub cors_rules: Value<Vec<Value<CorsRuleModel>>>,
        /// Where access is logged.
        pub access_logging: Value<AccessLoggingModel>,
        /// Who is told of events.
        pub event_notifications: Value<NotificationsModel>,
        /// Where objects are copied.
        pub replication: Value<ReplicationModel>,
        /// After how many days everything expires.
        pub retention_days: Value<i64>,
        /// Whether it is emptied before it is deleted.
        pub force_destroy: Value<bool>,
        /// Whether that holds for locked versions too.
        pub bypass_governance_retention: Value<bool>,
        /// How sensitive the data is.
        pub data_classification: Value<String>,
        /// Whether destroy is refused.
        pub deletion_protection: Value<bool>,
        /// Region.
        pub region: Value<String>,
        /// The practitioner's tags.
        pub tags: Value<StringMap>,
        /// With the provider's.
        pub tags_all: Value<StringMap>,
        /// Durations of operations.
        pub timeouts: Value<Timeouts>,
        /// The whole name.
        pub id: Value<String>,
        /// ARN.
        pub arn: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// What is missing.
        pub status_reason: Value<String>,
        /// Host name in the region.
        pub bucket_regional_domain_name: Value<String>,
        /// Route 53 zone of the region's website endpoint.
        pub hosted_zone_id: Value<String>,
        /// Versioning as S3 has it.
        pub versioning_status: Value<String>,
        /// The bucket policy.
        pub policy_json: Value<String>,
        /// Roles by key of `access`.
        pub role_arns: Value<StringMap>,
        /// Policies of the roles by key of `access`.
        pub access_policy_json: Value<StringMap>,
        /// Associations by key of `access`.
        pub association_ids: Value<StringMap>,
        /// The role that copies.
        pub replication_role_arn: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "application bucket";
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 20, update_minutes: 20, delete_minutes: 60 };

    common_attributes!();

    fn title(&self) -> String {
        let of = |value: &Value<String>| match value {
            Value::Value(text) => Some(text.clone()),
            _ => None,
        };
        let prefix = || of(&self.bucket_prefix).map(|prefix| format!("{prefix}…"));
        of(&self.id).or_else(|| of(&self.bucket)).or_else(prefix).unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let mut exists = Vec::new();
        if let Value::Value(name) = &self.id {
            exists.push(format!("bucket {name}"));
        }
        if let Value::Value(arns) = &self.role_arns {
            exists.extend(arns.values().filter_map(|arn| match arn {
                Value::Value(arn) => Some(format!("role {arn}")),
                _ => None,
            }));
        }
        if let (Value::Value(arn), true) = (&self.replication_role_arn, self.makes_role()) {
            exists.push(format!("role {arn}"));
        }
        exists
    }

    /// What is missing is told by the status, not by null in place of what was known in the plan.
    fn resumable(mut self, planned: &Self) -> Self {
        self.association_ids = kept_keys(&planned.association_ids, self.association_ids);
        self.role_arns = planned.role_arns.clone();
        self.replication_role_arn = planned.replication_role_arn.clone();
        self
    }
}

model! {
    /// A lifecycle rule.
    pub struct RuleModel {
        /// Its id.
        pub id: Value<String>,
        /// Whether it is in force.
        pub enabled: Value<bool>,
        /// Beginning of keys.
        pub prefix: Value<String>,
        /// Tags of objects.
        pub tags: Value<StringMap>,
        /// Objects above that size.
        pub object_size_greater_than: Value<i64>,
        /// Objects below that size.
        pub object_size_less_than: Value<i64>,
        /// Moves of current versions.
        pub transitions: Value<Vec<Value<TransitionModel>>>,
        /// End of current versions.
        pub expiration: Value<ExpirationModel>,
        /// Moves of old versions.
        pub noncurrent_version_transitions: Value<Vec<Value<NoncurrentTransitionModel>>>,
        /// End of old versions.
        pub noncurrent_version_expiration: Value<NoncurrentExpirationModel>,
        /// End of unfinished uploads.
        pub abort_incomplete_multipart_upload_days: Value<i64>,
    }
}

model! {
    /// A move of current versions.
    pub struct TransitionModel {
        /// So many days after creation.
        pub days: Value<i64>,
        /// From that day on.
        pub date: Value<String>,
        /// Where to.
        pub storage_class: Value<String>,
    }
}

model! {
    /// An end of current versions.
    pub struct ExpirationModel {
        /// So many days after creation.
        pub days: Value<i64>,
        /// From that day on.
        pub date: Value<String>,
        /// Delete markers that hide nothing any more.
        pub expired_object_delete_marker: Value<bool>,
    }
}

model! {
    /// A move of old versions.
    pub struct NoncurrentTransitionModel {
        /// So many days after becoming noncurrent.
        pub noncurrent_days: Value<i64>,
        /// How many of the newest stay.
        pub newer_noncurrent_versions: Value<i64>,
        /// Where to.
        pub storage_class: Value<String>,
    }
}

model! {
    /// An end of old versions.
    pub struct NoncurrentExpirationModel {
        /// So many days after becoming noncurrent.
        pub noncurrent_days: Value<i64>,
        /// How many of the newest stay.
        pub newer_noncurrent_versions: Value<i64>,
    }
}

model! {
    /// Object lock and what new objects get of it.
    pub struct ObjectLockModel {
        /// `GOVERNANCE` or `COMPLIANCE`.
        pub mode: Value<String>,
        /// So many days.
        pub days: Value<i64>,
        /// So many years.
        pub years: Value<i64>,
    }
}

model! {
    /// A workload that uses the bucket.
    pub struct AccessModel {
        /// Its namespace.
        pub namespace: Value<String>,
        /// Its service account.
        pub service_account: Value<String>,
        /// `read` or `read_write`.
        pub level: Value<String>,
        /// Beginning of the keys it may reach.
        pub prefix: Value<String>,
    }
}

model! {
    /// A statement of the bucket policy.
    pub struct StatementModel {
        /// Its label.
        pub sid: Value<String>,
        /// `Allow` or `Deny`.
        pub effect: Value<String>,
        /// Who, by kind.
        pub principals: Value<BTreeMap<String, Value<Strings>>>,
        /// Everyone but these, by kind.
        pub not_principals: Value<BTreeMap<String, Value<Strings>>>,
        /// What.
        pub actions: Value<Strings>,
        /// Everything but this.
        pub not_actions: Value<Strings>,
        /// On what.
        pub resources: Value<Strings>,
        /// On everything but this.
        pub not_resources: Value<Strings>,
        /// When.
        pub conditions: Value<Vec<Value<ConditionModel>>>,
    }
}

model! {
    /// A condition of a statement.
    pub struct ConditionModel {
        /// As in `StringEquals`.
        pub operator: Value<String>,
        /// As in `aws:PrincipalOrgID`.
        pub key: Value<String>,
        /// Any of these.
        pub values: Value<Strings>,
    }
}

model! {
    /// Web pages that may reach the bucket.
    pub struct CorsRuleModel {
        /// Its id.
        pub id: Value<String>,
        /// Headers a page may send.
        pub allowed_headers: Value<Strings>,
        /// Methods.
        pub allowed_methods: Value<Strings>,
        /// Origins of pages.
        pub allowed_origins: Value<Strings>,
        /// Headers a page may read.
        pub expose_headers: Value<Strings>,
        /// How long a browser may remember.
        pub max_age_seconds: Value<i64>,
    }
}

model! {
    /// Where access is logged.
    pub struct AccessLoggingModel {
        /// The bucket that takes the logs.
        pub bucket: Value<String>,
        /// Begins the keys of the logs.
        pub prefix: Value<String>,
    }
}

model! {
    /// Who is told of events.
    pub struct NotificationsModel {
        /// Whether EventBridge is.
        pub eventbridge: Value<bool>,
        /// Queues, topics and functions by id.
        pub targets: Value<BTreeMap<String, Value<TargetModel>>>,
    }
}

model! {
    /// A queue, topic or function.
    pub struct TargetModel {
        /// Its ARN.
        pub arn: Value<String>,
        /// Events.
        pub events: Value<Strings>,
        /// Beginning of keys.
        pub prefix: Value<String>,
        /// End of keys.
        pub suffix: Value<String>,
    }
}

model! {
    /// Where objects are copied.
    pub struct ReplicationModel {
        /// The other bucket.
        pub destination_bucket_arn: Value<String>,
        /// Key of the copies.
        pub destination_kms_key_arn: Value<String>,
        /// Storage class of the copies.
        pub storage_class: Value<String>,
        /// Whether delete markers are copied.
        pub replicate_delete_markers: Value<bool>,
        /// A role of the practitioner's own.
        pub role_arn: Value<String>,
    }
}

impl Model {
    /// Whether the role that copies is this resource's own.
    pub(super) fn makes_role(&self) -> bool {
        matches!(&self.replication, Value::Value(replication) if replication.role_arn.is_null())
    }
}
