//! Step `volume`: taken over from an interrupted create, or made with the first token that is not
//! burnt.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{STEP, Walk, figure};
use crate::aws::Kind;
use crate::aws::ec2::volumes::{self, NewVolume, Volume};
use crate::framework::value::{AttributePath, Value};
use crate::platform::naming::creation_token;
use crate::platform::tags::{self, Observed, Owner};
use crate::resources::block_volume::KIND;
use crate::resources::step::{Cause, During, StepError};

/// How many tokens are tried. Each one passed over belongs to a volume that is gone, failed, or
/// finished: the one being replaced, or another's of the same name.
const ATTEMPTS: u32 = 16;

/// How long a new volume may stay unseen before it counts as gone.
const VISIBLE: Duration = Duration::from_secs(10);

/// From this age on, a volume that AWS answers a create with is one it remembers by its token.
const REMEMBERED: Duration = Duration::from_mins(2);

/// How many tokens may be passed over for a volume that died lately, and may have died just now.
const YOUNG: u32 = 4;

/// Volumes that a create of this process has made its own: two resources of one name, created side
/// by side, derive the same token, and must not share the volume.
static CLAIMED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether the volume is this create's alone.
fn claim(id: &str) -> bool {
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
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
            tracing::info!(id = left.id, "taking over what an interrupted create left");
            self.record(&left);
            return self.usable(&left.id).await;
        }
        self.create().await
    }

    pub(super) async fn usable(&self, id: &str) -> Result<Volume, StepError> {
        let visible = self.wait.within(VISIBLE);
        let doing = format!("waiting for volume {id} to become available");
        let usable = volumes::wait_volume_usable(&self.clients, id, &self.wait, &visible).await;
        usable.during(STEP, doing)
    }

    /// A volume that an earlier create of this very resource left unfinished.
    pub(super) async fn interrupted(&self) -> Result<Option<Volume>, StepError> {
        let name = self.name();
        let owner = Owner { kind: KIND, name: &name };
        let doing = "looking for what an interrupted create left";
        let value = owner.value();
        let listed = volumes::list_volumes_by_tag(&self.clients, tags::RESOURCE, &value).await;
        let listed = listed.during(STEP, doing)?;
        Ok(listed.into_iter().find(|volume| self.is_left(volume) && claim(&volume.id)))
    }

    /// Whether a volume is unfinished, this resource's, and what was to be made.
    pub(super) fn is_left(&self, volume: &Volume) -> bool {
        let name = self.name();
        let owner = Owner { kind: KIND, name: &name };
        let observed = Observed::read(&volume.tags, &self.provider.ignore_tags, &[]);
        let planned = &self.planned;
        let wanted = |value: &Value<String>, found: Option<&String>| {
            value.as_ref().as_option().is_none_or(|wanted| Some(wanted) == found)
        };
        observed.may_be_adopted_by(owner)
            && matches!(volume.state.as_str(), "creating" | "available" | "in-use")
            && wanted(&planned.availability_zone, Some(&volume.availability_zone))
            && wanted(&planned.kms_key_arn, volume.kms_key_id.as_ref())
            && planned.snapshot_id.as_ref().as_option() == volume.snapshot_id.as_ref()
            && planned.encrypted == Value::Value(volume.encrypted)
    }

    pub(super) async fn create(&mut self) -> Result<Volume, StepError> {
        let name = self.name();
        let zone = self.planned.availability_zone.clone().unwrap_or_default();
        for attempt in 0..ATTEMPTS {
            self.go_on(STEP)?;
            let key = format!("{zone}/{name}");
            let region = self.clients.region();
            let new = self.new_volume(creation_token(&self.account, region, KIND, &key, attempt));
            let asked_at = OffsetDateTime::now_utc();
            let answer = match volumes::create_volume(&self.clients, &new).await {
                // The token belongs to another volume: one of other figures, or one that failed.
                Err(error) if error.is_code("IdempotentParameterMismatch") => continue,
                answer => answer.during(STEP, "creating the volume")?,
            };
            if let Some(volume) = self.made(&answer, asked_at).await? {
                return Ok(volume);
            }
        }
        Err(StepError::refused(
            STEP,
            "creating the volume",
            format!("AWS answers {ATTEMPTS} tokens of the name {name:?} with volumes made before"),
            "Choose another name, or wait a day: AWS forgets tokens.",
        ))
    }

    /// The volume that a create answered with, once it can be used; none if its token is burnt: then
    /// AWS remembers a volume that is gone, failed, or finished long ago.
    pub(super) async fn made(
        &mut self,
        answer: &Volume,
        asked_at: OffsetDateTime,
    ) -> Result<Option<Volume>, StepError> {
        let age = answer
            .create_time
            .as_deref()
            .and_then(|made| OffsetDateTime::parse(made, &Rfc3339).ok())
            // AWS may tell whole seconds only.
            .map_or(time::Duration::ZERO, |made| asked_at - time::Duration::SECOND - made);
        let doing = format!("looking at volume {}", answer.id);
        if age > REMEMBERED || !claim(&answer.id) {
            let found = volumes::find_volume_by_id(&self.clients, &answer.id).await;
            let found = found.during(STEP, doing)?;
            let left = found.filter(|volume| self.is_left(volume) && claim(&volume.id));
            let Some(left) = left else { return Ok(None) };
            self.record(&left);
            return self.usable(&left.id).await.map(Some);
        }
        // Recorded before anything else is tried: from here on nothing can lose it.
        self.record(answer);
        match self.usable(&answer.id).await {
            Ok(volume) if self.is_left(&volume) => {
                self.record(&volume);
                Ok(Some(volume))
            }
            // Finished, so somebody relies on it.
            Ok(_) => {
                self.recorder.forget();
                Ok(None)
            }
            Err(error) if is_dead(&error) => {
                let found = volumes::find_volume_by_id(&self.clients, &answer.id).await;
                let gone = matches!(found, Ok(None));
                if gone {
                    self.recorder.forget();
                }
                // A burnt token, as far as can be told: the volume may also have failed just now.
                if (gone || age.is_positive()) && self.young < YOUNG {
                    self.young += 1;
                    self.recorder.forget();
                    return Ok(None);
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
            tags: self.volume_tags(true),
        }
    }
}

/// Whether the wait for a volume ended because it is gone or failed, not because AWS was not asked.
fn is_dead(error: &StepError) -> bool {
    matches!(&error.cause, Cause::Aws(aws) if aws.kind == Kind::Other && aws.code.is_none())
}
