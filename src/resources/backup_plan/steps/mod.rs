//! The walk that creates and updates a backup plan.
//!
//! 1. `region_settings`: S3 is opted in, where buckets are backed up.
//! 2. `vault`: by its name.
//! 3. `role`: with its policies, unless one is given.
//! 4. `plan`: by its id, or by a token of its name.
//! 5. `selection`: the new one is made before the old one goes.
//! 6. `vault_lock`: late, so that no create that breaks off leaves a lock behind.
//! 7. `tags`: last, because they take the creation markers away.
//!
//! Each step is *find → compare → act → wait → record*. The ids of what exists are recorded before
//! the next step begins.

mod plan;
mod selection;
mod vault;

pub(super) use plan::left;

use std::sync::{Arc, Mutex, PoisonError};

use super::model::Model;
use super::{checks, wanted};
use crate::aws::tags::Tags;
use crate::aws::{Clients, Wait, backup, iam};
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::platform::policies::backup_s3_policy_arns;
use crate::platform::tags::{Observed, TagChanges};
use crate::provider::claims::Claim;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE, tag_changes};
use crate::resources::composite::{begin, conclude};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;
use crate::resources::workload_access::{Access, Granted, Workload};

/// Everything the steps share.
pub(super) struct Walk<'a> {
    provider: &'a ProviderContext,
    clients: Arc<Clients>,
    wait: Wait,
    claim: &'a Claim<'a>,
    recorder: &'a mut Recorder<Model>,
    prior: Option<Model>,
    planned: Model,
    /// Of vault and plan.
    name: String,
    /// The account's id; part of tokens.
    account: String,
}

/// Creates or updates, and tells a failure with what exists then.
pub(super) async fn apply(
    cx: &Context<ProviderContext>,
    request: ApplyRequest<Model>,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let operation = Operation::of(request.prior.as_ref());
    let ApplyRequest { planned, prior, .. } = request;
    let name = planned.name.clone().unwrap_or_default();
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
        name: name.clone(),
        account: String::new(),
    };
    let outcome = wait.govern(Box::pin(walk.run())).await;
    conclude(cx, claim, operation, &goal, outcome.err().as_slice(), recorder)
}

impl Walk<'_> {
    async fn run(mut self) -> Result<(), StepError> {
        self.account =
            self.provider.account_id().await.during("vault", "asking for the account's id")?;
        self.go_on("region_settings")?;
        self.region_settings().await?;
        self.go_on("vault")?;
        self.vault().await?;
        self.go_on("role")?;
        self.role().await?;
        self.go_on("plan")?;
        self.plan().await?;
        self.go_on("selection")?;
        self.selection().await?;
        self.go_on("vault_lock")?;
        self.vault_lock().await?;
        self.go_on("tags")?;
        self.tags().await?;
        self.finish();
        Ok(())
    }

    /// Fails when the operation was asked to stop, or has no time left, before a step begins.
    fn go_on(&self, step: &'static str) -> Result<(), StepError> {
        proceed(&self.wait, step, &format!("beginning {step}"))
    }

    /// The tags of vault and plan, with this creation marker if any.
    fn written_tags(&self, marker: Option<&str>) -> Tags {
        attributes::written_tags(&self.planned.tags_all, wanted::owner(&self.name), marker)
    }

    /// The state recorded last.
    fn state(&self) -> Model {
        self.recorder.state().cloned().unwrap_or_default()
    }

    /// What S3 needs, asked once more: at plan the buckets may not have been known.
    async fn region_settings(&mut self) -> Result<(), StepError> {
        const STEP: &str = "region_settings";
        if self.planned.include_s3 != Value::Value(true) {
            return Ok(());
        }
        let doing = "looking at the settings of the region";
        if !checks::s3_opted_in(&self.clients).await.during(STEP, doing)? {
            if self.planned.manage_region_settings != Value::Value(true) {
                let why = checks::not_opted_in(self.clients.region());
                let refused = StepError::refused(STEP, doing, why, checks::OPT_IN);
                return Err(refused.blame(AttributePath::new("include_s3")));
            }
            backup::settings::opt_in(&self.clients, checks::S3)
                .await
                .during(STEP, "opting the region in for S3")?;
        }
        if self.prior.as_ref().is_some_and(|prior| prior.resources == self.planned.resources) {
            return Ok(());
        }
        let (without, _) = checks::unversioned(&self.clients, &self.planned).await;
        if without.is_empty() {
            return Ok(());
        }
        let why = checks::needs_versioning(&without);
        let next = "Enable versioning first, or remove it from resources.";
        let refused = StepError::refused(STEP, "looking at the buckets", why, next);
        Err(refused.blame(AttributePath::new("resources")))
    }

    /// The role, made or given. One that was made stays when another is given: old backups need it.
    async fn role(&mut self) -> Result<(), StepError> {
        let partition = self.clients.partition().id;
        let workload = wanted::workload(&self.planned, self.clients.region(), partition);
        let granted = Granted { role_arn: self.known_role(&workload).await?, association_id: None };
        let seen: Mutex<Option<String>> = Mutex::default();
        let note = |granted: &Granted| {
            (*seen.lock().unwrap_or_else(PoisonError::into_inner)).clone_from(&granted.role_arn);
        };
        let access = self.access(&workload);
        let brought = Box::pin(access.bring_about(&granted, &note)).await;
        let role_arn = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(arn) = role_arn {
            self.recorder.update(|state| state.role_arn = Value::Value(arn));
        }
        brought?;
        let had_s3 =
            self.prior.as_ref().is_some_and(|prior| prior.include_s3 == Value::Value(true));
        let ours = workload.given_role_arn.is_none();
        if ours && had_s3 && self.planned.include_s3 != Value::Value(true) {
            for arn in backup_s3_policy_arns(partition) {
                iam::detach_policy(&self.clients, &workload.role_name, &arn)
                    .await
                    .during("role", format!("detaching {arn} from role {}", workload.role_name))?;
            }
        }
        let planned = &self.planned;
        self.recorder.update(|state| state.include_s3 = planned.include_s3);
        Ok(())
    }

    fn access<'b>(&'b self, workload: &'b Workload) -> Access<'b> {
        Access {
            clients: &self.clients,
            wait: &self.wait,
            workload,
            ignore: &self.provider.ignore_tags,
            claim: self.claim,
        }
    }

    /// The role of the state. Where that is a given one, a role made before it was given is known
    /// by its tag.
    async fn known_role(&self, workload: &Workload) -> Result<Option<String>, StepError> {
        let Some(prior) = &self.prior else { return Ok(None) };
        let was_given = wanted::given_role(prior, self.clients.region()).is_some();
        if !was_given || workload.given_role_arn.is_some() {
            return Ok(prior.role_arn.clone().as_option());
        }
        let name = &workload.role_name;
        let doing = format!("looking for role {name}");
        let role = iam::find_role_by_name(&self.clients, name).await.during("role", doing)?;
        let ours = role.filter(|role| {
            let tags = Observed::read(&role.tags, &self.provider.ignore_tags, &[]);
            tags.is_owned_by(wanted::owner(&self.name))
        });
        Ok(ours.map(|role| role.arn))
    }

    /// Brings the tags to what they should be; the creation markers go, that of the vault last.
    async fn tags(&mut self) -> Result<(), StepError> {
        let state = self.state();
        let plan = format!("the plan {}", state.plan_id.clone().unwrap_or_default());
        self.retag(&plan, &state.plan_arn).await?;
        let partition = self.clients.partition().id;
        let workload = wanted::workload(&self.planned, self.clients.region(), partition);
        if workload.given_role_arn.is_none() {
            self.access(&workload).finish().await?;
        }
        self.retag(&checks::vault(&self.name), &state.vault_arn).await
    }

    async fn retag(&self, what: &str, arn: &Value<String>) -> Result<(), StepError> {
        let Value::Value(arn) = arn else { return Ok(()) };
        let doing = format!("tagging {what}");
        let found = backup::find_tags(&self.clients, arn).await.during("tags", &*doing)?;
        let wanted = self.written_tags(None);
        let ignore = &self.provider.ignore_tags;
        let changes = TagChanges::between(&found.unwrap_or_default(), &wanted, ignore);
        self.claim.unmarking(what, wanted::owner(&self.name));
        backup::change_tags(&self.clients, arn, &tag_changes(changes)).await.during("tags", doing)
    }

    /// Everything is done: the planned attributes are what is.
    fn finish(self) {
        let planned = self.planned;
        self.recorder.update(|state| {
            // What the steps learnt stands in the state; the rest is as planned.
            let learnt = state.clone();
            // A count that was planned is a promise, whatever has been backed up meanwhile.
            let count = match planned.recovery_points {
                Value::Value(count) => Value::Value(count),
                _ => learnt.recovery_points,
            };
            *state = Model {
                kms_key_arn: learnt.kms_key_arn,
                role_arn: learnt.role_arn,
                id: learnt.id,
                arn: learnt.arn,
                status: Value::Value(COMPLETE.to_owned()),
                status_reason: Value::Null,
                vault_arn: learnt.vault_arn,
                vault_name: learnt.vault_name,
                plan_id: learnt.plan_id,
                plan_version: learnt.plan_version,
                plan_arn: learnt.plan_arn,
                selection_id: learnt.selection_id,
                recovery_points: count,
                locked: learnt.locked,
                lock_date: learnt.lock_date,
                ..planned
            };
        });
    }
}
