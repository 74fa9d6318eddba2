//! The walk that creates and updates a cache.
//!
//! 1. `subnet_group`, 2. `security_group`, 3. `parameter_group`, 4. `users` with their group: what
//!    the replication group names.
//! 5. `replication_group`: found by its id, or created.
//! 6. `autoscaling`: what is no longer wanted ends, so that it fights nothing below.
//! 7. `cluster_mode`: forward, through `compatible`.
//! 8. `shards`, 9. `replicas` that are added.
//! 10. `settings`: in one call, versions and node types included.
//! 11. `transit_encryption`: `preferred`, then `required`; the same way back, once users are gone.
//! 12. `authentication`: users, or a token in two phases.
//! 13. `replicas` that are removed: failover is off by then where it is to be.
//! 14. `autoscaling` as wanted. 15. `cleanup`: what nothing names any more.
//! 16. `tags`: last, because they take the creation marker away.
//!
//! Each step is *find → compare → act → wait → record*. What exists is recorded before the next
//! step begins, so that a failure between two of them is finished in place by the next apply. In a
//! create the first part that is made or met carries the claim, as the replication group does later:
//! see `first_part`.

mod authentication;
mod cleanup;
mod first_part;
mod parameter_group;
mod replication_group;
mod scale;
mod security_group;
mod settings;
mod subnet_group;
mod users;

pub(super) use users::{
    DELETING, delete_user, delete_user_group, former_ids, keep_leaving, leaving,
};

use std::sync::Arc;

use super::model::Model;
use super::{KIND, read, validate};
use crate::aws::elasticache::members::Member;
use crate::aws::elasticache::modify::{self, Changes};
use crate::aws::elasticache::replication_groups::{self, ReplicationGroup};
use crate::aws::elasticache::subnet_groups::SubnetGroup;
use crate::aws::tags::Tags;
use crate::aws::{Clients, Wait, elasticache, retry};
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::{Observed, Owner};
use crate::provider::claims::Claim;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite::{begin, conclude};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;

/// Everything the steps share.
pub(super) struct Walk<'a> {
    provider: &'a ProviderContext,
    clients: Arc<Clients>,
    wait: Wait,
    claim: &'a Claim<'a>,
    recorder: &'a mut Recorder<Model>,
    prior: Option<Model>,
    planned: Model,
    /// Where the secrets are: they are in no plan and in no state.
    config: Model,
    /// The name, which is the id of the replication group.
    id: String,
    subnet_group: SubnetGroup,
    group: ReplicationGroup,
    /// Whether this operation has made it.
    fresh: bool,
    member: Member,
}

/// Creates or updates, and tells a failure with what exists then.
pub(super) async fn apply(
    cx: &Context<ProviderContext>,
    request: ApplyRequest<Model>,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let operation = Operation::of(request.prior.as_ref());
    let ApplyRequest { planned, prior, config } = request;
    if let Some(refusal) = wrong_secret(&config) {
        return Err(refusal);
    }
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
        config,
        id: name.clone(),
        subnet_group: SubnetGroup::default(),
        group: ReplicationGroup::default(),
        fresh: false,
        member: Member::default(),
    };
    let outcome = wait.govern(Box::pin(walk.run())).await;
    conclude(cx, claim, operation, &goal, outcome.err().as_slice(), recorder)
}

/// Secrets that were unknown when planned are judged before the first call.
fn wrong_secret(config: &Model) -> Option<Diagnostic> {
    if let Value::Value(token) = &config.auth_token_wo
        && let Some(refusal) = validate::token_refusal(token)
    {
        return Some(refusal);
    }
    let Value::Value(users) = &config.users else { return None };
    users.iter().find_map(|(name, user)| match user {
        Value::Value(user) => validate::password_problems(name, user).into_iter().next(),
        _ => None,
    })
}

/// Whether something of this object was found missing.
fn lacks_something(model: &Model) -> bool {
    model.status != Value::Value(COMPLETE.to_owned())
}

impl Walk<'_> {
    async fn run(mut self) -> Result<(), StepError> {
        if self.prior.is_none() {
            first_part::begin(&mut self.recorder.private);
        }
        self.go_on("subnet_group")?;
        self.find_or_create_subnet_group().await?;
        self.go_on("security_group")?;
        self.security_group().await?;
        self.go_on("parameter_group")?;
        self.parameter_group().await?;
        self.go_on("users")?;
        self.users().await?;
        self.go_on("replication_group")?;
        Box::pin(self.replication_group()).await?;
        self.go_on("autoscaling")?;
        self.end_autoscaling().await?;
        self.go_on("cluster_mode")?;
        self.cluster_mode().await?;
        self.go_on("shards")?;
        self.shards().await?;
        self.go_on("replicas")?;
        self.add_replicas().await?;
        self.go_on("settings")?;
        self.settings().await?;
        self.go_on("transit_encryption")?;
        self.transit_encryption().await?;
        self.go_on("authentication")?;
        self.authentication().await?;
        self.go_on("replicas")?;
        self.remove_replicas().await?;
        self.go_on("autoscaling")?;
        self.autoscaling().await?;
        self.go_on("cleanup")?;
        self.cleanup().await?;
        self.go_on("tags")?;
        self.tags().await?;
        self.finish();
        Ok(())
    }

    /// Fails when the operation was asked to stop, or has no time left, before a step begins.
    fn go_on(&self, step: &'static str) -> Result<(), StepError> {
        proceed(&self.wait, step, &format!("beginning {step}"))
    }

    fn owner(&self) -> Owner<'_> {
        Owner { kind: KIND, name: &self.id }
    }

    /// The tags of an object of this resource, with this creation marker if any.
    fn own_tags(&self, marker: Option<&str>) -> Tags {
        attributes::written_tags(&self.planned.tags_all, self.owner(), marker)
    }

    /// Whether an object with these tags was made for this cache.
    fn is_ours(&self, tags: &Tags) -> bool {
        Observed::read(tags, &self.provider.ignore_tags, &[]).is_owned_by(self.owner())
    }

    /// The refusal of an object that has a name of ours and is not.
    fn foreign(&self, step: &'static str, doing: &str, what: &str, next: &str) -> StepError {
        let id = &self.id;
        let why = format!("{what} exists already and was not made for the cache {id:?}");
        StepError::refused(step, doing, why, next)
    }

    /// The state so far: what is planned, with nothing yet of what AWS gives.
    fn begin_record(&mut self) {
        if self.recorder.state().is_some() {
            return;
        }
        let mut state = self.planned.clone();
        state.id = Value::Value(self.id.clone());
        state.arn = Value::Null;
        state.security_group_id = Value::Null;
        state.user_group_id = Value::Null;
        self.recorder.record(state);
    }

    /// Changes settings and waits until they are in effect. AWS takes one change at a time: it is
    /// asked again while another is under way.
    async fn modify(
        &mut self,
        step: &'static str,
        doing: &str,
        changes: &Changes,
        immediately: bool,
        reached: impl Fn(&ReplicationGroup) -> Option<String>,
    ) -> Result<(), StepError> {
        proceed(&self.wait, step, doing)?;
        self.wait
            .retry_while(retry::busy, || {
                modify::modify_replication_group(&self.clients, &self.id, changes, immediately)
            })
            .await
            .during(step, doing)?;
        self.settle(step, doing, reached).await
    }

    /// Waits until the replication group is available and nothing is left to wait for.
    async fn settle(
        &mut self,
        step: &'static str,
        doing: &str,
        reached: impl Fn(&ReplicationGroup) -> Option<String>,
    ) -> Result<(), StepError> {
        let what = format!("the replication group {} after {doing}", self.id);
        let settled = replication_groups::wait_replication_group(
            &self.clients,
            &self.id,
            &what,
            &self.wait,
            reached,
        )
        .await;
        self.group = match settled {
            Ok(group) => group,
            Err(error) => return Err(self.with_events(step, doing, error).await),
        };
        Ok(())
    }

    /// A failure of the replication group itself, with what AWS tells of it in its events only.
    async fn with_events(
        &self,
        step: &'static str,
        doing: &str,
        mut error: crate::aws::Error,
    ) -> StepError {
        if error.message.contains("failed")
            && let Ok(events) = elasticache::list_events(&self.clients, &self.id).await
            && !events.is_empty()
        {
            let newest: Vec<String> = events.into_iter().take(3).collect();
            let told = format!("{}; AWS's events: {}", error.message, newest.join("; "));
            error.message = told.into();
        }
        let failed: Result<(), StepError> = Err(error).during(step, doing);
        match failed {
            Err(error) => error,
            Ok(()) => StepError::refused(step, doing, String::new(), ""),
        }
    }

    /// Everything is done: the planned attributes are what is.
    fn finish(self) {
        let Self { planned, group, member, recorder, subnet_group, .. } = self;
        recorder.update(|state| {
            let mut found = Model { replicas_per_node_group_actual: Value::Null, ..state.clone() };
            read::outputs(&mut found, &group, Some(&member));
            let mut done = Model {
                status: Value::Value(COMPLETE.to_owned()),
                status_reason: Value::Null,
                ..planned
            };
            learn(&mut done, found);
            if done.subnet_ids.is_unknown() {
                done.subnet_ids = Value::Value(subnet_group.subnet_ids.into_iter().collect());
            }
            if done.snapshot_window.is_unknown() {
                done.snapshot_window = group.snapshot_window.clone().into();
            }
            if done.maintenance_window.is_unknown() {
                done.maintenance_window = member.maintenance_window.clone().into();
            }
            *state = done;
        });
    }
}

/// What the plan left open becomes what was found.
fn learn(done: &mut Model, found: Model) {
    macro_rules! learn {
        ($($name:ident),*) => {$(
            if done.$name.is_unknown() {
                done.$name = found.$name;
            }
        )*};
    }
    learn!(
        id,
        arn,
        replication_group_id,
        primary_endpoint_address,
        reader_endpoint_address,
        configuration_endpoint_address,
        member_clusters,
        engine_version_actual,
        effective_durability,
        storage_encryption_type,
        security_group_id,
        parameter_group_name,
        num_node_groups_actual,
        replicas_per_node_group_actual,
        pending_modified_values,
        user_group_id,
        connection_url,
        auth_token_last_modified,
        engine_version,
        num_node_groups,
        replicas_per_node_group,
        subnet_group_name
    );
}
