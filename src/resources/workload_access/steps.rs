//! Bringing the rights about: the same walk for create and update.

use super::find::{find, find_association, foreign_association, foreign_role};
use super::{Granted, Observed, Workload};
use crate::aws::eks::{self, Association, AssociationKey};
use crate::aws::iam::{self, NewRole, Role};
use crate::aws::tags::TagChanges as Calls;
use crate::aws::{self, Clients, Wait, retry};
use crate::platform::naming::creation_token;
use crate::platform::tags::{self, IgnoreRules, Observed as ObservedTags, TagChanges};
use crate::resources::step::{During, StepError, proceed};

/// How often a token is tried that turns out to belong to a deleted association.
const ATTEMPTS: u32 = 3;

/// What a walk has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// What exists.
    pub granted: Granted,
    /// Whether the role carries the creation marker still: then [`finish`] follows.
    pub unfinished: bool,
}

/// Brings role, policy and association about. `granted` is what the state knows; `record` is told
/// what exists as soon as it does. The creation marker stays until [`finish`].
pub async fn bring_about(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    granted: &Granted,
    ignore: &IgnoreRules,
    record: &(dyn Fn(&Granted) + Send + Sync),
) -> Result<Brought, StepError> {
    let doing = format!("finding role {}", workload.role_in_use());
    proceed(wait, "role", &doing)?;
    let observed = find(clients, workload, granted).await.during("role", &doing)?;
    let mut granted = granted.clone();

    let (role, fresh) = if workload.given_role_arn.is_some() {
        (given_role(&observed, &doing)?, false)
    } else {
        role(clients, workload, &granted, &observed, ignore).await?
    };
    granted.role_arn = Some(role.arn.clone());
    record(&granted);

    let mut settling = fresh;
    if workload.given_role_arn.is_none() {
        proceed(wait, "role_policy", &format!("granting rights to role {}", role.name))?;
        settling |= role_policy(clients, wait, workload, &observed).await?;
    }

    let mut unfinished = fresh || role.tags.contains_key(tags::CREATING);
    if let Some(key) = &workload.key {
        proceed(wait, "association", "associating the role with its service account")?;
        let seen = Seen { role: &role, settling, known: &granted };
        let association =
            association(clients, wait, workload, key, observed.association, &seen, ignore).await?;
        if workload.given_role_arn.is_some() {
            unfinished = association.tags.contains_key(tags::CREATING);
        }
        granted.association_id = Some(association.id);
        record(&granted);
    }
    Ok(Brought { granted, unfinished })
}

/// The role that was made elsewhere.
fn given_role(observed: &Observed, doing: &str) -> Result<Role, StepError> {
    observed.role.clone().ok_or_else(|| {
        let why = "there is no such role in this account".to_owned();
        StepError::refused("role", doing, why, "Create it, or name another role.")
    })
}

/// Takes the creation marker off the role, or off the association where the role is given: the last
/// step of the whole composite.
pub async fn finish(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    ignore: &IgnoreRules,
) -> Result<(), StepError> {
    if workload.given_role_arn.is_some() {
        return finish_association(clients, wait, workload, ignore).await;
    }
    let doing = format!("marking role {} as complete", workload.role_name);
    proceed(wait, "marker", &doing)?;
    let role =
        iam::find_role_by_name(clients, &workload.role_name).await.during("marker", &doing)?;
    let Some(role) = role else { return Ok(()) };
    let changes = workload.tag_changes(&role.tags, ignore);
    iam::change_role_tags(clients, &role.name, &calls(changes)).await.during("marker", doing)
}

async fn finish_association(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    ignore: &IgnoreRules,
) -> Result<(), StepError> {
    let doing = "marking the Pod Identity association as complete";
    proceed(wait, "marker", doing)?;
    let found = find_association(clients, workload.key.as_ref(), None).await;
    let Some(association) = found.during("marker", doing)? else { return Ok(()) };
    let changes = workload.tag_changes(&association.tags, ignore);
    change_association_tags(clients, &association, changes).await.during("marker", doing)
}

/// The role, and whether it was made just now.
async fn role(
    clients: &Clients,
    workload: &Workload,
    granted: &Granted,
    observed: &Observed,
    ignore: &IgnoreRules,
) -> Result<(Role, bool), StepError> {
    let name = &workload.role_name;
    let (existing, fresh) = match &observed.role {
        Some(existing) => (existing.clone(), false),
        None => match create_role(clients, workload).await? {
            Made::New(role) => return Ok((role, true)),
            Made::Before(role) => (role, true),
        },
    };
    let existing = &existing;
    // The ARN in the state says that this very role was made or imported before.
    if granted.role_arn.as_deref() != Some(existing.arn.as_str()) {
        may_take_over(existing, workload)?;
    }
    if !workload.trusts(existing.trust_policy.as_deref()) {
        iam::update_trust_policy(clients, name, &workload.trust_policy)
            .await
            .during("role", format!("changing the trust policy of role {name}"))?;
    }
    role_settings(clients, workload, existing).await?;
    let changes = workload.tag_changes_before_the_end(&existing.tags, ignore);
    iam::change_role_tags(clients, name, &calls(changes))
        .await
        .during("role", format!("changing the tags of role {name}"))?;
    Ok((existing.clone(), fresh))
}

/// What asking for a role came to.
enum Made {
    New(Role),
    /// The answer to an earlier attempt was lost, or somebody was faster.
    Before(Role),
}

async fn create_role(clients: &Clients, workload: &Workload) -> Result<Made, StepError> {
    let name = &workload.role_name;
    let doing = format!("creating role {name}");
    let new = NewRole {
        name: name.clone(),
        trust_policy: workload.trust_policy.clone(),
        description: Some(workload.description.clone()),
        path: workload.role.path.clone(),
        permissions_boundary: workload.role.permissions_boundary.clone(),
        max_session_duration_seconds: workload.role.max_session_duration_seconds,
        tags: tags::written(&workload.tags_all, workload.owner(), true),
    };
    match iam::create_role(clients, &new).await {
        Err(error) if error.is_code("EntityAlreadyExists") => {
            let found = iam::find_role_by_name(clients, name).await.during("role", &*doing)?;
            found.map(Made::Before).ok_or(error).during("role", doing)
        }
        created => created.map(Made::New).during("role", doing),
    }
}

/// Boundary and longest session of a role that exists.
async fn role_settings(
    clients: &Clients,
    workload: &Workload,
    existing: &Role,
) -> Result<(), StepError> {
    let name = &existing.name;
    if let Some(boundary) = workload.bounds(existing) {
        let changed = match boundary {
            Some(arn) => iam::put_permissions_boundary(clients, name, arn).await,
            None => iam::delete_permissions_boundary(clients, name).await,
        };
        changed.during("role", format!("changing the permissions boundary of role {name}"))?;
    }
    if let Some(seconds) = workload.session_duration(existing) {
        iam::update_max_session_duration(clients, existing, seconds)
            .await
            .during("role", format!("changing the longest session of role {name}"))?;
    }
    Ok(())
}

fn may_take_over(existing: &Role, workload: &Workload) -> Result<(), StepError> {
    let tags = ObservedTags::read(&existing.tags, &IgnoreRules::default(), &[]);
    if tags.may_be_adopted_by(workload.owner()) {
        return Ok(());
    }
    let why = foreign_role(existing, workload.owner()).unwrap_or_else(|| {
        format!("role {} exists, complete, and is not in this state", existing.name)
    });
    Err(StepError::refused(
        "role",
        &format!("creating role {}", existing.name),
        why,
        "Import the object it belongs to, choose another role name, or delete the role.",
    ))
}

/// The inline policy and the attached ones; answers whether anything was changed.
async fn role_policy(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    observed: &Observed,
) -> Result<bool, StepError> {
    let Workload { role_name: role, policy_name, .. } = workload;
    let mut changed = false;
    if !workload.grants(observed.policy.as_deref()) {
        changed = true;
        let doing = format!("writing inline policy {policy_name} of role {role}");
        let write = || async {
            match &workload.policy {
                Some(policy) => iam::put_inline_policy(clients, role, policy_name, policy).await,
                None => iam::delete_inline_policy(clients, role, policy_name).await,
            }
        };
        wait.within(retry::PROPAGATION)
            .retry_while(aws::Error::is_not_found, write)
            .await
            .during("role_policy", doing)?;
    }
    for arn in workload.managed_policy_arns.difference(&observed.attached) {
        changed = true;
        iam::attach_policy(clients, role, arn)
            .await
            .during("role_policy", format!("attaching {arn} to role {role}"))?;
    }
    for arn in workload.unwanted_policies(observed) {
        changed = true;
        iam::detach_policy(clients, role, arn)
            .await
            .during("role_policy", format!("detaching {arn} from role {role}"))?;
    }
    Ok(changed)
}

/// What the association step starts from.
struct Seen<'a> {
    role: &'a Role,
    /// The role was changed just now: EKS may not see it yet.
    settling: bool,
    known: &'a Granted,
}

async fn association(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    key: &AssociationKey,
    existing: Option<Association>,
    seen: &Seen<'_>,
    ignore: &IgnoreRules,
) -> Result<Association, StepError> {
    let doing = format!(
        "associating role {} with service account {}/{} of cluster {}",
        seen.role.name, key.namespace, key.service_account, key.cluster_name
    );
    let Some(existing) = existing else {
        return create_association(clients, wait, workload, key, seen, &doing).await;
    };
    let known = seen.known.association_id.as_ref() == Some(&existing.id);
    if !known {
        may_take_over_association(&existing, workload, &doing)?;
    }
    let as_wanted = existing.role_arn == seen.role.arn && workload.has_sessions(&existing);
    let changes = workload.association_tag_changes(&existing.tags, ignore);
    if existing.owner_arn.is_some() && (!as_wanted || !changes.is_empty()) {
        let why = foreign_association(&existing, workload.owner()).unwrap_or_default();
        return Err(taken(&doing, why));
    }
    if !as_wanted {
        let wait = wait.within(retry::PROPAGATION);
        wait.retry_while(
            |error| seen.settling && retry::role_not_visible(error),
            || {
                let (cluster, role) = (&key.cluster_name, &seen.role.arn);
                eks::update_association(clients, cluster, &existing.id, role, &workload.session)
            },
        )
        .await
        .during("association", &doing)?;
    }
    change_association_tags(clients, &existing, changes).await.during("association", &doing)?;
    Ok(existing)
}

async fn change_association_tags(
    clients: &Clients,
    association: &Association,
    changes: TagChanges,
) -> Result<(), aws::Error> {
    if !changes.put.is_empty() {
        eks::set_tags(clients, &association.arn, &changes.put).await?;
    }
    if !changes.remove.is_empty() {
        eks::remove_tags(clients, &association.arn, &changes.remove).await?;
    }
    Ok(())
}

/// Where the role is given, nothing but the association's own marker says that a create was cut off.
fn may_take_over_association(
    existing: &Association,
    workload: &Workload,
    doing: &str,
) -> Result<(), StepError> {
    if let Some(why) = foreign_association(existing, workload.owner()) {
        return Err(taken(doing, why));
    }
    if workload.given_role_arn.is_none() || existing.tags.contains_key(tags::CREATING) {
        return Ok(());
    }
    let why = format!("association {} exists, complete, and is not in this state", existing.id);
    Err(StepError::refused("association", doing, why, "Import the object it belongs to."))
}

/// What asking for an association came to.
enum Answered {
    Created(Association),
    /// The service account has one already.
    Exists(Association),
}

async fn create_association(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    key: &AssociationKey,
    seen: &Seen<'_>,
    doing: &str,
) -> Result<Association, StepError> {
    let AssociationKey { cluster_name, namespace, service_account } = key;
    // The role's unique id is another one after re-creation, and so is the token.
    let name = format!("{cluster_name}/{namespace}/{service_account}/{}", seen.role.id);
    let marked = workload.given_role_arn.is_some();
    let written = tags::written(&workload.tags_all, workload.owner(), marked);
    for attempt in 0..ATTEMPTS {
        let token = creation_token("", clients.region(), workload.kind, &name, attempt);
        // A service account whose association went moments ago is still said to have one.
        let again = |error: &aws::Error| {
            retry::role_not_visible(error) || error.is_code("ResourceInUseException")
        };
        let answered = wait
            .within(retry::PROPAGATION)
            .retry_while(again, || async {
                let (role, session) = (&seen.role.arn, &workload.session);
                let created =
                    eks::create_association(clients, key, role, session, &token, &written).await;
                match created {
                    Ok(created) => Ok(Answered::Created(created)),
                    Err(error) if error.is_code("ResourceInUseException") => {
                        let found = find_association(clients, Some(key), None).await?;
                        found.map(Answered::Exists).ok_or(error)
                    }
                    Err(error) => Err(error),
                }
            })
            .await
            .during("association", doing)?;
        match answered {
            Answered::Created(created) => {
                // A token remembers its first answer, also when that association is deleted.
                let found = eks::find_association_by_id(clients, cluster_name, &created.id).await;
                if found.during("association", doing)?.is_some() {
                    return Ok(created);
                }
            }
            Answered::Exists(other) => {
                may_take_over_association(&other, workload, doing)?;
                return Ok(other);
            }
        }
    }
    let why = "EKS keeps answering with an association that is deleted".to_owned();
    Err(StepError::refused("association", doing, why, "Wait a little."))
}

fn taken(doing: &str, why: String) -> StepError {
    StepError::refused(
        "association",
        doing,
        why,
        "Delete that association, or choose another namespace or service account.",
    )
}

fn calls(changes: TagChanges) -> Calls {
    let TagChanges { put, remove } = changes;
    Calls { set: put, remove }
}
