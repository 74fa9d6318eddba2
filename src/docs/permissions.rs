//! The guide of the permissions: what the credentials must allow, type by type.

use super::{PROVIDER, code};

/// What one type needs.
#[derive(Debug)]
pub struct Needs {
    /// What it is about, as the heading says it.
    pub heading: String,
    /// Each circumstance with the actions a plan needs, and those that apply and destroy need besides.
    pub rows: Vec<(String, Vec<String>, Vec<String>)>,
    /// A policy that allows all of it, as JSON; none where nothing is needed.
    pub policy: Option<String>,
}

const INTRODUCTION: &str = "\
What the credentials of the provider must allow, for each resource and data source. Every action is \
one that the provider calls, or one that AWS demands of the caller for such a call: keys of KMS, \
network interfaces of mount targets, roles that are passed to a service.

A plan only looks: credentials for pull requests need the second column and nothing else. The third \
column is what apply and destroy need besides.

The policies name no account. Narrow `role/*` and the buckets of `arn:aws:s3:::*` down to the names \
you use. Actions of a row with a circumstance may be left out where the attribute is not used.

`sts:GetCallerIdentity`, which the provider calls first, is open to everyone. For `assume_role` of \
the provider block the credentials it begins with need `sts:AssumeRole` on that role.";

/// The guide.
pub fn guide(all: &[Needs]) -> String {
    let mut page = format!(
        "---\n# Written by `make docs` from what the resources declare: change that.\n\
         page_title: \"Permissions - {PROVIDER}\"\nsubcategory: \"\"\ndescription: |-\n  \
         The IAM actions of each resource and data source.\n---\n\n\
         # Permissions\n\n{INTRODUCTION}\n"
    );
    for needs in all {
        let mut sections = vec![format!("\n## {}", needs.heading)];
        if needs.rows.is_empty() {
            sections.push("Asks nothing of AWS.".to_owned());
        } else {
            let mut table = "| When | Plan | Apply and destroy |\n|---|---|---|".to_owned();
            for (when, looking, changing) in &needs.rows {
                let cells = format!("\n| {when} | {} | {} |", cell(looking), cell(changing));
                table.push_str(&cells);
            }
            sections.push(table);
        }
        sections.extend(needs.policy.as_ref().map(|policy| code("json", policy)));
        page.push_str(&sections.join("\n\n"));
        page.push('\n');
    }
    page
}

fn cell(actions: &[String]) -> String {
    if actions.is_empty() {
        return "none".to_owned();
    }
    let actions: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
    actions.join(", ")
}
