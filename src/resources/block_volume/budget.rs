//! How many modifications of a volume AWS still takes: four begin within 24 hours, each only when
//! the last is completed.
//!
//! AWS tells the last modification only, so every start that a read or an apply has seen is kept
//! beside the state for 24 hours. Those that came and went between two reads are not known.
//! <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html>

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::framework::private::Private;

/// Modifications of one volume within [`WINDOW`].
pub(super) const MOST: usize = 4;
const WINDOW: Duration = Duration::hours(24);

/// Where the starts are kept.
const KEY: &str = "modification_starts";

/// The starts that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Budget {
    starts: Vec<OffsetDateTime>,
}

impl Budget {
    /// Reads what is kept beside the state.
    pub(super) fn read(private: &Private) -> Self {
        let kept = private.text(KEY).unwrap_or_default().split(',');
        let mut starts: Vec<OffsetDateTime> = kept.filter_map(moment).collect();
        starts.sort();
        Self { starts }
    }

    /// Adds the start of a modification, as AWS tells it, and keeps what still counts.
    pub(super) fn note(private: &mut Private, start: Option<&str>, now: OffsetDateTime) {
        let mut starts = Self::read(private).starts;
        starts.extend(start.and_then(moment));
        starts.retain(|start| *start + WINDOW > now);
        starts.sort();
        starts.dedup();
        let kept: Vec<String> = starts.iter().filter_map(|one| one.format(&Rfc3339).ok()).collect();
        if kept.is_empty() {
            private.remove(KEY);
        } else {
            private.set_text(KEY, kept.join(","));
        }
    }

    /// How many count at this moment.
    pub(super) fn used(&self, now: OffsetDateTime) -> usize {
        self.counting(now).count()
    }

    /// When the next may begin, if not now.
    pub(super) fn next(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let over = self.used(now).checked_sub(MOST)?;
        self.counting(now).nth(over).map(|start| start + WINDOW)
    }

    fn counting(&self, now: OffsetDateTime) -> impl Iterator<Item = OffsetDateTime> + '_ {
        self.starts.iter().copied().filter(move |start| *start + WINDOW > now)
    }
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

    fn noted(starts: &[&str]) -> Private {
        let mut private = Private::default();
        for start in starts {
            Budget::note(&mut private, Some(start), NOW);
        }
        private
    }

    #[test]
    fn starts_count_for_24_hours_and_once_each() {
        let private = noted(&[
            "2026-11-23T11:59:00Z",
            "2026-11-23T12:30:00Z",
            "2026-11-23T12:30:00Z",
            "2026-11-24T01:00:00Z",
        ]);
        let budget = Budget::read(&private);
        assert_eq!(budget.used(NOW), 2);
        assert_eq!(budget.next(NOW), None);
        assert_eq!(budget.used(NOW + Duration::hours(1)), 1);
    }

    #[test]
    fn the_fifth_may_begin_when_the_first_no_longer_counts() {
        let private = noted(&[
            "2026-11-23T13:00:00Z",
            "2026-11-24T01:00:00Z",
            "2026-11-24T02:00:00Z",
            "2026-11-24T03:00:00Z",
        ]);
        let next = Budget::read(&private).next(NOW);
        assert_eq!(next, Some(datetime!(2026-11-24 13:00 UTC)));
    }

    #[test]
    fn what_no_longer_counts_is_forgotten() {
        let mut private = noted(&["2026-11-24T01:00:00Z"]);
        Budget::note(&mut private, None, NOW + Duration::days(2));
        assert_eq!(private, Private::default());
        Budget::note(&mut private, Some("yesterday"), NOW);
        assert_eq!(private, Private::default());
    }
}
