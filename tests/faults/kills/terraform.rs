//! SIGKILL of Terraform itself in the middle of a create of many things: its provider ends by itself,
//! and nobody has to unlock the state.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use officeless_testbench::{Bench, Cli, Effect, Example, Fault};
use serde_json::Value;

use super::stage::Stage;
use crate::ground::CLUSTER;
use crate::operation::Operation;
use crate::play::{Clean, Verdict};
use crate::scenarios;

/// How long a provider may outlive Terraform.
pub(crate) const ORPHANED: Duration = Duration::from_secs(2);

/// Points of each configuration, spread over the calls that change something.
const POINTS: usize = 5;

/// A configuration of many resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Many {
    /// One of each scenario.
    EachResource,
    /// `examples/complete`.
    Example,
}

impl Many {
    pub(crate) const ALL: [Self; 2] = [Self::EachResource, Self::Example];

    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EachResource => "one of each resource",
            Self::Example => "examples/complete",
        }
    }

    /// A workspace with it, not applied yet.
    async fn stage(self, bench: &'static Bench, cli: &Cli) -> Result<Stage> {
        let mut stage = Stage::new(bench, cli, scenarios::ALL).await?;
        match self {
            Self::EachResource => {
                let made = scenarios::ALL.iter().map(|scenario| {
                    (scenario.type_name, (scenario.configurations)(&stage.ground).first)
                });
                let made: Vec<(&str, Value)> = made.collect();
                let objects: Vec<(&str, &Value)> =
                    made.iter().map(|(name, one)| (*name, one)).collect();
                stage.configure(&objects)?;
            }
            Self::Example => {
                let example = Example::complete()?;
                ensure!(example.cluster_name == CLUSTER, "the example is for another cluster");
                stage.workspace.copy_configuration(&example.folder)?;
                let prefix = format!("t{}", stage.ground.account);
                stage.workspace.env("TF_VAR_name_prefix", &prefix);
            }
        }
        Ok(stage)
    }

    /// What its create does without interference.
    pub(crate) async fn clean(self, bench: &'static Bench, cli: &Cli) -> Result<Clean> {
        let stage = self.stage(bench, cli).await?;
        stage.operate(Operation::Create).await?;
        let clean = stage.clean().await?;
        stage.expect_all(Operation::Create, &clean).await?;
        stage.expect_destroyed().await?;
        Ok(clean)
    }
}

/// The calls at which Terraform is killed, by their number among those that change something.
pub(crate) fn numbers(clean: &Clean) -> Vec<usize> {
    let changes = clean.changes.iter().filter(|change| **change).count();
    (0..POINTS).map(|point| (2 * point + 1) * changes / (2 * POINTS)).collect()
}

/// Creates and kills Terraform at one changing call; answers how long the provider outlived it.
pub(crate) async fn killed(
    bench: &'static Bench,
    cli: &Cli,
    (many, number): (Many, usize),
    clean: &Clean,
) -> Result<(Verdict, Duration)> {
    let stage = many.stage(bench, cli).await?;
    let proxy = stage.ground.proxy();
    let fault = Fault::when(&stage.ground.account, |call| call.mutating).skip(number);
    let fault = proxy.inject(fault.effect(Effect::Hold));
    let mut running = stage.begin(Operation::Create)?;
    if !running.until(|| proxy.held(fault) > 0).await? {
        return Ok((Verdict::NotReached, Duration::ZERO));
    }
    let outlived = running.kill_terraform(ORPHANED).await?;
    proxy.remove(fault);
    stage.operate(Operation::Create).await.context("apply again")?;
    stage.expect_all(Operation::Create, clean).await?;
    stage.expect_destroyed().await?;
    Ok((Verdict::Passed, outlived))
}
