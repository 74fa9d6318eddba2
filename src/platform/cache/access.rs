//! Access strings of users, as AWS writes them back.

/// Whether two access strings grant the same.
///
/// AWS answers with the channel reset that it puts before the rules, and with single spaces.
pub fn same_access_string(one: &str, other: &str) -> bool {
    rules(one) == rules(other)
}

fn rules(text: &str) -> Vec<&str> {
    let mut rules: Vec<&str> =
        text.split_whitespace().filter(|rule| *rule != "resetchannels").collect();
    // Everything is denied to begin with: saying so before the first command rule changes nothing.
    let first_command = rules.iter().position(|rule| rule.starts_with(['+', '-']));
    if let Some(first) = first_command
        && rules.get(first) == Some(&"-@all")
    {
        rules.remove(first);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_adds_changes_nothing() {
        assert!(same_access_string("on ~* +@all", "on  ~* resetchannels +@all"));
        assert!(same_access_string("on ~app::* +@read", "on ~app::* resetchannels -@all +@read"));
        assert!(!same_access_string("on ~* +@all", "off ~* +@all"));
        assert!(!same_access_string("on ~* +@all -@all", "on ~* +@all"));
        assert!(!same_access_string("on ~* +get", "on ~app +get"));
    }
}
