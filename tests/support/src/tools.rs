//! Where the tools are: `.tools/` of this checkout, the command-line programs, the provider's binary.

use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The Terraform that `.tools/` holds beside the one of the PATH.
const PINNED: &str = "terraform-1.15.5";

/// The environment variable that chooses among the CLIs: names or names with version, between commas,
/// as `tofu,terraform-1.11.4`.
const CHOICE: &str = "OFFICELESS_CLIS";

/// A Terraform or OpenTofu that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cli {
    /// `terraform` or `tofu`.
    pub name: String,
    /// Its version, as `1.11.4`.
    pub version: String,
    /// The program.
    pub path: PathBuf,
}

impl Cli {
    /// Name and version, as `terraform 1.11.4`.
    pub fn label(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// A command-line program that was looked for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// What was looked for, as `tofu on the PATH`.
    pub what: String,
    /// Why there is none.
    pub reason: String,
}

/// The root of the checkout this bench runs in: asked when it runs, because checkouts that share a
/// target folder share the built bench too.
///
/// # Panics
/// When it runs outside a checkout.
pub fn repository() -> PathBuf {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => PathBuf::from(package),
        None => std::env::current_dir().expect("there is no current folder"),
    };
    let is_root = |folder: &&Path| folder.join("tests/support/Cargo.toml").is_file();
    match start.ancestors().find(is_root) {
        Some(root) => root.to_path_buf(),
        None => panic!("{} is in no checkout of the provider", start.display()),
    }
}

/// The git-ignored folder that `make tools` fills.
pub fn tools_folder() -> PathBuf {
    repository().join(".tools")
}

/// Every CLI found; what is absent is printed with its reason, so that no test is left out in silence.
///
/// # Panics
/// When there is none at all.
pub fn clis() -> Vec<Cli> {
    let (found, absent) = find_clis();
    for one in absent {
        println!("not tested with {}: {}", one.what, one.reason);
    }
    assert!(!found.is_empty(), "neither Terraform nor OpenTofu was found: run `make tools`");
    found
}

/// Every CLI found and what is absent with its reason; searched once in a process.
pub fn find_clis() -> (Vec<Cli>, Vec<Absent>) {
    static SEARCHED: OnceLock<(Vec<Cli>, Vec<Absent>)> = OnceLock::new();
    SEARCHED.get_or_init(search).clone()
}

fn search() -> (Vec<Cli>, Vec<Absent>) {
    let on_path = on_path("terraform").context("there is no terraform on the PATH");
    let pinned = tools_folder().join("bin").join(PINNED);
    let candidates = [
        ("terraform of the PATH", on_path.and_then(|path| cli("terraform", path))),
        (
            "terraform-1.15.5 of .tools",
            cli("terraform", pinned).map_err(|error| why_not_pinned(&error)),
        ),
        ("tofu", built_or_on_path("tofu").and_then(|path| cli("tofu", path))),
    ];
    let mut found: Vec<Cli> = Vec::new();
    let mut absent = Vec::new();
    for (what, candidate) in candidates {
        let reason = match candidate {
            Ok(cli) if found.iter().any(|other| same_release(other, &cli)) => {
                format!("the {} of the PATH has this version", cli.name)
            }
            Ok(cli) => {
                found.push(cli);
                continue;
            }
            Err(error) => format!("{error:#}"),
        };
        absent.push(Absent { what: what.to_owned(), reason });
    }
    if let Ok(choice) = env::var(CHOICE) {
        choose(&choice, &mut found, &mut absent);
    }
    (found, absent)
}

fn why_not_pinned(error: &anyhow::Error) -> anyhow::Error {
    match why_absent(PINNED) {
        Some(reason) => anyhow::Error::msg(reason),
        None => anyhow::Error::msg(format!("{error:#}; run `make tools`")),
    }
}

/// Keeps what a list of names chooses.
fn choose(choice: &str, found: &mut Vec<Cli>, absent: &mut Vec<Absent>) {
    let chosen = |cli: &Cli| {
        let exact = format!("{}-{}", cli.name, cli.version);
        choice.split(',').map(str::trim).any(|word| word == cli.name || word == exact)
    };
    let (kept, left): (Vec<Cli>, Vec<Cli>) = found.drain(..).partition(chosen);
    *found = kept;
    absent.extend(left.into_iter().map(|cli| Absent {
        what: format!("{} {}", cli.name, cli.version),
        reason: format!("{CHOICE} is {choice:?}"),
    }));
}

/// The Terragrunt of the PATH or of `.tools/`.
pub fn find_terragrunt() -> Result<PathBuf> {
    built_or_on_path("terragrunt")
}

/// A program of the PATH, else the one that `make tools` built.
fn built_or_on_path(name: &str) -> Result<PathBuf> {
    let built = tools_folder().join("bin").join(name);
    on_path(name).or_else(|| built.is_file().then_some(built)).with_context(|| {
        let nowhere = || format!("there is no {name} on the PATH, nor in .tools: run `make tools`");
        why_absent(name).unwrap_or_else(nowhere)
    })
}

/// Why `make tools` left a tool out, if it did.
fn why_absent(name: &str) -> Option<String> {
    let note = std::fs::read_to_string(tools_folder().join(format!("{name}.absent"))).ok()?;
    Some(note.trim().to_owned())
}

fn same_release(one: &Cli, other: &Cli) -> bool {
    one.name == other.name && one.version == other.version
}

/// Asks a program for its version; its first line is `Terraform v1.15.5` or `OpenTofu v1.12.0`.
fn cli(name: &str, path: PathBuf) -> Result<Cli> {
    let output = Command::new(&path)
        .arg("version")
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .output()
        .with_context(|| format!("{} does not run", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some((_, version)) = text.lines().next().and_then(|line| line.split_once(" v")) else {
        bail!("{} version printed no version: {text}", path.display());
    };
    Ok(Cli { name: name.to_owned(), version: version.trim().to_owned(), path })
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// The provider's binary: the given path, else the environment variable `OFFICELESS_PROVIDER`.
pub fn provider_binary(argument: Option<&str>) -> Result<PathBuf> {
    let given = argument.map(Into::into).or_else(|| env::var_os("OFFICELESS_PROVIDER"));
    let Some(given) = given else {
        bail!("name the provider's binary as an argument or in OFFICELESS_PROVIDER");
    };
    let path = PathBuf::from(given);
    path.canonicalize().with_context(|| {
        format!("there is no provider at {}: build it with `make build`", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cli_is_found_or_its_absence_is_told() {
        let (found, absent) = find_clis();
        assert_eq!(found.len() + absent.len(), 3, "{found:?} {absent:?}");
        assert!(found.iter().all(|cli| cli.version.starts_with("1.")), "{found:?}");
        assert!(absent.iter().all(|one| !one.reason.is_empty()));
    }

    #[test]
    fn a_choice_keeps_names_and_versions_and_tells_what_it_leaves_out() {
        let cli = |name: &str, version: &str| Cli {
            name: name.to_owned(),
            version: version.to_owned(),
            path: PathBuf::new(),
        };
        let all = [cli("terraform", "1.11.4"), cli("terraform", "1.15.5"), cli("tofu", "1.12.6")];
        let (mut found, mut absent) = (all.to_vec(), Vec::new());
        choose("tofu, terraform-1.15.5", &mut found, &mut absent);
        assert_eq!(found, all[1..]);
        assert_eq!(absent.len(), 1, "{absent:?}");
        assert_eq!(absent[0].what, "terraform 1.11.4");
    }

    #[test]
    fn a_missing_provider_is_told_with_the_next_step() {
        let error = provider_binary(Some("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("make build"), "{error}");
    }
}
