//! `tls_only_bucket_policy` and `pod_identity_trust_policy`: policy documents as JSON, the same
//! bytes for the same arguments.

use serde_json::Value as Json;

use super::texts;
use crate::framework::check::Check;
use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::{Attribute, Type};
use crate::framework::value::{Dynamic, Value};
use crate::model;
use crate::platform::naming::{self, Form};
use crate::platform::policies::{self, SessionScope};

/// `tls_only_bucket_policy(arn, statements)`.
#[derive(Debug)]
pub struct TlsOnlyBucketPolicy;

impl Function for TlsOnlyBucketPolicy {
    fn name(&self) -> &'static str {
        "tls_only_bucket_policy"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "A bucket policy that denies plain HTTP, with more statements after that.",
            description: "The policy of an S3 bucket as JSON: a statement that denies every \
                          request without TLS, then the given statements. The same arguments give \
                          the same bytes, so that the policy never shows as changed. A `Sid` that \
                          occurs twice, and a policy longer than S3 takes, are an error.",
            parameters: vec![
                Parameter::string("arn")
                    .describe("ARN of the bucket, as in `arn:aws:s3:::acme-reports`."),
                Parameter::of("statements", Type::Dynamic).nullable().describe(
                    "A list of statements, each an object with `Effect`, `Principal`, `Action` \
                     and so on; `[]` for none. Null does too, but OpenTofu takes a bare null of any \
                     type for unknown. Of a whole policy, pass `jsondecode(policy).Statement`.",
                ),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The policy as JSON.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let arn: String = arguments.take()?;
        let statements: Dynamic = arguments.take()?;
        let bucket = arn.rsplit_once(":s3:::").filter(|(partition, name)| {
            partition.starts_with("arn:aws") && !name.is_empty() && !name.contains(['/', ':', '*'])
        });
        if bucket.is_none() {
            let text = format!(
                "{arn:?} is not the ARN of a bucket; write it as \"arn:aws:s3:::acme-reports\", \
                 without a path"
            );
            return Err(FunctionError::of(0, text));
        }
        let statements: Vec<Json> = match &statements {
            Dynamic::Null => Vec::new(),
            Dynamic::List(items) => items.iter().map(json).collect(),
            other => {
                let text =
                    format!("a list of statements is needed, and {} is given", other.words());
                return Err(FunctionError::of(1, text));
            }
        };
        let policy = policies::tls_only_bucket_policy(&arn, &statements, true)
            .map_err(|problem| FunctionError::of(1, problem.to_string()))?;
        Ok(policy.map_or(Dynamic::Null, Dynamic::String))
    }
}

/// A value as JSON. Attributes that are null are left out: an object type has every attribute.
fn json(value: &Dynamic) -> Json {
    match value {
        Dynamic::Null | Dynamic::Unknown => Json::Null,
        Dynamic::Bool(value) => Json::Bool(*value),
        Dynamic::String(text) => Json::String(text.clone()),
        Dynamic::Number(number) => {
            let read = serde_json::from_str(number.as_str());
            read.unwrap_or_else(|_| Json::String(number.to_string()))
        }
        Dynamic::List(items) => Json::Array(items.iter().map(json).collect()),
        Dynamic::Map(items) => {
            let given = items.iter().filter(|(_, item)| !item.is_null());
            Json::Object(given.map(|(name, item)| (name.clone(), json(item))).collect())
        }
    }
}

/// `pod_identity_trust_policy(scope)`.
#[derive(Debug)]
pub struct PodIdentityTrustPolicy;

model! {
    /// Which pods may use the role.
    struct Scope {
        cluster_name: Value<String>,
        namespace: Value<String>,
        service_accounts: Value<Vec<Value<String>>>,
    }
}

fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

impl Function for PodIdentityTrustPolicy {
    fn name(&self) -> &'static str {
        "pod_identity_trust_policy"
    }

    fn signature(&self) -> Signature {
        let scope = vec![
            Attribute::string("cluster_name")
                .required()
                .check(form(Form::ClusterName))
                .describe("The EKS cluster."),
            Attribute::string("namespace")
                .required()
                .check(form(Form::DnsLabel))
                .describe("The namespace."),
            Attribute::strings("service_accounts")
                .required()
                .check(Check::items(1, 100))
                .check(Check::each(form(Form::DnsSubdomain)))
                .describe("The service accounts. Order and repetition do not matter."),
        ];
        Signature {
            summary: "The trust policy of a role that pods use by EKS Pod Identity.",
            description: "The trust policy of an IAM role that pods use by EKS Pod Identity, as \
                          JSON. EKS may assume the role and tag the session, for pods of the given \
                          service accounts only. The same scope gives the same bytes.",
            parameters: vec![Parameter::object("scope", scope).nullable().describe(
                "Which pods may use the role; null for every pod that an association of the \
                 account gives it to, as is needed where session tags are disabled.",
            )],
            variadic: None,
            returns: Type::String,
            returned: "The policy as JSON.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let scope: Value<Scope> = arguments.take()?;
        let Value::Value(scope) = scope else {
            return Ok(Dynamic::String(policies::pod_identity_trust_policy(None)));
        };
        let (cluster_name, namespace) =
            (scope.cluster_name.unwrap_or_default(), scope.namespace.unwrap_or_default());
        let accounts = texts(scope.service_accounts);
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let scope = SessionScope {
            cluster_name: &cluster_name,
            namespace: &namespace,
            service_accounts: &accounts,
        };
        Ok(Dynamic::String(policies::pod_identity_trust_policy(Some(&scope))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::{call, object};

    const ARN: &str = "arn:aws:s3:::acme-reports";

    fn policy(arn: &str, statements: Dynamic) -> Result<Dynamic, FunctionError> {
        call(&TlsOnlyBucketPolicy, vec![Dynamic::from(arn), statements])
    }

    fn read(answer: Result<Dynamic, FunctionError>) -> Json {
        let Dynamic::String(text) = answer.unwrap() else { panic!("no text") };
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn plain_http_is_denied_and_statements_follow() {
        let statement = object([
            ("Effect", Dynamic::from("Allow")),
            ("Sid", Dynamic::from("Read")),
            ("Condition", Dynamic::Null),
            ("Principal", object([("AWS", Dynamic::from("123456789012"))])),
            ("Action", Dynamic::List(vec![Dynamic::from("s3:GetObject")])),
        ]);
        let both = read(policy(ARN, Dynamic::List(vec![statement])));
        assert_eq!(both["Statement"][0]["Sid"], "DenyInsecureTransport");
        assert_eq!(both["Statement"][1]["Action"][0], "s3:GetObject");
        assert!(both["Statement"][1].get("Condition").is_none());
        let alone = read(policy(ARN, Dynamic::Null));
        assert_eq!(alone["Statement"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn numbers_and_bools_stay_what_they_are() {
        let statement = object([("a", Dynamic::from(3)), ("b", Dynamic::from(true))]);
        assert_eq!(json(&statement).to_string(), r#"{"a":3,"b":true}"#);
    }

    #[test]
    fn what_is_no_policy_is_refused_by_its_place() {
        let object_statement = |sid| object([("Sid", Dynamic::from(sid))]);
        let twice = vec![object_statement("A"), object_statement("A")];
        for (arn, statements, argument, text) in [
            ("acme-reports", Dynamic::Null, 0, "\"acme-reports\" is not the ARN of a bucket"),
            (
                "arn:aws:s3:::acme-reports/*",
                Dynamic::Null,
                0,
                "\"arn:aws:s3:::acme-reports/*\" is not the ARN of a bucket",
            ),
            (ARN, Dynamic::from("{}"), 1, "a list of statements is needed, and a string is given"),
            (
                ARN,
                Dynamic::List(vec![Dynamic::from("{}")]),
                1,
                "policy statement 0 is not an object",
            ),
            (ARN, Dynamic::List(twice), 1, "policy statement \"A\" occurs twice"),
        ] {
            let refused = policy(arn, statements).unwrap_err();
            assert_eq!(refused.argument, Some(argument), "{}", refused.text);
            assert!(refused.text.starts_with(text), "{}", refused.text);
        }
    }

    fn scope(accounts: &[&str]) -> Dynamic {
        object([
            ("cluster_name", Dynamic::from("production-cluster")),
            ("namespace", Dynamic::from("monitoring")),
            (
                "service_accounts",
                Dynamic::List(accounts.iter().map(|name| Dynamic::from(*name)).collect()),
            ),
        ])
    }

    #[test]
    fn a_role_is_for_the_pods_of_its_scope() {
        let answer = call(&PodIdentityTrustPolicy, vec![scope(&["tempo", "loki", "tempo"])]);
        let again = call(&PodIdentityTrustPolicy, vec![scope(&["loki", "tempo"])]);
        assert_eq!(answer, again, "order and repetition do not matter");
        let tags = &read(answer)["Statement"][0]["Condition"]["StringEquals"];
        assert_eq!(tags["aws:RequestTag/kubernetes-service-account"][1], "tempo");
        let open = read(call(&PodIdentityTrustPolicy, vec![Dynamic::Null]));
        assert!(open["Statement"][0].get("Condition").is_none());
    }

    #[test]
    fn a_scope_that_names_no_pod_is_refused() {
        let refused = call(&PodIdentityTrustPolicy, vec![scope(&[])]).unwrap_err();
        assert_eq!(refused.argument, Some(0));
        assert_eq!(refused.text, "service_accounts = []: must have 1 to 100 elements, and has 0.");
        let refused = call(&PodIdentityTrustPolicy, vec![scope(&["Loki"])]).unwrap_err();
        assert!(refused.text.contains("\"Loki\" is not a Kubernetes object name"));
    }
}
