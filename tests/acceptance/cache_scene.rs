//! What the tests of caches share: a configuration, somebody else's calls, and what a plan changes.

use std::collections::BTreeSet;

use officeless_testbench::{Call, PlanResult};
use serde_json::{Value, json};

use crate::scene::{REGION, Scene};

/// The cache of every test.
pub(crate) const ADDRESS: &str = "officeless_cache.this";

/// Nodes that scale by themselves, and changes that do not wait.
pub(crate) const NODES: &str = "node_type = \"cache.r7g.large\"\napply_immediately = true\n";

/// The block of a cache in these subnets.
pub(crate) fn in_subnets(subnets: &[&str], attributes: &str) -> String {
    format!(
        "resource \"officeless_cache\" \"this\" {{\n  name = \"app\"\n  subnet_ids = {subnets:?}\n\
         {attributes}\n}}\n"
    )
}

/// The block of a cache in every seeded subnet.
pub(crate) fn with(scene: &Scene, attributes: &str) -> String {
    let subnets: Vec<&str> = scene.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
    in_subnets(&subnets, attributes)
}

/// The cache as the state has it.
pub(crate) async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

/// Applies another configuration in place; the plan after it is empty.
pub(crate) async fn change(scene: &Scene, attributes: &str) {
    scene.configure(&with(scene, attributes));
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"], "{attributes}");
    scene.workspace.apply_plan().await.expect_ok();
    scene.workspace.expect_empty_plan().await;
}

/// A call of somebody else.
pub(crate) async fn elsewhere(scene: &Scene, action: &str, parameters: &[(&str, &str)]) -> String {
    scene.aws.query("elasticache", action, parameters).await.unwrap().ok().unwrap().body
}

/// A call of somebody else to EC2.
pub(crate) async fn in_ec2(scene: &Scene, action: &str, parameters: &[(&str, &str)]) -> String {
    scene.aws.query("ec2", action, parameters).await.unwrap().ok().unwrap().body
}

/// A call of somebody else to Application Auto Scaling, of the cache's dimension.
pub(crate) async fn in_scaling(scene: &Scene, operation: &str, dimension: &str, more: Value) {
    let mut body = json!({
        "ServiceNamespace": "elasticache",
        "ResourceId": "replication-group/app",
        "ScalableDimension": format!("elasticache:replication-group:{dimension}"),
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let target = format!("AnyScaleFrontendService.{operation}");
    let answer = scene.aws.json("application-autoscaling", &target, &body).await;
    answer.unwrap().ok().unwrap();
}

/// A setting of the replication group changed by somebody else, at once.
pub(crate) async fn set_elsewhere(scene: &Scene, parameters: &[(&str, &str)]) {
    let named = [("ReplicationGroupId", "app"), ("ApplyImmediately", "true")];
    elsewhere(scene, "ModifyReplicationGroup", &[&named[..], parameters].concat()).await;
    calm(scene).await;
}

/// Looks from outside until no change is under way.
pub(crate) async fn calm(scene: &Scene) {
    let named = [("ReplicationGroupId", "app")];
    for _ in 0..50 {
        // Its own status comes first, those of its shards follow.
        let told = elsewhere(scene, "DescribeReplicationGroups", &named).await;
        if element(&told, "Status") == "available" {
            return;
        }
    }
    panic!("the replication group does not become available");
}

/// The attributes a plan changes, those it cannot tell yet included.
pub(crate) fn changed(plan: &PlanResult) -> BTreeSet<String> {
    let change = plan.change(ADDRESS);
    let after = change["after"].as_object().unwrap();
    let unknown = change["after_unknown"].as_object().unwrap();
    let differs = |name: &&String| change["before"][name.as_str()] != after[name.as_str()];
    let told = after.keys().filter(differs).cloned();
    told.chain(
        unknown.iter().filter(|(_, open)| **open == json!(true)).map(|(name, _)| name.clone()),
    )
    .collect()
}

/// The settings a plan changes: not what only AWS tells after the apply.
pub(crate) fn settings(plan: &PlanResult) -> BTreeSet<String> {
    let unknown = plan.change(ADDRESS)["after_unknown"].as_object().unwrap();
    let open = |name: &String| unknown.get(name).is_some_and(|open| *open == json!(true));
    changed(plan).into_iter().filter(|name| !open(name)).collect()
}

/// These names as a set.
pub(crate) fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// After a change by somebody else the plan names the attribute, and the apply repairs it.
pub(crate) async fn repaired(scene: &Scene, attribute: &str) {
    all_repaired(scene, &[attribute]).await;
}

/// After changes by somebody else the plan names each attribute, and the apply repairs them all.
pub(crate) async fn all_repaired(scene: &Scene, attributes: &[&str]) {
    calm(scene).await;
    let before = state(scene).await;
    let plan = scene.workspace.plan().await.expect_changes();
    assert_eq!(plan.actions()[ADDRESS], ["update"], "{attributes:?}");
    let changed = changed(&plan);
    for attribute in attributes {
        assert!(changed.contains(*attribute), "{attribute} is not in {changed:?}");
    }
    scene.workspace.apply_plan().await.expect_ok();
    scene.workspace.expect_empty_plan().await;
    let after = state(scene).await;
    for attribute in attributes.iter().chain(&["arn"]) {
        assert_eq!(after[attribute], before[attribute], "{attribute}");
    }
}

/// The text of the first XML element of a name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, after) = xml.split_once(&format!("<{name}>")).unwrap();
    after.split_once('<').unwrap().0
}

/// The step of the walk a call belongs to.
pub(crate) fn step(call: &Call) -> Option<&'static str> {
    if call.service != "elasticache" {
        return None;
    }
    let given = |name: &str| call.form_value(name);
    let listed = |name: &str| call.form().iter().any(|(key, _)| key.starts_with(name));
    match call.operation.as_str() {
        "ModifyReplicationGroupShardConfiguration" => Some("shards"),
        "IncreaseReplicaCount" => Some("replicas up"),
        "DecreaseReplicaCount" => Some("replicas down"),
        "ModifyReplicationGroup" => Some(match given("AuthTokenUpdateStrategy").as_deref() {
            _ if listed("UserGroupIdsToAdd") => "users in",
            _ if listed("UserGroupIdsToRemove") => "users out",
            Some("ROTATE") => "token in",
            Some("SET") => "token alone",
            _ => match given("TransitEncryptionMode").as_deref() {
                Some("preferred") => "TLS preferred",
                Some("required") => "TLS required",
                _ if given("TransitEncryptionEnabled").as_deref() == Some("false") => "TLS off",
                _ => match given("ClusterMode").as_deref() {
                    Some("compatible") => "mode compatible",
                    Some("enabled") => "mode enabled",
                    _ => "settings",
                },
            },
        }),
        _ => None,
    }
}

/// The steps that AWS took since the last look.
pub(crate) fn steps(scene: &Scene) -> Vec<&'static str> {
    let calls = scene.proxy().calls(&scene.account);
    scene.proxy().clear(&scene.account);
    calls.iter().filter(|call| call.status == Some(200)).filter_map(step).collect()
}

/// The tokens that AWS takes.
pub(crate) fn tokens(scene: &Scene) -> Vec<String> {
    scene.proxy().caches(&scene.account, REGION).tokens("app")
}
