//! Much at once, and two at once.

use officeless_testbench::{Workspace, leftovers};
use serde_json::json;

use crate::scene::{CLUSTER, PROVIDER, Scene, every_cli};

/// Fifty objects of four kinds that do not wait for each other.
fn fifty(account: &str) -> String {
    format!(
        r#"
resource "officeless_block_volume" "this" {{
  count               = 15
  name                = "volume-${{count.index}}"
  availability_zone   = "us-east-1a"
  final_snapshot      = false
  deletion_protection = false
}}
resource "officeless_application_bucket" "this" {{
  count  = 15
  bucket = "many-{account}-${{count.index}}"
}}
resource "officeless_pod_identity" "this" {{
  count           = 15
  cluster_name    = "{CLUSTER}"
  namespace       = "many"
  service_account = "app-${{count.index}}"
  presets         = {{ s3_read = {{ resources = ["arn:aws:s3:::many-{account}-${{count.index}}"] }} }}
}}
resource "officeless_backup_plan" "this" {{
  count = 5
  name  = "plan-${{count.index}}"
}}
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_objects_come_and_go_at_once() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&fifty(&scene.account));
        let at_once = "-parallelism=50";
        let apply = ["apply", "-no-color", "-input=false", "-auto-approve", at_once];
        scene.workspace.run(&apply).await.expect_ok();
        scene.workspace.plan_with(&[at_once]).await.expect_empty();
        let state = scene.workspace.state().await;
        let made = state["values"]["root_module"]["resources"].as_array().unwrap();
        assert_eq!(made.len(), 50);
        assert!(made.iter().all(|one| one["values"]["status"] == json!("complete")));
        let destroy = ["destroy", "-no-color", "-input=false", "-auto-approve", at_once];
        scene.workspace.run(&destroy).await.expect_ok();
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert!(left.is_empty(), "destroy left {left:?}");
    }
}

/// One object of each kind, with a name that two configurations may share, and what the second is told.
fn shared(account: &str) -> [(&'static str, String, &'static str); 5] {
    [
        (
            "officeless_shared_storage",
            format!(
                "creation_token = \"shared\"\n  cluster_name = \"{CLUSTER}\"\n  deletion_protection = false"
            ),
            "exists",
        ),
        ("officeless_application_bucket", format!("bucket = \"shared-{account}\""), "exists"),
        (
            "officeless_observability_buckets",
            format!("name_prefix = \"shared{account}\"\n  components = [\"tempo\"]"),
            "exists",
        ),
        (
            "officeless_pod_identity",
            format!(
                "cluster_name = \"{CLUSTER}\"\n  namespace = \"a\"\n  service_account = \"b\"\n  \
                 presets = {{ s3_read = {{ resources = [\"arn:aws:s3:::c\"] }} }}"
            ),
            "exists",
        ),
        ("officeless_backup_plan", "name = \"shared\"".to_owned(), "exists"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_workspaces_with_one_name_the_second_is_refused() {
    for cli in every_cli() {
        for index in 0..5 {
            let scene = Scene::new(&cli).await;
            let (type_name, attributes, sentence) = shared(&scene.account)[index].clone();
            let text = format!("resource \"{type_name}\" \"this\" {{\n  {attributes}\n}}\n");
            scene.configure(&text);
            scene.settle().await;
            let url = scene.proxy().url();
            let second = Workspace::new(&cli, PROVIDER.as_ref(), &url, &scene.account).unwrap();
            second.write_main(&text).unwrap();
            scene.proxy().clear(&scene.account);
            second.apply().await.expect_error(sentence);
            let mut changed = scene.proxy().mutating_calls(&scene.account);
            changed.retain(|call| call.status.is_none_or(|status| status < 300));
            assert!(changed.is_empty(), "{type_name}: the second changed {changed:?}");
            assert!(second.attributes(&format!("{type_name}.this")).await.is_null());
            scene.workspace.expect_empty_plan().await;
            scene.destroy().await;
        }
    }
}
