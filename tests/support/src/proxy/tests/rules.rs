use super::{create_bucket, create_file_system, efs, through_proxy};
use crate::{create_kms_key, leftovers, seed};
use serde_json::json;

#[tokio::test]
async fn a_used_creation_token_is_refused_with_the_id() {
    let (_, aws) = through_proxy().await;
    let body = r#"{"CreationToken":"twice"}"#;
    let created = create_file_system(&aws, body).await;
    let again = efs(&aws, "POST", "file-systems", body).await;
    assert_eq!(again.header("x-amzn-errortype"), Some("FileSystemAlreadyExists"));
    assert_eq!(again.status, 409);
    assert_eq!(again.json().unwrap()["FileSystemId"], created["FileSystemId"]);
}

#[tokio::test]
async fn file_systems_look_as_those_of_aws() {
    let (_, aws) = through_proxy().await;
    let own_key = create_kms_key(&aws).await.unwrap();
    let key_id = own_key.rsplit('/').next().unwrap();
    let body =
        json!({ "CreationToken": "a", "Encrypted": true, "KmsKeyId": key_id, "Backup": true });
    let keyed = create_file_system(&aws, &body.to_string()).await;
    assert_eq!(keyed["KmsKeyId"], json!(own_key));
    let path = format!("file-systems/{}/backup-policy", keyed["FileSystemId"].as_str().unwrap());
    let backup = efs(&aws, "GET", &path, "").await.json().unwrap();
    assert_eq!(backup["BackupPolicy"]["Status"], "ENABLED");

    let body = r#"{"CreationToken":"b","Encrypted":true,"ThroughputMode":"provisioned","ProvisionedThroughputInMibps":5}"#;
    let created = create_file_system(&aws, body).await;
    assert!(created.get("Name").is_none());
    assert_eq!(created["ProvisionedThroughputInMibps"], json!(5));
    let arn = format!("arn:aws:kms:us-east-1:{}:key/", aws.account());
    assert!(created["KmsKeyId"].as_str().unwrap().starts_with(&arn));
    let id = created["FileSystemId"].as_str().unwrap();
    let body = r#"{"ThroughputMode":"elastic"}"#;
    let updated = efs(&aws, "PUT", &format!("file-systems/{id}"), body).await.ok().unwrap();
    assert!(updated.json().unwrap().get("ProvisionedThroughputInMibps").is_none());
    let read =
        efs(&aws, "GET", &format!("file-systems?FileSystemId={id}"), "").await.json().unwrap();
    assert!(read["FileSystems"][0].get("ProvisionedThroughputInMibps").is_none());
    assert_eq!(read["FileSystems"][0]["KmsKeyId"], created["KmsKeyId"]);
}

#[tokio::test]
async fn every_tag_key_of_an_untag_call_goes() {
    let (bench, aws) = through_proxy().await;
    let body = r#"{"CreationToken":"t","Tags":[{"Key":"a/b","Value":"1"},{"Key":"c","Value":"2"},{"Key":"d","Value":"3"}]}"#;
    let id = create_file_system(&aws, body).await["FileSystemId"].as_str().unwrap().to_owned();
    let path = format!("resource-tags/{id}?tagKeys=a%2Fb&tagKeys=c");
    efs(&aws, "DELETE", &path, "").await.ok().unwrap();
    let left = efs(&aws, "GET", &format!("resource-tags/{id}"), "").await.json().unwrap();
    assert_eq!(left["Tags"], json!([{ "Key": "d", "Value": "3" }]));
    assert_eq!(bench.proxy.count(aws.account(), "elasticfilesystem", "UntagResource"), 1);
}

#[tokio::test]
async fn access_points_keep_their_token_and_go_with_their_file_system() {
    let (_, aws) = through_proxy().await;
    let system = create_file_system(&aws, r#"{"CreationToken":"ap"}"#).await;
    let system = system["FileSystemId"].as_str().unwrap();
    let body = json!({ "ClientToken": "tok", "FileSystemId": system }).to_string();
    let created = efs(&aws, "POST", "access-points", &body).await.ok().unwrap().json().unwrap();
    assert!(created.get("PosixUser").is_none() && created.get("Name").is_none(), "{created}");
    let again = efs(&aws, "POST", "access-points", &body).await;
    assert_eq!(
        (again.status, again.header("x-amzn-errortype")),
        (409, Some("AccessPointAlreadyExists"))
    );
    assert_eq!(again.json().unwrap()["AccessPointId"], created["AccessPointId"]);
    efs(&aws, "DELETE", &format!("file-systems/{system}"), "").await.ok().unwrap();
    let id = created["AccessPointId"].as_str().unwrap();
    let gone = efs(&aws, "GET", &format!("access-points?AccessPointId={id}"), "").await;
    assert_eq!(gone.header("x-amzn-errortype"), Some("AccessPointNotFound"));
    let gone = efs(&aws, "GET", &format!("access-points?FileSystemId={system}"), "").await;
    assert_eq!(gone.header("x-amzn-errortype"), Some("FileSystemNotFound"));
}

#[tokio::test]
async fn an_unknown_subresource_never_touches_the_bucket() {
    let (_, aws) = through_proxy().await;
    let bucket = create_bucket(&aws).await;
    let refused = aws.rest("s3", "DELETE", &format!("/{bucket}?unheard-of"), "").await.unwrap();
    assert_eq!((refused.status, refused.xml("Code")), (501, Some("NotImplemented")));
    let tiering = format!("/{bucket}?intelligent-tiering&id=all");
    let document =
        "<IntelligentTieringConfiguration><Id>all</Id></IntelligentTieringConfiguration>";
    let absent = aws.rest("s3", "GET", &tiering, "").await.unwrap();
    assert_eq!((absent.status, absent.xml("Code")), (404, Some("NoSuchConfiguration")));
    aws.rest("s3", "PUT", &tiering, document).await.unwrap().ok().unwrap();
    assert_eq!(aws.rest("s3", "GET", &tiering, "").await.unwrap().body, document);
    let listed =
        aws.rest("s3", "GET", &format!("/{bucket}?intelligent-tiering"), "").await.unwrap();
    assert_eq!(listed.xml_all("Id"), ["all"]);
    // The SDK refuses any other root element.
    assert!(listed.body.starts_with("<ListBucketIntelligentTieringConfigurationsOutput>"));
    assert_eq!(aws.rest("s3", "DELETE", &tiering, "").await.unwrap().status, 204);
    assert_eq!(aws.rest("s3", "GET", &tiering, "").await.unwrap().status, 404);
    let payer = aws.rest("s3", "GET", &format!("/{bucket}?requestPayment"), "").await.unwrap();
    assert_eq!(payer.xml("Payer"), Some("BucketOwner"));
    assert_eq!(aws.rest("s3", "HEAD", &format!("/{bucket}"), "").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_new_bucket_blocks_public_access_until_told_otherwise() {
    let (_, aws) = through_proxy().await;
    let bucket = create_bucket(&aws).await;
    let path = format!("/{bucket}?publicAccessBlock");
    let block = aws.rest("s3", "GET", &path, "").await.unwrap().ok().unwrap();
    assert_eq!(block.xml("RestrictPublicBuckets"), Some("true"));
    aws.rest("s3", "DELETE", &path, "").await.unwrap().ok().unwrap();
    aws.rest("s3", "PUT", &format!("/{bucket}"), "").await.unwrap().ok().unwrap();
    assert_eq!(aws.rest("s3", "GET", &path, "").await.unwrap().status, 404);
}

#[tokio::test]
async fn the_expected_owner_of_a_bucket_is_checked() {
    let (bench, aws) = through_proxy().await;
    let bucket = create_bucket(&aws).await;
    let behind = format!("behind-{}", aws.account());
    let out_of_band = bench.aws(aws.account(), "us-east-1");
    out_of_band.rest("s3", "PUT", &format!("/{behind}"), "").await.unwrap().ok().unwrap();
    let stranger = bench.account();
    for bucket in [bucket, behind] {
        let versioning = format!("/{bucket}?versioning");
        for (expected, status) in [(aws.account(), 200), (stranger.as_str(), 403)] {
            let headers = [("x-amz-expected-bucket-owner", expected)];
            let answer = aws.rest_with("s3", "GET", &versioning, "", &headers).await.unwrap();
            assert_eq!(answer.status, status, "{bucket} {expected}");
        }
    }
}

#[tokio::test]
async fn the_default_minimum_object_size_is_kept() {
    let (_, aws) = through_proxy().await;
    let bucket = create_bucket(&aws).await;
    let path = format!("/{bucket}?lifecycle");
    let rules = "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>\
        <Expiration><Days>5</Days></Expiration></Rule></LifecycleConfiguration>";
    let name = "x-amz-transition-default-minimum-object-size";
    let varies = [(name, "varies_by_storage_class")];
    aws.rest_with("s3", "PUT", &path, rules, &varies).await.unwrap().ok().unwrap();
    let read = aws.rest("s3", "GET", &path, "").await.unwrap();
    assert_eq!(read.header(name), Some("varies_by_storage_class"));
    aws.rest("s3", "PUT", &path, rules).await.unwrap().ok().unwrap();
    let read = aws.rest("s3", "GET", &path, "").await.unwrap();
    assert_eq!(read.header(name), Some("all_storage_classes_128K"));
}

#[tokio::test]
async fn policy_status_follows_the_policy() {
    let (_, aws) = through_proxy().await;
    let bucket = create_bucket(&aws).await;
    let status = format!("/{bucket}?policyStatus");
    assert_eq!(
        aws.rest("s3", "GET", &status, "").await.unwrap().xml("Code"),
        Some("NoSuchBucketPolicy")
    );
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Principal": "*",
        "Action": "s3:*", "Resource": format!("arn:aws:s3:::{bucket}/*") }] });
    let path = format!("/{bucket}?policy");
    aws.rest("s3", "PUT", &path, &policy.to_string()).await.unwrap().ok().unwrap();
    assert_eq!(aws.rest("s3", "GET", &status, "").await.unwrap().xml("IsPublic"), Some("false"));
}

#[tokio::test]
async fn a_seeded_cluster_names_its_network_and_group() {
    let (bench, aws) = through_proxy().await;
    let seeded = seed(&bench.emulator.url(), aws.account(), "us-east-1", "demo").await.unwrap();
    assert_eq!(seeded.subnet_ids.len(), 3);
    assert!(bench.proxy.calls(aws.account()).is_empty(), "seeding past the proxy is not recorded");
    let cluster = aws.rest("eks", "GET", "/clusters/demo", "").await.unwrap().json().unwrap();
    let network = &cluster["cluster"]["resourcesVpcConfig"];
    assert_eq!(network["vpcId"], json!(seeded.vpc_id));
    assert_eq!(network["clusterSecurityGroupId"], json!(seeded.cluster_security_group_id));
    assert_eq!(network["subnetIds"].as_array().unwrap().len(), 3);
    assert_eq!(leftovers(&aws, &seeded).await.unwrap(), Vec::<String>::new());
    create_bucket(&aws).await;
    create_file_system(&aws, r#"{"CreationToken":"left"}"#).await;
    assert_eq!(leftovers(&aws, &seeded).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_association_token_gives_the_first_answer_again() {
    let (bench, aws) = through_proxy().await;
    seed(&bench.emulator.url(), aws.account(), "us-east-1", "demo").await.unwrap();
    let role = format!("arn:aws:iam::{}:role/demo-cluster", aws.account());
    let body = json!({ "namespace": "n", "serviceAccount": "s", "roleArn": role, "clientRequestToken": "t" });
    let path = "/clusters/demo/pod-identity-associations";
    let first = aws.rest("eks", "POST", path, &body.to_string()).await.unwrap().ok().unwrap();
    let again = aws.rest("eks", "POST", path, &body.to_string()).await.unwrap();
    assert_eq!((again.status, &again.body), (200, &first.body));
    let id = first.json().unwrap()["association"]["associationId"].as_str().unwrap().to_owned();
    aws.rest("eks", "DELETE", &format!("{path}/{id}"), "").await.unwrap().ok().unwrap();
    let anew = aws.rest("eks", "POST", path, &body.to_string()).await.unwrap().ok().unwrap();
    assert_ne!(anew.body, first.body);
}

#[tokio::test]
async fn security_group_rules_exist_once_and_used_groups_stay() {
    let (bench, aws) = through_proxy().await;
    let seeded = seed(&bench.emulator.url(), aws.account(), "us-east-1", "demo").await.unwrap();
    let vpc = [("GroupName", "nfs"), ("GroupDescription", "d"), ("VpcId", seeded.vpc_id.as_str())];
    let group = aws.query("ec2", "CreateSecurityGroup", &vpc).await.unwrap().ok().unwrap();
    let group = group.xml("groupId").unwrap().to_owned();
    let rule = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "2049"),
        ("IpPermissions.1.ToPort", "2049"),
        ("IpPermissions.1.Groups.1.GroupId", seeded.cluster_security_group_id.as_str()),
    ];
    let ec2 = async |action: &str, parameters: &[(&str, &str)]| {
        let answer = aws.query("ec2", action, parameters).await.unwrap();
        answer.xml("Code").map(str::to_owned)
    };
    assert_eq!(
        ec2("RevokeSecurityGroupIngress", &rule).await.unwrap(),
        "InvalidPermission.NotFound"
    );
    assert_eq!(ec2("AuthorizeSecurityGroupIngress", &rule).await, None);
    let duplicate = ec2("AuthorizeSecurityGroupIngress", &rule).await;
    assert_eq!(duplicate.unwrap(), "InvalidPermission.Duplicate");
    let cluster_group = [("GroupId", seeded.cluster_security_group_id.as_str())];
    assert_eq!(ec2("DeleteSecurityGroup", &cluster_group).await.unwrap(), "DependencyViolation");
    assert_eq!(ec2("RevokeSecurityGroupIngress", &rule).await, None);

    let system = create_file_system(&aws, r#"{"CreationToken":"sg"}"#).await;
    let (_, subnet) = &seeded.subnet_ids[0];
    let body = json!({ "FileSystemId": system["FileSystemId"], "SubnetId": subnet, "SecurityGroups": [group] });
    let target = efs(&aws, "POST", "mount-targets", &body.to_string()).await.ok().unwrap();
    let own = [("GroupId", group.as_str())];
    assert_eq!(ec2("DeleteSecurityGroup", &own).await.unwrap(), "DependencyViolation");
    let subnet = [("SubnetId", subnet.as_str())];
    assert_eq!(ec2("DeleteSubnet", &subnet).await.unwrap(), "DependencyViolation");
    let target = target.json().unwrap()["MountTargetId"].as_str().unwrap().to_owned();
    efs(&aws, "DELETE", &format!("mount-targets/{target}"), "").await.ok().unwrap();
    assert_eq!(ec2("DeleteSecurityGroup", &own).await, None);
    let named = [("GroupId.1", group.as_str())];
    assert_eq!(ec2("DescribeSecurityGroups", &named).await.unwrap(), "InvalidGroup.NotFound");
}
