//! The policy of a bucket.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{PolicyProblem, document};

/// The longest bucket policy.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>
pub const MAX_BUCKET_POLICY_BYTES: usize = 20_480;

/// The statement that denies plain HTTP, before the practitioner's own, as compact JSON; `None`
/// when there is neither.
///
/// `statements` are JSON objects of the policy language, kept in their order.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>
pub fn tls_only_bucket_policy(
    bucket_arn: &str,
    statements: &[Value],
    enforce_tls: bool,
) -> Result<Option<String>, PolicyProblem> {
    let mut all = Vec::new();
    if enforce_tls {
        all.push(json!({
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": "s3:*",
            "Resource": [bucket_arn, format!("{bucket_arn}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }));
    }
    for (index, statement) in statements.iter().enumerate() {
        if !statement.is_object() {
            return Err(PolicyProblem::NotAStatement { index });
        }
        all.push(statement.clone());
    }
    if all.is_empty() {
        return Ok(None);
    }
    let mut seen = BTreeSet::new();
    for sid in all.iter().filter_map(|statement| statement.get("Sid")?.as_str()) {
        if !sid.is_empty() && !seen.insert(sid) {
            return Err(PolicyProblem::RepeatedSid { sid: sid.to_owned() });
        }
    }
    let policy = document(&all);
    if policy.len() > MAX_BUCKET_POLICY_BYTES {
        return Err(PolicyProblem::TooLong {
            kind: "bucket",
            length: policy.len(),
            unit: "bytes",
            limit: MAX_BUCKET_POLICY_BYTES,
        });
    }
    Ok(Some(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:s3:::mimir-metrics";

    fn statement(sid: &str) -> Value {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:role/reader" },
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::mimir-metrics/*",
        })
    }

    #[test]
    fn plain_http_is_denied_on_bucket_and_objects() {
        assert_eq!(
            tls_only_bucket_policy(ARN, &[], true).unwrap().unwrap(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyInsecureTransport","#,
                r#""Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","#,
                r#""Resource":["arn:aws:s3:::mimir-metrics","arn:aws:s3:::mimir-metrics/*"],"#,
                r#""Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#,
            )
        );
    }

    #[test]
    fn further_statements_follow_as_written() {
        let policy = tls_only_bucket_policy(ARN, &[statement("B"), statement("A")], true);
        let policy: Value = serde_json::from_str(&policy.unwrap().unwrap()).unwrap();
        let sids: Vec<&str> = policy["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["Sid"].as_str().unwrap())
            .collect();
        assert_eq!(sids, ["DenyInsecureTransport", "B", "A"]);
        assert_eq!(policy["Statement"][1], statement("B"));
    }

    #[test]
    fn nothing_to_say_is_no_policy() {
        assert_eq!(tls_only_bucket_policy(ARN, &[], false), Ok(None));
        assert!(tls_only_bucket_policy(ARN, &[statement("A")], false).unwrap().is_some());
    }

    #[test]
    fn statements_that_s3_would_refuse_are_refused() {
        let check = |statements: &[Value]| tls_only_bucket_policy(ARN, statements, true);
        assert_eq!(
            check(&[statement("A"), json!("Allow")]),
            Err(PolicyProblem::NotAStatement { index: 1 })
        );
        for sid in ["A", "DenyInsecureTransport"] {
            let problem = PolicyProblem::RepeatedSid { sid: sid.into() };
            assert_eq!(check(&[statement("A"), statement(sid)]), Err(problem));
        }
        let long = vec![statement(""); 150];
        assert!(matches!(check(&long), Err(PolicyProblem::TooLong { limit: 20_480, .. })));
    }
}
