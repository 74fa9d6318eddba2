//! Reading: role, policies and association at once, compared with what the state wants.

use super::import;
use super::model::Model;
use super::plan::kept_text;
use super::schema::SESSION_SECONDS;
use crate::aws::Tags;
use crate::aws::eks::Association;
use crate::aws::iam::Role;
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::{CREATING, IgnoreRules, Observed as ObservedTags, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::observed_tags;
use crate::resources::composite::{self, Composite};
use crate::resources::step::{During as _, StepError, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Observed, Workload};

/// Reads everything the state knows.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    mut state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let region = state.region_or_default(cx);
    state.region = Value::Value(region.clone());
    let clients = cx.provider.clients(&region);
    let name = state.title();
    let told = |error: StepError| composite::told::<Model>(Verb::Reading, &name, &error);
    if import::is_stub(&state) {
        let found = import::complete(&clients, &state).await;
        match found.during("association", format!("finding the association of {name}")) {
            Ok(Some(model)) => state = model,
            Ok(None) => return Ok(Found::Gone),
            Err(error) => return Err(told(error)),
        }
    }
    let given = state.uses_given_role();
    let Some(workload) = state.workload(given) else {
        return Err(crate::framework::diagnostic::provider_bug("The state has unknown values."));
    };
    let doing = format!("reading role {} and its association", workload.role_in_use());
    let found = Box::pin(workload_access::find(&clients, &workload, &state.granted())).await;
    let found = found.during("role", doing).map_err(told)?;
    let ours = found.association.as_ref().filter(|found| is_ours(&state, found, &workload));
    if ours.is_none() && (given || found.role.is_none()) {
        return Ok(Found::Gone);
    }
    let observed = Observed { association: ours.cloned(), ..found };
    let tags = if given {
        observed.association.as_ref().map(|association| &association.tags)
    } else {
        observed.role.as_ref().map(|role| &role.tags)
    };
    let marked = tags.is_some_and(|tags| tags.contains_key(CREATING));
    unfinished::keep(&cx.provider.claims, private, marked);
    describe(cx, &mut state, &observed, given);
    let missing = missing(cx, &state, &observed, given);
    state.set_missing(&missing);
    Ok(Found::Present(Box::new(state)))
}

/// What the attributes cannot tell of what is missing: they say what was found already.
fn missing(
    cx: &Context<ProviderContext>,
    state: &Model,
    observed: &Observed,
    given: bool,
) -> Vec<String> {
    if state.owner_arn.is_value() {
        return Vec::new();
    }
    let Some(mut workload) = state.workload(given) else { return Vec::new() };
    workload.policy.clone_from(&observed.policy);
    if let Some(trust) = observed.role.as_ref().and_then(|role| role.trust_policy.as_ref()) {
        workload.trust_policy.clone_from(trust);
    }
    workload.differences(observed, &cx.provider.ignore_tags)
}

/// Whether an association is that of the state: by its id, or by its owner tag.
fn is_ours(state: &Model, association: &Association, workload: &Workload) -> bool {
    if state.association_id == Value::Value(association.id.clone()) {
        return true;
    }
    let tags = ObservedTags::read(&association.tags, &IgnoreRules::default(), &[]);
    tags.is_owned_by(workload.owner())
}

/// The state as found.
fn describe(cx: &Context<ProviderContext>, state: &mut Model, observed: &Observed, given: bool) {
    if let Some(association) = &observed.association {
        describe_association(state, association, given);
    } else {
        state.association_id = Value::Null;
        state.association_arn = Value::Null;
        state.external_id = Value::Null;
    }
    if !given {
        describe_role(cx, state, observed);
    } else if let Some(association) = &observed.association {
        describe_tags(cx, state, &association.tags);
    }
    state.id = state.key_text().map_or(Value::Null, Value::Value);
}

fn describe_association(state: &mut Model, association: &Association, given: bool) {
    state.association_id = Value::Value(association.id.clone());
    state.association_arn = Value::Value(association.arn.clone());
    state.external_id = association.external_id.clone().into();
    state.owner_arn = association.owner_arn.clone().into();
    let session = &association.session;
    state.disable_session_tags = Value::Value(session.disable_session_tags);
    state.target_role_arn = session.target_role_arn.clone().into();
    state.session_policy = kept_text(Some(session.policy.clone()), Some(&state.session_policy));
    if given {
        let arn = &association.role_arn;
        state.role_arn = Value::Value(arn.clone());
        state.role_name = Model::name_of_given_role(arn).map_or(Value::Null, Value::Value);
    }
}

fn describe_role(cx: &Context<ProviderContext>, state: &mut Model, observed: &Observed) {
    let Some(role) = &observed.role else {
        state.role_arn = Value::Null;
        return;
    };
    let Role { arn, path, permissions_boundary, max_session_duration_seconds, .. } = role;
    state.role_arn = Value::Value(arn.clone());
    state.path = Value::Value(path.clone());
    state.permissions_boundary_arn = permissions_boundary.clone().into();
    let seconds = max_session_duration_seconds.map_or(SESSION_SECONDS, i64::from);
    state.max_session_duration = Value::Value(seconds);
    let trust = role.trust_policy.clone().unwrap_or_default();
    state.assume_role_policy_json =
        kept_text(Some(Some(trust)), Some(&state.assume_role_policy_json));
    state.policy_json = kept_text(Some(observed.policy.clone()), Some(&state.policy_json));
    state.policy_arns = Value::Value(observed.attached.iter().cloned().collect());
    describe_tags(cx, state, &role.tags);
}

fn describe_tags(cx: &Context<ProviderContext>, state: &mut Model, tags: &Tags) {
    let observed = ObservedTags::read(tags, &cx.provider.ignore_tags, &[]);
    (state.tags, state.tags_all) = observed_tags(&cx.provider, &observed, &state.tags);
}

/// Whether a role was made by a pod identity, of whatever state.
pub(super) fn is_own_role(role: &Role) -> bool {
    let tags = ObservedTags::read(&role.tags, &IgnoreRules::default(), &[]);
    tags.is_owned_by(Owner { kind: super::KIND, name: &role.name })
}
