//! A workload that holds nothing but the rendered policy can do what its preset promises, and
//! nothing else: tried on an emulator that enforces IAM, with the keys of a role that has that one
//! inline policy.
//!
//! What cannot be tried by calls, and how it is judged instead:
//!
//! * Mounting (`efs_client`), because a mount is NFS and no call, and keys (`kms:*`), which the
//!   services use and the emulator's do not: by the emulator's policy simulator.
//! * Rights that depend on tags (`aws:ResourceTag`, `ec2:ResourceTag`) or on the resource of a
//!   creation (`ec2:CreateVolume`, `elasticfilesystem:CreateAccessPoint`), which the emulator does not
//!   authorize as AWS does: what `ebs_csi` and `efs_csi` may do beyond looking around. They are judged
//!   by the document, as IAM evaluates it: [`allows`]. What the two may not do is tried by calls too.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use officeless::platform::policies::{Preset, PresetGrant, preset_statements, role_policy};
use officeless_testbench::{Answer, Aws, Emulator, create_kms_key, new_account};
use serde_json::{Value, json};

use crate::scene::REGION;

/// One account of an enforcing emulator.
struct Stage {
    root: Aws,
    account: String,
    _emulator: Emulator,
}

/// A workload: the keys of an assumed role.
struct Pod<'a> {
    root: &'a Aws,
    role_arn: String,
    credentials: Credentials,
}

/// A call: service, method, path and body, where the Query protocol has its parameters as body.
#[derive(Clone, Debug)]
struct Try {
    service: &'static str,
    method: &'static str,
    path: String,
    body: String,
}

fn s3(method: &'static str, path: impl Into<String>) -> Try {
    let body = if method == "PUT" { "text" } else { "" };
    Try { service: "s3", method, path: path.into(), body: body.to_owned() }
}

fn efs(method: &'static str, path: impl Into<String>, body: &Value) -> Try {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/2015-02-01/{}", path.into());
    Try { service: "elasticfilesystem", method, path, body }
}

fn ec2(parameters: &str) -> Try {
    let body = format!("Version=2016-11-15&{parameters}");
    Try { service: "ec2", method: "POST", path: "/".to_owned(), body }
}

impl Stage {
    async fn new() -> Self {
        let emulator = Emulator::start_enforcing().await.unwrap();
        let account = new_account();
        let root = Aws::new(&emulator.url(), &account, REGION);
        Self { root, account, _emulator: emulator }
    }

    async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.root.query("iam", action, parameters).await.unwrap().ok().unwrap()
    }

    /// The keys of a role with exactly this policy.
    async fn pod(&self, name: &str, policy: &str) -> Pod<'_> {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{}:root", self.account) },
                "Action": "sts:AssumeRole",
            }],
        });
        let role = ("RoleName", name);
        let trust = ("AssumeRolePolicyDocument", &*trust.to_string());
        self.iam("CreateRole", &[role, trust]).await;
        let inline = [role, ("PolicyName", "pod-identity"), ("PolicyDocument", policy)];
        self.iam("PutRolePolicy", &inline).await;
        let role_arn = format!("arn:aws:iam::{}:role/{name}", self.account);
        let parameters = [("RoleArn", role_arn.as_str()), ("RoleSessionName", "pod")];
        let assumed =
            self.root.query("sts", "AssumeRole", &parameters).await.unwrap().ok().unwrap();
        let text = |element| assumed.xml(element).unwrap().to_owned();
        let token = Some(text("SessionToken"));
        let credentials =
            Credentials::new(text("AccessKeyId"), text("SecretAccessKey"), token, None, "test");
        Pod { root: &self.root, role_arn, credentials }
    }

    async fn bucket(&self, name: &str, keys: &[&str]) {
        self.root.rest("s3", "PUT", &format!("/{name}"), "").await.unwrap().ok().unwrap();
        for key in keys {
            let path = format!("/{name}/{key}");
            self.root.rest("s3", "PUT", &path, "text").await.unwrap().ok().unwrap();
        }
    }

    /// What root makes first; its answer.
    async fn made(&self, call: &Try) -> Answer {
        let Try { service, method, path, body } = call;
        let kind = if *service == "ec2" { FORM } else { "application/json" };
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/{REGION}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0",
            self.account
        );
        let headers = [("authorization", authorization.as_str()), ("content-type", kind)];
        let answer = self.root.bare(method, path, &headers, body).await.unwrap();
        answer.ok().unwrap()
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Pod<'_> {
    async fn send(&self, call: &Try) -> Answer {
        let Try { service, method, path, body } = call;
        let mut settings = SigningSettings::default();
        if *service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let url = format!("{}{path}", self.root.endpoint());
        let kind = if *service == "ec2" { FORM } else { "application/json" };
        let headers = [("content-type", kind)];
        let body_bytes = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new(method, &url, headers.into_iter(), body_bytes).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let mut all = headers.to_vec();
        all.extend(instructions.headers());
        self.root.bare(method, path, &all, body).await.unwrap()
    }

    async fn may(&self, calls: &[Try]) {
        for call in calls {
            let answer = self.send(call).await;
            assert!(answer.status < 300, "{call:?} is refused: {} {}", answer.status, answer.body);
        }
    }

    /// Each is denied by IAM, and not for another reason.
    async fn may_not(&self, calls: &[Try]) {
        for call in calls {
            let Answer { status, body, .. } = self.send(call).await;
            let denied = ["AccessDenied", "UnauthorizedOperation"].iter().any(|c| body.contains(c));
            assert!(status == 403 && denied, "{call:?} is not denied: {status} {body}");
        }
    }

    /// What the policy simulator decides of actions on a resource.
    async fn simulated(&self, actions: &[&str], resource: &str) -> Vec<String> {
        let mut parameters = vec![
            ("PolicySourceArn".to_owned(), self.role_arn.clone()),
            ("ResourceArns.member.1".to_owned(), resource.to_owned()),
        ];
        for (place, action) in actions.iter().enumerate() {
            let name = format!("ActionNames.member.{}", place + 1);
            parameters.push((name, (*action).to_owned()));
        }
        let parameters: Vec<(&str, &str)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.root.query("iam", "SimulatePrincipalPolicy", &parameters).await.unwrap();
        let answer = answer.ok().unwrap();
        answer.xml_all("EvalDecision").into_iter().map(str::to_owned).collect()
    }
}

/// The policy of a role with one preset, as the resource renders it.
fn rendered(preset: Preset, resources: &[&str], kms_key_arns: &[&str]) -> String {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let grant = PresetGrant {
        preset,
        resources: texts(resources),
        kms_key_arns: texts(kms_key_arns),
        allow_root_access: false,
    };
    role_policy(&preset_statements(&grant, "aws")).unwrap().unwrap()
}

fn arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_reads_its_buckets_and_nothing_else() {
    let stage = Stage::new().await;
    let (own, other) = (format!("own{}", stage.account), format!("other{}", stage.account));
    stage.bucket(&own, &["a"]).await;
    stage.bucket(&other, &["a"]).await;
    let pod = stage.pod("reader", &rendered(Preset::S3Read, &[&arn(&own)], &[])).await;
    pod.may(&[s3("GET", format!("/{own}?list-type=2")), s3("GET", format!("/{own}/a"))]).await;
    pod.may(&[s3("HEAD", format!("/{own}/a"))]).await;
    pod.may_not(&[
        s3("PUT", format!("/{own}/b")),
        s3("DELETE", format!("/{own}/a")),
        s3("DELETE", format!("/{own}")),
        s3("GET", format!("/{own}?policy")),
        s3("PUT", format!("/{own}?policy")),
        s3("PUT", format!("/{own}?versioning")),
        s3("POST", format!("/{own}/a?uploads")),
        s3("GET", format!("/{other}?list-type=2")),
        s3("GET", format!("/{other}/a")),
        s3("GET", "/"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_bucket_is_all_there_is_of_it() {
    let stage = Stage::new().await;
    let own = format!("own{}", stage.account);
    stage.bucket(&own, &["uploads/a", "private/a", "uploads-old/a"]).await;
    for (name, preset) in [("part-r", Preset::S3Read), ("part-rw", Preset::S3ReadWrite)] {
        let part = format!("{}/uploads/", arn(&own));
        let pod = stage.pod(name, &rendered(preset, &[&part], &[])).await;
        pod.may(&[
            s3("GET", format!("/{own}?list-type=2&prefix=uploads%2F")),
            s3("GET", format!("/{own}/uploads/a")),
        ])
        .await;
        pod.may_not(&[
            s3("GET", format!("/{own}?list-type=2")),
            s3("GET", format!("/{own}?list-type=2&prefix=private%2F")),
            s3("GET", format!("/{own}/private/a")),
            s3("GET", format!("/{own}/uploads-old/a")),
            s3("PUT", format!("/{own}/private/b")),
            s3("DELETE", format!("/{own}/private/a")),
        ])
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_writes_objects_and_changes_no_bucket() {
    let stage = Stage::new().await;
    let (own, other) = (format!("own{}", stage.account), format!("other{}", stage.account));
    stage.bucket(&own, &["a"]).await;
    stage.bucket(&other, &["a"]).await;
    let pod = stage.pod("writer", &rendered(Preset::S3ReadWrite, &[&arn(&own)], &[])).await;
    pod.may(&[
        s3("PUT", format!("/{own}/b")),
        s3("GET", format!("/{own}/b")),
        s3("DELETE", format!("/{own}/b")),
    ])
    .await;
    let begun = pod.send(&s3("POST", format!("/{own}/c?uploads"))).await.ok().unwrap();
    let upload = begun.xml("UploadId").unwrap().to_owned();
    pod.may(&[
        s3("PUT", format!("/{own}/c?partNumber=1&uploadId={upload}")),
        s3("GET", format!("/{own}/c?uploadId={upload}")),
        s3("DELETE", format!("/{own}/c?uploadId={upload}")),
    ])
    .await;
    pod.may_not(&[
        s3("DELETE", format!("/{own}")),
        s3("PUT", format!("/{own}?policy")),
        s3("PUT", format!("/{own}?lifecycle")),
        s3("PUT", format!("/{own}?acl")),
        s3("PUT", format!("/{own}/a?acl")),
        s3("PUT", format!("/{own}/a?tagging")),
        s3("PUT", format!("/{other}/b")),
        s3("DELETE", format!("/{other}/a")),
        s3("PUT", format!("/new{}", stage.account)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_product_keeps_to_its_own_buckets() {
    let stage = Stage::new().await;
    let products = [Preset::Mimir, Preset::Loki, Preset::Tempo];
    let bucket = |preset: Preset| format!("{}{}", preset.as_str(), stage.account);
    for preset in products {
        stage.bucket(&bucket(preset), &["a"]).await;
    }
    for preset in products {
        let own = bucket(preset);
        let pod = stage.pod(preset.as_str(), &rendered(preset, &[&arn(&own)], &[])).await;
        pod.may(&[
            s3("GET", format!("/{own}?list-type=2")),
            s3("PUT", format!("/{own}/b")),
            s3("GET", format!("/{own}/b")),
            s3("DELETE", format!("/{own}/b")),
        ])
        .await;
        let tags = s3("GET", format!("/{own}/a?tagging"));
        if preset == Preset::Tempo {
            pod.may(&[tags]).await;
        } else {
            pod.may_not(&[tags]).await;
        }
        for other in products.into_iter().filter(|other| *other != preset).map(bucket) {
            pod.may_not(&[
                s3("GET", format!("/{other}?list-type=2")),
                s3("GET", format!("/{other}/a")),
                s3("PUT", format!("/{other}/b")),
                s3("DELETE", format!("/{other}/a")),
            ])
            .await;
        }
        pod.may_not(&[
            s3("DELETE", format!("/{own}")),
            s3("PUT", format!("/{own}?lifecycle")),
            s3("PUT", format!("/{own}?policy")),
        ])
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_efs_controller_deletes_only_what_carries_its_tag() {
    let stage = Stage::new().await;
    let none = Value::Null;
    let system = |token: &str| efs("POST", "file-systems", &json!({ "CreationToken": token }));
    let made = stage.made(&system("own")).await.json().unwrap();
    let own = made["FileSystemId"].as_str().unwrap().to_owned();
    let point = |id: &str, token: &str| {
        efs("POST", "access-points", &json!({ "FileSystemId": id, "ClientToken": token }))
    };
    let made = stage.made(&point(&own, "foreign")).await.json().unwrap();
    let foreign = made["AccessPointId"].as_str().unwrap().to_owned();
    let arn = format!("arn:aws:elasticfilesystem:{REGION}:{}:file-system/{own}", stage.account);
    let pod = stage.pod("efs-csi", &rendered(Preset::EfsCsi, &[&arn], &[])).await;
    pod.may(&[
        efs("GET", "file-systems", &none),
        efs("GET", "access-points", &none),
        efs("GET", format!("mount-targets?FileSystemId={own}"), &none),
        ec2("Action=DescribeAvailabilityZones"),
    ])
    .await;
    pod.may_not(&[
        point(&own, "untagged"),
        efs("DELETE", format!("access-points/{foreign}"), &none),
        efs("DELETE", format!("file-systems/{own}"), &none),
        system("third"),
        efs(
            "POST",
            "mount-targets",
            &json!({ "FileSystemId": own, "SubnetId": "subnet-00000001" }),
        ),
        efs("DELETE", format!("file-systems/{own}/policy"), &none),
        ec2("Action=DescribeInstances"),
    ])
    .await;
    let (one, two) = (
        "arn:aws:elasticfilesystem:r:1:file-system/fs-1",
        "arn:aws:elasticfilesystem:r:1:file-system/fs-2",
    );
    let of = |resources: &[&str]| rendered(Preset::EfsCsi, resources, &[]);
    let tagged = [("aws:RequestTag/efs.csi.aws.com/cluster", "true")];
    let create = "elasticfilesystem:CreateAccessPoint";
    assert!(allows(&of(&[one]), create, one, &tagged));
    assert!(!allows(&of(&[one]), create, two, &tagged));
    assert!(!allows(&of(&[one]), create, one, &[]));
    let (delete, point) = (
        "elasticfilesystem:DeleteAccessPoint",
        "arn:aws:elasticfilesystem:r:1:access-point/fsap-1",
    );
    assert!(allows(
        &of(&[one]),
        delete,
        point,
        &[("aws:ResourceTag/efs.csi.aws.com/cluster", "true")]
    ));
    assert!(!allows(&of(&[one]), delete, point, &tagged));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_a_file_system_mounts_and_writes_as_nobody_special() {
    let stage = Stage::new().await;
    let of =
        |id: &str| format!("arn:aws:elasticfilesystem:{REGION}:{}:file-system/{id}", stage.account);
    let (own, other) = (of("fs-00000001"), of("fs-00000002"));
    let pod = stage.pod("client", &rendered(Preset::EfsClient, &[&own], &[])).await;
    // Mounting is no call: the simulator is asked.
    let mounts = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
    assert_eq!(pod.simulated(&mounts, &own).await, ["allowed", "allowed"]);
    assert_eq!(pod.simulated(&mounts, &other).await, ["implicitDeny", "implicitDeny"]);
    let root = ["elasticfilesystem:ClientRootAccess"];
    assert_eq!(pod.simulated(&root, &own).await, ["implicitDeny"]);
    let none = Value::Null;
    pod.may_not(&[
        efs("GET", "file-systems", &none),
        efs("POST", "file-systems", &json!({ "CreationToken": "mine" })),
        efs("DELETE", "file-systems/fs-00000001", &none),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ebs_controller_touches_only_what_carries_its_tag() {
    let stage = Stage::new().await;
    let volume = |tag: Option<&str>| {
        let mut text =
            format!("Action=CreateVolume&AvailabilityZone={REGION}a&Size=1&VolumeType=gp3");
        if let Some(key) = tag {
            text.push_str("&TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=");
            text.push_str(&key.replace('/', "%2F"));
            text.push_str("&TagSpecification.1.Tag.1.Value=true");
        }
        ec2(&text)
    };
    let foreign = stage.made(&volume(None)).await.xml("volumeId").unwrap().to_owned();
    let policy = rendered(Preset::EbsCsi, &[], &[]);
    let pod = stage.pod("ebs-csi", &policy).await;
    pod.may(&[
        ec2("Action=DescribeVolumes"),
        ec2("Action=DescribeInstances"),
        ec2("Action=DescribeAvailabilityZones"),
    ])
    .await;
    pod.may_not(&[
        volume(None),
        volume(Some("Name")),
        ec2(&format!("Action=ModifyVolume&VolumeId={foreign}&Size=2")),
        ec2(&format!("Action=DeleteVolume&VolumeId={foreign}")),
        ec2(&format!("Action=CreateSnapshot&VolumeId={foreign}")),
        ec2(&format!(
            "Action=CreateTags&ResourceId.1={foreign}&Tag.1.Key=ebs.csi.aws.com%2Fcluster\
             &Tag.1.Value=true"
        )),
        ec2("Action=CreateSecurityGroup&GroupName=x&GroupDescription=x"),
        ec2("Action=DescribeSecurityGroups"),
        ec2("Action=CreateVpc&CidrBlock=10.0.0.0%2F16"),
    ])
    .await;
    judge_ebs(&policy);
}

/// What the driver may do to volumes and snapshots, by the document.
fn judge_ebs(policy: &str) {
    let volume = "arn:aws:ec2:us-east-1:123456789012:volume/vol-1";
    let snapshot = "arn:aws:ec2:us-east-1:123456789012:snapshot/snap-1";
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1";
    let asked = ("aws:RequestTag/ebs.csi.aws.com/cluster", "true");
    let carried = ("ec2:ResourceTag/ebs.csi.aws.com/cluster", "true");
    let created = |by| ("ec2:CreateAction", by);
    let retag = |key| [carried, ("aws:TagKeys", key)];
    for (action, resource, context, allowed) in [
        ("ec2:CreateVolume", volume, vec![asked], true),
        ("ec2:CreateVolume", volume, vec![], false),
        ("ec2:CreateVolume", snapshot, vec![carried], true),
        ("ec2:CreateVolume", snapshot, vec![], false),
        ("ec2:ModifyVolume", volume, vec![carried], true),
        ("ec2:ModifyVolume", volume, vec![asked], false),
        ("ec2:DeleteVolume", volume, vec![carried], true),
        ("ec2:DeleteVolume", volume, vec![], false),
        ("ec2:AttachVolume", volume, vec![carried], true),
        ("ec2:AttachVolume", volume, vec![], false),
        ("ec2:AttachVolume", instance, vec![], true),
        ("ec2:DetachVolume", volume, vec![carried], true),
        ("ec2:CreateSnapshot", snapshot, vec![asked], true),
        ("ec2:CreateSnapshot", snapshot, vec![], false),
        ("ec2:CreateSnapshot", volume, vec![carried], true),
        ("ec2:CreateSnapshot", volume, vec![], false),
        ("ec2:DeleteSnapshot", snapshot, vec![carried], true),
        ("ec2:DeleteSnapshot", snapshot, vec![], false),
        ("ec2:CreateTags", volume, vec![created("CreateVolume")], true),
        ("ec2:CreateTags", volume, vec![created("RunInstances")], false),
        ("ec2:CreateTags", volume, vec![("aws:TagKeys", "ebs.csi.aws.com/cluster")], false),
        ("ec2:CreateTags", volume, retag("team").to_vec(), true),
        ("ec2:DeleteTags", volume, retag("ebs.csi.aws.com/cluster").to_vec(), false),
        ("ec2:DeleteTags", volume, vec![carried], false),
        ("ec2:CreateTags", instance, vec![created("CreateVolume")], false),
        ("ec2:TerminateInstances", instance, vec![carried], false),
        ("ec2:ModifyInstanceAttribute", instance, vec![carried], false),
        ("ec2:DeleteVolume", snapshot, vec![carried], false),
    ] {
        let judged = allows(policy, action, resource, &context);
        assert_eq!(judged, allowed, "{action} on {resource} with {context:?}");
    }
}

/// Whether a policy of `Allow` statements allows an action on a resource, as IAM evaluates those
/// conditions that presets have.
fn allows(policy: &str, action: &str, resource: &str, context: &[(&str, &str)]) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let any = |list: &Value, text: &str| {
        list.as_array().unwrap().iter().any(|pattern| matches(pattern.as_str().unwrap(), text))
    };
    policy["Statement"].as_array().unwrap().iter().any(|statement| {
        assert_eq!(statement["Effect"], json!("Allow"));
        any(&statement["Action"], action)
            && any(&statement["Resource"], resource)
            && statement["Condition"].as_object().into_iter().flatten().all(|(operator, keys)| {
                keys.as_object()
                    .unwrap()
                    .iter()
                    .all(|(key, wanted)| holds(operator, key, wanted, context))
            })
    })
}

fn holds(operator: &str, key: &str, wanted: &Value, context: &[(&str, &str)]) -> bool {
    let wanted: Vec<&str> = match wanted {
        Value::Array(list) => list.iter().map(|text| text.as_str().unwrap()).collect(),
        single => vec![single.as_str().unwrap()],
    };
    let mut found = context.iter().filter(|(name, _)| *name == key).map(|(_, value)| *value);
    match operator {
        "StringEquals" | "Bool" => found.any(|value| wanted.contains(&value)),
        "ForAllValues:StringNotEquals" => found.all(|value| !wanted.contains(&value)),
        "Null" => wanted == [found.next().is_none().to_string().as_str()],
        other => panic!("no preset has {other}"),
    }
}

/// Whether a text has the form of a pattern, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len())
                .any(|place| tail.is_char_boundary(place) && matches(rest, &tail[place..]))
        }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_used_only_as_far_as_the_preset_needs() {
    let stage = Stage::new().await;
    let key = create_kms_key(&stage.root).await.unwrap();
    let other = create_kms_key(&stage.root).await.unwrap();
    let bucket = arn("content");
    let actions = ["kms:Decrypt", "kms:GenerateDataKey", "kms:ScheduleKeyDeletion"];
    for (preset, decisions) in [
        (Preset::S3Read, ["allowed", "implicitDeny", "implicitDeny"]),
        (Preset::S3ReadWrite, ["allowed", "allowed", "implicitDeny"]),
        (Preset::Loki, ["allowed", "allowed", "implicitDeny"]),
        (Preset::Mimir, ["allowed", "allowed", "implicitDeny"]),
        (Preset::Tempo, ["allowed", "allowed", "implicitDeny"]),
    ] {
        let policy = rendered(preset, &[&bucket], &[&key]);
        let pod = stage.pod(&format!("{}-key", preset.as_str()), &policy).await;
        assert_eq!(pod.simulated(&actions, &key).await, decisions, "{preset:?}");
        assert_eq!(pod.simulated(&actions, &other).await, ["implicitDeny"; 3], "{preset:?}");
    }
    let pod = stage.pod("ebs-key", &rendered(Preset::EbsCsi, &[], &[&key])).await;
    let actions = ["kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant", "kms:Encrypt"];
    // A grant is for EC2 alone: without that condition in the request it is denied.
    let decisions = ["allowed", "implicitDeny", "implicitDeny"];
    assert_eq!(pod.simulated(&actions, &key).await, decisions);
}
