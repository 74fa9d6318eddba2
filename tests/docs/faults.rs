//! The guide on faults is the one that the runs wrote, about every resource and operation, and all of it
//! passed.

use std::collections::BTreeSet;

use officeless::resources;

use crate::tree;

const GUIDE: &str = "docs/guides/faults.md";

const OPERATIONS: [&str; 4] = ["create", "update", "replace", "delete"];

/// One row of a report.
struct Row {
    resource: String,
    operation: String,
    /// Points passed and points run, by column; none where the column has no points.
    cells: Vec<Option<(usize, usize)>>,
}

/// A report: the titles of its columns, its rows, and its sum.
struct Report {
    columns: Vec<String>,
    rows: Vec<Row>,
    sum: (usize, usize),
}

impl Report {
    /// Reads the report of this name out of a page.
    fn read(page: &str, name: &str) -> Self {
        let (_, rest) = page.split_once(&format!("<!-- report of the {name} -->\n")).unwrap();
        let (text, _) = rest.split_once(&format!("<!-- end of the {name} -->\n")).unwrap();
        let cells = |line: &str| -> Vec<String> {
            let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
            inner.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
        };
        let mut table = text.lines().filter(|line| line.starts_with('|')).map(cells);
        let head = table.next().unwrap_or_else(|| panic!("{GUIDE} has no table of the {name}"));
        let rows = table.skip(1).map(|cells| Row {
            resource: cells[0].clone(),
            operation: cells[1].clone(),
            cells: cells[3..].iter().map(|cell| counts(cell)).collect(),
        });
        let rows = rows.collect();
        let sum = text.lines().find_map(|line| counts(line.strip_suffix(" points passed.")?));
        Self { columns: head[3..].to_vec(), rows, sum: sum.expect("a sum") }
    }

    /// The resources and operations that have points in one of these columns.
    fn covered(&self, columns: &[&str]) -> BTreeSet<(String, String)> {
        let at = |column: &&str| {
            self.columns.iter().position(|one| one == column).expect("the column is there")
        };
        let at: Vec<usize> = columns.iter().map(at).collect();
        let met = |row: &&Row| at.iter().any(|at| row.cells[*at].is_some_and(|(_, run)| run > 0));
        let rows = self.rows.iter().filter(met);
        rows.map(|row| (row.resource.clone(), row.operation.clone())).collect()
    }
}

/// `3 of 4` in numbers; nothing where nothing stands.
fn counts(text: &str) -> Option<(usize, usize)> {
    let (passed, run) = text.split_once(" of ")?;
    Some((passed.parse().unwrap(), run.parse().unwrap()))
}

fn each(operations: &[&str]) -> BTreeSet<(String, String)> {
    let names: Vec<&str> = resources::all().iter().map(|one| one.type_name()).collect();
    let pair = |name: &&str, operation: &&str| ((*name).to_owned(), (*operation).to_owned());
    names.iter().flat_map(|name| operations.iter().map(move |one| pair(name, one))).collect()
}

#[test]
fn every_point_of_the_guide_passed_and_the_sums_are_right() {
    let page = tree::read(GUIDE);
    for name in ["faults", "kills"] {
        let report = Report::read(&page, name);
        let cells: Vec<(usize, usize)> =
            report.rows.iter().flat_map(|row| &row.cells).copied().flatten().collect();
        let sum = cells.iter().fold((0, 0), |(a, b), (passed, run)| (a + passed, b + run));
        assert_eq!(sum, report.sum, "the sum of the {name}");
        for row in &report.rows {
            for (passed, run) in row.cells.iter().flatten() {
                assert_eq!(passed, run, "{} {}", row.resource, row.operation);
            }
        }
    }
}

#[test]
fn the_guide_is_about_every_resource_and_operation() {
    let page = tree::read(GUIDE);
    let faults = Report::read(&page, "faults");
    let columns: Vec<&str> = faults.columns.iter().map(String::as_str).collect();
    assert_eq!(faults.covered(&columns), each(&OPERATIONS));
    let kills = Report::read(&page, "kills");
    let killed = kills.covered(&["provider killed"]);
    for one in each(&["create", "update"]) {
        assert!(killed.contains(&one), "the provider was not killed in {one:?}");
    }
    let all: BTreeSet<String> =
        resources::all().iter().map(|one| one.type_name().to_owned()).collect();
    let interrupted = kills.covered(&["Ctrl-C"]).into_iter().map(|(resource, _)| resource);
    assert_eq!(interrupted.collect::<BTreeSet<String>>(), all);
    // Not every resource waits in every operation.
    let stopped = kills.covered(&["stopped"]).into_iter().map(|(_, operation)| operation);
    assert_eq!(stopped.collect::<BTreeSet<String>>(), OPERATIONS.map(str::to_owned).into());
    assert_eq!(kills.covered(&["Terraform killed"]).len(), 2);
}

/// The text around the reports, as the runs write it.
#[test]
fn the_guide_says_what_the_runs_say_today() {
    let page = tree::read(GUIDE);
    let outside = |text: &str, name: &str| {
        let (begin, end) =
            (format!("<!-- report of the {name} -->\n"), format!("<!-- end of the {name} -->\n"));
        let (before, rest) = text.split_once(&begin).unwrap();
        format!("{before}{{{name}}}\n{}", rest.split_once(&end).unwrap().1)
    };
    let page = outside(&outside(&page, "faults"), "kills");
    let fixed = tree::read("tests/faults/guide.md");
    assert!(page == fixed, "run `make faults` or `make kills` with UPDATE_DOCS=1");
}
