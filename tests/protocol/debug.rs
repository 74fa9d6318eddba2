//! The debug mode: started by hand, reached through `TF_REATTACH_PROVIDERS`.

use officeless::plugin::proto::services::Empty;
use officeless::plugin::proto::services::grpc_controller_client::GrpcControllerClient;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::core::{SERVING, call, connect, program, signal, soon};

/// A provider in debug mode, and what it told the user to set.
struct Debug {
    child: Child,
    value: Value,
    temporary: TempDir,
}

impl Debug {
    async fn start() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = program(temporary.path()).arg("--debug").spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let value = loop {
            let line = soon(lines.next_line()).await.unwrap().expect("nothing to set was told");
            if let Some(value) = line.strip_prefix("TF_REATTACH_PROVIDERS=") {
                break serde_json::from_str(value.trim_matches('\'')).unwrap();
            }
        };
        Self { child, value, temporary }
    }

    fn entry(&self) -> &Value {
        &self.value["registry.terraform.io/officeless-platform/officeless"]
    }

    async fn call(&self) -> anyhow::Result<i32> {
        let address = &self.entry()["Addr"];
        let (network, path) = (address["Network"].as_str(), address["String"].as_str());
        call(connect(network.unwrap(), path.unwrap(), None).await).await
    }
}

#[tokio::test]
async fn tells_core_all_it_needs_for_both_registries() {
    let debug = Debug::start().await;
    let entry = debug.entry();
    assert_eq!(entry["Protocol"], "grpc");
    assert_eq!(entry["ProtocolVersion"], 6);
    assert_eq!(entry["Test"], true);
    assert_eq!(entry["Pid"], debug.child.id().unwrap());
    assert_eq!(entry["Addr"]["Network"], "unix");
    assert_eq!(debug.value["registry.opentofu.org/officeless-platform/officeless"], *entry);
}

#[tokio::test]
async fn answers_one_core_after_the_other_and_no_core_ends_it() {
    let debug = Debug::start().await;
    assert_eq!(debug.call().await.unwrap(), SERVING);
    let address = debug.entry()["Addr"]["String"].as_str().unwrap();
    let channel = connect("unix", address, None).await.unwrap();
    soon(GrpcControllerClient::new(channel).shutdown(Empty {})).await.unwrap();
    assert_eq!(debug.call().await.unwrap(), SERVING);
}

#[tokio::test]
async fn an_interrupt_ends_it_and_nothing_is_left() {
    let mut debug = Debug::start().await;
    signal(&debug.child, "INT").await;
    assert_eq!(soon(debug.child.wait()).await.unwrap().code(), Some(0));
    assert!(debug.temporary.path().read_dir().unwrap().next().is_none());
}
