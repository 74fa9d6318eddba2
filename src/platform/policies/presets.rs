//! Rights by name: what a workload of a known kind needs, and nothing else.
//!
//! Each preset is a few statements. [`role_policy`] joins those of several presets with statements
//! of the practitioner's own into the one inline policy of a role.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::csi::{ebs_statements, efs_controller_statements, efs_node_statements};
use super::stores::product_statements;
use super::{PolicyProblem, document, sorted};
use crate::platform::stores::Product;

/// The longest sum of the inline policies of a role, white space aside.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MAX_ROLE_POLICY_CHARACTERS: usize = 10_240;

/// Rights of a known kind of workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// Lists and reads objects.
    S3Read,
    /// Lists, reads, writes and deletes objects.
    S3ReadWrite,
    /// Mounts file systems and writes.
    EfsClient,
    /// The EBS CSI driver's controller.
    EbsCsi,
    /// The EFS CSI driver's controller.
    EfsCsi,
    /// Grafana Mimir in its buckets.
    Mimir,
    /// Grafana Loki in its buckets.
    Loki,
    /// Grafana Tempo in its buckets.
    Tempo,
}

/// What a preset is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Buckets, each with a prefix or without; at least one.
    Prefixes,
    /// Whole buckets; at least one.
    Buckets,
    /// File systems; at least one.
    FileSystems,
    /// File systems, all of them when none is named.
    AnyFileSystems,
    /// Whatever carries the driver's tag.
    Tagged,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 8] = [
        Self::S3Read,
        Self::S3ReadWrite,
        Self::EfsClient,
        Self::EbsCsi,
        Self::EfsCsi,
        Self::Mimir,
        Self::Loki,
        Self::Tempo,
    ];

    /// The spellings in configuration, in the order of [`Preset::ALL`].
    pub const NAMES: &'static [&'static str] =
        &["s3_read", "s3_read_write", "efs_client", "ebs_csi", "efs_csi", "mimir", "loki", "tempo"];

    /// The spelling in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S3Read => "s3_read",
            Self::S3ReadWrite => "s3_read_write",
            Self::EfsClient => "efs_client",
            Self::EbsCsi => "ebs_csi",
            Self::EfsCsi => "efs_csi",
            Self::Mimir => "mimir",
            Self::Loki => "loki",
            Self::Tempo => "tempo",
        }
    }

    /// Reads the configuration spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == text)
    }

    /// What it is about.
    pub const fn subject(self) -> Subject {
        match self {
            Self::S3Read | Self::S3ReadWrite => Subject::Prefixes,
            Self::Mimir | Self::Loki | Self::Tempo => Subject::Buckets,
            Self::EfsClient => Subject::FileSystems,
            Self::EfsCsi => Subject::AnyFileSystems,
            Self::EbsCsi => Subject::Tagged,
        }
    }
}

/// A preset and what it is granted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetGrant {
    /// The preset.
    pub preset: Preset,
    /// ARNs of buckets, with `/prefix/` where only that part is meant, or of file systems.
    pub resources: Vec<String>,
    /// Customer keys that encrypt them.
    pub kms_key_arns: Vec<String>,
    /// Whether a client of a file system acts as root.
    pub allow_root_access: bool,
}

/// Why an ARN does not fit its preset: a rule, without its subject.
pub fn check_resource(subject: Subject, arn: &str) -> Result<(), &'static str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let (service, resource) = match parts.as_slice() {
        ["arn", partition, service, _, _, resource] if partition.starts_with("aws") => {
            (*service, *resource)
        }
        _ => ("", ""),
    };
    let bucket_only = service == "s3" && !resource.is_empty() && !resource.contains(['/', '*']);
    match subject {
        Subject::Prefixes => {
            let (bucket, prefix) = resource.split_once('/').unwrap_or((resource, "/"));
            let whole = service == "s3" && !bucket.is_empty() && !bucket.contains('*');
            let fits = prefix.trim_end_matches('*').ends_with('/')
                && !prefix.trim_end_matches('*').contains(['*', '?']);
            if whole && (fits || prefix == "*") {
                return Ok(());
            }
            Err("must be the ARN of a bucket such as arn:aws:s3:::content, or of a part of it \
                 that ends with a slash, such as arn:aws:s3:::content/uploads/")
        }
        Subject::Buckets if bucket_only => Ok(()),
        Subject::Buckets => Err("must be the ARN of a whole bucket such as arn:aws:s3:::loki"),
        Subject::FileSystems | Subject::AnyFileSystems => {
            let id = resource.strip_prefix("file-system/").unwrap_or_default();
            if service == "elasticfilesystem" && id.starts_with("fs-") && !id.contains('*') {
                return Ok(());
            }
            Err("must be the ARN of a file system, as in \
                 arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0")
        }
        Subject::Tagged => Err("has no place here: the driver acts on whatever carries its tag"),
    }
}

/// The statements of one preset. `partition` is that of the account, as in `aws`.
pub fn preset_statements(grant: &PresetGrant, partition: &str) -> Vec<Value> {
    let resources = sorted(&grant.resources);
    let keys = sorted(&grant.kms_key_arns);
    match grant.preset {
        Preset::S3Read => bucket_statements("S3Read", &resources, READ, &["kms:Decrypt"], &keys),
        Preset::S3ReadWrite => {
            let key_actions = &["kms:Decrypt", "kms:GenerateDataKey"];
            bucket_statements("S3ReadWrite", &resources, READ_WRITE, key_actions, &keys)
        }
        Preset::EfsClient => efs_node_statements(&resources, grant.allow_root_access),
        Preset::EbsCsi => ebs_statements(partition, &keys),
        Preset::EfsCsi => efs_controller_statements(&resources),
        Preset::Mimir => product_statements(Product::Mimir, &resources, &keys),
        Preset::Loki => product_statements(Product::Loki, &resources, &keys),
        Preset::Tempo => product_statements(Product::Tempo, &resources, &keys),
    }
}

const READ: &[&str] = &["s3:GetObject"];
const READ_WRITE: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
];

/// Listing names the bucket, and the prefix where there is one; objects are named by it.
fn bucket_statements(
    title: &str,
    arns: &[&str],
    object_actions: &[&str],
    key_actions: &[&str],
    keys: &[&str],
) -> Vec<Value> {
    let mut prefixes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arn in arns {
        let (bucket, prefix) = arn.split_once('/').unwrap_or((arn, ""));
        prefixes.entry(bucket).or_default().insert(prefix.trim_end_matches('*'));
    }
    let is_whole = |prefixes: &BTreeSet<&str>| prefixes.contains("");
    let whole: Vec<&str> =
        prefixes.iter().filter(|(_, prefixes)| is_whole(prefixes)).map(|(b, _)| *b).collect();
    let mut statements = Vec::new();
    if !whole.is_empty() {
        statements.push(json!({
            "Sid": format!("{title}List"),
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": whole,
        }));
    }
    let mut objects: Vec<String> = Vec::new();
    let parts = prefixes.iter().filter(|(_, prefixes)| !is_whole(prefixes));
    for (place, (bucket, prefixes)) in parts.enumerate() {
        let within: Vec<String> = prefixes.iter().map(|prefix| format!("{prefix}*")).collect();
        statements.push(json!({
            "Sid": format!("{title}ListPart{}", place + 1),
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [bucket],
            "Condition": { "StringLike": { "s3:prefix": within } },
        }));
        objects.extend(prefixes.iter().map(|prefix| format!("{bucket}/{prefix}*")));
    }
    objects.extend(whole.iter().map(|bucket| format!("{bucket}/*")));
    objects.sort_unstable();
    statements.push(json!({
        "Sid": format!("{title}Objects"),
        "Effect": "Allow",
        "Action": object_actions,
        "Resource": objects,
    }));
    if !keys.is_empty() {
        statements.push(json!({
            "Sid": format!("{title}Keys"),
            "Effect": "Allow",
            "Action": key_actions,
            "Resource": keys,
        }));
    }
    statements
}

/// The inline policy of a role from its statements, in their order; `None` without any.
pub fn role_policy(statements: &[Value]) -> Result<Option<String>, PolicyProblem> {
    if statements.is_empty() {
        return Ok(None);
    }
    let mut seen = BTreeSet::new();
    for sid in statements.iter().filter_map(|statement| statement.get("Sid")?.as_str()) {
        if !seen.insert(sid) {
            return Err(PolicyProblem::RepeatedSid { sid: sid.to_owned() });
        }
    }
    let policy = document(statements);
    let length = policy.chars().filter(|character| !character.is_whitespace()).count();
    if length > MAX_ROLE_POLICY_CHARACTERS {
        return Err(PolicyProblem::TooLong {
            kind: "role",
            length,
            unit: "characters",
            limit: MAX_ROLE_POLICY_CHARACTERS,
        });
    }
    Ok(Some(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(preset: Preset, resources: &[&str]) -> PresetGrant {
        PresetGrant {
            preset,
            resources: resources.iter().map(|arn| (*arn).to_owned()).collect(),
            kms_key_arns: Vec::new(),
            allow_root_access: false,
        }
    }

    fn policy(grant: &PresetGrant) -> String {
        role_policy(&preset_statements(grant, "aws")).unwrap().unwrap()
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for (preset, name) in Preset::ALL.into_iter().zip(Preset::NAMES) {
            assert_eq!(preset.as_str(), *name);
            assert_eq!(Preset::parse(name), Some(preset));
        }
        assert_eq!(Preset::parse("admin"), None);
    }

    #[test]
    fn reading_a_part_of_a_bucket_lists_that_part_alone() {
        let part = grant(Preset::S3Read, &["arn:aws:s3:::b/uploads/", "arn:aws:s3:::a"]);
        assert_eq!(
            policy(&part),
            concat!(
                r#"{"Version":"2012-10-17","Statement":["#,
                r#"{"Sid":"S3ReadList","Effect":"Allow","Action":["s3:ListBucket"],"#,
                r#""Resource":["arn:aws:s3:::a"]},"#,
                r#"{"Sid":"S3ReadListPart1","Effect":"Allow","Action":["s3:ListBucket"],"#,
                r#""Resource":["arn:aws:s3:::b"],"#,
                r#""Condition":{"StringLike":{"s3:prefix":["uploads/*"]}}},"#,
                r#"{"Sid":"S3ReadObjects","Effect":"Allow","Action":["s3:GetObject"],"#,
                r#""Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/uploads/*"]}]}"#,
            )
        );
    }

    #[test]
    fn the_same_grant_gives_the_same_bytes() {
        for preset in Preset::ALL {
            let (one, two) = match preset.subject() {
                Subject::Prefixes | Subject::Buckets => ("arn:aws:s3:::a", "arn:aws:s3:::b"),
                _ => (
                    "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-00000001",
                    "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-00000002",
                ),
            };
            let forwards = policy(&grant(preset, &[one, two]));
            assert_eq!(forwards, policy(&grant(preset, &[two, one, two])), "{preset:?}");
        }
    }

    #[test]
    fn a_reader_decrypts_and_a_writer_makes_keys() {
        let key = "arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd";
        let with_key = |preset| {
            let mut grant = grant(preset, &["arn:aws:s3:::a"]);
            grant.kms_key_arns = vec![key.to_owned()];
            policy(&grant)
        };
        let reader = with_key(Preset::S3Read);
        assert!(reader.contains("kms:Decrypt") && !reader.contains("GenerateDataKey"), "{reader}");
        assert!(with_key(Preset::S3ReadWrite).contains("kms:GenerateDataKey"));
    }

    #[test]
    fn all_presets_together_have_distinct_labels_and_fit_into_a_role() {
        let system = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-00000001";
        let statements: Vec<Value> = Preset::ALL
            .into_iter()
            .flat_map(|preset| {
                let arn = match preset.subject() {
                    Subject::Prefixes | Subject::Buckets => "arn:aws:s3:::a",
                    _ => system,
                };
                preset_statements(&grant(preset, &[arn]), "aws")
            })
            .collect();
        assert!(role_policy(&statements).unwrap().is_some());
        for statement in &statements {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()), "{sid}");
        }
    }

    #[test]
    fn a_label_that_occurs_twice_and_a_policy_too_long_are_refused() {
        let one = json!({ "Sid": "A", "Effect": "Allow", "Action": ["s3:Get"], "Resource": ["*"] });
        assert_eq!(
            role_policy(&[one.clone(), one]).unwrap_err().to_string(),
            "policy statement \"A\" occurs twice; give each statement a Sid of its own"
        );
        let long = json!({ "Effect": "Allow", "Action": ["x"], "Resource": ["x".repeat(10_240)] });
        let refused = role_policy(&[long]).unwrap_err().to_string();
        assert!(refused.contains("AWS takes at most 10240"), "{refused}");
        assert_eq!(role_policy(&[]), Ok(None));
    }

    #[test]
    fn resources_fit_their_preset() {
        for (subject, arn, fits) in [
            (Subject::Prefixes, "arn:aws:s3:::content", true),
            (Subject::Prefixes, "arn:aws-cn:s3:::content/uploads/", true),
            (Subject::Prefixes, "arn:aws:s3:::content/uploads/*", true),
            (Subject::Prefixes, "arn:aws:s3:::content/*", true),
            (Subject::Prefixes, "arn:aws:s3:::content/uploads", false),
            (Subject::Prefixes, "arn:aws:s3:::*", false),
            (Subject::Prefixes, "content", false),
            (Subject::Buckets, "arn:aws:s3:::loki", true),
            (Subject::Buckets, "arn:aws:s3:::loki/x/", false),
            (Subject::FileSystems, "fs-00000001", false),
            (Subject::Tagged, "arn:aws:s3:::content", false),
        ] {
            assert_eq!(check_resource(subject, arn).is_ok(), fits, "{subject:?} {arn}");
        }
    }
}
