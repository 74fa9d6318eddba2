//! Steps `cluster_mode`, `shards`, `replicas` and `autoscaling`: how many nodes there are.

use super::Walk;
use crate::aws::application_auto_scaling::{self as scaling, ScalableTarget, TargetTracking};
use crate::aws::elasticache::modify::{self, Changes};
use crate::aws::elasticache::replication_groups::ReplicationGroup;
use crate::aws::retry;
use crate::framework::value::{AttributePath, Value};
use crate::platform::cache::{self, Dimension};
use crate::resources::cache::model::Autoscaling;
use crate::resources::cache::wanted;
use crate::resources::step::{During, StepError, proceed};

/// How many there should be, as AWS counts.
fn as_usize(count: i32) -> usize {
    usize::try_from(count).unwrap_or(0)
}

impl Walk<'_> {
    /// Goes forward to the wanted mode, one step of AWS's after the other.
    pub(super) async fn cluster_mode(&mut self) -> Result<(), StepError> {
        const STEP: &str = "cluster_mode";
        let wanted_mode = self.planned.cluster_mode.clone().unwrap_or_default();
        let rank = wanted::mode_rank(&wanted_mode);
        if wanted::mode_rank(&self.group.cluster_mode) >= rank {
            return Ok(());
        }
        self.add_replicas().await?;
        if !self.group.automatic_failover {
            // AWS takes a cluster mode only where a replica takes over.
            let changes = Changes { automatic_failover: Some(true), ..Changes::default() };
            let on = |group: &ReplicationGroup| {
                (!group.automatic_failover).then(|| "failover is not on".to_owned())
            };
            self.modify(STEP, "turning failover on", &changes, true, on).await?;
        }
        for mode in ["compatible", "enabled"] {
            let next = wanted::mode_rank(mode);
            if next > rank || wanted::mode_rank(&self.group.cluster_mode) >= next {
                continue;
            }
            // A group of one's own must say that it is one of a cluster; AWS changes its default
            // group by itself.
            let group = self.planned.parameter_group_name.clone().as_option();
            let changes = Changes {
                cluster_mode: Some(mode.to_owned()),
                parameter_group_name: group.filter(|name| {
                    mode == "compatible" && !cache::is_default_parameter_group(name)
                }),
                ..Changes::default()
            };
            let doing = format!("changing the cluster mode to {mode}");
            self.modify(STEP, &doing, &changes, true, |group| {
                (group.cluster_mode != mode).then(|| format!("mode {}", group.cluster_mode))
            })
            .await
            .map_err(|error| error.blame(AttributePath::new(STEP)))?;
            self.recorder.update(|state| state.cluster_mode = Value::Value(mode.to_owned()));
        }
        self.look_at_member(STEP).await
    }

    fn owned(&self, dimension: Dimension) -> bool {
        wanted::owns(&self.planned, dimension) == Some(true)
    }

    /// Adds shards, or removes those with the highest ids.
    pub(super) async fn shards(&mut self) -> Result<(), StepError> {
        const STEP: &str = "shards";
        if self.owned(Dimension::NodeGroups) || self.group.cluster_mode != "enabled" {
            return Ok(());
        }
        let wanted = wanted::count(&self.planned.num_node_groups, 1);
        let count = as_usize(wanted);
        if self.group.node_groups.len() == count {
            return Ok(());
        }
        let mut ids: Vec<String> =
            self.group.node_groups.iter().map(|group| group.id.clone()).collect();
        ids.sort_unstable();
        let remove: Vec<String> = ids.into_iter().skip(count).collect();
        let doing = format!("changing the number of shards to {wanted}");
        proceed(&self.wait, STEP, &doing)?;
        let blame = |error: StepError| error.blame(AttributePath::new("num_node_groups"));
        self.wait
            .retry_while(retry::busy, || {
                modify::change_shards(&self.clients, &self.id, wanted, &remove)
            })
            .await
            .during(STEP, &*doing)
            .map_err(blame)?;
        self.settle(STEP, &doing, |group| {
            let found = group.node_groups.len();
            let moving = group.pending.contains_key("Resharding");
            (found != count || moving).then(|| format!("{found} shards"))
        })
        .await
        .map_err(blame)?;
        self.recorder.update(|state| state.num_node_groups = Value::Value(i64::from(wanted)));
        Ok(())
    }

    /// Adds replicas where a shard has too few.
    pub(super) async fn add_replicas(&mut self) -> Result<(), StepError> {
        let wanted = wanted::count(&self.planned.replicas_per_node_group, 0);
        let few = self.group.replica_counts().iter().any(|count| *count < as_usize(wanted));
        if self.owned(Dimension::Replicas) || !few {
            return Ok(());
        }
        let doing = format!("raising the number of replicas to {wanted}");
        proceed(&self.wait, "replicas", &doing)?;
        let raised = self
            .wait
            .retry_while(retry::busy, || modify::increase_replicas(&self.clients, &self.id, wanted))
            .await;
        self.replicas_settled(wanted, &doing, raised).await
    }

    /// Removes replicas where a shard has too many.
    pub(super) async fn remove_replicas(&mut self) -> Result<(), StepError> {
        let wanted = wanted::count(&self.planned.replicas_per_node_group, 0);
        let many = self.group.replica_counts().iter().any(|count| *count > as_usize(wanted));
        if self.owned(Dimension::Replicas) || !many {
            return Ok(());
        }
        let doing = format!("lowering the number of replicas to {wanted}");
        proceed(&self.wait, "replicas", &doing)?;
        let lowered = self
            .wait
            .retry_while(retry::busy, || modify::decrease_replicas(&self.clients, &self.id, wanted))
            .await;
        self.replicas_settled(wanted, &doing, lowered).await?;
        self.look_at_member("replicas").await
    }

    async fn replicas_settled(
        &mut self,
        wanted: i32,
        doing: &str,
        called: Result<(), crate::aws::Error>,
    ) -> Result<(), StepError> {
        const STEP: &str = "replicas";
        let blame = |error: StepError| error.blame(AttributePath::new("replicas_per_node_group"));
        called.during(STEP, doing).map_err(blame)?;
        self.settle(STEP, doing, |group| {
            let counts = group.replica_counts();
            let there = counts.iter().all(|count| *count == as_usize(wanted));
            (!there).then(|| format!("{counts:?} replicas"))
        })
        .await
        .map_err(blame)?;
        self.recorder
            .update(|state| state.replicas_per_node_group = Value::Value(i64::from(wanted)));
        Ok(())
    }

    /// Ends scaling that is no longer wanted, before counts are changed by hand.
    pub(super) async fn end_autoscaling(&mut self) -> Result<(), StepError> {
        const STEP: &str = "autoscaling";
        let before = self.prior.as_ref().and_then(wanted::scaled).map(|(dimension, _)| dimension);
        let wanted = wanted::scaled(&self.planned).map(|(dimension, _)| dimension);
        let Some(before) = before.filter(|before| Some(*before) != wanted) else { return Ok(()) };
        let doing = format!("ending the scaling of {}", before.as_str());
        let name = before.scalable_dimension();
        self.wait
            .retry_while(retry::busy, || scaling::deregister_target(&self.clients, &self.id, name))
            .await
            .during(STEP, doing)?;
        self.recorder.update(|state| state.autoscaling = Value::Null);
        Ok(())
    }

    /// Sets bounds and policy of what scales by itself.
    pub(super) async fn autoscaling(&mut self) -> Result<(), StepError> {
        const STEP: &str = "autoscaling";
        let Some((dimension, wanted)) = wanted::scaled(&self.planned) else { return Ok(()) };
        let unchanged = self.prior.as_ref().is_some_and(|prior| {
            prior.autoscaling == self.planned.autoscaling && !super::lacks_something(prior)
        });
        if unchanged {
            return Ok(());
        }
        let target = ScalableTarget {
            dimension: dimension.scalable_dimension().to_owned(),
            min: wanted::count(&wanted.min, 1),
            max: wanted::count(&wanted.max, 1),
        };
        let policy = self.policy(dimension, wanted);
        let doing = format!("setting the scaling of {}", dimension.as_str());
        let blame = |error: StepError| error.blame(AttributePath::new(STEP));
        // Both set what they are given, whatever there was.
        self.wait
            .retry_while(retry::busy, || scaling::register_target(&self.clients, &self.id, &target))
            .await
            .during(STEP, &*doing)
            .map_err(blame)?;
        self.wait
            .retry_while(retry::busy, || scaling::put_policy(&self.clients, &self.id, &policy))
            .await
            .during(STEP, doing)
            .map_err(blame)?;
        let autoscaling = self.planned.autoscaling.clone();
        self.recorder.update(|state| state.autoscaling = autoscaling);
        Ok(())
    }

    fn policy(&self, dimension: Dimension, wanted: &Autoscaling) -> TargetTracking {
        let seconds = |value: &Value<i64>| match value {
            Value::Value(seconds) => i32::try_from(*seconds).ok(),
            _ => None,
        };
        TargetTracking {
            name: cache::scaling_policy(&self.id, dimension),
            dimension: dimension.scalable_dimension().to_owned(),
            metric: wanted.metric.clone().as_option(),
            target_value: wanted.target_value.unwrap_or_default(),
            scale_in_cooldown: seconds(&wanted.scale_in_cooldown),
            scale_out_cooldown: seconds(&wanted.scale_out_cooldown),
            disable_scale_in: wanted.disable_scale_in == Value::Value(true),
        }
    }
}
