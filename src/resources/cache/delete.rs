//! The steps backwards: what is gone already counts as done, and what is not ours stays.

use std::collections::BTreeSet;

use super::model::Model;
use super::steps::{delete_user, delete_user_group, former_ids, leaving};
use super::{KIND, wanted};
use crate::aws::elasticache::replication_groups::{
    ReplicationGroup, delete_replication_group, find_replication_group,
    wait_replication_group_deleted,
};
use crate::aws::elasticache::{self, parameter_groups, subnet_groups, users};
use crate::aws::tags::Tags;
use crate::aws::{Clients, Wait, application_auto_scaling, ec2, retry};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::platform::cache::{self, Dimension};
use crate::platform::tags::{IgnoreRules, Observed, Owner};
use crate::provider::claims::{Claim, Takeover};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{Composite, begin, conclude_delete};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;

struct Teardown<'a> {
    clients: &'a Clients,
    wait: Wait,
    claim: &'a Claim<'a>,
    prior: Model,
    id: String,
    unfinished: bool,
    /// Users that an update was to delete and has not.
    leaving: BTreeSet<String>,
    ignore: &'a IgnoreRules,
}

/// Marks, beside the state, a cache whose replication group is gone by a destroy, and whose other
/// parts are not yet: it is there for another destroy, and for a plan that replaces it.
const TORN_DOWN: &str = "torn_down";

/// Whether a destroy of it broke off after the replication group.
pub(super) fn is_torn_down(private: &Private) -> bool {
    private.text(TORN_DOWN).is_some()
}

/// Destroys the cache with everything this resource made for it.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let name = prior.name.clone().unwrap_or_default();
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let teardown = Teardown {
        clients: &clients,
        wait: wait.clone(),
        claim: &claim,
        id: prior.id.clone().unwrap_or_else(|| name.clone()),
        unfinished: unfinished::is(&recorder.private),
        leaving: leaving(&recorder.private),
        ignore: &cx.provider.ignore_tags,
        prior,
    };
    let outcome = wait.govern(teardown.run(recorder)).await;
    let prior = teardown.prior;
    if outcome.is_ok() {
        claim.complete();
    }
    conclude_delete(&prior, outcome.err().as_slice(), recorder)
}

impl Teardown<'_> {
    async fn run(&self, recorder: &mut Recorder<Model>) -> Result<(), StepError> {
        self.go_on("replication_group")?;
        self.replication_group().await?;
        // A read knows the cache by its replication group, which has to go first.
        recorder.private.set_text(TORN_DOWN, "true");
        recorder.update(|state| {
            state.set_incomplete("A destroy of it broke off.".to_owned());
            state.arn = Value::Null;
            state.member_clusters = Value::Null;
            state.autoscaling = Value::Null;
        });
        self.go_on("users")?;
        self.users().await?;
        recorder.update(|state| {
            state.user_group_id = Value::Null;
            state.users = Value::Null;
        });
        self.go_on("parameter_group")?;
        self.parameter_groups().await?;
        self.go_on("subnet_group")?;
        self.subnet_group().await?;
        recorder.update(|state| state.subnet_group_name = Value::Null);
        self.go_on("security_group")?;
        self.security_group().await?;
        recorder.update(|state| state.security_group_id = Value::Null);
        Ok(())
    }

    fn go_on(&self, step: &'static str) -> Result<(), StepError> {
        proceed(&self.wait, step, &format!("deleting {step}"))
    }

    fn is_ours(&self, tags: &Tags) -> bool {
        let owner = Owner { kind: KIND, name: &self.id };
        Observed::read(tags, self.ignore, &[]).is_owned_by(owner)
    }

    /// Whether the object of this ARN was made for this cache.
    async fn owns(&self, step: &'static str, arn: Option<&str>) -> Result<bool, StepError> {
        let Some(arn) = arn else { return Ok(false) };
        let tags = elasticache::list_tags(self.clients, arn).await;
        match tags {
            Err(error) if error.is_not_found() => Ok(false),
            tags => tags
                .during(step, format!("reading the tags of {arn}"))
                .map(|tags| self.is_ours(&tags)),
        }
    }

    async fn replication_group(&self) -> Result<(), StepError> {
        const STEP: &str = "replication_group";
        let id = &self.id;
        let doing = format!("looking at the replication group {id}");
        let Some(group) = find_replication_group(self.clients, id).await.during(STEP, doing)?
        else {
            return Ok(());
        };
        if self.prior.arn.is_null() && !self.made_or_left(&group).await? {
            // Its create never succeeded: what has its id now is another's.
            return Ok(());
        }
        if let Some((dimension, _)) = wanted::scaled(&self.prior) {
            self.end_scaling(dimension).await?;
        }
        let doing = format!("deleting the replication group {id}");
        let named = self.prior.final_snapshot_identifier.clone().as_option();
        // What never came to be has nothing to keep.
        let snapshot = named.filter(|_| !self.unfinished && group.status != "create-failed");
        if group.status != "deleting" {
            self.wait
                .retry_while(retry::busy, || {
                    delete_replication_group(self.clients, id, snapshot.as_deref())
                })
                .await
                .map_err(|error| (error.is_code("SnapshotAlreadyExistsFault"), error))
                .or_else(|(taken, error)| {
                    let failed = Err(error).during(STEP, &*doing);
                    if !taken {
                        return failed;
                    }
                    failed.map_err(|error| {
                        error.blame(AttributePath::new("final_snapshot_identifier")).next(
                            "Set final_snapshot_identifier to a name that is free and apply, or \
                             delete the snapshot of that name.",
                        )
                    })
                })?;
        }
        wait_replication_group_deleted(self.clients, id, &self.wait).await.during(STEP, doing)
    }

    /// Whether a create of this state has made the replication group, or one that is over left it.
    async fn made_or_left(&self, group: &ReplicationGroup) -> Result<bool, StepError> {
        let Some(arn) = &group.arn else { return Ok(false) };
        let what = format!("the replication group {}", self.id);
        // Its tags cannot be read before it is available.
        let found = self
            .wait
            .retry_while(retry::busy, || elasticache::list_tags(self.clients, arn))
            .await
            .during("replication_group", format!("reading the tags of {what}"))?;
        let owner = Owner { kind: KIND, name: &self.id };
        let takeover = self.claim.judge(&what, &found, owner);
        Ok(matches!(takeover, Takeover::Ours | Takeover::Left))
    }

    async fn end_scaling(&self, dimension: Dimension) -> Result<(), StepError> {
        let doing = format!("ending the scaling of {}", dimension.as_str());
        let name = dimension.scalable_dimension();
        self.wait
            .retry_while(retry::busy, || {
                application_auto_scaling::deregister_target(self.clients, &self.id, name)
            })
            .await
            .during("autoscaling", doing)
    }

    async fn users(&self) -> Result<(), StepError> {
        const STEP: &str = "users";
        let planned = wanted::users(&self.prior);
        let none = planned.is_empty() && self.leaving.is_empty();
        if none && !self.prior.user_group_id.is_value() {
            return Ok(());
        }
        let group_id = cache::user_group(&self.id);
        let mut ids = former_ids(&self.id, &planned);
        ids.extend(self.leaving.iter().cloned());
        let doing = format!("looking at the user group {group_id}");
        let found = users::find_user_group(self.clients, &group_id).await.during(STEP, doing)?;
        if let Some(group) = found
            && self.owns(STEP, group.arn.as_deref()).await?
        {
            ids.extend(group.user_ids);
            delete_user_group(self.clients, &group_id, &self.wait).await?;
        }
        for id in ids {
            let doing = format!("looking at the user {id}");
            let found = users::find_user(self.clients, &id).await.during(STEP, doing)?;
            if let Some(user) = found
                && self.owns(STEP, user.arn.as_deref()).await?
            {
                delete_user(self.clients, &id, &self.wait).await?;
            }
        }
        Ok(())
    }

    async fn parameter_groups(&self) -> Result<(), StepError> {
        const STEP: &str = "parameter_group";
        let recorded = self.prior.parameter_group_name.clone().as_option();
        let derived = wanted::parameter_group(&self.prior);
        let names: BTreeSet<String> = recorded.into_iter().chain(derived).collect();
        for name in names.iter().filter(|name| !cache::is_default_parameter_group(name)) {
            let doing = format!("deleting the parameter group {name}");
            let found = parameter_groups::find_parameter_group(self.clients, name).await;
            let Some(group) = found.during(STEP, &*doing)? else { continue };
            if !self.owns(STEP, group.arn.as_deref()).await? {
                continue;
            }
            self.wait
                .retry_while(retry::still_in_use, || {
                    parameter_groups::delete_parameter_group(self.clients, name)
                })
                .await
                .during(STEP, doing)?;
        }
        Ok(())
    }

    async fn subnet_group(&self) -> Result<(), StepError> {
        const STEP: &str = "subnet_group";
        let name = cache::subnet_group(&self.id);
        let recorded = self.prior.subnet_group_name.clone().as_option();
        let name = recorded.unwrap_or(name);
        let doing = format!("deleting the subnet group {name}");
        let found = subnet_groups::find_subnet_group(self.clients, &name).await;
        let Some(group) = found.during(STEP, &*doing)? else { return Ok(()) };
        if !self.owns(STEP, group.arn.as_deref()).await? {
            return Ok(());
        }
        self.wait
            .retry_while(retry::still_in_use, || {
                subnet_groups::delete_subnet_group(self.clients, &name)
            })
            .await
            .during(STEP, doing)
    }

    async fn security_group(&self) -> Result<(), StepError> {
        const STEP: &str = "security_group";
        let Value::Value(id) = &self.prior.security_group_id else { return Ok(()) };
        let doing = format!("deleting the security group {id}");
        let found = ec2::find_security_group_by_id(self.clients, id).await;
        if !found.during(STEP, &*doing)?.is_some_and(|group| self.is_ours(&group.tags)) {
            return Ok(());
        }
        // Interfaces of nodes let go of it a while after they are gone.
        self.wait
            .retry_while(retry::still_in_use, || ec2::delete_security_group(self.clients, id))
            .await
            .during(STEP, doing)
    }
}
