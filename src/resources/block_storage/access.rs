//! The rights of the EBS CSI driver: the role of its controller. The add-on itself owns the Pod
//! Identity association that hands the role over.

use std::collections::BTreeSet;

use super::KIND;
use super::model::Model;
use crate::aws::arn::Arn;
use crate::aws::clients::Clients;
use crate::aws::eks::AssociationKey;
use crate::framework::value::{Value, known_map, known_set};
use crate::platform::naming::role_name;
use crate::platform::policies::{
    EBS_DRIVER_POLICIES, SessionScope, ebs_key_policy, pod_identity_trust_policy,
};
use crate::platform::tags::Owner;
use crate::resources::workload_access::Workload;

/// The owner of the add-on and the role: one driver in each cluster.
pub(super) fn owner(cluster_name: &str) -> Owner<'_> {
    Owner { kind: KIND, name: cluster_name }
}

/// The role's name unless given.
pub(super) fn name_of_role(cluster_name: &str) -> String {
    role_name(&[cluster_name, "ebs-csi-controller"])
}

/// The ARN of one of AWS's policies for the driver, by its name in configuration.
fn policy_arn(partition: &str, name: &str) -> Option<String> {
    let (_, path) = EBS_DRIVER_POLICIES.iter().find(|(known, _)| *known == name)?;
    Some(Arn::aws_policy(partition, path).to_string())
}

/// AWS's other policies for the driver, which a change of `managed_policy` leaves behind.
pub(super) fn other_policies(partition: &str, workload: &Workload) -> BTreeSet<String> {
    let all = EBS_DRIVER_POLICIES.iter().filter_map(|(name, _)| policy_arn(partition, name));
    all.filter(|arn| !workload.managed_policy_arns.contains(arn)).collect()
}

/// The service account that gets the role.
pub(super) fn key(model: &Model) -> Option<AssociationKey> {
    Some(AssociationKey {
        cluster_name: model.cluster_name.clone().as_option()?,
        namespace: model.namespace.clone().as_option()?,
        service_account: model.service_account.clone().as_option()?,
    })
}

/// The role that is made; `None` where one is given, and while something is unknown.
pub(super) fn workload(model: &Model, clients: &Clients) -> Option<Workload> {
    let role_name = model.role_name.clone().as_option()?;
    let AssociationKey { cluster_name, namespace, service_account } = key(model)?;
    let scope = SessionScope {
        cluster_name: &cluster_name,
        namespace: &namespace,
        service_accounts: &[&service_account],
    };
    let mut keys = known_set(&model.kms_key_arns)?;
    if let Value::Value(class) = &model.storage_class
        && let Value::Value(key) = &class.kms_key_arn
    {
        keys.insert(key.clone());
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let policy = policy_arn(clients.partition().id, model.managed_policy.as_ref().as_option()?)?;
    Some(Workload {
        kind: KIND,
        description: format!("EBS CSI driver of {cluster_name}"),
        trust_policy: pod_identity_trust_policy(Some(&scope)),
        policy_name: "kms",
        policy: ebs_key_policy(&keys),
        managed_policy_arns: BTreeSet::from([policy]),
        tags_all: known_map(&model.tags_all).unwrap_or_default(),
        owner_name: cluster_name,
        role_name,
        ..Workload::default()
    })
}
