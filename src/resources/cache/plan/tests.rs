//! What a plan tells of a change: its price, its replacements, and the token that may not go.

use std::collections::BTreeMap;

use super::*;
use crate::framework::value::Strings;
use crate::resources::cache::model::User;

fn text(text: &str) -> Value<String> {
    Value::Value(text.to_owned())
}

/// A cache as it stands, in every attribute that a price looks at.
fn standing() -> Model {
    Model {
        name: text("app"),
        engine: text("valkey"),
        engine_version: text("8.0"),
        node_type: text("cache.r7g.large"),
        cluster_mode: text("disabled"),
        single_instance: Value::Value(false),
        num_node_groups: Value::Value(2),
        num_node_groups_actual: Value::Value(2),
        replicas_per_node_group_actual: Value::Value(1),
        automatic_failover_enabled: Value::Value(true),
        transit_encryption_enabled: Value::Value(true),
        transit_encryption_mode: text("required"),
        apply_immediately: Value::Value(true),
        maintenance_window: text("sun:05:00-sun:06:00"),
        security_group_ids: Value::Value(["sg-1"].into_iter().collect()),
        ..Model::default()
    }
}

/// The summaries and details of the warnings about a change.
fn price(prior: &Model, planned: &Model, replaced: bool) -> Vec<(String, String)> {
    let mut diagnostics = Diagnostics::default();
    costs::of_change(prior, planned, replaced, &mut diagnostics);
    assert!(diagnostics.errors.is_empty());
    let told = diagnostics.warnings.into_iter();
    told.map(|warning| (warning.summary.to_string(), warning.detail.to_string())).collect()
}

/// The one warning about a change says this.
fn costs_once((prior, planned): (Model, Model), summary: &str, says: &str) {
    let told = price(&prior, &planned, false);
    let [(head, body)] = told.as_slice() else { panic!("{summary}: {told:#?}") };
    assert_eq!(head, summary);
    assert!(body.contains(says), "{body}");
}

fn from(change: impl FnOnce(&mut Model)) -> (Model, Model) {
    let mut planned = standing();
    change(&mut planned);
    (standing(), planned)
}

fn one_user() -> Value<BTreeMap<String, Value<User>>> {
    Value::Value(BTreeMap::from([("app".to_owned(), Value::Value(User::default()))]))
}

#[test]
fn nothing_costs_nothing() {
    assert_eq!(price(&standing(), &standing(), false), []);
}

#[test]
fn what_interrupts_is_told() {
    costs_once(
        from(|planned| planned.engine_version = text("8.1")),
        "Version Upgrade",
        "engine_version goes from 8.0 to 8.1 in place: primaries fail over",
    );
    costs_once(
        from(|planned| planned.node_type = text("cache.r7g.xlarge")),
        "Change of Node Type",
        "node_type goes from cache.r7g.large to cache.r7g.xlarge in place",
    );
    let redis = Model { engine: text("redis"), engine_version: text("7.1"), ..standing() };
    costs_once((redis, standing()), "Conversion to Valkey", "there is no way back but a snapshot");
}

#[test]
fn what_moves_data_or_takes_replicas_away_is_told() {
    costs_once(
        from(|planned| planned.num_node_groups = Value::Value(3)),
        "Resharding",
        "num_node_groups goes from 2 to 3: AWS moves slots between shards",
    );
    costs_once(
        from(|planned| planned.num_node_groups = Value::Value(1)),
        "Resharding",
        "The shards with the highest ids go, and the others must hold their data.",
    );
    costs_once(
        from(|planned| planned.automatic_failover_enabled = Value::Value(false)),
        "Cache Without Failover",
        "No replica takes over by itself any more",
    );
    costs_once(
        from(|planned| planned.single_instance = Value::Value(true)),
        "Cache Without Failover",
        "single_instance = true removes every replica",
    );
}

#[test]
fn each_step_of_the_cluster_mode_tells_who_is_cut_off() {
    let mode = |before: &str, after: &str| {
        let (mut prior, mut planned) = (standing(), standing());
        (prior.cluster_mode, planned.cluster_mode) = (text(before), text(after));
        (prior, planned)
    };
    let summary = "Change of Cluster Mode";
    costs_once(mode("disabled", "compatible"), summary, "clients of both kinds may connect.");
    costs_once(mode("disabled", "enabled"), summary, "To move them in between, apply with");
    costs_once(mode("compatible", "enabled"), summary, "cluster protocol are cut off.");
}

#[test]
fn a_change_of_who_may_connect_is_told() {
    costs_once(
        from(|planned| {
            planned.transit_encryption_enabled = Value::Value(false);
            planned.transit_encryption_mode = Value::Null;
        }),
        "TLS Is Turned Off",
        "data crosses the network in plain text",
    );
    let preferred = Model { transit_encryption_mode: text("preferred"), ..standing() };
    costs_once(
        (preferred, standing()),
        "TLS Becomes Required",
        "Clients that connect without TLS are cut off.",
    );
    let token = Model { auth_token_wo_version: Value::Value(1), ..standing() };
    let users = Model { users: one_user(), ..standing() };
    costs_once(
        (token, users.clone()),
        "Users Take Over From the Token",
        "clients that still use it are cut off",
    );
    costs_once((users, standing()), "No Authentication", "whoever reaches the cache may do");
    costs_once(
        from(|planned| {
            planned.security_group_ids = Value::Null;
            planned.allowed_cidr_blocks = Value::Value(Strings::default());
        }),
        "Nobody May Connect",
        "lets nobody in",
    );
}

#[test]
fn bounds_beside_the_present_count_are_told() {
    let bounds = |min, max| {
        from(|planned| {
            planned.autoscaling = Value::Value(Autoscaling {
                dimension: text("NodeGroups"),
                min: Value::Value(min),
                max: Value::Value(max),
                ..Autoscaling::default()
            });
        })
    };
    let says = |becomes: i64| format!("AWS makes it {becomes} as soon as the bounds are set.");
    costs_once(bounds(3, 6), "Scaling at Once", &says(3));
    costs_once(bounds(1, 1), "Scaling at Once", &says(1));
    let (prior, planned) = bounds(1, 4);
    assert_eq!(price(&prior, &planned, false), []);
}

#[test]
fn what_waits_for_the_window_is_told() {
    let (prior, planned) = from(|planned| {
        planned.apply_immediately = Value::Value(false);
        planned.node_type = text("cache.r7g.xlarge");
        planned.engine_version = text("9.0");
    });
    let told = price(&prior, &planned, false);
    let (summary, detail) = told.last().unwrap();
    assert_eq!(summary, "Change Waits for the Maintenance Window");
    let says = "the change of node_type and engine_version is only asked for now, and made in the \
                maintenance window (sun:05:00-sun:06:00, UTC).";
    assert!(detail.contains(says), "{detail}");
}

#[test]
fn a_replacement_is_planned_where_aws_has_no_way_and_told_plainly() {
    let cluster = Model { cluster_mode: text("enabled"), ..standing() };
    let snapshot = Model { snapshot_name: text("nightly"), ..standing() };
    let files = Value::Value(["arn:aws:s3:::b/k"].into_iter().collect::<Strings>());
    let from_files = Model { snapshot_arns: files, ..standing() };
    let older = Model { engine_version: text("7.2"), ..standing() };
    let redis = Model { engine: text("redis"), engine_version: text("9.9"), ..standing() };
    let replaces = |prior: &Model, planned: &Model, attributes: &[&str]| {
        assert_eq!(replacements(prior, planned), attributes);
    };
    replaces(&standing(), &older, &["engine_version"]);
    replaces(&older, &standing(), &[]);
    replaces(&redis, &standing(), &[]);
    replaces(&cluster, &standing(), &["cluster_mode"]);
    replaces(&standing(), &snapshot, &["snapshot_name"]);
    replaces(&snapshot, &standing(), &[]);
    replaces(&standing(), &from_files, &["snapshot_arns"]);
    replaces(&from_files, &standing(), &[]);
    let told = price(&standing(), &older, true);
    assert_eq!(told[0].0, "Version Downgrade Replaces the Cache");
    assert!(told[0].1.contains("AWS has no way down"), "{told:?}");
    let told = price(&cluster, &standing(), true);
    assert_eq!(told[0].0, "Change of Cluster Mode Replaces the Cache");
    assert!(told[0].1.contains("To keep it, set cluster_mode = \"enabled\"."), "{told:?}");
}

#[test]
fn a_token_goes_only_where_users_come() {
    let refused = |planned: Model| {
        let prior = Model { auth_token_wo_version: Value::Value(1), ..standing() };
        let mut diagnostics = Diagnostics::default();
        plan_token(&prior, &planned, &mut diagnostics);
        diagnostics.errors.into_iter().map(|error| error.detail.to_string()).collect::<Vec<_>>()
    };
    let told = refused(standing());
    assert!(told[0].contains("AWS takes a token away only when users take over."), "{told:?}");
    assert!(refused(Model { users: one_user(), ..standing() }).is_empty());
    let group = Value::Value(["g"].into_iter().collect::<Strings>());
    assert!(refused(Model { user_group_ids: group, ..standing() }).is_empty());
}

#[test]
fn a_redis_too_old_does_not_scale_by_itself() {
    let mut diagnostics = Diagnostics::default();
    let old = Model { engine_version: text("7.1"), ..standing() };
    suit(&old, &Autoscaling::default(), &mut diagnostics);
    let says = "autoscaling takes Valkey 7.2 and later, and the version is 7.1. Raise";
    assert!(diagnostics.errors[0].detail.contains(says), "{diagnostics:?}");
}
