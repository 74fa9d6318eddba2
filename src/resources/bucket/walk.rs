//! One bucket from nothing, or from anything, to what is wanted: one call after the other, because
//! S3 refuses settings written at the same time. Buckets do not wait for each other.

use super::observed::{OWNERSHIP, Observed, Reading, Tagged, read};
use super::{Place, Versioning, Wanted, WantedFurther, named};
use crate::aws::error::Service;
use crate::aws::s3::bucket::{
    Created, NewBucket, Standing, create_bucket, delete_tags, find_standing, find_tags, put_tags,
};
use crate::aws::s3::cors::{delete_cors, put_cors};
use crate::aws::s3::lifecycle::{delete_lifecycle, put_lifecycle};
use crate::aws::s3::notifications::put_notifications;
use crate::aws::s3::object_lock::put_object_lock;
use crate::aws::s3::replication::{delete_replication, put_replication};
use crate::aws::s3::settings::{
    delete_policy, put_encryption, put_logging, put_ownership, put_policy, put_public_access_block,
    put_versioning,
};
use crate::aws::s3::{Bucket, Settled, settled};
use crate::aws::wait::Seen;
use crate::aws::{Clients, Error, Tags, Wait, retry};
use crate::platform::tags::{self, CREATING, RESOURCE, TagChanges};
use crate::provider::claims::{Claim, Takeover};
use crate::resources::step::{During as _, StepError, proceed};
use crate::resources::unfinished;

/// How long a new bucket or a busy one may refuse a setting.
/// AWS names no limit; two minutes is what other tools have settled on.
const PATIENCE: std::time::Duration = retry::PROPAGATION;

/// How a room tells that a name is taken.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Why a name cannot be made or taken over, as a paragraph; `None` if it is free or ours.
    pub refusal: fn(&Standing, &str) -> Option<String>,
    /// What is said of a bucket of the account: its name, its owner, whether that is the same.
    pub existing: fn(&str, Option<&str>, bool) -> String,
}

/// What all buckets of a room share.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    /// Clients of the region.
    pub clients: &'a Clients,
    /// Limits of the whole operation.
    pub wait: &'a Wait,
    /// Region and account.
    pub place: &'a Place,
    /// The tags.
    pub tagged: Tagged<'a>,
    /// The claim of the whole operation.
    pub claim: &'a Claim<'a>,
    /// Whether names are of the account-regional namespace.
    pub account_regional: bool,
    /// How a taken name is told.
    pub told: Told,
}

/// Whose a bucket turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// It is there, and ours.
    Ours,
    /// Another create's after all, which was faster.
    Another,
}

/// What a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The bucket carries the creation marker still.
    pub unfinished: bool,
    /// What was written is not yet read back.
    pub unsettled: bool,
}

impl Walk<'_> {
    fn bucket<'b>(&'b self, wanted: &'b Wanted) -> Bucket<'b> {
        Bucket { name: &wanted.name, owner: self.place.owner() }
    }

    /// All steps between [`Walk::existing_or_new`], which has answered `observed`, and
    /// [`Walk::finish`]; `done` is told each step that is over.
    pub async fn bring_about(
        &self,
        wanted: &Wanted,
        observed: &Observed,
        done: &(dyn Fn(&'static str) + Send + Sync),
    ) -> Result<Walked, StepError> {
        let wrote = Box::pin(self.settings(wanted, observed, &|_| true, done)).await?;
        self.end(wanted, observed, wrote, done).await
    }

    /// Tags, and reading back what was written.
    pub async fn end(
        &self,
        wanted: &Wanted,
        observed: &Observed,
        wrote: bool,
        done: &(dyn Fn(&'static str) + Send + Sync),
    ) -> Result<Walked, StepError> {
        let unfinished = self.tags(wanted, observed).await?;
        let unsettled = wrote && self.settle(wanted).await? == Settled::NotYet;
        if !unfinished {
            done("tags");
        }
        Ok(Walked { unfinished, unsettled })
    }

    /// Writes the settings that differ, of those that are chosen; answers whether there was any.
    pub async fn settings(
        &self,
        wanted: &Wanted,
        observed: &Observed,
        chosen: &(dyn Fn(&str) -> bool + Send + Sync),
        done: &(dyn Fn(&'static str) + Send + Sync),
    ) -> Result<bool, StepError> {
        let mut written = Vec::new();
        for step in SETTINGS.iter().filter(|step| chosen(step.name)) {
            if step.further && wanted.further.is_none() {
                continue;
            }
            let doing = format!("{} of bucket {}", step.doing, wanted.name);
            proceed(self.wait, step.name, &doing)?;
            if self.setting(step.name, wanted, observed, &written).await.map_err(|error| {
                let attribute = error.attribute.clone();
                StepError { doing, attribute, ..error }
            })? {
                written.push(step.name);
            }
            done(step.name);
        }
        Ok(!written.is_empty())
    }

    /// Takes the creation marker off: the last step of the whole composite.
    pub async fn finish(&self, wanted: &Wanted) -> Result<(), StepError> {
        let doing = format!("marking bucket {} as complete", wanted.name);
        proceed(self.wait, "tags", &doing)?;
        let bucket = self.bucket(wanted);
        let found =
            find_tags(self.clients, bucket).await.during("tags", &doing)?.unwrap_or_default();
        match self.claim.judge(&named(bucket.name), &found, self.tagged.owner()) {
            Takeover::Ours | Takeover::Left => {}
            Takeover::NotNow(other) => return Err(unfinished::refused("tags", &doing, &other)),
            Takeover::Never => return Err(completed_elsewhere(&doing)),
        }
        let changes = self.tagged.changes(&found, None);
        self.claim.unmarking(&named(bucket.name), self.tagged.owner());
        self.write_tags(bucket, found, changes).await.during("tags", doing)
    }

    /// The bucket as it is, made first if there is none. `whose` is told that it is there and ours
    /// before it is read, and that it is not if the read shows so.
    pub async fn existing_or_new(
        &self,
        name: &str,
        recorded: bool,
        further: bool,
        whose: &(dyn Fn(Whose) + Send + Sync),
    ) -> Result<Observed, StepError> {
        let doing = format!("creating bucket {name}");
        proceed(self.wait, "bucket", &doing)?;
        let bucket = Bucket { name, owner: self.place.owner() };
        if recorded {
            let found = read(self.clients, bucket, further).await;
            if let Some(observed) = found.during("bucket", format!("reading bucket {name}"))? {
                whose(Whose::Ours);
                return Ok(observed);
            }
        }
        let standing = find_standing(self.clients, bucket).await.during("bucket", &doing)?;
        if let Some(why) = (self.told.refusal)(&standing, name) {
            return Err(refused(&doing, &why));
        }
        let made = standing != Standing::Ours && self.create(name, &doing).await?;
        if !made {
            self.may_take_over(bucket, &doing).await?;
        }
        whose(Whose::Ours);
        let observed = self.visible(bucket, further, made).await?;
        if let (true, Reading::Is(found)) = (made, &observed.tags)
            && let Err(refused) = self.is_this_creates(name, found, &doing)
        {
            whose(Whose::Another);
            return Err(refused);
        }
        Ok(observed)
    }

    /// Asks for the bucket; answers whether it was made, as far as S3 tells. It does not in us-east-1,
    /// where it answers alike when the account has it already.
    async fn create(&self, name: &str, doing: &str) -> Result<bool, StepError> {
        let new = NewBucket {
            name: name.to_owned(),
            account_regional: self.account_regional,
            tags: self.tagged.wanted(Some(self.claim.value())),
        };
        // A name that was deleted moments ago is busy for a while.
        let created = self
            .wait
            .retry_while(retry::busy, || create_bucket(self.clients, &new))
            .await
            .during("bucket", doing)?;
        // Otherwise it was made between the question and the call, or by a call whose answer was lost.
        Ok(created == Created::Created)
    }

    async fn may_take_over(&self, bucket: Bucket<'_>, doing: &str) -> Result<(), StepError> {
        let found = find_tags(self.clients, bucket).await.during("bucket", doing)?;
        let found = found.unwrap_or_default();
        match self.claim.judge(&named(bucket.name), &found, self.tagged.owner()) {
            Takeover::Ours => Ok(()),
            Takeover::Left => {
                tracing::info!(bucket = bucket.name, "taking over what an interrupted create left");
                let mark = TagChanges { put: self.claim.mark(), remove: Vec::new() };
                self.write_tags(bucket, found, mark).await.during("bucket", doing)
            }
            Takeover::NotNow(other) => Err(unfinished::refused("bucket", doing, &other)),
            Takeover::Never => Err(self.taken(bucket.name, &found, doing)),
        }
    }

    /// Whether a bucket that S3 says was made for this create is so: another may have been faster.
    fn is_this_creates(&self, name: &str, found: &Tags, doing: &str) -> Result<(), StepError> {
        match self.claim.judge(&named(name), found, self.tagged.owner()) {
            Takeover::Ours | Takeover::Left => Ok(()),
            Takeover::NotNow(other) => Err(unfinished::refused("bucket", doing, &other)),
            Takeover::Never => Err(self.taken(name, found, doing)),
        }
    }

    fn taken(&self, name: &str, found: &Tags, doing: &str) -> StepError {
        let whose = found.get(RESOURCE);
        let ours = whose == Some(&self.tagged.owner().value());
        refused(doing, &(self.told.existing)(name, whose.map(String::as_str), ours))
    }

    /// Reads a bucket that was made just now, as soon as all of S3 knows it, with its tags if they
    /// were `made` with it.
    async fn visible(
        &self,
        bucket: Bucket<'_>,
        further: bool,
        made: bool,
    ) -> Result<Observed, StepError> {
        let what = format!("bucket {} to be visible", bucket.name);
        self.wait
            .within(PATIENCE)
            .until(Service::S3, "GetBucketVersioning", &what, || async {
                Ok(match read(self.clients, bucket, further).await? {
                    Some(observed) if made && !is_tagged(&observed) => {
                        Seen::Pending("its tags are not visible".to_owned())
                    }
                    Some(observed) => Seen::Done(observed),
                    None => Seen::Pending("NoSuchBucket".to_owned()),
                })
            })
            .await
            .during("bucket", format!("reading the new bucket {}", bucket.name))
    }

    /// Writes one setting if it differs; answers whether it did.
    async fn setting(
        &self,
        step: &'static str,
        wanted: &Wanted,
        observed: &Observed,
        written: &[&str],
    ) -> Result<bool, StepError> {
        // Only the first difference is asked for by name, so each step compares for itself.
        if !is_due(step, wanted, observed, &self.tagged) {
            return Ok(false);
        }
        let (clients, bucket) = (self.clients, self.bucket(wanted));
        let policy = Self::policy(step, wanted, observed)?;
        let further = wanted.further.as_ref();
        let write = || async {
            match step {
                "public_access_block" => {
                    put_public_access_block(clients, bucket, wanted.public_access_block).await
                }
                "ownership" => put_ownership(clients, bucket, OWNERSHIP).await,
                "encryption" => put_encryption(clients, bucket, &wanted.encryption).await,
                "versioning" => {
                    let enabled = wanted.versioning == Versioning::Enabled;
                    put_versioning(clients, bucket, enabled).await
                }
                "lifecycle" if wanted.lifecycle.rules.is_empty() => {
                    delete_lifecycle(clients, bucket).await
                }
                "lifecycle" => put_lifecycle(clients, bucket, &wanted.lifecycle).await,
                "policy" => match &policy {
                    Some(policy) => put_policy(clients, bucket, policy).await,
                    None => delete_policy(clients, bucket).await,
                },
                "logging" => put_logging(clients, bucket, wanted.logging.as_ref()).await,
                _ => match further {
                    Some(further) => write_further(clients, bucket, step, further).await,
                    None => Ok(()),
                },
            }
        };
        // Just after it was enabled, versioning is not enabled everywhere.
        let settling = written.contains(&"versioning");
        let again = |error: &Error| again(error) || (settling && versioning_not_visible(error));
        Box::pin(self.wait.within(PATIENCE).retry_while(again, write)).await.during(step, "")?;
        Ok(true)
    }

    fn policy(
        step: &'static str,
        wanted: &Wanted,
        observed: &Observed,
    ) -> Result<Option<String>, StepError> {
        let found = match &observed.policy {
            Reading::Is(found) if step == "policy" => found.as_deref(),
            _ => None,
        };
        wanted.policy(found).map_err(|problem| {
            let next = "Shorten the statements that others added to the bucket policy.";
            StepError::refused("policy", "", problem.to_string(), next)
        })
    }

    /// Brings the tags about, with the creation marker as it is; answers whether it is there.
    async fn tags(&self, wanted: &Wanted, observed: &Observed) -> Result<bool, StepError> {
        let Reading::Is(found) = &observed.tags else { return Ok(false) };
        let doing = format!("changing the tags of bucket {}", wanted.name);
        proceed(self.wait, "tags", &doing)?;
        let unfinished = found.contains_key(CREATING);
        let changes = self.tagged.changes(found, tags::marker(found));
        self.write_tags(self.bucket(wanted), found.clone(), changes).await.during("tags", doing)?;
        Ok(unfinished)
    }

    /// S3 replaces all tags at once, so those of others are written back.
    async fn write_tags(
        &self,
        bucket: Bucket<'_>,
        mut tags: Tags,
        changes: TagChanges,
    ) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        tags.retain(|key, _| !changes.remove.contains(key));
        tags.extend(changes.put);
        let write = || async {
            if tags.is_empty() {
                delete_tags(self.clients, bucket).await
            } else {
                put_tags(self.clients, bucket, &tags).await
            }
        };
        self.wait.within(PATIENCE).retry_while(again, write).await
    }

    /// Waits until everything written is read back twice in a row.
    async fn settle(&self, wanted: &Wanted) -> Result<Settled, StepError> {
        let what = format!("the settings of bucket {}", wanted.name);
        let bucket = self.bucket(wanted);
        let agreed = settled(self.wait, &what, &true, || async {
            let observed = read(self.clients, bucket, wanted.further.is_some()).await?;
            Ok(observed.is_some_and(|observed| {
                SETTINGS.iter().all(|step| !wanted.differs(step.name, &observed, &self.tagged))
            }))
        });
        agreed.await.during("settings", format!("reading back {what}"))
    }
}

/// Whether a step has something to write. Replication that is to go, goes before versioning can.
fn is_due(step: &str, wanted: &Wanted, observed: &Observed, tagged: &Tagged<'_>) -> bool {
    let ends = wanted.further.as_ref().is_some_and(|further| further.replication.is_none());
    match step {
        END_REPLICATION => ends && wanted.differs("replication", observed, tagged),
        "replication" => !ends && wanted.differs("replication", observed, tagged),
        step => wanted.differs(step, observed, tagged),
    }
}

async fn write_further(
    clients: &Clients,
    bucket: Bucket<'_>,
    step: &str,
    wanted: &WantedFurther,
) -> Result<(), Error> {
    match step {
        "object_lock" => match &wanted.object_lock {
            Some(lock) => put_object_lock(clients, bucket, lock).await,
            None => Ok(()),
        },
        "cors" if wanted.cors.is_empty() => delete_cors(clients, bucket).await,
        "cors" => put_cors(clients, bucket, &wanted.cors).await,
        "notifications" => put_notifications(clients, bucket, &wanted.notifications).await,
        _ => match &wanted.replication {
            Some(replication) => put_replication(clients, bucket, replication).await,
            None => delete_replication(clients, bucket).await,
        },
    }
}

fn again(error: &Error) -> bool {
    retry::bucket_not_visible(error) || retry::role_not_visible(error)
}

fn versioning_not_visible(error: &Error) -> bool {
    error.is_code("InvalidBucketState")
        || (error.is_code("InvalidRequest") && error.message.contains("ersioning"))
}

/// Whether a bucket shows whose it is.
fn is_tagged(observed: &Observed) -> bool {
    observed.known_tags().is_some_and(|tags| tags.contains_key(RESOURCE))
}

fn completed_elsewhere(doing: &str) -> StepError {
    let why = "another run has marked it so meanwhile".to_owned();
    let next = "Two configurations have this bucket now. Take it out of one of them, with terraform \
                state rm and the address of this resource.";
    StepError::refused("tags", doing, why, next)
}

fn refused(doing: &str, why: &str) -> StepError {
    let why = why.trim_end_matches('.').to_owned();
    StepError::refused("bucket", doing, why, "Nothing was changed at that bucket.")
}

/// A step that writes one setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it does, as in `setting the versioning`.
    pub doing: &'static str,
    /// Whether only some rooms have it.
    pub further: bool,
}

const fn setting(name: &'static str, doing: &'static str) -> Setting {
    Setting { name, doing, further: false }
}

const fn further(name: &'static str, doing: &'static str) -> Setting {
    Setting { name, doing, further: true }
}

/// S3 suspends no versioning that a replication needs.
const END_REPLICATION: &str = "end_replication";

/// In the order S3 wants: nothing is public before anything else is said.
pub const SETTINGS: [Setting; 12] = [
    setting("public_access_block", "blocking public access"),
    setting("ownership", "setting the object ownership"),
    setting("encryption", "setting the default encryption"),
    further(END_REPLICATION, "ending the replication"),
    setting("versioning", "setting the versioning"),
    further("object_lock", "setting the object lock"),
    setting("lifecycle", "writing the lifecycle rules"),
    setting("policy", "writing the policy"),
    further("cors", "writing the CORS rules"),
    setting("logging", "setting the access logs"),
    further("notifications", "writing the event notifications"),
    further("replication", "setting up the replication"),
];
