//! A bare AWS client for seeding and for changes behind Terraform's back: plain HTTP with a signature
//! of the right shape and no meaning, which the emulator accepts for account keys.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Uri};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// The header by which the proxy knows a change behind Terraform's back: such a call meets the rules of
/// AWS, but no fault, and is not recorded.
pub(crate) const OUT_OF_BAND: &str = "x-bench-out-of-band";

/// Services whose state is the proxy's, not the emulator's, by signing name.
const OF_THE_PROXY: [&str; 2] = ["elasticache", "application-autoscaling"];

/// An HTTP client with kept connections. It belongs to the runtime it is first used on.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
}

impl Http {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector);
        Self { client }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes())?)
            .uri(url.parse::<Uri>().with_context(|| format!("{url} is no URL"))?);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.client.request(request.body(Full::new(Bytes::from(body)))?).await?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// What AWS answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The answer itself if it is a success, else an error with its body.
    pub fn ok(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        bail!("AWS answered {}: {}", self.status, self.body)
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("no JSON: {}", self.body))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text of the first XML element of a name.
    pub fn xml(&self, element: &str) -> Option<&str> {
        xml_texts(&self.body, element).into_iter().next()
    }

    /// The texts of all XML elements of a name, in the order of the document.
    pub fn xml_all(&self, element: &str) -> Vec<&str> {
        xml_texts(&self.body, element)
    }
}

/// The inner texts of all elements of a name. Elements of one name must not nest.
pub(crate) fn xml_texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut texts = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((text, tail)) = after.split_once(&close) else { break };
        texts.push(text);
        rest = tail;
    }
    texts
}

/// A client of one account in one region.
#[derive(Debug, Clone)]
pub struct Aws {
    http: Http,
    endpoint: String,
    /// Where services answer that the emulator does not have.
    proxy: Option<String>,
    account: String,
    region: String,
}

impl Aws {
    /// A client; the account is the access key.
    pub fn new(endpoint: &str, account: &str, region: &str) -> Self {
        Self::with_http(Http::new(), endpoint, account, region)
    }

    pub(crate) fn with_http(http: Http, endpoint: &str, account: &str, region: &str) -> Self {
        Self {
            http,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            proxy: None,
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// This client for changes behind Terraform's back: what the proxy keeps itself is changed there,
    /// unrecorded.
    pub(crate) fn behind(mut self, proxy: &str) -> Self {
        self.proxy = Some(proxy.trim_end_matches('/').to_owned());
        self
    }

    /// The same client for another account.
    pub fn as_account(&self, account: &str) -> Self {
        let mut client = self.clone();
        account.clone_into(&mut client.account);
        client
    }

    /// Where a service answers, and whether the call has to be told from the provider's.
    fn at(&self, service: &str) -> (&str, &[(&str, &str)]) {
        match &self.proxy {
            Some(proxy) if OF_THE_PROXY.contains(&service) => (proxy, &[(OUT_OF_BAND, "1")]),
            _ => (&self.endpoint, &[]),
        }
    }

    /// The account, which is also the access key.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    fn authorization(&self, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/{}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0",
            self.account, self.region
        )
    }

    /// A call of a REST protocol (EFS, EKS, S3): `path` with its query, and a body, which may be empty.
    /// `service` is the signing name: `elasticfilesystem`, `eks`, `s3`.
    pub async fn rest(
        &self,
        service: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Answer> {
        self.rest_with(service, method, path, body, &[]).await
    }

    /// Like [`Self::rest`], with further headers.
    pub async fn rest_with(
        &self,
        service: &str,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let authorization = self.authorization(service);
        let kind = if service == "s3" { "application/xml" } else { "application/json" };
        let mut all = vec![("authorization", authorization.as_str()), ("content-type", kind)];
        all.extend_from_slice(headers);
        let url = format!("{}{path}", self.endpoint);
        self.http.send(method, &url, &all, body.as_bytes().to_vec()).await
    }

    /// A call with these headers and no others, for those who sign for themselves.
    pub async fn bare(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer> {
        let url = format!("{}{path}", self.endpoint);
        self.http.send(method, &url, headers, body.as_bytes().to_vec()).await
    }

    /// Where the calls go.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A call of the Query protocol (EC2, IAM, STS, `ElastiCache`).
    pub async fn query(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer> {
        let version = match service {
            "ec2" => "2016-11-15",
            "iam" => "2010-05-08",
            "sts" => "2011-06-15",
            "elasticache" => "2015-02-02",
            other => bail!("{other} does not speak the Query protocol here"),
        };
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            let _ = write!(body, "&{}={}", encode(name), encode(value));
        }
        let authorization = self.authorization(service);
        let (endpoint, further) = self.at(service);
        let mut headers = vec![
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        headers.extend_from_slice(further);
        let url = format!("{endpoint}/");
        self.http.send("POST", &url, &headers, body.into_bytes()).await
    }

    /// A call of the JSON protocol (KMS, tagging, Application Auto Scaling): `target` as `TrentService.CreateKey`.
    pub async fn json(&self, service: &str, target: &str, body: &Value) -> Result<Answer> {
        let authorization = self.authorization(service);
        let (endpoint, further) = self.at(service);
        let mut headers = vec![
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        headers.extend_from_slice(further);
        let url = format!("{endpoint}/");
        self.http.send("POST", &url, &headers, body.to_string().into_bytes()).await
    }
}

/// Percent-encodes everything but the unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Undoes percent-encoding, and `+` for a space as forms have it.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| rest.hex_pair()).flatten();
        match (byte, digits) {
            (b'%', Some(value)) => {
                rest.nth(1);
                bytes.push(value);
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Splits a query string or a form into decoded pairs.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Reads two hexadecimal digits ahead.
trait HexAhead {
    fn hex_pair(&self) -> Option<u8>;
}

impl HexAhead for std::str::Bytes<'_> {
    fn hex_pair(&self) -> Option<u8> {
        let mut ahead = self.clone();
        let high = char::from(ahead.next()?).to_digit(16)?;
        let low = char::from(ahead.next()?).to_digit(16)?;
        u8::try_from(high * 16 + low).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_and_decoding_undo_each_other() {
        let text = "tag:kubernetes.io/role + ünïcode 100%";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(decode("a+b%2"), "a b%2");
    }

    #[test]
    fn a_query_splits_into_decoded_pairs() {
        let split = pairs("policy&tagKeys=a%2Fb&tagKeys=c+d");
        let want = [("policy", ""), ("tagKeys", "a/b"), ("tagKeys", "c d")];
        assert!(split.iter().map(|(n, v)| (n.as_str(), v.as_str())).eq(want), "{split:?}");
    }

    #[test]
    fn xml_elements_are_found_in_order() {
        assert_eq!(xml_texts("<a><b>1</b><bb>2</bb><b>3</b></a>", "b"), ["1", "3"]);
    }
}
