//! Core, as the process that started this one.
//!
//! Nothing tells a plugin that core was killed. Where the system hands orphans to another process, that
//! is the sign; elsewhere only the connections can tell.

/// The process that was the parent at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent(#[cfg(unix)] u32);

#[cfg(unix)]
impl Parent {
    /// The parent now.
    pub(super) fn current() -> Self {
        Self(std::os::unix::process::parent_id())
    }

    /// Whether it has died: another process is the parent then.
    pub(super) fn has_died(self) -> bool {
        std::os::unix::process::parent_id() != self.0
    }
}

#[cfg(windows)]
impl Parent {
    /// The parent now.
    pub(super) fn current() -> Self {
        Self()
    }

    /// Not known on this system.
    #[allow(clippy::unused_self, reason = "the same on every system")]
    pub(super) fn has_died(self) -> bool {
        false
    }
}
