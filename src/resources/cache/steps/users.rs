//! Step `users`: the users and the group they are in.
//!
//! Users exist before the group, and the group before the replication group that names it. A user
//! leaves the group before it is deleted.

use std::collections::{BTreeMap, BTreeSet};

use rustls::crypto::aws_lc_rs;

use super::Walk;
use crate::aws::elasticache::users::{self, Authentication};
use crate::aws::retry;
use crate::framework::private::Private;
use crate::framework::value::{AttributePath, Value};
use crate::platform::cache;
use crate::resources::cache::model::User;
use crate::resources::cache::wanted;
use crate::resources::step::{During, StepError};
use crate::sensitive::Sensitive;

const STEP: &str = "users";

/// The status of what AWS has begun to delete.
pub(in crate::resources::cache) const DELETING: &str = "deleting";

impl Walk<'_> {
    /// Creates and changes the users, then their group.
    pub(super) async fn users(&mut self) -> Result<(), StepError> {
        let planned = wanted::users(&self.planned);
        if planned.is_empty() {
            return Ok(());
        }
        let before = self.prior.as_ref().map(wanted::users).unwrap_or_default();
        let mut ids = BTreeSet::new();
        for (name, user) in &planned {
            let id = wanted::user_id(&self.id, name, user);
            let known = before.get(name).filter(|b| wanted::user_id(&self.id, name, b) == id);
            self.one_user(&id, name, user, known).await?;
            ids.insert(id);
        }
        self.user_group(&ids).await?;
        let users = self.planned.users.clone();
        self.recorder.update(|state| state.users = users);
        // Kept beside the state, which knows no more of them than of the group they have left.
        let mut going = former_ids(&self.id, &before);
        going.extend(leaving(&self.recorder.private));
        going.retain(|id| !ids.contains(id));
        keep_leaving(&mut self.recorder.private, &going);
        for id in &going {
            delete_user(&self.clients, id, &self.wait).await?;
        }
        keep_leaving(&mut self.recorder.private, &BTreeSet::new());
        Ok(())
    }

    async fn one_user(
        &mut self,
        id: &str,
        name: &str,
        user: &User,
        known: Option<&User>,
    ) -> Result<(), StepError> {
        let doing = format!("creating the user {id}");
        let blame =
            |error: StepError| error.blame(AttributePath::new("users").key(name.to_owned()));
        let access = user.access_string.clone().unwrap_or_default();
        let found = users::find_user(&self.clients, id).await;
        let Some(found) = found.during(STEP, format!("looking up the user {id}"))? else {
            let authentication = self.authentication_of(name, user)?;
            let tags = self.part_tags();
            let user = users::create_user(&self.clients, id, name, &access, &authentication, &tags)
                .await
                .during(STEP, &*doing)
                .map_err(blame)?;
            self.made_part(user.arn.as_deref());
            self.begin_record();
            return users::wait_user_active(&self.clients, id, &self.wait)
                .await
                .during(STEP, doing);
        };
        let what = format!("the user {id}");
        if known.is_none() && !self.owns(STEP, &what, found.arn.as_deref()).await? {
            let next = "Choose another name, or attach the group it is in with user_group_ids.";
            return Err(blame(self.foreign(STEP, &doing, &what, next)));
        }
        self.begin_record();
        let new_access =
            (!cache::same_access_string(&access, &found.access_string)).then_some(&*access);
        let kind = if wanted::is_iam(user) { "iam" } else { "password" };
        let new_passwords =
            known.is_none_or(|known| known.passwords_wo_version != user.passwords_wo_version);
        let supplied = self.is_supplied(name);
        let new_authentication = if found.authentication != kind || (new_passwords && !supplied) {
            Some(self.authentication_of(name, user)?)
        } else {
            None
        };
        if new_access.is_none() && new_authentication.is_none() {
            return Ok(());
        }
        let doing = format!("changing the user {id}");
        self.wait
            .retry_while(retry::busy, || {
                users::modify_user(&self.clients, id, new_access, new_authentication.as_ref())
            })
            .await
            .during(STEP, &*doing)
            .map_err(blame)?;
        users::wait_user_active(&self.clients, id, &self.wait).await.during(STEP, doing)
    }

    fn is_supplied(&self, name: &str) -> bool {
        !matches!(&self.planned.users, Value::Value(users) if users.contains_key(name))
    }

    /// How a user authenticates, with the passwords of the configuration.
    fn authentication_of(&self, name: &str, user: &User) -> Result<Authentication, StepError> {
        if wanted::is_iam(user) {
            return Ok(Authentication::Iam);
        }
        if self.is_supplied(name) {
            return locked().map(|password| Authentication::Passwords(vec![password]));
        }
        let configured = match &self.config.users {
            Value::Value(users) => match users.get(name) {
                Some(Value::Value(user)) => user.passwords_wo.clone(),
                _ => Value::Null,
            },
            _ => Value::Null,
        };
        let passwords = match configured {
            Value::Value(passwords) => passwords.into_iter().flatten().collect(),
            _ => Vec::new(),
        };
        if passwords.is_empty() {
            let why = format!("users[{name:?}] has no password");
            let next = "Give passwords_wo and passwords_wo_version.";
            let path = AttributePath::new("users").key(name.to_owned()).attribute("passwords_wo");
            return Err(StepError::refused(STEP, "setting the password", why, next).blame(path));
        }
        Ok(Authentication::Passwords(passwords))
    }

    async fn user_group(&mut self, ids: &BTreeSet<String>) -> Result<(), StepError> {
        let group_id = cache::user_group(&self.id);
        let doing = format!("creating the user group {group_id}");
        let found = users::find_user_group(&self.clients, &group_id).await;
        let found = found.during(STEP, format!("looking up the user group {group_id}"))?;
        let Some(found) = found else {
            let tags = self.own_tags(None);
            users::create_user_group(&self.clients, &group_id, ids, &tags)
                .await
                .during(STEP, &*doing)?;
            self.record_user_group(&group_id);
            return users::wait_user_group_active(&self.clients, &group_id, &self.wait)
                .await
                .during(STEP, doing);
        };
        let what = format!("the user group {group_id}");
        let known = self.prior.as_ref().is_some_and(|prior| prior.user_group_id.is_value());
        if !known && !self.owns(STEP, &what, found.arn.as_deref()).await? {
            return Err(self.foreign(STEP, &doing, &what, "Attach it with user_group_ids."));
        }
        self.record_user_group(&group_id);
        let add: BTreeSet<String> = ids.difference(&found.user_ids).cloned().collect();
        let remove: BTreeSet<String> = found.user_ids.difference(ids).cloned().collect();
        let doing = format!("changing the users of {group_id}");
        if !add.is_empty() || !remove.is_empty() {
            let is_heard = || async {
                let found = users::find_user_group(&self.clients, &group_id).await?;
                Ok(found.is_some_and(|group| group.user_ids == *ids))
            };
            self.wait
                .retry_until_heard(retry::busy, is_heard, || {
                    users::modify_user_group(&self.clients, &group_id, &add, &remove)
                })
                .await
                .during(STEP, &*doing)?;
        }
        users::wait_user_group_active(&self.clients, &group_id, &self.wait)
            .await
            .during(STEP, doing)
    }

    fn record_user_group(&mut self, id: &str) {
        self.begin_record();
        self.recorder.update(|state| state.user_group_id = Value::Value(id.to_owned()));
    }
}

/// Where the ids of users are kept that have left their group and are to be deleted.
const LEAVING: &str = "leaving_users";

/// The ids of users that an update was to delete and has not.
pub(in crate::resources::cache) fn leaving(private: &Private) -> BTreeSet<String> {
    let ids = private.text(LEAVING).unwrap_or_default();
    ids.split_whitespace().map(str::to_owned).collect()
}

/// Keeps the ids of users that are to be deleted unless an update wants them.
pub(in crate::resources::cache) fn keep_leaving(private: &mut Private, ids: &BTreeSet<String>) {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    if ids.is_empty() {
        private.remove(LEAVING);
    } else {
        private.set_text(LEAVING, ids.join(" "));
    }
}

/// The ids of users there were.
pub(in crate::resources::cache) fn former_ids(
    cache: &str,
    users: &BTreeMap<String, User>,
) -> BTreeSet<String> {
    users.iter().map(|(name, user)| wanted::user_id(cache, name, user)).collect()
}

/// Deletes a user and waits until it is gone; a group may still be letting go of it.
pub(in crate::resources::cache) async fn delete_user(
    clients: &crate::aws::Clients,
    id: &str,
    wait: &crate::aws::Wait,
) -> Result<(), StepError> {
    let doing = format!("deleting the user {id}");
    let is_going = || async {
        let found = users::find_user(clients, id).await?;
        Ok(found.is_none_or(|user| user.status == DELETING))
    };
    wait.retry_until_heard(retry::still_in_use, is_going, || users::delete_user(clients, id))
        .await
        .during(STEP, &*doing)?;
    users::wait_user_deleted(clients, id, wait).await.during(STEP, doing)
}

/// Deletes a user group and waits until it is gone.
pub(in crate::resources::cache) async fn delete_user_group(
    clients: &crate::aws::Clients,
    id: &str,
    wait: &crate::aws::Wait,
) -> Result<(), StepError> {
    let doing = format!("deleting the user group {id}");
    match users::find_user_group(clients, id).await.during(STEP, &*doing)? {
        None => return Ok(()),
        Some(group) if group.status == DELETING => {}
        // The cache has just let go of it, which it takes a moment to notice.
        Some(_) => {
            users::wait_user_group_active(clients, id, wait).await.during(STEP, &*doing)?;
        }
    }
    let is_going = || async {
        let found = users::find_user_group(clients, id).await?;
        Ok(found.is_none_or(|group| group.status == DELETING))
    };
    wait.retry_until_heard(retry::still_in_use, is_going, || users::delete_user_group(clients, id))
        .await
        .during(STEP, &*doing)?;
    users::wait_user_group_deleted(clients, id, wait).await.during(STEP, doing)
}

/// A password nobody knows, for a user nobody is to be: it is off, and AWS wants every user of a
/// Valkey group to have a password.
fn locked() -> Result<Sensitive, StepError> {
    let mut bytes = [0_u8; 48];
    aws_lc_rs::default_provider().secure_random.fill(&mut bytes).map_err(|_| {
        let why = "the system has no random numbers".to_owned();
        StepError::refused(STEP, "locking the default user", why, "Try again.")
    })?;
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Sensitive::new(digits.concat()))
}
