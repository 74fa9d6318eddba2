//! The StorageClass of the EFS CSI driver.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    BINDING_MODES, DriverVersion, EFS_PROVISIONER, ManifestProblem, Metadata, RECLAIM_POLICIES,
    StringParameters, check_one_of, check_parameter, to_yaml,
};
use crate::platform::defaults::SHARED_STORAGE;
use crate::platform::naming::{
    Form, check, check_access_point_path, check_access_point_permissions,
};

/// The most access points, and so the most group ids, of one file system.
/// <https://docs.aws.amazon.com/efs/latest/ug/limits.html>
const MAX_ACCESS_POINTS: u32 = 10_000;

/// Parameters that follow from the attributes and are never additional.
const OWN_PARAMETERS: [&str; 13] = [
    "provisioningMode",
    "fileSystemId",
    "fileSystemIdConfigRef",
    "fileSystemIdSecretRef",
    "directoryPerms",
    "uid",
    "gid",
    "gidRangeStart",
    "gidRangeEnd",
    "basePath",
    "subPathPattern",
    "ensureUniqueDirectory",
    "reuseAccessPoint",
];

/// A StorageClass that makes one access point for each claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EfsStorageClass {
    /// Name of the class.
    pub name: String,
    /// Id of the file system, `fs-…`.
    pub file_system_id: String,
    /// Octal permissions of each new directory.
    pub directory_perms: String,
    /// Options of every mount, in order.
    pub mount_options: Vec<String>,
    /// Owner of every directory; with `gid`.
    pub uid: Option<u32>,
    /// Group of every directory; with `uid`.
    pub gid: Option<u32>,
    /// First group id the driver hands out; with `gid_range_end`.
    pub gid_range_start: Option<u32>,
    /// Last group id the driver hands out; with `gid_range_start`.
    pub gid_range_end: Option<u32>,
    /// Directory under which the driver makes its directories.
    pub base_path: Option<String>,
    /// Pattern of directory names, such as `${.PVC.namespace}/${.PVC.name}`.
    pub sub_path_pattern: Option<String>,
    /// Whether a unique part is appended to the pattern.
    pub ensure_unique_directory: Option<bool>,
    /// Whether a claim of the same name finds its access point again.
    pub reuse_access_point: Option<bool>,
    /// `Delete` or `Retain`.
    pub reclaim_policy: String,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub volume_binding_mode: String,
    /// Further parameters of the driver, checked against its version.
    pub additional_parameters: BTreeMap<String, String>,
}

impl EfsStorageClass {
    /// The platform's class for one file system.
    pub fn platform(file_system_id: &str) -> Self {
        let class = SHARED_STORAGE.storage_class;
        Self {
            name: class.name.to_owned(),
            file_system_id: file_system_id.to_owned(),
            directory_perms: class.directory_perms.to_owned(),
            mount_options: class.mount_options.iter().map(|o| (*o).to_owned()).collect(),
            uid: None,
            gid: None,
            gid_range_start: None,
            gid_range_end: None,
            base_path: None,
            sub_path_pattern: None,
            ensure_unique_directory: None,
            reuse_access_point: None,
            reclaim_policy: class.reclaim_policy.to_owned(),
            volume_binding_mode: class.volume_binding_mode.to_owned(),
            additional_parameters: BTreeMap::new(),
        }
    }

    /// Checks everything that does not need the file system's id, so that a plan can.
    pub fn check(&self, driver: DriverVersion) -> Result<(), ManifestProblem> {
        check(Form::DnsSubdomain, &self.name)?;
        check_access_point_permissions(&self.directory_perms)?;
        if let Some(path) = &self.base_path {
            check_access_point_path(path)?;
        }
        check_one_of("reclaim_policy", &self.reclaim_policy, RECLAIM_POLICIES)?;
        check_one_of("volume_binding_mode", &self.volume_binding_mode, BINDING_MODES)?;
        both("uid", self.uid, "gid", self.gid)?;
        let range =
            both("gid_range_start", self.gid_range_start, "gid_range_end", self.gid_range_end)?;
        if let Some((start, end)) = range
            && !(start < end && end - start <= MAX_ACCESS_POINTS)
        {
            return Err(ManifestProblem::GidRange { start, end });
        }
        for name in self.additional_parameters.keys() {
            if OWN_PARAMETERS.contains(&name.as_str()) {
                return Err(ManifestProblem::ReservedParameter { parameter: name.clone() });
            }
        }
        self.parameters().iter().try_for_each(|(name, _)| check_parameter(name, driver))
    }

    /// The manifest as YAML, for the given driver.
    pub fn render(&self, driver: DriverVersion) -> Result<String, ManifestProblem> {
        self.check(driver)?;
        check(Form::FileSystemId, &self.file_system_id)?;
        to_yaml(&Manifest {
            api_version: "storage.k8s.io/v1",
            kind: "StorageClass",
            metadata: Metadata { name: &self.name },
            provisioner: EFS_PROVISIONER,
            parameters: StringParameters(self.parameters()),
            mount_options: &self.mount_options,
            reclaim_policy: &self.reclaim_policy,
            volume_binding_mode: &self.volume_binding_mode,
        })
    }

    /// Every parameter in the order of the manifest. Kubernetes takes strings only.
    fn parameters(&self) -> Vec<(&str, String)> {
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        let flag = |b: Option<bool>| b.map(|b| b.to_string());
        let own = [
            ("provisioningMode", Some(SHARED_STORAGE.storage_class.provisioning_mode.to_owned())),
            ("fileSystemId", Some(self.file_system_id.clone())),
            ("directoryPerms", Some(self.directory_perms.clone())),
            ("uid", number(self.uid)),
            ("gid", number(self.gid)),
            ("gidRangeStart", number(self.gid_range_start)),
            ("gidRangeEnd", number(self.gid_range_end)),
            ("basePath", self.base_path.clone()),
            ("subPathPattern", self.sub_path_pattern.clone()),
            ("ensureUniqueDirectory", flag(self.ensure_unique_directory)),
            ("reuseAccessPoint", flag(self.reuse_access_point)),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let additional =
            self.additional_parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
        own.chain(additional).collect()
    }
}

/// Both values, neither, or the complaint that one is missing.
fn both(
    first: &'static str,
    first_value: Option<u32>,
    second: &'static str,
    second_value: Option<u32>,
) -> Result<Option<(u32, u32)>, ManifestProblem> {
    match (first_value, second_value) {
        (Some(one), Some(two)) => Ok(Some((one, two))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ManifestProblem::Incomplete { given: first, missing: second }),
        (None, Some(_)) => Err(ManifestProblem::Incomplete { given: second, missing: first }),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata<'a>,
    provisioner: &'a str,
    parameters: StringParameters<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mount_options: &'a [String],
    reclaim_policy: &'a str,
    volume_binding_mode: &'a str,
}
