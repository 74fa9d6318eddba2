//! The plan: what follows from several attributes, what is inherited from the provider, what cannot
//! be undone, and what stands in the way already.
//!
//! Everything that follows from known attributes is planned exactly. Another spelling of the same
//! rules or statements is no change: the state's own spelling stays.

use std::collections::BTreeMap;

use super::access::name_of_replication_role;
use super::conflicts::{self, Change};
use super::model::Model;
use super::rules::warn_unversioned;
use super::validate::own_log_target;
use super::wanted::{known, text};
use crate::framework::diagnostic::{diagnostic, invalid_combination, invalid_value};
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, Dynamic, Value};
use crate::platform::naming::{
    BucketNamespace, check_account_regional_bucket_name, check_bucket_name,
};
use crate::platform::policies::equivalent;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{plan_region, plan_tags};
use crate::resources::bucket::place_for_plan;
use crate::resources::bucket::{Place, Versioning};
use crate::resources::composite::Composite;
use crate::resources::torn_down;

/// Refines the plan.
pub(super) async fn plan(
    cx: Option<&Context<ProviderContext>>,
    request: PlanRequest<'_, Model>,
    plan: &mut Plan<Model>,
) {
    let PlanRequest { config, prior, private, replacing, .. } = request;
    let Plan { planned, diagnostics, .. } = plan;
    let region = plan_region(cx, &config.region, &mut planned.region, diagnostics);
    planned.tags_all = plan_tags(cx, &planned.tags, 0, diagnostics);
    let place = place_for_plan::<Model>(cx, region, diagnostics).await;
    plan_name(config, prior, planned);
    // What a replacement replaces says nothing of the new bucket.
    let prior_here = prior.filter(|prior| stays(prior, planned));
    inherit_cluster(cx, config, prior, planned);
    plan_versioning(config, prior_here, planned, diagnostics);
    keep_spelling(prior_here, planned);
    planned.derive_outputs(place.as_ref());
    plan_policy(prior_here, planned, place.as_ref(), diagnostics);
    plan_roles(prior_here, planned, place.as_ref());
    plan_status(prior, planned);
    check_place(planned, place.as_ref(), diagnostics);
    check_cluster(cx, planned, diagnostics);
    warn(prior, planned, diagnostics);
    warn_unversioned(planned, diagnostics);
    // What stands in the way of a replacement may be what it replaces: apply asks again.
    let ask = !replacing && diagnostics.errors.is_empty();
    if let (Some(cx), Some(place), true) = (cx, &place, ask) {
        // Another region may have the bucket of that name, which goes first.
        let named = prior.is_none_or(|prior| prior.id != planned.id) || torn_down::is(private);
        let leaving = prior.filter(|_| prior_here.is_none());
        let change = Change { prior: prior_here, leaving, planned, named };
        conflicts::find(cx, place, &change, diagnostics).await;
    }
}

/// A name that is made up is known after apply, and kept while its prefix is.
fn plan_name(config: &Model, prior: Option<&Model>, planned: &mut Model) {
    if !config.bucket.is_null() {
        return;
    }
    let kept = prior.filter(|prior| {
        prior.bucket_prefix == planned.bucket_prefix
            && prior.bucket_namespace == planned.bucket_namespace
            && prior.region == planned.region
    });
    planned.bucket = kept.map_or(Value::Unknown, |prior| prior.bucket.clone());
}

/// Whether the planned bucket is the one that exists.
fn stays(prior: &Model, planned: &Model) -> bool {
    prior.bucket == planned.bucket
        && prior.bucket_namespace == planned.bucket_namespace
        && prior.region == planned.region
}

fn inherit_cluster(
    cx: Option<&Context<ProviderContext>>,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
) {
    if !config.cluster_name.is_null() {
        return;
    }
    let before = prior.map(|prior| prior.cluster_name.clone()).filter(Value::is_value);
    planned.cluster_name = match (before, cx) {
        (Some(before), _) => before,
        (None, Some(cx)) => text(cx.provider.cluster_name.as_deref()),
        (None, None) => Value::Unknown,
    };
}

/// Versioning where configuration is silent, and what S3 never takes back.
fn plan_versioning(
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let was = prior.and_then(Model::versioning).filter(|was| *was != Versioning::Disabled);
    if config.versioning.is_null() {
        planned.versioning = match planned.demanded_versioning() {
            None => Value::Unknown,
            Some(demanded) => {
                let versioning = demanded.or(was).unwrap_or(Versioning::Disabled);
                text(Some(versioning.as_str()))
            }
        };
    } else if let (Some(was), Some(Versioning::Disabled)) = (was, planned.versioning()) {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("versioning"),
            &Dynamic::from("Disabled"),
            &format!(
                "the bucket is {} and can never go back to not versioned; set versioning = \
                 \"Suspended\", which keeps old versions and makes no new ones, or remove it",
                was.as_str()
            ),
        ));
    }
    let locked = prior.is_some_and(|prior| prior.object_lock.is_value());
    if locked && planned.object_lock.is_null() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("object_lock"),
            "object_lock is on for this bucket and can never be switched off. Write object_lock = \
             {}, which locks no new object by default, or what it was.",
        ));
    }
}

/// Rules and statements that mean what the state says keep the state's spelling.
fn keep_spelling(prior: Option<&Model>, planned: &mut Model) {
    let Some(prior) = prior else { return };
    if let (Some(was), Some(is)) = (prior.own_rules(), planned.own_rules())
        && was.normal().rules == is.normal().rules
    {
        planned.lifecycle_rules = prior.lifecycle_rules.clone();
    }
    let arn = "arn:aws:s3:::bucket";
    let arn = match &prior.arn {
        Value::Value(known) => known,
        _ => arn,
    };
    let policy = |model: &Model| {
        let model = Model { enforce_tls: Value::Value(true), ..model.clone() };
        model.desired_policy(arn)?.ok()?
    };
    if let (Some(was), Some(is)) = (policy(prior), policy(planned))
        && equivalent(&was, &is)
        && prior.policy_statements.is_value()
    {
        planned.policy_statements = prior.policy_statements.clone();
    }
}

/// The bucket policy that should be in force; the prior text where it says the same.
fn plan_policy(
    prior: Option<&Model>,
    planned: &mut Model,
    place: Option<&Place>,
    diagnostics: &mut Diagnostics,
) {
    let arn = place.and_then(|place| Some(place.bucket_arn(&planned.full_name(place)?)));
    let desired = match arn.and_then(|arn| planned.desired_policy(&arn)) {
        Some(Ok(desired)) => desired,
        Some(Err(problem)) => {
            diagnostics.add_error(diagnostic(
                "Invalid Bucket Policy",
                format!("policy_statements: {problem}."),
                AttributePath::new("policy_statements"),
            ));
            return;
        }
        None => {
            planned.policy_json = Value::Unknown;
            return;
        }
    };
    let before = match prior.map(|prior| &prior.policy_json) {
        Some(Value::Value(before)) => Some(before.clone()),
        _ => None,
    };
    planned.policy_json = match (before, desired) {
        (Some(before), Some(desired)) if equivalent(&before, &desired) => Value::Value(before),
        (_, desired) => desired.into(),
    };
}

/// Roles are known by name; an association keeps its id while its service account stays.
fn plan_roles(prior: Option<&Model>, planned: &mut Model, place: Option<&Place>) {
    planned.replication_role_arn = plan_replication_role(prior, planned, place);
    let Some(entries) = planned.entries() else {
        planned.role_arns = Value::Unknown;
        planned.association_ids = Value::Unknown;
        return;
    };
    let name = place.and_then(|place| planned.full_name(place));
    let before = prior.and_then(Model::entries).unwrap_or_default();
    let mut arns = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for (key, entry) in &entries {
        let granted = prior.map(|prior| prior.granted(Some(key))).unwrap_or_default();
        let made = name
            .as_ref()
            .zip(place)
            .and_then(|(name, place)| place.role_arn(&super::access::name_of_role(name, key)));
        let arn = made.or(granted.role_arn);
        arns.insert(key.clone(), arn.map_or(Value::Unknown, Value::Value));
        let same = before.get(key).zip(prior).is_some_and(|(was, prior)| {
            let was = prior.association_key(was);
            was.is_some() && was == planned.association_key(entry)
        });
        let id = granted.association_id.filter(|_| same);
        ids.insert(key.clone(), id.map_or(Value::Unknown, Value::Value));
    }
    planned.role_arns = Value::Value(arns);
    planned.association_ids = Value::Value(ids);
}

fn plan_replication_role(
    prior: Option<&Model>,
    planned: &Model,
    place: Option<&Place>,
) -> Value<String> {
    let replication = match known(&planned.replication) {
        None => return Value::Unknown,
        Some(None) => return Value::Null,
        Some(Some(replication)) => replication,
    };
    match replication.role_arn {
        Value::Value(own) => return Value::Value(own),
        Value::Unknown => return Value::Unknown,
        Value::Null => {}
    }
    let made = place
        .and_then(|place| place.role_arn(&name_of_replication_role(&planned.full_name(place)?)));
    let before = prior.filter(|prior| prior.makes_role());
    let before = before.and_then(|prior| known(&prior.replication_role_arn).flatten());
    made.or(before).map_or(Value::Unknown, Value::Value)
}

/// A create may end incomplete (`incomplete_create`), so its status is open. An update that ends
/// without an error has completed everything.
fn plan_status(prior: Option<&Model>, planned: &mut Model) {
    if prior.is_none() {
        planned.status = Value::Unknown;
        planned.status_reason = Value::Unknown;
        return;
    }
    planned.set_complete();
}

/// What validation could not see before region and account were known.
fn check_place(planned: &Model, place: Option<&Place>, diagnostics: &mut Diagnostics) {
    let Some(place) = place else { return };
    let regional = planned.namespace() == Some(BucketNamespace::AccountRegional);
    if regional && place.owner().is_none() {
        diagnostics.add_error(diagnostic(
            "Account Unknown",
            "bucket_namespace = \"account-regional\": the name ends with the account's number, \
             which the provider may not ask for. Remove skip_requesting_account_id from the \
             provider block.",
            AttributePath::new("bucket_namespace"),
        ));
    }
    let target = known(&planned.access_logging).flatten();
    let target = target.and_then(|logging| known(&logging.bucket).flatten());
    let name = planned.full_name(place).or_else(|| {
        let prefix = known(&planned.bucket_prefix).flatten()?;
        let base = super::wanted::made_up_name(&prefix, planned.namespace()?, place, 0);
        let named = Model { bucket: Value::Value(base), ..planned.clone() };
        named.full_name(place)
    });
    let Some(name) = name else { return };
    if target.as_ref() == Some(&name) {
        diagnostics.add_error(own_log_target(&name));
    }
    let checked = match (regional, place.owner()) {
        (true, Some(account)) => check_account_regional_bucket_name(&name, account, &place.region),
        _ => check_bucket_name(&name),
    };
    if let Err(problem) = checked {
        let attribute = if planned.bucket_prefix.is_null() { "bucket" } else { "bucket_prefix" };
        diagnostics.add_error(diagnostic(
            "Invalid Bucket Name",
            format!("{attribute}: {problem}."),
            AttributePath::new(attribute),
        ));
    }
}

fn check_cluster(
    cx: Option<&Context<ProviderContext>>,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let wanted = planned.entries().is_some_and(|entries| !entries.is_empty());
    if cx.is_some() && wanted && planned.cluster_name.is_null() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("access"),
            "access needs the cluster whose service accounts it names. Give cluster_name, here or \
             in the provider block.",
        ));
    }
}

fn warn(prior: Option<&Model>, planned: &Model, diagnostics: &mut Diagnostics) {
    let mut tell = |summary: &'static str, attribute: &'static str, text: String| {
        diagnostics.add_warning(diagnostic(summary, text, AttributePath::new(attribute)));
    };
    let newly = prior.is_none_or(|prior| prior.force_destroy != planned.force_destroy);
    let forced = planned.force_destroy == Value::Value(true);
    if forced && newly && planned.deletion_protection != Value::Value(true) {
        let text = "force_destroy = true and deletion_protection = false: destroying or replacing \
                    this bucket deletes everything in it without asking. Set deletion_protection = \
                    true while the data matters.";
        tell("Data Is Not Protected", "force_destroy", text.to_owned());
    }
    let critical = planned.critical == Value::Value(true);
    let kept = prior.is_none_or(|prior| prior.retention_days != planned.retention_days);
    if let (Value::Value(days), true, true) = (&planned.retention_days, critical, kept) {
        let text = format!(
            "critical = true and retention_days = {days}: everything in this critical bucket is \
             deleted {days} days after it was written. Remove retention_days if that is not meant."
        );
        tell("Critical Data Expires", "retention_days", text);
    }
    let locked = prior.is_some_and(|prior| prior.object_lock.is_value());
    if planned.object_lock.is_value() && !locked {
        let text = "object_lock can never be switched off for this bucket again, and versioning \
                    can never be suspended.";
        tell("Object Lock Is Irreversible", "object_lock", text.to_owned());
    }
    let compliance = |model: &Model| {
        let mode = known(&model.object_lock).flatten().map(|lock| lock.mode);
        mode == Some(Value::Value("COMPLIANCE".to_owned()))
    };
    if compliance(planned) && !prior.is_some_and(compliance) {
        let text = "object_lock.mode = \"COMPLIANCE\": nobody can delete a locked version before \
                    its time, the account's root included, so the bucket cannot be destroyed \
                    before either.";
        tell("Locked Objects Cannot Be Deleted", "object_lock", text.to_owned());
    }
    let was = prior.and_then(Model::versioning);
    if was == Some(Versioning::Disabled) && planned.versioning() == Some(Versioning::Enabled) {
        let text = "Versioning is enabled for the first time, and can only be suspended \
                    afterwards. AWS asks to wait 15 minutes before relying on it.";
        tell("Versioning Cannot Be Undone", "versioning", text.to_owned());
    }
}
