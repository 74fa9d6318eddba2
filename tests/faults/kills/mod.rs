//! Kills and interrupts: `make kills`.
//!
//! * [`provider`]: SIGKILL of the provider at a call, under real Terraform.
//! * [`terraform`]: SIGKILL of Terraform itself.
//! * [`ctrl_c`]: Ctrl-C in a wait, under real Terraform.
//! * [`stop`]: the request to stop at every wait, in this process.

mod ctrl_c;
mod provider;
mod stage;
mod stop;
mod terraform;
mod watch;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use officeless_testbench::{Bench, Cli, clis};

use crate::operation::Operation;
use crate::play::{Clean, Verdict};
use crate::report::{Place, Report};
use crate::scenarios::{self, Scenario};
use crate::wish::Wish;
use stage::Stage;
use stop::{Stop, Waits};
use terraform::Many;

/// The columns of the report.
const PROVIDER: &str = "provider killed";
const TERRAFORM: &str = "Terraform killed";
const CTRL_C: &str = "Ctrl-C";
const STOPPED: &str = "stopped";

/// Without `--all`, so many points of each cell of the table are met, the last among them: the end of an
/// operation, where Terraform has least of it.
const OF_EACH: usize = 2;

/// Operations in this process that are under way at a time.
const IN_PROCESS: usize = 8;

/// What is known of the clean runs under real Terraform.
type Counted = BTreeMap<(&'static str, Operation), Arc<Clean>>;

/// One run: what it is about, the call it is at, and the run itself.
struct Point {
    place: Place,
    call: String,
    run: Pin<Box<dyn Future<Output = Result<Verdict>> + Send>>,
}

/// Runs the points asked for.
pub(crate) async fn run(benches: &[&'static Bench], wish: &Wish) -> Result<Report> {
    watch::install();
    let cli = terraform_cli()?;
    let columns = [PROVIDER, TERRAFORM, CTRL_C, STOPPED];
    let mut report = Report::new(&columns, wish.all);
    let at_once = available_parallelism()?.get();
    let points = part(stops(benches, wish, &mut report).await, wish);
    side_by_side(points, IN_PROCESS, &mut report).await;
    let counted = count(benches, wish, &cli, at_once, &mut report).await;
    let mut points = terraforms_killed(benches, wish, &cli, &mut report).await;
    points.extend(part(ctrl_cs(benches, wish, &cli, &counted), wish));
    points.extend(part(providers_killed(benches, wish, &cli, &counted), wish));
    side_by_side(points, at_once, &mut report).await;
    Ok(report)
}

/// The Terraform that is killed: the newest there is.
fn terraform_cli() -> Result<Cli> {
    let version = |cli: &Cli| -> Vec<u32> {
        cli.version.split('.').filter_map(|part| part.parse().ok()).collect()
    };
    let found = clis().into_iter().filter(|cli| cli.name == "terraform").max_by_key(version);
    let cli = found.context("there is no Terraform: run `make tools`")?;
    println!("with {}", cli.label());
    Ok(cli)
}

/// The points that are met of these.
fn part(points: Vec<Point>, wish: &Wish) -> Vec<Point> {
    if wish.all {
        return points;
    }
    let cell = |place: &Place| (place.resource, place.operation, place.column);
    let mut of_cell = BTreeMap::<_, usize>::new();
    for point in &points {
        *of_cell.entry(cell(&point.place)).or_default() += 1;
    }
    let mut met = BTreeMap::<_, usize>::new();
    let due = |point: &Point| {
        let number = met.entry(cell(&point.place)).or_default();
        *number += 1;
        let of = of_cell.get(&cell(&point.place)).copied().unwrap_or_default();
        // Evenly, and the last one always.
        *number * OF_EACH / of > (*number - 1) * OF_EACH / of
    };
    points.into_iter().filter(due).collect()
}

/// Runs points, so many at a time.
async fn side_by_side(points: Vec<Point>, at_once: usize, report: &mut Report) {
    println!("{} points to come", points.len());
    let mut ended = futures_util::stream::iter(points)
        .map(|Point { place, call, run }| async move {
            let failed = |why: String| Verdict::Failed(why);
            let verdict = match tokio::spawn(run).await {
                Ok(Ok(verdict)) => verdict,
                Ok(Err(error)) => failed(format!("{error:#}")),
                Err(error) => failed(format!("the point panicked: {error}")),
            };
            (place, call, verdict)
        })
        .buffer_unordered(at_once);
    while let Some((place, call, verdict)) = ended.next().await {
        report.note(place, &call, verdict);
    }
}

/// The operations asked for that have points in one of these columns asked for.
fn asked_for(wish: &Wish, columns: &[&str]) -> Vec<(Scenario, Operation)> {
    let mut asked = scenarios::asked_for(wish);
    asked.retain(|(scenario, operation)| {
        let place = format!("{}/{}", scenarios::short(scenario.type_name), operation.name());
        let wants = |column: &&str| wish.wants(&format!("{place}/{}", column.replace(' ', "-")));
        columns.iter().any(wants)
    });
    asked
}

/// The places where an operation is asked to stop.
async fn stops(benches: &[&'static Bench], wish: &Wish, report: &mut Report) -> Vec<Point> {
    let asked = asked_for(wish, &[STOPPED]).into_iter().enumerate();
    let mut clean = futures_util::stream::iter(asked)
        .map(|(number, (scenario, operation))| {
            let bench = benches[number % benches.len()];
            let run = async move {
                let waits = stop::clean(bench, scenario, operation).await;
                (bench, scenario, operation, waits)
            };
            tokio::spawn(run)
        })
        .buffer_unordered(IN_PROCESS);
    let mut points = Vec::new();
    while let Some(ended) = clean.next().await {
        let Ok((bench, scenario, operation, waits)) = ended else {
            report.broken("a run without an interrupt panicked");
            continue;
        };
        let place = Place { resource: scenario.type_name, operation, column: STOPPED, index: 0 };
        match waits {
            Ok(waits) => {
                report.counted(scenario.type_name, operation, waits.clean.calls.len());
                points.extend(stops_of(bench, scenario, place, &Arc::new(waits), wish));
            }
            Err(error) => report.broken(&format!("{place}, without an interrupt: {error:#}")),
        }
    }
    points
}

fn stops_of(
    bench: &'static Bench,
    scenario: Scenario,
    first: Place,
    waits: &Arc<Waits>,
    wish: &Wish,
) -> Vec<Point> {
    let places = stop::places(waits).into_iter().enumerate();
    let points = places.map(|(index, stop)| {
        let waits = Arc::clone(waits);
        let call = match stop {
            Stop::Wait(number) => waits.waits[number].what.clone(),
            Stop::Retry(index, answer) => stop::told(&waits.clean.calls[index], answer),
        };
        let operation = first.operation;
        let run = async move { stop::stopped(bench, (scenario, operation), stop, &waits).await };
        Point { place: Place { index, ..first }, call, run: Box::pin(run) }
    });
    points.filter(|point| wish.wants(&point.place.to_string())).collect()
}

/// The clean runs under real Terraform of all operations asked for.
async fn count(
    benches: &[&'static Bench],
    wish: &Wish,
    cli: &Cli,
    at_once: usize,
    report: &mut Report,
) -> Counted {
    let asked = asked_for(wish, &[PROVIDER, CTRL_C]).into_iter().enumerate();
    let mut clean = futures_util::stream::iter(asked)
        .map(|(number, (scenario, operation))| {
            let (bench, cli) = (benches[number % benches.len()], cli.clone());
            let run = async move {
                let stage = Stage::before(bench, &cli, scenario, operation).await?;
                stage.operate(operation).await?;
                let clean = stage.clean().await?;
                stage.expect_all(operation, &clean).await?;
                stage.expect_destroyed().await?;
                anyhow::Ok(clean)
            };
            async move { (scenario.type_name, operation, run.await) }
        })
        .buffer_unordered(at_once);
    let mut counted = Counted::new();
    while let Some((resource, operation, clean)) = clean.next().await {
        match clean {
            Ok(clean) => {
                report.counted(resource, operation, clean.calls.len());
                counted.insert((resource, operation), Arc::new(clean));
            }
            Err(error) => {
                let place = Place { resource, operation, column: PROVIDER, index: 0 };
                report.broken(&format!("{place}, without a kill: {error:#}"));
            }
        }
    }
    counted
}

/// The calls at which the provider is killed.
fn providers_killed(
    benches: &[&'static Bench],
    wish: &Wish,
    cli: &Cli,
    counted: &Counted,
) -> Vec<Point> {
    let mut points = Vec::new();
    for (scenario, operation) in scenarios::asked_for(wish) {
        let Some(clean) = counted.get(&(scenario.type_name, operation)) else { continue };
        for index in provider::indexes(clean) {
            let resource = scenario.type_name;
            let place = Place { resource, operation, column: PROVIDER, index };
            if !wish.wants(&place.to_string()) {
                continue;
            }
            let (cli, clean) = (cli.clone(), Arc::clone(clean));
            let bench = benches[points.len() % benches.len()];
            let call = clean.calls[index].clone();
            let run = async move {
                provider::killed(bench, &cli, (scenario, operation, index), &clean).await
            };
            points.push(Point { place, call, run: Box::pin(run) });
        }
    }
    points
}

/// The waits in which Terraform gets Ctrl-C.
fn ctrl_cs(benches: &[&'static Bench], wish: &Wish, cli: &Cli, counted: &Counted) -> Vec<Point> {
    let mut points = Vec::new();
    for (index, lasting) in ctrl_c::ALL.iter().enumerate() {
        let (resource, operation) = (lasting.resource, lasting.operation);
        let Some(clean) = counted.get(&(resource, operation)) else { continue };
        let place = Place { resource, operation, column: CTRL_C, index };
        if !wish.wants(&place.to_string()) {
            continue;
        }
        let (cli, clean) = (cli.clone(), Arc::clone(clean));
        let bench = benches[index % benches.len()];
        let run = async move { ctrl_c::interrupted(bench, &cli, *lasting, &clean).await };
        points.push(Point { place, call: lasting.asks.to_owned(), run: Box::pin(run) });
    }
    points
}

/// The calls at which Terraform is killed.
async fn terraforms_killed(
    benches: &[&'static Bench],
    wish: &Wish,
    cli: &Cli,
    report: &mut Report,
) -> Vec<Point> {
    let mut points = Vec::new();
    for (many, bench) in Many::ALL.into_iter().zip(benches.iter().copied().cycle()) {
        let (resource, operation) = (many.name(), Operation::Create);
        let place = Place { resource, operation, column: TERRAFORM, index: 0 };
        if !wish.wants(&place.to_string()) {
            continue;
        }
        let clean = match many.clean(bench, cli).await {
            Ok(clean) => Arc::new(clean),
            Err(error) => {
                report.broken(&format!("{place}, without a kill: {error:#}"));
                continue;
            }
        };
        report.counted(resource, operation, clean.calls.len());
        for number in terraform::numbers(&clean) {
            let (cli, clean) = (cli.clone(), Arc::clone(&clean));
            let place = Place { index: number, ..place };
            let run = async move {
                let (verdict, outlived) =
                    terraform::killed(bench, &cli, (many, number), &clean).await?;
                println!("{place}: the provider outlived Terraform by {}", told(outlived));
                Ok(verdict)
            };
            let call = format!("change {number}");
            points.push(Point { place, call, run: Box::pin(run) });
        }
    }
    points
}

fn told(span: Duration) -> String {
    format!("{:.2} s", span.as_secs_f64())
}
