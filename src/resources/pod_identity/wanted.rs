//! From attributes to what the service account is to have. Pure; `None` is "not known yet".

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::KIND;
use super::model::{Conditions, Model, StatementModel};
use crate::aws::arn::{Arn, Partition};
use crate::aws::eks::{AssociationKey, SessionSettings};
use crate::framework::value::{Value, known_map, known_set};
use crate::platform::naming::role_name;
use crate::platform::policies::{
    PolicyProblem, Preset, PresetGrant, SessionScope, pod_identity_trust_policy, preset_statements,
    role_policy,
};
use crate::resources::workload_access::{Granted, RoleSettings, Workload};

/// Name of the inline policy.
pub(super) const POLICY_NAME: &str = "pod-identity";

/// A value that may be absent, once that is known.
#[allow(clippy::option_option, reason = "not known yet, or known to be none")]
pub(super) fn known<T: Clone>(value: &Value<T>) -> Option<Option<T>> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(None),
        Value::Value(value) => Some(Some(value.clone())),
    }
}

impl Model {
    /// The service account as EKS knows it.
    pub(super) fn key(&self) -> Option<AssociationKey> {
        let (Value::Value(cluster), Value::Value(namespace), Value::Value(account)) =
            (&self.cluster_name, &self.namespace, &self.service_account)
        else {
            return None;
        };
        Some(AssociationKey {
            cluster_name: cluster.clone(),
            namespace: namespace.clone(),
            service_account: account.clone(),
        })
    }

    /// The import id.
    pub(super) fn key_text(&self) -> Option<String> {
        let AssociationKey { cluster_name, namespace, service_account } = self.key()?;
        Some(format!("{cluster_name}/{namespace}/{service_account}"))
    }

    /// The role's name when nothing says otherwise.
    pub(super) fn default_role_name(&self) -> Option<String> {
        let AssociationKey { cluster_name, namespace, service_account } = self.key()?;
        Some(role_name(&[&cluster_name, &namespace, &service_account]))
    }

    /// The trust policy of a role made here.
    pub(super) fn trust_policy(&self) -> Option<String> {
        let limited = known(&self.condition_session_tags)?.unwrap_or(true);
        let AssociationKey { cluster_name, namespace, service_account } = self.key()?;
        let accounts = [service_account.as_str()];
        let scope = SessionScope {
            cluster_name: &cluster_name,
            namespace: &namespace,
            service_accounts: &accounts,
        };
        Some(pod_identity_trust_policy(limited.then_some(&scope)))
    }

    /// The inline policy of a role made here.
    pub(super) fn policy(&self) -> Option<Result<Option<String>, PolicyProblem>> {
        let region = known(&self.region)?.unwrap_or_default();
        let partition = Partition::of_region(&region).id;
        let mut statements = Vec::new();
        for grant in self.grants()? {
            statements.extend(preset_statements(&grant, partition));
        }
        for statement in known(&self.policy_statements)?.unwrap_or_default() {
            let statement = known(&statement)?.unwrap_or_default();
            statements.push(render(&statement)?);
        }
        if let Some(target) = known(&self.target_role_arn)? {
            let tagged = !known(&self.disable_session_tags)?.unwrap_or(false);
            let actions = if tagged {
                json!(["sts:AssumeRole", "sts:TagSession"])
            } else {
                json!(["sts:AssumeRole"])
            };
            statements.push(json!({
                "Sid": "AssumeTargetRole",
                "Effect": "Allow",
                "Action": actions,
                "Resource": [target],
            }));
        }
        Some(role_policy(&statements))
    }

    /// The presets in the order of their names.
    fn grants(&self) -> Option<Vec<PresetGrant>> {
        let presets = known(&self.presets)?.unwrap_or_default();
        let named = presets.iter().filter_map(|(name, grant)| Some((Preset::parse(name)?, grant)));
        let grants = named.map(|(preset, grant)| {
            let grant = known(grant)?.unwrap_or_default();
            Some(PresetGrant {
                preset,
                resources: known_set(&grant.resources)?.into_iter().collect(),
                kms_key_arns: known_set(&grant.kms_key_arns)?.into_iter().collect(),
                allow_root_access: known(&grant.allow_root_access)?.unwrap_or(false),
            })
        });
        grants.collect()
    }

    /// Everything, once it is known. `given` says that the role was made elsewhere.
    pub(super) fn workload(&self, given: bool) -> Option<Workload> {
        let session = SessionSettings {
            disable_session_tags: known(&self.disable_session_tags)?.unwrap_or(false),
            target_role_arn: known(&self.target_role_arn)?,
            policy: known(&self.session_policy)?,
        };
        let key = self.key()?;
        let account = &key.service_account;
        let common = Workload {
            kind: KIND,
            description: format!("Pods of {}/{account} in {}", key.namespace, key.cluster_name),
            tags_all: known_map(&self.tags_all)?,
            session,
            ..Workload::default()
        };
        if given {
            return Some(Workload {
                owner_name: self.key_text()?,
                given_role_arn: known(&self.role_arn)?,
                key: Some(key),
                ..common
            });
        }
        let role_name = known(&self.role_name)??;
        let seconds = known(&self.max_session_duration)?.and_then(|s| i32::try_from(s).ok());
        Some(Workload {
            owner_name: role_name.clone(),
            role_name,
            trust_policy: self.trust_policy()?,
            policy_name: POLICY_NAME,
            policy: self.policy()?.ok()?,
            managed_policy_arns: known_set(&self.policy_arns)?,
            role: RoleSettings {
                path: known(&self.path)?,
                permissions_boundary: known(&self.permissions_boundary_arn)?,
                max_session_duration_seconds: seconds,
                exact: true,
            },
            key: Some(key),
            ..common
        })
    }

    /// What the state knows.
    pub(super) fn granted(&self) -> Granted {
        Granted {
            role_arn: known(&self.role_arn).flatten(),
            association_id: known(&self.association_id).flatten(),
        }
    }

    /// The name in the ARN of a role made elsewhere.
    pub(super) fn name_of_given_role(arn: &str) -> Option<String> {
        arn.parse::<Arn>().ok().map(|arn| arn.resource_id().to_owned())
    }
}

fn render(statement: &StatementModel) -> Option<Json> {
    let mut entries = Map::new();
    if let Some(sid) = known(&statement.sid)? {
        entries.insert("Sid".to_owned(), json!(sid));
    }
    let effect = known(&statement.effect)?.unwrap_or_else(|| "Allow".to_owned());
    entries.insert("Effect".to_owned(), json!(effect));
    entries.insert("Action".to_owned(), json!(known_set(&statement.actions)?));
    entries.insert("Resource".to_owned(), json!(known_set(&statement.resources)?));
    let conditions = known(&statement.conditions)?.unwrap_or_default();
    if !conditions.is_empty() {
        entries.insert("Condition".to_owned(), render_conditions(&conditions)?);
    }
    Some(Json::Object(entries))
}

fn render_conditions(conditions: &Conditions) -> Option<Json> {
    let operators = conditions.iter().map(|(operator, keys)| {
        let keys = known(keys)?.unwrap_or_default();
        let keys = keys.iter().map(|(key, values)| Some((key.clone(), known_set(values)?)));
        Some((operator.clone(), keys.collect::<Option<BTreeMap<_, _>>>()?))
    });
    operators.collect::<Option<BTreeMap<_, _>>>().map(|operators| json!(operators))
}
