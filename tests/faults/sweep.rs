//! A fault at every AWS call: `make faults`.
//!
//! Each point takes an account of its own: so they run side by side, against a few emulators. Beside
//! what holds after every point ([`crate::play`]):
//!
//! * Throttling and a passing failure are sat out: the operation succeeds.
//! * What exists unrecorded is found by its mark, by the next apply or by a destroy.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use officeless_testbench::{Bench, FaultId};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::core::Failed;
use crate::fault::{Kind, TIMEOUT};
use crate::operation::Operation;
use crate::play::{self, Clean, Play, Verdict};
use crate::report::{Place, Report};
use crate::scenarios::{self, Scenario};
use crate::wish::Wish;

/// Points that work at a time. One that waits for a delayed call leaves its place to another: were
/// all at work at once, none would end within its timeout.
static AT_WORK: Semaphore = Semaphore::const_new(64);

/// Points under way at a time, at work or not.
const UNDER_WAY: usize = 400;

/// How often a point looks whether its call is being delayed.
const LOOK: Duration = Duration::from_millis(100);

/// Without `--all`, one point in so many is met.
const STRIDE: usize = 58;

/// Runs the points asked for.
pub(crate) async fn run(benches: &[&'static Bench], wish: &Wish) -> Report {
    let start = Instant::now();
    let mut report = Report::new(&Kind::ALL.map(Kind::name), wish.all);
    let counted = count(benches, wish, &mut report).await;
    let points = points(wish, &counted);
    println!("{} faults to come, {:.0} s so far", points.len(), start.elapsed().as_secs_f64());
    let mut verdicts = std::pin::pin!(side_by_side(benches, &counted, points));
    while let Some((place, verdict)) = verdicts.next().await {
        let call = &counted[&(place.resource, place.operation)].calls[place.index];
        report.note(place, call, verdict);
    }
    report
}

/// What a point is: a scenario and its operation, and a fault at a call.
type Point = (Scenario, Operation, Kind, usize);

/// Runs points side by side.
fn side_by_side(
    benches: &[&'static Bench],
    counted: &Counted,
    points: Vec<Point>,
) -> impl futures_util::Stream<Item = (Place, Verdict)> {
    let runs = points.into_iter().enumerate().map(|(number, point)| {
        let clean = counted[&(point.0.type_name, point.1)].clone();
        (point, clean, benches[number % benches.len()])
    });
    let runs: Vec<_> = runs.collect();
    futures_util::stream::iter(runs)
        .map(|(point, clean, bench)| async move {
            let (scenario, operation, kind, index) = point;
            let run = async move { met(bench, scenario, operation, (kind, index), &clean).await };
            let panicked = |error| Verdict::Failed(format!("the point panicked: {error}"));
            let verdict = tokio::spawn(run).await.unwrap_or_else(panicked);
            (Place { resource: scenario.type_name, operation, column: kind.name(), index }, verdict)
        })
        .buffer_unordered(UNDER_WAY)
}

type Counted = BTreeMap<(&'static str, Operation), Clean>;

/// The clean runs of all operations asked for.
async fn count(benches: &[&'static Bench], wish: &Wish, report: &mut Report) -> Counted {
    let mut clean = futures_util::stream::iter(scenarios::asked_for(wish).into_iter().enumerate())
        .map(|(number, (scenario, operation))| {
            let bench = benches[number % benches.len()];
            tokio::spawn(async move {
                (scenario, operation, play::clean(bench, scenario, operation).await)
            })
        })
        .buffer_unordered(8);
    let mut counted = Counted::new();
    while let Some(ended) = clean.next().await {
        match ended {
            Ok((scenario, operation, Ok(clean))) => {
                report.counted(scenario.type_name, operation, clean.calls.len());
                counted.insert((scenario.type_name, operation), clean);
            }
            Ok((scenario, operation, Err(error))) => {
                let name = scenarios::short(scenario.type_name);
                report.broken(&format!("{name}/{}, without a fault: {error:#}", operation.name()));
            }
            Err(error) => report.broken(&format!("a run without a fault panicked: {error}")),
        }
    }
    counted
}

/// The points asked for. Those that wait longest come first.
fn points(wish: &Wish, counted: &Counted) -> Vec<Point> {
    let mut points = Vec::new();
    for (scenario, operation) in scenarios::asked_for(wish) {
        let Some(clean) = counted.get(&(scenario.type_name, operation)) else { continue };
        for kind in Kind::ALL {
            for index in 0..clean.calls.len() {
                let resource = scenario.type_name;
                let place = Place { resource, operation, column: kind.name(), index };
                let beside = wish.changes && !clean.changes[index];
                if !beside && wish.wants(&place.to_string()) {
                    points.push((scenario, operation, kind, index));
                }
            }
        }
    }
    if !wish.all {
        let thinned = points.into_iter().skip(STRIDE - 1).step_by(STRIDE);
        points = thinned.collect();
    }
    points.sort_by_key(|(_, _, kind, _)| std::cmp::Reverse(*kind));
    points
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
async fn met(
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
    Box::pin(play.under_fault(place, (kind, index), clean, next)).await
}

impl Play {
    /// The operation with the fault; its place is free while it waits for a delayed call.
    async fn operate_under(
        &mut self,
        mut place: Option<SemaphorePermit<'static>>,
        fault: FaultId,
        kind: Kind,
    ) -> (Result<(), Failed>, Option<SemaphorePermit<'static>>) {
        let proxy = self.ground.proxy();
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
        let proxy = self.ground.proxy();
        let fault = proxy.inject(kind.at_call(&self.ground.account, index));
        let (outcome, _place) = Box::pin(self.operate_under(place, fault, kind)).await;
        let met = proxy.hits(fault);
        proxy.remove(fault);
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
        let nothing = proxy.mutating_calls(&self.ground.account).is_empty();
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
        let marked = self.expect_recorded(&inventory).is_err();
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
}
