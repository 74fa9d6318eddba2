//! The report of a run: a table of resource, operation and what was done to it, and every point that
//! failed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use crate::operation::Operation;
use crate::play::Verdict;
use crate::scenarios::{self, short};

/// After so many points the run says how far it has come.
const TOLD: usize = 100;

/// What a report says whose every point was met.
const WHOLE: &str = "Every point was met.";

/// Points of one cell of the table.
#[derive(Clone, Copy, Default)]
struct Cell {
    points: usize,
    passed: usize,
}

/// Where a point is.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) resource: &'static str,
    pub(crate) operation: Operation,
    /// What is done: the column of the table.
    pub(crate) column: &'static str,
    pub(crate) index: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resource, operation, column, index } = self;
        write!(f, "{}/{}/{}/{index}", short(resource), operation.name(), column.replace(' ', "-"))
    }
}

/// What came of all points so far.
pub(crate) struct Report {
    columns: Vec<&'static str>,
    /// Whether every point is run.
    whole: bool,
    calls: BTreeMap<(&'static str, Operation), usize>,
    cells: BTreeMap<(&'static str, Operation, &'static str), Cell>,
    ended: usize,
    not_reached: usize,
    begun: Instant,
    /// Each failing point in a line.
    failures: Vec<String>,
}

impl Report {
    /// A report without points.
    pub(crate) fn new(columns: &[&'static str], whole: bool) -> Self {
        Self {
            columns: columns.to_vec(),
            whole,
            calls: BTreeMap::new(),
            cells: BTreeMap::new(),
            ended: 0,
            not_reached: 0,
            begun: Instant::now(),
            failures: Vec::new(),
        }
    }

    /// An operation makes so many calls when nothing interferes.
    pub(crate) fn counted(&mut self, resource: &'static str, operation: Operation, calls: usize) {
        self.calls.insert((resource, operation), calls);
    }

    /// Something failed that is no point.
    pub(crate) fn broken(&mut self, what: &str) {
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        println!("FAILED {what}");
        self.failures.push(what);
    }

    /// A point ended.
    pub(crate) fn note(&mut self, place: Place, call: &str, verdict: Verdict) {
        self.ended += 1;
        if self.ended.is_multiple_of(TOLD) {
            println!("{} points, {:.0} s so far", self.ended, self.begun.elapsed().as_secs_f64());
        }
        let of = self.cells.entry((place.resource, place.operation, place.column)).or_default();
        match verdict {
            Verdict::NotReached => self.not_reached += 1,
            Verdict::NoPoint => {}
            Verdict::Passed | Verdict::OnceMore => {
                of.points += 1;
                of.passed += 1;
            }
            Verdict::Failed(why) => {
                of.points += 1;
                self.broken(&format!("{place} ({call}): {why}"));
            }
        }
    }

    /// Whether nothing failed.
    pub(crate) fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// Tells all of it.
    pub(crate) fn tell(&self) {
        let more = match self.not_reached {
            0 => String::new(),
            n => format!("; {n} were polls that the run did not come to"),
        };
        let seconds = self.begun.elapsed().as_secs_f64();
        println!("\n{}\n{}{more}, {seconds:.0} s", self.table(), self.sum());
        for failure in &self.failures {
            println!("FAILED {failure}");
        }
    }

    /// What stands in the guide, in Markdown.
    pub(crate) fn section(&self) -> String {
        let scope = if self.whole { WHOLE } else { "A fixed part of the points was met." };
        let cells = "Each cell: points passed of points run.";
        format!("{scope} {cells}\n\n{}\n{}.\n", self.table(), self.sum())
    }

    fn table(&self) -> String {
        let mut text =
            format!("| Resource | Operation | AWS calls | {} |\n", self.columns.join(" | "));
        let _ = writeln!(text, "|---|---|---:|{}", "---:|".repeat(self.columns.len()));
        for ((resource, operation), calls) in &self.calls {
            let _ = write!(text, "| `{resource}` | {} | {calls} |", operation.name());
            for column in &self.columns {
                match self.cells.get(&(*resource, *operation, *column)) {
                    Some(Cell { points, passed }) => {
                        let _ = write!(text, " {passed} of {points} |");
                    }
                    None => text.push_str(" |"),
                }
            }
            text.push('\n');
        }
        text
    }

    /// The sum of it, in a line.
    fn sum(&self) -> String {
        let points: usize = self.cells.values().map(|cell| cell.points).sum();
        let passed: usize = self.cells.values().map(|cell| cell.passed).sum();
        format!("{passed} of {points} points passed")
    }

    /// Takes what this run did not meet from what an earlier one wrote.
    pub(crate) fn complete(&mut self, earlier: &str) {
        self.whole &= earlier.contains(WHOLE);
        let rows: Vec<Vec<&str>> = earlier
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        for (scenario, operation) in scenarios::all() {
            let of = |row: &&Vec<&str>| row[1] == scenario.type_name && row[2] == operation.name();
            let Some(row) = rows.iter().find(of) else { continue };
            let met = (scenario.type_name, operation);
            self.calls.entry(met).or_insert_with(|| row[3].parse().expect("a number of calls"));
            for (column, text) in self.columns.iter().zip(&row[4..]) {
                let Some((passed, points)) = text.split_once(" of ") else { continue };
                let number = |text: &str| text.parse().expect("a number of points");
                let cell = Cell { points: number(points), passed: number(passed) };
                self.cells.entry((met.0, met.1, *column)).or_insert(cell);
            }
        }
    }
}
