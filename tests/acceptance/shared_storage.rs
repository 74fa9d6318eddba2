//! `officeless_shared_storage` through its whole life.

use officeless_testbench::create_kms_key;
use serde_json::{Value, json};

use crate::scene::{CLUSTER, REGION, Scene, every_cli};

const ADDRESS: &str = "officeless_shared_storage.this";

/// A configuration with nothing but these attributes; protection off, so that it can be destroyed.
fn with(attributes: &str) -> String {
    format!(
        "resource \"officeless_shared_storage\" \"this\" {{\n  deletion_protection = false\n\
         {attributes}\n}}\n"
    )
}

fn minimal() -> String {
    with(&format!("cluster_name = \"{CLUSTER}\""))
}

/// Every attribute that can change in place, at a value that is not its default.
fn full() -> String {
    with(&format!(
        r#"
  name                            = "content"
  cluster_name                    = "{CLUSTER}"
  create_security_group           = true
  allowed_cidr_blocks             = ["10.42.0.0/16"]
  throughput_mode                 = "elastic"
  lifecycle_policy                = {{ transition_to_ia = "AFTER_30_DAYS", transition_to_archive = "AFTER_90_DAYS" }}
  backup_policy                   = "DISABLED"
  backup_plan                     = "nightly"
  enforce_encryption_in_transit   = true
  allow_root_access               = true
  client_role_arns                = ["arn:aws:iam::123456789012:role/content"]
  csi_chart_version               = "4.4.1"
  data_classification             = "confidential"
  replication_overwrite_protection = "DISABLED"
  tags                            = {{ team = "content" }}
  timeouts                        = {{ create = "10m" }}
  csi_pod_identity                = {{}}
  storage_class                   = {{ name = "content", directory_perms = "750" }}
  access_points = {{
    uploads = {{ path = "/uploads", owner_uid = 1000, owner_gid = 1000, permissions = "750" }}
    logs    = {{ path = "/logs", posix_user = {{ uid = 7, gid = 7, secondary_gids = [8] }} }}
  }}"#
    ))
}

/// What `full` leaves out, because it excludes it.
fn other(scene: &Scene) -> String {
    let subnets: Vec<&str> =
        scene.seeded.subnet_ids.iter().skip(1).map(|(_, id)| id.as_str()).collect();
    let group = &scene.seeded.cluster_security_group_id;
    with(&format!(
        r#"
  subnet_ids                      = {subnets:?}
  security_group_ids              = ["{group}"]
  throughput_mode                 = "provisioned"
  provisioned_throughput_in_mibps = 12.5
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ AWS = "*" }}
      Action    = "elasticfilesystem:ClientMount"
    }}]
  }})"#
    ))
}

/// The ingress rules of a group, as EC2 tells them.
async fn ingress(scene: &Scene, group: &str) -> String {
    let parameters = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", group)];
    let rules = scene.aws.query("ec2", "DescribeSecurityGroupRules", &parameters).await.unwrap();
    let rules = rules.ok().unwrap().body;
    // Every group lets everything out.
    rules.split("<item>").filter(|rule| rule.contains("<isEgress>false")).collect()
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_name_is_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        assert_eq!(scene.workspace.plan().await.run.code, Some(2));
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["status"], json!("complete"));
        assert_eq!(state["name"], json!("eks-shared-storage"));
        assert_eq!(state["mount_targets"].as_object().unwrap().len(), 3);
        assert_eq!(state["security_group_ids"], json!([scene.seeded.cluster_security_group_id]));
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
        assert_eq!(changed["access_point_ids"].as_object().unwrap().len(), 2);
        assert_ne!(changed["security_group_ids"], created["security_group_ids"]);
        assert!(changed["policy_json"].as_str().unwrap().contains("role/content"));
        assert!(changed["node_role_arn"].as_str().unwrap().ends_with("demo-efs-csi-node"));
        assert!(changed["policy_json"].as_str().unwrap().contains("demo-efs-csi-node"));
        assert!(changed["storage_class_manifest"].as_str().unwrap().contains("name: content"));
        let group = &scene.seeded.cluster_security_group_id;
        let by_group = full().replace(
            "allowed_cidr_blocks             = [\"10.42.0.0/16\"]",
            &format!("allowed_security_group_ids = [\"{group}\"]"),
        );
        assert_ne!(by_group, full());
        scene.configure(&by_group);
        scene.settle().await;
        let ingress = ingress(&scene, changed["security_group_id"].as_str().unwrap()).await;
        assert!(ingress.contains(group) && !ingress.contains("10.42.0.0/16"), "{ingress}");
        scene.configure(&other(&scene));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["mount_targets"].as_object().unwrap().len(), 2);
        scene.configure(&minimal());
        scene.settle().await;
        let back = state(&scene).await;
        assert_eq!(back["id"], created["id"]);
        assert_eq!(back["security_group_ids"], created["security_group_ids"]);
        assert_eq!(back["security_group_id"], Value::Null);
        // Subnets are kept as they are once configuration is silent about them.
        assert_eq!(back["mount_targets"].as_object().unwrap().len(), 2);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_configuration_is_created_replaced_and_destroyed() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&full());
        scene.settle().await;
        let before = state(&scene).await;
        scene.configure(&full().replace(
            "throughput_mode                 = \"elastic\"",
            "throughput_mode = \"elastic\"\n  creation_token = \"another\"",
        ));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        assert_ne!(state(&scene).await["id"], before["id"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_no_change() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n}}\n"
        ));
        scene.settle().await;
        let created = state(&scene).await;
        let id = created["id"].as_str().unwrap();
        for import_id in [id, created["arn"].as_str().unwrap(), &format!("{id}@{REGION}")] {
            scene.workspace.forget_state().unwrap();
            scene.workspace.expect_import(ADDRESS, import_id).await;
            scene.workspace.expect_empty_plan().await;
        }
        scene.configure(&minimal());
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_values_plan_and_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let subnet = &scene.seeded.subnet_ids[0].1;
        let group = &scene.seeded.cluster_security_group_id;
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&format!(
            "resource \"terraform_data\" \"key\" {{ input = \"{key}\" }}\n\
             resource \"terraform_data\" \"subnet\" {{ input = \"{subnet}\" }}\n\
             resource \"terraform_data\" \"group\" {{ input = \"{group}\" }}\n\
             resource \"terraform_data\" \"name\" {{ input = \"late\" }}\n{}",
            with(
                "name = terraform_data.name.output\n\
                 subnet_ids = [terraform_data.subnet.output]\n\
                 security_group_ids = [terraform_data.group.output]\n\
                 kms_key_arn = terraform_data.key.output\n\
                 tags = { late = terraform_data.name.output }"
            )
        ));
        scene.settle().await;
        assert_eq!(state(&scene).await["subnet_ids"], json!([subnet]));
        scene.destroy().await;
    }
}

/// Takes the range out of a group that `full` lets in.
async fn revoke(scene: &Scene, group: &str) {
    let parameters = [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "2049"),
        ("IpPermissions.1.ToPort", "2049"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "10.42.0.0/16"),
    ];
    let revoked = scene.aws.query("ec2", "RevokeSecurityGroupIngress", &parameters).await;
    revoked.unwrap().ok().unwrap();
}

/// What somebody else may do to a finished shared storage, each to be shown and repaired.
async fn tamper(scene: &Scene, with: &str, state: &Value) {
    let id = state["id"].as_str().unwrap();
    let system = format!("/2015-02-01/file-systems/{id}");
    let efs = |method: &'static str, path: String, body: &'static str| async move {
        scene.aws.rest("elasticfilesystem", method, &path, body).await.unwrap().ok().unwrap();
    };
    match with {
        "tags" | "name" | "backup plan" => {
            let body = match with {
                "tags" => r#"{"Tags":[{"Key":"team","Value":"other"}]}"#,
                "name" => r#"{"Tags":[{"Key":"Name","Value":"other"}]}"#,
                _ => r#"{"Tags":[{"Key":"officeless:backup","Value":"never"}]}"#,
            };
            efs("POST", format!("/2015-02-01/resource-tags/{id}"), body).await;
        }
        "policy" => efs("DELETE", format!("{system}/policy"), "").await,
        "lifecycle" => {
            let path = format!("{system}/lifecycle-configuration");
            efs("PUT", path, r#"{"LifecyclePolicies":[]}"#).await;
        }
        "backup" => {
            let path = format!("{system}/backup-policy");
            efs("PUT", path, r#"{"BackupPolicy":{"Status":"ENABLED"}}"#).await;
        }
        "throughput" => efs("PUT", system, r#"{"ThroughputMode":"bursting"}"#).await,
        "protection" => {
            let path = format!("{system}/protection");
            efs("PUT", path, r#"{"ReplicationOverwriteProtection":"ENABLED"}"#).await;
        }
        "mount target" => {
            let (_, target) = state["mount_targets"].as_object().unwrap().iter().next().unwrap();
            let target = target["id"].as_str().unwrap();
            efs("DELETE", format!("/2015-02-01/mount-targets/{target}"), "").await;
        }
        "security groups" => {
            let (_, target) = state["mount_targets"].as_object().unwrap().iter().next().unwrap();
            let path = format!(
                "/2015-02-01/mount-targets/{}/security-groups",
                target["id"].as_str().unwrap()
            );
            let group = &scene.seeded.cluster_security_group_id;
            let body = json!({ "SecurityGroups": [group] }).to_string();
            let answer = scene.aws.rest("elasticfilesystem", "PUT", &path, &body).await;
            answer.unwrap().ok().unwrap();
        }
        "ingress rule" => revoke(scene, state["security_group_id"].as_str().unwrap()).await,
        "role policy" => {
            let name = [("RoleName", "demo-efs-csi-node"), ("PolicyName", "efs")];
            scene.aws.query("iam", "DeleteRolePolicy", &name).await.unwrap().ok().unwrap();
        }
        "access point" => {
            let point = state["access_point_ids"]["uploads"].as_str().unwrap();
            efs("DELETE", format!("/2015-02-01/access-points/{point}"), "").await;
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
        for with in [
            "tags",
            "name",
            "policy",
            "lifecycle",
            "backup",
            "backup plan",
            "throughput",
            "protection",
            "mount target",
            "security groups",
            "access point",
            "ingress rule",
            "role policy",
        ] {
            let before = state(&scene).await;
            tamper(&scene, with, &before).await;
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{with} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{with}");
            scene.settle().await;
            assert_eq!(state(&scene).await["id"], before["id"], "{with}");
        }
        scene.destroy().await;
    }
}

/// The tags of the file system, as EFS tells them.
async fn tags(scene: &Scene) -> String {
    let id = state(scene).await["id"].as_str().unwrap().to_owned();
    let path = format!("/2015-02-01/resource-tags/{id}");
    let tags = scene.aws.rest("elasticfilesystem", "GET", &path, "").await.unwrap();
    tags.ok().unwrap().body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_plan_picks_it_by_its_tag_and_double_backup_is_warned_of() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let cluster = format!("cluster_name = \"{CLUSTER}\"");
        let planned = |policy: &str| {
            with(&format!("{cluster}\nbackup_plan = \"nightly\"\nbackup_policy = \"{policy}\""))
        };
        scene.configure(&planned("ENABLED"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        assert!(plan.run.says("into the vault aws/efs/automatic-backup-vault"), "{}", plan.run);
        scene.settle().await;
        assert!(tags(&scene).await.contains("nightly"));
        assert_eq!(state(&scene).await["tags_all"], json!({}));
        scene.configure(&planned("DISABLED"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(!plan.run.says("Double Backup"), "{}", plan.run);
        scene.settle().await;
        let id = state(&scene).await["id"].as_str().unwrap().to_owned();
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &id).await;
        assert_eq!(state(&scene).await["backup_plan"], json!("nightly"));
        // The same by hand, among the tags.
        scene.configure(&with(&format!(
            "{cluster}\nbackup_policy = \"DISABLED\"\ntags = {{ \"officeless:backup\" = \"nightly\" }}"
        )));
        scene.settle().await;
        assert_eq!(state(&scene).await["backup_plan"], Value::Null);
        scene.configure(&with(&cluster));
        scene.settle().await;
        assert!(!tags(&scene).await.contains("nightly"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_file_system_is_created_anew() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let before = state(&scene).await;
        for target in before["mount_targets"].as_object().unwrap().values() {
            let path = format!("/2015-02-01/mount-targets/{}", target["id"].as_str().unwrap());
            scene.aws.rest("elasticfilesystem", "DELETE", &path, "").await.unwrap().ok().unwrap();
        }
        let path = format!("/2015-02-01/file-systems/{}", before["id"].as_str().unwrap());
        scene.aws.rest("elasticfilesystem", "DELETE", &path, "").await.unwrap().ok().unwrap();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replication_is_begun_and_ended() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        scene.configure(&with(&format!(
            "cluster_name = \"{CLUSTER}\"\nreplication = {{ destination_region = \"us-west-2\" }}"
        )));
        scene.settle().await;
        let replica = state(&scene).await["replication"].clone();
        assert_eq!(replica["status"], json!("ENABLED"));
        assert!(replica["destination_file_system_id"].as_str().unwrap().starts_with("fs-"));
        scene.configure(&minimal());
        scene.settle().await;
        assert_eq!(state(&scene).await["replication"], Value::Null);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_storage_is_neither_destroyed_nor_replaced() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let protected = minimal().replace("deletion_protection = false", "");
        scene.configure(&protected);
        scene.settle().await;
        let refusal = "set deletion_protection = false, apply, and destroy then";
        scene.workspace.destroy().await.expect_error(refusal);
        scene.configure(&protected.replace("cluster_name", "encrypted = false\ncluster_name"));
        let refusal = "set deletion_protection = false along with the change that replaces it";
        scene.workspace.plan().await.run.expect_error(refusal);
        // Something missing makes it incomplete, and no less protected.
        let complete = state(&scene).await;
        tamper(&scene, "mount target", &complete).await;
        scene.configure(&protected);
        let refusal = "deletion_protection = true, and its data would be lost";
        scene.workspace.destroy().await.expect_error(refusal);
        let id =
            format!("/2015-02-01/file-systems?FileSystemId={}", complete["id"].as_str().unwrap());
        scene.aws.rest("elasticfilesystem", "GET", &id, "").await.unwrap().ok().unwrap();
        scene.configure(&minimal());
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_in_place_is_planned_as_a_replacement() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let subnet = &scene.seeded.subnet_ids[0].1;
        let key = create_kms_key(&scene.aws).await.unwrap();
        for change in [
            "performance_mode = \"maxIO\"".to_owned(),
            "encrypted = false".to_owned(),
            format!("kms_key_arn = \"{key}\""),
            "creation_token = \"another\"".to_owned(),
            format!("availability_zone_name = \"us-east-1a\"\nsubnet_ids = [\"{subnet}\"]"),
        ] {
            scene.configure(&with(&format!("cluster_name = \"{CLUSTER}\"\n{change}")));
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{change}\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["delete", "create"], "{change}");
        }
        scene.configure(&with(&format!("cluster_name = \"{CLUSTER}\"\nencrypted = false")));
        scene.settle().await;
        assert_eq!(state(&scene).await["encrypted"], json!(false));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_takes_back_what_was_made_for_the_file_system() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&full());
        scene.settle().await;
        let before = state(&scene).await;
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, before["id"].as_str().unwrap()).await;
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        let after = state(&scene).await;
        for name in ["id", "security_group_id", "node_role_arn", "access_point_ids", "policy_json"]
        {
            assert_eq!(after[name], before[name], "{name}");
        }
        scene.destroy().await;
    }
}
