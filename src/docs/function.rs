//! The page of a function: signature, arguments, result.

use crate::framework::function::{Accepts, Parameter, Signature};
use crate::framework::schema::Type;

use super::schema::{members, type_name};
use super::{Examples, PROVIDER, Subject, code, front_matter};

const VERSION_NOTE: &str = "-> Provider functions need Terraform 1.8 or OpenTofu 1.7.";

/// The whole page of a function.
pub fn function_page(name: &'static str, signature: &Signature, examples: &Examples) -> String {
    let subject = Subject::Function(name);
    let mut sections = vec![
        front_matter(subject, signature.summary),
        format!("# {}", subject.heading()),
        signature.description.trim().to_owned(),
        VERSION_NOTE.to_owned(),
    ];
    if !examples.usage.is_empty() {
        sections.push("## Example Usage".to_owned());
        sections.extend(examples.usage.iter().map(|text| code("terraform", text)));
    }
    sections.push("## Signature".to_owned());
    sections.push(code("text", &call(name, signature)));
    sections.push("## Arguments".to_owned());
    let all = signature.parameters.iter().map(|one| argument(one, false));
    let all = all.chain(signature.variadic.iter().map(|one| argument(one, true)));
    sections.push(all.collect::<Vec<_>>().join("\n"));
    for parameter in signature.parameters.iter().chain(&signature.variadic) {
        if let Accepts::Object(attributes) = &parameter.accepts {
            sections.push(format!("## Attributes of `{}`", parameter.name));
            sections.push(members(attributes));
        }
    }
    sections.push("## Return Type".to_owned());
    sections.push(format!("{}: {}", result(&signature.returns), signature.returned.trim()));
    sections.join("\n\n") + "\n"
}

/// The function as it is called, with types in configuration's spelling.
fn call(name: &str, signature: &Signature) -> String {
    let mut parameters: Vec<String> = signature
        .parameters
        .iter()
        .map(|one| format!("{} {}", one.name, accepted(&one.accepts)))
        .collect();
    if let Some(one) = &signature.variadic {
        parameters.push(format!("{} {}...", one.name, accepted(&one.accepts)));
    }
    format!(
        "provider::{PROVIDER}::{name}({}) {}",
        parameters.join(", "),
        written(&signature.returns)
    )
}

fn accepted(accepts: &Accepts) -> String {
    match accepts {
        Accepts::Value(kind) => written(kind),
        Accepts::Object(_) => "object".to_owned(),
    }
}

/// A type as configuration writes it, objects without their attributes.
fn written(kind: &Type) -> String {
    match kind {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::List(of) => format!("list of {}", written(of)),
        Type::Set(of) => format!("set of {}", written(of)),
        Type::Map(of) => format!("map of {}", written(of)),
        Type::Object(_) => "object".to_owned(),
        Type::Tuple(_) => "tuple".to_owned(),
        Type::Dynamic => "dynamic".to_owned(),
    }
}

fn argument(parameter: &Parameter, variadic: bool) -> String {
    let mut marks = match &parameter.accepts {
        Accepts::Value(kind) => type_name(kind),
        Accepts::Object(_) => "Object".to_owned(),
    };
    for (_, mark) in
        [(variadic, ", Variadic"), (parameter.nullable, ", Nullable")].iter().filter(|(on, _)| *on)
    {
        marks.push_str(mark);
    }
    let words: Vec<&str> = parameter.description.split_whitespace().collect();
    format!("1. `{}` ({marks}) {}", parameter.name, words.join(" "))
}

/// The type of a result, objects with their attributes.
fn result(kind: &Type) -> String {
    match kind {
        Type::Object(types) => {
            let types = types.iter().map(|(name, of)| format!("`{name}` ({})", type_name(of)));
            format!("Object of {}", types.collect::<Vec<_>>().join(", "))
        }
        plain => type_name(plain),
    }
}
