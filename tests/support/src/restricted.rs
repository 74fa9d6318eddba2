//! Keys of a role that may do what given policies say, and nothing else; worth something only on an
//! emulator that enforces policies.

use crate::Aws;
use anyhow::{Context, Result};
use serde_json::json;

/// The role; what asks for leftovers does not count it.
pub(crate) const ROLE: &str = "terraform";

/// Makes the role with these inline policies, by name, and assumes it: the environment of a provider
/// that runs with it. `endpoint` is that of the proxy, which learns whose the keys are.
pub async fn restricted(
    endpoint: &str,
    account: &str,
    region: &str,
    policies: &[(String, String)],
) -> Result<[(&'static str, String); 3]> {
    let aws = Aws::new(endpoint, account, region);
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole",
        }],
    });
    let (role, trust) = (("RoleName", ROLE), trust.to_string());
    let parameters = [role, ("AssumeRolePolicyDocument", trust.as_str())];
    aws.query("iam", "CreateRole", &parameters).await?.ok()?;
    for (name, document) in policies {
        let parameters = [role, ("PolicyName", name), ("PolicyDocument", document)];
        aws.query("iam", "PutRolePolicy", &parameters).await?.ok()?;
    }
    session(endpoint, account, region).await
}

/// Another session of that role.
pub async fn session(
    endpoint: &str,
    account: &str,
    region: &str,
) -> Result<[(&'static str, String); 3]> {
    let aws = Aws::new(endpoint, account, region);
    let arn = format!("arn:aws:iam::{account}:role/{ROLE}");
    let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "provider")];
    let assumed = aws.query("sts", "AssumeRole", &parameters).await?.ok()?;
    let text = |element| {
        let text = assumed.xml(element).map(str::to_owned);
        text.with_context(|| format!("AssumeRole gave no {element}"))
    };
    Ok([
        ("AWS_ACCESS_KEY_ID", text("AccessKeyId")?),
        ("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey")?),
        ("AWS_SESSION_TOKEN", text("SessionToken")?),
    ])
}
