//! Static volumes on EFS, and the handles that name a volume.

use std::fmt;

use serde::Serialize;

use super::{EFS_PROVISIONER, ManifestProblem, Metadata, RECLAIM_POLICIES, check_one_of, to_yaml};
use crate::platform::naming::{Form, check, check_access_point_path};

/// What the driver mounts: a file system, a directory in it, or an access point.
/// <https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/README.md>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeHandle {
    /// `fs-…`.
    pub file_system_id: String,
    /// An absolute directory.
    pub path: Option<String>,
    /// `fsap-…`.
    pub access_point_id: Option<String>,
}

impl VolumeHandle {
    /// The handle of a whole file system.
    pub fn file_system(file_system_id: &str) -> Self {
        Self { file_system_id: file_system_id.to_owned(), path: None, access_point_id: None }
    }

    /// The handle of an access point.
    pub fn access_point(file_system_id: &str, access_point_id: &str) -> Self {
        let access_point_id = Some(access_point_id.to_owned());
        Self { access_point_id, ..Self::file_system(file_system_id) }
    }

    /// Reads `fs-id`, `fs-id:/path`, `fs-id::fsap-id` or `fs-id:/path:fsap-id`.
    pub fn parse(value: &str) -> Result<Self, ManifestProblem> {
        let mut parts = value.split(':');
        let file_system_id = parts.next().unwrap_or_default().to_owned();
        let path = parts.next().map(str::to_owned).filter(|path| !path.is_empty());
        let access_point_id = parts.next().map(str::to_owned);
        let handle = Self { file_system_id, path, access_point_id };
        // Written back it must be the same, or the text had a part too many or a stray colon.
        if handle.to_string() != value || handle.check().is_err() {
            return Err(ManifestProblem::VolumeHandle { value: value.to_owned() });
        }
        Ok(handle)
    }

    fn check(&self) -> Result<(), ManifestProblem> {
        check(Form::FileSystemId, &self.file_system_id)?;
        if let Some(path) = &self.path {
            check_access_point_path(path)?;
        }
        if let Some(access_point_id) = &self.access_point_id {
            check(Form::AccessPointId, access_point_id)?;
        }
        Ok(())
    }
}

impl fmt::Display for VolumeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file_system_id)?;
        match (&self.path, &self.access_point_id) {
            (None, None) => Ok(()),
            (Some(path), None) => write!(f, ":{path}"),
            (path, Some(access_point_id)) => {
                write!(f, ":{}:{access_point_id}", path.as_deref().unwrap_or_default())
            }
        }
    }
}

/// A PersistentVolume that is not made by the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EfsPersistentVolume {
    /// Name of the volume.
    pub name: String,
    /// Class of the volume; empty for none, and then empty in the claim too.
    pub storage_class_name: String,
    /// A quantity such as `5Gi`, which Kubernetes requires and EFS ignores.
    pub capacity: String,
    /// Options of the mount, in order.
    pub mount_options: Vec<String>,
    /// `Delete` or `Retain`.
    pub reclaim_policy: String,
    /// What is mounted.
    pub volume_handle: VolumeHandle,
}

impl EfsPersistentVolume {
    /// The manifest as YAML.
    pub fn render(&self) -> Result<String, ManifestProblem> {
        check(Form::DnsSubdomain, &self.name)?;
        if !self.storage_class_name.is_empty() {
            check(Form::DnsSubdomain, &self.storage_class_name)?;
        }
        check_capacity(&self.capacity)?;
        check_one_of("reclaim_policy", &self.reclaim_policy, RECLAIM_POLICIES)?;
        self.volume_handle.check()?;
        to_yaml(&Manifest {
            api_version: "v1",
            kind: "PersistentVolume",
            metadata: Metadata { name: &self.name },
            spec: Spec {
                capacity: Capacity { storage: &self.capacity },
                volume_mode: "Filesystem",
                access_modes: ["ReadWriteMany"],
                persistent_volume_reclaim_policy: &self.reclaim_policy,
                storage_class_name: &self.storage_class_name,
                mount_options: &self.mount_options,
                csi: Csi { driver: EFS_PROVISIONER, volume_handle: self.volume_handle.to_string() },
            },
        })
    }
}

/// A whole number above zero with an optional unit.
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
fn check_capacity(value: &str) -> Result<(), ManifestProblem> {
    const UNITS: [&str; 13] =
        ["", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = value.strip_prefix(digits).unwrap_or(value);
    let whole = digits.chars().all(|c| c.is_ascii_digit()) && digits.chars().any(|c| c != '0');
    if whole && UNITS.contains(&unit) {
        return Ok(());
    }
    Err(ManifestProblem::Capacity { value: value.to_owned() })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    capacity: Capacity<'a>,
    volume_mode: &'a str,
    access_modes: [&'a str; 1],
    persistent_volume_reclaim_policy: &'a str,
    storage_class_name: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mount_options: &'a [String],
    csi: Csi<'a>,
}

#[derive(Debug, Serialize)]
struct Capacity<'a> {
    storage: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Csi<'a> {
    driver: &'a str,
    volume_handle: String,
}
