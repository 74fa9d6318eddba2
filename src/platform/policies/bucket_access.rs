//! What a workload may do in an application's bucket, and what S3 may do to copy it.

use serde_json::{Value, json};

use super::document;

/// How much a workload may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketAccess {
    /// List and read.
    Read,
    /// List, read, write and delete.
    ReadWrite,
}

impl BucketAccess {
    /// Both, the lesser first.
    pub const ALL: [Self; 2] = [Self::Read, Self::ReadWrite];

    /// The spelling in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read_write",
        }
    }

    /// Reads the configuration spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.as_str() == text)
    }

    const fn object_actions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["s3:GetObject"],
            Self::ReadWrite => &[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
        }
    }

    /// Reading needs no new data key.
    const fn key_actions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["kms:Decrypt"],
            Self::ReadWrite => &["kms:Decrypt", "kms:GenerateDataKey"],
        }
    }
}

/// The policy of a workload's role, as compact JSON. With a prefix, only keys that begin with it can
/// be listed, read and written.
pub fn bucket_access_policy(
    access: BucketAccess,
    bucket_arn: &str,
    prefix: Option<&str>,
    kms_key_arn: Option<&str>,
) -> String {
    let prefix = prefix.unwrap_or_default();
    let mut list = json!({
        "Sid": "List",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [bucket_arn],
    });
    if let (false, Some(list)) = (prefix.is_empty(), list.as_object_mut()) {
        let condition = json!({ "StringLike": { "s3:prefix": [format!("{prefix}*")] } });
        list.insert("Condition".to_owned(), condition);
    }
    let objects = json!({
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": access.object_actions(),
        "Resource": [format!("{bucket_arn}/{prefix}*")],
    });
    let mut statements = vec![list, objects];
    if let Some(key) = kms_key_arn {
        statements.push(json!({
            "Sid": "UseKey",
            "Effect": "Allow",
            "Action": access.key_actions(),
            "Resource": [key],
        }));
    }
    document(&statements)
}

/// A bucket and where its objects are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicationPath<'a> {
    /// ARN of the bucket.
    pub bucket_arn: &'a str,
    /// Key of the bucket.
    pub kms_key_arn: Option<&'a str>,
    /// ARN of the other bucket.
    pub destination_bucket_arn: &'a str,
    /// Key of the copies.
    pub destination_kms_key_arn: Option<&'a str>,
}

/// Who may assume the role of a replication: S3.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
pub fn replication_trust_policy() -> String {
    document(&[json!({
        "Sid": "S3Replication",
        "Effect": "Allow",
        "Principal": { "Service": "s3.amazonaws.com" },
        "Action": "sts:AssumeRole",
    })])
}

/// What the role of a replication may do.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
pub fn replication_policy(path: &ReplicationPath<'_>) -> String {
    let ReplicationPath { bucket_arn, destination_bucket_arn, .. } = path;
    let mut statements: Vec<Value> = vec![
        json!({
            "Sid": "Configuration",
            "Effect": "Allow",
            "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
            "Resource": [bucket_arn],
        }),
        json!({
            "Sid": "Originals",
            "Effect": "Allow",
            "Action": [
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
                "s3:GetObjectRetention",
                "s3:GetObjectLegalHold",
            ],
            "Resource": [format!("{bucket_arn}/*")],
        }),
        json!({
            "Sid": "Copies",
            "Effect": "Allow",
            "Action": ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            "Resource": [format!("{destination_bucket_arn}/*")],
        }),
    ];
    for (sid, actions, key) in [
        ("ReadOriginals", ["kms:Decrypt"].as_slice(), path.kms_key_arn),
        ("WriteCopies", &["kms:Encrypt", "kms:GenerateDataKey"], path.destination_kms_key_arn),
    ] {
        let Some(key) = key else { continue };
        statements.push(json!({
            "Sid": sid,
            "Effect": "Allow",
            "Action": actions,
            "Resource": [key],
        }));
    }
    document(&statements)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:s3:::acme-uploads";
    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd";

    #[test]
    fn a_reader_lists_and_reads_and_nothing_else() {
        assert_eq!(
            bucket_access_policy(BucketAccess::Read, ARN, None, None),
            concat!(
                r#"{"Version":"2012-10-17","Statement":["#,
                r#"{"Sid":"List","Effect":"Allow","Action":["s3:ListBucket"],"#,
                r#""Resource":["arn:aws:s3:::acme-uploads"]},"#,
                r#"{"Sid":"Objects","Effect":"Allow","Action":["s3:GetObject"],"#,
                r#""Resource":["arn:aws:s3:::acme-uploads/*"]}]}"#,
            )
        );
    }

    #[test]
    fn a_prefix_bounds_listing_reading_and_writing() {
        let policy = bucket_access_policy(BucketAccess::ReadWrite, ARN, Some("in/"), Some(KEY));
        let policy: Value = serde_json::from_str(&policy).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements[0]["Condition"], json!({ "StringLike": { "s3:prefix": ["in/*"] } }));
        assert_eq!(statements[1]["Resource"], json!(["arn:aws:s3:::acme-uploads/in/*"]));
        assert_eq!(statements[2]["Action"], json!(["kms:Decrypt", "kms:GenerateDataKey"]));
        let reader = bucket_access_policy(BucketAccess::Read, ARN, Some("in/"), Some(KEY));
        assert!(!reader.contains("GenerateDataKey") && !reader.contains("Put"), "{reader}");
    }

    #[test]
    fn the_role_of_a_replication_is_for_one_bucket_and_its_keys() {
        let path = ReplicationPath {
            bucket_arn: ARN,
            kms_key_arn: Some(KEY),
            destination_bucket_arn: "arn:aws:s3:::acme-copies",
            destination_kms_key_arn: None,
        };
        assert!(replication_trust_policy().contains("s3.amazonaws.com"));
        let policy = replication_policy(&path);
        assert_eq!(policy, replication_policy(&path));
        assert!(policy.contains(r#""Resource":["arn:aws:s3:::acme-copies/*"]"#), "{policy}");
        assert!(policy.contains("kms:Decrypt") && !policy.contains("kms:Encrypt"), "{policy}");
    }
}
