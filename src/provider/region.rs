//! Which regions may be named: those that AWS could have, and of them those the provider block
//! allows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex_lite::Regex;

/// Region names of all partitions, those to come included
/// (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>).
const PATTERN: &str = "^(af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(-gov|-iso[a-z]?|-de)?\
                       -(central|north|south|(north|south)?(east|west))-[0-9]{1,2}$";

static REGION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PATTERN).ok());

/// The rule that `region` breaks, if any.
pub(super) fn refusal(
    region: &str,
    allowed: &BTreeSet<String>,
    skip_validation: bool,
) -> Option<String> {
    let has_form = REGION.as_ref().is_some_and(|pattern| pattern.is_match(region));
    if !skip_validation && !has_form {
        return Some(
            "must be the name of an AWS region, such as us-east-1; for a region of another cloud, \
             set skip_region_validation = true in the provider block"
                .to_owned(),
        );
    }
    if allowed.is_empty() || allowed.contains(region) {
        return None;
    }
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    Some(format!(
        "must be among allowed_regions of the provider block ({}); choose one of these, or add it \
         there",
        allowed.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_partition_are_known() {
        for region in [
            "us-east-1",
            "ap-southeast-7",
            "mx-central-1",
            "il-central-1",
            "cn-northwest-1",
            "us-gov-west-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
        ] {
            assert_eq!(refusal(region, &BTreeSet::new(), false), None, "{region}");
        }
    }

    #[test]
    fn what_is_no_region_name_is_refused_unless_validation_is_skipped() {
        for region in ["us-esat-1", "us-east-1a", "", "US-EAST-1", "local", "us--1"] {
            assert!(refusal(region, &BTreeSet::new(), false).is_some(), "{region}");
            assert_eq!(refusal(region, &BTreeSet::new(), true), None, "{region}");
        }
    }

    #[test]
    fn only_allowed_regions_pass_even_without_validation() {
        let allowed = BTreeSet::from(["eu-west-1".to_owned(), "eu-central-1".to_owned()]);
        assert_eq!(refusal("eu-west-1", &allowed, true), None);
        assert_eq!(
            refusal("us-east-1", &allowed, true).unwrap(),
            "must be among allowed_regions of the provider block (eu-central-1, eu-west-1); choose \
             one of these, or add it there"
        );
    }
}
