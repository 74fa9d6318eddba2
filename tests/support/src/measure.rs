//! Measuring the provider's process from outside.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The value by which a plugin knows that Terraform starts it.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// A client's certificate as Terraform makes one (P-521, CA). Its key was thrown away: nobody connects.
const CLIENT_CERTIFICATE: &str = include_str!("client.pem");

/// Starts the provider as Terraform does and gives the time until its handshake line.
pub fn handshake(binary: &Path) -> Result<Duration> {
    let start = Instant::now();
    let mut child = Command::new(binary)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_CLIENT_CERT", CLIENT_CERTIFICATE)
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{} does not start", binary.display()))?;
    let mut line = String::new();
    let read = match child.stdout.take() {
        Some(stdout) => BufReader::new(stdout).read_line(&mut line),
        None => bail!("the provider has no standard output"),
    };
    let took = start.elapsed();
    child.kill()?;
    child.wait()?;
    read?;
    if !line.starts_with("1|6|") {
        bail!("the provider's first line is no handshake: {line:?}");
    }
    Ok(took)
}

/// Watches all processes of one program for the most memory one of them holds. Linux only.
#[derive(Debug)]
pub struct PeakMemory {
    stop: Arc<AtomicBool>,
    watcher: JoinHandle<u64>,
}

impl PeakMemory {
    /// Begins to watch the processes of a program.
    pub fn watch(program: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let program = program.to_path_buf();
        let watcher = std::thread::spawn(move || {
            let mut peak = 0;
            while !stopped.load(Ordering::Relaxed) {
                peak = peak.max(peak_now(&program));
                std::thread::sleep(Duration::from_millis(20));
            }
            peak
        });
        Self { stop, watcher }
    }

    /// The most resident memory of one process so far, in KiB; none where it cannot be known.
    pub fn finish(self) -> Option<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.watcher.join().ok().filter(|peak| *peak > 0)
    }
}

/// The high-water mark of the program's processes, in KiB. The kernel keeps it for each process, so only
/// what comes after the last look at a process is missed.
fn peak_now(program: &Path) -> u64 {
    let Ok(processes) = std::fs::read_dir("/proc") else { return 0 };
    processes
        .filter_map(Result::ok)
        .map(|process| process.path())
        .filter(|process| std::fs::read_link(process.join("exe")).is_ok_and(|exe| exe == program))
        .filter_map(|process| high_water_mark(&process))
        .max()
        .unwrap_or(0)
}

fn high_water_mark(process: &PathBuf) -> Option<u64> {
    let status = std::fs::read_to_string(Path::new(process).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The middle value; the upper one of two.
pub fn median<T: Ord + Copy>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(&[30, 10, 20]), Some(20));
        assert_eq!(median::<u64>(&[]), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_of_a_program_is_seen() {
        let own = std::env::current_exe().unwrap().canonicalize().unwrap();
        let watch = PeakMemory::watch(&own);
        std::thread::sleep(Duration::from_millis(100));
        assert!(watch.finish().unwrap() > 1000, "a test runs in more than a megabyte");
        assert_eq!(PeakMemory::watch(Path::new("/no/such/program")).finish(), None);
    }

    #[test]
    fn a_program_that_is_no_provider_is_told() {
        let error = handshake(Path::new("/bin/echo")).unwrap_err();
        assert!(error.to_string().contains("no handshake"), "{error}");
    }
}
