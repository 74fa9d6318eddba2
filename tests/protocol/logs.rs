//! What core reads from standard error.

use officeless::plugin::proto::services::Empty;
use officeless::plugin::proto::services::grpc_controller_client::GrpcControllerClient;
use serde_json::Value;

use crate::certificate::Client;
use crate::core::{Plugin, call, soon};

/// All that is logged in a short life with a refused connection in it.
async fn log(variables: &[(&str, &str)]) -> Vec<String> {
    let core = Client::new();
    let mut plugin = Plugin::start_with(Some(&core), variables).await;
    assert!(call(plugin.connect(None).await).await.is_err());
    let channel = plugin.connect(Some(&core)).await.unwrap();
    soon(GrpcControllerClient::new(channel).shutdown(Empty {})).await.unwrap();
    plugin.ended().await;
    plugin.stderr().await.lines().map(str::to_owned).collect()
}

/// The level of a line, after checking all that core insists on.
fn level(line: &str) -> String {
    let object: Value = serde_json::from_str(line).expect(line);
    assert!(object["@message"].is_string(), "{line}");
    let timestamp = object["@timestamp"].as_str().expect(line);
    let (_, fraction) = timestamp.split_once('.').expect(line);
    assert_eq!(fraction.len(), "123456Z".len(), "{line}");
    assert!(fraction.ends_with('Z') && fraction[..6].bytes().all(|b| b.is_ascii_digit()), "{line}");
    object["@level"].as_str().expect(line).to_owned()
}

#[tokio::test]
async fn every_line_is_one_core_can_read() {
    let lines = log(&[("TF_LOG", "TRACE")]).await;
    let levels: Vec<_> = lines.iter().map(|line| level(line)).collect();
    for wanted in ["trace", "debug", "warn"] {
        assert!(levels.iter().any(|level| level == wanted), "no {wanted} in {levels:?}");
    }
}

#[tokio::test]
async fn only_the_wanted_levels_are_written() {
    let lines = log(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")]).await;
    let levels: Vec<_> = lines.iter().map(|line| level(line)).collect();
    // The refused client may knock a second time by itself.
    assert!(!levels.is_empty(), "the refused connection is not told");
    assert!(levels.iter().all(|level| level == "warn"), "more than was asked for: {levels:?}");
}

#[tokio::test]
async fn nothing_is_logged_unasked() {
    assert_eq!(log(&[]).await, Vec::<String>::new());
}
