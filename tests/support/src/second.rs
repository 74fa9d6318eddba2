//! The second emulator's process: moto on a free loopback port, gone whenever its owner is gone.
//!
//! It is stricter than MiniStack about EBS volumes and security groups, and stands behind no proxy:
//! what passes here owes nothing to the corrections of the first. It has one account for everybody, so
//! each test starts one of its own.

use crate::aws::{Aws, Http};
use crate::tools::tools_folder;
use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long moto may take to answer; it needs a second on an idle machine.
const START_LIMIT: Duration = Duration::from_mins(2);

/// A running moto. Dropping it ends the process; so does the end of this process, even by a kill.
#[derive(Debug)]
pub struct SecondEmulator {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl SecondEmulator {
    /// The account of everybody.
    pub const ACCOUNT: &'static str = "123456789012";

    /// Starts moto and waits until it answers.
    pub async fn start() -> Result<Self> {
        let python = tools_folder().join("moto/bin/python");
        if !python.exists() {
            bail!("moto is not installed: run `make tools`");
        }
        let folder = TempDir::with_prefix("officeless-moto-")?;
        let log = std::fs::File::create(folder.path().join("moto.log"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(python);
        command
            .args(["-I", "-B"])
            .arg(crate::repository().join("tests/support/tools/moto.py"))
            .arg(port.to_string())
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        // A group of its own: Ctrl-C in a terminal goes to the CLI under test, not to its world.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().context("moto does not start")?;
        let mut emulator = Self { child, port, folder };
        emulator.wait_ready().await?;
        Ok(emulator)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let http = Http::new();
        let url = format!("{}/moto-api/data.json", self.url());
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("moto ended with {status}:\n{}", self.log());
            }
            if http.send("GET", &url, &[], Vec::new()).await.is_ok_and(|a| a.status == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("moto did not answer within {} s:\n{}", START_LIMIT.as_secs(), self.log())
    }

    /// Where it answers, as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of its one account.
    pub fn aws(&self, region: &str) -> Aws {
        Aws::new(&self.url(), Self::ACCOUNT, region)
    }

    /// What it printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("moto.log")).unwrap_or_default()
    }
}

impl Drop for SecondEmulator {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and the closing pipe ends it all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
