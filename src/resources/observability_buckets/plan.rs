//! The plan: what is inherited from the provider, what apply will bring about, and what stands in
//! its way already.
//!
//! Everything that follows from known attributes is planned exactly. AWS is asked (reads only) who
//! owns the names that are new in this plan, and whether buckets that would go are empty.

use std::collections::BTreeMap;

use super::access::Identity;
use super::conflicts;
use super::model::{Model, PodIdentityModel};
use super::outputs::complete;
use super::validate::{check_names, own_log_target};
use super::wanted::{Place, Versioning, known};
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, Value, known_map};
use crate::platform::naming::BucketNamespace;
use crate::platform::stores::Store;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{plan_region, plan_tags};
use crate::resources::bucket::place_for_plan;
use crate::resources::composite::Composite;

/// Refines the plan.
pub(super) async fn plan(
    cx: Option<&Context<ProviderContext>>,
    request: PlanRequest<'_, Model>,
    plan: &mut Plan<Model>,
) {
    let PlanRequest { config, prior, replacing, .. } = request;
    let Plan { planned, diagnostics, .. } = plan;
    inherit(cx, config, prior, planned);
    let region = plan_region(cx, &config.region, &mut planned.region, diagnostics);
    planned.tags_all = plan_tags(cx, &planned.tags, 0, diagnostics);
    let place = place_for_plan::<Model>(cx, region, diagnostics).await;
    planned.derive_outputs(place.as_ref());
    plan_status(prior, planned);
    plan_identity(prior, planned, place.as_ref());
    if let Some(place) = &place {
        check_place(planned, place, diagnostics);
    }
    warn(prior, planned, diagnostics);
    // What stands in the way of a replacement may be what it replaces: apply asks again.
    let ask = !replacing && diagnostics.errors.is_empty();
    if let (Some(cx), Some(place), true) = (cx, &place, ask) {
        Box::pin(conflicts::find(cx, place, prior, planned, diagnostics)).await;
    }
}

/// Prefix and cluster, where configuration is silent: what they were, else the provider's.
fn inherit(
    cx: Option<&Context<ProviderContext>>,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
) {
    if config.name_prefix.is_null() {
        planned.name_prefix = match (prior, cx) {
            (Some(prior), _) => prior.name_prefix.clone(),
            (None, Some(cx)) => cx.provider.name_prefix.clone().map_or(Value::Null, Value::Value),
            (None, None) => Value::Unknown,
        };
    }
    let silent = match &config.pod_identity {
        Value::Null => true,
        Value::Value(PodIdentityModel { cluster_name, .. }) => cluster_name.is_null(),
        Value::Unknown => false,
    };
    let before = prior.and_then(Identity::read).and_then(|identity| identity.cluster_name);
    if let (true, Value::Value(identity)) = (silent, &mut planned.pod_identity) {
        identity.cluster_name = match (before, cx) {
            (Some(before), _) => Value::Value(before),
            (None, Some(cx)) => cx.provider.cluster_name.clone().map_or(Value::Null, Value::Value),
            (None, None) => Value::Unknown,
        };
    }
}

/// A create may end incomplete (`incomplete_create`), so its status is open. An update that ends
/// without an error has completed everything.
fn plan_status(prior: Option<&Model>, planned: &mut Model) {
    if prior.is_none() {
        planned.status = Value::Unknown;
        planned.status_reason = Value::Unknown;
        planned.bucket_status = Value::Unknown;
        return;
    }
    planned.set_complete();
    planned.bucket_status = match planned.stores() {
        None => Value::Unknown,
        Some(stores) => Value::Value(
            stores
                .into_iter()
                .map(|store| (store.key().to_owned(), Value::Value(complete())))
                .collect(),
        ),
    };
}

/// Roles are known by name; an association keeps its id while its service account stays.
fn plan_identity(prior: Option<&Model>, planned: &mut Model, place: Option<&Place>) {
    let Some(identity) = Identity::read(planned) else {
        planned.role_arns = Value::Unknown;
        planned.association_ids = Value::Unknown;
        return;
    };
    if !identity.is_active() {
        planned.role_arns = Value::Value(BTreeMap::new());
        planned.association_ids = Value::Value(BTreeMap::new());
        return;
    }
    let before = prior.and_then(|prior| Some((prior, Identity::read(prior)?)));
    let role_arns = planned.by_product(|product| {
        let name = identity.role_name(product);
        let kept = before.as_ref().filter(|(_, before)| before.role_name(product) == name);
        place
            .and_then(|place| place.role_arn(&name))
            .or_else(|| kept.and_then(|(prior, _)| prior.granted(product).role_arn))
    });
    let association_ids = planned.by_product(|product| {
        let (prior, before) = before.as_ref()?;
        let kept = before.key(product).is_some() && before.key(product) == identity.key(product);
        kept.then(|| prior.granted(product).association_id).flatten()
    });
    planned.role_arns = role_arns;
    planned.association_ids = association_ids;
}

/// What validation could not see before region, account and the provider's prefix were known.
fn check_place(planned: &Model, place: &Place, diagnostics: &mut Diagnostics) {
    if planned.namespace() == Some(BucketNamespace::AccountRegional) && place.owner().is_none() {
        diagnostics.add_error(diagnostic(
            "Account Unknown",
            "bucket_namespace = \"account-regional\": the names end with the account's number, \
             which the provider may not ask for. Remove skip_requesting_account_id from the \
             provider block.",
            AttributePath::new("bucket_namespace"),
        ));
    }
    check_names(planned, place, diagnostics);
    let target = known(&planned.access_logging)
        .flatten()
        .and_then(|logging| known(&logging.bucket).flatten());
    let stores = planned.stores().unwrap_or_default();
    let own = |store: &Store| target.is_some() && planned.bucket_name(*store, place) == target;
    if let (Some(target), Some(store)) = (&target, stores.into_iter().find(own)) {
        diagnostics.add_error(own_log_target(target, store));
    }
}

fn warn(prior: Option<&Model>, planned: &Model, diagnostics: &mut Diagnostics) {
    if prior.is_none() && planned.name_prefix.is_null() && planned.name_suffix.is_null() {
        let composed =
            |store: &Store| planned.entry(*store).is_some_and(|entry| entry.name.is_null());
        if planned.namespace() == Some(BucketNamespace::Global)
            && planned.stores().unwrap_or_default().iter().any(composed)
        {
            diagnostics.add_warning(diagnostic(
                "Bucket Names Without Prefix",
                "Neither name_prefix nor name_suffix is set, so the buckets get the platform's \
                 own names, such as mimir-metrics. Names of buckets are shared by all of AWS, and \
                 these may belong to somebody already. Set name_prefix here or in the provider \
                 block.",
                AttributePath::new("name_prefix"),
            ));
        }
    }
    let forced = planned.stores().unwrap_or_default().iter().any(|s| planned.force_destroy(*s));
    let newly = prior.is_none_or(|prior| prior.force_destroy != planned.force_destroy);
    if forced && newly && planned.deletion_protection != Value::Value(true) {
        diagnostics.add_warning(diagnostic(
            "Data Is Not Protected",
            "force_destroy = true and deletion_protection = false: destroying or replacing this \
             object deletes everything in its buckets without asking. Set deletion_protection = \
             true while the data matters.",
            AttributePath::new("force_destroy"),
        ));
    }
    let Some(prior) = prior else { return };
    for store in planned.stores().unwrap_or_default() {
        let was = prior.versioning(store);
        if was == Some(Versioning::Enabled)
            && planned.versioning(store) == Some(Versioning::Disabled)
        {
            diagnostics.add_warning(diagnostic(
                "Versioning Cannot Be Undone",
                format!(
                    "Versioning of {store} was enabled and is to be \"Disabled\": S3 can only \
                     suspend it, so it will be suspended, and old versions remain until they are \
                     deleted."
                ),
                AttributePath::new("versioning"),
            ));
        }
    }
}

/// The buckets that the plan takes away, by their recorded names.
pub(super) fn removed(prior: &Model, planned: &Model) -> BTreeMap<Store, String> {
    let Some(names) = known_map(&planned.bucket_names) else { return BTreeMap::new() };
    prior
        .recorded_names()
        .into_iter()
        .filter(|(store, name)| names.get(store.key()) != Some(name))
        .collect()
}
