//! What the provider's credentials must allow: the IAM actions behind the calls a resource makes.
//!
//! A resource declares its calls by the names of the API, grouped by what asks for them. IAM knows
//! some of them by another name, and S3's most of all; [`actions_of`] translates. Names are those
//! of the Service Authorization Reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What is asked of AWS under one circumstance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// When, as half a sentence in Markdown: "with `access`"; empty for always.
    pub when: &'static str,
    /// The operations that the provider calls, as `elasticfilesystem:CreateFileSystem`, with the
    /// signing name of the service.
    pub calls: &'static [&'static str],
    /// Actions that AWS demands of the caller besides, for these calls.
    pub also: &'static [&'static str],
}

/// A circumstance with the actions that look and those that change something.
pub type Row = (&'static str, BTreeSet<&'static str>, BTreeSet<&'static str>);

/// What one type of the provider asks of AWS.
#[derive(Debug, Clone, Copy)]
pub struct Permissions {
    /// The full type name, `officeless_…`.
    pub type_name: &'static str,
    /// Its grants; none for what never asks.
    pub grants: &'static [Grant],
    /// Whether it only looks, as a data source that reads what a resource reads does.
    pub only_looks: bool,
}

/// Operations that only look.
const LOOKING: &[&str] = &["Describe", "Get", "Head", "List"];

/// The services that make a role of their own in the account at first use, by the prefix of their
/// actions.
const SERVICE_LINKED: &[(&str, &str)] = &[
    ("application-autoscaling:", "elasticache.application-autoscaling.amazonaws.com"),
    ("backup:", "backup.amazonaws.com"),
    ("elasticache:", "elasticache.amazonaws.com"),
    ("elasticfilesystem:", "elasticfilesystem.amazonaws.com"),
];

/// The services that are handed a role, by the prefix of the actions that do it.
const PASSED_TO: &[(&str, &str)] = &[
    ("backup:", "backup.amazonaws.com"),
    ("eks:", "pods.eks.amazonaws.com"),
    ("s3:PutReplicationConfiguration", "s3.amazonaws.com"),
];

impl Permissions {
    /// Every circumstance with its actions: those that look, and those that change something. What
    /// needs nothing is left out.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for grant in self.grants {
            let (looking, changing) = grant.actions();
            let changing = if self.only_looks { BTreeSet::new() } else { changing };
            match rows.iter_mut().find(|(when, _, _)| *when == grant.when) {
                Some(row) => {
                    row.1.extend(looking);
                    row.2.extend(changing);
                }
                None => rows.push((grant.when, looking, changing)),
            }
        }
        rows.retain(|(_, looking, changing)| !looking.is_empty() || !changing.is_empty());
        rows
    }

    /// The operations that are declared, by their names.
    pub fn calls(&self) -> Vec<&'static str> {
        let all = self.grants.iter().flat_map(|grant| grant.calls).copied();
        all.filter(|call| !self.only_looks || only_looks(call)).collect()
    }

    /// Whether an operation is declared, by its name.
    pub fn covers(&self, call: &str) -> bool {
        self.calls().contains(&call)
    }
}

impl Grant {
    /// The IAM actions of the calls that only look, and of those that change something.
    fn actions(&self) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
        let (looking, changing): (Vec<&str>, Vec<&str>) =
            self.calls.iter().copied().partition(|call| only_looks(call));
        let named = |calls: Vec<&'static str>| calls.into_iter().flat_map(actions_of).collect();
        let (mut looking, mut changing): (BTreeSet<&str>, BTreeSet<&str>) =
            (named(looking), named(changing));
        let asking =
            if changing.is_empty() && !looking.is_empty() { &mut looking } else { &mut changing };
        asking.extend(self.also);
        (looking, changing)
    }
}

/// Whether an operation changes nothing, by AWS's way of naming.
fn only_looks(call: &str) -> bool {
    let name = call.split_once(':').map_or(call, |(_, name)| name);
    LOOKING.iter().any(|verb| name.starts_with(verb))
}

/// The IAM actions of an operation, as `s3:ListBucket` of `s3:HeadBucket`.
pub fn actions_of(call: &str) -> Vec<&str> {
    let renamed: &'static [&'static str] = match call {
        // Open to every caller, whatever its policies say.
        "sts:GetCallerIdentity" => &[],
        "s3:DeleteBucketCors" | "s3:PutBucketCors" => &["s3:PutBucketCORS"],
        "s3:DeleteBucketLifecycle" | "s3:PutBucketLifecycleConfiguration" => {
            &["s3:PutLifecycleConfiguration"]
        }
        "s3:DeleteBucketReplication" | "s3:PutBucketReplication" => {
            &["s3:PutReplicationConfiguration"]
        }
        "s3:DeleteObjects" => &["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "s3:GetBucketCors" => &["s3:GetBucketCORS"],
        "s3:GetBucketEncryption" => &["s3:GetEncryptionConfiguration"],
        "s3:GetBucketLifecycleConfiguration" => &["s3:GetLifecycleConfiguration"],
        "s3:GetBucketNotificationConfiguration" => &["s3:GetBucketNotification"],
        "s3:GetBucketReplication" => &["s3:GetReplicationConfiguration"],
        "s3:GetObjectLockConfiguration" => &["s3:GetBucketObjectLockConfiguration"],
        "s3:GetPublicAccessBlock" => &["s3:GetBucketPublicAccessBlock"],
        "s3:HeadBucket" => &["s3:ListBucket"],
        "s3:ListBuckets" => &["s3:ListAllMyBuckets"],
        "s3:ListMultipartUploads" => &["s3:ListBucketMultipartUploads"],
        "s3:ListObjectVersions" => &["s3:ListBucketVersions"],
        "s3:PutBucketEncryption" => &["s3:PutEncryptionConfiguration"],
        "s3:PutBucketNotificationConfiguration" => &["s3:PutBucketNotification"],
        "s3:PutObjectLockConfiguration" => &["s3:PutBucketObjectLockConfiguration"],
        "s3:PutPublicAccessBlock" => &["s3:PutBucketPublicAccessBlock"],
        same => return vec![same],
    };
    renamed.to_vec()
}

/// A policy that allows all of it, as IAM takes it. Roles are passed and made for no service but
/// those the permissions are about.
pub fn policy(of: &[Permissions]) -> Value {
    let rows = of.iter().flat_map(Permissions::rows);
    let mut plain: BTreeSet<&str> =
        rows.flat_map(|(_, looking, changing)| looking.into_iter().chain(changing)).collect();
    let concerned = |services: &[(&'static str, &'static str)]| -> Vec<&'static str> {
        let uses = |prefix: &str| plain.iter().any(|action| action.starts_with(prefix));
        services.iter().filter(|(prefix, _)| uses(prefix)).map(|(_, service)| *service).collect()
    };
    let (linked, passed) = (concerned(SERVICE_LINKED), concerned(PASSED_TO));
    let linking = taken(&mut plain, "iam:CreateServiceLinkedRole");
    let passing = taken(&mut plain, "iam:PassRole");
    let buckets = taken(&mut plain, "s3:");
    let roles = taken(&mut plain, "iam:");
    let only = |key: &str, services: &[&str]| json!({ "StringEquals": { key: services } });
    let statements = [
        allow(&plain, "*", Value::Null),
        allow(&buckets, "arn:aws:s3:::*", Value::Null),
        allow(&roles, "arn:aws:iam::*:role/*", Value::Null),
        allow(&passing, "arn:aws:iam::*:role/*", only("iam:PassedToService", &passed)),
        allow(
            &linking,
            "arn:aws:iam::*:role/aws-service-role/*",
            only("iam:AWSServiceName", &linked),
        ),
    ];
    let statements: Vec<Value> = statements.into_iter().flatten().collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn taken<'a>(from: &mut BTreeSet<&'a str>, service: &str) -> BTreeSet<&'a str> {
    let (taken, left) = from.iter().copied().partition(|action| action.starts_with(service));
    *from = left;
    taken
}

/// A statement, unless it would allow nothing.
fn allow(actions: &BTreeSet<&str>, resource: &str, condition: Value) -> Option<Value> {
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    if let (Some(statement), false) = (statement.as_object_mut(), condition.is_null()) {
        statement.insert("Condition".to_owned(), condition);
    }
    (!actions.is_empty()).then_some(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANTS: &[Grant] = &[
        Grant {
            when: "",
            calls: &["s3:HeadBucket", "s3:PutBucketCors", "eks:DescribeCluster"],
            also: &["iam:PassRole"],
        },
        Grant { when: "with `users`", calls: &["elasticache:CreateUser"], also: &[] },
        Grant { when: "never", calls: &["sts:GetCallerIdentity"], also: &[] },
    ];

    fn permissions(only_looks: bool) -> Permissions {
        Permissions { type_name: "officeless_thing", grants: GRANTS, only_looks }
    }

    #[test]
    fn calls_become_actions_by_their_names_in_iam() {
        let rows = permissions(false).rows();
        let (looking, changing) = (&rows[0].1, &rows[0].2);
        assert_eq!(looking, &["eks:DescribeCluster", "s3:ListBucket"].into());
        assert_eq!(changing, &["iam:PassRole", "s3:PutBucketCORS"].into());
        assert_eq!(rows.len(), 2, "what needs nothing has no row");
    }

    #[test]
    fn what_only_looks_may_only_look() {
        let looking = permissions(true);
        assert_eq!(looking.rows().len(), 1);
        assert!(looking.covers("s3:HeadBucket") && !looking.covers("s3:PutBucketCors"));
        assert!(permissions(false).covers("s3:PutBucketCors"));
        assert!(!permissions(false).covers("s3:DeleteBucket"));
    }

    #[test]
    fn the_policy_passes_roles_to_nobody_else() {
        let expected = json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["eks:DescribeCluster", "elasticache:CreateUser"],
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Action": ["s3:ListBucket", "s3:PutBucketCORS"],
                    "Resource": "arn:aws:s3:::*",
                },
                {
                    "Effect": "Allow",
                    "Action": ["iam:PassRole"],
                    "Resource": "arn:aws:iam::*:role/*",
                    "Condition": {
                        "StringEquals": { "iam:PassedToService": ["pods.eks.amazonaws.com"] },
                    },
                },
            ],
        });
        assert_eq!(policy(&[permissions(false)]), expected);
    }
}
