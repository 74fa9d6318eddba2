//! Step `subnet_group`: where the nodes may be placed.

use super::Walk;
use crate::aws::elasticache::subnet_groups;
use crate::framework::value::{AttributePath, Value, known_set};
use crate::resources::step::{During, StepError};

const STEP: &str = "subnet_group";

impl Walk<'_> {
    /// Finds the group that is named, or finds or creates the cache's own.
    #[allow(clippy::too_many_lines, reason = "one case for each way a group may be there")]
    pub(super) async fn find_or_create_subnet_group(&mut self) -> Result<(), StepError> {
        let name = self.planned.subnet_group_name.clone().unwrap_or_default();
        let doing = format!("creating the subnet group {name:?}");
        let found = subnet_groups::find_subnet_group(&self.clients, &name)
            .await
            .during(STEP, format!("looking up the subnet group {name:?}"))?;
        let wanted = known_set(&self.planned.subnet_ids).unwrap_or_default();
        let named = self.config.subnet_ids.is_null();
        self.subnet_group = match found {
            None if named => {
                return Err(StepError::refused(
                    STEP,
                    &format!("looking up the subnet group {name:?}"),
                    "there is none".to_owned(),
                    "Name one that exists, or give subnet_ids instead.",
                )
                .blame(AttributePath::new("subnet_group_name")));
            }
            None => {
                let description = format!("Subnets of the cache {}", self.id);
                let tags = self.own_tags(false);
                let group = subnet_groups::create_subnet_group(
                    &self.clients,
                    &name,
                    &description,
                    &wanted,
                    &tags,
                )
                .await
                .during(STEP, &*doing)
                .map_err(|error| error.blame(AttributePath::new("subnet_ids")))?;
                self.begin_record();
                group
            }
            Some(group) if named || (self.prior.is_some() && group.subnet_ids == wanted) => group,
            Some(group) => {
                if !self
                    .owns(STEP, &format!("the subnet group {name}"), group.arn.as_deref())
                    .await?
                {
                    return Err(self.foreign(
                        STEP,
                        &doing,
                        &format!("the subnet group {name:?}"),
                        "Change its subnets where it is managed and give subnet_group_name instead \
                         of subnet_ids, or delete it if nothing needs it.",
                    ));
                }
                self.begin_record();
                if group.subnet_ids != wanted {
                    let doing = format!("changing the subnets of {name}");
                    subnet_groups::set_subnets(&self.clients, &name, &wanted)
                        .await
                        .during(STEP, doing)
                        .map_err(|error| error.blame(AttributePath::new("subnet_ids")))?;
                }
                subnet_groups::SubnetGroup { subnet_ids: wanted, ..group }
            }
        };
        let ids = self.subnet_group.subnet_ids.iter().cloned().collect();
        self.recorder.update(|state| {
            state.subnet_group_name = Value::Value(name);
            state.subnet_ids = Value::Value(ids);
        });
        Ok(())
    }
}
