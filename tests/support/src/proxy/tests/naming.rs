use super::super::names::is_mutating;
use super::super::{Call, RULES};
use super::{create_bucket, create_file_system, efs, through_proxy};
use serde_json::json;
use std::time::Duration;

fn name(service: &str, method: &str, target: &str) -> String {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/{service}/aws4_request, Signature=0"
    );
    let headers = vec![("authorization".to_owned(), credential)];
    let call = Call::read(method, target, headers, Vec::new(), |_| None, Duration::ZERO);
    assert_eq!((call.account.as_str(), call.region.as_str()), ("111122223333", "eu-west-1"));
    call.operation
}

#[test]
fn rest_calls_get_the_names_of_aws() {
    let cases = [
        ("elasticfilesystem", "POST", "/2015-02-01/file-systems", "CreateFileSystem"),
        ("elasticfilesystem", "PUT", "/2015-02-01/file-systems/fs-1", "UpdateFileSystem"),
        (
            "elasticfilesystem",
            "GET",
            "/2015-02-01/file-systems/fs-1/policy",
            "DescribeFileSystemPolicy",
        ),
        (
            "elasticfilesystem",
            "DELETE",
            "/2015-02-01/resource-tags/fs-1?tagKeys=a",
            "UntagResource",
        ),
        (
            "elasticfilesystem",
            "PUT",
            "/2015-02-01/mount-targets/m/security-groups",
            "ModifyMountTargetSecurityGroups",
        ),
        ("eks", "GET", "/clusters/demo", "DescribeCluster"),
        (
            "eks",
            "POST",
            "/clusters/demo/pod-identity-associations/a-1",
            "UpdatePodIdentityAssociation",
        ),
        ("s3", "GET", "/", "ListBuckets"),
        ("s3", "PUT", "/b", "CreateBucket"),
        ("s3", "PUT", "/b/?lifecycle", "PutBucketLifecycleConfiguration"),
        ("s3", "DELETE", "/b?lifecycle", "DeleteBucketLifecycle"),
        ("s3", "GET", "/b?versions&prefix=x&max-keys=5", "ListObjectVersions"),
        ("s3", "GET", "/b?list-type=2", "ListObjectsV2"),
        ("s3", "POST", "/b?delete", "DeleteObjects"),
        ("s3", "GET", "/b?intelligent-tiering", "ListBucketIntelligentTieringConfigurations"),
        (
            "s3",
            "GET",
            "/b?intelligent-tiering&id=x&x-id=y",
            "GetBucketIntelligentTieringConfiguration",
        ),
        ("s3", "PUT", "/b?object-lock", "PutObjectLockConfiguration"),
        ("s3", "DELETE", "/b?unheard-of", "DELETE /b?unheard-of"),
        ("s3", "PUT", "/b/key/of/object", "PutObject"),
    ];
    for (service, method, target, operation) in cases {
        assert_eq!(name(service, method, target), operation, "{method} {target}");
    }
}

#[test]
fn reads_are_told_from_changes() {
    for read in
        ["DescribeFileSystems", "GetRole", "ListBuckets", "HeadBucket", "AssumeRole", "GET /b?x"]
    {
        assert!(!is_mutating(read), "{read}");
    }
    for change in ["CreateBucket", "TagResource", "UntagResource", "DeleteRole", "DELETE /b?x"] {
        assert!(is_mutating(change), "{change}");
    }
}

#[test]
fn every_rule_says_what_aws_does() {
    assert!(RULES.iter().all(|rule| rule.aws.ends_with('.') && !rule.service.is_empty()));
}

#[tokio::test]
async fn calls_are_recorded_by_account_with_their_status() {
    let (bench, aws) = through_proxy().await;
    let (_, other) = through_proxy().await;
    create_file_system(&aws, r#"{"CreationToken":"recorded"}"#).await;
    efs(&aws, "GET", "file-systems?FileSystemId=fs-0123456789abcdef0", "").await;
    aws.query("iam", "ListRoles", &[]).await.unwrap().ok().unwrap();
    create_bucket(&other).await;

    let calls = bench.proxy.calls(aws.account());
    let seen: Vec<_> =
        calls.iter().map(|c| (c.service.as_str(), c.operation.as_str(), c.status)).collect();
    let want = [
        ("elasticfilesystem", "CreateFileSystem", Some(201)),
        ("elasticfilesystem", "DescribeFileSystems", Some(404)),
        ("iam", "ListRoles", Some(200)),
    ];
    assert_eq!(seen, want);
    assert_eq!(bench.proxy.mutating_calls(aws.account()).len(), 1);
    assert_eq!(bench.proxy.count(other.account(), "s3", "CreateBucket"), 1);
    let operations = bench.proxy.operations(aws.account());
    assert!(operations.contains("iam:ListRoles") && operations.len() == 3, "{operations:?}");
    bench.proxy.clear(aws.account());
    assert!(bench.proxy.calls(aws.account()).is_empty());
    assert_eq!(bench.proxy.calls(other.account()).len(), 1);
}

#[tokio::test]
async fn calls_of_an_assumed_role_belong_to_its_account() {
    let (bench, aws) = through_proxy().await;
    let target = bench.account();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{}:root", aws.account()) },
            "Action": "sts:AssumeRole",
        }],
    });
    let parameters = [("RoleName", "other"), ("AssumeRolePolicyDocument", &trust.to_string())];
    aws.as_account(&target).query("iam", "CreateRole", &parameters).await.unwrap().ok().unwrap();
    let role = format!("arn:aws:iam::{target}:role/other");
    let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "s")];
    let answer = aws.query("sts", "AssumeRole", &parameters).await.unwrap().ok().unwrap();
    let assumed = aws.as_account(answer.xml("AccessKeyId").unwrap());
    assumed.query("iam", "ListRoles", &[]).await.unwrap();
    assert_eq!(bench.proxy.count(&target, "iam", "ListRoles"), 1);
}
