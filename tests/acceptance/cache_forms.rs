//! The whole life of each form of a cache: created, empty plan, every change in place, empty plan,
//! replaced, imported, drifted in each setting, destroyed without leftovers.

use serde_json::{Value, json};

use crate::cache_scene::{
    ADDRESS, all_repaired, change, changed, element, elsewhere, in_ec2, in_scaling, names,
    repaired, set_elsewhere, settings, state, steps, tokens, with,
};
use crate::scene::{REGION, Scene, every_cli};

/// A form at the begin of its life.
async fn born(scene: &Scene, attributes: &str) -> Value {
    scene.configure(&with(scene, attributes));
    scene.settle().await;
    let created = state(scene).await;
    assert_eq!(created["status"], json!("complete"));
    assert_eq!(created["status_reason"], Value::Null);
    created
}

/// The plan of another configuration replaces for this attribute alone; so does the apply.
async fn replaced(scene: &Scene, attributes: &str, attribute: &str) {
    scene.configure(&with(scene, attributes));
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
    assert_eq!(plan.change(ADDRESS)["replace_paths"], json!([[attribute]]));
    scene.workspace.apply_plan().await.expect_ok();
    scene.workspace.expect_empty_plan().await;
}

/// What AWS has is taken over; only what AWS does not know differs from the configuration.
async fn imported(scene: &Scene, unknown_to_aws: &[&str]) {
    let before = state(scene).await;
    scene.workspace.forget_state().unwrap();
    scene.workspace.expect_import(ADDRESS, "app").await;
    let plan = scene.workspace.plan().await;
    if unknown_to_aws.is_empty() {
        plan.expect_empty();
        return;
    }
    assert_eq!(plan.actions()[ADDRESS], ["update"]);
    assert_eq!(settings(&plan), names(unknown_to_aws), "{}", plan.run);
    steps(scene);
    scene.workspace.apply_plan().await.expect_ok();
    scene.workspace.expect_empty_plan().await;
    assert_eq!(state(scene).await["arn"], before["arn"]);
}

/// Every setting that any form has, but for those that the form is about.
fn settled(scene: &Scene) -> String {
    let group = &scene.seeded.cluster_security_group_id;
    format!(
        r#"  description                = "Sessions"
  allowed_security_group_ids = ["{group}"]
  allowed_cidr_blocks        = ["10.42.0.0/16"]
  parameters                 = {{ "maxmemory-policy" = "allkeys-lru" }}
  snapshot_retention_limit   = 3
  snapshot_window            = "03:00-04:00"
  maintenance_window         = "sun:05:00-sun:06:00"
  auto_minor_version_upgrade = false
  notification_topic_arn     = "arn:aws:sns:us-east-1:123456789012:caches"
  log_delivery = {{
    slow-log   = {{ destination_type = "cloudwatch-logs", destination = "slow" }}
    engine-log = {{ destination_type = "kinesis-firehose", destination = "engine", format = "text" }}
  }}
  tags                       = {{ team = "web" }}
"#
    )
}

/// Drift of every setting of [`settled`] at once: each is told, and all are repaired.
async fn drifted(scene: &Scene) {
    drift_of_the_group(scene).await;
    let now = state(scene).await;
    let text = |name: &str| now[name].as_str().unwrap().to_owned();
    let arn = text("arn");
    let tag = [("ResourceName", &*arn), ("Tags.Tag.1.Key", "team"), ("Tags.Tag.1.Value", "x")];
    elsewhere(scene, "AddTagsToResource", &tag).await;
    let parameter_group = text("parameter_group_name");
    let parameter = [
        ("CacheParameterGroupName", &*parameter_group),
        ("ParameterNameValues.ParameterNameValue.1.ParameterName", "maxmemory-policy"),
        ("ParameterNameValues.ParameterNameValue.1.ParameterValue", "noeviction"),
    ];
    elsewhere(scene, "ModifyCacheParameterGroup", &parameter).await;
    drift_of_the_network(scene, &text("security_group_id"), &text("subnet_group_name")).await;
    all_repaired(
        scene,
        &[
            "description",
            "snapshot_retention_limit",
            "snapshot_window",
            "maintenance_window",
            "auto_minor_version_upgrade",
            "notification_topic_arn",
            "log_delivery",
            "security_group_ids",
            "node_type",
            "tags",
            "parameters",
            "allowed_cidr_blocks",
            "subnet_ids",
        ],
    )
    .await;
}

async fn drift_of_the_group(scene: &Scene) {
    let log = |field: &str| {
        format!("LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.{field}")
    };
    let changes = [
        ("ReplicationGroupDescription", "somebody else's"),
        ("SnapshotRetentionLimit", "9"),
        ("SnapshotWindow", "08:00-09:00"),
        ("PreferredMaintenanceWindow", "mon:05:00-mon:06:00"),
        ("AutoMinorVersionUpgrade", "true"),
        ("NotificationTopicArn", "arn:aws:sns:us-east-1:123456789012:other"),
        (&*log("LogType"), "slow-log"),
        (&*log("Enabled"), "false"),
        ("SecurityGroupIds.SecurityGroupId.1", &*scene.seeded.cluster_security_group_id),
        ("CacheNodeType", "cache.r7g.2xlarge"),
    ];
    set_elsewhere(scene, &changes).await;
}

/// A range may connect that should not, one may not that should, and there is a subnet more.
async fn drift_of_the_network(scene: &Scene, security_group: &str, subnet_group: &str) {
    for (action, cidr) in [
        ("AuthorizeSecurityGroupIngress", "192.168.0.0/16"),
        ("RevokeSecurityGroupIngress", "10.42.0.0/16"),
    ] {
        let rule = [
            ("GroupId", security_group),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "6379"),
            ("IpPermissions.1.ToPort", "6379"),
            ("IpPermissions.1.IpRanges.1.CidrIp", cidr),
        ];
        in_ec2(scene, action, &rule).await;
    }
    let place = [
        ("VpcId", &*scene.seeded.vpc_id),
        ("CidrBlock", "10.42.200.0/24"),
        ("AvailabilityZone", "us-east-1a"),
    ];
    let made = in_ec2(scene, "CreateSubnet", &place).await;
    let made = element(&made, "subnetId").to_owned();
    let subnets = scene.seeded.subnet_ids.iter().map(|(_, id)| id).chain([&made]).zip(1..);
    let numbered =
        |(id, place): (&String, i32)| (format!("SubnetIds.SubnetIdentifier.{place}"), id.clone());
    let mut group = vec![("CacheSubnetGroupName".to_owned(), subnet_group.to_owned())];
    group.extend(subnets.map(numbered));
    let group: Vec<(&str, &str)> = group.iter().map(|(key, id)| (&**key, &**id)).collect();
    elsewhere(scene, "ModifyCacheSubnetGroup", &group).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_instance_lives() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let single = "single_instance = true\napply_immediately = true\n";
        let first = format!("{single}node_type = \"cache.r7g.large\"\nengine_version = \"7.2\"\n");
        let created = born(&scene, &first).await;
        assert_eq!(created["replicas_per_node_group_actual"], json!(0));
        let full = format!(
            "{single}node_type = \"cache.r7g.xlarge\"\nengine_version = \"8.0\"\n{}",
            settled(&scene)
        );
        change(&scene, &full).await;
        let kept = format!("{full}data_classification = \"confidential\"\n");
        change(&scene, &kept).await;
        change(&scene, &full.replace("8.0", "9.0")).await;
        let durable = format!("{}durability = \"sync\"\n", full.replace("8.0", "9.0"));
        change(&scene, &durable).await;
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        replaced(&scene, &format!("{durable}port = 6390\n"), "port").await;
        replaced(&scene, &full.replace("8.0", "9.0"), "port").await;
        imported(&scene, &["apply_immediately"]).await;
        drifted(&scene).await;
        // Back to the least: everything that was made beside goes.
        change(&scene, &first.replace("7.2", "9.0")).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_with_two_replicas_lives() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "apply_immediately = true\nnode_type = \"cache.r7g.large\"\n";
        let first = format!("{base}engine_version = \"7.2\"\nreplicas_per_node_group = 2\n");
        let created = born(&scene, &first).await;
        assert_eq!(created["multi_az_enabled"], json!(true));
        assert_eq!(created["automatic_failover_enabled"], json!(true));
        assert_eq!(created["replicas_per_node_group_actual"], json!(2));
        let full = format!(
            "{base}engine_version = \"8.0\"\nreplicas_per_node_group = 2\n{}",
            settled(&scene)
        );
        change(&scene, &full).await;
        for other in [
            full.replace("group = 2", "group = 5"),
            full.replace("group = 2", "group = 1"),
            format!("{full}multi_az_enabled = false\n"),
            format!("{full}multi_az_enabled = false\nautomatic_failover_enabled = false\n"),
            format!("{full}transit_encryption_mode = \"preferred\"\n"),
            full.replace("cache.r7g.large", "cache.m7g.large"),
            full.clone(),
        ] {
            change(&scene, &other).await;
        }
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        let plain = format!("{full}at_rest_encryption_enabled = false\n");
        replaced(&scene, &plain, "at_rest_encryption_enabled").await;
        replaced(&scene, &full, "at_rest_encryption_enabled").await;
        imported(&scene, &["apply_immediately"]).await;
        drifted(&scene).await;
        set_elsewhere(&scene, &[("MultiAZEnabled", "false")]).await;
        repaired(&scene, "multi_az_enabled").await;
        let off = [("MultiAZEnabled", "false"), ("AutomaticFailoverEnabled", "false")];
        set_elsewhere(&scene, &off).await;
        repaired(&scene, "automatic_failover_enabled").await;
        let preferred =
            [("TransitEncryptionEnabled", "true"), ("TransitEncryptionMode", "preferred")];
        set_elsewhere(&scene, &preferred).await;
        repaired(&scene, "transit_encryption_mode").await;
        for (action, count) in [("IncreaseReplicaCount", "3"), ("DecreaseReplicaCount", "1")] {
            let counted = [
                ("ReplicationGroupId", "app"),
                ("ApplyImmediately", "true"),
                ("NewReplicaCount", count),
            ];
            elsewhere(&scene, action, &counted).await;
            repaired(&scene, "replicas_per_node_group").await;
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_three_shards_that_scales_by_itself_lives() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "apply_immediately = true\ncluster_mode = \"enabled\"\n";
        let scaled = |more: &str| {
            format!(
                "autoscaling = {{ dimension = \"NodeGroups\", target_value = 50, min = 3, max = 6\
                 {more} }}\n"
            )
        };
        let sized = |node_type: &str, version: &str| {
            format!("{base}node_type = \"cache.{node_type}\"\nengine_version = \"{version}\"\n")
        };
        let first = format!("{}{}", sized("r7g.large", "7.2"), scaled(""));
        let created = born(&scene, &first).await;
        assert_eq!(created["num_node_groups_actual"], json!(3));
        let full = sized("r7g.xlarge", "8.0") + &settled(&scene);
        let lasting = format!("{full}{}", scaled(""));
        change(&scene, &lasting).await;
        let memory = "ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage";
        let measured = format!(
            ", metric = \"{memory}\", scale_in_cooldown = 900, scale_out_cooldown = 60, \
             disable_scale_in = true"
        );
        change(&scene, &format!("{full}{}", scaled(&measured))).await;
        change(&scene, &format!("{full}{}", scaled("").replace("50", "60"))).await;
        change(&scene, &format!("{lasting}replicas_per_node_group = 2\n")).await;
        let of_replicas = "num_node_groups = 3\nautoscaling = { dimension = \"Replicas\", \
                           target_value = 50, min = 1, max = 3 }\n";
        change(&scene, &format!("{full}{of_replicas}")).await;
        change(&scene, &format!("{lasting}replicas_per_node_group = 1\n")).await;
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        let plain = format!("{full}cluster_mode = \"disabled\"\n")
            .replace("cluster_mode = \"enabled\"\n", "");
        replaced(&scene, &format!("{plain}num_node_groups = 1\n"), "cluster_mode").await;
        scene.workspace.expect_destroy().await;
        born(&scene, &format!("{lasting}replicas_per_node_group = 1\n")).await;
        imported(&scene, &["apply_immediately"]).await;
        drifted(&scene).await;
        scales_by_itself(&scene).await;
        scene.destroy().await;
    }
}

/// The number of shards is AWS's; bounds and policy are not.
async fn scales_by_itself(scene: &Scene) {
    let shards =
        [("ReplicationGroupId", "app"), ("ApplyImmediately", "true"), ("NodeGroupCount", "5")];
    elsewhere(scene, "ModifyReplicationGroupShardConfiguration", &shards).await;
    crate::cache_scene::calm(scene).await;
    scene.workspace.expect_empty_plan().await;
    // A change of something else leaves the shards alone.
    set_elsewhere(scene, &[("SnapshotRetentionLimit", "9")]).await;
    repaired(scene, "snapshot_retention_limit").await;
    let now = state(scene).await;
    assert_eq!(now["num_node_groups_actual"], json!(5));
    in_scaling(
        scene,
        "RegisterScalableTarget",
        "NodeGroups",
        json!({ "MinCapacity": 2, "MaxCapacity": 6 }),
    )
    .await;
    repaired(scene, "autoscaling").await;
    let name = json!({ "PolicyName": "officeless-app-NodeGroups" });
    in_scaling(scene, "DeleteScalingPolicy", "NodeGroups", name).await;
    repaired(scene, "autoscaling").await;
    in_scaling(scene, "DeregisterScalableTarget", "NodeGroups", json!({})).await;
    repaired(scene, "autoscaling").await;
    let count =
        [("ReplicationGroupId", "app"), ("ApplyImmediately", "true"), ("NewReplicaCount", "2")];
    elsewhere(scene, "IncreaseReplicaCount", &count).await;
    repaired(scene, "replicas_per_node_group").await;
    assert_eq!(state(scene).await["num_node_groups_actual"], json!(5));
}

/// A user by name, with the number of its password, or without one for IAM.
fn user(name: &str, access: &str, password: Option<u32>) -> String {
    let authentication = password.map_or("authentication = \"iam\"".to_owned(), |number| {
        format!("passwords_wo = [\"Password-Of-{name}-{number}\"], passwords_wo_version = {number}")
    });
    format!("    {name} = {{ access_string = \"{access}\", {authentication} }}\n")
}

fn users(users: &[String]) -> String {
    format!("  users = {{\n{}  }}\n", users.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_with_three_users_lives() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "apply_immediately = true\nnode_type = \"cache.r7g.large\"\n";
        let reader = |access: &str, number| user("reader", access, Some(number));
        let writer = user("writer", "on ~app:* +@all", Some(1));
        let signed = user("signed", "on ~* +@all", None);
        let three = |reader: String| users(&[reader, writer.clone(), signed.clone()]);
        let first = format!("{base}engine_version = \"7.2\"\n{}", three(reader("on ~* +@read", 1)));
        let created = born(&scene, &first).await;
        assert_eq!(created["user_group_id"], json!("officeless-app"));
        let full = format!("{base}engine_version = \"8.0\"\n{}", settled(&scene));
        let lasting = format!("{full}{}", three(reader("on ~* +@read", 1)));
        change(&scene, &lasting).await;
        change(&scene, &format!("{full}{}", three(reader("on ~app:* +@read", 1)))).await;
        change(&scene, &format!("{full}{}", three(reader("on ~app:* +@read", 2)))).await;
        let caches = scene.proxy().caches(&scene.account, REGION);
        assert_eq!(caches.passwords("app-reader"), ["Password-Of-reader-2"]);
        assert_eq!(caches.passwords("app-writer"), ["Password-Of-writer-1"]);
        // One goes, one comes, one signs from now on.
        let fourth = user("fourth", "on ~* +@all", Some(1));
        let other = users(&[user("reader", "on ~* +@read", None), writer.clone(), fourth]);
        change(&scene, &format!("{full}{other}")).await;
        let own = users(&[user("default", "on ~* +@read", Some(1)), writer.clone()]);
        change(&scene, &format!("{full}{own}")).await;
        change(&scene, &lasting).await;
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        replaced(&scene, &format!("{lasting}port = 6390\n"), "port").await;
        replaced(&scene, &lasting, "port").await;
        imported(&scene, &["apply_immediately", "users"]).await;
        drifted(&scene).await;
        drift_of_users(&scene).await;
        scene.destroy().await;
    }
}

async fn drift_of_users(scene: &Scene) {
    let access = [("UserId", "app-reader"), ("AccessString", "on ~* +@all")];
    elsewhere(scene, "ModifyUser", &access).await;
    repaired(scene, "users").await;
    let group = ("UserGroupId", "officeless-app");
    elsewhere(scene, "ModifyUserGroup", &[group, ("UserIdsToRemove.member.1", "app-writer")]).await;
    repaired(scene, "users").await;
    set_elsewhere(scene, &[("UserGroupIdsToRemove.member.1", "officeless-app")]).await;
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"]);
    let reason = &plan.change(ADDRESS)["before"]["status_reason"];
    assert_eq!(*reason, json!("the user group officeless-app is not attached."));
    scene.workspace.apply_plan().await.expect_ok();
    scene.workspace.expect_empty_plan().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_with_a_token_lives() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let base = "apply_immediately = true\nnode_type = \"cache.r7g.large\"\n";
        let text = |version: u32| format!("Living-Secret-Token-{version}");
        let token = |version: u32| {
            format!("auth_token_wo = \"{}\"\nauth_token_wo_version = {version}\n", text(version))
        };
        let first = format!("{base}engine_version = \"7.2\"\n{}", token(1));
        let created = born(&scene, &first).await;
        assert_eq!(tokens(&scene), [text(1)]);
        let full = format!("{base}engine_version = \"8.0\"\n{}", settled(&scene));
        change(&scene, &format!("{full}{}", token(1))).await;
        for version in [2, 3] {
            steps(&scene);
            change(&scene, &format!("{full}{}", token(version))).await;
            assert_eq!(steps(&scene), ["token in", "token alone"]);
            assert_eq!(tokens(&scene), [text(version)]);
        }
        // In two applies of one's own: the clients change between them.
        let by = |strategy: &str| {
            format!("{full}{}auth_token_update_strategy = \"{strategy}\"\n", token(4))
        };
        change(&scene, &by("ROTATE")).await;
        assert_eq!(tokens(&scene), [text(3), text(4)]);
        change(&scene, &by("SET")).await;
        assert_eq!(tokens(&scene), [text(4)]);
        assert_eq!(state(&scene).await["arn"], created["arn"]);
        let lasting = format!("{full}{}", token(4));
        replaced(&scene, &format!("{lasting}port = 6390\n"), "port").await;
        assert_eq!(tokens(&scene), [text(4)]);
        replaced(&scene, &lasting, "port").await;
        imported(&scene, &["apply_immediately", "auth_token_wo_version"]).await;
        drifted(&scene).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_cannot_see_is_all_that_is_left_to_configure() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        born(&scene, "node_type = \"cache.r7g.large\"").await;
        imported(&scene, &[]).await;
        let plan = scene.workspace.plan().await;
        assert!(plan.is_empty() && plan.actions().is_empty(), "{:?}", changed(&plan));
        scene.destroy().await;
    }
}
