//! The lock of a vault, and which services a region lets AWS Backup protect.

use std::collections::BTreeMap;

use super::super::clients::Clients;
use super::super::error::{self, Error};
use super::failed;

/// The lock of a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VaultLock {
    /// Shortest retention it lets in.
    pub min_retention_days: Option<i64>,
    /// Longest retention it lets in.
    pub max_retention_days: Option<i64>,
    /// After how many days it can be changed no more; none for governance mode.
    pub changeable_for_days: Option<i64>,
}

/// Locks a vault, or changes its lock; the lock date counts from this call.
/// IAM: backup:PutBackupVaultLockConfiguration
pub async fn put_vault_lock(
    clients: &Clients,
    vault_name: &str,
    lock: &VaultLock,
) -> Result<(), Error> {
    let request = clients
        .backup()
        .put_backup_vault_lock_configuration()
        .backup_vault_name(vault_name)
        .set_min_retention_days(lock.min_retention_days)
        .set_max_retention_days(lock.max_retention_days)
        .set_changeable_for_days(lock.changeable_for_days);
    request.send().await.map_err(failed("PutBackupVaultLockConfiguration"))?;
    Ok(())
}

/// Unlocks a vault; refused once the lock date has passed.
/// IAM: backup:DeleteBackupVaultLockConfiguration
pub async fn delete_vault_lock(clients: &Clients, vault_name: &str) -> Result<(), Error> {
    let request =
        clients.backup().delete_backup_vault_lock_configuration().backup_vault_name(vault_name);
    error::gone(request.send().await.map_err(failed("DeleteBackupVaultLockConfiguration")))
}

/// Which resource types AWS Backup protects in this region, as in `EFS` and `S3`.
/// IAM: backup:DescribeRegionSettings
pub async fn opted_in(clients: &Clients) -> Result<BTreeMap<String, bool>, Error> {
    let request = clients.backup().describe_region_settings();
    let answer = request.send().await.map_err(failed("DescribeRegionSettings"))?;
    Ok(answer.resource_type_opt_in_preference.unwrap_or_default().into_iter().collect())
}

/// Lets AWS Backup protect a resource type in this region, for the whole account.
/// IAM: backup:UpdateRegionSettings
pub async fn opt_in(clients: &Clients, resource_type: &str) -> Result<(), Error> {
    let request = clients
        .backup()
        .update_region_settings()
        .resource_type_opt_in_preference(resource_type, true);
    request.send().await.map_err(failed("UpdateRegionSettings"))?;
    Ok(())
}
