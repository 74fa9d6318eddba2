//! Create and update: the same walk.
//!
//! 1. `association`: that of a former service account goes.
//! 2. `role`, `role_policy`, `association`, as in [`workload_access`].
//! 3. `marker`: the creation marker comes off.

use std::sync::{Mutex, PoisonError};

use super::model::Model;
use crate::aws::{Clients, Wait, eks};
use crate::framework::diagnostic::provider_bug;
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{Composite, begin, conclude};
use crate::resources::step::{During as _, StepError};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Access, Granted};

/// Creates or updates.
pub(super) async fn apply(
    cx: &Context<ProviderContext>,
    request: ApplyRequest<Model>,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let ApplyRequest { config, prior, planned } = request;
    let given = !config.role_arn.is_null();
    let Some(workload) = planned.workload(given) else {
        return Err(provider_bug("A value is still unknown when the plan is carried out."));
    };
    let mut goal = planned;
    if !given {
        let found = prior.as_ref().map(|prior| &prior.assume_role_policy_json);
        goal.assume_role_policy_json =
            super::plan::kept_text(Some(Some(workload.trust_policy.clone())), found);
        let found = prior.as_ref().map(|prior| &prior.policy_json);
        goal.policy_json = super::plan::kept_text(Some(workload.policy.clone()), found);
    } else if let Some(arn) = &workload.given_role_arn {
        goal.role_name = Model::name_of_given_role(arn).map_or(Value::Null, Value::Value);
    }
    goal.id = goal.key_text().map_or(Value::Null, Value::Value);
    let operation = Operation::of(prior.as_ref());
    let (clients, wait) = begin(cx, &goal, operation);
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let access = Access {
        clients: &clients,
        wait: &wait,
        workload: &workload,
        ignore: &cx.provider.ignore_tags,
        claim: &claim,
    };
    let work = carry_out(&access, prior.as_ref(), &goal, recorder);
    let outcome = wait.govern(work).await;
    conclude(cx, claim, operation, &goal, outcome.err().as_slice(), recorder)
}

async fn carry_out(
    access: &Access<'_>,
    prior: Option<&Model>,
    goal: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let Access { clients, wait, .. } = *access;
    let mut granted = prior.map(Model::granted).unwrap_or_default();
    if let Some(prior) = prior
        && prior.key() != goal.key()
    {
        remove_former(clients, wait, prior, recorder).await?;
        granted.association_id = None;
    }
    let reached = Mutex::new(granted.clone());
    let record = |granted: &Granted| {
        *reached.lock().unwrap_or_else(PoisonError::into_inner) = granted.clone();
    };
    let outcome = Box::pin(access.bring_about(&granted, &record)).await;
    let reached = reached.into_inner().unwrap_or_else(PoisonError::into_inner);
    if reached.role_arn.is_some() {
        let mut state = goal.clone();
        state.role_arn = reached.role_arn.into();
        state.association_id = reached.association_id.into();
        state.association_arn = prior.map_or(Value::Null, |prior| prior.association_arn.clone());
        state.external_id = prior.map_or(Value::Null, |prior| prior.external_id.clone());
        recorder.record(state);
    }
    let brought = outcome?;
    if brought.unfinished {
        access.finish().await?;
    }
    learn(clients, goal, brought.granted, recorder).await
}

/// What only the finished association tells.
async fn learn(
    clients: &Clients,
    goal: &Model,
    granted: Granted,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let mut state = goal.clone();
    let cluster = goal.cluster_name.clone().unwrap_or_default();
    if state.association_arn.is_unknown() || state.external_id.is_unknown() {
        let id = granted.association_id.clone().unwrap_or_default();
        let doing = format!("reading Pod Identity association {id}");
        let found = eks::find_association_by_id(clients, &cluster, &id).await;
        let found = found.during("association", doing)?;
        state.association_arn = found.as_ref().map(|found| found.arn.clone()).into();
        state.external_id = found.and_then(|found| found.external_id).into();
    }
    state.role_arn = granted.role_arn.into();
    state.association_id = granted.association_id.into();
    state.set_complete();
    recorder.record(state);
    Ok(())
}

/// Takes the association of a former service account away.
async fn remove_former(
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let (Value::Value(cluster), Value::Value(id)) = (&prior.cluster_name, &prior.association_id)
    else {
        return Ok(());
    };
    workload_access::remove_association(clients, wait, cluster, id).await?;
    recorder.update(|state| {
        state.association_id = Value::Null;
        state.association_arn = Value::Null;
        state.external_id = Value::Null;
    });
    Ok(())
}
