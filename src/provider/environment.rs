//! The process environment, read once.
//!
//! Everything of the provider block that comes from environment variables is read through this
//! type, so that tests pass a map. What the AWS SDK reads by itself it reads on its own; see
//! [`crate::aws::settings`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Environment variables by name.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Names only: variables hold secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// The environment of this process. Variables that are not Unicode are as good as absent.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(variables.collect())
    }

    /// The variable of that name. Set but empty counts as not set, as AWS tools have it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The first of these variables that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Variables whose name begins with `prefix`, by the rest of their name.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let rest = name.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
            Some((rest, value.as_str()))
        })
    }

    /// The items of a variable that holds a comma-separated list.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        let items = self.get(name).unwrap_or_default().split(',');
        items.map(str::trim).filter(|item| !item.is_empty())
    }

    /// A path as a practitioner writes it: `~/` stands for the home directory.
    pub fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.first(&["HOME", "USERPROFILE"])) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ => PathBuf::from(text),
        }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(variables.into_iter().map(owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_not_empty_counts() {
        let environment = Environment::from([("A", ""), ("B", "b"), ("C", "c")]);
        assert_eq!(environment.first(&["A", "B", "C"]), Some("b"));
        assert_eq!(environment.first(&["A", "X"]), None);
    }

    #[test]
    fn a_list_is_split_at_commas_and_trimmed() {
        let environment = Environment::from([("KEYS", " a, b ,,c ")]);
        assert_eq!(environment.list("KEYS").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(environment.list("NONE").count(), 0);
    }

    #[test]
    fn home_is_expanded_only_at_the_beginning() {
        let environment = Environment::from([("HOME", "/home/x")]);
        assert_eq!(environment.path("~/a"), PathBuf::from("/home/x/a"));
        assert_eq!(environment.path("/b/~/a"), PathBuf::from("/b/~/a"));
    }

    #[test]
    fn values_are_not_in_debug_output() {
        let environment = Environment::from([("AWS_SECRET_ACCESS_KEY", "hunter2")]);
        assert_eq!(format!("{environment:?}"), r#"{"AWS_SECRET_ACCESS_KEY"}"#);
    }
}
