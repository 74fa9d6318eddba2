//! Engine versions: major and minor are chosen, the patch is AWS's.

use std::fmt;
use std::str::FromStr;

/// A version of the engine, compared by major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Decides the family of parameter groups.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
}

/// Not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a version such as 8.0: major and minor, and a patch at most")]
pub struct NotAVersion;

impl Version {
    /// The first Valkey that ElastiCache runs.
    pub const FIRST: Self = Self { major: 7, minor: 2 };

    /// The first version whose durability can be chosen.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/durability.html>
    pub const DURABLE: Self = Self { major: 9, minor: 0 };

    /// The family of parameter groups, such as `valkey8`.
    pub fn family(self) -> String {
        format!("valkey{}", self.major)
    }
}

/// The patch, if there is one, is read and dropped.
impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let numbers: Vec<u32> = text
            .split('.')
            .map(|part| {
                let digits = part.bytes().all(|digit| digit.is_ascii_digit());
                part.parse().ok().filter(|_| digits).ok_or(NotAVersion)
            })
            .collect::<Result<_, _>>()?;
        match *numbers.as_slice() {
            [major, minor] | [major, minor, _] => Ok(Self { major, minor }),
            _ => Err(NotAVersion),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The newest of these versions, as AWS writes it; what is no version is passed over.
pub fn newest<'a>(versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    versions
        .into_iter()
        .filter_map(|text| text.parse::<Version>().ok().map(|version| (version, text)))
        .max()
        .map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_major_and_minor_and_not_as_text() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("10.0") > version("9.1"));
        assert_eq!(version("8.0.1"), version("8.0"));
        assert_eq!(version("7.2").to_string(), "7.2");
        assert_eq!(version("8.1").family(), "valkey8");
        assert_eq!(newest(["8.0", "10.1", "9.0", "7.x"]), Some("10.1"));
        assert_eq!(newest([]), None);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "8", "8.x", "8.0.0.1", "v8.0", "+8.0", "8."] {
            assert_eq!(text.parse::<Version>(), Err(NotAVersion), "{text}");
        }
    }
}
