//! `officeless_observability_buckets` through its whole life.

use officeless_testbench::{Effect, Fault, create_kms_key};
use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

const ADDRESS: &str = "officeless_observability_buckets.this";

const KEYS: [&str; 6] = [
    "loki-chunks",
    "loki-ruler",
    "mimir-alertmanager",
    "mimir-metrics",
    "mimir-ruler",
    "tempo-traces",
];

/// A prefix of the scene's own: the emulator has one namespace of buckets for all accounts.
fn prefix(scene: &Scene) -> String {
    format!("t{}", scene.account)
}

fn with(scene: &Scene, attributes: &str) -> String {
    format!(
        "resource \"officeless_observability_buckets\" \"this\" {{\n  name_prefix = \"{}\"\n  \
         deletion_protection = false\n{attributes}\n}}\n",
        prefix(scene)
    )
}

/// Every attribute that can change in place, at a value that is not its default.
fn full(scene: &Scene) -> String {
    with(
        scene,
        &format!(
            r#"
  versioning                             = {{ "loki-chunks" = "Enabled" }}
  noncurrent_version_expiration_days     = 14
  abort_incomplete_multipart_upload_days = 3
  retention                              = {{ metrics = "90d", logs = "30d", traces = "14d" }}
  enforce_tls                            = true
  force_destroy                          = true
  data_classification                    = "confidential"
  tags                                   = {{ team = "monitoring" }}
  buckets = {{
    "mimir-metrics" = {{ versioning = "Enabled", noncurrent_version_expiration_days = 5 }}
  }}
  extra_lifecycle_rules = {{
    archive = {{ bucket = "tempo-traces", prefix = "archive/", expiration_days = 400 }}
  }}
  pod_identity = {{ cluster_name = "{CLUSTER}", mode = "split", role_name = "mon" }}
  timeouts     = {{ create = "10m" }}"#
        ),
    )
}

/// What `full` leaves at its default.
fn other(scene: &Scene, target: &str, key: &str) -> String {
    with(
        scene,
        &format!(
            r#"
  components         = ["mimir", "loki"]
  sse_algorithm      = "aws:kms"
  kms_key_arn        = "{key}"
  bucket_key_enabled = false
  enforce_tls        = false
  access_logging     = {{ bucket = "{target}", prefix = "logs/" }}
  versioning         = {{ "loki-chunks" = "Suspended", "mimir-metrics" = "Suspended" }}
  pod_identity       = {{ enabled = false }}"#
        ),
    )
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_prefix_is_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        assert_eq!(scene.workspace.plan().await.run.code, Some(2));
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["status"], json!("complete"));
        for key in KEYS {
            assert_eq!(state["bucket_names"][key], json!(format!("{}-{key}", prefix(&scene))));
            assert_eq!(state["bucket_status"][key]["state"], json!("complete"), "{key}");
        }
        assert!(state["helm_values"]["mimir"].as_str().unwrap().contains("mimir-metrics"));
        assert_eq!(state["role_arns"], json!({}));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_changes_in_place_and_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let minimal = with(&scene, &format!("pod_identity = {{ cluster_name = \"{CLUSTER}\" }}"));
        scene.configure(&minimal);
        scene.settle().await;
        let created = state(&scene).await;
        assert!(created["role_arns"]["mimir"].as_str().unwrap().ends_with("role/monitoring-role"));
        scene.configure(&full(&scene));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        let changed = state(&scene).await;
        assert_eq!(changed["bucket_names"], created["bucket_names"]);
        assert_ne!(changed["role_arns"]["mimir"], changed["role_arns"]["loki"]);
        let target = format!("{}-target", prefix(&scene));
        scene.aws.rest("s3", "PUT", &format!("/{target}"), "").await.unwrap().ok().unwrap();
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&other(&scene, &target, &key));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["bucket_names"].as_object().unwrap().len(), 5);
        // What was versioned once can only be suspended.
        scene.configure(&minimal.replace(
            "pod_identity",
            "versioning = { \"loki-chunks\" = \"Suspended\", \"mimir-metrics\" = \"Suspended\" }\n  \
             pod_identity",
        ));
        scene.settle().await;
        scene.aws.rest("s3", "DELETE", &format!("/{target}"), "").await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_prefix_replaces() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&full(&scene));
        scene.settle().await;
        scene.configure(
            &full(&scene).replace("\n  deletion", "\n  name_suffix = \"b\"\n  deletion"),
        );
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        let name = state(&scene).await["bucket_names"]["mimir-metrics"].clone();
        assert_eq!(name, json!(format!("{}-mimir-metrics-b", prefix(&scene))));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_no_change() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = with(&scene, &format!("pod_identity = {{ cluster_name = \"{CLUSTER}\" }}"));
        scene.configure(&text.replace("  deletion_protection = false\n", ""));
        scene.settle().await;
        let prefix = prefix(&scene);
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &prefix).await;
        scene.workspace.expect_empty_plan().await;
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &format!("{prefix}@us-east-1")).await;
        scene.workspace.expect_empty_plan().await;
        scene.configure(&text);
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_values_plan_and_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let prefix = prefix(&scene);
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&format!(
            "resource \"terraform_data\" \"prefix\" {{ input = \"{prefix}\" }}\n\
             resource \"terraform_data\" \"key\" {{ input = \"{key}\" }}\n\
             resource \"terraform_data\" \"cluster\" {{ input = \"{CLUSTER}\" }}\n\
             resource \"officeless_observability_buckets\" \"this\" {{\n  \
             name_prefix = terraform_data.prefix.output\n  deletion_protection = false\n  \
             sse_algorithm = \"aws:kms\"\n  kms_key_arn = terraform_data.key.output\n  \
             pod_identity = {{ cluster_name = terraform_data.cluster.output }}\n  \
             tags = {{ late = terraform_data.prefix.output }}\n}}\n"
        ));
        scene.settle().await;
        scene.destroy().await;
    }
}

/// What somebody else may do to finished buckets, each to be shown and repaired.
async fn tamper(scene: &Scene, with: &str) {
    let chunks = format!("/{}-loki-chunks", prefix(scene));
    let s3 = |method: &'static str, sub: &'static str, body: &'static str| {
        let path = format!("{chunks}{sub}");
        async move {
            scene.aws.rest("s3", method, &path, body).await.unwrap().ok().unwrap();
        }
    };
    let iam = |action: &'static str, name: &'static str| async move {
        let parameters = [("RoleName", "mon-loki"), ("PolicyName", name)];
        scene.aws.query("iam", action, &parameters).await.unwrap().ok().unwrap();
    };
    match with {
        "bucket" => s3("DELETE", "", "").await,
        "policy" => s3("DELETE", "?policy", "").await,
        "lifecycle" => s3("DELETE", "?lifecycle", "").await,
        "public access block" => s3("DELETE", "?publicAccessBlock", "").await,
        "tags" => s3("DELETE", "?tagging", "").await,
        "versioning" => {
            let body = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                        <Status>Suspended</Status></VersioningConfiguration>";
            s3("PUT", "?versioning", body).await;
        }
        "encryption" => {
            let body = "<ServerSideEncryptionConfiguration \
                        xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
                        <ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                        </ApplyServerSideEncryptionByDefault></Rule>\
                        </ServerSideEncryptionConfiguration>";
            s3("PUT", "?encryption", body).await;
        }
        "role policy" => {
            let names = scene.aws.query("iam", "ListRolePolicies", &[("RoleName", "mon-loki")]);
            let names = names.await.unwrap().ok().unwrap();
            let name = names.xml("member").unwrap().to_owned();
            iam("DeleteRolePolicy", Box::leak(name.into_boxed_str())).await;
        }
        "association" => {
            let path = format!("/clusters/{CLUSTER}/pod-identity-associations");
            let list = scene.aws.rest("eks", "GET", &path, "").await.unwrap();
            let list = list.ok().unwrap().json().unwrap();
            let id = list["associations"][0]["associationId"].as_str().unwrap();
            let path = format!("{path}/{id}");
            scene.aws.rest("eks", "DELETE", &path, "").await.unwrap().ok().unwrap();
        }
        other => panic!("no such tampering: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&full(&scene));
        scene.settle().await;
        for with in [
            "bucket",
            "policy",
            "lifecycle",
            "public access block",
            "tags",
            "versioning",
            "encryption",
            "role policy",
            "association",
        ] {
            tamper(&scene, with).await;
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{with} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{with}");
            scene.settle().await;
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_fails_holds_up_no_other_and_is_named() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        let denied = Fault::when(&scene.account, |call| {
            call.operation == "PutBucketPolicy" && call.bucket().ends_with("loki-ruler")
        });
        let denied = denied.always().effect(Effect::refuse(403, "AccessDenied"));
        let fault = scene.proxy().inject(denied);
        scene.workspace.apply().await.expect_error("loki-ruler");
        let failed = state(&scene).await;
        assert_eq!(failed["bucket_status"]["loki-ruler"]["pending_step"], json!("policy"));
        assert_eq!(failed["bucket_status"]["mimir-metrics"]["pending_step"], json!("tags"));
        scene.proxy().remove(fault);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_bucket_is_kept_until_emptying_is_allowed() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        scene.settle().await;
        let object = format!("/{}-tempo-traces/block", prefix(&scene));
        scene.aws.rest("s3", "PUT", &object, "data").await.unwrap().ok().unwrap();
        scene
            .workspace
            .destroy()
            .await
            .expect_error("tempo-traces")
            .expect_error("force_destroy = true");
        scene.aws.rest("s3", "GET", &object, "").await.unwrap().ok().unwrap();
        scene.configure(&with(&scene, "force_destroy = true"));
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_another_account_is_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = format!("{}-mimir-ruler", prefix(&scene));
        let other = scene.aws.as_account("999999999999");
        other.rest("s3", "PUT", &format!("/{name}"), "").await.unwrap().ok().unwrap();
        scene.configure(&with(&scene, ""));
        scene.workspace.plan().await.run.expect_error(&name);
        assert!(scene.mutations().is_empty());
        other.rest("s3", "DELETE", &format!("/{name}"), "").await.unwrap().ok().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_in_place_is_planned_as_a_replacement() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        scene.settle().await;
        for change in [
            "name_suffix = \"b\"",
            "bucket_namespace = \"account-regional\"",
            "region = \"us-west-2\"",
        ] {
            scene.configure(&with(&scene, change));
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{change}\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["delete", "create"], "{change}");
        }
        scene.configure(&with(&scene, ""));
        scene.destroy().await;
    }
}
