//! Add-ons of a cluster, and what EKS has to offer.

use aws_sdk_eks::types::{
    Addon as SdkAddon, AddonNamespaceConfigRequest, AddonPodIdentityAssociations, ResolveConflicts,
};

use super::failed;
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Kind, Service};
use crate::aws::tags::{self, Tags};
use crate::aws::wait::{Seen, Wait};

/// An installed add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addon {
    /// As in `aws-efs-csi-driver`.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// As in `v2.1.11-eksbuild.1`.
    pub version: Option<String>,
    /// `CREATING`, `ACTIVE`, `CREATE_FAILED`, `UPDATING`, `DELETING`, `DELETE_FAILED`,
    /// `DEGRADED` or `UPDATE_FAILED`.
    pub status: String,
    /// What AWS finds wrong with it.
    pub issues: Vec<AddonIssue>,
    /// JSON or YAML, as it was given.
    pub configuration_values: Option<String>,
    /// Where its software runs.
    pub namespace: Option<String>,
    /// ARNs of the Pod Identity associations it owns.
    pub association_arns: Vec<String>,
    /// Tags without those of AWS.
    pub tags: Tags,
}

/// One thing that AWS finds wrong with an add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddonIssue {
    /// As in `InsufficientNumberOfReplicas`.
    pub code: String,
    /// AWS's words.
    pub message: String,
    /// What it is about, such as deployments.
    pub resource_ids: Vec<String>,
}

/// What an add-on is created with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAddon {
    /// The cluster.
    pub cluster_name: String,
    /// As in `aws-ebs-csi-driver`.
    pub name: String,
    /// As in `v1.42.0-eksbuild.1`.
    pub version: String,
    /// `NONE` or `OVERWRITE`.
    pub resolve_conflicts: String,
    /// JSON by the schema of the version.
    pub configuration_values: Option<String>,
    /// Where its software is to run, unless that is its default.
    pub namespace: Option<String>,
    /// Service accounts and the roles they get.
    pub associations: Vec<(String, String)>,
    /// Makes a repeated call answer with the same add-on.
    pub client_request_token: String,
    /// Tags set by the call itself.
    pub tags: Tags,
}

/// What of an add-on changes; an absent member stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddonChange {
    /// The version.
    pub version: Option<String>,
    /// `NONE`, `OVERWRITE` or `PRESERVE`.
    pub resolve_conflicts: String,
    /// JSON by the schema of the version.
    pub configuration_values: Option<String>,
    /// Service accounts and the roles they get, in place of those it has.
    pub associations: Option<Vec<(String, String)>>,
}

/// A version of an add-on that EKS offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedVersion {
    /// As in `v1.42.0-eksbuild.1`.
    pub version: String,
    /// Kubernetes versions it runs on.
    pub cluster_versions: Vec<String>,
    /// Those for which it is what EKS installs by default.
    pub default_for: Vec<String>,
    /// Machine types, as in `amd64`.
    pub architectures: Vec<String>,
}

/// Describes an add-on of a cluster; none also where the cluster does not exist.
/// IAM: eks:DescribeAddon
pub async fn find_addon_by_name(
    clients: &Clients,
    cluster_name: &str,
    name: &str,
) -> Result<Option<Addon>, Error> {
    let request = clients.eks().describe_addon().cluster_name(cluster_name).addon_name(name);
    let answer = error::found(request.send().await.map_err(failed("DescribeAddon")))?;
    Ok(answer.and_then(|answer| answer.addon).map(|addon| read_addon(name, addon)))
}

/// The versions of an add-on, newest first as EKS lists them; all of them without a Kubernetes
/// version. IAM: eks:DescribeAddonVersions
pub async fn list_addon_versions(
    clients: &Clients,
    name: &str,
    kubernetes_version: Option<&str>,
) -> Result<Vec<OfferedVersion>, Error> {
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .eks()
            .describe_addon_versions()
            .addon_name(name)
            .set_kubernetes_version(kubernetes_version.map(str::to_owned))
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed("DescribeAddonVersions"))?;
        let addons = answer.addons.unwrap_or_default().into_iter();
        for addon in addons.filter(|addon| addon.addon_name.as_deref() == Some(name)) {
            for offered in addon.addon_versions.unwrap_or_default() {
                let Some(version) = offered.addon_version else { continue };
                let compatible = offered.compatibilities.unwrap_or_default();
                let names = |wanted: fn(&aws_sdk_eks::types::Compatibility) -> bool| {
                    let chosen = compatible.iter().filter(|one| wanted(one));
                    chosen.filter_map(|one| one.cluster_version.clone()).collect()
                };
                listed.push(OfferedVersion {
                    version,
                    cluster_versions: names(|_| true),
                    default_for: names(|one| one.default_version),
                    architectures: offered.architecture.unwrap_or_default(),
                });
            }
        }
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// The JSON schema of the configuration values of a version; none for a version that takes none.
/// IAM: eks:DescribeAddonConfiguration
pub async fn find_configuration_schema(
    clients: &Clients,
    name: &str,
    version: &str,
) -> Result<Option<String>, Error> {
    let request =
        clients.eks().describe_addon_configuration().addon_name(name).addon_version(version);
    let answer = error::found(request.send().await.map_err(failed("DescribeAddonConfiguration")))?;
    Ok(answer.and_then(|answer| error::non_empty(answer.configuration_schema)))
}

/// Installs an add-on. `ResourceInUseException` ([`Kind::Conflict`]): the cluster has it already.
/// IAM: eks:CreateAddon, eks:CreatePodIdentityAssociation, eks:TagResource, iam:PassRole
pub async fn create_addon(clients: &Clients, new: &NewAddon) -> Result<Addon, Error> {
    const OPERATION: &str = "CreateAddon";
    let namespace = new
        .namespace
        .as_ref()
        .map(|namespace| AddonNamespaceConfigRequest::builder().namespace(namespace).build());
    let answer = clients
        .eks()
        .create_addon()
        .cluster_name(&new.cluster_name)
        .addon_name(&new.name)
        .addon_version(&new.version)
        .resolve_conflicts(ResolveConflicts::from(new.resolve_conflicts.as_str()))
        .set_configuration_values(new.configuration_values.clone())
        .set_namespace_config(namespace)
        .set_pod_identity_associations(Some(write_associations(OPERATION, &new.associations)?))
        .client_request_token(&new.client_request_token)
        .set_tags((!new.tags.is_empty()).then(|| new.tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let addon = answer.addon.ok_or_else(|| Error::incomplete(Service::Eks, OPERATION, "addon"))?;
    Ok(read_addon(&new.name, addon))
}

/// Changes an add-on, all in one update. `InvalidRequestException` ([`Kind::Conflict`]): another
/// update is under way. IAM: eks:UpdateAddon, eks:CreatePodIdentityAssociation,
/// eks:UpdatePodIdentityAssociation, eks:DeletePodIdentityAssociation, iam:PassRole
pub async fn update_addon(
    clients: &Clients,
    cluster_name: &str,
    name: &str,
    change: &AddonChange,
) -> Result<(), Error> {
    const OPERATION: &str = "UpdateAddon";
    let associations = match &change.associations {
        Some(associations) => Some(write_associations(OPERATION, associations)?),
        None => None,
    };
    let request = clients
        .eks()
        .update_addon()
        .cluster_name(cluster_name)
        .addon_name(name)
        .set_addon_version(change.version.clone())
        .resolve_conflicts(ResolveConflicts::from(change.resolve_conflicts.as_str()))
        .set_configuration_values(change.configuration_values.clone())
        .set_pod_identity_associations(associations);
    request.send().await.map_err(failed(OPERATION))?;
    Ok(())
}

/// Waits until EKS is done with an add-on, well or badly: in any state but `CREATING` and
/// `UPDATING`. None when it is gone. IAM: eks:DescribeAddon
pub async fn wait_addon_settled(
    clients: &Clients,
    cluster_name: &str,
    name: &str,
    wait: &Wait,
) -> Result<Option<Addon>, Error> {
    let what = format!("add-on {name} of cluster {cluster_name} to become active");
    wait.until(Service::Eks, "DescribeAddon", &what, async || {
        Ok(match find_addon_by_name(clients, cluster_name, name).await? {
            Some(found) if matches!(found.status.as_str(), "CREATING" | "UPDATING") => {
                Seen::Pending(told(&found))
            }
            found => Seen::Done(found),
        })
    })
    .await
}

/// Removes an add-on; with `preserve` its software stays in the cluster, unmanaged.
/// IAM: eks:DeleteAddon, eks:DeletePodIdentityAssociation
pub async fn delete_addon(
    clients: &Clients,
    cluster_name: &str,
    name: &str,
    preserve: bool,
) -> Result<(), Error> {
    let request = clients
        .eks()
        .delete_addon()
        .cluster_name(cluster_name)
        .addon_name(name)
        .set_preserve(preserve.then_some(true));
    error::gone(request.send().await.map_err(failed("DeleteAddon")))
}

/// Waits until an add-on is gone. IAM: eks:DescribeAddon
pub async fn wait_addon_deleted(
    clients: &Clients,
    cluster_name: &str,
    name: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("add-on {name} of cluster {cluster_name} to be deleted");
    wait.until(Service::Eks, "DescribeAddon", &what, async || {
        Ok(match find_addon_by_name(clients, cluster_name, name).await? {
            None => Seen::Done(()),
            Some(found) if found.status == "DELETE_FAILED" => Seen::Failed(told(&found)),
            Some(found) => Seen::Pending(told(&found)),
        })
    })
    .await
}

/// Status and issues in one line.
fn told(addon: &Addon) -> String {
    let issues = addon.issues.iter().map(|issue| format!("; {}: {}", issue.code, issue.message));
    std::iter::once(addon.status.clone()).chain(issues).collect()
}

fn write_associations(
    operation: &'static str,
    associations: &[(String, String)],
) -> Result<Vec<AddonPodIdentityAssociations>, Error> {
    let build = |(account, role): &(String, String)| {
        let built = AddonPodIdentityAssociations::builder().service_account(account).role_arn(role);
        built.build().map_err(|error| {
            let message = "the association could not be built";
            Error::new(Service::Eks, operation, Kind::Invalid, message).with_source(error)
        })
    };
    associations.iter().map(build).collect()
}

fn read_addon(name: &str, addon: SdkAddon) -> Addon {
    let issues = addon.health.and_then(|health| health.issues).unwrap_or_default();
    Addon {
        name: addon.addon_name.unwrap_or_else(|| name.to_owned()),
        arn: addon.addon_arn.unwrap_or_default(),
        version: error::non_empty(addon.addon_version),
        status: addon.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        issues: issues
            .into_iter()
            .map(|issue| AddonIssue {
                code: issue.code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
                message: issue.message.unwrap_or_default(),
                resource_ids: issue.resource_ids.unwrap_or_default(),
            })
            .collect(),
        configuration_values: error::non_empty(addon.configuration_values),
        namespace: addon.namespace_config.and_then(|config| error::non_empty(config.namespace)),
        association_arns: addon.pod_identity_associations.unwrap_or_default(),
        tags: tags::collect(addon.tags.unwrap_or_default()),
    }
}
