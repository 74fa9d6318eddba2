//! EBS volumes and security groups once more, on moto: stricter than the first emulator about
//! duplicates and what does not exist, and without any correction of ours in between.
//!
//! It has no add-ons and hardly any EFS, so the volume walks with Terraform and the security group
//! of the shared storage call by call.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use officeless::aws::ec2::{self, Peer, modifications, snapshots, volumes, zones};
use officeless::aws::settings::{Settings, StaticCredentials};
use officeless::aws::tags::TagChanges;
use officeless::aws::{Clients, Connection, Deadline, Kind, Service, Tags, Wait};
use officeless::sensitive::Sensitive;
use officeless_testbench::{Aws, Cli, SecondEmulator, Workspace};
use serde_json::json;

use crate::scene::{PROVIDER, REGION, every_cli};

const ADDRESS: &str = "officeless_block_volume.this";

/// One moto, one workspace.
struct Stage {
    workspace: Workspace,
    aws: Aws,
    _emulator: SecondEmulator,
}

impl Stage {
    async fn new(cli: &Cli) -> Self {
        let emulator = SecondEmulator::start().await.unwrap();
        let url = emulator.url();
        let account = SecondEmulator::ACCOUNT;
        let workspace = Workspace::new(cli, Path::new(PROVIDER), &url, account).unwrap();
        Self { workspace, aws: emulator.aws(REGION), _emulator: emulator }
    }

    async fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.aws.query("ec2", action, parameters).await.unwrap().ok().unwrap().body
    }

    async fn settle(&self, text: &str) -> serde_json::Value {
        self.workspace.write_main(text).unwrap();
        self.workspace.expect_apply().await;
        self.workspace.expect_empty_plan().await;
        self.workspace.attributes(ADDRESS).await
    }

    async fn volumes(&self) -> BTreeSet<String> {
        let answer = self.aws.query("ec2", "DescribeVolumes", &[]).await.unwrap().ok().unwrap();
        answer.xml_all("volumeId").into_iter().map(str::to_owned).collect()
    }
}

fn volume(zone: &str, attributes: &str) -> String {
    format!(
        "resource \"officeless_block_volume\" \"this\" {{\n  name = \"postgres-0\"\n  \
         availability_zone = \"{zone}\"\n  deletion_protection = false\n{attributes}\n}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_lives_its_whole_life() {
    for cli in every_cli() {
        let stage = Stage::new(&cli).await;
        let first = stage.settle(&volume("us-east-1a", "tags = { team = \"a\" }")).await;
        assert_eq!((&first["size"], &first["throughput"]), (&json!(200), &json!(125)));
        let grown = "size = 400\niops = 8000\nthroughput = 1000\nbackup_plan = \"daily\"";
        let second = stage.settle(&volume("us-east-1a", grown)).await;
        assert_eq!(second["id"], first["id"]);
        assert_eq!((&second["size"], &second["throughput"]), (&json!(400), &json!(1000)));
        let told = stage.ec2("DescribeVolumes", &[]).await;
        for one in ["<size>400</size>", "<iops>8000</iops>", "<throughput>1000</throughput>"] {
            assert!(told.contains(one), "{one}: {told}");
        }
        assert!(told.contains("<key>officeless:backup</key>") && !told.contains("<key>team</key>"));

        // Drift of what this emulator keeps and the first one does not.
        let id = second["id"].as_str().unwrap();
        let other = [("VolumeId", id), ("Throughput", "900"), ("VolumeType", "gp3")];
        stage.ec2("ModifyVolume", &other).await;
        let plan = stage.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        stage.settle(&volume("us-east-1a", grown)).await;

        stage.workspace.forget_state().unwrap();
        stage.workspace.expect_import(ADDRESS, id).await;
        // The guards are in configuration only, so the import has their defaults.
        stage.workspace.expect_apply().await;
        stage.workspace.expect_empty_plan().await;

        let moved = "final_snapshot = false\nencrypted = false";
        stage.settle(&volume("us-east-1b", moved)).await;
        assert_eq!(stage.volumes().await.len(), 1, "the volume before is left");
        let snapshots = stage.ec2("DescribeSnapshots", &[("Owner.1", "self")]).await;
        assert!(snapshots.contains("officeless:final-snapshot-of"), "{snapshots}");
        stage.workspace.expect_destroy().await;
        assert!(stage.volumes().await.is_empty(), "destroy left a volume");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_volume_is_created_anew() {
    for cli in every_cli() {
        let stage = Stage::new(&cli).await;
        let text = volume("us-east-1a", "final_snapshot = false");
        let first = stage.settle(&text).await;
        let id = first["id"].as_str().unwrap();
        stage.ec2("DeleteVolume", &[("VolumeId", id)]).await;
        let plan = stage.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["create"]);
        assert_ne!(stage.settle(&text).await["id"], first["id"]);
        // Gone already counts as destroyed.
        let id = stage.workspace.attributes(ADDRESS).await["id"].as_str().unwrap().to_owned();
        stage.ec2("DeleteVolume", &[("VolumeId", &id)]).await;
        stage.workspace.expect_destroy().await;
    }
}

/// The provider's own client of the emulator.
async fn clients(emulator: &SecondEmulator) -> std::sync::Arc<Clients> {
    let settings = Settings {
        region: Some(REGION.to_owned()),
        static_credentials: Some(StaticCredentials {
            access_key: SecondEmulator::ACCOUNT.to_owned(),
            secret_key: Sensitive::new("test".to_owned()),
            token: None,
        }),
        endpoints: Service::ALL.into_iter().map(|one| (one, emulator.url())).collect(),
        http_proxy: Some(Sensitive::new(String::new())),
        https_proxy: Some(Sensitive::new(String::new())),
        ..Settings::default()
    };
    let stop = tokio_util::sync::CancellationToken::new();
    Connection::open(settings, stop).await.unwrap().clients(REGION)
}

fn wait() -> Wait {
    Wait::new(Deadline::after(Duration::from_mins(1)), tokio_util::sync::CancellationToken::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ec2_says_of_volumes_is_understood() {
    let emulator = SecondEmulator::start().await.unwrap();
    let clients = clients(&emulator).await;
    assert!(zones::list_zones(&clients).await.unwrap().contains(&"us-east-1a".to_owned()));
    assert!(!volumes::encrypts_by_default(&clients).await.unwrap());
    let absent = "vol-0123456789abcdef0";
    assert_eq!(volumes::find_volume_by_id(&clients, absent).await.unwrap(), None);
    volumes::delete_volume(&clients, absent).await.unwrap();
    let tags = TagChanges { set: Tags::from([("a".into(), "b".into())]), remove: Vec::new() };
    let error = ec2::change_tags(&clients, absent, &tags).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound, "{error}");
    let error = snapshots::create_snapshot(&clients, absent, "a", &Tags::new()).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound, "{error}");
    let snapshot = "snap-0123456789abcdef0";
    assert_eq!(snapshots::find_snapshot_by_id(&clients, snapshot).await.unwrap(), None);
    assert_eq!(modifications::find_modification(&clients, absent).await.unwrap(), None);

    let new = volumes::NewVolume {
        client_token: "once".to_owned(),
        availability_zone: "us-east-1a".to_owned(),
        size: 10,
        iops: 3000,
        throughput: 125,
        encrypted: true,
        tags: Tags::from([("Name".to_owned(), "a".to_owned())]),
        ..volumes::NewVolume::default()
    };
    let made = volumes::create_volume(&clients, &new).await.unwrap();
    let usable = volumes::wait_volume_usable(&clients, &made.id, &wait(), &wait()).await.unwrap();
    assert_eq!((usable.size, usable.throughput), (10, Some(125)));
    assert!(usable.kms_key_id.is_some_and(|key| key.starts_with("arn:aws:kms:")));
    let named = volumes::list_volumes_by_tag(&clients, "Name", "a").await.unwrap();
    assert_eq!(named.len(), 1);
    assert!(volumes::list_volumes_by_tag(&clients, "Name", "*").await.unwrap().is_empty());

    let aws = emulator.aws(REGION);
    let node = [("ImageId", "ami-12c6146b"), ("MinCount", "1"), ("MaxCount", "1")];
    let node = [&node[..], &[("Placement.AvailabilityZone", "us-east-1a")]].concat();
    let node = aws.query("ec2", "RunInstances", &node).await.unwrap().ok().unwrap();
    let node = node.xml("instanceId").unwrap().to_owned();
    let attach = [("VolumeId", made.id.as_str()), ("InstanceId", &node), ("Device", "/dev/sdf")];
    aws.query("ec2", "AttachVolume", &attach).await.unwrap().ok().unwrap();
    let error = volumes::delete_volume(&clients, &made.id).await.unwrap_err();
    assert!(error.is_code("VolumeInUse") && error.kind == Kind::Conflict, "{error}");
    let used = volumes::find_volume_by_id(&clients, &made.id).await.unwrap().unwrap();
    assert_eq!(used.attachments, [format!("{node} as /dev/sdf")]);
    aws.query("ec2", "DetachVolume", &attach).await.unwrap().ok().unwrap();
    volumes::wait_volume_detached(&clients, &made.id, &wait()).await.unwrap();
    volumes::delete_volume(&clients, &made.id).await.unwrap();
    volumes::wait_volume_deleted(&clients, &made.id, &wait()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_security_group_of_the_shared_storage_keeps_its_rules() {
    const PORT: i32 = 2049;
    let emulator = SecondEmulator::start().await.unwrap();
    let clients = clients(&emulator).await;
    let aws = emulator.aws(REGION);
    let vpc = aws.query("ec2", "CreateVpc", &[("CidrBlock", "10.42.0.0/16")]).await.unwrap();
    let vpc = vpc.ok().unwrap().xml("vpcId").unwrap().to_owned();
    let tags = Tags::from([("officeless:resource".to_owned(), "shared_storage/eks".to_owned())]);
    let create =
        async |name: &str| ec2::create_security_group(&clients, &vpc, name, "NFS", &tags).await;
    let group = create("eks-nfs").await.unwrap();
    let pods = create("pods").await.unwrap();
    let error = create("eks-nfs").await.unwrap_err();
    assert!(error.is_code("InvalidGroup.Duplicate") && error.kind == Kind::Conflict, "{error}");
    let found = ec2::find_security_group_by_name(&clients, &vpc, "eks-nfs").await.unwrap().unwrap();
    assert_eq!((&found.id, &found.tags), (&group, &tags));
    assert_eq!(ec2::find_security_group_by_name(&clients, &vpc, "eks").await.unwrap(), None);

    let range = Peer::cidr("10.42.0.0/16");
    let members = Peer::SecurityGroup(pods.clone());
    let admit =
        async |peer: &Peer| ec2::authorize_ingress(&clients, &group, PORT, peer, "NFS").await;
    for peer in [&range, &members] {
        admit(peer).await.unwrap();
        // Duplicates are refused here, and are fine.
        admit(peer).await.unwrap();
    }
    let rules = ec2::list_ingress_rules(&clients, &group).await.unwrap();
    let peers: BTreeSet<Peer> = rules.iter().filter_map(|rule| rule.peer.clone()).collect();
    assert_eq!(peers, BTreeSet::from([range.clone(), members]));
    assert!(rules.iter().all(|rule| rule.admits_tcp(PORT)), "{rules:?}");
    let of_range: Vec<String> = rules
        .iter()
        .filter(|rule| rule.peer.as_ref() == Some(&range))
        .map(|rule| rule.id.clone())
        .collect();
    ec2::revoke_ingress(&clients, &group, &of_range).await.unwrap();
    // Absent rules are refused here, and are fine.
    ec2::revoke_ingress(&clients, &group, &of_range).await.unwrap();
    assert_eq!(ec2::list_ingress_rules(&clients, &group).await.unwrap().len(), 1);

    let changes = TagChanges { set: Tags::new(), remove: vec!["officeless:resource".to_owned()] };
    ec2::change_tags(&clients, &group, &changes).await.unwrap();
    ec2::delete_security_group(&clients, &group).await.unwrap();
    assert_eq!(ec2::find_security_group_by_id(&clients, &group).await.unwrap(), None);
    // Gone already counts as deleted.
    ec2::delete_security_group(&clients, &group).await.unwrap();
    ec2::delete_security_group(&clients, &pods).await.unwrap();
}
