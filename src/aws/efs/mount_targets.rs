//! Mount targets: the addresses a file system is reached at, one per availability zone.

use aws_sdk_efs::types::MountTargetDescription;

use super::{arriving, failed, leaving};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::wait::Wait;

/// A mount target as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountTarget {
    /// As in `fsmt-0123456789abcdef0`.
    pub id: String,
    /// Its file system.
    pub file_system_id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// `creating`, `available`, `updating`, `deleting`, `deleted` or `error`.
    pub state: String,
    /// Its IPv4 address, once known.
    pub ip_address: Option<String>,
    /// Its network interface, once known.
    pub network_interface_id: Option<String>,
    /// Zone name, such as `eu-west-1a`.
    pub availability_zone_name: Option<String>,
    /// Zone ID, such as `euw1-az1`, the same in every account.
    pub availability_zone_id: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
}

impl From<MountTargetDescription> for MountTarget {
    fn from(described: MountTargetDescription) -> Self {
        Self {
            id: described.mount_target_id,
            file_system_id: described.file_system_id,
            subnet_id: described.subnet_id,
            state: described.life_cycle_state.as_str().to_owned(),
            ip_address: described.ip_address,
            network_interface_id: described.network_interface_id,
            availability_zone_name: described.availability_zone_name,
            availability_zone_id: described.availability_zone_id,
            vpc_id: described.vpc_id,
        }
    }
}

/// Lists the mount targets of a file system; [`error::Kind::NotFound`] if there is no such file
/// system. IAM: elasticfilesystem:DescribeMountTargets
pub async fn list_mount_targets(
    clients: &Clients,
    file_system_id: &str,
) -> Result<Vec<MountTarget>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let answer = clients
            .efs()
            .describe_mount_targets()
            .file_system_id(file_system_id)
            .max_items(100)
            .set_marker(marker.clone())
            .send()
            .await
            .map_err(failed("DescribeMountTargets"))?;
        listed.extend(answer.mount_targets.unwrap_or_default().into_iter().map(Into::into));
        match answer.next_marker {
            Some(next) if !next.is_empty() && marker.as_ref() != Some(&next) => {
                marker = Some(next);
            }
            _ => return Ok(listed),
        }
    }
}

/// Describes one mount target. IAM: elasticfilesystem:DescribeMountTargets
pub async fn find_mount_target_by_id(
    clients: &Clients,
    id: &str,
) -> Result<Option<MountTarget>, Error> {
    let request = clients.efs().describe_mount_targets().mount_target_id(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeMountTargets")))?;
    Ok(answer.and_then(|answer| answer.mount_targets?.pop()).map(MountTarget::from))
}

/// Security groups of a mount target, sorted.
/// IAM: elasticfilesystem:DescribeMountTargetSecurityGroups
pub async fn find_security_groups(
    clients: &Clients,
    id: &str,
) -> Result<Option<Vec<String>>, Error> {
    let request = clients.efs().describe_mount_target_security_groups().mount_target_id(id);
    let result = request.send().await.map_err(failed("DescribeMountTargetSecurityGroups"));
    Ok(error::found(result)?.map(|answer| {
        let mut groups = answer.security_groups;
        groups.sort();
        groups
    }))
}

/// Waits until the mount target is available. IAM: elasticfilesystem:DescribeMountTargets
pub async fn wait_mount_target_available(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<MountTarget, Error> {
    let what = format!("mount target {id} to become available");
    wait.until(Service::Efs, "DescribeMountTargets", &what, async || {
        Ok(arriving(find_mount_target_by_id(clients, id).await?, |found| &found.state))
    })
    .await
}

/// Waits until the mount target is gone. IAM: elasticfilesystem:DescribeMountTargets
pub async fn wait_mount_target_deleted(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("mount target {id} to be deleted");
    wait.until(Service::Efs, "DescribeMountTargets", &what, async || {
        Ok(leaving(find_mount_target_by_id(clients, id).await?, |found| &found.state))
    })
    .await
}

/// Creates a mount target. There is no token: `MountTargetConflict` ([`error::Kind::Conflict`])
/// says that the zone has one already; list them to see whether it is the one wanted. Calls for
/// one file system and zone must not run at the same time.
/// IAM: elasticfilesystem:CreateMountTarget, ec2:DescribeSubnets,
/// ec2:DescribeNetworkInterfaces, ec2:CreateNetworkInterface
pub async fn create_mount_target(
    clients: &Clients,
    file_system_id: &str,
    subnet_id: &str,
    security_group_ids: &[String],
) -> Result<MountTarget, Error> {
    let answer = clients
        .efs()
        .create_mount_target()
        .file_system_id(file_system_id)
        .subnet_id(subnet_id)
        .set_security_groups((!security_group_ids.is_empty()).then(|| security_group_ids.to_vec()))
        .send()
        .await
        .map_err(failed("CreateMountTarget"))?;
    Ok(MountTarget {
        id: answer.mount_target_id,
        file_system_id: answer.file_system_id,
        subnet_id: answer.subnet_id,
        state: answer.life_cycle_state.as_str().to_owned(),
        ip_address: answer.ip_address,
        network_interface_id: answer.network_interface_id,
        availability_zone_name: answer.availability_zone_name,
        availability_zone_id: answer.availability_zone_id,
        vpc_id: answer.vpc_id,
    })
}

/// Replaces the security groups of a mount target.
/// IAM: elasticfilesystem:ModifyMountTargetSecurityGroups, ec2:ModifyNetworkInterfaceAttribute
pub async fn set_security_groups(
    clients: &Clients,
    id: &str,
    security_group_ids: &[String],
) -> Result<(), Error> {
    let request = clients
        .efs()
        .modify_mount_target_security_groups()
        .mount_target_id(id)
        .set_security_groups(Some(security_group_ids.to_vec()));
    request.send().await.map_err(failed("ModifyMountTargetSecurityGroups"))?;
    Ok(())
}

/// Deletes a mount target; whoever has mounted through it is cut off.
/// IAM: elasticfilesystem:DeleteMountTarget, ec2:DeleteNetworkInterface
pub async fn delete_mount_target(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.efs().delete_mount_target().mount_target_id(id);
    error::gone(request.send().await.map_err(failed("DeleteMountTarget")))
}
