//! Schedules of AWS Backup: `cron(minutes hours day-of-month month day-of-week year)`.
//!
//! Promise: an expression is either accepted or refused with the field and the rule it breaks.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use std::collections::BTreeSet;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// One of the six fields.
struct Field {
    name: &'static str,
    min: u16,
    max: u16,
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { name: "minutes", min: 0, max: 59, names: &[] },
    Field { name: "hours", min: 0, max: 23, names: &[] },
    Field { name: "day of month", min: 1, max: 31, names: &[] },
    Field { name: "month", min: 1, max: 12, names: &MONTHS },
    Field { name: "day of week", min: 1, max: 7, names: &DAYS },
    Field { name: "year", min: 1970, max: 2199, names: &[] },
];

/// Why a schedule is refused: a sentence without its subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleProblem {
    /// Not `cron(…)`.
    #[error(
        "must be a cron expression of AWS such as cron(0 5 ? * * *); AWS Backup takes no rate \
         expression"
    )]
    NotCron,
    /// Not six fields.
    #[error(
        "must have six fields (minutes, hours, day of month, month, day of week, year), and has \
         {count}"
    )]
    Fields {
        /// How many there are.
        count: usize,
    },
    /// A field that AWS does not read.
    #[error("must have in its field {field} {rule}, and has {text:?} there")]
    Field {
        /// The name of the field.
        field: &'static str,
        /// What belongs there.
        rule: String,
        /// What is there.
        text: String,
    },
    /// Not exactly one of the two day fields is `?`.
    #[error("must have ? as either its day of month or its day of week, and as one of them only")]
    Days,
    /// More often than hourly.
    #[error("must name one minute of the hour: AWS Backup begins a backup at most once an hour")]
    TooOften,
}

/// Checks a schedule.
pub fn check(text: &str) -> Result<(), ScheduleProblem> {
    let inner = text.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')'));
    let fields: Vec<&str> = inner.ok_or(ScheduleProblem::NotCron)?.split_whitespace().collect();
    let [minutes, _, day_of_month, _, day_of_week, _] = fields.as_slice() else {
        return Err(ScheduleProblem::Fields { count: fields.len() });
    };
    for (field, text) in FIELDS.iter().zip(&fields) {
        let is_day = field.name.starts_with("day");
        if !(is_day && is_special_day(field, text)) {
            values(field, text)?;
        }
    }
    if (*day_of_month == "?") == (*day_of_week == "?") {
        return Err(ScheduleProblem::Days);
    }
    let [minute, ..] = &FIELDS;
    if values(minute, minutes)?.len() != 1 {
        return Err(ScheduleProblem::TooOften);
    }
    Ok(())
}

/// `?`, `L`, `15W`, `LW`, `6L` and `2#1`, which only days know.
fn is_special_day(field: &Field, text: &str) -> bool {
    let number = |text: &str| value(field, text).is_some();
    if text == "?" || text == "L" {
        return true;
    }
    if field.names.is_empty() {
        return text == "LW" || text.strip_suffix('W').is_some_and(number);
    }
    let nth = text.split_once('#').is_some_and(|(day, nth)| {
        number(day) && nth.parse::<u16>().is_ok_and(|nth| (1..=5).contains(&nth))
    });
    nth || text.strip_suffix('L').is_some_and(number)
}

/// The values that a field of lists, ranges and steps stands for.
fn values(field: &Field, text: &str) -> Result<BTreeSet<u16>, ScheduleProblem> {
    let wrong = || {
        let Field { min, max, names, .. } = field;
        let words = match (names.first(), names.last()) {
            (Some(first), Some(last)) => format!(" or {first} to {last}"),
            _ => String::new(),
        };
        ScheduleProblem::Field {
            field: field.name,
            rule: format!("*, or {min} to {max}{words}, or a list, a range or a step of them"),
            text: text.to_owned(),
        }
    };
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step: u16 = step.parse().map_err(|_| wrong())?;
                (range, Some(step).filter(|step| *step > 0).ok_or_else(wrong)?)
            }
            None => (part, 0),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (field.min, field.max),
            Some((first, last)) => {
                (value(field, first).ok_or_else(wrong)?, value(field, last).ok_or_else(wrong)?)
            }
            None => {
                let first = value(field, range).ok_or_else(wrong)?;
                (first, if step > 0 { field.max } else { first })
            }
        };
        if first > last {
            return Err(wrong());
        }
        all.extend((first..=last).step_by(usize::from(step.max(1))));
    }
    Ok(all)
}

fn value(field: &Field, text: &str) -> Option<u16> {
    let named = field.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    let number = match named {
        Some(position) => u16::try_from(position).ok()? + field.min,
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        None => return None,
    };
    (field.min..=field.max).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_that_aws_documents_are_accepted() {
        for text in [
            "cron(0 5 ? * * *)",
            "cron(15 * ? * * *)",
            "cron(0 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 0 L * ? *)",
            "cron(0 0 3W * ? *)",
            "cron(0 0 ? * 6L 2026-2030)",
            "cron(5 0/6 ? jan,Jul SAT *)",
            "cron(30 */2 ? * * *)",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_wrong_schedule_is_refused_with_its_rule() {
        for (text, words) in [
            ("rate(1 day)", "takes no rate expression"),
            ("0 5 ? * * *", "must be a cron expression of AWS"),
            (
                "cron(0 5 * * *)",
                "must have six fields (minutes, hours, day of month, month, day of \
                                 week, year), and has 5",
            ),
            ("cron(0 25 ? * * *)", "in its field hours *, or 0 to 23, or a list"),
            ("cron(0 5 32 * ? *)", "in its field day of month *, or 1 to 31"),
            ("cron(0 5 ? 13 * *)", "in its field month *, or 1 to 12 or JAN to DEC"),
            ("cron(0 5 ? * 8 *)", "in its field day of week *, or 1 to 7 or SUN to SAT"),
            ("cron(0 5 ? * * 1969)", "in its field year *, or 1970 to 2199"),
            ("cron(0 5 ? * FRI-MON *)", "and has \"FRI-MON\" there"),
            ("cron(0 5/0 ? * * *)", "and has \"5/0\" there"),
            ("cron(0 5 * * * *)", "must have ? as either its day of month or its day of week"),
            ("cron(0 5 ? * ? *)", "as one of them only"),
            ("cron(* 5 ? * * *)", "begins a backup at most once an hour"),
            ("cron(0/30 5 ? * * *)", "begins a backup at most once an hour"),
        ] {
            let told = check(text).unwrap_err().to_string();
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
