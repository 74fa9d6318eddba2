//! Which driver a chart carries, and which StorageClass parameters that driver knows.
//!
//! Sources: `charts/aws-efs-csi-driver/Chart.yaml` and `pkg/driver/controller.go` over the history
//! of <https://github.com/kubernetes-sigs/aws-efs-csi-driver>.

use std::fmt;

use super::ManifestProblem;
use crate::platform::defaults::SHARED_STORAGE;

/// A version of the driver or of its chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverVersion {
    /// Raised by incompatible changes.
    pub major: u16,
    /// Raised by additions.
    pub minor: u16,
    /// Raised by corrections.
    pub patch: u16,
}

impl DriverVersion {
    const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Reads `3.1.8` or `v3.1.8`.
    pub fn parse(value: &str) -> Result<Self, ManifestProblem> {
        let problem = || ManifestProblem::NotAVersion { value: value.to_owned() };
        let numbers: Option<Vec<u16>> =
            value.strip_prefix('v').unwrap_or(value).split('.').map(number).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(problem()),
        }
    }
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u16> {
    text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Chart and driver versions, oldest first. Between two rows only corrections were made.
const CHARTS: [(DriverVersion, DriverVersion); 14] = [
    (DriverVersion::new(2, 5, 0), DriverVersion::new(1, 7, 0)),
    (DriverVersion::new(3, 0, 0), DriverVersion::new(2, 0, 0)),
    (DriverVersion::new(3, 1, 0), DriverVersion::new(2, 0, 9)),
    (DriverVersion::new(3, 1, 8), DriverVersion::new(2, 1, 7)),
    (DriverVersion::new(3, 2, 0), DriverVersion::new(2, 1, 9)),
    (DriverVersion::new(3, 3, 0), DriverVersion::new(2, 2, 0)),
    (DriverVersion::new(3, 4, 0), DriverVersion::new(2, 3, 0)),
    (DriverVersion::new(3, 4, 1), DriverVersion::new(2, 3, 1)),
    (DriverVersion::new(4, 0, 0), DriverVersion::new(3, 0, 0)),
    (DriverVersion::new(4, 1, 0), DriverVersion::new(3, 1, 0)),
    (DriverVersion::new(4, 2, 0), DriverVersion::new(3, 2, 0)),
    (DriverVersion::new(4, 3, 0), DriverVersion::new(3, 3, 0)),
    (DriverVersion::new(4, 4, 0), DriverVersion::new(3, 4, 0)),
    (DriverVersion::new(4, 4, 1), DriverVersion::new(3, 4, 1)),
];

const OLDEST_DRIVER: DriverVersion = DriverVersion::new(1, 7, 0);

/// StorageClass parameters and the driver version that brought them. Those of the oldest driver
/// in [`CHARTS`] may be older still.
const PARAMETERS: [(&str, DriverVersion); 17] = [
    ("provisioningMode", OLDEST_DRIVER),
    ("fileSystemId", OLDEST_DRIVER),
    ("directoryPerms", OLDEST_DRIVER),
    ("uid", OLDEST_DRIVER),
    ("gid", OLDEST_DRIVER),
    ("gidRangeStart", OLDEST_DRIVER),
    ("gidRangeEnd", OLDEST_DRIVER),
    ("basePath", OLDEST_DRIVER),
    ("subPathPattern", OLDEST_DRIVER),
    ("ensureUniqueDirectory", OLDEST_DRIVER),
    ("reuseAccessPoint", OLDEST_DRIVER),
    ("az", OLDEST_DRIVER),
    ("fileSystemIdConfigRef", DriverVersion::new(2, 2, 0)),
    ("fileSystemIdSecretRef", DriverVersion::new(2, 2, 0)),
    ("externalId", DriverVersion::new(2, 2, 0)),
    ("enforceZoneAffinity", DriverVersion::new(2, 3, 0)),
    ("enableTagging", DriverVersion::new(3, 4, 0)),
];

/// The driver that a chart carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartDriver {
    /// The driver's version, known or assumed.
    pub version: DriverVersion,
    /// Set when the version is assumed: a sentence to show as a warning.
    pub note: Option<String>,
}

/// The driver of a chart version. A chart between two known ones, or newer than all, is taken to
/// carry the driver of the nearest older one, with a note saying so.
pub fn driver_for_chart(chart: &str) -> Result<ChartDriver, ManifestProblem> {
    let version = DriverVersion::parse(chart)?;
    let nearest = CHARTS.iter().rev().find(|(known, _)| *known <= version);
    let Some((known, driver)) = nearest else {
        return Err(ManifestProblem::ChartTooOld {
            chart: chart.to_owned(),
            oldest: CHARTS.first().map(|(known, _)| known.to_string()).unwrap_or_default(),
            default: SHARED_STORAGE.csi_chart_version,
        });
    };
    let note = (*known != version).then(|| {
        format!(
            "chart version {version} of the EFS CSI driver is not known to this provider; the \
             StorageClass is checked against driver {driver}, which chart {known} carries"
        )
    });
    Ok(ChartDriver { version: *driver, note })
}

/// Checks that `driver` knows the StorageClass parameter.
pub fn check_parameter(parameter: &str, driver: DriverVersion) -> Result<(), ManifestProblem> {
    let parameter = parameter.to_owned();
    let Some((_, since)) = PARAMETERS.iter().find(|(name, _)| *name == parameter) else {
        return Err(ManifestProblem::UnknownParameter { parameter, driver });
    };
    if *since <= driver {
        return Ok(());
    }
    // Every `since` is the driver of some row, which a test holds fast.
    let chart = CHARTS.iter().find(|(_, carried)| carried >= since).map_or(*since, |row| row.0);
    Err(ManifestProblem::ParameterTooNew { parameter, since: *since, driver, chart })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> DriverVersion {
        DriverVersion::parse(text).unwrap()
    }

    #[test]
    fn known_charts_give_their_driver_without_a_note() {
        for (chart, driver) in [("3.1.8", "2.1.7"), ("4.4.1", "3.4.1"), ("v3.4.0", "2.3.0")] {
            assert_eq!(
                driver_for_chart(chart),
                Ok(ChartDriver { version: version(driver), note: None }),
                "{chart}"
            );
        }
    }

    #[test]
    fn unknown_charts_are_taken_for_the_nearest_older_one_and_say_so() {
        for (chart, driver) in [("3.2.6", "2.1.9"), ("4.0.1", "3.0.0"), ("5.0.0", "3.4.1")] {
            let found = driver_for_chart(chart).unwrap();
            assert_eq!(found.version, version(driver), "{chart}");
            let note = found.note.unwrap();
            assert!(note.contains(chart) && note.contains(driver), "{note}");
        }
    }

    #[test]
    fn a_chart_older_than_all_known_ones_is_refused() {
        assert_eq!(
            driver_for_chart("2.4.9").unwrap_err().to_string(),
            "chart version 2.4.9 of the EFS CSI driver is older than 2.5.0, the oldest this \
             provider knows; use the platform's 3.1.8 or a newer one"
        );
    }

    #[test]
    fn texts_that_are_no_version_are_refused() {
        for text in ["", "3", "3.1", "3.1.8.1", "3.1.x", "+3.1.8", "3.1.8-rc1", "99999.0.0"] {
            let problem = ManifestProblem::NotAVersion { value: text.to_owned() };
            assert_eq!(driver_for_chart(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_parameter_newer_than_the_driver_names_both_versions_and_the_chart() {
        assert_eq!(
            check_parameter("enforceZoneAffinity", version("2.1.7")).unwrap_err().to_string(),
            "StorageClass parameter \"enforceZoneAffinity\" exists since version 2.3.0 of the EFS \
             CSI driver, and the driver here is 2.1.7; remove the parameter, or raise \
             csi_chart_version to 3.4.0 or newer"
        );
        assert_eq!(check_parameter("enforceZoneAffinity", version("2.3.0")), Ok(()));
        assert_eq!(check_parameter("reuseAccessPoint", version("2.1.7")), Ok(()));
    }

    #[test]
    fn a_parameter_no_driver_has_is_unknown() {
        assert_eq!(
            check_parameter("directoryperms", version("3.4.1")),
            Err(ManifestProblem::UnknownParameter {
                parameter: "directoryperms".into(),
                driver: version("3.4.1"),
            })
        );
    }

    #[test]
    fn the_tables_are_in_order_and_agree() {
        assert!(CHARTS.is_sorted());
        for (parameter, since) in PARAMETERS {
            assert!(CHARTS.iter().any(|(_, driver)| *driver == since), "{parameter}");
        }
    }
}
