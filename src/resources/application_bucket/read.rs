//! Reading: the bucket and its roles at once, shown in the attributes as they are now. What has no
//! attribute is told by `status` and `status_reason`.

use futures_util::future::{join, join_all};

use super::access::{Grant, name_of_replication_role};
use super::model::Model;
use super::names::take_apart;
use super::wanted::{KIND, known, text};
use crate::aws::Clients;
use crate::aws::s3::Bucket;
use crate::aws::s3::settings::PublicAccessBlock;
use crate::framework::plan::defaults;
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, Value, known_map};
use crate::platform::tags::Observed as ObservedTags;
use crate::provider::context::ProviderContext;
use crate::resources::attributes;
use crate::resources::bucket::place;
use crate::resources::bucket::{self, Observed, Place, Reading, Tagged};
use crate::resources::composite::Composite;
use crate::resources::step::{During as _, StepError, Verb};
use crate::resources::workload_access::{self, Granted};
use crate::resources::{torn_down, unfinished};

/// Reads everything the state knows.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    mut state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let place = place(cx, &state, Verb::Reading).await?;
    let clients = cx.provider.clients(&place.region);
    let name = known(&state.id).flatten().unwrap_or_default();
    if state.arn.is_null() {
        let told = |error: StepError| state.told(Verb::Importing, &error);
        let target = Bucket { name: &name, owner: place.owner() };
        let observed = bucket::read(&clients, target, true).await;
        let observed = observed.during("bucket", format!("reading bucket {name}")).map_err(told)?;
        let Some(observed) = observed else { return Ok(Found::Gone) };
        state = import(state, &name, &place);
        // What the roles should be follows from the bucket.
        show(cx, &place, &mut state, &observed);
        super::import::access(cx, &clients, &name, &mut state).await?;
    }
    let grants = state.grants(&place).unwrap_or_default();
    let target = Bucket { name: &name, owner: place.owner() };
    let (observed, roles) = Box::pin(join(
        bucket::read(&clients, target, true),
        join_all(grants.iter().map(|grant| look(cx, &clients, &state, grant))),
    ))
    .await;
    let told = |error: StepError| state.told(Verb::Reading, &error);
    let observed = observed.during("bucket", format!("reading bucket {name}")).map_err(told)?;
    let roles: Vec<Seen<'_>> = roles.into_iter().collect::<Result<_, _>>().map_err(told)?;
    torn_down::keep(private, observed.is_none());
    let Some(observed) = observed else { return Ok(without_bucket(&state, &name, &roles)) };
    unfinished::keep(&cx.provider.claims, private, observed.carries_marker());
    let mut shown = state.clone();
    let reasons = show_roles(&mut shown, &state, &roles);
    show(cx, &place, &mut shown, &observed);
    status(cx, &place, &name, &mut shown, &observed, reasons);
    Ok(Found::Present(Box::new(shown)))
}

/// The bucket is gone. What was made for it and is there still would be left behind by a destroy if the
/// state forgot it now.
fn without_bucket(state: &Model, name: &str, roles: &[Seen<'_>]) -> Found<Model> {
    let wanted: Vec<_> = roles.iter().map(|seen| seen.grant.key.as_deref()).collect();
    let unwanted = known_map(&state.role_arns).unwrap_or_default();
    let unwanted = unwanted.keys().any(|key| !wanted.contains(&Some(key.as_str())));
    let left = roles.iter().any(|seen| seen.granted != Granted::default());
    if !left && !unwanted {
        return Found::Gone;
    }
    let mut shown = state.clone();
    let mut reasons = vec![format!("bucket {name} is missing")];
    reasons.extend(show_roles(&mut shown, state, roles));
    shown.set_incomplete(reasons.join("\n"));
    Found::Present(Box::new(shown))
}

/// What the read of an import starts from: the provider's own attributes at their defaults, since
/// AWS cannot tell them.
fn import(stub: Model, name: &str, place: &Place) -> Model {
    let defaults = defaults::<Model>(&super::schema::schema()).unwrap_or_default();
    let mut state = Model {
        region: Value::Value(place.region.clone()),
        bucket_namespace: defaults.bucket_namespace,
        critical: defaults.critical,
        sse_algorithm: defaults.sse_algorithm,
        bucket_key_enabled: defaults.bucket_key_enabled,
        blocked_encryption_types: defaults.blocked_encryption_types,
        transition_default_minimum_object_size: defaults.transition_default_minimum_object_size,
        policy_statements: defaults.policy_statements,
        enforce_tls: defaults.enforce_tls,
        block_public_access: defaults.block_public_access,
        force_destroy: defaults.force_destroy,
        bypass_governance_retention: defaults.bypass_governance_retention,
        data_classification: defaults.data_classification,
        deletion_protection: defaults.deletion_protection,
        ..stub
    };
    take_apart(&mut state, name, place);
    state.role_arns = Value::Value(std::collections::BTreeMap::new());
    state.association_ids = Value::Value(std::collections::BTreeMap::new());
    state
}

/// What was found of one role.
struct Seen<'a> {
    grant: &'a Grant,
    granted: Granted,
    differences: Vec<String>,
}

async fn look<'a>(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    state: &Model,
    grant: &'a Grant,
) -> Result<Seen<'a>, StepError> {
    let workload = &grant.workload;
    let known = state.granted(grant.key.as_deref());
    let doing = format!("reading role {} and its association", workload.role_name);
    let found = workload_access::find(clients, workload, &known).await.during("role", doing)?;
    let differences = workload.differences(&found, &cx.provider.ignore_tags);
    // What was made by somebody else is not ours, even where ours would be.
    let role = found.role.filter(|role| known.role_arn.as_ref() == Some(&role.arn));
    let association = found
        .association
        .filter(|association| known.association_id.as_ref() == Some(&association.id));
    let granted = Granted {
        role_arn: role.map(|role| role.arn),
        association_id: association.map(|association| association.id),
    };
    Ok(Seen { grant, granted, differences })
}

/// Shows the roles, and answers what is wrong with them.
fn show_roles(shown: &mut Model, state: &Model, roles: &[Seen<'_>]) -> Vec<String> {
    let mut reasons = Vec::new();
    for seen in roles {
        reasons.extend(seen.differences.iter().cloned());
        shown.set_granted(seen.grant.key.as_deref(), &seen.granted);
    }
    let role = known(&state.replication_role_arn).flatten();
    if let (true, Some(role)) = (state.replication.is_null(), role) {
        reasons.push(format!("role {role} is not wanted any more and still exists"));
    }
    // What an update that failed could not remove stays in the state until one does.
    let wanted: Vec<&str> = roles.iter().filter_map(|seen| seen.grant.key.as_deref()).collect();
    for key in known_map(&state.role_arns).unwrap_or_default().keys() {
        if !wanted.contains(&key.as_str()) {
            reasons.push(format!("the role of access[{key:?}] is not wanted any more"));
        }
    }
    reasons
}

/// Shows the bucket: an attribute that says the same in other words keeps its own.
fn show(cx: &Context<ProviderContext>, place: &Place, shown: &mut Model, observed: &Observed) {
    let name = known(&shown.id).flatten().unwrap_or_default();
    let arn = place.bucket_arn(&name);
    if let Reading::Is(Some(block)) = observed.public_access_block
        && [PublicAccessBlock::ALL, PublicAccessBlock::LISTS_ONLY].contains(&block)
    {
        shown.block_public_access = Value::Value(block == PublicAccessBlock::ALL);
    }
    if let Reading::Is(Some(found)) = &observed.encryption {
        shown.show_encryption(Some(found));
    }
    if let Reading::Is(versioning) = observed.versioning {
        shown.versioning = text(Some(versioning.as_str()));
    }
    if let Reading::Is(found) = &observed.lifecycle {
        shown.show_lifecycle(found.as_ref());
    }
    if let Reading::Is(found) = &observed.policy {
        shown.show_policy(&arn, found.as_deref());
    }
    if let Reading::Is(found) = &observed.logging {
        shown.show_logging(found.as_ref());
    }
    if let Some(further) = &observed.further {
        if let Reading::Is(found) = &further.object_lock {
            shown.show_lock(found.as_ref());
        }
        if let Reading::Is(found) = &further.cors {
            shown.show_cors(found);
        }
        if let Reading::Is(found) = &further.notifications {
            shown.show_notifications(found);
        }
        if let Reading::Is(found) = &further.replication {
            shown.show_replication(found.as_ref(), &name_of_replication_role(&name));
        }
    }
    if let Some(tags) = observed.known_tags() {
        let found = ObservedTags::read(tags, &cx.provider.ignore_tags, &[]);
        (shown.tags, shown.tags_all) = attributes::observed_tags(&cx.provider, &found, &shown.tags);
    }
    let policy = shown.policy_json.clone();
    shown.derive_outputs(Some(place));
    shown.policy_json = policy;
}

/// What no attribute shows.
fn status(
    cx: &Context<ProviderContext>,
    place: &Place,
    name: &str,
    shown: &mut Model,
    observed: &Observed,
    mut reasons: Vec<String>,
) {
    let tags_all = known_map(&shown.tags_all).unwrap_or_default();
    let ignore = &cx.provider.ignore_tags;
    let tagged = Tagged { kind: KIND, owner_name: name, tags_all: &tags_all, ignore };
    if let Some(wanted) = shown.wanted(place) {
        reasons.extend(wanted.differences(observed, &tagged));
    }
    if reasons.is_empty() {
        shown.set_complete();
    } else {
        shown.set_incomplete(reasons.join("\n"));
    }
}
