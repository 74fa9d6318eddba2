//! Real Terraform in an account of its own, with the processes that it starts, and what must hold there
//! when it is over: the same as in [`crate::play`].

use std::fmt::Write as _;
use std::process::Output;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use officeless_testbench::{Bench, Cli, PlanResult, Workspace};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::ground::Ground;
use crate::operation::Operation;
use crate::play::Clean;
use crate::scenarios::Scenario;

/// The provider under test.
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-officeless");

/// What its process is called.
const PROGRAM: &str = "terraform-provider-officeless";

/// How often a process or the proxy is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How long Terraform may run before something happens to it.
const PATIENCE: Duration = Duration::from_mins(3);

const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];
const DESTROY: [&str; 4] = ["destroy", "-no-color", "-input=false", "-auto-approve"];

/// One account, one workspace.
pub(crate) struct Stage {
    pub(crate) ground: Ground,
    pub(crate) workspace: Workspace,
    keeps: Vec<&'static str>,
    uncounted: Vec<&'static str>,
}

impl Stage {
    /// An empty workspace for what these scenarios are about.
    pub(crate) async fn new(
        bench: &'static Bench,
        cli: &Cli,
        scenarios: &[Scenario],
    ) -> Result<Self> {
        let ground = Ground::new(bench).await.context("preparing the account")?;
        let url = ground.proxy().url();
        let workspace = Workspace::new(cli, PROVIDER.as_ref(), &url, &ground.account)?;
        let of = |list: fn(&Scenario) -> &'static [&'static str]| {
            scenarios.iter().flat_map(list).copied().collect()
        };
        let (keeps, uncounted) = (of(|one| one.keeps), of(|one| one.uncounted));
        Ok(Self { ground, workspace, keeps, uncounted })
    }

    /// The workspace before an operation, with the configuration that the operation leads to.
    pub(crate) async fn before(
        bench: &'static Bench,
        cli: &Cli,
        scenario: Scenario,
        operation: Operation,
    ) -> Result<Self> {
        let stage = Self::new(bench, cli, &[scenario]).await?;
        let configurations = (scenario.configurations)(&stage.ground);
        if operation != Operation::Create {
            stage.configure(&[(scenario.type_name, &configurations.first)])?;
            stage.succeeds(&APPLY).await.context("before the operation")?;
        }
        if let Some(target) = configurations.target(operation) {
            stage.configure(&[(scenario.type_name, target)])?;
        }
        stage.ground.clear();
        Ok(stage)
    }

    /// One object of each of these types, and nothing else.
    pub(crate) fn configure(&self, objects: &[(&str, &Value)]) -> Result<()> {
        let mut resources = serde_json::Map::new();
        for (type_name, attributes) in objects {
            resources.insert((*type_name).to_owned(), json!({ "this": attributes }));
        }
        let configuration = json!({
            "terraform": {
                "required_providers": { "officeless": { "source": "officeless-platform/officeless" } },
            },
            "provider": { "officeless": {} },
            "resource": resources,
        });
        // Each on a line of its own, of which Terraform shows one with an error.
        self.workspace.write("main.tf.json", &serde_json::to_string_pretty(&configuration)?)
    }

    /// The command of an operation.
    fn command(operation: Operation) -> &'static [&'static str] {
        if operation == Operation::Delete { &DESTROY } else { &APPLY }
    }

    /// Carries an operation out.
    pub(crate) async fn operate(&self, operation: Operation) -> Result<()> {
        self.succeeds(Self::command(operation)).await
    }

    /// Begins an operation.
    pub(crate) fn begin(&self, operation: Operation) -> Result<Running> {
        let child = self.workspace.command(Self::command(operation)).spawn()?;
        let leader = child.id().context("it has ended at once")?;
        let ended = tokio::spawn(child.wait_with_output());
        Ok(Running { leader, ended: Some(ended) })
    }

    async fn succeeds(&self, arguments: &[&str]) -> Result<()> {
        let run = self.workspace.run(arguments).await;
        ensure!(run.is_ok(), "{}", flowing(&run.output()));
        Ok(())
    }

    /// What the state file says; nothing when it holds no object.
    pub(crate) fn state_file(&self) -> Result<Option<String>> {
        let file = self.workspace.path().join("terraform.tfstate");
        let Ok(text) = std::fs::read_to_string(&file) else { return Ok(None) };
        // Terraform makes an empty file before it has anything to say.
        if text.is_empty() {
            return Ok(None);
        }
        let state: Value = serde_json::from_str(&text).context("reading the state file")?;
        let mut said = String::new();
        let resources = state["resources"].as_array().into_iter().flatten();
        for object in resources.filter(|one| one["mode"] == "managed") {
            for instance in object["instances"].as_array().into_iter().flatten() {
                let private = instance["private"].as_str().unwrap_or_default();
                let private = base64::engine::general_purpose::STANDARD.decode(private)?;
                let private = String::from_utf8_lossy(&private);
                let _ = writeln!(said, "{} {private}", instance["attributes"]);
            }
        }
        Ok((!said.is_empty()).then_some(said))
    }

    /// What exists and the state does not tell of.
    pub(crate) async fn unrecorded(&self) -> Result<Vec<String>> {
        let inventory = self.ground.inventory().await?;
        let unrecorded = inventory.unrecorded(&self.keeps, self.state_file()?.as_deref());
        Ok(unrecorded.into_iter().map(str::to_owned).collect())
    }

    /// What the operation has done without interference.
    pub(crate) async fn clean(&self) -> Result<Clean> {
        Ok(Clean::of(&self.ground, &self.ground.inventory().await?, &self.uncounted))
    }

    /// Nothing is left to do, and there is what a run without interference leaves.
    pub(crate) async fn expect_all(&self, operation: Operation, clean: &Clean) -> Result<()> {
        if operation == Operation::Delete {
            ensure!(self.state_file()?.is_none(), "the state still has it");
        } else {
            let PlanResult { run, .. } = self.workspace.plan().await;
            let told = flowing(&run.output());
            ensure!(run.code == Some(0), "the plan after it is not empty: {told}");
        }
        let unrecorded = self.unrecorded().await?;
        ensure!(unrecorded.is_empty(), "exists and is not in the state: {unrecorded:?}");
        let inventory = self.ground.inventory().await?;
        let (now, wanted) = (inventory.counts(&self.uncounted), &clean.counts);
        ensure!(now == *wanted, "{now:?} exist, not {wanted:?}: {inventory:?}");
        Ok(())
    }

    pub(crate) async fn expect_destroyed(&self) -> Result<()> {
        self.succeeds(&DESTROY).await.context("destroy")?;
        let inventory = self.ground.inventory().await?;
        let left = inventory.left(&self.keeps);
        ensure!(left.is_empty(), "destroy left {left:?}");
        Ok(())
    }
}

/// A Terraform that runs, in a process group of its own. Dropping it kills what is left of the group.
pub(crate) struct Running {
    leader: u32,
    ended: Option<JoinHandle<std::io::Result<Output>>>,
}

impl Running {
    /// Waits until something is so; false when Terraform ended before.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) -> Result<bool> {
        let since = Instant::now();
        while !is_so() {
            if self.ended.as_ref().is_none_or(JoinHandle::is_finished) {
                return Ok(is_so());
            }
            ensure!(since.elapsed() < PATIENCE, "nothing happened for {PATIENCE:?}");
            pause().await;
        }
        Ok(true)
    }

    /// The processes of the provider that live in the group.
    async fn providers(&self) -> Result<Vec<u32>> {
        let listed = Command::new("ps").args(["-A", "-o", "pid=,pgid=,stat=,args="]).output();
        let listed = listed.await.context("ps")?;
        let text = String::from_utf8_lossy(&listed.stdout);
        let group = self.leader.to_string();
        let provider = |line: &str| {
            let mut words = line.split_whitespace();
            let (pid, of, state) = (words.next()?, words.next()?, words.next()?);
            let program = words.next()?.ends_with(PROGRAM);
            let lives = of == group && !state.starts_with('Z') && program;
            lives.then(|| pid.parse().ok())?
        };
        Ok(text.lines().filter_map(provider).collect())
    }

    /// Kills the provider, of which there is one.
    pub(crate) async fn kill_provider(&self) -> Result<()> {
        let providers = self.providers().await?;
        let [provider] = providers[..] else { bail!("there are the providers {providers:?}") };
        signal("KILL", &provider.to_string()).await
    }

    /// Kills Terraform, and answers how long its provider outlived it.
    pub(crate) async fn kill_terraform(&mut self, limit: Duration) -> Result<Duration> {
        ensure!(!self.providers().await?.is_empty(), "there is no provider to outlive it");
        signal("KILL", &self.leader.to_string()).await?;
        let since = Instant::now();
        while !self.providers().await?.is_empty() {
            ensure!(since.elapsed() < limit, "the provider lives {limit:?} after Terraform");
            pause().await;
        }
        let outlived = since.elapsed();
        self.ended(limit).await?;
        Ok(outlived)
    }

    /// Sends what Ctrl-C sends, to the whole group.
    pub(crate) async fn interrupt(&self) -> Result<()> {
        signal("INT", &format!("-{}", self.leader)).await
    }

    /// What Terraform came to within a time; all its providers are gone with it.
    pub(crate) async fn ended(&mut self, limit: Duration) -> Result<Output> {
        let ended = self.ended.take().context("it has ended before")?;
        let Ok(output) = tokio::time::timeout(limit, ended).await else {
            bail!("it has not ended within {limit:?}")
        };
        let providers = self.providers().await?;
        ensure!(providers.is_empty(), "it left the providers {providers:?}");
        Ok(output??)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.leader);
        // Nearly always there is nobody left.
        let _ = std::process::Command::new("kill").args(["-KILL", "--", &group]).output();
    }
}

async fn signal(name: &str, whom: &str) -> Result<()> {
    let kill = Command::new("kill").args([&format!("-{name}"), "--", whom]).output().await?;
    ensure!(kill.status.success(), "kill: {}", String::from_utf8_lossy(&kill.stderr));
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a bench that watches processes")]
async fn pause() {
    tokio::time::sleep(LOOK).await;
}

/// What a Terraform said.
pub(crate) fn told(output: &Output) -> String {
    flowing(&[&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).join(" "))
}

/// What it said from its first error on, or all, in one line.
fn flowing(text: &str) -> String {
    let text = text.find("Error: ").map_or(text, |at| &text[at..]);
    text.replace(['│', '╷', '╵'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}
