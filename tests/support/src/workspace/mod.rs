//! A folder with a configuration, and a real CLI that runs in it with the provider under test.
//!
//! The provider comes by a development override, so there is no `init`. The environment is empty but for
//! what is set here: no proxy, profile or home of the machine reaches the CLI or the provider.

mod outcome;
#[cfg(test)]
mod tests;

pub use outcome::{PlanResult, Run};

use crate::example::Installation;
use crate::tools::Cli;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::Command;

/// How long one command may take, unless [`Workspace::time_limit`] says otherwise.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// A folder with a configuration, bound to a CLI, a provider, an endpoint and an account.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
    cli: Cli,
    environment: BTreeMap<String, String>,
    time_limit: Duration,
    types: Mutex<BTreeSet<String>>,
}

impl Workspace {
    /// An empty workspace. The provider's file must be named `terraform-provider-officeless`.
    pub fn new(cli: &Cli, provider_binary: &Path, endpoint: &str, account: &str) -> Result<Self> {
        let binary = provider_binary
            .canonicalize()
            .with_context(|| format!("there is no provider at {}", provider_binary.display()))?;
        let plugins = binary.parent().context("the provider lies in no folder")?;
        let mut workspace = Self::bare(cli, endpoint, account)?;
        workspace.configure_cli(&format!(
            "provider_installation {{\n  dev_overrides {{\n    \
             \"officeless-platform/officeless\" = {:?}\n  }}\n  direct {{}}\n}}\n",
            plugins.display().to_string()
        ))?;
        Ok(workspace)
    }

    /// An empty workspace for what runs `init` by itself or needs it: the provider comes from a mirror
    /// in the workspace.
    pub fn installed(
        cli: &Cli,
        provider_binary: &Path,
        endpoint: &str,
        account: &str,
    ) -> Result<Self> {
        let mut workspace = Self::bare(cli, endpoint, account)?;
        let installation =
            Installation::new(&workspace.path().join(".installed"), provider_binary)?;
        let configuration = installation.cli_configuration.display().to_string();
        workspace.env("TF_CLI_CONFIG_FILE", &configuration);
        Ok(workspace)
    }

    fn bare(cli: &Cli, endpoint: &str, account: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("officeless-workspace-")?;
        let mut environment = aws_environment(endpoint, account);
        environment.extend(cli_environment(&folder.path().display().to_string()));
        let types = Mutex::default();
        Ok(Self { folder, cli: cli.clone(), environment, time_limit: TIME_LIMIT, types })
    }

    /// Sets the CLI configuration, in place of the one there is.
    pub fn configure_cli(&mut self, text: &str) -> Result<()> {
        self.write("cli.tfrc", text)?;
        let configuration = self.folder.path().join("cli.tfrc").display().to_string();
        self.env("TF_CLI_CONFIG_FILE", &configuration);
        Ok(())
    }

    /// The folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The CLI it runs.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// Sets a variable of the environment for the commands to come; an empty value removes it.
    pub fn env(&mut self, name: &str, value: &str) -> &mut Self {
        if value.is_empty() {
            self.environment.remove(name);
        } else {
            self.environment.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Sets how long one command may take.
    pub fn time_limit(&mut self, limit: Duration) -> &mut Self {
        self.time_limit = limit;
        self
    }

    /// Writes a file of the configuration, in place of one of that name.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.path().join(file);
        self.note_types(text);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }

    /// Writes `main.tf`: the provider's requirement and an empty provider block, so that everything
    /// comes from the environment, and then the text.
    pub fn write_main(&self, text: &str) -> Result<()> {
        let head = "terraform {\n  required_providers {\n    officeless = {\n      \
                    source = \"officeless-platform/officeless\"\n    }\n  }\n}\n\n\
                    provider \"officeless\" {}\n\n";
        self.write("main.tf", &format!("{head}{text}"))
    }

    /// What of the provider was ever written here: block and type, as `data officeless_cluster`.
    pub fn types(&self) -> BTreeSet<String> {
        self.types.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Copies the configuration files of a folder into the workspace.
    pub fn copy_configuration(&self, from: &Path) -> Result<()> {
        copy_configuration(from, self.folder.path())?;
        self.note_types_below(from)
    }

    fn note_types_below(&self, folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.note_types_below(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "tf") {
                self.note_types(&std::fs::read_to_string(path)?);
            }
        }
        Ok(())
    }

    fn note_types(&self, configuration: &str) {
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        types.extend(types_in(configuration));
    }

    /// Copies the configuration files of a folder into one of the workspace.
    pub fn copy_configuration_into(&self, from: &Path, folder: &str) -> Result<()> {
        copy_configuration(from, &self.folder.path().join(folder))?;
        self.note_types_below(from)
    }

    /// A command that is about to run, in a process group of its own; for what the methods below do not cover, as signals.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(&self.cli.path, arguments)
    }

    fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    /// Runs a command. After the time limit it is killed with its provider, and has no code.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn run(&self, arguments: &[&str]) -> Run {
        self.run_program(&self.cli.path, arguments).await
    }

    /// Runs another program in the place of the CLI, such as Terragrunt.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn run_program(&self, program: &Path, arguments: &[&str]) -> Run {
        let start = Instant::now();
        let child = self.command_of(program, arguments).spawn();
        let program = program.display();
        let child = child.unwrap_or_else(|error| panic!("{program}: {error}"));
        let group = child.id();
        let running = tokio::time::timeout(self.time_limit, child.wait_with_output());
        let (code, stdout, stderr) = match running.await {
            Ok(output) => {
                let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (output.status.code(), text(&output.stdout), text(&output.stderr))
            }
            Err(_) => {
                kill_group(group);
                (None, String::new(), format!("killed after {:?}", self.time_limit))
            }
        };
        let command = format!("{program} ({}) {}", self.cli.label(), arguments.join(" "));
        Run { command, code, stdout, stderr, took: start.elapsed() }
    }

    /// `validate`.
    pub async fn validate(&self) -> Run {
        self.run(&["validate", "-no-color"]).await
    }

    /// `plan` with further arguments; the plan is kept in `plan.tfplan`.
    pub async fn plan_with(&self, further: &[&str]) -> PlanResult {
        let mut arguments =
            vec!["plan", "-no-color", "-input=false", "-detailed-exitcode", "-out=plan.tfplan"];
        arguments.extend_from_slice(further);
        let run = self.run(&arguments).await;
        let json = if matches!(run.code, Some(0 | 2)) {
            self.json(&["show", "-json", "plan.tfplan"]).await.unwrap_or_default()
        } else {
            Value::Null
        };
        PlanResult { run, json }
    }

    /// `plan`.
    pub async fn plan(&self) -> PlanResult {
        self.plan_with(&[]).await
    }

    /// `apply` without a question.
    pub async fn apply(&self) -> Run {
        self.run(&["apply", "-no-color", "-input=false", "-auto-approve"]).await
    }

    /// `apply` of the plan last made.
    pub async fn apply_plan(&self) -> Run {
        self.run(&["apply", "-no-color", "-input=false", "plan.tfplan"]).await
    }

    /// `destroy` without a question.
    pub async fn destroy(&self) -> Run {
        self.run(&["destroy", "-no-color", "-input=false", "-auto-approve"]).await
    }

    /// `import ADDRESS ID`.
    pub async fn import(&self, address: &str, id: &str) -> Run {
        self.run(&["import", "-no-color", "-input=false", address, id]).await
    }

    /// Forgets the state, as if the configuration were met for the first time.
    pub fn forget_state(&self) -> Result<()> {
        for file in ["terraform.tfstate", "terraform.tfstate.backup"] {
            match std::fs::remove_file(self.folder.path().join(file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The state as `show -json` tells it.
    ///
    /// # Panics
    /// When the state cannot be read.
    pub async fn state(&self) -> Value {
        self.json(&["show", "-json"]).await.unwrap_or_else(|error| panic!("the state: {error:#}"))
    }

    /// The attributes of one resource of the root module; null if the state has none of that address.
    pub async fn attributes(&self, address: &str) -> Value {
        let state = self.state().await;
        let resources = state["values"]["root_module"]["resources"].as_array();
        let mut resources = resources.into_iter().flatten();
        resources
            .find(|resource| resource["address"] == address)
            .map_or(Value::Null, |resource| resource["values"].clone())
    }

    /// The value of an output; null if there is none.
    pub async fn output(&self, name: &str) -> Value {
        self.json(&["output", "-json", name]).await.unwrap_or_default()
    }

    /// # Panics
    /// Unless `apply` succeeds.
    pub async fn expect_apply(&self) -> Run {
        self.apply().await.expect_ok()
    }

    /// # Panics
    /// Unless `destroy` succeeds.
    pub async fn expect_destroy(&self) -> Run {
        self.destroy().await.expect_ok()
    }

    /// # Panics
    /// Unless the next plan is empty.
    pub async fn expect_empty_plan(&self) -> PlanResult {
        self.plan().await.expect_empty()
    }

    /// # Panics
    /// Unless `import` succeeds.
    pub async fn expect_import(&self, address: &str, id: &str) -> Run {
        self.import(address, id).await.expect_ok()
    }

    async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let run = self.run(arguments).await;
        ensure!(run.is_ok(), "{run}");
        serde_json::from_str(&run.stdout).with_context(|| format!("no JSON: {run}"))
    }
}

/// The blocks of the provider's types in a configuration, as `resource officeless_cache`.
fn types_in(configuration: &str) -> Vec<String> {
    let block = |line: &str| {
        let (block, rest) = line.trim_start().split_once(" \"officeless_")?;
        let name = rest.split('"').next()?;
        ["resource", "data", "ephemeral"]
            .contains(&block)
            .then(|| format!("{block} officeless_{name}"))
    };
    configuration.lines().filter_map(block).collect()
}

/// Copies the files of a configuration, with sub-folders, without what a CLI left there.
pub(crate) fn copy_configuration(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    let entries = std::fs::read_dir(from)
        .with_context(|| format!("there is no configuration in {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if shown.starts_with(".terraform") || shown.contains(".tfstate") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_configuration(&entry.path(), &to.join(&name))?;
        } else {
            std::fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

/// Kills a command and the provider it started, which would outlive it.
fn kill_group(leader: Option<u32>) {
    if let Some(leader) = leader {
        let group = format!("-{leader}");
        // It may have ended by itself in the meantime.
        let _ = std::process::Command::new("kill").args(["-KILL", "--", &group]).output();
    }
}

/// What points the provider at an account of the emulator.
pub(crate) fn aws_environment(endpoint: &str, account: &str) -> BTreeMap<String, String> {
    [
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// What keeps a CLI quiet and at home in a folder.
pub(crate) fn cli_environment(home: &str) -> BTreeMap<String, String> {
    let path = std::env::var("PATH").unwrap_or_default();
    [
        ("PATH", path.as_str()),
        ("HOME", home),
        ("CHECKPOINT_DISABLE", "1"),
        ("TF_IN_AUTOMATION", "1"),
        ("TF_INPUT", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
