//! Manifests for the EBS CSI driver.
//!
//! Promise: the volumes that a rendered class asks for are volumes that EBS makes, and that the
//! named driver asks EBS for as written: a driver that would cut the IOPS is told before.

mod storage_class;
mod volume;

use super::{DriverVersion, ManifestProblem};

pub use storage_class::EbsStorageClass;
pub use volume::{ClaimName, EbsPersistentVolume};

/// The name under which the driver of the EKS add-on registers.
pub const EBS_PROVISIONER: &str = "ebs.csi.aws.com";
/// The driver that clusters in EKS Auto Mode bring.
pub const EBS_AUTO_MODE_PROVISIONER: &str = "ebs.csi.eks.amazonaws.com";
/// The name of the code that left Kubernetes in 1.27; a translation layer still answers to it.
pub const EBS_IN_TREE_PROVISIONER: &str = "kubernetes.io/aws-ebs";

/// Names a class may give as its provisioner.
pub const EBS_PROVISIONERS: &[&str] =
    &[EBS_PROVISIONER, EBS_AUTO_MODE_PROVISIONER, EBS_IN_TREE_PROVISIONER];
/// File systems that volumes are formatted with; the driver minds their case.
pub const EBS_FILE_SYSTEMS: &[&str] = &["ext3", "ext4", "xfs"];

/// The label of nodes that names their zone.
const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// The driver in a version of the EKS add-on, such as `v1.42.0-eksbuild.1`.
pub fn driver_of_addon(version: &str) -> Result<DriverVersion, ManifestProblem> {
    let problem = || ManifestProblem::NotAnAddonVersion { value: version.to_owned() };
    let driver = match version.split_once("-eksbuild.") {
        Some((driver, build)) if build.chars().all(|c| c.is_ascii_digit()) => driver,
        Some(_) => return Err(problem()),
        None => version,
    };
    DriverVersion::parse(driver).map_err(|_| problem())
}

#[cfg(test)]
mod tests;
