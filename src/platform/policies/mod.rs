//! Policy documents: of the file system, of buckets, of roles.
//!
//! Promise: the same input gives the same bytes, whatever the order of the lists given; every
//! statement has a `Sid`; nothing is allowed that no composite needs. [`equivalent`] decides
//! whether a document read back from AWS still says the same.

mod backup;
mod bucket;
mod bucket_access;
mod csi;
mod equivalence;
mod file_system;
mod pod_identity;
mod presets;
mod statement;
mod stores;

use serde_json::{Value, json};

pub use backup::{backup_policy_arns, backup_s3_policy_arns, backup_trust_policy};
pub use bucket::{MAX_BUCKET_POLICY_BYTES, tls_only_bucket_policy};
pub use bucket_access::{
    BucketAccess, ReplicationPath, bucket_access_policy, replication_policy,
    replication_trust_policy,
};
pub use csi::{EBS_DRIVER_POLICIES, ebs_key_policy, efs_controller_policy, efs_node_policy};
pub use equivalence::equivalent;
pub use file_system::{
    FileSystemAccess, MAX_FILE_SYSTEM_POLICY_CHARACTERS, file_system_policy,
    same_file_system_policy,
};
pub use pod_identity::{SessionScope, pod_identity_trust_policy};
pub use presets::{
    MAX_ROLE_POLICY_CHARACTERS, Preset, PresetGrant, Subject, check_resource, preset_statements,
    role_policy,
};
pub use statement::{Condition, Principals, Statement};
pub use stores::{StoreBucket, store_access_policy};

/// The current version of the policy language.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
const VERSION: &str = "2012-10-17";

/// Why a policy document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// A statement that is not a JSON object.
    #[error(
        "policy statement {index} is not an object; write it with Effect, Principal, Action and \
         Resource"
    )]
    NotAStatement {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// A `Sid` that occurs twice.
    #[error("policy statement \"{sid}\" occurs twice; give each statement a Sid of its own")]
    RepeatedSid {
        /// The `Sid`.
        sid: String,
    },
    /// A document above the limit of its service.
    #[error(
        "the {kind} policy is {length} {unit} long; AWS takes at most {limit}, so shorten or merge \
         its statements"
    )]
    TooLong {
        /// Whose policy it is.
        kind: &'static str,
        /// Its length.
        length: usize,
        /// What is counted.
        unit: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// A document of the given statements, as compact JSON.
fn document(statements: &[Value]) -> String {
    json!({ "Version": VERSION, "Statement": statements }).to_string()
}

/// The texts sorted and without repetition, so that a set gives one document.
fn sorted<T: AsRef<str>>(texts: &[T]) -> Vec<&str> {
    let mut texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// What an identity needs of a customer key to read and write encrypted objects.
fn key_statement(sid: &str, key_arns: &[&str]) -> Option<Value> {
    (!key_arns.is_empty()).then(|| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arns,
        })
    })
}
