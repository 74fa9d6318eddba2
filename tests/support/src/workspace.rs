//! A folder with a configuration, and a real CLI that runs in it with the provider under test.
//!
//! The provider comes by a development override, so there is no `init`. The environment is empty but for
//! what is set here: no proxy, profile or home of the machine reaches the CLI or the provider.

use crate::tools::Cli;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::Command;

/// How long one command may take, unless [`Workspace::time_limit`] says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(180);

/// What a command did.
#[derive(Debug, Clone)]
pub struct Run {
    /// The command line, as in the error messages.
    pub command: String,
    /// The exit code; none if a signal or the time limit ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Run {
    /// Whether the code is 0.
    pub fn is_ok(&self) -> bool {
        self.code == Some(0)
    }

    /// Both outputs, one after the other; diagnostics are wrapped lines in it.
    pub fn output(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Whether the output holds a sentence, whatever the line breaks and frames around it.
    pub fn says(&self, sentence: &str) -> bool {
        flowing(&self.output()).contains(&flowing(sentence))
    }

    /// # Panics
    /// Unless the command succeeded.
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!(self.is_ok(), "{self}");
        self
    }

    /// # Panics
    /// Unless the command failed and the output holds the sentence.
    #[track_caller]
    pub fn expect_error(self, sentence: &str) -> Self {
        assert!(!self.is_ok(), "it should have failed\n{self}");
        assert!(self.says(sentence), "missing: {sentence}\n{self}");
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, code, stdout, stderr, took } = self;
        write!(f, "{command}: code {code:?} after {took:?}\n{stdout}\n{stderr}")
    }
}

/// A text without the frames and line breaks the CLI puts around diagnostics.
fn flowing(text: &str) -> String {
    text.replace(['│', '╷', '╵'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A plan: the run, and what it would do.
#[derive(Debug, Clone)]
pub struct PlanResult {
    /// The run of `plan -detailed-exitcode`: code 0 is an empty plan, 2 one with changes, 1 an error.
    pub run: Run,
    /// The plan as `show -json` tells it; null after an error.
    pub json: Value,
}

impl PlanResult {
    /// Whether there is nothing to do, in resources and outputs.
    pub fn is_empty(&self) -> bool {
        self.run.code == Some(0)
    }

    /// The planned actions by resource address, without those that do nothing, as `["create"]`.
    pub fn actions(&self) -> BTreeMap<String, Vec<String>> {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        changes
            .map(|change| {
                let actions = change["change"]["actions"].as_array().into_iter().flatten();
                let actions = actions.filter_map(Value::as_str).map(str::to_owned).collect();
                (change["address"].as_str().unwrap_or_default().to_owned(), actions)
            })
            .filter(|(_, actions): &(_, Vec<String>)| *actions != ["no-op"] && *actions != ["read"])
            .collect()
    }

    /// The change of one resource: `actions`, `before`, `after`, `after_unknown`, `replace_paths`.
    pub fn change(&self, address: &str) -> &Value {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        changes
            .filter(|change| change["address"] == address)
            .map(|change| &change["change"])
            .next()
            .unwrap_or(&Value::Null)
    }

    /// # Panics
    /// Unless the plan is empty.
    #[track_caller]
    pub fn expect_empty(self) -> Self {
        assert!(self.is_empty(), "the plan should be empty\n{}", self.run);
        self
    }

    /// # Panics
    /// Unless the plan holds changes.
    #[track_caller]
    pub fn expect_changes(self) -> Self {
        assert_eq!(self.run.code, Some(2), "the plan should hold changes\n{}", self.run);
        self
    }
}

/// A folder with a configuration, bound to a CLI, a provider, an endpoint and an account.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
    cli: Cli,
    environment: BTreeMap<String, String>,
    time_limit: Duration,
}

impl Workspace {
    /// An empty workspace. The provider's file must be named `terraform-provider-officeless`.
    pub fn new(cli: &Cli, provider_binary: &Path, endpoint: &str, account: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("officeless-workspace-")?;
        let binary = provider_binary
            .canonicalize()
            .with_context(|| format!("there is no provider at {}", provider_binary.display()))?;
        let plugins = binary.parent().context("the provider lies in no folder")?;
        let configuration = folder.path().join("cli.tfrc");
        std::fs::write(
            &configuration,
            format!(
                "provider_installation {{\n  dev_overrides {{\n    \
                 \"officeless-platform/officeless\" = {:?}\n  }}\n  direct {{}}\n}}\n",
                plugins.display().to_string()
            ),
        )?;
        let mut environment = aws_environment(endpoint, account);
        environment.extend(cli_environment(&folder.path().display().to_string()));
        environment.insert("TF_CLI_CONFIG_FILE".to_owned(), configuration.display().to_string());
        Ok(Self { folder, cli: cli.clone(), environment, time_limit: TIME_LIMIT })
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

    /// Copies the configuration files of a folder into the workspace.
    pub fn copy_configuration(&self, from: &Path) -> Result<()> {
        copy_configuration(from, self.folder.path())
    }

    /// A command that is about to run, in a process group of its own; for what the methods below do not cover, as signals.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cli.path);
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
        let start = Instant::now();
        let program = self.cli.path.display();
        let child = self.command(arguments).spawn();
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
        let Cli { name, version, .. } = &self.cli;
        let command = format!("{name} {version} {}", arguments.join(" "));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clis;

    fn workspace(cli: &Cli) -> Workspace {
        let binary = std::env::current_exe().unwrap();
        Workspace::new(cli, &binary, "http://127.0.0.1:1", "111122223333").unwrap()
    }

    #[tokio::test]
    async fn every_cli_plans_applies_and_tells_its_state() {
        for cli in clis() {
            let workspace = workspace(&cli);
            workspace.write("main.tf", "output \"answer\" {\n  value = 42\n}\n").unwrap();
            workspace.validate().await.expect_ok();
            workspace.plan().await.expect_changes();
            workspace.apply_plan().await.expect_ok();
            workspace.expect_empty_plan().await;
            assert_eq!(workspace.output("answer").await, 42, "{cli:?}");
            assert_eq!(workspace.state().await["values"]["outputs"]["answer"]["value"], 42);
            assert_eq!(workspace.attributes("none.such").await, Value::Null);
            workspace.forget_state().unwrap();
            workspace.plan().await.expect_changes();
        }
    }

    #[tokio::test]
    async fn unknown_values_can_come_from_the_built_in_resource() {
        for cli in clis() {
            let workspace = workspace(&cli);
            let text = "resource \"terraform_data\" \"known_later\" {\n  input = \"x\"\n}\n\
                        output \"later\" {\n  value = terraform_data.known_later.output\n}\n";
            workspace.write("main.tf", text).unwrap();
            let plan = workspace.plan().await.expect_changes();
            assert_eq!(plan.actions()["terraform_data.known_later"], ["create"]);
            let change = plan.change("terraform_data.known_later");
            assert_eq!(change["after_unknown"]["output"], true);
            workspace.expect_apply().await;
            assert_eq!(workspace.attributes("terraform_data.known_later").await["output"], "x");
            workspace.expect_destroy().await;
        }
    }

    #[tokio::test]
    async fn errors_are_found_across_line_breaks_and_frames() {
        for cli in clis() {
            let workspace = workspace(&cli);
            workspace.write("main.tf", "resource \"nothing\" {}\n").unwrap();
            let run = workspace.validate().await;
            run.expect_error("All resource blocks must have 2 labels (type, name).");
        }
    }

    #[tokio::test]
    async fn a_command_past_its_time_limit_is_killed() {
        for cli in clis() {
            let mut workspace = workspace(&cli);
            workspace.time_limit(Duration::from_millis(1));
            let run = workspace.run(&["version"]).await;
            assert_eq!(run.code, None, "{run}");
        }
    }

    #[tokio::test]
    async fn nothing_of_the_machine_reaches_the_cli() {
        let cli = clis().remove(0);
        let environment = workspace(&cli).environment;
        assert_eq!(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
        assert!(!environment.keys().any(|name| name.to_lowercase().contains("proxy")));
        assert_ne!(Some(environment["HOME"].clone()), std::env::var("HOME").ok());
    }
}
