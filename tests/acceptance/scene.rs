//! Where a test plays: an account with a cluster, a workspace of one CLI, and both ends to look at.

use officeless_testbench::{
    Aws, Bench, Call, Cli, Proxy, Seeded, Trials, Workspace, leftovers, restricted, seed, session,
};
use serde_json::Value;

use crate::permissions;

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
    credentials: [String; 3],
    bench: &'static Bench,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let asked = self.bench.proxy.asked_by_provider(&self.account);
        permissions::judge(&self.workspace.types(), &asked);
    }
}

impl Scene {
    /// A fresh account with a cluster, and an empty workspace, in which the provider may do what the
    /// guide of the permissions lists, and nothing else.
    pub(crate) async fn new(cli: &Cli) -> Self {
        let place = |url: &str, account: &str| Workspace::new(cli, PROVIDER.as_ref(), url, account);
        Self::of(place).await
    }

    /// The same with the provider installed, for what runs `init`.
    pub(crate) async fn installed(cli: &Cli) -> Self {
        let place =
            |url: &str, account: &str| Workspace::installed(cli, PROVIDER.as_ref(), url, account);
        Self::of(place).await
    }

    async fn of(place: impl Fn(&str, &str) -> anyhow::Result<Workspace>) -> Self {
        let bench = Bench::shared().await;
        let account = bench.account();
        let seeded = seed(&bench.emulator.url(), &account, REGION, CLUSTER).await.unwrap();
        let mut workspace = place(&bench.proxy.url(), &account).unwrap();
        let (endpoint, policies) = (bench.proxy.url(), permissions::policies());
        let keys = restricted(&endpoint, &account, REGION, &policies).await;
        let keys = keys.unwrap();
        for (name, value) in &keys {
            workspace.env(name, value);
        }
        bench.proxy.clear(&account);
        let aws = bench.aws(&account, REGION);
        let credentials = keys.map(|(_, value)| value);
        Self { account, seeded, workspace, aws, credentials, bench }
    }

    /// Sets a variable to a prefix of names that no other account uses, since bucket names are unique
    /// among all of them; gives the prefix.
    pub(crate) fn own_prefix(&mut self, variable: &str) -> String {
        let prefix = format!("t{}", self.account);
        self.workspace.env(variable, &prefix);
        prefix
    }

    /// The proxy in between.
    pub(crate) fn proxy(&self) -> &Proxy {
        &self.bench.proxy
    }

    /// Changes and looks by somebody else in another region.
    pub(crate) fn aws_in(&self, region: &str) -> Aws {
        self.bench.aws(&self.account, region)
    }

    /// What the provider signs with: the id of its key, the secret key, the session token.
    pub(crate) fn credentials(&self) -> [String; 3] {
        self.credentials.clone()
    }

    /// Another session in place of the one that the provider signs with.
    pub(crate) async fn renew_credentials(&mut self) {
        let endpoint = self.proxy().url();
        let keys = session(&endpoint, &self.account, REGION).await.unwrap();
        for (name, value) in &keys {
            self.workspace.env(name, value);
        }
        self.credentials = keys.map(|(_, value)| value);
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
        self.expect_nothing_left().await;
    }

    /// Demands that the account holds nothing but what was there before the provider came.
    pub(crate) async fn expect_nothing_left(&self) {
        let left = leftovers(&self.aws, &self.seeded).await.unwrap();
        assert!(left.is_empty(), "destroy left {left:?}");
    }
}

fn operation(call: &Call) -> String {
    format!("{}:{}", call.service, call.operation)
}

/// The CLIs to test with: every one found, and each trial is written down for the table that ends the
/// run.
#[track_caller]
pub(crate) fn every_cli() -> Trials {
    Trials::every_cli()
}
