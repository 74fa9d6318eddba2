//! Step `subnet_group`: where the nodes may be placed.

use std::collections::BTreeSet;

use super::Walk;
use crate::aws::elasticache::subnet_groups::{self, SubnetGroup};
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
                let group = self
                    .create_subnet_group(&name, &wanted)
                    .await
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
                SubnetGroup { subnet_ids: wanted, ..group }
            }
        };
        let ids = self.subnet_group.subnet_ids.iter().cloned().collect();
        self.recorder.update(|state| {
            state.subnet_group_name = Value::Value(name);
            state.subnet_ids = Value::Value(ids);
        });
        Ok(())
    }

    async fn create_subnet_group(
        &mut self,
        name: &str,
        wanted: &BTreeSet<String>,
    ) -> Result<SubnetGroup, StepError> {
        let doing = format!("creating the subnet group {name:?}");
        let description = format!("Subnets of the cache {}", self.id);
        let tags = self.part_tags();
        let created =
            subnet_groups::create_subnet_group(&self.clients, name, &description, wanted, &tags)
                .await;
        let error = match created {
            Ok(group) => {
                self.made_part(group.arn.as_deref());
                return Ok(group);
            }
            Err(error) => error,
        };
        // The answer to the first attempt was lost, or somebody was faster.
        if error.is_code("CacheSubnetGroupAlreadyExists") {
            let found = subnet_groups::find_subnet_group(&self.clients, name).await;
            if let Some(group) = found.during(STEP, &*doing)?
                && group.subnet_ids == *wanted
                && self
                    .owns(STEP, &format!("the subnet group {name}"), group.arn.as_deref())
                    .await?
            {
                return Ok(group);
            }
        }
        Err(error).during(STEP, doing)
    }
}
