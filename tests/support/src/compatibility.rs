//! The guide on compatibility: what the runs showed, in words for users.
//!
//! The text is fixed. Its table of rooms, one for each file of the acceptance tests, holds what the last
//! run of each room showed; a run of some rooms or CLIs changes those cells and no others.

use crate::capability::Capability;
use crate::record::{Record, is_reason};
use crate::tools::{Cli, find_clis, repository};
use crate::trials::PASSED;
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The fixed text; `{clis}`, `{terragrunt}`, `{capabilities}` and `{rooms}` stand for what is computed.
const TEXT: &str = include_str!("compatibility.md");

/// How the header of the table of rooms begins.
const HEAD: &str = "| Scenarios of |";

/// What a cell says of a room whose scenarios all passed.
const GOOD: &str = "pass";

/// What a cell says of a room with a scenario that did not pass.
const BAD: &str = "fail";

/// What a cell says of a room that never ran on that CLI.
const NOT_RUN: &str = "not run";

/// What the guide says of rooms and CLIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compatibility {
    /// By room and by CLI.
    cells: BTreeMap<String, BTreeMap<String, String>>,
}

impl Compatibility {
    /// Where the guide is.
    pub fn file() -> PathBuf {
        repository().join("docs/guides/compatibility.md")
    }

    /// What the guide of this checkout says; nothing if there is none.
    pub fn of_checkout() -> Result<Self> {
        match std::fs::read_to_string(Self::file()) {
            Ok(page) => Ok(Self::parse(&page)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context("reading the guide on compatibility"),
        }
    }

    /// Reads the table of rooms of a page.
    fn parse(page: &str) -> Self {
        let words = |line: &str| -> Vec<String> {
            let inner = line.trim_matches('|').split('|');
            inner.map(|word| word.trim().trim_matches('`').to_owned()).collect()
        };
        let mut lines = page.lines().skip_while(|line| !line.starts_with(HEAD));
        let head = lines.next().map(words).unwrap_or_default();
        let clis: Vec<String> = head.iter().map(|name| label(name)).collect();
        let mut cells = BTreeMap::new();
        for line in lines.skip(1).take_while(|line| line.starts_with('|')) {
            let row = words(line);
            let pairs = clis.iter().cloned().zip(row.iter().cloned()).skip(1);
            let run = pairs.filter(|(_, said)| said != NOT_RUN).collect();
            cells.insert(row.first().cloned().unwrap_or_default(), run);
        }
        Self { cells }
    }

    /// What a record says: of each room, on each CLI, whether all scenarios passed.
    pub fn of_record(record: &Record) -> Self {
        let mut outcomes: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
        for scenario in record.scenarios() {
            let room = scenario.split("::").next().unwrap_or(scenario);
            for cli in record.clis() {
                if let Some(outcome) = record.outcome(scenario, cli) {
                    let place = (room.to_owned(), cli.to_owned());
                    outcomes.entry(place).or_default().insert(outcome);
                }
            }
        }
        let mut cells: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for ((room, cli), outcomes) in outcomes {
            cells.entry(room).or_default().insert(cli, cell(&outcomes));
        }
        Self { cells }
    }

    /// The rooms.
    pub fn rooms(&self) -> BTreeSet<&str> {
        self.cells.keys().map(String::as_str).collect()
    }

    /// The CLIs, as `terraform 1.11.4`.
    pub fn clis(&self) -> BTreeSet<&str> {
        self.cells.values().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// Takes over what a later run showed. Rooms that are gone and CLIs that are neither in that run
    /// nor on this machine are dropped.
    pub fn update(&mut self, record: &Record, rooms: &BTreeSet<String>) {
        let shown = Self::of_record(record);
        let mut known: BTreeSet<String> = shown.clis().into_iter().map(str::to_owned).collect();
        known.extend(find_clis().0.iter().map(Cli::label));
        for (room, row) in shown.cells {
            self.cells.entry(room).or_default().extend(row);
        }
        self.cells.retain(|room, _| rooms.contains(room));
        for row in self.cells.values_mut() {
            row.retain(|cli, _| known.contains(cli));
        }
    }

    /// Where a run showed something else than the guide says. What it does not tell is no contradiction,
    /// nor what it left out: this machine may lack what the guide's had.
    pub fn contradictions(&self, record: &Record) -> Vec<String> {
        let mut found = Vec::new();
        for (room, row) in &Self::of_record(record).cells {
            for (cli, shown) in row {
                let said = self.cells.get(room).and_then(|row| row.get(cli));
                let left_out = |said: &str| said.starts_with(GOOD) && shown != GOOD && shown != BAD;
                if let Some(said) = said.filter(|said| *said != shown && !left_out(said)) {
                    found.push(format!("{room} on {cli}: it says {said}, the run says {shown}"));
                }
            }
        }
        found
    }

    /// The page.
    pub fn page(&self, terragrunt: &str) -> String {
        let clis: Vec<&str> = self.clis().into_iter().collect();
        let named: Vec<String> = clis.iter().map(|cli| spelled(cli)).collect();
        let mut rooms =
            vec![format!("{HEAD} {} |", named.join(" | ")), "|---".repeat(clis.len() + 1) + "|"];
        for (room, row) in &self.cells {
            let said = |cli: &&str| row.get(*cli).map_or(NOT_RUN, String::as_str).to_owned();
            let cells: Vec<String> = clis.iter().map(said).collect();
            rooms.push(format!("| `{room}` | {} |", cells.join(" | ")));
        }
        TEXT.replace("{clis}", &listed(&named))
            .replace("{terragrunt}", terragrunt)
            .replace("{capabilities}", &capabilities())
            .replace("{rooms}", &rooms.join("\n"))
    }
}

/// One cell: whether all passed, and what was left out.
fn cell(outcomes: &BTreeSet<&str>) -> String {
    let (reasons, ended): (Vec<&str>, Vec<&str>) =
        outcomes.iter().copied().partition(|outcome| is_reason(outcome));
    let all_passed = ended.iter().all(|outcome| *outcome == PASSED);
    match (all_passed, ended.is_empty(), reasons.is_empty()) {
        (false, _, _) => BAD.to_owned(),
        (true, true, _) => reasons.join(", "),
        (true, false, true) => GOOD.to_owned(),
        (true, false, false) => format!("{GOOD} ({})", reasons.join(", ")),
    }
}

/// `terraform 1.11.4` as people write it.
fn spelled(cli: &str) -> String {
    cli.replace("terraform ", "Terraform ").replace("tofu ", "OpenTofu ")
}

/// The other way round.
fn label(name: &str) -> String {
    name.replace("Terraform ", "terraform ").replace("OpenTofu ", "tofu ")
}

/// Words with commas and an "and".
fn listed(words: &[String]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The rows of capabilities.
fn capabilities() -> String {
    let row = |capability: &Capability| {
        let since = |name| capability.since_version(name).unwrap_or_else(|| "no".to_owned());
        let used = match capability {
            Capability::Functions => "the provider's functions",
            Capability::NullOfAnyType => {
                "`tls_only_bucket_policy` without statements; `[]` does too"
            }
            Capability::EphemeralResources => "`officeless_cache_auth_token`",
            Capability::WriteOnlyArguments => "`auth_token_wo` and `passwords_wo` of a cache",
            Capability::MovedAcrossTypes | Capability::ImportByIdentity => "nothing yet",
            Capability::StateEncryption => "`examples/opentofu`",
        };
        format!("| {capability} | {} | {} | {used} |", since("terraform"), since("tofu"))
    };
    Capability::ALL.iter().map(row).collect::<Vec<_>>().join("\n")
}

/// The version of a tool that is built from source, as its list names it.
pub fn pinned(tool: &str) -> Result<String> {
    let list = repository().join("tests/support/tools").join(format!("{tool}.txt"));
    let text = std::fs::read_to_string(&list)?;
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    let version = line.split(' ').nth(1).and_then(|version| version.strip_prefix('v'));
    Ok(version.with_context(|| format!("{} names no version", list.display()))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "one::a\tterraform 1.11.4\tpassed\t1\n\
                       one::b\tterraform 1.11.4\tno functions\t0\n\
                       one::a\ttofu 1.12.6\tpassed\t1\n\
                       two::a\tterraform 1.11.4\tno functions\t0\n\
                       two::a\ttofu 1.12.6\tfailed\t1\n";

    #[test]
    fn a_room_passes_when_all_its_scenarios_do() {
        let said = Compatibility::of_record(&Record::read(RUN));
        assert_eq!(said.cells["one"]["terraform 1.11.4"], "pass (no functions)");
        assert_eq!(said.cells["one"]["tofu 1.12.6"], "pass");
        assert_eq!(said.cells["two"]["terraform 1.11.4"], "no functions");
        assert_eq!(said.cells["two"]["tofu 1.12.6"], "fail");
    }

    #[test]
    fn a_page_is_read_back_as_it_was_written() {
        let said = Compatibility::of_record(&Record::read(RUN));
        let page = said.page("1.1.3");
        assert_eq!(Compatibility::parse(&page), said);
        let partly = "one::a\ttofu 1.12.6\tpassed\t1\ntwo::a\tterraform 1.11.4\tpassed\t1\n";
        let partly = Compatibility::of_record(&Record::read(partly));
        let told = partly.page("1.1.3");
        assert!(told.contains("| `one` | not run | pass |"), "{told}");
        assert_eq!(Compatibility::parse(&told), partly);
        assert!(page.contains("Terraform 1.11.4 and OpenTofu 1.12.6"), "{page}");
        assert!(!page.contains("{rooms}") && !page.contains("{clis}"), "{page}");
    }

    #[test]
    fn a_later_run_changes_the_cells_it_ran_and_contradicts_no_others() {
        let mut said = Compatibility::of_record(&Record::read(RUN));
        let later = Record::read("two::a\ttofu 1.12.6\tpassed\t1\n");
        assert_eq!(
            said.contradictions(&later),
            ["two on tofu 1.12.6: it says fail, the run says pass"]
        );
        let elsewhere = Record::read("one::a\ttofu 1.12.6\tno Go to build it with\t0\n");
        assert!(said.contradictions(&elsewhere).is_empty(), "a machine that lacks something");
        let old = Record::read("two::a\tterraform 1.0.0\tfailed\t1\n");
        assert!(said.contradictions(&old).is_empty(), "a CLI that the guide does not name");
        said.update(&later, &["two".to_owned()].into());
        assert_eq!(said.cells["two"]["tofu 1.12.6"], "pass");
        assert_eq!(said.rooms().into_iter().collect::<Vec<_>>(), ["two"]);
        assert!(said.contradictions(&later).is_empty());
    }

    #[test]
    fn the_list_of_a_tool_names_its_version() {
        assert!(pinned("terragrunt").unwrap().starts_with("1."));
        assert!(pinned("tofu").unwrap().starts_with("1."));
    }
}
