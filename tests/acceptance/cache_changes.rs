//! Several changes at once: in the stated order, and finished in place when one of them fails.

use officeless_testbench::{Effect, Fault};
use serde_json::{Value, json};

use crate::cache_scene::{ADDRESS, NODES, change, elsewhere, state, step, steps, tokens, with};
use crate::scene::{Scene, every_cli};

fn sized(shards: u32, replicas: u32, version: &str, token: u32) -> String {
    format!(
        "{NODES}cluster_mode = \"enabled\"\nnum_node_groups = {shards}\nreplicas_per_node_group = \
         {replicas}\nengine_version = \"{version}\"\nauth_token_wo = \"Sized-Secret-Token-{token}\"\n\
         auth_token_wo_version = {token}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_at_once_is_made_in_the_stated_order() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, &sized(2, 1, "7.2", 1)));
        scene.settle().await;
        steps(&scene);
        scene.configure(&with(&scene, &sized(3, 2, "8.0", 2)));
        scene.workspace.expect_apply().await;
        let grown = ["shards", "replicas up", "settings", "token in", "token alone"];
        assert_eq!(steps(&scene), grown);
        scene.workspace.expect_empty_plan().await;
        scene.configure(&with(&scene, &sized(2, 1, "8.1", 3)));
        scene.workspace.expect_apply().await;
        let shrunk = ["shards", "settings", "token in", "token alone", "replicas down"];
        assert_eq!(steps(&scene), shrunk);
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_configured_no_more_is_that_of_aws_again() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let parameters = |others: &str| {
            format!("{NODES}parameters = {{\n  maxmemory-policy = \"allkeys-lru\"\n{others}}}\n")
        };
        scene.configure(&with(&scene, &parameters("  timeout = \"300\"\n")));
        scene.settle().await;
        let group = state(&scene).await["parameter_group_name"].as_str().unwrap().to_owned();
        scene.mutations();
        change(&scene, &parameters("")).await;
        let calls = scene.mutations();
        let reset = calls.iter().any(|call| call == "elasticache:ResetCacheParameterGroup");
        assert!(reset, "{calls:?}");
        let asked = [("CacheParameterGroupName", group.as_str()), ("Source", "user")];
        let told = elsewhere(&scene, "DescribeCacheParameters", &asked).await;
        assert!(told.contains("maxmemory-policy") && !told.contains("timeout"), "{told}");
        scene.destroy().await;
    }
}

/// The step is refused on the way to another configuration: what was done before it is kept, and the
/// next apply begins with it, in place.
async fn breaks_off(scene: &Scene, broken: &'static str, wanted: &str) {
    let before = state(scene).await;
    let refused = Fault::when(&scene.account, move |call| step(call) == Some(broken))
        .always()
        .effect(Effect::refuse(403, "AccessDenied"));
    let fault = scene.proxy().inject(refused);
    scene.configure(&with(scene, wanted));
    steps(scene);
    scene.workspace.apply().await.expect_error("refused by the test bench");
    assert!(scene.proxy().hits(fault) > 0, "{broken} was not reached");
    assert!(!steps(scene).is_empty(), "{broken} was the first step");
    assert_eq!(state(scene).await["status"], json!("incomplete"), "{broken}");
    scene.proxy().remove(fault);
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"], "{broken}");
    steps(scene);
    scene.workspace.apply_plan().await.expect_ok();
    assert_eq!(steps(scene).first(), Some(&broken), "what was done is not done again");
    scene.workspace.expect_empty_plan().await;
    let after = state(scene).await;
    assert_eq!((&after["arn"], &after["status"]), (&before["arn"], &json!("complete")), "{broken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_breaks_off_is_finished_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, &sized(2, 1, "7.2", 1)));
        scene.settle().await;
        for (broken, wanted) in [
            ("replicas up", sized(3, 2, "8.0", 2)),
            ("settings", sized(2, 1, "8.1", 3)),
            ("token in", sized(3, 2, "8.2", 4)),
            ("replicas down", sized(2, 1, "9.0", 5)),
            ("token alone", sized(3, 2, "9.1", 6)),
        ] {
            breaks_off(&scene, broken, &wanted).await;
        }
        assert_eq!(tokens(&scene), ["Sized-Secret-Token-6"]);
        scene.destroy().await;
    }
}

/// A cluster whose users sign in over TLS.
const GUARDED: &str = "cluster_mode = \"enabled\"\nnum_node_groups = 2\nusers = {\n  app = { \
                       access_string = \"on ~* +@all\", passwords_wo = [\"Guarded-Password-1\"], \
                       passwords_wo_version = 1 }\n}\n";

#[tokio::test(flavor = "multi_thread")]
async fn tls_comes_before_users_and_goes_after_them() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let plain = format!("{NODES}transit_encryption_enabled = false\n");
        scene.configure(&with(&scene, &plain));
        scene.settle().await;
        let created = state(&scene).await;
        steps(&scene);
        change(&scene, &format!("{NODES}{GUARDED}")).await;
        let wanted = [
            "mode compatible",
            "mode enabled",
            "shards",
            "TLS preferred",
            "TLS required",
            "users in",
        ];
        assert_eq!(steps(&scene), wanted);
        let shards = "cluster_mode = \"enabled\"\nnum_node_groups = 2\n";
        change(&scene, &format!("{plain}{shards}")).await;
        assert_eq!(steps(&scene), ["users out", "TLS preferred", "TLS off"]);
        let after = state(&scene).await;
        assert_eq!((&after["arn"], &after["user_group_id"]), (&created["arn"], &Value::Null));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_to_users_that_breaks_off_is_finished_in_place() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let plain = format!("{NODES}transit_encryption_enabled = false\n");
        for broken in ["mode enabled", "shards", "TLS preferred", "TLS required", "users in"] {
            scene.configure(&with(&scene, &plain));
            scene.workspace.expect_apply().await;
            breaks_off(&scene, broken, &format!("{NODES}{GUARDED}")).await;
            scene.workspace.expect_destroy().await;
        }
        scene.destroy().await;
    }
}
