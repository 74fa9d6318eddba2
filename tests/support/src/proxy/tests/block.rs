//! The corrections for EBS and for add-ons.

use super::through_proxy;
use crate::{Answer, Aws, leftovers, seed};
use serde_json::{Value, json};

async fn ec2(aws: &Aws, action: &str, parameters: &[(&str, &str)]) -> Answer {
    aws.query("ec2", action, parameters).await.unwrap()
}

const VOLUME: [(&str, &str); 7] = [
    ("AvailabilityZone", "us-east-1a"),
    ("VolumeType", "gp3"),
    ("Size", "100"),
    ("Iops", "4000"),
    ("Throughput", "500"),
    ("Encrypted", "true"),
    ("ClientToken", "once"),
];

async fn create_volume(aws: &Aws) -> String {
    let made = ec2(aws, "CreateVolume", &VOLUME).await.ok().unwrap();
    assert_eq!((made.xml("status"), made.xml("throughput")), (Some("creating"), Some("500")));
    made.xml("volumeId").unwrap().to_owned()
}

#[tokio::test]
async fn a_volume_keeps_throughput_and_key_and_is_creating_first() {
    let (_, aws) = through_proxy().await;
    let id = create_volume(&aws).await;
    let read = async || ec2(&aws, "DescribeVolumes", &[("VolumeId.1", &id)]).await.ok().unwrap();
    assert_eq!(read().await.xml("status"), Some("creating"));
    let read = read().await;
    assert_eq!((read.xml("status"), read.xml("throughput")), (Some("available"), Some("500")));
    let key = format!("arn:aws:kms:us-east-1:{}:key/", aws.account());
    assert!(read.xml("kmsKeyId").unwrap().starts_with(&key), "{}", read.body);
}

#[tokio::test]
async fn a_client_token_stands_for_its_first_volume_for_ever() {
    let (_, aws) = through_proxy().await;
    let id = create_volume(&aws).await;
    assert_eq!(create_volume(&aws).await, id);
    let mut other = VOLUME;
    other[2] = ("Size", "200");
    let refused = ec2(&aws, "CreateVolume", &other).await;
    assert_eq!(refused.xml("Code"), Some("IdempotentParameterMismatch"));
    ec2(&aws, "DeleteVolume", &[("VolumeId", &id)]).await.ok().unwrap();
    assert_eq!(create_volume(&aws).await, id, "the token is burnt");
    let gone = ec2(&aws, "DescribeVolumes", &[("VolumeId.1", &id)]).await;
    assert_eq!(gone.xml("Code"), Some("InvalidVolume.NotFound"));
}

#[tokio::test]
async fn impossible_volumes_are_refused_and_a_wrong_key_ends_in_error() {
    let (_, aws) = through_proxy().await;
    for (place, wrong, code) in [
        (0, ("AvailabilityZone", "us-east-1f"), "InvalidZone.NotFound"),
        (2, ("Size", "70000"), "InvalidParameterValue"),
        (3, ("Iops", "90000"), "InvalidParameterValue"),
        (4, ("Throughput", "1001"), "InvalidParameterValue"),
        (6, ("SnapshotId", "snap-0123456789abcdef0"), "InvalidSnapshot.NotFound"),
    ] {
        let mut parameters = VOLUME;
        parameters[place] = wrong;
        let refused = ec2(&aws, "CreateVolume", &parameters).await;
        assert_eq!(refused.xml("Code"), Some(code), "{wrong:?}");
    }
    let mut keyed = VOLUME;
    keyed[6] = ("KmsKeyId", "arn:aws:kms:us-east-1:123456789012:key/none");
    let made = ec2(&aws, "CreateVolume", &keyed).await.ok().unwrap();
    let id = [("VolumeId.1", made.xml("volumeId").unwrap())];
    assert_eq!(ec2(&aws, "DescribeVolumes", &id).await.xml("status"), Some("error"));
}

#[tokio::test]
async fn a_modification_takes_its_time_and_only_four_begin_in_a_day() {
    let (_, aws) = through_proxy().await;
    let id = create_volume(&aws).await;
    let progress = async || {
        let told = ec2(&aws, "DescribeVolumesModifications", &[("VolumeId.1", &id)]).await;
        let state = told.xml("modificationState").or(told.xml("Code")).unwrap().to_owned();
        (
            state,
            told.xml("targetSize").map(str::to_owned),
            told.xml("originalSize").map(str::to_owned),
        )
    };
    assert_eq!(progress().await.0, "InvalidVolumeModification.NotFound");
    let modify = async |size: &str| {
        let target = [("VolumeId", id.as_str()), ("VolumeType", "gp3"), ("Size", size)];
        ec2(&aws, "ModifyVolume", &target).await
    };
    assert_eq!(modify("50").await.xml("Code"), Some("InvalidParameterValue"));
    for (round, size) in ["110", "120", "130", "140"].into_iter().enumerate() {
        assert_eq!(modify(size).await.ok().unwrap().xml("modificationState"), Some("modifying"));
        assert_eq!(modify("500").await.xml("Code"), Some("IncorrectModificationState"));
        let before = (100 + 10 * round).to_string();
        assert_eq!(progress().await, ("modifying".into(), Some(size.into()), Some(before.clone())));
        let held = ec2(&aws, "DescribeVolumes", &[("VolumeId.1", &id)]).await;
        assert_eq!(held.xml("size"), Some(before.as_str()));
        assert_eq!(progress().await.0, "optimizing");
        let held = ec2(&aws, "DescribeVolumes", &[("VolumeId.1", &id)]).await;
        assert_eq!(held.xml("size"), Some(size));
        assert_eq!(progress().await.0, "optimizing");
        assert_eq!(progress().await.0, "completed");
    }
    assert_eq!(modify("150").await.xml("Code"), Some("VolumeModificationRateExceeded"));
}

#[tokio::test]
async fn a_snapshot_is_pending_first_and_encryption_by_default_is_off() {
    let (_, aws) = through_proxy().await;
    let id = create_volume(&aws).await;
    let made = ec2(&aws, "CreateSnapshot", &[("VolumeId", &id)]).await.ok().unwrap();
    assert_eq!(made.xml("status"), Some("pending"));
    let snapshot = made.xml("snapshotId").unwrap().to_owned();
    let status = async || {
        let read = ec2(&aws, "DescribeSnapshots", &[("SnapshotId.1", &snapshot)]).await;
        read.xml("status").unwrap().to_owned()
    };
    assert_eq!(status().await, "pending");
    assert_eq!(status().await, "completed");
    let default = ec2(&aws, "GetEbsEncryptionByDefault", &[]).await.ok().unwrap();
    assert_eq!(default.xml("ebsEncryptionByDefault"), Some("false"));
}

async fn eks(aws: &Aws, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    aws.rest("eks", method, path, &body).await.unwrap()
}

fn addon(version: &str) -> Value {
    json!({
        "addonName": "aws-ebs-csi-driver",
        "addonVersion": version,
        "clientRequestToken": "once",
        "podIdentityAssociations": [{ "serviceAccount": "driver", "roleArn": "arn:aws:iam::1:role/a" }],
    })
}

#[tokio::test]
async fn an_addon_takes_its_time_and_owns_its_associations() {
    let (bench, aws) = through_proxy().await;
    let url = bench.emulator.url();
    let seeded = seed(&url, aws.account(), "us-east-1", "demo").await.unwrap();
    let (addons, one) = ("/clusters/demo/addons", "/clusters/demo/addons/aws-ebs-csi-driver");
    let refused = eks(&aws, "POST", addons, &addon("v0.0.1-eksbuild.1")).await;
    assert_eq!(refused.header("x-amzn-errortype"), Some("InvalidParameterException"));
    let made = eks(&aws, "POST", addons, &addon("v1.42.0-eksbuild.1")).await.ok().unwrap();
    let again = eks(&aws, "POST", addons, &addon("v1.42.0-eksbuild.1")).await.ok().unwrap();
    assert_eq!(made.json().unwrap(), again.json().unwrap(), "a token in use is repeated");
    let read = async || {
        let answer = eks(&aws, "GET", one, &Value::Null).await;
        if answer.status == 404 { Value::Null } else { answer.json().unwrap()["addon"].clone() }
    };
    assert_eq!(read().await["status"], "CREATING");
    let busy = eks(&aws, "POST", &format!("{one}/update"), &json!({})).await;
    assert_eq!(busy.header("x-amzn-errortype"), Some("InvalidRequestException"));
    assert_eq!(read().await["status"], "CREATING");
    let active = read().await;
    assert_eq!(active["status"], "ACTIVE");
    let arn = active["podIdentityAssociations"][0].as_str().unwrap();
    let id = arn.rsplit('/').next().unwrap();
    let path = format!("/clusters/demo/pod-identity-associations/{id}");
    let owned = eks(&aws, "GET", &path, &Value::Null).await.json().unwrap();
    let whose = owned["association"]["ownerArn"].as_str().unwrap();
    assert!(whose.contains("addon/demo/aws-ebs-csi-driver"), "{whose}");

    let update = json!({ "podIdentityAssociations": [
        { "serviceAccount": "other", "roleArn": "arn:aws:iam::1:role/b" }] });
    eks(&aws, "POST", &format!("{one}/update"), &update).await.ok().unwrap();
    let updating = read().await;
    assert_eq!(updating["status"], "UPDATING");
    assert_ne!(updating["podIdentityAssociations"][0], json!(arn));
    eks(&aws, "DELETE", one, &Value::Null).await.ok().unwrap();
    assert_eq!(read().await["status"], "DELETING");
    assert_eq!(read().await, Value::Null);
    assert!(leftovers(&aws, &seeded).await.unwrap().is_empty());
}

#[tokio::test]
async fn versions_and_schemas_of_addons_are_told() {
    let (_, aws) = through_proxy().await;
    let path = "/addons/supported-versions?addonName=aws-ebs-csi-driver&kubernetesVersion=1.30";
    let told = eks(&aws, "GET", path, &Value::Null).await.ok().unwrap().json().unwrap();
    let versions = told["addons"][0]["addonVersions"].as_array().unwrap();
    let names: Vec<&Value> = versions.iter().map(|one| &one["addonVersion"]).collect();
    assert_eq!(names, [&json!("v1.42.0-eksbuild.1"), &json!("v1.30.0-eksbuild.1")]);
    let unknown = eks(&aws, "GET", "/addons/supported-versions?addonName=x", &Value::Null).await;
    assert_eq!(unknown.header("x-amzn-errortype"), Some("ResourceNotFoundException"));
    let path = "/addons/configuration-schemas?addonName=aws-ebs-csi-driver&addonVersion=";
    let schema = eks(&aws, "GET", &format!("{path}v1.42.0-eksbuild.1"), &Value::Null).await;
    let schema = schema.json().unwrap()["configurationSchema"].as_str().unwrap().to_owned();
    assert!(schema.contains("replicaCount"), "{schema}");
    assert_eq!(eks(&aws, "GET", &format!("{path}v9.9.9"), &Value::Null).await.status, 404);
}
