//! What a CLI must be able to do for a scenario to make sense on it, and since when it does.
//!
//! A scenario names the capability it needs; nothing else may tell one CLI from another.

use crate::tools::Cli;
use std::fmt;

/// Something that not every Terraform and OpenTofu can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// `provider::officeless::…` in expressions.
    Functions,
    /// A bare `null` for an argument of any type. OpenTofu takes the call's result for unknown.
    NullOfAnyType,
    /// `moved` from one resource type to another.
    MovedAcrossTypes,
    /// `ephemeral` blocks.
    EphemeralResources,
    /// Arguments that go to the provider and nowhere else.
    WriteOnlyArguments,
    /// `import` blocks with `identity`.
    ImportByIdentity,
    /// State and plans encrypted by the CLI itself.
    StateEncryption,
}

impl Capability {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::Functions,
        Self::NullOfAnyType,
        Self::MovedAcrossTypes,
        Self::EphemeralResources,
        Self::WriteOnlyArguments,
        Self::ImportByIdentity,
        Self::StateEncryption,
    ];

    /// The first minor version 1.x of Terraform and of OpenTofu that can.
    const fn since(self) -> (Option<u32>, Option<u32>) {
        match self {
            Self::Functions => (Some(8), Some(7)),
            Self::NullOfAnyType => (Some(8), None),
            Self::MovedAcrossTypes => (Some(8), Some(10)),
            Self::EphemeralResources => (Some(10), Some(11)),
            Self::WriteOnlyArguments => (Some(11), Some(11)),
            Self::ImportByIdentity => (Some(12), Some(12)),
            Self::StateEncryption => (None, Some(7)),
        }
    }

    /// Since which version a CLI of that name can, as `1.8`.
    pub fn since_version(self, name: &str) -> Option<String> {
        let (terraform, tofu) = self.since();
        let minor = if name == "tofu" { tofu } else { terraform };
        minor.map(|minor| format!("1.{minor}"))
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Functions => "provider functions",
            Self::NullOfAnyType => "null for an argument of any type",
            Self::MovedAcrossTypes => "moves across types",
            Self::EphemeralResources => "ephemeral resources",
            Self::WriteOnlyArguments => "write-only arguments",
            Self::ImportByIdentity => "import by identity",
            Self::StateEncryption => "state encryption",
        })
    }
}

impl Cli {
    /// Whether this version can.
    pub fn can(&self, capability: Capability) -> bool {
        let (terraform, tofu) = capability.since();
        let since = if self.name == "tofu" { tofu } else { terraform };
        let mut numbers = self.version.split(['.', '-']).map(|part| part.parse::<u32>().ok());
        let (Some(Some(major)), Some(Some(minor))) = (numbers.next(), numbers.next()) else {
            return false;
        };
        since.is_some_and(|since| (major, minor) >= (1, since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn versions_are_compared_as_numbers() {
        let can = |name: &str, version: &str, capability| {
            let (name, version) = (name.to_owned(), version.to_owned());
            Cli { name, version, path: PathBuf::new() }.can(capability)
        };
        assert!(can("terraform", "1.10.0", Capability::EphemeralResources));
        assert!(!can("terraform", "1.9.8", Capability::EphemeralResources));
        assert!(!can("tofu", "1.10.6", Capability::EphemeralResources));
        assert!(can("tofu", "1.11.0-rc1", Capability::EphemeralResources));
        assert!(can("terraform", "2.0.0", Capability::ImportByIdentity));
        assert!(!can("terraform", "1.15.5", Capability::StateEncryption));
        assert!(!can("terraform", "unheard of", Capability::Functions));
    }
}
