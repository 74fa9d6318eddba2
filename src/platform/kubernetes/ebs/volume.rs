//! Static volumes on EBS, and their claims.

use serde::Serialize;

use super::super::{Metadata, RECLAIM_POLICIES, check_one_of, to_yaml};
use super::{EBS_FILE_SYSTEMS, EBS_PROVISIONER, ManifestProblem, ZONE_LABEL};
use crate::platform::defaults::BLOCK_VOLUME;
use crate::platform::gp3;
use crate::platform::naming::{Form, check};

/// A claim by its namespace and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimName {
    /// Namespace of the claim.
    pub namespace: String,
    /// Name of the claim.
    pub name: String,
}

/// A PersistentVolume on a volume that the driver did not make, and its claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EbsPersistentVolume {
    /// Name of the PersistentVolume.
    pub name: String,
    /// Class of the volume; empty for none, and then empty in the claim too.
    pub storage_class_name: String,
    /// GiB.
    pub size: i64,
    /// `Delete` or `Retain`.
    pub reclaim_policy: String,
    /// Id of the volume, `vol-…`.
    pub volume_id: String,
    /// One of [`EBS_FILE_SYSTEMS`].
    pub fs_type: String,
    /// The only zone whose nodes can attach the volume.
    pub availability_zone: String,
    /// The claim that the volume is kept for; without one, any claim of its class may take it.
    pub claim: Option<ClaimName>,
}

impl EbsPersistentVolume {
    /// Checks everything that does not need the volume's id, so that a plan can.
    pub fn check(&self) -> Result<(), ManifestProblem> {
        check(Form::DnsSubdomain, &self.name)?;
        if !self.storage_class_name.is_empty() {
            check(Form::DnsSubdomain, &self.storage_class_name)?;
        }
        gp3::check_size(self.size)?;
        check_one_of("reclaim_policy", &self.reclaim_policy, RECLAIM_POLICIES)?;
        check_one_of("fs_type", &self.fs_type, EBS_FILE_SYSTEMS)?;
        check(Form::AvailabilityZone, &self.availability_zone)?;
        if let Some(claim) = &self.claim {
            check(Form::DnsLabel, &claim.namespace)?;
            check(Form::DnsSubdomain, &claim.name)?;
        }
        Ok(())
    }

    /// The manifest of the volume as YAML.
    pub fn render(&self) -> Result<String, ManifestProblem> {
        self.check()?;
        check(Form::VolumeId, &self.volume_id)?;
        let zone = NodeSelectorRequirement {
            key: ZONE_LABEL,
            operator: "In",
            values: [&self.availability_zone],
        };
        to_yaml(&VolumeManifest {
            api_version: "v1",
            kind: "PersistentVolume",
            metadata: Metadata { name: &self.name },
            spec: VolumeSpec {
                capacity: Storage { storage: gibibytes(self.size) },
                volume_mode: "Filesystem",
                access_modes: [BLOCK_VOLUME.access_mode],
                persistent_volume_reclaim_policy: &self.reclaim_policy,
                storage_class_name: &self.storage_class_name,
                claim_ref: self.claim.as_ref().map(|claim| ClaimReference {
                    api_version: "v1",
                    kind: CLAIM_KIND,
                    namespace: &claim.namespace,
                    name: &claim.name,
                }),
                csi: Csi {
                    driver: EBS_PROVISIONER,
                    volume_handle: &self.volume_id,
                    fs_type: &self.fs_type,
                },
                node_affinity: NodeAffinity {
                    required: NodeSelector {
                        node_selector_terms: [NodeSelectorTerm { match_expressions: [zone] }],
                    },
                },
            },
        })
    }

    /// The manifest of the claim as YAML; `None` without one.
    pub fn render_claim(&self) -> Result<Option<String>, ManifestProblem> {
        self.check()?;
        let Some(claim) = &self.claim else { return Ok(None) };
        to_yaml(&ClaimManifest {
            api_version: "v1",
            kind: CLAIM_KIND,
            metadata: ClaimMetadata { name: &claim.name, namespace: &claim.namespace },
            spec: ClaimSpec {
                access_modes: [BLOCK_VOLUME.access_mode],
                volume_mode: "Filesystem",
                storage_class_name: &self.storage_class_name,
                volume_name: &self.name,
                resources: Resources { requests: Storage { storage: gibibytes(self.size) } },
            },
        })
        .map(Some)
    }
}

const CLAIM_KIND: &str = "PersistentVolumeClaim";

fn gibibytes(size: i64) -> String {
    format!("{size}Gi")
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct VolumeManifest<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata<'a>,
    spec: VolumeSpec<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct VolumeSpec<'a> {
    capacity: Storage,
    volume_mode: &'a str,
    access_modes: [&'a str; 1],
    persistent_volume_reclaim_policy: &'a str,
    storage_class_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim_ref: Option<ClaimReference<'a>>,
    csi: Csi<'a>,
    node_affinity: NodeAffinity<'a>,
}

#[derive(Debug, Serialize)]
struct Storage {
    storage: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimReference<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Csi<'a> {
    driver: &'a str,
    volume_handle: &'a str,
    fs_type: &'a str,
}

#[derive(Debug, Serialize)]
struct NodeAffinity<'a> {
    required: NodeSelector<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeSelector<'a> {
    node_selector_terms: [NodeSelectorTerm<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeSelectorTerm<'a> {
    match_expressions: [NodeSelectorRequirement<'a>; 1],
}

#[derive(Debug, Serialize)]
struct NodeSelectorRequirement<'a> {
    key: &'a str,
    operator: &'a str,
    values: [&'a str; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimManifest<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: ClaimMetadata<'a>,
    spec: ClaimSpec<'a>,
}

#[derive(Debug, Serialize)]
struct ClaimMetadata<'a> {
    name: &'a str,
    namespace: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimSpec<'a> {
    access_modes: [&'a str; 1],
    volume_mode: &'a str,
    storage_class_name: &'a str,
    volume_name: &'a str,
    resources: Resources,
}

#[derive(Debug, Serialize)]
struct Resources {
    requests: Storage,
}
