//! An AWS that answers from a function, in no time: so that time is only what the provider spends.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use tokio::time::Instant;

use super::*;

/// An answer: status, header names and values, body.
pub(super) struct Answer(pub(super) u16, pub(super) Vec<(&'static str, String)>, pub(super) String);

impl Answer {
    pub(super) fn ok(body: &str) -> Self {
        Self(200, Vec::new(), body.to_owned())
    }

    /// A refusal as EFS and EKS word it.
    pub(super) fn json(status: u16, code: &str) -> Self {
        let headers = vec![("x-amzn-errortype", code.to_owned())];
        Self(status, headers, r#"{"message":"why"}"#.to_owned())
    }

    /// A refusal as STS and IAM word it.
    pub(super) fn query(status: u16, code: &str) -> Self {
        let error = format!("<Error><Code>{code}</Code><Message>why</Message></Error>");
        Self(status, Vec::new(), format!("<ErrorResponse>{error}</ErrorResponse>"))
    }

    /// A refusal as EC2 words it.
    pub(super) fn ec2(status: u16, code: &str) -> Self {
        let error = format!("<Error><Code>{code}</Code><Message>why</Message></Error>");
        Self(status, Vec::new(), format!("<Response><Errors>{error}</Errors></Response>"))
    }

    /// With the time of AWS's clock.
    pub(super) fn dated(mut self, time: SystemTime) -> Self {
        let date = DateTime::from(time).fmt(Format::HttpDate).unwrap();
        self.1.push(("date", date));
        self
    }
}

/// A request as AWS reads it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// By tokio's clock.
    pub(super) at: Instant,
}

impl Asked {
    fn read(request: &HttpRequest) -> Self {
        let headers = request.headers().iter();
        let body = request.body().bytes().unwrap_or_default();
        Self {
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
            at: Instant::now(),
        }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The id of the key it is signed with; empty without a signature.
    pub(super) fn key(&self) -> &str {
        let (_, credential) =
            self.header("authorization").split_once("Credential=").unwrap_or_default();
        credential.split('/').next().unwrap_or_default()
    }

    /// The time it is signed for.
    pub(super) fn signed_at(&self) -> SystemTime {
        let format =
            time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
        time::PrimitiveDateTime::parse(self.header("x-amz-date"), format)
            .unwrap()
            .assume_utc()
            .into()
    }
}

type Script = Box<dyn FnMut(&Asked) -> Answer + Send>;

/// Answers from a function and writes down what it was asked.
#[derive(Clone)]
pub(super) struct Aws {
    script: Arc<Mutex<Script>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Aws {
    pub(super) fn new(script: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Self { script: Arc::new(Mutex::new(Box::new(script))), asked: Arc::default() }
    }

    /// A connection to it.
    pub(super) async fn connect(&self, settings: Settings) -> Connection {
        self.connect_until(settings, CancellationToken::new()).await
    }

    /// The clients of a region, with the usual settings.
    pub(super) async fn clients(&self) -> Arc<Clients> {
        self.connect(settings("http://aws.test")).await.clients("eu-west-1")
    }

    pub(super) async fn connect_until(
        &self,
        settings: Settings,
        stop: CancellationToken,
    ) -> Connection {
        let http = SharedHttpClient::new(self.clone());
        Connection::open_over(http, settings, stop).await.unwrap()
    }

    /// What it was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = Asked::read(&request);
        self.asked.lock().unwrap().push(asked.clone());
        let Answer(status, headers, body) = (self.script.lock().unwrap())(&asked);
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            answer.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl HttpClient for Aws {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
