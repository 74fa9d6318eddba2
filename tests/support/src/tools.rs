//! Where the tools are: `.tools/` of this checkout, the command-line programs, the provider's binary.

use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Terraform that `.tools/` holds beside the one of the PATH.
const PINNED: &str = "terraform-1.15.5";

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

/// Every CLI found, first those of the PATH, and what is absent with its reason.
pub fn find_clis() -> (Vec<Cli>, Vec<Absent>) {
    let mut found: Vec<Cli> = Vec::new();
    let mut absent = Vec::new();
    for name in ["terraform", "tofu"] {
        let cli = on_path(name)
            .with_context(|| format!("there is no {name} on the PATH"))
            .and_then(|path| cli(name, path));
        match cli {
            Ok(cli) => found.push(cli),
            Err(error) => absent
                .push(Absent { what: format!("{name} of the PATH"), reason: format!("{error:#}") }),
        }
    }
    match cli("terraform", tools_folder().join("bin").join(PINNED)) {
        Ok(pinned) if found.iter().any(|other| same_release(other, &pinned)) => {
            absent.push(Absent {
                what: format!("{PINNED} of .tools"),
                reason: "the terraform of the PATH has this version".to_owned(),
            });
        }
        Ok(pinned) => found.push(pinned),
        Err(error) => absent.push(Absent {
            what: format!("{PINNED} of .tools"),
            reason: std::fs::read_to_string(tools_folder().join(format!("{PINNED}.absent")))
                .map_or_else(
                    |_| format!("{error:#}; run `make tools`"),
                    |why| why.trim().to_owned(),
                ),
        }),
    }
    (found, absent)
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
    fn a_missing_provider_is_told_with_the_next_step() {
        let error = provider_binary(Some("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("make build"), "{error}");
    }
}
