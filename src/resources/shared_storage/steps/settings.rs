//! Steps `throughput`, `protection`, `lifecycle_policy`, `backup_policy`, `policy`:
//! what is set on the file system as a whole.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::Walk;
use crate::aws::efs;
use crate::aws::efs::settings::Lifecycle;
use crate::framework::value::{AttributePath, Value};
use crate::resources::shared_storage::model::Model;
use crate::resources::shared_storage::plan::{desired_policy, raises, says_the_same};
use crate::resources::step::{During, StepError};

impl Walk<'_> {
    /// Mode and amount. AWS's 24-hour rule answers at once; it is never waited out.
    pub(super) async fn throughput(&mut self) -> Result<(), StepError> {
        let doing = "changing the throughput";
        let system = efs::find_file_system_by_id(&self.clients, &self.id)
            .await
            .during("throughput", doing)?;
        let Some(system) = system else { return Ok(()) };
        let mode = self.planned.throughput_mode.clone().unwrap_or_default();
        let amount = self.planned.provisioned_throughput_in_mibps.as_option();
        let provisioned = mode == "provisioned";
        let same_mode = system.throughput_mode.as_deref() == Some(mode.as_str());
        let same_amount = !provisioned || system.provisioned_throughput_in_mibps == amount;
        if same_mode && same_amount {
            self.settle(|state, planned| {
                if planned.throughput_change_allowed_at.is_value() {
                    state.throughput_change_allowed_at =
                        planned.throughput_change_allowed_at.clone();
                }
            });
            return Ok(());
        }
        let limited = provisioned
            && (!same_mode
                || self.prior.as_ref().is_some_and(|prior| raises(prior, &self.planned)));
        let allowed_at = self.prior.as_ref().map(|prior| &prior.throughput_change_allowed_at);
        efs::update_throughput(&self.clients, &self.id, &mode, amount)
            .await
            .during("throughput", doing)
            .map_err(|error| too_early(error, allowed_at))?;
        efs::wait_file_system_available(&self.clients, &self.id, &self.wait)
            .await
            .during("throughput", "waiting for the new throughput")?;
        let allowed_at = if limited { next_change() } else { Value::Null };
        self.settle(|state, planned| {
            state.throughput_mode = planned.throughput_mode.clone();
            state.provisioned_throughput_in_mibps = planned.provisioned_throughput_in_mibps;
            state.throughput_change_allowed_at = allowed_at;
        });
        Ok(())
    }

    /// Whether the system may become a replica. While it is one, the setting is AWS's.
    pub(super) async fn protection(&mut self) -> Result<(), StepError> {
        let doing = "setting the replication overwrite protection";
        let system = efs::find_file_system_by_id(&self.clients, &self.id)
            .await
            .during("protection", doing)?;
        let current = system.and_then(|system| system.replication_overwrite_protection);
        let wanted = self.planned.replication_overwrite_protection.clone().unwrap_or_default();
        let current = current.unwrap_or_else(|| "ENABLED".to_owned());
        if current != wanted && current != "REPLICATING" {
            efs::settings::update_protection(&self.clients, &self.id, &wanted)
                .await
                .during("protection", doing)?;
        }
        self.settle(|state, planned| {
            state.replication_overwrite_protection =
                planned.replication_overwrite_protection.clone();
        });
        Ok(())
    }

    /// The whole lifecycle document; the empty one removes all.
    pub(super) async fn lifecycle_policy(&mut self) -> Result<(), StepError> {
        let doing = "setting the lifecycle policy";
        let current = efs::settings::find_lifecycle(&self.clients, &self.id)
            .await
            .during("lifecycle_policy", doing)?
            .unwrap_or_default();
        let wanted = wanted_lifecycle(&self.planned);
        if current != wanted {
            let put = || efs::settings::put_lifecycle(&self.clients, &self.id, &wanted);
            self.wait
                .retry_while(crate::aws::retry::busy, put)
                .await
                .during("lifecycle_policy", doing)?;
        }
        self.settle(|state, planned| state.lifecycle_policy = planned.lifecycle_policy.clone());
        Ok(())
    }

    /// Automatic backups. `ENABLING` and `DISABLING` count as done.
    pub(super) async fn backup_policy(&mut self) -> Result<(), StepError> {
        let doing = "setting the backup policy";
        let current = efs::settings::find_backup_policy(&self.clients, &self.id)
            .await
            .during("backup_policy", doing)?;
        let wanted = self.planned.backup_policy.clone().unwrap_or_default();
        if backup_status(current.as_deref()) != wanted {
            let put = || efs::settings::put_backup_policy(&self.clients, &self.id, &wanted);
            self.wait
                .retry_while(crate::aws::retry::busy, put)
                .await
                .during("backup_policy", doing)?;
        }
        self.settle(|state, planned| state.backup_policy = planned.backup_policy.clone());
        Ok(())
    }

    /// The file-system policy: written when what it says differs.
    pub(super) async fn policy(&mut self) -> Result<(), StepError> {
        let doing = "setting the file-system policy";
        let mut model = self.planned.clone();
        if let Some(state) = self.recorder.state() {
            model.arn = state.arn.clone();
            model.node_role_arn = state.node_role_arn.clone();
        }
        let Some(wanted) = desired_policy(&model) else {
            let why = "the policy is not known although everything it is made of is".to_owned();
            return Err(StepError::refused("policy", doing, why, "Report this."));
        };
        let current =
            efs::settings::find_policy(&self.clients, &self.id).await.during("policy", doing)?;
        if !current.is_some_and(|current| says_the_same(&model, &current, &wanted)) {
            let put = || efs::settings::put_policy(&self.clients, &self.id, &wanted, false);
            let again = |error: &crate::aws::Error| {
                crate::aws::retry::busy(error) || crate::aws::retry::role_not_visible(error)
            };
            self.wait
                .within(crate::aws::retry::PROPAGATION)
                .retry_while(again, put)
                .await
                .during("policy", doing)?;
        }
        let shown = match &self.planned.policy_json {
            Value::Value(planned) => planned.clone(),
            _ => wanted,
        };
        self.settle(|state, planned| {
            state.policy_json = Value::Value(shown);
            state.policy = planned.policy.clone();
            state.client_role_arns = planned.client_role_arns.clone();
            state.allow_root_access = planned.allow_root_access;
            state.enforce_encryption_in_transit = planned.enforce_encryption_in_transit;
        });
        Ok(())
    }

    /// Records that a step brought part of the state to the plan.
    fn settle(&mut self, change: impl FnOnce(&mut Model, &Model)) {
        let planned = &self.planned;
        self.recorder.update(|state| change(state, planned));
    }
}

fn too_early(error: StepError, allowed_at: Option<&Value<String>>) -> StepError {
    let rule = matches!(&error.cause, crate::resources::step::Cause::Aws(aws)
        if aws.is_code("TooManyRequests"));
    if !rule {
        return error;
    }
    let when = match allowed_at {
        Some(Value::Value(allowed_at)) => format!("at {allowed_at}"),
        _ => "24 hours after the last change".to_owned(),
    };
    error.blame(AttributePath::new("throughput_mode")).next(format!(
        "AWS allows no change of throughput mode and no decrease for 24 hours after switching to \
         provisioned or raising it; the next one is allowed {when}."
    ))
}

/// The time from which AWS takes the next change.
fn next_change() -> Value<String> {
    let at = OffsetDateTime::now_utc() + Duration::hours(24);
    at.replace_nanosecond(0).ok().and_then(|at| at.format(&Rfc3339).ok()).into()
}

/// The lifecycle document by this model.
pub(in crate::resources::shared_storage) fn wanted_lifecycle(model: &Model) -> Lifecycle {
    match &model.lifecycle_policy {
        Value::Value(policy) => Lifecycle {
            transition_to_ia: policy.transition_to_ia.clone().as_option(),
            transition_to_archive: policy.transition_to_archive.clone().as_option(),
            transition_to_primary_storage_class: policy
                .transition_to_primary_storage_class
                .clone()
                .as_option(),
        },
        _ => Lifecycle::default(),
    }
}

/// The backup policy as configuration says it.
pub(in crate::resources::shared_storage) fn backup_status(status: Option<&str>) -> &'static str {
    match status {
        Some("ENABLED" | "ENABLING") => "ENABLED",
        _ => "DISABLED",
    }
}
