//! The plan of `officeless_block_storage`: what depends on AWS or on several attributes.
//!
//! Reads AWS only where something is new: the cluster and what stands in it before an add-on is made,
//! EKS's versions and schema before a version or settings are taken.

use futures_util::future::{OptionFuture, join};

use super::access::{key, name_of_role, owner};
use super::model::{Model, StorageClass};
use super::{ADDON, KIND, addon_named, configuration, manifest};
use crate::aws::eks::addons::{self, OfferedVersion};
use crate::aws::eks::{self, Addon, Cluster};
use crate::aws::{Clients, Error};
use crate::framework::diagnostic::{diagnostic, invalid_value, whole};
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Data, Diagnostic, Diagnostics, Dynamic, Value};
use crate::platform::defaults::NETWORK;
use crate::platform::kubernetes::driver_of_addon;
use crate::platform::tags::{Observed, RESOURCE};
use crate::provider::claims::Takeover;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite;
use crate::resources::step::{During, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Conflict, Workload};

/// Refines the draft that the framework made.
pub(super) async fn plan(
    cx: Option<&Context<ProviderContext>>,
    request: PlanRequest<'_, Model>,
    plan: &mut Plan<Model>,
) {
    let Plan { planned, diagnostics, .. } = plan;
    let PlanRequest { config, prior, replacing, .. } = request;
    let region = attributes::plan_region(cx, &config.region, &mut planned.region, diagnostics);
    planned.tags_all = attributes::plan_tags(cx, &planned.tags, 0, diagnostics);
    plan_cluster_name(cx, config, planned, diagnostics);
    plan_role(config, prior, planned);
    plan_storage_class(config, prior, planned, diagnostics);
    plan_version(prior, planned, diagnostics);
    if !prior.is_some_and(is_complete) {
        planned.status = Value::Unknown;
        planned.status_reason = Value::Unknown;
        planned.addon_arn = Value::Unknown;
    }
    if let (Some(cx), Some(region)) = (cx, region) {
        let clients = cx.provider.clients(&region);
        let kept = prior.filter(|prior| !is_another(prior, planned));
        let replacing = replacing || (prior.is_some() && kept.is_none());
        let check = Check { cx, clients: &clients, kept, planned, replacing };
        Box::pin(check.run(diagnostics)).await;
    }
}

fn is_complete(model: &Model) -> bool {
    model.status == Value::Value(COMPLETE.to_owned())
}

/// Whether the planned add-on is another one: what the schema says replaces.
fn is_another(prior: &Model, planned: &Model) -> bool {
    prior.cluster_name != planned.cluster_name
        || prior.namespace != planned.namespace
        || prior.region != planned.region
}

fn plan_cluster_name(
    cx: Option<&Context<ProviderContext>>,
    config: &Model,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let (true, Some(cx)) = (config.cluster_name.is_null(), cx) else { return };
    planned.cluster_name = cx.provider.cluster_name.clone().into();
    if planned.cluster_name.is_null() {
        diagnostics.add_error(diagnostic(
            "Missing Cluster Name",
            "cluster_name is not given, and the provider block has none. Set one of them.",
            AttributePath::new("cluster_name"),
        ));
    }
}

/// One role is made or one is given; what configuration leaves out follows from that.
fn plan_role(config: &Model, prior: Option<&Model>, planned: &mut Model) {
    if !config.role_arn.is_null() {
        planned.role_name = Value::Null;
        return;
    }
    if config.role_name.is_null() {
        planned.role_name = match &planned.cluster_name {
            Value::Value(cluster) => Value::Value(name_of_role(cluster)),
            _ => Value::Unknown,
        };
    }
    let kept = prior.filter(|prior| is_complete(prior) && prior.role_name == planned.role_name);
    planned.role_arn = kept.map_or(Value::Unknown, |prior| prior.role_arn.clone());
}

fn plan_storage_class(
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let configured = match &config.storage_class {
        Value::Value(class) => class.clone(),
        _ => StorageClass::default(),
    };
    if let Value::Value(class) = &mut planned.storage_class {
        class.iops = manifest::planned_iops(&configured.iops, &configured.iops_per_gb);
        planned.storage_class_name = class.name.clone();
    }
    match manifest::render(planned) {
        Ok(manifest) => planned.storage_class_manifest = manifest,
        Err(problem) => diagnostics.add_error(diagnostic(
            "Invalid StorageClass",
            format!("storage_class: {problem}."),
            AttributePath::new("storage_class"),
        )),
    }
    let changed = prior.is_none_or(|prior| prior.storage_class != planned.storage_class);
    if let (true, Some(warning)) = (changed, manifest::warning(planned)) {
        let path = AttributePath::new("storage_class").attribute("provisioner");
        diagnostics.add_warning(diagnostic("Provisioner of Old", warning, path));
    }
    if let (Some(Value::Value(before)), Value::Value(after)) =
        (prior.map(|prior| &prior.storage_class), &planned.storage_class)
        && manifest::needs_recreation(before, after)
    {
        let name = after.name.clone().unwrap_or_default();
        diagnostics.add_warning(diagnostic(
            "StorageClass Must Be Made Again",
            format!(
                "Kubernetes does not change a StorageClass: to bring the new manifest in, delete \
                 class {name:?} in the cluster and apply it again. Existing volumes and claims are \
                 not affected."
            ),
            AttributePath::new("storage_class"),
        ));
    }
}

fn plan_version(prior: Option<&Model>, planned: &mut Model, diagnostics: &mut Diagnostics) {
    let Value::Value(version) = &planned.addon_version else {
        planned.driver_version = Value::Unknown;
        return;
    };
    let after = driver_of_addon(version).ok();
    planned.driver_version = after.map(|driver| driver.to_string()).into();
    let Some(Value::Value(before)) = prior.map(|prior| &prior.addon_version) else { return };
    if let (Ok(from), Some(to)) = (driver_of_addon(before), after)
        && to < from
    {
        diagnostics.add_warning(diagnostic(
            "Downgrade of the Add-on",
            format!(
                "addon_version goes from {before} back to {version}. AWS does not test that: what \
                 the newer driver stored in the cluster may not suit the older one."
            ),
            AttributePath::new("addon_version"),
        ));
    }
}

/// What AWS knows against the plan.
struct Check<'a> {
    cx: &'a Context<ProviderContext>,
    clients: &'a Clients,
    /// The add-on that stays; none for a new one.
    kept: Option<&'a Model>,
    planned: &'a Model,
    /// Whether what stands in the way may be what is replaced.
    replacing: bool,
}

impl Check<'_> {
    async fn run(&self, diagnostics: &mut Diagnostics) {
        let Value::Value(cluster_name) = &self.planned.cluster_name else { return };
        let new = self.kept.is_none();
        let changed = |of: fn(&Model) -> &Value<String>| {
            self.kept.is_none_or(|kept| of(kept) != of(self.planned))
        };
        let version_changed = changed(|model| &model.addon_version);
        let settings_changed = changed(|model| &model.configuration_values) || version_changed;
        if !new && !version_changed && !settings_changed {
            return;
        }
        let versions: OptionFuture<_> =
            (new || version_changed).then(|| self.cluster(cluster_name)).into();
        let conflicts: OptionFuture<_> = new.then(|| self.conflicts(cluster_name)).into();
        let settings: OptionFuture<_> = settings_changed.then(|| self.settings()).into();
        let (found, (conflicts, settings)) =
            Box::pin(join(versions, join(conflicts, settings))).await;
        let mut tell = |outcome: Option<Result<Diagnostics, Error>>, doing: &str| {
            let told = match outcome {
                None => return,
                Some(outcome) => outcome.during("plan", doing),
            };
            match told {
                Ok(Diagnostics { errors, warnings }) => {
                    diagnostics.errors.extend(errors);
                    diagnostics.warnings.extend(warnings);
                }
                Err(error) => {
                    diagnostics.add_error(composite::told::<Model>(
                        Verb::Planning,
                        cluster_name,
                        &error,
                    ));
                }
            }
        };
        tell(conflicts, "looking for what stands in the way of the add-on");
        tell(settings, "reading the schema of configuration_values");
        match found {
            None => {}
            Some(Err(error)) => tell(Some(Err(error)), "reading the cluster and EKS's versions"),
            Some(Ok(found)) => self.check_cluster(cluster_name, found.as_ref(), diagnostics),
        }
    }

    /// The cluster, what EKS offers for it, and its Pod Identity agent.
    async fn cluster(&self, name: &str) -> Result<Option<Found>, Error> {
        let clients = self.clients;
        let agent = eks::find_addon_by_name(clients, name, NETWORK.pod_identity_agent_addon);
        let cluster = async {
            let Some(cluster) = eks::find_cluster_by_name(clients, name).await? else {
                return Ok(None);
            };
            let version = cluster.version.as_deref();
            let offered = addons::list_addon_versions(clients, ADDON, version).await?;
            Ok(Some((cluster, offered)))
        };
        let (agent, cluster) = join(agent, cluster).await;
        Ok(cluster?.map(|(cluster, offered)| Found {
            cluster,
            offered,
            // A courtesy only: who may not ask is not told.
            has_agent: agent.map_or(true, |agent| agent.is_some()),
        }))
    }

    fn check_cluster(&self, name: &str, found: Option<&Found>, diagnostics: &mut Diagnostics) {
        let Some(Found { cluster, offered, has_agent }) = found else {
            diagnostics.add_error(invalid_value(
                &AttributePath::new("cluster_name"),
                &Dynamic::from(name),
                &format!(
                    "the account has no EKS cluster of this name in {}. Create it first, or \
                     correct the name or the region",
                    self.clients.region()
                ),
            ));
            return;
        };
        if let Value::Value(version) = &self.planned.addon_version
            && !offered.iter().any(|one| one.version == *version)
        {
            diagnostics.add_error(unsuitable(version, cluster, offered));
        }
        if self.kept.is_some() {
            return;
        }
        if !has_agent && !cluster.auto_mode {
            diagnostics.add_warning(whole(
                "Pod Identity Agent Is Missing",
                format!(
                    "Cluster {name:?} has no add-on {}: until it does, the driver gets no \
                     credentials from its role and makes no volume.",
                    NETWORK.pod_identity_agent_addon
                ),
            ));
        }
        if cluster.auto_mode {
            diagnostics.add_warning(whole(
                "Auto Mode Has a Driver of Its Own",
                format!(
                    "Cluster {name:?} runs in EKS Auto Mode, whose driver \
                     ebs.csi.eks.amazonaws.com makes volumes for nodes of Auto Mode. The add-on is \
                     for other nodes only."
                ),
            ));
        }
    }

    /// What of somebody else stands in the way of a new add-on.
    async fn conflicts(&self, cluster_name: &str) -> Result<Diagnostics, Error> {
        let mut told = Diagnostics::default();
        let path = || AttributePath::new("cluster_name");
        if self.replacing {
            return Ok(told);
        }
        let workload = Workload {
            kind: KIND,
            owner_name: cluster_name.to_owned(),
            role_name: self.planned.role_name.clone().unwrap_or_default(),
            given_role_arn: match &self.planned.role_name {
                Value::Value(_) => None,
                _ => Some(self.planned.role_arn.clone().unwrap_or_default()),
            },
            key: key(self.planned),
            ..Workload::default()
        };
        let claims = &self.cx.provider.claims;
        let asked = join(
            eks::find_addon_by_name(self.clients, cluster_name, ADDON),
            workload_access::conflicts(self.clients, claims, &workload),
        );
        let (addon, conflicts) = Box::pin(asked).await;
        if let Some(addon) = addon? {
            let owner = owner(cluster_name);
            match claims.look(&addon_named(cluster_name), &addon.tags, owner) {
                Takeover::Never => {}
                Takeover::NotNow(other) => {
                    told.warnings.push(unfinished::warning(&other, path()));
                    return Ok(told);
                }
                Takeover::Ours | Takeover::Left => return Ok(told),
            }
            let tags = Observed::read(&addon.tags, &self.cx.provider.ignore_tags, &[]);
            // A tainted add-on, and one named by -replace, is planned as if it were new: only apply
            // can tell whether it is the one that goes first.
            let ours = tags.is_owned_by(owner);
            let list = if ours { &mut told.warnings } else { &mut told.errors };
            list.push(exists_already(cluster_name, &addon));
            return Ok(told);
        }
        for conflict in conflicts? {
            let list = if conflict.may_pass() { &mut told.warnings } else { &mut told.errors };
            list.push(tell(conflict));
        }
        Ok(told)
    }

    /// What the schema of the version has against the settings.
    async fn settings(&self) -> Result<Diagnostics, Error> {
        let (Value::Value(settings), Value::Value(version)) =
            (&self.planned.configuration_values, &self.planned.addon_version)
        else {
            return Ok(Diagnostics::default());
        };
        let schema = addons::find_configuration_schema(self.clients, ADDON, version).await?;
        let Some(schema) = schema else { return Ok(Diagnostics::default()) };
        let breaches = configuration::breaches(&schema, settings).into_iter();
        let told = |breach: String| {
            let breach = breach.trim_end_matches('.');
            diagnostic(
                "Invalid Attribute Value",
                format!(
                    "configuration_values: {breach}. EKS checks the settings of {version} by a \
                     schema: aws eks describe-addon-configuration --addon-name {ADDON} \
                     --addon-version {version}."
                ),
                AttributePath::new("configuration_values"),
            )
        };
        Ok(Diagnostics { errors: breaches.map(told).collect(), ..Diagnostics::default() })
    }
}

/// What is found of the cluster.
struct Found {
    cluster: Cluster,
    offered: Vec<OfferedVersion>,
    has_agent: bool,
}

fn unsuitable(version: &str, cluster: &Cluster, offered: &[OfferedVersion]) -> Diagnostic {
    let kubernetes = cluster.version.as_deref().unwrap_or_default();
    let rule = if offered.is_empty() {
        format!("EKS offers no version of {ADDON} for Kubernetes {kubernetes}")
    } else {
        let names: Vec<&str> = offered.iter().map(|one| one.version.as_str()).collect();
        format!(
            "EKS does not offer this version of {ADDON} for Kubernetes {kubernetes} of cluster \
             {:?}; it offers {}",
            cluster.name,
            names.join(", ")
        )
    };
    invalid_value(&AttributePath::new("addon_version"), &version.to_owned().to_dynamic(), &rule)
}

/// An add-on that is not ours to take, unless it is the one that is replaced.
fn exists_already(cluster_name: &str, addon: &Addon) -> Diagnostic {
    diagnostic(
        "Add-on Exists",
        format!("{}. {IMPORT}", whose(cluster_name, addon)),
        AttributePath::new("cluster_name"),
    )
}

/// How to go on with an add-on that is there.
pub(super) const IMPORT: &str = "To manage it here, run terraform import with the address of this \
                                 resource and the name of the cluster; otherwise remove it.";

/// Whose add-on it is, as a sentence without its full stop.
pub(super) fn whose(cluster_name: &str, addon: &Addon) -> String {
    let whose = match addon.tags.get(RESOURCE) {
        Some(other) => format!("belongs to {other}"),
        None => "was not made by this provider".to_owned(),
    };
    format!("cluster {cluster_name:?} has add-on {ADDON} already, which {whose}")
}

fn tell(conflict: Conflict) -> Diagnostic {
    let (attribute, what, next) = match conflict {
        Conflict::Role { what } => (
            "role_name",
            what,
            "Choose another role_name, give it as role_arn, or delete the role.",
        ),
        Conflict::Association { what } => {
            ("service_account", what, "Delete that association: the add-on brings its own.")
        }
        Conflict::BeingMade(other) => {
            return unfinished::warning(&other, AttributePath::new("cluster_name"));
        }
    };
    let mut what = what;
    if let Some(first) = what.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    diagnostic("Conflict", format!("{what}. {next}"), AttributePath::new(attribute))
}
