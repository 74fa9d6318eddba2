//! What stands before the provider comes: a network with three private subnets, and an EKS cluster.

use crate::aws::{Aws, xml_texts};
use crate::restricted;
use anyhow::{Context, Result};
use serde_json::json;

/// What [`seed`] made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// The VPC, 10.42.0.0/16.
    pub vpc_id: String,
    /// The private subnets, as availability zone and id.
    pub subnet_ids: Vec<(String, String)>,
    /// The group EKS gives a cluster: it lets its own members in.
    pub cluster_security_group_id: String,
    /// The cluster's name.
    pub cluster_name: String,
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// Makes a VPC, three private subnets, a cluster's security group, its role and the cluster, version 1.33.
/// The endpoint may be the proxy's or the emulator's; only the former records the calls.
pub async fn seed(
    endpoint: &str,
    account: &str,
    region: &str,
    cluster_name: &str,
) -> Result<Seeded> {
    let aws = Aws::new(endpoint, account, region);
    let answer = aws.query("ec2", "CreateVpc", &[("CidrBlock", "10.42.0.0/16")]).await?.ok()?;
    let vpc_id = answer.xml("vpcId").context("CreateVpc gave no id")?.to_owned();
    let mut subnet_ids = Vec::new();
    for (index, letter) in ["a", "b", "c"].into_iter().enumerate() {
        let zone = format!("{region}{letter}");
        let id = create_subnet(&aws, &vpc_id, &zone, index, cluster_name).await?;
        subnet_ids.push((zone, id));
    }
    let cluster_security_group_id = create_cluster_group(&aws, &vpc_id, cluster_name).await?;
    let role = format!("{cluster_name}-cluster");
    let parameters = [("RoleName", role.as_str()), ("AssumeRolePolicyDocument", TRUST)];
    aws.query("iam", "CreateRole", &parameters).await?.ok()?;
    let ids: Vec<&String> = subnet_ids.iter().map(|(_, id)| id).collect();
    let cluster = json!({
        "name": cluster_name,
        "version": "1.33",
        "roleArn": format!("arn:aws:iam::{account}:role/{role}"),
        "resourcesVpcConfig": { "vpcId": vpc_id, "subnetIds": ids },
    });
    aws.rest("eks", "POST", "/clusters", &cluster.to_string()).await?.ok()?;
    let cluster_name = cluster_name.to_owned();
    Ok(Seeded { vpc_id, subnet_ids, cluster_security_group_id, cluster_name })
}

async fn create_subnet(
    aws: &Aws,
    vpc_id: &str,
    zone: &str,
    index: usize,
    cluster_name: &str,
) -> Result<String> {
    let parameters = [
        ("VpcId", vpc_id.to_owned()),
        ("CidrBlock", format!("10.42.{index}.0/24")),
        ("AvailabilityZone", zone.to_owned()),
        ("TagSpecification.1.ResourceType", "subnet".to_owned()),
        ("TagSpecification.1.Tag.1.Key", "kubernetes.io/role/internal-elb".to_owned()),
        ("TagSpecification.1.Tag.1.Value", "1".to_owned()),
        ("TagSpecification.1.Tag.2.Key", format!("kubernetes.io/cluster/{cluster_name}")),
        ("TagSpecification.1.Tag.2.Value", "shared".to_owned()),
    ];
    let answer = aws.query("ec2", "CreateSubnet", &borrowed(&parameters)).await?.ok()?;
    Ok(answer.xml("subnetId").context("CreateSubnet gave no id")?.to_owned())
}

async fn create_cluster_group(aws: &Aws, vpc_id: &str, cluster_name: &str) -> Result<String> {
    let parameters = [
        ("VpcId", vpc_id.to_owned()),
        ("GroupName", format!("eks-cluster-sg-{cluster_name}-1")),
        ("GroupDescription", "EKS created security group applied to the cluster".to_owned()),
        ("TagSpecification.1.ResourceType", "security-group".to_owned()),
        ("TagSpecification.1.Tag.1.Key", "aws:eks:cluster-name".to_owned()),
        ("TagSpecification.1.Tag.1.Value", cluster_name.to_owned()),
    ];
    let answer = aws.query("ec2", "CreateSecurityGroup", &borrowed(&parameters)).await?.ok()?;
    let group = answer.xml("groupId").context("CreateSecurityGroup gave no id")?.to_owned();
    let parameters = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.Groups.1.GroupId", &group),
    ];
    aws.query("ec2", "AuthorizeSecurityGroupIngress", &parameters).await?.ok()?;
    Ok(group)
}

fn borrowed<'a>(parameters: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Makes a customer key and gives its ARN.
pub async fn create_kms_key(aws: &Aws) -> Result<String> {
    let answer = aws.json("kms", "TrentService.CreateKey", &json!({})).await?.ok()?.json()?;
    Ok(answer["KeyMetadata"]["Arn"].as_str().context("CreateKey gave no ARN")?.to_owned())
}

/// The vaults, plans and selections of AWS Backup.
async fn backup_leftovers(aws: &Aws) -> Result<Vec<String>> {
    let mut left = Vec::new();
    let vaults = aws.rest("backup", "GET", "/backup-vaults", "").await?.ok()?.json()?;
    let vaults = vaults["BackupVaultList"].as_array().cloned().unwrap_or_default();
    left.extend(vaults.iter().map(|vault| format!("BackupVault: {}", vault["BackupVaultName"])));
    let plans = aws.rest("backup", "GET", "/backup/plans", "").await?.ok()?.json()?;
    for plan in plans["BackupPlansList"].as_array().into_iter().flatten() {
        let id = plan["BackupPlanId"].as_str().unwrap_or_default();
        left.push(format!("BackupPlan: {id}"));
        let path = format!("/backup/plans/{id}/selections");
        let listed = aws.rest("backup", "GET", &path, "").await?.ok()?.json()?;
        let listed = listed["BackupSelectionsList"].as_array().cloned().unwrap_or_default();
        left.extend(listed.iter().map(|one| format!("BackupSelection: {}", one["SelectionId"])));
    }
    Ok(left)
}

/// What of the provider's kinds an account still has in a region: file systems, access points, volumes,
/// snapshots of volumes, buckets, backup vaults and plans, add-ons, pod identity associations, caches and
/// what belongs to them, and security groups and roles other than those of [`seed`] and of AWS. Snapshots
/// of caches are kept on purpose, so they are none.
pub async fn leftovers(aws: &Aws, seeded: &Seeded) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for (path, list, id) in [
        ("/2015-02-01/file-systems", "FileSystems", "FileSystemId"),
        ("/2015-02-01/access-points", "AccessPoints", "AccessPointId"),
        (
            "/2015-02-01/file-systems/replication-configurations",
            "Replications",
            "SourceFileSystemId",
        ),
    ] {
        let answer = aws.rest("elasticfilesystem", "GET", path, "").await?.ok()?.json()?;
        let items = answer[list].as_array().into_iter().flatten();
        left.extend(items.filter_map(|item| item[id].as_str()).map(|id| format!("{list}: {id}")));
    }
    for (action, list, id) in
        [("DescribeVolumes", "Volume", "volumeId"), ("DescribeSnapshots", "Snapshot", "snapshotId")]
    {
        let answer = aws.query("ec2", action, &[("Owner.1", "self")]).await?.ok()?;
        // Other objects name what they belong to by the same element, but not at the same depth.
        let items = answer.body.split("<item>").skip(1);
        let own = items.filter_map(|item| item.trim_start().strip_prefix(&format!("<{id}>")));
        left.extend(
            own.filter_map(|rest| rest.split('<').next()).map(|id| format!("{list}: {id}")),
        );
    }
    let path = format!("/clusters/{}/addons", seeded.cluster_name);
    let answer = aws.rest("eks", "GET", &path, "").await?.ok()?.json()?;
    let items = answer["addons"].as_array().into_iter().flatten();
    left.extend(items.map(|name| format!("Addon: {name}")));
    left.extend(backup_leftovers(aws).await?);
    let buckets = aws.rest("s3", "GET", "/", "").await?.ok()?;
    left.extend(buckets.xml_all("Name").into_iter().map(|name| format!("Bucket: {name}")));
    let path = format!("/clusters/{}/pod-identity-associations", seeded.cluster_name);
    let answer = aws.rest("eks", "GET", &path, "").await?.ok()?.json()?;
    let items = answer["associations"].as_array().into_iter().flatten();
    left.extend(items.map(|item| format!("PodIdentityAssociation: {}", item["associationId"])));
    left.extend(security_groups_left(aws).await?);
    let roles = aws.query("iam", "ListRoles", &[]).await?.ok()?;
    let own = format!("{}-cluster", seeded.cluster_name);
    let names = roles
        .xml_all("RoleName")
        .into_iter()
        .filter(|name| *name != own && *name != restricted::ROLE);
    left.extend(names.map(|name| format!("Role: {name}")));
    let policies = aws.query("iam", "ListPolicies", &[("Scope", "Local")]).await?.ok()?;
    left.extend(policies.xml_all("PolicyName").into_iter().map(|name| format!("Policy: {name}")));
    left.extend(caches_left(aws).await?);
    Ok(left)
}

/// Security groups, by their ids, but those of AWS.
async fn security_groups_left(aws: &Aws) -> Result<Vec<String>> {
    let groups = aws.query("ec2", "DescribeSecurityGroups", &[]).await?.ok()?;
    let own = |item: &&str| {
        let name = xml_texts(item, "groupName").into_iter().next().unwrap_or_default();
        name != "default" && !name.starts_with("eks-cluster-sg-")
    };
    // Rules are items too, and name groups; a group's own id comes with an owner and a name.
    let items = groups.body.split("<item>").filter(|item| item.contains("<groupName>"));
    let ids = items.filter(own).filter_map(|item| xml_texts(item, "groupId").into_iter().next());
    Ok(ids.map(|id| format!("SecurityGroup: {id}")).collect())
}

/// Replication groups, subnet groups, parameter groups, users, user groups, and what scales caches.
async fn caches_left(aws: &Aws) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for (action, id) in [
        ("DescribeReplicationGroups", "ReplicationGroupId"),
        ("DescribeCacheSubnetGroups", "CacheSubnetGroupName"),
        ("DescribeCacheParameterGroups", "CacheParameterGroupName"),
        ("DescribeUsers", "UserId"),
        ("DescribeUserGroups", "UserGroupId"),
    ] {
        let answer = aws.query("elasticache", action, &[]).await?.ok()?;
        left.extend(answer.xml_all(id).into_iter().map(|name| format!("{id}: {name}")));
    }
    for (list, id) in [("ScalableTargets", "ResourceId"), ("ScalingPolicies", "PolicyName")] {
        let target = format!("AnyScaleFrontendService.Describe{list}");
        let body = json!({ "ServiceNamespace": "elasticache" });
        let answer = aws.json("application-autoscaling", &target, &body).await?.ok()?.json()?;
        let items = answer[list].as_array().into_iter().flatten();
        left.extend(items.map(|item| format!("{list}: {}", item[id])));
    }
    Ok(left)
}
