//! The walk that creates and updates a shared storage.
//!
//! 1. `file_system`: the EFS file system, by its creation token.
//! 2. `security_group`: the group for its mount targets, if one is wanted.
//! 3. `mount_targets`: one in each zone, begun here and awaited in step 10.
//! 4. `throughput`. Then a `replication` that is no longer wanted ends.
//! 5. `protection`, 6. `lifecycle_policy`, 7. `backup_policy`.
//! 8. `access_points`: by key; replaced ones keep their directory.
//! 9. `replication`, the wanted one: then `csi_pod_identity` and `policy`, which names the roles just made.
//! 10. `mount_targets` again: all available. Then a `security_group` that is no longer wanted goes.
//! 11. `tags`: last, because they take the creation marker away.
//!
//! Each step is *find → compare → act → wait → record*. The ids of what exists are recorded before
//! the next step begins.

mod access_points;
mod csi_pod_identity;
mod file_system;
mod mount_targets;
mod replication;
mod security_group;
mod settings;

pub(super) use access_points::{delete as delete_access_points, ours, shown};
pub(super) use csi_pod_identity::remove_role;
pub(super) use file_system::{arn, dns_name};
pub(super) use mount_targets::{by_zone, delete_mount_targets};
pub(super) use replication::part_from_replica;
pub(super) use security_group::{delete_security_group, group_name, is_ours};
pub(super) use settings::{backup_status, wanted_lifecycle};

use std::sync::Arc;

use super::model::Model;
use crate::aws::{Clients, Wait};
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::{self, Owner, Tags};
use crate::provider::claims::Claim;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite::{begin, conclude};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;

/// Everything the steps share.
pub(super) struct Walk<'a> {
    pub(super) provider: &'a ProviderContext,
    pub(super) clients: Arc<Clients>,
    pub(super) wait: Wait,
    pub(super) claim: &'a Claim<'a>,
    pub(super) recorder: &'a mut Recorder<Model>,
    pub(super) prior: Option<Model>,
    pub(super) planned: Model,
    /// The account's id; part of tokens.
    pub(super) account: String,
    /// The file system; empty until it exists.
    pub(super) id: String,
    /// Its tags as they were found.
    pub(super) tags: Tags,
}

/// Creates or updates, and tells a failure with what exists then.
pub(super) async fn apply(
    cx: &Context<ProviderContext>,
    request: ApplyRequest<Model>,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let operation = Operation::of(request.prior.as_ref());
    let ApplyRequest { planned, prior, .. } = request;
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
        account: String::new(),
        id: String::new(),
        tags: Tags::new(),
    };
    let outcome = wait.govern(Box::pin(walk.run())).await;
    conclude(cx, claim, operation, &goal, outcome.err().as_slice(), recorder)
}

impl Walk<'_> {
    async fn run(mut self) -> Result<(), StepError> {
        self.account = self
            .provider
            .account_id()
            .await
            .during("file_system", "asking for the account's id")?;
        self.go_on("file_system")?;
        self.file_system().await?;
        self.go_on("security_group")?;
        self.security_group().await?;
        self.go_on("mount_targets")?;
        self.mount_targets().await?;
        self.go_on("throughput")?;
        self.throughput().await?;
        self.go_on("replication")?;
        let replication = self.former_replication().await?;
        self.go_on("protection")?;
        self.protection().await?;
        self.go_on("lifecycle_policy")?;
        self.lifecycle_policy().await?;
        self.go_on("backup_policy")?;
        self.backup_policy().await?;
        self.go_on("access_points")?;
        self.access_points().await?;
        self.go_on("replication")?;
        self.replication(replication).await?;
        self.go_on("csi_pod_identity")?;
        self.csi_pod_identity().await?;
        self.go_on("policy")?;
        self.policy().await?;
        self.go_on("mount_targets")?;
        self.await_mount_targets().await?;
        self.go_on("security_group")?;
        self.drop_security_group().await?;
        self.go_on("tags")?;
        self.tags().await?;
        self.finish();
        Ok(())
    }

    /// Fails when the operation was asked to stop, or has no time left, before a step begins.
    fn go_on(&self, step: &'static str) -> Result<(), StepError> {
        proceed(&self.wait, step, &format!("beginning {step}"))
    }

    /// The owner of everything this resource makes.
    fn owner_name(&self) -> String {
        self.planned.name.clone().unwrap_or_default()
    }

    /// The tags of an object of this resource, with `own` beside the practitioner's, and with this
    /// creation marker if any.
    fn tags_with(&self, own: &[(&str, String)], marker: Option<&str>) -> Tags {
        let name = self.owner_name();
        let owner = Owner { kind: super::KIND, name: &name };
        let mut tags = attributes::written_tags(&self.planned.tags_all, owner, marker);
        tags.extend(own.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        tags
    }

    /// The tags of the file system.
    fn file_system_tags(&self, marker: Option<&str>) -> Tags {
        let mut own = vec![("Name", self.owner_name())];
        if let Value::Value(cluster) = &self.planned.cluster_name {
            own.push((tags::CLUSTER, cluster.clone()));
        }
        if let Value::Value(plan) = &self.planned.backup_plan {
            own.push((tags::BACKUP, plan.clone()));
        }
        self.tags_with(&own, marker)
    }

    /// Everything is done: the planned attributes are what is.
    fn finish(self) {
        let planned = self.planned;
        self.recorder.update(|state| {
            // What the steps learnt stands in the state; the rest is as planned.
            let learnt = state.clone();
            *state = Model {
                creation_token: learnt.creation_token,
                kms_key_arn: learnt.kms_key_arn,
                security_group_ids: learnt.security_group_ids,
                replication: learnt.replication,
                id: learnt.id,
                arn: learnt.arn,
                status: Value::Value(COMPLETE.to_owned()),
                status_reason: Value::Null,
                dns_name: learnt.dns_name,
                mount_targets: learnt.mount_targets,
                access_point_ids: learnt.access_point_ids,
                access_point_arns: learnt.access_point_arns,
                security_group_id: learnt.security_group_id,
                policy_json: learnt.policy_json,
                controller_role_arn: learnt.controller_role_arn,
                node_role_arn: learnt.node_role_arn,
                volume_handle: learnt.volume_handle,
                throughput_change_allowed_at: learnt.throughput_change_allowed_at,
                ..planned
            };
            state.storage_class_manifest =
                super::manifests::storage_class(state).unwrap_or(Value::Null);
            state.persistent_volume_manifests =
                super::manifests::persistent_volumes(state).unwrap_or(Value::Null);
        });
    }
}
