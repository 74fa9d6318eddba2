//! Modifications of EBS volumes: AWS tells the last one of each volume.

use aws_sdk_ec2::types::VolumeModification as SdkModification;

use super::{failed, read_time};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::wait::{Seen, Wait};

/// The last modification of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modification {
    /// `modifying`, `optimizing` (the new figures hold already), `completed` or `failed`.
    pub state: String,
    /// What AWS says of it, above all why it failed.
    pub message: Option<String>,
    /// Percent.
    pub progress: Option<i64>,
    /// GiB it is to have.
    pub target_size: Option<i32>,
    /// I/O operations per second it is to have.
    pub target_iops: Option<i32>,
    /// MiB/s it is to have.
    pub target_throughput: Option<i32>,
    /// The type it is to have.
    pub target_type: Option<String>,
    /// RFC 3339.
    pub start_time: Option<String>,
}

impl Modification {
    /// Whether AWS takes no other modification of the volume yet.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state.as_str(), "modifying" | "optimizing")
    }
}

/// The last modification of a volume; none if it was never modified.
/// IAM: ec2:DescribeVolumesModifications
pub async fn find_modification(
    clients: &Clients,
    volume_id: &str,
) -> Result<Option<Modification>, Error> {
    let request = clients.ec2().describe_volumes_modifications().volume_ids(volume_id);
    let answer =
        error::found(request.send().await.map_err(failed("DescribeVolumesModifications")))?;
    let modifications = answer.and_then(|answer| answer.volumes_modifications).unwrap_or_default();
    let mut modifications: Vec<_> = modifications.into_iter().map(read).collect();
    // AWS keeps one; should it ever tell several, the last is meant.
    modifications.sort_by(|one, other| one.start_time.cmp(&other.start_time));
    Ok(modifications.pop())
}

/// How far a wait for a modification goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The new figures hold.
    InForce,
    /// AWS takes the next modification.
    Completed,
}

/// Waits for the last modification of a volume; none is fine. A failed one fails the wait.
/// IAM: ec2:DescribeVolumesModifications
pub async fn wait_modification(
    clients: &Clients,
    volume_id: &str,
    until: Until,
    wait: &Wait,
) -> Result<Option<Modification>, Error> {
    let what = match until {
        Until::InForce => format!("the modification of volume {volume_id} to take effect"),
        Until::Completed => format!("the modification of volume {volume_id} to be completed"),
    };
    wait.until(Service::Ec2, "DescribeVolumesModifications", &what, async || {
        let Some(found) = find_modification(clients, volume_id).await? else {
            return Ok(Seen::Done(None));
        };
        Ok(match (found.state.as_str(), until) {
            ("failed", _) => {
                let message = found.message.clone().unwrap_or_default();
                Seen::Failed(format!("state \"failed\": {message}"))
            }
            ("completed", _) | ("optimizing", Until::InForce) => Seen::Done(Some(found)),
            _ => {
                let progress = found.progress.unwrap_or_default();
                Seen::Pending(format!("{} ({progress} %)", found.state))
            }
        })
    })
    .await
}

pub(super) fn read(modification: SdkModification) -> Modification {
    Modification {
        state: modification
            .modification_state
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        message: error::non_empty(modification.status_message),
        progress: modification.progress,
        target_size: modification.target_size,
        target_iops: modification.target_iops,
        target_throughput: modification.target_throughput,
        target_type: modification.target_volume_type.map(|kind| kind.as_str().to_owned()),
        start_time: read_time(modification.start_time),
    }
}
