//! Rules on ids and ranges that several composites take.

use std::net::IpAddr;

use crate::framework::check::Check;
use crate::platform::naming::{self, Form};

/// A rule of `platform::naming` on a string.
pub(super) fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

/// The id of a subnet.
pub(super) fn subnet_id() -> Check {
    Check::pattern(
        "^subnet-[0-9a-f]{8,17}$",
        "must be a subnet id such as subnet-0123456789abcdef0",
    )
}

/// The id of a security group.
pub(super) fn security_group_id() -> Check {
    Check::pattern(
        "^sg-[0-9a-f]{8,17}$",
        "must be a security group id such as sg-0123456789abcdef0",
    )
}

/// An address range.
pub(super) fn cidr() -> Check {
    Check::text(network)
}

/// A range in CIDR notation, IPv4 or IPv6, as EC2 writes it: it would store another spelling in its
/// own, and every plan would see a difference.
fn network(text: &str) -> Result<(), String> {
    let rule = || "must be an address range such as 10.0.0.0/16".to_owned();
    let (address, length) = text.split_once('/').ok_or_else(rule)?;
    let network = match (address.parse::<IpAddr>(), length.parse::<u32>()) {
        (Ok(IpAddr::V4(address)), Ok(length @ 0..=32)) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        (Ok(IpAddr::V6(address)), Ok(length @ 0..=128)) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
        _ => return Err(rule()),
    };
    let canonical = format!("{network}/{length}");
    if canonical == text { Ok(()) } else { Err(format!("must be written {canonical}")) }
}
