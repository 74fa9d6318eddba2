//! The trust policy of a Pod Identity role.
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>

use serde_json::json;

use super::{document, sorted};

/// The pods that may use a role, as EKS writes them into the session's tags.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionScope<'a> {
    /// The cluster.
    pub cluster_name: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The service accounts; not empty.
    pub service_accounts: &'a [&'a str],
}

/// The trust policy as compact JSON. Without a scope, as where session tags are disabled, every
/// association in the account may use the role.
pub fn pod_identity_trust_policy(scope: Option<&SessionScope<'_>>) -> String {
    let mut statement = json!({
        "Sid": "EksPodIdentity",
        "Effect": "Allow",
        "Principal": { "Service": "pods.eks.amazonaws.com" },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    });
    if let (Some(scope), Some(entries)) = (scope, statement.as_object_mut()) {
        let condition = json!({
            "StringEquals": {
                "aws:RequestTag/eks-cluster-name": scope.cluster_name,
                "aws:RequestTag/kubernetes-namespace": scope.namespace,
                "aws:RequestTag/kubernetes-service-account": sorted(scope.service_accounts),
            },
        });
        entries.insert("Condition".to_owned(), condition);
    }
    document(&[statement])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_a_condition_on_the_session_tags() {
        let scope = SessionScope {
            cluster_name: "production-cluster",
            namespace: "monitoring",
            service_accounts: &["tempo", "loki", "tempo"],
        };
        assert_eq!(
            pod_identity_trust_policy(Some(&scope)),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"EksPodIdentity","#,
                r#""Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"#,
                r#""Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"#,
                r#""aws:RequestTag/eks-cluster-name":"production-cluster","#,
                r#""aws:RequestTag/kubernetes-namespace":"monitoring","#,
                r#""aws:RequestTag/kubernetes-service-account":["loki","tempo"]}}}]}"#,
            )
        );
    }

    #[test]
    fn without_a_scope_there_is_no_condition() {
        assert!(!pod_identity_trust_policy(None).contains("Condition"));
    }
}
