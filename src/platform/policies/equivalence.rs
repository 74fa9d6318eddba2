//! Whether two policy documents say the same.
//!
//! AWS stores a document much as it was sent, but not always: a single element loses its list, an
//! account id becomes the ARN of its root, missing parts are filled in. Told apart by text alone,
//! every refresh would show a change. What IAM does not distinguish is not distinguished here:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>.

use serde_json::{Map, Value, json};

/// The version of a document that names none.
const DEFAULT_VERSION: &str = "2008-10-17";

/// Whether the two documents grant and deny the same. Texts that are not JSON objects are
/// compared as they are.
pub fn equivalent(one: &str, two: &str) -> bool {
    match (Document::read(one), Document::read(two)) {
        (Some(one), Some(two)) => one.says_the_same_as(&two),
        _ => one == two,
    }
}

/// A document in the one form that all its spellings share.
struct Document {
    version: Value,
    statements: Vec<Statement>,
}

struct Statement {
    /// A label without effect: it must agree only when both sides have one.
    sid: Option<String>,
    body: Map<String, Value>,
}

impl Document {
    fn read(text: &str) -> Option<Self> {
        let Value::Object(mut document) = serde_json::from_str(text).ok()? else { return None };
        let version = document.remove("Version").unwrap_or_else(|| json!(DEFAULT_VERSION));
        let statements = match document.remove("Statement") {
            Some(Value::Array(statements)) => statements,
            Some(statement) => vec![statement],
            None => vec![],
        };
        let statements = statements.into_iter().map(Statement::read).collect::<Option<_>>()?;
        Some(Self { version, statements })
    }

    fn says_the_same_as(&self, other: &Self) -> bool {
        if self.version != other.version || self.statements.len() != other.statements.len() {
            return false;
        }
        let mut unmatched: Vec<&Statement> = other.statements.iter().collect();
        // Labelled statements choose first, so that they find their namesakes.
        let (labelled, plain): (Vec<_>, Vec<_>) =
            self.statements.iter().partition(|statement| statement.sid.is_some());
        labelled.into_iter().chain(plain).all(|statement| {
            let exact =
                unmatched.iter().position(|o| o.body == statement.body && o.sid == statement.sid);
            let found = exact.or_else(|| unmatched.iter().position(|o| statement.matches(o)));
            found.map(|place| unmatched.swap_remove(place)).is_some()
        })
    }
}

impl Statement {
    fn read(value: Value) -> Option<Self> {
        let Value::Object(mut raw) = value else { return None };
        let sid = match raw.remove("Sid") {
            Some(Value::String(sid)) if !sid.is_empty() => Some(sid),
            _ => None,
        };
        let body = raw.into_iter().filter_map(|(element, value)| {
            let value = match element.as_str() {
                "Action" | "NotAction" => set(value, str::to_ascii_lowercase),
                "Resource" | "NotResource" => set(value, str::to_owned),
                "Principal" | "NotPrincipal" => principal(value),
                "Condition" => condition(value)?,
                _ => value,
            };
            Some((element, value))
        });
        Some(Self { sid, body: body.collect() })
    }

    fn matches(&self, other: &Self) -> bool {
        let labels = match (&self.sid, &other.sid) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        labels && self.body == other.body
    }
}

/// A list without order and repetition; a single element is a list of one. Numbers and booleans
/// are their text, as IAM compares them.
fn set(value: Value, normal: impl Fn(&str) -> String) -> Value {
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    let mut texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            Value::String(text) => normal(text),
            other => normal(&other.to_string()),
        })
        .collect();
    texts.sort_unstable();
    texts.dedup();
    json!(texts)
}

/// `"*"` is `{"AWS": "*"}`, and an account id is the root of the account.
fn principal(value: Value) -> Value {
    let entries = match value {
        Value::Object(entries) => entries,
        everyone => Map::from_iter([("AWS".to_owned(), everyone)]),
    };
    let entries = entries.into_iter().map(|(kind, value)| {
        let value = if kind == "AWS" { set(value, account) } else { set(value, str::to_owned) };
        (kind, value)
    });
    Value::Object(entries.collect())
}

/// The account id of an ARN of an account's root; any other text as it is.
fn account(text: &str) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", id, "root"] if is_account_id(id) => (*id).to_owned(),
        _ => text.to_owned(),
    }
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

/// Condition keys have no case, values are sets, and an empty condition is none.
fn condition(value: Value) -> Option<Value> {
    let Value::Object(operators) = value else { return Some(value) };
    let mut normal = Map::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            normal.insert(operator, keys);
            continue;
        };
        let boolean = operator.contains("Bool") || operator.starts_with("Null");
        let keys = keys.into_iter().map(|(key, value)| {
            let text = |text: &str| if boolean { text.to_ascii_lowercase() } else { text.into() };
            (key.to_ascii_lowercase(), set(value, text))
        });
        normal.insert(operator, Value::Object(keys.collect()));
    }
    (!normal.is_empty()).then_some(Value::Object(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Read","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},
         "Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]},
        {"Sid":"Tls","Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*",
         "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

    /// The base with the first occurrence of each text replaced.
    fn with(changes: &[(&str, &str)]) -> String {
        changes.iter().fold(BASE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
    }

    #[test]
    fn other_spellings_of_the_same_policy_are_equivalent() {
        for (what, changes) in [
            ("nothing", vec![]),
            ("white space", vec![("\n", "  ")]),
            ("scalar to list", vec![(r#""s3:*""#, r#"["s3:*"]"#)]),
            (
                "order of actions",
                vec![(
                    r#"["s3:GetObject","s3:ListBucket"]"#,
                    r#"["s3:ListBucket","s3:GetObject"]"#,
                )],
            ),
            (
                "repeated action",
                vec![(r#"["s3:GetObject","#, r#"["s3:GetObject","s3:GetObject","#)],
            ),
            ("case of actions", vec![("s3:GetObject", "S3:getobject")]),
            (
                "order of resources",
                vec![(
                    r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#,
                    r#"["arn:aws:s3:::b/*","arn:aws:s3:::b"]"#,
                )],
            ),
            ("account id", vec![("arn:aws:iam::123456789012:root", "123456789012")]),
            (
                "principal list",
                vec![(
                    r#""arn:aws:iam::123456789012:root""#,
                    r#"["arn:aws:iam::123456789012:root"]"#,
                )],
            ),
            ("everyone", vec![(r#"{"AWS":"*"}"#, r#""*""#)]),
            ("boolean value", vec![(r#""false""#, "false")]),
            ("boolean case", vec![(r#""false""#, r#""False""#)]),
            ("condition list", vec![(r#""false""#, r#"["false"]"#)]),
            ("case of condition keys", vec![("aws:SecureTransport", "AWS:securetransport")]),
            ("missing sid", vec![(r#""Sid":"Read","#, "")]),
            ("empty sid", vec![(r#""Sid":"Read""#, r#""Sid":"""#)]),
            ("both sids missing", vec![(r#""Sid":"Read","#, ""), (r#""Sid":"Tls","#, "")]),
            ("id", vec![(r#""Statement""#, r#""Id":"policy-1","Statement""#)]),
            (
                "order of elements",
                vec![(r#""Action":"s3:*","Resource":"*""#, r#""Resource":"*","Action":"s3:*""#)],
            ),
            (
                "empty condition",
                vec![(r#""s3:ListBucket"],"#, r#""s3:ListBucket"],"Condition":{},"#)],
            ),
        ] {
            let other = with(&changes);
            assert!(equivalent(BASE, &other), "{what}: {other}");
            assert!(equivalent(&other, BASE), "{what}, the other way: {other}");
        }
    }

    #[test]
    fn policies_that_differ_are_not_equivalent() {
        for (what, changes) in [
            ("version", vec![("2012-10-17", "2008-10-17")]),
            ("missing version", vec![(r#""Version":"2012-10-17","#, "")]),
            ("effect", vec![("Allow", "Deny")]),
            ("action", vec![("s3:GetObject", "s3:PutObject")]),
            ("action list cut", vec![(r#"["s3:GetObject","#, "[")]),
            ("resource case", vec![("arn:aws:s3:::b/*", "arn:aws:s3:::B/*")]),
            ("not action", vec![(r#""Action":"s3:*""#, r#""NotAction":"s3:*""#)]),
            ("account", vec![("123456789012", "210987654321")]),
            ("role for root", vec![(":root", ":role/reader")]),
            ("principal kind", vec![(r#"{"AWS":"*"}"#, r#"{"Service":"*"}"#)]),
            ("condition value", vec![(r#""false""#, r#""true""#)]),
            ("condition operator", vec![(r#""Bool""#, r#""BoolIfExists""#)]),
            (
                "condition gone",
                vec![(
                    r#","Resource":"*",
         "Condition":{"Bool":{"aws:SecureTransport":"false"}}"#,
                    r#","Resource":"*""#,
                )],
            ),
            ("sid renamed", vec![(r#""Sid":"Read""#, r#""Sid":"Write""#)]),
            ("not json", vec![("{", "")]),
        ] {
            let other = with(&changes);
            assert!(!equivalent(BASE, &other), "{what}: {other}");
            assert!(!equivalent(&other, BASE), "{what}, the other way: {other}");
        }
    }

    #[test]
    fn statements_have_no_order_but_a_number() {
        let one = r#"{"Sid":"A","Effect":"Allow","Action":"a:B","Resource":"*"}"#;
        let two = r#"{"Effect":"Allow","Action":"a:B","Resource":"*"}"#;
        let list = |statements: &[&str]| format!(r#"{{"Statement":[{}]}}"#, statements.join(","));
        assert!(equivalent(&list(&[one, two]), &list(&[two, one])));
        assert!(equivalent(&list(&[one]), &format!(r#"{{"Statement":{one}}}"#)));
        assert!(!equivalent(&list(&[one, two]), &list(&[one])));
        let other = r#"{"Sid":"B","Effect":"Allow","Action":"a:B","Resource":"*"}"#;
        assert!(equivalent(&list(&[two, one]), &list(&[one, other])));
        assert!(!equivalent(&list(&[one, one]), &list(&[one, other])));
    }

    #[test]
    fn a_missing_version_is_the_old_one() {
        assert!(equivalent(r#"{"Statement":[]}"#, r#"{"Version":"2008-10-17","Statement":[]}"#));
    }

    #[test]
    fn texts_that_are_no_policy_are_compared_as_they_are() {
        assert!(equivalent("", ""));
        assert!(equivalent("[1]", "[1]"));
        assert!(!equivalent("[1]", "[ 1]"));
        assert!(!equivalent("", BASE));
    }
}
