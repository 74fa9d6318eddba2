//! The RPCs in-process, over a provider made for it.

mod ephemeral;
mod functions;
mod write_only;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use tonic::Request;

use super::proto::provider_server::Provider as _;
use super::{Provider, Server, convert, proto};
use crate::framework::managed::{Managed, ManagedResource, ReadableSource};
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyRequest, Context, Found, Plan, PlanRequest, Recorder, Resource,
};
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{Data, Diagnostic, Diagnostics, Dynamic, Value};
use crate::model;

model! {
    /// A thing that does as its name says.
    struct Thing {
        name: Value<String>,
        id: Value<String>,
    }
}

/// Two plans can meet here.
struct Meeting(Barrier);

struct Things;

#[async_trait]
impl Resource<Meeting> for Things {
    type Model = Thing;

    fn type_name(&self) -> &'static str {
        "test_thing"
    }

    fn schema(&self) -> Schema {
        let attributes =
            vec![Attribute::string("name").required(), Attribute::string("id").computed().stable()];
        Schema { attributes, ..Schema::default() }
    }

    async fn plan(
        &self,
        cx: Option<&Context<Meeting>>,
        request: PlanRequest<'_, Thing>,
        _plan: &mut Plan<Thing>,
    ) {
        match (&request.config.name, cx) {
            (Value::Value(name), _) if name == "panic" => panic!("lost it"),
            (Value::Value(name), Some(cx)) if name == "meet" => {
                cx.provider.0.wait().await;
            }
            _ => {}
        }
    }

    async fn apply(
        &self,
        cx: &Context<Meeting>,
        request: ApplyRequest<Thing>,
        recorder: &mut Recorder<Thing>,
    ) -> Result<(), Diagnostic> {
        let created = Thing { id: Value::Value("thing-1".to_owned()), ..request.planned };
        recorder.record(created.clone());
        match &created.name {
            Value::Value(name) if name == "panic" => panic!("lost it"),
            Value::Value(name) if name == "wait" => {
                cx.cancel.cancelled().await;
                Err(crate::framework::diagnostic::whole("Interrupted", "The wait was cancelled."))
            }
            Value::Value(name) if name == "lie" => {
                recorder.update(|state| state.name = Value::Value("other".to_owned()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn delete(
        &self,
        _cx: &Context<Meeting>,
        _prior: Thing,
        _recorder: &mut Recorder<Thing>,
    ) -> Result<(), Diagnostic> {
        Ok(())
    }

    async fn read(
        &self,
        _cx: &Context<Meeting>,
        state: Thing,
        _private: &mut Private,
    ) -> Result<Found<Thing>, Diagnostic> {
        Ok(Found::Present(Box::new(state)))
    }

    async fn import(&self, _cx: &Context<Meeting>, id: &str) -> Result<Thing, Diagnostic> {
        Ok(Thing { name: Value::Null, id: Value::Value(id.to_owned()) })
    }
}

struct TestProvider;

#[async_trait]
impl Provider for TestProvider {
    type Context = Meeting;

    fn schema(&self) -> Schema {
        Schema { attributes: vec![Attribute::string("region")], ..Schema::default() }
    }

    fn validate(&self, _config: &Dynamic, _diagnostics: &mut Diagnostics) {}

    async fn configure(
        &self,
        config: Dynamic,
        _cancel: CancellationToken,
        _diagnostics: &mut Diagnostics,
    ) -> Option<Meeting> {
        (!config.get("region").is_unknown()).then(|| Meeting(Barrier::new(2)))
    }

    fn resources(&self) -> Vec<Box<dyn ManagedResource<Meeting>>> {
        vec![Box::new(Managed::new(Things))]
    }

    fn data_sources(&self) -> Vec<Box<dyn ReadableSource<Meeting>>> {
        Vec::new()
    }
}

fn message(value: &Dynamic) -> Option<proto::DynamicValue> {
    convert::encode(value, &Things.schema().kind(), &mut Diagnostics::default())
}

fn thing(name: &str, id: Value<String>) -> Option<proto::DynamicValue> {
    message(&Thing { name: Value::Value(name.to_owned()), id }.to_dynamic())
}

fn read(value: Option<&proto::DynamicValue>) -> Thing {
    let value = convert::decode(value, &Things.schema().kind()).unwrap();
    Thing::from_dynamic(value).unwrap()
}

async fn configured() -> Server<TestProvider> {
    let server = Server::new(TestProvider);
    let region = Dynamic::Map([("region".to_owned(), Dynamic::from("here"))].into());
    configure(&server, &region).await;
    server
}

async fn configure(server: &Server<TestProvider>, config: &Dynamic) {
    let kind = TestProvider.schema().kind();
    let config = convert::encode(config, &kind, &mut Diagnostics::default());
    let request = proto::configure_provider::Request { config, ..Default::default() };
    let answer = server.configure_provider(Request::new(request)).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty());
}

async fn plan(server: &Server<TestProvider>, name: &str) -> proto::plan_resource_change::Response {
    let request = proto::plan_resource_change::Request {
        type_name: "test_thing".to_owned(),
        config: thing(name, Value::Null),
        proposed_new_state: thing(name, Value::Null),
        ..Default::default()
    };
    server.plan_resource_change(Request::new(request)).await.unwrap().into_inner()
}

async fn apply(
    server: &Server<TestProvider>,
    name: &str,
) -> proto::apply_resource_change::Response {
    let request = proto::apply_resource_change::Request {
        type_name: "test_thing".to_owned(),
        config: thing(name, Value::Null),
        planned_state: thing(name, Value::Unknown),
        ..Default::default()
    };
    server.apply_resource_change(Request::new(request)).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_panic_in_a_plan_is_a_diagnostic() {
    let answer = plan(&configured().await, "panic").await;
    assert!(answer.diagnostics[0].detail.starts_with("panic: lost it"));
}

#[tokio::test]
async fn a_panic_in_an_apply_keeps_what_was_recorded() {
    let answer = apply(&configured().await, "panic").await;
    assert_eq!(read(answer.new_state.as_ref()).id, Value::Value("thing-1".to_owned()));
    assert!(answer.diagnostics[0].detail.contains("broke off in a panic"));
}

#[tokio::test]
async fn two_plans_run_side_by_side() {
    let server = configured().await;
    // Each waits for the other: one after the other they would never end.
    let (one, two) = tokio::join!(plan(&server, "meet"), plan(&server, "meet"));
    assert!(one.diagnostics.is_empty() && two.diagnostics.is_empty());
}

#[tokio::test]
async fn stopping_ends_waits_and_keeps_what_exists() {
    let server = Arc::new(configured().await);
    let waiting = tokio::spawn({
        let server = Arc::clone(&server);
        async move { apply(&server, "wait").await }
    });
    tokio::task::yield_now().await;
    let stop = proto::stop_provider::Request::default();
    let stopped = server.stop_provider(Request::new(stop)).await.unwrap().into_inner();
    assert!(stopped.error.is_empty());
    let answer = waiting.await.unwrap();
    assert_eq!(answer.diagnostics[0].summary, "Interrupted");
    assert_eq!(read(answer.new_state.as_ref()).id, Value::Value("thing-1".to_owned()));
}

#[tokio::test]
async fn a_new_configuration_forgets_that_it_was_stopped() {
    let server = configured().await;
    let stop = proto::stop_provider::Request::default();
    server.stop_provider(Request::new(stop)).await.unwrap();
    configure(&server, &Dynamic::Map([("region".to_owned(), Dynamic::from("x"))].into())).await;
    assert!(!server.inner.ready().unwrap().cancel.is_cancelled());
}

#[tokio::test]
async fn a_broken_promise_is_our_bug_by_name() {
    let answer = apply(&configured().await, "lie").await;
    assert_eq!(answer.diagnostics[0].summary, "Provider Bug");
    assert!(answer.diagnostics[0].detail.contains("name is \"other\", and \"lie\" was planned"));
}

#[tokio::test]
async fn a_large_state_is_read() {
    let name = "x".repeat(20 << 20);
    let request = proto::read_resource::Request {
        type_name: "test_thing".to_owned(),
        current_state: thing(&name, Value::Null),
        ..Default::default()
    };
    let server = configured().await;
    let answer = server.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(read(answer.new_state.as_ref()).name, Value::Value(name));
}

#[tokio::test]
async fn an_unknown_provider_block_plans_but_does_not_read() {
    let server = Server::new(TestProvider);
    configure(&server, &Dynamic::Map([("region".to_owned(), Dynamic::Unknown)].into())).await;
    assert!(plan(&server, "a").await.diagnostics.is_empty());
    let request = proto::read_resource::Request {
        type_name: "test_thing".to_owned(),
        current_state: thing("a", Value::Null),
        ..Default::default()
    };
    let kept = request.current_state.clone();
    let answer = server.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Provider Configuration Not Known Yet");
    assert_eq!(answer.new_state, kept);
}
