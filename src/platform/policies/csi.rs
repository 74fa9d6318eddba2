//! What the CSI drivers of EFS and EBS may do.
//! <https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/iam-policy-create.md>,
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html>

use serde_json::{Value, json};

use super::file_system::client_actions;
use super::{document, sorted};

/// The tag that the driver puts on access points it makes.
const CLUSTER_TAG: &str = "efs.csi.aws.com/cluster";

/// The tag that the driver puts on volumes and snapshots it makes.
const EBS_CLUSTER_TAG: &str = "ebs.csi.aws.com/cluster";

/// The controller's policy as compact JSON: it looks around, makes access points with the driver's
/// tag, and deletes those alone.
///
/// `file_system_arns` limits where access points are made; empty is every file system. A
/// controller has one role in a cluster, so it must name all file systems the cluster uses.
pub fn efs_controller_policy(file_system_arns: &[&str]) -> String {
    document(&efs_controller_statements(file_system_arns))
}

/// The statements of [`efs_controller_policy`].
pub(super) fn efs_controller_statements(file_system_arns: &[&str]) -> Vec<Value> {
    let tagged_request =
        json!({ "StringEquals": { format!("aws:RequestTag/{CLUSTER_TAG}"): "true" } });
    let tagged_resource =
        json!({ "StringEquals": { format!("aws:ResourceTag/{CLUSTER_TAG}"): "true" } });
    vec![
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
    ]
}

/// The node's policy as compact JSON: mounts with the option `iam` use this identity.
///
/// `file_system_arns` as for [`efs_controller_policy`].
pub fn efs_node_policy(file_system_arns: &[&str], allow_root_access: bool) -> String {
    document(&efs_node_statements(file_system_arns, allow_root_access))
}

/// The statements of [`efs_node_policy`].
pub(super) fn efs_node_statements(
    file_system_arns: &[&str],
    allow_root_access: bool,
) -> Vec<Value> {
    vec![json!({
        "Sid": "Mount",
        "Effect": "Allow",
        "Action": client_actions(allow_root_access),
        "Resource": resources(file_system_arns),
    })]
}

/// What the controller of the EBS CSI driver needs: it looks around, makes volumes and snapshots
/// with the driver's tag, and changes, attaches and deletes those alone. The tag itself cannot be
/// put on what another made. `key_arns` are customer keys of volumes.
pub(super) fn ebs_statements(partition: &str, key_arns: &[&str]) -> Vec<Value> {
    let of = |kind: &str| format!("arn:{partition}:ec2:*:*:{kind}/*");
    let requested =
        json!({ "StringEquals": { format!("aws:RequestTag/{EBS_CLUSTER_TAG}"): "true" } });
    let carried =
        json!({ "StringEquals": { format!("ec2:ResourceTag/{EBS_CLUSTER_TAG}"): "true" } });
    let allow = |sid: &str, actions: &[&str], resources: &[String], condition: &Value| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Action": actions,
            "Resource": resources,
            "Condition": condition,
        })
    };
    let created = ["CreateVolume", "CreateSnapshot", "CopyVolumes"];
    let (volumes, snapshots) = ([of("volume")], [of("snapshot")]);
    let mut statements = vec![
        json!({
            "Sid": "EbsDescribe",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
                "ec2:DescribeTags",
                "ec2:DescribeVolumeStatus",
                "ec2:DescribeVolumes",
                "ec2:DescribeVolumesModifications",
            ],
            "Resource": ["*"],
        }),
        allow("EbsCreateVolumes", &["ec2:CreateVolume", "ec2:CopyVolumes"], &volumes, &requested),
        allow("EbsCopyOwnVolumes", &["ec2:CopyVolumes"], &volumes, &carried),
        allow("EbsCreateSnapshots", &["ec2:CreateSnapshot"], &snapshots, &requested),
        allow(
            "EbsUseOwnVolumes",
            &[
                "ec2:AttachVolume",
                "ec2:CreateSnapshot",
                "ec2:DeleteVolume",
                "ec2:DetachVolume",
                "ec2:ModifyVolume",
            ],
            &volumes,
            &carried,
        ),
        allow(
            "EbsUseOwnSnapshots",
            &[
                "ec2:CreateVolume",
                "ec2:DeleteSnapshot",
                "ec2:EnableFastSnapshotRestores",
                "ec2:LockSnapshot",
            ],
            &snapshots,
            &carried,
        ),
        json!({
            "Sid": "EbsUseInstances",
            "Effect": "Allow",
            "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
            "Resource": [of("instance")],
        }),
        allow(
            "EbsTagAtCreation",
            &["ec2:CreateTags"],
            &[of("snapshot"), of("volume")],
            &json!({ "StringEquals": { "ec2:CreateAction": created } }),
        ),
        allow(
            "EbsRetagOwnVolumes",
            &["ec2:CreateTags", "ec2:DeleteTags"],
            &volumes,
            &json!({
                "StringEquals": { format!("ec2:ResourceTag/{EBS_CLUSTER_TAG}"): "true" },
                "Null": { "aws:TagKeys": "false" },
                "ForAllValues:StringNotEquals": {
                    "aws:TagKeys": [EBS_CLUSTER_TAG, format!("{EBS_CLUSTER_TAG}-name")],
                },
            }),
        ),
    ];
    statements.extend(ebs_key_statements(key_arns));
    statements
}

/// AWS's policies for the EBS CSI driver, by the name configuration has for each, with the path of
/// their ARN. <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
pub const EBS_DRIVER_POLICIES: [(&str, &str); 3] = [
    ("V2", "AmazonEBSCSIDriverPolicyV2"),
    ("EKSClusterScoped", "AmazonEBSCSIDriverEKSClusterScopedPolicy"),
    ("legacy", "service-role/AmazonEBSCSIDriverPolicy"),
];

/// What the EBS driver needs of customer keys, as compact JSON; none without any.
pub fn ebs_key_policy(key_arns: &[&str]) -> Option<String> {
    let statements = ebs_key_statements(key_arns);
    (!statements.is_empty()).then(|| document(&statements))
}

/// Grants are given to AWS alone, which decrypts the volume for the node.
fn ebs_key_statements(key_arns: &[&str]) -> Vec<Value> {
    if key_arns.is_empty() {
        return Vec::new();
    }
    let keys = sorted(key_arns);
    vec![
        json!({
            "Sid": "EbsGrantKeys",
            "Effect": "Allow",
            "Action": ["kms:CreateGrant"],
            "Resource": keys,
            "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
        }),
        json!({
            "Sid": "EbsUseKeys",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"],
            "Resource": keys,
        }),
    ]
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
