//! The first part of a cache that a create makes or meets: it carries the claim until the end.
//!
//! The replication group, whose id is unique, comes late: users alone take AWS minutes. Another create
//! of the same name meets the parts before it, which bear the same owner tag. So the first of them
//! says that a create is at work, and whoever meets it goes no further. Later parts are judged by the
//! owner tag alone: who has the first has the others.

use super::Walk;
use crate::aws::tags::{TagChanges as Calls, Tags};
use crate::aws::{self, ec2, elasticache};
use crate::framework::private::Private;
use crate::platform::tags::CREATING;
use crate::provider::claims::Takeover;
use crate::resources::step::{During, StepError};
use crate::resources::unfinished;

/// Where it is kept until the marker is off: an ARN, or the id of a security group.
const FIRST_PART: &str = "first_part";

/// A create begins: what was kept is of the object that it replaces.
pub(super) fn begin(private: &mut Private) {
    private.remove(FIRST_PART);
}

impl Walk<'_> {
    fn is_next(&self) -> bool {
        self.prior.is_none() && self.recorder.private.text(FIRST_PART).is_none()
    }

    /// The tags of a part that is to be made.
    pub(super) fn part_tags(&self) -> Tags {
        self.own_tags(self.is_next().then(|| self.claim.value()))
    }

    /// A part was made with the tags of [`Walk::part_tags`]; `address` is its ARN, or the id of a
    /// security group.
    pub(super) fn made_part(&mut self, address: Option<&str>) {
        if let (true, Some(address)) = (self.is_next(), address) {
            self.recorder.private.set_text(FIRST_PART, address);
        }
    }

    /// Whether an object of this ARN was made for this cache, and may be gone on with.
    pub(super) async fn owns(
        &mut self,
        step: &'static str,
        what: &str,
        arn: Option<&str>,
    ) -> Result<bool, StepError> {
        let Some(arn) = arn else { return Ok(false) };
        let found = elasticache::list_tags(&self.clients, arn)
            .await
            .during(step, format!("reading the tags of {what}"))?;
        self.may_go_on(step, what, arn, &found).await
    }

    /// The same by the tags found.
    pub(super) async fn may_go_on(
        &mut self,
        step: &'static str,
        what: &str,
        address: &str,
        found: &Tags,
    ) -> Result<bool, StepError> {
        if !self.is_ours(found) {
            return Ok(false);
        }
        if !self.is_next() {
            return Ok(true);
        }
        let takeover = self.claim.judge(what, found, self.owner());
        match takeover {
            Takeover::Ours | Takeover::Left => {}
            Takeover::NotNow(other) => {
                return Err(unfinished::refused(step, &format!("making {what}"), &other));
            }
            // A destroy that broke off left it, or it belongs to a cache that is there.
            Takeover::Never => self.no_other_group().await?,
        }
        if takeover != Takeover::Ours {
            tracing::info!(what, "taking over what an interrupted create or destroy left");
            let mark = Calls { set: self.claim.mark(), remove: Vec::new() };
            self.tag_part(address, &mark).await.during(step, format!("taking over {what}"))?;
        }
        self.made_part(Some(address));
        Ok(true)
    }

    async fn tag_part(&self, address: &str, changes: &Calls) -> Result<(), aws::Error> {
        if address.starts_with("arn:") {
            elasticache::change_tags(&self.clients, address, changes).await
        } else {
            ec2::change_tags(&self.clients, address, changes).await
        }
    }

    /// Takes the marker off the first part.
    pub(super) async fn unmark_first_part(&mut self) -> Result<(), StepError> {
        let Some(address) = self.recorder.private.text(FIRST_PART).map(str::to_owned) else {
            return Ok(());
        };
        let unmark = Calls { set: Tags::new(), remove: vec![CREATING.to_owned()] };
        match self.tag_part(&address, &unmark).await {
            // The marker is off, or the part was replaced meanwhile.
            Err(error) if error.is_not_found() => {}
            unmarked => unmarked.during("tags", format!("marking {address} as complete"))?,
        }
        self.recorder.private.remove(FIRST_PART);
        Ok(())
    }
}
