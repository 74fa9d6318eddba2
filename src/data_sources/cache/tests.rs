use super::*;
use crate::aws::elasticache::replication_groups::NodeGroup;
use crate::framework::schema::testing::assert_model_fits;

fn endpoint(address: &str) -> Endpoint {
    Endpoint { address: Some(address.to_owned()), port: Some(6_380) }
}

#[test]
fn schema_and_model_agree() {
    assert_model_fits::<Model>(&schema::schema());
}

#[test]
fn a_cache_with_replicas_is_reached_by_its_primary() {
    let shard = NodeGroup {
        id: "0001".to_owned(),
        primary_endpoint: Some(endpoint("primary.example")),
        reader_endpoint: Some(endpoint("reader.example")),
        members: 3,
    };
    let group = ReplicationGroup {
        id: "app".to_owned(),
        node_groups: vec![shard],
        transit_encryption_enabled: true,
        transit_encryption_mode: Some("required".to_owned()),
        ..ReplicationGroup::default()
    };
    let member = Member { engine_version: Some("8.0.1".to_owned()), ..Member::default() };
    let model = record("us-east-1", group, Some(member));
    assert_eq!(model.connection_url, Value::Value("rediss://primary.example:6380".to_owned()));
    assert_eq!(model.port, Value::Value(6_380));
    assert_eq!(model.replicas_per_node_group, Value::Value(2));
    assert_eq!(model.engine_version, Value::Value("8.0.1".to_owned()));
    assert_eq!(model.transit_encryption_mode, Value::Value("required".to_owned()));
    assert!(model.configuration_endpoint_address.is_null());
}

#[test]
fn shards_that_differ_tell_the_fewest_replicas() {
    let shard = |members| NodeGroup { members, ..NodeGroup::default() };
    let group = ReplicationGroup {
        node_groups: vec![shard(3), shard(2)],
        configuration_endpoint: Some(endpoint("configuration.example")),
        ..ReplicationGroup::default()
    };
    let model = record("us-east-1", group, None);
    assert_eq!(model.num_node_groups, Value::Value(2));
    assert_eq!(model.replicas_per_node_group, Value::Value(1));
    assert_eq!(model.connection_url, Value::Value("redis://configuration.example:6380".to_owned()));
    assert!(model.engine_version.is_null() && model.transit_encryption_mode.is_null());
}

#[test]
fn a_cache_that_is_being_made_has_no_endpoint_yet() {
    let model = record("us-east-1", ReplicationGroup::default(), None);
    assert!(model.connection_url.is_null() && model.port.is_null());
    assert!(model.replicas_per_node_group.is_null());
}
