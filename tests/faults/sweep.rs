//! One fault at one call, and everything that must hold afterwards.
//!
//! 1. Throttling and a passing failure are sat out: the operation succeeds.
//! 2. Whatever exists is in the state, by id or name.
//! 3. The next apply succeeds, and the plan after it is empty.
//! 4. Then there is exactly what a run without faults leaves: no second object of any kind.
//! 5. Destroy succeeds and leaves nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use officeless_testbench::{Bench, FaultId};
use serde_json::{Value, json};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::core::{Action, Failed, Terraform};
use crate::fault::{Kind, Operation, TIMEOUT};
use crate::ground::{Ground, PARTS, kind_and_id, kinds};
use crate::scenarios::{Configurations, Scenario};

/// Points that work at a time. One that waits for a delayed call leaves its place to another: were
/// all at work at once, none would end within its timeout.
static AT_WORK: Semaphore = Semaphore::const_new(20);

/// How often a point looks whether its call is being delayed.
const LOOK: Duration = Duration::from_millis(100);

/// What an operation does without faults.
#[derive(Clone, Debug)]
pub(crate) struct Clean {
    /// The operation of each call, in order, as `s3:CreateBucket`.
    pub(crate) calls: Vec<String>,
    /// Whether each of them can change anything.
    pub(crate) changes: Vec<bool>,
    /// How many objects of each kind there are afterwards.
    kinds: BTreeMap<String, usize>,
}

/// How a point ended.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Passed,
    /// It passed so far, and is to be run with a destroy next: something existed unrecorded.
    OnceMore,
    /// The operation ended before it came to that call: its waits poll as often as they need.
    NotReached,
    /// What did not hold.
    Failed(String),
}

/// One resource, one operation, in an account of its own.
struct Play {
    bench: &'static Bench,
    scenario: Scenario,
    operation: Operation,
    ground: Ground,
    configurations: Configurations,
    terraform: Terraform,
}

/// Runs an operation without faults.
pub(crate) async fn clean(
    bench: &'static Bench,
    scenario: Scenario,
    operation: Operation,
) -> Result<Clean> {
    let mut play = Play::begin(bench, scenario, operation, None).await?;
    play.operate().await.context("the operation without faults")?;
    let calls = play.ground.proxy().calls(&play.ground.account);
    let changes = calls.iter().map(|call| call.mutating).collect();
    let calls = calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    let inventory = play.ground.inventory().await?;
    play.unknown(&inventory)?;
    let kinds = kinds(&inventory).into_iter().map(|(kind, n)| (kind.to_owned(), n)).collect();
    let clean = Clean { calls, changes, kinds };
    play.expect_empty_plan().await?;
    play.expect_destroyed().await?;
    play.ground.clear();
    Ok(clean)
}

/// What comes after the operation that failed.
#[derive(Clone, Copy)]
enum Next {
    /// The same again.
    Again,
    /// A destroy.
    Destroy,
}

/// Runs an operation with a fault at one call.
pub(crate) async fn point(
    bench: &'static Bench,
    scenario: Scenario,
    operation: Operation,
    fault: (Kind, usize),
    clean: &Clean,
) -> Verdict {
    let run = async |next| {
        let run = one_run(bench, scenario, operation, fault, clean, next);
        Box::pin(run).await.unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")))
    };
    match run(Next::Again).await {
        Verdict::OnceMore => match run(Next::Destroy).await {
            Verdict::Failed(why) => Verdict::Failed(format!("then destroyed: {why}")),
            _ => Verdict::Passed,
        },
        verdict => verdict,
    }
}

async fn one_run(
    bench: &'static Bench,
    scenario: Scenario,
    operation: Operation,
    (kind, index): (Kind, usize),
    clean: &Clean,
    next: Next,
) -> Result<Verdict> {
    let limit = (kind == Kind::Delayed).then_some(TIMEOUT);
    let place = AT_WORK.acquire().await.ok();
    let play = Play::begin(bench, scenario, operation, limit).await.context("before the fault")?;
    let account = play.ground.account.clone();
    let verdict = Box::pin(play.under_fault(place, (kind, index), clean, next)).await;
    bench.proxy.remove_faults(&account);
    bench.proxy.clear(&account);
    verdict
}

impl Play {
    /// Everything up to the operation, and a record without calls.
    async fn begin(
        bench: &'static Bench,
        scenario: Scenario,
        operation: Operation,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let ground = Ground::new(bench).await.context("preparing the account")?;
        let mut configurations = (scenario.configurations)(&ground);
        if let Some(limit) = limit {
            let limit = format!("{}s", limit.as_secs());
            let timeouts = match operation {
                Operation::Create => json!({ "create": limit }),
                Operation::Update => json!({ "update": limit }),
                Operation::Replace => json!({ "create": limit, "delete": limit }),
                Operation::Delete => json!({ "delete": limit }),
            };
            let Configurations { first, changed, replaced } = &mut configurations;
            for one in [first, changed, replaced] {
                one["timeouts"] = timeouts.clone();
            }
        }
        let url = ground.proxy().url();
        let terraform = Terraform::new(scenario.type_name, &url, &ground.account);
        let mut play = Self { bench, scenario, operation, ground, configurations, terraform };
        if operation != Operation::Create {
            play.terraform.apply(&play.configurations.first).await?;
        }
        play.ground.clear();
        Ok(play)
    }

    /// The configuration that the operation leads to; none for a delete.
    fn target(&self) -> Option<&Value> {
        match self.operation {
            Operation::Create => Some(&self.configurations.first),
            Operation::Update => Some(&self.configurations.changed),
            Operation::Replace => Some(&self.configurations.replaced),
            Operation::Delete => None,
        }
    }

    async fn operate(&mut self) -> Result<(), Failed> {
        match self.target().cloned() {
            Some(target) => self.terraform.apply(&target).await,
            None => self.terraform.destroy().await,
        }
    }

    /// The operation with the fault; its place is free while it waits for a delayed call.
    async fn operate_under(
        &mut self,
        mut place: Option<SemaphorePermit<'static>>,
        fault: FaultId,
        kind: Kind,
    ) -> (Result<(), Failed>, Option<SemaphorePermit<'static>>) {
        let proxy = &self.bench.proxy;
        let mut operation = std::pin::pin!(self.operate());
        let outcome = loop {
            #[allow(clippy::disallowed_methods, reason = "a bench that watches its proxy")]
            let look = tokio::time::sleep(LOOK);
            tokio::select! {
                outcome = &mut operation => break outcome,
                () = look, if kind == Kind::Delayed => {
                    if proxy.hits(fault) > 0 {
                        place = None;
                    }
                }
            }
        };
        if place.is_none() {
            place = AT_WORK.acquire().await.ok();
        }
        (outcome, place)
    }

    async fn under_fault(
        mut self,
        place: Option<SemaphorePermit<'static>>,
        (kind, index): (Kind, usize),
        clean: &Clean,
        next: Next,
    ) -> Result<Verdict> {
        let before = self.terraform.stored.clone();
        let fault = self.bench.proxy.inject(kind.at_call(&self.ground.account, index));
        let (outcome, _place) = Box::pin(self.operate_under(place, fault, kind)).await;
        let met = self.bench.proxy.hits(fault);
        self.bench.proxy.remove(fault);
        let Err(error) = outcome else {
            if met == 0 {
                return Ok(Verdict::NotReached);
            }
            self.expect_all(clean).await?;
            // A read that was answered in the end is as if it had been answered at once.
            if self.met_a_change(index) {
                self.expect_destroyed().await?;
            }
            return Ok(Verdict::Passed);
        };
        ensure!(met > 0, "it failed before the fault: {error}");
        ensure!(!kind.is_sat_out(), "it was not sat out: {error}");
        // What has changed nothing, and recorded nothing, is as if it had never been.
        let nothing = self.ground.proxy().mutating_calls(&self.ground.account).is_empty();
        if nothing && self.terraform.stored == before {
            return Ok(Verdict::Passed);
        }
        let inventory = self.ground.inventory().await?;
        let told = format!("what was told: {error}");
        if let Next::Destroy = next {
            self.expect_destroyed().await.context(told)?;
            return Ok(Verdict::Passed);
        }
        // What the state does not tell of must be found by its marker: by the next apply, and in
        // another run by a destroy.
        let marked = self.unknown(&inventory).is_err();
        let again = self.operate().await;
        again.context("apply again").context(told.clone())?;
        self.expect_all(clean).await.context(told.clone())?;
        self.expect_destroyed().await.context(told)?;
        Ok(if marked { Verdict::OnceMore } else { Verdict::Passed })
    }

    /// Whether the call of this index could change anything.
    fn met_a_change(&self, index: usize) -> bool {
        let calls = self.ground.proxy().calls(&self.ground.account);
        calls.get(index).is_none_or(|call| call.mutating)
    }

    /// Nothing is left to do, and there is what a run without faults leaves.
    async fn expect_all(&self, clean: &Clean) -> Result<()> {
        self.expect_empty_plan().await?;
        let inventory = self.ground.inventory().await?;
        self.unknown(&inventory)?;
        let now = self.counted(kinds(&inventory));
        let wanted = clean.kinds.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
        let wanted = self.counted(wanted);
        ensure!(now == wanted, "{now:?} exist, not {wanted:?}: {inventory:?}");
        Ok(())
    }

    /// Without what destroy keeps on purpose.
    fn counted<'a>(&self, mut kinds: BTreeMap<&'a str, usize>) -> BTreeMap<&'a str, usize> {
        kinds.retain(|kind, _| !self.scenario.keeps.contains(kind));
        kinds
    }

    /// Fails when something exists of which the state does not know.
    fn unknown(&self, inventory: &[String]) -> Result<()> {
        let unknown: Vec<&String> = inventory
            .iter()
            .filter(|one| {
                let (kind, id) = kind_and_id(one);
                let told = self.terraform.knows(id)
                    || (PARTS.contains(&kind) && self.terraform.stored.is_some());
                !self.scenario.keeps.contains(&kind) && !told
            })
            .collect();
        ensure!(unknown.is_empty(), "exists and is not in the state: {unknown:?}");
        Ok(())
    }

    async fn expect_empty_plan(&self) -> Result<()> {
        let Some(target) = self.target() else {
            ensure!(self.terraform.stored.is_none(), "the state still has it");
            return Ok(());
        };
        let action = self.terraform.plan(target).await.context("the plan after it")?;
        if action == Action::Nothing {
            return Ok(());
        }
        let differences = self.terraform.differences(target).await?;
        bail!("the plan after it is {action:?}: {differences}");
    }

    async fn expect_destroyed(&mut self) -> Result<()> {
        self.terraform.destroy().await.context("destroy")?;
        let left = self.ground.inventory().await?;
        let left: Vec<_> =
            left.iter().filter(|one| !self.scenario.keeps.contains(&kind_and_id(one).0)).collect();
        ensure!(left.is_empty(), "destroy left {left:?}");
        Ok(())
    }
}
