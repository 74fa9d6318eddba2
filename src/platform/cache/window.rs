//! Windows in UTC: `hh24:mi-hh24:mi` every day, `ddd:hh24:mi-ddd:hh24:mi` every week.
//!
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/maintenance-window.html>

use std::str::FromStr;

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Why a text is no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowProblem {
    /// Not the form of a daily window.
    #[error("must be a daily window in UTC such as 03:00-04:00")]
    Daily,
    /// Not the form of a weekly window.
    #[error("must be a weekly window in UTC such as sun:05:00-sun:06:00, in lower case")]
    Weekly,
    /// Shorter than an hour.
    #[error("must last at least 60 minutes, and lasts {0}")]
    Short(u32),
}

/// A window of every day, in minutes from midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyWindow {
    start: u32,
    length: u32,
}

/// A window of every week, in minutes from Monday midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeeklyWindow {
    start: u32,
    length: u32,
}

fn time(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, below: u32| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number: &u32| digits && *number < below)
    };
    Some(number(hour, 24)? * HOUR + number(minute, 60)?)
}

fn time_of_week(text: &str) -> Option<u32> {
    let (day, rest) = text.split_once(':')?;
    let day = (0..).zip(DAYS).find(|(_, name)| *name == day)?.0;
    Some(day * DAY + time(rest)?)
}

/// From start to end, over midnight or Sunday if need be.
fn length(start: u32, end: u32, period: u32) -> Result<u32, WindowProblem> {
    let length = (end + period - start) % period;
    if length < HOUR { Err(WindowProblem::Short(length)) } else { Ok(length) }
}

impl FromStr for DailyWindow {
    type Err = WindowProblem;

    fn from_str(text: &str) -> Result<Self, WindowProblem> {
        let ends = text.split_once('-').and_then(|(start, end)| Some((time(start)?, time(end)?)));
        let (start, end) = ends.ok_or(WindowProblem::Daily)?;
        Ok(Self { start, length: length(start, end, DAY)? })
    }
}

impl FromStr for WeeklyWindow {
    type Err = WindowProblem;

    fn from_str(text: &str) -> Result<Self, WindowProblem> {
        let ends = text
            .split_once('-')
            .and_then(|(start, end)| Some((time_of_week(start)?, time_of_week(end)?)));
        let (start, end) = ends.ok_or(WindowProblem::Weekly)?;
        Ok(Self { start, length: length(start, end, WEEK)? })
    }
}

/// Whether the daily window touches the weekly one on any day.
pub fn overlap(daily: DailyWindow, weekly: WeeklyWindow) -> bool {
    (0..7).any(|day| {
        let start = day * DAY + daily.start;
        let behind = (start + WEEK - weekly.start) % WEEK;
        let ahead = (weekly.start + WEEK - start) % WEEK;
        behind < weekly.length || ahead < daily.length
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily(text: &str) -> DailyWindow {
        text.parse().unwrap()
    }

    fn weekly(text: &str) -> WeeklyWindow {
        text.parse().unwrap()
    }

    #[test]
    fn windows_last_an_hour_at_least() {
        assert_eq!("03:00-03:59".parse::<DailyWindow>(), Err(WindowProblem::Short(59)));
        assert_eq!("23:30-00:30".parse::<DailyWindow>().unwrap().length, 60);
        assert_eq!("sun:23:30-mon:00:29".parse::<WeeklyWindow>(), Err(WindowProblem::Short(59)));
        assert_eq!(weekly("sun:23:30-mon:01:30").length, 120);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["3:00-4:00", "24:00-25:00", "03:00", "03:60-05:00", "+3:00-04:00"] {
            assert_eq!(text.parse::<DailyWindow>(), Err(WindowProblem::Daily), "{text}");
        }
        for text in ["Sun:05:00-Sun:06:00", "05:00-06:00", "sun:05:00-06:00"] {
            assert_eq!(text.parse::<WeeklyWindow>(), Err(WindowProblem::Weekly), "{text}");
        }
    }

    #[test]
    fn a_daily_window_meets_the_weekly_one_on_its_day_only() {
        assert!(overlap(daily("05:30-06:30"), weekly("sun:05:00-sun:06:00")));
        assert!(overlap(daily("04:00-07:00"), weekly("sun:05:00-sun:06:00")));
        assert!(overlap(daily("05:00-06:00"), weekly("sat:00:00-sun:12:00")));
        assert!(overlap(daily("23:30-00:30"), weekly("mon:00:00-mon:01:00")));
        assert!(!overlap(daily("03:00-04:00"), weekly("sun:05:00-sun:06:00")));
        assert!(!overlap(daily("04:00-05:00"), weekly("sun:05:00-sun:06:00")));
        assert!(!overlap(daily("06:00-07:00"), weekly("sun:05:00-sun:06:00")));
    }
}
