//! Steps `settings` and `transit_encryption`: everything one call changes, and what takes several.

use std::collections::BTreeSet;

use super::Walk;
use crate::aws::elasticache::members::Member;
use crate::aws::elasticache::modify::{Changes, LogDelivery};
use crate::aws::elasticache::replication_groups::ReplicationGroup;
use crate::framework::value::{AttributePath, Value};
use crate::platform::cache::{Version, is_default_parameter_group};
use crate::resources::cache::model::Model;
use crate::resources::cache::wanted;
use crate::resources::step::{During, StepError};

impl Walk<'_> {
    /// Compares every setting with what is, and changes what differs in one call.
    pub(super) async fn settings(&mut self) -> Result<(), StepError> {
        const STEP: &str = "settings";
        let changes = changes(&self.planned, &self.group, &self.member);
        if changes.is_empty() {
            return Ok(());
        }
        let immediately = self.planned.apply_immediately == Value::Value(true);
        let wanted = changes.clone();
        let doing = "changing the settings";
        self.modify(STEP, doing, &changes, immediately, |group| {
            if immediately { outstanding(&wanted, group) } else { None }
        })
        .await?;
        self.look_at_member(STEP).await?;
        if immediately {
            self.version_reached(&changes).await?;
        }
        let planned = self.planned.clone();
        self.recorder.update(|state| record(state, planned));
        Ok(())
    }

    /// A node tells its version a while after its group is available again.
    async fn version_reached(&mut self, changes: &Changes) -> Result<(), StepError> {
        let Some(wanted) = changes.engine_version.as_deref() else { return Ok(()) };
        let wanted = wanted.parse::<Version>().ok();
        let (clients, id) = (&self.clients, self.member.id.clone());
        let what = format!("the node {id} to run the new version");
        let service = crate::aws::Service::ElastiCache;
        self.member = self
            .wait
            .until(service, "DescribeCacheClusters", &what, async || {
                use crate::aws::wait::Seen;
                let found = crate::aws::elasticache::members::find_member(clients, &id).await?;
                let Some(found) = found else { return Ok(Seen::Pending("gone".to_owned())) };
                let runs = found.engine_version.clone().unwrap_or_default();
                let reached = runs.parse::<Version>().ok() == wanted;
                let pending = || Seen::Pending(format!("version {runs}"));
                Ok(if reached { Seen::Done(found) } else { pending() })
            })
            .await
            .during("settings", "upgrading the engine")
            .map_err(|error| error.blame(AttributePath::new("engine_version")))?;
        Ok(())
    }

    /// Turns TLS on in two steps, or off the same way back once no users need it.
    pub(super) async fn transit_encryption(&mut self) -> Result<(), StepError> {
        let on = self.planned.transit_encryption_enabled == Value::Value(true);
        let required = self.planned.transit_encryption_mode == Value::Value("required".to_owned());
        let mode = |group: &ReplicationGroup| {
            let mode = group.transit_encryption_mode.clone();
            mode.unwrap_or_else(|| "required".to_owned())
        };
        let (is_on, is_required) =
            (self.group.transit_encryption_enabled, mode(&self.group) == "required");
        match (on, is_on) {
            (true, false) => {
                self.tls(Some(true), Some("preferred"), "turning TLS on").await?;
                if required {
                    self.tls(None, Some("required"), "requiring TLS").await?;
                }
            }
            (true, true) if required && !is_required => {
                self.tls(None, Some("required"), "requiring TLS").await?;
            }
            (true, true) if !required && is_required => {
                self.tls(None, Some("preferred"), "letting plain connections in").await?;
            }
            (false, true) => {
                // Users need TLS: they go first.
                self.authentication().await?;
                if is_required {
                    self.tls(None, Some("preferred"), "letting plain connections in").await?;
                }
                self.tls(Some(false), None, "turning TLS off").await?;
            }
            _ => return Ok(()),
        }
        let planned = self.planned.clone();
        self.recorder.update(|state| {
            state.transit_encryption_enabled = planned.transit_encryption_enabled;
            state.transit_encryption_mode = planned.transit_encryption_mode;
        });
        Ok(())
    }

    async fn tls(
        &mut self,
        enabled: Option<bool>,
        mode: Option<&'static str>,
        doing: &str,
    ) -> Result<(), StepError> {
        let changes = Changes {
            // AWS wants both where the first is turned on; a mode alone means that it is on.
            transit_encryption: enabled.or(mode.map(|_| true)),
            transit_encryption_mode: mode.map(str::to_owned),
            ..Changes::default()
        };
        self.modify("transit_encryption", doing, &changes, true, |group| {
            let is_on = group.transit_encryption_enabled;
            let found = group.transit_encryption_mode.as_deref().filter(|_| is_on);
            let there = match (enabled, mode) {
                (Some(false), _) => !is_on,
                (_, wanted) => is_on && (found == wanted || found.is_none()),
            };
            (!there).then(|| format!("TLS {}", found.unwrap_or("off")))
        })
        .await
        .map_err(|error| error.blame(AttributePath::new("transit_encryption_mode")))
    }
}

fn differs<T: PartialEq>(wanted: Option<T>, found: Option<&T>) -> Option<T> {
    wanted.filter(|wanted| found != Some(wanted))
}

fn text(value: &Value<String>) -> Option<String> {
    value.clone().as_option()
}

/// What one call has to change.
pub(in crate::resources::cache) fn changes(
    planned: &Model,
    group: &ReplicationGroup,
    member: &Member,
) -> Changes {
    let created = text(&planned.security_group_id);
    let groups = wanted::security_groups(planned, created.as_deref());
    let found_groups: BTreeSet<String> = member.security_group_ids.iter().cloned().collect();
    let topic = text(&planned.notification_topic_arn);
    let topic = match (&topic, &member.notification_topic_arn) {
        (None, Some(_)) => Some(String::new()),
        _ => differs(topic, member.notification_topic_arn.as_ref()),
    };
    let (log_delivery, log_delivery_off) = log_changes(planned, group);
    let retention = wanted::count(&planned.snapshot_retention_limit, 0);
    // A node type that waits for its window is asked for already.
    let node_type = differs(text(&planned.node_type), group.node_type.as_ref());
    let mut changes = Changes {
        description: differs(text(&planned.description), Some(&group.description)),
        security_group_ids: (!groups.is_empty() && groups != found_groups)
            .then(|| groups.into_iter().collect()),
        maintenance_window: differs(
            text(&planned.maintenance_window),
            member.maintenance_window.as_ref(),
        ),
        notification_topic_arn: topic,
        auto_minor_version_upgrade: differs(
            planned.auto_minor_version_upgrade.as_option(),
            group.auto_minor_version_upgrade.as_ref(),
        ),
        snapshot_retention_limit: differs(Some(retention), Some(&group.snapshot_retention_limit)),
        snapshot_window: differs(text(&planned.snapshot_window), group.snapshot_window.as_ref()),
        node_type: node_type.filter(|node_type| {
            waits_no_more(planned) || member.pending_node_type.as_ref() != Some(node_type)
        }),
        automatic_failover: differs(
            planned.automatic_failover_enabled.as_option(),
            Some(&group.automatic_failover),
        ),
        multi_az: differs(planned.multi_az_enabled.as_option(), Some(&group.multi_az)),
        log_delivery,
        log_delivery_off,
        // Only what AWS tells can be compared; its silence is its default.
        ip_discovery: group
            .ip_discovery
            .as_ref()
            .and_then(|found| differs(text(&planned.ip_discovery), Some(found))),
        durability: durability(planned, group),
        ..Changes::default()
    };
    engine_changes(planned, group, member, &mut changes);
    changes
}

/// Whether a change that waits is to be made now.
fn waits_no_more(planned: &Model) -> bool {
    planned.apply_immediately == Value::Value(true)
}

fn durability(planned: &Model, group: &ReplicationGroup) -> Option<String> {
    let found = group.durability.clone().unwrap_or_else(|| "default".to_owned());
    differs(text(&planned.durability), Some(&found))
}

/// Engine, version and parameter group: AWS wants all three at once where the family changes.
fn engine_changes(
    planned: &Model,
    group: &ReplicationGroup,
    member: &Member,
    changes: &mut Changes,
) {
    let engine = group.engine.as_ref().or(member.engine.as_ref());
    let converts = engine.is_some_and(|engine| engine == "redis");
    let parse = |text: &Option<String>| text.as_ref()?.parse::<Version>().ok();
    let wanted_version = wanted::version(planned);
    let runs = parse(&member.engine_version);
    let asked = parse(&member.pending_engine_version).filter(|_| !waits_no_more(planned));
    // A node that has been upgraded by somebody else is not sent back.
    let upgrades = matches!((wanted_version, runs), (Some(wanted), Some(runs)) if wanted > runs)
        && asked != wanted_version;
    if converts {
        changes.engine = Some("valkey".to_owned());
    }
    if converts || upgrades {
        changes.engine_version = wanted_version.map(|version| version.to_string());
    }
    let family = |version: Option<Version>| version.map(Version::family);
    let new_family = converts || (upgrades && family(runs) != family(wanted_version));
    let Some(parameter_group) = text(&planned.parameter_group_name) else { return };
    let other = member.parameter_group_name.as_ref() != Some(&parameter_group);
    let both_default = is_default_parameter_group(&parameter_group)
        && member.parameter_group_name.as_deref().is_some_and(is_default_parameter_group);
    // Between its own groups AWS changes by itself, but for a new family.
    let asked_already = asked.is_some() && asked == wanted_version;
    if new_family || (other && !both_default && !asked_already) {
        changes.parameter_group_name = Some(parameter_group);
    }
}

/// Logs to set, and logs that are delivered no more.
fn log_changes(planned: &Model, group: &ReplicationGroup) -> (Vec<LogDelivery>, Vec<LogDelivery>) {
    let wanted = wanted::logs(planned);
    let plain = |log: &LogDelivery| LogDelivery { status: None, message: None, ..log.clone() };
    let live = group.log_delivery.iter().filter(|l| l.status.as_deref() != Some("disabling"));
    let found: Vec<LogDelivery> = live.map(plain).collect();
    let on = wanted.iter().filter(|log| !found.contains(log)).cloned().collect();
    let kept = |log_type: &str| wanted.iter().any(|log| log.log_type == log_type);
    let off = found.iter().filter(|log| !kept(&log.log_type)).cloned().collect();
    (on, off)
}

/// What of the changes is not in effect yet, where the group tells.
fn outstanding(wanted: &Changes, group: &ReplicationGroup) -> Option<String> {
    if let Some(node_type) = &wanted.node_type
        && group.node_type.as_ref() != Some(node_type)
    {
        return Some(format!("node type {}", group.node_type.as_deref().unwrap_or("unknown")));
    }
    if wanted.automatic_failover.is_some_and(|on| on != group.automatic_failover) {
        return Some("failover is changing".to_owned());
    }
    if wanted.multi_az.is_some_and(|on| on != group.multi_az) {
        return Some("Multi-AZ is changing".to_owned());
    }
    None
}

/// What the call has brought about.
fn record(state: &mut Model, planned: Model) {
    *state = Model {
        description: planned.description,
        engine: planned.engine,
        engine_version: planned.engine_version,
        node_type: planned.node_type,
        multi_az_enabled: planned.multi_az_enabled,
        automatic_failover_enabled: planned.automatic_failover_enabled,
        snapshot_retention_limit: planned.snapshot_retention_limit,
        auto_minor_version_upgrade: planned.auto_minor_version_upgrade,
        log_delivery: planned.log_delivery,
        notification_topic_arn: planned.notification_topic_arn,
        durability: planned.durability,
        security_group_ids: planned.security_group_ids,
        parameters: planned.parameters,
        parameter_group_name: planned.parameter_group_name,
        ..std::mem::take(state)
    };
}
