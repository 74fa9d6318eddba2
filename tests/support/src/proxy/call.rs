//! What one call is: service, operation, account and region, read from the request as AWS reads it.

use super::names;
use crate::aws::{decode, pairs};
use std::time::Duration;

/// One call as it reached the proxy.
#[derive(Debug, Clone)]
pub struct Call {
    /// The signing name: `elasticfilesystem`, `s3`, `ec2`, `iam`, `eks`, `sts`, `kms`, `elasticache`.
    pub service: String,
    /// AWS's name of the operation, as `CreateFileSystem`. A request that fits none is named by method,
    /// path and query names, as `GET /2015-02-01/unheard-of?a&b`.
    pub operation: String,
    /// The account: the access key if that has 12 digits, else the account of the assumed role.
    pub account: String,
    /// The signing region.
    pub region: String,
    /// Whether the operation can change anything.
    pub mutating: bool,
    /// The HTTP method.
    pub method: String,
    /// The path, still encoded.
    pub path: String,
    /// The query's decoded pairs, in the order sent.
    pub query: Vec<(String, String)>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub request_body: Vec<u8>,
    /// The status the provider got; none while under way, and when the connection was cut.
    pub status: Option<u16>,
    /// When it came, counted from the start of the proxy.
    pub at: Duration,
}

impl Call {
    /// Reads a call. `account_of` tells the account of an access key that is none itself.
    pub(crate) fn read(
        method: &str,
        path_and_query: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        account_of: impl Fn(&str) -> Option<String>,
        at: Duration,
    ) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let query = pairs(query);
        let scope = scope(&headers, &query);
        let mut call = Self {
            service: scope.service,
            operation: String::new(),
            account: account_of(&scope.key).unwrap_or(scope.key),
            region: scope.region,
            mutating: false,
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            headers,
            request_body: body,
            status: None,
            at,
        };
        let action = call.form_value("Action");
        if call.service.is_empty() && action.as_deref().is_some_and(|a| a.starts_with("Assume")) {
            // AssumeRoleWithWebIdentity is not signed: it is of the account of its role.
            "sts".clone_into(&mut call.service);
            let role = call.form_value("RoleArn").unwrap_or_default();
            if let Some(account) = role.split(':').nth(4) {
                account.clone_into(&mut call.account);
            }
        }
        call.operation = call
            .header("x-amz-target")
            .and_then(|target| target.rsplit('.').next().map(str::to_owned))
            .or(action)
            .or_else(|| names::rest_operation(&call))
            .unwrap_or_else(|| call.fingerprint());
        call.mutating = names::is_mutating(&call.operation);
        call
    }

    /// Method, path and sorted query names: what remains when an operation has no name here.
    fn fingerprint(&self) -> String {
        let mut keys: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        keys.sort_unstable();
        format!("{} {}?{}", self.method, self.path, keys.join("&"))
    }

    /// Whether the provider under test sent it, by its user agent.
    pub(crate) fn is_of_provider(&self) -> bool {
        self.header("user-agent")
            .is_some_and(|agent| agent.contains("terraform-provider-officeless"))
    }

    /// A header's value; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a query name.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The request's body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.request_body).into_owned()
    }

    /// The request's body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.request_body).unwrap_or_default()
    }

    /// The parameters of a Query call, decoded; empty for other protocols.
    pub fn form(&self) -> Vec<(String, String)> {
        let is_form = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if is_form { pairs(&self.text()) } else { Vec::new() }
    }

    /// One parameter of a Query call.
    pub fn form_value(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The decoded parts of the path, without empty ones.
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decode).collect()
    }

    /// The bucket of an S3 call in path style; empty for the list of buckets.
    pub fn bucket(&self) -> String {
        self.segments().into_iter().next().unwrap_or_default()
    }

    /// Path and query as sent; the key by which two reads are the same read.
    pub(crate) fn target(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
        format!("{} {}?{} {}", self.method, self.path, query.join("&"), self.text())
    }
}

struct Scope {
    key: String,
    region: String,
    service: String,
}

/// The credential scope `KEY/date/region/service/aws4_request`, from the header or a signed URL.
fn scope(headers: &[(String, String)], query: &[(String, String)]) -> Scope {
    let find = |list: &[(String, String)], name: &str| {
        list.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let credential = find(headers, "authorization")
        .and_then(|header| header.split_once("Credential=").map(|(_, rest)| rest.to_owned()))
        .or_else(|| find(query, "X-Amz-Credential"))
        .unwrap_or_default();
    let credential = credential.split(',').next().unwrap_or_default().to_owned();
    let mut parts = credential.split('/').map(str::to_owned);
    let key = parts.next().unwrap_or_default();
    let region = parts.nth(1).unwrap_or_default();
    Scope { key, region, service: parts.next().unwrap_or_default() }
}
