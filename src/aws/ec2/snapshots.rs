//! Snapshots of EBS volumes.

use aws_sdk_ec2::types::{ResourceType, Snapshot as SdkSnapshot};

use super::{failed, read_tags, tag_specification};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::tags::Tags;
use crate::aws::wait::{Seen, Wait};

/// A snapshot as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// As in `snap-0123456789abcdef0`.
    pub id: String,
    /// `pending`, `completed`, `error`, `recoverable` or `recovering`.
    pub state: String,
    /// What AWS says of the state, above all why it failed.
    pub message: Option<String>,
    /// As in `42%`.
    pub progress: Option<String>,
    /// GiB of the volume it was taken of.
    pub volume_size: Option<i32>,
    /// Whether it is encrypted; a volume made from it is then, too.
    pub encrypted: bool,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// Describes a snapshot. IAM: ec2:DescribeSnapshots
pub async fn find_snapshot_by_id(clients: &Clients, id: &str) -> Result<Option<Snapshot>, Error> {
    let request = clients.ec2().describe_snapshots().snapshot_ids(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeSnapshots")))?;
    let snapshots = answer.and_then(|answer| answer.snapshots).unwrap_or_default();
    snapshots.into_iter().next().map(read_snapshot).transpose()
}

/// Begins a snapshot; it holds what was written to the volume before the call.
/// IAM: ec2:CreateSnapshot, ec2:CreateTags
pub async fn create_snapshot(
    clients: &Clients,
    volume_id: &str,
    description: &str,
    tags: &Tags,
) -> Result<String, Error> {
    const OPERATION: &str = "CreateSnapshot";
    let answer = clients
        .ec2()
        .create_snapshot()
        .volume_id(volume_id)
        .description(description)
        .set_tag_specifications(tag_specification(ResourceType::Snapshot, tags))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    answer.snapshot_id.ok_or_else(|| Error::incomplete(Service::Ec2, OPERATION, "snapshotId"))
}

/// Waits until a snapshot is complete. IAM: ec2:DescribeSnapshots
pub async fn wait_snapshot_completed(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("snapshot {id} to be completed");
    wait.until(Service::Ec2, "DescribeSnapshots", &what, async || {
        let Some(found) = find_snapshot_by_id(clients, id).await? else {
            // A new snapshot may take a moment to be described.
            return Ok(Seen::Pending("not visible".to_owned()));
        };
        Ok(match found.state.as_str() {
            "completed" => Seen::Done(()),
            "pending" => Seen::Pending(format!("pending ({})", found.progress.unwrap_or_default())),
            state => {
                let message = found.message.unwrap_or_default();
                Seen::Failed(format!("state {state:?}: {message}"))
            }
        })
    })
    .await
}

fn read_snapshot(snapshot: SdkSnapshot) -> Result<Snapshot, Error> {
    let id = snapshot.snapshot_id;
    Ok(Snapshot {
        id: id.ok_or_else(|| Error::incomplete(Service::Ec2, "DescribeSnapshots", "snapshotId"))?,
        state: snapshot.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        message: error::non_empty(snapshot.state_message),
        progress: error::non_empty(snapshot.progress),
        volume_size: snapshot.volume_size,
        encrypted: snapshot.encrypted.unwrap_or_default(),
        tags: read_tags(snapshot.tags),
    })
}
