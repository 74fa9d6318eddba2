//! The role that AWS Backup assumes to back up and to restore.
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html>

use std::collections::BTreeSet;

use serde_json::json;

use super::document;

/// Managed policies of every such role.
const POLICIES: [&str; 2] = [
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
];

/// What S3 needs besides.
const S3_POLICIES: [&str; 2] =
    ["AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore"];

/// The trust policy as compact JSON.
pub fn backup_trust_policy() -> String {
    document(&[json!({
        "Sid": "Backup",
        "Effect": "Allow",
        "Principal": { "Service": "backup.amazonaws.com" },
        "Action": "sts:AssumeRole",
    })])
}

/// ARNs of the managed policies for everything but S3. `partition` is as in `aws`.
pub fn backup_policy_arns(partition: &str) -> BTreeSet<String> {
    POLICIES.iter().map(|name| format!("arn:{partition}:iam::aws:policy/{name}")).collect()
}

/// ARNs of the managed policies that S3 needs besides.
pub fn backup_s3_policy_arns(partition: &str) -> BTreeSet<String> {
    S3_POLICIES.iter().map(|name| format!("arn:{partition}:iam::aws:policy/{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_those_of_the_partition() {
        let arns = backup_policy_arns("aws-cn");
        let backup = "arn:aws-cn:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup";
        assert!(arns.contains(backup));
        // Those of S3 have no path.
        let s3 = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup";
        assert!(backup_s3_policy_arns("aws").contains(s3));
    }

    #[test]
    fn only_backup_may_assume_the_role() {
        assert_eq!(
            backup_trust_policy(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"Backup","Effect":"Allow","#,
                r#""Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            )
        );
    }
}
