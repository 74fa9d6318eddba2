//! What `officeless_application_bucket` does with what it holds, and what it refuses when planned.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use officeless_testbench::{Effect, Fault};

use crate::scene::{CLUSTER, Scene, every_cli};

const ADDRESS: &str = "officeless_application_bucket.this";

impl Scene {
    fn app(&self) -> String {
        format!("data-{}", self.account)
    }

    fn app_bucket(&self, attributes: &str) {
        self.configure(&format!(
            "resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"{}\"\n\
             {attributes}\n}}\n",
            self.app()
        ));
    }

    async fn object(&self, method: &str, path: &str, body: &str) {
        let path = format!("/{}{path}", self.app());
        self.aws.rest("s3", method, &path, body).await.unwrap().ok().unwrap();
    }

    /// 2,500 versions and delete markers: keys written twice, some of them deleted afterwards.
    async fn fill(&self) {
        let keys: Vec<String> = (0..1_000).map(|number| format!("in/{number:04}")).collect();
        for chunk in keys.chunks(50) {
            for _ in 0..2 {
                let writes = chunk.iter().map(|key| self.object_owned(key));
                futures(writes.collect()).await;
            }
        }
        let mut list = String::from("<Delete>");
        for key in keys.iter().take(500) {
            let _ = write!(list, "<Object><Key>{key}</Key></Object>");
        }
        list.push_str("</Delete>");
        self.object("POST", "?delete", &list).await;
    }

    fn object_owned(&self, key: &str) -> tokio::task::JoinHandle<()> {
        let (aws, path) = (self.aws.clone(), format!("/{}/{key}", self.app()));
        tokio::spawn(async move {
            aws.rest("s3", "PUT", &path, "x").await.unwrap().ok().unwrap();
        })
    }

    async fn versions(&self) -> usize {
        let (mut count, mut marker) = (0, String::new());
        loop {
            let path = format!("/{}?versions&max-keys=1000{marker}", self.app());
            let answer = self.aws.rest("s3", "GET", &path, "").await.unwrap();
            if answer.status == 404 {
                return count;
            }
            let answer = answer.ok().unwrap();
            count += answer.body.matches("<VersionId>").count();
            if answer.xml("IsTruncated") != Some("true") {
                return count;
            }
            let key = answer.xml("NextKeyMarker").unwrap().replace('/', "%2F");
            let version = answer.xml("NextVersionIdMarker").unwrap();
            marker = format!("&key-marker={key}&version-id-marker={version}");
        }
    }
}

async fn futures(handles: Vec<tokio::task::JoinHandle<()>>) {
    for handle in handles {
        handle.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_and_a_half_thousand_versions_go_in_batches() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.app_bucket("versioning = \"Enabled\"");
        scene.settle().await;
        scene.fill().await;
        assert_eq!(scene.versions().await, 2_500);
        scene.workspace.destroy().await.expect_error("force_destroy = false, so nothing in it");
        assert_eq!(scene.versions().await, 2_500);
        scene.app_bucket("versioning = \"Enabled\"\n  force_destroy = true");
        scene.workspace.expect_apply().await;
        scene.mutations();
        scene.workspace.expect_destroy().await;
        // By their bodies: one whose connection broke is sent again.
        let calls = scene.proxy().mutating_calls(&scene.account).into_iter();
        let batches = calls.filter(|call| call.operation == "DeleteObjects");
        let batches: BTreeSet<Vec<u8>> = batches.map(|call| call.request_body).collect();
        assert_eq!(batches.len(), 3);
        assert_eq!(scene.versions().await, 0);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_destroy_goes_on_where_it_stopped() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.app_bucket("versioning = \"Enabled\"\n  force_destroy = true");
        scene.settle().await;
        scene.fill().await;
        // The second batch and those after it do not come to an end.
        let slow = Fault::on(&scene.account, "s3", "DeleteObjects").skip(1).always();
        let slow = scene.proxy().inject(slow.effect(Effect::Delay(Duration::from_mins(1))));
        let mut command = scene.workspace.command(&["destroy", "-auto-approve", "-input=false"]);
        let mut child = command.spawn().unwrap();
        let group = child.id().unwrap();
        let limit = Instant::now() + Duration::from_mins(1);
        while scene.proxy().hits(slow) == 0 || scene.versions().await == 2_500 {
            assert!(Instant::now() < limit, "no batch was deleted");
        }
        let kill = ["-KILL", "--", &format!("-{group}")];
        assert!(tokio::process::Command::new("kill").args(kill).status().await.unwrap().success());
        child.wait().await.unwrap();
        scene.proxy().remove(slow);
        let left = scene.versions().await;
        assert!(left > 0 && left < 2_500, "{left} versions are left");
        // The killed command could not take its lock away.
        let _ = std::fs::remove_file(scene.workspace.path().join(".terraform.tfstate.lock.info"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn locked_versions_stay_for_their_time() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let locked = |further: &str| {
            format!(
                "force_destroy = true\n  object_lock = {{ mode = \"GOVERNANCE\", days = 9 \
                 }}\n  {further}"
            )
        };
        scene.app_bucket(&locked(""));
        scene.settle().await;
        scene.object("PUT", "/contract", "x").await;
        scene
            .workspace
            .destroy()
            .await
            .expect_error("locked in mode GOVERNANCE, until")
            .expect_error("Set bypass_governance_retention = true");
        scene.app_bucket(&locked("bypass_governance_retention = true"));
        scene.workspace.expect_apply().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_says_until_when() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.app_bucket(
            "force_destroy = true\n  bypass_governance_retention = true\n  object_lock = { mode = \
             \"COMPLIANCE\", days = 1 }",
        );
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("the account's root included"), "{}", plan.run);
        scene.settle().await;
        scene.object("PUT", "/contract", "x").await;
        scene
            .workspace
            .destroy()
            .await
            .expect_error("locked in mode COMPLIANCE, until 20")
            .expect_error("Nobody can delete them before");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let account = &scene.account;
        let unversioned = format!("unversioned-{account}");
        scene.aws.rest("s3", "PUT", &format!("/{unversioned}"), "").await.unwrap().ok().unwrap();
        let access = "access = { web = { namespace = \"shop\", service_account = \"web\", level = \
                      \"read\" } }";
        let refused = [
            (access.to_owned(), "access needs the cluster whose service accounts it names"),
            (
                format!(
                    "replication = {{ destination_bucket_arn = \"arn:aws:s3:::{unversioned}\" }}"
                ),
                "replication needs versioning to be Enabled on both ends, and it is Disabled there",
            ),
            (
                format!(
                    "bucket_namespace = \"account-regional\"\n  # {account}\n  tags = {{ \"aws:x\" = \"y\" }}"
                ),
                "which AWS reserves",
            ),
        ];
        for (attributes, sentence) in refused {
            scene.app_bucket(&attributes);
            scene.workspace.plan().await.run.expect_error(sentence);
        }
        let missing = "replication = { destination_bucket_arn = \"arn:aws:s3:::none-such-here\" }";
        scene.app_bucket(missing);
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("there is no such bucket yet"), "{}", plan.run);
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_stay_in_allowed_regions() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let far = format!("far-{}", scene.account);
        let body = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                    <LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
        let west =
            officeless_testbench::Aws::new(&scene.proxy().url(), &scene.account, "eu-west-1");
        west.rest("s3", "PUT", &format!("/{far}"), body).await.unwrap().ok().unwrap();
        scene
            .workspace
            .write(
                "main.tf",
                &format!(
                    "terraform {{\n  required_providers {{\n    officeless = {{ source = \
                     \"officeless-platform/officeless\" }}\n  }}\n}}\nprovider \"officeless\" {{\n  \
                     allowed_regions = [\"us-east-1\"]\n}}\n\
                     resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"{}\"\n  \
                     replication = {{ destination_bucket_arn = \"arn:aws:s3:::{far}\" }}\n}}\n",
                    scene.app()
                ),
            )
            .unwrap();
        let failed = scene.workspace.plan().await.run.expect_error("eu-west-1");
        assert!(failed.says("allowed_regions"), "{failed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_others_is_never_taken_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.object("PUT", "", "").await;
        scene.app_bucket("");
        scene.workspace.plan().await.run.expect_error("was not made by this provider");
        scene.object("DELETE", "", "").await;
        let other = scene.aws.as_account("999999999999");
        other.rest("s3", "PUT", &format!("/{}", scene.app()), "").await.unwrap().ok().unwrap();
        scene.workspace.plan().await.run.expect_error("belongs to another account");
        other.rest("s3", "DELETE", &format!("/{}", scene.app()), "").await.unwrap().ok().unwrap();
        let role = format!("{}-web", scene.app());
        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let role = [("RoleName", role.as_str()), ("AssumeRolePolicyDocument", trust)];
        scene.aws.query("iam", "CreateRole", &role).await.unwrap().ok().unwrap();
        scene.app_bucket(&format!(
            "cluster_name = \"{CLUSTER}\"\n  access = {{ web = {{ namespace = \"shop\", \
             service_account = \"web\", level = \"read\" }} }}"
        ));
        scene.workspace.plan().await.run.expect_error("Role Name Taken");
        assert_eq!(scene.workspace.attributes(ADDRESS).await, serde_json::Value::Null);
    }
}
