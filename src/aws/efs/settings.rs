//! Settings of a file system that have operations of their own: lifecycle, backups, policy,
//! protection.

use aws_sdk_efs::types::{BackupPolicy, LifecyclePolicy};

use super::{failed, unbuildable};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error};

/// When files move between storage classes. All absent: they stay in Standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// As in `AFTER_30_DAYS`.
    pub transition_to_ia: Option<String>,
    /// As in `AFTER_90_DAYS`.
    pub transition_to_archive: Option<String>,
    /// `AFTER_1_ACCESS`.
    pub transition_to_primary_storage_class: Option<String>,
}

impl From<Vec<LifecyclePolicy>> for Lifecycle {
    /// AWS keeps one transition per entry, in any order.
    fn from(policies: Vec<LifecyclePolicy>) -> Self {
        let mut lifecycle = Self::default();
        for policy in policies {
            if let Some(rule) = policy.transition_to_ia {
                lifecycle.transition_to_ia = Some(rule.as_str().to_owned());
            }
            if let Some(rule) = policy.transition_to_archive {
                lifecycle.transition_to_archive = Some(rule.as_str().to_owned());
            }
            if let Some(rule) = policy.transition_to_primary_storage_class {
                lifecycle.transition_to_primary_storage_class = Some(rule.as_str().to_owned());
            }
        }
        lifecycle
    }
}

impl From<&Lifecycle> for Vec<LifecyclePolicy> {
    fn from(lifecycle: &Lifecycle) -> Self {
        let new = LifecyclePolicy::builder;
        let ia = lifecycle.transition_to_ia.as_deref();
        let archive = lifecycle.transition_to_archive.as_deref();
        let primary = lifecycle.transition_to_primary_storage_class.as_deref();
        [
            ia.map(|rule| new().transition_to_ia(rule.into()).build()),
            primary.map(|rule| new().transition_to_primary_storage_class(rule.into()).build()),
            archive.map(|rule| new().transition_to_archive(rule.into()).build()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The lifecycle of a file system. IAM: elasticfilesystem:DescribeLifecycleConfiguration
pub async fn find_lifecycle(clients: &Clients, id: &str) -> Result<Option<Lifecycle>, Error> {
    let request = clients.efs().describe_lifecycle_configuration().file_system_id(id);
    let result = request.send().await.map_err(failed("DescribeLifecycleConfiguration"));
    let answer = error::found(result)?;
    Ok(answer.map(|answer| answer.lifecycle_policies.unwrap_or_default().into()))
}

/// Replaces the lifecycle. IAM: elasticfilesystem:PutLifecycleConfiguration
pub async fn put_lifecycle(
    clients: &Clients,
    id: &str,
    lifecycle: &Lifecycle,
) -> Result<(), Error> {
    let request = clients
        .efs()
        .put_lifecycle_configuration()
        .file_system_id(id)
        .set_lifecycle_policies(Some(lifecycle.into()));
    request.send().await.map_err(failed("PutLifecycleConfiguration"))?;
    Ok(())
}

/// State of automatic backups: `ENABLED`, `ENABLING`, `DISABLED` or `DISABLING`; none if never
/// set. IAM: elasticfilesystem:DescribeBackupPolicy
pub async fn find_backup_policy(clients: &Clients, id: &str) -> Result<Option<String>, Error> {
    let request = clients.efs().describe_backup_policy().file_system_id(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeBackupPolicy")))?;
    Ok(answer.and_then(|answer| answer.backup_policy).map(|policy| policy.status.as_str().into()))
}

/// Sets automatic backups to `ENABLED` or `DISABLED`. IAM: elasticfilesystem:PutBackupPolicy
pub async fn put_backup_policy(clients: &Clients, id: &str, status: &str) -> Result<(), Error> {
    const OPERATION: &str = "PutBackupPolicy";
    let policy = BackupPolicy::builder().status(status.into()).build();
    let policy = policy.map_err(unbuildable(OPERATION))?;
    let request = clients.efs().put_backup_policy().file_system_id(id).backup_policy(policy);
    request.send().await.map_err(failed(OPERATION))?;
    Ok(())
}

/// The policy document, JSON. IAM: elasticfilesystem:DescribeFileSystemPolicy
pub async fn find_policy(clients: &Clients, id: &str) -> Result<Option<String>, Error> {
    let request = clients.efs().describe_file_system_policy().file_system_id(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeFileSystemPolicy")))?;
    Ok(answer.and_then(|answer| answer.policy))
}

/// Replaces the policy. With `allow_lockout` AWS accepts one that bars the caller from changing
/// it again. IAM: elasticfilesystem:PutFileSystemPolicy
pub async fn put_policy(
    clients: &Clients,
    id: &str,
    policy: &str,
    allow_lockout: bool,
) -> Result<(), Error> {
    let request = clients
        .efs()
        .put_file_system_policy()
        .file_system_id(id)
        .policy(policy)
        .bypass_policy_lockout_safety_check(allow_lockout);
    request.send().await.map_err(failed("PutFileSystemPolicy"))?;
    Ok(())
}

/// Sets replication overwrite protection to `ENABLED` or `DISABLED`.
/// IAM: elasticfilesystem:UpdateFileSystemProtection
pub async fn update_protection(clients: &Clients, id: &str, status: &str) -> Result<(), Error> {
    let request = clients
        .efs()
        .update_file_system_protection()
        .file_system_id(id)
        .replication_overwrite_protection(status.into());
    request.send().await.map_err(failed("UpdateFileSystemProtection"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifecycle_survives_the_way_to_aws_and_back_in_any_order() {
        let lifecycle = Lifecycle {
            transition_to_ia: Some("AFTER_30_DAYS".to_owned()),
            transition_to_archive: Some("AFTER_90_DAYS".to_owned()),
            transition_to_primary_storage_class: Some("AFTER_1_ACCESS".to_owned()),
        };
        let mut policies: Vec<LifecyclePolicy> = (&lifecycle).into();
        assert_eq!(policies.len(), 3);
        policies.reverse();
        assert_eq!(Lifecycle::from(policies), lifecycle);
        let none: Vec<LifecyclePolicy> = (&Lifecycle::default()).into();
        assert!(none.is_empty());
    }
}
