//! Rules that several operations share: ids, tokens, windows, user groups.

use super::Cloud;
use super::ask::Refusal;
use super::group::Group;

/// A replication group's id: 1 to 40 characters, a letter first, no hyphen last and no two in a row.
pub(super) fn check_id(id: &str) -> Result<String, Refusal> {
    let good = (1..=40).contains(&id.len())
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !id.ends_with('-')
        && !id.contains("--");
    good.then(|| id.to_owned())
        .ok_or_else(|| Refusal::value(format!("{id} is not a valid replication group id.")))
}

/// A token: 16 to 128 printable characters. Creation allows fewer special ones than a change.
pub(super) fn check_token(token: &str, creating: bool) -> Result<(), Refusal> {
    let allowed = |byte: u8| {
        if creating {
            byte.is_ascii_alphanumeric() || b"!&#$^<>-".contains(&byte)
        } else {
            byte.is_ascii_graphic() && !b"/\"@%".contains(&byte)
        }
    };
    if (16..=128).contains(&token.len()) && token.bytes().all(allowed) {
        return Ok(());
    }
    Err(Refusal::value("The AUTH token is not of 16 to 128 allowed characters."))
}

/// A password of a user: 16 to 128 characters.
pub(super) fn check_passwords(passwords: &[String]) -> Result<(), Refusal> {
    if passwords.len() > 2 {
        return Err(Refusal::combination("A user has at most two passwords."));
    }
    if passwords.iter().any(|password| !(16..=128).contains(&password.len())) {
        return Err(Refusal::value("A password has 16 to 128 characters."));
    }
    Ok(())
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: usize = 24 * 60;

/// Minutes from the start of the day, or of the week where a day is named.
fn minute(text: &str, weekly: bool) -> Option<usize> {
    let mut parts = text.split(':');
    let day =
        if weekly { DAYS.iter().position(|day| Some(*day) == parts.clone().next())? } else { 0 };
    if weekly {
        parts.next();
    }
    let mut number = |below: usize| {
        let part = parts.next().filter(|part| part.len() == 2)?;
        part.parse::<usize>().ok().filter(|number| *number < below)
    };
    let minutes = number(24)? * 60 + number(60)?;
    parts.next().is_none().then_some(day * DAY + minutes)
}

/// Begin and length in minutes.
fn span(window: &str, weekly: bool) -> Option<(usize, usize)> {
    let (from, to) = window.split_once('-')?;
    let (from, to) = (minute(from, weekly)?, minute(to, weekly)?);
    let round = if weekly { 7 * DAY } else { DAY };
    Some((from, (to + round - from) % round))
}

/// A window of at least an hour, in lower case.
pub(super) fn check_window(window: &str, weekly: bool) -> Result<String, Refusal> {
    let window = window.to_lowercase();
    match span(&window, weekly) {
        Some((_, 60..)) => Ok(window),
        Some(_) => Err(Refusal::value(format!("The window {window} is shorter than 60 minutes."))),
        None => Err(Refusal::value(format!("{window} is no window."))),
    }
}

/// Refuses a snapshot window that meets the maintenance window.
pub(super) fn overlap(maintenance: &str, snapshot: &str) -> Result<(), Refusal> {
    let (Some((from, length)), Some((daily, lasts))) =
        (span(maintenance, true), span(snapshot, false))
    else {
        return Ok(());
    };
    let meets = (0..7).any(|day| {
        let ahead = (day * DAY + daily + 7 * DAY - from) % (7 * DAY);
        ahead < length || ahead + lasts > 7 * DAY
    });
    if meets {
        return Err(Refusal::value("The snapshot window and the maintenance window overlap."));
    }
    Ok(())
}

/// User groups a call wants to attach: one at most, there, and active.
pub(super) fn usable_user_groups(cloud: &Cloud, ids: &[String]) -> Result<Vec<String>, Refusal> {
    if ids.len() > 1 {
        return Err(Refusal::combination("A replication group has at most one user group."));
    }
    for id in ids {
        let group = cloud.user_groups.get(id).ok_or_else(|| {
            Refusal::new(404, "UserGroupNotFound", format!("User group {id} not found."))
        })?;
        if group.status != "active" {
            return Err(Refusal::new(
                400,
                "InvalidUserGroupState",
                format!("User group {id} is {}, not active.", group.status),
            ));
        }
    }
    Ok(ids.to_vec())
}

/// User groups need encryption in transit that is in effect already.
pub(super) fn refuse_ineffective_users(group: &Group, ids: &[String]) -> Result<(), Refusal> {
    if ids.is_empty() || group.transit {
        return Ok(());
    }
    Err(Refusal::combination("User groups need encryption in transit, which is not enabled yet."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_as_aws_writes_them() {
        for good in ["a", "a-b", &"a".repeat(40)] {
            assert!(check_id(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "a-", "a--b", "a_b", &"a".repeat(41)] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tokens_may_hold_more_when_they_change() {
        let odd = "0123456789abcdef*";
        assert!(check_token(odd, true).is_err() && check_token(odd, false).is_ok());
        assert!(check_token("0123456789abcde", true).is_err());
        assert!(check_token("0123456789abcdef/", false).is_err());
        assert!(check_token("0123456789!&#$^<>-", true).is_ok());
    }

    #[test]
    fn windows_last_an_hour_and_do_not_meet() {
        assert_eq!(check_window("Sun:23:00-Mon:01:30", true).unwrap(), "sun:23:00-mon:01:30");
        assert!(check_window("sun:23:00-sun:23:59", true).is_err());
        assert!(check_window("3:00-4:00", false).is_err());
        assert!(check_window("23:30-00:30", false).is_ok());
        assert!(overlap("sun:05:00-sun:06:00", "03:00-05:00").is_ok());
        assert!(overlap("sun:05:00-sun:06:00", "03:00-05:01").is_err());
        assert!(overlap("sun:23:00-mon:01:00", "00:30-01:30").is_err());
        assert!(overlap("sun:05:00-sun:07:00", "05:30-06:30").is_err());
    }
}
