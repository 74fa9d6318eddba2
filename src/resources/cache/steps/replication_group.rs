//! Steps `replication_group` and `tags`: the cache itself.

use std::time::Duration;

use super::Walk;
use crate::aws::elasticache::replication_groups::{self, NewReplicationGroup, ReplicationGroup};
use crate::aws::{elasticache, retry};
use crate::framework::value::{AttributePath, Value, known_set};
use crate::platform::cache::is_default_parameter_group;
use crate::platform::tags::{self, TagChanges, Tags};
use crate::provider::claims::Takeover;
use crate::resources::attributes::tag_changes;
use crate::resources::cache::{read, wanted};
use crate::resources::step::{Cause, During, StepError};
use crate::resources::unfinished;

const STEP: &str = "replication_group";

const CREATING: &str = "creating the replication group";

/// What a replication group is called where its claim is judged.
fn named(id: &str) -> String {
    format!("the replication group {id}")
}

impl Walk<'_> {
    /// Finds or creates the replication group, records it and waits until it is available.
    pub(super) async fn replication_group(&mut self) -> Result<(), StepError> {
        let doing = format!("looking up the replication group {}", self.id);
        // The state has its id from before it is made: only the ARN says that it is ours.
        let known = self.prior.as_ref().is_some_and(|prior| prior.arn.is_value());
        let found = if known {
            replication_groups::find_replication_group(&self.clients, &self.id)
                .await
                .during(STEP, &*doing)?
        } else {
            None
        };
        let group = match found {
            Some(group) => group,
            None => self.create_or_adopt().await?,
        };
        self.record_group(&group);
        self.settle(STEP, CREATING, |_| None).await?;
        let group = self.group.clone();
        self.record_group(&group);
        self.look_at_member(STEP).await
    }

    /// Reads what only a node tells.
    pub(super) async fn look_at_member(&mut self, step: &'static str) -> Result<(), StepError> {
        let doing = format!("reading a node of {}", self.id);
        let found = read::first_member(&self.clients, &self.group).await.during(step, doing)?;
        self.member = found.unwrap_or_default();
        Ok(())
    }

    async fn create_or_adopt(&mut self) -> Result<ReplicationGroup, StepError> {
        let new = self.new_replication_group();
        // From here on something may exist whose answer is lost: the state names it already.
        let nothing = self.recorder.state().is_none();
        self.begin_record();
        let created = self
            .wait
            .within(Duration::from_mins(10))
            .retry_while(
                |error| retry::busy(error) || retry::role_not_visible(error),
                || replication_groups::create_replication_group(&self.clients, &new),
            )
            .await;
        match created {
            Err(error) if error.is_code("ReplicationGroupAlreadyExists") => {
                let adopted = self.adopt().await;
                if nothing && matches!(&adopted, Err(StepError { cause: Cause::Refused(_), .. })) {
                    self.recorder.forget();
                }
                adopted
            }
            Err(error) if error.is_code("SnapshotNotFoundFault") => Err(error)
                .during(STEP, CREATING)
                .map_err(|error| error.blame(AttributePath::new("snapshot_name"))),
            created => {
                self.fresh = created.is_ok();
                created.during(STEP, CREATING)
            }
        }
    }

    /// Fails if there is a replication group with our id that no interrupted create of ours left.
    pub(super) async fn no_other_group(&mut self) -> Result<(), StepError> {
        let doing = format!("looking up the replication group {}", self.id);
        let found = replication_groups::find_replication_group(&self.clients, &self.id).await;
        match found.during(STEP, doing)? {
            Some(_) => self.judge_group().await.map(drop),
            None => Ok(()),
        }
    }

    /// A replication group with our id is taken over only if an earlier create of ours left it
    /// unfinished, and nobody is at work at it: a finished one holds data that somebody relies on.
    async fn adopt(&mut self) -> Result<ReplicationGroup, StepError> {
        if self.judge_group().await? == Takeover::Left {
            let id = &self.id;
            tracing::info!(id, "taking over what an interrupted create left");
            let mark = tag_changes(TagChanges { put: self.claim.mark(), remove: Vec::new() });
            let arn = self.group.arn.clone().unwrap_or_default();
            let doing = format!("taking over the replication group {id}");
            self.wait
                .retry_while(retry::busy, || elasticache::change_tags(&self.clients, &arn, &mark))
                .await
                .during(STEP, doing)?;
        }
        Ok(self.group.clone())
    }

    /// Whether the replication group with our id is ours, or was left; an error otherwise.
    async fn judge_group(&mut self) -> Result<Takeover, StepError> {
        let id = self.id.clone();
        let what = named(&id);
        // Its tags cannot be read before it is available.
        self.settle(STEP, "looking at the one that exists", |_| None).await?;
        let arn = self.group.arn.clone().unwrap_or_default();
        let tags = elasticache::list_tags(&self.clients, &arn)
            .await
            .during(STEP, format!("reading the tags of {what}"))?;
        let refused = match self.claim.judge(&what, &tags, self.owner()) {
            takeover @ (Takeover::Ours | Takeover::Left) => return Ok(takeover),
            Takeover::NotNow(other) => unfinished::refused(STEP, CREATING, &other),
            Takeover::Never => StepError::refused(
                STEP,
                CREATING,
                format!(
                    "{what} exists already, and no interrupted create of this resource left it"
                ),
                &format!(
                    "To manage it here, run terraform import with the address of this resource and \
                     {id}; otherwise choose another name."
                ),
            ),
        };
        Err(refused.blame(AttributePath::new("name")))
    }

    fn new_replication_group(&self) -> NewReplicationGroup {
        let planned = &self.planned;
        let text = |value: &Value<String>| value.clone().unwrap_or_default();
        let created = planned.security_group_id.clone().as_option();
        let groups = wanted::security_groups(planned, created.as_deref());
        let parameter_group = planned.parameter_group_name.clone().as_option();
        let durability = planned.durability.clone().as_option();
        NewReplicationGroup {
            id: self.id.clone(),
            description: text(&planned.description),
            engine_version: wanted::version(planned).map(|v| v.to_string()).unwrap_or_default(),
            node_type: text(&planned.node_type),
            cluster_mode: text(&planned.cluster_mode),
            num_node_groups: wanted::count(&planned.num_node_groups, 1),
            replicas_per_node_group: wanted::count(&planned.replicas_per_node_group, 0),
            automatic_failover: planned.automatic_failover_enabled == Value::Value(true),
            multi_az: planned.multi_az_enabled == Value::Value(true),
            subnet_group_name: text(&planned.subnet_group_name),
            security_group_ids: groups.into_iter().collect(),
            port: wanted::count(&planned.port, 6_379),
            // A cluster needs a group that says so; otherwise AWS finds its default by itself.
            parameter_group_name: parameter_group.filter(|name| {
                !is_default_parameter_group(name) || wanted::clustered(planned) == Some(true)
            }),
            at_rest_encryption: planned.at_rest_encryption_enabled != Value::Value(false),
            kms_key_id: planned.kms_key_arn.clone().as_option(),
            transit_encryption: planned.transit_encryption_enabled != Value::Value(false),
            transit_encryption_mode: planned.transit_encryption_mode.clone().as_option(),
            auth_token: self.config.auth_token_wo.clone().as_option(),
            user_group_ids: wanted::user_groups(planned).into_iter().collect(),
            snapshot_retention_limit: wanted::count(&planned.snapshot_retention_limit, 0),
            snapshot_window: planned.snapshot_window.clone().as_option(),
            maintenance_window: planned.maintenance_window.clone().as_option(),
            snapshot_name: planned.snapshot_name.clone().as_option(),
            snapshot_arns: known_set(&planned.snapshot_arns)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            auto_minor_version_upgrade: planned.auto_minor_version_upgrade == Value::Value(true),
            log_delivery: wanted::logs(planned),
            notification_topic_arn: planned.notification_topic_arn.clone().as_option(),
            data_tiering: planned.data_tiering_enabled == Value::Value(true),
            network_type: text(&planned.network_type),
            ip_discovery: text(&planned.ip_discovery),
            durability: durability.filter(|durability| durability != "default"),
            tags: self.own_tags(Some(self.claim.value())),
        }
    }

    fn record_group(&mut self, group: &ReplicationGroup) {
        self.begin_record();
        self.recorder.update(|state| {
            state.id = Value::Value(group.id.clone());
            state.replication_group_id = Value::Value(group.id.clone());
            if let Some(arn) = &group.arn {
                state.arn = Value::Value(arn.clone());
            }
        });
    }

    /// Brings the tags to what they should be; the creation marker goes.
    pub(super) async fn tags(&mut self) -> Result<(), StepError> {
        let doing = format!("tagging the replication group {}", self.id);
        self.unmark_first_part().await?;
        let Some(arn) = self.group.arn.clone() else { return Ok(()) };
        let changes = if self.fresh {
            TagChanges { put: Tags::new(), remove: vec![tags::CREATING.to_owned()] }
        } else {
            let found = self
                .wait
                .retry_while(retry::busy, || elasticache::list_tags(&self.clients, &arn))
                .await
                .during("tags", &*doing)?;
            let wanted = self.own_tags(None);
            TagChanges::between(&found, &wanted, &self.provider.ignore_tags)
        };
        if !changes.is_empty() {
            self.claim.unmarking(&named(&self.id), self.owner());
            let changes = tag_changes(changes);
            self.wait
                .retry_while(retry::busy, || {
                    elasticache::change_tags(&self.clients, &arn, &changes)
                })
                .await
                .during("tags", &*doing)?;
        }
        // What the outputs tell is what there is at the end.
        self.settle("tags", "tagging it", |_| None).await?;
        self.look_at_member("tags").await
    }
}
