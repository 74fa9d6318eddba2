//! The attributes that hold objects: rules, statements, access, replication.

use super::schema::{MAX_DAYS, form};
use super::wanted::ABORT_RULE;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Type};
use crate::framework::value::{Dynamic, Object};
use crate::platform::defaults::APPLICATION_BUCKET as PLATFORM;
use crate::platform::naming::Form;
use crate::platform::storage_classes::TRANSITION_CLASSES;

/// The longest id of a lifecycle rule, CORS rule or notification.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>
const MAX_ID: usize = 255;

/// Storage classes that copies may have.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Destination.html>
const COPY_CLASSES: &[&str] = &[
    "STANDARD",
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
];

/// Kinds of principals.
const PRINCIPALS: &[&str] = &["AWS", "CanonicalUser", "Federated", "Service"];

pub(super) fn lifecycle_rules() -> Attribute {
    let abort = Object::from([
        ("id".to_owned(), Dynamic::from(ABORT_RULE)),
        (
            "abort_incomplete_multipart_upload_days".to_owned(),
            Dynamic::from(i64::from(PLATFORM.abort_incomplete_multipart_upload_days)),
        ),
    ]);
    let mut members = rule_filter();
    members.extend(rule_actions());
    Attribute::object_list("lifecycle_rules", members)
        .default(Dynamic::List(vec![Dynamic::Map(abort)]))
        .default_text("one rule, which drops uploads that are not complete after 7 days")
        .describe(
            "When objects move to other storage classes and when they end: all rules of the \
             bucket but that of `retention_days`. `[]` for none. Another order or another spelling \
             of the same rules is no change.",
        )
        .check(Check::items(0, 1000))
}

fn rule_filter() -> Vec<Attribute> {
    vec![
        Attribute::string("id")
            .required()
            .describe("Unique in the bucket.")
            .check(Check::length(1, MAX_ID)),
        Attribute::bool("enabled").default(true).describe("Whether the rule is in force."),
        Attribute::string("prefix")
            .describe("Which objects, by the beginning of their key; all when not set.")
            .check(Check::length(0, 1024)),
        Attribute::string_map("tags").describe("Which objects, by tags they all have."),
        Attribute::number("object_size_greater_than")
            .describe(
                "Which objects, by their size in bytes. Lifts the default minimum size of moves: \
                 `1` moves all but empty objects.",
            )
            .check(Check::range(1, i64::MAX)),
        Attribute::number("object_size_less_than")
            .describe("Which objects, by their size in bytes.")
            .check(Check::range(1, i64::MAX)),
    ]
}

fn days(name: &'static str, from: i64) -> Attribute {
    Attribute::number(name).check(Check::range(from, MAX_DAYS))
}

fn date() -> Attribute {
    Attribute::string("date").check(Check::pattern(
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T00:00:00Z)?$",
        "must be a day, as in 2030-01-01; S3 knows midnight UTC only",
    ))
}

fn class() -> Attribute {
    Attribute::string("storage_class")
        .required()
        .describe("The storage class.")
        .check(Check::one_of(TRANSITION_CLASSES))
}

fn newer() -> Attribute {
    Attribute::number("newer_noncurrent_versions")
        .describe("How many of the newest old versions stay.")
        .check(Check::range(1, 100))
}

fn rule_actions() -> Vec<Attribute> {
    vec![
        Attribute::object_list(
            "transitions",
            vec![
                days("days", 0).describe("So many days after creation."),
                date().describe("From that day on, in place of `days`."),
                class(),
            ],
        )
        .describe("Moves of current versions."),
        Attribute::object(
            "expiration",
            vec![
                days("days", 1).describe("So many days after creation."),
                date().describe("From that day on, in place of `days`."),
                Attribute::bool("expired_object_delete_marker").describe(
                    "Remove delete markers that hide no version any more, in place of a time.",
                ),
            ],
        )
        .describe("End of current versions."),
        Attribute::object_list(
            "noncurrent_version_transitions",
            vec![
                days("noncurrent_days", 1)
                    .required()
                    .describe("So many days after a version was replaced."),
                newer(),
                class(),
            ],
        )
        .describe("Moves of old versions."),
        Attribute::object(
            "noncurrent_version_expiration",
            vec![
                days("noncurrent_days", 1)
                    .required()
                    .describe("So many days after a version was replaced."),
                newer(),
            ],
        )
        .describe("End of old versions."),
        days("abort_incomplete_multipart_upload_days", 1)
            .describe("After how many days an upload that never completed is dropped."),
    ]
}

pub(super) fn object_lock() -> Attribute {
    Attribute::object(
        "object_lock",
        vec![
            Attribute::string("mode")
                .describe(
                    "What new objects get: `GOVERNANCE`, which some may bypass, or `COMPLIANCE`, \
                     which nobody can. Without it only writers lock objects.",
                )
                .check(Check::one_of(&["GOVERNANCE", "COMPLIANCE"])),
            Attribute::number("days").describe("For how many days.").check(Check::range(1, 36_500)),
            Attribute::number("years")
                .describe("For how many years, in place of `days`.")
                .check(Check::range(1, 100)),
        ],
    )
    .describe(
        "Object lock: versions that nothing deletes before their time. Can be set on an existing \
         bucket, and never be switched off again; `{}` locks nothing by default.",
    )
}

pub(super) fn access() -> Attribute {
    Attribute::objects(
        "access",
        vec![
            Attribute::string("namespace")
                .required()
                .describe("Namespace of the service account.")
                .check(form(Form::DnsLabel)),
            Attribute::string("service_account")
                .required()
                .describe("The service account; each in one entry only.")
                .check(form(Form::DnsSubdomain)),
            Attribute::string("level")
                .required()
                .describe("`read`, or `read_write`, which includes deleting.")
                .check(Check::one_of(&["read", "read_write"])),
            Attribute::string("prefix")
                .describe("Begins the keys it may list, read and write; all when not set.")
                .check(Check::pattern(
                    "^[^*?$]{1,512}$",
                    "must be 1 to 512 characters without *, ? and $, which mean something in a \
                     policy",
                )),
        ],
    )
    .describe(
        "Workloads that use the bucket, by a key of yours: each gets an IAM role of its own by EKS \
         Pod Identity. Needs `cluster_name`.",
    )
}

pub(super) fn policy_statements() -> Attribute {
    let principals = |name: &'static str| {
        Attribute::of(name, Type::map(Type::set(Type::String))).check(Check::keys(PRINCIPALS))
    };
    Attribute::object_list(
        "policy_statements",
        vec![
            Attribute::string("sid")
                .describe("Its label.")
                .check(Check::pattern("^[A-Za-z0-9 ]{1,128}$", "must be letters and digits")),
            Attribute::string("effect")
                .default("Allow")
                .describe("`Allow` or `Deny`.")
                .check(Check::one_of(&["Allow", "Deny"])),
            principals("principals").describe(
                "Who, by kind: `AWS`, `Service`, `Federated`, `CanonicalUser`. `*` lets everyone \
                 in and needs `data_classification = \"public\"`.",
            ),
            principals("not_principals").describe("Everyone but these, for `Deny`."),
            Attribute::strings("actions").describe("What, as in `s3:GetObject`."),
            Attribute::strings("not_actions").describe("Everything but this."),
            Attribute::strings("resources")
                .default_text("the bucket and all its objects")
                .describe("On what: ARNs, or patterns of keys in this bucket, as in `public/*`."),
            Attribute::strings("not_resources")
                .describe("On everything but this, in the same way."),
            Attribute::object_list(
                "conditions",
                vec![
                    Attribute::string("operator").required().describe("As in `StringEquals`."),
                    Attribute::string("key").required().describe("As in `aws:PrincipalOrgID`."),
                    Attribute::strings("values").required().describe("Any of these."),
                ],
            )
            .describe("When; all of them must be met."),
        ],
    )
    .default(Dynamic::List(vec![]))
    .describe(
        "Statements of the bucket policy beside that of `enforce_tls`: all there are. A statement \
         that somebody else adds is shown as a change, and removed.",
    )
}

pub(super) fn cors_rules() -> Attribute {
    let headers = |name: &'static str| Attribute::strings(name);
    Attribute::object_list(
        "cors_rules",
        vec![
            Attribute::string("id").describe("Its id.").check(Check::length(1, MAX_ID)),
            headers("allowed_headers").describe("Headers a page may send."),
            Attribute::strings("allowed_methods")
                .required()
                .describe("`GET`, `PUT`, `POST`, `DELETE`, `HEAD`.")
                .check(Check::items(1, 5))
                .check(Check::each(Check::one_of(&["GET", "PUT", "POST", "DELETE", "HEAD"]))),
            Attribute::strings("allowed_origins")
                .required()
                .describe("Origins of pages, as in `https://app.example.com`.")
                .check(Check::items(1, 100))
                .check(Check::each(Check::pattern("^[^*]*[*]?[^*]*$", "must have one * at most"))),
            headers("expose_headers").describe("Headers a page may read."),
            Attribute::number("max_age_seconds")
                .describe("How long a browser may remember the answer.")
                .check(Check::range(0, MAX_DAYS)),
        ],
    )
    .describe("Web pages that may reach the bucket. The first rule that fits decides.")
    .check(Check::items(0, 100))
}

pub(super) fn event_notifications() -> Attribute {
    Attribute::object(
        "event_notifications",
        vec![
            Attribute::bool("eventbridge")
                .default(false)
                .describe("Whether every event goes to EventBridge."),
            Attribute::objects(
                "targets",
                vec![
                    Attribute::string("arn")
                        .required()
                        .describe(
                            "An SQS queue, an SNS topic or a Lambda function, which lets S3 in.",
                        )
                        .check(Check::pattern(
                            "^arn:aws[a-z0-9-]*:(sqs|sns|lambda):[a-z0-9-]+:[0-9]{12}:.+$",
                            "must be the ARN of an SQS queue, an SNS topic or a Lambda function",
                        )),
                    Attribute::strings("events")
                        .required()
                        .describe("Events, as in `s3:ObjectCreated:*`.")
                        .check(Check::items(1, 50))
                        .check(Check::each(Check::pattern(
                            "^s3:[A-Za-z]+(:([A-Za-z]+|[*]))?$",
                            "must be an event of S3, as in s3:ObjectCreated:*",
                        ))),
                    Attribute::string("prefix").describe("Begins the keys of the objects."),
                    Attribute::string("suffix").describe("Ends the keys of the objects."),
                ],
            )
            .describe("Who is told, by an id of yours."),
        ],
    )
    .describe(
        "Who is told of events in the bucket: all there are. AWS sends a test message to each \
         queue and topic.",
    )
}

pub(super) fn replication() -> Attribute {
    Attribute::object(
        "replication",
        vec![
            Attribute::string("destination_bucket_arn")
                .required()
                .describe("The other bucket, versioned, in any region that is allowed.")
                .check(Check::pattern(
                    "^arn:aws[a-z0-9-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
                    "must be the ARN of a bucket, as in arn:aws:s3:::acme-copies",
                )),
            Attribute::string("destination_kms_key_arn")
                .describe(
                    "Key of the copies, in the region of the other bucket. Objects encrypted with \
                     KMS are copied only with one.",
                )
                .check(form(Form::KeyArn)),
            Attribute::string("storage_class")
                .describe("Storage class of the copies; that of the original when not set.")
                .check(Check::one_of(COPY_CLASSES)),
            Attribute::bool("replicate_delete_markers")
                .default(false)
                .describe("Whether what is deleted here is marked as deleted there."),
            Attribute::string("role_arn")
                .describe("A role of yours that S3 assumes; one is made otherwise.")
                .check(form(Form::RoleArn)),
        ],
    )
    .describe(
        "Copies every new object into another bucket. Needs versioning on both ends; objects that \
         were there before are not copied.",
    )
}
