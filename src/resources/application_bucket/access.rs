//! Who uses the bucket: from `access` and `replication` to the roles and associations they mean.
//! Pure; `None` is "not known yet".

use std::collections::BTreeMap;

use super::model::{AccessModel, Model};
use super::wanted::{KIND, known};
use crate::aws::eks::AssociationKey;
use crate::framework::value::{StringMap, Value, known_map};
use crate::platform::naming::role_name;
use crate::platform::policies::{
    BucketAccess, ReplicationPath, SessionScope, bucket_access_policy, pod_identity_trust_policy,
    replication_policy, replication_trust_policy,
};
use crate::resources::bucket::Place;
use crate::resources::workload_access::{Granted, Workload};

/// Name of the inline policy of each role.
pub(super) const POLICY_NAME: &str = "application-bucket";

/// A role and what it is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grant {
    /// The key in `access`; none for the role that copies.
    pub(super) key: Option<String>,
    /// What it is to have.
    pub(super) workload: Workload,
}

/// The name of the role of an entry of `access`.
pub(super) fn name_of_role(bucket: &str, key: &str) -> String {
    role_name(&[bucket, key])
}

/// The name of the role that copies.
pub(super) fn name_of_replication_role(bucket: &str) -> String {
    role_name(&["replicate", bucket])
}

impl Model {
    /// The entries of `access`.
    pub(super) fn entries(&self) -> Option<BTreeMap<String, AccessModel>> {
        let entries = known(&self.access)?.unwrap_or_default();
        entries
            .into_iter()
            .map(|(key, entry)| Some((key, known(&entry)?.unwrap_or_default())))
            .collect()
    }

    fn policy_of(&self, entry: &AccessModel, arn: &str) -> Option<String> {
        let level = BucketAccess::parse(&known(&entry.level)??)?;
        let prefix = known(&entry.prefix)?;
        let key = self.encryption()?.kms_key_id;
        Some(bucket_access_policy(level, arn, prefix.as_deref(), key.as_deref()))
    }

    /// The policies of the roles, by key of `access`.
    pub(super) fn access_policies(&self, place: &Place) -> Option<StringMap> {
        let name = self.full_name(place);
        let policy = |entry: &AccessModel| {
            let policy = self.policy_of(entry, &place.bucket_arn(name.as_deref()?));
            policy.map(Value::Value)
        };
        let entries = self.entries()?;
        Some(
            entries
                .into_iter()
                .map(|(key, entry)| (key, policy(&entry).unwrap_or(Value::Unknown)))
                .collect(),
        )
    }

    /// The service account of an entry as EKS knows it; none without a cluster.
    pub(super) fn association_key(&self, entry: &AccessModel) -> Option<AssociationKey> {
        Some(AssociationKey {
            cluster_name: known(&self.cluster_name)??,
            namespace: known(&entry.namespace)??,
            service_account: known(&entry.service_account)??,
        })
    }

    /// The roles wanted.
    pub(super) fn grants(&self, place: &Place) -> Option<Vec<Grant>> {
        let name = self.full_name(place)?;
        let mut grants = Vec::new();
        for (key, entry) in self.entries()? {
            grants.push(self.grant(&name, key, &entry, place)?);
        }
        grants.extend(self.replication_grant(&name, place)?);
        Some(grants)
    }

    fn grant(&self, name: &str, key: String, entry: &AccessModel, place: &Place) -> Option<Grant> {
        let association = self.association_key(entry)?;
        let scope = SessionScope {
            cluster_name: &association.cluster_name,
            namespace: &association.namespace,
            service_accounts: &[&association.service_account],
        };
        let workload = Workload {
            kind: KIND,
            owner_name: name.to_owned(),
            role_name: name_of_role(name, &key),
            description: format!("Access to bucket {name}"),
            trust_policy: pod_identity_trust_policy(Some(&scope)),
            policy_name: POLICY_NAME,
            policy: Some(self.policy_of(entry, &place.bucket_arn(name))?),
            tags_all: known_map(&self.tags_all)?,
            key: Some(association),
            ..Workload::default()
        };
        Some(Grant { key: Some(key), workload })
    }

    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    fn replication_grant(&self, name: &str, place: &Place) -> Option<Option<Grant>> {
        let Some(replication) = known(&self.replication)? else { return Some(None) };
        if known(&replication.role_arn)?.is_some() {
            return Some(None);
        }
        let destination = known(&replication.destination_bucket_arn)??;
        let destination_key = known(&replication.destination_kms_key_arn)?;
        let key = self.encryption()?.kms_key_id;
        let path = ReplicationPath {
            bucket_arn: &place.bucket_arn(name),
            kms_key_arn: key.as_deref(),
            destination_bucket_arn: &destination,
            destination_kms_key_arn: destination_key.as_deref(),
        };
        let workload = Workload {
            kind: KIND,
            owner_name: name.to_owned(),
            role_name: name_of_replication_role(name),
            description: format!("Copies objects of bucket {name}"),
            trust_policy: replication_trust_policy(),
            policy_name: POLICY_NAME,
            policy: Some(replication_policy(&path)),
            tags_all: known_map(&self.tags_all)?,
            ..Workload::default()
        };
        Some(Some(Grant { key: None, workload }))
    }

    /// What the state knows of a role.
    pub(super) fn granted(&self, key: Option<&str>) -> Granted {
        let Some(key) = key else {
            return Granted {
                role_arn: known(&self.replication_role_arn).flatten(),
                association_id: None,
            };
        };
        let of = |map: &Value<StringMap>| match map {
            Value::Value(map) => match map.get(key) {
                Some(Value::Value(text)) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        Granted { role_arn: of(&self.role_arns), association_id: of(&self.association_ids) }
    }

    /// Notes what exists of a role.
    pub(super) fn set_granted(&mut self, key: Option<&str>, granted: &Granted) {
        let Some(key) = key else {
            self.replication_role_arn = granted.role_arn.clone().into();
            return;
        };
        for (map, text) in [
            (&mut self.role_arns, &granted.role_arn),
            (&mut self.association_ids, &granted.association_id),
        ] {
            if !map.is_value() {
                *map = Value::Value(BTreeMap::new());
            }
            let Value::Value(map) = map else { continue };
            match text {
                Some(text) => map.insert(key.to_owned(), Value::Value(text.clone())),
                None => map.remove(key),
            };
        }
    }
}
