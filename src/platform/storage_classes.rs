//! S3 storage classes: which may follow which, and what a stay in one costs at least.
//!
//! Moves: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>.
//! Minimum durations: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>.

/// Classes that objects can move to, from warm to cold.
pub const TRANSITION_CLASSES: &[&str] =
    &["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];

/// Days before which AWS long refused a move to an infrequent-access class. The API reference does
/// not name the minimum any more; a smaller number is worth a warning.
const INFREQUENT_ACCESS_DAYS: i64 = 30;

/// Days an object pays for in a class, however short it stays.
const fn minimum_days(class: &str) -> i64 {
    match class.as_bytes() {
        b"STANDARD_IA" | b"ONEZONE_IA" => 30,
        b"GLACIER_IR" | b"GLACIER" => 90,
        b"DEEP_ARCHIVE" => 180,
        _ => 0,
    }
}

/// A move to a storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move<'a> {
    /// The day, counted from creation, or from becoming noncurrent.
    pub day: i64,
    /// The class.
    pub class: &'a str,
}

/// What is wrong with, or dear about, the moves of one lifecycle rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveProblem {
    /// The same class twice.
    #[error("moves objects to {class} twice; keep one of the moves")]
    Twice {
        /// The class.
        class: String,
    },
    /// Two moves on one day.
    #[error("moves objects to {one} and to {other} on the same day, {day}; give one a later day")]
    SameDay {
        /// The class.
        one: String,
        /// The other.
        other: String,
        /// The day.
        day: i64,
    },
    /// A move that S3 does not make.
    #[error(
        "moves objects from {from} (day {from_day}) to {to} (day {to_day}), which S3 does not do; \
         order the moves as {}", TRANSITION_CLASSES.join(", ")
    )]
    Backwards {
        /// The class they come from.
        from: String,
        /// When they came there.
        from_day: i64,
        /// The class they go to.
        to: String,
        /// When.
        to_day: i64,
    },
    /// An end before the last move.
    #[error(
        "deletes objects on day {expiration} and moves them to {class} on day {day}; S3 requires \
         the deletion to be later than every move, so raise the one or lower the other"
    )]
    ExpiresBeforeMove {
        /// The day of the end.
        expiration: i64,
        /// The class.
        class: String,
        /// The day of the move.
        day: i64,
    },
    /// A move to an infrequent-access class in the first month.
    #[error(
        "moves objects to {class} on day {day}: AWS refused less than {INFREQUENT_ACCESS_DAYS} \
         days for long and may still do so in some places, and a month of {class} is charged for \
         each object whatever it is used for"
    )]
    EarlyInfrequentAccess {
        /// The class.
        class: String,
        /// The day.
        day: i64,
    },
    /// A stay below the minimum that is charged.
    #[error(
        "lets objects stay in {class} for {stay} days (from day {day} on), and AWS charges for \
         {minimum} days at least; leave them there longer, or skip {class}"
    )]
    ShortStay {
        /// The class.
        class: String,
        /// When they come there.
        day: i64,
        /// How long they stay.
        stay: i64,
        /// What is charged.
        minimum: i64,
    },
}

impl MoveProblem {
    /// Whether AWS takes it all the same, and it only costs.
    pub fn is_cost(&self) -> bool {
        matches!(self, Self::EarlyInfrequentAccess { .. } | Self::ShortStay { .. })
    }
}

/// Checks the moves of one rule and the end that follows them. `from_creation` says that days count
/// from the creation of the object.
pub fn check_moves(
    moves: &[Move<'_>],
    expiration: Option<i64>,
    from_creation: bool,
) -> Vec<MoveProblem> {
    let mut sorted = moves.to_vec();
    sorted.sort_by_key(|one| (one.day, rank(one.class)));
    let mut problems = Vec::new();
    for (index, one) in sorted.iter().enumerate() {
        let class = one.class.to_owned();
        if sorted.iter().take(index).any(|earlier| earlier.class == one.class) {
            problems.push(MoveProblem::Twice { class: class.clone() });
            continue;
        }
        let next = sorted.get(index + 1);
        if let Some(next) = next {
            problems.extend(follows(*one, *next));
        }
        if let Some(expiration) = expiration.filter(|expiration| *expiration <= one.day) {
            problems.push(MoveProblem::ExpiresBeforeMove {
                expiration,
                class: class.clone(),
                day: one.day,
            });
        }
        let infrequent = matches!(one.class, "STANDARD_IA" | "ONEZONE_IA");
        if from_creation && infrequent && one.day < INFREQUENT_ACCESS_DAYS {
            problems
                .push(MoveProblem::EarlyInfrequentAccess { class: class.clone(), day: one.day });
        }
        let end = next.map(|next| next.day).or(expiration);
        let (stay, minimum) = (end.map(|end| end.saturating_sub(one.day)), minimum_days(one.class));
        if let Some(stay) = stay.filter(|stay| *stay > 0 && *stay < minimum) {
            problems.push(MoveProblem::ShortStay { class, day: one.day, stay, minimum });
        }
    }
    problems
}

fn follows(from: Move<'_>, to: Move<'_>) -> Option<MoveProblem> {
    if from.class == to.class {
        return None;
    }
    if from.day == to.day {
        return Some(MoveProblem::SameDay {
            one: from.class.to_owned(),
            other: to.class.to_owned(),
            day: from.day,
        });
    }
    // What is in one zone does not come back to several.
    let possible = rank(from.class) < rank(to.class)
        && !(from.class == "ONEZONE_IA" && to.class == "GLACIER_IR");
    (!possible).then(|| MoveProblem::Backwards {
        from: from.class.to_owned(),
        from_day: from.day,
        to: to.class.to_owned(),
        to_day: to.day,
    })
}

fn rank(class: &str) -> usize {
    TRANSITION_CLASSES.iter().position(|known| *known == class).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static [(i64, &'static str)], Option<i64>, &'static str);

    fn told(moves: &[(i64, &'static str)], expiration: Option<i64>) -> Vec<String> {
        let moves: Vec<Move<'_>> =
            moves.iter().map(|(day, class)| Move { day: *day, class }).collect();
        check_moves(&moves, expiration, true).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn moves_in_order_and_in_time_are_fine() {
        assert_eq!(told(&[(30, "STANDARD_IA"), (90, "GLACIER")], Some(365)), [""; 0]);
        assert_eq!(told(&[(90, "GLACIER"), (30, "STANDARD_IA")], Some(180)), [""; 0]);
        assert_eq!(told(&[(0, "INTELLIGENT_TIERING")], Some(1)), [""; 0]);
        assert_eq!(told(&[(0, "DEEP_ARCHIVE")], None), [""; 0]);
    }

    #[test]
    fn what_s3_refuses_is_told() {
        let cases: [Case; 6] = [
            (&[(30, "STANDARD_IA"), (60, "STANDARD_IA")], None, "to STANDARD_IA twice"),
            (&[(90, "STANDARD_IA"), (30, "GLACIER")], None, "from GLACIER (day 30) to STANDARD_IA"),
            (&[(40, "ONEZONE_IA"), (80, "GLACIER_IR")], None, "from ONEZONE_IA (day 40)"),
            (&[(90, "GLACIER"), (90, "DEEP_ARCHIVE")], None, "on the same day, 90"),
            (&[(90, "GLACIER")], Some(90), "deletes objects on day 90 and moves them"),
            (&[(90, "GLACIER")], Some(30), "deletes objects on day 30 and moves them"),
        ];
        for (moves, expiration, says) in cases {
            let told = told(moves, expiration);
            assert!(told.iter().any(|text| text.contains(says)), "{moves:?}: {told:?}");
        }
    }

    #[test]
    fn what_costs_more_than_it_saves_is_told_and_not_refused() {
        let cases: [Case; 4] = [
            (&[(7, "STANDARD_IA")], None, "refused less than 30 days"),
            (&[(30, "STANDARD_IA")], Some(40), "stay in STANDARD_IA for 10 days (from day 30 on)"),
            (&[(1, "GLACIER_IR"), (31, "DEEP_ARCHIVE")], None, "charges for 90 days"),
            (&[(0, "DEEP_ARCHIVE")], Some(100), "charges for 180 days"),
        ];
        for (moves, expiration, says) in cases {
            let moves: Vec<Move<'_>> =
                moves.iter().map(|(day, class)| Move { day: *day, class }).collect();
            let problems = check_moves(&moves, expiration, true);
            assert!(problems.iter().all(MoveProblem::is_cost), "{problems:?}");
            assert!(problems.iter().any(|p| p.to_string().contains(says)), "{problems:?}");
        }
    }

    #[test]
    fn old_versions_have_their_month_behind_them() {
        let moves = [Move { day: 1, class: "STANDARD_IA" }];
        assert_eq!(check_moves(&moves, None, false), []);
    }
}
