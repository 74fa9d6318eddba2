//! One statement of a policy between its typed parts and its JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Principals by kind: `AWS`, `Service`, `Federated`, `CanonicalUser`.
pub type Principals = BTreeMap<String, BTreeSet<String>>;

/// One statement. Sets, so that the order in which they were given changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// Its label.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Who.
    pub principals: Principals,
    /// Everyone but these.
    pub not_principals: Principals,
    /// What.
    pub actions: BTreeSet<String>,
    /// Everything but this.
    pub not_actions: BTreeSet<String>,
    /// On what.
    pub resources: BTreeSet<String>,
    /// On everything but this.
    pub not_resources: BTreeSet<String>,
    /// When.
    pub conditions: Vec<Condition>,
}

/// One condition of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// As in `StringEquals`.
    pub operator: String,
    /// As in `aws:PrincipalOrgID`.
    pub key: String,
    /// Any of these.
    pub values: BTreeSet<String>,
}

impl Statement {
    /// The statement as JSON, its parts in one order always.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        if let Some(sid) = self.sid.as_ref().filter(|sid| !sid.is_empty()) {
            object.insert("Sid".to_owned(), json!(sid));
        }
        object.insert("Effect".to_owned(), json!(self.effect));
        for (element, principals) in
            [("Principal", &self.principals), ("NotPrincipal", &self.not_principals)]
        {
            if !principals.is_empty() {
                object.insert(element.to_owned(), json!(principals));
            }
        }
        for (element, texts) in [
            ("Action", &self.actions),
            ("NotAction", &self.not_actions),
            ("Resource", &self.resources),
            ("NotResource", &self.not_resources),
        ] {
            if !texts.is_empty() {
                object.insert(element.to_owned(), json!(texts));
            }
        }
        let mut conditions = Map::new();
        let mut sorted: Vec<&Condition> = self.conditions.iter().collect();
        sorted.sort();
        for Condition { operator, key, values } in sorted {
            let keys = conditions.entry(operator.clone()).or_insert_with(|| json!({}));
            if let Some(keys) = keys.as_object_mut() {
                keys.insert(key.clone(), json!(values));
            }
        }
        if !conditions.is_empty() {
            object.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Value::Object(object)
    }

    /// Reads a statement as AWS answers it; `None` where it has parts that this type has not.
    pub fn read(json: &Value) -> Option<Self> {
        let mut statement = Self::default();
        for (element, value) in json.as_object()? {
            match element.as_str() {
                "Sid" => statement.sid = value.as_str().map(str::to_owned),
                "Effect" => value.as_str()?.clone_into(&mut statement.effect),
                "Principal" => statement.principals = principals(value)?,
                "NotPrincipal" => statement.not_principals = principals(value)?,
                "Action" => statement.actions = texts(value)?,
                "NotAction" => statement.not_actions = texts(value)?,
                "Resource" => statement.resources = texts(value)?,
                "NotResource" => statement.not_resources = texts(value)?,
                "Condition" => statement.conditions = conditions(value)?,
                _ => return None,
            }
        }
        Some(statement)
    }

    /// Whether it lets everyone in, whatever the conditions.
    pub fn allows_everyone(&self) -> bool {
        let everyone = self.principals.values().any(|principals| principals.contains("*"));
        self.effect == "Allow" && (everyone || !self.not_principals.is_empty())
    }
}

fn principals(value: &Value) -> Option<Principals> {
    match value {
        Value::String(everyone) => {
            Some(Principals::from([("AWS".to_owned(), BTreeSet::from([everyone.clone()]))]))
        }
        Value::Object(kinds) => {
            kinds.iter().map(|(kind, value)| Some((kind.clone(), texts(value)?))).collect()
        }
        _ => None,
    }
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        single => Some(BTreeSet::from([one(single)?])),
    }
}

fn conditions(value: &Value) -> Option<Vec<Condition>> {
    let mut found = Vec::new();
    for (operator, keys) in value.as_object()? {
        for (key, values) in keys.as_object()? {
            let (operator, key) = (operator.clone(), key.clone());
            found.push(Condition { operator, key, values: texts(values)? });
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::policies::equivalent;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn sample() -> Statement {
        Statement {
            sid: Some("Partner".to_owned()),
            effect: "Allow".to_owned(),
            principals: Principals::from([("AWS".to_owned(), set(&["210987654321"]))]),
            actions: set(&["s3:PutObject", "s3:GetObject"]),
            resources: set(&["arn:aws:s3:::b/*"]),
            conditions: vec![
                Condition {
                    operator: "StringEquals".to_owned(),
                    key: "aws:PrincipalOrgID".to_owned(),
                    values: set(&["o-1"]),
                },
                Condition {
                    operator: "Bool".to_owned(),
                    key: "aws:SecureTransport".to_owned(),
                    values: set(&["true"]),
                },
            ],
            ..Statement::default()
        }
    }

    #[test]
    fn the_same_statement_gives_the_same_bytes() {
        let mut turned = sample();
        turned.conditions.reverse();
        assert_eq!(sample().to_json().to_string(), turned.to_json().to_string());
        assert_eq!(
            sample().to_json().to_string(),
            concat!(
                r#"{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":["210987654321"]},"#,
                r#""Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::b/*"],"#,
                r#""Condition":{"Bool":{"aws:SecureTransport":["true"]},"#,
                r#""StringEquals":{"aws:PrincipalOrgID":["o-1"]}}}"#,
            )
        );
    }

    #[test]
    fn what_aws_makes_of_a_statement_reads_back_as_the_same() {
        let normalised = json!({
            "Sid": "Partner",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::210987654321:root" },
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": "arn:aws:s3:::b/*",
            "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" },
                "Bool": { "aws:SecureTransport": true } },
        });
        let read = Statement::read(&normalised).unwrap();
        let document = |statement: &Statement| json!({ "Statement": [statement.to_json()] });
        assert!(equivalent(&document(&read).to_string(), &document(&sample()).to_string()));
        assert_eq!(read.resources, sample().resources);
    }

    #[test]
    fn everyone_is_told_in_every_spelling() {
        for principal in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["1", "*"] })] {
            let json =
                json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject" });
            assert!(Statement::read(&json).unwrap().allows_everyone(), "{json}");
            let deny = json!({ "Effect": "Deny", "Principal": json["Principal"], "Action": "*" });
            assert!(!Statement::read(&deny).unwrap().allows_everyone(), "{deny}");
        }
        assert!(!sample().allows_everyone());
    }

    #[test]
    fn a_part_that_is_not_known_is_not_dropped() {
        assert_eq!(Statement::read(&json!({ "Effect": "Allow", "Novel": "x" })), None);
    }
}
