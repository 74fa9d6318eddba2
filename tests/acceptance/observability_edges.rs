//! `officeless_observability_buckets` where things meet: names and objects of others, renamed and
//! dropped buckets, every kind of drift, interrupted creates, every form of import id.

use std::collections::BTreeSet;

use officeless_testbench::{Effect, Fault};
use serde_json::{Value, json};

use crate::scene::{CLUSTER, REGION, Scene, every_cli};

const ADDRESS: &str = "officeless_observability_buckets.this";

impl Scene {
    /// A prefix of this account's own: bucket names are shared by all accounts of the emulator.
    fn prefix(&self) -> String {
        format!("t{}", self.account)
    }

    /// A configuration with these attributes under the account's prefix.
    fn buckets(&self, attributes: &str) {
        self.configure(&format!(
            "resource \"officeless_observability_buckets\" \"this\" {{\n  name_prefix = \"{}\"\n\
             {attributes}\n}}\n",
            self.prefix()
        ));
    }

    async fn s3(&self, method: &str, path: &str, body: &str) -> officeless_testbench::Answer {
        self.aws.rest("s3", method, path, body).await.unwrap()
    }

    async fn changed_s3(&self, method: &str, path: &str, body: &str) {
        self.s3(method, path, body).await.ok().unwrap();
    }

    async fn bucket_state(&self) -> Value {
        self.workspace.attributes(ADDRESS).await
    }

    async fn iam(&self, action: &str, parameters: &[(&str, &str)]) {
        self.aws.query("iam", action, parameters).await.unwrap().ok().unwrap();
    }
}

fn cluster() -> String {
    format!("pod_identity = {{ cluster_name = \"{CLUSTER}\" }}")
}

fn keys(map: &Value) -> BTreeSet<String> {
    map.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_prefix_replaces_and_another_name_replaces_one_bucket() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets(&cluster());
        scene.settle().await;
        let before = scene.bucket_state().await;
        let other = format!("x{}", scene.account);
        scene.buckets(&format!(
            "{}\nbuckets = {{ tempo-traces = {{ name = \"{other}-spans\" }} }}",
            cluster()
        ));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        assert!(plan.run.says("Bucket Will Be Deleted"), "{}", plan.run);
        scene.settle().await;
        let renamed = scene.bucket_state().await;
        assert_eq!(renamed["bucket_names"]["tempo-traces"], json!(format!("{other}-spans")));
        assert_eq!(renamed["bucket_names"]["loki-ruler"], before["bucket_names"]["loki-ruler"]);
        scene.buckets(&format!("{}\nname_suffix = \"two\"", cluster()));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_replacement_takes_the_same_names_again() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets(&cluster());
        scene.settle().await;
        let replace = format!("-replace={ADDRESS}");
        let arguments = ["apply", "-auto-approve", "-no-color", &replace];
        scene.workspace.run(&arguments).await.expect_ok();
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn components_come_and_go() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets(&format!("{}\ncomponents = [\"loki\"]", cluster()));
        scene.settle().await;
        assert_eq!(keys(&scene.bucket_state().await["bucket_names"]).len(), 2);
        scene.buckets(&cluster());
        scene.settle().await;
        let state = scene.bucket_state().await;
        let name = state["bucket_names"]["tempo-traces"].as_str().unwrap().to_owned();
        scene.changed_s3("PUT", &format!("/{name}/trace"), "data").await;
        scene.buckets(&format!("{}\ncomponents = [\"loki\", \"mimir\"]", cluster()));
        let refused = scene.workspace.plan().await.run;
        refused
            .expect_error("Bucket Not Empty")
            .expect_error(&format!("The bucket \"{name}\" of tempo-traces would be deleted"));
        scene.buckets(&format!(
            "{}\ncomponents = [\"loki\", \"mimir\"]\nbuckets = {{ tempo-traces = {{ force_destroy \
             = true }} }}",
            cluster()
        ));
        scene.settle().await;
        assert_eq!(keys(&scene.bucket_state().await["bucket_names"]).len(), 5);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_no_change() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for attributes in [
            String::new(),
            format!("{}\nname_suffix = \"prod\"\ntags = {{ team = \"a\" }}", cluster()),
            format!(
                "components = [\"tempo\"]\nbuckets = {{ tempo-traces = {{ name = \"y{}-t\" }} }}",
                scene.account
            ),
            "bucket_namespace = \"account-regional\"\nversioning = { loki-chunks = \"Enabled\" }"
                .to_owned(),
            format!("pod_identity = {{ cluster_name = \"{CLUSTER}\", mode = \"split\" }}"),
        ] {
            scene.buckets(&attributes);
            scene.settle().await;
            let id = scene.bucket_state().await["id"].as_str().unwrap().to_owned();
            for id in [id.clone(), format!("{id}@{REGION}")] {
                // The list of names says nothing of a prefix, which the configuration has.
                if id.contains('=') {
                    continue;
                }
                scene.workspace.forget_state().unwrap();
                scene.workspace.expect_import(ADDRESS, &id).await;
                scene.workspace.expect_empty_plan().await;
            }
            scene.destroy().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_names_imports_buckets_without_a_prefix() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = format!("z{}-spans", scene.account);
        scene.configure(&format!(
            "resource \"officeless_observability_buckets\" \"this\" {{\n  components = \
             [\"tempo\"]\n  buckets = {{ tempo-traces = {{ name = \"{name}\" }} }}\n}}\n"
        ));
        scene.settle().await;
        let id = format!("tempo-traces={name}");
        assert_eq!(scene.bucket_state().await["id"], json!(id));
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &id).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// What somebody else may do to finished buckets, each to be shown and repaired.
#[allow(clippy::too_many_lines, reason = "a table: one arm for each kind of drift")]
async fn tamper(scene: &Scene, with: &str, state: &Value) {
    let name = |key: &str| state["bucket_names"][key].as_str().unwrap().to_owned();
    let chunks = name("loki-chunks");
    let role = "monitoring-role";
    match with {
        "bucket" => scene.changed_s3("DELETE", &format!("/{}", name("tempo-traces")), "").await,
        "public access block" => {
            scene.changed_s3("DELETE", &format!("/{chunks}?publicAccessBlock"), "").await;
        }
        "ownership" => {
            let body = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership>\
                        </Rule></OwnershipControls>";
            scene.changed_s3("PUT", &format!("/{chunks}?ownershipControls"), body).await;
        }
        "encryption" => {
            let body = "<ServerSideEncryptionConfiguration><Rule>\
                        <ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                        </ApplyServerSideEncryptionByDefault></Rule>\
                        </ServerSideEncryptionConfiguration>";
            scene.changed_s3("PUT", &format!("/{chunks}?encryption"), body).await;
        }
        "versioning" => {
            let body = "<VersioningConfiguration><Status>Enabled</Status>\
                        </VersioningConfiguration>";
            scene.changed_s3("PUT", &format!("/{chunks}?versioning"), body).await;
        }
        "lifecycle" => scene.changed_s3("DELETE", &format!("/{chunks}?lifecycle"), "").await,
        "policy" => scene.changed_s3("DELETE", &format!("/{chunks}?policy"), "").await,
        "logging" => {
            let body = format!(
                "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{}</TargetBucket>\
                 <TargetPrefix>x/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
                name("loki-ruler")
            );
            scene.changed_s3("PUT", &format!("/{chunks}?logging"), &body).await;
        }
        "tags" => scene.changed_s3("DELETE", &format!("/{chunks}?tagging"), "").await,
        "role" => {
            let policy = [("RoleName", role), ("PolicyName", "observability-buckets")];
            scene.iam("DeleteRolePolicy", &policy).await;
            scene.iam("DeleteRole", &[("RoleName", role)]).await;
        }
        "role policy" => {
            let policy = [("RoleName", role), ("PolicyName", "observability-buckets")];
            scene.iam("DeleteRolePolicy", &policy).await;
        }
        "trust policy" => {
            let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
            let parameters = [("RoleName", role), ("PolicyDocument", document)];
            scene.iam("UpdateAssumeRolePolicy", &parameters).await;
        }
        "role tags" => {
            let tag = [
                ("RoleName", role),
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "other"),
            ];
            scene.iam("TagRole", &tag).await;
        }
        "association" => {
            let id = state["association_ids"]["loki"].as_str().unwrap();
            let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
            scene.aws.rest("eks", "DELETE", &path, "").await.unwrap().ok().unwrap();
        }
        other => panic!("{other} is no way to tamper"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets(&cluster());
        scene.settle().await;
        for with in [
            "bucket",
            "public access block",
            "ownership",
            "encryption",
            "versioning",
            "lifecycle",
            "policy",
            "logging",
            "tags",
            "role",
            "role policy",
            "trust policy",
            "role tags",
            "association",
        ] {
            let state = scene.bucket_state().await;
            tamper(&scene, with, &state).await;
            let plan = scene.workspace.plan().await;
            assert!(!plan.is_empty(), "{with}: no drift is shown");
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{with}");
            scene.settle().await;
            assert_eq!(scene.bucket_state().await["status"], json!("complete"), "{with}");
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn protection_refuses_destroy_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets("deletion_protection = true");
        scene.settle().await;
        scene.workspace.destroy().await.expect_error("set deletion_protection = false");
        scene.buckets("");
        scene.settle().await;
        scene.destroy().await;
    }
}

impl Scene {
    /// A failure of every call of this operation on this bucket.
    fn bucket_fault(&self, operation: &'static str, key: &'static str) -> Fault {
        let account = self.account.clone();
        let fault = Fault::when(&account, move |call| {
            call.operation == operation && call.bucket().ends_with(key)
        });
        fault.always().effect(Effect::refuse(403, "AccessDenied"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_create_goes_as_far_as_it_can_and_tells_all_failures() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets(&cluster());
        let one = scene.bucket_fault("PutBucketLifecycleConfiguration", "loki-chunks");
        let two = scene.bucket_fault("CreateBucket", "tempo-traces");
        let faults = [scene.proxy().inject(one), scene.proxy().inject(two)];
        scene
            .workspace
            .apply()
            .await
            .expect_error("2 steps failed")
            .expect_error("riting the lifecycle rules of bucket")
            .expect_error("reating bucket")
            .expect_error("terraform untaint");
        let state = scene.bucket_state().await;
        assert_eq!(keys(&state["bucket_names"]).len(), 5);
        assert_eq!(state["status"], json!("incomplete"));
        assert_eq!(state["bucket_status"]["loki-chunks"]["pending_step"], json!("lifecycle"));
        assert_eq!(state["bucket_status"]["tempo-traces"]["state"], json!("missing"));
        assert_eq!(state["bucket_status"]["mimir-ruler"]["pending_step"], json!("tags"));
        assert!(state["association_ids"]["loki"].is_string());
        for fault in faults {
            scene.proxy().remove(fault);
        }
        scene.workspace.run(&["untaint", ADDRESS]).await.expect_ok();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tainted_create_is_replaced() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets(&cluster());
        let fault = scene.proxy().inject(scene.bucket_fault("PutBucketPolicy", "loki-chunks"));
        scene.workspace.apply().await.expect_error("policy failed");
        scene.proxy().remove(fault);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_resume_the_next_apply_finishes_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene
            .workspace
            .write(
                "main.tf",
                &format!(
                    "terraform {{\n  required_providers {{\n    officeless = {{ source = \
                     \"officeless-platform/officeless\" }}\n  }}\n}}\nprovider \"officeless\" \
                     {{\n  incomplete_create = \"resume\"\n}}\nresource \
                     \"officeless_observability_buckets\" \"this\" {{\n  name_prefix = \"{}\"\n  \
                     {}\n}}\n",
                    scene.prefix(),
                    cluster()
                ),
            )
            .unwrap();
        let denied = Effect::refuse(403, "AccessDenied");
        let fault = Fault::on(&scene.account, "iam", "CreateRole").always().effect(denied);
        let fault = scene.proxy().inject(fault);
        let applied = scene.workspace.expect_apply().await;
        assert!(applied.says("this create ends without an error although"), "{applied}");
        assert_eq!(scene.bucket_state().await["status"], json!("incomplete"));
        scene.proxy().remove(fault);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_state_left_is_refused_and_what_a_crash_left_is_taken_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets("");
        scene.settle().await;
        scene.workspace.forget_state().unwrap();
        scene.workspace.apply().await.expect_error("terraform import");
        let prefix = scene.prefix();
        scene.workspace.expect_import(ADDRESS, &prefix).await;
        scene.destroy().await;

        // A crash after CreateBucket: the bucket carries our tag and the creation marker.
        let name = format!("{prefix}-loki-chunks");
        scene.changed_s3("PUT", &format!("/{name}"), "").await;
        let tags = format!(
            "<Tagging><TagSet><Tag><Key>officeless:resource</Key>\
             <Value>observability_buckets/{prefix}</Value></Tag><Tag><Key>officeless:creating\
             </Key><Value>true</Value></Tag></TagSet></Tagging>"
        );
        scene.changed_s3("PUT", &format!("/{name}?tagging"), &tags).await;
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_others_are_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let stranger = Scene::new(&cli).await;
        let name = format!("{}-loki-chunks", scene.prefix());
        stranger.changed_s3("PUT", &format!("/{name}"), "").await;
        scene.buckets(&cluster());
        let planned = scene.workspace.plan().await.run;
        planned
            .expect_error("Bucket Name Taken")
            .expect_error(&format!("The bucket name \"{name}\" belongs to another account"));
        stranger.changed_s3("DELETE", &format!("/{name}"), "").await;

        scene.changed_s3("PUT", &format!("/{name}"), "").await;
        scene.workspace.plan().await.run.expect_error("was not made by this provider");
        scene.changed_s3("DELETE", &format!("/{name}"), "").await;

        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let role = [("RoleName", "monitoring-role"), ("AssumeRolePolicyDocument", trust)];
        scene.iam("CreateRole", &role).await;
        let planned = scene.workspace.plan().await.run;
        planned.expect_error("Role Name Taken").expect_error("pod_identity.role_name");
        let association = json!({ "namespace": "monitoring", "serviceAccount": "monitoring-sa",
            "roleArn": format!("arn:aws:iam::{}:role/monitoring-role", scene.account),
            "clientRequestToken": "somebody" });
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations");
        let made = scene.aws.rest("eks", "POST", &path, &association.to_string()).await.unwrap();
        made.ok().unwrap();
        scene.workspace.plan().await.run.expect_error("Service Account Taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_others_stay_in_the_bucket_policy() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.buckets("");
        scene.settle().await;
        let name = format!("{}-loki-chunks", scene.prefix());
        let theirs = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "Theirs",
            "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "s3:DeleteBucket",
            "Resource": format!("arn:aws:s3:::{name}") }] });
        scene.changed_s3("PUT", &format!("/{name}?policy"), &theirs.to_string()).await;
        assert!(!scene.workspace.plan().await.is_empty());
        scene.settle().await;
        let policy = scene.s3("GET", &format!("/{name}?policy"), "").await.body;
        assert!(policy.contains("Theirs") && policy.contains("DenyInsecureTransport"), "{policy}");
        scene.buckets("enforce_tls = false");
        scene.settle().await;
        let policy = scene.s3("GET", &format!("/{name}?policy"), "").await.body;
        assert!(policy.contains("Theirs") && !policy.contains("DenyInsecureTransport"), "{policy}");
        scene.changed_s3("DELETE", &format!("/{name}?policy"), "").await;
        scene.destroy().await;
    }
}
