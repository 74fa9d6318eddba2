//! The attributes of `officeless_block_storage`. Every default comes from
//! [`crate::platform::defaults`].

use super::model::Model;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::platform::defaults::BLOCK_STORAGE as PLATFORM;
use crate::platform::gp3;
use crate::platform::kubernetes::{EBS_FILE_SYSTEMS, EBS_PROVISIONERS};
use crate::platform::naming::{self, Form};
use crate::resources::attributes;
use crate::resources::composite::Composite;

const DESCRIPTION: &str = include_str!("description.md");

/// The whole schema.
pub(super) fn schema() -> Schema {
    let mut attributes = Vec::new();
    attributes.extend(addon());
    attributes.extend(access());
    attributes.push(
        Attribute::object("storage_class", storage_class())
            .default_object()
            .describe("What `storage_class_manifest` renders."),
    );
    attributes.extend([
        attributes::region(),
        attributes::tags(),
        attributes::tags_all(),
        Model::TIMEOUTS.attribute(),
        attributes::data_classification(),
    ]);
    attributes.extend(outputs());
    Schema { version: 0, description: DESCRIPTION, attributes, blocks: Vec::new() }
}

/// A rule of `platform::naming` on a string.
fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

fn addon() -> Vec<Attribute> {
    vec![
        Attribute::string("cluster_name")
            .or_computed()
            .replaces()
            .default_text("the provider's cluster_name")
            .check(form(Form::ClusterName))
            .describe("EKS cluster that gets the driver. Changing it replaces the add-on."),
        Attribute::string("addon_version")
            .default(PLATFORM.addon_version)
            .check(Check::pattern(
                r"^v\d+\.\d+\.\d+-eksbuild\.\d+$",
                "must be a version of the add-on such as v1.42.0-eksbuild.1",
            ))
            .describe(
                "Version of the add-on `aws-ebs-csi-driver`. When planned it is checked against \
                 those EKS offers for the cluster's Kubernetes version.",
            ),
        Attribute::string("resolve_conflicts_on_create")
            .default(PLATFORM.resolve_conflicts_on_create)
            .check(Check::one_of(&["NONE", "OVERWRITE"]))
            .describe(
                "What becomes of a driver that is in the cluster already, installed by other \
                 means: `NONE` fails and tells, `OVERWRITE` takes it over.",
            ),
        Attribute::string("resolve_conflicts_on_update")
            .default(PLATFORM.resolve_conflicts_on_update)
            .check(Check::one_of(&["NONE", "OVERWRITE", "PRESERVE"]))
            .describe(
                "What becomes of settings that were changed in the cluster: `PRESERVE` keeps them, \
                 `OVERWRITE` puts them back, `NONE` may fail.",
            ),
        Attribute::string("configuration_values").check(Check::text(json_object)).describe(
            "Settings of the driver, JSON. When planned they are checked against the schema that \
             EKS gives for the version.",
        ),
        Attribute::bool("preserve").default(PLATFORM.preserve).describe(
            "Whether the driver stays in the cluster, unmanaged and with its role, when this is \
             destroyed.",
        ),
        Attribute::string("namespace")
            .default(PLATFORM.namespace)
            .replaces()
            .check(form(Form::DnsLabel))
            .describe(
                "Namespace the driver runs in. EKS cannot move an add-on: changing it replaces the \
                 add-on.",
            ),
        Attribute::string("wait_for")
            .default(PLATFORM.wait_for)
            .check(Check::one_of(&["active", "degraded_ok", "none"]))
            .describe(
                "What apply waits for. `active`: an add-on that is DEGRADED is told at once with \
                 its issues and leaves `status` incomplete; a create then ends with a warning, so \
                 that nothing is replaced, an update with an error. `degraded_ok`: DEGRADED counts \
                 as done, with a warning. `none`: apply does not wait.",
            ),
    ]
}

fn json_object(text: &str) -> Result<(), String> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => Err("must be a JSON object".to_owned()),
        Err(error) => Err(format!("must be JSON: {error}")),
    }
}

fn access() -> Vec<Attribute> {
    vec![
        Attribute::string("service_account")
            .default(PLATFORM.service_account)
            .check(form(Form::DnsSubdomain))
            .describe("Service account of the driver's controller, which gets the role."),
        Attribute::string("role_name")
            .or_computed()
            .default_text("`<cluster_name>-ebs-csi-controller`, cut to 64 characters with a hash")
            .check(form(Form::RoleName))
            .describe(
                "IAM role to make for the driver's controller. Changing it makes another, and deletes \
                 the one that was made before. Excludes `role_arn`.",
            ),
        Attribute::string("role_arn")
            .or_computed()
            .default_text("the role that is made")
            .check(form(Form::RoleArn))
            .describe(
                "An IAM role of your own for the driver's controller, which trusts \
             `pods.eks.amazonaws.com`. Excludes `role_name`, `kms_key_arns` and `managed_policy`.",
            ),
        Attribute::string("managed_policy")
            .default(PLATFORM.managed_policy)
            .check(Check::one_of(&["V2", "EKSClusterScoped", "legacy"]))
            .describe(
                "Which policy of AWS the role gets. `V2`: only volumes tagged \
                 `ebs.csi.aws.com/cluster`. `EKSClusterScoped`: only those of this cluster, with \
                 driver 1.58.0 or newer. `legacy`: as before April 2026.",
            ),
        Attribute::strings("kms_key_arns")
            .check(Check::each(form(Form::KeyArn)))
            .describe("KMS keys of volumes the driver may use, beside that of `storage_class`."),
    ]
}

fn storage_class() -> Vec<Attribute> {
    [volumes_of_class(), life_of_class()].concat()
}

/// What the volumes of the class are.
fn volumes_of_class() -> Vec<Attribute> {
    let class = PLATFORM.storage_class;
    vec![
        Attribute::string("name")
            .default(class.name)
            .check(form(Form::DnsSubdomain))
            .describe("Name of the StorageClass."),
        Attribute::string("provisioner")
            .default(class.provisioner)
            .check(Check::one_of(EBS_PROVISIONERS))
            .describe(
                "Who makes the volumes. `kubernetes.io/aws-ebs` is the name of code that left \
                 Kubernetes, for clusters whose class has it; `ebs.csi.eks.amazonaws.com` is the \
                 driver of EKS Auto Mode.",
            ),
        Attribute::string("fs_type")
            .default(class.fs_type)
            .check(Check::one_of(EBS_FILE_SYSTEMS))
            .describe("File system on each volume."),
        Attribute::number("iops")
            .or_computed()
            .default_text("3000, unless `iops_per_gb` is given")
            .check(Check::range(gp3::BASELINE_IOPS, gp3::MAX_IOPS))
            .describe(
                "I/O operations per second of each volume. Drivers before 1.50.0 make at most \
                 16000. Excludes `iops_per_gb`.",
            ),
        Attribute::number("iops_per_gb")
            .check(Check::range(1, gp3::IOPS_PER_GIB))
            .describe("I/O operations per second for each GiB of a volume."),
        Attribute::number("throughput")
            .default(i64::from(class.throughput))
            .check(Check::range(gp3::BASELINE_THROUGHPUT, gp3::MAX_THROUGHPUT))
            .describe("MiB/s of each volume."),
        Attribute::bool("encrypted").default(class.encrypted).describe(
            "Whether volumes are encrypted at rest. The driver's own default is not.",
        ),
        Attribute::string("kms_key_arn").check(form(Form::KeyArn)).describe(
            "ARN of the KMS key of the volumes, which the driver's role may use then; the account's \
             default key for EBS if not given.",
        ),
    ]
}

/// When and where they are made, and how they end.
fn life_of_class() -> Vec<Attribute> {
    let class = PLATFORM.storage_class;
    vec![
        Attribute::string("volume_binding_mode")
            .default(class.volume_binding_mode)
            .check(Check::one_of(&["WaitForFirstConsumer", "Immediate"]))
            .describe(
                "When a volume is made for a claim. `Immediate` picks a zone before the pod has a \
                 node.",
            ),
        Attribute::string("reclaim_policy")
            .default(class.reclaim_policy)
            .check(Check::one_of(&["Delete", "Retain"]))
            .describe("What becomes of a volume whose claim goes."),
        Attribute::bool("allow_volume_expansion")
            .default(class.allow_volume_expansion)
            .describe("Whether claims may grow."),
        Attribute::bool("is_default")
            .default(class.is_default)
            .describe("Whether claims that name no class get this one."),
        Attribute::strings("allowed_zones")
            .check(Check::each(form(Form::AvailabilityZone)))
            .describe("Zones volumes are made in; all if not given."),
        Attribute::string_map("tags").describe(
            "Tags of each volume; values may hold the driver's templates, such as \
             `{{ .PVCName }}`.",
        ),
    ]
}

fn outputs() -> Vec<Attribute> {
    let text =
        |name: &'static str, what: &'static str| Attribute::string(name).computed().describe(what);
    let mut outputs =
        vec![attributes::id("Cluster and add-on, as in `production/aws-ebs-csi-driver`.")];
    outputs.extend(attributes::status());
    outputs.extend([
        text("addon_arn", "ARN of the add-on.").planned(),
        text("addon_status", "Status of the add-on by EKS, such as `ACTIVE` or `DEGRADED`."),
        Attribute::object_list(
            "health_issues",
            vec![
                text("code", "Code, such as `InsufficientNumberOfReplicas`."),
                text("message", "What EKS says."),
                Attribute::of("resource_ids", Type::list(Type::String))
                    .computed()
                    .describe("What it is about, such as deployments."),
            ],
        )
        .computed()
        .describe("What EKS finds wrong with the add-on; empty for nothing."),
        text("association_id", "The Pod Identity association that the add-on owns."),
        text(
            "storage_class_manifest",
            "StorageClass, YAML. Apply it with your own Kubernetes tooling.",
        )
        .planned(),
        text("storage_class_name", "Name of the StorageClass.").planned(),
        text("driver_version", "Version of the driver in the add-on.").planned(),
        text(
            "latest_compatible_version",
            "The newest version of the add-on that EKS offers for the cluster's Kubernetes version.",
        )
        .planned(),
    ]);
    outputs
}
