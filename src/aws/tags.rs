//! Tags as one type, and what has to be called to get from one set to another.

use std::collections::BTreeMap;

/// Tags by key. Keys that begin with `aws:` belong to AWS; finders drop them.
pub type Tags = BTreeMap<String, String>;

/// The calls that turn one set of tags into another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// Tags to set, new or with a new value.
    pub set: Tags,
    /// Keys to remove.
    pub remove: Vec<String>,
}

impl TagChanges {
    /// Whether nothing has to be called.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// Whether the key is reserved for AWS.
pub fn is_of_aws(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// Tags from the pairs of an answer, without those of AWS itself.
pub(super) fn collect<K: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Tags {
    pairs
        .into_iter()
        .map(|(key, value)| (key.into(), value.into()))
        .filter(|(key, _)| !is_of_aws(key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn answers_are_read_without_tags_of_aws() {
        let read = collect([("Name", "x"), ("aws:createdBy", "y"), ("awsome", "z")]);
        assert_eq!(read, tags(&[("Name", "x"), ("awsome", "z")]));
    }
}
