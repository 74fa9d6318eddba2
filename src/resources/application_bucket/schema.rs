//! The attributes of the bucket itself and the rules of each; those of objects within it are in
//! [`super::schema_objects`]. Every default comes from [`crate::platform::defaults`].

use super::model::Model;
use super::schema_objects::{
    access, cors_rules, event_notifications, lifecycle_rules, object_lock, policy_statements,
    replication,
};
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::Dynamic;
use crate::platform::defaults::APPLICATION_BUCKET as PLATFORM;
use crate::platform::naming::{self, Form};
use crate::resources::attributes;
use crate::resources::composite::Composite;

/// The longest `bucket_prefix`: what is made up needs the rest of 63 characters.
pub(super) const MAX_PREFIX: usize = 37;

/// The schema.
pub(super) fn schema() -> Schema {
    let mut list = naming();
    list.extend(protection());
    list.push(lifecycle_rules());
    list.extend(data());
    list.extend([
        access(),
        policy_statements(),
        cors_rules(),
        event_notifications(),
        replication(),
        object_lock(),
    ]);
    list.extend([
        attributes::data_classification(),
        attributes::deletion_protection(false),
        attributes::region(),
        attributes::tags(),
        attributes::tags_all(),
        Model::TIMEOUTS.attribute(),
    ]);
    list.extend(outputs());
    Schema { description: include_str!("description.md"), attributes: list, ..Schema::default() }
}

/// A rule of `platform::naming` on a string.
pub(super) fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

fn naming() -> Vec<Attribute> {
    vec![
        Attribute::string("bucket")
            .or_computed()
            .replaces()
            .default_text("made up after `bucket_prefix`")
            .describe(
                "Name of the bucket. Names are shared by all of AWS; in the account-regional \
                 namespace this is the part before the ending, and `id` is the whole. Changing it \
                 replaces the bucket.",
            )
            .check(Check::length(3, 63)),
        Attribute::string("bucket_prefix")
            .replaces()
            .describe(
                "Begins a name that is made up from account, region and a number, so that an \
                 interrupted create finds its bucket again. In place of `bucket`. Changing it \
                 replaces the bucket.",
            )
            .check(Check::length(1, MAX_PREFIX))
            .check(Check::pattern(
                "^[a-z0-9][a-z0-9-]*$",
                "must be lower-case letters, digits and hyphens, beginning with a letter or a digit",
            )),
        Attribute::string("bucket_namespace")
            .default(PLATFORM.bucket_namespace)
            .replaces()
            .describe(
                "`global`, or `account-regional`, where names end with \
                 `-{account}-{region}-an` and nobody else can take them. Changing it replaces \
                 the bucket.",
            )
            .check(Check::one_of(&["global", "account-regional"])),
    ]
}

fn protection() -> Vec<Attribute> {
    let blocked = PLATFORM.blocked_encryption_types.iter().map(|kind| Dynamic::from(*kind));
    vec![
        Attribute::bool("critical").default(PLATFORM.critical).describe(
            "Whether the bucket is critical: then it is versioned, and what would lose data is \
             warned of.",
        ),
        Attribute::string("versioning")
            .or_computed()
            .default_text(
                "`Enabled` if the bucket is critical, its data confidential or restricted, or \
                 `object_lock` or `replication` set; otherwise `Disabled`, or what it was",
            )
            .describe(
                "`Enabled`, `Suspended` or `Disabled`. A bucket that was versioned once can only \
                 be suspended.",
            )
            .check(Check::one_of(&["Enabled", "Suspended", "Disabled"])),
        Attribute::string("sse_algorithm")
            .default(PLATFORM.sse_algorithm)
            .describe("Encryption at rest: `AES256`, `aws:kms` or `aws:kms:dsse`.")
            .check(Check::one_of(&["AES256", "aws:kms", "aws:kms:dsse"])),
        Attribute::string("kms_key_arn")
            .describe(
                "KMS key, for `aws:kms` and `aws:kms:dsse` only; AWS's own key for S3 if not set.",
            )
            .check(form(Form::KeyArn)),
        Attribute::bool("bucket_key_enabled").default(PLATFORM.bucket_key_enabled).describe(
            "Whether S3 asks KMS once for many objects. Has no meaning with `AES256`, and is not \
             offered by AWS with `aws:kms:dsse`.",
        ),
        Attribute::strings("blocked_encryption_types")
            .default(Dynamic::List(blocked.collect()))
            .describe(
                "Encryption that writers may not use. `SSE-C`, keys that travel with each \
                 request, is the one that AWS can block.",
            )
            .check(Check::each(Check::one_of(&["SSE-C"]))),
        Attribute::bool("enforce_tls")
            .default(PLATFORM.enforce_tls)
            .describe("Whether the bucket policy denies access without TLS."),
        Attribute::bool("block_public_access").default(PLATFORM.block_public_access).describe(
            "Whether S3 keeps the public out whatever the policy says. `false` needs \
             `data_classification = \"public\"`. Access lists stay without effect either way.",
        ),
    ]
}

fn data() -> Vec<Attribute> {
    vec![
        Attribute::string("transition_default_minimum_object_size")
            .default(PLATFORM.transition_default_minimum_object_size)
            .describe(
                "Which small objects stay where they are: below 128 KB in all classes \
                 (`all_storage_classes_128K`), or with the minimum of each class \
                 (`varies_by_storage_class`).",
            )
            .check(Check::one_of(&["all_storage_classes_128K", "varies_by_storage_class"])),
        Attribute::number("retention_days")
            .describe(
                "After how many days everything in the bucket is deleted, old versions so many \
                 days after they were replaced. Not less than the period of `object_lock`.",
            )
            .check(Check::range(1, MAX_DAYS)),
        Attribute::string("cluster_name")
            .or_computed()
            .default_text("the provider's `cluster_name`")
            .describe("The EKS cluster whose service accounts `access` names.")
            .check(form(Form::ClusterName)),
        Attribute::object(
            "access_logging",
            vec![
                Attribute::string("bucket")
                    .required()
                    .describe("The bucket that takes the logs; not this one.")
                    .check(Check::length(3, 63)),
                Attribute::string("prefix").default("").describe("Begins the keys of the logs."),
            ],
        )
        .describe("Server access logs."),
        Attribute::bool("force_destroy").default(PLATFORM.force_destroy).describe(
            "Whether the bucket is emptied before it is deleted, old versions included. Otherwise \
             a bucket that holds anything makes destroy fail.",
        ),
        Attribute::bool("bypass_governance_retention").default(false).describe(
            "Whether `force_destroy` also deletes what is locked in mode `GOVERNANCE`; needs \
             `s3:BypassGovernanceRetention`. Nothing deletes what is locked in mode `COMPLIANCE` \
             before its time.",
        ),
    ]
}

/// The most days that S3 takes.
pub(super) const MAX_DAYS: i64 = 2_147_483_647;

fn outputs() -> Vec<Attribute> {
    let text = |name, description: &'static str| {
        Attribute::string(name).computed().planned().describe(description)
    };
    let map = |name, description: &'static str| {
        attributes::computed_map(name).planned().describe(description)
    };
    let mut list = vec![
        attributes::id("The whole name of the bucket, which is also the import id.").planned(),
        attributes::arn("ARN of the bucket.").planned(),
        text("bucket_regional_domain_name", "Host name of the bucket in its region."),
        text(
            "hosted_zone_id",
            "Route 53 zone of the region's S3 website endpoint, for alias records; not set for \
             regions that AWS lists none for.",
        ),
        text("versioning_status", "Versioning as S3 has it."),
        text("policy_json", "The bucket policy, as JSON; not set where there is none."),
        map("role_arns", "ARN of the role of each entry of `access`."),
        map("access_policy_json", "The policy of that role, as JSON."),
        map("association_ids", "Id of the Pod Identity association of each entry of `access`."),
        text(
            "replication_role_arn",
            "The role that copies objects; not set without `replication`.",
        ),
    ];
    list.extend(attributes::status());
    list
}
