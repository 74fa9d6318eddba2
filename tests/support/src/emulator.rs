//! The emulator's process: MiniStack on a free loopback port, gone whenever its owner is gone.

use crate::aws::Http;
use crate::tools::tools_folder;
use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long MiniStack may take to answer; it needs half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A running MiniStack. Dropping it ends the process; so does the end of this process, even by a kill,
/// because the emulator lives only as long as the pipe on its standard input.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Emulator {
    /// Starts MiniStack and waits until it answers.
    pub async fn start() -> Result<Self> {
        Self::start_with(false).await
    }

    /// Starts a MiniStack that enforces IAM: keys of users and roles may do what their policies say.
    /// Account keys stay root, with any signature.
    pub async fn start_enforcing() -> Result<Self> {
        Self::start_with(true).await
    }

    async fn start_with(enforcing: bool) -> Result<Self> {
        // Between finding a free port and binding it another process can take it: try again then.
        let mut last = None;
        for _ in 0..3 {
            match Self::start_once(enforcing).await {
                Ok(emulator) => return Ok(emulator),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no attempt was made")?)
    }

    async fn start_once(enforcing: bool) -> Result<Self> {
        let python = tools_folder().join("ministack/bin/python");
        if !python.exists() {
            bail!("MiniStack is not installed: run `make tools`");
        }
        let folder = TempDir::with_prefix("officeless-emulator-")?;
        let log = std::fs::File::create(folder.path().join("ministack.log"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(python);
        command
            .args(["-I", "-B"])
            .arg(crate::repository().join("tests/support/tools/emulator.py"))
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path())
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_ACCOUNT_ID", "123456789012")
            .env("AUTH", enforcing.to_string())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        // A group of its own: Ctrl-C in a terminal goes to the CLI under test, not to its world.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().context("MiniStack does not start")?;
        let mut emulator = Self { child, port, folder };
        emulator.wait_ready().await?;
        Ok(emulator)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let http = Http::new();
        let url = format!("{}/_ministack/ready", self.url());
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("MiniStack ended with {status}:\n{}", self.log());
            }
            if http.send("GET", &url, &[], Vec::new()).await.is_ok_and(|a| a.status == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("MiniStack did not answer within {} s:\n{}", START_LIMIT.as_secs(), self.log())
    }

    /// Where it answers, as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("ministack.log")).unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and the closing pipe ends it all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_emulator_ends_with_its_owner() {
        let emulator = Emulator::start().await.unwrap();
        let address = format!("127.0.0.1:{}", emulator.port);
        assert!(std::net::TcpStream::connect(&address).is_ok());
        drop(emulator);
        assert!(std::net::TcpStream::connect(&address).is_err());
    }

    #[tokio::test]
    async fn the_emulator_ends_when_the_pipe_closes() {
        let mut emulator = Emulator::start().await.unwrap();
        drop(emulator.child.stdin.take());
        let start = Instant::now();
        while emulator.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(10), "it outlives its owner");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
