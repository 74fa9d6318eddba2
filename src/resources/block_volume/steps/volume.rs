//! Step `volume`: taken over from an interrupted create, or made with the first token that is not
//! burnt.
//!
//! Names of volumes need not be unique: what another create is at work at is passed over, as what is
//! finished is. EC2 answers a token that was used with other arguments with a refusal, and the claim
//! makes them other ones in every create.

use std::time::Duration;

use super::{STEP, Walk, figure};
use crate::aws::ec2::volumes::{self, NewVolume, Volume};
use crate::aws::wait::Seen;
use crate::aws::{Kind, Service, ec2};
use crate::framework::value::{AttributePath, Value};
use crate::platform::naming::creation_token;
use crate::platform::tags::{self, Owner, TagChanges};
use crate::provider::claims::Takeover;
use crate::resources::attributes::tag_changes;
use crate::resources::block_volume::KIND;
use crate::resources::step::{Cause, During, StepError};

/// How many tokens are tried. Each one passed over belongs to a volume that is gone, failed, or
/// finished: the one being replaced, or another's of the same name.
const ATTEMPTS: u32 = 16;

/// How long a new volume may stay unseen before it counts as gone.
const VISIBLE: Duration = Duration::from_secs(10);

/// How long a volume may not be listed that a create made which was killed just then.
const LISTED: Duration = Duration::from_secs(3);

/// What a volume is called where its claim is judged.
pub(super) fn named(id: &str) -> String {
    format!("volume {id}")
}

impl Walk<'_> {
    /// Finds or creates the volume and records it.
    pub(super) async fn volume(&mut self) -> Result<Volume, StepError> {
        if let Some(Value::Value(id)) = self.prior.as_ref().map(|prior| prior.id.clone()) {
            let doing = format!("finding volume {id}");
            let found = volumes::find_volume_by_id(&self.clients, &id).await.during(STEP, doing)?;
            if let Some(volume) = found {
                return self.usable(&volume.id).await;
            }
        }
        if let Some(left) = self.interrupted().await? {
            return self.go_on_with(&left).await;
        }
        self.create().await
    }

    pub(super) async fn usable(&self, id: &str) -> Result<Volume, StepError> {
        let visible = self.wait.within(VISIBLE);
        let doing = format!("waiting for volume {id} to become available");
        let usable = volumes::wait_volume_usable(&self.clients, id, &self.wait, &visible).await;
        usable.during(STEP, doing)
    }

    /// A volume that an earlier create of this very resource left unfinished, with this one's claim.
    pub(super) async fn interrupted(&self) -> Result<Option<Volume>, StepError> {
        let doing = "looking for what an interrupted create left";
        match self.left().await.during(STEP, doing)? {
            Some(left) => self.take_over(left).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same, looked for a while: a token was used for a volume that is not listed.
    async fn interrupted_just_now(&self) -> Result<Option<Volume>, StepError> {
        let wait = self.wait.within(LISTED);
        let what = "what an interrupted create left to be listed";
        let looked = wait.until(Service::Ec2, "DescribeVolumes", what, || async {
            Ok(self.left().await?.map_or(Seen::Pending("none".to_owned()), Seen::Done))
        });
        match looked.await {
            Ok(left) => self.take_over(left).await.map(Some),
            Err(error) if error.kind == Kind::Timeout => Ok(None),
            Err(error) => Err(error).during(STEP, "looking for what an interrupted create left"),
        }
    }

    async fn left(&self) -> Result<Option<(Volume, Takeover)>, crate::aws::Error> {
        let name = self.name();
        let value = Owner { kind: KIND, name: &name }.value();
        let listed = volumes::list_volumes_by_tag(&self.clients, tags::RESOURCE, &value).await?;
        let mut judged = listed.into_iter().map(|volume| {
            let takeover = self.judge(&volume);
            (volume, takeover)
        });
        Ok(judged.find(|(_, takeover)| matches!(takeover, Takeover::Ours | Takeover::Left)))
    }

    async fn take_over(&self, left: (Volume, Takeover)) -> Result<Volume, StepError> {
        let (volume, takeover) = left;
        if takeover == Takeover::Left {
            tracing::info!(id = volume.id, "taking over what an interrupted create left");
            let mark = tag_changes(TagChanges { put: self.claim.mark(), remove: Vec::new() });
            ec2::change_tags(&self.clients, &volume.id, &mark)
                .await
                .during(STEP, format!("taking over volume {}", volume.id))?;
        }
        Ok(volume)
    }

    async fn go_on_with(&mut self, left: &Volume) -> Result<Volume, StepError> {
        self.record(left);
        self.usable(&left.id).await
    }

    /// Whether this create may go on with a volume: one that is what was to be made.
    pub(super) fn judge(&self, volume: &Volume) -> Takeover {
        let planned = &self.planned;
        let wanted = |value: &Value<String>, found: Option<&String>| {
            value.as_ref().as_option().is_none_or(|wanted| Some(wanted) == found)
        };
        let as_wanted = matches!(volume.state.as_str(), "creating" | "available" | "in-use")
            && wanted(&planned.availability_zone, Some(&volume.availability_zone))
            && wanted(&planned.kms_key_arn, volume.kms_key_id.as_ref())
            && planned.snapshot_id.as_ref().as_option() == volume.snapshot_id.as_ref()
            && planned.encrypted == Value::Value(volume.encrypted);
        if !as_wanted {
            return Takeover::Never;
        }
        let name = self.name();
        let owner = Owner { kind: KIND, name: &name };
        self.claim.judge(&named(&volume.id), &volume.tags, owner)
    }

    pub(super) async fn create(&mut self) -> Result<Volume, StepError> {
        let name = self.name();
        let zone = self.planned.availability_zone.clone().unwrap_or_default();
        let mut looked = false;
        for attempt in 0..ATTEMPTS {
            self.go_on(STEP)?;
            let key = format!("{zone}/{name}");
            let region = self.clients.region();
            let new = self.new_volume(creation_token(&self.account, region, KIND, &key, attempt));
            match volumes::create_volume(&self.clients, &new).await {
                // The token belongs to another volume: one that is gone, finished or in the making, or
                // one that was left so lately that it was not listed before.
                Err(error) if error.is_code("IdempotentParameterMismatch") => {
                    if !std::mem::replace(&mut looked, true)
                        && let Some(left) = self.interrupted_just_now().await?
                    {
                        return self.go_on_with(&left).await;
                    }
                }
                answer => {
                    let answer = answer.during(STEP, "creating the volume")?;
                    if let Some(volume) = self.made(&answer).await? {
                        return Ok(volume);
                    }
                }
            }
        }
        Err(StepError::refused(
            STEP,
            "creating the volume",
            format!("AWS knows {ATTEMPTS} tokens of the name {name:?} from volumes made before"),
            "Choose another name, or wait a day: AWS forgets tokens.",
        ))
    }

    /// The volume that a create answered with, once it can be used; none if it turns out to be another
    /// create's.
    pub(super) async fn made(&mut self, answer: &Volume) -> Result<Option<Volume>, StepError> {
        // Recorded before anything else is tried: from here on nothing can lose it.
        self.record(answer);
        match self.usable(&answer.id).await {
            Ok(volume) if tags::marker(&volume.tags) == Some(self.claim.value()) => {
                self.record(&volume);
                Ok(Some(volume))
            }
            Ok(_) => {
                self.recorder.forget();
                Ok(None)
            }
            Err(error) if is_dead(&error) => {
                let found = volumes::find_volume_by_id(&self.clients, &answer.id).await;
                if matches!(found, Ok(None)) {
                    self.recorder.forget();
                }
                Err(self.failed(error))
            }
            Err(error) => Err(error),
        }
    }

    /// A new volume that came to nothing: AWS checks the rights on its key after it has answered.
    pub(super) fn failed(&self, error: StepError) -> StepError {
        match &self.planned.kms_key_arn {
            Value::Value(key) => error.blame(AttributePath::new("kms_key_arn")).next(format!(
                "Check that key {key} exists in this region, is enabled, and may be used by the \
                 identity Terraform runs as (kms:CreateGrant, kms:GenerateDataKeyWithoutPlaintext, \
                 kms:Decrypt)."
            )),
            _ => error,
        }
    }

    pub(super) fn new_volume(&self, client_token: String) -> NewVolume {
        let planned = &self.planned;
        NewVolume {
            client_token,
            availability_zone: planned.availability_zone.clone().unwrap_or_default(),
            size: figure(&planned.size),
            iops: figure(&planned.iops),
            throughput: figure(&planned.throughput),
            encrypted: planned.encrypted.unwrap_or(true),
            kms_key_id: planned.kms_key_arn.clone().as_option(),
            snapshot_id: planned.snapshot_id.clone().as_option(),
            volume_initialization_rate: planned
                .volume_initialization_rate
                .as_option()
                .and_then(|rate| i32::try_from(rate).ok()),
            tags: self.volume_tags(Some(self.claim.value())),
        }
    }
}

/// Whether the wait for a volume ended because it is gone or failed, not because AWS was not asked.
fn is_dead(error: &StepError) -> bool {
    matches!(&error.cause, Cause::Aws(aws) if aws.kind == Kind::Other && aws.code.is_none())
}
