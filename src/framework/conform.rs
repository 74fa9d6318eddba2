//! An object of any type, held against attributes that may be left out.
//!
//! What core does for a resource's configuration, a function has to do by itself: names are checked,
//! values are converted as Terraform converts them, defaults stand where nothing is said, and each
//! attribute's rules are asked. The first thing wrong is told, with the way to it.

use super::check;
use super::plan;
use super::schema::{Attribute, Nesting, Schema, Shape, Type};
use super::value::{Diagnostics, Dynamic, Number, Object};

/// The object with every attribute, defaults included; or what is wrong with it.
pub fn object(attributes: &[Attribute], value: Dynamic) -> Result<Dynamic, String> {
    let given = members(attributes, value, "")?;
    let filled = plan::with_defaults(attributes, &given, &Dynamic::Null, &given);
    let mut diagnostics = Diagnostics::default();
    let schema = Schema { attributes: attributes.to_vec(), ..Schema::default() };
    check::configuration(&schema, &given, true, &mut diagnostics);
    match diagnostics.errors.into_iter().next() {
        Some(error) => Err(error.detail.into_owned()),
        None => Ok(filled),
    }
}

fn members(attributes: &[Attribute], value: Dynamic, at: &str) -> Result<Dynamic, String> {
    let Dynamic::Map(mut given) = value else { return Err(wrong(at, "an object", &value)) };
    let mut object = Object::new();
    for attribute in attributes {
        let value = given.remove(attribute.name).unwrap_or_default();
        let at = below(at, attribute.name);
        object.insert(attribute.name.to_owned(), one(attribute, value, &at)?);
    }
    match given.into_keys().next() {
        None => Ok(Dynamic::Map(object)),
        Some(stranger) => {
            let mut names: Vec<&str> = attributes.iter().map(|known| known.name).collect();
            names.sort_unstable();
            Err(format!(
                "{} is no attribute here; the attributes are {}. Correct its name, or remove it.",
                below(at, &stranger),
                names.join(", ")
            ))
        }
    }
}

fn one(attribute: &Attribute, value: Dynamic, at: &str) -> Result<Dynamic, String> {
    let (nesting, nested) = match &attribute.shape {
        Shape::Plain(kind) => return convert(value, kind, at),
        Shape::Nested(nesting, nested) => (nesting, nested),
    };
    match (nesting, value) {
        (_, Dynamic::Null) => Ok(Dynamic::Null),
        (Nesting::Single, value) => members(nested, value, at),
        (Nesting::Map, Dynamic::Map(items)) => {
            let read = items.into_iter().map(|(key, item)| {
                let item = members(nested, item, &format!("{at}[{key:?}]"))?;
                Ok((key, item))
            });
            read.collect::<Result<_, String>>().map(Dynamic::Map)
        }
        (Nesting::List, Dynamic::List(items)) => {
            let read = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| members(nested, item, &format!("{at}[{index}]")));
            read.collect::<Result<_, String>>().map(Dynamic::List)
        }
        (Nesting::Map, other) => Err(wrong(at, "a map of objects", &other)),
        (Nesting::List, other) => Err(wrong(at, "a list of objects", &other)),
    }
}

/// As Terraform converts: numbers and bools to text and back, tuples to lists and sets, objects to
/// maps.
fn convert(value: Dynamic, kind: &Type, at: &str) -> Result<Dynamic, String> {
    match (value, kind) {
        (value @ (Dynamic::Null | Dynamic::Unknown), _)
        | (value, Type::Dynamic)
        | (value @ Dynamic::String(_), Type::String)
        | (value @ Dynamic::Number(_), Type::Number)
        | (value @ Dynamic::Bool(_), Type::Bool) => Ok(value),
        (Dynamic::Number(number), Type::String) => Ok(Dynamic::String(number.to_string())),
        (Dynamic::Bool(value), Type::String) => Ok(Dynamic::String(value.to_string())),
        (Dynamic::String(text), Type::Number) => match Number::read(&text) {
            Some(number) => Ok(Dynamic::Number(number)),
            None => Err(wrong(at, wanted(kind), &Dynamic::String(text))),
        },
        (Dynamic::String(text), Type::Bool) if text == "true" || text == "false" => {
            Ok(Dynamic::Bool(text == "true"))
        }
        (Dynamic::List(items), Type::List(of) | Type::Set(of)) => {
            let mut items = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| convert(item, of, &format!("{at}[{index}]")))
                .collect::<Result<Vec<_>, _>>()?;
            if matches!(kind, Type::Set(_)) {
                items.sort();
                items.dedup();
            }
            Ok(Dynamic::List(items))
        }
        (Dynamic::Map(items), Type::Map(of)) => {
            let read = items.into_iter().map(|(key, item)| {
                let item = convert(item, of, &format!("{at}[{key:?}]"))?;
                Ok((key, item))
            });
            read.collect::<Result<_, String>>().map(Dynamic::Map)
        }
        (other, _) => Err(wrong(at, wanted(kind), &other)),
    }
}

fn wanted(kind: &Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Number => "a number",
        Type::Bool => "a bool",
        Type::List(_) | Type::Tuple(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Object(_) => "an object",
        Type::Dynamic => "a value",
    }
}

fn wrong(at: &str, wanted: &str, found: &Dynamic) -> String {
    let found = match found {
        Dynamic::List(_) | Dynamic::Map(_) => found.words().to_owned(),
        plain => plain.to_string(),
    };
    if at.is_empty() {
        format!("{wanted} is needed, and {found} is given")
    } else {
        format!("{at} must be {wanted}, and is {found}")
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::check::Check;
    use crate::framework::function::testing::object as made;

    fn attributes() -> Vec<Attribute> {
        let claim = vec![Attribute::string("name").required(), Attribute::number("size")];
        vec![
            Attribute::string("name").required(),
            Attribute::number("iops").default(3000).check(Check::range(3000, 80_000)),
            Attribute::bool("encrypted").default(true),
            Attribute::strings("zones"),
            Attribute::of("options", Type::list(Type::String)),
            Attribute::string_map("tags"),
            Attribute::object("claim", claim.clone()),
            Attribute::objects("claims", claim.clone()),
            Attribute::object_list("row", claim),
        ]
    }

    fn refusal<const N: usize>(members: [(&str, Dynamic); N]) -> String {
        object(&attributes(), made(members)).unwrap_err()
    }

    #[test]
    fn what_is_left_out_has_its_default_or_is_null() {
        let read = object(&attributes(), made([("name", Dynamic::from("a"))])).unwrap();
        assert_eq!(read.get("iops"), &Dynamic::from(3000));
        assert_eq!(read.get("encrypted"), &Dynamic::from(true));
        assert_eq!(read.get("claim"), &Dynamic::Null);
        assert_eq!(read.as_object().unwrap().len(), attributes().len());
    }

    #[test]
    fn values_are_converted_as_terraform_does() {
        let list =
            |items: &[&str]| Dynamic::List(items.iter().map(|item| Dynamic::from(*item)).collect());
        let read = object(
            &attributes(),
            made([
                ("name", Dynamic::from(7)),
                ("iops", Dynamic::from("4000")),
                ("encrypted", Dynamic::from("false")),
                ("zones", list(&["b", "a", "b"])),
                ("options", list(&["b", "a", "b"])),
                ("tags", made([("on", Dynamic::from(true))])),
                ("claims", made([("x", made([("name", Dynamic::from("c"))]))])),
            ]),
        )
        .unwrap();
        assert_eq!(read.get("name"), &Dynamic::from("7"));
        assert_eq!(read.get("iops"), &Dynamic::from(4000));
        assert_eq!(read.get("encrypted"), &Dynamic::from(false));
        assert_eq!(read.get("zones"), &list(&["a", "b"]));
        assert_eq!(read.get("options"), &list(&["b", "a", "b"]));
        assert_eq!(read.get("tags").get("on"), &Dynamic::from("true"));
        assert_eq!(read.get("claims").get("x").get("size"), &Dynamic::Null);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_way_to_it() {
        let name = ("name", Dynamic::from("a"));
        assert_eq!(refusal([]), "name is required, and is null here. Give it a value.");
        assert_eq!(
            refusal([name.clone(), ("iop", Dynamic::from(1))]),
            "iop is no attribute here; the attributes are claim, claims, encrypted, iops, name, \
             options, row, tags, zones. Correct its name, or remove it."
        );
        assert_eq!(
            refusal([name.clone(), ("iops", Dynamic::from(1))]),
            "iops = 1: must be a whole number from 3000 to 80000."
        );
        assert_eq!(
            refusal([name.clone(), ("iops", Dynamic::from("many"))]),
            "iops must be a number, and is \"many\""
        );
        assert_eq!(
            refusal([name.clone(), ("zones", Dynamic::List(vec![Dynamic::List(vec![])]))]),
            "zones[0] must be a string, and is a list"
        );
        assert_eq!(
            refusal([name.clone(), ("claim", made([("size", Dynamic::from(1))]))]),
            "claim.name is required, and is null here. Give it a value."
        );
        let row = Dynamic::List(vec![made([("nam", Dynamic::Null)])]);
        assert!(refusal([name.clone(), ("row", row)]).starts_with("row[0].nam is no attribute"));
        let claims = made([("x", Dynamic::from("y"))]);
        assert_eq!(
            refusal([name.clone(), ("claims", claims)]),
            "claims[\"x\"] must be an object, and is \"y\""
        );
        assert_eq!(
            refusal([name, ("row", made([]))]),
            "row must be a list of objects, and is an object"
        );
        assert_eq!(
            object(&attributes(), Dynamic::from("a")).unwrap_err(),
            "an object is needed, and \"a\" is given"
        );
    }
}
