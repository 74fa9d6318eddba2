//! Create and update: the same walk.
//!
//! 1. What the plan takes away goes: buckets, then associations of other service accounts.
//! 2. In a create the first bucket, where another create of the same name is met: of one that is
//!    refused nothing else is begun.
//! 3. All buckets and all roles at once, each bucket one step after the other.
//! 4. Roles that nobody wants any more go.
//! 5. `tags`, `marker`: the creation markers come off, when nothing has failed.
//!
//! A part that fails does not stop the others: each goes as far as it can, the state says how far,
//! and one diagnostic tells all failures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures_util::future::{join, join_all};

use super::access::{KIND, Share, keep_leaving, leaving};
use super::conflicts::{existing, refusal};
use super::delete::emptying;
use super::model::{Model, PodIdentityModel};
use super::outputs::{STEPS, complete, pending};
use super::plan::removed;
use super::wanted::{Bucket, Place};
use crate::framework::diagnostic::provider_bug;
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, StringMap, Value, known_map};
use crate::platform::naming::BucketNamespace;
use crate::platform::stores::{Product, Store};
use crate::platform::tags::Owner;
use crate::provider::context::ProviderContext;
use crate::resources::bucket::place;
use crate::resources::bucket::{Observed, Tagged, Told, Walk, Walked, Whose, delete_bucket};
use crate::resources::composite::{Composite, begin, conclude};
use crate::resources::step::{Cause, StepError, reason};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Access, Granted};

/// Creates or updates.
pub(super) async fn apply(
    cx: &Context<ProviderContext>,
    request: ApplyRequest<Model>,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let ApplyRequest { prior, planned, .. } = request;
    let operation = Operation::of(prior.as_ref());
    let place = place(cx, &planned, operation.into()).await?;
    let mut goal = planned.clone();
    goal.derive_outputs(Some(&place));
    let Some(mut work) = Work::new(&goal, prior.as_ref(), &place) else {
        return Err(provider_bug("A value is still unknown when the plan is carried out."));
    };
    work.old_roles = leaving(&recorder.private, work.old_roles, &work.shares);
    keep_leaving(&mut recorder.private, &work.old_roles);
    let (clients, wait) = begin(cx, &goal, operation);
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let tags_all = known_map(&goal.tags_all).unwrap_or_default();
    let walk = Walk {
        clients: &clients,
        wait: &wait,
        place: &place,
        tagged: Tagged {
            kind: KIND,
            owner_name: &work.owner_name,
            tags_all: &tags_all,
            ignore: &cx.provider.ignore_tags,
        },
        claim: &claim,
        account_regional: goal.namespace() == Some(BucketNamespace::AccountRegional),
        told: Told { refusal, existing },
    };
    let progress = Progress::new(start(&goal, prior.as_ref()), recorder, prior.is_some());
    let failures = wait.govern(carry_out(&walk, &work, &progress)).await;
    progress.end(failures.is_empty());
    conclude(cx, claim, operation, &goal, &failures, recorder)
}

/// What one apply has to do.
struct Work {
    creating: bool,
    owner_name: String,
    buckets: Vec<Bucket>,
    shares: Vec<Share>,
    /// Buckets to delete, and whether they may be emptied.
    removed: BTreeMap<Store, (String, bool)>,
    /// Names that the state knows as ours.
    recorded: BTreeMap<Store, String>,
    /// What the state knows of each component's role.
    granted: BTreeMap<Product, Granted>,
    /// Associations of service accounts that are not wanted: cluster and id.
    old_associations: BTreeSet<(String, String)>,
    /// Roles that are not wanted.
    old_roles: BTreeSet<String>,
    /// The attribute as it was, for a state in which the old associations stay.
    old_identity: Option<Value<PodIdentityModel>>,
}

impl Work {
    fn new(goal: &Model, prior: Option<&Model>, place: &Place) -> Option<Self> {
        let buckets: Option<Vec<Bucket>> =
            goal.stores()?.into_iter().map(|store| goal.bucket(store, place)).collect();
        let shares = goal.shares(place)?;
        let removed = prior.map(|prior| removed(prior, goal)).unwrap_or_default();
        let granted = prior.map_or_else(BTreeMap::new, |prior| {
            Product::ALL.into_iter().map(|product| (product, prior.granted(product))).collect()
        });
        let keys: Vec<_> = shares.iter().filter_map(|share| share.workload.key.clone()).collect();
        let roles: Vec<&str> =
            shares.iter().map(|share| share.workload.role_name.as_str()).collect();
        let old_associations = prior.map(Model::associations).unwrap_or_default();
        Some(Self {
            creating: prior.is_none(),
            owner_name: goal.owner_name()?,
            removed: removed
                .into_iter()
                .map(|(store, name)| (store, (name, goal.force_destroy(store))))
                .collect(),
            recorded: prior.map(Model::recorded_names).unwrap_or_default(),
            old_associations: old_associations
                .into_iter()
                .filter(|(key, _)| !keys.contains(key))
                .map(|(key, id)| (key.cluster_name, id))
                .collect(),
            old_roles: prior
                .map(Model::role_names)
                .unwrap_or_default()
                .into_iter()
                .filter(|name| !roles.contains(&name.as_str()))
                .collect(),
            old_identity: prior.map(|prior| prior.pod_identity.clone()),
            buckets: buckets?,
            shares,
            granted,
        })
    }
}

/// The state from which an apply starts: the goal's attributes over what exists.
fn start(goal: &Model, prior: Option<&Model>) -> Model {
    let mut state = goal.clone();
    let nothing = || Value::Value(BTreeMap::new());
    state.bucket_names = prior.map_or_else(nothing, |prior| prior.bucket_names.clone());
    state.role_arns = prior.map_or_else(nothing, |prior| prior.role_arns.clone());
    state.association_ids = prior.map_or_else(nothing, |prior| prior.association_ids.clone());
    state.set_incomplete("The operation did not come to its end.".to_owned());
    let open = |store: Store| {
        let status = pending("bucket", "Not begun.");
        (store.key().to_owned(), Value::Value(status))
    };
    state.bucket_status =
        Value::Value(goal.stores().unwrap_or_default().into_iter().map(open).collect());
    state
}

/// The state as it is reached, recorded at every change once anything exists.
struct Progress<'a> {
    inner: Mutex<Inner<'a>>,
}

struct Inner<'a> {
    state: Model,
    recorder: &'a mut Recorder<Model>,
}

impl<'a> Progress<'a> {
    fn new(state: Model, recorder: &'a mut Recorder<Model>, exists: bool) -> Self {
        if exists {
            recorder.record(state.clone());
        }
        Self { inner: Mutex::new(Inner { state, recorder }) }
    }

    fn note(&self, change: impl FnOnce(&mut Model)) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut inner.state);
        let state = inner.state.clone();
        inner.recorder.record(state);
    }

    /// As [`Progress::note`], for what may be told before anything exists.
    fn remark(&self, change: impl FnOnce(&mut Model)) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut inner.state);
        if inner.recorder.state().is_some() {
            let state = inner.state.clone();
            inner.recorder.record(state);
        }
    }

    /// The roles that were not wanted are gone.
    fn none_leaves(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        keep_leaving(&mut inner.recorder.private, &BTreeSet::new());
    }

    fn recorded_names(&self) -> BTreeMap<Store, String> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.state.recorded_names()
    }

    /// What stands in the state at the end, if anything exists.
    fn end(self, complete: bool) {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Inner { mut state, recorder } = inner;
        if complete {
            state.set_complete();
        }
        if complete || recorder.state().is_some() {
            recorder.record(state);
        }
    }

    fn bucket(&self, bucket: &Bucket, step: &str) {
        self.note(|state| {
            insert(&mut state.bucket_names, bucket.store.key(), Some(&bucket.wanted.name));
            let next = STEPS.iter().skip_while(|name| **name != step).nth(1);
            state.set_bucket_status(
                bucket.store,
                next.map_or_else(complete, |next| pending(next, "")),
            );
        });
    }

    /// The bucket is another create's after all.
    fn lost(&self, bucket: &Bucket) {
        self.note(|state| {
            insert(&mut state.bucket_names, bucket.store.key(), None);
            state.set_bucket_status(bucket.store, pending("bucket", ""));
        });
    }

    fn failed(&self, store: Store, error: &StepError) {
        self.remark(|state| {
            let step = state.pending_step(store).unwrap_or_else(|| "bucket".to_owned());
            state.set_bucket_status(store, pending(&step, &reason(error)));
        });
    }
}

/// Everything, answering what failed.
async fn carry_out(walk: &Walk<'_>, work: &Work, progress: &Progress<'_>) -> Vec<StepError> {
    let (gone, old) =
        join(remove_buckets(walk, work, progress), remove_associations(walk, work)).await;
    let mut errors = gone;
    let blocked: BTreeSet<Store> = work
        .removed
        .keys()
        .filter(|store| progress.recorded_names().contains_key(store))
        .copied()
        .collect();
    let mut first = None;
    if let Some(bucket) = work.buckets.first().filter(|_| work.creating) {
        match existing_or_new(walk, work, bucket, progress).await {
            Err(error) if matches!(error.cause, Cause::Refused(_)) => {
                progress.failed(bucket.store, &error);
                return vec![error];
            }
            found => first = Some(found),
        }
    }
    let walks: Vec<_> = work
        .buckets
        .iter()
        .filter(|bucket| !blocked.contains(&bucket.store))
        .map(|bucket| walk_bucket(walk, work, bucket, first.take(), progress))
        .collect();
    let access_stays = !old.is_empty();
    errors.extend(old);
    if let (true, Some(identity)) = (access_stays, &work.old_identity) {
        progress.note(|state| state.pod_identity = identity.clone());
    }
    let shares = work.shares.iter().filter(|_| !access_stays);
    let shares = shares.map(|share| bring_access(walk, work, share, progress));
    let (buckets, shares) = join(join_all(walks), join_all(shares)).await;
    let mut unfinished = Vec::new();
    for (bucket, walked) in buckets {
        match walked {
            Ok(Walked { unfinished: true, .. }) => unfinished.push(bucket),
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
    let mut open = Vec::new();
    for (share, brought) in shares {
        match brought {
            Ok(true) => open.push(share),
            Ok(false) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        errors.extend(remove_roles(walk, work, progress).await);
    }
    if errors.is_empty() {
        errors.extend(finish(walk, &unfinished, &open, progress).await);
    }
    errors
}

async fn existing_or_new(
    walk: &Walk<'_>,
    work: &Work,
    bucket: &Bucket,
    progress: &Progress<'_>,
) -> Result<Observed, StepError> {
    let (name, further) = (&bucket.wanted.name, bucket.wanted.further.is_some());
    let recorded = work.recorded.get(&bucket.store) == Some(name);
    let whose = |whose| match whose {
        Whose::Ours => progress.bucket(bucket, "bucket"),
        Whose::Another => progress.lost(bucket),
    };
    Box::pin(walk.existing_or_new(name, recorded, further, &whose)).await
}

/// Brings one bucket about; `known` is what was found or made of it before, if that was asked.
async fn walk_bucket<'w>(
    walk: &Walk<'_>,
    work: &Work,
    bucket: &'w Bucket,
    known: Option<Result<Observed, StepError>>,
    progress: &Progress<'_>,
) -> (&'w Bucket, Result<Walked, StepError>) {
    let done = |step: &'static str| progress.bucket(bucket, step);
    let found = match known {
        Some(found) => found,
        None => existing_or_new(walk, work, bucket, progress).await,
    };
    let walked = match found {
        Ok(found) => Box::pin(walk.bring_about(&bucket.wanted, &found, &done)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &walked {
        progress.failed(bucket.store, error);
    }
    if let Ok(Walked { unsettled: true, .. }) = &walked {
        tracing::warn!(
            bucket = bucket.wanted.name,
            "settings were written and are not all read back yet"
        );
    }
    (bucket, walked)
}

fn access<'a>(walk: &'a Walk<'_>, share: &'a Share) -> Access<'a> {
    Access {
        clients: walk.clients,
        wait: walk.wait,
        workload: &share.workload,
        ignore: walk.tagged.ignore,
        claim: walk.claim,
    }
}

/// Brings a role about; answers whether it carries the creation marker.
async fn bring_access<'w>(
    walk: &Walk<'_>,
    work: &Work,
    share: &'w Share,
    progress: &Progress<'_>,
) -> (&'w Share, Result<bool, StepError>) {
    let known = share.products.iter().filter_map(|product| work.granted.get(product)).cloned();
    let mut known = Granted::of_any(known);
    // The id of another service account's association says nothing here.
    if work.old_associations.iter().any(|(_, id)| known.association_id.as_ref() == Some(id)) {
        known.association_id = None;
    }
    let record = |granted: &Granted| {
        progress.note(|state| {
            for product in &share.products {
                insert(&mut state.role_arns, product.as_str(), granted.role_arn.as_deref());
                let id = granted.association_id.as_deref();
                insert(&mut state.association_ids, product.as_str(), id);
            }
        });
    };
    let brought = access(walk, share).bring_about(&known, &record).await;
    (share, brought.map(|brought| brought.unfinished))
}

async fn remove_buckets(walk: &Walk<'_>, work: &Work, progress: &Progress<'_>) -> Vec<StepError> {
    let deletions = work.removed.iter().map(|(store, (name, force))| async move {
        let deleted =
            delete_bucket(walk.clients, walk.wait, walk.place, name, emptying(*force)).await;
        match deleted {
            Ok(()) => {
                progress.note(|state| insert(&mut state.bucket_names, store.key(), None));
                None
            }
            Err(error) => Some(error),
        }
    });
    join_all(deletions).await.into_iter().flatten().collect()
}

async fn remove_associations(walk: &Walk<'_>, work: &Work) -> Vec<StepError> {
    let deletions = work.old_associations.iter().map(|(cluster, id)| {
        workload_access::remove_association(walk.clients, walk.wait, cluster, id)
    });
    join_all(deletions).await.into_iter().filter_map(Result::err).collect()
}

async fn remove_roles(walk: &Walk<'_>, work: &Work, progress: &Progress<'_>) -> Vec<StepError> {
    let owner = Owner { kind: KIND, name: &work.owner_name };
    let deletions = work.old_roles.iter().map(|name| async move {
        workload_access::remove(walk.clients, walk.wait, owner, name, None).await
    });
    let errors: Vec<_> = join_all(deletions).await.into_iter().filter_map(Result::err).collect();
    if errors.is_empty() {
        progress.none_leaves();
        let wanted: BTreeSet<Product> =
            work.shares.iter().flat_map(|share| share.products.iter().copied()).collect();
        for product in Product::ALL.into_iter().filter(|product| !wanted.contains(product)) {
            progress.note(|state| {
                insert(&mut state.role_arns, product.as_str(), None);
                insert(&mut state.association_ids, product.as_str(), None);
            });
        }
    }
    errors
}

async fn finish(
    walk: &Walk<'_>,
    buckets: &[&Bucket],
    shares: &[&Share],
    progress: &Progress<'_>,
) -> Vec<StepError> {
    let buckets = buckets.iter().map(|bucket| async move {
        match walk.finish(&bucket.wanted).await {
            Ok(()) => {
                progress.bucket(bucket, "tags");
                None
            }
            Err(error) => {
                progress.failed(bucket.store, &error);
                Some(error)
            }
        }
    });
    let shares = shares.iter().map(|share| async { access(walk, share).finish().await });
    let (buckets, shares) = join(join_all(buckets), join_all(shares)).await;
    let shares = shares.into_iter().filter_map(Result::err);
    buckets.into_iter().flatten().chain(shares).collect()
}

fn insert(map: &mut Value<StringMap>, key: &str, value: Option<&str>) {
    if !map.is_value() {
        *map = Value::Value(BTreeMap::new());
    }
    if let Value::Value(map) = map {
        match value {
            Some(text) => {
                map.insert(key.to_owned(), Value::Value(text.to_owned()));
            }
            None => {
                map.remove(key);
            }
        }
    }
}
