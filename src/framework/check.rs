//! Rules on one attribute: what may be known to be wrong before anything is asked of AWS.
//!
//! A rule is a sentence without its subject ("must be between 1 and 64 characters long"): the
//! documentation shows it, and the diagnostic puts it behind the attribute and its value.
//! Null and unknown values satisfy every rule.

use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;

use super::diagnostic::{diagnostic, invalid_secret, invalid_value, path_text};
use super::schema::{Attribute, Presence, Schema, visit};
use super::value::{AttributePath, Diagnostics, Dynamic};

type Test = dyn Fn(&Dynamic) -> Result<(), String> + Send + Sync;

/// A rule on the value of one attribute.
#[derive(Clone)]
pub struct Check {
    test: Arc<Test>,
    /// The rule on each element, for a rule on a collection that is no more than that.
    element: Option<Arc<Check>>,
    /// The accepted values, when they are few.
    pub one_of: &'static [&'static str],
    broken_pattern: Option<&'static str>,
    /// Whether what breaks this rule may be a secret.
    untold: bool,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("one_of", &self.one_of).finish_non_exhaustive()
    }
}

impl Check {
    /// A rule of any kind. `test` answers the sentence that the value breaks.
    pub fn new(test: impl Fn(&Dynamic) -> Result<(), String> + Send + Sync + 'static) -> Self {
        let test = Arc::new(test);
        Self { test, element: None, one_of: &[], broken_pattern: None, untold: false }
    }

    /// One of these strings.
    pub fn one_of(values: &'static [&'static str]) -> Self {
        let rule = format!("must be one of {}", values.join(", "));
        let test = move |value: &Dynamic| match value {
            Dynamic::String(text) if values.contains(&text.as_str()) => Ok(()),
            _ => Err(rule.clone()),
        };
        Self { one_of: values, ..Self::new(test) }
    }

    /// A string of so many characters.
    pub fn length(min: usize, max: usize) -> Self {
        Self::text(move |text| {
            let length = text.chars().count();
            if (min..=max).contains(&length) {
                Ok(())
            } else {
                Err(format!("must be {min} to {max} characters long, and has {length}"))
            }
        })
    }

    /// A string of this form. `rule` says the form in words.
    ///
    /// A pattern that does not compile accepts nothing: the schema test of every room finds it.
    pub fn pattern(pattern: &'static str, rule: &'static str) -> Self {
        let compiled = Regex::new(pattern);
        let broken_pattern = compiled.is_err().then_some(pattern);
        let check = Self::text(move |text| match &compiled {
            Ok(regex) if regex.is_match(text) => Ok(()),
            _ => Err(rule.to_owned()),
        });
        Self { broken_pattern, ..check }
    }

    /// A string that `test` accepts; it answers the sentence that the string breaks.
    pub fn text(test: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self::new(move |value| match value {
            Dynamic::String(string) => test(string),
            _ => Ok(()),
        })
    }

    /// A whole number in this range.
    pub fn range(min: i64, max: i64) -> Self {
        Self::new(move |value| match value {
            Dynamic::Number(number) => match number.as_i64() {
                Some(number) if (min..=max).contains(&number) => Ok(()),
                _ => Err(format!("must be a whole number from {min} to {max}")),
            },
            _ => Ok(()),
        })
    }

    /// A collection of so many elements.
    pub fn items(min: usize, max: usize) -> Self {
        Self::new(move |value| {
            let count = match value {
                Dynamic::List(items) => items.len(),
                Dynamic::Map(items) => items.len(),
                _ => return Ok(()),
            };
            if (min..=max).contains(&count) {
                Ok(())
            } else {
                Err(format!("must have {min} to {max} elements, and has {count}"))
            }
        })
    }

    /// Every element of a collection satisfies `check`.
    pub fn each(check: Check) -> Self {
        let Self { one_of, broken_pattern, untold, .. } = check;
        let element = Arc::new(check);
        let test = {
            let check = Arc::clone(&element);
            move |value: &Dynamic| {
                let refuse =
                    |item: &Dynamic| check.refusal(item).map(|rule| format!("{item} {rule}"));
                elements(value).find_map(refuse).map_or(Ok(()), Err)
            }
        };
        Self { element: Some(element), one_of, broken_pattern, untold, ..Self::new(test) }
    }

    /// The same rule, where a value that breaks it may be a secret: it is not told.
    #[must_use]
    pub fn untold(self) -> Self {
        Self { untold: true, ..self }
    }

    /// Every key of a map is one of these.
    pub fn keys(values: &'static [&'static str]) -> Self {
        Self::new(move |value| {
            let Dynamic::Map(items) = value else { return Ok(()) };
            match items.keys().find(|key| !values.contains(&key.as_str())) {
                Some(key) => {
                    Err(format!("{key:?} is no key of it; the keys are {}", values.join(", ")))
                }
                None => Ok(()),
            }
        })
    }

    /// The pattern of this rule, if it does not compile: always a slip, which schema tests find.
    pub fn broken_pattern(&self) -> Option<&'static str> {
        self.broken_pattern
    }

    /// The rule that `value` breaks, if any.
    pub fn refusal(&self, value: &Dynamic) -> Option<String> {
        match value {
            Dynamic::Null | Dynamic::Unknown => None,
            known => (self.test)(known).err(),
        }
    }

    /// The rule that a secret `value` breaks, if any, told without the secret.
    fn secret_refusal(&self, value: &Dynamic) -> Option<String> {
        match &self.element {
            Some(check) => elements(value)
                .find_map(|item| check.secret_refusal(item))
                .map(|rule| format!("an element {rule}")),
            None => self.refusal(value),
        }
    }
}

fn elements(value: &Dynamic) -> Box<dyn Iterator<Item = &Dynamic> + '_> {
    match value {
        Dynamic::List(items) => Box::new(items.iter()),
        Dynamic::Map(items) => Box::new(items.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Checks a configuration against everything its schema says of single attributes, including what
/// core leaves to providers: required attributes set to null, values for read-only attributes,
/// deprecated attributes, write-only values for a core that would store them.
pub fn configuration(
    schema: &Schema,
    config: &Dynamic,
    write_only_allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    let mut inspect = |attribute: &Attribute, value: &Dynamic, path: &AttributePath| {
        one(attribute, value, path, write_only_allowed, diagnostics);
    };
    visit(&schema.attributes, config, &AttributePath::root(), &mut inspect);
    for block in &schema.blocks {
        let path = AttributePath::new(block.name);
        if let Dynamic::List(items) = config.get(block.name) {
            for (index, item) in (0_i64..).zip(items) {
                visit(&block.attributes, item, &path.clone().index(index), &mut inspect);
            }
        }
    }
}

fn one(
    attribute: &Attribute,
    value: &Dynamic,
    path: &AttributePath,
    write_only_allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    let given = !value.is_null();
    if attribute.presence == Presence::Required && !given {
        diagnostics.add_error(diagnostic(
            "Missing Configuration for Required Attribute",
            format!("{} is required, and is null here. Give it a value.", path_text(path)),
            path.clone(),
        ));
    }
    if attribute.presence == Presence::Computed && given {
        diagnostics.add_error(diagnostic(
            "Invalid Configuration for Read-Only Attribute",
            format!(
                "{} is set by the provider. Remove it from the configuration.",
                path_text(path)
            ),
            path.clone(),
        ));
        return;
    }
    if attribute.write_only && given && !write_only_allowed {
        diagnostics.add_error(diagnostic(
            "WriteOnly Attribute Not Allowed",
            format!(
                "{} is write-only, and this version of Terraform or OpenTofu would store it in \
                 the state. Use Terraform 1.11 or later, or OpenTofu 1.11 or later.",
                path_text(path)
            ),
            path.clone(),
        ));
    }
    if let (Some(instead), true) = (attribute.deprecated, given && !value.is_unknown()) {
        diagnostics.add_warning(diagnostic("Attribute Deprecated", instead, path.clone()));
    }
    for check in &attribute.checks {
        if attribute.is_secret() || check.untold {
            if let Some(rule) = check.secret_refusal(value) {
                diagnostics.add_error(invalid_secret(path, &rule));
            }
        } else if let Some(rule) = check.refusal(value) {
            diagnostics.add_error(invalid_value(path, value, &rule));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::Object;

    fn errors(attribute: Attribute, value: Dynamic) -> Vec<String> {
        let schema = Schema { attributes: vec![attribute], ..Schema::default() };
        let name = schema.attributes[0].name.to_owned();
        let mut diagnostics = Diagnostics::default();
        let config = Dynamic::Map(Object::from([(name, value)]));
        configuration(&schema, &config, true, &mut diagnostics);
        diagnostics.errors.iter().map(|error| error.detail.to_string()).collect()
    }

    #[test]
    fn each_rule_refuses_with_attribute_value_and_rule() {
        let cases: [(Attribute, Dynamic, &str); 6] = [
            (
                Attribute::string("mode").check(Check::one_of(&["a", "b"])),
                Dynamic::from("c"),
                "mode = \"c\": must be one of a, b.",
            ),
            (
                Attribute::string("name").check(Check::length(1, 3)),
                Dynamic::from("abcd"),
                "name = \"abcd\": must be 1 to 3 characters long, and has 4.",
            ),
            (
                Attribute::number("days").check(Check::range(1, 7)),
                Dynamic::from(9),
                "days = 9: must be a whole number from 1 to 7.",
            ),
            (
                Attribute::strings("ids").check(Check::items(1, 1)),
                Dynamic::List(vec![]),
                "ids = []: must have 1 to 1 elements, and has 0.",
            ),
            (
                Attribute::strings("ids")
                    .check(Check::each(Check::pattern("^sg-", "must be a security group id"))),
                Dynamic::List(vec![Dynamic::from("sg-1"), Dynamic::from("x")]),
                "ids = [\"sg-1\", \"x\"]: \"x\" must be a security group id.",
            ),
            (
                Attribute::string("name").required(),
                Dynamic::Null,
                "name is required, and is null here. Give it a value.",
            ),
        ];
        for (attribute, value, expected) in cases {
            assert_eq!(errors(attribute, value), [expected]);
        }
    }

    #[test]
    fn unknown_values_satisfy_every_rule() {
        let attribute = Attribute::string("mode").required().check(Check::one_of(&["a"]));
        assert!(errors(attribute, Dynamic::Unknown).is_empty());
    }

    #[test]
    fn a_value_for_a_read_only_attribute_is_refused() {
        let refused = errors(Attribute::string("arn").computed(), Dynamic::from("x"));
        assert_eq!(refused, ["arn is set by the provider. Remove it from the configuration."]);
    }

    #[test]
    fn a_rule_on_a_secret_is_told_without_it() {
        let length = || Check::length(1, 3);
        let cases: [(Attribute, Dynamic, &str); 4] = [
            (
                Attribute::string("token").sensitive().check(length()),
                Dynamic::from("hunter2"),
                "token = (sensitive value): must be 1 to 3 characters long, and has 7.",
            ),
            (
                Attribute::strings("tokens_wo").write_only().check(Check::each(length())),
                Dynamic::List(vec![Dynamic::from("a"), Dynamic::from("hunter2")]),
                "tokens_wo = (sensitive value): an element must be 1 to 3 characters long, and \
                 has 7.",
            ),
            (
                Attribute::string("access").check(length().untold()),
                Dynamic::from("hunter2"),
                "access = (sensitive value): must be 1 to 3 characters long, and has 7.",
            ),
            (
                Attribute::string_map("secrets").sensitive().check(Check::items(0, 0)),
                Dynamic::Map(Object::from([("a".to_owned(), Dynamic::from("hunter2"))])),
                "secrets = (sensitive value): must have 0 to 0 elements, and has 1.",
            ),
        ];
        for (attribute, value, expected) in cases {
            assert_eq!(errors(attribute, value), [expected]);
        }
    }

    #[test]
    fn a_nested_write_only_value_is_refused_by_its_path() {
        let user = vec![Attribute::strings("passwords_wo").write_only()];
        let schema =
            Schema { attributes: vec![Attribute::objects("users", user)], ..Schema::default() };
        let object = |name: &str, value| Dynamic::Map(Object::from([(name.to_owned(), value)]));
        let passwords = Dynamic::List(vec![Dynamic::from("hunter2")]);
        let config = object("users", object("app", object("passwords_wo", passwords)));
        let mut diagnostics = Diagnostics::default();
        configuration(&schema, &config, false, &mut diagnostics);
        assert_eq!(
            diagnostics.errors[0].detail,
            "users[\"app\"].passwords_wo is write-only, and this version of Terraform or OpenTofu \
             would store it in the state. Use Terraform 1.11 or later, or OpenTofu 1.11 or later."
        );
    }

    #[test]
    fn a_write_only_value_is_refused_when_core_would_store_it() {
        let schema = Schema {
            attributes: vec![Attribute::string("token_wo").write_only()],
            ..Schema::default()
        };
        let config = Dynamic::Map(Object::from([("token_wo".to_owned(), Dynamic::from("secret"))]));
        let mut diagnostics = Diagnostics::default();
        configuration(&schema, &config, false, &mut diagnostics);
        assert!(diagnostics.errors[0].detail.contains("Terraform 1.11"));
        assert!(!diagnostics.errors[0].detail.contains("secret"));
    }
}
