use super::*;
use crate::framework::schema::testing::assert_model_fits;

fn subnet(id: &str, zone: &str, range: &str, free: i32, tag: Option<&str>) -> Subnet {
    Subnet {
        id: id.to_owned(),
        vpc_id: "vpc-1".to_owned(),
        availability_zone: zone.to_owned(),
        availability_zone_id: None,
        cidr_block: Some(range.to_owned()),
        available_ip_address_count: Some(free),
        map_public_ip_on_launch: false,
        tags: tag.map(|tag| (tag.to_owned(), "1".to_owned())).into_iter().collect(),
    }
}

const PRIVATE: Option<&str> = Some("kubernetes.io/role/internal-elb");
const PUBLIC: Option<&str> = Some(PUBLIC_SUBNET_TAG);

fn chosen(subnets: &[Subnet]) -> Vec<&str> {
    choose(subnets, 8).values().map(|subnet| subnet.id.as_str()).collect()
}

#[test]
fn schema_and_model_agree() {
    assert_model_fits::<Model>(&schema());
}

#[test]
fn each_rule_decides_where_those_before_it_do_not() {
    let cases = [
        // The tag, before addresses and size.
        (subnet("b", "z", "10.0.0.0/28", 1, PRIVATE), subnet("a", "z", "10.1.0.0/16", 99, None)),
        // Enough addresses, before size.
        (subnet("b", "z", "10.0.0.0/28", 8, PRIVATE), subnet("a", "z", "10.1.0.0/16", 7, PRIVATE)),
        // The larger range, before the id, and whatever is free beyond enough.
        (subnet("b", "z", "10.0.0.0/20", 9, None), subnet("a", "z", "10.1.0.0/24", 250, None)),
        // The id.
        (subnet("a", "z", "10.0.0.0/24", 9, None), subnet("b", "z", "10.1.0.0/24", 250, None)),
    ];
    for (better, worse) in cases {
        let expected = better.id.clone();
        let pair = [better, worse];
        assert_eq!(chosen(&pair), std::slice::from_ref(&expected));
        let [better, worse] = pair;
        assert_eq!(chosen(&[worse, better]), [expected]);
    }
}

#[test]
fn one_of_each_zone_and_none_that_is_public() {
    let open =
        Subnet { map_public_ip_on_launch: true, ..subnet("o", "c", "10.0.0.0/16", 99, None) };
    let subnets = [
        subnet("p", "a", "10.0.0.0/16", 99, PUBLIC),
        subnet("x", "b", "10.1.0.0/24", 99, None),
        subnet("y", "a", "10.2.0.0/24", 99, PRIVATE),
        open,
    ];
    assert_eq!(chosen(&subnets), ["y", "x"]);
}

#[test]
fn what_is_not_there_is_told_with_the_next_step() {
    assert_eq!(
        none_private("vpc-1", "us-east-1", 2).detail,
        "vpc_id = \"vpc-1\": none of its 2 subnets in us-east-1 is private: each gives out public \
         addresses or has the tag kubernetes.io/role/elb. Create private subnets, or tag those \
         that are meant with kubernetes.io/role/internal-elb."
    );
    assert!(none_private("vpc-1", "us-east-1", 0).detail.contains("has no subnet of this VPC"));
    assert!(no_cluster("prod", "eu-west-1").detail.starts_with("cluster_name = \"prod\":"));
}

#[test]
fn vpc_and_cluster_exclude_each_other() {
    let text = |text: &str| Value::Value(text.to_owned());
    let config =
        Model { vpc_id: text("vpc-1"), cluster_name: text("production"), ..Model::default() };
    let mut diagnostics = Diagnostics::default();
    data_source::DataSource::validate(&DataSource, &config, &mut diagnostics);
    assert_eq!(diagnostics.errors.len(), 1);
    let mut diagnostics = Diagnostics::default();
    let config = Model { cluster_name: Value::Unknown, ..config };
    data_source::DataSource::validate(&DataSource, &config, &mut diagnostics);
    assert!(diagnostics.errors.is_empty());
}
