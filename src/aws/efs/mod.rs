//! Elastic File System: file systems, and by room their [`settings`], [`mount_targets`],
//! [`access_points`] and [`replication`].
//!
//! <https://docs.aws.amazon.com/efs/latest/ug/api-reference.html>

pub mod access_points;
pub mod mount_targets;
pub mod replication;
pub mod settings;

use aws_sdk_efs::types::{FileSystemDescription, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};
use super::tags::{self, TagChanges, Tags};
use super::wait::{Seen, States, Wait};

/// A file system as AWS describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSystem {
    /// As in `fs-0123456789abcdef0`.
    pub id: String,
    /// The ARN; AWS leaves it out of some answers.
    pub arn: Option<String>,
    /// Account that owns it.
    pub owner_id: String,
    /// The token it was created with.
    pub creation_token: String,
    /// `creating`, `available`, `updating`, `deleting`, `deleted` or `error`.
    pub state: String,
    /// Value of the tag `Name`.
    pub name: Option<String>,
    /// `generalPurpose` or `maxIO`.
    pub performance_mode: String,
    /// `bursting`, `provisioned` or `elastic`.
    pub throughput_mode: Option<String>,
    /// MiB/s, in mode `provisioned` only.
    pub provisioned_throughput_in_mibps: Option<f64>,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// ARN of the key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// The zone of a One Zone file system, such as `eu-west-1a`.
    pub availability_zone_name: Option<String>,
    /// Number of mount targets, those being created included.
    pub number_of_mount_targets: i32,
    /// Metered size in bytes, possibly hours old.
    pub size_in_bytes: Option<i64>,
    /// `ENABLED`, `DISABLED` or `REPLICATING`.
    pub replication_overwrite_protection: Option<String>,
    /// Tags without those of AWS.
    pub tags: Tags,
}

impl From<FileSystemDescription> for FileSystem {
    fn from(described: FileSystemDescription) -> Self {
        Self {
            id: described.file_system_id,
            arn: described.file_system_arn,
            owner_id: described.owner_id,
            creation_token: described.creation_token,
            state: described.life_cycle_state.as_str().to_owned(),
            name: described.name,
            performance_mode: described.performance_mode.as_str().to_owned(),
            throughput_mode: described.throughput_mode.map(|mode| mode.as_str().to_owned()),
            provisioned_throughput_in_mibps: described.provisioned_throughput_in_mibps,
            encrypted: described.encrypted.unwrap_or(false),
            kms_key_id: error::non_empty(described.kms_key_id),
            availability_zone_name: error::non_empty(described.availability_zone_name),
            number_of_mount_targets: described.number_of_mount_targets,
            size_in_bytes: described.size_in_bytes.map(|size| size.value),
            replication_overwrite_protection: described
                .file_system_protection
                .and_then(|protection| protection.replication_overwrite_protection)
                .map(|protection| protection.as_str().to_owned()),
            tags: read_tags(described.tags),
        }
    }
}

/// What a file system is created with.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFileSystem {
    /// 1–64 characters; makes the call repeatable.
    pub creation_token: String,
    /// `generalPurpose` or `maxIO`.
    pub performance_mode: String,
    /// `bursting`, `provisioned` or `elastic`.
    pub throughput_mode: String,
    /// MiB/s, in mode `provisioned` only.
    pub provisioned_throughput_in_mibps: Option<f64>,
    /// Whether to encrypt at rest.
    pub encrypted: bool,
    /// Key to encrypt with; AWS's own key for EFS if absent.
    pub kms_key_id: Option<String>,
    /// The zone, for a One Zone file system.
    pub availability_zone_name: Option<String>,
    /// Whether automatic backups are on from the start.
    pub backup: bool,
    /// Tags set by the call itself.
    pub tags: Tags,
}

/// What came of a creation.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// A new file system.
    Created(Box<FileSystem>),
    /// One with this creation token exists; this is its ID.
    Exists(String),
}

/// Describes one file system. IAM: elasticfilesystem:DescribeFileSystems
pub async fn find_file_system_by_id(
    clients: &Clients,
    id: &str,
) -> Result<Option<FileSystem>, Error> {
    const OPERATION: &str = "DescribeFileSystems";
    let request = clients.efs().describe_file_systems().file_system_id(id);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    Ok(answer.and_then(|answer| answer.file_systems?.pop()).map(FileSystem::from))
}

/// Describes the file system with a creation token. IAM: elasticfilesystem:DescribeFileSystems
pub async fn find_file_system_by_creation_token(
    clients: &Clients,
    token: &str,
) -> Result<Option<FileSystem>, Error> {
    const OPERATION: &str = "DescribeFileSystems";
    let request = clients.efs().describe_file_systems().creation_token(token);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    // An endpoint that ignores the filter must not hand over somebody else's file system.
    let described = answer.and_then(|answer| answer.file_systems).unwrap_or_default();
    Ok(described.into_iter().find(|found| found.creation_token == token).map(FileSystem::from))
}

/// Describes all file systems of the region, page by page.
/// IAM: elasticfilesystem:DescribeFileSystems
pub async fn list_file_systems(clients: &Clients) -> Result<Vec<FileSystem>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let request = clients.efs().describe_file_systems().set_marker(marker.clone());
        let answer = request.send().await.map_err(failed("DescribeFileSystems"))?;
        let systems = answer.file_systems.unwrap_or_default();
        listed.extend(systems.into_iter().map(FileSystem::from));
        match answer.next_marker {
            Some(next) if !next.is_empty() && marker.as_ref() != Some(&next) => marker = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// What is created or updated; a new one may take a moment to be described.
fn arriving<T>(found: Option<T>, state: impl Fn(&T) -> &str) -> Seen<T> {
    const STATES: States = States { pending: &["creating", "updating"], target: &["available"] };
    match found {
        None => Seen::Pending("not visible".to_owned()),
        Some(found) => {
            let state = state(&found).to_owned();
            STATES.judge(&state, found)
        }
    }
}

/// What is deleted; it may be described for a while.
fn leaving<T>(found: Option<T>, state: impl Fn(&T) -> &str) -> Seen<()> {
    const STATES: States =
        States { pending: &["available", "updating", "deleting"], target: &["deleted"] };
    found.map_or(Seen::Done(()), |found| STATES.judge(state(&found), ()))
}

/// Waits until the file system is available after a creation or an update.
/// IAM: elasticfilesystem:DescribeFileSystems
pub async fn wait_file_system_available(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<FileSystem, Error> {
    let what = format!("file system {id} to become available");
    wait.until(Service::Efs, "DescribeFileSystems", &what, async || {
        Ok(arriving(find_file_system_by_id(clients, id).await?, |found| &found.state))
    })
    .await
}

/// Waits until the file system is gone. IAM: elasticfilesystem:DescribeFileSystems
pub async fn wait_file_system_deleted(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("file system {id} to be deleted");
    wait.until(Service::Efs, "DescribeFileSystems", &what, async || {
        Ok(leaving(find_file_system_by_id(clients, id).await?, |found| &found.state))
    })
    .await
}

/// Creates a file system; repeating the call with its token creates no second one.
/// IAM: elasticfilesystem:CreateFileSystem, elasticfilesystem:TagResource
pub async fn create_file_system(clients: &Clients, new: &NewFileSystem) -> Result<Created, Error> {
    const OPERATION: &str = "CreateFileSystem";
    let result = clients
        .efs()
        .create_file_system()
        .creation_token(&new.creation_token)
        .performance_mode(new.performance_mode.as_str().into())
        .throughput_mode(new.throughput_mode.as_str().into())
        .set_provisioned_throughput_in_mibps(new.provisioned_throughput_in_mibps)
        .encrypted(new.encrypted)
        .set_kms_key_id(new.kms_key_id.clone())
        .set_availability_zone_name(new.availability_zone_name.clone())
        .backup(new.backup)
        .set_tags(Some(write_tags(OPERATION, &new.tags)?))
        .send()
        .await;
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => {
            use aws_sdk_efs::operation::create_file_system::CreateFileSystemError as E;
            if let Some(E::FileSystemAlreadyExists(exists)) = error.as_service_error() {
                return Ok(Created::Exists(exists.file_system_id.clone()));
            }
            return Err(failed(OPERATION)(error));
        }
    };
    Ok(Created::Created(Box::new(FileSystem {
        id: answer.file_system_id,
        arn: answer.file_system_arn,
        owner_id: answer.owner_id,
        creation_token: answer.creation_token,
        state: answer.life_cycle_state.as_str().to_owned(),
        name: answer.name,
        performance_mode: answer.performance_mode.as_str().to_owned(),
        throughput_mode: answer.throughput_mode.map(|mode| mode.as_str().to_owned()),
        provisioned_throughput_in_mibps: answer.provisioned_throughput_in_mibps,
        encrypted: answer.encrypted.unwrap_or(false),
        kms_key_id: error::non_empty(answer.kms_key_id),
        availability_zone_name: error::non_empty(answer.availability_zone_name),
        number_of_mount_targets: answer.number_of_mount_targets,
        size_in_bytes: answer.size_in_bytes.map(|size| size.value),
        replication_overwrite_protection: answer
            .file_system_protection
            .and_then(|protection| protection.replication_overwrite_protection)
            .map(|protection| protection.as_str().to_owned()),
        tags: read_tags(answer.tags),
    })))
}

/// Sets the throughput mode. AWS refuses a change of mode or a decrease within 24 hours of
/// switching to `provisioned` or raising it: code `TooManyRequests`, [`Kind::Quota`], not to be
/// repeated. IAM: elasticfilesystem:UpdateFileSystem
pub async fn update_throughput(
    clients: &Clients,
    id: &str,
    mode: &str,
    provisioned_in_mibps: Option<f64>,
) -> Result<(), Error> {
    const OPERATION: &str = "UpdateFileSystem";
    clients
        .efs()
        .update_file_system()
        .file_system_id(id)
        .throughput_mode(mode.into())
        .set_provisioned_throughput_in_mibps(provisioned_in_mibps)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Sets tags of a file system or an access point. IAM: elasticfilesystem:TagResource
pub async fn set_tags(clients: &Clients, id: &str, tags: &Tags) -> Result<(), Error> {
    const OPERATION: &str = "TagResource";
    let tags = write_tags(OPERATION, tags)?;
    let request = clients.efs().tag_resource().resource_id(id).set_tags(Some(tags));
    request.send().await.map_err(failed(OPERATION))?;
    Ok(())
}

/// Removes tags of a file system or an access point. IAM: elasticfilesystem:UntagResource
pub async fn remove_tags(clients: &Clients, id: &str, keys: &[String]) -> Result<(), Error> {
    const OPERATION: &str = "UntagResource";
    let request = clients.efs().untag_resource().resource_id(id).set_tag_keys(Some(keys.to_vec()));
    request.send().await.map_err(failed(OPERATION))?;
    Ok(())
}

/// Makes the calls of `changes`, none if there are none.
/// IAM: elasticfilesystem:TagResource, elasticfilesystem:UntagResource
pub async fn change_tags(clients: &Clients, id: &str, changes: &TagChanges) -> Result<(), Error> {
    if !changes.set.is_empty() {
        set_tags(clients, id, &changes.set).await?;
    }
    if !changes.remove.is_empty() {
        remove_tags(clients, id, &changes.remove).await?;
    }
    Ok(())
}

/// Deletes a file system. It must have no mount targets and no replication: `FileSystemInUse`.
/// IAM: elasticfilesystem:DeleteFileSystem
pub async fn delete_file_system(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.efs().delete_file_system().file_system_id(id);
    error::gone(request.send().await.map_err(failed("DeleteFileSystem")))
}

fn read_tags(tags: Vec<Tag>) -> Tags {
    tags::collect(tags.into_iter().map(|tag| (tag.key, tag.value)))
}

fn write_tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>, Error> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(unbuildable(operation))
}

/// A required member is missing; the functions here always set them.
fn unbuildable(operation: &'static str) -> impl FnOnce(aws_sdk_efs::error::BuildError) -> Error {
    move |error| {
        let message = "the request could not be built";
        Error::new(Service::Efs, operation, Kind::Invalid, message).with_source(error)
    }
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::Efs, operation, CODES)
}

/// <https://docs.aws.amazon.com/efs/latest/ug/API_Operations.html>, "Errors" of each operation.
const CODES: &[(&str, Kind)] = &[
    ("AccessPointNotFound", Kind::NotFound),
    ("FileSystemNotFound", Kind::NotFound),
    ("MountTargetNotFound", Kind::NotFound),
    ("PolicyNotFound", Kind::NotFound),
    ("ReplicationNotFound", Kind::NotFound),
    ("AccessPointAlreadyExists", Kind::Conflict),
    ("ConflictException", Kind::Conflict),
    ("DependencyTimeout", Kind::Conflict),
    ("FileSystemAlreadyExists", Kind::Conflict),
    ("FileSystemInUse", Kind::Conflict),
    ("IncorrectFileSystemLifeCycleState", Kind::Conflict),
    ("IncorrectMountTargetState", Kind::Conflict),
    ("IpAddressInUse", Kind::Conflict),
    ("MountTargetConflict", Kind::Conflict),
    ("ReplicationAlreadyExists", Kind::Conflict),
    ("AccessPointLimitExceeded", Kind::Quota),
    ("FileSystemLimitExceeded", Kind::Quota),
    ("InsufficientThroughputCapacity", Kind::Quota),
    ("NetworkInterfaceLimitExceeded", Kind::Quota),
    ("NoFreeAddressesInSubnet", Kind::Quota),
    ("SecurityGroupLimitExceeded", Kind::Quota),
    ("ThroughputLimitExceeded", Kind::Quota),
    // The 24-hour rule of UpdateFileSystem: a limit of the object, not throttling.
    ("TooManyRequests", Kind::Quota),
    ("AvailabilityZonesMismatch", Kind::Invalid),
    ("InvalidPolicyException", Kind::Invalid),
    // Named by the request but not what the request is about, hence not NotFound.
    ("SecurityGroupNotFound", Kind::Invalid),
    ("SubnetNotFound", Kind::Invalid),
    ("UnsupportedAvailabilityZone", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_24_hour_rule_is_a_limit_and_not_throttling() {
        let kind = |code| CODES.iter().find(|(listed, _)| *listed == code).map(|(_, kind)| *kind);
        assert_eq!(kind("TooManyRequests"), Some(Kind::Quota));
        assert_eq!(kind("FileSystemNotFound"), Some(Kind::NotFound));
        assert_eq!(kind("SubnetNotFound"), Some(Kind::Invalid));
        assert_eq!(kind("ThrottlingException"), None);
    }
}
