//! The attributes of the buckets and the rules of each.

use super::model::Model;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::framework::value::Dynamic;
use crate::platform::defaults::OBSERVABILITY;
use crate::platform::duration::Retention;
use crate::platform::naming::{self, Form};
use crate::platform::stores::Product;
use crate::resources::attributes;
use crate::resources::composite::Composite;

/// The keys of the six stores, as in `buckets`.
pub(super) const KEYS: &[&str] = &[
    "mimir-metrics",
    "mimir-alertmanager",
    "mimir-ruler",
    "loki-chunks",
    "loki-ruler",
    "tempo-traces",
];

const COMPONENTS: &[&str] = &["mimir", "loki", "tempo"];
const ALGORITHMS: &[&str] = &["AES256", "aws:kms", "aws:kms:dsse"];
const VERSIONING: &[&str] = &["Enabled", "Suspended", "Disabled"];
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Transition.html>
const STORAGE_CLASSES: &[&str] =
    &["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];
/// The most days that S3 takes.
const MAX_DAYS: i64 = 2_147_483_647;

/// The schema.
pub(super) fn schema() -> Schema {
    let mut list = naming_attributes();
    list.extend(bucket_attributes());
    list.extend(lifecycle_attributes());
    list.extend(access_attributes());
    list.extend(outputs());
    Schema { description: include_str!("description.md"), attributes: list, ..Schema::default() }
}

fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

fn naming_attributes() -> Vec<Attribute> {
    let part = |name: &'static str| {
        Attribute::string(name).replaces().check(Check::pattern(
            "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
            "must be lower-case letters, digits and hyphens, beginning and ending with a letter \
             or a digit",
        ))
    };
    vec![
        attributes::id("The import id: prefix and suffix, or the list of bucket names.").planned(),
        attributes::region(),
        part("name_prefix").or_computed().default_text("the provider's `name_prefix`").describe(
            "Begins every bucket name: `{name_prefix}-{key}-{name_suffix}`. Without one the \
                 buckets have the platform's own names, which anyone may own already. Changing \
                 it replaces the object.",
        ),
        part("name_suffix").describe("Ends every bucket name. Changing it replaces the object."),
        Attribute::string("bucket_namespace")
            .default(OBSERVABILITY.bucket_namespace)
            .replaces()
            .describe(
                "`global`, or `account-regional`, where names end with \
                 `-{account}-{region}-an` and nobody else can take them. Changing it replaces \
                 the object.",
            )
            .check(Check::one_of(&["global", "account-regional"])),
        Attribute::strings("components")
            .default(Dynamic::List(sorted_components()))
            .describe(
                "The products whose buckets exist. A product that is taken out loses its \
                 buckets, which must be empty or have `force_destroy`.",
            )
            .check(Check::items(1, COMPONENTS.len()))
            .check(Check::each(Check::one_of(COMPONENTS))),
    ]
}

fn sorted_components() -> Vec<Dynamic> {
    let mut all: Vec<Dynamic> =
        OBSERVABILITY.components.iter().map(|product| Dynamic::from(product.as_str())).collect();
    all.sort();
    all
}

fn key() -> Attribute {
    Attribute::string("kms_key_arn").check(form(Form::KeyArn))
}

fn algorithm() -> Attribute {
    Attribute::string("sse_algorithm").check(Check::one_of(ALGORITHMS))
}

/// Settings of one bucket over those of all.
fn overrides() -> Attribute {
    let days =
        || Attribute::number("noncurrent_version_expiration_days").check(Check::range(1, MAX_DAYS));
    Attribute::objects(
        "buckets",
        vec![
            Attribute::string("name")
                .describe(
                    "The whole name, in place of the composed one. Changing it makes a new \
                     bucket and deletes the old one, which must be empty or have \
                     `force_destroy`.",
                )
                .check(Check::length(3, 63)),
            Attribute::string("versioning")
                .describe("As in the attribute `versioning`.")
                .check(Check::one_of(VERSIONING)),
            days().describe("How long old versions of this bucket stay."),
            algorithm().describe("Encryption of this bucket."),
            key().describe("Key of this bucket."),
            Attribute::bool("force_destroy")
                .describe("Whether this bucket is emptied before it is deleted."),
        ],
    )
    .describe(
        "Settings of single buckets, over those of all. Keys: `mimir-metrics`, \
         `mimir-alertmanager`, `mimir-ruler`, `loki-chunks`, `loki-ruler`, `tempo-traces`.",
    )
    .check(Check::keys(KEYS))
}

fn bucket_attributes() -> Vec<Attribute> {
    vec![
        overrides(),
        algorithm()
            .default(OBSERVABILITY.sse_algorithm)
            .describe("Encryption at rest of all buckets: `AES256`, `aws:kms` or `aws:kms:dsse`."),
        key().describe("KMS key of all buckets, for `aws:kms` and `aws:kms:dsse` only."),
        Attribute::bool("bucket_key_enabled").default(OBSERVABILITY.bucket_key_enabled).describe(
            "Whether S3 asks KMS once for many objects. Has no meaning with `AES256`, and is not \
             offered by AWS with `aws:kms:dsse`.",
        ),
        Attribute::string_map("versioning")
            .default_text("rulers and alertmanager `Enabled`, the others `Disabled`")
            .describe(
                "Versioning by bucket key: `Enabled`, `Suspended` or `Disabled`. A bucket that \
                 was versioned once can only be suspended.",
            )
            .check(Check::keys(KEYS))
            .check(Check::each(Check::one_of(VERSIONING))),
        Attribute::bool("enforce_tls")
            .default(OBSERVABILITY.enforce_tls)
            .describe("Whether the bucket policy denies access without TLS."),
        Attribute::object(
            "access_logging",
            vec![
                Attribute::string("bucket")
                    .required()
                    .describe("The bucket that takes the logs; not one of these.")
                    .check(Check::length(3, 63)),
                Attribute::string("prefix")
                    .default("")
                    .describe("Begins the keys of the logs; the bucket's key and `/` follow it."),
            ],
        )
        .describe("Server access logs of all buckets."),
        Attribute::bool("force_destroy").default(OBSERVABILITY.force_destroy).describe(
            "Whether buckets are emptied before they are deleted. Otherwise a bucket that holds \
             anything makes destroy fail.",
        ),
        attributes::data_classification(),
        attributes::deletion_protection(false),
        attributes::tags(),
        Model::TIMEOUTS.attribute(),
    ]
}

fn lifecycle_attributes() -> Vec<Attribute> {
    let retention = |name: &'static str, product: &str| {
        Attribute::string(name)
            .describe(format!("How long {product} keeps its data, as in `30d` or `720h`."))
            .check(Check::text(|text| {
                Retention::parse(text).map(|_| ()).map_err(|problem| problem.to_string())
            }))
    };
    let days = |name: &'static str| Attribute::number(name).check(Check::range(1, MAX_DAYS));
    vec![
        days("noncurrent_version_expiration_days")
            .default(i64::from(OBSERVABILITY.noncurrent_version_expiration_days))
            .describe(
                "How long old versions stay wherever versioning is or was on. Stores whose \
                 objects are rewritten by compaction (`mimir-metrics`, `loki-chunks`, \
                 `tempo-traces`) keep them 7 days at most unless `buckets` says otherwise.",
            ),
        days("abort_incomplete_multipart_upload_days")
            .default(i64::from(OBSERVABILITY.abort_incomplete_multipart_upload_days))
            .describe("After how many days an upload that never completed is dropped."),
        Attribute::object(
            "retention",
            vec![
                retention("metrics", "Mimir"),
                retention("logs", "Loki"),
                retention("traces", "Tempo"),
            ],
        )
        .describe(
            "How long the products keep their data. Only rendered into `helm_values`: the \
             products delete by their own index, and S3 never expires their objects.",
        ),
        Attribute::objects(
            "extra_lifecycle_rules",
            vec![
                Attribute::string("bucket")
                    .required()
                    .describe("Key of the bucket.")
                    .check(Check::one_of(KEYS)),
                Attribute::string("prefix")
                    .describe("Which objects, by the beginning of their key; all when not set."),
                days("expiration_days").describe("After how many days objects are deleted."),
                days("noncurrent_version_expiration_days")
                    .describe("After how many days old versions are deleted."),
                Attribute::number("transition_days")
                    .describe("After how many days objects move to `transition_storage_class`.")
                    .check(Check::range(0, MAX_DAYS)),
                Attribute::string("transition_storage_class")
                    .describe("Where objects move.")
                    .check(Check::one_of(STORAGE_CLASSES)),
            ],
        )
        .describe(
            "Further lifecycle rules by id. A rule that would take data from under the product \
             is refused.",
        ),
    ]
}

fn access_attributes() -> Vec<Attribute> {
    let identity = OBSERVABILITY.pod_identity;
    vec![
        Attribute::object(
            "pod_identity",
            vec![
                Attribute::bool("enabled")
                    .default(true)
                    .describe("`false` makes no role and no association."),
                Attribute::string("cluster_name")
                    .or_computed()
                    .default_text("the provider's `cluster_name`")
                    .describe("The EKS cluster. Without one there is no role and no association.")
                    .check(form(Form::ClusterName)),
                Attribute::string("namespace")
                    .default(identity.namespace)
                    .describe("Namespace of the charts.")
                    .check(form(Form::DnsLabel)),
                Attribute::string("service_account")
                    .default(identity.service_account)
                    .describe(
                        "Service account of the charts; with `split` followed by `-mimir`, \
                         `-loki` and `-tempo`.",
                    )
                    .check(form(Form::DnsSubdomain)),
                Attribute::string("role_name")
                    .default(identity.role_name)
                    .describe(
                        "The role, unique in the account; with `split` followed by `-mimir`, \
                         `-loki` and `-tempo`. Changing it makes a new role.",
                    )
                    .check(form(Form::RoleName)),
                Attribute::string("mode")
                    .default(identity.mode)
                    .describe(
                        "`shared`: one role and service account for all three products. `split`: \
                         one each, so that Tempo cannot delete Mimir's blocks.",
                    )
                    .check(Check::one_of(&["shared", "split"])),
            ],
        )
        .default_object()
        .describe("The workload that reads and writes the buckets, by EKS Pod Identity."),
    ]
}

fn outputs() -> Vec<Attribute> {
    let map = |name, description: &'static str| {
        attributes::computed_map(name).planned().describe(description)
    };
    let status = Type::Object(
        [
            ("state", Type::String),
            ("steps_done", Type::list(Type::String)),
            ("pending_step", Type::String),
            ("error", Type::String),
        ]
        .into_iter()
        .map(|(name, kind)| (name.to_owned(), kind))
        .collect(),
    );
    let mut list = vec![
        attributes::tags_all(),
        Attribute::of("bucket_status", Type::map(status)).computed().planned().describe(
            "How far each bucket is, by key: `state` (`complete`, `incomplete` or `missing`), \
             `steps_done`, `pending_step`, and `error`, which says what is wrong with it.",
        ),
        map("bucket_names", "Bucket names by key."),
        map("bucket_arns", "Bucket ARNs by key."),
        map("bucket_regional_domain_names", "Host names of the buckets in their region, by key."),
        map(
            "role_arns",
            "ARN of the role of each component; with `shared` the same for all. Empty without a \
             cluster.",
        ),
        map("policy_json", "The inline policy of the role of each component, as JSON."),
        map("association_ids", "Id of the Pod Identity association of each component."),
        map("helm_values", "Chart values in YAML for each component, to be merged with your own."),
        Attribute::string("s3_endpoint")
            .computed()
            .planned()
            .describe("Host of S3 in the region, as the three products want it."),
    ];
    list.extend(attributes::status());
    list
}

/// The products by the spelling of `components`.
pub(super) fn products<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<Product> {
    let mut products: Vec<Product> =
        names.into_iter().filter_map(|name| Product::parse(name)).collect();
    products.sort();
    products.dedup();
    products
}
