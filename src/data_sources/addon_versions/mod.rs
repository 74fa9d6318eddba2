#![doc = include_str!("description.md")]

use async_trait::async_trait;
use futures_util::future::OptionFuture;

use crate::aws::eks::addons::{self, OfferedVersion};
use crate::aws::{Clients, eks};
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::{diagnostic, invalid_combination, whole};
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Value};
use crate::model;
use crate::platform::defaults::BLOCK_STORAGE;
use crate::platform::naming::{self, Form};
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, StepError, Verb};

// ---------------------------------------------------------------------------------------------
// schema
// ---------------------------------------------------------------------------------------------

fn schema() -> Schema {
    let form =
        |text: &str| naming::check(Form::ClusterName, text).map_err(|problem| problem.to_string());
    let version = vec![
        Attribute::string("version").computed().describe("As in `v1.42.0-eksbuild.1`."),
        Attribute::of("cluster_versions", Type::list(Type::String))
            .computed()
            .describe("Kubernetes versions it runs on; of these only those asked for are told."),
        Attribute::bool("is_default").computed().describe(
            "Whether EKS installs it when no version is named. Without a Kubernetes version: for \
             any of them.",
        ),
        Attribute::of("architectures", Type::list(Type::String))
            .computed()
            .describe("Machine types, as in `amd64`."),
    ];
    let attributes = vec![
        Attribute::string("addon_name")
            .or_computed()
            .default_text("`aws-ebs-csi-driver`")
            .check(Check::length(1, 100))
            .describe("Name of the add-on."),
        Attribute::string("kubernetes_version")
            .or_computed()
            .default_text("that of `cluster_name`, if given, else all")
            .check(Check::pattern(r"^\d+\.\d+$", "must be a Kubernetes version such as 1.33"))
            .describe("Kubernetes version the add-on has to run on. Excludes `cluster_name`."),
        Attribute::string("cluster_name")
            .check(Check::text(form))
            .describe("Cluster whose Kubernetes version is meant."),
        Attribute::string("region")
            .or_computed()
            .default_text("the provider's region")
            .describe("Region asked. Must be among the provider's `allowed_regions`."),
        Attribute::object_list("versions", version)
            .computed()
            .describe("The versions, newest first as EKS lists them."),
        Attribute::string("default_version")
            .computed()
            .describe("What EKS installs when no version is named; null if that is not one."),
        Attribute::string("latest_version").computed().describe("The first of `versions`."),
    ];
    Schema { version: 0, description: include_str!("description.md"), attributes, blocks: vec![] }
}

// ---------------------------------------------------------------------------------------------
// model
// ---------------------------------------------------------------------------------------------

model! {
    /// What Terraform sees.
    pub struct Model {
        /// The add-on.
        pub addon_name: Value<String>,
        /// Kubernetes version.
        pub kubernetes_version: Value<String>,
        /// The cluster.
        pub cluster_name: Value<String>,
        /// Region.
        pub region: Value<String>,
        /// What EKS offers.
        pub versions: Value<Vec<Version>>,
        /// EKS's choice.
        pub default_version: Value<String>,
        /// The newest.
        pub latest_version: Value<String>,
    }
}

model! {
    /// One version.
    pub struct Version {
        /// As in `v1.42.0-eksbuild.1`.
        pub version: Value<String>,
        /// Kubernetes versions.
        pub cluster_versions: Value<Vec<String>>,
        /// EKS's choice.
        pub is_default: Value<bool>,
        /// Machine types.
        pub architectures: Value<Vec<String>>,
    }
}

fn record(
    config: Model,
    region: &str,
    kubernetes: Option<String>,
    offered: &[OfferedVersion],
) -> Model {
    let default = offered.iter().find(|one| !one.default_for.is_empty() && kubernetes.is_some());
    let versions = offered.iter().map(|one| Version {
        version: Value::Value(one.version.clone()),
        cluster_versions: Value::Value(one.cluster_versions.clone()),
        is_default: Value::Value(!one.default_for.is_empty()),
        architectures: Value::Value(one.architectures.clone()),
    });
    Model {
        addon_name: Value::Value(name(&config)),
        kubernetes_version: kubernetes.into(),
        region: Value::Value(region.to_owned()),
        versions: Value::Value(versions.collect()),
        default_version: default.map(|one| one.version.clone()).into(),
        latest_version: offered.first().map(|one| one.version.clone()).into(),
        ..config
    }
}

fn name(config: &Model) -> String {
    config.addon_name.clone().unwrap_or_else(|| BLOCK_STORAGE.addon_name.to_owned())
}

// ---------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------

/// `officeless_addon_versions`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_addon_versions"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn validate(&self, config: &Model, diagnostics: &mut Diagnostics) {
        if config.kubernetes_version.is_value() && config.cluster_name.is_value() {
            diagnostics.add_error(invalid_combination(
                AttributePath::new("kubernetes_version"),
                "kubernetes_version and cluster_name exclude each other: the cluster has its own \
                 version. Remove one of the two.",
            ));
        }
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Model,
    ) -> Result<Model, Diagnostic> {
        let provider = &cx.ok_or_else(not_configured)?.provider;
        let region = match &config.region {
            Value::Value(region) => region.clone(),
            _ => provider.region().to_owned(),
        };
        if let Some(refusal) = provider.check_region(&AttributePath::new("region"), &region) {
            return Err(refusal);
        }
        let name = name(&config);
        let report =
            Report { verb: Verb::Reading, noun: "add-on versions", name: &name, exists: vec![] };
        let clients = provider.clients(&region);
        let kubernetes = kubernetes(&clients, &config).await;
        let kubernetes = kubernetes.map_err(|error| report.diagnostic(&error))?;
        let offered = addons::list_addon_versions(&clients, &name, kubernetes.as_deref()).await;
        let offered = offered
            .during("versions", "asking EKS for the versions")
            .map_err(|error| report.diagnostic(&error))?;
        if offered.is_empty() {
            return Err(nothing(&name, kubernetes.as_deref()));
        }
        Ok(record(config, &region, kubernetes, &offered))
    }
}

/// The Kubernetes version that is meant, if one is.
async fn kubernetes(clients: &Clients, config: &Model) -> Result<Option<String>, StepError> {
    const STEP: &str = "cluster";
    if let Value::Value(version) = &config.kubernetes_version {
        return Ok(Some(version.clone()));
    }
    let name = config.cluster_name.as_ref().as_option();
    let cluster: OptionFuture<_> = name.map(|name| eks::find_cluster_by_name(clients, name)).into();
    let (Some(cluster), Some(name)) = (cluster.await, name) else { return Ok(None) };
    let doing = format!("describing cluster {name:?}");
    if let Some(cluster) = cluster.during(STEP, &*doing)? {
        return Ok(cluster.version);
    }
    let why = format!("the account has no EKS cluster of this name in {}", clients.region());
    Err(StepError::refused(STEP, &doing, why, "Correct the name or the region.")
        .blame(AttributePath::new("cluster_name")))
}

fn nothing(name: &str, kubernetes: Option<&str>) -> Diagnostic {
    let what = kubernetes.map(|version| format!(" for Kubernetes {version}")).unwrap_or_default();
    diagnostic(
        "No Versions",
        format!(
            "addon_name = {name:?}: EKS offers no version of it{what}. Correct the name, or ask \
             for another Kubernetes version."
        ),
        AttributePath::new("addon_name"),
    )
}

fn not_configured() -> Diagnostic {
    whole(
        "Provider Configuration Not Known Yet",
        "The provider block has values that are known only after apply, so EKS cannot be asked \
         now. Apply what those values come from first, with -target, or give the provider block \
         values that are known.",
    )
}

#[cfg(test)]
mod tests;
