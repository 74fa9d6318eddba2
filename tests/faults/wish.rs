//! What the command line asks for.
//!
//! Without words or flags, a fixed part of the faults and of the kills: what `cargo test` runs. `--all` is
//! every fault, with `--kills` every kill and interrupt. Words choose points, as `cache/update` or
//! `cache/*/refused/12`, of the faults or, with `--kills`, of the kills. `--changes` leaves out the faults
//! at calls that change nothing.

/// A command line.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Whether the faults are asked for.
    pub(crate) faults: bool,
    /// Whether kills and interrupts are asked for.
    pub(crate) kills: bool,
    /// Every point, not a fixed part of them.
    pub(crate) all: bool,
    /// Only points whose call can change something.
    pub(crate) changes: bool,
    words: Vec<String>,
}

impl Wish {
    pub(crate) fn read() -> Self {
        let (flags, words): (Vec<_>, Vec<_>) =
            std::env::args().skip(1).partition(|word| word.starts_with('-'));
        let flag = |name: &str| flags.iter().any(|flag| flag == name);
        let (kills, changes) = (flag("--kills"), flag("--changes"));
        let all = flag("--all") || !words.is_empty();
        Self { faults: !kills, kills: kills || !all, all, changes, words }
    }

    /// Whether a place, or part of one, is asked for.
    pub(crate) fn wants(&self, place: &str) -> bool {
        let fits = |word: &String| {
            let mut asked = word.split('/');
            place.split('/').all(|part| asked.next().is_none_or(|one| one == "*" || one == part))
        };
        self.words.is_empty() || self.words.iter().any(fits)
    }

    /// Whether only some cells of the table are asked for.
    pub(crate) fn is_part(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether a cell of the table that is asked for is so as a whole: no word names a single point.
    pub(crate) fn fills_cells(&self) -> bool {
        !self.changes && self.words.iter().all(|word| word.split('/').count() <= 3)
    }
}
