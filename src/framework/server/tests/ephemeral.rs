//! Ephemeral resources, opened, renewed and closed in-process.

use std::time::{Duration, SystemTime};

use super::*;
use crate::framework::ephemeral::{EphemeralResource, Openable, OpenableResource, Opened, Renewal};

model! {
    /// A secret that does as its name says.
    struct Secret {
        name: Value<String>,
        length: Value<i64>,
        value: Value<String>,
    }
}

struct Secrets;

#[async_trait]
impl EphemeralResource<()> for Secrets {
    type Model = Secret;

    fn type_name(&self) -> &'static str {
        "test_secret"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::string("name").required(),
            Attribute::number("length").default(64),
            Attribute::string("value").computed().sensitive(),
        ];
        Schema { attributes, ..Schema::default() }
    }

    async fn open(
        &self,
        cx: Option<&Context<()>>,
        config: Secret,
    ) -> Result<Opened<Secret>, Diagnostic> {
        let mut opened = Opened::lasting(config);
        opened.private.set_text("lease", "1");
        opened.renew_at = Some(SystemTime::UNIX_EPOCH + Duration::from_mins(10));
        match &opened.result.name {
            Value::Value(name) if name == "panic" => panic!("lost it"),
            Value::Value(name) if name == "ask" && cx.is_none() => {
                return Err(crate::framework::server::not_known_yet());
            }
            Value::Value(name) if name == "lie" => {
                opened.result.name = Value::Value("other".to_owned());
            }
            Value::Value(name) if name == "forget" => return Ok(opened),
            _ => {}
        }
        opened.result.value = Value::Value("hunter2".to_owned());
        Ok(opened)
    }

    async fn renew(
        &self,
        _cx: Option<&Context<()>>,
        private: &mut Private,
    ) -> Result<Renewal, Diagnostic> {
        if private.text("lease") == Some("1") {
            private.set_text("lease", "2");
            let renew_at = Some(SystemTime::UNIX_EPOCH + Duration::from_mins(20));
            return Ok(Renewal { renew_at, warning: None });
        }
        let warning = crate::framework::diagnostic::whole("Ending", "It ends soon.");
        Ok(Renewal { renew_at: None, warning: Some(warning) })
    }

    async fn close(&self, _cx: Option<&Context<()>>, private: Private) -> Result<(), Diagnostic> {
        match private.text("lease") {
            Some(_) => Ok(()),
            None => Err(crate::framework::diagnostic::whole("Not Closed", "There is no lease.")),
        }
    }
}

struct Keeper;

#[async_trait]
impl Provider for Keeper {
    type Context = ();

    fn schema(&self) -> Schema {
        Schema { attributes: vec![Attribute::string("region")], ..Schema::default() }
    }

    fn validate(&self, _config: &Dynamic, _diagnostics: &mut Diagnostics) {}

    async fn configure(
        &self,
        config: Dynamic,
        _cancel: CancellationToken,
        _diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        (!config.get("region").is_unknown()).then_some(())
    }

    fn resources(&self) -> Vec<Box<dyn ManagedResource<()>>> {
        Vec::new()
    }

    fn data_sources(&self) -> Vec<Box<dyn ReadableSource<()>>> {
        Vec::new()
    }

    fn ephemeral_resources(&self) -> Vec<Box<dyn OpenableResource<()>>> {
        vec![Box::new(Openable::new(Secrets))]
    }
}

const TYPE_NAME: &str = "test_secret";

fn secret(name: Value<String>, length: Value<i64>) -> Option<proto::DynamicValue> {
    let value = Secret { name, length, value: Value::Null }.to_dynamic();
    convert::encode(&value, &Secrets.schema().kind(), &mut Diagnostics::default())
}

async fn keeper(region: Dynamic) -> Server<Keeper> {
    let server = Server::new(Keeper);
    let config = Dynamic::Map([("region".to_owned(), region)].into());
    let config = convert::encode(&config, &Keeper.schema().kind(), &mut Diagnostics::default());
    let request = proto::configure_provider::Request { config, ..Default::default() };
    server.configure_provider(Request::new(request)).await.unwrap();
    server
}

async fn open(
    server: &Server<Keeper>,
    name: Value<String>,
    deferral_allowed: bool,
) -> proto::open_ephemeral_resource::Response {
    let request = proto::open_ephemeral_resource::Request {
        type_name: TYPE_NAME.to_owned(),
        config: secret(name, Value::Null),
        client_capabilities: Some(proto::ClientCapabilities {
            deferral_allowed,
            ..Default::default()
        }),
    };
    server.open_ephemeral_resource(Request::new(request)).await.unwrap().into_inner()
}

fn named(name: &str) -> Value<String> {
    Value::Value(name.to_owned())
}

fn seconds(at: Option<prost_types::Timestamp>) -> Option<i64> {
    at.map(|at| at.seconds)
}

#[tokio::test]
async fn one_is_opened_renewed_and_closed() {
    let server = keeper(Dynamic::from("here")).await;
    let opened = open(&server, named("a"), false).await;
    assert!(opened.diagnostics.is_empty(), "{:?}", opened.diagnostics);
    assert_eq!(seconds(opened.renew_at), Some(600));
    let result = convert::decode(opened.result.as_ref(), &Secrets.schema().kind()).unwrap();
    assert_eq!(result.get("value"), &Dynamic::from("hunter2"));
    assert_eq!(result.get("length"), &Dynamic::from(64), "defaults are filled in");

    let renew = |private| {
        let request =
            proto::renew_ephemeral_resource::Request { type_name: TYPE_NAME.to_owned(), private };
        server.renew_ephemeral_resource(Request::new(request))
    };
    let first = renew(opened.private.clone()).await.unwrap().into_inner();
    assert_eq!(seconds(first.renew_at), Some(1_200));
    let last = renew(first.private).await.unwrap().into_inner();
    assert_eq!(last.renew_at, None);
    let warning = proto::diagnostic::Severity::Warning;
    assert_eq!(last.diagnostics[0].severity, i32::from(warning));

    // Terraform hands over what opening left, OpenTofu what the last renewal left.
    for (private, complaints) in [(opened.private, 0), (last.private, 0), (None, 1)] {
        let request =
            proto::close_ephemeral_resource::Request { type_name: TYPE_NAME.to_owned(), private };
        let closed = server.close_ephemeral_resource(Request::new(request)).await.unwrap();
        assert_eq!(closed.into_inner().diagnostics.len(), complaints);
    }
}

#[tokio::test]
async fn a_configuration_is_checked_without_any_provider() {
    let server = Server::new(Keeper);
    let validate = |config| {
        let request = proto::validate_ephemeral_resource_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config,
        };
        server.validate_ephemeral_resource_config(Request::new(request))
    };
    let answer = validate(secret(Value::Null, Value::Null)).await.unwrap().into_inner();
    assert_eq!(
        answer.diagnostics[0].detail,
        "name is required, and is null here. Give it a value."
    );
    let answer = validate(secret(Value::Unknown, Value::Unknown)).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty());
}

#[tokio::test]
async fn an_unknown_provider_block_defers_where_core_can_and_is_told_where_not() {
    let server = keeper(Dynamic::Unknown).await;
    let deferred = open(&server, named("ask"), true).await;
    let reason = proto::deferred::Reason::ProviderConfigUnknown;
    assert_eq!(deferred.deferred.map(|deferred| deferred.reason), Some(reason.into()));
    assert!(deferred.diagnostics.is_empty());

    let refused = open(&server, named("ask"), false).await;
    assert_eq!(refused.diagnostics[0].summary, "Provider Configuration Not Known Yet");
    assert_eq!(refused.deferred, None);

    // One that asks nothing of AWS opens all the same.
    assert!(open(&server, named("a"), false).await.diagnostics.is_empty());
}

#[tokio::test]
async fn an_unknown_configuration_defers_where_core_can() {
    let server = keeper(Dynamic::from("here")).await;
    let reason = proto::deferred::Reason::ResourceConfigUnknown;
    let deferred = open(&server, Value::Unknown, true).await;
    assert_eq!(deferred.deferred.map(|deferred| deferred.reason), Some(reason.into()));
}

#[tokio::test]
async fn a_broken_promise_is_our_bug_by_name_and_tells_no_secret() {
    let server = keeper(Dynamic::from("here")).await;
    for (name, attribute) in [("lie", "name"), ("forget", "value")] {
        let answer = open(&server, named(name), false).await;
        assert_eq!(answer.diagnostics[0].summary, "Provider Bug");
        assert!(answer.diagnostics[0].detail.contains(attribute), "{:?}", answer.diagnostics);
        assert!(!format!("{:?}", answer.diagnostics).contains("hunter2"));
    }
    let answer = open(&server, named("panic"), false).await;
    assert!(answer.diagnostics[0].detail.starts_with("panic: lost it"));
}

#[tokio::test]
async fn ephemeral_resources_are_listed_with_their_schemas() {
    let server = Server::new(Keeper);
    let request = proto::get_provider_schema::Request::default();
    let schema = server.get_provider_schema(Request::new(request)).await.unwrap().into_inner();
    let block = schema.ephemeral_resource_schemas[TYPE_NAME].block.as_ref().unwrap();
    assert!(block.attributes.iter().any(|attribute| attribute.sensitive && attribute.computed));
    let request = proto::get_metadata::Request::default();
    let metadata = server.get_metadata(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(metadata.ephemeral_resources[0].type_name, TYPE_NAME);
}

#[test]
fn an_open_one_shows_no_secret_when_it_is_printed() {
    let value = Value::Value("hunter2".to_owned());
    let opened = Opened::lasting(Secret { value, ..Secret::default() });
    assert!(!format!("{opened:?}").contains("hunter2"));
}
