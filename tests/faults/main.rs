//! `make faults`: a fault at every AWS call of every operation of every resource.
//!
//! Each point takes an account of its own: so they run side by side, against a few emulators. With
//! `--all` every call is met; without it, every so manieth. Further words choose points, as
//! `shared_storage/create` or `cache/*/refused/12`; with `--changes`, those whose call can change
//! something. The provider runs in this process.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench stops at the first surprise, and its output is its purpose"
)]

mod core;
mod fault;
mod ground;
mod proposed;
mod report;
mod scenarios;
mod sweep;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use futures_util::StreamExt as _;
use officeless_testbench::{Bench, repository};

use fault::{Kind, Operation};
use report::{Place, Report};
use scenarios::Scenario;
use sweep::{Clean, Verdict};

/// Emulators: each is one process on one core.
const BENCHES: usize = 2;

/// Points under way at a time; [`sweep`] lets no more than its own number of them work.
const UNDER_WAY: usize = 400;

/// Without `--all`, one call in so many is met.
const STRIDE: usize = 58;

/// Where the report is kept.
const GUIDE: &str = "docs/guides/faults.md";

/// An operation is one deep future over the AWS SDK's own, deeper without optimization.
const STACK: usize = 32 << 20;

/// What the command line asks for.
struct Wish {
    all: bool,
    changes: bool,
    words: Vec<String>,
}

impl Wish {
    fn read() -> Self {
        let (flags, words): (Vec<_>, Vec<_>) =
            std::env::args().skip(1).partition(|word| word.starts_with('-'));
        let flag = |name: &str| flags.iter().any(|flag| flag == name);
        Self { all: flag("--all") || !words.is_empty(), changes: flag("--changes"), words }
    }

    /// Whether a place, or part of one, is asked for.
    fn wants(&self, place: &str) -> bool {
        let fits = |word: &String| {
            let mut asked = word.split('/');
            place.split('/').all(|part| asked.next().is_none_or(|one| one == "*" || one == part))
        };
        self.words.is_empty() || self.words.iter().any(fits)
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .expect("a runtime");
    match runtime.block_on(run(&Wish::read())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the sweep broke off: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(wish: &Wish) -> Result<bool> {
    let start = Instant::now();
    let benches: Vec<&'static Bench> = {
        let started = futures_util::future::try_join_all((0..BENCHES).map(|_| Bench::start()));
        started.await?.into_iter().map(|bench| &*Box::leak(Box::new(bench))).collect()
    };
    let mut report = Report::default();
    let counted = count(&benches, wish, &mut report).await;
    let points = points(wish, &counted);
    println!("{} points to come, {:.0} s so far", points.len(), start.elapsed().as_secs_f64());
    let mut ended_points = 0_usize;
    let mut verdicts = std::pin::pin!(side_by_side(&benches, &counted, points));
    while let Some((place, verdict)) = verdicts.next().await {
        let call = &counted[&(place.resource, place.operation)].calls[place.index];
        if let Verdict::Failed(why) = &verdict {
            println!("FAILED {place} ({call}): {why}");
        }
        report.note(place, call, verdict);
        ended_points += 1;
        if ended_points.is_multiple_of(200) {
            println!("{ended_points} points, {:.0} s so far", start.elapsed().as_secs_f64());
        }
    }
    println!("\n{}\n{}, {:.0} s", report.table(), report.sum(), start.elapsed().as_secs_f64());
    for failure in &report.failures {
        println!("FAILED {failure}");
    }
    let passed = report.failures.is_empty();
    let whole = !wish.changes && wish.words.is_empty();
    if passed && whole && std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(repository().join(GUIDE), report::guide(&report, wish.all, STRIDE))?;
        println!("wrote {GUIDE}");
    }
    Ok(passed)
}

/// Runs points side by side.
fn side_by_side(
    benches: &[&'static Bench],
    counted: &Counted,
    points: Vec<(Scenario, Place)>,
) -> impl futures_util::Stream<Item = (Place, Verdict)> {
    let runs = points.into_iter().enumerate().map(|(number, (scenario, place))| {
        let clean = counted[&(place.resource, place.operation)].clone();
        (scenario, place, clean, benches[number % benches.len()])
    });
    let runs: Vec<_> = runs.collect();
    futures_util::stream::iter(runs)
        .map(|(scenario, place, clean, bench)| async move {
            let (operation, fault) = (place.operation, (place.kind, place.index));
            let point =
                async move { sweep::point(bench, scenario, operation, fault, &clean).await };
            let panicked = |error| Verdict::Failed(format!("the point panicked: {error}"));
            (place, tokio::spawn(point).await.unwrap_or_else(panicked))
        })
        .buffer_unordered(UNDER_WAY)
}

type Counted = BTreeMap<(&'static str, Operation), Clean>;

/// The clean runs of all operations asked for.
async fn count(benches: &[&'static Bench], wish: &Wish, report: &mut Report) -> Counted {
    let mut runs = Vec::new();
    for scenario in scenarios::ALL {
        for operation in Operation::ALL {
            let name = format!("{}/{}", report::short(scenario.type_name), operation.name());
            if wish.wants(&name) {
                runs.push((*scenario, operation, name));
            }
        }
    }
    let mut clean = futures_util::stream::iter(runs.into_iter().enumerate())
        .map(|(number, (scenario, operation, name))| {
            let bench = benches[number % benches.len()];
            tokio::spawn(async move {
                (scenario, operation, name, sweep::clean(bench, scenario, operation).await)
            })
        })
        .buffer_unordered(8);
    let mut counted = Counted::new();
    while let Some(ended) = clean.next().await {
        let Ok((scenario, operation, name, outcome)) = ended else {
            report.broken("a clean run panicked".to_owned());
            continue;
        };
        match outcome {
            Ok(clean) => {
                report.counted(scenario.type_name, operation, clean.calls.len());
                counted.insert((scenario.type_name, operation), clean);
            }
            Err(error) => {
                println!("FAILED {name}, without a fault: {error:#}");
                report.broken(format!("{name}, without a fault: {error:#}"));
            }
        }
    }
    counted
}

/// The points asked for. Those that wait longest come first.
fn points(wish: &Wish, counted: &Counted) -> Vec<(Scenario, Place)> {
    let mut points = Vec::new();
    for scenario in scenarios::ALL {
        for operation in Operation::ALL {
            let Some(clean) = counted.get(&(scenario.type_name, operation)) else { continue };
            for kind in Kind::ALL {
                for index in 0..clean.calls.len() {
                    let resource = scenario.type_name;
                    let place = Place { resource, operation, kind, index };
                    let beside = wish.changes && !clean.changes[index];
                    if !beside && wish.wants(&place.to_string()) {
                        points.push((*scenario, place));
                    }
                }
            }
        }
    }
    if !wish.all {
        let mut number = 0;
        points.retain(|_| {
            number += 1;
            number % STRIDE == 0
        });
    }
    points.sort_by_key(|(_, place)| std::cmp::Reverse(place.kind));
    points
}
