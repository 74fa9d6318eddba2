//! Which scenario ran on which CLI, and how it ended.
//!
//! A scenario is a test, by its path, as `shared_storage::drift`. It takes its CLIs one after the other
//! from [`Trials`], which writes down each beginning and each end in `.tools/trials.tsv`: a trial that
//! was killed has only a beginning, and so cannot look as if it had passed. [`crate::Record`] reads it.

use crate::capability::Capability;
use crate::tools::{Cli, clis, tools_folder};
use std::io::Write as _;
use std::panic::Location;
use std::path::PathBuf;
use std::time::Instant;

/// Where the record of this checkout is.
pub(crate) fn record_file() -> PathBuf {
    tools_folder().join("trials.tsv")
}

/// The CLIs of one scenario, each handed out when the one before it is done.
#[derive(Debug)]
pub struct Trials {
    scenario: String,
    rest: std::vec::IntoIter<Cli>,
    running: Option<(Cli, Instant)>,
    file: PathBuf,
}

impl Trials {
    /// Every CLI found, for the test that calls it.
    ///
    /// # Panics
    /// When no CLI is found.
    #[track_caller]
    pub fn every_cli() -> Self {
        Self::new(scenario(Location::caller()), clis(), record_file())
    }

    fn new(scenario: String, clis: Vec<Cli>, file: PathBuf) -> Self {
        Self { scenario, rest: clis.into_iter(), running: None, file }
    }

    /// Leaves out the CLIs that cannot, and writes that down.
    pub fn that_can(mut self, capability: Capability) -> Self {
        let (able, unable): (Vec<Cli>, Vec<Cli>) =
            self.rest.by_ref().partition(|cli| cli.can(capability));
        for cli in unable {
            self.write(&cli, &format!("no {capability}"), 0.0);
        }
        self.rest = able.into_iter();
        self
    }

    /// Leaves out all that are still to come, because this machine lacks something, and writes that
    /// down.
    pub fn leave_out(mut self, reason: &str) {
        for cli in self.rest.by_ref().collect::<Vec<_>>() {
            self.write(&cli, reason, 0.0);
        }
    }

    fn end(&mut self, outcome: &str) {
        if let Some((cli, start)) = self.running.take() {
            self.write(&cli, outcome, start.elapsed().as_secs_f64());
        }
    }

    /// Adds a line. One write in append mode: tests that run side by side do not mix their lines.
    fn write(&self, cli: &Cli, outcome: &str, seconds: f64) {
        let Self { scenario, file, .. } = self;
        let outcome = outcome.replace(['\t', '\n'], " ");
        let line = format!("{scenario}\t{}\t{outcome}\t{seconds:.1}\n", cli.label());
        let opened = std::fs::File::options().create(true).append(true).open(file);
        let written = opened.and_then(|mut file| file.write_all(line.as_bytes()));
        // In the drop of a test that failed, a second panic would end all tests.
        assert!(written.is_ok() || std::thread::panicking(), "{}: {written:?}", file.display());
    }
}

impl Iterator for Trials {
    type Item = Cli;

    fn next(&mut self) -> Option<Cli> {
        self.end(PASSED);
        let cli = self.rest.next()?;
        self.write(&cli, BEGUN, 0.0);
        self.running = Some((cli.clone(), Instant::now()));
        Some(cli)
    }
}

impl Drop for Trials {
    fn drop(&mut self) {
        self.end(if std::thread::panicking() { FAILED } else { PASSED });
    }
}

/// How a trial stands in the record.
pub(crate) const BEGUN: &str = "begun";
pub(crate) const PASSED: &str = "passed";
pub(crate) const FAILED: &str = "failed";

/// The test that runs in this thread, or else the place of the call: with a single test thread, tests
/// run in the main one.
fn scenario(caller: &Location<'_>) -> String {
    match std::thread::current().name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => {
            let file = caller.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{}::line {}", file.trim_end_matches(".rs"), caller.line())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    fn cli(name: &str, version: &str) -> Cli {
        Cli { name: name.to_owned(), version: version.to_owned(), path: PathBuf::new() }
    }

    fn trials(folder: &tempfile::TempDir, scenario: &str) -> Trials {
        let clis = vec![cli("terraform", "1.11.4"), cli("tofu", "1.12.6")];
        Trials::new(scenario.to_owned(), clis, folder.path().join("trials.tsv"))
    }

    fn outcomes(folder: &tempfile::TempDir, scenario: &str) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(folder.path().join("trials.tsv")).unwrap();
        let record = Record::read(&text);
        let told = |cli: &str| record.outcome(scenario, cli).map(str::to_owned);
        let pairs = ["terraform 1.11.4", "tofu 1.12.6"].map(|cli| (cli.to_owned(), told(cli)));
        pairs.into_iter().filter_map(|(cli, outcome)| Some((cli, outcome?))).collect()
    }

    #[test]
    fn a_trial_has_passed_when_the_next_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut two = trials(&folder, "room::one");
        two.next();
        two.next();
        let told = outcomes(&folder, "room::one");
        assert_eq!(told[0], ("terraform 1.11.4".to_owned(), PASSED.to_owned()));
        assert_eq!(told[1], ("tofu 1.12.6".to_owned(), BEGUN.to_owned()));
        drop(two);
        assert_eq!(outcomes(&folder, "room::one")[1].1, PASSED);
    }

    #[test]
    fn a_panic_is_a_failure_of_the_cli_that_ran_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let two = trials(&folder, "room::two");
        let test = std::thread::spawn(move || {
            for cli in two {
                assert_ne!(cli.name, "terraform", "on purpose");
            }
        });
        assert!(test.join().is_err());
        let told = outcomes(&folder, "room::two");
        assert_eq!(told, [("terraform 1.11.4".to_owned(), FAILED.to_owned())]);
    }

    #[test]
    fn what_is_left_out_is_written_down_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let able: Vec<Cli> =
            trials(&folder, "room::three").that_can(Capability::ImportByIdentity).collect();
        assert_eq!(able, [cli("tofu", "1.12.6")]);
        let told = outcomes(&folder, "room::three");
        assert_eq!(told[0].1, "no import by identity");
        trials(&folder, "room::four").leave_out("no\tGo");
        assert!(outcomes(&folder, "room::four").iter().all(|(_, outcome)| outcome == "no Go"));
    }
}
