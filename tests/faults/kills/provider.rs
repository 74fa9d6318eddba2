//! SIGKILL of the provider while a call is under way.
//!
//! The recorder dies with the process, so what is left depends only on which of the changing calls were
//! carried out. Terraform hears of a plugin that did not respond, and keeps the state that it had.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use officeless_testbench::{Bench, Cli, Effect, Fault};

use super::stage::{Stage, told};
use crate::operation::Operation;
use crate::play::{Clean, Verdict};
use crate::scenarios::Scenario;

/// How long Terraform may take to notice.
const NOTICED: Duration = Duration::from_secs(30);

/// What comes after the kill.
#[derive(Clone, Copy)]
enum Next {
    /// The same again.
    Again,
    /// A destroy.
    Destroy,
}

/// The calls at which the provider is killed: those that change something and the last before them. One
/// that is killed at another read leaves what it leaves at the change before that.
pub(crate) fn indexes(clean: &Clean) -> Vec<usize> {
    let due = |index: &usize| {
        let before = clean.changes[..*index].iter().all(|change| !change)
            && clean.changes.get(index + 1).is_some_and(|change| *change);
        clean.changes[*index] || before
    };
    (0..clean.calls.len()).filter(due).collect()
}

/// Runs an operation and kills the provider at one call.
pub(crate) async fn killed(
    bench: &'static Bench,
    cli: &Cli,
    (scenario, operation, index): (Scenario, Operation, usize),
    clean: &Clean,
) -> Result<Verdict> {
    let point = (scenario, operation, index);
    let verdict = one_run(bench, cli, point, clean, Next::Again).await?;
    if let Verdict::OnceMore = verdict {
        let again = one_run(bench, cli, point, clean, Next::Destroy).await;
        again.context("then destroyed")?;
    }
    Ok(verdict)
}

async fn one_run(
    bench: &'static Bench,
    cli: &Cli,
    (scenario, operation, index): (Scenario, Operation, usize),
    clean: &Clean,
    next: Next,
) -> Result<Verdict> {
    let stage = Stage::before(bench, cli, scenario, operation).await?;
    let (proxy, account) = (stage.ground.proxy(), stage.ground.account.clone());
    let fault = if clean.changes[index] {
        // By their number among themselves: reads may come in another order.
        let earlier = clean.changes[..index].iter().filter(|change| **change).count();
        Fault::when(&account, |call| call.mutating).skip(earlier)
    } else {
        Fault::at_call(&account, index)
    };
    let fault = proxy.inject(fault.effect(Effect::Hold));
    let mut running = stage.begin(operation)?;
    if !running.until(|| proxy.held(fault) > 0).await? {
        let output = running.ended(NOTICED).await?;
        ensure!(output.status.success(), "it failed by itself: {}", told(&output));
        return Ok(Verdict::NotReached);
    }
    running.kill_provider().await?;
    let output = running.ended(NOTICED).await?;
    proxy.remove(fault);
    let told = told(&output);
    ensure!(!output.status.success(), "it succeeded without its provider: {told}");
    if let Next::Destroy = next {
        stage.expect_destroyed().await.context(told)?;
        return Ok(Verdict::Passed);
    }
    // Without a state there is nothing that a destroy could begin with, and of what an update had just
    // made the state knows nothing: then the next apply takes over what there is. Otherwise a destroy
    // has to find it, too.
    let marked = operation != Operation::Update
        && !stage.unrecorded().await?.is_empty()
        && stage.state_file()?.is_some();
    stage.operate(operation).await.context("apply again").context(told.clone())?;
    stage.expect_all(operation, clean).await.context(told.clone())?;
    stage.expect_destroyed().await.context(told)?;
    Ok(if marked { Verdict::OnceMore } else { Verdict::Passed })
}
