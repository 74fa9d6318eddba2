//! Elastic Compute Cloud: subnets, security groups and their ingress rules; in rooms of their own
//! [`volumes`], their [`modifications`], [`snapshots`] and [`zones`].
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/OperationList-query.html>

pub mod modifications;
pub mod snapshots;
pub mod volumes;
pub mod zones;

use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, ResourceType, SecurityGroup as SdkGroup,
    SecurityGroupRule as SdkRule, Subnet as SdkSubnet, Tag, TagSpecification, UserIdGroupPair,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};
use super::tags::{self, TagChanges, Tags};

/// A subnet as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// As in `subnet-0123456789abcdef0`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Zone name, such as `eu-west-1a`.
    pub availability_zone: String,
    /// Zone ID, such as `euw1-az1`, the same in every account.
    pub availability_zone_id: Option<String>,
    /// IPv4 range.
    pub cidr_block: Option<String>,
    /// Free IPv4 addresses.
    pub available_ip_address_count: Option<i32>,
    /// Whether instances get a public address: a sign of a public subnet.
    pub map_public_ip_on_launch: bool,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// A security group as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// As in `sg-0123456789abcdef0`.
    pub id: String,
    /// Name, unique in the VPC.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// Where an ingress rule lets traffic in from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// An IPv4 range.
    CidrIpv4(String),
    /// An IPv6 range.
    CidrIpv6(String),
    /// Members of a security group.
    SecurityGroup(String),
    /// A prefix list.
    PrefixList(String),
}

impl Peer {
    /// The range, IPv6 if it holds a colon.
    pub fn cidr(range: &str) -> Self {
        if range.contains(':') {
            Self::CidrIpv6(range.to_owned())
        } else {
            Self::CidrIpv4(range.to_owned())
        }
    }
}

/// An ingress rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressRule {
    /// As in `sgr-0123456789abcdef0`.
    pub id: String,
    /// `tcp`, `udp`, a number, or `-1` for all.
    pub protocol: String,
    /// First port; `-1` or absent for all.
    pub from_port: Option<i32>,
    /// Last port; `-1` or absent for all.
    pub to_port: Option<i32>,
    /// Where from; absent for a kind this provider does not know.
    pub peer: Option<Peer>,
    /// Free text.
    pub description: Option<String>,
}

impl IngressRule {
    /// Whether the rule lets TCP traffic to `port` in.
    pub fn admits_tcp(&self, port: i32) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => {
                let from = self.from_port.unwrap_or(-1);
                let to = self.to_port.unwrap_or(-1);
                from == -1 || (from..=to).contains(&port)
            }
            _ => false,
        }
    }
}

/// Describes subnets by ID. A missing one fails the call: `InvalidSubnetID.NotFound`.
/// IAM: ec2:DescribeSubnets
pub async fn list_subnets_by_id(clients: &Clients, ids: &[String]) -> Result<Vec<Subnet>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // IDs exclude paging.
    let request = clients.ec2().describe_subnets().set_subnet_ids(Some(ids.to_vec()));
    let answer = request.send().await.map_err(failed("DescribeSubnets"))?;
    answer.subnets.unwrap_or_default().into_iter().map(read_subnet).collect()
}

/// Describes the subnets of a VPC. IAM: ec2:DescribeSubnets
pub async fn list_subnets_by_vpc(clients: &Clients, vpc_id: &str) -> Result<Vec<Subnet>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .ec2()
            .describe_subnets()
            .filters(filter("vpc-id", vpc_id))
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed("DescribeSubnets"))?;
        for subnet in answer.subnets.unwrap_or_default() {
            listed.push(read_subnet(subnet)?);
        }
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// Describes a security group. IAM: ec2:DescribeSecurityGroups
pub async fn find_security_group_by_id(
    clients: &Clients,
    id: &str,
) -> Result<Option<SecurityGroup>, Error> {
    let request = clients.ec2().describe_security_groups().group_ids(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeSecurityGroups")))?;
    let groups = answer.and_then(|answer| answer.security_groups).unwrap_or_default();
    groups.into_iter().next().map(read_group).transpose()
}

/// Describes the security group of a name in a VPC. IAM: ec2:DescribeSecurityGroups
pub async fn find_security_group_by_name(
    clients: &Clients,
    vpc_id: &str,
    name: &str,
) -> Result<Option<SecurityGroup>, Error> {
    let answer = clients
        .ec2()
        .describe_security_groups()
        .filters(filter("vpc-id", vpc_id))
        .filters(filter("group-name", name))
        .send()
        .await
        .map_err(failed("DescribeSecurityGroups"))?;
    let mut groups = answer.security_groups.unwrap_or_default().into_iter();
    // Filter values may hold wildcards, names too: only the very name counts.
    groups.find(|group| group.group_name.as_deref() == Some(name)).map(read_group).transpose()
}

/// Lists the ingress rules of a security group. IAM: ec2:DescribeSecurityGroupRules
pub async fn list_ingress_rules(
    clients: &Clients,
    group_id: &str,
) -> Result<Vec<IngressRule>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .ec2()
            .describe_security_group_rules()
            .filters(filter("group-id", group_id))
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed("DescribeSecurityGroupRules"))?;
        let rules = answer.security_group_rules.unwrap_or_default().into_iter();
        listed.extend(rules.filter(|rule| rule.is_egress != Some(true)).map(read_rule));
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// Creates a security group; AWS lets all traffic out of it. `InvalidGroup.Duplicate`
/// ([`Kind::Conflict`]): the VPC has one of that name.
/// IAM: ec2:CreateSecurityGroup, ec2:CreateTags
pub async fn create_security_group(
    clients: &Clients,
    vpc_id: &str,
    name: &str,
    description: &str,
    tags: &Tags,
) -> Result<String, Error> {
    const OPERATION: &str = "CreateSecurityGroup";
    let answer = clients
        .ec2()
        .create_security_group()
        .vpc_id(vpc_id)
        .group_name(name)
        .description(description)
        .set_tag_specifications(tag_specification(ResourceType::SecurityGroup, tags))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    answer.group_id.ok_or_else(|| Error::incomplete(Service::Ec2, OPERATION, "groupId"))
}

/// Lets TCP traffic to one port in. A rule that exists already is fine.
/// IAM: ec2:AuthorizeSecurityGroupIngress
pub async fn authorize_ingress(
    clients: &Clients,
    group_id: &str,
    port: i32,
    peer: &Peer,
    description: &str,
) -> Result<(), Error> {
    let permission = IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port);
    let permission = match peer {
        Peer::CidrIpv4(range) => {
            permission.ip_ranges(IpRange::builder().cidr_ip(range).description(description).build())
        }
        Peer::CidrIpv6(range) => permission
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).description(description).build()),
        Peer::SecurityGroup(id) => permission.user_id_group_pairs(
            UserIdGroupPair::builder().group_id(id).description(description).build(),
        ),
        Peer::PrefixList(id) => permission.prefix_list_ids(
            aws_sdk_ec2::types::PrefixListId::builder()
                .prefix_list_id(id)
                .description(description)
                .build(),
        ),
    };
    let request = clients
        .ec2()
        .authorize_security_group_ingress()
        .group_id(group_id)
        .ip_permissions(permission.build());
    match request.send().await.map_err(failed("AuthorizeSecurityGroupIngress")) {
        Err(error) if error.is_code("InvalidPermission.Duplicate") => Ok(()),
        result => result.map(drop),
    }
}

/// Makes the calls of `changes` to the tags of an object, none if there are none.
/// IAM: ec2:CreateTags, ec2:DeleteTags
pub async fn change_tags(clients: &Clients, id: &str, changes: &TagChanges) -> Result<(), Error> {
    if !changes.set.is_empty() {
        let tags = write_tags(&changes.set);
        let request = clients.ec2().create_tags().resources(id).set_tags(Some(tags));
        request.send().await.map_err(failed("CreateTags"))?;
    }
    if !changes.remove.is_empty() {
        // Without a value the tag goes whatever its value is.
        let tags = changes.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        let request = clients.ec2().delete_tags().resources(id).set_tags(Some(tags));
        request.send().await.map_err(failed("DeleteTags"))?;
    }
    Ok(())
}

/// Removes ingress rules by ID. Rules that are gone already are fine only if all are.
/// IAM: ec2:RevokeSecurityGroupIngress
pub async fn revoke_ingress(
    clients: &Clients,
    group_id: &str,
    rule_ids: &[String],
) -> Result<(), Error> {
    if rule_ids.is_empty() {
        return Ok(());
    }
    let request = clients
        .ec2()
        .revoke_security_group_ingress()
        .group_id(group_id)
        .set_security_group_rule_ids(Some(rule_ids.to_vec()));
    error::gone(request.send().await.map_err(failed("RevokeSecurityGroupIngress")))
}

/// Deletes a security group. `DependencyViolation`: a network interface still uses it.
/// IAM: ec2:DeleteSecurityGroup
pub async fn delete_security_group(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.ec2().delete_security_group().group_id(id);
    error::gone(request.send().await.map_err(failed("DeleteSecurityGroup")))
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn read_subnet(subnet: SdkSubnet) -> Result<Subnet, Error> {
    let missing = |member| Error::incomplete(Service::Ec2, "DescribeSubnets", member);
    Ok(Subnet {
        id: subnet.subnet_id.ok_or_else(|| missing("subnetId"))?,
        vpc_id: subnet.vpc_id.ok_or_else(|| missing("vpcId"))?,
        availability_zone: subnet.availability_zone.ok_or_else(|| missing("availabilityZone"))?,
        availability_zone_id: subnet.availability_zone_id,
        cidr_block: subnet.cidr_block,
        available_ip_address_count: subnet.available_ip_address_count,
        map_public_ip_on_launch: subnet.map_public_ip_on_launch.unwrap_or(false),
        tags: read_tags(subnet.tags),
    })
}

fn read_group(group: SdkGroup) -> Result<SecurityGroup, Error> {
    let id = group.group_id;
    Ok(SecurityGroup {
        id: id
            .ok_or_else(|| Error::incomplete(Service::Ec2, "DescribeSecurityGroups", "groupId"))?,
        name: group.group_name.unwrap_or_default(),
        description: group.description.unwrap_or_default(),
        vpc_id: group.vpc_id,
        tags: read_tags(group.tags),
    })
}

fn read_rule(rule: SdkRule) -> IngressRule {
    let group = rule.referenced_group_info.and_then(|group| group.group_id);
    IngressRule {
        id: rule.security_group_rule_id.unwrap_or_default(),
        protocol: rule.ip_protocol.unwrap_or_default(),
        from_port: rule.from_port,
        to_port: rule.to_port,
        peer: rule
            .cidr_ipv4
            .map(Peer::CidrIpv4)
            .or_else(|| rule.cidr_ipv6.map(Peer::CidrIpv6))
            .or_else(|| group.map(Peer::SecurityGroup))
            .or_else(|| rule.prefix_list_id.map(Peer::PrefixList)),
        description: rule.description.filter(|description| !description.is_empty()),
    }
}

fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags::collect(
        tags.unwrap_or_default()
            .into_iter()
            .filter_map(|tag| tag.key.map(|key| (key, tag.value.unwrap_or_default()))),
    )
}

/// A moment as RFC 3339.
fn read_time(moment: Option<aws_smithy_types::DateTime>) -> Option<String> {
    moment?.fmt(aws_smithy_types::date_time::Format::DateTime).ok()
}

/// The tags that a create call sets by itself; nothing for none.
fn tag_specification(kind: ResourceType, tags: &Tags) -> Option<Vec<TagSpecification>> {
    let built = TagSpecification::builder().resource_type(kind).set_tags(Some(write_tags(tags)));
    (!tags.is_empty()).then(|| vec![built.build()])
}

fn write_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::Ec2, operation, CODES)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
const CODES: &[(&str, Kind)] = &[
    ("InvalidGroup.NotFound", Kind::NotFound),
    ("InvalidPermission.NotFound", Kind::NotFound),
    ("InvalidSecurityGroupRuleId.NotFound", Kind::NotFound),
    ("InvalidSubnetID.NotFound", Kind::NotFound),
    ("InvalidSnapshot.NotFound", Kind::NotFound),
    ("InvalidVolume.NotFound", Kind::NotFound),
    ("InvalidVolumeModification.NotFound", Kind::NotFound),
    ("InvalidVpcID.NotFound", Kind::NotFound),
    ("DependencyViolation", Kind::Conflict),
    ("InvalidGroup.Duplicate", Kind::Conflict),
    ("InvalidGroup.InUse", Kind::Conflict),
    ("InvalidPermission.Duplicate", Kind::Conflict),
    ("IdempotentParameterMismatch", Kind::Conflict),
    ("IncorrectModificationState", Kind::Conflict),
    ("IncorrectState", Kind::Conflict),
    ("VolumeInUse", Kind::Conflict),
    ("VolumeModificationRateExceeded", Kind::Conflict),
    ("ConcurrentSnapshotLimitExceeded", Kind::Quota),
    ("MaxIOPSLimitExceeded", Kind::Quota),
    ("RulesPerSecurityGroupLimitExceeded", Kind::Quota),
    ("SecurityGroupLimitExceeded", Kind::Quota),
    ("SecurityGroupsPerInterfaceLimitExceeded", Kind::Quota),
    ("SnapshotCreationPerVolumeRateExceeded", Kind::Quota),
    ("SnapshotLimitExceeded", Kind::Quota),
    ("VolumeLimitExceeded", Kind::Quota),
    ("InvalidGroupId.Malformed", Kind::Invalid),
    ("InvalidPermission.Malformed", Kind::Invalid),
    ("InvalidParameterDependency", Kind::Invalid),
    ("InvalidSnapshotID.Malformed", Kind::Invalid),
    ("InvalidSubnetID.Malformed", Kind::Invalid),
    ("InvalidVolumeID.Malformed", Kind::Invalid),
    ("InvalidZone.NotFound", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, from_port: Option<i32>, to_port: Option<i32>) -> IngressRule {
        let protocol = protocol.to_owned();
        let id = String::new();
        IngressRule { id, protocol, from_port, to_port, peer: None, description: None }
    }

    #[test]
    fn a_rule_admits_its_ports_and_all_traffic_admits_every_port() {
        assert!(rule("tcp", Some(2049), Some(2049)).admits_tcp(2049));
        assert!(rule("tcp", Some(0), Some(65535)).admits_tcp(2049));
        assert!(rule("-1", Some(-1), Some(-1)).admits_tcp(2049));
        assert!(rule("-1", None, None).admits_tcp(2049));
        assert!(!rule("tcp", Some(22), Some(22)).admits_tcp(2049));
        assert!(!rule("udp", Some(2049), Some(2049)).admits_tcp(2049));
    }

    #[test]
    fn ranges_are_told_apart_by_their_colon() {
        assert_eq!(Peer::cidr("10.0.0.0/8"), Peer::CidrIpv4("10.0.0.0/8".to_owned()));
        assert_eq!(Peer::cidr("fd00::/8"), Peer::CidrIpv6("fd00::/8".to_owned()));
    }
}
