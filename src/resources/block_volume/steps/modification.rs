//! Step `modification`: size, IOPS, throughput and type in one call.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Walk, figure};
use crate::aws::ec2::modifications::{self, Modification, Until};
use crate::aws::ec2::volumes::{self, Target, Volume};
use crate::framework::value::{AttributePath, Value};
use crate::resources::block_volume::budget::{Budget, MOST};
use crate::resources::block_volume::read::figures;
use crate::resources::step::{Cause, During, StepError};

impl Walk<'_> {
    /// Size, IOPS, throughput and type.
    pub(super) async fn modification(&mut self, volume: &Volume) -> Result<(), StepError> {
        const STEP: &str = "modification";
        let id = &volume.id;
        let last = modifications::find_modification(&self.clients, id);
        let last = last.await.during(STEP, format!("looking at the modifications of {id}"))?;
        let until = if self.planned.wait_for_optimization == Value::Value(true) {
            Until::Completed
        } else {
            Until::InForce
        };
        if self.is_as_planned(volume, last.as_ref())? {
            if last.is_some_and(|last| last.is_under_way()) {
                let doing = format!("waiting for the modification of volume {id}");
                let reached =
                    modifications::wait_modification(&self.clients, id, until, &self.wait).await;
                reached.during(STEP, doing)?;
            }
            return Ok(());
        }
        if last.is_some_and(|last| last.is_under_way()) {
            let doing = format!("waiting until the last modification of volume {id} is completed");
            let completed = Until::Completed;
            modifications::wait_modification(&self.clients, id, completed, &self.wait)
                .await
                .during(STEP, doing)?;
        }
        let target = Target {
            size: Some(figure(&self.planned.size)).filter(|size| *size != volume.size),
            iops: figure(&self.planned.iops),
            throughput: figure(&self.planned.throughput),
        };
        let doing = format!("modifying volume {id}");
        let begun = volumes::modify_volume(&self.clients, id, target).await;
        let begun = begun.during(STEP, &*doing).map_err(|error| self.over_budget(error))?;
        let start = begun.and_then(|begun| begun.start_time);
        Budget::note(&mut self.recorder.private, start.as_deref(), OffsetDateTime::now_utc());
        let reached = modifications::wait_modification(&self.clients, id, until, &self.wait).await;
        reached.during(STEP, doing).map(drop)
    }

    /// Whether the volume has, or is on its way to, what is planned.
    pub(super) fn is_as_planned(
        &self,
        volume: &Volume,
        last: Option<&Modification>,
    ) -> Result<bool, StepError> {
        let [size, iops, throughput] = figures(volume, last);
        let wanted = figure(&self.planned.size);
        if size.is_some_and(|size| wanted < size) {
            return Err(StepError::refused(
                "modification",
                &format!("modifying volume {}", volume.id),
                format!(
                    "size = {wanted} is less than its {} GiB, and a volume only grows",
                    volume.size
                ),
                "Raise size to what the volume has.",
            )
            .blame(AttributePath::new("size")));
        }
        let underway = last.filter(|last| last.state == "modifying");
        let kind = underway.and_then(|last| last.target_type.as_deref());
        Ok(size == Some(wanted)
            && iops == Some(figure(&self.planned.iops))
            && throughput == Some(figure(&self.planned.throughput))
            && kind.unwrap_or(&volume.volume_type) == "gp3")
    }

    /// AWS's rule is told with the time after which it is over, as far as that is known.
    pub(super) fn over_budget(&self, error: StepError) -> StepError {
        let Cause::Aws(aws) = &error.cause else { return error };
        if !aws.is_code("VolumeModificationRateExceeded") {
            return error;
        }
        let now = OffsetDateTime::now_utc();
        let next = Budget::read(&self.recorder.private).next(now);
        let when = match next.and_then(|next| next.format(&Rfc3339).ok()) {
            Some(next) => format!("The next one is allowed at {next}."),
            None => "Wait until the first of them is 24 hours old.".to_owned(),
        };
        error.next(format!(
            "AWS begins at most {MOST} modifications of a volume within 24 hours. {when}"
        ))
    }
}
