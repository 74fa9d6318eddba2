//! `officeless_block_storage` through its whole life.

use officeless_testbench::{Effect, Fault, FaultId, create_kms_key, leftovers};
use serde_json::{Value, json};

use crate::scene::{CLUSTER, REGION, Scene, every_cli};

const ADDRESS: &str = "officeless_block_storage.this";
const ADDON: &str = "aws-ebs-csi-driver";
const ROLE: &str = "demo-ebs-csi-controller";

/// A configuration with these attributes beside the cluster.
fn with(attributes: &str) -> String {
    format!(
        "resource \"officeless_block_storage\" \"this\" {{\n  cluster_name = \
         \"{CLUSTER}\"\n{attributes}\n}}\n"
    )
}

fn minimal() -> String {
    with("")
}

/// Every attribute that can change in place, at a value that is not its default.
fn full(key: &str) -> String {
    with(&format!(
        r#"
  addon_version               = "v1.58.0-eksbuild.1"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  configuration_values        = jsonencode({{ controller = {{ replicaCount = 3 }} }})
  role_name                   = "driver-of-demo"
  managed_policy              = "EKSClusterScoped"
  kms_key_arns                = ["{key}"]
  service_account             = "ebs-driver"
  wait_for                    = "degraded_ok"
  data_classification         = "confidential"
  tags                        = {{ team = "platform" }}
  timeouts                    = {{ create = "5m" }}
  storage_class = {{
    name          = "fast"
    fs_type       = "xfs"
    iops          = 20000
    throughput    = 1000
    is_default    = true
    allowed_zones = ["us-east-1a"]
    tags          = {{ claim = "{{{{ .PVCName }}}}" }}
  }}"#
    ))
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

impl Scene {
    /// What the emulator has of the add-on; null if there is none.
    async fn addon(&self) -> Value {
        let path = format!("/clusters/{CLUSTER}/addons/{ADDON}");
        let answer = self.aws.rest("eks", "GET", &path, "").await.unwrap();
        if answer.status == 404 { Value::Null } else { answer.json().unwrap()["addon"].clone() }
    }

    /// The policies of a role: names and ARNs in one text; empty without the role.
    async fn policies_of(&self, role: &str) -> String {
        let name = [("RoleName", role)];
        let attached = self.aws.query("iam", "ListAttachedRolePolicies", &name).await.unwrap();
        let inline = [("RoleName", role), ("PolicyName", "kms")];
        let inline = self.aws.query("iam", "GetRolePolicy", &inline).await.unwrap();
        let inline = if inline.status == 200 { inline.body } else { String::new() };
        if attached.status == 200 { format!("{}{inline}", attached.body) } else { String::new() }
    }

    /// As if EKS found fault with the add-on.
    fn says(&self, status: &'static str, code: &'static str, message: &'static str) -> FaultId {
        let effect = Effect::rewrite(move |call, reply| {
            if !call.path.ends_with(ADDON) || !reply.is_ok() {
                return;
            }
            let mut document = reply.as_json().unwrap();
            document["addon"]["status"] = json!(status);
            document["addon"]["health"]["issues"] = json!([{
                "code": code,
                "message": message,
                "resourceIds": ["ebs-csi-controller"],
            }]);
            reply.body = document.to_string().into_bytes();
        });
        self.proxy()
            .inject(Fault::on(&self.account, "eks", "DescribeAddon").always().effect(effect))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_name_is_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("has no add-on eks-pod-identity-agent"), "{}", plan.run);
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["status"], json!("complete"));
        assert_eq!(state["addon_status"], json!("ACTIVE"));
        assert_eq!(state["health_issues"], json!([]));
        assert_eq!(state["driver_version"], json!("1.42.0"));
        assert_eq!(state["latest_compatible_version"], json!("v1.58.0-eksbuild.1"));
        let [association] = scene.associations().await.try_into().unwrap();
        assert_eq!(association["associationId"], state["association_id"]);
        assert_eq!(association["serviceAccount"], json!("ebs-csi-controller-sa"));
        let policies = scene.policies_of(ROLE).await;
        assert!(policies.contains("policy/AmazonEBSCSIDriverPolicyV2"), "{policies}");
        assert!(!policies.contains("kms:CreateGrant"), "{policies}");
        let tags = &scene.addon().await["addonArn"];
        assert_eq!(&state["addon_arn"], tags);
        let destroyed = scene.workspace.destroy().await.expect_ok();
        assert!(destroyed.says("Cluster \"demo\" loses its EBS CSI driver"), "{destroyed}");
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_changes_in_place_and_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&minimal());
        scene.settle().await;
        let created = state(&scene).await;
        scene.configure(&full(&key));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.mutations();
        scene.workspace.expect_apply().await;
        let updates = scene.mutations();
        let updates = updates.iter().filter(|call| *call == "eks:UpdateAddon").count();
        assert_eq!(updates, 1, "everything in one update");
        scene.settle().await;
        let changed = state(&scene).await;
        assert_eq!(changed["addon_arn"], created["addon_arn"]);
        assert_eq!(changed["driver_version"], json!("1.58.0"));
        assert_eq!(scene.policies_of(ROLE).await, "", "the former role is left");
        let policies = scene.policies_of("driver-of-demo").await;
        assert!(policies.contains("AmazonEBSCSIDriverEKSClusterScopedPolicy"), "{policies}");
        assert!(policies.contains("kms%3ACreateGrant"), "{policies}");
        let [association] = scene.associations().await.try_into().unwrap();
        assert_eq!(association["serviceAccount"], json!("ebs-driver"));
        let class = changed["storage_class_manifest"].as_str().unwrap();
        assert!(class.contains("name: fast\n") && class.contains("iops: \"20000\""), "{class}");
        assert!(class.contains("claim={{ .PVCName }}"), "{class}");
        scene.configure(&minimal());
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        assert!(plan.run.says("goes from v1.58.0-eksbuild.1 back to v1.42.0-eksbuild.1"));
        scene.settle().await;
        assert_eq!(state(&scene).await["addon_arn"], created["addon_arn"]);
        let configured = scene.addon().await["configurationValues"].clone();
        assert_eq!(configured, json!("{}"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_class_must_be_made_again_in_the_cluster() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        scene.configure(&with("storage_class = { throughput = 250 }"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(
            plan.run.says(
                "Kubernetes does not change a StorageClass: to bring the new manifest in, delete \
                 class \"gp3-sc\" in the cluster and apply it again."
            ),
            "{}",
            plan.run
        );
        scene.mutations();
        scene.workspace.expect_apply().await;
        assert!(scene.mutations().is_empty(), "the class is an output");
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_ones_own_is_used_as_it_is() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let trust = [("RoleName", "own"), ("AssumeRolePolicyDocument", "{}")];
        scene.aws.query("iam", "CreateRole", &trust).await.unwrap().ok().unwrap();
        let own = format!("arn:aws:iam::{}:role/own", scene.account);
        let text = with(&format!("role_arn = \"{own}\""));
        scene.configure(&text);
        scene.settle().await;
        assert_eq!(state(&scene).await["role_arn"], json!(own));
        assert_eq!(scene.policies_of(ROLE).await, "");
        // To one that is made, and back.
        scene.configure(&minimal());
        assert_eq!(scene.workspace.plan().await.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert!(state(&scene).await["role_arn"].as_str().unwrap().ends_with(ROLE));
        scene.configure(&text);
        scene.settle().await;
        assert_eq!(scene.policies_of(ROLE).await, "", "the role that was made is left");
        scene.workspace.expect_destroy().await;
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert_eq!(left, ["Role: own"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_namespace_replaces() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let before = state(&scene).await;
        scene.configure(&with("namespace = \"storage\""));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        assert!(plan.run.says("loses its EBS CSI driver"), "{}", plan.run);
        scene.settle().await;
        let after = state(&scene).await;
        assert_ne!(after["addon_arn"], before["addon_arn"]);
        let [association] = scene.associations().await.try_into().unwrap();
        assert_eq!(association["namespace"], json!("storage"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_no_change() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with("tags = { team = \"platform\" }"));
        scene.settle().await;
        let created = state(&scene).await;
        let arn = created["addon_arn"].as_str().unwrap();
        let id = created["id"].as_str().unwrap();
        assert_eq!(id, format!("{CLUSTER}/{ADDON}"));
        for import_id in [CLUSTER, id, arn, &format!("{CLUSTER}@{REGION}")] {
            scene.workspace.forget_state().unwrap();
            scene.workspace.expect_import(ADDRESS, import_id).await;
            scene.workspace.expect_empty_plan().await;
        }
        scene.workspace.forget_state().unwrap();
        scene.workspace.import(ADDRESS, "other").await.expect_error("there is none");
        scene.workspace.import(ADDRESS, "demo/coredns").await.expect_error("there is none");
        scene.workspace.expect_import(ADDRESS, id).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addon_of_somebody_else_is_refused_and_can_be_imported() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let body = json!({ "addonName": ADDON, "addonVersion": "v1.50.1-eksbuild.1" }).to_string();
        let path = format!("/clusters/{CLUSTER}/addons");
        scene.aws.rest("eks", "POST", &path, &body).await.unwrap().ok().unwrap();
        scene.configure(&with("addon_version = \"v1.50.1-eksbuild.1\""));
        let refused = scene.workspace.plan().await.run;
        refused
            .expect_error("has add-on aws-ebs-csi-driver already, which was not made by this")
            .expect_error("run terraform import with the address of this resource and the name");
        scene.workspace.expect_import(ADDRESS, CLUSTER).await;
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(scene.associations().await.len(), 1);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_one_is_replaced_when_asked_and_else_not_adopted() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let before = state(&scene).await;
        let replace = ["apply", "-auto-approve", "-input=false", &format!("-replace={ADDRESS}")];
        scene.workspace.run(&replace).await.expect_ok();
        assert_ne!(state(&scene).await["addon_arn"], before["addon_arn"]);
        scene.workspace.run(&["taint", ADDRESS]).await.expect_ok();
        scene.settle().await;
        scene.workspace.forget_state().unwrap();
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("which belongs to block_storage/demo"), "{}", plan.run);
        scene.mutations();
        scene.workspace.apply().await.expect_error("which belongs to block_storage/demo");
        assert!(scene.mutations().is_empty(), "the refused apply changed something");
        scene.workspace.expect_import(ADDRESS, CLUSTER).await;
        scene.destroy().await;
    }
}

/// What somebody else may do to a finished block storage, each to be shown and repaired.
async fn tamper(scene: &Scene, with: &str, state: &Value) {
    let addon = format!("/clusters/{CLUSTER}/addons/{ADDON}");
    let arn = state["addon_arn"].as_str().unwrap().replace(':', "%3A").replace('/', "%2F");
    let eks = async |method: &str, path: String, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        scene.aws.rest("eks", method, &path, &body).await.unwrap().ok().unwrap();
    };
    let iam = async |action: &str, parameters: &[(&str, &str)]| {
        scene.aws.query("iam", action, parameters).await.unwrap().ok().unwrap();
    };
    match with {
        "version" => {
            let other = json!({ "addonVersion": "v1.50.1-eksbuild.1" });
            eks("POST", format!("{addon}/update"), other).await;
        }
        "settings" => {
            let other = json!({ "configurationValues": "{\"controller\":{}}" });
            eks("POST", format!("{addon}/update"), other).await;
        }
        "tags" => eks("POST", format!("/tags/{arn}"), json!({ "tags": { "team": "b" } })).await,
        "owner" => {
            eks("DELETE", format!("/tags/{arn}?tagKeys=officeless%3Aresource"), Value::Null).await;
        }
        "role of the association" => {
            let id = state["association_id"].as_str().unwrap();
            let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
            let other = format!("arn:aws:iam::{}:role/other", scene.account);
            eks("POST", path, json!({ "roleArn": other })).await;
        }
        "policy of the driver" => {
            let arn = "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2";
            iam("DetachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", arn)]).await;
        }
        "policy of the keys" => {
            iam("DeleteRolePolicy", &[("RoleName", ROLE), ("PolicyName", "kms")]).await;
        }
        "trust" => {
            let trust = [("RoleName", ROLE), ("PolicyDocument", "{\"Statement\":[]}")];
            iam("UpdateAssumeRolePolicy", &trust).await;
        }
        other => panic!("no such tampering: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&with(&format!(
            "kms_key_arns = [\"{key}\"]\ntags = {{ team = \"a\" }}\nconfiguration_values = \
             jsonencode({{ controller = {{ replicaCount = 2 }} }})"
        )));
        scene.settle().await;
        let before = state(&scene).await;
        for with in [
            "version",
            "settings",
            "tags",
            "owner",
            "role of the association",
            "policy of the driver",
            "policy of the keys",
            "trust",
        ] {
            tamper(&scene, with, &before).await;
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{with} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{with}");
            scene.settle().await;
            assert_eq!(state(&scene).await["addon_arn"], before["addon_arn"], "{with}");
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_addon_is_installed_anew() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let id = state(&scene).await["association_id"].as_str().unwrap().to_owned();
        let path = format!("/clusters/{CLUSTER}/addons/{ADDON}");
        scene.aws.rest("eks", "DELETE", &path, "").await.unwrap().ok().unwrap();
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
        scene.aws.rest("eks", "DELETE", &path, "").await.unwrap().ok().unwrap();
        // The role is left, so the object is, too: forgotten, it would outlive a destroy.
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_its_addon_is_not_forgotten() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let effect = Effect::refuse(403, "AccessDeniedException");
        let fault = Fault::on(&scene.account, "eks", "CreateAddon").always().effect(effect);
        let fault = scene.proxy().inject(fault);
        scene
            .workspace
            .apply()
            .await
            .expect_error("addon failed")
            .expect_error("What exists now, and is recorded in the state: role arn:aws:iam::")
            .expect_error("Allow eks:CreateAddon");
        scene.destroy().await;
        scene.workspace.apply().await.expect_error("addon failed");
        scene.proxy().remove(fault);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_degraded_addon_is_told_at_once_and_kept() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let degraded = scene.says("DEGRADED", "InsufficientNumberOfReplicas", "No pod is ready.");
        let applied = scene.workspace.expect_apply().await;
        assert!(
            applied.says(
                "EKS calls add-on aws-ebs-csi-driver DEGRADED: InsufficientNumberOfReplicas: No \
                 pod is ready (ebs-csi-controller), in cluster \"demo\". Its pods find no node yet: \
                 this heals by itself once the cluster has nodes that can run them."
            ),
            "{applied}"
        );
        assert!(applied.says("not replaced; the next apply looks again."), "{applied}");
        assert!(scene.proxy().hits(degraded) < 12, "it was waited for");
        let first = state(&scene).await;
        assert_eq!(first["status"], json!("incomplete"));
        assert_eq!(first["addon_status"], json!("DEGRADED"));
        assert_eq!(first["health_issues"][0]["code"], json!("InsufficientNumberOfReplicas"));
        assert_eq!(first["health_issues"][0]["resource_ids"], json!(["ebs-csi-controller"]));
        // Not tainted: the next apply looks again, and an update may fail.
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.mutations();
        scene.workspace.apply().await.expect_error("EKS calls add-on aws-ebs-csi-driver DEGRADED");
        assert!(scene.mutations().is_empty(), "nothing was to be changed");
        scene.configure(&with("wait_for = \"degraded_ok\""));
        let tolerated = scene.workspace.expect_apply().await;
        assert!(tolerated.says("It counts as done: wait_for = \"degraded_ok\"."), "{tolerated}");
        assert_eq!(state(&scene).await["status"], json!("complete"));
        scene.workspace.expect_empty_plan().await;
        scene.proxy().remove(degraded);
        scene.configure(&minimal());
        scene.settle().await;
        let healed = state(&scene).await;
        assert_eq!(healed["addon_arn"], first["addon_arn"]);
        assert_eq!(healed["status"], json!("complete"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addon_that_heals_needs_no_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let degraded = scene.says("DEGRADED", "InsufficientNumberOfReplicas", "No pod is ready.");
        scene.workspace.expect_apply().await;
        scene.proxy().remove(degraded);
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_in_the_cluster_is_told_with_the_way_out() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let failed = scene.says("CREATE_FAILED", "ConfigurationConflict", "Conflicts found.");
        scene
            .workspace
            .apply()
            .await
            .expect_error("Creating block storage \"demo\": addon failed")
            .expect_error("CREATE_FAILED: ConfigurationConflict: Conflicts found")
            .expect_error("= \"OVERWRITE\".");
        scene.proxy().remove(failed);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waiting_apply_ends_at_once() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with("wait_for = \"none\""));
        scene.workspace.expect_apply().await;
        assert_eq!(state(&scene).await["addon_status"], json!("CREATING"));
        scene.workspace.expect_empty_plan().await;
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preserved_driver_keeps_its_role() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with("preserve = true"));
        scene.settle().await;
        let destroyed = scene.workspace.expect_destroy().await;
        assert!(destroyed.says("The driver stays in cluster \"demo\""), "{destroyed}");
        assert!(destroyed.says("Delete both by hand when they are no longer"), "{destroyed}");
        assert_eq!(scene.addon().await, Value::Null);
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert_eq!(left.len(), 2, "role and association: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_one_addon() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let lost = Fault::on(&scene.account, "eks", "CreateAddon").effect(Effect::LoseAnswer);
        scene.proxy().inject(lost);
        scene.workspace.expect_apply().await;
        assert!(scene.proxy().count(&scene.account, "eks", "CreateAddon") > 1, "it was not lost");
        scene.workspace.expect_empty_plan().await;
        assert_eq!(scene.associations().await.len(), 1);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untainted_create_is_finished_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let effect = Effect::refuse(403, "AccessDeniedException");
        let fault = Fault::on(&scene.account, "eks", "UntagResource").always().effect(effect);
        let fault = scene.proxy().inject(fault);
        scene
            .workspace
            .apply()
            .await
            .expect_error("Creating block storage \"demo\": tags failed")
            .expect_error("What exists now, and is recorded in the state: add-on arn:aws:eks:");
        let first = state(&scene).await;
        assert_eq!(first["status"], json!("incomplete"));
        scene.proxy().remove(fault);
        scene.workspace.run(&["untaint", ADDRESS]).await.expect_ok();
        assert_eq!(scene.workspace.plan().await.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["addon_arn"], first["addon_arn"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_aws_knows_is_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let refused = [
            (
                with("addon_version = \"v1.30.0-eksbuild.1\""),
                "addon_version = \"v1.30.0-eksbuild.1\": EKS does not offer this version of \
                 aws-ebs-csi-driver for Kubernetes 1.33 of cluster \"demo\"; it offers \
                 v1.58.0-eksbuild.1, v1.50.1-eksbuild.1, v1.42.0-eksbuild.1.",
            ),
            (
                minimal().replace(CLUSTER, "nowhere"),
                "cluster_name = \"nowhere\": the account has no EKS cluster of this name in \
                 us-east-1.",
            ),
            (
                with(
                    "configuration_values = jsonencode({ controller = { replicaCount = \"a\" } })",
                ),
                "configuration_values: controller.replicaCount: \"a\" is not of type \"integer\".",
            ),
            (
                with("configuration_values = jsonencode({ contrller = {} })"),
                "aws eks describe-addon-configuration --addon-name aws-ebs-csi-driver \
                 --addon-version v1.42.0-eksbuild.1.",
            ),
            (
                "resource \"officeless_block_storage\" \"this\" {}\n".to_owned(),
                "cluster_name is not given, and the provider block has none.",
            ),
        ];
        for (text, sentence) in refused {
            scene.configure(&text);
            scene.workspace.plan().await.run.expect_error(sentence);
        }
        let trust = [("RoleName", ROLE), ("AssumeRolePolicyDocument", "{}")];
        scene.aws.query("iam", "CreateRole", &trust).await.unwrap().ok().unwrap();
        scene.configure(&minimal());
        let refused = scene.workspace.plan().await.run;
        refused
            .expect_error("Role demo-ebs-csi-controller exists, and was not made by this provider")
            .expect_error("Choose another role_name, give it as role_arn, or delete the role.");
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_values_plan_and_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&format!(
            "resource \"terraform_data\" \"cluster\" {{ input = \"{CLUSTER}\" }}\n\
             resource \"terraform_data\" \"key\" {{ input = \"{key}\" }}\n\
             resource \"terraform_data\" \"iops\" {{ input = 4000 }}\n\
             resource \"terraform_data\" \"version\" {{ input = \"v1.50.1-eksbuild.1\" }}\n\
             resource \"officeless_block_storage\" \"this\" {{\n\
             cluster_name = terraform_data.cluster.output\n\
             addon_version = terraform_data.version.output\n\
             configuration_values = jsonencode({{ controller = {{ extraVolumeTags = {{ a = \
             terraform_data.version.output }} }} }})\n\
             kms_key_arns = [terraform_data.key.output]\n\
             storage_class = {{ iops = terraform_data.iops.output, kms_key_arn = \
             terraform_data.key.output }}\n}}\n"
        ));
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["storage_class"]["iops"], json!(4000));
        scene.destroy().await;
    }
}
