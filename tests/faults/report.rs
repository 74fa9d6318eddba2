//! The report: a table of resource, operation and fault, and every point that failed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::fault::{Kind, Operation};
use crate::sweep::Verdict;

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
    pub(crate) kind: Kind,
    pub(crate) index: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resource, operation, kind, index } = self;
        write!(f, "{}/{}/{}/{index}", short(resource), operation.name(), kind.name())
    }
}

/// What came of all points so far.
#[derive(Default)]
pub(crate) struct Report {
    calls: BTreeMap<(&'static str, Operation), usize>,
    cells: BTreeMap<(&'static str, Operation, Kind), Cell>,
    not_reached: usize,
    /// Each failing point in a line.
    pub(crate) failures: Vec<String>,
}

impl Report {
    /// An operation makes so many calls without faults.
    pub(crate) fn counted(&mut self, resource: &'static str, operation: Operation, calls: usize) {
        self.calls.insert((resource, operation), calls);
    }

    /// Something failed that is no point.
    pub(crate) fn broken(&mut self, what: String) {
        self.failures.push(what);
    }

    /// A point ended.
    pub(crate) fn note(&mut self, place: Place, call: &str, verdict: Verdict) {
        let of = self.cells.entry((place.resource, place.operation, place.kind)).or_default();
        match verdict {
            Verdict::NotReached => self.not_reached += 1,
            Verdict::Passed | Verdict::OnceMore => {
                of.points += 1;
                of.passed += 1;
            }
            Verdict::Failed(why) => {
                of.points += 1;
                self.failures.push(format!("{place} ({call}): {why}"));
            }
        }
    }

    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = "| Resource | Operation | AWS calls |".to_owned();
        for kind in Kind::ALL {
            let _ = write!(text, " {} |", kind.name());
        }
        text.push_str("\n|---|---|---:|---:|---:|---:|---:|---:|\n");
        for ((resource, operation), calls) in &self.calls {
            let _ = write!(text, "| `{resource}` | {} | {calls} |", operation.name());
            for kind in Kind::ALL {
                let cell = self.cells.get(&(*resource, *operation, kind)).copied();
                let Cell { points, passed } = cell.unwrap_or_default();
                let _ = write!(text, " {passed} of {points} |");
            }
            text.push('\n');
        }
        text
    }

    /// The sum of it, in a line.
    pub(crate) fn sum(&self) -> String {
        let points: usize = self.cells.values().map(|cell| cell.points).sum();
        let passed: usize = self.cells.values().map(|cell| cell.passed).sum();
        let more = match self.not_reached {
            0 => String::new(),
            n => format!("; {n} calls were polls that the run did not come to"),
        };
        format!("{passed} of {points} points passed{more}")
    }
}

/// The page of the documentation, with the table of a run of every point or of one in `stride`.
pub(crate) fn guide(report: &Report, all: bool, stride: usize) -> String {
    let scope = if all {
        "Every call was met.".to_owned()
    } else {
        format!("One point in {stride} was met.")
    };
    include_str!("guide.md")
        .replace("{stride}", &stride.to_string())
        .replace("{scope}", &scope)
        .replace("{table}", &report.table())
        .replace("{sum}", &report.sum())
}

/// A type name without the provider's.
pub(crate) fn short(type_name: &str) -> &str {
    type_name.trim_start_matches("officeless_")
}
