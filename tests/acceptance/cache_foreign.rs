//! What others do to a cache, or did before it came here: the former module, Redis OSS, groups of
//! other hands, upgrades that AWS made by itself.

use serde_json::{Value, json};

use crate::cache_scene::{
    ADDRESS, NODES, calm, change, element, elsewhere, in_ec2, names, set_elsewhere, settings,
    state, steps, with,
};
use crate::scene::{Scene, every_cli};

/// A security group as the former module makes it: it opens the cache's port and does nothing else.
async fn foreign_group(scene: &Scene) -> String {
    let made = [
        ("GroupName", "app-cache"),
        ("GroupDescription", "Security group of app"),
        ("VpcId", &*scene.seeded.vpc_id),
    ];
    let made = in_ec2(scene, "CreateSecurityGroup", &made).await;
    let id = element(&made, "groupId").to_owned();
    let rule = [
        ("GroupId", &*id),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "6379"),
        ("IpPermissions.1.ToPort", "6379"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "10.42.0.0/16"),
    ];
    in_ec2(scene, "AuthorizeSecurityGroupIngress", &rule).await;
    id
}

async fn foreign_subnet_group(scene: &Scene) {
    let mut group = vec![
        ("CacheSubnetGroupName".to_owned(), "app-subnets"),
        ("CacheSubnetGroupDescription".to_owned(), "Subnets of app"),
    ];
    for (place, (_, id)) in scene.seeded.subnet_ids.iter().enumerate() {
        group.push((format!("SubnetIds.SubnetIdentifier.{}", place + 1), id));
    }
    let group: Vec<(&str, &str)> = group.iter().map(|(key, id)| (key.as_str(), *id)).collect();
    elsewhere(scene, "CreateCacheSubnetGroup", &group).await;
}

/// A cache as the former module makes it: `enable_multi_az`, `replication_group_size` = 3, and what
/// else its inputs come to.
async fn of_the_module(scene: &Scene, engine: [(&str, &str); 2]) -> String {
    foreign_subnet_group(scene).await;
    let group = foreign_group(scene).await;
    let module = [
        ("ReplicationGroupId", "app"),
        ("ReplicationGroupDescription", "ElastiCache replication group for app"),
        ("CacheNodeType", "cache.r7g.large"),
        ("NumCacheClusters", "3"),
        ("AutomaticFailoverEnabled", "true"),
        ("MultiAZEnabled", "true"),
        ("AtRestEncryptionEnabled", "true"),
        ("TransitEncryptionEnabled", "true"),
        ("CacheSubnetGroupName", "app-subnets"),
        ("SecurityGroupIds.SecurityGroupId.1", &group),
        ("SnapshotRetentionLimit", "5"),
        ("SnapshotWindow", "06:00-07:00"),
        ("PreferredMaintenanceWindow", "sat:07:00-sat:08:00"),
        ("Tags.Tag.1.Key", "team"),
        ("Tags.Tag.1.Value", "web"),
    ];
    elsewhere(scene, "CreateReplicationGroup", &[&module[..], &engine].concat()).await;
    calm(scene).await;
    group
}

/// Destroys the cache, then what is of other hands, which is still there.
async fn end(scene: &Scene, group: &str) {
    scene.workspace.expect_destroy().await;
    let left = elsewhere(scene, "DescribeCacheSubnetGroups", &[]).await;
    assert!(left.contains("app-subnets"), "what was not made here stays");
    elsewhere(scene, "DeleteCacheSubnetGroup", &[("CacheSubnetGroupName", "app-subnets")]).await;
    let left = in_ec2(scene, "DescribeSecurityGroups", &[("GroupId.1", group)]).await;
    assert!(left.contains("10.42.0.0/16"), "the group of other hands is as it was: {left}");
    assert!(!left.contains("officeless"), "it was not tagged: {left}");
    in_ec2(scene, "DeleteSecurityGroup", &[("GroupId", group)]).await;
    scene.destroy().await;
}

/// The module's inputs by the table of the page.
fn mapped(group: &str) -> String {
    format!(
        "node_type = \"cache.r7g.large\"\nengine_version = \"7.2\"\nmulti_az_enabled = true\n\
         replicas_per_node_group = 2\nat_rest_encryption_enabled = true\n\
         transit_encryption_enabled = true\ntags = {{ team = \"web\" }}\n{group}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_of_the_former_module_is_taken_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let group = of_the_module(&scene, [("Engine", "valkey"), ("EngineVersion", "7.2")]).await;
        let named = format!("security_group_ids = [\"{group}\"]\n");
        let mapped = mapped(&named);
        scene.configure(&with(&scene, &mapped));
        scene.workspace.expect_import(ADDRESS, "app").await;
        let imported = state(&scene).await;
        assert_eq!(imported["security_group_id"], Value::Null, "it is somebody else's");
        assert_eq!(imported["subnet_group_name"], json!("app-subnets"));
        // The module has a description of its own and keeps snapshots 5 days.
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        let reason = &plan.change(ADDRESS)["before"]["status_reason"];
        assert_eq!(*reason, json!("the ownership tag is missing."));
        let platform = names(&["description", "snapshot_retention_limit"]);
        assert_eq!(settings(&plan), platform, "{}", plan.run);
        let kept = format!(
            "{mapped}description = \"ElastiCache replication group for app\"\n\
             snapshot_retention_limit = 5\n"
        );
        scene.configure(&with(&scene, &kept));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"], "it is tagged as ours");
        assert_eq!(settings(&plan), names(&[]), "{}", plan.run);
        scene.mutations();
        scene.workspace.expect_apply().await;
        assert_eq!(scene.mutations(), ["elasticache:AddTagsToResource"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["arn"], imported["arn"]);
        // The second step of the page: a security group of its own.
        let own = kept.replace(&named, "allowed_cidr_blocks = [\"10.42.0.0/16\"]\n");
        change(&scene, &own).await;
        let own = state(&scene).await;
        assert!(own["security_group_id"].is_string());
        assert_ne!(own["security_group_id"], json!(group));
        assert_eq!(own["arn"], imported["arn"]);
        end(&scene, &group).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_opens_the_port_alone_is_named_and_never_taken() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let group = of_the_module(&scene, [("Engine", "valkey"), ("EngineVersion", "7.2")]).await;
        scene.configure(&with(&scene, &mapped("allowed_cidr_blocks = [\"10.42.0.0/16\"]\n")));
        scene.workspace.expect_import(ADDRESS, "app").await;
        let imported = state(&scene).await;
        assert_eq!(imported["security_group_ids"], json!([group]));
        assert_eq!(imported["allowed_cidr_blocks"], Value::Null);
        scene.workspace.expect_apply().await;
        scene.workspace.expect_empty_plan().await;
        let own = state(&scene).await["security_group_id"].clone();
        assert_ne!(own, json!(group));
        // What was made here is known again, by its tag, when the state is lost.
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, "app").await;
        assert_eq!(state(&scene).await["security_group_id"], own);
        scene.workspace.expect_empty_plan().await;
        end(&scene, &group).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_of_redis_is_converted_in_one_call() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let group = of_the_module(&scene, [("Engine", "redis"), ("EngineVersion", "7.1")]).await;
        let named = format!("security_group_ids = [\"{group}\"]\napply_immediately = true\n");
        let wanted = mapped(&named).replace("7.2", "8.0");
        scene.configure(&with(&scene, &wanted));
        scene.workspace.expect_import(ADDRESS, "app").await;
        let before = state(&scene).await;
        assert_eq!(before["engine"], json!("redis"));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        let told = "The cache runs Redis OSS and is converted to Valkey in place";
        assert!(plan.run.says(told), "{}", plan.run);
        scene.proxy().clear(&scene.account);
        scene.workspace.apply_plan().await.expect_ok();
        let calls = scene.proxy().mutating_calls(&scene.account);
        let modify: Vec<_> =
            calls.iter().filter(|call| call.operation == "ModifyReplicationGroup").collect();
        assert_eq!(modify.len(), 1, "AWS wants all three at once");
        for (name, value) in [
            ("Engine", "valkey"),
            ("EngineVersion", "8.0"),
            ("CacheParameterGroupName", "default.valkey8"),
        ] {
            assert_eq!(modify[0].form_value(name).as_deref(), Some(value), "{name}");
        }
        scene.workspace.expect_empty_plan().await;
        let after = state(&scene).await;
        assert_eq!((&after["engine"], &after["arn"]), (&json!("valkey"), &before["arn"]));
        end(&scene, &group).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_aws_made_is_no_drift_and_never_taken_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let version = |version: &str| format!("{NODES}engine_version = \"{version}\"\n");
        scene.configure(&with(&scene, &version("8.0")));
        scene.settle().await;
        let created = state(&scene).await;
        set_elsewhere(&scene, &[("EngineVersion", "8.1")]).await;
        scene.workspace.expect_empty_plan().await;
        let refresh = ["apply", "-refresh-only", "-auto-approve", "-no-color", "-input=false"];
        scene.workspace.run(&refresh).await.expect_ok();
        let now = state(&scene).await;
        assert_eq!(now["engine_version"], json!("8.0"), "what is configured");
        assert_eq!(now["engine_version_actual"], json!("8.1.0"), "what runs");
        // Another change leaves the version alone.
        steps(&scene);
        change(&scene, &format!("{}description = \"x\"\n", version("8.0"))).await;
        let calls = scene.proxy().mutating_calls(&scene.account);
        let asked = calls.iter().find(|call| call.operation == "ModifyReplicationGroup").unwrap();
        assert_eq!(asked.form_value("EngineVersion"), None);
        // To say what runs changes nothing in AWS.
        scene.mutations();
        scene.configure(&with(&scene, &version("8.1")));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.workspace.apply_plan().await.expect_ok();
        let calls = scene.proxy().mutating_calls(&scene.account);
        assert!(calls.iter().all(|call| call.form_value("EngineVersion").is_none()));
        scene.workspace.expect_empty_plan().await;
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        // A way down is a replacement, and says so.
        scene.configure(&with(&scene, &version("8.0")));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        assert_eq!(plan.change(ADDRESS)["replace_paths"], json!([["engine_version"]]));
        let told = "engine_version goes from 8.1 to 8.0, and AWS has no way down: the cache is \
                    made anew and its data is lost, but for snapshots. To keep it, set \
                    engine_version = \"8.1\".";
        assert!(plan.run.says(told), "{}", plan.run);
        scene.destroy().await;
    }
}
