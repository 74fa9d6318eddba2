//! `ebs_storage_class` and `ebs_persistent_volume`: manifests for the EBS CSI driver.

use super::texts;
use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::{Attribute, Type};
use crate::framework::value::{Dynamic, StringMap, Value, known_map};
use crate::model;
use crate::platform::defaults::{BLOCK_STORAGE, BLOCK_VOLUME};
use crate::platform::kubernetes::{
    ClaimName, EbsPersistentVolume, EbsStorageClass, ManifestProblem, driver_of_addon,
};

/// Every problem is one of the only argument.
fn refused(problem: &ManifestProblem) -> FunctionError {
    FunctionError::of(0, problem.to_string())
}

/// `ebs_storage_class(class)`.
#[derive(Debug)]
pub struct EbsStorageClassFunction;

model! {
    /// The argument.
    struct Class {
        name: Value<String>,
        provisioner: Value<String>,
        fs_type: Value<String>,
        iops: Value<i64>,
        iops_per_gb: Value<i64>,
        throughput: Value<i64>,
        encrypted: Value<bool>,
        kms_key_arn: Value<String>,
        volume_binding_mode: Value<String>,
        reclaim_policy: Value<String>,
        allow_volume_expansion: Value<bool>,
        is_default: Value<bool>,
        allowed_zones: Value<Vec<Value<String>>>,
        tags: Value<StringMap>,
        addon_version: Value<String>,
    }
}

fn class_attributes() -> Vec<Attribute> {
    let class = BLOCK_STORAGE.storage_class;
    vec![
        Attribute::string("name").default(class.name).describe("Name of the class."),
        Attribute::string("provisioner").default(class.provisioner).describe(
            "Name of the driver: `ebs.csi.aws.com`, `ebs.csi.eks.amazonaws.com` of EKS Auto Mode, \
             or `kubernetes.io/aws-ebs`, which Kubernetes only translates any more.",
        ),
        Attribute::string("fs_type")
            .default(class.fs_type)
            .describe("File system: `ext3`, `ext4` or `xfs`."),
        Attribute::number("iops")
            .default_text("`3000` without `iops_per_gb`")
            .describe("IOPS of every volume, 3,000 to 80,000. Not with `iops_per_gb`."),
        Attribute::number("iops_per_gb").describe(
            "IOPS for each GiB of a volume, 1 to 500. The driver raises what comes out to at \
             least 3,000.",
        ),
        Attribute::number("throughput")
            .default(i64::from(class.throughput))
            .describe("MiB/s of every volume, 125 to 2,000 and at most a quarter of the IOPS."),
        Attribute::bool("encrypted")
            .default(class.encrypted)
            .describe("Whether volumes are encrypted."),
        Attribute::string("kms_key_arn")
            .describe("ARN of the KMS key; without one, the key that AWS manages."),
        Attribute::string("volume_binding_mode")
            .default(class.volume_binding_mode)
            .describe("`WaitForFirstConsumer` or `Immediate`."),
        Attribute::string("reclaim_policy")
            .default(class.reclaim_policy)
            .describe("`Delete` or `Retain`."),
        Attribute::bool("allow_volume_expansion")
            .default(class.allow_volume_expansion)
            .describe("Whether claims may grow."),
        Attribute::bool("is_default")
            .default(class.is_default)
            .describe("Whether claims that name no class get this one."),
        Attribute::strings("allowed_zones")
            .describe("Availability zones of volumes; all without this."),
        Attribute::string_map("tags").describe("Tags of every volume."),
        Attribute::string("addon_version").default(BLOCK_STORAGE.addon_version).describe(
            "Version of the EKS add-on that reads the class. Drivers before 1.50.0 make no volume \
             of more than 16,000 IOPS, so a class that asks for more is refused.",
        ),
    ]
}

impl Function for EbsStorageClassFunction {
    fn name(&self) -> &'static str {
        "ebs_storage_class"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "The manifest of a StorageClass for the EBS CSI driver.",
            description: "The manifest of a StorageClass of gp3 volumes for the EBS CSI driver, \
                          with the platform's defaults, as YAML. The figures are checked against \
                          the limits of gp3 and of the driver. `{}` gives the platform's class.\n\n\
                          Parameters and provisioner of a class cannot be changed in Kubernetes: \
                          to change them, delete the class and make it again, which leaves its \
                          volumes alone.",
            parameters: vec![
                Parameter::object("class", class_attributes())
                    .describe("What the class shall be. Every attribute may be left out."),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The manifest as YAML.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let class: Class = arguments.take()?;
        let default_iops =
            class.iops_per_gb.is_null().then(|| i64::from(BLOCK_STORAGE.storage_class.iops));
        let driver = driver_of_addon(&class.addon_version.unwrap_or_default());
        let tags = known_map(&class.tags).unwrap_or_default();
        let class = EbsStorageClass {
            name: class.name.unwrap_or_default(),
            provisioner: class.provisioner.unwrap_or_default(),
            fs_type: class.fs_type.unwrap_or_default(),
            iops: class.iops.as_option().or(default_iops),
            iops_per_gb: class.iops_per_gb.as_option(),
            throughput: class.throughput.unwrap_or_default(),
            encrypted: class.encrypted.unwrap_or_default(),
            kms_key_arn: class.kms_key_arn.as_option(),
            volume_binding_mode: class.volume_binding_mode.unwrap_or_default(),
            reclaim_policy: class.reclaim_policy.unwrap_or_default(),
            allow_volume_expansion: class.allow_volume_expansion.unwrap_or_default(),
            is_default: class.is_default.unwrap_or_default(),
            allowed_zones: texts(class.allowed_zones),
            tags,
        };
        let manifest = driver.and_then(|driver| class.render(driver));
        manifest.map(Dynamic::String).map_err(|problem| refused(&problem))
    }
}

/// `ebs_persistent_volume(volume)`.
#[derive(Debug)]
pub struct EbsPersistentVolumeFunction;

model! {
    /// The argument.
    struct Wanted {
        name: Value<String>,
        volume_id: Value<String>,
        availability_zone: Value<String>,
        size: Value<i64>,
        fs_type: Value<String>,
        storage_class_name: Value<String>,
        reclaim_policy: Value<String>,
        claim: Value<Claim>,
    }
}

model! {
    /// The claim that the volume is for.
    struct Claim {
        namespace: Value<String>,
        name: Value<String>,
    }
}

fn volume_attributes() -> Vec<Attribute> {
    let claim = vec![
        Attribute::string("namespace").required().describe("Namespace of the claim."),
        Attribute::string("name").required().describe("Name of the claim."),
    ];
    vec![
        Attribute::string("name").required().describe("Name of the PersistentVolume."),
        Attribute::string("volume_id").required().describe("Id of the EBS volume."),
        Attribute::string("availability_zone").required().describe(
            "Zone of the EBS volume. Pods that use it are scheduled on nodes there only.",
        ),
        Attribute::number("size")
            .default(i64::from(BLOCK_VOLUME.size))
            .describe("Size of the EBS volume in GiB."),
        Attribute::string("fs_type")
            .default(BLOCK_VOLUME.fs_type)
            .describe("File system: `ext3`, `ext4` or `xfs`."),
        Attribute::string("storage_class_name")
            .default(BLOCK_STORAGE.storage_class.name)
            .describe("Class of the volume, the same as in its claim. Empty for none."),
        Attribute::string("reclaim_policy")
            .default(BLOCK_VOLUME.reclaim_policy)
            .describe("`Retain` or `Delete`."),
        Attribute::object("claim", claim).describe(
            "The claim that the volume is kept for. Without one, any claim of its class may take \
             it.",
        ),
    ]
}

impl Function for EbsPersistentVolumeFunction {
    fn name(&self) -> &'static str {
        "ebs_persistent_volume"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "The manifest of a PersistentVolume on an EBS volume that exists.",
            description: "The manifest of a PersistentVolume on an EBS volume that exists, as \
                          YAML. It is bound to the zone of the volume. The driver attaches only \
                          volumes that its role may use: with the policy AmazonEBSCSIDriverPolicyV2 \
                          these are the ones that carry the tag `ebs.csi.aws.com/cluster = true`.",
            parameters: vec![
                Parameter::object("volume", volume_attributes()).describe("The volume."),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The manifest as YAML.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let volume: Wanted = arguments.take()?;
        let volume = EbsPersistentVolume {
            name: volume.name.unwrap_or_default(),
            storage_class_name: volume.storage_class_name.unwrap_or_default(),
            size: volume.size.unwrap_or_default(),
            reclaim_policy: volume.reclaim_policy.unwrap_or_default(),
            volume_id: volume.volume_id.unwrap_or_default(),
            fs_type: volume.fs_type.unwrap_or_default(),
            availability_zone: volume.availability_zone.unwrap_or_default(),
            claim: volume.claim.as_option().map(|claim| ClaimName {
                namespace: claim.namespace.unwrap_or_default(),
                name: claim.name.unwrap_or_default(),
            }),
        };
        volume.render().map(Dynamic::String).map_err(|problem| refused(&problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::{call, object};

    #[test]
    fn nothing_said_is_the_platform_class() {
        let driver = driver_of_addon(BLOCK_STORAGE.addon_version).unwrap();
        let platform = EbsStorageClass::platform().render(driver).unwrap();
        assert_eq!(call(&EbsStorageClassFunction, vec![object([])]), Ok(Dynamic::String(platform)));
    }

    #[test]
    fn what_is_said_reaches_the_manifest() {
        let class = object([
            ("name", Dynamic::from("fast")),
            ("iops_per_gb", Dynamic::from("50")),
            ("allowed_zones", Dynamic::List(vec![Dynamic::from("us-east-1a")])),
            ("tags", object([("team", Dynamic::from("data"))])),
            ("is_default", Dynamic::from(true)),
        ]);
        let Dynamic::String(text) = call(&EbsStorageClassFunction, vec![class]).unwrap() else {
            panic!("no text")
        };
        for part in [
            "  name: fast\n",
            "iopsPerGB: \"50\"",
            "- us-east-1a\n",
            "tagSpecification_1: team=data",
            "is-default-class: \"true\"",
        ] {
            assert!(text.contains(part), "no {part}\n{text}");
        }
        assert!(!text.contains("  iops:"), "{text}");
    }

    #[test]
    fn what_the_driver_would_not_do_is_refused() {
        for (class, text) in [
            (object([("iops", Dynamic::from(20_000))]), "iops = 20000: version 1.42.0 of the EBS"),
            (object([("iops", Dynamic::from(100))]), "iops = 100: a gp3 volume has"),
            (object([("throughput", Dynamic::from(800))]), "throughput = 800 MiB/s is too much"),
            (
                object([("addon_version", Dynamic::from("latest"))]),
                "\"latest\" is not a version of the add-on",
            ),
            (object([("iop", Dynamic::from(1))]), "iop is no attribute here; the attributes are"),
        ] {
            let refused = call(&EbsStorageClassFunction, vec![class]).unwrap_err();
            assert_eq!(refused.argument, Some(0));
            assert!(refused.text.starts_with(text), "{}", refused.text);
        }
        let newer = object([
            ("iops", Dynamic::from(20_000)),
            ("addon_version", Dynamic::from("v1.58.0-eksbuild.1")),
        ]);
        assert!(call(&EbsStorageClassFunction, vec![newer]).is_ok());
    }

    #[test]
    fn a_volume_is_rendered_for_its_claim_and_zone() {
        let claim = object([
            ("namespace", Dynamic::from("databases")),
            ("name", Dynamic::from("data-postgres-0")),
        ]);
        let volume = object([
            ("name", Dynamic::from("postgres-0")),
            ("volume_id", Dynamic::from("vol-0123456789abcdef0")),
            ("availability_zone", Dynamic::from("us-east-1a")),
            ("claim", claim),
        ]);
        let Dynamic::String(text) = call(&EbsPersistentVolumeFunction, vec![volume]).unwrap()
        else {
            panic!("no text")
        };
        for part in [
            "storage: 200Gi",
            "storageClassName: gp3-sc",
            "persistentVolumeReclaimPolicy: Retain",
            "    name: data-postgres-0\n",
            "- us-east-1a\n",
        ] {
            assert!(text.contains(part), "no {part}\n{text}");
        }
    }

    #[test]
    fn a_volume_without_its_id_is_refused() {
        let refused = call(&EbsPersistentVolumeFunction, vec![object([])]).unwrap_err();
        assert_eq!(refused.text, "name is required, and is null here. Give it a value.");
        let volume = object([
            ("name", Dynamic::from("postgres-0")),
            ("volume_id", Dynamic::from("postgres")),
            ("availability_zone", Dynamic::from("us-east-1a")),
        ]);
        let refused = call(&EbsPersistentVolumeFunction, vec![volume]).unwrap_err();
        assert!(refused.text.starts_with("\"postgres\" is not an EBS volume id"));
    }
}
