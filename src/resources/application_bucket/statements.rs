//! The bucket policy between configuration and S3, both ways. Pure; `None` is "not known yet".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::model::{ConditionModel, Model, StatementModel};
use super::wanted::text;
use crate::framework::value::{Strings, Value, known_set};
use crate::platform::policies::{
    Condition, PolicyProblem, Principals, Statement, equivalent, tls_only_bucket_policy,
};
use crate::resources::bucket::{known, statements};

impl Model {
    /// The practitioner's statements.
    pub(super) fn own_statements(&self, arn: &str) -> Option<Vec<Statement>> {
        let models = known(&self.policy_statements)?.unwrap_or_default();
        models.iter().map(|model| known(model)?.unwrap_or_default().write(arn)).collect()
    }

    /// The bucket policy that should be; none where there is nothing to say.
    pub(super) fn desired_policy(
        &self,
        arn: &str,
    ) -> Option<Result<Option<String>, PolicyProblem>> {
        let own: Vec<Json> = self.own_statements(arn)?.iter().map(Statement::to_json).collect();
        let enforce_tls = known(&self.enforce_tls)?.unwrap_or(true);
        Some(tls_only_bucket_policy(arn, &own, enforce_tls))
    }

    /// Shows the policy found, in the state's own spelling where that means the same.
    pub(super) fn show_policy(&mut self, arn: &str, found: Option<&str>) {
        let desired = self.desired_policy(arn).and_then(Result::ok);
        let same = match (&desired, found) {
            (Some(None), None) => true,
            (Some(Some(desired)), Some(found)) => equivalent(desired, found),
            _ => false,
        };
        if same {
            self.policy_json = match (&self.policy_json, desired.flatten()) {
                (Value::Value(known), Some(desired)) if equivalent(known, &desired) => {
                    Value::Value(known.clone())
                }
                (_, desired) => desired.into(),
            };
            return;
        }
        self.policy_json = text(found);
        let found = found.map(statements).unwrap_or_default();
        let tls = tls_statement(arn);
        let (denials, others): (Vec<Json>, Vec<Json>) =
            found.into_iter().partition(|statement| same_statement(statement, tls.as_ref()));
        self.enforce_tls = Value::Value(!denials.is_empty());
        let shown =
            others.iter().map(|statement| Value::Value(StatementModel::read(statement, arn)));
        self.policy_statements = Value::Value(shown.collect());
    }
}

/// The statement that denies plain HTTP, as it is written.
fn tls_statement(arn: &str) -> Option<Json> {
    let policy = tls_only_bucket_policy(arn, &[], true).ok()??;
    statements(&policy).into_iter().next()
}

/// Whether a statement is the given one, whatever its label.
fn same_statement(statement: &Json, other: Option<&Json>) -> bool {
    let Some(other) = other else { return false };
    let bare = |statement: &Json| {
        let mut statement = statement.clone();
        if let Some(object) = statement.as_object_mut() {
            object.remove("Sid");
        }
        serde_json::json!({ "Statement": [statement] }).to_string()
    };
    equivalent(&bare(statement), &bare(other))
}

impl StatementModel {
    fn write(&self, arn: &str) -> Option<Statement> {
        let not_resources = on(arn, known_set(&self.not_resources)?);
        let mut resources = on(arn, known_set(&self.resources)?);
        if resources.is_empty() && not_resources.is_empty() {
            resources = BTreeSet::from([arn.to_owned(), format!("{arn}/*")]);
        }
        let conditions = known(&self.conditions)?.unwrap_or_default();
        let conditions: Option<Vec<Condition>> =
            conditions.iter().map(|one| known(one)?.unwrap_or_default().write()).collect();
        Some(Statement {
            sid: known(&self.sid)?,
            effect: known(&self.effect)?.unwrap_or_else(|| "Allow".to_owned()),
            principals: principals(&self.principals)?,
            not_principals: principals(&self.not_principals)?,
            actions: known_set(&self.actions)?,
            not_actions: known_set(&self.not_actions)?,
            resources,
            not_resources,
            conditions: conditions?,
        })
    }

    /// As a practitioner would write it. A statement with parts that have no attribute is shown
    /// without them; that it differs is all that matters, since it goes.
    fn read(json: &Json, arn: &str) -> Self {
        let statement = Statement::read(json).unwrap_or_default();
        let whole = BTreeSet::from([arn.to_owned(), format!("{arn}/*")]);
        let conditions: Vec<_> = statement
            .conditions
            .iter()
            .map(|one| {
                Value::Value(ConditionModel {
                    operator: text(Some(&one.operator)),
                    key: text(Some(&one.key)),
                    values: Value::Value(one.values.iter().cloned().collect()),
                })
            })
            .collect();
        let resources = Some(statement.resources).filter(|resources| *resources != whole);
        Self {
            sid: text(statement.sid.as_deref().filter(|sid| !sid.is_empty())),
            effect: text(Some(&statement.effect)),
            principals: shown(&statement.principals),
            not_principals: shown(&statement.not_principals),
            actions: set(statement.actions),
            not_actions: set(statement.not_actions),
            resources: set(resources.unwrap_or_default()),
            not_resources: set(statement.not_resources),
            conditions: if conditions.is_empty() { Value::Null } else { Value::Value(conditions) },
        }
    }

    /// Whether it is known to let everyone in.
    pub(super) fn allows_everyone(&self) -> bool {
        self.write("arn:aws:s3:::x").is_some_and(|statement| statement.allows_everyone())
    }
}

impl ConditionModel {
    fn write(&self) -> Option<Condition> {
        Some(Condition {
            operator: known(&self.operator)?.unwrap_or_default(),
            key: known(&self.key)?.unwrap_or_default(),
            values: known_set(&self.values)?,
        })
    }
}

/// ARNs as they are, everything else as keys of the bucket.
fn on(arn: &str, resources: BTreeSet<String>) -> BTreeSet<String> {
    let one = |resource: String| {
        if resource.starts_with("arn:") || resource == "*" {
            resource
        } else {
            format!("{arn}/{resource}")
        }
    };
    resources.into_iter().map(one).collect()
}

fn principals(value: &Value<BTreeMap<String, Value<Strings>>>) -> Option<Principals> {
    let kinds = known(value)?.unwrap_or_default();
    kinds.iter().map(|(kind, names)| Some((kind.clone(), known_set(names)?))).collect()
}

fn shown(principals: &Principals) -> Value<BTreeMap<String, Value<Strings>>> {
    if principals.is_empty() {
        return Value::Null;
    }
    let kinds = principals.iter().map(|(kind, names)| (kind.clone(), set(names.clone())));
    Value::Value(kinds.collect())
}

pub(super) fn set(texts: BTreeSet<String>) -> Value<Strings> {
    if texts.is_empty() { Value::Null } else { Value::Value(texts.into_iter().collect()) }
}
