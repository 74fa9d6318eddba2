//! The attributes of `officeless_block_volume`. Every default comes from
//! [`crate::platform::defaults`].

use super::model::Model;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema};
use crate::platform::defaults::{BLOCK_STORAGE, BLOCK_VOLUME as PLATFORM};
use crate::platform::gp3;
use crate::platform::kubernetes::EBS_FILE_SYSTEMS;
use crate::platform::naming::{self, Form};
use crate::resources::attributes;
use crate::resources::composite::Composite;

const DESCRIPTION: &str = include_str!("description.md");

/// The whole schema.
pub(super) fn schema() -> Schema {
    let mut attributes = Vec::new();
    attributes.extend(basics());
    attributes.extend(performance());
    attributes.extend(data());
    attributes.extend(kubernetes());
    attributes.extend([
        attributes::backup_plan(),
        attributes::region(),
        attributes::tags(),
        attributes::tags_all(),
        Model::TIMEOUTS.attribute(),
        attributes::data_classification(),
        attributes::deletion_protection(PLATFORM.deletion_protection),
    ]);
    attributes.extend(outputs());
    Schema { version: 0, description: DESCRIPTION, attributes, blocks: Vec::new() }
}

/// A rule of `platform::naming` on a string.
fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

fn basics() -> Vec<Attribute> {
    vec![
        Attribute::string("name")
            .required()
            .check(Check::length(1, 256))
            .describe("Name of the volume, kept as its `Name` tag."),
        Attribute::string("availability_zone")
            .required()
            .replaces()
            .check(form(Form::AvailabilityZone))
            .describe(
                "Availability zone: only nodes of this zone can attach the volume. Changing it \
                 replaces the volume.",
            ),
        Attribute::string("cluster_name")
            .or_computed()
            .default_text("the provider's cluster_name")
            .check(form(Form::ClusterName))
            .describe(
                "EKS cluster whose pods use the volume: adds the tags by which its EBS CSI driver \
                 knows it, and warns of a zone without nodes.",
            ),
    ]
}

fn performance() -> Vec<Attribute> {
    vec![
        Attribute::number("size")
            .default(i64::from(PLATFORM.size))
            .check(Check::range(gp3::MIN_SIZE, gp3::MAX_SIZE))
            .describe(
                "GiB, 1 to 65536. A volume grows and never shrinks. In Kubernetes apply the new \
                 PersistentVolume and raise the request of the claim: the driver then extends the \
                 file system.",
            ),
        Attribute::number("iops")
            .default(i64::from(PLATFORM.iops))
            .check(Check::range(gp3::BASELINE_IOPS, gp3::MAX_IOPS))
            .describe(
                "I/O operations per second, 3000 to 80000: above 3000 at most 500 for each GiB.",
            ),
        Attribute::number("throughput")
            .default(i64::from(PLATFORM.throughput))
            .check(Check::range(gp3::BASELINE_THROUGHPUT, gp3::MAX_THROUGHPUT))
            .describe("MiB/s, 125 to 2000: at most a quarter of `iops`."),
        Attribute::bool("wait_for_optimization").default(PLATFORM.wait_for_optimization).describe(
            "Whether apply waits until a modification is `completed`, which can take hours: raise \
             `timeouts.update` with it. The new size and speed hold before that, from \
             `optimizing` on.",
        ),
    ]
}

fn data() -> Vec<Attribute> {
    vec![
        Attribute::bool("encrypted")
            .default(PLATFORM.encrypted)
            .replaces()
            .describe("Whether data is encrypted at rest. Changing it replaces the volume."),
        Attribute::string("kms_key_arn").or_computed().replaces().check(form(Form::KeyArn)).describe(
            "ARN of the KMS key, in full; that of the account's default key for EBS if not given. \
             Changing it replaces the volume.",
        ),
        Attribute::string("snapshot_id")
            .replaces()
            .check(Check::pattern(
                "^snap-[0-9a-f]{8,17}$",
                "must be a snapshot id such as snap-0123456789abcdef0",
            ))
            .describe("Snapshot the volume starts from. Changing it replaces the volume."),
        Attribute::number("volume_initialization_rate")
            .replaces()
            .check(Check::range(100, 300))
            .describe(
                "MiB/s at which the blocks of the snapshot are fetched, 100 to 300, at a charge; \
                 without it they are fetched when they are first read. Changing it replaces the \
                 volume.",
            ),
        Attribute::bool("final_snapshot").default(PLATFORM.final_snapshot).describe(
            "Whether destroying the volume takes a snapshot first, and keeps the volume if that \
             fails. The snapshot stays and is not managed.",
        ),
    ]
}

fn kubernetes() -> Vec<Attribute> {
    let members = vec![
        Attribute::string("name")
            .or_computed()
            .default_text("the name of the volume")
            .check(form(Form::DnsSubdomain))
            .describe("Name of the PersistentVolume."),
        Attribute::string("storage_class_name")
            .default(BLOCK_STORAGE.storage_class.name)
            .check(Check::text(|text| match text {
                "" => Ok(()),
                name => {
                    naming::check(Form::DnsSubdomain, name).map_err(|problem| problem.to_string())
                }
            }))
            .describe("Class of volume and claim; empty for none."),
        Attribute::string("reclaim_policy")
            .default(PLATFORM.reclaim_policy)
            .check(Check::one_of(&["Retain", "Delete"]))
            .describe(
                "What becomes of the volume when its claim goes. With `Delete` the driver deletes \
                 what Terraform manages.",
            ),
        Attribute::string("claim_namespace")
            .default("default")
            .check(form(Form::DnsLabel))
            .describe("Namespace of the claim."),
        Attribute::string("claim_name")
            .or_computed()
            .default_text("the name of the PersistentVolume")
            .check(form(Form::DnsSubdomain))
            .describe(
                "Name of the claim. A StatefulSet names its claims \
                 `<claim template>-<stateful set>-<ordinal>`, as in `data-postgres-0`.",
            ),
    ];
    vec![
        Attribute::string("fs_type")
            .default(PLATFORM.fs_type)
            .check(Check::one_of(EBS_FILE_SYSTEMS))
            .describe("File system the driver makes on an empty volume."),
        Attribute::object("persistent_volume", members)
            .default_object()
            .describe("What the manifests of the PersistentVolume and its claim say."),
    ]
}

fn outputs() -> Vec<Attribute> {
    let mut outputs =
        vec![attributes::id("The volume's ID, `vol-…`."), attributes::arn("The volume's ARN.")];
    outputs.extend(attributes::status());
    outputs.extend([
        Attribute::string("volume_id").computed().stable().describe("The volume's ID, `vol-…`."),
        Attribute::string("state")
            .computed()
            .describe("State by AWS, such as `available` or `in-use`."),
        Attribute::string("modification_state").computed().describe(
            "State of the last modification: `modifying`, `optimizing`, `completed` or `failed`; \
             null for a volume never modified. Nothing waits for `optimizing` unless \
             `wait_for_optimization` says so.",
        ),
        Attribute::number("modification_progress")
            .computed()
            .describe("Progress of the last modification, percent."),
        Attribute::string("create_time")
            .computed()
            .stable()
            .describe("When the volume was created, RFC 3339."),
        Attribute::string("persistent_volume_manifest")
            .computed()
            .planned()
            .describe("PersistentVolume, YAML. Apply it with your own Kubernetes tooling."),
        Attribute::string("persistent_volume_claim_manifest")
            .computed()
            .planned()
            .describe("The claim bound to it, YAML."),
        Attribute::string("final_snapshot_id").computed().planned().describe(
            "The final snapshot, where a destroy took it and then failed; null otherwise.",
        ),
    ]);
    outputs
}
