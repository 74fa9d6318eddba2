//! Recovery points: the backups in a vault.

use futures_util::StreamExt as _;

use super::super::clients::Clients;
use super::super::error::{self, Error, Service, non_empty};
use super::super::wait::{Seen, Wait};
use super::failed;

/// How many deletions are under way at once.
const CONCURRENCY: usize = 8;

/// How many polls in a row must find nothing but stuck points: one that was stuck before is said to
/// be so for a moment after its deletion has begun.
const STUCK_POLLS: u32 = 4;

/// A backup in a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// The ARN, of the service whose data it holds.
    pub arn: String,
    /// As in `COMPLETED`, `DELETING` or `EXPIRED`.
    pub status: String,
    /// Why it is in that state.
    pub message: Option<String>,
    /// What was backed up.
    pub resource_arn: Option<String>,
}

/// A recovery point that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The ARN.
    pub arn: String,
    /// Why, as AWS says it.
    pub reason: String,
}

/// The recovery points of a vault; none if there is no such vault.
/// IAM: backup:ListRecoveryPointsByBackupVault
pub async fn list_recovery_points(
    clients: &Clients,
    vault_name: &str,
) -> Result<Vec<RecoveryPoint>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request =
            clients.backup().list_recovery_points_by_backup_vault().backup_vault_name(vault_name);
        let request = request.set_next_token(token.take());
        let answer = request.send().await.map_err(failed("ListRecoveryPointsByBackupVault"));
        let Some(answer) = error::found(answer)? else { return Ok(listed) };
        for point in answer.recovery_points.unwrap_or_default() {
            let Some(arn) = point.recovery_point_arn else { continue };
            let status = point.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
            let message = non_empty(point.status_message);
            let resource_arn = non_empty(point.resource_arn);
            listed.push(RecoveryPoint { arn, status, message, resource_arn });
        }
        match non_empty(answer.next_token) {
            Some(next) => token = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Begins the deletion of a recovery point; it goes later, or stays as `EXPIRED`.
/// IAM: backup:DeleteRecoveryPoint
pub async fn delete_recovery_point(
    clients: &Clients,
    vault_name: &str,
    arn: &str,
) -> Result<(), Error> {
    let request = clients
        .backup()
        .delete_recovery_point()
        .backup_vault_name(vault_name)
        .recovery_point_arn(arn);
    error::gone(request.send().await.map_err(failed("DeleteRecoveryPoint")))
}

/// Deletes all recovery points of a vault and waits until they are gone. Answers those that stay:
/// the ones AWS refuses to delete, and the ones it answered yes for and left `EXPIRED`.
/// IAM: backup:ListRecoveryPointsByBackupVault, backup:DeleteRecoveryPoint
pub async fn delete_all(
    clients: &Clients,
    vault_name: &str,
    wait: &Wait,
) -> Result<Vec<Kept>, Error> {
    let points = list_recovery_points(clients, vault_name).await?;
    if points.is_empty() {
        return Ok(Vec::new());
    }
    tracing::info!(vault_name, count = points.len(), "deleting recovery points");
    let arns = points.into_iter().filter(|point| point.status != "DELETING");
    let arns: Vec<String> = arns.map(|point| point.arn).collect();
    let deletions = arns.into_iter().map(|arn| async move {
        let deleted = delete_recovery_point(clients, vault_name, &arn).await;
        deleted.err().map(|error| Kept { arn, reason: error.to_string() })
    });
    let kept: Vec<Option<Kept>> =
        futures_util::stream::iter(deletions).buffer_unordered(CONCURRENCY).collect().await;
    let mut kept: Vec<Kept> = kept.into_iter().flatten().collect();
    let refused: Vec<&str> = kept.iter().map(|kept| kept.arn.as_str()).collect();
    let stuck = wait_deleted(clients, vault_name, wait, &refused).await?;
    kept.extend(stuck);
    kept.sort_by(|one, other| one.arn.cmp(&other.arn));
    Ok(kept)
}

/// Waits until only points are left that will not go, and answers those that are stuck.
async fn wait_deleted(
    clients: &Clients,
    vault_name: &str,
    wait: &Wait,
    refused: &[&str],
) -> Result<Vec<Kept>, Error> {
    let what = format!("the recovery points of vault {vault_name} to be deleted");
    let polls = std::sync::atomic::AtomicU32::new(0);
    wait.until(Service::Backup, "ListRecoveryPointsByBackupVault", &what, || async {
        let left = list_recovery_points(clients, vault_name).await?;
        let left: Vec<RecoveryPoint> =
            left.into_iter().filter(|point| !refused.contains(&point.arn.as_str())).collect();
        if left.iter().any(|point| point.status != "EXPIRED") {
            polls.store(0, std::sync::atomic::Ordering::Relaxed);
            return Ok(Seen::Pending(format!("{} left", left.len())));
        }
        let seen = polls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if !left.is_empty() && seen < STUCK_POLLS {
            return Ok(Seen::Pending(format!("{} expired", left.len())));
        }
        Ok(Seen::Done(left.into_iter().map(stuck).collect()))
    })
    .await
}

fn stuck(point: RecoveryPoint) -> Kept {
    let reason = match point.message {
        Some(message) => format!("EXPIRED: {message}"),
        None => "EXPIRED: AWS Backup could not delete it".to_owned(),
    };
    Kept { arn: point.arn, reason }
}
