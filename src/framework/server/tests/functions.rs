//! Functions, called in-process.

use super::*;
use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::Type;
use crate::framework::value::Object;

/// Greets, or does as the name says.
struct Greet;

impl Function for Greet {
    fn name(&self) -> &'static str {
        "greet"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Greets.",
            description: "Greets.",
            parameters: vec![
                Parameter::string("name").nullable().describe("Whom."),
                Parameter::object("how", vec![Attribute::string("word").default("hello")])
                    .describe("How."),
            ],
            variadic: Some(Parameter::number("times").describe("How often.")),
            returns: Type::object([("text", Type::String), ("times", Type::Number)]),
            returned: "The greeting.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let name: Value<String> = arguments.take()?;
        let how: Dynamic = arguments.take()?;
        let times: Vec<i64> = arguments.rest()?;
        let word = how.get("word").clone();
        match name {
            Value::Value(name) if name == "panic" => panic!("lost it"),
            Value::Value(name) if name == "nobody" => {
                Err(FunctionError::of(0, "there is nobody of that name; name somebody."))
            }
            Value::Value(name) if name == "lie" => Ok(Dynamic::from("no object")),
            _ => Ok(Dynamic::Map(Object::from([
                ("text".to_owned(), word),
                ("times".to_owned(), Dynamic::from(times.iter().sum::<i64>())),
            ]))),
        }
    }
}

struct Greeter;

#[async_trait]
impl Provider for Greeter {
    type Context = ();

    fn schema(&self) -> Schema {
        Schema::default()
    }

    fn validate(&self, _config: &Dynamic, _diagnostics: &mut Diagnostics) {}

    async fn configure(
        &self,
        _config: Dynamic,
        _cancel: CancellationToken,
        _diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        None
    }

    fn resources(&self) -> Vec<Box<dyn ManagedResource<()>>> {
        Vec::new()
    }

    fn data_sources(&self) -> Vec<Box<dyn ReadableSource<()>>> {
        Vec::new()
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(Greet)]
    }
}

fn packed(value: &Dynamic, kind: &Type) -> proto::DynamicValue {
    convert::encode(value, kind, &mut Diagnostics::default()).unwrap()
}

/// Calls on a provider that nobody configured.
async fn call(name: &str, arguments: Vec<proto::DynamicValue>) -> proto::call_function::Response {
    let request = proto::call_function::Request { name: name.to_owned(), arguments };
    let server = Server::new(Greeter);
    server.call_function(Request::new(request)).await.unwrap().into_inner()
}

async fn greet(name: Dynamic, how: Dynamic, times: &[Dynamic]) -> proto::call_function::Response {
    let mut arguments = vec![packed(&name, &Type::String), packed(&how, &Type::Dynamic)];
    arguments.extend(times.iter().map(|number| packed(number, &Type::Number)));
    call("greet", arguments).await
}

fn error(answer: proto::call_function::Response) -> (String, Option<i64>) {
    assert_eq!(answer.result, None);
    let error = answer.error.unwrap();
    (error.text, error.function_argument)
}

fn nothing() -> Dynamic {
    Dynamic::Map(Object::new())
}

#[tokio::test]
async fn a_function_is_called_without_any_configuration() {
    let answer = greet(Dynamic::from("a"), nothing(), &[Dynamic::from(1), Dynamic::from(2)]).await;
    assert_eq!(answer.error, None);
    let result = convert::decode(answer.result.as_ref(), &Greet.signature().returns).unwrap();
    assert_eq!(result.get("text"), &Dynamic::from("hello"));
    assert_eq!(result.get("times"), &Dynamic::from(3));
}

#[tokio::test]
async fn an_empty_message_is_a_null_argument() {
    // So OpenTofu sends it.
    let how = packed(&nothing(), &Type::Dynamic);
    let answer = call("greet", vec![proto::DynamicValue::default(), how]).await;
    assert_eq!(answer.error, None);
}

#[tokio::test]
async fn the_argument_to_blame_is_named_and_the_full_stop_left_to_core() {
    let (text, argument) = error(greet(Dynamic::from("nobody"), nothing(), &[]).await);
    assert_eq!(text, "there is nobody of that name; name somebody");
    assert_eq!(argument, Some(0));

    let how = Dynamic::Map(Object::from([("wrod".to_owned(), Dynamic::from("hi"))]));
    let (text, argument) = error(greet(Dynamic::Null, how, &[]).await);
    assert_eq!(
        text,
        "wrod is no attribute here; the attributes are word. Correct its name, or remove it"
    );
    assert_eq!(argument, Some(1));
}

#[tokio::test]
async fn what_is_wrong_with_the_function_itself_is_an_error_too() {
    let (text, _) = error(greet(Dynamic::from("panic"), nothing(), &[]).await);
    assert!(text.starts_with("panic: lost it"), "{text}");
    let (text, _) = error(greet(Dynamic::from("lie"), nothing(), &[]).await);
    assert!(text.contains("expected an object, found a string"), "{text}");
    let (text, _) = error(call("gret", vec![]).await);
    assert!(text.contains("This provider has no function \"gret\"."), "{text}");
}

#[tokio::test]
async fn signatures_are_told_in_the_schema_and_when_asked_for() {
    let server = Server::new(Greeter);
    let request = proto::get_functions::Request::default();
    let told = server.get_functions(Request::new(request)).await.unwrap().into_inner();
    let request = proto::get_provider_schema::Request::default();
    let schema = server.get_provider_schema(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(told.functions, schema.functions);
    let greet = &told.functions["greet"];
    assert_eq!(greet.parameters[0].r#type, b"\"string\"");
    assert!(greet.parameters[0].allow_null_value);
    assert_eq!(greet.parameters[1].r#type, b"\"dynamic\"");
    assert!(!greet.parameters[1].allow_null_value && !greet.parameters[1].allow_unknown_values);
    assert_eq!(greet.variadic_parameter.as_ref().unwrap().r#type, b"\"number\"");
    let returns = &greet.r#return.as_ref().unwrap().r#type;
    assert_eq!(returns, br#"["object",{"text":"string","times":"number"}]"#);

    let request = proto::get_metadata::Request::default();
    let metadata = server.get_metadata(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(metadata.functions[0].name, "greet");
}
