//! The steps backwards: what is gone already counts as done, and what is not ours stays.

use std::collections::BTreeSet;

use super::model::Model;
use super::parts::Parts;
use super::steps::{DELETING, delete_user, delete_user_group, former_ids, leaving};
use super::{KIND, wanted};
use crate::aws::elasticache::replication_groups::{
    ReplicationGroup, delete_replication_group, find_replication_group,
    wait_replication_group_deleted,
};
use crate::aws::elasticache::{self, parameter_groups, subnet_groups};
use crate::aws::{Clients, Wait, application_auto_scaling, ec2, retry};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::platform::cache::Dimension;
use crate::platform::tags::{IgnoreRules, Owner};
use crate::provider::claims::{Claim, Takeover};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{Composite, begin, conclude_delete};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::{torn_down, unfinished};

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

/// The replication group went, by a destroy that ended before it could say so, or by somebody else, and
/// parts are left.
pub(super) fn found_torn_down(state: &mut Model, private: &mut Private) {
    torn_down::keep(private, true);
    without_group(
        state,
        "the replication group is gone, and parts that were made for it are left.",
    );
}

fn without_group(state: &mut Model, because: &str) {
    state.set_incomplete(because.to_owned());
    state.arn = Value::Null;
    state.member_clusters = Value::Null;
    state.autoscaling = Value::Null;
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
        recorder.update(|state| without_group(state, "A destroy of it broke off."));
        torn_down::keep(&mut recorder.private, true);
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

    fn parts(&self) -> Parts<'_> {
        let Self { clients, ignore, id, prior, .. } = self;
        Parts { clients, ignore, id, state: prior }
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
        let is_going = || async {
            let found = find_replication_group(self.clients, id).await?;
            Ok(found.is_none_or(|group| group.status == DELETING))
        };
        if group.status != DELETING {
            self.wait
                .retry_until_heard(retry::busy, is_going, || {
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
        let planned = wanted::users(&self.prior);
        let none = planned.is_empty() && self.leaving.is_empty();
        if none && !self.prior.user_group_id.is_value() {
            return Ok(());
        }
        let mut ids = former_ids(&self.id, &planned);
        ids.extend(self.leaving.iter().cloned());
        if let Some(group) = self.parts().user_group().await? {
            ids.extend(group.user_ids);
            delete_user_group(self.clients, &group.id, &self.wait).await?;
        }
        for id in self.parts().users(ids).await? {
            delete_user(self.clients, &id, &self.wait).await?;
        }
        Ok(())
    }

    async fn parameter_groups(&self) -> Result<(), StepError> {
        for name in self.parts().parameter_groups().await? {
            self.wait
                .retry_while(retry::still_in_use, || {
                    parameter_groups::delete_parameter_group(self.clients, &name)
                })
                .await
                .during("parameter_group", format!("deleting the parameter group {name}"))?;
        }
        Ok(())
    }

    async fn subnet_group(&self) -> Result<(), StepError> {
        let Some(name) = self.parts().subnet_group().await? else { return Ok(()) };
        self.wait
            .retry_while(retry::still_in_use, || {
                subnet_groups::delete_subnet_group(self.clients, &name)
            })
            .await
            .during("subnet_group", format!("deleting the subnet group {name}"))
    }

    async fn security_group(&self) -> Result<(), StepError> {
        let Some(id) = self.parts().security_group().await? else { return Ok(()) };
        // Interfaces of nodes let go of it a while after they are gone.
        self.wait
            .retry_while(retry::still_in_use, || ec2::delete_security_group(self.clients, &id))
            .await
            .during("security_group", format!("deleting the security group {id}"))
    }
}
