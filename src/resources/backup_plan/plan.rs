//! The plan of `officeless_backup_plan`: what depends on AWS or on several attributes.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::Model;
use super::{checks, wanted};
use crate::aws::arn::Arn;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, StringMap, Value};
use crate::platform::defaults::BACKUP as PLATFORM;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite::Composite;
use crate::resources::step::Verb;

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
    planned.vault_name = planned.name.clone();
    plan_selection_tags(config, planned);
    plan_role(config, prior, planned, region.as_deref());
    plan_outputs(prior, planned);
    plan_lock(prior, planned, diagnostics);
    check_copies(cx, planned, region.as_deref(), diagnostics);
    plan_status(prior, planned);
    let (Some(cx), Some(region)) = (cx, region) else { return };
    if !diagnostics.errors.is_empty() {
        return;
    }
    let clients = cx.provider.clients(&region);
    // What stands in the way of a replacement may be what it replaces: apply asks again.
    if prior.is_none()
        && !replacing
        && let Err(error) =
            Box::pin(checks::conflicts(&clients, &cx.provider.claims, planned, diagnostics)).await
    {
        diagnostics.add_error(planned.told(Verb::Planning, &error));
    }
    // What has not changed was checked when it was new.
    let chosen_anew = prior.is_none_or(|prior| {
        prior.include_s3 != planned.include_s3 || prior.resources != planned.resources
    });
    if chosen_anew {
        checks::s3(&clients, planned, diagnostics).await;
        checks::backed_up_twice(&clients, planned, diagnostics).await;
    }
}

fn plan_selection_tags(config: &Model, planned: &mut Model) {
    if !config.selection_tags.is_null() {
        return;
    }
    let tag = (PLATFORM.selection_tag.to_owned(), planned.name.clone());
    planned.selection_tags = Value::Value(StringMap::from([tag]));
}

/// The role is kept while it is made by us, and made anew when a given one is taken away.
fn plan_role(config: &Model, prior: Option<&Model>, planned: &mut Model, region: Option<&str>) {
    if !config.role_arn.is_null() {
        return;
    }
    let kept = prior.filter(|prior| {
        is_complete(prior)
            && region.is_some_and(|region| wanted::given_role(prior, region).is_none())
    });
    planned.role_arn = kept.map_or(Value::Unknown, |prior| prior.role_arn.clone());
}

fn plan_outputs(prior: Option<&Model>, planned: &mut Model) {
    let Some(prior) = prior.filter(|prior| is_complete(prior)) else {
        planned.plan_id = Value::Unknown;
        planned.plan_arn = Value::Unknown;
        planned.plan_version = Value::Unknown;
        planned.selection_id = Value::Unknown;
        planned.recovery_points = Value::Unknown;
        planned.locked = Value::Unknown;
        planned.lock_date = Value::Unknown;
        return;
    };
    if prior.rules != planned.rules {
        planned.plan_version = Value::Unknown;
    }
    let same_choice = prior.resources == planned.resources
        && prior.selection_tags == planned.selection_tags
        && prior.role_arn == planned.role_arn;
    if !same_choice {
        planned.selection_id = Value::Unknown;
    }
    if prior.vault_lock != planned.vault_lock {
        planned.locked = Value::Unknown;
        planned.lock_date = Value::Unknown;
    }
}

/// A lock in compliance mode is the one thing here that nobody can undo.
fn plan_lock(prior: Option<&Model>, planned: &Model, diagnostics: &mut Diagnostics) {
    if prior.is_some_and(|prior| prior.vault_lock == planned.vault_lock) {
        return;
    }
    let path = AttributePath::new("vault_lock");
    if let Some(Value::Value(date)) = prior.map(|prior| &prior.lock_date) {
        let is_final = OffsetDateTime::parse(date, &Rfc3339)
            .is_ok_and(|date| date <= OffsetDateTime::now_utc());
        // After an import AWS does not tell for how many days it was changeable.
        let limits = |model: &Model| {
            wanted::lock(model).map(|lock| (lock.min_retention_days, lock.max_retention_days))
        };
        if is_final && prior.is_some_and(|prior| limits(prior) != limits(planned)) {
            diagnostics.add_error(invalid_combination(
                path,
                format!(
                    "The lock of the vault is final since {date}: nobody can change or remove it. \
                     Set vault_lock back to what it was."
                ),
            ));
            return;
        }
    }
    if let Some(days) = wanted::lock(planned).and_then(|lock| lock.changeable_for_days) {
        diagnostics.add_warning(diagnostic(
            "Vault Lock in Compliance Mode",
            format!(
                "{days} days after this is applied the lock is final: nobody can change or remove \
                 it, AWS included, no backup can be deleted before its retention ends, and the \
                 vault cannot be destroyed until then. AWS gives at least 72 hours to change your \
                 mind. Without changeable_for_days the lock is in governance mode, which can be \
                 removed."
            ),
            path.attribute("changeable_for_days"),
        ));
    }
}

/// Copies go where data may be, and not to where it comes from.
fn check_copies(
    cx: Option<&Context<ProviderContext>>,
    planned: &Model,
    region: Option<&str>,
    diagnostics: &mut Diagnostics,
) {
    let Value::Value(rules) = &planned.rules else { return };
    for (rule_index, rule) in (0_i64..).zip(rules) {
        let Value::Value(rule) = rule else { continue };
        let Value::Value(copies) = &rule.copy_actions else { continue };
        for (index, copy) in (0_i64..).zip(copies) {
            let Value::Value(copy) = copy else { continue };
            let Value::Value(text) = &copy.destination_vault_arn else { continue };
            let Ok(arn) = text.parse::<Arn>() else { continue };
            let path = AttributePath::new("rules").index(rule_index).attribute("copy_actions");
            let path = path.index(index).attribute("destination_vault_arn");
            if let Some(cx) = cx
                && let Some(refusal) = cx.provider.check_region(&path, &arn.region)
            {
                diagnostics.add_error(refusal);
            }
            let own = planned.vault_arn == Value::Value(text.clone())
                && Some(arn.region.as_str()) == region;
            if own {
                diagnostics.add_error(invalid_combination(
                    path,
                    format!("{text} is the plan's own vault. Name another vault for the copies."),
                ));
            }
        }
    }
}

/// Something missing is brought by the next apply, so its plan must show an update.
fn plan_status(prior: Option<&Model>, planned: &mut Model) {
    if prior.is_some_and(is_complete) {
        return;
    }
    planned.status = Value::Unknown;
    planned.status_reason = Value::Unknown;
}

fn is_complete(model: &Model) -> bool {
    model.status == Value::Value(COMPLETE.to_owned())
}
