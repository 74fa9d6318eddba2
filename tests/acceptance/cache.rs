//! `officeless_cache` through its whole life, in the forms it is built in.

use serde_json::{Value, json};

use crate::scene::{Scene, every_cli};

const ADDRESS: &str = "officeless_cache.this";
const NAME: &str = "sessions";

/// A cache in the subnets of the seeded cluster, with these attributes besides.
fn with(scene: &Scene, attributes: &str) -> String {
    let subnets: Vec<&str> = scene.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
    format!(
        "resource \"officeless_cache\" \"this\" {{\n  name = \"{NAME}\"\n  subnet_ids = \
         {subnets:?}\n{attributes}\n}}\n"
    )
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

/// Applies a change that must be planned in place, and must leave nothing to do.
async fn change(scene: &Scene, attributes: &str) -> Value {
    let before = state(scene).await;
    scene.configure(&with(scene, attributes));
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"], "{attributes}");
    scene.settle().await;
    let after = state(scene).await;
    assert_eq!(after["arn"], before["arn"]);
    assert_eq!(after["status"], json!("complete"));
    after
}

/// Plans a replacement and makes it.
async fn replace(scene: &Scene, attributes: &str) {
    scene.configure(&with(scene, attributes));
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["delete", "create"], "{attributes}");
    scene.settle().await;
}

/// Forgets the state and takes the cache back by its id.
async fn import(scene: &Scene) {
    scene.workspace.forget_state().unwrap();
    scene.workspace.expect_import(ADDRESS, NAME).await;
    scene.workspace.expect_empty_plan().await;
}

/// Somebody else changes the replication group; the next plan repairs it in place.
async fn drift(scene: &Scene, parameters: &[(&str, &str)]) {
    let mut all = vec![("ReplicationGroupId", NAME), ("ApplyImmediately", "true")];
    all.extend_from_slice(parameters);
    scene.aws.query("elasticache", "ModifyReplicationGroup", &all).await.unwrap().ok().unwrap();
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"], "{parameters:?}");
    scene.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_instance_through_its_life() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "node_type = \"cache.t4g.small\"\nsingle_instance = true\napply_immediately = true";
        scene.configure(&with(&scene, base));
        assert_eq!(scene.workspace.plan().await.run.code, Some(2));
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let created = state(&scene).await;
        assert_eq!(created["num_node_groups_actual"], json!(1));
        assert_eq!(created["replicas_per_node_group_actual"], json!(0));
        assert_eq!(created["storage_encryption_type"], json!("sse-elasticache"));
        assert!(created["connection_url"].as_str().unwrap().starts_with("rediss://"));
        assert!(created["security_group_id"].is_string());
        change(&scene, &base.replace("t4g.small", "t4g.medium")).await;
        let full = format!(
            "{base}\ndescription = \"user sessions\"\nparameters = {{ maxmemory-policy = \
             \"allkeys-lru\" }}\nsnapshot_retention_limit = 3\nsnapshot_window = \
             \"03:00-04:00\"\nmaintenance_window = \"sun:05:00-sun:06:00\"\ntags = {{ team = \
             \"web\" }}\nallowed_cidr_blocks = [\"10.42.0.0/16\"]\nauto_minor_version_upgrade = \
             false\nnotification_topic_arn = \"arn:aws:sns:us-east-1:{}:caches\"\nlog_delivery = \
             {{ slow-log = {{ destination_type = \"cloudwatch-logs\", destination = \
             \"/caches/slow\", format = \"json\" }} }}",
            scene.account
        );
        let changed = change(&scene, &full).await;
        assert_ne!(changed["parameter_group_name"], created["parameter_group_name"]);
        import(&scene).await;
        drift(&scene, &[("ReplicationGroupDescription", "somebody else's")]).await;
        drift(&scene, &[("SnapshotRetentionLimit", "9")]).await;
        drift(&scene, &[("SnapshotWindow", "08:00-09:00")]).await;
        drift(&scene, &[("PreferredMaintenanceWindow", "mon:05:00-mon:06:00")]).await;
        drift(&scene, &[("AutoMinorVersionUpgrade", "true")]).await;
        let open = &scene.seeded.cluster_security_group_id;
        drift(&scene, &[("SecurityGroupIds.SecurityGroupId.1", open)]).await;
        change(&scene, base).await;
        replace(&scene, &format!("{base}\nport = 6390")).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_in_several_zones_through_their_life() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let group = scene.seeded.cluster_security_group_id.clone();
        let base = format!(
            "node_type = \"cache.r7g.large\"\nreplicas_per_node_group = 2\n\
             allowed_security_group_ids = [\"{group}\"]\napply_immediately = true\n\
             engine_version = \"8.0\""
        );
        scene.configure(&with(&scene, &base));
        scene.settle().await;
        let created = state(&scene).await;
        assert_eq!(created["member_clusters"].as_array().unwrap().len(), 3);
        assert_eq!(created["multi_az_enabled"], json!(true));
        assert_eq!(created["automatic_failover_enabled"], json!(true));
        assert!(created["reader_endpoint_address"].is_string());
        let fewer = base.replace("replicas_per_node_group = 2", "replicas_per_node_group = 1");
        let after = change(&scene, &fewer).await;
        assert_eq!(after["replicas_per_node_group_actual"], json!(1));
        change(&scene, &base).await;
        let upgraded = change(&scene, &base.replace("8.0", "8.2")).await;
        assert!(upgraded["engine_version_actual"].as_str().unwrap().starts_with("8.2"));
        let base = base.replace("8.0", "8.2");
        change(&scene, &format!("{base}\nmulti_az_enabled = false")).await;
        change(
            &scene,
            &format!("{base}\nmulti_az_enabled = false\nautomatic_failover_enabled = false"),
        )
        .await;
        change(&scene, &base).await;
        import(&scene).await;
        drift(&scene, &[("MultiAZEnabled", "false")]).await;
        let tags = [
            ("ResourceName", created["arn"].as_str().unwrap()),
            ("Tags.Tag.1.Key", "team"),
            ("Tags.Tag.1.Value", "somebody else"),
        ];
        let tagged = scene.aws.query("elasticache", "AddTagsToResource", &tags).await.unwrap();
        tagged.ok().unwrap();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        replace(&scene, &base.replace("8.2", "8.1")).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_shards_that_scale_themselves_through_their_life() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "node_type = \"cache.r7g.large\"\ncluster_mode = \"enabled\"\n\
                    apply_immediately = true\nreplicas_per_node_group = 1";
        scene.configure(&with(&scene, &format!("{base}\nnum_node_groups = 3")));
        scene.settle().await;
        let created = state(&scene).await;
        assert_eq!(created["num_node_groups_actual"], json!(3));
        assert!(created["configuration_endpoint_address"].is_string());
        change(&scene, &format!("{base}\nnum_node_groups = 4")).await;
        change(&scene, &format!("{base}\nnum_node_groups = 3")).await;
        let scaling = |target: u32| {
            format!(
                "{base}\nautoscaling = {{ dimension = \"NodeGroups\", target_value = {target}, min \
                 = 2, max = 6 }}"
            )
        };
        change(&scene, &scaling(50)).await;
        change(&scene, &scaling(60)).await;
        // Autoscaling adds a shard: no drift.
        let more = [
            ("ReplicationGroupId", NAME),
            ("NodeGroupCount", "4"),
            ("ApplyImmediately", "true"),
        ];
        let grown = scene
            .aws
            .query("elasticache", "ModifyReplicationGroupShardConfiguration", &more)
            .await
            .unwrap();
        grown.ok().unwrap();
        scene.workspace.expect_empty_plan().await;
        scene.workspace.expect_empty_plan().await;
        scene.workspace.expect_empty_plan().await;
        import(&scene).await;
        change(&scene, &format!("{base}\nnum_node_groups = 3")).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_users_through_their_life() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let users = |version: u32, password: &str, access: &str| {
            format!(
                r#"
  node_type         = "cache.r7g.large"
  apply_immediately = true
  users = {{
    app    = {{ access_string = "{access}", passwords_wo = ["{password}"], passwords_wo_version = {version} }}
    report = {{ access_string = "on ~* +@read", passwords_wo = ["0123456789-report"], passwords_wo_version = 1 }}
    batch  = {{ access_string = "on ~batch:* +@all", authentication = "iam" }}
  }}"#
            )
        };
        scene.configure(&with(&scene, &users(1, "0123456789-first", "on ~app:* +@all")));
        scene.settle().await;
        let created = state(&scene).await;
        assert!(created["user_group_id"].is_string());
        let changed = change(&scene, &users(2, "0123456789-second", "on ~app:* +@all")).await;
        assert_eq!(changed["user_group_id"], created["user_group_id"]);
        change(&scene, &users(2, "0123456789-second", "on ~app:* +@read")).await;
        import_users(&scene).await;
        let fewer = users(2, "0123456789-second", "on ~app:* +@read")
            .replace("    batch  = { access_string = \"on ~batch:* +@all\", authentication = \"iam\" }\n", "");
        change(&scene, &fewer).await;
        change(&scene, "node_type = \"cache.r7g.large\"\napply_immediately = true").await;
        change(&scene, &users(3, "0123456789-third", "on ~app:* +@all")).await;
        scene.destroy().await;
    }
}

/// Versions of passwords are known to configuration only: the plan after an import writes them again.
async fn import_users(scene: &Scene) {
    scene.workspace.forget_state().unwrap();
    scene.workspace.expect_import(ADDRESS, NAME).await;
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"]);
    scene.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rotated_twice() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let token = |version: u32, token: &str| {
            format!(
                "node_type = \"cache.r7g.large\"\napply_immediately = true\nauth_token_wo = \
                 \"{token}\"\nauth_token_wo_version = {version}"
            )
        };
        scene.configure(&with(&scene, &token(1, "0123456789-first")));
        scene.settle().await;
        let tokens = || scene.proxy().caches(&scene.account, crate::scene::REGION).tokens(NAME);
        assert_eq!(tokens(), ["0123456789-first"]);
        change(&scene, &token(2, "0123456789-second")).await;
        assert_eq!(tokens(), ["0123456789-second"]);
        // Both stay valid while clients change over.
        let both = format!(
            "{}\nauth_token_update_strategy = \"ROTATE\"",
            token(3, "0123456789-third")
        );
        change(&scene, &both).await;
        assert_eq!(tokens(), ["0123456789-second", "0123456789-third"]);
        change(&scene, &format!("{}\nauth_token_update_strategy = \"SET\"", token(4, "0123456789-third"))).await;
        assert_eq!(tokens(), ["0123456789-third"]);
        scene.destroy().await;
    }
}
