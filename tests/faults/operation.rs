//! The four operations that are broken off.

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Create,
    Update,
    Replace,
    Delete,
}

impl Operation {
    pub(crate) const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Replace, Self::Delete];

    /// Its name in the report and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }
}
