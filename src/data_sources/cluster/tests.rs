use super::*;
use crate::framework::schema::testing::assert_model_fits;

fn subnet(id: &str, zone: &str) -> ec2::Subnet {
    ec2::Subnet {
        id: id.to_owned(),
        vpc_id: "vpc-1".to_owned(),
        availability_zone: zone.to_owned(),
        availability_zone_id: None,
        cidr_block: None,
        available_ip_address_count: None,
        map_public_ip_on_launch: false,
        tags: BTreeMap::new(),
    }
}

fn observed() -> Observed {
    Observed {
        cluster: eks::Cluster {
            name: "production".to_owned(),
            status: "ACTIVE".to_owned(),
            subnet_ids: vec!["subnet-b".to_owned(), "subnet-a".to_owned()],
            endpoint_private_access: true,
            ..eks::Cluster::default()
        },
        subnets: vec![
            subnet("subnet-b", "us-east-1b"),
            subnet("subnet-c", "us-east-1a"),
            subnet("subnet-a", "us-east-1a"),
        ],
        agent: None,
    }
}

#[test]
fn schema_and_model_agree() {
    assert_model_fits::<Model>(&schema());
}

#[test]
fn subnets_are_grouped_by_their_zone() {
    let model = Model::record("us-east-1", observed());
    let expected = BTreeMap::from([
        ("us-east-1a".to_owned(), Strings::from_iter(["subnet-a", "subnet-c"])),
        ("us-east-1b".to_owned(), Strings::from_iter(["subnet-b"])),
    ]);
    assert_eq!(model.subnet_ids_by_zone, Value::Value(expected));
}

#[test]
fn an_absent_agent_is_null_and_what_aws_leaves_out_is_null() {
    let model = Model::record("us-east-1", observed());
    assert!(model.pod_identity_agent.is_null() && model.vpc_id.is_null());
    assert_eq!(model.endpoint_private_access, Value::Value(true));
}

#[test]
fn an_installed_agent_shows_version_and_status() {
    let agent = eks::Addon {
        name: "eks-pod-identity-agent".to_owned(),
        version: Some("v1.3.5-eksbuild.2".to_owned()),
        status: "ACTIVE".to_owned(),
        ..eks::Addon::default()
    };
    let model = Model::record("us-east-1", Observed { agent: Some(agent), ..observed() });
    let expected = Agent {
        version: Value::Value("v1.3.5-eksbuild.2".to_owned()),
        status: Value::Value("ACTIVE".to_owned()),
    };
    assert_eq!(model.pod_identity_agent, Value::Value(expected));
}

#[test]
fn a_cluster_that_is_not_there_is_told_with_name_region_and_next_step() {
    assert_eq!(
        no_cluster("prod", "eu-west-1").detail,
        "name = \"prod\": the account has no EKS cluster of this name in eu-west-1. Correct the \
         name or the region, or use credentials of the account that has the cluster."
    );
}

#[tokio::test]
async fn without_a_configured_provider_the_cluster_is_not_read() {
    let error = data_source::DataSource::read(&DataSource, None, Model::default()).await;
    assert_eq!(error.unwrap_err().summary, "Provider Configuration Not Known Yet");
}
