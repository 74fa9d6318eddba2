//! Kubernetes manifests for the EFS and EBS CSI drivers.
//!
//! Promise: a manifest that is rendered is one that the named driver accepts. Parameters are
//! gated by the driver's version, values that YAML would read as numbers or booleans are quoted,
//! and the same input gives the same text. Nothing here talks to a cluster: the platform's
//! clusters answer inside their network only, so manifests are outputs.

mod driver;
mod ebs;
mod storage_class;
mod volume;

use serde::{Serialize, Serializer};

use super::gp3::Gp3Problem;
use super::naming::FormProblem;

pub use driver::{ChartDriver, DriverVersion, check_parameter, driver_for_chart};
pub use ebs::{
    ClaimName, EBS_AUTO_MODE_PROVISIONER, EBS_FILE_SYSTEMS, EBS_IN_TREE_PROVISIONER,
    EBS_PROVISIONER, EBS_PROVISIONERS, EbsPersistentVolume, EbsStorageClass, driver_of_addon,
};
pub use storage_class::EfsStorageClass;
pub use volume::{EfsPersistentVolume, VolumeHandle};

/// The name under which the driver registers.
pub const EFS_PROVISIONER: &str = "efs.csi.aws.com";

const RECLAIM_POLICIES: &[&str] = &["Delete", "Retain"];
const BINDING_MODES: &[&str] = &["Immediate", "WaitForFirstConsumer"];

/// Why a manifest is not rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestProblem {
    /// A name, id, path or permission of the wrong form.
    #[error(transparent)]
    Form(#[from] FormProblem),
    /// Size, IOPS or throughput that no gp3 volume has.
    #[error(transparent)]
    Gp3(#[from] Gp3Problem),
    /// A text that is not a version of the EKS add-on.
    #[error("\"{value}\" is not a version of the add-on; write it as \"v1.42.0-eksbuild.1\"")]
    NotAnAddonVersion {
        /// The text as given.
        value: String,
    },
    /// IOPS both in all and for each GiB.
    #[error("iops and iops_per_gb are both set; set one of them")]
    TwoWaysOfIops,
    /// A ratio that gp3 does not have.
    #[error("iops_per_gb = {ratio}: a gp3 volume has 1 to {most} IOPS for each GiB")]
    IopsPerGb {
        /// The ratio.
        ratio: i64,
        /// The highest ratio.
        most: i64,
    },
    /// More IOPS than the driver asks EBS for.
    #[error(
        "iops = {iops}: version {driver} of the EBS CSI driver makes gp3 volumes of at most {most} \
         IOPS whatever the class says; lower iops to {most}, or use version {since} or newer of \
         the driver"
    )]
    CappedIops {
        /// IOPS.
        iops: i64,
        /// The driver version in use.
        driver: DriverVersion,
        /// What it makes of them.
        most: i64,
        /// The first driver version without the cap.
        since: DriverVersion,
    },
    /// A key for volumes that are not encrypted.
    #[error("kms_key_arn = \"{key}\" needs encrypted = true; set it, or remove kms_key_arn")]
    KeyWithoutEncryption {
        /// The key's ARN.
        key: String,
    },
    /// A tag that the driver would refuse.
    #[error("tag \"{key}\" cannot be put on volumes: {rule}")]
    VolumeTag {
        /// The tag's key.
        key: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A text that is not a version.
    #[error("\"{value}\" is not a version; write it as \"3.1.8\"")]
    NotAVersion {
        /// The text as given.
        value: String,
    },
    /// A chart older than any whose driver is known here.
    #[error(
        "chart version {chart} of the EFS CSI driver is older than {oldest}, the oldest this \
         provider knows; use the platform's {default} or a newer one"
    )]
    ChartTooOld {
        /// The chart version as given.
        chart: String,
        /// The oldest known chart version.
        oldest: String,
        /// The platform's default.
        default: &'static str,
    },
    /// A parameter newer than the driver.
    #[error(
        "StorageClass parameter \"{parameter}\" exists since version {since} of the EFS CSI \
         driver, and the driver here is {driver}; remove the parameter, or raise \
         csi_chart_version to {chart} or newer"
    )]
    ParameterTooNew {
        /// The parameter.
        parameter: String,
        /// The first driver version that knows it.
        since: DriverVersion,
        /// The driver version in use.
        driver: DriverVersion,
        /// The first chart version that carries such a driver.
        chart: DriverVersion,
    },
    /// A parameter that no known driver has.
    #[error(
        "\"{parameter}\" is not a StorageClass parameter of the EFS CSI driver {driver}; check \
         its spelling"
    )]
    UnknownParameter {
        /// The parameter.
        parameter: String,
        /// The driver version in use.
        driver: DriverVersion,
    },
    /// A parameter that has its own attribute.
    #[error(
        "StorageClass parameter \"{parameter}\" is written by the provider; use the attribute for \
         it instead of an additional parameter"
    )]
    ReservedParameter {
        /// The parameter.
        parameter: String,
    },
    /// Only one of two settings that belong together.
    #[error("{given} is set without {missing}; set both or neither")]
    Incomplete {
        /// The attribute that is set.
        given: &'static str,
        /// The attribute that is missing.
        missing: &'static str,
    },
    /// A range of group ids that is empty or wider than access points can be.
    #[error(
        "gid_range_start = {start} and gid_range_end = {end} do not make a usable range: the end \
         must lie above the start, and by at most 10000, the access points of a file system"
    )]
    GidRange {
        /// The first group id.
        start: u32,
        /// The last group id.
        end: u32,
    },
    /// A value outside a closed set.
    #[error("{attribute} \"{value}\" is not known; use {}", allowed.join(" or "))]
    NotOneOf {
        /// The attribute.
        attribute: &'static str,
        /// The value as given.
        value: String,
        /// The closed set.
        allowed: &'static [&'static str],
    },
    /// A capacity that is not a Kubernetes quantity.
    #[error(
        "capacity \"{value}\" is not a storage quantity; write a whole number with a unit, for \
         example \"5Gi\" (EFS ignores the size, Kubernetes requires one)"
    )]
    Capacity {
        /// The text as given.
        value: String,
    },
    /// A text that is not a volume handle.
    #[error(
        "\"{value}\" is not an EFS volume handle; write \"fs-id\", \"fs-id:/path\", \
         \"fs-id::fsap-id\" or \"fs-id:/path:fsap-id\""
    )]
    VolumeHandle {
        /// The text as given.
        value: String,
    },
    /// The serializer refused. No input is known to cause it.
    #[error("the manifest cannot be written as YAML: {reason}; this is a bug in the provider")]
    Render {
        /// What the serializer said.
        reason: String,
    },
}

/// Metadata of an object without a namespace.
#[derive(Debug, Serialize)]
struct Metadata<'a> {
    name: &'a str,
}

/// Parameters of a class, in order. Kubernetes takes strings only.
#[derive(Debug)]
struct StringParameters<N>(Vec<(N, String)>);

impl<N: Serialize> Serialize for StringParameters<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Writes a document as block-style YAML, long strings on one line, ambiguous strings quoted.
pub(super) fn to_yaml(document: &impl Serialize) -> Result<String, ManifestProblem> {
    let mut options = serde_saphyr::SerializerOptions::default();
    options.prefer_block_scalars = false;
    serde_saphyr::to_string_with_options(document, options)
        .map_err(|error| ManifestProblem::Render { reason: error.to_string() })
}

fn check_one_of(
    attribute: &'static str,
    value: &str,
    allowed: &'static [&'static str],
) -> Result<(), ManifestProblem> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(ManifestProblem::NotOneOf { attribute, value: value.to_owned(), allowed })
}

#[cfg(test)]
mod tests;
