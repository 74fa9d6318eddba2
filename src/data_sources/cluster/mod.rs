#![doc = include_str!("description.md")]

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::aws::{Clients, ec2, eks};
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::{diagnostic, whole};
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::framework::value::{AttributePath, Diagnostic, StringMap, Strings, Value, string_map};
use crate::model;
use crate::platform::defaults::NETWORK;
use crate::platform::naming::{self, Form};
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, StepError, Verb};

// ---------------------------------------------------------------------------------------------
// schema
// ---------------------------------------------------------------------------------------------

fn schema() -> Schema {
    let attributes = [arguments(), network(), access()].concat();
    Schema { version: 0, description: include_str!("description.md"), attributes, blocks: vec![] }
}

fn arguments() -> Vec<Attribute> {
    let form =
        |text: &str| naming::check(Form::ClusterName, text).map_err(|problem| problem.to_string());
    vec![
        Attribute::string("name")
            .or_computed()
            .default_text("the provider's `cluster_name`")
            .describe("Name of the cluster.")
            .check(Check::text(form)),
        Attribute::string("region")
            .or_computed()
            .default_text("the provider's region")
            .describe("Region of the cluster. Must be among the provider's `allowed_regions`."),
    ]
}

fn network() -> Vec<Attribute> {
    vec![
        Attribute::string("arn").computed().describe("ARN of the cluster."),
        Attribute::string("status").computed().describe("Status, as in `ACTIVE`."),
        Attribute::string("version").computed().describe("Kubernetes version, as in `1.33`."),
        Attribute::string("vpc_id").computed().describe("VPC of the cluster."),
        Attribute::strings("subnet_ids").computed().describe("Subnets of the cluster."),
        Attribute::of("subnet_ids_by_zone", Type::map(Type::set(Type::String)))
            .computed()
            .describe("The same subnets by the name of their availability zone."),
        Attribute::string("cluster_security_group_id").computed().describe(
            "Security group that EKS made for the cluster, which its nodes share: the one to admit \
             to storage.",
        ),
        Attribute::strings("security_group_ids")
            .computed()
            .describe("More security groups of the control plane's network interfaces."),
    ]
}

fn access() -> Vec<Attribute> {
    let agent = vec![
        Attribute::string("version").computed().describe("Version of the add-on."),
        Attribute::string("status").computed().describe("Status of the add-on, as in `ACTIVE`."),
    ];
    vec![
        Attribute::string("endpoint").computed().describe("URL of the Kubernetes API."),
        Attribute::bool("endpoint_public_access")
            .computed()
            .describe("Whether the Kubernetes API is reached from the internet."),
        Attribute::bool("endpoint_private_access")
            .computed()
            .describe("Whether the Kubernetes API is reached from within the VPC."),
        Attribute::string("authentication_mode").computed().describe(
            "How IAM identities get into Kubernetes: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.",
        ),
        Attribute::string("oidc_issuer")
            .computed()
            .describe("Issuer of service account tokens, for IAM roles for service accounts."),
        Attribute::bool("auto_mode").computed().describe("Whether EKS Auto Mode runs the nodes."),
        Attribute::object("pod_identity_agent", agent)
            .computed()
            .describe("The add-on `eks-pod-identity-agent`; null when it is not installed."),
        Attribute::string_map("tags").computed().describe("Tags of the cluster."),
    ]
}

// ---------------------------------------------------------------------------------------------
// model
// ---------------------------------------------------------------------------------------------

model! {
    /// What Terraform sees.
    pub struct Model {
        /// Name.
        pub name: Value<String>,
        /// Region.
        pub region: Value<String>,
        /// ARN.
        pub arn: Value<String>,
        /// Status.
        pub status: Value<String>,
        /// Kubernetes version.
        pub version: Value<String>,
        /// VPC.
        pub vpc_id: Value<String>,
        /// Subnets.
        pub subnet_ids: Value<Strings>,
        /// Subnets by availability zone.
        pub subnet_ids_by_zone: Value<BTreeMap<String, Strings>>,
        /// The nodes' security group.
        pub cluster_security_group_id: Value<String>,
        /// More security groups.
        pub security_group_ids: Value<Strings>,
        /// URL of the API.
        pub endpoint: Value<String>,
        /// API from the internet.
        pub endpoint_public_access: Value<bool>,
        /// API from the VPC.
        pub endpoint_private_access: Value<bool>,
        /// How IAM identities get in.
        pub authentication_mode: Value<String>,
        /// Token issuer.
        pub oidc_issuer: Value<String>,
        /// EKS Auto Mode.
        pub auto_mode: Value<bool>,
        /// The agent, if it is installed.
        pub pod_identity_agent: Value<Agent>,
        /// Tags.
        pub tags: Value<StringMap>,
    }
}

model! {
    /// The Pod Identity agent.
    pub struct Agent {
        /// Version.
        pub version: Value<String>,
        /// Status.
        pub status: Value<String>,
    }
}

/// What AWS has.
#[derive(Debug)]
struct Observed {
    cluster: eks::Cluster,
    subnets: Vec<ec2::Subnet>,
    agent: Option<eks::Addon>,
}

impl Model {
    fn record(region: &str, observed: Observed) -> Self {
        let Observed { cluster, subnets, agent } = observed;
        let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for subnet in subnets {
            zones.entry(subnet.availability_zone).or_default().push(subnet.id);
        }
        let zones = zones.into_iter().map(|(zone, ids)| (zone, ids.into_iter().collect()));
        Self {
            name: Value::Value(cluster.name),
            region: Value::Value(region.to_owned()),
            arn: Value::Value(cluster.arn),
            status: Value::Value(cluster.status),
            version: optional(cluster.version),
            vpc_id: optional(cluster.vpc_id),
            subnet_ids: Value::Value(cluster.subnet_ids.into_iter().collect()),
            subnet_ids_by_zone: Value::Value(zones.collect()),
            cluster_security_group_id: optional(cluster.cluster_security_group_id),
            security_group_ids: Value::Value(cluster.security_group_ids.into_iter().collect()),
            endpoint: optional(cluster.endpoint),
            endpoint_public_access: Value::Value(cluster.endpoint_public_access),
            endpoint_private_access: Value::Value(cluster.endpoint_private_access),
            authentication_mode: optional(cluster.authentication_mode),
            oidc_issuer: optional(cluster.oidc_issuer),
            auto_mode: Value::Value(cluster.auto_mode),
            pod_identity_agent: optional(agent.map(|agent| Agent {
                version: optional(agent.version),
                status: Value::Value(agent.status),
            })),
            tags: string_map(&cluster.tags),
        }
    }
}

fn optional<T>(value: Option<T>) -> Value<T> {
    value.map_or(Value::Null, Value::Value)
}

// ---------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------

/// `officeless_cluster`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_cluster"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Model,
    ) -> Result<Model, Diagnostic> {
        let provider = &cx.ok_or_else(not_configured)?.provider;
        let name = match &config.name {
            Value::Value(name) => name.clone(),
            _ => provider.cluster_name.clone().ok_or_else(no_name)?,
        };
        let region = match &config.region {
            Value::Value(region) => region.clone(),
            _ => provider.region().to_owned(),
        };
        if let Some(refusal) = provider.check_region(&AttributePath::new("region"), &region) {
            return Err(refusal);
        }
        let report =
            Report { verb: Verb::Reading, noun: "EKS cluster", name: &name, exists: Vec::new() };
        let observed = observe(&provider.clients(&region), &name)
            .await
            .map_err(|error| report.diagnostic(&error))?
            .ok_or_else(|| no_cluster(&name, &region))?;
        Ok(Model::record(&region, observed))
    }
}

/// The cluster, then at once its subnets and its add-on.
async fn observe(clients: &Clients, name: &str) -> Result<Option<Observed>, StepError> {
    let found = eks::find_cluster_by_name(clients, name).await;
    let Some(cluster) = found.during("cluster", "describing the cluster")? else {
        return Ok(None);
    };
    let subnets = async {
        if cluster.subnet_ids.is_empty() {
            return Ok(Vec::new());
        }
        let listed = ec2::list_subnets_by_id(clients, &cluster.subnet_ids).await;
        listed.during("subnets", "describing the subnets of the cluster")
    };
    let agent = async {
        let addon = eks::find_addon_by_name(clients, name, NETWORK.pod_identity_agent_addon).await;
        addon.during("pod_identity_agent", "describing the Pod Identity agent")
    };
    let (subnets, agent) = tokio::try_join!(subnets, agent)?;
    Ok(Some(Observed { cluster, subnets, agent }))
}

fn not_configured() -> Diagnostic {
    whole(
        "Provider Configuration Not Known Yet",
        "The provider block has values that are known only after apply, so the cluster cannot be \
         read now. Apply what those values come from first, with -target, or give the provider \
         block values that are known.",
    )
}

fn no_name() -> Diagnostic {
    diagnostic(
        "Missing Cluster Name",
        "name is not given, and the provider block has no cluster_name. Set one of them.",
        AttributePath::new("name"),
    )
}

fn no_cluster(name: &str, region: &str) -> Diagnostic {
    diagnostic(
        "Cluster Not Found",
        format!(
            "name = {name:?}: the account has no EKS cluster of this name in {region}. Correct the \
             name or the region, or use credentials of the account that has the cluster."
        ),
        AttributePath::new("name"),
    )
}

#[cfg(test)]
mod tests;
