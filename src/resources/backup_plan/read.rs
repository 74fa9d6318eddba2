//! The read of `officeless_backup_plan`: everything of one plan, asked at once.

use futures_util::join;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::{Model, VaultLock};
use super::{checks, wanted};
use crate::aws::backup::plans::{self, Plan};
use crate::aws::backup::selections::{self, Selection};
use crate::aws::backup::{self, Vault};
use crate::aws::{Clients, Tags};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, Value, string_map};
use crate::platform::policies::backup_s3_policy_arns;
use crate::platform::tags::{self, Observed, TagChanges};
use crate::provider::context::ProviderContext;
use crate::resources::attributes;
use crate::resources::composite::Composite;
use crate::resources::step::{During, StepError, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Granted};

/// What AWS has of one plan.
struct Observation {
    vault: Option<Vault>,
    vault_tags: Option<Tags>,
    plan: Option<Plan>,
    plan_tags: Option<Tags>,
    selection: Option<Selection>,
    role: workload_access::Observed,
    /// Whether the region is opted in for S3, where the plan is to see to it.
    opted_in: Option<bool>,
}

/// Reads the object; never waits for a better state of it.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    mut state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let region = state.region_or_default(cx);
    state.region = Value::Value(region.clone());
    let clients = cx.provider.clients(&region);
    let observed = match Box::pin(observe(&clients, &state)).await {
        Ok(observed) => observed,
        Err(error) => return Err(state.told(Verb::Reading, &error)),
    };
    if observed.vault.is_none() && observed.plan.is_none() {
        if !leaves_role(cx, &state, &observed) {
            return Ok(Found::Gone);
        }
        // Forgotten now, the role would be left behind by a destroy.
        record(cx, &clients, &mut state, &observed);
        return Ok(Found::Present(Box::new(state)));
    }
    let creating =
        |tags: &Option<Tags>| tags.as_ref().is_some_and(|tags| tags.contains_key(tags::CREATING));
    let marked = creating(&observed.vault_tags) || creating(&observed.plan_tags);
    unfinished::keep(&cx.provider.claims, private, marked);
    record(cx, &clients, &mut state, &observed);
    Ok(Found::Present(Box::new(state)))
}

/// Whether the role that was made for it is there.
fn leaves_role(cx: &Context<ProviderContext>, state: &Model, observed: &Observation) -> bool {
    let name = state.name.clone().unwrap_or_default();
    let owned = |tags| {
        Observed::read(tags, &cx.provider.ignore_tags, &[]).is_owned_by(wanted::owner(&name))
    };
    state.arn.is_value() && observed.role.role.as_ref().is_some_and(|role| owned(&role.tags))
}

async fn observe(clients: &Clients, state: &Model) -> Result<Observation, StepError> {
    let name = state.name.clone().unwrap_or_default();
    let plan_id = state.plan_id.clone().as_option();
    let selection_id = state.selection_id.clone().as_option();
    let tags = |arn: Option<String>| async move {
        match arn {
            Some(arn) => backup::find_tags(clients, &arn).await,
            None => Ok(None),
        }
    };
    let plan = async {
        match &plan_id {
            Some(id) => plans::find_plan_by_id(clients, id).await,
            None => Ok(None),
        }
    };
    let selection = async {
        match (&plan_id, &selection_id) {
            (Some(plan), Some(id)) => selections::find_selection_by_id(clients, plan, id).await,
            _ => Ok(None),
        }
    };
    let workload = wanted::workload(state, clients.region(), clients.partition().id);
    let granted = Granted::default();
    let settings = async {
        let managed = state.include_s3 == Value::Value(true)
            && state.manage_region_settings == Value::Value(true);
        if managed { checks::s3_opted_in(clients).await.map(Some) } else { Ok(None) }
    };
    let (vault, vault_tags, plan, plan_tags, selection, role, opted_in) = join!(
        backup::find_vault_by_name(clients, &name),
        tags(state.vault_arn.clone().as_option()),
        plan,
        tags(state.plan_arn.clone().as_option()),
        selection,
        workload_access::find(clients, &workload, &granted),
        settings,
    );
    Ok(Observation {
        vault: vault.during("vault", format!("reading the vault {name}"))?,
        vault_tags: vault_tags.during("tags", "reading the tags of the vault")?,
        plan: plan.during("plan", "reading the plan")?,
        plan_tags: plan_tags.during("tags", "reading the tags of the plan")?,
        selection: selection.during("selection", "reading the selection")?,
        role: role.during("role", "reading the role")?,
        opted_in: opted_in.during("region_settings", "reading the settings of the region")?,
    })
}

/// Writes what was observed into the state, and what is missing into its status.
fn record(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    state: &mut Model,
    observed: &Observation,
) {
    let importing = state.arn.is_null();
    let mut missing = Vec::new();
    if importing {
        defaults_of_the_provider(state);
        let s3 = backup_s3_policy_arns(clients.partition().id);
        state.include_s3 = Value::Value(s3.is_subset(&observed.role.attached));
    }
    record_vault(cx, state, observed, &mut missing);
    record_plan(cx, state, observed, &mut missing);
    record_selection(state, observed, &mut missing);
    let workload = wanted::workload(state, clients.region(), clients.partition().id);
    missing.extend(workload.differences(&observed.role, &cx.provider.ignore_tags));
    if observed.opted_in == Some(false) {
        missing.push(checks::not_opted_in(clients.region()));
    }
    state.set_missing(&missing);
}

/// What AWS cannot tell has its default after an import.
fn defaults_of_the_provider(state: &mut Model) {
    let Ok(defaults) = crate::framework::plan::defaults::<Model>(&super::schema::schema()) else {
        return;
    };
    state.manage_region_settings = defaults.manage_region_settings;
    state.force_destroy = defaults.force_destroy;
    state.data_classification = defaults.data_classification;
}

fn record_vault(
    cx: &Context<ProviderContext>,
    state: &mut Model,
    observed: &Observation,
    missing: &mut Vec<String>,
) {
    let name = state.name.clone().unwrap_or_default();
    let Some(vault) = &observed.vault else {
        missing.push(format!("the vault {name} is missing"));
        state.recovery_points = Value::Value(0);
        return;
    };
    record_vault_outputs(state, vault);
    state.vault_lock = shown_lock(&state.vault_lock, vault);
    let found = observed.vault_tags.clone().unwrap_or_default();
    let tags = Observed::read(&found, &cx.provider.ignore_tags, &[]);
    (state.tags, state.tags_all) = attributes::observed_tags(&cx.provider, &tags, &state.tags);
    if tags.marker.is_some() {
        missing.push("its create was interrupted".to_owned());
    }
    if !tags.is_owned_by(wanted::owner(&name)) {
        missing.push(format!("the vault {name} lacks the ownership tag"));
    }
}

/// What the vault tells beyond what is configured.
pub(super) fn record_vault_outputs(state: &mut Model, vault: &Vault) {
    state.id = Value::Value(vault.name.clone());
    state.arn = Value::Value(vault.arn.clone());
    state.vault_arn = Value::Value(vault.arn.clone());
    state.vault_name = Value::Value(vault.name.clone());
    if let Some(key) = &vault.encryption_key_arn {
        state.kms_key_arn = Value::Value(key.clone());
    }
    state.recovery_points = Value::Value(vault.recovery_points);
    state.locked = Value::Value(wanted::is_locked(vault));
    let date = vault.lock_date.and_then(|date| OffsetDateTime::from_unix_timestamp(date).ok());
    state.lock_date = date.and_then(|date| date.format(&Rfc3339).ok()).into();
}

/// The lock as configuration would write it; what it says already stays.
fn shown_lock(known: &Value<VaultLock>, vault: &Vault) -> Value<VaultLock> {
    if !wanted::is_locked(vault) {
        return Value::Null;
    }
    let changeable = match (known, vault.lock_date) {
        (Value::Value(lock), Some(_)) => lock.changeable_for_days,
        _ => Value::Null,
    };
    Value::Value(VaultLock {
        min_retention_days: vault.min_retention_days.into(),
        max_retention_days: vault.max_retention_days.into(),
        changeable_for_days: changeable,
    })
}

fn record_plan(
    cx: &Context<ProviderContext>,
    state: &mut Model,
    observed: &Observation,
    missing: &mut Vec<String>,
) {
    let name = state.name.clone().unwrap_or_default();
    let Some(plan) = &observed.plan else {
        missing.push(format!("the plan {name} is missing"));
        state.plan_id = Value::Null;
        state.plan_arn = Value::Null;
        state.plan_version = Value::Null;
        return;
    };
    state.plan_id = Value::Value(plan.id.clone());
    state.plan_arn = Value::Value(plan.arn.clone());
    state.plan_version = plan.version.clone().into();
    if plan.name != name {
        missing.push(format!("the plan {} was renamed to {}", plan.id, plan.name));
    }
    if let Some(rule) = plan.rules.iter().find(|rule| rule.vault_name != name) {
        missing.push(format!("the rule {} puts backups into {}", rule.name, rule.vault_name));
    }
    record_rules(state, plan, &name);
    let found = observed.plan_tags.clone().unwrap_or_default();
    let all = crate::framework::value::known_map(&state.tags_all).unwrap_or_default();
    let written = tags::written(&all, wanted::owner(&name), None);
    if !TagChanges::between(&found, &written, &cx.provider.ignore_tags).is_empty() {
        missing.push(format!("the tags of the plan {name} were changed"));
    }
}

/// The rules, in the order of the state: AWS keeps none.
fn record_rules(state: &mut Model, plan: &Plan, vault: &str) {
    let known = match &state.rules {
        Value::Value(known) => known.clone(),
        _ => Vec::new(),
    };
    let known: Vec<_> = known
        .into_iter()
        .filter_map(|rule| match rule {
            Value::Value(rule) => Some(rule),
            _ => None,
        })
        .collect();
    let place =
        |name: &str| known.iter().position(|rule| rule.name == Value::Value(name.to_owned()));
    let mut found = wanted::sorted(plan.rules.clone());
    found.sort_by_key(|rule| place(&rule.name).unwrap_or(usize::MAX));
    let shown = found.iter().map(|rule| {
        let before = place(&rule.name).and_then(|place| known.get(place));
        let same = before.filter(|before| {
            wanted::one_rule(before, vault).as_ref().is_some_and(|wanted| {
                plans::Rule { vault_name: vault.to_owned(), ..rule.clone() } == *wanted
            })
        });
        Value::Value(same.cloned().unwrap_or_else(|| wanted::shown_rule(rule)))
    });
    state.rules = Value::Value(shown.collect());
}

fn record_selection(state: &mut Model, observed: &Observation, missing: &mut Vec<String>) {
    let Some(selection) = &observed.selection else {
        missing.push("the selection is missing".to_owned());
        state.selection_id = Value::Null;
        return;
    };
    if state.role_arn.is_null() {
        state.role_arn = Value::Value(selection.role_arn.clone());
    }
    let role = state.role_arn.clone().unwrap_or_default();
    if selection.role_arn != role {
        missing.push(format!("the selection has another role, {}", selection.role_arn));
    }
    if selection.refined {
        missing.push("the selection has conditions or exclusions".to_owned());
    }
    let same = wanted::selection(state, &role).is_some_and(|wanted| {
        wanted.resources == selection.resources && wanted.tags == selection.tags
    });
    if !same {
        state.resources = Value::Value(selection.resources.iter().cloned().collect());
        state.selection_tags = string_map(&selection.tags);
    }
}
