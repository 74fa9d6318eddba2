//! What Terraform sees of a pod identity: the attributes as structs.

use std::collections::BTreeMap;

use crate::framework::value::{StringMap, Strings, Value};
use crate::model;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// `cluster/namespace/service_account`.
        pub id: Value<String>,
        /// Region of the cluster.
        pub region: Value<String>,
        /// The EKS cluster.
        pub cluster_name: Value<String>,
        /// The namespace.
        pub namespace: Value<String>,
        /// The service account.
        pub service_account: Value<String>,
        /// The role, made here or elsewhere.
        pub role_name: Value<String>,
        /// The same by ARN; given for a role made elsewhere.
        pub role_arn: Value<String>,
        /// Path of the role.
        pub path: Value<String>,
        /// The policy that bounds it.
        pub permissions_boundary_arn: Value<String>,
        /// Longest session in seconds.
        pub max_session_duration: Value<i64>,
        /// Rights as statements.
        pub policy_statements: Value<Vec<Value<StatementModel>>>,
        /// Rights as managed policies.
        pub policy_arns: Value<Strings>,
        /// Rights by name.
        pub presets: Value<BTreeMap<String, Value<PresetModel>>>,
        /// Whether sessions carry no tags.
        pub disable_session_tags: Value<bool>,
        /// The role assumed with the first.
        pub target_role_arn: Value<String>,
        /// What narrows the rights of the session.
        pub session_policy: Value<String>,
        /// Whether the trust policy is limited by the tags of the session.
        pub condition_session_tags: Value<bool>,
        /// The practitioner's tags.
        pub tags: Value<StringMap>,
        /// With the provider's.
        pub tags_all: Value<StringMap>,
        /// Durations of operations.
        pub timeouts: Value<Timeouts>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// What is missing.
        pub status_reason: Value<String>,
        /// `a-…`.
        pub association_id: Value<String>,
        /// ARN of the association.
        pub association_arn: Value<String>,
        /// What the target role may ask for.
        pub external_id: Value<String>,
        /// Who may use the role, JSON; null for a role made elsewhere.
        pub assume_role_policy_json: Value<String>,
        /// The inline policy, JSON.
        pub policy_json: Value<String>,
        /// The add-on that owns the association.
        pub owner_arn: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "pod identity";
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 10, update_minutes: 10, delete_minutes: 10 };

    common_attributes!();

    fn title(&self) -> String {
        self.key_text().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let mut exists = Vec::new();
        if let (Value::Value(name), Value::Value(_)) = (&self.role_name, &self.role_arn)
            && !self.uses_given_role()
        {
            exists.push(format!("role {name}"));
        }
        if let Value::Value(id) = &self.association_id {
            exists.push(format!("Pod Identity association {id}"));
        }
        exists
    }
}

/// Operators, each with its keys and their values.
pub(super) type Conditions = BTreeMap<String, Value<BTreeMap<String, Value<Strings>>>>;

model! {
    /// A statement of the inline policy.
    pub struct StatementModel {
        /// Label.
        pub sid: Value<String>,
        /// `Allow` or `Deny`.
        pub effect: Value<String>,
        /// Actions.
        pub actions: Value<Strings>,
        /// Resources.
        pub resources: Value<Strings>,
        /// Conditions by operator and key.
        pub conditions: Value<Conditions>,
    }
}

model! {
    /// What a preset is granted on.
    pub struct PresetModel {
        /// Buckets or file systems.
        pub resources: Value<Strings>,
        /// Keys that encrypt them.
        pub kms_key_arns: Value<Strings>,
        /// Whether a client acts as root.
        pub allow_root_access: Value<bool>,
    }
}

impl Model {
    /// Whether the role of a state was made elsewhere: one of its own has a trust policy there.
    pub(super) fn uses_given_role(&self) -> bool {
        self.assume_role_policy_json.is_null()
    }
}
