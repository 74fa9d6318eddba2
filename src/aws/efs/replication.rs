//! Replication of a file system to one other, usually in another region. A file system takes part
//! in one replication only.

use aws_sdk_efs::types::{DeletionMode, DestinationToCreate, ReplicationConfigurationDescription};

use super::failed;
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::wait::{Seen, States, Wait};

/// A replication as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// The source.
    pub source_file_system_id: String,
    /// Region of the source.
    pub source_region: String,
    /// The destination.
    pub destination_file_system_id: String,
    /// Region of the destination.
    pub destination_region: String,
    /// `ENABLED`, `ENABLING`, `DELETING`, `ERROR`, `PAUSED` or `PAUSING`.
    pub status: String,
    /// More about the status.
    pub status_message: Option<String>,
}

/// Where to replicate to: an existing file system, or a new one in a region or zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDestination {
    /// Region of the destination.
    pub region: Option<String>,
    /// Zone, for a new One Zone file system.
    pub availability_zone_name: Option<String>,
    /// Key of a new file system; AWS's own key for EFS if absent.
    pub kms_key_id: Option<String>,
    /// An existing file system, whose overwrite protection must be `DISABLED`.
    pub file_system_id: Option<String>,
}

/// The replication a file system takes part in, as source or destination.
/// IAM: elasticfilesystem:DescribeReplicationConfigurations
pub async fn find_replication_by_file_system(
    clients: &Clients,
    file_system_id: &str,
) -> Result<Option<Replication>, Error> {
    const OPERATION: &str = "DescribeReplicationConfigurations";
    let request =
        clients.efs().describe_replication_configurations().file_system_id(file_system_id);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    let replication = answer.and_then(|answer| answer.replications?.pop());
    replication.map(|described| read(OPERATION, described)).transpose()
}

/// Waits until the replication runs. IAM: elasticfilesystem:DescribeReplicationConfigurations
pub async fn wait_replication_enabled(
    clients: &Clients,
    file_system_id: &str,
    wait: &Wait,
) -> Result<Replication, Error> {
    const STATES: States = States { pending: &["ENABLING"], target: &["ENABLED"] };
    let what = format!("the replication of file system {file_system_id} to be enabled");
    wait.until(Service::Efs, "DescribeReplicationConfigurations", &what, async || {
        Ok(match find_replication_by_file_system(clients, file_system_id).await? {
            None => Seen::Pending("not visible".to_owned()),
            Some(found) => STATES.judge(&found.status.clone(), found),
        })
    })
    .await
}

/// Waits until the replication is gone.
/// IAM: elasticfilesystem:DescribeReplicationConfigurations
pub async fn wait_replication_deleted(
    clients: &Clients,
    file_system_id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    // No final status: every one may still be seen for a while after the deletion was accepted.
    let what = format!("the replication of file system {file_system_id} to be deleted");
    wait.until(Service::Efs, "DescribeReplicationConfigurations", &what, async || {
        Ok(match find_replication_by_file_system(clients, file_system_id).await? {
            None => Seen::Done(()),
            Some(found) => Seen::Pending(found.status),
        })
    })
    .await
}

/// Starts replicating. IAM: elasticfilesystem:CreateReplicationConfiguration,
/// elasticfilesystem:CreateFileSystem
pub async fn create_replication(
    clients: &Clients,
    source_file_system_id: &str,
    destination: &NewDestination,
) -> Result<Replication, Error> {
    const OPERATION: &str = "CreateReplicationConfiguration";
    let destination = DestinationToCreate::builder()
        .set_region(destination.region.clone())
        .set_availability_zone_name(destination.availability_zone_name.clone())
        .set_kms_key_id(destination.kms_key_id.clone())
        .set_file_system_id(destination.file_system_id.clone())
        .build();
    let answer = clients
        .efs()
        .create_replication_configuration()
        .source_file_system_id(source_file_system_id)
        .destinations(destination)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let destination = answer.destinations.into_iter().next();
    let destination =
        destination.ok_or_else(|| Error::incomplete(Service::Efs, OPERATION, "Destinations"))?;
    Ok(Replication {
        source_file_system_id: answer.source_file_system_id,
        source_region: answer.source_file_system_region,
        destination_file_system_id: destination.file_system_id,
        destination_region: destination.region,
        status: destination.status.as_str().to_owned(),
        status_message: destination.status_message,
    })
}

/// Ends a replication, from the region of either side. With `local_only` the other side keeps its
/// half, for when it cannot be reached. The destination becomes writable and stays.
/// <https://docs.aws.amazon.com/efs/latest/ug/delete-replications.html>
/// IAM: elasticfilesystem:DeleteReplicationConfiguration
pub async fn delete_replication(
    clients: &Clients,
    source_file_system_id: &str,
    local_only: bool,
) -> Result<(), Error> {
    let mode = if local_only {
        DeletionMode::LocalConfigurationOnly
    } else {
        DeletionMode::AllConfigurations
    };
    let request = clients
        .efs()
        .delete_replication_configuration()
        .source_file_system_id(source_file_system_id)
        .deletion_mode(mode);
    error::gone(request.send().await.map_err(failed("DeleteReplicationConfiguration")))
}

fn read(
    operation: &'static str,
    described: ReplicationConfigurationDescription,
) -> Result<Replication, Error> {
    let destination = described.destinations.into_iter().next();
    let destination =
        destination.ok_or_else(|| Error::incomplete(Service::Efs, operation, "Destinations"))?;
    Ok(Replication {
        source_file_system_id: described.source_file_system_id,
        source_region: described.source_file_system_region,
        destination_file_system_id: destination.file_system_id,
        destination_region: destination.region,
        status: destination.status.as_str().to_owned(),
        status_message: destination.status_message,
    })
}
