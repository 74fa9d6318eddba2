//! The folder in which creates of one user tell each other that they are alive: a small file for each,
//! locked by the process. The system lets go of the lock when the process ends, however it ends.
//!
//! It is made by the first create, in the user's home, and open to that user only. A file goes when
//! its create has reached its end and a state was read that says so; what a create that broke off
//! leaves goes a day after its time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{self, Path, PathBuf};

use time::{Duration, OffsetDateTime};

use crate::platform::tags::Claim;
use crate::provider::environment::Environment;

/// Below the folder in which programs of a user keep what they do not want to lose.
/// <https://specifications.freedesktop.org/basedir-spec/latest/>
const PLACE: &str = "terraform-provider-officeless/creating";

/// How long after its time a file that nobody holds is kept.
const KEPT: Duration = Duration::DAY;

/// The most that is read of a file: its claim, and the objects of one create.
const LONGEST: u64 = 1 << 16;

/// The folder; it need not exist yet.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

/// A file that this process holds.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Closing it lets go of the lock.
    file: File,
}

/// What a file tells of the create it is of.
#[derive(Debug)]
pub(super) enum Locked {
    /// There is none, or it cannot be asked.
    Absent,
    /// Somebody holds it, who may be in this very process.
    ByAnother,
    /// Nobody held it; the lock is ours now.
    Free(Lock),
}

impl Lock {
    /// Adds a line to the file.
    pub(super) fn add(&self, line: &str) -> io::Result<()> {
        (&self.file).write_all(format!("\n{line}").as_bytes())
    }

    /// Removes the file: nobody will ask for it again.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "not removed");
        }
    }
}

impl Folder {
    /// That of the user whose environment this is.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let below = |name: &str, path: &str| {
            let root = environment.get(name).map(PathBuf::from);
            // A path from here would be another one from elsewhere.
            root.filter(|root| root.is_absolute()).map(|root| root.join(path))
        };
        let state = below("XDG_STATE_HOME", "").or_else(|| below("HOME", ".local/state"))?;
        Some(Self(state.join(PLACE)))
    }

    pub(super) fn display(&self) -> path::Display<'_> {
        self.0.display()
    }

    /// Makes the file of a create and locks it. An error also if there is one already.
    pub(super) fn lock(&self, name: &str, claim: &str) -> io::Result<Lock> {
        private_folder().recursive(true).create(&self.0)?;
        self.sweep(OffsetDateTime::now_utc());
        let path = self.0.join(name);
        let mut file = private_file().write(true).create_new(true).open(&path)?;
        file.write_all(claim.as_bytes())?;
        file.try_lock()?;
        Ok(Lock { path, file })
    }

    /// Takes the lock of a create, if its file is there and nobody has it.
    pub(super) fn take(&self, name: &str) -> Locked {
        self.open(name, File::try_lock)
    }

    /// The same without keeping another from taking it.
    pub(super) fn look(&self, name: &str) -> Locked {
        self.open(name, File::try_lock_shared)
    }

    /// The names of the files that say so.
    pub(super) fn telling(&self, says: impl Fn(&str) -> bool) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let told = entries.filter(|entry| text(&entry.path()).is_some_and(|text| says(&text)));
        told.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    fn open(&self, name: &str, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Locked {
        let path = self.0.join(name);
        // Some file systems let only those lock a file for themselves who may write to it.
        let Ok(file) = File::options().read(true).write(true).open(&path) else {
            return Locked::Absent;
        };
        match lock(&file) {
            Ok(()) => Locked::Free(Lock { path, file }),
            Err(TryLockError::WouldBlock) => Locked::ByAnother,
            // A file system without locks tells nothing.
            Err(TryLockError::Error(_)) => Locked::Absent,
        }
    }

    /// Removes what creates left that broke off long ago.
    fn sweep(&self, now: OffsetDateTime) {
        let Ok(entries) = fs::read_dir(&self.0) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let (Some(name), Some(until)) = (name.to_str(), until(&entry.path())) else { continue };
            if now > until + KEPT
                && let Locked::Free(lock) = self.take(name)
            {
                lock.remove();
            }
        }
    }
}

/// Until when the create of a file may have been at work.
fn until(path: &Path) -> Option<OffsetDateTime> {
    Claim::parse(text(path)?.lines().next()?).map(|claim| claim.until)
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Nobody else may look into it. Where there are no modes, the home is the user's alone.
fn private_folder() -> DirBuilder {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut folder = DirBuilder::new();
    #[cfg(unix)]
    folder.mode(0o700);
    folder
}

fn private_file() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut file = File::options();
    #[cfg(unix)]
    file.mode(0o600);
    file
}
