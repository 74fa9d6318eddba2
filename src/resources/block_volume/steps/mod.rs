//! The walk that creates and updates a block volume.
//!
//! 1. `volume`: the volume, taken over from an interrupted create or made with the first token that
//!    is not burnt.
//! 2. `modification`: size, IOPS and throughput in one call, once the last modification is completed.
//! 3. `tags`: last, because they take the creation marker away.
//!
//! Each step is *find → compare → act → wait → record*.

mod modification;
mod volume;

use std::sync::Arc;

use super::KIND;
use super::model::Model;
use super::read::{arn, record, record_manifests, record_progress};
use crate::aws::ec2::modifications;
use crate::aws::ec2::volumes::{self, Volume};
use crate::aws::{self, Clients, Wait, ec2, retry};
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::{self, Owner, TagChanges, Tags};
use crate::provider::claims::Claim;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE, tag_changes};
use crate::resources::composite::{begin, conclude};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;

const STEP: &str = "volume";

/// Everything the steps share.
struct Walk<'a> {
    provider: &'a ProviderContext,
    clients: Arc<Clients>,
    wait: Wait,
    claim: &'a Claim<'a>,
    recorder: &'a mut Recorder<Model>,
    prior: Option<Model>,
    planned: Model,
    /// The account's id; part of tokens.
    account: String,
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
    };
    let outcome = wait.govern(Box::pin(walk.run())).await;
    conclude(cx, claim, operation, &goal, outcome.err().as_slice(), recorder)
}

impl Walk<'_> {
    async fn run(mut self) -> Result<(), StepError> {
        self.account =
            self.provider.account_id().await.during(STEP, "asking for the account's id")?;
        self.go_on(STEP)?;
        let volume = self.volume().await?;
        self.go_on("modification")?;
        self.modification(&volume).await?;
        self.go_on("tags")?;
        self.tags(&volume.id).await?;
        self.finish(&volume.id).await
    }

    /// Fails when the operation was asked to stop, or has no time left, before a step begins.
    fn go_on(&self, step: &'static str) -> Result<(), StepError> {
        proceed(&self.wait, step, &format!("beginning {step}"))
    }

    fn name(&self) -> String {
        self.planned.name.clone().unwrap_or_default()
    }

    /// The tags of the volume, with this creation marker if any.
    fn volume_tags(&self, marker: Option<&str>) -> Tags {
        let name = self.name();
        let owner = Owner { kind: KIND, name: &name };
        let mut tags = attributes::written_tags(&self.planned.tags_all, owner, marker);
        tags.insert(tags::EBS_CSI.to_owned(), tags::EBS_CSI_VALUE.to_owned());
        if let Value::Value(cluster) = &self.planned.cluster_name {
            tags.insert(tags::CLUSTER.to_owned(), cluster.clone());
            tags.insert(tags::EBS_CSI_CLUSTER.to_owned(), cluster.clone());
        }
        if let Value::Value(plan) = &self.planned.backup_plan {
            tags.insert(tags::BACKUP.to_owned(), plan.clone());
        }
        tags.insert("Name".to_owned(), name);
        tags
    }

    /// From here on the state has the volume.
    fn record(&mut self, volume: &Volume) {
        let arn = arn(volume, &self.clients, &self.account);
        let mut state = self.planned.clone();
        record(&mut state, volume, None);
        state.arn = Value::Value(arn);
        state.final_snapshot_id = Value::Null;
        record_manifests(&mut state);
        self.recorder.record(state);
    }

    /// Brings the tags to what they should be; the creation marker goes.
    async fn tags(&mut self, id: &str) -> Result<(), StepError> {
        let doing = format!("tagging volume {id}");
        let found = volumes::find_volume_by_id(&self.clients, id).await.during("tags", &*doing)?;
        let found = found.map(|volume| volume.tags).unwrap_or_default();
        let wanted = self.volume_tags(None);
        let changes = tag_changes(TagChanges::between(&found, &wanted, &self.provider.ignore_tags));
        let name = self.name();
        self.claim.unmarking(&volume::named(id), Owner { kind: KIND, name: &name });
        // A new volume may be unknown to the tags for a moment.
        let wait = self.wait.within(retry::PROPAGATION);
        let call = || ec2::change_tags(&self.clients, id, &changes);
        wait.retry_while(aws::Error::is_not_found, call).await.during("tags", doing)
    }

    /// Everything is done: the planned attributes are what is.
    async fn finish(self, id: &str) -> Result<(), StepError> {
        let doing = format!("reading volume {id}");
        let volume = volumes::find_volume_by_id(&self.clients, id).await.during("tags", &*doing)?;
        let modification = modifications::find_modification(&self.clients, id).await;
        let modification = modification.during("tags", doing)?;
        let planned = self.planned;
        self.recorder.update(|state| {
            let learnt = state.clone();
            *state = Model {
                kms_key_arn: learnt.kms_key_arn,
                id: learnt.id,
                volume_id: learnt.volume_id,
                arn: learnt.arn,
                create_time: learnt.create_time,
                state: learnt.state,
                final_snapshot_id: learnt.final_snapshot_id,
                status: Value::Value(COMPLETE.to_owned()),
                status_reason: Value::Null,
                ..planned
            };
            if let Some(volume) = &volume {
                record_progress(state, volume, modification.as_ref());
            }
            record_manifests(state);
        });
        Ok(())
    }
}

/// A planned number as AWS takes it; the schema's rules keep it in range.
fn figure(value: &Value<i64>) -> i32 {
    value.as_option().and_then(|value| i32::try_from(value).ok()).unwrap_or_default()
}
