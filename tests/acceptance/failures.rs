//! What an apply that goes wrong leaves, says, and how the next one ends right.

use std::process::Stdio;
use std::time::{Duration, Instant};

use officeless_testbench::{Effect, Fault};
use serde_json::json;
use tokio::process::Command;

use crate::scene::{CLUSTER, Scene, every_cli};

const ADDRESS: &str = "officeless_shared_storage.this";

fn minimal() -> String {
    format!(
        "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
         deletion_protection = false\n}}\n"
    )
}

/// With a provider block of ours in place of the empty one.
fn resuming() -> String {
    format!(
        "terraform {{\n  required_providers {{\n    officeless = {{ source = \
         \"officeless-platform/officeless\" }}\n  }}\n}}\nprovider \"officeless\" {{\n  \
         incomplete_create = \"resume\"\n}}\n{}",
        minimal()
    )
}

impl Scene {
    fn denies(&self, operation: &str) -> Fault {
        let effect = Effect::refuse(403, "AccessDeniedException");
        Fault::on(&self.account, "efs", operation).always().effect(effect)
    }

    fn file_systems(&self) -> usize {
        self.proxy().count(&self.account, "elasticfilesystem", "CreateFileSystem")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_create_says_what_exists_and_the_next_apply_replaces_it() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let fault = scene.proxy().inject(scene.denies("CreateMountTarget"));
        let failed = scene.workspace.apply().await;
        failed
            .expect_error("Creating shared storage \"eks-shared-storage\": mount_targets failed")
            .expect_error("AccessDeniedException: refused by the test bench")
            .expect_error("What exists now, and is recorded in the state: file system fs-")
            .expect_error("Allow elasticfilesystem:CreateMountTarget")
            .expect_error("terraform untaint");
        let first = scene.workspace.attributes(ADDRESS).await;
        assert_eq!(first["status"], json!("incomplete"));
        scene.proxy().remove(fault);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        assert_ne!(scene.workspace.attributes(ADDRESS).await["id"], first["id"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untainted_create_is_finished_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let fault = scene.proxy().inject(scene.denies("PutFileSystemPolicy"));
        scene.workspace.apply().await.expect_error("policy failed");
        let first = scene.workspace.attributes(ADDRESS).await;
        scene.proxy().remove(fault);
        scene.workspace.run(&["untaint", ADDRESS]).await.expect_ok();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        let second = scene.workspace.attributes(ADDRESS).await;
        assert_eq!(second["id"], first["id"]);
        assert_eq!(second["status"], json!("complete"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_resume_the_next_apply_finishes_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let fault = scene.proxy().inject(scene.denies("PutLifecycleConfiguration"));
        let text = resuming().replace(
            "deletion_protection",
            "lifecycle_policy = { transition_to_ia = \"AFTER_7_DAYS\" }\n  deletion_protection",
        );
        scene.workspace.write("main.tf", &text).unwrap();
        let applied = scene.workspace.expect_apply().await;
        assert!(applied.says("lifecycle_policy failed"), "{applied}");
        let first = scene.workspace.attributes(ADDRESS).await;
        assert_eq!(first["status"], json!("incomplete"));
        scene.proxy().remove(fault);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(scene.workspace.attributes(ADDRESS).await["id"], first["id"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_second_file_system() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let lost = Fault::on(&scene.account, "efs", "CreateFileSystem").effect(Effect::LoseAnswer);
        scene.proxy().inject(lost);
        scene.workspace.expect_apply().await;
        assert!(scene.file_systems() > 1, "the answer was not lost");
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_creation_token_is_refused_with_the_way_to_import() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let body = r#"{"CreationToken":"theirs"}"#;
        let path = "/2015-02-01/file-systems";
        let made = scene.aws.rest("elasticfilesystem", "POST", path, body).await.unwrap();
        let made = made.ok().unwrap().json().unwrap();
        let id = made["FileSystemId"].as_str().unwrap();
        scene.configure(&minimal().replace("cluster", "creation_token = \"theirs\"\n  cluster"));
        scene
            .workspace
            .apply()
            .await
            .expect_error(&format!("creation_token = \"theirs\" belongs to the file system {id}"))
            .expect_error("run terraform import");
        let path = format!("/2015-02-01/file-systems?FileSystemId={id}");
        scene.aws.rest("elasticfilesystem", "GET", &path, "").await.unwrap().ok().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_throughput_rule_fails_at_once_with_the_time() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        scene.settle().await;
        let provisioned = |mibps: &str| {
            minimal().replace(
                "deletion_protection",
                &format!(
                    "throughput_mode = \"provisioned\"\n  provisioned_throughput_in_mibps = \
                     {mibps}\n  deletion_protection"
                ),
            )
        };
        scene.configure(&provisioned("8"));
        scene.settle().await;
        let allowed_at = scene.workspace.attributes(ADDRESS).await["throughput_change_allowed_at"]
            .as_str()
            .unwrap()
            .to_owned();
        let effect = Effect::refuse(429, "TooManyRequests");
        let rule = Fault::on(&scene.account, "efs", "UpdateFileSystem").always().effect(effect);
        let rule = scene.proxy().inject(rule);
        scene.configure(&provisioned("4"));
        let plan = scene.workspace.plan().await;
        assert!(plan.run.says(&format!("the next one is allowed at {allowed_at}")), "{}", plan.run);
        let failed = scene.workspace.apply().await;
        failed.expect_error(&format!("the next one is allowed at {allowed_at}"));
        assert_eq!(scene.proxy().hits(rule), 1, "the rule was retried");
        scene.proxy().remove(rule);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_a_wait_at_once_and_saves_what_exists() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&minimal());
        let creating = Effect::pretend("LifeCycleState", "creating");
        let fault = Fault::on(&scene.account, "efs", "DescribeFileSystems").always();
        let fault = scene.proxy().inject(fault.effect(creating));
        let mut command =
            scene.workspace.command(&["apply", "-no-color", "-input=false", "-auto-approve"]);
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let group = child.id().unwrap();
        until(|| scene.proxy().hits(fault) > 2).await;
        let interrupted = Instant::now();
        let sent = Command::new("kill").args(["-INT", "--", &format!("-{group}")]).status().await;
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        assert!(interrupted.elapsed() < Duration::from_secs(4), "{:?}", interrupted.elapsed());
        let text = String::from_utf8_lossy(&output.stderr).replace(['\n', '│'], " ");
        assert!(text.contains("interrupted"), "{text}");
        scene.proxy().remove(fault);
        let kept = scene.workspace.attributes(ADDRESS).await;
        assert!(kept["id"].as_str().is_some_and(|id| id.starts_with("fs-")), "{kept}");
        scene.settle().await;
        scene.destroy().await;
    }
}

/// Waits for a condition, bounded.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < limit, "it never came true");
        #[allow(clippy::disallowed_methods, reason = "a test that polls the other process")]
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
