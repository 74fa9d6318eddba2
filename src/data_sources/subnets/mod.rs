#![doc = include_str!("description.md")]

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::asked;
use crate::aws::Clients;
use crate::aws::ec2::{self, Subnet};
use crate::aws::eks;
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, StringMap, Strings, Value};
use crate::model;
use crate::platform::defaults::NETWORK;
use crate::platform::naming::{self, Form};
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, StepError, Verb};

/// The tag by which EKS marks public subnets.
/// <https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html>
const PUBLIC_SUBNET_TAG: &str = "kubernetes.io/role/elb";

/// A load balancer wants eight free addresses in each subnet, EKS itself six, a mount target one.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>
const ENOUGH_ADDRESSES: i64 = 8;

fn schema() -> Schema {
    let cluster =
        |text: &str| naming::check(Form::ClusterName, text).map_err(|problem| problem.to_string());
    let attributes = vec![
        Attribute::string("vpc_id")
            .or_computed()
            .default_text("the VPC of the cluster")
            .describe("VPC of the subnets. In place of `cluster_name`.")
            .check(Check::pattern(
                "^vpc-[0-9a-f]{8,17}$",
                "must be a VPC id such as vpc-0123456789abcdef0",
            )),
        Attribute::string("cluster_name")
            .or_computed()
            .default_text("the provider's `cluster_name`, unless `vpc_id` is given")
            .describe("EKS cluster whose VPC is meant.")
            .check(Check::text(cluster)),
        Attribute::number("min_available_ip_address_count")
            .or_computed()
            .default_text("8, what a load balancer wants")
            .describe(
                "How many free IPv4 addresses are enough. A subnet with fewer is chosen only when \
                 no better one is in its zone.",
            )
            .check(Check::range(0, 65_531)),
        asked::region_attribute(),
        Attribute::strings("subnet_ids").computed().describe("The chosen subnets."),
        Attribute::string_map("subnet_ids_by_zone")
            .computed()
            .describe("The same by the name of their availability zone."),
        Attribute::string_map("cidr_blocks_by_zone")
            .computed()
            .describe("Their IPv4 ranges by availability zone; IPv6-only subnets have none."),
    ];
    Schema { description: include_str!("description.md"), attributes, ..Schema::default() }
}

model! {
    /// What Terraform sees.
    pub struct Model {
        /// VPC.
        pub vpc_id: Value<String>,
        /// Cluster of the VPC.
        pub cluster_name: Value<String>,
        /// How many free addresses are enough.
        pub min_available_ip_address_count: Value<i64>,
        /// Region.
        pub region: Value<String>,
        /// The chosen subnets.
        pub subnet_ids: Value<Strings>,
        /// The same by zone.
        pub subnet_ids_by_zone: Value<StringMap>,
        /// Their ranges by zone.
        pub cidr_blocks_by_zone: Value<StringMap>,
    }
}

/// `officeless_subnets`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_subnets"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn validate(&self, config: &Model, diagnostics: &mut Diagnostics) {
        if config.vpc_id.is_value() && config.cluster_name.is_value() {
            diagnostics.add_error(invalid_combination(
                AttributePath::new("vpc_id"),
                "vpc_id and cluster_name both say which VPC is meant. Remove one of the two."
                    .to_owned(),
            ));
        }
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Model,
    ) -> Result<Model, Diagnostic> {
        let (cx, region) = asked::place(cx, &config.region)?;
        let clients = cx.provider.clients(&region);
        let (vpc_id, cluster_name) = match (config.vpc_id, config.cluster_name) {
            (Value::Value(vpc_id), _) => (vpc_id, None),
            (_, cluster_name) => {
                let named = match cluster_name {
                    Value::Value(name) => Some(name),
                    _ => cx.provider.cluster_name.clone(),
                };
                let name = named.ok_or_else(nowhere)?;
                (vpc_of(&clients, &name).await?, Some(name))
            }
        };
        let listed = ec2::list_subnets_by_vpc(&clients, &vpc_id).await;
        let listed = listed
            .during("subnets", format!("listing the subnets of {vpc_id}"))
            .map_err(|error| told(&error, &vpc_id))?;
        let enough = match config.min_available_ip_address_count {
            Value::Value(count) => count,
            _ => ENOUGH_ADDRESSES,
        };
        let chosen = choose(&listed, enough);
        if chosen.is_empty() {
            return Err(none_private(&vpc_id, &region, listed.len()));
        }
        let ids = chosen.iter().map(|(zone, subnet)| (zone.clone(), subnet.id.clone()));
        let ranges = chosen
            .iter()
            .filter_map(|(zone, subnet)| Some((zone.clone(), subnet.cidr_block.clone()?)));
        Ok(Model {
            vpc_id: Value::Value(vpc_id),
            cluster_name: cluster_name.into(),
            min_available_ip_address_count: Value::Value(enough),
            region: Value::Value(region),
            subnet_ids: Value::Value(chosen.values().map(|subnet| subnet.id.clone()).collect()),
            subnet_ids_by_zone: known(ids),
            cidr_blocks_by_zone: known(ranges),
        })
    }
}

fn known(entries: impl Iterator<Item = (String, String)>) -> Value<StringMap> {
    crate::framework::value::string_map(&entries.collect())
}

async fn vpc_of(clients: &Clients, name: &str) -> Result<String, Diagnostic> {
    let found = eks::find_cluster_by_name(clients, name)
        .await
        .during("cluster", format!("looking up the cluster {name:?}"))
        .map_err(|error| told(&error, name))?;
    found.and_then(|cluster| cluster.vpc_id).ok_or_else(|| no_cluster(name, clients.region()))
}

/// The private subnets, one of each zone.
fn choose(subnets: &[Subnet], enough: i64) -> BTreeMap<String, &Subnet> {
    let mut chosen: BTreeMap<String, &Subnet> = BTreeMap::new();
    for subnet in subnets.iter().filter(|subnet| is_private(subnet)) {
        let best = chosen.entry(subnet.availability_zone.clone()).or_insert(subnet);
        if rank(subnet, enough) < rank(best, enough) {
            *best = subnet;
        }
    }
    chosen
}

fn is_tagged(subnet: &Subnet) -> bool {
    subnet.tags.contains_key(NETWORK.private_subnet_tag)
}

fn is_private(subnet: &Subnet) -> bool {
    let public = subnet.map_public_ip_on_launch || subnet.tags.contains_key(PUBLIC_SUBNET_TAG);
    is_tagged(subnet) || !public
}

/// The lowest is chosen. How many addresses are free enters only as enough or not: the most would
/// be another subnet whenever a pod starts.
fn rank(subnet: &Subnet, enough: i64) -> (bool, bool, u32, &str) {
    let free = subnet.available_ip_address_count.map_or(0, i64::from);
    let length = |range: &str| range.rsplit_once('/')?.1.parse::<u32>().ok();
    let length = subnet.cidr_block.as_deref().and_then(length).unwrap_or(u32::MAX);
    (!is_tagged(subnet), free < enough, length, &subnet.id)
}

fn told(error: &StepError, name: &str) -> Diagnostic {
    Report { verb: Verb::Reading, noun: "subnets", name, exists: Vec::new() }.diagnostic(error)
}

fn nowhere() -> Diagnostic {
    diagnostic(
        "Missing VPC",
        "Neither vpc_id nor cluster_name is given, and the provider block has no cluster_name. Set \
         one of them.",
        AttributePath::new("vpc_id"),
    )
}

fn no_cluster(name: &str, region: &str) -> Diagnostic {
    diagnostic(
        "Cluster Not Found",
        format!(
            "cluster_name = {name:?}: the account has no EKS cluster of this name in {region}. \
             Correct the name or the region, or use credentials of the account that has the \
             cluster."
        ),
        AttributePath::new("cluster_name"),
    )
}

fn none_private(vpc_id: &str, region: &str, count: usize) -> Diagnostic {
    let detail = if count == 0 {
        format!(
            "vpc_id = {vpc_id:?}: the account has no subnet of this VPC in {region}. Correct the \
             VPC or the region, or use credentials of the account that has it."
        )
    } else {
        format!(
            "vpc_id = {vpc_id:?}: none of its {count} subnets in {region} is private: each gives \
             out public addresses or has the tag {PUBLIC_SUBNET_TAG}. Create private subnets, or \
             tag those that are meant with {}.",
            NETWORK.private_subnet_tag
        )
    };
    diagnostic("Private Subnets Not Found", detail, AttributePath::new("vpc_id"))
}

#[cfg(test)]
mod tests;
