//! What the EFS CSI driver may do, and what the EBS CSI driver may beside AWS's policies for it.
//! <https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/iam-policy-create.md>
//! <https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/install.md>

use serde_json::{Value, json};

use super::file_system::client_actions;
use super::{document, sorted};

/// The tag that the driver puts on access points it makes.
const CLUSTER_TAG: &str = "efs.csi.aws.com/cluster";

/// The controller's policy as compact JSON: it looks around, makes access points with the driver's
/// tag, and deletes those alone.
///
/// `file_system_arns` limits where access points are made; empty is every file system. A
/// controller has one role in a cluster, so it must name all file systems the cluster uses.
pub fn efs_controller_policy(file_system_arns: &[&str]) -> String {
    let tagged_request =
        json!({ "StringEquals": { format!("aws:RequestTag/{CLUSTER_TAG}"): "true" } });
    let tagged_resource =
        json!({ "StringEquals": { format!("aws:ResourceTag/{CLUSTER_TAG}"): "true" } });
    document(&[
        json!({
            "Sid": "Describe",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeAvailabilityZones",
                "elasticfilesystem:DescribeAccessPoints",
                "elasticfilesystem:DescribeFileSystems",
                "elasticfilesystem:DescribeMountTargets",
            ],
            "Resource": ["*"],
        }),
        json!({
            "Sid": "CreateAccessPoints",
            "Effect": "Allow",
            "Action": ["elasticfilesystem:CreateAccessPoint"],
            "Resource": resources(file_system_arns),
            "Condition": tagged_request,
        }),
        // An access point has no ARN before it exists, so the tag alone limits this.
        json!({
            "Sid": "TagAccessPoints",
            "Effect": "Allow",
            "Action": ["elasticfilesystem:TagResource"],
            "Resource": ["*"],
            "Condition": tagged_request,
        }),
        json!({
            "Sid": "DeleteOwnAccessPoints",
            "Effect": "Allow",
            "Action": ["elasticfilesystem:DeleteAccessPoint"],
            "Resource": ["*"],
            "Condition": tagged_resource,
        }),
    ])
}

/// The node's policy as compact JSON: mounts with the option `iam` use this identity.
///
/// `file_system_arns` as for [`efs_controller_policy`].
pub fn efs_node_policy(file_system_arns: &[&str], allow_root_access: bool) -> String {
    document(&[json!({
        "Sid": "Mount",
        "Effect": "Allow",
        "Action": client_actions(allow_root_access),
        "Resource": resources(file_system_arns),
    })])
}

/// AWS's policies for the EBS CSI driver, by the name configuration has for each, with the path of
/// their ARN. <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
pub const EBS_DRIVER_POLICIES: [(&str, &str); 3] = [
    ("V2", "AmazonEBSCSIDriverPolicyV2"),
    ("EKSClusterScoped", "AmazonEBSCSIDriverEKSClusterScopedPolicy"),
    ("legacy", "service-role/AmazonEBSCSIDriverPolicy"),
];

/// What the EBS driver needs of customer keys, as compact JSON; none without any. Grants are given
/// to AWS alone, which decrypts the volume for the node.
pub fn ebs_key_policy(key_arns: &[&str]) -> Option<String> {
    let keys = sorted(key_arns);
    (!keys.is_empty()).then(|| {
        document(&[
            json!({
                "Sid": "GrantKeysToAws",
                "Effect": "Allow",
                "Action": ["kms:CreateGrant"],
                "Resource": keys,
                "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
            }),
            json!({
                "Sid": "UseKeys",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"],
                "Resource": keys,
            }),
        ])
    })
}

fn resources(file_system_arns: &[&str]) -> Value {
    if file_system_arns.is_empty() { json!(["*"]) } else { json!(sorted(file_system_arns)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0";

    #[test]
    fn the_node_mounts_and_writes_and_is_root_only_when_allowed() {
        assert_eq!(
            efs_node_policy(&[ARN], false),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"Mount","Effect":"Allow","#,
                r#""Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite"],"#,
                r#""Resource":["arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/"#,
                r#"fs-0123456789abcdef0"]}]}"#,
            )
        );
        assert!(efs_node_policy(&[ARN], true).contains("elasticfilesystem:ClientRootAccess"));
    }

    #[test]
    fn the_controller_makes_and_deletes_only_what_carries_the_drivers_tag() {
        let policy: Value = serde_json::from_str(&efs_controller_policy(&[ARN])).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let of = |sid: &str| statements.iter().find(|s| s["Sid"] == sid).unwrap();
        let request =
            json!({ "StringEquals": { "aws:RequestTag/efs.csi.aws.com/cluster": "true" } });
        let resource =
            json!({ "StringEquals": { "aws:ResourceTag/efs.csi.aws.com/cluster": "true" } });
        assert_eq!(statements.len(), 4);
        assert_eq!(of("CreateAccessPoints")["Condition"], request);
        assert_eq!(of("CreateAccessPoints")["Resource"], json!([ARN]));
        assert_eq!(of("TagAccessPoints")["Condition"], request);
        assert_eq!(of("DeleteOwnAccessPoints")["Condition"], resource);
        assert!(of("Describe").get("Condition").is_none());
    }

    #[test]
    fn keys_of_volumes_are_used_and_granted_to_aws_alone() {
        assert_eq!(ebs_key_policy(&[]), None);
        let key = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000";
        let policy: Value = serde_json::from_str(&ebs_key_policy(&[key, key]).unwrap()).unwrap();
        let [grant, usage] = policy["Statement"].as_array().unwrap().as_slice() else {
            panic!("{policy}")
        };
        assert_eq!(grant["Resource"], json!([key]));
        assert_eq!(grant["Condition"], json!({ "Bool": { "kms:GrantIsForAWSResource": "true" } }));
        assert_eq!(usage["Action"], json!(["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"]));
    }

    #[test]
    fn without_a_list_every_file_system_is_meant() {
        assert!(efs_node_policy(&[], false).contains(r#""Resource":["*"]"#));
    }
}
