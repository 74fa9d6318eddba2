//! The roles of the EFS CSI driver: its controller makes access points, its nodes mount.
//!
//! They belong to the file system, by its id: a name may change, and a role keeps its owner.

use std::collections::BTreeSet;

use super::KIND;
use super::model::{CsiPodIdentity, Model};
use crate::aws::eks::AssociationKey;
use crate::framework::value::{Value, known_map};
use crate::platform::naming::role_name;
use crate::platform::policies::{
    SessionScope, efs_controller_policy, efs_node_policy, pod_identity_trust_policy,
};
use crate::platform::tags::Owner;
use crate::resources::workload_access::Workload;

/// Which part of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Makes access points for claims.
    Controller,
    /// Mounts, as the identity that the file-system policy lets in.
    Node,
}

impl Part {
    /// Both, in the order in which they are made.
    pub(super) const ALL: [Self; 2] = [Self::Controller, Self::Node];

    /// What the part is called in role names.
    fn as_str(self) -> &'static str {
        match self {
            Self::Controller => "efs-csi-controller",
            Self::Node => "efs-csi-node",
        }
    }

    /// The attribute that holds the part's role.
    pub(super) fn role_arn(self, model: &Model) -> &Value<String> {
        match self {
            Self::Controller => &model.controller_role_arn,
            Self::Node => &model.node_role_arn,
        }
    }

    /// The same, to be set.
    pub(super) fn role_arn_mut(self, model: &mut Model) -> &mut Value<String> {
        match self {
            Self::Controller => &mut model.controller_role_arn,
            Self::Node => &mut model.node_role_arn,
        }
    }
}

/// The owner of the roles.
pub(super) fn owner(file_system_id: &str) -> Owner<'_> {
    Owner { kind: KIND, name: file_system_id }
}

/// The role's name: one in each cluster, as the service account is.
pub(super) fn name_of_role(part: Part, cluster_name: &str) -> String {
    role_name(&[cluster_name, part.as_str()])
}

/// What the part is to have; `None` without `csi_pod_identity`, a cluster and a file system.
pub(super) fn workload(part: Part, model: &Model) -> Option<Workload> {
    let (Value::Value(identity), Value::Value(cluster), Value::Value(id), Value::Value(arn)) =
        (&model.csi_pod_identity, &model.cluster_name, &model.id, &model.arn)
    else {
        return None;
    };
    let CsiPodIdentity { namespace, controller_service_account, node_service_account } = identity;
    let account = match part {
        Part::Controller => controller_service_account,
        Part::Node => node_service_account,
    };
    let (Value::Value(namespace), Value::Value(account)) = (namespace, account) else {
        return None;
    };
    let scope = SessionScope { cluster_name: cluster, namespace, service_accounts: &[account] };
    let policy = match part {
        Part::Controller => efs_controller_policy(&[arn]),
        Part::Node => efs_node_policy(&[arn], model.allow_root_access == Value::Value(true)),
    };
    Some(Workload {
        kind: KIND,
        owner_name: id.clone(),
        role_name: name_of_role(part, cluster),
        description: format!("EFS CSI driver of {cluster}"),
        trust_policy: pod_identity_trust_policy(Some(&scope)),
        policy_name: "efs",
        policy: Some(policy),
        managed_policy_arns: BTreeSet::new(),
        tags_all: known_map(&model.tags_all).unwrap_or_default(),
        key: Some(AssociationKey {
            cluster_name: cluster.clone(),
            namespace: namespace.clone(),
            service_account: account.clone(),
        }),
        ..Workload::default()
    })
}
