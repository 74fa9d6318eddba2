//! A Unix socket in a fresh directory of its own.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::net::UnixListener;

use super::{BindError, Place};
use crate::plugin::connection::Io;

/// Bytes of a socket path that every system takes: macOS has room for 104 with the final NUL.
const LONGEST_PATH: usize = 103;

/// How often another name is tried when one is taken.
const ATTEMPTS: u32 = 16;

/// Name of the socket in its directory.
const NAME: &str = "plugin.sock";

/// A listening socket. Dropping it removes the socket and its directory.
#[derive(Debug)]
pub(super) struct Socket {
    listener: UnixListener,
    directory: Directory,
}

impl Socket {
    /// `None`: the path would not be [`sayable`].
    pub(super) fn bind(place: &Place) -> Result<Option<Self>, BindError> {
        let parent = place.directory.clone().unwrap_or_else(std::env::temp_dir);
        let group = place.group.as_deref().map(group_id).transpose()?;
        Self::bind_under(&parent, group)
            .map_err(|source| BindError::Socket { directory: parent, source })
    }

    fn bind_under(parent: &Path, group: Option<u32>) -> io::Result<Option<Self>> {
        let Some(directory) = Directory::make(parent)? else { return Ok(None) };
        let path = directory.socket();
        let listener = UnixListener::bind(&path)?;
        let (through, connect) = if group.is_some() { (0o710, 0o660) } else { (0o700, 0o600) };
        fs::set_permissions(&path, Permissions::from_mode(connect))?;
        if group.is_some() {
            chown(&path, None, group)?;
            chown(&directory.0, None, group)?;
            fs::set_permissions(&directory.0, Permissions::from_mode(through))?;
        }
        Ok(Some(Self { listener, directory }))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.socket()
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Io>> {
        let (stream, _) = self.listener.accept().await?;
        Ok(Box::new(stream))
    }
}

/// A directory that is removed with everything in it when dropped.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    /// Makes one that was not there before, open to this user only. `None`: the path of a socket in
    /// it would not be [`sayable`].
    fn make(parent: &Path) -> io::Result<Option<Self>> {
        let mut attempt = 0;
        loop {
            let directory = parent.join(name(attempt));
            if !sayable(&directory.join(NAME)) {
                return Ok(None);
            }
            match DirBuilder::new().mode(0o700).create(&directory) {
                Ok(()) => {
                    let directory = Self(directory);
                    // The umask takes modes away, perhaps this user's own.
                    fs::set_permissions(&directory.0, Permissions::from_mode(0o700))?;
                    return Ok(Some(directory));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    attempt += 1;
                    if attempt == ATTEMPTS {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn socket(&self) -> PathBuf {
        self.0.join(NAME)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::debug!(directory = %self.0.display(), %error, "socket directory not removed");
        }
    }
}

/// Whether a socket can have the path, and the handshake line can tell it.
fn sayable(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.len() <= LONGEST_PATH && !text.contains(['|', '\n']))
}

/// A name that is likely free. It need not be secret: a directory that exists is not used.
fn name(attempt: u32) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("plugin{}-{:x}", std::process::id(), now.subsec_nanos().wrapping_add(attempt))
}

/// The number of a group given by number or name.
///
/// Names are looked up in the local file only; a number works for every group.
fn group_id(group: &str) -> Result<u32, BindError> {
    let unknown = || BindError::Group(group.to_owned());
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let groups = fs::read_to_string("/etc/group").map_err(|_| unknown())?;
    find_group(&groups, group).ok_or_else(unknown)
}

/// Finds a group in lines of the form `name:password:number:members`.
fn find_group(groups: &str, wanted: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(wanted)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_group_by_its_whole_name() {
        let groups = "staff:x:50:\nstaffers:x:51:a,b\nbroken\n";
        assert_eq!(find_group(groups, "staffers"), Some(51));
        assert_eq!(find_group(groups, "staf"), None);
        assert_eq!(find_group(groups, "broken"), None);
    }

    #[test]
    fn names_the_group_it_cannot_find() {
        let error = group_id("no such group").unwrap_err();
        assert_eq!(
            error.to_string(),
            "PLUGIN_UNIX_SOCKET_GROUP is \"no such group\", but there is no such group"
        );
    }

    #[test]
    fn a_path_must_fit_the_system_and_the_handshake_line() {
        assert!(sayable(Path::new(&"a".repeat(LONGEST_PATH))));
        assert!(!sayable(Path::new(&"a".repeat(LONGEST_PATH + 1))));
        assert!(!sayable(Path::new("/tmp/a|b")));
    }

    #[test]
    fn a_directory_that_exists_is_not_taken_over() {
        let parent = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| Directory::make(parent.path()).unwrap().unwrap());
        assert_ne!(one.0, other.0);
    }
}
