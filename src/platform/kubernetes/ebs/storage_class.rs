//! The StorageClass of the EBS CSI driver.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{BINDING_MODES, RECLAIM_POLICIES, StringParameters, check_one_of, to_yaml};
use super::{
    DriverVersion, EBS_AUTO_MODE_PROVISIONER, EBS_FILE_SYSTEMS, EBS_IN_TREE_PROVISIONER,
    EBS_PROVISIONER, EBS_PROVISIONERS, ManifestProblem, ZONE_LABEL,
};
use crate::platform::defaults::BLOCK_STORAGE;
use crate::platform::gp3;
use crate::platform::naming::{Form, check};

/// Drivers before this one cut gp3 volumes down to [`CAPPED_IOPS`], saying so in their log only.
/// <https://github.com/kubernetes-sigs/aws-ebs-csi-driver/pull/2682>
const FIRST_UNCAPPED_DRIVER: DriverVersion = DriverVersion { major: 1, minor: 50, patch: 0 };
const CAPPED_IOPS: i64 = 16_000;

const DEFAULT_CLASS_ANNOTATION: &str = "storageclass.kubernetes.io/is-default-class";

/// Tag keys that the driver writes itself, or refuses.
/// <https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/tagging.md>
const DRIVER_TAG_KEYS: [&str; 3] =
    ["CSIVolumeName", "CSIVolumeSnapshotName", "ebs.csi.aws.com/cluster"];
const DRIVER_TAG_PREFIXES: [&str; 2] = ["aws:", "kubernetes.io"];
const MAX_TAG_KEY_LENGTH: usize = 128;
const MAX_TAG_VALUE_LENGTH: usize = 256;

/// A StorageClass of gp3 volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EbsStorageClass {
    /// Name of the class.
    pub name: String,
    /// One of [`EBS_PROVISIONERS`].
    pub provisioner: String,
    /// One of [`EBS_FILE_SYSTEMS`].
    pub fs_type: String,
    /// IOPS of every volume; not with `iops_per_gb`.
    pub iops: Option<i64>,
    /// IOPS for each GiB of a volume, at least the baseline; not with `iops`.
    pub iops_per_gb: Option<i64>,
    /// MiB/s of every volume.
    pub throughput: i64,
    /// Whether volumes are encrypted.
    pub encrypted: bool,
    /// The KMS key; without one, the AWS managed key.
    pub kms_key_arn: Option<String>,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub volume_binding_mode: String,
    /// `Delete` or `Retain`.
    pub reclaim_policy: String,
    /// Whether claims may grow.
    pub allow_volume_expansion: bool,
    /// Whether claims that name no class get this one.
    pub is_default: bool,
    /// Zones that volumes may be made in; all when empty.
    pub allowed_zones: Vec<String>,
    /// Tags of every volume.
    pub tags: BTreeMap<String, String>,
}

impl EbsStorageClass {
    /// The platform's class.
    pub fn platform() -> Self {
        let class = BLOCK_STORAGE.storage_class;
        Self {
            name: class.name.to_owned(),
            provisioner: class.provisioner.to_owned(),
            fs_type: class.fs_type.to_owned(),
            iops: Some(i64::from(class.iops)),
            iops_per_gb: None,
            throughput: i64::from(class.throughput),
            encrypted: class.encrypted,
            kms_key_arn: None,
            volume_binding_mode: class.volume_binding_mode.to_owned(),
            reclaim_policy: class.reclaim_policy.to_owned(),
            allow_volume_expansion: class.allow_volume_expansion,
            is_default: class.is_default,
            allowed_zones: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Checks the class for the given driver.
    pub fn check(&self, driver: DriverVersion) -> Result<(), ManifestProblem> {
        check(Form::DnsSubdomain, &self.name)?;
        check_one_of("provisioner", &self.provisioner, EBS_PROVISIONERS)?;
        check_one_of("fs_type", &self.fs_type, EBS_FILE_SYSTEMS)?;
        check_one_of("reclaim_policy", &self.reclaim_policy, RECLAIM_POLICIES)?;
        check_one_of("volume_binding_mode", &self.volume_binding_mode, BINDING_MODES)?;
        self.check_performance(driver)?;
        if let Some(key) = &self.kms_key_arn {
            check(Form::KeyArn, key)?;
            if !self.encrypted {
                return Err(ManifestProblem::KeyWithoutEncryption { key: key.clone() });
            }
        }
        for zone in &self.allowed_zones {
            check(Form::AvailabilityZone, zone)?;
        }
        self.tags.iter().try_for_each(|(key, value)| check_tag(key, value))
    }

    fn check_performance(&self, driver: DriverVersion) -> Result<(), ManifestProblem> {
        gp3::check_throughput(self.throughput)?;
        match (self.iops, self.iops_per_gb) {
            (Some(_), Some(_)) => return Err(ManifestProblem::TwoWaysOfIops),
            (Some(iops), None) => {
                gp3::check_iops(iops)?;
                gp3::check_throughput_of_iops(self.throughput, iops)?;
                // Clusters in Auto Mode have a driver of their own, which EKS keeps up to date.
                let capped =
                    driver < FIRST_UNCAPPED_DRIVER && self.provisioner != EBS_AUTO_MODE_PROVISIONER;
                if capped && iops > CAPPED_IOPS {
                    let since = FIRST_UNCAPPED_DRIVER;
                    let most = CAPPED_IOPS;
                    return Err(ManifestProblem::CappedIops { iops, driver, most, since });
                }
            }
            (None, Some(ratio)) if !(1..=gp3::IOPS_PER_GIB).contains(&ratio) => {
                let most = gp3::IOPS_PER_GIB;
                return Err(ManifestProblem::IopsPerGb { ratio, most });
            }
            (None, Some(_)) => {}
            // Without either, volumes get the baseline.
            (None, None) => gp3::check_throughput_of_iops(self.throughput, gp3::BASELINE_IOPS)?,
        }
        Ok(())
    }

    /// What is worth a warning though Kubernetes takes it.
    pub fn warning(&self) -> Option<String> {
        (self.provisioner == EBS_IN_TREE_PROVISIONER).then(|| {
            format!(
                "provisioner = \"{EBS_IN_TREE_PROVISIONER}\" is the name of code that left \
                 Kubernetes in 1.27; volumes are made only because a translation layer passes \
                 them to {EBS_PROVISIONER}. Use \"{EBS_PROVISIONER}\" unless the cluster already \
                 has this class: the provisioner of a class cannot be changed, so the class must \
                 be deleted and made again, which leaves its volumes alone."
            )
        })
    }

    /// The manifest as YAML, for the given driver.
    pub fn render(&self, driver: DriverVersion) -> Result<String, ManifestProblem> {
        self.check(driver)?;
        let annotations =
            self.is_default.then(|| BTreeMap::from([(DEFAULT_CLASS_ANNOTATION, "true")]));
        let topologies = (!self.allowed_zones.is_empty()).then(|| {
            let zones = LabelValues { key: ZONE_LABEL, values: &self.allowed_zones };
            [Topology { match_label_expressions: [zones] }]
        });
        to_yaml(&ClassManifest {
            api_version: "storage.k8s.io/v1",
            kind: "StorageClass",
            metadata: ClassMetadata { name: &self.name, annotations },
            provisioner: &self.provisioner,
            parameters: StringParameters(self.parameters()),
            volume_binding_mode: &self.volume_binding_mode,
            reclaim_policy: &self.reclaim_policy,
            allow_volume_expansion: self.allow_volume_expansion,
            allowed_topologies: topologies,
        })
    }

    /// Every parameter in the order of the manifest. Kubernetes takes strings only.
    fn parameters(&self) -> Vec<(String, String)> {
        let fs_type_name = if self.provisioner == EBS_IN_TREE_PROVISIONER {
            "fsType"
        } else {
            "csi.storage.k8s.io/fstype"
        };
        let number = |n: Option<i64>| n.map(|n| n.to_string());
        let own = [
            ("type", Some(BLOCK_STORAGE.storage_class.r#type.to_owned())),
            (fs_type_name, Some(self.fs_type.clone())),
            ("iops", number(self.iops)),
            ("iopsPerGB", number(self.iops_per_gb)),
            // Else a claim too small for the baseline would wait for ever.
            ("allowAutoIOPSPerGBIncrease", self.iops_per_gb.map(|_| "true".to_owned())),
            ("throughput", Some(self.throughput.to_string())),
            ("encrypted", Some(self.encrypted.to_string())),
            ("kmsKeyId", self.kms_key_arn.clone()),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let tags = self.tags.iter().enumerate().map(|(index, (key, value))| {
            (format!("tagSpecification_{}", index + 1), format!("{key}={value}"))
        });
        own.chain(tags).collect()
    }
}

/// Checks a tag as the driver does; values may hold its `{{ .PVCName }}` templates.
fn check_tag(key: &str, value: &str) -> Result<(), ManifestProblem> {
    let rule = if key.is_empty() || key.chars().count() > MAX_TAG_KEY_LENGTH {
        "a key has 1 to 128 characters"
    } else if key.contains('=') {
        "the driver takes everything before the first \"=\" for the key, so a key has none"
    } else if DRIVER_TAG_KEYS.contains(&key)
        || DRIVER_TAG_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
    {
        "the key is the driver's own or reserved; choose another"
    } else if value.chars().count() > MAX_TAG_VALUE_LENGTH {
        "a value has at most 256 characters"
    } else {
        return Ok(());
    };
    Err(ManifestProblem::VolumeTag { key: key.to_owned(), rule })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClassManifest<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: ClassMetadata<'a>,
    provisioner: &'a str,
    parameters: StringParameters<String>,
    volume_binding_mode: &'a str,
    reclaim_policy: &'a str,
    allow_volume_expansion: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_topologies: Option<[Topology<'a>; 1]>,
}

#[derive(Debug, Serialize)]
struct ClassMetadata<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Topology<'a> {
    match_label_expressions: [LabelValues<'a>; 1],
}

#[derive(Debug, Serialize)]
struct LabelValues<'a> {
    key: &'a str,
    values: &'a [String],
}
