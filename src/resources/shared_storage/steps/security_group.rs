//! Step `security_group`: the group of the mount targets, if one is wanted.

use std::collections::BTreeSet;

use super::Walk;
use crate::aws::ec2::{self, IngressRule, Peer};
use crate::aws::tags::Tags;
use crate::aws::{self, eks, retry};
use crate::framework::value::{Strings, Value, known_set};
use crate::platform::tags::TagChanges;
use crate::resources::attributes::tag_changes;
use crate::resources::shared_storage::network::{NFS, wanted_peers};
use crate::resources::step::{During, StepError};

const STEP: &str = "security_group";

const RULE: &str = "NFS to the mount targets, by officeless";

/// The name of the group: unique, because the file system's id is.
pub(in crate::resources::shared_storage) fn group_name(file_system_id: &str) -> String {
    format!("officeless-{file_system_id}")
}

impl Walk<'_> {
    /// Finds or creates the group, brings its rules to what they should be, records it.
    pub(super) async fn security_group(&mut self) -> Result<(), StepError> {
        if self.planned.create_security_group != Value::Value(true) {
            return Ok(());
        }
        let vpc_id = self.vpc_id().await?;
        let name = group_name(&self.id);
        let doing = format!("creating the security group {name:?}");
        let found = ec2::find_security_group_by_name(&self.clients, &vpc_id, &name)
            .await
            .during(STEP, &*doing)?;
        let tags = self.tags_with(&[("Name", name.clone())], None);
        let group_id = if let Some(group) = found {
            let changes = TagChanges::between(&group.tags, &tags, &self.provider.ignore_tags);
            if !changes.is_empty() {
                ec2::change_tags(&self.clients, &group.id, &tag_changes(changes))
                    .await
                    .during(STEP, "tagging the security group")?;
            }
            group.id
        } else {
            self.create_security_group(&vpc_id, &name, &tags).await.during(STEP, doing)?
        };
        self.recorder.update(|state| state.security_group_id = Value::Value(group_id.clone()));
        if !self.planned.security_group_ids.is_value() {
            self.planned.security_group_ids = Value::Value(Strings::from_iter([group_id.clone()]));
        }
        let groups = self.planned.security_group_ids.clone();
        self.recorder.update(|state| state.security_group_ids = groups);
        self.ingress_rules(&group_id).await
    }

    async fn create_security_group(
        &self,
        vpc_id: &str,
        name: &str,
        tags: &Tags,
    ) -> Result<String, aws::Error> {
        let description = format!("Mount targets of {}", self.id);
        match ec2::create_security_group(&self.clients, vpc_id, name, &description, tags).await {
            // The answer to the first attempt was lost: nobody else knew the name.
            Err(error) if error.is_code("InvalidGroup.Duplicate") => {
                let found = ec2::find_security_group_by_name(&self.clients, vpc_id, name).await?;
                found.map(|group| group.id).ok_or(error)
            }
            created => created,
        }
    }

    /// Deletes the group when it is no longer wanted: the mount targets have let go of it by now.
    pub(super) async fn drop_security_group(&mut self) -> Result<(), StepError> {
        let group_id = match self.recorder.state().map(|state| &state.security_group_id) {
            Some(Value::Value(group_id)) => group_id.clone(),
            _ => return Ok(()),
        };
        if self.planned.create_security_group == Value::Value(true) {
            return Ok(());
        }
        delete_security_group(&self.clients, &group_id, &self.wait).await?;
        self.recorder.update(|state| {
            state.security_group_id = Value::Null;
            state.create_security_group = Value::Value(false);
        });
        Ok(())
    }

    async fn ingress_rules(&self, group_id: &str) -> Result<(), StepError> {
        let doing = format!("setting the ingress rules of {group_id}");
        let wanted = wanted_peers(&self.planned, self.cluster_group().await?.as_deref());
        let rules = ec2::list_ingress_rules(&self.clients, group_id).await.during(STEP, &*doing)?;
        let ours = rules.iter().filter(|rule| is_ours(rule));
        let (mut present, mut superfluous) = (BTreeSet::<Peer>::new(), Vec::new());
        for rule in ours {
            match &rule.peer {
                Some(peer) if wanted.contains(peer) => {
                    present.insert(peer.clone());
                }
                _ => superfluous.push(rule.id.clone()),
            }
        }
        for peer in wanted.difference(&present) {
            ec2::authorize_ingress(&self.clients, group_id, NFS, peer, RULE)
                .await
                .during(STEP, &*doing)?;
        }
        if !superfluous.is_empty() {
            ec2::revoke_ingress(&self.clients, group_id, &superfluous).await.during(STEP, doing)?;
        }
        Ok(())
    }

    async fn cluster_group(&self) -> Result<Option<String>, StepError> {
        let Value::Value(name) = &self.planned.cluster_name else { return Ok(None) };
        let doing = format!("looking up the cluster {name:?}");
        let cluster = eks::find_cluster_by_name(&self.clients, name).await.during(STEP, doing)?;
        Ok(cluster.and_then(|cluster| cluster.cluster_security_group_id))
    }

    async fn vpc_id(&self) -> Result<String, StepError> {
        let doing = "finding the VPC of the subnets";
        let ids: Vec<String> =
            known_set(&self.planned.subnet_ids).unwrap_or_default().into_iter().collect();
        let subnets = ec2::list_subnets_by_id(&self.clients, &ids).await.during(STEP, doing)?;
        subnets.into_iter().next().map(|subnet| subnet.vpc_id).ok_or_else(|| {
            StepError::refused(STEP, doing, "there is no subnet".to_owned(), "Give subnet_ids.")
        })
    }
}

/// Whether this resource made the rule; others of the group are left alone.
pub(in crate::resources::shared_storage) fn is_ours(rule: &IngressRule) -> bool {
    rule.description.as_deref() == Some(RULE)
}

/// Deletes the group. Interfaces of mount targets let go of it a while after they are gone.
pub(in crate::resources::shared_storage) async fn delete_security_group(
    clients: &crate::aws::Clients,
    group_id: &str,
    wait: &crate::aws::Wait,
) -> Result<(), StepError> {
    let doing = format!("deleting the security group {group_id}");
    wait.retry_while(retry::still_in_use, || ec2::delete_security_group(clients, group_id))
        .await
        .during(STEP, doing)
}
