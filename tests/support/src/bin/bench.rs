//! `make bench`: what the provider costs, as a table. Medians of three runs; no test, nothing fails here
//! for being slow. The numbers of the issue stand beside those measured.

use anyhow::{Context, Result, ensure};
use officeless_testbench::{
    Bench, Cli, Example, PeakMemory, Run, Workspace, clis, handshake, median, provider_binary, seed,
};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const RUNS: usize = 3;
const LATENCY: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> ExitCode {
    match bench().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe benchmark failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn bench() -> Result<()> {
    let binary = provider_binary(std::env::args().nth(1).as_deref())?;
    let cli = clis().into_iter().next().context("no Terraform: run `make tools`")?;
    println!("provider  {}", binary.display());
    println!("cli       {} {}", cli.name, cli.version);
    println!("medians of {RUNS} runs\n");
    row("", "measured", "to reach");
    let bytes = std::fs::metadata(&binary)?.len();
    row("binary size", &format!("{:.1} MiB", mebi(bytes / 1024)), "");
    let times = (0..RUNS).map(|_| handshake(&binary)).collect::<Result<Vec<_>>>()?;
    row("start to handshake", &millis(middle(&times)), "20 ms");
    let under_test = UnderTest { bench: Bench::start().await?, cli, binary };
    under_test.schema().await?;
    under_test.cache().await?;
    under_test.example().await?;
    under_test.buckets().await
}

struct UnderTest {
    bench: Bench,
    cli: Cli,
    binary: PathBuf,
}

/// One stage of the example's life in all runs.
#[derive(Default)]
struct Stage {
    times: Vec<Duration>,
    calls: Vec<usize>,
}

impl UnderTest {
    fn workspace(&self, account: &str) -> Result<Workspace> {
        Workspace::new(&self.cli, &self.binary, &self.bench.proxy.url(), account)
    }

    /// The CLI has no clock of its own for this: what it takes without a provider is subtracted.
    async fn schema(&self) -> Result<()> {
        let account = self.bench.account();
        let (with, without) = (self.workspace(&account)?, self.workspace(&account)?);
        with.write_main("")?;
        without.write("main.tf", "")?;
        let command = ["providers", "schema", "-json"];
        let (mut slow, mut quick) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            slow.push(succeeded(with.run(&command).await)?.took);
            quick.push(succeeded(without.run(&command).await)?.took);
        }
        let took = middle(&slow).saturating_sub(middle(&quick));
        row("start to schema, as the CLI sees it", &millis(took), "");
        Ok(())
    }

    /// What an unchanged cache without users and scaling asks of AWS; a count is the same in every run.
    async fn cache(&self) -> Result<()> {
        let account = self.bench.account();
        let endpoint = self.bench.emulator.url();
        let seeded = seed(&endpoint, &account, "us-east-1", "bench").await?;
        let subnets: Vec<&str> = seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
        let workspace = self.workspace(&account)?;
        workspace.write_main(&format!(
            "resource \"officeless_cache\" \"bench\" {{\n  name = \"bench\"\n  node_type = \
             \"cache.r7g.large\"\n  subnet_ids = {subnets:?}\n  allowed_security_group_ids = \
             [{:?}]\n}}\n",
            seeded.cluster_security_group_id
        ))?;
        succeeded(workspace.apply().await)?;
        self.bench.proxy.clear(&account);
        succeeded(workspace.run(&["plan", "-no-color", "-input=false"]).await)?;
        let calls = self.bench.proxy.calls(&account).len();
        row("no-change plan of a cache", &format!("{calls} AWS calls"), "8 calls");
        succeeded(workspace.destroy().await)?;
        Ok(())
    }

    async fn example(&self) -> Result<()> {
        let mut plans = Vec::new();
        let mut peak = 0;
        for latency in [Duration::ZERO, LATENCY] {
            let [create, plan, destroy] = self.life(latency, &mut peak).await?;
            let note = format!("{} per call", millis(latency));
            for (name, stage) in
                [("create", &create), ("no-change plan", &plan), ("destroy", &destroy)]
            {
                let calls = median(&stage.calls).unwrap_or_default();
                let measured = format!("{}, {calls} AWS calls", seconds(middle(&stage.times)));
                row(&format!("{name}, {note}"), &measured, "");
            }
            plans.push(middle(&plan.times));
        }
        if let [fast, slow] = plans.as_slice() {
            let more = seconds(slow.saturating_sub(*fast));
            row("no-change plan, what the latency adds", &more, "0.6 s");
        }
        let peak =
            if peak == 0 { "unknown here".to_owned() } else { format!("{:.1} MiB", mebi(peak)) };
        row("peak memory of the provider", &peak, "40 MiB");
        Ok(())
    }

    /// Creates, plans and destroys `examples/complete`, each run in an account of its own.
    async fn life(&self, latency: Duration, peak: &mut u64) -> Result<[Stage; 3]> {
        let example = Example::complete()?;
        let mut stages = [Stage::default(), Stage::default(), Stage::default()];
        for _ in 0..RUNS {
            let account = self.bench.account();
            let endpoint = self.bench.emulator.url();
            seed(&endpoint, &account, "us-east-1", &example.cluster_name).await?;
            let workspace = self.workspace(&account)?;
            workspace.copy_configuration(&example.folder)?;
            self.bench.proxy.latency(latency);
            let watch = PeakMemory::watch(&self.binary);
            let [create, plan, destroy] = &mut stages;
            create.note(self, &account, workspace.apply().await)?;
            let again = workspace.run(&["plan", "-no-color", "-input=false"]).await;
            plan.note(self, &account, again)?;
            destroy.note(self, &account, workspace.destroy().await)?;
            *peak = (*peak).max(watch.finish().unwrap_or_default());
            self.bench.proxy.latency(Duration::ZERO);
        }
        Ok(stages)
    }

    /// The time of six buckets against that of one, with latency, as their calls run side by side.
    async fn buckets(&self) -> Result<()> {
        let (mut one, mut six) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            one.push(self.create_buckets("components = [\"tempo\"]").await?);
            six.push(self.create_buckets("").await?);
        }
        let (one, six) = (middle(&one), middle(&six));
        let note = format!("{} per call", millis(LATENCY));
        row(&format!("one bucket created, {note}"), &seconds(one), "");
        row(&format!("six buckets created, {note}"), &seconds(six), "");
        let factor = six.as_secs_f64() / one.as_secs_f64();
        row("six buckets against one", &format!("{factor:.2}"), "1.50");
        Ok(())
    }

    async fn create_buckets(&self, components: &str) -> Result<Duration> {
        let account = self.bench.account();
        let workspace = self.workspace(&account)?;
        workspace.write_main(&format!(
            "resource \"officeless_observability_buckets\" \"bench\" {{\n  \
             name_prefix = \"bench-{account}\"\n  {components}\n}}\n"
        ))?;
        self.bench.proxy.latency(LATENCY);
        let run = workspace.apply().await;
        self.bench.proxy.latency(Duration::ZERO);
        let took = succeeded(run)?.took;
        succeeded(workspace.destroy().await)?;
        Ok(took)
    }
}

impl Stage {
    fn note(&mut self, under_test: &UnderTest, account: &str, run: Run) -> Result<()> {
        self.times.push(succeeded(run)?.took);
        self.calls.push(under_test.bench.proxy.calls(account).len());
        under_test.bench.proxy.clear(account);
        Ok(())
    }
}

fn succeeded(run: Run) -> Result<Run> {
    ensure!(run.is_ok(), "{run}");
    Ok(run)
}

fn middle(times: &[Duration]) -> Duration {
    median(times).unwrap_or_default()
}

fn row(what: &str, measured: &str, to_reach: &str) {
    println!("{what:<44} {measured:>24}  {to_reach:>9}");
}

fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1000.0)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// KiB as MiB.
#[allow(clippy::cast_precision_loss, reason = "sizes here are far below 2^52")]
fn mebi(kibi: u64) -> f64 {
    kibi as f64 / 1024.0
}
