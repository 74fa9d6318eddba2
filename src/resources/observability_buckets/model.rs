//! What Terraform sees of the buckets: the attributes as structs.

use std::collections::BTreeMap;

use crate::framework::value::{StringMap, Strings, Value};
use crate::model;
use crate::platform::stores::Store;
use crate::resources::composite::kept_keys;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// Region of the buckets.
        pub region: Value<String>,
        /// Begins every bucket name.
        pub name_prefix: Value<String>,
        /// Ends every bucket name.
        pub name_suffix: Value<String>,
        /// `global` or `account-regional`.
        pub bucket_namespace: Value<String>,
        /// The products whose buckets exist.
        pub components: Value<Strings>,
        /// Settings of single buckets, over those of all.
        pub buckets: Value<BTreeMap<String, Value<BucketModel>>>,
        /// Encryption of all buckets.
        pub sse_algorithm: Value<String>,
        /// Key of all buckets.
        pub kms_key_arn: Value<String>,
        /// One call to KMS for many objects.
        pub bucket_key_enabled: Value<bool>,
        /// Versioning by bucket key.
        pub versioning: Value<StringMap>,
        /// How long old versions stay.
        pub noncurrent_version_expiration_days: Value<i64>,
        /// When unfinished uploads are dropped.
        pub abort_incomplete_multipart_upload_days: Value<i64>,
        /// How long the products keep their data.
        pub retention: Value<RetentionModel>,
        /// Further lifecycle rules by id.
        pub extra_lifecycle_rules: Value<BTreeMap<String, Value<ExtraRuleModel>>>,
        /// Whether plain HTTP is denied.
        pub enforce_tls: Value<bool>,
        /// Where access is logged.
        pub access_logging: Value<AccessLoggingModel>,
        /// Who reads and writes the buckets.
        pub pod_identity: Value<PodIdentityModel>,
        /// Whether buckets are emptied before they are deleted.
        pub force_destroy: Value<bool>,
        /// How sensitive the data is.
        pub data_classification: Value<String>,
        /// Whether destroy is refused.
        pub deletion_protection: Value<bool>,
        /// The practitioner's tags.
        pub tags: Value<StringMap>,
        /// With the provider's.
        pub tags_all: Value<StringMap>,
        /// Durations of operations.
        pub timeouts: Value<Timeouts>,
        /// The import id.
        pub id: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// What is missing.
        pub status_reason: Value<String>,
        /// How far each bucket is.
        pub bucket_status: Value<BTreeMap<String, Value<BucketStatus>>>,
        /// Names by bucket key.
        pub bucket_names: Value<StringMap>,
        /// ARNs by bucket key.
        pub bucket_arns: Value<StringMap>,
        /// Host names by bucket key.
        pub bucket_regional_domain_names: Value<StringMap>,
        /// Roles by component.
        pub role_arns: Value<StringMap>,
        /// Policies of the roles by component.
        pub policy_json: Value<StringMap>,
        /// Associations by component.
        pub association_ids: Value<StringMap>,
        /// Chart values by component.
        pub helm_values: Value<StringMap>,
        /// The S3 host of the region.
        pub s3_endpoint: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "observability buckets";
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 20, update_minutes: 20, delete_minutes: 60 };

    common_attributes!();

    fn title(&self) -> String {
        self.owner_name().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let buckets = self.recorded_names().into_values().map(|name| format!("bucket {name}"));
        let roles = self.role_names().into_iter().map(|name| format!("role {name}"));
        buckets.chain(roles).collect()
    }

    fn is_usable(&self) -> bool {
        let recorded = self.recorded_names();
        self.stores().is_some_and(|stores| stores.iter().all(|store| recorded.contains_key(store)))
    }

    /// What is missing is told by the status, not by null in place of what was known in the plan.
    fn resumable(mut self, planned: &Self) -> Self {
        self.association_ids = kept_keys(&planned.association_ids, self.association_ids);
        self.role_arns = planned.role_arns.clone();
        self
    }
}

model! {
    /// Settings of one bucket; null leaves what holds for all.
    pub struct BucketModel {
        /// The whole name, in place of the composed one.
        pub name: Value<String>,
        /// `Enabled`, `Suspended` or `Disabled`.
        pub versioning: Value<String>,
        /// How long old versions stay.
        pub noncurrent_version_expiration_days: Value<i64>,
        /// Encryption.
        pub sse_algorithm: Value<String>,
        /// Key.
        pub kms_key_arn: Value<String>,
        /// Whether it is emptied before it is deleted.
        pub force_destroy: Value<bool>,
    }
}

model! {
    /// How long each product keeps its data.
    pub struct RetentionModel {
        /// Mimir.
        pub metrics: Value<String>,
        /// Loki.
        pub logs: Value<String>,
        /// Tempo.
        pub traces: Value<String>,
    }
}

model! {
    /// A further lifecycle rule.
    pub struct ExtraRuleModel {
        /// Key of the bucket.
        pub bucket: Value<String>,
        /// Which objects; all when null.
        pub prefix: Value<String>,
        /// When objects are deleted.
        pub expiration_days: Value<i64>,
        /// When old versions are deleted.
        pub noncurrent_version_expiration_days: Value<i64>,
        /// When objects move.
        pub transition_days: Value<i64>,
        /// Where they move.
        pub transition_storage_class: Value<String>,
    }
}

model! {
    /// Where access to the buckets is logged.
    pub struct AccessLoggingModel {
        /// The bucket that takes the logs.
        pub bucket: Value<String>,
        /// Begins the keys of the logs.
        pub prefix: Value<String>,
    }
}

model! {
    /// Who reads and writes the buckets.
    pub struct PodIdentityModel {
        /// Whether a role is made at all.
        pub enabled: Value<bool>,
        /// The cluster.
        pub cluster_name: Value<String>,
        /// The namespace.
        pub namespace: Value<String>,
        /// The service account, or what its names begin with.
        pub service_account: Value<String>,
        /// The role, or what its names begin with.
        pub role_name: Value<String>,
        /// `shared` or `split`.
        pub mode: Value<String>,
    }
}

model! {
    /// How far one bucket is.
    pub struct BucketStatus {
        /// `complete`, `incomplete` or `missing`.
        pub state: Value<String>,
        /// The steps that are done, in order.
        pub steps_done: Value<Vec<String>>,
        /// The first step that is not.
        pub pending_step: Value<String>,
        /// Why, as AWS said it or as it was found.
        pub error: Value<String>,
    }
}

impl Model {
    /// How far a bucket is, from now on.
    pub(super) fn set_bucket_status(&mut self, store: Store, status: BucketStatus) {
        if !self.bucket_status.is_value() {
            self.bucket_status = Value::Value(BTreeMap::new());
        }
        if let Value::Value(map) = &mut self.bucket_status {
            map.insert(store.key().to_owned(), Value::Value(status));
        }
    }

    /// The step a bucket stands before, if it is not complete.
    pub(super) fn pending_step(&self, store: Store) -> Option<String> {
        let Value::Value(map) = &self.bucket_status else { return None };
        match map.get(store.key())? {
            Value::Value(BucketStatus { pending_step: Value::Value(step), .. }) => {
                Some(step.clone())
            }
            _ => None,
        }
    }
}
