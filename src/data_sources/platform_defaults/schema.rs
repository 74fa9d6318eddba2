//! The attributes: one for each leaf of the platform's defaults. A test holds both together.

use crate::framework::schema::{Attribute, Type};

/// One attribute for each section.
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        section("block_storage", "The EBS CSI add-on and its StorageClass.", block_storage()),
        section("block_volume", "A gp3 volume for a database pod.", block_volume()),
        section("shared_storage", "The EFS file system, shared by pods.", shared_storage()),
        section(
            "observability",
            "The six buckets of Mimir, Loki and Tempo, and the identity that uses them.",
            observability(),
        ),
        section("application_bucket", "A bucket of an application.", application_bucket()),
        section("cache", "The Valkey cache on ElastiCache.", cache()),
        section("encryption", "Encryption of every service.", encryption()),
        section(
            "data_classification",
            "Levels of data classification and what they demand.",
            levels(),
        ),
        section("backup", "Backup of what holds data.", backup()),
        section("network", "Facts of network and cluster that storage depends on.", network()),
    ]
}

fn section(name: &'static str, text: &'static str, attributes: Vec<Attribute>) -> Attribute {
    Attribute::object(name, attributes).computed().describe(text)
}

fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute::string(name).computed().describe(description)
}

fn texts(name: &'static str, description: &'static str) -> Attribute {
    // A list, not a set: the order means something.
    Attribute::of(name, Type::list(Type::String)).computed().describe(description)
}

fn number(name: &'static str, description: &'static str) -> Attribute {
    Attribute::number(name).computed().describe(description)
}

fn flag(name: &'static str, description: &'static str) -> Attribute {
    Attribute::bool(name).computed().describe(description)
}

fn timeouts() -> Attribute {
    section(
        "timeouts",
        "How long an operation may take, as Go durations.",
        vec![
            text("create", "For create."),
            text("update", "For update."),
            text("delete", "For delete."),
        ],
    )
}

fn block_storage() -> Vec<Attribute> {
    vec![
        text("addon_name", "Name of the EKS add-on."),
        text("addon_version", "Version of the add-on."),
        text("resolve_conflicts_on_create", "What happens to a driver that is there already."),
        text("resolve_conflicts_on_update", "What happens to changes made in the cluster."),
        flag("preserve", "Whether the driver stays when the add-on is removed."),
        text("managed_policy", "Version of the AWS managed policy of the driver's role."),
        text("namespace", "Kubernetes namespace of the driver."),
        text("service_account", "Service account of the driver's controller."),
        text("wait_for", "What apply waits for."),
        section("storage_class", "The StorageClass.", block_storage_class()),
        timeouts(),
    ]
}

fn block_storage_class() -> Vec<Attribute> {
    vec![
        text("name", "Name of the StorageClass."),
        text("provisioner", "Name of the CSI driver."),
        text("type", "EBS volume type."),
        text("fs_type", "File system on the volume."),
        number("iops", "IOPS of a volume."),
        number("throughput", "Throughput of a volume in MiB/s."),
        flag("encrypted", "Whether volumes are encrypted."),
        text("volume_binding_mode", "When a volume is bound to a claim."),
        text("reclaim_policy", "What happens to a volume whose claim is deleted."),
        flag("allow_volume_expansion", "Whether claims may grow."),
        flag("is_default", "Whether the class is the cluster's default."),
    ]
}

fn block_volume() -> Vec<Attribute> {
    vec![
        number("size", "Size in GiB."),
        text("type", "EBS volume type."),
        number("iops", "IOPS."),
        number("throughput", "Throughput in MiB/s."),
        flag("encrypted", "Whether the volume is encrypted."),
        text("fs_type", "File system on the volume."),
        text("access_mode", "Access mode of the PersistentVolume."),
        text("reclaim_policy", "What happens to the volume when its claim is deleted."),
        flag("final_snapshot", "Whether destroying takes a last snapshot."),
        flag("deletion_protection", "Whether destroying is refused at plan."),
        flag("wait_for_optimization", "Whether a change waits until the volume is optimised."),
        timeouts(),
    ]
}

fn shared_storage() -> Vec<Attribute> {
    vec![
        text("name", "Name of the file system."),
        text("performance_mode", "Performance mode of EFS."),
        text("throughput_mode", "Throughput mode of EFS."),
        flag("encrypted", "Whether data is encrypted at rest."),
        text("backup_policy", "Whether AWS backs the file system up daily."),
        flag("enforce_encryption_in_transit", "Whether mounts without TLS are denied."),
        flag("allow_root_access", "Whether clients may act as root on the whole file system."),
        flag("create_security_group", "Whether mount targets get a security group of their own."),
        text(
            "replication_overwrite_protection",
            "Whether the file system is kept from becoming a replication destination.",
        ),
        flag("deletion_protection", "Whether destroying is refused at plan."),
        text("csi_chart_version", "Version of the Helm chart of the EFS CSI driver."),
        text("provisioner", "Name of the CSI driver."),
        section(
            "csi_pod_identity",
            "Identity of the EFS CSI driver.",
            vec![
                text("namespace", "Kubernetes namespace of the driver."),
                text("controller_service_account", "Service account that creates access points."),
                text("node_service_account", "Service account that mounts."),
            ],
        ),
        section(
            "storage_class",
            "The StorageClass.",
            vec![
                text("name", "Name of the StorageClass."),
                text("provisioning_mode", "How a claim gets its directory."),
                text("directory_perms", "Permissions of a claim's directory, octal."),
                texts("mount_options", "Mount options."),
                text("reclaim_policy", "What happens to an access point whose claim is deleted."),
                text("volume_binding_mode", "When a volume is bound to a claim."),
            ],
        ),
        timeouts(),
    ]
}

fn observability() -> Vec<Attribute> {
    vec![
        texts("components", "The products that keep their data in the buckets."),
        Attribute::objects(
            "buckets",
            vec![
                text("name", "Name before prefix and suffix."),
                text("versioning", "`Enabled` or `Disabled`."),
                number("noncurrent_version_expiration_days", "Days that old versions are kept."),
            ],
        )
        .computed()
        .describe("The buckets by key."),
        text("bucket_namespace", "Namespace in which the names are unique."),
        text("sse_algorithm", "Server-side encryption."),
        flag("bucket_key_enabled", "Whether a KMS key is asked once for many objects."),
        number("noncurrent_version_expiration_days", "Days that old versions are kept."),
        number("abort_incomplete_multipart_upload_days", "Days until an unfinished upload goes."),
        flag("enforce_tls", "Whether plain HTTP is denied."),
        flag("force_destroy", "Whether destroying empties the buckets."),
        section(
            "pod_identity",
            "Who reads and writes the buckets.",
            vec![
                text("role_name", "Name of the IAM role."),
                text("namespace", "Kubernetes namespace of the three products."),
                text("service_account", "Service account of the three products."),
                text("mode", "`shared`: one role for all; `split`: one for each product."),
            ],
        ),
        text("loki_schema_from", "First day of Loki's schema in the rendered values."),
        text("tempo_default_retention", "Retention of traces where none is configured."),
        timeouts(),
    ]
}

fn application_bucket() -> Vec<Attribute> {
    vec![
        text("bucket_namespace", "Namespace in which the name is unique."),
        flag("critical", "Whether a bucket is critical."),
        text("versioning_when_critical", "Versioning of critical buckets."),
        text("versioning_otherwise", "Versioning of other buckets."),
        text("sse_algorithm", "Server-side encryption."),
        flag("bucket_key_enabled", "Whether a KMS key is asked once for many objects."),
        texts("blocked_encryption_types", "Encryption types that writes may not use."),
        text("object_ownership", "Who owns objects."),
        flag("block_public_access", "Whether all public access is blocked."),
        flag("enforce_tls", "Whether plain HTTP is denied."),
        number("abort_incomplete_multipart_upload_days", "Days until an unfinished upload goes."),
        text(
            "transition_default_minimum_object_size",
            "The size below which objects do not change their storage class.",
        ),
        flag("force_destroy", "Whether destroying empties the bucket."),
        timeouts(),
    ]
}

fn cache() -> Vec<Attribute> {
    vec![
        text("engine", "Engine."),
        text("description", "Description of the replication group."),
        number("port", "TCP port."),
        flag("single_instance", "Whether there is one node only."),
        text("cluster_mode", "Whether data is spread over shards."),
        number("num_node_groups", "Number of shards."),
        number("replicas_per_node_group", "Replicas of each shard."),
        flag("multi_az_enabled", "Whether nodes are spread over availability zones."),
        flag("automatic_failover_enabled", "Whether a replica takes over by itself."),
        flag("at_rest_encryption_enabled", "Whether data is encrypted at rest."),
        flag("transit_encryption_enabled", "Whether connections may use TLS."),
        text("transit_encryption_mode", "Whether connections must use TLS."),
        text("auth_token_update_strategy", "How a new auth token replaces the old one."),
        number("snapshot_retention_limit", "Days that snapshots are kept."),
        flag("auto_minor_version_upgrade", "Whether minor versions are upgraded by AWS."),
        flag("apply_immediately", "Whether changes happen outside the maintenance window."),
        flag("deletion_protection", "Whether destroying is refused at plan."),
        timeouts(),
    ]
}

fn encryption() -> Vec<Attribute> {
    vec![
        text("ebs_key", "KMS key of EBS volumes without a customer key."),
        text("efs_key", "KMS key of EFS without a customer key."),
        text("s3_algorithm", "Server-side encryption of S3 without a customer key."),
        flag("cache_at_rest", "Whether a cache is encrypted at rest."),
        flag("cache_in_transit", "Whether a cache is encrypted in transit."),
        flag("efs_in_transit", "Whether EFS mounts without TLS are denied."),
        flag("s3_in_transit", "Whether plain HTTP to S3 is denied."),
    ]
}

fn levels() -> Vec<Attribute> {
    vec![
        texts("levels", "The levels, least sensitive first."),
        text("default_level", "Level of data that nobody has classified."),
        text("encryption_from", "Lowest level that demands encryption at rest and in transit."),
        text("customer_key_from", "Lowest level that demands a customer key."),
    ]
}

fn backup() -> Vec<Attribute> {
    vec![
        text("schedule", "When backups start, as a cron expression of AWS in UTC."),
        number("delete_after_days", "Days that backups are kept."),
        text("selection_tag", "Tag whose value names the plan that backs an object up."),
    ]
}

fn network() -> Vec<Attribute> {
    vec![
        number("availability_zones", "Availability zones with a private subnet each."),
        text("private_subnet_tag", "Tag that marks the cluster's private subnets."),
        text("private_subnet_tag_value", "Value of that tag."),
        number("nfs_port", "TCP port of EFS mount targets."),
        number("cache_port", "TCP port of the cache."),
        flag(
            "cluster_private_endpoint_only",
            "Whether the Kubernetes API is reached inside the network only.",
        ),
        text("pod_identity_agent_addon", "EKS add-on that Pod Identity needs."),
    ]
}
