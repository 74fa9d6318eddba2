//! The table CLI × scenario with which a run ends, read from what [`crate::Trials`] wrote.

use crate::trials::{BEGUN, FAILED, PASSED, record_file};
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How every scenario ended on every CLI; the last trial counts.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// By scenario and by CLI.
    outcomes: BTreeMap<String, BTreeMap<String, String>>,
    seconds: BTreeMap<String, f64>,
}

impl Record {
    /// The record of this checkout; an empty one if there is none.
    pub fn of_checkout() -> Result<Self> {
        let file = record_file();
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Self::read(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }

    /// Reads lines of scenario, CLI, outcome and seconds, with tabs between. A last line that was
    /// broken off says nothing.
    pub(crate) fn read(text: &str) -> Self {
        let mut record = Self::default();
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [scenario, cli, outcome, seconds] = fields[..] else { continue };
            let row = record.outcomes.entry(scenario.to_owned()).or_default();
            row.insert(cli.to_owned(), outcome.to_owned());
            let seconds = seconds.parse().unwrap_or(0.0);
            *record.seconds.entry(cli.to_owned()).or_default() += seconds;
        }
        record
    }

    /// The CLIs that ran anything or were left out somewhere.
    pub fn clis(&self) -> BTreeSet<&str> {
        self.outcomes.values().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// The scenarios.
    pub fn scenarios(&self) -> impl Iterator<Item = &str> {
        self.outcomes.keys().map(String::as_str)
    }

    /// How a scenario ended on a CLI.
    pub fn outcome(&self, scenario: &str, cli: &str) -> Option<&str> {
        self.outcomes.get(scenario)?.get(cli).map(String::as_str)
    }

    /// Whether every trial passed or was left out with a reason.
    pub fn is_good(&self) -> bool {
        self.outcomes.values().flat_map(BTreeMap::values).all(|one| one != FAILED && one != BEGUN)
    }

    /// The table as text: a row for each scenario, a column for each CLI, then the sums, and what was
    /// left out with the reason.
    pub fn table(&self) -> String {
        let clis = self.clis();
        let widest = self.outcomes.keys().map(String::len).max().unwrap_or_default();
        let mut text = format!("{:widest$}", "scenario");
        let mut add = |words: std::fmt::Arguments<'_>| {
            // Writing to a string does not fail.
            let _ = text.write_fmt(words);
        };
        for cli in &clis {
            add(format_args!("  {cli:>18}"));
        }
        add(format_args!("\n"));
        for (scenario, row) in &self.outcomes {
            add(format_args!("{scenario:widest$}"));
            for cli in &clis {
                let shown = row.get(*cli).map_or("not run", |outcome| shown(outcome));
                add(format_args!("  {shown:>18}"));
            }
            add(format_args!("\n"));
        }
        add(format_args!("{:widest$}", format!("{} scenarios, passed", self.outcomes.len())));
        for cli in &clis {
            let passed = self.outcomes.values().filter(|row| row.get(*cli).is_some_and(is_passed));
            let seconds = self.seconds.get(*cli).copied().unwrap_or_default();
            let sum = format!("{} in {seconds:.0} s", passed.count());
            add(format_args!("  {sum:>18}"));
        }
        add(format_args!("\n"));
        for (reason, scenarios) in self.left_out() {
            add(format_args!("left out, {reason}: {}\n", scenarios.join(", ")));
        }
        text
    }

    /// Every reason for which a scenario was left out, with the scenarios and CLIs.
    fn left_out(&self) -> BTreeMap<&str, Vec<String>> {
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (scenario, row) in &self.outcomes {
            for (cli, outcome) in row.iter().filter(|(_, outcome)| is_reason(outcome)) {
                reasons.entry(outcome).or_default().push(format!("{scenario} on {cli}"));
            }
        }
        reasons
    }
}

fn is_passed(outcome: &String) -> bool {
    outcome == PASSED
}

/// Whether an outcome is a reason why there was no trial.
pub(crate) fn is_reason(outcome: &str) -> bool {
    ![PASSED, FAILED, BEGUN].contains(&outcome)
}

fn shown(outcome: &str) -> &str {
    match outcome {
        PASSED => "ok",
        FAILED => "FAILED",
        BEGUN => "DID NOT END",
        _ => "left out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one::a\ttofu 1.12.6\tbegun\t0.0\n\
                        one::a\ttofu 1.12.6\tpassed\t2.5\n\
                        one::a\tterraform 1.11.4\tno functions\t0.0\n\
                        two::b\ttofu 1.12.6\tfailed\t1.0\n\
                        two::b\tterraform 1.11.4\tbegun\t0.0\n\
                        three::c\ttofu";

    #[test]
    fn the_last_word_on_a_trial_counts_and_half_a_line_says_nothing() {
        let record = Record::read(TEXT);
        assert_eq!(record.outcome("one::a", "tofu 1.12.6"), Some(PASSED));
        assert_eq!(record.outcome("three::c", "tofu"), None);
        assert_eq!(
            record.clis().into_iter().collect::<Vec<_>>(),
            ["terraform 1.11.4", "tofu 1.12.6"]
        );
        assert!(!record.is_good());
        assert!(Record::read("one::a\ttofu 1.12.6\tpassed\t2.5\n").is_good());
        assert!(!Record::read("one::a\ttofu 1.12.6\tbegun\t0.0\n").is_good());
    }

    #[test]
    fn the_table_tells_every_outcome_and_why_something_was_left_out() {
        let rows: Vec<String> = Record::read(TEXT)
            .table()
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            rows,
            [
                "scenario terraform 1.11.4 tofu 1.12.6",
                "one::a left out ok",
                "two::b DID NOT END FAILED",
                "2 scenarios, passed 0 in 0 s 1 in 4 s",
                "left out, no functions: one::a on terraform 1.11.4",
            ]
        );
    }
}
