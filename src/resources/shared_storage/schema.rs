//! The attributes of `officeless_shared_storage`. Every default comes from
//! [`crate::platform::defaults`].

use super::model::Model;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::framework::value::Dynamic;
use crate::platform::defaults::SHARED_STORAGE as PLATFORM;
use crate::platform::naming::{self, Form};
use crate::resources::attributes;
use crate::resources::composite::Composite;
use crate::resources::forms::{cidr, form, security_group_id, subnet_id};

/// Periods after which files may move.
/// <https://docs.aws.amazon.com/efs/latest/ug/API_LifecyclePolicy.html>
pub(super) const PERIODS: &[&str] = &[
    "AFTER_1_DAY",
    "AFTER_7_DAYS",
    "AFTER_14_DAYS",
    "AFTER_30_DAYS",
    "AFTER_60_DAYS",
    "AFTER_90_DAYS",
    "AFTER_180_DAYS",
    "AFTER_270_DAYS",
    "AFTER_365_DAYS",
];

const DESCRIPTION: &str = include_str!("description.md");

/// The whole schema.
pub(super) fn schema() -> Schema {
    let mut attributes = Vec::new();
    attributes.extend(basics());
    attributes.extend(network());
    attributes.extend(performance());
    attributes.extend(protection());
    attributes.extend(access());
    attributes.push(replication());
    attributes.push(overwrite_protection());
    attributes.extend(kubernetes());
    attributes.extend([
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

fn basics() -> Vec<Attribute> {
    vec![
        Attribute::string("name")
            .default(PLATFORM.name)
            .check(Check::length(1, 256))
            .describe("Name of the file system, kept as its `Name` tag."),
        Attribute::string("creation_token")
            .or_computed()
            .replaces()
            .check(Check::length(1, 64))
            .describe(
                "Token that makes the creation repeatable: EFS makes one file system for each. \
                 Derived from account, region and `name` at creation unless given. Changing it \
                 replaces the file system.",
            ),
        Attribute::string("cluster_name")
            .or_computed()
            .default_text("the provider's cluster_name")
            .check(form(Form::ClusterName))
            .describe(
                "EKS cluster whose pods mount the file system. Its VPC, private subnets and \
                 security group are used where `subnet_ids` and `security_group_ids` are not \
                 given.",
            ),
    ]
}

fn network() -> Vec<Attribute> {
    vec![
        Attribute::strings("subnet_ids")
            .or_computed()
            .check(Check::items(1, 20))
            .check(Check::each(subnet_id()))
            .default_text("one private subnet of the cluster in each zone, found once, at creation")
            .describe(
                "Subnets of the mount targets: at most one in each availability zone, all in one \
                 VPC. Subnets found from the cluster are kept afterwards, whatever the cluster \
                 gains or loses; give them here to change them.",
            ),
        Attribute::strings("security_group_ids")
            .or_computed()
            .check(Check::items(1, 5))
            .check(Check::each(security_group_id()))
            .default_text("the cluster's security group, or the created one")
            .describe("Security groups of every mount target, in the VPC of the subnets."),
        Attribute::bool("create_security_group").default(PLATFORM.create_security_group).describe(
            "Whether to create a security group for the mount targets that lets NFS (TCP 2049) in \
             from `allowed_security_group_ids` and `allowed_cidr_blocks`.",
        ),
        Attribute::strings("allowed_security_group_ids")
            .check(Check::each(security_group_id()))
            .describe(
                "Security groups whose members may mount. Needs `create_security_group`; with a \
                 cluster and neither list, the cluster's security group may mount.",
            ),
        Attribute::strings("allowed_cidr_blocks")
            .check(Check::each(cidr()))
            .describe("Address ranges that may mount. Needs `create_security_group`."),
    ]
}

fn performance() -> Vec<Attribute> {
    vec![
        Attribute::string("performance_mode")
            .default(PLATFORM.performance_mode)
            .replaces()
            .check(Check::one_of(&["generalPurpose", "maxIO"]))
            .describe("`generalPurpose` or `maxIO`. Changing it replaces the file system."),
        Attribute::string("throughput_mode")
            .default(PLATFORM.throughput_mode)
            .check(Check::one_of(&["bursting", "provisioned", "elastic"]))
            .describe(
                "`bursting`, `provisioned` or `elastic`. After switching to `provisioned`, or \
                 raising it, AWS allows no change of mode and no decrease for 24 hours.",
            ),
        Attribute::number("provisioned_throughput_in_mibps")
            .check(Check::new(|value| match value {
                Dynamic::Number(number) => match number.as_f64() {
                    Some(number) if (1.0..=3414.0).contains(&number) => Ok(()),
                    _ => Err("must be from 1 to 3414 MiB/s".to_owned()),
                },
                _ => Ok(()),
            }))
            .describe("Throughput in MiB/s, 1 to 3414. With `throughput_mode = \"provisioned\"`."),
        Attribute::bool("encrypted")
            .default(PLATFORM.encrypted)
            .replaces()
            .describe("Whether data is encrypted at rest. Changing it replaces the file system."),
        Attribute::string("kms_key_arn").or_computed().replaces().check(form(Form::KeyArn)).describe(
            "ARN of the KMS key, in full; that of the AWS managed key `aws/elasticfilesystem` if \
             not given. Changing it replaces the file system.",
        ),
        Attribute::string("availability_zone_name").replaces().describe(
            "Makes a One Zone file system in this availability zone, with exactly one subnet. \
             Changing it replaces the file system.",
        ),
    ]
}

fn protection() -> Vec<Attribute> {
    let period = |name: &'static str, what: &'static str| {
        Attribute::string(name).check(Check::one_of(PERIODS)).describe(what)
    };
    vec![
        Attribute::object(
            "lifecycle_policy",
            vec![
                period("transition_to_ia", "When unread files move to Infrequent Access."),
                period(
                    "transition_to_archive",
                    "When unread files move to Archive: later than `transition_to_ia`, and only \
                     with `elastic` throughput and `generalPurpose` performance.",
                ),
                Attribute::string("transition_to_primary_storage_class")
                    .check(Check::one_of(&["AFTER_1_ACCESS"]))
                    .describe("When files that are read again move back."),
            ],
        )
        .describe("When files move to cheaper storage; none do if not given."),
        Attribute::string("backup_policy")
            .default(PLATFORM.backup_policy)
            .check(Check::one_of(&["ENABLED", "DISABLED"]))
            .describe(
                "Daily automatic backups by AWS Backup. Use `DISABLED` where a backup plan covers \
                 the file system, or it is backed up twice.",
            ),
        attributes::backup_plan(),
    ]
}

fn access() -> Vec<Attribute> {
    vec![
        Attribute::bool("enforce_encryption_in_transit")
            .default(PLATFORM.enforce_encryption_in_transit)
            .describe("Whether the file-system policy denies mounts without TLS."),
        Attribute::strings("client_role_arns").check(Check::each(form(Form::RoleArn))).describe(
            "IAM roles that may mount and write; with any, only these may. Without, every client \
             of the VPC may, through a mount target.",
        ),
        Attribute::bool("allow_root_access").default(PLATFORM.allow_root_access).describe(
            "Whether clients act as root when they are root: needed to change owners on a mount \
             of the whole system.",
        ),
        Attribute::string("policy")
            .check(Check::length(1, 20_000))
            .check(Check::text(json_object))
            .describe(
                "A file-system policy of your own, JSON, in place of the one made from \
                 `enforce_encryption_in_transit`, `client_role_arns` and `allow_root_access`.",
            ),
        Attribute::objects("access_points", access_point())
            .check(Check::items(0, 10_000))
            .describe(
                "Access points by a key of your choice. Changing one replaces it; the directory \
                 and its files stay.",
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

fn access_point() -> Vec<Attribute> {
    let id = |name: &'static str, what: &'static str| {
        Attribute::number(name).check(Check::range(0, 4_294_967_295)).describe(what)
    };
    vec![
        Attribute::string("path")
            .default("/")
            .check(Check::text(|text| {
                naming::check_access_point_path(text).map_err(|problem| problem.to_string())
            }))
            .describe("Root directory of its clients: at most 100 characters and four levels."),
        Attribute::string("permissions")
            .default("755")
            .check(Check::text(|text| {
                naming::check_access_point_permissions(text).map_err(|problem| problem.to_string())
            }))
            .describe("Mode of the directory, when EFS creates it."),
        id("owner_uid", "Owner of the directory, when EFS creates it.").default(0),
        id("owner_gid", "Group of the directory, when EFS creates it.").default(0),
        Attribute::object(
            "posix_user",
            vec![
                id("uid", "User.").required(),
                id("gid", "Group.").required(),
                Attribute::of("secondary_gids", Type::list(Type::Number))
                    .check(Check::items(1, 16))
                    .check(Check::each(Check::range(0, 4_294_967_295)))
                    .describe("Up to 16 further groups."),
            ],
        )
        .describe("Whom every client acts as, whoever it is in its pod."),
    ]
}

fn replication() -> Attribute {
    Attribute::object(
        "replication",
        vec![
            Attribute::string("destination_region")
                .or_computed()
                .default_text("the region of the file system")
                .describe("Region of the replica. One of the provider's `allowed_regions`."),
            Attribute::string("kms_key_arn")
                .check(form(Form::KeyArn))
                .describe("Key of a replica that AWS creates, in its region."),
            Attribute::string("availability_zone_name")
                .describe("Makes the replica a One Zone file system."),
            Attribute::string("destination_file_system_id")
                .or_computed()
                .check(form(Form::FileSystemId))
                .describe(
                    "An existing file system to overwrite, whose overwrite protection is off. \
                     AWS creates the replica if not given.",
                ),
            Attribute::string("status").computed().describe("State of the replication."),
        ],
    )
    .describe(
        "Replicates to one other file system. Taking it away ends the replication and keeps the \
         replica.",
    )
}

fn overwrite_protection() -> Attribute {
    Attribute::string("replication_overwrite_protection")
        .default(PLATFORM.replication_overwrite_protection)
        .check(Check::one_of(&["ENABLED", "DISABLED"]))
        .describe(
            "`DISABLED` lets the file system become the destination of a replication. While it is \
             one, AWS says `REPLICATING`, which is no drift.",
        )
}

fn kubernetes() -> Vec<Attribute> {
    let account = |name: &'static str, default: &'static str, what: &'static str| {
        Attribute::string(name).default(default).check(form(Form::DnsSubdomain)).describe(what)
    };
    let identity = PLATFORM.csi_pod_identity;
    vec![
        Attribute::string("csi_chart_version")
            .default(PLATFORM.csi_chart_version)
            .check(Check::pattern(r"^v?\d+\.\d+\.\d+$", "must be a version such as 3.1.8"))
            .describe(
                "Version of the aws-efs-csi-driver Helm chart in use: decides which StorageClass \
                 parameters exist.",
            ),
        Attribute::object(
            "csi_pod_identity",
            vec![
                account("namespace", identity.namespace, "Namespace of the driver."),
                account(
                    "controller_service_account",
                    identity.controller_service_account,
                    "Service account that makes access points.",
                ),
                account(
                    "node_service_account",
                    identity.node_service_account,
                    "Service account that mounts: the file-system policy lets its role in.",
                ),
            ],
        )
        .describe(
            "Creates IAM roles for the CSI driver's controller and nodes and associates them with \
             EKS Pod Identity. Needs a cluster. `{}` takes the chart's names.",
        ),
        Attribute::object("storage_class", storage_class())
            .default_object()
            .describe("What `storage_class_manifest` renders."),
    ]
}

fn storage_class() -> Vec<Attribute> {
    let class = PLATFORM.storage_class;
    let number = |name: &'static str, what: &'static str| {
        Attribute::number(name).check(Check::range(0, 4_294_967_295)).describe(what)
    };
    let options = class.mount_options.iter().map(|option| Dynamic::from(*option)).collect();
    vec![
        Attribute::string("name")
            .default(class.name)
            .check(form(Form::DnsSubdomain))
            .describe("Name of the StorageClass."),
        Attribute::string("directory_perms")
            .default(class.directory_perms)
            .check(Check::pattern("^[0-7]{3,4}$", "must be an octal mode such as 700"))
            .describe("Mode of the directory of each volume."),
        Attribute::of("mount_options", Type::list(Type::String))
            .default(Dynamic::List(options))
            .describe("Options of each mount. `iam` presents the node's identity and needs TLS."),
        number("uid", "Owner of the directory of each volume. Together with `gid`."),
        number("gid", "Group of the directory of each volume. Together with `uid`."),
        number("gid_range_start", "First group the driver hands out."),
        number("gid_range_end", "Last group the driver hands out."),
        Attribute::string("base_path").describe("Directory under which volumes are made."),
        Attribute::string("sub_path_pattern").describe("Pattern of the directories' names."),
        Attribute::bool("ensure_unique_directory")
            .describe("Whether directories of a pattern get a unique suffix."),
        Attribute::bool("reuse_access_point")
            .describe("Whether claims of one name share an access point."),
        Attribute::string("reclaim_policy")
            .default(class.reclaim_policy)
            .check(Check::one_of(&["Delete", "Retain"]))
            .describe("What becomes of a volume whose claim goes."),
        Attribute::string("volume_binding_mode")
            .default(class.volume_binding_mode)
            .check(Check::one_of(&["Immediate", "WaitForFirstConsumer"]))
            .describe("When a volume is made for a claim."),
    ]
}

fn outputs() -> Vec<Attribute> {
    let map = |name: &'static str, what: &'static str| {
        attributes::computed_map(name).planned().describe(what)
    };
    let mut outputs = vec![
        attributes::id("The file system's ID, `fs-…`."),
        attributes::arn("The file system's ARN."),
    ];
    outputs.extend(attributes::status());
    outputs.extend([
        Attribute::string("dns_name").computed().stable().describe("DNS name clients mount."),
        mount_targets(),
        map("access_point_ids", "`fsap-…` of each access point, by its key."),
        map("access_point_arns", "ARN of each access point, by its key."),
        Attribute::string("security_group_id")
            .computed()
            .planned()
            .describe("The created security group; null if none is."),
        Attribute::string("policy_json")
            .computed()
            .planned()
            .describe("The file-system policy in force."),
        Attribute::string("controller_role_arn")
            .computed()
            .planned()
            .describe("IAM role of the CSI controller."),
        Attribute::string("node_role_arn")
            .computed()
            .planned()
            .describe("IAM role of the CSI nodes."),
        Attribute::string("storage_class_manifest")
            .computed()
            .planned()
            .describe("StorageClass, YAML. Apply it with your own Kubernetes tooling."),
        map(
            "persistent_volume_manifests",
            "A static PersistentVolume for each access point, YAML, by its key.",
        ),
        Attribute::string("volume_handle")
            .computed()
            .stable()
            .describe("`volumeHandle` of a PersistentVolume of the whole file system."),
        Attribute::string("throughput_change_allowed_at")
            .computed()
            .planned()
            .describe("When AWS allows the next change of throughput, RFC 3339; null if now."),
    ]);
    outputs
}

fn mount_targets() -> Attribute {
    let target =
        |name: &'static str, what: &'static str| Attribute::string(name).computed().describe(what);
    Attribute::objects(
        "mount_targets",
        vec![
            target("id", "`fsmt-…`."),
            target("subnet_id", "Subnet."),
            target("ip_address", "Address."),
            target("dns_name", "DNS name of this zone's target."),
            target("network_interface_id", "`eni-…`."),
            target("state", "State by AWS, such as `available`."),
        ],
    )
    .computed()
    .planned()
    .describe("Mount targets by availability zone.")
}
