//! What is served beside the provider, and what holds for every service.

use std::time::Duration;

use officeless::plugin::proto::services::grpc_broker_client::GrpcBrokerClient;
use officeless::plugin::proto::services::grpc_stdio_client::GrpcStdioClient;
use officeless::plugin::proto::tfplugin6::get_states;
use officeless::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tokio::time::timeout;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::core::{Plugin, soon};

/// Long enough for an answer that must not come to show.
const A_WHILE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn health_is_known_of_the_plugin_only() {
    let plugin = Plugin::start(None).await;
    let mut health = HealthClient::new(plugin.connect_plaintext().await.unwrap());
    let mut ask = async |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        health.check(request).await.map(|answer| answer.into_inner().status).map_err(code)
    };
    assert_eq!(ask("plugin").await, Ok(1));
    assert_eq!(ask("other").await, Err(Code::NotFound));
}

#[tokio::test]
async fn the_broker_stream_stays_open_and_silent() {
    let plugin = Plugin::start(None).await;
    let mut broker = GrpcBrokerClient::new(plugin.connect_plaintext().await.unwrap());
    let requests = futures_util::stream::pending();
    let mut answers = soon(broker.start_stream(requests)).await.unwrap().into_inner();
    assert!(timeout(A_WHILE, answers.message()).await.is_err());
}

#[tokio::test]
async fn the_stdio_stream_stays_open_and_silent() {
    let plugin = Plugin::start(None).await;
    let mut stdio = GrpcStdioClient::new(plugin.connect_plaintext().await.unwrap());
    let mut answers = soon(stdio.stream_stdio(())).await.unwrap().into_inner();
    assert!(timeout(A_WHILE, answers.message()).await.is_err());
}

#[tokio::test]
async fn what_is_not_served_is_unimplemented() {
    let plugin = Plugin::start(None).await;
    let mut provider = ProviderClient::new(plugin.connect_plaintext().await.unwrap());
    let request = get_states::Request { type_name: "x".to_owned() };
    assert_eq!(soon(provider.get_states(request)).await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn large_messages_are_read() {
    let plugin = Plugin::start(None).await;
    let mut provider = ProviderClient::new(plugin.connect_plaintext().await.unwrap());
    // Twice of what gRPC libraries take by themselves; read, and then not served.
    let request = get_states::Request { type_name: "x".repeat(8 << 20) };
    assert_eq!(soon(provider.get_states(request)).await.unwrap_err().code(), Code::Unimplemented);
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err calls")]
fn code(status: Status) -> Code {
    status.code()
}
