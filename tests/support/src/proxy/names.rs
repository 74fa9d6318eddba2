//! Names of REST operations, from method, path and query. The Query and JSON protocols name theirs.

use super::call::Call;

/// Beginnings of operations that change nothing.
const READS: [&str; 10] = [
    "Describe", "Get", "List", "Head", "Simulate", "Assume", "Lookup", "Batch", "Select", "Decode",
];

/// Whether an operation can change anything. What has no name is judged by its method.
pub(crate) fn is_mutating(operation: &str) -> bool {
    let unnamed_read = operation.starts_with("GET ") || operation.starts_with("HEAD ");
    !unnamed_read && !READS.iter().any(|read| operation.starts_with(read))
}

/// AWS's name of a REST call, if it is one we know.
pub(crate) fn rest_operation(call: &Call) -> Option<String> {
    match call.service.as_str() {
        "backup" => backup(call).map(str::to_owned),
        "elasticfilesystem" => efs(call).map(str::to_owned),
        "eks" => eks(call).map(str::to_owned),
        "s3" => s3(call),
        _ => None,
    }
}

fn backup(call: &Call) -> Option<&'static str> {
    let segments = call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    Some(match (call.method.as_str(), parts.as_slice()) {
        ("PUT", ["backup-vaults", _]) => "CreateBackupVault",
        ("GET", ["backup-vaults"]) => "ListBackupVaults",
        ("GET", ["backup-vaults", _]) => "DescribeBackupVault",
        ("DELETE", ["backup-vaults", _]) => "DeleteBackupVault",
        ("PUT", ["backup-vaults", _, "vault-lock"]) => "PutBackupVaultLockConfiguration",
        ("DELETE", ["backup-vaults", _, "vault-lock"]) => "DeleteBackupVaultLockConfiguration",
        ("GET", ["backup-vaults", _, "recovery-points"]) => "ListRecoveryPointsByBackupVault",
        ("DELETE", ["backup-vaults", _, "recovery-points", ..]) => "DeleteRecoveryPoint",
        ("PUT", ["backup", "plans"]) => "CreateBackupPlan",
        ("GET", ["backup", "plans"]) => "ListBackupPlans",
        ("GET", ["backup", "plans", _]) => "GetBackupPlan",
        ("POST", ["backup", "plans", _]) => "UpdateBackupPlan",
        ("DELETE", ["backup", "plans", _]) => "DeleteBackupPlan",
        ("PUT", ["backup", "plans", _, "selections"]) => "CreateBackupSelection",
        ("GET", ["backup", "plans", _, "selections"]) => "ListBackupSelections",
        ("GET", ["backup", "plans", _, "selections", _]) => "GetBackupSelection",
        ("DELETE", ["backup", "plans", _, "selections", _]) => "DeleteBackupSelection",
        ("GET", ["account-settings"]) => "DescribeRegionSettings",
        ("PUT", ["account-settings"]) => "UpdateRegionSettings",
        ("POST", ["tags", ..]) => "TagResource",
        ("GET", ["tags", ..]) => "ListTags",
        ("POST", ["untag", ..]) => "UntagResource",
        _ => return None,
    })
}

fn efs(call: &Call) -> Option<&'static str> {
    let segments = call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).skip(1).collect();
    Some(match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["file-systems"]) => "CreateFileSystem",
        ("GET", ["file-systems"]) => "DescribeFileSystems",
        ("GET", ["file-systems", "replication-configurations"]) => {
            "DescribeReplicationConfigurations"
        }
        ("PUT", ["file-systems", _]) => "UpdateFileSystem",
        ("DELETE", ["file-systems", _]) => "DeleteFileSystem",
        ("PUT", ["file-systems", _, "lifecycle-configuration"]) => "PutLifecycleConfiguration",
        ("GET", ["file-systems", _, "lifecycle-configuration"]) => "DescribeLifecycleConfiguration",
        ("PUT", ["file-systems", _, "backup-policy"]) => "PutBackupPolicy",
        ("GET", ["file-systems", _, "backup-policy"]) => "DescribeBackupPolicy",
        ("PUT", ["file-systems", _, "policy"]) => "PutFileSystemPolicy",
        ("GET", ["file-systems", _, "policy"]) => "DescribeFileSystemPolicy",
        ("DELETE", ["file-systems", _, "policy"]) => "DeleteFileSystemPolicy",
        ("PUT", ["file-systems", _, "protection"]) => "UpdateFileSystemProtection",
        ("POST", ["file-systems", _, "replication-configuration"]) => {
            "CreateReplicationConfiguration"
        }
        ("DELETE", ["file-systems", _, "replication-configuration"]) => {
            "DeleteReplicationConfiguration"
        }
        ("POST", ["mount-targets"]) => "CreateMountTarget",
        ("GET", ["mount-targets"]) => "DescribeMountTargets",
        ("DELETE", ["mount-targets", _]) => "DeleteMountTarget",
        ("GET", ["mount-targets", _, "security-groups"]) => "DescribeMountTargetSecurityGroups",
        ("PUT", ["mount-targets", _, "security-groups"]) => "ModifyMountTargetSecurityGroups",
        ("POST", ["access-points"]) => "CreateAccessPoint",
        ("GET", ["access-points"]) => "DescribeAccessPoints",
        ("DELETE", ["access-points", _]) => "DeleteAccessPoint",
        ("POST", ["resource-tags", ..]) => "TagResource",
        ("GET", ["resource-tags", ..]) => "ListTagsForResource",
        ("DELETE", ["resource-tags", ..]) => "UntagResource",
        ("GET", ["account-preferences"]) => "DescribeAccountPreferences",
        ("PUT", ["account-preferences"]) => "PutAccountPreferences",
        ("GET", ["tags", _]) => "DescribeTags",
        _ => return None,
    })
}

fn eks(call: &Call) -> Option<&'static str> {
    let segments = call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    Some(match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["clusters"]) => "CreateCluster",
        ("GET", ["clusters"]) => "ListClusters",
        ("GET", ["clusters", _]) => "DescribeCluster",
        ("DELETE", ["clusters", _]) => "DeleteCluster",
        ("POST", ["clusters", _, "update-config"]) => "UpdateClusterConfig",
        ("POST", ["clusters", _, "addons"]) => "CreateAddon",
        ("GET", ["clusters", _, "addons"]) => "ListAddons",
        ("GET", ["clusters", _, "addons", _]) => "DescribeAddon",
        ("POST", ["clusters", _, "addons", _, "update"]) => "UpdateAddon",
        ("DELETE", ["clusters", _, "addons", _]) => "DeleteAddon",
        ("GET", ["addons", "supported-versions"]) => "DescribeAddonVersions",
        ("GET", ["addons", "configuration-schemas"]) => "DescribeAddonConfiguration",
        ("POST", ["clusters", _, "pod-identity-associations"]) => "CreatePodIdentityAssociation",
        ("GET", ["clusters", _, "pod-identity-associations"]) => "ListPodIdentityAssociations",
        ("GET", ["clusters", _, "pod-identity-associations", _]) => {
            "DescribePodIdentityAssociation"
        }
        ("POST", ["clusters", _, "pod-identity-associations", _]) => "UpdatePodIdentityAssociation",
        ("DELETE", ["clusters", _, "pod-identity-associations", _]) => {
            "DeletePodIdentityAssociation"
        }
        ("GET", ["clusters", _, "node-groups"]) => "ListNodegroups",
        ("GET", ["clusters", _, "node-groups", _]) => "DescribeNodegroup",
        ("GET", ["clusters", _, "updates"]) => "ListUpdates",
        ("GET", ["clusters", _, "updates", _]) => "DescribeUpdate",
        ("POST", ["tags", ..]) => "TagResource",
        ("GET", ["tags", ..]) => "ListTagsForResource",
        ("DELETE", ["tags", ..]) => "UntagResource",
        _ => return None,
    })
}

/// What a bucket's sub-resource is called between the verb and the end of an operation's name.
pub(crate) const S3_SUBRESOURCES: [(&str, &str); 21] = [
    ("accelerate", "BucketAccelerateConfiguration"),
    ("acl", "BucketAcl"),
    ("analytics", "BucketAnalyticsConfiguration"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("intelligent-tiering", "BucketIntelligentTieringConfiguration"),
    ("inventory", "BucketInventoryConfiguration"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("metrics", "BucketMetricsConfiguration"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("policyStatus", "BucketPolicyStatus"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("requestPayment", "BucketRequestPayment"),
    ("tagging", "BucketTagging"),
    ("versioning", "BucketVersioning"),
];

/// Query names that choose or shape a listing rather than name a sub-resource.
const S3_PARAMETERS: [&str; 17] = [
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "id",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-uploads",
    "prefix",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "x-id",
];

fn s3(call: &Call) -> Option<String> {
    let depth = call.segments().len();
    if depth == 0 {
        return (call.method == "GET").then(|| "ListBuckets".to_owned());
    }
    if depth > 1 {
        return s3_object(call).map(str::to_owned);
    }
    let rest: Vec<&str> = call
        .query
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !S3_PARAMETERS.contains(name))
        .collect();
    match (call.method.as_str(), rest.as_slice()) {
        ("PUT", []) => Some("CreateBucket".to_owned()),
        ("HEAD", []) => Some("HeadBucket".to_owned()),
        ("DELETE", []) => Some("DeleteBucket".to_owned()),
        ("GET", []) if call.query_value("list-type") == Some("2") => {
            Some("ListObjectsV2".to_owned())
        }
        ("GET", []) => Some("ListObjects".to_owned()),
        ("GET", ["versions"]) => Some("ListObjectVersions".to_owned()),
        ("GET", ["uploads"]) => Some("ListMultipartUploads".to_owned()),
        ("POST", ["delete"]) => Some("DeleteObjects".to_owned()),
        (method, [sub]) => s3_subresource(call, method, sub),
        _ => None,
    }
}

fn s3_subresource(call: &Call, method: &str, sub: &str) -> Option<String> {
    let (_, noun) = S3_SUBRESOURCES.iter().find(|(name, _)| *name == sub)?;
    let many = noun.ends_with("Configuration")
        && ["analytics", "intelligent-tiering", "inventory", "metrics"].contains(&sub);
    Some(match method {
        "GET" if many && call.query_value("id").is_none() => format!("List{noun}s"),
        "GET" => format!("Get{noun}"),
        "PUT" => format!("Put{noun}"),
        // The one whose name drops a word when it goes.
        "DELETE" if sub == "lifecycle" => "DeleteBucketLifecycle".to_owned(),
        "DELETE" => format!("Delete{noun}"),
        _ => return None,
    })
}

fn s3_object(call: &Call) -> Option<&'static str> {
    let has = |name: &str| call.query_value(name).is_some();
    Some(match call.method.as_str() {
        "PUT" if has("partNumber") => "UploadPart",
        "PUT" if has("tagging") => "PutObjectTagging",
        "PUT" if has("retention") => "PutObjectRetention",
        "PUT" if has("legal-hold") => "PutObjectLegalHold",
        "PUT" if has("acl") => "PutObjectAcl",
        "PUT" if call.header("x-amz-copy-source").is_some() => "CopyObject",
        "PUT" => "PutObject",
        "POST" if has("uploads") => "CreateMultipartUpload",
        "POST" if has("uploadId") => "CompleteMultipartUpload",
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "DELETE" if has("tagging") => "DeleteObjectTagging",
        "DELETE" => "DeleteObject",
        "HEAD" => "HeadObject",
        "GET" if has("uploadId") => "ListParts",
        "GET" if has("tagging") => "GetObjectTagging",
        "GET" if has("retention") => "GetObjectRetention",
        "GET" => "GetObject",
        _ => return None,
    })
}
