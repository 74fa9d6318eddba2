//! Create and update: the same walk. See the room's head for the order.
//!
//! A part that fails does not stop what does not need it: each goes as far as it can, the state says
//! what exists, and one diagnostic tells all failures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures_util::future::{join, join_all};

use super::access::{Grant, name_of_replication_role};
use super::model::{AccessModel, Model};
use super::names::{choose, existing, refusal};
use super::wanted::{KIND, known};
use crate::aws::arn::Arn;
use crate::aws::{Clients, iam};
use crate::framework::diagnostic::{provider_bug, whole};
use crate::framework::resource::{ApplyRequest, Context, Recorder};
use crate::framework::value::{Diagnostic, Value, known_map};
use crate::platform::naming::BucketNamespace;
use crate::platform::tags::{IgnoreRules, Observed as ObservedTags, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::INCOMPLETE;
use crate::resources::bucket::place;
use crate::resources::bucket::{Observed, Place, Tagged, Told, Walk, Wanted, Whose};
use crate::resources::composite::{Composite, begin, conclude};
use crate::resources::step::{During as _, StepError};
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
    let (clients, wait) = begin(cx, &planned, operation);
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let mut goal = planned;
    // Held until the end: another of the same prefix is to have another name.
    let mut chosen = None;
    if !goal.bucket.is_value() {
        let found = wait.govern(choose(&clients, &wait, &claim, &place, &goal)).await;
        let found = found.map_err(|error| goal.told(operation.into(), &error))?;
        goal.bucket = Value::Value(found.base.clone());
        chosen = Some(found);
    }
    let policy = goal.policy_json.clone();
    goal.derive_outputs(Some(&place));
    goal.policy_json = match (policy, &goal.arn) {
        // Planned while the name or a statement was not known.
        (Value::Unknown, Value::Value(arn)) => match goal.desired_policy(arn) {
            Some(Ok(desired)) => desired.into(),
            Some(Err(problem)) => {
                let text = format!("policy_statements: {problem}.");
                return Err(whole("Invalid Bucket Policy", text));
            }
            None => Value::Null,
        },
        (known, _) => known,
    };
    if goal.replication_role_arn.is_unknown() {
        goal.replication_role_arn = Value::Null;
    }
    let Some(work) = Work::new(&goal, prior.as_ref(), &place) else {
        return Err(provider_bug("A value is still unknown when the plan is carried out."));
    };
    let tags_all = known_map(&goal.tags_all).unwrap_or_default();
    let name = work.wanted.name.clone();
    let walk = Walk {
        clients: &clients,
        wait: &wait,
        place: &place,
        tagged: Tagged {
            kind: KIND,
            owner_name: &name,
            tags_all: &tags_all,
            ignore: &cx.provider.ignore_tags,
        },
        claim: &claim,
        account_regional: goal.namespace() == Some(BucketNamespace::AccountRegional),
        told: Told { refusal, existing },
    };
    let progress = Progress::new(start(&goal, prior.as_ref()), recorder, prior.is_some());
    let failures = wait.govern(Box::pin(carry_out(&walk, work, &progress))).await;
    progress.end(&goal, failures.is_empty());
    drop(chosen);
    conclude(cx, claim, operation, &goal, &failures, recorder)
}

type OldAccess = (Value<BTreeMap<String, Value<AccessModel>>>, Value<String>);

/// What one apply has to do.
struct Work {
    wanted: Wanted,
    /// Whether the state knows the bucket as ours.
    recorded: bool,
    grants: Vec<(Grant, Granted)>,
    /// Associations of service accounts that are not wanted: the key in `access`, cluster and id.
    old_associations: Vec<(String, String, String)>,
    /// Roles that are not wanted, by their key.
    old_roles: Vec<(Option<String>, String)>,
    /// `access` and `cluster_name` as they were, for a state in which old associations stay.
    old_access: Option<OldAccess>,
}

impl Work {
    fn new(goal: &Model, prior: Option<&Model>, place: &Place) -> Option<Self> {
        let wanted = goal.wanted(place)?;
        let grants = goal.grants(place)?;
        let names: BTreeSet<&str> =
            grants.iter().map(|grant| grant.workload.role_name.as_str()).collect();
        let unwanted = |name: &String| !names.contains(name.as_str());
        let old_associations = old_associations(prior, &grants);
        let mut old_roles = Vec::new();
        let recorded_roles = prior.and_then(|prior| known_map(&prior.role_arns));
        for (key, arn) in recorded_roles.unwrap_or_default() {
            old_roles.extend(name_in(&arn).filter(unwanted).map(|name| (Some(key), name)));
        }
        let copying = prior.and_then(|prior| known(&prior.replication_role_arn).flatten());
        let copying = copying.as_deref().and_then(name_in).filter(unwanted);
        // A role of the practitioner's own is left alone.
        let own = name_of_replication_role(&wanted.name);
        old_roles.extend(copying.filter(|name| *name == own).map(|name| (None, name)));
        let recorded = prior.is_some_and(|prior| prior.id == Value::Value(wanted.name.clone()));
        let gone: BTreeSet<&str> = old_associations.iter().map(|(key, ..)| key.as_str()).collect();
        let grants = grants
            .iter()
            .map(|grant| {
                let key = grant.key.as_deref();
                let mut granted = prior.map(|prior| prior.granted(key)).unwrap_or_default();
                // The id of another service account's association says nothing here.
                if key.is_some_and(|key| gone.contains(key)) {
                    granted.association_id = None;
                }
                // A role of the practitioner's own is not the one that is made now.
                if key.is_none() && !prior.is_some_and(Model::makes_role) {
                    granted.role_arn = None;
                }
                (grant.clone(), granted)
            })
            .collect();
        let old_access = prior.map(|prior| (prior.access.clone(), prior.cluster_name.clone()));
        Some(Self { wanted, recorded, grants, old_associations, old_roles, old_access })
    }
}

/// Associations of service accounts that are not wanted: the key in `access`, cluster and id.
fn old_associations(prior: Option<&Model>, grants: &[Grant]) -> Vec<(String, String, String)> {
    let Some(prior) = prior else { return Vec::new() };
    let entries = prior.entries().unwrap_or_default();
    let mut old = Vec::new();
    for (key, id) in known_map(&prior.association_ids).unwrap_or_default() {
        let was = entries.get(&key).and_then(|entry| prior.association_key(entry));
        let stays = grants.iter().any(|grant| {
            grant.key.as_ref() == Some(&key) && grant.workload.key == was && was.is_some()
        });
        let cluster = was.map(|was| was.cluster_name);
        let cluster = cluster.or_else(|| known(&prior.cluster_name).flatten());
        if let (Some(cluster), false) = (cluster, stays) {
            old.push((key, cluster, id));
        }
    }
    old
}

/// The name of a role by its ARN.
pub(super) fn name_in(arn: &str) -> Option<String> {
    arn.parse::<Arn>().ok().map(|arn| arn.resource_id().to_owned())
}

/// The state from which an apply starts: the goal's attributes over what exists.
fn start(goal: &Model, prior: Option<&Model>) -> Model {
    let nothing = || Value::Value(BTreeMap::new());
    Model {
        role_arns: prior.map_or_else(nothing, |prior| prior.role_arns.clone()),
        association_ids: prior.map_or_else(nothing, |prior| prior.association_ids.clone()),
        replication_role_arn: prior.map_or(Value::Null, |prior| prior.replication_role_arn.clone()),
        status: Value::Value(INCOMPLETE.to_owned()),
        status_reason: Value::Value("The operation did not come to its end.".to_owned()),
        ..goal.clone()
    }
}

/// The state as it is reached, recorded at every change.
struct Progress<'a> {
    inner: Mutex<(Model, &'a mut Recorder<Model>)>,
    /// Whether there was a state before.
    before: bool,
}

impl<'a> Progress<'a> {
    fn new(state: Model, recorder: &'a mut Recorder<Model>, exists: bool) -> Self {
        if exists {
            recorder.record(state.clone());
        }
        Self { inner: Mutex::new((state, recorder)), before: exists }
    }

    fn note(&self, change: impl FnOnce(&mut Model)) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, recorder) = &mut *inner;
        change(state);
        recorder.record(state.clone());
    }

    /// What was noted is not there, or is not ours. What was there before is.
    fn forget(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.before {
            inner.1.forget();
        }
    }

    fn reached(&self) -> Model {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// What stands in the state at the end, if anything exists.
    fn end(self, goal: &Model, complete: bool) {
        let (mut state, recorder) = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        if recorder.state().is_none() {
            return;
        }
        // A role of the practitioner's own is shown as the one that copies.
        if !state.makes_role() && (complete || state.replication.is_value()) {
            state.replication_role_arn = goal.replication_role_arn.clone();
        }
        if complete {
            state.set_complete();
        }
        recorder.record(state);
    }
}

/// Everything, answering what failed.
async fn carry_out(walk: &Walk<'_>, mut work: Work, progress: &Progress<'_>) -> Vec<StepError> {
    if let Err(error) = drop_associations(walk, &mut work, progress).await {
        return vec![error];
    }
    let whose = |whose| match whose {
        Whose::Ours => progress.note(|_| {}),
        Whose::Another => progress.forget(),
    };
    let observed = walk.existing_or_new(&work.wanted.name, work.recorded, true, &whose).await;
    let observed = match observed {
        Ok(observed) => observed,
        Err(error) => return vec![error],
    };
    let before_copies = |step: &str| step != REPLICATION;
    let (settings, roles) = join(
        walk.settings(&work.wanted, &observed, &before_copies, &|_| {}),
        join_all(work.grants.iter().map(|grant| bring_access(walk, grant, progress))),
    )
    .await;
    let mut errors = Vec::new();
    let wrote = settings.unwrap_or_else(|error| {
        errors.push(error);
        false
    });
    let mut open = Vec::new();
    for ((grant, _), brought) in work.grants.iter().zip(roles) {
        match brought {
            Ok(true) => open.push(grant.clone()),
            Ok(false) => {}
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return errors;
    }
    match complete(walk, &mut work, &observed, wrote, progress).await {
        Ok(unfinished) => finish(walk, &work.wanted, unfinished, &open).await,
        Err(error) => vec![error],
    }
}

/// Associations of service accounts that are wanted no more, or otherwise, go first. Where one
/// stays, the state says so: it keeps the service account it is for.
async fn drop_associations(
    walk: &Walk<'_>,
    work: &mut Work,
    progress: &Progress<'_>,
) -> Result<(), StepError> {
    for (key, cluster, id) in &work.old_associations {
        let removed =
            workload_access::remove_association(walk.clients, walk.wait, cluster, id).await;
        if let Err(error) = removed {
            if let Some((access, cluster_name)) = work.old_access.take() {
                progress.note(|state| {
                    state.access = access;
                    state.cluster_name = cluster_name;
                });
            }
            return Err(error);
        }
        progress.note(|state| {
            let granted = Granted { association_id: None, ..state.granted(Some(key)) };
            state.set_granted(Some(key), &granted);
        });
    }
    Ok(())
}

/// What needs both the settings and the roles: the replication, then the tags. Answers whether the
/// bucket carries the creation marker.
async fn complete(
    walk: &Walk<'_>,
    work: &mut Work,
    observed: &Observed,
    wrote: bool,
    progress: &Progress<'_>,
) -> Result<bool, StepError> {
    // Without an account the ARN of the role is known now only.
    if let Some(replication) =
        work.wanted.further.as_mut().and_then(|further| further.replication.as_mut())
        && let Value::Value(made) = progress.reached().replication_role_arn
        && replication.role_arn.is_empty()
    {
        replication.role_arn = made;
    }
    let copies = |step: &str| step == REPLICATION;
    let more = walk.settings(&work.wanted, observed, &copies, &|_| {}).await?;
    let walked = walk.end(&work.wanted, observed, wrote || more, &|_| {}).await?;
    if walked.unsettled {
        tracing::warn!(bucket = work.wanted.name, "not all settings are read back yet");
    }
    remove_roles(walk, work, progress).await?;
    Ok(walked.unfinished)
}

const REPLICATION: &str = "replication";

fn access<'a>(walk: &'a Walk<'_>, grant: &'a Grant) -> Access<'a> {
    Access {
        clients: walk.clients,
        wait: walk.wait,
        workload: &grant.workload,
        ignore: walk.tagged.ignore,
        claim: walk.claim,
    }
}

/// Brings a role about; answers whether it carries the creation marker.
async fn bring_access(
    walk: &Walk<'_>,
    (grant, granted): &(Grant, Granted),
    progress: &Progress<'_>,
) -> Result<bool, StepError> {
    let workload = &grant.workload;
    let mut granted = granted.clone();
    if granted.role_arn.is_none() {
        granted.role_arn = own_role(walk.clients, &workload.role_name, workload.owner()).await?;
    }
    let record =
        |granted: &Granted| progress.note(|state| state.set_granted(grant.key.as_deref(), granted));
    Ok(Box::pin(access(walk, grant).bring_about(&granted, &record)).await?.unfinished)
}

/// The role, where it was made for this very bucket: its owner tag has the bucket's name, which no
/// other bucket has. So it is met after an import, and after a create that was cut off.
async fn own_role(
    clients: &Clients,
    name: &str,
    owner: Owner<'_>,
) -> Result<Option<String>, StepError> {
    let role = iam::find_role_by_name(clients, name).await;
    let role = role.during("role", format!("finding role {name}"))?;
    let own = role.filter(|role| {
        ObservedTags::read(&role.tags, &IgnoreRules::default(), &[]).is_owned_by(owner)
    });
    Ok(own.map(|role| role.arn))
}

async fn remove_roles(
    walk: &Walk<'_>,
    work: &Work,
    progress: &Progress<'_>,
) -> Result<(), StepError> {
    for (key, name) in &work.old_roles {
        let owner = walk.tagged.owner();
        workload_access::remove(walk.clients, walk.wait, owner, name, None).await?;
        // The attribute may hold another role by now.
        progress.note(|state| {
            let granted = state.granted(key.as_deref());
            if granted.role_arn.as_deref().and_then(name_in).as_ref() == Some(name) {
                state.set_granted(key.as_deref(), &Granted::default());
            }
        });
    }
    Ok(())
}

async fn finish(
    walk: &Walk<'_>,
    wanted: &Wanted,
    unfinished: bool,
    open: &[Grant],
) -> Vec<StepError> {
    let roles = open.iter().map(|grant| async { access(walk, grant).finish().await });
    let errors: Vec<StepError> =
        join_all(roles).await.into_iter().filter_map(Result::err).collect();
    if !errors.is_empty() || !unfinished {
        return errors;
    }
    walk.finish(wanted).await.err().into_iter().collect()
}
