//! Data classification: the platform's four levels and the protection each demands.
//!
//! Confidential and restricted data is encrypted at rest and in transit, restricted data with a
//! customer key, and nothing above public is open to the public. A broken floor is an error at
//! plan time: the platform calls cache encryption optional, and this is where the option ends.

use std::fmt;

/// How sensitive the data is, from least to most; comparable with `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClassification {
    /// Meant for anyone.
    Public,
    /// Meant for the organisation.
    Internal,
    /// Harmful if it leaks.
    Confidential,
    /// Harmful to persons, or regulated, if it leaks.
    Restricted,
}

impl DataClassification {
    /// All levels, least sensitive first.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// The spelling in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }

    /// Reads the configuration spelling.
    pub fn parse(value: &str) -> Result<Self, UnknownLevel> {
        let level = Self::ALL.into_iter().find(|level| level.as_str() == value);
        level.ok_or_else(|| UnknownLevel { value: value.to_owned() })
    }

    /// Whether data of this level must be encrypted at rest and in transit.
    pub fn requires_encryption(self) -> bool {
        self >= Self::Confidential
    }

    /// Whether data of this level must be encrypted with a customer key.
    pub fn requires_customer_key(self) -> bool {
        self >= Self::Restricted
    }

    /// Whether data of this level may be open to the public.
    pub fn allows_public_access(self) -> bool {
        self == Self::Public
    }
}

impl fmt::Display for DataClassification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A level that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "data_classification \"{value}\" is not a level; use one of public, internal, confidential or \
     restricted"
)]
pub struct UnknownLevel {
    /// The text as given.
    pub value: String,
}

/// One side of the protection: the attribute that decides it, and what it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<'a> {
    /// The attribute's name, for the message.
    pub attribute: &'a str,
    /// Whether it is on.
    pub on: bool,
}

/// The protection that a composite gives its data. `None` where the side does not exist for the
/// service or is not known yet; what is not known is not judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protection<'a> {
    /// Encryption at rest.
    pub at_rest: Option<Setting<'a>>,
    /// Enforced encryption in transit.
    pub in_transit: Option<Setting<'a>>,
    /// A customer key, in place of a key AWS manages.
    pub customer_key: Option<Setting<'a>>,
    /// Access by anyone.
    pub public_access: Option<Setting<'a>>,
}

/// Which floor is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Encryption at rest.
    AtRest,
    /// Encryption in transit.
    InTransit,
    /// A customer key.
    CustomerKey,
    /// No public access.
    NoPublicAccess,
}

/// A floor that the configuration breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorBreach {
    /// The level whose floor it is.
    pub level: DataClassification,
    /// The floor.
    pub floor: Floor,
    /// The attribute to change.
    pub attribute: String,
}

impl std::error::Error for FloorBreach {}

impl fmt::Display for FloorBreach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, floor, attribute } = self;
        let (demand, step) = match floor {
            Floor::AtRest => ("requires encryption at rest", format!("set {attribute} = true")),
            Floor::InTransit => {
                ("requires encryption in transit", format!("set {attribute} = true"))
            }
            Floor::CustomerKey => (
                "requires a customer key",
                format!("set {attribute} to the ARN of a KMS key you control"),
            ),
            Floor::NoPublicAccess => {
                ("forbids public access", format!("remove the public access from {attribute}"))
            }
        };
        write!(
            f,
            "data_classification \"{level}\" {demand}; {step}, or lower data_classification if \
             the data allows it"
        )
    }
}

/// Every floor of `level` that `protection` breaks, in the order of [`Protection`]'s parts.
pub fn breaches(level: DataClassification, protection: &Protection<'_>) -> Vec<FloorBreach> {
    let Protection { at_rest, in_transit, customer_key, public_access } = *protection;
    let encryption = level.requires_encryption();
    [
        (Floor::AtRest, at_rest, encryption, true),
        (Floor::InTransit, in_transit, encryption, true),
        (Floor::CustomerKey, customer_key, level.requires_customer_key(), true),
        (Floor::NoPublicAccess, public_access, !level.allows_public_access(), false),
    ]
    .into_iter()
    .filter_map(|(floor, setting, applies, wanted)| {
        let setting = setting.filter(|setting| applies && setting.on != wanted)?;
        Some(FloorBreach { level, floor, attribute: setting.attribute.to_owned() })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(on: bool) -> Protection<'static> {
        Protection {
            at_rest: Some(Setting { attribute: "encrypted", on }),
            in_transit: Some(Setting { attribute: "enforce_tls", on }),
            customer_key: Some(Setting { attribute: "kms_key_arn", on }),
            public_access: Some(Setting { attribute: "policy_statements", on: !on }),
        }
    }

    fn floors(level: DataClassification, on: bool) -> Vec<Floor> {
        breaches(level, &protection(on)).into_iter().map(|b| b.floor).collect()
    }

    #[test]
    fn levels_are_ordered_by_sensitivity() {
        assert!(DataClassification::ALL.is_sorted());
        assert!(DataClassification::Public < DataClassification::Restricted);
    }

    #[test]
    fn levels_are_read_as_they_are_written() {
        for level in DataClassification::ALL {
            assert_eq!(DataClassification::parse(level.as_str()), Ok(level));
        }
        assert_eq!(
            DataClassification::parse("secret").unwrap_err().to_string(),
            "data_classification \"secret\" is not a level; use one of public, internal, \
             confidential or restricted"
        );
    }

    #[test]
    fn each_level_adds_its_floors() {
        use Floor::{AtRest, CustomerKey, InTransit, NoPublicAccess};
        for (level, expected) in [
            (DataClassification::Public, vec![]),
            (DataClassification::Internal, vec![NoPublicAccess]),
            (DataClassification::Confidential, vec![AtRest, InTransit, NoPublicAccess]),
            (DataClassification::Restricted, vec![AtRest, InTransit, CustomerKey, NoPublicAccess]),
        ] {
            assert_eq!(floors(level, false), expected, "{level}");
        }
    }

    #[test]
    fn full_protection_satisfies_every_level() {
        for level in DataClassification::ALL {
            assert_eq!(floors(level, true), vec![], "{level}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        assert_eq!(breaches(DataClassification::Restricted, &Protection::default()), vec![]);
    }

    #[test]
    fn a_breach_names_the_attribute_and_the_two_ways_out() {
        let found = breaches(DataClassification::Restricted, &protection(false));
        let messages: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages[0],
            "data_classification \"restricted\" requires encryption at rest; set encrypted = \
             true, or lower data_classification if the data allows it"
        );
        assert_eq!(
            messages[2],
            "data_classification \"restricted\" requires a customer key; set kms_key_arn to the \
             ARN of a KMS key you control, or lower data_classification if the data allows it"
        );
    }
}
