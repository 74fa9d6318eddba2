//! One bucket from nothing, or from anything, to what is wanted: one call after the other, because
//! S3 refuses settings written at the same time. Buckets do not wait for each other.

use super::access::KIND;
use super::bucket::{OWNERSHIP, Observed, Reading, Tagged, read};
use super::conflicts::{existing, refusal};
use super::wanted::{Bucket as Wanted, Place, Versioning};
use crate::aws::error::Service;
use crate::aws::s3::bucket::{
    Created, NewBucket, Standing, create_bucket, delete_tags, find_standing, find_tags, put_tags,
};
use crate::aws::s3::lifecycle::put_lifecycle;
use crate::aws::s3::settings::{
    PublicAccessBlock, delete_policy, put_encryption, put_logging, put_ownership, put_policy,
    put_public_access_block, put_versioning,
};
use crate::aws::s3::{Bucket, Settled, settled};
use crate::aws::wait::Seen;
use crate::aws::{Clients, Error, Tags, Wait, retry};
use crate::platform::tags::{
    CREATING, IgnoreRules, Observed as ObservedTags, Owner, RESOURCE, TagChanges,
};
use crate::resources::step::{During as _, StepError, proceed};

/// How long a new bucket or a busy one may refuse a setting.
/// AWS names no limit; two minutes is what other tools have settled on.
const PATIENCE: std::time::Duration = retry::PROPAGATION;

/// What all buckets share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    pub(super) clients: &'a Clients,
    pub(super) wait: &'a Wait,
    pub(super) place: &'a Place,
    pub(super) tagged: Tagged<'a>,
    /// Whether names are of the account-regional namespace.
    pub(super) account_regional: bool,
}

/// What a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    /// The bucket carries the creation marker still.
    pub(super) unfinished: bool,
    /// What was written is not yet read back.
    pub(super) unsettled: bool,
}

impl Walk<'_> {
    fn bucket<'b>(&'b self, wanted: &'b Wanted) -> Bucket<'b> {
        Bucket { name: &wanted.name, owner: self.place.owner() }
    }

    /// All steps but the last. `recorded` says that the state knows the bucket as its own; `done`
    /// is told each step that is over.
    pub(super) async fn bring_about(
        &self,
        wanted: &Wanted,
        recorded: bool,
        done: &(dyn Fn(&'static str) + Send + Sync),
    ) -> Result<Walked, StepError> {
        let observed = self.existing_or_new(wanted, recorded).await?;
        done("bucket");
        let mut wrote = false;
        for step in SETTINGS {
            let doing = format!("{} of bucket {}", step.doing, wanted.name);
            proceed(self.wait, step.name, &doing)?;
            wrote |= self.setting(step.name, wanted, &observed).await.map_err(|error| {
                let attribute = error.attribute.clone();
                StepError { doing, attribute, ..error }
            })?;
            done(step.name);
        }
        let unfinished = self.tags(wanted, &observed).await?;
        let unsettled = wrote && self.settle(wanted).await? == Settled::NotYet;
        if !unfinished {
            done("tags");
        }
        Ok(Walked { unfinished, unsettled })
    }

    /// Takes the creation marker off: the last step of the whole composite.
    pub(super) async fn finish(&self, wanted: &Wanted) -> Result<(), StepError> {
        let doing = format!("marking bucket {} as complete", wanted.name);
        proceed(self.wait, "tags", &doing)?;
        let bucket = self.bucket(wanted);
        let found =
            find_tags(self.clients, bucket).await.during("tags", &doing)?.unwrap_or_default();
        let changes = self.tagged.changes(&found, false);
        self.write_tags(bucket, found, changes).await.during("tags", doing)
    }

    /// The bucket as it is, made first if there is none.
    async fn existing_or_new(
        &self,
        wanted: &Wanted,
        recorded: bool,
    ) -> Result<Observed, StepError> {
        let name = &wanted.name;
        let doing = format!("creating bucket {name}");
        proceed(self.wait, "bucket", &doing)?;
        let bucket = self.bucket(wanted);
        if recorded {
            let found = read(self.clients, bucket).await;
            if let Some(observed) = found.during("bucket", format!("reading bucket {name}"))? {
                return Ok(observed);
            }
        }
        let standing = find_standing(self.clients, bucket).await.during("bucket", &doing)?;
        if let Some(why) = refusal(&standing, name) {
            return Err(refused(&doing, &why));
        }
        if standing == Standing::Ours {
            self.may_take_over(bucket, &doing).await?;
        } else {
            self.create(wanted, &doing).await?;
        }
        self.visible(bucket).await
    }

    async fn create(&self, wanted: &Wanted, doing: &str) -> Result<(), StepError> {
        let new = NewBucket {
            name: wanted.name.clone(),
            account_regional: self.account_regional,
            tags: self.tagged.wanted(true),
        };
        // A name that was deleted moments ago is busy for a while.
        let created = self
            .wait
            .retry_while(retry::busy, || create_bucket(self.clients, &new))
            .await
            .during("bucket", doing)?;
        if created == Created::AlreadyOurs {
            // Made between the question and the call, or by a call whose answer was lost.
            return self.may_take_over(self.bucket(wanted), doing).await;
        }
        Ok(())
    }

    async fn may_take_over(&self, bucket: Bucket<'_>, doing: &str) -> Result<(), StepError> {
        let tags = find_tags(self.clients, bucket).await.during("bucket", doing)?;
        let tags = tags.unwrap_or_default();
        let observed = ObservedTags::read(&tags, &IgnoreRules::default(), &[]);
        let owner = Owner { kind: KIND, name: self.tagged.owner_name };
        if observed.may_be_adopted_by(owner) {
            return Ok(());
        }
        let whose = tags.get(RESOURCE).map(String::as_str);
        Err(refused(doing, &existing(bucket.name, whose, observed.is_owned_by(owner))))
    }

    /// Reads a bucket that was made just now, as soon as all of S3 knows it.
    async fn visible(&self, bucket: Bucket<'_>) -> Result<Observed, StepError> {
        let what = format!("bucket {} to be visible", bucket.name);
        self.wait
            .within(PATIENCE)
            .until(Service::S3, "GetBucketVersioning", &what, || async {
                Ok(match read(self.clients, bucket).await? {
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
    ) -> Result<bool, StepError> {
        // Only the first difference is asked for by name, so each step compares for itself.
        if !wanted.differs(step, observed, &self.tagged) {
            return Ok(false);
        }
        let clients = self.clients;
        let bucket = self.bucket(wanted);
        let policy = Self::policy(step, wanted, observed)?;
        let write = || async {
            match step {
                "public_access_block" => {
                    put_public_access_block(clients, bucket, PublicAccessBlock::ALL).await
                }
                "ownership" => put_ownership(clients, bucket, OWNERSHIP).await,
                "encryption" => put_encryption(clients, bucket, &wanted.encryption).await,
                "versioning" => {
                    let enabled = wanted.versioning == Versioning::Enabled;
                    put_versioning(clients, bucket, enabled).await
                }
                "lifecycle" => put_lifecycle(clients, bucket, &wanted.lifecycle).await,
                "policy" => match &policy {
                    Some(policy) => put_policy(clients, bucket, policy).await,
                    None => delete_policy(clients, bucket).await,
                },
                _ => put_logging(clients, bucket, wanted.logging.as_ref()).await,
            }
        };
        self.wait.within(PATIENCE).retry_while(again, write).await.during(step, "")?;
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
        let changes = self.tagged.changes(found, unfinished);
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
            let observed = read(self.clients, bucket).await?;
            Ok(observed.is_some_and(|observed| {
                SETTINGS.iter().all(|step| !wanted.differs(step.name, &observed, &self.tagged))
            }))
        });
        agreed.await.during("settings", format!("reading back {what}"))
    }
}

fn again(error: &Error) -> bool {
    retry::bucket_not_visible(error) || retry::role_not_visible(error)
}

fn refused(doing: &str, why: &str) -> StepError {
    let why = why.trim_end_matches('.').to_owned();
    StepError::refused("bucket", doing, why, "Nothing was changed at that bucket.")
}

/// A step that writes one setting.
struct Setting {
    name: &'static str,
    doing: &'static str,
}

const fn setting(name: &'static str, doing: &'static str) -> Setting {
    Setting { name, doing }
}

/// In the order S3 wants: nothing is public before anything else is said.
const SETTINGS: [Setting; 7] = [
    setting("public_access_block", "blocking public access"),
    setting("ownership", "setting the object ownership"),
    setting("encryption", "setting the default encryption"),
    setting("versioning", "setting the versioning"),
    setting("lifecycle", "writing the lifecycle rules"),
    setting("policy", "writing the policy"),
    setting("logging", "setting the access logs"),
];
