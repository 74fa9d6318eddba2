//! The attributes of `officeless_pod_identity` and the rules of each.

use super::model::Model;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::framework::value::Dynamic;
use crate::platform::naming::{self, Form};
use crate::platform::policies::Preset;
use crate::resources::attributes;
use crate::resources::composite::Composite;

/// A session of an hour: what IAM gives a role by default.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub(super) const SESSION_SECONDS: i64 = 3_600;

/// The schema.
pub(super) fn schema() -> Schema {
    let mut list = who();
    list.extend(role());
    list.extend(rights());
    list.extend(session());
    list.extend([
        attributes::region(),
        attributes::tags(),
        attributes::tags_all(),
        Model::TIMEOUTS.attribute(),
    ]);
    list.extend(outputs());
    Schema { description: include_str!("description.md"), attributes: list, ..Schema::default() }
}

fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

fn policy_arn() -> Check {
    Check::pattern(
        r"^arn:aws[a-z0-9-]*:iam::(aws|[0-9]{12}):policy/[!-~]{1,512}$",
        "must be the ARN of a managed policy such as arn:aws:iam::aws:policy/ReadOnlyAccess",
    )
}

fn who() -> Vec<Attribute> {
    vec![
        attributes::id(
            "The import id: cluster, namespace and service account with slashes between.",
        )
        .planned(),
        Attribute::string("cluster_name")
            .or_computed()
            .default_text("the provider's `cluster_name`")
            .check(form(Form::ClusterName))
            .describe("The EKS cluster. Changing it makes a new association for the same role."),
        Attribute::string("namespace").required().check(form(Form::DnsLabel)).describe(
            "The namespace; need not exist. Changing it makes a new association for the same role.",
        ),
        Attribute::string("service_account").required().check(form(Form::DnsSubdomain)).describe(
            "The service account; need not exist. Changing it makes a new association for the same \
             role.",
        ),
    ]
}

fn role() -> Vec<Attribute> {
    vec![
        Attribute::string("role_name")
            .or_computed()
            .check(form(Form::RoleName))
            .default_text("`{cluster}-{namespace}-{service account}`, cut with a hash")
            .describe(
                "The role, unique in the account. Kept when the service account changes. Changing \
                 it replaces the object.",
            ),
        Attribute::string("role_arn").or_computed().check(form(Form::RoleArn)).describe(
            "A role of this account that was made elsewhere, used as it is: nothing of it is \
             changed or deleted. It must trust `pods.eks.amazonaws.com` with `sts:AssumeRole` and \
             `sts:TagSession`. Otherwise the ARN of the role made here.",
        ),
        Attribute::string("path")
            .default("/")
            .replaces()
            .check(Check::length(1, 512))
            .check(Check::pattern("^/([!-~]+/)?$", "must begin and end with a slash"))
            .describe("Path of the role. Changing it replaces the object."),
        Attribute::string("permissions_boundary_arn").check(policy_arn()).describe(
            "ARN of the managed policy that bounds the role, whatever else it is granted.",
        ),
        Attribute::number("max_session_duration")
            .default(SESSION_SECONDS)
            .check(Check::range(3_600, 43_200))
            .describe("Longest session of the role, in seconds."),
    ]
}

fn rights() -> Vec<Attribute> {
    vec![
        Attribute::object_list("policy_statements", statement())
            .describe("Statements of the role's inline policy, after those of `presets`."),
        Attribute::strings("policy_arns")
            .default(Dynamic::List(Vec::new()))
            .check(Check::items(0, 20))
            .check(Check::each(policy_arn()))
            .describe(
                "Managed policies attached to the role, and no others: what somebody else attaches \
                 is detached. IAM allows 10 unless the quota was raised.",
            ),
        Attribute::objects("presets", preset()).check(Check::keys(Preset::NAMES)).describe(
            "Rights by name: `s3_read` and `s3_read_write` (objects of buckets), `efs_client` \
             (mounts and writes), `ebs_csi` and `efs_csi` (the drivers' controllers, limited to what \
             carries the driver's tag), `mimir`, `loki` and `tempo` (each in its buckets). They are \
             in the inline policy.",
        ),
    ]
}

fn statement() -> Vec<Attribute> {
    vec![
        Attribute::string("sid")
            .check(Check::pattern("^[A-Za-z0-9]{1,64}$", "must be 1 to 64 letters and digits"))
            .describe("Label, once in a policy."),
        Attribute::string("effect")
            .default("Allow")
            .check(Check::one_of(&["Allow", "Deny"]))
            .describe("`Allow` or `Deny`."),
        Attribute::strings("actions")
            .required()
            .check(Check::items(1, 500))
            .check(Check::each(Check::pattern(
                r"^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$",
                "must be an action such as s3:GetObject",
            )))
            .describe("Actions, such as `s3:GetObject`."),
        Attribute::strings("resources")
            .required()
            .check(Check::items(1, 500))
            .describe("ARNs, or `*`."),
        Attribute::of("conditions", Type::map(Type::map(Type::set(Type::String)))).describe(
            "Conditions by operator and key, as in `{ StringEquals = { \"aws:ResourceTag/team\" = \
             [\"a\"] } }`.",
        ),
    ]
}

fn preset() -> Vec<Attribute> {
    vec![
        Attribute::strings("resources").describe(
            "ARNs that the preset is about: buckets for `s3_read`, `s3_read_write`, `mimir`, `loki` \
             and `tempo`, file systems for `efs_client` and `efs_csi` (all of them if not given). \
             `arn:aws:s3:::content/uploads/` is a part of a bucket, with the first two.",
        ),
        Attribute::strings("kms_key_arns")
            .check(Check::each(form(Form::KeyArn)))
            .describe("Customer keys that encrypt the objects or volumes."),
        Attribute::bool("allow_root_access")
            .default(false)
            .describe("Whether clients act as root; with `efs_client`."),
    ]
}

fn session() -> Vec<Attribute> {
    vec![
        Attribute::bool("disable_session_tags").default(false).describe(
            "Whether sessions carry no tags of cluster, namespace and service account.",
        ),
        Attribute::string("target_role_arn").check(form(Form::RoleArn)).describe(
            "A role, of this or another account, that is assumed with the first and whose \
             credentials the pods get. The role made here is allowed to; the target must trust it, \
             with `external_id`.",
        ),
        Attribute::string("session_policy")
            .check(Check::length(1, 2_048))
            .check(Check::text(json_object))
            .describe(
                "A policy, JSON, that narrows what the role allows these pods. Needs \
                 `disable_session_tags`.",
            ),
        Attribute::bool("condition_session_tags")
            .or_computed()
            .default_text("`true`, unless `disable_session_tags`")
            .describe(
                "Whether the trust policy is limited to this cluster, namespace and service account \
                 by the tags of the session. Without, every association of the account may use the \
                 role.",
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

fn outputs() -> Vec<Attribute> {
    let text = |name: &'static str, what: &'static str| {
        Attribute::string(name).computed().planned().describe(what)
    };
    let mut list = vec![
        text("association_id", "Id of the Pod Identity association, `a-…`."),
        text("association_arn", "ARN of the association."),
        text(
            "external_id",
            "What the trust policy of the target role should demand as `sts:ExternalId`; null \
             without `target_role_arn`.",
        ),
        text(
            "assume_role_policy_json",
            "The trust policy in force; null for a role made elsewhere.",
        ),
        text("policy_json", "The inline policy in force; null if there is none."),
        text("owner_arn", "The EKS add-on that owns the association: then it is read only."),
    ];
    list.extend(attributes::status());
    list
}
