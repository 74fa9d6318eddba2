//! What a create writes down before it takes its marks off: from then on nothing in AWS tells a later
//! run that the object may be taken over, and Terraform does not have it yet. If both are killed in
//! between, the note in the create's file is all that tells.
//!
//! The note counts for a later run on the same state, on the same machine, until a state was read that
//! has the object. Any other run meets a finished object, which is never taken over.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::platform::tags::Owner;
use crate::provider::environment::Environment;

/// A run of Terraform, and what tells on which state it works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    /// Where it works; the provider is started there.
    directory: PathBuf,
    workspace: String,
    /// The process; none where the system does not tell it.
    terraform: Option<u32>,
}

impl Run {
    /// The one that started this process.
    pub(super) fn current(environment: &Environment) -> Self {
        let directory = std::env::current_dir().unwrap_or_default();
        Self { workspace: workspace(environment, &directory), directory, terraform: parent() }
    }

    /// Whether this run works on the state of that one, which it is not: there a second block of the
    /// same name is a mistake.
    fn follows(&self, earlier: &Self) -> bool {
        self.terraform.is_some()
            && self.terraform != earlier.terraform
            && !self.directory.as_os_str().is_empty()
            && self.directory == earlier.directory
            && self.workspace == earlier.workspace
    }
}

/// The workspace that is selected; empty for the default one.
/// <https://developer.hashicorp.com/terraform/cli/config/environment-variables#tf_workspace>
fn workspace(environment: &Environment, directory: &Path) -> String {
    if let Some(name) = environment.get("TF_WORKSPACE") {
        return name.to_owned();
    }
    let data = directory.join(environment.get("TF_DATA_DIR").unwrap_or(".terraform"));
    let selected = std::fs::read_to_string(data.join("environment")).unwrap_or_default();
    selected.trim().to_owned()
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "not every system tells it")]
fn parent() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

#[cfg(not(unix))]
fn parent() -> Option<u32> {
    None
}

/// An object whose mark goes, as a line of the file of its create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unreported {
    run: Run,
    /// The composite it belongs to, as its tag has it.
    owner: String,
    /// As in `the file system fs-0123`.
    what: String,
}

impl Unreported {
    pub(super) fn new(run: &Run, owner: Owner<'_>, what: &str) -> Self {
        Self { run: run.clone(), owner: owner.value(), what: what.to_owned() }
    }

    /// The line of a file; nothing of one that cannot be written, which then says nothing.
    pub(super) fn line(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Whether the text of a file has this object, and an earlier run on the same state wrote it.
    pub(super) fn is_told_by(&self, text: &str) -> bool {
        text.lines().filter_map(|line| serde_json::from_str::<Self>(line).ok()).any(|told| {
            self.run.follows(&told.run) && self.owner == told.owner && self.what == told.what
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const OWNER: Owner<'static> = Owner { kind: "cache", name: "app" };

    /// A run in `/stack` by a process of this number.
    pub(in super::super) fn run(terraform: u32) -> Run {
        Run {
            directory: PathBuf::from("/stack"),
            workspace: String::new(),
            terraform: Some(terraform),
        }
    }

    fn told(earlier: &Run, later: &Run) -> bool {
        let line = Unreported::new(earlier, OWNER, "the cache app").line().unwrap();
        let text = format!("2026-11-25T22:10:00Z here/0\n{line}\n");
        Unreported::new(later, OWNER, "the cache app").is_told_by(&text)
    }

    #[test]
    fn only_a_later_run_on_the_same_state_is_told() {
        let later = run(2);
        assert!(told(&run(1), &later));
        for (earlier, later) in [
            (run(2), later.clone()),
            (run(1), Run { directory: PathBuf::from("/other"), ..later.clone() }),
            (run(1), Run { workspace: "prod".to_owned(), ..later.clone() }),
            (run(1), Run { terraform: None, ..later.clone() }),
            (
                Run { directory: PathBuf::new(), ..run(1) },
                Run { directory: PathBuf::new(), ..later.clone() },
            ),
        ] {
            assert!(!told(&earlier, &later), "{earlier:?} {later:?}");
        }
    }

    #[test]
    fn only_the_very_object_is_told_of() {
        let text = Unreported::new(&run(1), OWNER, "the cache app").line().unwrap();
        let asked = |owner, what| Unreported::new(&run(2), owner, what).is_told_by(&text);
        assert!(asked(OWNER, "the cache app"));
        assert!(!asked(Owner { name: "web", ..OWNER }, "the cache app"));
        assert!(!asked(OWNER, "the cache web"));
        assert!(!Unreported::new(&run(2), OWNER, "x").is_told_by("{\"run\":{}}\n\nnotes\n"));
    }

    #[test]
    fn the_workspace_is_that_of_the_variable_or_else_of_the_folder() {
        let stack = tempfile::tempdir().unwrap();
        let none = Environment::default();
        assert_eq!(workspace(&none, stack.path()), "");
        for (folder, name) in [(".terraform", "prod\n"), ("data", "dev")] {
            std::fs::create_dir(stack.path().join(folder)).unwrap();
            std::fs::write(stack.path().join(folder).join("environment"), name).unwrap();
        }
        assert_eq!(workspace(&none, stack.path()), "prod");
        let elsewhere = Environment::from([("TF_DATA_DIR", "data")]);
        assert_eq!(workspace(&elsewhere, stack.path()), "dev");
        let named = Environment::from([("TF_WORKSPACE", "stage")]);
        assert_eq!(workspace(&named, stack.path()), "stage");
    }
}
