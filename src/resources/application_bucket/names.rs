//! Whose a bucket name is, and which name a prefix gets.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::model::Model;
use super::wanted::{KIND, NAME_ATTEMPTS, known, made_up_name};
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::{Standing, find_standing, find_tags};
use crate::aws::{Clients, Wait};
use crate::framework::value::Value;
use crate::platform::naming::{BucketNamespace, account_regional_bucket_name};
use crate::platform::tags::Owner;
use crate::provider::claims::{Claim, Takeover};
use crate::resources::bucket::{self, Place};
use crate::resources::step::{During as _, StepError, proceed};

/// Names made up by creates of this process that are under way: two resources of one prefix do not
/// meet in one bucket.
static MADE_UP: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Why a bucket of that name cannot be made or taken over, as a paragraph; `None` if it is free or
/// ours.
pub(super) fn refusal(standing: &Standing, name: &str) -> Option<String> {
    match standing {
        Standing::Free | Standing::Ours => None,
        Standing::Foreign => Some(format!(
            "The bucket name {name:?} belongs to another account, or its bucket denies access to \
             this one. Bucket names are shared by all of AWS: choose another bucket, use \
             bucket_prefix, or set bucket_namespace = \"account-regional\"."
        )),
        Standing::OtherRegion(region) => Some(format!(
            "The bucket {name:?} exists in {region}, and is wanted in another region. Choose \
             another name, or set region = {region:?}."
        )),
    }
}

/// What is said of a bucket that exists in the account and may not be taken over.
pub(super) fn existing(name: &str, owner: Option<&str>, ours: bool) -> String {
    if ours {
        return format!(
            "The bucket {name:?} exists already, complete, and was made by this provider as an \
             application bucket. If this plan replaces it, it is deleted first and nothing is \
             wrong. Otherwise it belongs to another state: import it with terraform import, the \
             address of this resource and {name:?}."
        );
    }
    let whose = owner.map_or_else(
        || "was not made by this provider".to_owned(),
        |owner| format!("belongs to {owner}"),
    );
    format!(
        "The bucket {name:?} exists in this account and {whose}. Nothing of somebody else is taken \
         over: choose another name, import it with terraform import, the address of this resource \
         and {name:?}, or delete the bucket if nobody needs it."
    )
}

/// A name that was made up; no other create of this process is given it until this is dropped.
#[derive(Debug)]
pub(super) struct Chosen {
    /// What of it the practitioner would have written.
    pub(super) base: String,
    name: String,
}

impl Chosen {
    /// `None` if another create has it.
    fn take(base: String, name: String) -> Option<Self> {
        let mut made_up = MADE_UP.lock().unwrap_or_else(PoisonError::into_inner);
        made_up.insert(name.clone()).then(|| Self { base, name })
    }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        MADE_UP.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// The first name of a prefix that is free, or that an interrupted create left behind.
pub(super) async fn choose(
    clients: &Clients,
    wait: &Wait,
    claim: &Claim<'_>,
    place: &Place,
    model: &Model,
) -> Result<Chosen, StepError> {
    let prefix = known(&model.bucket_prefix).flatten().unwrap_or_default();
    let namespace = model.namespace().unwrap_or(BucketNamespace::Global);
    for attempt in 0..NAME_ATTEMPTS {
        let base = made_up_name(&prefix, namespace, place, attempt);
        let name = match (namespace, place.owner()) {
            (BucketNamespace::AccountRegional, Some(account)) => {
                account_regional_bucket_name(&base, account, &place.region)
            }
            _ => base.clone(),
        };
        let Some(chosen) = Chosen::take(base, name) else { continue };
        let name = &chosen.name;
        let doing = format!("looking for a bucket {name}");
        proceed(wait, "bucket", &doing)?;
        if is_to_be_had(clients, claim, place, name).await.during("bucket", doing)? {
            return Ok(chosen);
        }
    }
    let why = format!("the first {NAME_ATTEMPTS} names of the prefix {prefix:?} are all taken");
    Err(StepError::refused("bucket", "making up a bucket name", why, "Choose another prefix."))
}

async fn is_to_be_had(
    clients: &Clients,
    claim: &Claim<'_>,
    place: &Place,
    name: &str,
) -> Result<bool, crate::aws::Error> {
    let bucket = Bucket { name, owner: place.owner() };
    match find_standing(clients, bucket).await? {
        Standing::Free => Ok(true),
        Standing::Ours => {
            let tags = find_tags(clients, bucket).await?.unwrap_or_default();
            let owner = Owner { kind: KIND, name };
            let takeover = claim.judge(&bucket::named(name), &tags, owner);
            Ok(matches!(takeover, Takeover::Ours | Takeover::Left))
        }
        Standing::Foreign | Standing::OtherRegion(_) => Ok(false),
    }
}

/// Takes a whole name apart: what the practitioner would have written for it.
pub(super) fn take_apart(model: &mut Model, name: &str, place: &Place) {
    let ending = account_regional_bucket_name("", &place.account, &place.region);
    let base = name.strip_suffix(&ending).filter(|_| place.owner().is_some());
    let namespace = match base {
        Some(_) => BucketNamespace::AccountRegional,
        None => BucketNamespace::Global,
    };
    let base = base.unwrap_or(name);
    model.bucket_namespace = Value::Value(namespace.as_str().to_owned());
    model.bucket = Value::Value(base.to_owned());
    model.bucket_prefix = Value::Null;
    let prefixes = (1..base.len()).filter_map(|end| base.get(..end));
    let made_up = prefixes.into_iter().find(|prefix| {
        (0..NAME_ATTEMPTS).any(|attempt| made_up_name(prefix, namespace, place, attempt) == base)
    });
    if let Some(prefix) = made_up {
        model.bucket_prefix = Value::Value(prefix.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_is_told_from_a_given_one() {
        let place = Place { region: "us-east-1".to_owned(), account: "123456789012".to_owned() };
        for namespace in BucketNamespace::ALL {
            let base = made_up_name("acme-in-", namespace, &place, 3);
            assert_eq!(base, made_up_name("acme-in-", namespace, &place, 3));
            assert_ne!(base, made_up_name("acme-in-", namespace, &place, 4));
            let name = match namespace {
                BucketNamespace::Global => base.clone(),
                BucketNamespace::AccountRegional => {
                    account_regional_bucket_name(&base, &place.account, &place.region)
                }
            };
            let mut model = Model::default();
            take_apart(&mut model, &name, &place);
            assert_eq!(model.bucket, Value::Value(base));
            assert_eq!(model.bucket_prefix, Value::Value("acme-in-".to_owned()));
            assert_eq!(model.bucket_namespace, Value::Value(namespace.as_str().to_owned()));
        }
        let mut model = Model::default();
        take_apart(&mut model, "acme-invoices", &place);
        assert_eq!(model.bucket_prefix, Value::Null);
    }
}
