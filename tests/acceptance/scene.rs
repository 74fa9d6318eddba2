//! Where a test plays: an account with a cluster, a workspace of one CLI, and both ends to look at.

use std::path::Path;

use officeless_testbench::{
    Aws, Bench, Call, Cli, Proxy, Seeded, Workspace, clis, leftovers, seed,
};
use serde_json::Value;

/// The provider under test.
pub(crate) const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-officeless");

/// The region of every test.
pub(crate) const REGION: &str = "us-east-1";

/// The seeded cluster.
pub(crate) const CLUSTER: &str = "demo";

/// One account, one workspace.
pub(crate) struct Scene {
    /// The account.
    pub(crate) account: String,
    /// What stands there before the provider comes.
    pub(crate) seeded: Seeded,
    /// Where Terraform runs.
    pub(crate) workspace: Workspace,
    /// Changes by somebody else; not recorded.
    pub(crate) aws: Aws,
    bench: &'static Bench,
}

impl Scene {
    /// A fresh account with a cluster, and an empty workspace.
    pub(crate) async fn new(cli: &Cli) -> Self {
        let bench = Bench::shared().await;
        let account = bench.account();
        let seeded = seed(&bench.emulator.url(), &account, REGION, CLUSTER).await.unwrap();
        let workspace =
            Workspace::new(cli, Path::new(PROVIDER), &bench.proxy.url(), &account).unwrap();
        let aws = bench.aws(&account, REGION);
        Self { account, seeded, workspace, aws, bench }
    }

    /// The proxy in between.
    pub(crate) fn proxy(&self) -> &Proxy {
        &self.bench.proxy
    }

    /// The configuration of the workspace from now on.
    pub(crate) fn configure(&self, text: &str) {
        self.workspace.write_main(text).unwrap();
    }

    /// The calls since the last look that changed something.
    pub(crate) fn mutations(&self) -> Vec<String> {
        let calls = self.proxy().mutating_calls(&self.account);
        self.proxy().clear(&self.account);
        calls.iter().map(operation).collect()
    }

    /// Applies, then demands that the next plan is empty, and that neither it nor a second apply
    /// changes anything in AWS.
    pub(crate) async fn settle(&self) {
        self.workspace.expect_apply().await;
        self.mutations();
        self.workspace.expect_empty_plan().await;
        self.workspace.expect_apply().await;
        let mutations = self.mutations();
        assert!(mutations.is_empty(), "a second apply changed something: {mutations:?}");
    }

    /// The Pod Identity associations of the cluster, as EKS lists them.
    pub(crate) async fn associations(&self) -> Vec<Value> {
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations");
        let listed = self.aws.rest("eks", "GET", &path, "").await.unwrap().ok().unwrap();
        listed.json().unwrap()["associations"].as_array().unwrap().clone()
    }

    /// Destroys, and demands that nothing is left.
    pub(crate) async fn destroy(&self) {
        self.workspace.expect_destroy().await;
        let left = leftovers(&self.aws, &self.seeded).await.unwrap();
        assert!(left.is_empty(), "destroy left {left:?}");
    }
}

fn operation(call: &Call) -> String {
    format!("{}:{}", call.service, call.operation)
}

/// The CLIs to test with: every one found.
pub(crate) fn every_cli() -> Vec<Cli> {
    let found = clis();
    assert!(!found.is_empty(), "no Terraform or OpenTofu was found: run make tools");
    found
}
