//! `officeless_block_volume` through its whole life.

use std::collections::BTreeSet;

use officeless_testbench::{Aws, Effect, Fault, create_kms_key, leftovers};
use serde_json::{Value, json};

use crate::scene::{CLUSTER, REGION, Scene, every_cli};

const ADDRESS: &str = "officeless_block_volume.this";
const ZONE: &str = "us-east-1a";

/// A configuration with nothing but these attributes, that can be destroyed without a trace.
fn with(attributes: &str) -> String {
    format!(
        "resource \"officeless_block_volume\" \"this\" {{\n  deletion_protection = false\n  \
         final_snapshot = false\n{attributes}\n}}\n"
    )
}

fn minimal() -> String {
    with(&format!("name = \"postgres-0\"\navailability_zone = \"{ZONE}\""))
}

/// With these attributes beside the least ones.
fn minimal_and(attributes: &str) -> String {
    with(&format!("name = \"postgres-0\"\navailability_zone = \"{ZONE}\"\n{attributes}"))
}

/// Every attribute that can change in place, at a value that is not its default.
fn full() -> String {
    with(&format!(
        r#"
  name                  = "Orders database"
  availability_zone     = "{ZONE}"
  cluster_name          = "{CLUSTER}"
  size                  = 300
  iops                  = 6000
  throughput            = 500
  wait_for_optimization = true
  fs_type               = "xfs"
  backup_plan           = "databases"
  data_classification   = "confidential"
  tags                  = {{ team = "orders" }}
  timeouts              = {{ create = "5m", update = "5m" }}
  persistent_volume = {{
    name               = "orders"
    storage_class_name = ""
    claim_namespace    = "shop"
    claim_name         = "data-orders-0"
  }}"#
    ))
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

impl Scene {
    /// A call through the proxy, which keeps what the emulator does not; recorded as any other.
    fn through_proxy(&self) -> Aws {
        Aws::new(&self.proxy().url(), &self.account, REGION)
    }

    async fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.aws.query("ec2", action, parameters).await.unwrap().ok().unwrap().body
    }

    async fn volume_ids(&self) -> Vec<String> {
        let answer = self.aws.query("ec2", "DescribeVolumes", &[]).await.unwrap().ok().unwrap();
        // Attachments name their volume once more.
        let ids: BTreeSet<&str> = answer.xml_all("volumeId").into_iter().collect();
        ids.into_iter().map(str::to_owned).collect()
    }

    fn tokens(&self) -> Vec<String> {
        let calls = self.proxy().calls(&self.account).into_iter();
        let creates = calls.filter(|call| call.operation == "CreateVolume");
        creates.filter_map(|call| call.form_value("ClientToken")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_a_zone_are_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        assert_eq!(scene.workspace.plan().await.run.code, Some(2));
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["status"], json!("complete"));
        assert_eq!((&state["size"], &state["iops"]), (&json!(200), &json!(3000)));
        assert_eq!((&state["throughput"], &state["encrypted"]), (&json!(125), &json!(true)));
        assert!(state["kms_key_arn"].as_str().unwrap().contains(":key/"), "{state}");
        assert_eq!(state["modification_state"], Value::Null);
        let volume = state["persistent_volume_manifest"].as_str().unwrap();
        assert!(volume.contains(state["volume_id"].as_str().unwrap()), "{volume}");
        let claim = state["persistent_volume_claim_manifest"].as_str().unwrap();
        assert!(claim.contains("volumeName: postgres-0"), "{claim}");
        let tags = scene.ec2("DescribeVolumes", &[]).await;
        assert!(tags.contains("ebs.csi.aws.com/cluster<"), "{tags}");
        assert!(!tags.contains("officeless:creating"), "{tags}");
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn growth_iops_and_throughput_are_one_modification() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let created = state(&scene).await;
        scene.configure(&minimal_and("size = 400\niops = 8000\nthroughput = 1000"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        assert!(
            plan.run.says(
                "is modified once, for size, IOPS and throughput together. AWS begins at most 4 \
                 modifications of a volume within 24 hours, and 0 are known. After this one 3 are \
                 left. A volume that has grown never shrinks."
            ),
            "{}",
            plan.run
        );
        scene.mutations();
        scene.workspace.expect_apply().await;
        let modified = scene.mutations();
        assert_eq!(modified, ["ec2:ModifyVolume"]);
        // Still optimizing, and no plan minds.
        assert_eq!(state(&scene).await["modification_state"], json!("optimizing"));
        scene.workspace.expect_empty_plan().await;
        scene.settle().await;
        let grown = state(&scene).await;
        assert_eq!(grown["id"], created["id"]);
        assert_eq!((&grown["size"], &grown["throughput"]), (&json!(400), &json!(1000)));
        assert!(grown["persistent_volume_manifest"].as_str().unwrap().contains("400Gi"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_changes_in_place_and_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let created = state(&scene).await;
        scene.configure(&full());
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        let changed = state(&scene).await;
        assert_eq!(changed["id"], created["id"]);
        assert_eq!(changed["modification_state"], json!("completed"));
        let tags = scene.ec2("DescribeVolumes", &[]).await;
        for tag in ["officeless:backup", "ebs.csi.aws.com/cluster-name", "Orders database"] {
            assert!(tags.contains(tag), "{tag}: {tags}");
        }
        let volume = changed["persistent_volume_manifest"].as_str().unwrap();
        assert!(volume.contains("name: orders\n") && volume.contains("fsType: xfs"), "{volume}");
        scene.configure(&minimal_and("size = 300"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        let back = state(&scene).await;
        assert_eq!(back["id"], created["id"]);
        assert_eq!((&back["iops"], &back["backup_plan"]), (&json!(3000), &Value::Null));
        let tags = scene.ec2("DescribeVolumes", &[]).await;
        assert!(!tags.contains("officeless:backup") && !tags.contains("cluster-name"), "{tags}");
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_configuration_is_created_replaced_and_destroyed() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        let keyed = full().replace("  fs_type", &format!("  kms_key_arn = \"{key}\"\n  fs_type"));
        scene.configure(&keyed);
        scene.settle().await;
        let before = state(&scene).await;
        assert_eq!(before["kms_key_arn"], json!(key));
        // A volume that replaces may be smaller.
        scene.configure(&keyed.replace(ZONE, "us-east-1b").replace("= 300\n", "= 250\n"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        assert!(plan.run.says("is destroyed with its data: final_snapshot = false."));
        scene.settle().await;
        let after = state(&scene).await;
        assert_ne!(after["id"], before["id"]);
        assert_eq!(after["size"], json!(250));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_no_change() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = format!(
            "resource \"officeless_block_volume\" \"this\" {{\n  name = \"postgres-0\"\n  \
             availability_zone = \"{ZONE}\"\n  cluster_name = \"{CLUSTER}\"\n  backup_plan = \
             \"databases\"\n}}\n"
        );
        scene.configure(&text);
        scene.settle().await;
        let created = state(&scene).await;
        let id = created["id"].as_str().unwrap();
        let arn = created["arn"].as_str().unwrap();
        assert_eq!(arn, format!("arn:aws:ec2:{REGION}:{}:volume/{id}", scene.account));
        for import_id in [id, arn, &format!("{id}@{REGION}"), "postgres-0"] {
            scene.workspace.forget_state().unwrap();
            scene.workspace.expect_import(ADDRESS, import_id).await;
            scene.workspace.expect_empty_plan().await;
        }
        scene.workspace.forget_state().unwrap();
        scene.workspace.import(ADDRESS, "nothing").await.expect_error("there is none");
        scene.workspace.expect_import(ADDRESS, id).await;
        scene.workspace.destroy().await.expect_error("may not be destroyed: deletion_protection");
        scene.configure(&minimal());
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_values_plan_and_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&format!(
            "resource \"terraform_data\" \"key\" {{ input = \"{key}\" }}\n\
             resource \"terraform_data\" \"zone\" {{ input = \"{ZONE}\" }}\n\
             resource \"terraform_data\" \"size\" {{ input = 100 }}\n\
             resource \"terraform_data\" \"name\" {{ input = \"late\" }}\n{}",
            with(
                "name = terraform_data.name.output\n\
                 availability_zone = terraform_data.zone.output\n\
                 size = terraform_data.size.output\n\
                 iops = 40 * terraform_data.size.output\n\
                 kms_key_arn = terraform_data.key.output\n\
                 persistent_volume = { claim_name = terraform_data.name.output }\n\
                 tags = { late = terraform_data.name.output }"
            )
        ));
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!((&state["iops"], &state["name"]), (&json!(4000), &json!("late")));
        scene.destroy().await;
    }
}

/// What somebody else may do to a finished volume, each to be shown and repaired.
async fn tamper(scene: &Scene, with: &str, id: &str) {
    let tag = async |key: &str, value: &str| {
        let tag = [("ResourceId.1", id), ("Tag.1.Key", key), ("Tag.1.Value", value)];
        scene.ec2("CreateTags", &tag).await;
    };
    let untag = async |key: &str| {
        scene.ec2("DeleteTags", &[("ResourceId.1", id), ("Tag.1.Key", key)]).await;
    };
    match with {
        "tags" => tag("team", "other").await,
        "name" => tag("Name", "other").await,
        "backup plan" => tag("officeless:backup", "other").await,
        "cluster" => tag("officeless:cluster", "other").await,
        "tag of the driver" => untag("ebs.csi.aws.com/cluster").await,
        "cluster tag of the driver" => untag("ebs.csi.aws.com/cluster-name").await,
        "owner" => untag("officeless:resource").await,
        "iops" => drop(scene.ec2("ModifyVolume", &[("VolumeId", id), ("Iops", "3500")]).await),
        "type" => {
            drop(scene.ec2("ModifyVolume", &[("VolumeId", id), ("VolumeType", "gp2")]).await);
        }
        other => panic!("no such tampering: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&full());
        scene.settle().await;
        let before = state(&scene).await;
        for with in [
            "tags",
            "name",
            "backup plan",
            "cluster",
            "tag of the driver",
            "cluster tag of the driver",
            "owner",
            "iops",
            "type",
        ] {
            tamper(&scene, with, before["id"].as_str().unwrap()).await;
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{with} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{with}");
            scene.settle().await;
            assert_eq!(state(&scene).await["id"], before["id"], "{with}");
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_volume_is_created_anew() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let id = state(&scene).await["id"].as_str().unwrap().to_owned();
        scene.ec2("DeleteVolume", &[("VolumeId", &id)]).await;
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["create"]);
        // Its token still stands for the volume that is gone: the next one is taken.
        scene.settle().await;
        assert_ne!(state(&scene).await["id"], json!(id));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_second_volume() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let lost = Fault::on(&scene.account, "ec2", "CreateVolume").effect(Effect::LoseAnswer);
        scene.proxy().inject(lost);
        scene.workspace.expect_apply().await;
        let tokens = scene.tokens();
        assert!(tokens.len() > 1, "the answer was not lost");
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
        assert_eq!(scene.volume_ids().await.len(), 1);
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_taken_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        // Nothing comes back, as after a kill between call and answer: the state knows nothing.
        let lost = Fault::on(&scene.account, "ec2", "CreateVolume").always();
        let lost = scene.proxy().inject(lost.effect(Effect::rewrite(|_, reply| {
            reply.status = 400;
            reply.body = b"<Response><Errors><Error><Code>Unheard</Code><Message>of</Message>\
                           </Error></Errors></Response>"
                .to_vec();
        })));
        scene.workspace.apply().await.expect_error("Nothing of it exists in AWS now.");
        scene.proxy().remove(lost);
        let left = scene.volume_ids().await;
        assert_eq!(left.len(), 1);
        scene.settle().await;
        assert_eq!(scene.volume_ids().await, left);
        assert_eq!(state(&scene).await["id"], json!(left[0]));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_burnt_by_a_failed_create_is_not_used_again() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = format!("arn:aws:kms:{REGION}:{}:key/0e5f0000-dead", scene.account);
        scene.configure(&minimal_and(&format!("kms_key_arn = \"{key}\"")));
        let failed = || async {
            let run = scene.workspace.apply().await;
            run.expect_error("Creating block volume \"postgres-0\": volume failed")
                .expect_error("state \"error\", expected available or in-use")
                .expect_error(&format!("Check that key {key} exists in this region"))
        };
        failed().await;
        failed().await;
        let tokens = scene.tokens();
        assert_eq!(tokens.len(), 3, "{tokens:?}");
        assert_eq!(tokens[0], tokens[1], "the same names give the same token");
        assert_ne!(tokens[1], tokens[2], "a burnt token was used again");
        scene.configure(&minimal());
        scene.settle().await;
        assert_eq!(scene.volume_ids().await.len(), 1);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_volumes_of_one_name_are_two() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let other = minimal().replace("\"this\"", "\"other\"");
        scene.configure(&format!("{}{other}", minimal()));
        scene.workspace.expect_apply().await;
        assert_eq!(scene.volume_ids().await.len(), 2);
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untainted_create_is_finished_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal().replace("deletion_protection = false", ""));
        let effect = Effect::refuse(403, "UnauthorizedOperation");
        let fault = Fault::on(&scene.account, "ec2", "DeleteTags").always().effect(effect);
        let fault = scene.proxy().inject(fault);
        let failed = scene.workspace.apply().await;
        failed
            .expect_error("Creating block volume \"postgres-0\": tags failed")
            .expect_error("What exists now, and is recorded in the state: volume vol-")
            .expect_error("Allow ec2:DeleteTags");
        let first = state(&scene).await;
        assert_eq!(first["status"], json!("incomplete"));
        scene.proxy().remove(fault);
        scene.workspace.run(&["untaint", ADDRESS]).await.expect_ok();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["id"], first["id"]);
        scene.configure(&minimal());
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_snapshot_comes_first_and_its_failure_keeps_the_volume() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal().replace("final_snapshot = false", "tags = { team = \"a\" }"));
        scene.settle().await;
        let id = state(&scene).await["id"].as_str().unwrap().to_owned();
        let effect = Effect::refuse(400, "ConcurrentSnapshotLimitExceeded");
        let fault = Fault::on(&scene.account, "ec2", "CreateSnapshot").always().effect(effect);
        let fault = scene.proxy().inject(fault);
        scene
            .workspace
            .destroy()
            .await
            .expect_error("Deleting block volume \"postgres-0\": final_snapshot failed")
            .expect_error("The volume is kept. To destroy it without a snapshot");
        scene.proxy().remove(fault);
        assert_eq!(scene.volume_ids().await, [id.as_str()]);
        // One that begins and then fails keeps it, too.
        let failing = Fault::on(&scene.account, "ec2", "DescribeSnapshots").always();
        let failing = scene.proxy().inject(failing.effect(Effect::pretend("status", "error")));
        scene.workspace.destroy().await.expect_error("state \"error\"").expect_error("is kept.");
        scene.proxy().remove(failing);
        assert_eq!(scene.volume_ids().await, [id.as_str()]);
        assert!(state(&scene).await["final_snapshot_id"].as_str().is_some());
        let destroyed = scene.workspace.expect_destroy().await;
        assert!(destroyed.says("holds the data of volume"), "{destroyed}");
        let snapshots = scene.ec2("DescribeSnapshots", &[("Owner.1", "self")]).await;
        assert!(snapshots.contains("officeless:final-snapshot-of"), "{snapshots}");
        assert!(snapshots.contains("<key>team</key>"), "{snapshots}");
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert!(left.iter().all(|one| one.starts_with("Snapshot: ")), "{left:?}");
        assert_eq!(left.len(), 2, "that of the failed destroy, and the final one: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_in_use_is_not_destroyed() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal_and("timeouts = { delete = \"3s\" }"));
        scene.settle().await;
        let id = state(&scene).await["id"].as_str().unwrap().to_owned();
        let node = [("ImageId", "ami-0123456789abcdef0"), ("MinCount", "1"), ("MaxCount", "1")];
        let node = scene.aws.query("ec2", "RunInstances", &node).await.unwrap().ok().unwrap();
        let node = node.xml("instanceId").unwrap().to_owned();
        let attach = [("VolumeId", id.as_str()), ("InstanceId", &node), ("Device", "/dev/xvdba")];
        scene.ec2("AttachVolume", &attach).await;
        scene
            .workspace
            .destroy()
            .await
            .expect_error(&format!("attached to {node} as /dev/xvdba"))
            .expect_error("Nothing was deleted. End what uses the volume");
        assert!(scene.volume_ids().await.contains(&id));
        // The node has a volume of its own, too.
        for volume in scene.volume_ids().await {
            scene.ec2("DetachVolume", &[("VolumeId", &volume), ("InstanceId", &node)]).await;
            if volume != id {
                scene.aws.query("ec2", "DeleteVolume", &[("VolumeId", &volume)]).await.unwrap();
            }
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_of_modifications_is_told_and_kept() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        for size in [210, 220, 230, 240] {
            scene.configure(&minimal_and(&format!("size = {size}")));
            scene.workspace.expect_apply().await;
        }
        scene.configure(&minimal_and("size = 250"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("Volume Modification May Be Refused"), "{}", plan.run);
        assert!(plan.run.says("and 4 are known. The next one is allowed at 20"), "{}", plan.run);
        scene.mutations();
        scene
            .workspace
            .apply()
            .await
            .expect_error("VolumeModificationRateExceeded")
            .expect_error("The next one is allowed at 20");
        assert_eq!(scene.mutations(), ["ec2:ModifyVolume"], "the rule was retried");
        assert_eq!(state(&scene).await["size"], json!(240));
        scene.configure(&minimal_and("size = 240"));
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modification_that_goes_on_blocks_no_plan() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        scene.configure(&minimal_and("size = 210"));
        let going_on = Fault::on(&scene.account, "ec2", "DescribeVolumesModifications").always();
        let effect = Effect::pretend("modificationState", "optimizing");
        let going_on = scene.proxy().inject(going_on.effect(effect));
        scene.workspace.expect_apply().await;
        scene.workspace.expect_empty_plan().await;
        scene.configure(&minimal_and("size = 220\ntimeouts = { update = \"3s\" }"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("The last one is still optimizing ("), "{}", plan.run);
        let failed = scene.workspace.apply().await;
        failed
            .expect_error("waiting for the modification of volume vol-")
            .expect_error("last status: optimizing (");
        scene.proxy().remove(going_on);
        scene.settle().await;
        assert_eq!(state(&scene).await["size"], json!(220));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_starts_from_a_snapshot() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let aws = scene.through_proxy();
        let source = [
            ("AvailabilityZone", ZONE),
            ("Size", "50"),
            ("VolumeType", "gp3"),
            ("Encrypted", "true"),
        ];
        let source = aws.query("ec2", "CreateVolume", &source).await.unwrap().ok().unwrap();
        let source = source.xml("volumeId").unwrap().to_owned();
        let made = scene.ec2("CreateSnapshot", &[("VolumeId", &source)]).await;
        let snapshot = made.split("<snapshotId>").nth(1).unwrap().split('<').next().unwrap();
        scene.ec2("DeleteVolume", &[("VolumeId", &source)]).await;
        let from = |size: u32| {
            minimal_and(&format!(
                "snapshot_id = \"{snapshot}\"\nvolume_initialization_rate = 200\nsize = {size}"
            ))
        };
        scene.configure(&from(40));
        scene.workspace.plan().await.run.expect_error(&format!(
            "size = 40: must be at least 50, the GiB of snapshot {snapshot}: a volume made from a \
             snapshot is never smaller."
        ));
        scene.configure(&from(60).replace("deletion", "encrypted = false\n  deletion"));
        scene.workspace.plan().await.run.expect_error(&format!(
            "encrypted = false: snapshot {snapshot} is encrypted, and so is every volume made from"
        ));
        scene.configure(&from(60));
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["snapshot_id"], json!(snapshot));
        assert_eq!(state["volume_initialization_rate"], json!(200));
        scene.workspace.expect_destroy().await;
        scene.ec2("DeleteSnapshot", &[("SnapshotId", snapshot)]).await;
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_aws_knows_is_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let refused = [
            (
                with("name = \"a\"\navailability_zone = \"us-east-1f\""),
                "availability_zone = \"us-east-1f\": is no zone of us-east-1; its zones are \
                 us-east-1a, us-east-1b, us-east-1c.",
            ),
            (
                minimal_and("snapshot_id = \"snap-0123456789abcdef0\""),
                "there is no such snapshot in this region that this account may use.",
            ),
        ];
        for (text, sentence) in refused {
            scene.configure(&text);
            scene.workspace.plan().await.run.expect_error(sentence);
        }
        scene.configure(&minimal_and("encrypted = false"));
        let default = Fault::on(&scene.account, "ec2", "GetEbsEncryptionByDefault").always();
        let effect = Effect::pretend("ebsEncryptionByDefault", "true");
        let default = scene.proxy().inject(default.effect(effect));
        let refused = scene.workspace.plan().await.run;
        refused.expect_error("this account encrypts every new volume of the region by default");
        scene.proxy().remove(default);
        scene.settle().await;
        assert_eq!(state(&scene).await["kms_key_arn"], Value::Null);
        scene.configure(&minimal_and("encrypted = false\nsize = 100"));
        scene
            .workspace
            .plan()
            .await
            .run
            .expect_error("size = 100: must not be below 200, the GiB that volume vol-")
            .expect_error("take a snapshot of this volume as the way back")
            .expect_error("a volume made from the snapshot is never smaller than the snapshot");
        assert!(!scene.mutations().contains(&"ec2:ModifyVolume".to_owned()));
        scene.configure(&minimal_and("encrypted = false"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_without_nodes_is_warned_of() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        // As if no subnet were in the third zone.
        let moved = Fault::on(&scene.account, "ec2", "DescribeSubnets").always();
        let effect = Effect::rewrite(|_, reply| {
            reply.body = reply.text().replace("us-east-1c", "us-east-1b").into_bytes();
        });
        scene.proxy().inject(moved.effect(effect));
        scene.configure(&with(&format!(
            "name = \"a\"\navailability_zone = \"us-east-1c\"\ncluster_name = \"{CLUSTER}\""
        )));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(
            plan.run.says(
                "availability_zone = \"us-east-1c\": cluster \"demo\" has subnets in us-east-1a, \
                 us-east-1b only, so it may have no node that can attach the volume."
            ),
            "{}",
            plan.run
        );
    }
}
