//! Who is creating what: every create works under a claim of its own, which stands in the creation
//! marker of all it makes, and which the user's [`folder`] tells to be alive or dead.
//!
//! Two creates of one name meet in AWS, which makes one object of a name. The one that did not make
//! it reads the claim on it. What another create is still at work at is never taken over; what a dead
//! one left is, at once where the folder knows that it is dead, otherwise when its time is over.
//! Whoever takes an object over holds the dead create's lock until the end, so that no two do on one
//! machine, and writes its own claim on it, for those on other machines.
//!
//! At its end a create takes its marks off, and what it made is finished before Terraform has it: for
//! that time its file tells of it ([`unreported`]).
//!
//! Nothing is done before a create makes or meets something.

mod folder;
#[cfg(test)]
mod tests;
mod unreported;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::ErrorKind::{AlreadyExists, WouldBlock};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::platform::tags::{self, CREATING, Creator, IgnoreRules, Observed, Owner, Tags};
use crate::provider::environment::Environment;

use folder::{Folder, Lock, Locked};
use unreported::{Run, Unreported};

/// How much longer than its operation a claim lasts: for the call that is under way when the time is
/// over, and for clocks that differ.
const MARGIN: Duration = Duration::from_mins(10);

/// What the creates of this provider, and of others on this machine, know of each other.
#[derive(Debug)]
pub struct Claims {
    host: String,
    folder: Option<Folder>,
    run: Run,
}

/// What a create may do with an object that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takeover {
    /// It is finished, or somebody else's: it is never taken over.
    Never,
    /// Another create is at work at it.
    NotNow(BeingMade),
    /// This very create has made it, or an earlier one that the state tells of.
    Ours,
    /// It was left behind. Whoever goes on with it writes its own [`Claim::mark`] first.
    Left,
}

/// An object that another create is at work at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeingMade {
    /// As in `the file system fs-0123`.
    what: String,
    /// What its claim says, unless its time is over: then one on this machine holds its lock.
    claim: Option<tags::Claim>,
}

impl BeingMade {
    fn new(what: &str, claim: Option<tags::Claim>, now: OffsetDateTime) -> Self {
        Self { what: what.to_owned(), claim: claim.filter(|claim| now < claim.until) }
    }

    /// How to go on, and how to insist, as sentences.
    pub fn next() -> String {
        format!(
            "Wait for it. If that run is gone, let this one take over: set the tag {CREATING} of \
             what it left to {:?}, with the AWS console or the aws command.",
            tags::ABANDONED
        )
    }

    /// What is the matter, as a sentence without its full stop.
    pub fn why(&self) -> String {
        let what = &self.what;
        match &self.claim {
            Some(claim) => format!(
                "{what} is being created by another run, on {}, which may go on until {}",
                claim.host,
                tags::told(claim.until)
            ),
            None => format!("{what} is being created by another run on this machine"),
        }
    }
}

impl Claims {
    /// Those of the user whose environment this is. Without a home no folder is kept, and claims go
    /// by their time alone.
    pub fn new(environment: &Environment) -> Self {
        let run = Run::current(environment);
        Self { host: host(environment), folder: Folder::of(environment), run }
    }

    /// The claim of an operation that ends in `lasts` at the latest. `known` are the nonces of earlier
    /// creates of the same object, which its state tells.
    pub fn begin(&self, lasts: Duration, known: BTreeSet<String>) -> Claim<'_> {
        let until = OffsetDateTime::now_utc() + lasts + MARGIN;
        let claim = tags::Claim::new(until, &self.host, fastrand::u128(..));
        Claim {
            claims: self,
            text: claim.to_string(),
            nonce: claim.nonce,
            known,
            begun: OnceLock::new(),
            unreported: AtomicBool::new(false),
            held: Mutex::default(),
        }
    }

    /// What a create would come to that met this object, as [`Claim::judge`]: looked at for a plan,
    /// which takes nothing over.
    pub fn look(&self, what: &str, found: &Tags, owner: Owner<'_>) -> Takeover {
        let observed = Observed::read(found, &IgnoreRules::default(), &[]);
        let Some(marker) = observed.unfinished_of(owner) else {
            let over = |nonce: &String| self.free(nonce).is_some();
            let left = observed.is_owned_by(owner) && self.unreported(what, owner).iter().any(over);
            return if left { Takeover::Left } else { Takeover::Never };
        };
        let Some(claim) = tags::Claim::parse(marker) else { return Takeover::Left };
        let locked =
            self.folder.as_ref().map_or(Locked::Absent, |folder| folder.look(&claim.nonce));
        let creator = self.creator(&claim, &locked);
        let now = OffsetDateTime::now_utc();
        if claim.may_be_at_work(creator, now) {
            Takeover::NotNow(BeingMade::new(what, Some(claim), now))
        } else {
            Takeover::Left
        }
    }

    /// A state was read that has what the create of this nonce made: nobody has to be told of it.
    pub fn reported(&self, nonce: &str) {
        if let Some(lock) = self.free(nonce) {
            lock.remove();
        }
    }

    /// The creates that finished an object and did not come to report it: one, but for copies.
    fn unreported(&self, what: &str, owner: Owner<'_>) -> Vec<String> {
        let asked = Unreported::new(&self.run, owner, what);
        let folder = self.folder.as_ref();
        folder.map(|folder| folder.telling(|text| asked.is_told_by(text))).unwrap_or_default()
    }

    /// Takes the lock of a create that is over.
    fn free(&self, nonce: &str) -> Option<Lock> {
        match self.folder.as_ref()?.take(nonce) {
            Locked::Free(lock) => Some(lock),
            Locked::ByAnother | Locked::Absent => None,
        }
    }

    /// What a lock says of the create behind a claim. One that is free says nothing of another
    /// machine, which may share the folder and not its locks.
    fn creator(&self, claim: &tags::Claim, locked: &Locked) -> Creator {
        match locked {
            Locked::ByAnother => Creator::AtWork,
            Locked::Free(_) if claim.host == self.host => Creator::Gone,
            Locked::Free(_) | Locked::Absent => Creator::Unknown,
        }
    }
}

/// The claim of one operation. Dropping it says that the operation has ended; what it has made and
/// not finished is free to be taken over from then on.
#[derive(Debug)]
pub struct Claim<'a> {
    claims: &'a Claims,
    text: String,
    nonce: String,
    known: BTreeSet<String>,
    /// The own lock, once something is made under the claim.
    begun: OnceLock<Option<Lock>>,
    /// Whether the own file tells of an object whose mark goes.
    unreported: AtomicBool,
    /// Locks of what was left behind and is taken over, by their name.
    held: Mutex<BTreeMap<String, Option<Lock>>>,
}

impl Claim<'_> {
    /// Names the operation among all others.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The value of the creation marker of what this operation makes. From the first one on it is
    /// known to be alive.
    pub fn value(&self) -> &str {
        self.begun.get_or_init(|| self.lock(&self.nonce).ok().flatten());
        &self.text
    }

    /// The creation marker of this operation, for what it takes over.
    pub fn mark(&self) -> Tags {
        Tags::from([(CREATING.to_owned(), self.value().to_owned())])
    }

    /// Whether the operation may go on with an object that carries these tags, and was or is to be
    /// made for `owner`. `what` names the object, as in `the file system fs-0123`.
    pub fn judge(&self, what: &str, found: &Tags, owner: Owner<'_>) -> Takeover {
        let observed = Observed::read(found, &IgnoreRules::default(), &[]);
        let Some(marker) = observed.unfinished_of(owner) else {
            let left = observed.is_owned_by(owner) && self.take_unreported(what, owner);
            return if left { Takeover::Left } else { Takeover::Never };
        };
        match tags::Claim::parse(marker) {
            Some(claim) if claim.nonce == self.nonce || self.known.contains(&claim.nonce) => {
                Takeover::Ours
            }
            Some(claim) => self.take(what, claim.nonce.clone(), Some(claim)),
            None => self.take(what, name_of(what, marker), None),
        }
    }

    /// Takes the lock of what was left behind.
    fn take(&self, what: &str, name: String, claim: Option<tags::Claim>) -> Takeover {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Another part of what the same create left.
        if held.contains_key(&name) {
            return Takeover::Left;
        }
        let folder = self.claims.folder.as_ref();
        let locked = folder.map_or(Locked::Absent, |folder| folder.take(&name));
        let now = OffsetDateTime::now_utc();
        let at_work = claim
            .as_ref()
            .is_some_and(|claim| claim.may_be_at_work(self.claims.creator(claim, &locked), now));
        let not_now = |claim| Takeover::NotNow(BeingMade::new(what, claim, now));
        let lock = match locked {
            _ if at_work => return not_now(claim),
            Locked::ByAnother => return not_now(None),
            Locked::Free(lock) => Some(lock),
            Locked::Absent => match self.lock(&name) {
                Ok(lock) => lock,
                Err(ByAnother) => return not_now(None),
            },
        };
        held.insert(name, lock);
        Takeover::Left
    }

    /// Takes the lock of the create that finished an object and did not come to report it, unless it is
    /// held for another part of what that left.
    fn take_unreported(&self, what: &str, owner: Owner<'_>) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.claims.unreported(what, owner).into_iter().any(|nonce| {
            let taken = held.contains_key(&nonce);
            let free = if taken { None } else { self.claims.free(&nonce) };
            let is_ours = taken || free.is_some();
            held.extend(free.map(|lock| (nonce, Some(lock))));
            is_ours
        })
    }

    /// The mark of an object of this create goes next.
    pub fn unmarking(&self, what: &str, owner: Owner<'_>) {
        let Some(Some(lock)) = self.begun.get() else { return };
        let line = Unreported::new(&self.claims.run, owner, what).line();
        match line.map(|line| lock.add(&line)) {
            Some(Ok(())) => self.unreported.store(true, Ordering::Relaxed),
            Some(Err(error)) => tracing::warn!(%error, "a finished object is not written down"),
            None => {}
        }
    }

    /// Makes a file of this name and locks it, if there is a folder to do so.
    fn lock(&self, name: &str) -> Result<Option<Lock>, ByAnother> {
        let Some(folder) = &self.claims.folder else { return Ok(None) };
        match folder.lock(name, &self.text) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if matches!(error.kind(), AlreadyExists | WouldBlock) => Err(ByAnother),
            Err(error) => {
                // Others then go by the time alone.
                tracing::warn!(folder = %folder.display(), %error, "a create cannot be locked");
                Ok(None)
            }
        }
    }

    /// The operation has reached its end, and no object carries its marker any more. Answers its nonce
    /// if the file stays, until [`Claims::reported`].
    pub fn complete(self) -> Option<String> {
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        held.into_values().flatten().for_each(Lock::remove);
        self.known.iter().for_each(|nonce| self.claims.reported(nonce));
        if self.unreported.into_inner() {
            return Some(self.nonce);
        }
        if let Some(lock) = self.begun.into_inner().flatten() {
            lock.remove();
        }
        None
    }
}

/// Another was faster.
struct ByAnother;

/// The lock of a marker that names no create: that of the object.
fn name_of(what: &str, marker: &str) -> String {
    let hash = Sha256::digest(format!("{what}\0{marker}"));
    hash.iter().take(16).fold(String::new(), |mut name, byte| {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// What this machine is called. Linux tells it in a file, and most shells in a variable.
fn host(environment: &Environment) -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let variable = || environment.first(&["HOSTNAME", "HOST", "COMPUTERNAME"]).map(str::to_owned);
    told.or_else(variable).unwrap_or_default()
}
