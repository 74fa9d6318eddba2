//! Import: from a vault's name or a plan's id to a state that can be read.

use super::model::Model;
use super::wanted;
use crate::aws::backup::plans::{self, Plan, PlanId};
use crate::aws::backup::{self, selections};
use crate::aws::{Clients, Error};
use crate::framework::resource::Context;
use crate::framework::value::Value;
use crate::platform::tags::{IgnoreRules, Observed};
use crate::provider::context::ProviderContext;
use crate::resources::composite::import_id;
use crate::resources::step::{During, StepError};

const STEP: &str = "import";

/// Finds vault, plan and selection.
pub(super) async fn import(cx: &Context<ProviderContext>, id: &str) -> Result<Model, StepError> {
    let (id, region) = import_id(cx, id);
    let clients = cx.provider.clients(&region);
    let doing = format!("finding the vault or the plan {id:?} in {region}");
    let plan_id = if is_uuid(&id) { id.clone() } else { plan_of(&clients, &id, &doing).await? };
    let plan = plans::find_plan_by_id(&clients, &plan_id).await.during(STEP, &*doing)?;
    let plan = plan.ok_or_else(|| {
        refused(
            &doing,
            "there is no such plan".to_owned(),
            "Give the name of a vault, or the id \
            of a plan, with @region behind it if it is in another region.",
        )
    })?;
    in_its_own_vault(&plan, &doing)?;
    let vault = backup::find_vault_by_name(&clients, &plan.name).await.during(STEP, &*doing)?;
    let vault = vault.ok_or_else(|| {
        let why = format!("there is no vault {}, which has the name of the plan", plan.name);
        refused(&doing, why, "Create a vault of that name, or rename the plan.")
    })?;
    let selection_id = selection_of(&clients, &plan).await.during(STEP, &*doing)?;
    Ok(Model {
        id: Value::Value(vault.name.clone()),
        name: Value::Value(vault.name),
        vault_arn: Value::Value(vault.arn),
        plan_id: Value::Value(plan.id),
        plan_arn: Value::Value(plan.arn),
        selection_id: selection_id.into(),
        region: Value::Value(region),
        ..Model::default()
    })
}

fn refused(doing: &str, why: String, next: &str) -> StepError {
    StepError::refused(STEP, doing, why, next)
}

fn is_uuid(text: &str) -> bool {
    let mut lengths = text
        .split('-')
        .map(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(part.len()));
    [8, 4, 4, 4, 12].into_iter().all(|length| lengths.next() == Some(Some(length)))
        && lengths.next().is_none()
}

/// The plan that goes with a vault: ours by its tag, or the only one of the vault's name.
async fn plan_of(clients: &Clients, name: &str, doing: &str) -> Result<String, StepError> {
    let plans = plans::list_plans_by_name(clients, name).await.during(STEP, doing)?;
    if let [only] = plans.as_slice() {
        return Ok(only.id.clone());
    }
    if plans.is_empty() {
        let why = format!("there is no plan of the name {name}");
        let next = "A backup plan of Terraform is a vault and a plan of one name: give the id of \
                    the plan, after renaming it, or create one.";
        return Err(refused(doing, why, next));
    }
    let ids: Vec<String> = plans.iter().map(|plan| plan.id.clone()).collect();
    for PlanId { id, arn, .. } in plans {
        let tags = backup::find_tags(clients, &arn).await.during(STEP, doing)?;
        let tags = Observed::read(&tags.unwrap_or_default(), &IgnoreRules::default(), &[]);
        if tags.is_owned_by(wanted::owner(name)) {
            return Ok(id);
        }
    }
    let why = format!("several plans have the name {name}: {}", ids.join(", "));
    Err(refused(doing, why, "Import by the id of one of them."))
}

/// One name stands for both, so a plan that fills other vaults cannot be told.
fn in_its_own_vault(plan: &Plan, doing: &str) -> Result<(), StepError> {
    let Some(rule) = plan.rules.iter().find(|rule| rule.vault_name != plan.name) else {
        return Ok(());
    };
    let why = format!(
        "the rule {} of the plan {} puts backups into the vault {}, which has another name",
        rule.name, plan.name, rule.vault_name
    );
    Err(refused(doing, why, "Give the plan the name of its vault, and one vault to all its rules."))
}

/// The selection that is ours, or the only one.
async fn selection_of(clients: &Clients, plan: &Plan) -> Result<Option<String>, Error> {
    let listed = selections::list_selections(clients, &plan.id).await?;
    let ours = listed.iter().find(|one| one.name.starts_with(wanted::SELECTION_PREFIX));
    let only = if let [only] = listed.as_slice() { Some(only) } else { None };
    Ok(ours.or(only).map(|selection| selection.id.clone()))
}
