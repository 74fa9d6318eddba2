//! Throttling, clocks and credentials that end: what time does to an apply.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use officeless_testbench::{Call, Effect, Fault, Reply};
use serde_json::json;
use tokio::process::Command;

use crate::scene::{CLUSTER, Scene, every_cli};

const ADDRESS: &str = "officeless_shared_storage.this";

fn storage(more: &str) -> String {
    format!(
        "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
         deletion_protection = false\n{more}}}\n"
    )
}

/// One object of each kind that a short apply can make: calls to seven services.
fn of_every_service(account: &str) -> String {
    format!(
        r#"{}
resource "officeless_application_bucket" "this" {{
  bucket = "time-{account}"
}}
resource "officeless_pod_identity" "this" {{
  cluster_name    = "{CLUSTER}"
  namespace       = "time"
  service_account = "app"
  presets         = {{ s3_read = {{ resources = ["arn:aws:s3:::time-{account}"] }} }}
}}
resource "officeless_block_volume" "this" {{
  name                = "volume"
  availability_zone   = "us-east-1a"
  final_snapshot      = false
  deletion_protection = false
}}
resource "officeless_backup_plan" "this" {{
  name = "plan"
}}
"#,
        storage("")
    )
}

impl Scene {
    /// Keys of the account in place of those of a role: they do not end.
    fn work_as_account(&mut self) {
        let key = self.account.clone();
        self.workspace.env("AWS_ACCESS_KEY_ID", &key).env("AWS_SECRET_ACCESS_KEY", "test");
        self.workspace.env("AWS_SESSION_TOKEN", "");
    }

    /// What was signed for about the time of this machine, each as `service:Operation`.
    fn signed_for_this_machine(&self) -> Vec<String> {
        let format =
            time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
        let now = time::OffsetDateTime::now_utc();
        let calls = self.proxy().calls(&self.account);
        let here = calls.iter().filter(|call| {
            let date = call.header("x-amz-date").unwrap();
            let date = time::PrimitiveDateTime::parse(date, format).unwrap().assume_utc();
            (now - date).abs() < time::Duration::minutes(30)
        });
        here.map(|call| format!("{}:{}", call.service, call.operation)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_throttling_at_each_service_is_sat_out() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&of_every_service(&scene.account));
        for (service, operation) in [
            ("efs", "CreateFileSystem"),
            ("s3", "CreateBucket"),
            ("iam", "CreateRole"),
            ("ec2", "CreateVolume"),
            ("eks", "CreatePodIdentityAssociation"),
            ("backup", "CreateBackupVault"),
        ] {
            let fault = Fault::on(&scene.account, service, operation).times(5).same_call();
            scene.proxy().inject(fault.effect(Effect::Throttle));
        }
        scene.settle().await;
        scene.proxy().remove_faults(&scene.account);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_ends_an_operation_with_its_time_and_the_next_one_goes_on() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&storage("  timeouts = { create = \"8s\" }\n"));
        let fault = Fault::on(&scene.account, "efs", "CreateMountTarget").always();
        let fault = scene.proxy().inject(fault.effect(Effect::Throttle));
        let begun = Instant::now();
        scene
            .workspace
            .apply()
            .await
            .expect_error("mount_targets failed")
            .expect_error("ThrottlingException: Rate exceeded")
            .expect_error("What exists now, and is recorded in the state: file system fs-")
            .expect_error("AWS is throttling this account");
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        scene.proxy().remove(fault);
        scene.configure(&storage(""));
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_pauses_of_a_throttled_call() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&storage(""));
        let fault = Fault::on(&scene.account, "efs", "CreateMountTarget").always();
        let fault = scene.proxy().inject(fault.effect(Effect::Throttle));
        let arguments = ["apply", "-no-color", "-input=false", "-auto-approve"];
        let mut command = scene.workspace.command(&arguments);
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let group = child.id().unwrap();
        // By then the pauses are several seconds long.
        until(|| scene.proxy().hits(fault) > 12).await;
        let interrupted = Instant::now();
        let sent = Command::new("kill").args(["-INT", "--", &format!("-{group}")]).status().await;
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        assert!(interrupted.elapsed() < Duration::from_secs(2), "{:?}", interrupted.elapsed());
        assert!(!output.status.success());
        scene.proxy().remove(fault);
        let kept = scene.workspace.attributes(ADDRESS).await;
        assert!(kept["id"].as_str().is_some_and(|id| id.starts_with("fs-")), "{kept}");
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_costs_one_call_of_each_run_of_the_provider() {
    for cli in every_cli() {
        for hours in [1, -1] {
            let mut scene = Scene::new(&cli).await;
            // The emulator holds the role's signatures to its own clock, and the account's to none.
            scene.work_as_account();
            scene.configure(&of_every_service(&scene.account));
            let clock = Effect::Clock(hours * 3600);
            scene.proxy().inject(Fault::every(&scene.account).effect(clock));
            scene.workspace.expect_apply().await;
            scene.workspace.expect_empty_plan().await;
            scene.workspace.expect_destroy().await;
            let here = scene.signed_for_this_machine();
            let runs = scene.proxy().count(&scene.account, "sts", "GetCallerIdentity") / 2;
            assert_eq!(here, vec!["sts:GetCallerIdentity"; runs], "{hours} h, {runs} runs");
            scene.expect_nothing_left().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_calls_may_not_be_repeated_the_error_tells_both_clocks() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.configure(&storage(""));
        scene.work_as_account();
        scene.workspace.env("AWS_MAX_ATTEMPTS", "1");
        scene.proxy().inject(Fault::every(&scene.account).effect(Effect::Clock(3600)));
        scene
            .workspace
            .apply()
            .await
            .expect_error("Wrong Clock")
            .expect_error("this machine's clock shows 20")
            .expect_error("Set this machine's clock right.");
    }
}

/// The keys that STS gave out, and since when.
type Given = Arc<Mutex<Vec<(String, Instant)>>>;

/// AWS ends each session of the provider's role after `length`, and says that it lasts `told`.
fn short_sessions(scene: &Scene, length: Duration, told: Duration) -> Given {
    let given: Given = Arc::default();
    let noted = Arc::clone(&given);
    let note = move |_: &Call, reply: &mut Reply| {
        let text = reply.text();
        let key = text.split("<AccessKeyId>").nth(1).and_then(|rest| rest.split('<').next());
        noted.lock().unwrap().push((key.unwrap().to_owned(), Instant::now()));
        let ends = time::OffsetDateTime::now_utc() + told;
        let ends = ends.format(&time::format_description::well_known::Rfc3339).unwrap();
        reply.set_field("Expiration", &ends);
    };
    let assumed = Fault::on(&scene.account, "sts", "AssumeRole").always();
    scene.proxy().inject(assumed.effect(Effect::rewrite(note)));
    let ended = Arc::clone(&given);
    let has_ended = move |call: &Call| {
        let signed = call.header("authorization").unwrap_or_default();
        let keys = ended.lock().unwrap();
        keys.iter().any(|(key, since)| since.elapsed() > length && signed.contains(key.as_str()))
    };
    let refused = Fault::when(&scene.account, has_ended).always();
    scene.proxy().inject(refused.effect(Effect::Expire));
    given
}

/// How often mount targets are seen on their way: some twenty seconds.
const WAITS: usize = 24;

/// A provider block with a role, on top of keys that do not end.
fn assuming(scene: &mut Scene, resource: &str) {
    scene.work_as_account();
    let account = &scene.account;
    let text = format!(
        "terraform {{\n  required_providers {{\n    officeless = {{ source = \
         \"officeless-platform/officeless\" }}\n  }}\n}}\nprovider \"officeless\" {{\n  \
         assume_role {{\n    role_arn = \"arn:aws:iam::{account}:role/terraform\"\n  }}\n}}\n\
         {resource}"
    );
    scene.workspace.write("main.tf", &text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assumed_role_is_assumed_again_in_the_middle_of_an_apply() {
    // First as STS says it, then earlier than it said, as for a session that was revoked.
    for (length, told) in [(14, 14), (4, 3600)] {
        for cli in every_cli() {
            let mut scene = Scene::new(&cli).await;
            assuming(&mut scene, &storage(""));
            let (length, told) = (Duration::from_secs(length), Duration::from_secs(told));
            let given = short_sessions(&scene, length, told);
            // The mount targets take longer than a session.
            let creating = Effect::pretend("LifeCycleState", "creating");
            let waiting = Fault::on(&scene.account, "efs", "DescribeMountTargets").times(WAITS);
            let waiting = scene.proxy().inject(waiting.effect(creating));
            scene.workspace.expect_apply().await;
            assert_eq!(scene.proxy().hits(waiting), WAITS, "it did not wait");
            let sessions = given.lock().unwrap().len();
            assert!(sessions >= 3, "{sessions} sessions for a plan and an apply");
            scene.workspace.expect_empty_plan().await;
            scene.destroy().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_nothing_renews_end_the_apply_and_new_ones_finish_it() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.configure(&storage(""));
        let [key, ..] = scene.credentials();
        let old = move |call: &Call| {
            call.header("authorization").is_some_and(|signed| signed.contains(key.as_str()))
        };
        // From the first mount target on.
        let begun = Arc::new(Mutex::new(false));
        let ended = Fault::when(&scene.account, move |call| {
            let mut begun = begun.lock().unwrap();
            *begun |= call.operation == "CreateMountTarget";
            *begun && old(call)
        });
        let ended = scene.proxy().inject(ended.always().effect(Effect::Expire));
        scene
            .workspace
            .apply()
            .await
            .expect_error("mount_targets failed")
            .expect_error("ExpiredTokenException: The security token included in the request is")
            .expect_error("What exists now, and is recorded in the state: file system fs-")
            .expect_error("The credentials that Terraform runs with have expired: get new ones.")
            .expect_error("apply");
        let first = scene.workspace.attributes(ADDRESS).await;
        assert_eq!(first["status"], json!("incomplete"));
        assert!(scene.proxy().hits(ended) <= 12, "{} calls", scene.proxy().hits(ended));
        scene
            .workspace
            .apply()
            .await
            .expect_error("Expired AWS Credentials")
            .expect_error("get new ones");
        scene.renew_credentials().await;
        scene.settle().await;
        scene.destroy().await;
    }
}

/// Waits for a condition, bounded.
async fn until(mut condition: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_mins(1);
    while !condition() {
        assert!(Instant::now() < limit, "it never came true");
        #[allow(clippy::disallowed_methods, reason = "a test that polls the other process")]
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
