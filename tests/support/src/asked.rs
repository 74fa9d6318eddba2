//! What types of the provider declare to ask of AWS, and what they asked in a run: what is declared and
//! never asked is a right that nobody needs, or a call that no test makes.
//!
//! Tests add lines to `.tools/asked.tsv`; the table that ends a whole run holds the two against each
//! other. A type is a block with its name, as `resource officeless_cache`; a call is an operation, as
//! `elasticache:CreateUser`.

use crate::tools::tools_folder;
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

/// Calls that no test can bring about, each with the reason.
const BEYOND_TESTS: &[(&str, &str, &str)] = &[];

const DECLARED: &str = "declared";
const ASKED: &str = "asked";

/// Where the record of this checkout is.
fn record_file() -> PathBuf {
    tools_folder().join("asked.tsv")
}

/// Adds lines in one write: tests that run side by side do not mix them.
fn add(lines: &str) {
    let opened = std::fs::File::options().create(true).append(true).open(record_file());
    let written = opened.and_then(|mut file| file.write_all(lines.as_bytes()));
    // In the drop of a test that failed, a second panic would end all tests.
    assert!(
        written.is_ok() || std::thread::panicking(),
        "{}: {written:?}",
        record_file().display()
    );
}

/// The record of a run.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    declared: BTreeMap<String, BTreeSet<String>>,
    /// The types of a configuration, and what was asked for it.
    asked: Vec<(BTreeSet<String>, BTreeSet<String>)>,
}

impl Asked {
    /// Writes down what types declare.
    ///
    /// # Panics
    /// When the record cannot be written.
    pub fn declare<'a>(types: impl IntoIterator<Item = (String, Vec<&'a str>)>) {
        let line = |(name, calls): (String, Vec<&str>)| {
            format!("{DECLARED}\t{name}\t{}\n", calls.join(","))
        };
        add(&types.into_iter().map(line).collect::<String>());
    }

    /// Writes down what was asked for a configuration of these types.
    ///
    /// # Panics
    /// When the record cannot be written.
    pub fn note(types: &BTreeSet<String>, calls: &BTreeSet<String>) {
        let join = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(",");
        if !calls.is_empty() {
            add(&format!("{ASKED}\t{}\t{}\n", join(types), join(calls)));
        }
    }

    /// The record of this checkout; an empty one if there is none.
    pub fn of_checkout() -> Result<Self> {
        let file = record_file();
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Self::read(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }

    /// Reads lines; one that was broken off says nothing.
    fn read(text: &str) -> Self {
        let mut record = Self::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, types, calls] = fields[..] else { continue };
            let set = |list: &str| -> BTreeSet<String> {
                list.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect()
            };
            match kind {
                DECLARED => record.declared.entry(types.to_owned()).or_default().extend(set(calls)),
                ASKED => record.asked.push((set(types), set(calls))),
                _ => {}
            }
        }
        record
    }

    /// What is wrong after a whole run, a line each: nothing was declared at all, a declared call that
    /// was never made, or one that was made though it is known as beyond tests.
    pub fn faults(&self) -> Vec<String> {
        self.faults_but(BEYOND_TESTS)
    }

    fn faults_but(&self, beyond: &[(&str, &str, &str)]) -> Vec<String> {
        if self.declared.is_empty() {
            return vec!["no type declares anything: did the acceptance tests run?".to_owned()];
        }
        let mut faults = Vec::new();
        for (name, calls) in &self.declared {
            let made = self.made(name);
            for call in calls {
                let known = beyond.iter().any(|(of, one, _)| of == name && one == call);
                match (made.contains(call.as_str()), known) {
                    (false, false) => {
                        faults.push(format!(
                            "{name} declares {call}, and no test makes it call that"
                        ));
                    }
                    (true, true) => {
                        faults.push(format!("{name} does call {call}: it is not beyond tests"));
                    }
                    _ => {}
                }
            }
        }
        faults
    }

    /// The calls that a type made for certain: of the types of the configuration, it alone declares
    /// them.
    fn made(&self, name: &str) -> BTreeSet<&str> {
        let with = self.asked.iter().filter(|(types, _)| types.contains(name));
        let made = with.flat_map(|(types, calls)| {
            let others = types.iter().filter(move |other| *other != name);
            let others = others.filter_map(|other| self.declared.get(other));
            let others: Vec<&BTreeSet<String>> = others.collect();
            calls.iter().filter(move |call| !others.iter().any(|declared| declared.contains(*call)))
        });
        made.map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "declared\tresource a\tx:One,x:Two\n\
                        declared\tresource b\tx:Two,x:Three\n\
                        asked\tresource a,resource b\tx:One,x:Two\n\
                        asked\tresource b\tx:Two\n\
                        asked\tresource b\tx:Three";

    #[test]
    fn what_is_declared_and_never_asked_is_told() {
        let faults = Asked::read(TEXT).faults_but(&[]);
        assert_eq!(
            faults,
            [
                // Which of the two called it is not certain.
                "resource a declares x:Two, and no test makes it call that",
                // Its line is broken off.
                "resource b declares x:Three, and no test makes it call that",
            ]
        );
    }

    #[test]
    fn what_is_beyond_tests_must_be() {
        let beyond = [
            ("resource a", "x:Two", "no emulator has it"),
            ("resource b", "x:Three", "no emulator has it"),
            ("resource b", "x:Two", "no emulator has it"),
        ];
        let faults = Asked::read(TEXT).faults_but(&beyond);
        assert_eq!(faults, ["resource b does call x:Two: it is not beyond tests"]);
    }

    #[test]
    fn a_run_without_a_record_is_not_good() {
        assert_eq!(Asked::default().faults().len(), 1);
    }
}
