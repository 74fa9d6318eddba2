//! Snapshots under way, and the ends a cache can come to.

use serde_json::json;

use crate::cache_scene::{ADDRESS, NODES, calm, elsewhere, state, with};
use crate::scene::{REGION, Scene, every_cli};

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_under_way_holds_nothing_up_and_loses_no_tags() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, &format!("{NODES}tags = {{ team = \"web\" }}")));
        scene.settle().await;
        let caches = scene.proxy().caches(&scene.account, REGION);
        caches.changes_take(1_000);
        let named = [("ReplicationGroupId", "app"), ("SnapshotName", "nightly")];
        elsewhere(&scene, "CreateSnapshot", &named).await;
        scene.proxy().clear(&scene.account);
        scene.workspace.expect_empty_plan().await;
        let looks = scene.proxy().count(&scene.account, "elasticache", "DescribeReplicationGroups");
        assert_eq!(looks, 1, "the refresh waited");
        let refused = scene.proxy().calls(&scene.account);
        let refused = refused.iter().find(|call| call.operation == "ListTagsForResource").unwrap();
        assert_eq!(refused.status, Some(400), "AWS tells no tags during a snapshot");
        let refresh = ["apply", "-refresh-only", "-auto-approve", "-no-color", "-input=false"];
        scene.workspace.run(&refresh).await.expect_ok();
        assert_eq!(state(&scene).await["tags"], json!({ "team": "web" }));
        caches.changes_take(1);
        calm(&scene).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_snapshot_is_taken_under_a_name_that_is_free() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let last = |name: &str| format!("{NODES}final_snapshot_identifier = \"{name}\"");
        scene.configure(&with(&scene, &last("taken")));
        scene.settle().await;
        let named = [("ReplicationGroupId", "app"), ("SnapshotName", "taken")];
        elsewhere(&scene, "CreateSnapshot", &named).await;
        calm(&scene).await;
        scene.workspace.destroy().await.expect_error(
            "Set final_snapshot_identifier to a name that is free and apply, or delete the snapshot \
             of that name.",
        );
        scene.configure(&with(&scene, &last("app-last")));
        scene.settle().await;
        scene.destroy().await;
        let snapshots = elsewhere(&scene, "DescribeSnapshots", &[]).await;
        assert!(snapshots.contains("<SnapshotName>app-last</SnapshotName>"), "{snapshots}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_fails_says_why_and_is_made_anew() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = "Insufficient capacity for cache.r7g.large in us-east-1a";
        scene.proxy().caches(&scene.account, REGION).fail_creation(text);
        let named = format!("{NODES}final_snapshot_identifier = \"app-last\"");
        scene.configure(&with(&scene, &named));
        scene
            .workspace
            .apply()
            .await
            .expect_error("Creating cache \"app\": replication_group failed")
            .expect_error(text);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["status"], json!("complete"));
        let snapshots = elsewhere(&scene, "DescribeSnapshots", &[]).await;
        assert!(!snapshots.contains("app-last"), "what failed has nothing to keep");
        scene.destroy().await;
    }
}
