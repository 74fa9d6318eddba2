//! The walk that creates and updates a block storage.
//!
//! 1. `role`: the role of the driver's controller with its policies, unless one is given.
//! 2. `addon`: installed, or changed in one update, with the Pod Identity association in it; then
//!    waited for as `wait_for` says.
//! 3. `tags`: of the add-on, then of the role; they take the creation markers away. Last a role goes
//!    that is no longer in use.
//!
//! Each step is *find → compare → act → wait → record*. A degraded add-on ends no walk: what is wrong
//! is told once everything else is done.

mod addon;
mod role;

use std::sync::Arc;

use super::access::{owner, workload};
use super::health::Health;
use super::model::Model;
use super::read::{latest, record};
use super::{ADDON, addon_named, manifest};
use crate::aws::eks::addons;
use crate::aws::eks::{self, Addon};
use crate::aws::{Clients, Wait};
use crate::framework::diagnostic::whole;
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::{TagChanges, Tags};
use crate::provider::claims::Claim;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE, INCOMPLETE, tag_changes};
use crate::resources::composite::{begin, conclude};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;

const STEP: &str = "addon";

/// Everything the steps share.
struct Walk<'a> {
    provider: &'a ProviderContext,
    clients: Arc<Clients>,
    wait: Wait,
    claim: &'a Claim<'a>,
    recorder: &'a mut Recorder<Model>,
    prior: Option<Model>,
    planned: Model,
    cluster_name: String,
    /// What EKS finds wrong with an add-on that works in part.
    complaint: Option<Complaint>,
}

/// An add-on that EKS calls degraded.
struct Complaint {
    health: Health,
    /// A sentence without its full stop.
    what: String,
    advice: &'static str,
}

/// Creates or updates, and tells a failure with what exists then.
pub(super) async fn apply(
    cx: &Context<ProviderContext>,
    request: ApplyRequest<Model>,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let operation = Operation::of(request.prior.as_ref());
    let ApplyRequest { planned, prior, .. } = request;
    let name = planned.cluster_name.clone().unwrap_or_default();
    let (clients, wait) = begin(cx, &planned, operation);
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let goal = planned.clone();
    let walk = Walk {
        provider: &cx.provider,
        clients,
        wait: wait.clone(),
        claim: &claim,
        recorder: &mut *recorder,
        prior,
        planned,
        cluster_name: name.clone(),
        complaint: None,
    };
    let outcome = wait.govern(Box::pin(walk.run())).await;
    match outcome {
        Ok(complaint) => {
            conclude(cx, claim, operation, &goal, &[], recorder)?;
            match complaint {
                Some(complaint) => {
                    tell(&complaint, operation == Operation::Create, &name, recorder)
                }
                None => Ok(()),
            }
        }
        Err(error) => conclude(cx, claim, operation, &goal, &[error], recorder),
    }
}

/// Tells of a degraded add-on. An error of a create would taint what works in part, so that the next
/// apply took the driver away from its volumes: a create ends with a warning.
fn tell(
    complaint: &Complaint,
    creating: bool,
    cluster_name: &str,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let Complaint { health, what, advice } = complaint;
    let ending = if *health == Health::Degraded {
        "It is installed, recorded with status \"incomplete\", and not replaced; the next apply \
         looks again. To count such an add-on as done, set wait_for = \"degraded_ok\"."
    } else {
        "It counts as done: wait_for = \"degraded_ok\"."
    };
    let text = format!("{what}, in cluster {cluster_name:?}. {advice}\n\n{ending}");
    let told = whole("Degraded Add-on", text.replace(" \n", "\n"));
    if *health == Health::Degraded && !creating {
        return Err(told);
    }
    recorder.warnings.push(told);
    Ok(())
}

impl Walk<'_> {
    async fn run(mut self) -> Result<Option<Complaint>, StepError> {
        let account = self.provider.account_id().await;
        let account = account.during("role", "asking for the account's id")?;
        // Before anything is made: a finished add-on of somebody else keeps its role, too.
        let found = self.found().await?;
        let workload = workload(&self.planned, &self.clients);
        let settling = match &workload {
            Some(workload) => self.role(workload).await?,
            None => false,
        };
        self.go_on(STEP)?;
        let addon = self.addon(found, &account, settling).await?;
        self.go_on("tags")?;
        let addon = self.tags(addon).await?;
        if let Some(workload) = &workload {
            self.access(workload).finish().await?;
        }
        self.drop_role(workload.as_ref()).await?;
        self.finish(&addon).await
    }

    /// Fails when the operation was asked to stop, or has no time left, before a step begins.
    fn go_on(&self, step: &'static str) -> Result<(), StepError> {
        proceed(&self.wait, step, &format!("beginning {step}"))
    }

    fn addon_tags(&self, marker: Option<&str>) -> Tags {
        attributes::written_tags(&self.planned.tags_all, owner(&self.cluster_name), marker)
    }

    /// From here on the state has the add-on.
    fn record(&mut self, addon: &Addon) {
        if self.recorder.state().is_none() {
            self.recorder.record(self.planned.clone());
        }
        let settings = self.planned.configuration_values.clone();
        self.recorder.update(|state| {
            record(state, addon);
            if settings.is_value() {
                state.configuration_values = settings;
            }
        });
    }

    /// Brings the tags to what they should be; the creation marker goes.
    async fn tags(&self, addon: Addon) -> Result<Addon, StepError> {
        let doing = format!("tagging add-on {ADDON}");
        let found = eks::find_addon_by_name(&self.clients, &self.cluster_name, ADDON).await;
        let addon = found.during("tags", &*doing)?.unwrap_or(addon);
        let wanted = self.addon_tags(None);
        let ignore = &self.provider.ignore_tags;
        let changes = tag_changes(TagChanges::between(&addon.tags, &wanted, ignore));
        if !changes.set.is_empty() {
            eks::set_tags(&self.clients, &addon.arn, &changes.set).await.during("tags", &*doing)?;
        }
        if !changes.remove.is_empty() {
            self.claim.unmarking(&addon_named(&self.cluster_name), owner(&self.cluster_name));
            eks::remove_tags(&self.clients, &addon.arn, &changes.remove)
                .await
                .during("tags", doing)?;
        }
        Ok(addon)
    }

    /// Everything is done: the planned attributes are what is, but what EKS finds wrong.
    async fn finish(mut self, addon: &Addon) -> Result<Option<Complaint>, StepError> {
        let newest = self.newest().await?;
        let role_arn = self.role_arn();
        let complaint = self.complaint.take();
        let degraded = complaint.as_ref().filter(|one| one.health == Health::Degraded);
        let reason = degraded.map(|one| format!("{}.", one.what));
        let planned = self.planned;
        self.recorder.update(|state| {
            let mut done = planned;
            let settings = done.configuration_values.clone();
            let version = done.addon_version.clone();
            record(&mut done, addon);
            // As planned, in its own words.
            done.configuration_values = settings;
            done.addon_version = version;
            done.role_arn = Value::Value(role_arn);
            if done.latest_compatible_version.is_unknown() {
                done.latest_compatible_version = newest.into();
            }
            done.status =
                Value::Value(if reason.is_some() { INCOMPLETE } else { COMPLETE }.to_owned());
            done.status_reason = reason.into();
            done.storage_class_manifest = manifest::render(&done).unwrap_or(Value::Null);
            *state = done;
        });
        Ok(complaint)
    }

    /// The newest version for the cluster, asked for where the plan has none.
    async fn newest(&self) -> Result<Option<String>, StepError> {
        if !self.planned.latest_compatible_version.is_unknown() {
            return Ok(None);
        }
        let doing = "asking for the versions of the add-on";
        let cluster = eks::find_cluster_by_name(&self.clients, &self.cluster_name).await;
        let version = cluster.during("tags", doing)?.and_then(|cluster| cluster.version);
        let offered = addons::list_addon_versions(&self.clients, ADDON, version.as_deref()).await;
        Ok(latest(&offered.during("tags", doing)?))
    }
}
