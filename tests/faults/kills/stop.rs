//! The request to stop, by which Terraform hands Ctrl-C on, at every wait of every operation.
//!
//! In this process, over the provider's own RPCs. A wait is made to last by throttling its polls, which it
//! sits out as it does a state that is not there yet; a retry, by refusing its call with an answer that
//! heals by itself.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use officeless_testbench::{Bench, Effect, Fault, FaultId, Proxy};
use tracing::Instrument as _;

use super::ctrl_c::AT_ONCE;
use super::watch::{self, Wait};
use crate::operation::Operation;
use crate::play::{Clean, Play, Verdict};
use crate::scenarios::Scenario;

/// How often the operation is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// So many polls or attempts in vain, and the operation is taken to be waiting.
const IN_VAIN: usize = 2;

/// How long work of many calls is kept by each of them.
const SLOW: Duration = Duration::from_secs(30);

/// Answers that heal by themselves: service, status, code, message. Whether a call is tried again after
/// one is found out by trying.
const NOT_READY: &[(&str, u16, &str, &str)] = &[
    ("application-autoscaling", 400, "ConcurrentUpdateException", "in progress"),
    ("application-autoscaling", 400, "FailedResourceAccessException", "not available"),
    ("backup", 400, "InvalidParameterValueException", "The role cannot be assumed by AWS Backup"),
    ("backup", 400, "InvalidRequestException", "selections must be deleted prior to deletion"),
    ("ec2", 400, "DependencyViolation", "has a dependent object"),
    ("ec2", 400, "InvalidVolume.NotFound", "does not exist"),
    ("ec2", 400, "InvalidGroup.NotFound", "does not exist"),
    ("eks", 400, "InvalidParameterException", "The role cannot be assumed"),
    ("eks", 400, "ResourcePropagationDelayException", "The role is not ready"),
    ("eks", 409, "ResourceInUseException", "is being changed"),
    ("elasticache", 404, "CacheSubnetGroupInUse", "is in use"),
    ("elasticache", 400, "InvalidCacheParameterGroupState", "is in use"),
    ("elasticache", 400, "InvalidReplicationGroupState", "is not available"),
    ("elasticache", 400, "InvalidUserGroupState", "is being modified"),
    ("elasticache", 400, "InvalidUserState", "is being modified"),
    ("elasticache", 400, "ServiceLinkedRoleNotFoundFault", "is not found"),
    ("elasticfilesystem", 400, "InvalidPolicyException", "invalid principal"),
    ("elasticfilesystem", 409, "FileSystemInUse", "is in use"),
    ("elasticfilesystem", 409, "IncorrectFileSystemLifeCycleState", "is updating"),
    ("iam", 400, "MalformedPolicyDocument", "Invalid principal in policy"),
    ("iam", 404, "NoSuchEntity", "cannot be found"),
    ("iam", 409, "ConcurrentModification", "in progress"),
    ("iam", 409, "DeleteConflict", "must detach all policies first"),
    ("s3", 400, "MalformedPolicy", "Invalid principal in policy"),
    ("s3", 404, "NoSuchBucket", "does not exist"),
    ("s3", 409, "OperationAborted", "a conflicting operation is in progress"),
];

/// A call with the answer that it gets.
pub(crate) fn told(call: &str, answer: usize) -> String {
    let (_, status, code, _) = NOT_READY[answer];
    format!("{call}: {status} {code}")
}

/// Where an operation is stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// In the wait of this number.
    Wait(usize),
    /// At the call of this index, refused with this row of [`NOT_READY`].
    Retry(usize, usize),
}

/// What an operation does and waits for without interference.
pub(crate) struct Waits {
    pub(crate) clean: Clean,
    pub(crate) waits: Vec<Wait>,
}

/// Runs an operation without interference.
pub(crate) async fn clean(
    bench: &'static Bench,
    scenario: Scenario,
    operation: Operation,
) -> Result<Waits> {
    let mut play = Play::begin(bench, scenario, operation, None).await?;
    let account = play.ground.account.clone();
    play.operate().instrument(watch::span(&account)).await?;
    let waits = watch::waits(&account);
    watch::forget(&account);
    let clean = Clean::of(&play.ground, &play.ground.inventory().await?, scenario.uncounted);
    Ok(Waits { clean, waits })
}

/// The places to stop at: every wait, and every answer at the first call of each operation of AWS that
/// changes something.
pub(crate) fn places(waits: &Waits) -> Vec<Stop> {
    let Waits { clean, waits } = waits;
    let mut places: Vec<Stop> = (0..waits.len()).map(Stop::Wait).collect();
    for (index, call) in clean.calls.iter().enumerate() {
        if !clean.changes[index] || clean.calls[..index].contains(call) {
            continue;
        }
        let (service, _) = call.split_once(':').unwrap_or_default();
        let answers = NOT_READY.iter().enumerate().filter(|(_, answer)| answer.0 == service);
        places.extend(answers.map(|(answer, _)| Stop::Retry(index, answer)));
    }
    places
}

/// Runs an operation and stops it there. An operation that does not wait there is none to be stopped.
pub(crate) async fn stopped(
    bench: &'static Bench,
    (scenario, operation): (Scenario, Operation),
    stop: Stop,
    waits: &Waits,
) -> Result<Verdict> {
    let mut play = Play::begin(bench, scenario, operation, None).await?;
    play.terraform.try_once();
    let account = play.ground.account.clone();
    let outcome = Box::pin(play.stopped_at(stop, waits)).await;
    watch::forget(&account);
    outcome
}

impl Play {
    async fn stopped_at(&mut self, stop: Stop, waits: &Waits) -> Result<Verdict> {
        let (proxy, account) = (self.ground.proxy(), self.ground.account.clone());
        let fault = make_last(proxy, &account, stop, &waits.clean);
        let stopper = self.terraform.stopper();
        let took;
        let outcome = {
            let operation = self.operate().instrument(watch::span(&account));
            let mut operation = std::pin::pin!(operation);
            loop {
                tokio::select! {
                    outcome = &mut operation => {
                        ensure!(!watch::sprung(&account), "it did not wait: {outcome:?}");
                        // Not every answer at every call is one that heals by itself.
                        let is_wait = matches!(stop, Stop::Wait(_));
                        return Ok(if is_wait { Verdict::NotReached } else { Verdict::NoPoint });
                    }
                    () = pause() => {}
                }
                if is_waiting(proxy, &account, stop, fault.get()) {
                    break;
                }
            }
            stopper.stop().await?;
            let since = Instant::now();
            let outcome = tokio::time::timeout(AT_ONCE * 5, operation).await;
            took = since.elapsed();
            outcome.context("it went on as if it had not been stopped")?
        };
        proxy.remove_faults(&account);
        let told = outcome.err().context("it succeeded although it was stopped")?.to_string();
        ensure!(took <= AT_ONCE, "it went on for {took:?}: {told}");
        self.expect_recorded(&self.ground.inventory().await?).context(told.clone())?;
        self.operate().await.context("apply again").context(told.clone())?;
        self.expect_all(&waits.clean).await.context(told.clone())?;
        self.expect_destroyed().await.context(told)?;
        Ok(Verdict::Passed)
    }
}

/// Makes the operation last at the place.
fn make_last(
    proxy: &'static Proxy,
    account: &str,
    stop: Stop,
    clean: &Clean,
) -> Arc<OnceLock<FaultId>> {
    let fault = Arc::new(OnceLock::new());
    match stop {
        Stop::Wait(number) => {
            let (made, owner) = (Arc::clone(&fault), account.to_owned());
            watch::at_wait(account, number, move |wait| {
                let _ = made.set(proxy.inject(polls_in_vain(&owner, wait)));
            });
        }
        Stop::Retry(index, answer) => {
            let (service, status, code, message) = NOT_READY[answer];
            let call = &clean.calls[index];
            let earlier = clean.calls[..index].iter().filter(|one| *one == call).count();
            let (_, operation) = call.split_once(':').unwrap_or_default();
            let (code, message) = (code.to_owned(), message.to_owned());
            let refused = Effect::Refuse { status, code, message };
            let refused =
                Fault::on(account, service, operation).skip(earlier).always().effect(refused);
            let _ = fault.set(proxy.inject(refused));
        }
    }
    fault
}

/// The polls of a wait are in vain, or take long where many calls make one piece of work.
fn polls_in_vain(account: &str, wait: &Wait) -> Fault {
    let Wait { operation, what } = wait.clone();
    if is_work(wait) {
        let of_it = move |call: &officeless_testbench::Call| {
            call.service == "s3" && what.contains(&call.bucket())
        };
        return Fault::when(account, of_it).always().effect(Effect::Delay(SLOW));
    }
    let poll = Fault::when(account, move |call| {
        let of_bucket = call.service == "s3" && !call.bucket().is_empty() && !call.mutating;
        call.operation == operation || (of_bucket && what.contains(&call.bucket()))
    });
    poll.always().effect(Effect::Throttle)
}

/// Whether a wait is for a piece of work of many calls, which does not poll.
fn is_work(wait: &Wait) -> bool {
    wait.operation == "DeleteObjects"
}

/// Whether the operation waits at the place.
fn is_waiting(proxy: &Proxy, account: &str, stop: Stop, fault: Option<&FaultId>) -> bool {
    let Some(fault) = fault else { return false };
    if let Stop::Wait(number) = stop
        && watch::waits(account).get(number).is_some_and(is_work)
    {
        return proxy.hits(*fault) > 0;
    }
    watch::going_on(account) >= IN_VAIN
}

#[allow(clippy::disallowed_methods, reason = "a bench that watches an operation")]
async fn pause() {
    tokio::time::sleep(LOOK).await;
}
