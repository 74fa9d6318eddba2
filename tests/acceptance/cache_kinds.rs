//! What only some caches have: a customer's key, disks, two kinds of addresses, a snapshot they
//! start from, a user group of other hands, changes that wait for their window.

use officeless_testbench::create_kms_key;
use serde_json::{Value, json};

use crate::cache_scene::{ADDRESS, NODES, calm, change, elsewhere, state, with};
use crate::scene::{REGION, Scene, every_cli};

/// Applies the first time; the plan after it is empty.
async fn made(scene: &Scene, attributes: &str) -> Value {
    scene.configure(&with(scene, attributes));
    scene.settle().await;
    state(scene).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_cache_has_a_key_of_the_customer() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        let keyed =
            format!("{NODES}data_classification = \"restricted\"\nkms_key_arn = \"{key}\"\n");
        let created = made(&scene, &keyed).await;
        assert_eq!(created["storage_encryption_type"], json!("sse-kms"));
        assert_eq!(created["kms_key_arn"], json!(key));
        scene.configure(&with(&scene, NODES));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.change(ADDRESS)["replace_paths"], json!([["kms_key_arn"]]));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_with_disks_and_two_kinds_of_addresses_changes_what_it_tells() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let dual = "node_type = \"cache.r6gd.xlarge\"\ndata_tiering_enabled = true\nnetwork_type = \
                    \"dual_stack\"\n";
        let created = made(&scene, dual).await;
        assert_eq!(created["ip_discovery"], json!("ipv4"));
        assert_eq!(created["data_tiering_enabled"], json!(true));
        change(&scene, &format!("{dual}ip_discovery = \"ipv6\"\n")).await;
        let changed = state(&scene).await;
        assert_eq!((&changed["ip_discovery"], &changed["arn"]), (&json!("ipv6"), &created["arn"]));
        scene.configure(&with(&scene, &dual.replace("dual_stack", "ipv4")));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.change(ADDRESS)["replace_paths"], json!([["network_type"]]));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_starts_from_a_snapshot_and_forgets_where_it_came_from() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let first = made(&scene, NODES).await;
        let named = [("ReplicationGroupId", "app"), ("SnapshotName", "nightly")];
        elsewhere(&scene, "CreateSnapshot", &named).await;
        calm(&scene).await;
        elsewhere(&scene, "DescribeSnapshots", &[]).await;
        let restored = format!("{NODES}snapshot_name = \"nightly\"\n");
        scene.configure(&with(&scene, &restored));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.change(ADDRESS)["replace_paths"], json!([["snapshot_name"]]));
        scene.proxy().clear(&scene.account);
        scene.workspace.apply_plan().await.expect_ok();
        let calls = scene.proxy().mutating_calls(&scene.account);
        let create = calls.iter().find(|call| call.operation == "CreateReplicationGroup").unwrap();
        assert_eq!(create.form_value("SnapshotName").as_deref(), Some("nightly"));
        scene.workspace.expect_empty_plan().await;
        scene.mutations();
        change(&scene, NODES).await;
        assert!(scene.mutations().is_empty(), "AWS is asked nothing");
        assert_eq!(state(&scene).await["id"], first["id"]);
        scene.configure(&with(&scene, &format!("{NODES}snapshot_name = \"nowhere\"\n")));
        let run = scene.workspace.apply().await;
        run.expect_error("Creating cache \"app\": replication_group failed");
        scene.configure(&with(&scene, NODES));
        scene.destroy().await;
    }
}

/// A user group of other hands.
async fn user_group(scene: &Scene, name: &str) {
    let user = format!("{name}-default");
    let made = [
        ("UserId", &*user),
        ("UserName", "default"),
        ("Engine", "valkey"),
        ("AccessString", "on ~* +@read"),
        ("Passwords.member.1", "Foreign-Password-1"),
    ];
    elsewhere(scene, "CreateUser", &made).await;
    let made = [("UserGroupId", name), ("Engine", "valkey"), ("UserIds.member.1", &user)];
    elsewhere(scene, "CreateUserGroup", &made).await;
    free(scene, name).await;
}

/// Looks at a user group until it is busy no more: nobody else looks, and the double counts looks.
async fn free(scene: &Scene, name: &str) {
    for _ in 0..3 {
        elsewhere(scene, "DescribeUserGroups", &[("UserGroupId", name)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_group_of_other_hands_is_attached_and_stays() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        user_group(&scene, "one").await;
        user_group(&scene, "two").await;
        let grouped = |name: &str| format!("{NODES}user_group_ids = [\"{name}\"]\n");
        let created = made(&scene, &grouped("one")).await;
        assert_eq!(created["user_group_id"], Value::Null, "none of its own");
        change(&scene, &grouped("two")).await;
        scene.configure(&with(&scene, NODES));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("No user and no token is left"), "{}", plan.run);
        scene.workspace.apply_plan().await.expect_ok();
        scene.workspace.expect_empty_plan().await;
        free(&scene, "one").await;
        change(&scene, &grouped("one")).await;
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        scene.workspace.expect_destroy().await;
        for name in ["one", "two"] {
            free(&scene, name).await;
            elsewhere(&scene, "DeleteUserGroup", &[("UserGroupId", name)]).await;
            for _ in 0..3 {
                elsewhere(&scene, "DescribeUserGroups", &[]).await;
            }
            elsewhere(&scene, "DeleteUser", &[("UserId", &format!("{name}-default"))]).await;
            for _ in 0..3 {
                elsewhere(&scene, "DescribeUsers", &[]).await;
            }
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_window_is_no_drift() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let sized = |node_type: &str, version: &str| {
            format!("node_type = \"cache.{node_type}\"\nengine_version = \"{version}\"\n")
        };
        let created = made(&scene, &sized("r7g.large", "8.0")).await;
        change(&scene, &sized("r7g.xlarge", "8.1")).await;
        scene.workspace.expect_apply().await;
        let waiting = state(&scene).await;
        assert_eq!(waiting["node_type"], json!("cache.r7g.xlarge"));
        assert_eq!(waiting["engine_version_actual"], json!("8.0.1"));
        let pending = &waiting["pending_modified_values"];
        assert_eq!(pending["CacheNodeType"], json!("cache.r7g.xlarge"));
        assert!(pending["EngineVersion"].as_str().unwrap().starts_with("8.1"), "{pending}");
        scene.proxy().caches(&scene.account, REGION).maintain("app");
        calm(&scene).await;
        scene.workspace.expect_apply().await;
        scene.workspace.expect_empty_plan().await;
        let after = state(&scene).await;
        assert_eq!(after["engine_version_actual"], json!("8.1.0"));
        assert_eq!(after["pending_modified_values"], json!({}));
        assert_eq!(after["arn"], created["arn"]);
        scene.destroy().await;
    }
}
