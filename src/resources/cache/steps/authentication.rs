//! Step `authentication`: by users, or by a token that is changed in two phases.
//!
//! `ROTATE` lets the new token in beside the one there is, or beside none; `SET` leaves only the new
//! one. Which phase was reached is kept beside the state as the number of the token, never the
//! token, so that a change that broke off goes on where it was.

use std::collections::BTreeSet;

use super::Walk;
use crate::aws::elasticache::modify::Changes;
use crate::aws::elasticache::replication_groups::ReplicationGroup;
use crate::framework::value::{AttributePath, Value};
use crate::resources::cache::wanted;
use crate::resources::step::StepError;

const STEP: &str = "authentication";

/// The private key that says which token was let in and is not the only one yet.
const ROTATED: &str = "auth_token_rotated";

/// What is done to a token, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::resources::cache) struct Phases {
    pub(in crate::resources::cache) rotate: bool,
    pub(in crate::resources::cache) set: bool,
}

/// The phases a strategy asks for. `changed`: the token is another one than before; `rotated`: it
/// was let in by an earlier apply.
pub(in crate::resources::cache) fn phases(strategy: &str, changed: bool, rotated: bool) -> Phases {
    match strategy {
        "ROTATE" => Phases { rotate: changed && !rotated, set: false },
        "SET" => Phases { rotate: false, set: changed || rotated },
        _ => Phases { rotate: changed && !rotated, set: changed || rotated },
    }
}

fn token_settled(group: &ReplicationGroup) -> Option<String> {
    if let Some(status) = group.pending.get("AuthTokenStatus") {
        return Some(format!("the token is {status}"));
    }
    (!group.auth_token_enabled).then(|| "the token is not in effect".to_owned())
}

impl Walk<'_> {
    /// Attaches users and ends a token, or sets a token and ends users.
    pub(super) async fn authentication(&mut self) -> Result<(), StepError> {
        let wanted = wanted::user_groups(&self.planned);
        let found: BTreeSet<String> = self.group.user_group_ids.iter().cloned().collect();
        let add: Vec<String> = wanted.difference(&found).cloned().collect();
        let remove: Vec<String> = found.difference(&wanted).cloned().collect();
        if !add.is_empty() {
            self.attach_users(&wanted, add, remove).await?;
        } else if !remove.is_empty() {
            self.detach_users(&wanted, remove).await?;
        }
        let planned = self.planned.clone();
        self.recorder.update(|state| state.user_group_ids = planned.user_group_ids);
        self.token().await
    }

    async fn attach_users(
        &mut self,
        wanted: &BTreeSet<String>,
        add: Vec<String>,
        remove: Vec<String>,
    ) -> Result<(), StepError> {
        let changes = Changes {
            // Users and a token do not go together, and only this moment ends a token.
            auth_token_update_strategy: self.group.auth_token_enabled.then(|| "DELETE".to_owned()),
            user_groups_to_add: add,
            user_groups_to_remove: remove,
            ..Changes::default()
        };
        let doing = "attaching the user group";
        self.modify(STEP, doing, &changes, true, |group| attached(wanted, group))
            .await
            .map_err(|error| error.blame(AttributePath::new("users")))?;
        self.recorder.private.remove(ROTATED);
        self.recorder.update(|state| state.auth_token_wo_version = Value::Null);
        Ok(())
    }

    async fn detach_users(
        &mut self,
        wanted: &BTreeSet<String>,
        remove: Vec<String>,
    ) -> Result<(), StepError> {
        // A token comes in the moment the users go, so that the cache is never open.
        let token = self.config.auth_token_wo.clone().as_option();
        let rotate = token.is_some();
        let changes = Changes {
            auth_token_update_strategy: rotate.then(|| "ROTATE".to_owned()),
            auth_token: token,
            user_groups_to_remove: remove,
            ..Changes::default()
        };
        let doing = "detaching the user group";
        self.modify(STEP, doing, &changes, true, |group| attached(wanted, group))
            .await
            .map_err(|error| error.blame(AttributePath::new("users")))?;
        if rotate {
            self.keep_rotated();
        }
        Ok(())
    }

    /// The number of the configured token.
    fn token_version(&self) -> Option<String> {
        self.planned.auth_token_wo_version.as_option().map(|version| version.to_string())
    }

    fn keep_rotated(&mut self) {
        if let Some(version) = self.token_version() {
            self.recorder.private.set_text(ROTATED, version);
        }
    }

    async fn token(&mut self) -> Result<(), StepError> {
        let Some(version) = self.token_version() else { return Ok(()) };
        // What was created with the token has it.
        let Some(prior) = &self.prior else { return Ok(()) };
        let changed = prior.auth_token_wo_version != self.planned.auth_token_wo_version
            || !self.group.auth_token_enabled;
        let rotated = self.recorder.private.text(ROTATED) == Some(&*version);
        let strategy = self.planned.auth_token_update_strategy.clone().unwrap_or_default();
        let Phases { rotate, set } = phases(&strategy, changed, rotated);
        if rotate {
            self.change_token("ROTATE", "letting the new token in").await?;
            self.keep_rotated();
        }
        if set {
            self.change_token("SET", "making the new token the only one").await?;
            self.recorder.private.remove(ROTATED);
        }
        let version = self.planned.auth_token_wo_version;
        self.recorder.update(|state| state.auth_token_wo_version = version);
        Ok(())
    }

    async fn change_token(&mut self, strategy: &str, doing: &str) -> Result<(), StepError> {
        let Value::Value(token) = &self.config.auth_token_wo else {
            let why = "auth_token_wo is null".to_owned();
            let next = "Give auth_token_wo together with auth_token_wo_version.";
            return Err(StepError::refused(STEP, doing, why, next)
                .blame(AttributePath::new("auth_token_wo")));
        };
        let changes = Changes {
            auth_token: Some(token.clone()),
            auth_token_update_strategy: Some(strategy.to_owned()),
            ..Changes::default()
        };
        self.modify(STEP, doing, &changes, true, token_settled)
            .await
            .map_err(|error| error.blame(AttributePath::new("auth_token_wo")))
    }
}

fn attached(wanted: &BTreeSet<String>, group: &ReplicationGroup) -> Option<String> {
    let found: BTreeSet<String> = group.user_group_ids.iter().cloned().collect();
    let moving = group.pending.contains_key("UserGroups");
    (moving || found != *wanted).then(|| "the user group is changing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_goes_on_where_it_was() {
        let phase = |rotate, set| Phases { rotate, set };
        assert_eq!(phases("ROTATE_AND_SET", true, false), phase(true, true));
        assert_eq!(phases("ROTATE_AND_SET", true, true), phase(false, true), "broke off between");
        assert_eq!(phases("ROTATE_AND_SET", false, false), phase(false, false));
        assert_eq!(phases("ROTATE", true, false), phase(true, false));
        assert_eq!(phases("ROTATE", false, true), phase(false, false));
        assert_eq!(phases("SET", true, false), phase(false, true), "the first token");
        assert_eq!(phases("SET", false, true), phase(false, true), "after a ROTATE");
        assert_eq!(phases("ROTATE_AND_SET", false, true), phase(false, true));
    }
}
