//! Where in a value something stands, told when it is wrong.
//!
//! Every step of the way is told only then: writing it down for each value that is right would cost
//! time by the depth and the keys of a value, which its sender chooses.

use std::fmt;

/// Characters of a key that are told.
const TOLD_OF_A_KEY: usize = 64;

/// A place, as the last step of the way to it.
pub(super) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// The value itself, and what a dynamic value holds.
    Same,
    /// An attribute of an object.
    Member(&'a str),
    /// An element of a map.
    Key(&'a str),
    /// An element of a list, a set or a tuple.
    Element(usize),
}

impl Place<'_> {
    /// The whole value.
    pub(super) const WHOLE: Place<'static> = Place { above: None, step: Step::Same, depth: 0 };

    /// How many values it is nested in.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// What a dynamic value holds.
    pub(super) fn inside(&self) -> Place<'_> {
        self.below(Step::Same)
    }

    /// An attribute of an object.
    pub(super) fn member<'a>(&'a self, name: &'a str) -> Place<'a> {
        self.below(Step::Member(name))
    }

    /// An element of a map.
    pub(super) fn key<'a>(&'a self, key: &'a str) -> Place<'a> {
        self.below(Step::Key(key))
    }

    /// An element of a list, a set or a tuple.
    pub(super) fn element(&self, index: usize) -> Place<'_> {
        self.below(Step::Element(index))
    }

    fn below<'a>(&'a self, step: Step<'a>) -> Place<'a> {
        Place { above: Some(self), step, depth: self.depth.saturating_add(1) }
    }
}

/// In configuration's form: `a.b["key"][0]`.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = std::iter::successors(Some(self), |place| place.above);
        let mut steps: Vec<_> =
            way.map(|place| place.step).filter(|step| !matches!(step, Step::Same)).collect();
        steps.reverse();
        if steps.is_empty() {
            return f.write_str("value");
        }
        for (index, step) in steps.into_iter().enumerate() {
            match step {
                Step::Same => {}
                Step::Member(name) => write!(f, "{}{name}", if index == 0 { "" } else { "." })?,
                Step::Key(key) => write!(f, "[{}]", quoted(key))?,
                Step::Element(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A key in quotation marks, and no more of it than a reader wants to see.
pub(super) fn quoted(key: &str) -> String {
    match key.char_indices().nth(TOLD_OF_A_KEY) {
        None => format!("{key:?}"),
        Some((end, _)) => format!("{:?}…", key.split_at(end).0),
    }
}
