//! Elastic Kubernetes Service: clusters and Pod Identity associations; in a room of their own
//! [`addons`].
//!
//! <https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html>

pub mod addons;

pub use addons::{Addon, AddonIssue, find_addon_by_name};

use aws_sdk_eks::types::{Cluster as SdkCluster, PodIdentityAssociation};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};
use super::tags::{self, Tags};

/// A cluster as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Name, unique in account and region.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// `CREATING`, `ACTIVE`, `DELETING`, `FAILED`, `UPDATING` or `PENDING`.
    pub status: String,
    /// Kubernetes version, as in `1.34`.
    pub version: Option<String>,
    /// URL of the API server.
    pub endpoint: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Subnets of the control plane's network interfaces.
    pub subnet_ids: Vec<String>,
    /// The security group EKS made for the cluster, which nodes share.
    pub cluster_security_group_id: Option<String>,
    /// More security groups of the control plane's network interfaces.
    pub security_group_ids: Vec<String>,
    /// Issuer of service account tokens.
    pub oidc_issuer: Option<String>,
    /// Whether the API server is reached from the internet.
    pub endpoint_public_access: bool,
    /// Whether the API server is reached from within the VPC.
    pub endpoint_private_access: bool,
    /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
    pub authentication_mode: Option<String>,
    /// Whether EKS Auto Mode runs the nodes, with a Pod Identity agent of its own.
    pub auto_mode: bool,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// Which service account an association is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssociationKey {
    /// The cluster.
    pub cluster_name: String,
    /// The namespace; need not exist.
    pub namespace: String,
    /// The service account; need not exist.
    pub service_account: String,
}

/// How the pods of an association get their session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionSettings {
    /// Whether sessions carry no tags of cluster, namespace and service account.
    pub disable_session_tags: bool,
    /// A role, of this or another account, that is assumed with the first.
    pub target_role_arn: Option<String>,
    /// A policy, JSON, that narrows what the role allows. Needs `disable_session_tags`.
    pub policy: Option<String>,
}

/// A Pod Identity association as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// As in `a-0123456789abcdef0`.
    pub id: String,
    /// The ARN.
    pub arn: String,
    /// Its service account.
    pub key: AssociationKey,
    /// The role pods get.
    pub role_arn: String,
    /// How pods get their session.
    pub session: SessionSettings,
    /// What the target role may ask for as `sts:ExternalId`; there with a target role only.
    pub external_id: Option<String>,
    /// The add-on that owns it, if one does.
    pub owner_arn: Option<String>,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// Describes a cluster. IAM: eks:DescribeCluster
pub async fn find_cluster_by_name(clients: &Clients, name: &str) -> Result<Option<Cluster>, Error> {
    let request = clients.eks().describe_cluster().name(name);
    let answer = error::found(request.send().await.map_err(failed("DescribeCluster")))?;
    Ok(answer.and_then(|answer| answer.cluster).map(|cluster| read_cluster(name, cluster)))
}

/// The ID of the association of a service account; [`Kind::NotFound`] if there is no such
/// cluster. IAM: eks:ListPodIdentityAssociations
pub async fn find_association_id_by_key(
    clients: &Clients,
    key: &AssociationKey,
) -> Result<Option<String>, Error> {
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .eks()
            .list_pod_identity_associations()
            .cluster_name(&key.cluster_name)
            .namespace(&key.namespace)
            .service_account(&key.service_account)
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed("ListPodIdentityAssociations"))?;
        // Compared again here: not every endpoint applies the filters.
        let found = answer.associations.unwrap_or_default().into_iter().find(|summary| {
            summary.namespace.as_deref() == Some(&key.namespace)
                && summary.service_account.as_deref() == Some(&key.service_account)
        });
        if let Some(id) = found.and_then(|summary| summary.association_id) {
            return Ok(Some(id));
        }
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(None),
        }
    }
}

/// IDs of all associations of a cluster; [`Kind::NotFound`] if there is no such cluster.
/// IAM: eks:ListPodIdentityAssociations
pub async fn list_association_ids(
    clients: &Clients,
    cluster_name: &str,
) -> Result<Vec<String>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .eks()
            .list_pod_identity_associations()
            .cluster_name(cluster_name)
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed("ListPodIdentityAssociations"))?;
        let associations = answer.associations.unwrap_or_default();
        listed.extend(associations.into_iter().filter_map(|summary| summary.association_id));
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// Describes an association. IAM: eks:DescribePodIdentityAssociation
pub async fn find_association_by_id(
    clients: &Clients,
    cluster_name: &str,
    id: &str,
) -> Result<Option<Association>, Error> {
    const OPERATION: &str = "DescribePodIdentityAssociation";
    let request = clients
        .eks()
        .describe_pod_identity_association()
        .cluster_name(cluster_name)
        .association_id(id);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    let association = answer.and_then(|answer| answer.association);
    association.map(|association| read_association(OPERATION, association)).transpose()
}

/// Associates a role with a service account. Repeating the call with the same token and arguments
/// creates no second one. `ResourceInUseException` ([`Kind::Conflict`]): the service account has
/// an association already. IAM: eks:CreatePodIdentityAssociation, eks:TagResource, iam:PassRole,
/// iam:GetRole
pub async fn create_association(
    clients: &Clients,
    key: &AssociationKey,
    role_arn: &str,
    session: &SessionSettings,
    client_request_token: &str,
    tags: &Tags,
) -> Result<Association, Error> {
    const OPERATION: &str = "CreatePodIdentityAssociation";
    let answer = clients
        .eks()
        .create_pod_identity_association()
        .cluster_name(&key.cluster_name)
        .namespace(&key.namespace)
        .service_account(&key.service_account)
        .role_arn(role_arn)
        .disable_session_tags(session.disable_session_tags)
        .set_target_role_arn(session.target_role_arn.clone())
        .set_policy(session.policy.clone())
        .client_request_token(client_request_token)
        .set_tags((!tags.is_empty()).then(|| tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let association = answer
        .association
        .ok_or_else(|| Error::incomplete(Service::Eks, OPERATION, "association"))?;
    read_association(OPERATION, association)
}

/// Gives an association another role or other sessions; running pods keep the old credentials until
/// restarted. The role is always named: without it EKS takes an empty one. An empty target role or
/// policy takes the former away. IAM: eks:UpdatePodIdentityAssociation, iam:PassRole, iam:GetRole
pub async fn update_association(
    clients: &Clients,
    cluster_name: &str,
    id: &str,
    role_arn: &str,
    session: &SessionSettings,
) -> Result<Association, Error> {
    const OPERATION: &str = "UpdatePodIdentityAssociation";
    let answer = clients
        .eks()
        .update_pod_identity_association()
        .cluster_name(cluster_name)
        .association_id(id)
        .role_arn(role_arn)
        .disable_session_tags(session.disable_session_tags)
        .target_role_arn(session.target_role_arn.clone().unwrap_or_default())
        .policy(session.policy.clone().unwrap_or_default())
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let association = answer
        .association
        .ok_or_else(|| Error::incomplete(Service::Eks, OPERATION, "association"))?;
    read_association(OPERATION, association)
}

/// Sets tags of an association or another object of EKS. IAM: eks:TagResource
pub async fn set_tags(clients: &Clients, arn: &str, tags: &Tags) -> Result<(), Error> {
    let tags = tags.clone().into_iter().collect();
    let request = clients.eks().tag_resource().resource_arn(arn).set_tags(Some(tags));
    request.send().await.map_err(failed("TagResource"))?;
    Ok(())
}

/// Removes tags of an association or another object of EKS. IAM: eks:UntagResource
pub async fn remove_tags(clients: &Clients, arn: &str, keys: &[String]) -> Result<(), Error> {
    let request =
        clients.eks().untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
    request.send().await.map_err(failed("UntagResource"))?;
    Ok(())
}

/// Deletes an association. IAM: eks:DeletePodIdentityAssociation
pub async fn delete_association(
    clients: &Clients,
    cluster_name: &str,
    id: &str,
) -> Result<(), Error> {
    let request = clients
        .eks()
        .delete_pod_identity_association()
        .cluster_name(cluster_name)
        .association_id(id);
    error::gone(request.send().await.map_err(failed("DeletePodIdentityAssociation")))
}

fn read_cluster(name: &str, cluster: SdkCluster) -> Cluster {
    let mut read = Cluster {
        name: cluster.name.unwrap_or_else(|| name.to_owned()),
        arn: cluster.arn.unwrap_or_default(),
        status: cluster.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        version: cluster.version,
        endpoint: cluster.endpoint,
        oidc_issuer: cluster.identity.and_then(|identity| identity.oidc?.issuer),
        authentication_mode: cluster
            .access_config
            .and_then(|access| access.authentication_mode)
            .map(|mode| mode.as_str().to_owned()),
        auto_mode: cluster.compute_config.and_then(|compute| compute.enabled).unwrap_or_default(),
        tags: tags::collect(cluster.tags.unwrap_or_default()),
        ..Cluster::default()
    };
    if let Some(network) = cluster.resources_vpc_config {
        read.endpoint_public_access = network.endpoint_public_access;
        read.endpoint_private_access = network.endpoint_private_access;
        read.vpc_id = error::non_empty(network.vpc_id);
        read.subnet_ids = network.subnet_ids.unwrap_or_default();
        read.cluster_security_group_id = error::non_empty(network.cluster_security_group_id);
        read.security_group_ids = network.security_group_ids.unwrap_or_default();
    }
    read
}

fn read_association(
    operation: &'static str,
    association: PodIdentityAssociation,
) -> Result<Association, Error> {
    let missing = |member| Error::incomplete(Service::Eks, operation, member);
    Ok(Association {
        id: association.association_id.ok_or_else(|| missing("associationId"))?,
        arn: association.association_arn.ok_or_else(|| missing("associationArn"))?,
        key: AssociationKey {
            cluster_name: association.cluster_name.ok_or_else(|| missing("clusterName"))?,
            namespace: association.namespace.ok_or_else(|| missing("namespace"))?,
            service_account: association
                .service_account
                .ok_or_else(|| missing("serviceAccount"))?,
        },
        role_arn: association.role_arn.ok_or_else(|| missing("roleArn"))?,
        session: SessionSettings {
            disable_session_tags: association.disable_session_tags.unwrap_or_default(),
            target_role_arn: error::non_empty(association.target_role_arn),
            policy: error::non_empty(association.policy),
        },
        external_id: error::non_empty(association.external_id),
        owner_arn: error::non_empty(association.owner_arn),
        tags: tags::collect(association.tags.unwrap_or_default()),
    })
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::Eks, operation, CODES)
}

/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html>, "Errors" of each
/// operation.
const CODES: &[(&str, Kind)] = &[
    ("NotFoundException", Kind::NotFound),
    ("ResourceNotFoundException", Kind::NotFound),
    ("InvalidRequestException", Kind::Conflict),
    ("InvalidStateException", Kind::Conflict),
    ("ResourceInUseException", Kind::Conflict),
    ("ResourcePropagationDelayException", Kind::Conflict),
    ("ResourceLimitExceededException", Kind::Quota),
    ("BadRequestException", Kind::Invalid),
    ("ClientException", Kind::Invalid),
    ("UnsupportedAvailabilityZoneException", Kind::Invalid),
];
