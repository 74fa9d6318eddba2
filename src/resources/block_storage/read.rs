//! The read of `officeless_block_storage`: add-on, role, association and cluster, asked at once.

use futures_util::join;

use super::access::{owner, workload};
use super::health::{self, Health};
use super::model::Model;
use super::{ADDON, configuration, manifest};
use crate::aws::eks::addons::{self, OfferedVersion};
use crate::aws::eks::{self, Addon, Association};
use crate::aws::{Clients, Error};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::kubernetes::driver_of_addon;
use crate::platform::tags::{self, Observed};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite::Composite;
use crate::resources::step::{During, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Granted, Workload};

/// Reads the object; never waits for a better state of it.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    mut state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let region = state.region_or_default(cx);
    state.region = Value::Value(region.clone());
    let clients = cx.provider.clients(&region);
    let cluster_name = state.cluster_name.clone().unwrap_or_default();
    let importing = state.status.is_null();
    if importing {
        defaults_of_the_provider(&mut state);
    }
    let wanted = workload(&state, &clients);
    let observed = observe(&clients, &cluster_name, wanted.as_ref()).await;
    let observed =
        observed.during("addon", format!("reading add-on {ADDON} of cluster {cluster_name}"));
    let Observation { addon, association, offered, role } = match observed {
        Ok(observed) => observed,
        Err(error) => return Err(state.told(Verb::Reading, &error)),
    };
    // Until its answer was seen, an add-on that a failed create of this state did not make is another
    // one's.
    let confirmed = state.addon_arn.is_value() || !unfinished::is(private);
    let addon = addon.filter(|addon| confirmed || unfinished::is_of(private, &addon.tags));
    let Some(addon) = addon else {
        let left = role.and_then(|found| found.role).is_some_and(|role| {
            Observed::read(&role.tags, &cx.provider.ignore_tags, &[])
                .is_owned_by(owner(&cluster_name))
        });
        if !left {
            return Ok(Found::Gone);
        }
        // Forgotten now, the role would be left behind by a destroy.
        without_addon(&mut state);
        return Ok(Found::Present(Box::new(state)));
    };
    unfinished::keep(&cx.provider.claims, private, addon.tags.contains_key(tags::CREATING));
    record(&mut state, &addon);
    if let Some(latest) = offered.as_deref().and_then(latest) {
        state.latest_compatible_version = Value::Value(latest);
    }
    let seen = Observed::read(&addon.tags, &cx.provider.ignore_tags, &[]);
    (state.tags, state.tags_all) = attributes::observed_tags(&cx.provider, &seen, &state.tags);
    let mut missing = Vec::new();
    record_association(&mut state, &addon, association.as_ref(), &mut missing);
    // The role is to have the tags of the state, not those that somebody gave the add-on since.
    let wanted = if importing { workload(&state, &clients) } else { wanted };
    if let (Some(wanted), Some(role)) = (&wanted, &role) {
        missing.extend(wanted.differences(role, &cx.provider.ignore_tags));
    }
    state.storage_class_manifest = manifest::render(&state).unwrap_or(Value::Null);
    record_status(cx, &mut state, &addon, missing);
    Ok(Found::Present(Box::new(state)))
}

/// What AWS has.
struct Observation {
    addon: Option<Addon>,
    association: Option<Association>,
    offered: Option<Vec<OfferedVersion>>,
    role: Option<workload_access::Observed>,
}

async fn observe(
    clients: &Clients,
    cluster_name: &str,
    wanted: Option<&Workload>,
) -> Result<Observation, Error> {
    let addon = async {
        let addon = eks::find_addon_by_name(clients, cluster_name, ADDON).await?;
        let id = addon.as_ref().and_then(association_id);
        let association = match id {
            Some(id) => eks::find_association_by_id(clients, cluster_name, id).await?,
            None => None,
        };
        Ok::<_, Error>((addon, association))
    };
    let offered = async {
        let cluster = eks::find_cluster_by_name(clients, cluster_name).await?;
        match cluster.and_then(|cluster| cluster.version) {
            Some(version) => {
                addons::list_addon_versions(clients, ADDON, Some(&version)).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let role = async {
        match wanted {
            Some(wanted) => {
                workload_access::find(clients, wanted, &Granted::default()).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let (addon, offered, role) = join!(addon, offered, role);
    let (addon, association) = addon?;
    let addon = addon.filter(|addon| addon.status != "DELETING");
    // Which versions there are is worth no failed read.
    Ok(Observation { addon, association, offered: offered.unwrap_or(None), role: role? })
}

/// The id of the association an add-on owns.
pub(super) fn association_id(addon: &Addon) -> Option<&str> {
    addon.association_arns.first()?.rsplit('/').next()
}

/// The newest version of those EKS offers.
pub(super) fn latest(offered: &[OfferedVersion]) -> Option<String> {
    let build = |version: &str| -> u32 {
        version.rsplit('.').next().and_then(|build| build.parse().ok()).unwrap_or_default()
    };
    let newest =
        offered.iter().max_by_key(|one| (driver_of_addon(&one.version).ok(), build(&one.version)));
    newest.map(|one| one.version.clone())
}

/// Writes what was observed of the add-on into the state.
pub(super) fn record(state: &mut Model, addon: &Addon) {
    let cluster_name = state.cluster_name.clone().unwrap_or_default();
    state.id = Value::Value(format!("{cluster_name}/{ADDON}"));
    state.addon_arn = Value::Value(addon.arn.clone());
    state.addon_version = addon.version.clone().into();
    let version = addon.version.as_deref().and_then(|version| driver_of_addon(version).ok());
    state.driver_version = version.map(|version| version.to_string()).into();
    if let Some(namespace) = &addon.namespace {
        state.namespace = Value::Value(namespace.clone());
    }
    let known = state.configuration_values.as_ref().as_option().map(String::as_str);
    if !configuration::same(known, addon.configuration_values.as_deref()) {
        state.configuration_values = addon.configuration_values.clone().into();
    }
    health::record(state, addon);
    state.association_id = association_id(addon).map(str::to_owned).into();
    if let Value::Value(class) = &state.storage_class {
        state.storage_class_name = class.name.clone();
    }
}

/// The role is there and the add-on is not: its create failed, or somebody removed it.
fn without_addon(state: &mut Model) {
    state.addon_arn = Value::Null;
    state.addon_status = Value::Null;
    state.health_issues = Value::Value(Vec::new());
    state.association_id = Value::Null;
    state.set_incomplete(format!("the add-on {ADDON} is missing."));
}

/// Which role the driver's controller has.
fn record_association(
    state: &mut Model,
    addon: &Addon,
    association: Option<&Association>,
    missing: &mut Vec<String>,
) {
    let Some(association) = association else {
        missing.push("the add-on has no Pod Identity association".to_owned());
        return;
    };
    if addon.association_arns.len() > 1 {
        missing.push("the add-on has more associations than the one it needs".to_owned());
    }
    let role = state.role_arn.as_ref().as_option();
    if role.is_some_and(|role| *role != association.role_arn) {
        missing.push(format!("the driver has role {}", association.role_arn));
    }
    let account = state.service_account.as_ref().as_option();
    if account.is_some_and(|account| *account != association.key.service_account) {
        missing.push(format!(
            "the role is given to service account {}",
            association.key.service_account
        ));
    }
}

/// What configuration only means for the provider itself has its default after an import: AWS
/// cannot tell it.
fn defaults_of_the_provider(state: &mut Model) {
    let Ok(defaults) = crate::framework::plan::defaults::<Model>(&super::schema::schema()) else {
        return;
    };
    *state = Model {
        resolve_conflicts_on_create: defaults.resolve_conflicts_on_create,
        resolve_conflicts_on_update: defaults.resolve_conflicts_on_update,
        preserve: defaults.preserve,
        managed_policy: defaults.managed_policy,
        wait_for: defaults.wait_for,
        namespace: defaults.namespace,
        storage_class: defaults.storage_class,
        data_classification: defaults.data_classification,
        ..std::mem::take(state)
    };
    if let Value::Value(class) = &mut state.storage_class {
        class.iops = manifest::planned_iops(&Value::Null, &class.iops_per_gb);
    }
}

/// What is missing, told in words; the plan makes an update of it.
fn record_status(
    cx: &Context<ProviderContext>,
    state: &mut Model,
    addon: &Addon,
    mut missing: Vec<String>,
) {
    if addon.tags.contains_key(tags::CREATING) {
        missing.push("its create was interrupted".to_owned());
    }
    if matches!(health::judge(addon, &state.wait_for), Health::Degraded | Health::Failed) {
        missing.push(health::told(addon));
    }
    let found = Observed::read(&addon.tags, &cx.provider.ignore_tags, &[]);
    let cluster_name = state.cluster_name.clone().unwrap_or_default();
    let complete = state.status == Value::Value(COMPLETE.to_owned());
    if complete && !found.is_owned_by(owner(&cluster_name)) {
        missing.push("the ownership tag is missing".to_owned());
    }
    state.set_missing(&missing);
}
