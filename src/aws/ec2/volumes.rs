//! EBS volumes.

use aws_sdk_ec2::types::{ResourceType, Volume as SdkVolume, VolumeType};

use super::{failed, filter, read_tags, read_time, tag_specification};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::tags::Tags;
use crate::aws::wait::{Seen, States, Wait};

/// A volume as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// As in `vol-0123456789abcdef0`.
    pub id: String,
    /// The ARN; AWS leaves it out of some answers.
    pub arn: Option<String>,
    /// `creating`, `available`, `in-use`, `deleting`, `deleted` or `error`.
    pub state: String,
    /// `gp3`, `gp2`, `io1` …
    pub volume_type: String,
    /// Zone name, such as `eu-west-1a`.
    pub availability_zone: String,
    /// GiB.
    pub size: i32,
    /// I/O operations per second; absent for types that have none.
    pub iops: Option<i32>,
    /// MiB/s; for gp3 only.
    pub throughput: Option<i32>,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// ARN of the key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// The snapshot it was made from.
    pub snapshot_id: Option<String>,
    /// MiB/s at which blocks of the snapshot are fetched, if a rate was asked for.
    pub volume_initialization_rate: Option<i32>,
    /// RFC 3339.
    pub create_time: Option<String>,
    /// What it is attached to, each as in `i-0123 as /dev/xvdba`.
    pub attachments: Vec<String>,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// What a volume of type gp3 is created with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVolume {
    /// At most 64 ASCII characters; AWS answers the same token with the same volume, dead or alive.
    pub client_token: String,
    /// Zone name.
    pub availability_zone: String,
    /// GiB.
    pub size: i32,
    /// I/O operations per second.
    pub iops: i32,
    /// MiB/s.
    pub throughput: i32,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// ARN of the key; the account's default key if absent.
    pub kms_key_id: Option<String>,
    /// The snapshot to start from.
    pub snapshot_id: Option<String>,
    /// MiB/s at which blocks of the snapshot are fetched.
    pub volume_initialization_rate: Option<i32>,
    /// Tags set by the call itself, at most 50.
    pub tags: Tags,
}

/// What a gp3 volume is to become; an absent member stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// GiB; only upwards.
    pub size: Option<i32>,
    /// I/O operations per second.
    pub iops: i32,
    /// MiB/s.
    pub throughput: i32,
}

/// Describes a volume. IAM: ec2:DescribeVolumes
pub async fn find_volume_by_id(clients: &Clients, id: &str) -> Result<Option<Volume>, Error> {
    let request = clients.ec2().describe_volumes().volume_ids(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeVolumes")))?;
    let volumes = answer.and_then(|answer| answer.volumes).unwrap_or_default();
    volumes.into_iter().next().map(|volume| read_volume("DescribeVolumes", volume)).transpose()
}

/// Lists the volumes with a tag of this value. IAM: ec2:DescribeVolumes
pub async fn list_volumes_by_tag(
    clients: &Clients,
    key: &str,
    value: &str,
) -> Result<Vec<Volume>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .ec2()
            .describe_volumes()
            .filters(filter(&format!("tag:{key}"), value))
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed("DescribeVolumes"))?;
        for volume in answer.volumes.unwrap_or_default() {
            let volume = read_volume("DescribeVolumes", volume)?;
            // Filter values may hold wildcards, names too: only the very value counts.
            if volume.tags.get(key).map(String::as_str) == Some(value) {
                listed.push(volume);
            }
        }
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// Creates a gp3 volume. `IdempotentParameterMismatch` ([`Kind::Conflict`]): the token was used with
/// other arguments. Rights on the key are checked after the answer: the volume then ends in state
/// `error`, or is gone. IAM: ec2:CreateVolume, ec2:CreateTags
///
/// [`Kind::Conflict`]: crate::aws::error::Kind::Conflict
pub async fn create_volume(clients: &Clients, new: &NewVolume) -> Result<Volume, Error> {
    const OPERATION: &str = "CreateVolume";
    let answer = clients
        .ec2()
        .create_volume()
        .client_token(&new.client_token)
        .volume_type(VolumeType::Gp3)
        .availability_zone(&new.availability_zone)
        .size(new.size)
        .iops(new.iops)
        .throughput(new.throughput)
        .encrypted(new.encrypted)
        .set_kms_key_id(new.kms_key_id.clone())
        .set_snapshot_id(new.snapshot_id.clone())
        .set_volume_initialization_rate(new.volume_initialization_rate)
        .set_tag_specifications(tag_specification(ResourceType::Volume, &new.tags))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let missing = |member| Error::incomplete(Service::Ec2, OPERATION, member);
    Ok(Volume {
        id: answer.volume_id.ok_or_else(|| missing("volumeId"))?,
        arn: answer.volume_arn,
        state: answer.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        volume_type: VolumeType::Gp3.as_str().to_owned(),
        availability_zone: new.availability_zone.clone(),
        size: answer.size.unwrap_or(new.size),
        iops: answer.iops,
        throughput: answer.throughput,
        encrypted: answer.encrypted.unwrap_or(new.encrypted),
        kms_key_id: error::non_empty(answer.kms_key_id),
        snapshot_id: error::non_empty(answer.snapshot_id),
        volume_initialization_rate: answer.volume_initialization_rate,
        create_time: read_time(answer.create_time),
        attachments: Vec::new(),
        tags: read_tags(answer.tags),
    })
}

/// Waits until a new volume can be used. One that is gone or in state `error` fails the wait; one
/// that is not described yet does so after `visible`. IAM: ec2:DescribeVolumes
pub async fn wait_volume_usable(
    clients: &Clients,
    id: &str,
    wait: &Wait,
    visible: &Wait,
) -> Result<Volume, Error> {
    const STATES: States = States { pending: &["creating"], target: &["available", "in-use"] };
    let what = format!("volume {id} to become available");
    wait.until(Service::Ec2, "DescribeVolumes", &what, async || {
        Ok(match find_volume_by_id(clients, id).await? {
            None if visible.deadline.passed() => Seen::Failed("the volume is gone".to_owned()),
            None => Seen::Pending("not visible".to_owned()),
            Some(found) => STATES.judge(&found.state.clone(), found),
        })
    })
    .await
}

/// Waits until the volume is attached to nothing. IAM: ec2:DescribeVolumes
pub async fn wait_volume_detached(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<Option<Volume>, Error> {
    let what = format!("volume {id} to be detached");
    wait.until(Service::Ec2, "DescribeVolumes", &what, async || {
        Ok(match find_volume_by_id(clients, id).await? {
            Some(found) if found.state == "in-use" => {
                Seen::Pending(format!("attached to {}", found.attachments.join(", ")))
            }
            found => Seen::Done(found),
        })
    })
    .await
}

/// Waits until the volume is gone. IAM: ec2:DescribeVolumes
pub async fn wait_volume_deleted(clients: &Clients, id: &str, wait: &Wait) -> Result<(), Error> {
    const STATES: States =
        States { pending: &["available", "deleting", "error"], target: &["deleted"] };
    let what = format!("volume {id} to be deleted");
    wait.until(Service::Ec2, "DescribeVolumes", &what, async || {
        Ok(match find_volume_by_id(clients, id).await? {
            None => Seen::Done(()),
            Some(found) => STATES.judge(&found.state, ()),
        })
    })
    .await
}

/// Changes size, IOPS and throughput in one modification, and makes the type gp3: without a type AWS
/// would make it gp2. `IncorrectModificationState`: the last one is not completed;
/// `VolumeModificationRateExceeded`: four were begun within 24 hours. IAM: ec2:ModifyVolume
pub async fn modify_volume(
    clients: &Clients,
    id: &str,
    target: Target,
) -> Result<Option<super::modifications::Modification>, Error> {
    let answer = clients
        .ec2()
        .modify_volume()
        .volume_id(id)
        .volume_type(VolumeType::Gp3)
        .set_size(target.size)
        .iops(target.iops)
        .throughput(target.throughput)
        .send()
        .await
        .map_err(failed("ModifyVolume"))?;
    Ok(answer.volume_modification.map(super::modifications::read))
}

/// Deletes a volume. `VolumeInUse`: it is attached. IAM: ec2:DeleteVolume
pub async fn delete_volume(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.ec2().delete_volume().volume_id(id);
    error::gone(request.send().await.map_err(failed("DeleteVolume")))
}

/// Whether the account encrypts every new volume in this region.
/// IAM: ec2:GetEbsEncryptionByDefault
pub async fn encrypts_by_default(clients: &Clients) -> Result<bool, Error> {
    let request = clients.ec2().get_ebs_encryption_by_default();
    let answer = request.send().await.map_err(failed("GetEbsEncryptionByDefault"))?;
    Ok(answer.ebs_encryption_by_default.unwrap_or_default())
}

fn read_volume(operation: &'static str, volume: SdkVolume) -> Result<Volume, Error> {
    let missing = |member| Error::incomplete(Service::Ec2, operation, member);
    let attachments = volume.attachments.unwrap_or_default().into_iter().map(|attachment| {
        let instance = attachment.instance_id.unwrap_or_else(|| "an instance".to_owned());
        match attachment.device {
            Some(device) => format!("{instance} as {device}"),
            None => instance,
        }
    });
    Ok(Volume {
        id: volume.volume_id.ok_or_else(|| missing("volumeId"))?,
        arn: error::non_empty(volume.volume_arn),
        state: volume.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        volume_type: volume.volume_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        availability_zone: volume.availability_zone.ok_or_else(|| missing("availabilityZone"))?,
        size: volume.size.ok_or_else(|| missing("size"))?,
        iops: volume.iops,
        throughput: volume.throughput,
        encrypted: volume.encrypted.unwrap_or_default(),
        kms_key_id: error::non_empty(volume.kms_key_id),
        snapshot_id: error::non_empty(volume.snapshot_id),
        volume_initialization_rate: volume.volume_initialization_rate,
        create_time: read_time(volume.create_time),
        attachments: attachments.collect(),
        tags: read_tags(volume.tags),
    })
}
