//! The double of `ElastiCache` and Application Auto Scaling against its own table.

use super::through_proxy;
use crate::{Answer, Aws, Bench, RULES, leftovers, seed};
use serde_json::{Value, json};

/// A seeded account with a subnet group `net`.
async fn network() -> (&'static Bench, Aws, Vec<String>) {
    let (bench, aws) = through_proxy().await;
    let seeded = seed(&bench.emulator.url(), aws.account(), "us-east-1", "demo").await.unwrap();
    let subnets: Vec<String> = seeded.subnet_ids.into_iter().map(|(_, id)| id).collect();
    let group = [
        ("CacheSubnetGroupName", "NET"),
        ("CacheSubnetGroupDescription", "d"),
        ("SubnetIds.SubnetIdentifier.1", subnets[0].as_str()),
        ("SubnetIds.SubnetIdentifier.2", subnets[1].as_str()),
    ];
    cache(&aws, "CreateCacheSubnetGroup", &group).await.unwrap();
    (bench, aws, subnets)
}

/// A call of `ElastiCache`; a refusal is its status and code.
async fn cache(
    aws: &Aws,
    action: &str,
    parameters: &[(&str, &str)],
) -> Result<Answer, (u16, String)> {
    let answer = aws.query("elasticache", action, parameters).await.unwrap();
    if answer.status == 200 {
        return Ok(answer);
    }
    Err((answer.status, answer.xml("Code").unwrap().to_owned()))
}

/// A parameter list: what every group has, then more.
fn group<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![
        ("ReplicationGroupId", "Sessions"),
        ("ReplicationGroupDescription", "d"),
        ("Engine", "valkey"),
        ("CacheNodeType", "cache.r7g.large"),
        ("CacheSubnetGroupName", "net"),
    ];
    parameters.extend_from_slice(more);
    parameters
}

const ID: (&str, &str) = ("ReplicationGroupId", "sessions");
const NOW: (&str, &str) = ("ApplyImmediately", "true");

async fn describe(aws: &Aws) -> Answer {
    cache(aws, "DescribeReplicationGroups", &[ID]).await.unwrap()
}

/// Reads until the group is available; gives how often it was not.
async fn settle(aws: &Aws) -> usize {
    for reads in 0..10 {
        if describe(aws).await.body.contains("</Description><Status>available</Status>") {
            return reads;
        }
    }
    panic!("it never settled");
}

async fn create(aws: &Aws, more: &[(&str, &str)]) {
    cache(aws, "CreateReplicationGroup", &group(more)).await.unwrap();
    settle(aws).await;
}

async fn modify(aws: &Aws, more: &[(&str, &str)]) -> Result<Answer, (u16, String)> {
    let parameters: Vec<(&str, &str)> = [&[ID, NOW], more].concat();
    let done = cache(aws, "ModifyReplicationGroup", &parameters).await;
    if done.is_ok() {
        settle(aws).await;
    }
    done
}

fn refusal<T>(status: u16, code: &str) -> Result<T, (u16, String)> {
    Err((status, code.to_owned()))
}

fn code(answer: Result<Answer, (u16, String)>) -> Result<(), (u16, String)> {
    answer.map(|_| ())
}

const COMBINATION: &str = "InvalidParameterCombination";
const STATE: &str = "InvalidReplicationGroupState";

#[tokio::test]
async fn a_group_is_created_seen_and_gone_after_several_reads() {
    let (bench, aws, _) = network().await;
    let failover = [("AutomaticFailoverEnabled", "true"), ("NumCacheClusters", "2")];
    cache(&aws, "CreateReplicationGroup", &group(&failover)).await.unwrap();
    let again = cache(&aws, "CreateReplicationGroup", &group(&failover)).await;
    assert_eq!(code(again), refusal(400, "ReplicationGroupAlreadyExists"));
    let early = describe(&aws).await;
    assert_eq!(early.xml("ARN"), Some(arn(&aws).as_str()));
    assert!(!early.body.contains("PrimaryEndpoint") && early.xml("Port").is_none());
    assert_eq!(code(modify(&aws, &[("SnapshotWindow", "00:00-01:00")]).await), refusal(400, STATE));
    assert_eq!(settle(&aws).await, 0, "a refused call lets time pass, as a read does");
    let told = describe(&aws).await;
    assert_eq!(told.xml_all("ClusterId"), ["sessions-001", "sessions-002"]);
    assert_eq!(told.xml_all("CurrentRole"), ["primary", "replica"]);
    let own = [("CacheClusterId", "sessions-001"), ("ShowCacheNodeInfo", "true")];
    let node = cache(&aws, "DescribeCacheClusters", &own).await.unwrap();
    for (name, value) in [
        ("EngineVersion", "9.1.0"),
        ("CacheSubnetGroupName", "net"),
        ("CacheParameterGroupName", "default.valkey9"),
        ("PreferredMaintenanceWindow", "sun:05:00-sun:06:00"),
        ("Port", "6379"),
    ] {
        assert_eq!(node.xml(name), Some(value), "{name}");
    }
    let in_use = cache(&aws, "DeleteCacheSubnetGroup", &[("CacheSubnetGroupName", "net")]).await;
    assert_eq!(code(in_use), refusal(400, "CacheSubnetGroupInUse"));
    cache(&aws, "DeleteReplicationGroup", &[ID, ("FinalSnapshotIdentifier", "last")])
        .await
        .unwrap();
    assert_eq!(code(cache(&aws, "DeleteReplicationGroup", &[ID]).await), refusal(400, STATE));
    while cache(&aws, "DescribeReplicationGroups", &[ID]).await.is_ok() {}
    let gone = cache(&aws, "DescribeReplicationGroups", &[ID]).await;
    assert_eq!(code(gone), refusal(404, "ReplicationGroupNotFoundFault"));
    let last = cache(&aws, "DescribeSnapshots", &[("SnapshotName", "last")]).await.unwrap();
    assert_eq!(last.xml("SnapshotStatus"), Some("available"));
    cache(&aws, "DeleteCacheSubnetGroup", &[("CacheSubnetGroupName", "net")]).await.unwrap();
    let out_of_band = bench.aws(aws.account(), "us-east-1");
    bench.proxy.clear(aws.account());
    let gone = cache(&out_of_band, "DescribeReplicationGroups", &[ID]).await;
    assert_eq!(code(gone), refusal(404, "ReplicationGroupNotFoundFault"));
    assert!(bench.proxy.calls(aws.account()).is_empty(), "changes from behind are not recorded");
}

fn arn(aws: &Aws) -> String {
    format!("arn:aws:elasticache:us-east-1:{}:replicationgroup:sessions", aws.account())
}

#[tokio::test]
async fn what_does_not_go_together_is_refused_at_creation() {
    let (_, aws, _) = network().await;
    let failover = ("AutomaticFailoverEnabled", "true");
    for (more, expected) in [
        (&[("NumCacheClusters", "7")][..], (400, "InvalidParameterValue")),
        (&[failover, ("NumCacheClusters", "1")], (400, COMBINATION)),
        (&[("MultiAZEnabled", "true"), ("NumCacheClusters", "2")], (400, COMBINATION)),
        (&[("NumNodeGroups", "2"), ("ClusterMode", "enabled")], (400, COMBINATION)),
        (&[("NumNodeGroups", "2"), ("ClusterMode", "disabled"), failover], (400, COMBINATION)),
        (&[("EngineVersion", "6.9")], (400, COMBINATION)),
        (&[("EngineVersion", "8.0.1")], (400, "InvalidParameterValue")),
        (&[("CacheParameterGroupName", "default.valkey7")], (400, COMBINATION)),
        (&[("CacheParameterGroupName", "none")], (404, "CacheParameterGroupNotFound")),
        (&[("AuthToken", "0123456789abcdef")], (400, COMBINATION)),
        (
            &[("AuthToken", "0123456789abcdef/"), ("TransitEncryptionEnabled", "true")],
            (400, "InvalidParameterValue"),
        ),
        (&[("UserGroupIds.member.1", "none")], (404, "UserGroupNotFound")),
        (&[("PreferredMaintenanceWindow", "sun:03:30-sun:04:30")], (400, "InvalidParameterValue")),
        (&[("SecurityGroupIds.SecurityGroupId.1", "sg-0123abcd")], (400, "InvalidParameterValue")),
        (&[("KmsKeyId", "nothing")], (400, "InvalidKMSKeyFault")),
        (&[("UnheardOf", "1")], (400, "InvalidParameterValue")),
    ] {
        let refused = cache(&aws, "CreateReplicationGroup", &group(more)).await;
        assert_eq!(code(refused), refusal(expected.0, expected.1), "{more:?}");
    }
    let mut elsewhere = group(&[]);
    elsewhere[4].1 = "nowhere";
    let refused = cache(&aws, "CreateReplicationGroup", &elsewhere).await;
    assert_eq!(code(refused), refusal(400, "CacheSubnetGroupNotFoundFault"));
}

#[tokio::test]
async fn settings_change_and_nodes_wait_for_the_window() {
    let (bench, aws, _) = network().await;
    create(&aws, &[("EngineVersion", "7.2")]).await;
    assert_eq!(code(modify(&aws, &[]).await), refusal(400, COMBINATION));
    modify(&aws, &[("PreferredMaintenanceWindow", "Tue:01:00-Tue:02:00")]).await.unwrap();
    let waits = [
        ID,
        ("EngineVersion", "8.1"),
        ("CacheNodeType", "cache.r7g.xlarge"),
        ("SnapshotRetentionLimit", "3"),
    ];
    cache(&aws, "ModifyReplicationGroup", &waits).await.unwrap();
    let told = describe(&aws).await;
    assert_eq!(told.xml("Status"), Some("available"));
    assert_eq!(told.xml("SnapshotRetentionLimit"), Some("3"));
    assert_eq!(told.xml("CacheNodeType"), Some("cache.r7g.large"));
    let node = async || cache(&aws, "DescribeCacheClusters", &[]).await.unwrap();
    assert_eq!(node().await.xml_all("EngineVersion"), ["7.2.6", "8.1.0"]);
    bench.proxy.caches(aws.account(), "us-east-1").maintain("sessions");
    settle(&aws).await;
    let node = node().await;
    assert_eq!(node.xml_all("EngineVersion"), ["8.1.0"]);
    assert_eq!(node.xml("CacheParameterGroupName"), Some("default.valkey8"));
    assert_eq!(node.xml("PreferredMaintenanceWindow"), Some("tue:01:00-tue:02:00"));
    assert_eq!(code(modify(&aws, &[("EngineVersion", "8.0")]).await), refusal(400, COMBINATION));
    let odd = modify(&aws, &[("CacheNodeType", "cache.z9.huge")]).await;
    assert_eq!(code(odd), refusal(400, "InvalidParameterValue"));
}

#[tokio::test]
async fn another_family_needs_its_parameter_group() {
    let (_, aws, _) = network().await;
    for (name, family) in [("own-7", "valkey7"), ("own-8", "valkey8")] {
        let own = [
            ("CacheParameterGroupName", name),
            ("CacheParameterGroupFamily", family),
            ("Description", "d"),
        ];
        cache(&aws, "CreateCacheParameterGroup", &own).await.unwrap();
        let again = cache(&aws, "CreateCacheParameterGroup", &own).await;
        assert_eq!(code(again), refusal(400, "CacheParameterGroupAlreadyExists"));
    }
    let set = |parameter: &'static str, value: &'static str| {
        [
            ("CacheParameterGroupName", "own-8"),
            ("ParameterNameValues.ParameterNameValue.1.ParameterName", parameter),
            ("ParameterNameValues.ParameterNameValue.1.ParameterValue", value),
        ]
    };
    let call = async |parameters: [(&str, &str); 3]| {
        code(cache(&aws, "ModifyCacheParameterGroup", &parameters).await)
    };
    assert_eq!(call(set("unheard-of", "1")).await, refusal(400, "InvalidParameterValue"));
    assert_eq!(call(set("maxmemory-policy", "x")).await, refusal(400, "InvalidParameterValue"));
    assert_eq!(call(set("maxmemory-policy", "noeviction")).await, Ok(()));
    let user = [("CacheParameterGroupName", "own-8"), ("Source", "user")];
    let own = cache(&aws, "DescribeCacheParameters", &user).await.unwrap();
    assert_eq!(own.xml_all("ParameterValue"), ["noeviction"]);
    create(&aws, &[("EngineVersion", "7.2"), ("CacheParameterGroupName", "own-7")]).await;
    assert_eq!(code(modify(&aws, &[("EngineVersion", "8.0")]).await), refusal(400, COMBINATION));
    let both = [("EngineVersion", "8.0"), ("CacheParameterGroupName", "own-8")];
    modify(&aws, &both).await.unwrap();
    let delete = async |name: &str| {
        let named = [("CacheParameterGroupName", name)];
        code(cache(&aws, "DeleteCacheParameterGroup", &named).await)
    };
    assert_eq!(delete("own-8").await, refusal(400, "InvalidCacheParameterGroupState"));
    assert_eq!(delete("own-7").await, Ok(()));
    assert_eq!(delete("own-7").await, refusal(404, "CacheParameterGroupNotFound"));
}

#[tokio::test]
async fn tokens_rotate_and_give_way_to_users_over_tls() {
    let (bench, aws, _) = network().await;
    create(&aws, &[]).await;
    let on = ("TransitEncryptionEnabled", "true");
    let mode = |mode: &'static str| ("TransitEncryptionMode", mode);
    assert_eq!(code(modify(&aws, &[on, mode("required")]).await), refusal(400, COMBINATION));
    modify(&aws, &[on, mode("preferred")]).await.unwrap();
    modify(&aws, &[on, mode("required")]).await.unwrap();
    let off = [("TransitEncryptionEnabled", "false")];
    assert_eq!(code(modify(&aws, &off).await), refusal(400, COMBINATION));
    let (one, two) = ("one-0123456789abcdef", "two-0123456789abcdef");
    let token = async |token: &str, strategy: &str| {
        let change = [("AuthToken", token), ("AuthTokenUpdateStrategy", strategy)];
        code(modify(&aws, &change).await)
    };
    let tokens = || bench.proxy.caches(aws.account(), "us-east-1").tokens("sessions");
    assert_eq!(token(one, "SET").await, Ok(()));
    assert_eq!(token(two, "SET").await, refusal(400, COMBINATION));
    assert_eq!(token(two, "ROTATE").await, Ok(()));
    assert_eq!(tokens(), [one, two]);
    assert_eq!(token(two, "SET").await, Ok(()));
    assert_eq!(tokens(), [two]);
    assert_eq!(token(two, "DELETE").await, refusal(400, COMBINATION));
    let user = |id: &'static str, name: &'static str| {
        [
            ("UserId", id),
            ("UserName", name),
            ("Engine", "valkey"),
            ("AccessString", "on ~* +@read"),
            ("AuthenticationMode.Type", "password"),
            ("AuthenticationMode.Passwords.member.1", "0123456789abcdef"),
        ]
    };
    cache(&aws, "CreateUser", &user("s-default", "default")).await.unwrap();
    let again = cache(&aws, "CreateUser", &user("s-default", "default")).await;
    assert_eq!(code(again), refusal(400, "UserAlreadyExists"));
    cache(&aws, "CreateUser", &user("s-app", "app")).await.unwrap();
    let group = |users: &[&'static str]| {
        let mut group = vec![("UserGroupId", "team"), ("Engine", "valkey")];
        group.extend(
            users.iter().zip(["UserIds.member.1", "UserIds.member.2"]).map(|(u, n)| (n, *u)),
        );
        group
    };
    let lacking = cache(&aws, "CreateUserGroup", &group(&["s-app"])).await;
    assert_eq!(code(lacking), refusal(400, "DefaultUserRequired"));
    cache(&aws, "CreateUserGroup", &group(&["s-app", "s-default"])).await.unwrap();
    let attach = ("UserGroupIdsToAdd.member.1", "team");
    let early = modify(&aws, &[attach]).await;
    assert_eq!(code(early), refusal(400, "InvalidUserGroupState"));
    let named = [("UserGroupId", "team")];
    while cache(&aws, "DescribeUserGroups", &named).await.unwrap().xml("Status") != Some("active") {
    }
    assert_eq!(code(modify(&aws, &[attach]).await), refusal(400, COMBINATION));
    modify(&aws, &[attach, ("AuthTokenUpdateStrategy", "DELETE")]).await.unwrap();
    assert!(tokens().is_empty());
    let users = cache(&aws, "DescribeUsers", &[("UserId", "s-app")]).await.unwrap();
    assert_eq!(users.xml("AccessString"), Some("on ~* -@all +@read"));
    let attached = cache(&aws, "DeleteUser", &[("UserId", "s-default")]).await;
    assert_eq!(code(attached), refusal(400, "DefaultUserAssociatedToUserGroup"));
}

#[tokio::test]
async fn shards_and_replicas_change_by_their_own_calls() {
    let (_, aws, _) = network().await;
    create(
        &aws,
        &[
            ("AutomaticFailoverEnabled", "true"),
            ("ClusterMode", "enabled"),
            ("NumNodeGroups", "3"),
            ("ReplicasPerNodeGroup", "1"),
        ],
    )
    .await;
    let call = async |action: &str, more: &[(&str, &str)]| {
        let done = cache(&aws, action, &[&[ID, NOW], more].concat()).await;
        if done.is_ok() {
            settle(&aws).await;
        }
        code(done)
    };
    let shards = "ModifyReplicationGroupShardConfiguration";
    assert_eq!(call(shards, &[("NodeGroupCount", "2")]).await, refusal(400, COMBINATION));
    let gone = [("NodeGroupCount", "2"), ("NodeGroupsToRemove.NodeGroupToRemove.1", "0002")];
    assert_eq!(call(shards, &gone).await, Ok(()));
    assert_eq!(describe(&aws).await.xml_all("NodeGroupId"), ["0001", "0003"]);
    assert_eq!(call(shards, &[("NodeGroupCount", "3")]).await, Ok(()));
    let told = describe(&aws).await;
    assert_eq!(told.xml_all("NodeGroupId"), ["0001", "0003", "0004"]);
    assert!(told.xml_all("ClusterId").contains(&"sessions-0004-002"));
    assert_eq!(told.xml_all("Slots"), ["0-5460", "5461-10921", "10922-16383"]);
    let increase = |count: &'static str| [("NewReplicaCount", count)];
    let up = call("IncreaseReplicaCount", &increase("1")).await;
    assert_eq!(up, refusal(400, "NoOperationFault"));
    assert_eq!(call("IncreaseReplicaCount", &increase("2")).await, Ok(()));
    assert_eq!(describe(&aws).await.xml_all("ClusterId").len(), 9);
    assert_eq!(call("DecreaseReplicaCount", &increase("0")).await, Ok(()));
    assert_eq!(describe(&aws).await.xml_all("ClusterId").len(), 3);
    let late = [ID, ("ApplyImmediately", "false"), ("NewReplicaCount", "1")];
    let late = cache(&aws, "IncreaseReplicaCount", &late).await;
    assert_eq!(code(late), refusal(400, "InvalidParameterValue"));
    assert_eq!(call("IncreaseReplicaCount", &increase("1")).await, Ok(()));
    cache(&aws, "TestFailover", &[ID, ("NodeGroupId", "0001")]).await.unwrap();
    settle(&aws).await;
    assert_eq!(describe(&aws).await.xml("CacheClusterId"), Some("sessions-0001-002"));
}

#[tokio::test]
async fn tags_are_closed_while_a_snapshot_is_taken() {
    let (bench, aws, _) = network().await;
    create(&aws, &[("Tags.Tag.1.Key", "team"), ("Tags.Tag.1.Value", "web")]).await;
    let arn = arn(&aws);
    let tags = async || cache(&aws, "ListTagsForResource", &[("ResourceName", &arn)]).await;
    assert_eq!(tags().await.unwrap().xml("Value"), Some("web"));
    let caches = bench.proxy.caches(aws.account(), "us-east-1");
    caches.changes_take(1000);
    cache(&aws, "CreateSnapshot", &[ID, ("SnapshotName", "nightly")]).await.unwrap();
    assert_eq!(describe(&aws).await.xml("Status"), Some("snapshotting"));
    assert_eq!(code(tags().await), refusal(400, STATE));
    caches.changes_take(0);
    settle(&aws).await;
    assert_eq!(tags().await.unwrap().xml("Value"), Some("web"));
    let unknown = cache(&aws, "DescribeSnapshots", &[("SnapshotName", "none")]).await;
    assert_eq!(code(unknown), refusal(404, "SnapshotNotFoundFault"));
}

#[tokio::test]
async fn a_failed_creation_is_told_by_an_event() {
    let (bench, aws, _) = network().await;
    bench.proxy.caches(aws.account(), "us-east-1").fail_creation("No addresses left");
    cache(&aws, "CreateReplicationGroup", &group(&[])).await.unwrap();
    assert_eq!(describe(&aws).await.xml("Status"), Some("create-failed"));
    let of = [("SourceIdentifier", "sessions"), ("SourceType", "replication-group")];
    let events = cache(&aws, "DescribeEvents", &of).await.unwrap();
    assert_eq!(events.xml("Message"), Some("No addresses left"));
    cache(&aws, "DeleteReplicationGroup", &[ID]).await.unwrap();
}

async fn scale(aws: &Aws, operation: &str, body: Value) -> Result<Value, String> {
    let mut all = json!({
        "ServiceNamespace": "elasticache",
        "ResourceId": "replication-group/sessions",
        "ScalableDimension": "elasticache:replication-group:NodeGroups",
    });
    for (name, value) in body.as_object().unwrap() {
        all[name] = value.clone();
    }
    let target = format!("AnyScaleFrontendService.{operation}");
    let answer = aws.json("application-autoscaling", &target, &all).await.unwrap();
    let body = answer.json().unwrap();
    if answer.status == 200 { Ok(body) } else { Err(body["__type"].as_str().unwrap().to_owned()) }
}

#[tokio::test]
async fn registered_limits_scale_at_once_and_go_with_their_policies() {
    let (bench, aws, _) = network().await;
    let limits = |min: u8, max: u8| json!({ "MinCapacity": min, "MaxCapacity": max });
    let refused = Err("ValidationException".to_owned());
    assert_eq!(scale(&aws, "RegisterScalableTarget", limits(1, 5)).await, refused);
    let clustered = [("AutomaticFailoverEnabled", "true"), ("ClusterMode", "enabled")];
    create(&aws, &clustered).await;
    scale(&aws, "RegisterScalableTarget", limits(1, 5)).await.unwrap();
    assert_eq!(describe(&aws).await.xml("Status"), Some("available"));
    scale(&aws, "RegisterScalableTarget", limits(3, 5)).await.unwrap();
    assert_eq!(settle(&aws).await, 2);
    assert_eq!(describe(&aws).await.xml_all("NodeGroupId").len(), 3);
    let policy = |value: u8| {
        json!({
            "PolicyName": "cpu",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": value,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ElastiCachePrimaryEngineCPUUtilization"
                }
            }
        })
    };
    assert_eq!(scale(&aws, "PutScalingPolicy", policy(71)).await, refused);
    scale(&aws, "PutScalingPolicy", policy(60)).await.unwrap();
    let listed = scale(&aws, "DescribeScalingPolicies", json!({})).await.unwrap();
    assert_eq!(listed["ScalingPolicies"][0]["Alarms"].as_array().unwrap().len(), 2);
    scale(&aws, "DeregisterScalableTarget", json!({})).await.unwrap();
    let listed = scale(&aws, "DescribeScalingPolicies", json!({})).await.unwrap();
    assert_eq!(listed["ScalingPolicies"], json!([]));
    let gone = Err("ObjectNotFoundException".to_owned());
    assert_eq!(scale(&aws, "DeregisterScalableTarget", json!({})).await, gone);
    assert_eq!(scale(&aws, "PutScalingPolicy", policy(60)).await, gone);
    assert!(
        bench.proxy.operations(aws.account()).contains("application-autoscaling:PutScalingPolicy")
    );
}

#[tokio::test]
async fn leftovers_name_what_a_cache_has() {
    let (bench, aws) = through_proxy().await;
    let seeded = seed(&bench.emulator.url(), aws.account(), "us-east-1", "demo").await.unwrap();
    let out_of_band = bench.aws(aws.account(), "us-east-1");
    let mut parameters = group(&[("AutomaticFailoverEnabled", "true"), ("ClusterMode", "enabled")]);
    parameters[4].1 = "default";
    cache(&aws, "CreateReplicationGroup", &parameters).await.unwrap();
    scale(&aws, "RegisterScalableTarget", json!({ "MinCapacity": 1, "MaxCapacity": 2 }))
        .await
        .unwrap();
    let left = leftovers(&out_of_band, &seeded).await.unwrap();
    assert_eq!(
        left,
        ["ReplicationGroupId: sessions", "ScalableTargets: \"replication-group/sessions\""]
    );
}

#[tokio::test]
async fn every_operation_of_the_table_is_modelled_and_no_other() {
    let (_, aws) = through_proxy().await;
    for rule in RULES.iter().filter(|rule| rule.service == "elasticache") {
        for operation in rule.operations {
            let answer = aws.query("elasticache", operation, &[]).await.unwrap();
            assert_ne!(answer.xml("Code"), Some("InvalidAction"), "{operation}");
        }
    }
    let unknown = cache(&aws, "CreateServerlessCache", &[]).await;
    assert_eq!(code(unknown), refusal(400, "InvalidAction"));
}
