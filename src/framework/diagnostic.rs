//! The wording of diagnostics that any resource may give, fixed in one place.
//!
//! Summary: short, without values. Detail: the attribute, its value, the rule, what to do.

use std::borrow::Cow;

use super::value::{AttributePath, AttributePathStep, Diagnostic, Dynamic};

/// A diagnostic about one attribute (or, with an empty path, about the whole object).
///
/// Made by hand, not by tf-provider's constructors: those append a backtrace to what the
/// practitioner reads whenever `RUST_BACKTRACE` is set.
pub fn diagnostic(
    summary: impl Into<Cow<'static, str>>,
    detail: impl Into<Cow<'static, str>>,
    attribute: AttributePath,
) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: detail.into(), attribute }
}

/// A diagnostic about the whole object.
pub fn whole(
    summary: impl Into<Cow<'static, str>>,
    detail: impl Into<Cow<'static, str>>,
) -> Diagnostic {
    diagnostic(summary, detail, AttributePath::root())
}

/// An attribute holds a value that its rule forbids. `rule` is a sentence without its subject, as
/// in "must be at most 64 characters long".
pub fn invalid_value(path: &AttributePath, value: &Dynamic, rule: &str) -> Diagnostic {
    diagnostic(
        "Invalid Attribute Value",
        format!("{} = {value}: {}.", path_text(path), rule.trim_end_matches('.')),
        path.clone(),
    )
}

/// As [`invalid_value`], for a value that must not be shown.
pub fn invalid_secret(path: &AttributePath, rule: &str) -> Diagnostic {
    diagnostic(
        "Invalid Attribute Value",
        format!("{} = (sensitive value): {}.", path_text(path), rule.trim_end_matches('.')),
        path.clone(),
    )
}

/// Attributes contradict each other. `rule` is a whole sentence that names them.
pub fn invalid_combination(path: AttributePath, rule: impl Into<Cow<'static, str>>) -> Diagnostic {
    diagnostic("Invalid Attribute Combination", rule, path)
}

/// The provider broke its own contract: never the practitioner's fault.
pub fn provider_bug(what: &str) -> Diagnostic {
    whole(
        "Provider Bug",
        format!(
            "{what}\n\nThis is always an error in the officeless provider, not in your \
             configuration. Please report it with this text."
        ),
    )
}

/// An attribute path as it is written in configuration: `buckets["loki-chunks"].name`.
pub fn path_text(path: &AttributePath) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for step in &path.steps {
        // Writing to a String cannot fail.
        let _ = match step {
            AttributePathStep::Attribute(name) if text.is_empty() => write!(text, "{name}"),
            AttributePathStep::Attribute(name) => write!(text, ".{name}"),
            AttributePathStep::Key(key) => write!(text, "[{key:?}]"),
            AttributePathStep::Index(index) => write!(text, "[{index}]"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_configuration() {
        let path = AttributePath::new("buckets").key("loki-chunks").attribute("sizes").index(2);
        assert_eq!(path_text(&path), r#"buckets["loki-chunks"].sizes[2]"#);
    }

    #[test]
    fn an_invalid_value_names_attribute_value_and_rule() {
        let path = AttributePath::new("name");
        let diagnostic = invalid_value(&path, &Dynamic::from(""), "must not be empty");
        assert_eq!(diagnostic.detail, "name = \"\": must not be empty.");
        assert_eq!(diagnostic.attribute, path);
    }
}
