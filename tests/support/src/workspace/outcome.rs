//! What a command did, and what a plan would do.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What a command did.
#[derive(Debug, Clone)]
pub struct Run {
    /// The command line, as in the error messages.
    pub command: String,
    /// The exit code; none if a signal or the time limit ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Run {
    /// Whether the code is 0.
    pub fn is_ok(&self) -> bool {
        self.code == Some(0)
    }

    /// Both outputs, one after the other; diagnostics are wrapped lines in it.
    pub fn output(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Whether the output holds a sentence, whatever the line breaks and frames around it.
    pub fn says(&self, sentence: &str) -> bool {
        flowing(&self.output()).contains(&flowing(sentence))
    }

    /// # Panics
    /// Unless the command succeeded.
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!(self.is_ok(), "{self}");
        self
    }

    /// # Panics
    /// Unless the command failed and the output holds the sentence.
    #[track_caller]
    pub fn expect_error(self, sentence: &str) -> Self {
        assert!(!self.is_ok(), "it should have failed\n{self}");
        assert!(self.says(sentence), "missing: {sentence}\n{self}");
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, code, stdout, stderr, took } = self;
        write!(f, "{command}: code {code:?} after {took:?}\n{stdout}\n{stderr}")
    }
}

/// A text without the colours, frames and line breaks the CLI puts around diagnostics.
fn flowing(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (index, part) in text.split("\u{1b}[").enumerate() {
        let coloured = if index == 0 { None } else { part.split_once('m') };
        plain.push_str(coloured.map_or(part, |(_, rest)| rest));
    }
    plain.replace(['│', '╷', '╵'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A plan: the run, and what it would do.
#[derive(Debug, Clone)]
pub struct PlanResult {
    /// The run of `plan -detailed-exitcode`: code 0 is an empty plan, 2 one with changes, 1 an error.
    pub run: Run,
    /// The plan as `show -json` tells it; null after an error.
    pub json: Value,
}

impl PlanResult {
    /// Whether there is nothing to do, in resources and outputs.
    pub fn is_empty(&self) -> bool {
        self.run.code == Some(0)
    }

    /// The planned actions by resource address, without those that do nothing, as `["create"]`.
    pub fn actions(&self) -> BTreeMap<String, Vec<String>> {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        changes
            .map(|change| {
                let actions = change["change"]["actions"].as_array().into_iter().flatten();
                let actions = actions.filter_map(Value::as_str).map(str::to_owned).collect();
                (change["address"].as_str().unwrap_or_default().to_owned(), actions)
            })
            .filter(|(_, actions): &(_, Vec<String>)| *actions != ["no-op"] && *actions != ["read"])
            .collect()
    }

    /// The change of one resource: `actions`, `before`, `after`, `after_unknown`, `replace_paths`.
    pub fn change(&self, address: &str) -> &Value {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        changes
            .filter(|change| change["address"] == address)
            .map(|change| &change["change"])
            .next()
            .unwrap_or(&Value::Null)
    }

    /// # Panics
    /// Unless the plan is empty.
    #[track_caller]
    pub fn expect_empty(self) -> Self {
        assert!(self.is_empty(), "the plan should be empty\n{}", self.run);
        self
    }

    /// # Panics
    /// Unless the plan holds changes.
    #[track_caller]
    pub fn expect_changes(self) -> Self {
        assert_eq!(self.run.code, Some(2), "the plan should hold changes\n{}", self.run);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_frames_and_line_breaks_do_not_hide_a_sentence() {
        let stderr = "\u{1b}[31m╷\u{1b}[0m\n│ \u{1b}[1mError: \u{1b}[0mno such\n│ thing here\n╵\n";
        let run = Run {
            command: String::new(),
            code: Some(1),
            stdout: String::new(),
            stderr: stderr.to_owned(),
            took: Duration::ZERO,
        };
        assert!(run.says("Error: no such thing here"), "{}", flowing(stderr));
        assert!(!run.says("no thing"));
    }
}
