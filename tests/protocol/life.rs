//! How the process ends, and what it outlives.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use officeless::plugin::proto::services::Empty;
use officeless::plugin::proto::services::grpc_broker_client::GrpcBrokerClient;
use officeless::plugin::proto::services::grpc_controller_client::GrpcControllerClient;
use officeless::plugin::proto::services::grpc_stdio_client::GrpcStdioClient;

use crate::certificate::Client;
use crate::core::{Plugin, SERVING, call, signal, soon};

#[tokio::test]
async fn a_shutdown_is_answered_and_ends_it_though_streams_are_open() {
    let core = Client::new();
    let mut plugin = Plugin::start(Some(&core)).await;
    let channel = plugin.connect(Some(&core)).await.unwrap();
    let requests = futures_util::stream::pending();
    let _broker =
        soon(GrpcBrokerClient::new(channel.clone()).start_stream(requests)).await.unwrap();
    let _stdio = soon(GrpcStdioClient::new(channel.clone()).stream_stdio(())).await.unwrap();

    let asked = Instant::now();
    soon(GrpcControllerClient::new(channel).shutdown(Empty {})).await.unwrap();
    assert_eq!(plugin.ended().await.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(plugin.left_nothing());
    assert_eq!(plugin.stdout.next_line().await.unwrap(), None, "one line is all of its output");
    assert_eq!(plugin.stderr().await, "");
}

#[tokio::test]
async fn an_interrupt_is_survived() {
    let plugin = Plugin::start(None).await;
    signal(&plugin.child, "INT").await;
    signal(&plugin.child, "INT").await;
    assert_eq!(call(plugin.connect_plaintext().await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn termination_is_fatal() {
    let mut plugin = Plugin::start(None).await;
    signal(&plugin.child, "TERM").await;
    assert_eq!(plugin.ended().await.signal(), Some(15));
}

#[tokio::test]
async fn a_connection_that_closes_again_is_no_end() {
    let plugin = Plugin::start(None).await;
    drop(plugin.connect_plaintext().await.unwrap());
    assert_eq!(call(plugin.connect_plaintext().await).await.unwrap(), SERVING);
}
