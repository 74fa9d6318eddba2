//! `make demo`: the whole example on an emulator, from `init` to `destroy`, with nothing left behind.
//!
//! The emulator and the proxy live in a child process (`demo --serve`). It ends with this process, unless
//! `KEEP=1`: then it stays up, and the last words say how to use and how to stop it.

use anyhow::{Context, Result, bail, ensure};
use officeless_testbench::{
    Aws, Bench, Example, Installation, Seeded, find_clis, leftovers, provider_binary, seed,
    tools_folder,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::time::Instant;

const ACCOUNT: &str = "123456789012";
/// What the child reads when it shall outlive its parent.
const KEEP_WORD: &[u8] = b"keep";
const REGION: &str = "us-east-1";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("--serve") => serve(arguments.get(1).map_or("demo", String::as_str)).await,
        binary => demo(binary).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe demo failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The child: emulator, proxy and seed. It tells where they are in one line of JSON and waits until
/// standard input closes, or for ever once it has read the word that it is kept.
async fn serve(cluster_name: &str) -> Result<()> {
    let bench = Bench::start().await?;
    let seeded = seed(&bench.emulator.url(), ACCOUNT, REGION, cluster_name).await?;
    let ready = json!({
        "proxy": bench.proxy.url(),
        "emulator": bench.emulator.url(),
        "vpc_id": seeded.vpc_id,
        "subnet_ids": seeded.subnet_ids,
        "cluster_security_group_id": seeded.cluster_security_group_id,
    });
    println!("{ready}");
    std::io::stdout().flush()?;
    let mut words = Vec::new();
    let words = tokio::task::spawn_blocking(move || {
        std::io::stdin().read_to_end(&mut words).map(|_| words)
    });
    if words.await?? == KEEP_WORD {
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// The child as its parent sees it. Dropping it ends it, unless it is kept.
struct World {
    child: Child,
    ready: Value,
    kept: bool,
}

impl World {
    fn start(cluster_name: &str, folder: &Path) -> Result<Self> {
        let log = std::fs::File::create(folder.join("world.log"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--serve", cluster_name]).stdout(Stdio::piped()).stderr(log);
        // Ctrl-C is for this process; the child follows through its pipe.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().context("the emulator's process has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready = serde_json::from_str(&line).with_context(|| {
            let log = std::fs::read_to_string(folder.join("world.log")).unwrap_or_default();
            format!("the emulator did not start: {log}\nTry `make clean-tools`, then again.")
        })?;
        Ok(Self { child, ready, kept: false })
    }

    /// Lets the child outlive this process.
    fn keep(&mut self) -> Result<()> {
        let mut stdin = self.child.stdin.take().context("the emulator's process has no input")?;
        stdin.write_all(KEEP_WORD)?;
        self.kept = true;
        Ok(())
    }

    fn text(&self, field: &str) -> String {
        self.ready[field].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Numbers the stages and tells how long each took.
struct Stages {
    number: usize,
    started: Instant,
}

impl Stages {
    fn run<T>(&mut self, title: &str, advice: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.begin(title);
        let start = Instant::now();
        let outcome = work();
        Self::end(start, outcome, advice)
    }

    fn begin(&mut self, title: &str) {
        self.number += 1;
        print!("[{}] {title} … ", self.number);
        let _ = std::io::stdout().flush();
    }

    fn end<T>(start: Instant, outcome: Result<T>, advice: &str) -> Result<T> {
        match outcome {
            Ok(value) => {
                println!("{:.1} s", start.elapsed().as_secs_f64());
                Ok(value)
            }
            Err(error) => {
                println!("failed after {:.1} s", start.elapsed().as_secs_f64());
                eprintln!("\n{error:#}");
                bail!("what to do: {advice}")
            }
        }
    }
}

/// The CLI in its work folder.
struct Terminal {
    program: PathBuf,
    work: PathBuf,
    environment: Vec<(String, String)>,
}

impl Terminal {
    fn output(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("AWS_") || name.starts_with("TF_") {
                command.env_remove(name.as_ref());
            }
        }
        command
            .args(arguments)
            .current_dir(&self.work)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} does not run", self.program.display()))
    }

    /// Runs a command and gives its standard output, or an error with all it said.
    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("{} ended with {}:\n{text}{errors}", arguments.join(" "), output.status);
        }
        Ok(text)
    }
}

async fn demo(binary: Option<&str>) -> Result<()> {
    let keep = std::env::var("KEEP").is_ok_and(|keep| !keep.is_empty() && keep != "0");
    let mut stages = Stages { number: 0, started: Instant::now() };
    let binary = provider_binary(binary)?;
    let folder = tools_folder().join("demo");
    refuse_running(&folder)?;
    let example = Example::complete()?;
    let (program, name) = find_cli()?;
    let installation = stages.run(
        "installing the provider as a filesystem mirror in .tools/demo",
        "check that .tools/ can be written and the disk is not full",
        || {
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            let installation = Installation::new(&folder, &binary)?;
            example.copy_to(&folder.join("work"))?;
            Ok(installation)
        },
    )?;
    let world = stages.run(
        "starting the emulator, a VPC with three private subnets and an EKS cluster",
        "run `make clean-tools` and `make demo` again; a machine without loopback cannot run it",
        || World::start(&example.cluster_name, &folder),
    )?;
    let environment = environment(&world.text("proxy"), &installation.cli_configuration);
    let terminal = Terminal { program, work: folder.join("work"), environment };
    println!("    {name} on {}, account {ACCOUNT}, {REGION}", world.text("proxy"));
    stand_up(&mut stages, &terminal)?;
    if keep {
        return leave_up(&folder, world, &terminal);
    }
    let advice = "read the error above; nothing outlives the emulator, which ends now";
    stages.run("destroy", advice, || {
        terminal.run(&["destroy", "-no-color", "-input=false", "-auto-approve"])
    })?;
    stages.begin("asking the emulator what is left");
    let start = Instant::now();
    let left = nothing_left(&world, &example.cluster_name).await;
    Stages::end(start, left, "this is a bug of the provider: please report it with the list")?;
    stages.run("stopping the emulator", "end it by its process id", || {
        drop(world);
        Ok(std::fs::remove_dir_all(&folder)?)
    })?;
    println!("\nDone in {:.1} s. Nothing is left.", stages.started.elapsed().as_secs_f64());
    Ok(())
}

fn stand_up(stages: &mut Stages, terminal: &Terminal) -> Result<()> {
    let advice = "the provider or its mirror is wrong: run `make build`, then `make demo` again";
    stages.run("init", advice, || terminal.run(&["init", "-no-color", "-input=false"]))?;
    let advice =
        "read the error above; TF_LOG=debug in the kept folder .tools/demo/work tells more";
    let applied = stages.run("apply of examples/complete", advice, || {
        terminal.run(&["apply", "-no-color", "-input=false", "-auto-approve"])
    })?;
    for line in applied.lines().filter(|line| line.starts_with("Apply complete")) {
        println!("    {line}");
    }
    println!("\n{}", terminal.run(&["output", "-no-color"])?);
    let advice = "the next plan must be empty: this is a bug of the provider, please report it";
    stages.run("plan again, which must be empty", advice, || {
        terminal.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"])
    })?;
    Ok(())
}

async fn nothing_left(world: &World, cluster_name: &str) -> Result<()> {
    let aws = Aws::new(&world.text("proxy"), ACCOUNT, REGION);
    let seeded = Seeded {
        vpc_id: world.text("vpc_id"),
        subnet_ids: Vec::new(),
        cluster_security_group_id: world.text("cluster_security_group_id"),
        cluster_name: cluster_name.to_owned(),
    };
    let left = leftovers(&aws, &seeded).await?;
    ensure!(left.is_empty(), "destroy left {}", left.join(", "));
    Ok(())
}

/// A CLI of the PATH, else the one of `.tools/`.
fn find_cli() -> Result<(PathBuf, String)> {
    let (found, absent) = find_clis();
    let Some(cli) = found.into_iter().next() else {
        let reasons: Vec<String> = absent.into_iter().map(|one| one.reason).collect();
        bail!("there is no Terraform: {}", reasons.join("; "));
    };
    Ok((cli.path, format!("{} {}", cli.name, cli.version)))
}

fn environment(endpoint: &str, cli_configuration: &Path) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", ACCOUNT),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "127.0.0.1"),
        ("TF_CLI_CONFIG_FILE", &cli_configuration.display().to_string()),
        ("CHECKPOINT_DISABLE", "1"),
        ("TF_IN_AUTOMATION", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// A demo that was kept still uses the folder.
fn refuse_running(folder: &Path) -> Result<()> {
    let Ok(pid) = std::fs::read_to_string(folder.join("pid")) else { return Ok(()) };
    let pid = pid.trim();
    let running = Command::new("kill").args(["-0", pid]).output()?.status.success();
    ensure!(!running, "a demo is still up; stop it first: kill {pid}");
    Ok(())
}

fn leave_up(folder: &Path, mut world: World, terminal: &Terminal) -> Result<()> {
    world.keep()?;
    let pid = world.child.id();
    std::fs::write(folder.join("pid"), pid.to_string())?;
    println!("\nThe platform's storage is up. To use it:\n");
    println!("  cd {}", terminal.work.display());
    for (name, value) in &terminal.environment {
        println!("  export {name}={value}");
    }
    println!("  {} plan\n", terminal.program.display());
    println!("Without the proxy the emulator answers on {}.", world.text("emulator"));
    println!("To stop everything: kill {pid}");
    Ok(())
}
