//! What the sweep of faults (`make faults`) has found, each defect as the practitioner met it: an
//! operation that breaks off at one call, and the run after it.

use std::sync::atomic::{AtomicBool, Ordering};

use officeless_testbench::{Effect, Fault, FaultId};
use serde_json::json;

use crate::scene::{CLUSTER, Scene, every_cli};

impl Scene {
    /// Refuses an operation until the fault is removed.
    fn refuses(&self, service: &str, operation: &str) -> FaultId {
        let fault = Fault::on(&self.account, service, operation).always();
        self.proxy().inject(fault.effect(Effect::Deny))
    }

    /// Destroys while an operation is refused, and once more when it is not: nothing is left.
    async fn destroy_in_two_goes(&self, service: &str, operation: &str) {
        let refusal = self.refuses(service, operation);
        self.workspace.destroy().await.expect_error("not authorized to perform");
        assert!(self.proxy().hits(refusal) > 0, "{operation} was never called");
        self.proxy().remove(refusal);
        self.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_group_of_a_shared_storage_go_before_its_file_system() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
             deletion_protection = false\n  create_security_group = true\n  \
             allowed_cidr_blocks = [\"10.42.0.0/16\"]\n  csi_pod_identity = {{}}\n}}\n"
        );
        for (service, operation) in
            [("iam", "DeleteRole"), ("ec2", "DeleteSecurityGroup"), ("efs", "DeleteFileSystem")]
        {
            scene.configure(&text);
            scene.settle().await;
            scene.destroy_in_two_goes(service, operation).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_a_backup_plan_goes_before_its_vault() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for (service, operation) in [("iam", "DeleteRole"), ("backup", "DeleteBackupVault")] {
            scene.configure("resource \"officeless_backup_plan\" \"this\" { name = \"daily\" }\n");
            scene.settle().await;
            scene.destroy_in_two_goes(service, operation).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_association_of_somebody_else_outlives_a_shared_storage() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
             deletion_protection = false\n  csi_pod_identity = {{}}\n}}\n"
        ));
        scene.settle().await;
        let node = |one: &serde_json::Value| one["serviceAccount"] == json!("efs-csi-node-sa");
        let ours = scene.associations().await.into_iter().find(node).unwrap();
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations");
        let own = format!("{path}/{}", ours["associationId"].as_str().unwrap());
        scene.aws.rest("eks", "DELETE", &own, "").await.unwrap().ok().unwrap();
        let body = json!({
            "namespace": ours["namespace"], "serviceAccount": ours["serviceAccount"],
            "roleArn": format!("arn:aws:iam::{}:role/demo-cluster", scene.account),
        });
        scene.aws.rest("eks", "POST", &path, &body.to_string()).await.unwrap().ok().unwrap();
        scene.workspace.expect_destroy().await;
        let [left] = scene.associations().await.try_into().unwrap();
        assert_eq!(left["serviceAccount"], ours["serviceAccount"]);
        let theirs = format!("{path}/{}", left["associationId"].as_str().unwrap());
        scene.aws.rest("eks", "DELETE", &theirs, "").await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_made_and_not_read_is_in_the_state() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = format!("app-{}", scene.account);
        let text = format!(
            "resource \"officeless_application_bucket\" \"this\" {{ bucket = \"{name}\" }}\n"
        );
        scene.configure(&text);
        let refusal = scene.refuses("s3", "GetBucketVersioning");
        scene.workspace.apply().await.expect_error("not authorized to perform");
        scene.proxy().remove(refusal);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_of_a_bucket_go_before_it() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for (service, operation) in
            [("eks", "DeletePodIdentityAssociation"), ("iam", "DeleteRole"), ("s3", "DeleteBucket")]
        {
            scene.configure(&format!(
                "resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"app-{}\"\n  \
                 cluster_name = \"{CLUSTER}\"\n  access = {{ web = {{ namespace = \"shop\", \
                 service_account = \"web\", level = \"read\" }} }}\n}}\n",
                scene.account
            ));
            scene.settle().await;
            scene.destroy_in_two_goes(service, operation).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_replaced_by_one_of_another_name_hands_its_service_accounts_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let named = |name: &str| {
            format!(
                "resource \"officeless_application_bucket\" \"this\" {{\n  \
                 bucket = \"{name}-{}\"\n  cluster_name = \"{CLUSTER}\"\n  access = {{ web = {{ \
                 namespace = \"shop\", service_account = \"web\", level = \"read\" }} }}\n}}\n",
                scene.account
            )
        };
        scene.configure(&named("one"));
        scene.settle().await;
        scene.configure(&named("two"));
        let plan = scene.workspace.plan().await.expect_changes();
        let address = "officeless_application_bucket.this";
        assert_eq!(plan.actions()[address], ["delete", "create"]);
        scene.settle().await;
        let [association] = scene.associations().await.try_into().unwrap();
        let state = scene.workspace.attributes(address).await;
        assert_eq!(state["association_ids"]["web"], association["associationId"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_role_of_buckets_is_taken_away_by_a_later_run() {
    for cli in every_cli() {
        for later_is_destroy in [false, true] {
            let scene = Scene::new(&cli).await;
            let role = |name: &str| {
                format!(
                    "resource \"officeless_observability_buckets\" \"this\" {{\n  \
                     name_prefix = \"t{}\"\n  deletion_protection = false\n  \
                     components = [\"tempo\"]\n  pod_identity = {{ cluster_name = \"{CLUSTER}\", \
                     role_name = \"{name}\" }}\n}}\n",
                    scene.account
                )
            };
            scene.configure(&role("one"));
            scene.settle().await;
            scene
                .configure(&role("two").replace("components", "enforce_tls = false\n  components"));
            let refusal = scene.refuses("s3", "DeleteBucketPolicy");
            scene.workspace.apply().await.expect_error("not authorized to perform");
            scene.proxy().remove(refusal);
            if !later_is_destroy {
                scene.settle().await;
                let name = [("RoleName", "one")];
                let found = scene.aws.query("iam", "GetRole", &name).await.unwrap();
                assert_eq!(found.status, 404, "{}", found.body);
            }
            scene.destroy().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_foreign_security_group() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
             deletion_protection = false\n  create_security_group = true\n  \
             allowed_cidr_blocks = [\"10.42.0.0/16\"]\n}}\n"
        ));
        let lost = Fault::on(&scene.account, "ec2", "CreateSecurityGroup");
        let lost = scene.proxy().inject(lost.effect(Effect::LoseAnswer));
        scene.settle().await;
        assert_eq!(scene.proxy().hits(lost), 1);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_record_was_lost_goes_with_its_vault() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure("resource \"officeless_backup_plan\" \"this\" { name = \"daily\" }\n");
        let refusal = scene.refuses("backup", "GetBackupPlan");
        scene.workspace.apply().await.expect_error("not authorized to perform");
        scene.proxy().remove(refusal);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_not_seen_is_not_left_without_its_lock() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(
            "resource \"officeless_backup_plan\" \"this\" {\n  name = \"daily\"\n  \
             vault_lock = { min_retention_days = 7 }\n}\n",
        );
        // The words by which AWS hides that there is no such vault, when the lock is to be written.
        let hidden = Effect::Refuse {
            status: 403,
            code: "AccessDeniedException".to_owned(),
            message: "Insufficient privileges to perform this action.".to_owned(),
        };
        let selected = AtomicBool::new(false);
        let seen = Fault::when(&scene.account, move |call| {
            selected.fetch_or(call.operation == "CreateBackupSelection", Ordering::Relaxed)
                && call.operation == "DescribeBackupVault"
        });
        let hidden = scene.proxy().inject(seen.always().effect(hidden));
        let failed = scene.workspace.apply().await;
        failed.expect_error("the vault is gone, or may not be seen");
        scene.proxy().remove(hidden);
        scene.settle().await;
        scene.destroy().await;
    }
}

fn cache(scene: &Scene, attributes: &str) -> String {
    let subnets: Vec<&str> = scene.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
    format!(
        "resource \"officeless_cache\" \"this\" {{\n  name = \"app\"\n  subnet_ids = {subnets:?}\n  \
         node_type = \"cache.r7g.large\"\n{attributes}\n}}\n"
    )
}

const USERS: &str = r#"
  users = {
    reader = { access_string = "on ~* +@read", authentication = "iam" }
    writer = { access_string = "on ~* +@all", authentication = "iam" }
  }"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_destroy_leaves_of_a_cache_goes_with_the_next_run() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for operation in ["DeleteUserGroup", "DeleteUser", "DeleteCacheSubnetGroup"] {
            scene.configure(&cache(&scene, USERS));
            scene.settle().await;
            scene.destroy_in_two_goes("elasticache", operation).await;
        }
        // An apply instead of the second destroy takes the rest away and makes it anew.
        scene.configure(&cache(&scene, USERS));
        scene.settle().await;
        let refusal = scene.refuses("elasticache", "DeleteCacheSubnetGroup");
        scene.workspace.destroy().await.expect_error("not authorized to perform");
        scene.proxy().remove(refusal);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()["officeless_cache.this"], ["delete", "create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

/// Asks ElastiCache until nothing is being changed any more.
async fn until_calm(scene: &Scene, action: &str) {
    for _ in 0..200 {
        let answer = scene.aws.query("elasticache", action, &[]).await.unwrap().ok().unwrap();
        if ["deleting", "modifying"].iter().all(|status| !answer.body.contains(status)) {
            return;
        }
        #[allow(clippy::disallowed_methods, reason = "a test that polls the emulator")]
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{action}: it is still being changed");
}

/// The replication group is the first to go. Where a run was killed that waited for that, as where
/// somebody else deleted it, nothing tells what is left but a look.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_cache_whose_replication_group_is_gone_goes_with_its_destroy() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&cache(&scene, USERS));
        for again in [true, false] {
            scene.settle().await;
            let id = scene.workspace.attributes("officeless_cache.this").await["id"].clone();
            let gone = [("ReplicationGroupId", id.as_str().unwrap())];
            let answer = scene.aws.query("elasticache", "DeleteReplicationGroup", &gone).await;
            answer.unwrap().ok().unwrap();
            until_calm(&scene, "DescribeReplicationGroups").await;
            if again {
                let plan = scene.workspace.plan().await.expect_changes();
                assert_eq!(plan.actions()["officeless_cache.this"], ["delete", "create"]);
            }
        }
        scene.workspace.expect_destroy().await;
        scene.expect_nothing_left().await;
    }
}

/// A change that a broken-off update had asked for, and that is over between the read and the plan.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_cache_has_become_since_its_read_is_no_node_type_to_refuse() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&cache(&scene, ""));
        scene.settle().await;
        let id = scene.workspace.attributes("officeless_cache.this").await["id"].clone();
        let change = [
            ("ReplicationGroupId", id.as_str().unwrap()),
            ("CacheNodeType", "cache.r7g.xlarge"),
            ("ApplyImmediately", "true"),
        ];
        let answer = scene.aws.query("elasticache", "ModifyReplicationGroup", &change).await;
        answer.unwrap().ok().unwrap();
        until_calm(&scene, "DescribeReplicationGroups").await;
        scene.configure(&cache(&scene, "").replace("cache.r7g.large", "cache.r7g.xlarge"));
        scene.workspace.plan_with(&["-refresh=false"]).await.expect_changes();
        scene.workspace.apply_plan().await.expect_ok();
        scene.settle().await;
        scene.destroy().await;
    }
}

/// An update that was broken off while the user group changed has taken the user out of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_has_left_its_group_is_deleted_later() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&cache(&scene, USERS));
        scene.settle().await;
        let state = scene.workspace.attributes("officeless_cache.this").await;
        let out = [
            ("UserGroupId", state["user_group_id"].as_str().unwrap()),
            ("UserIdsToRemove.member.1", "writer"),
        ];
        scene.aws.query("elasticache", "ModifyUserGroup", &out).await.unwrap().ok().unwrap();
        until_calm(&scene, "DescribeUserGroups").await;
        let plan = scene.workspace.plan().await.expect_changes();
        let reason = plan.change("officeless_cache.this")["before"]["status_reason"].clone();
        assert!(reason.as_str().unwrap().contains("are not in the user group"), "{reason}");
        let fewer: Vec<&str> = USERS.lines().filter(|line| !line.contains("writer")).collect();
        scene.configure(&cache(&scene, &fewer.join("\n")));
        scene.settle().await;
        let listed = scene.aws.query("elasticache", "DescribeUsers", &[]).await.unwrap();
        assert!(!listed.ok().unwrap().xml_all("UserName").contains(&"writer"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_could_not_be_deleted_is_deleted_later() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&cache(&scene, USERS));
        scene.settle().await;
        let fewer = cache(
            &scene,
            &USERS.lines().filter(|l| !l.contains("writer")).collect::<Vec<_>>().join("\n"),
        );
        scene.configure(&fewer);
        let refusal = scene.refuses("elasticache", "DeleteUser");
        scene.workspace.apply().await.expect_error("not authorized to perform");
        scene.proxy().remove(refusal);
        scene.settle().await;
        let listed =
            scene.aws.query("elasticache", "DescribeUsers", &[]).await.unwrap().ok().unwrap();
        assert!(!listed.xml_all("UserName").contains(&"writer"), "{}", listed.body);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_foreign_subnet_group() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&cache(&scene, ""));
        let lost = Fault::on(&scene.account, "elasticache", "CreateCacheSubnetGroup");
        let lost = scene.proxy().inject(lost.effect(Effect::LoseAnswer));
        scene.settle().await;
        assert_eq!(scene.proxy().hits(lost), 1);
        scene.destroy().await;
    }
}

impl Scene {
    /// Shared storage with a replica in a region.
    fn replicated_to(&self, region: &str, protection: &str) {
        self.configure(&format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
             deletion_protection = false\n  replication_overwrite_protection = \"{protection}\"\n  \
             replication = {{ destination_region = \"{region}\" }}\n}}\n"
        ));
    }

    /// How many file systems there are in a region.
    async fn file_systems_in(&self, region: &str) -> usize {
        let aws = self.aws_in(region);
        let path = "/2015-02-01/file-systems";
        let listed = aws.rest("elasticfilesystem", "GET", path, "").await.unwrap().ok().unwrap();
        listed.json().unwrap()["FileSystems"].as_array().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replica_of_a_create_that_broke_off_goes_with_it() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.replicated_to("us-west-2", "ENABLED");
        let refusal = scene.refuses("efs", "PutFileSystemPolicy");
        let failed = scene.workspace.apply().await;
        failed.expect_error("policy failed").expect_error("replica fs-");
        scene.proxy().remove(refusal);
        assert_eq!(scene.file_systems_in("us-west-2").await, 1);
        scene.settle().await;
        assert_eq!(scene.file_systems_in("us-west-2").await, 1);
        // That of a create that came to its end stays.
        scene.destroy().await;
        assert_eq!(scene.file_systems_in("us-west-2").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_somebody_mounts_outlives_the_create_that_broke_off() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.replicated_to("us-west-2", "ENABLED");
        let refusal = scene.refuses("efs", "PutFileSystemPolicy");
        scene.workspace.apply().await.expect_error("policy failed");
        scene.proxy().remove(refusal);
        let mounted = Fault::when(&scene.account, |call| {
            call.region == "us-west-2" && call.operation == "DescribeFileSystems"
        });
        // A number, which a pretended field is not.
        let mounted = mounted.always().effect(Effect::rewrite(|_, reply| {
            let mut answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            for system in answer["FileSystems"].as_array_mut().into_iter().flatten() {
                system["NumberOfMountTargets"] = json!(1);
            }
            reply.body = answer.to_string().into_bytes();
        }));
        let mounted = scene.proxy().inject(mounted);
        let destroyed = scene.workspace.expect_destroy().await;
        assert!(destroyed.says("it is kept, and not managed any more"), "{destroyed}");
        scene.proxy().remove(mounted);
        assert_eq!(scene.file_systems_in("us-west-2").await, 1);
        scene.expect_nothing_left().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replication_that_breaks_off_on_its_way_elsewhere_makes_one_replica_there() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.replicated_to("us-west-2", "DISABLED");
        scene.settle().await;
        // AWS changes the overwrite protection of no file system that is being replicated.
        scene.replicated_to("eu-west-1", "ENABLED");
        let begun = AtomicBool::new(false);
        let asked = Fault::when(&scene.account, move |call| {
            begun.fetch_or(call.operation == "CreateReplicationConfiguration", Ordering::Relaxed)
                && call.operation == "DescribeReplicationConfigurations"
        });
        let refusal = scene.proxy().inject(asked.always().effect(Effect::Deny));
        scene.workspace.apply().await.expect_error("replication failed");
        scene.proxy().remove(refusal);
        scene.settle().await;
        for region in ["us-west-2", "eu-west-1"] {
            assert_eq!(scene.file_systems_in(region).await, 1, "{region}");
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_second_replica() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.replicated_to("us-west-2", "ENABLED");
        let lost = Fault::on(&scene.account, "efs", "CreateReplicationConfiguration");
        let lost = scene.proxy().inject(lost.effect(Effect::LoseAnswer));
        scene.settle().await;
        assert_eq!(scene.proxy().hits(lost), 1);
        assert_eq!(scene.file_systems_in("us-west-2").await, 1);
        scene.destroy().await;
    }
}
