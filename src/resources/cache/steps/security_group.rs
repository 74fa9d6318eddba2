//! Step `security_group`: who may connect, if a group is made for it.

use std::collections::BTreeSet;

use super::Walk;
use crate::aws::ec2::{self, Peer, SecurityGroup};
use crate::aws::tags::Tags;
use crate::framework::value::Value;
use crate::platform::cache;
use crate::platform::tags::{self, TagChanges};
use crate::resources::attributes::tag_changes;
use crate::resources::cache::wanted;
use crate::resources::step::{During, StepError};

const STEP: &str = "security_group";

const RULE: &str = "Cache clients, by officeless";

/// The tags with the name that the console shows.
fn named(name: &str, mut tags: Tags) -> Tags {
    tags.insert("Name".to_owned(), name.to_owned());
    tags
}

impl Walk<'_> {
    /// Finds or creates the group, brings its rules to what they should be, records it.
    pub(super) async fn security_group(&mut self) -> Result<(), StepError> {
        if wanted::wants_group(&self.planned) != Some(true) {
            return Ok(());
        }
        let name = cache::security_group(&self.id);
        let group_id = if let Some(group) = self.find_security_group(&name).await? {
            // The marker of what carries it stays until the end.
            let tags = named(&name, self.own_tags(tags::marker(&group.tags)));
            let changes = TagChanges::between(&group.tags, &tags, &self.provider.ignore_tags);
            if !changes.is_empty() {
                ec2::change_tags(&self.clients, &group.id, &tag_changes(changes))
                    .await
                    .during(STEP, format!("tagging the security group {}", group.id))?;
            }
            group.id
        } else {
            let tags = named(&name, self.part_tags());
            let id = self.create_security_group(&name, &tags).await?;
            self.made_part(Some(&id));
            id
        };
        self.begin_record();
        self.recorder.update(|state| state.security_group_id = Value::Value(group_id.clone()));
        self.planned.security_group_id = Value::Value(group_id.clone());
        self.ingress_rules(&group_id).await
    }

    async fn create_security_group(
        &mut self,
        name: &str,
        tags: &Tags,
    ) -> Result<String, StepError> {
        let doing = format!("creating the security group {name:?}");
        let Some(vpc_id) = &self.subnet_group.vpc_id else {
            let why = "AWS does not say which VPC the subnets are in".to_owned();
            return Err(StepError::refused(STEP, &doing, why, "Check subnet_ids."));
        };
        let description = format!("Clients of the cache {}", self.id);
        match ec2::create_security_group(&self.clients, vpc_id, name, &description, tags).await {
            // The answer to the first attempt was lost, or somebody was faster.
            Err(error) if error.is_code("InvalidGroup.Duplicate") => {
                let found = self.find_security_group(name).await?;
                found.map(|group| group.id).ok_or(error).during(STEP, doing)
            }
            created => created.during(STEP, doing),
        }
    }

    /// The group the state knows, or one of the name that was made for this cache.
    async fn find_security_group(
        &mut self,
        name: &str,
    ) -> Result<Option<SecurityGroup>, StepError> {
        let doing = format!("looking up the security group {name:?}");
        let known = [self.recorder.state(), self.prior.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|state| state.security_group_id.clone().as_option());
        if let Some(id) = known {
            let found = ec2::find_security_group_by_id(&self.clients, &id).await;
            if let Some(group) = found.during(STEP, &*doing)? {
                return Ok(Some(group));
            }
        }
        let Some(vpc_id) = &self.subnet_group.vpc_id else { return Ok(None) };
        let found = ec2::find_security_group_by_name(&self.clients, vpc_id, name).await;
        let Some(group) = found.during(STEP, &*doing)? else { return Ok(None) };
        let what = format!("the security group {}", group.id);
        if !self.may_go_on(STEP, &what, &group.id, &group.tags).await? {
            return Err(self.foreign(
                STEP,
                &format!("creating the security group {name:?}"),
                &format!("the security group {} of that name", group.id),
                "Rename or delete it, or give it in security_group_ids and leave the allowed_ \
                 attributes out.",
            ));
        }
        Ok(Some(group))
    }

    async fn ingress_rules(&self, group_id: &str) -> Result<(), StepError> {
        let doing = format!("setting the ingress rules of {group_id}");
        let port = wanted::count(&self.planned.port, 6_379);
        let wanted = wanted::peers(&self.planned);
        let rules = ec2::list_ingress_rules(&self.clients, group_id).await.during(STEP, &*doing)?;
        let (mut present, mut superfluous) = (BTreeSet::<Peer>::new(), Vec::new());
        // Rules for other ports are somebody's own business.
        let here = |from: Option<i32>, to: Option<i32>| from == Some(port) && to == Some(port);
        for rule in rules.iter().filter(|rule| here(rule.from_port, rule.to_port)) {
            match &rule.peer {
                Some(peer) if wanted.contains(peer) => {
                    present.insert(peer.clone());
                }
                _ => superfluous.push(rule.id.clone()),
            }
        }
        for peer in wanted.difference(&present) {
            ec2::authorize_ingress(&self.clients, group_id, port, peer, RULE)
                .await
                .during(STEP, &*doing)?;
        }
        // Clients that stay are let in before others are shut out.
        if !superfluous.is_empty() {
            ec2::revoke_ingress(&self.clients, group_id, &superfluous).await.during(STEP, doing)?;
        }
        Ok(())
    }
}
