//! The policy of an EFS file system.
//! <https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html>

use serde_json::{Value, json};

use super::{PolicyProblem, document, equivalent, sorted};

/// The longest file system policy.
/// <https://docs.aws.amazon.com/efs/latest/ug/API_PutFileSystemPolicy.html>
pub const MAX_FILE_SYSTEM_POLICY_CHARACTERS: usize = 20_000;

/// Who may mount, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSystemAccess<'a> {
    /// ARN of the file system.
    pub file_system_arn: &'a str,
    /// Roles that may mount and write: the driver's node role and those of the practitioner.
    /// Empty: any client in reach of a mount target may, as in AWS's own default but for root.
    pub client_role_arns: &'a [String],
    /// Whether clients keep root on the whole system.
    pub allow_root_access: bool,
    /// Whether mounts without TLS are denied.
    pub enforce_encryption_in_transit: bool,
}

/// The file system's policy as compact JSON.
///
/// A role in the same account that has the client actions by its own policies is let in as well,
/// as IAM has it; without a statement for anyone, clients without IAM are not.
pub fn file_system_policy(access: &FileSystemAccess<'_>) -> Result<String, PolicyProblem> {
    let mut statements = vec![clients(access)];
    if access.enforce_encryption_in_transit {
        statements.push(json!({
            "Sid": "DenyUnencryptedTransport",
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": "*",
            "Resource": access.file_system_arn,
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }));
    }
    let policy = document(&statements);
    let length = policy.chars().count();
    if length > MAX_FILE_SYSTEM_POLICY_CHARACTERS {
        return Err(PolicyProblem::TooLong {
            kind: "file system",
            length,
            unit: "characters",
            limit: MAX_FILE_SYSTEM_POLICY_CHARACTERS,
        });
    }
    Ok(policy)
}

fn clients(access: &FileSystemAccess<'_>) -> Value {
    let actions = client_actions(access.allow_root_access);
    if access.client_role_arns.is_empty() {
        return json!({
            "Sid": "AllowClientsThroughMountTargets",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": access.file_system_arn,
            "Condition": { "Bool": { "elasticfilesystem:AccessedViaMountTarget": "true" } },
        });
    }
    json!({
        "Sid": "AllowClientRoles",
        "Effect": "Allow",
        "Principal": { "AWS": sorted(access.client_role_arns) },
        "Action": actions,
        "Resource": access.file_system_arn,
    })
}

/// The NFS client actions, root only when allowed.
pub(super) fn client_actions(allow_root_access: bool) -> Vec<&'static str> {
    let mut actions = vec!["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
    if allow_root_access {
        actions.push("elasticfilesystem:ClientRootAccess");
    }
    actions
}

/// Whether two policies of one file system say the same. EFS writes the file system into every
/// statement that names no resource, and answers so.
/// <https://docs.aws.amazon.com/efs/latest/ug/security_iam_service-with-iam.html>
pub fn same_file_system_policy(one: &str, two: &str, file_system_arn: &str) -> bool {
    equivalent(&with_resource(one, file_system_arn), &with_resource(two, file_system_arn))
}

fn with_resource(policy: &str, file_system_arn: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(policy) else { return policy.to_owned() };
    let statements = match document.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.as_mut_slice(),
        Some(single) => std::slice::from_mut(single),
        None => &mut [],
    };
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        if !statement.contains_key("Resource") && !statement.contains_key("NotResource") {
            statement.insert("Resource".to_owned(), Value::from(file_system_arn));
        }
    }
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0";

    fn access(roles: &[String]) -> FileSystemAccess<'_> {
        FileSystemAccess {
            file_system_arn: ARN,
            client_role_arns: roles,
            allow_root_access: false,
            enforce_encryption_in_transit: true,
        }
    }

    fn role(name: &str) -> String {
        format!("arn:aws:iam::123456789012:role/{name}")
    }

    #[test]
    fn without_roles_anyone_writes_through_mount_targets_without_root() {
        assert_eq!(
            file_system_policy(&access(&[])).unwrap(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":["#,
                r#"{"Sid":"AllowClientsThroughMountTargets","Effect":"Allow","#,
                r#""Principal":{"AWS":"*"},"#,
                r#""Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite"],"#,
                r#""Resource":"arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/"#,
                r#"fs-0123456789abcdef0","#,
                r#""Condition":{"Bool":{"elasticfilesystem:AccessedViaMountTarget":"true"}}},"#,
                r#"{"Sid":"DenyUnencryptedTransport","Effect":"Deny","Principal":{"AWS":"*"},"#,
                r#""Action":"*","#,
                r#""Resource":"arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/"#,
                r#"fs-0123456789abcdef0","#,
                r#""Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#,
            )
        );
    }

    #[test]
    fn with_roles_only_those_are_let_in_in_stable_order() {
        let one = file_system_policy(&access(&[role("b"), role("a"), role("b")])).unwrap();
        let two = file_system_policy(&access(&[role("a"), role("b")])).unwrap();
        assert_eq!(one, two);
        assert!(one.contains(
            r#""Principal":{"AWS":["arn:aws:iam::123456789012:role/a","arn:aws:iam::123456789012:role/b"]}"#
        ));
        assert!(!one.contains("AccessedViaMountTarget"), "{one}");
    }

    #[test]
    fn root_and_plain_transport_are_as_asked() {
        let open = FileSystemAccess {
            allow_root_access: true,
            enforce_encryption_in_transit: false,
            ..access(&[])
        };
        let policy = file_system_policy(&open).unwrap();
        assert!(policy.contains("ClientRootAccess") && !policy.contains("Deny"), "{policy}");
    }

    #[test]
    fn a_policy_above_the_limit_is_refused() {
        let roles: Vec<String> = (0..500).map(|i| role(&format!("role-number-{i}"))).collect();
        let problem = file_system_policy(&access(&roles)).unwrap_err();
        assert!(matches!(problem, PolicyProblem::TooLong { limit: 20_000, .. }), "{problem}");
    }

    #[test]
    fn a_statement_without_resource_is_of_the_file_system() {
        const ARN: &str = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1";
        let statement = |resource: &str| {
            let more = if resource.is_empty() {
                String::new()
            } else {
                format!(",\"Resource\":\"{resource}\"")
            };
            let clause = "\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"x:y\"";
            format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{{clause}{more}}}]}}")
        };
        assert!(same_file_system_policy(&statement(""), &statement(ARN), ARN));
        assert!(!same_file_system_policy(&statement(""), &statement("arn:x"), ARN));
    }
}
