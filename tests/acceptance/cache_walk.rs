//! The walk of `officeless_cache`: each kind of cache from creation to destroy, with the calls of a
//! change in their order.

use serde_json::{Value, json};

use crate::cache_scene::{change, state, with};
use crate::scene::{Scene, every_cli};

#[tokio::test(flavor = "multi_thread")]
async fn a_single_instance_grows_into_a_replicated_cache_and_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let single = "node_type = \"cache.t4g.small\"\nsingle_instance = true";
        scene.configure(&with(&scene, single));
        scene.settle().await;
        let created = state(&scene).await;
        assert_eq!(created["status"], json!("complete"));
        assert_eq!(created["replicas_per_node_group_actual"], json!(0));
        assert_eq!(created["automatic_failover_enabled"], json!(false));
        scene.proxy().clear(&scene.account);
        scene.workspace.expect_empty_plan().await;
        let calls = scene.proxy().calls(&scene.account);
        let asked: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
        assert!(asked.len() <= 8, "{asked:?}");
        change(&scene, "node_type = \"cache.t4g.small\"").await;
        let grown = state(&scene).await;
        assert_eq!(grown["id"], created["id"]);
        assert_eq!(grown["replicas_per_node_group_actual"], json!(1));
        assert_eq!(grown["multi_az_enabled"], json!(true));
        change(&scene, single).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_scales_by_hand_and_by_itself() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "node_type = \"cache.r7g.large\"\ncluster_mode = \"enabled\"\n";
        scene.configure(&with(&scene, &format!("{base}num_node_groups = 3")));
        scene.settle().await;
        assert_eq!(state(&scene).await["num_node_groups_actual"], json!(3));
        change(&scene, &format!("{base}num_node_groups = 2\nreplicas_per_node_group = 2")).await;
        assert_eq!(state(&scene).await["member_clusters"].as_array().unwrap().len(), 6);
        let scaling =
            r#"autoscaling = { dimension = "NodeGroups", target_value = 50, min = 2, max = 4 }"#;
        change(&scene, &format!("{base}replicas_per_node_group = 2\n{scaling}")).await;
        change(&scene, &format!("{base}num_node_groups = 2\nreplicas_per_node_group = 1")).await;
        assert_eq!(state(&scene).await["autoscaling"], Value::Null);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_becomes_a_cluster_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "node_type = \"cache.r7g.large\"\n";
        scene.configure(&with(&scene, base));
        scene.settle().await;
        change(&scene, &format!("{base}cluster_mode = \"enabled\"\nnum_node_groups = 2")).await;
        let state = state(&scene).await;
        assert!(state["configuration_endpoint_address"].is_string());
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rotated_in_two_phases_and_users_take_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "node_type = \"cache.r7g.large\"\n";
        let token = |version: i64| {
            format!(
                "{base}auth_token_wo = \"First-Secret-Token-{version}\"\n\
                 auth_token_wo_version = {version}"
            )
        };
        scene.configure(&with(&scene, &token(1)));
        scene.settle().await;
        let caches = scene.proxy().caches(&scene.account, "us-east-1");
        assert_eq!(caches.tokens("app"), ["First-Secret-Token-1"]);
        for version in [2, 3] {
            change(&scene, &token(version)).await;
            assert_eq!(caches.tokens("app"), [format!("First-Secret-Token-{version}")]);
        }
        let users = format!(
            r#"{base}users = {{
    reader = {{ access_string = "on ~* +@read", passwords_wo = ["Reader-Password-1"], passwords_wo_version = 1 }}
    writer = {{ access_string = "on ~app:* +@all", passwords_wo = ["Writer-Password-1", "Writer-Password-2"], passwords_wo_version = 1 }}
    signed = {{ access_string = "on ~* +@all", authentication = "iam" }}
  }}"#
        );
        change(&scene, &users).await;
        assert!(caches.tokens("app").is_empty());
        let fewer = users.replace("on ~* +@read", "on ~app:* +@read").replace(
            "Reader-Password-1\"], passwords_wo_version = 1",
            "Reader-Password-2\"], passwords_wo_version = 2",
        );
        change(&scene, &fewer).await;
        assert_eq!(caches.passwords("app-reader"), ["Reader-Password-2"]);
        let text = serde_json::to_string(&scene.workspace.state().await).unwrap();
        for secret in ["First-Secret", "Reader-Password", "Writer-Password"] {
            assert!(!text.contains(secret), "{secret} is in the state");
        }
        change(&scene, &token(4)).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_comes_in_two_steps_and_goes_the_same_way() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "node_type = \"cache.r7g.large\"\n";
        let off = format!("{base}transit_encryption_enabled = false");
        scene.configure(&with(&scene, &off));
        scene.settle().await;
        change(&scene, base).await;
        assert_eq!(state(&scene).await["transit_encryption_mode"], json!("required"));
        change(&scene, &off).await;
        scene.destroy().await;
    }
}
