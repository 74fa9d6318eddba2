//! An answer on its way back, and errors in the shape of each protocol.

use super::call::Call;
use serde_json::{Value, json};

/// An HTTP answer, as it goes to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case. The length is set when it is sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self::new(status, "application/xml", body)
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, "application/xml", String::new())
    }

    fn new(status: u16, kind: &str, body: String) -> Self {
        let headers = vec![
            ("content-type".to_owned(), kind.to_owned()),
            ("x-amzn-requestid".to_owned(), "proxy-request".to_owned()),
            ("x-amz-request-id".to_owned(), "proxy-request".to_owned()),
        ];
        Self { status, headers, body: body.into_bytes() }
    }

    /// Whether it is a success.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, if it is.
    pub fn as_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Sets or replaces a header.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Sets a field wherever the body has it: a JSON member of any depth, or XML elements of that name.
    pub fn set_field(&mut self, field: &str, value: &str) {
        if let Some(mut document) = self.as_json() {
            set_member(&mut document, field, value);
            self.body = document.to_string().into_bytes();
            return;
        }
        let (open, close) = (format!("<{field}>"), format!("</{field}>"));
        let text = self.text();
        let mut parts = text.split(&open);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let tail = part.split_once(&close).map_or(part, |(_, tail)| tail);
            out.extend([&open, value, &close, tail]);
        }
        self.body = out.into_bytes();
    }
}

fn set_member(document: &mut Value, field: &str, value: &str) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                if name == field && !member.is_object() && !member.is_array() {
                    *member = Value::String(value.to_owned());
                } else {
                    set_member(member, field, value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set_member(item, field, value)),
        _ => {}
    }
}

/// An error as the service of the call words it, with further JSON members where it has some.
pub(crate) fn error(
    call: &Call,
    status: u16,
    code: &str,
    message: &str,
    members: &[(&str, &str)],
) -> Reply {
    match call.service.as_str() {
        "s3" if call.method == "HEAD" => Reply::empty(status),
        "s3" => Reply::xml(
            status,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}\
                 </Message><RequestId>proxy-request</RequestId></Error>"
            ),
        ),
        "ec2" => Reply::xml(
            status,
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>\
                 </Errors><RequestID>proxy-request</RequestID></Response>"
            ),
        ),
        "iam" | "sts" | "elasticache" => {
            let side = if status < 500 { "Sender" } else { "Receiver" };
            Reply::xml(
                status,
                format!(
                    "<ErrorResponse><Error><Type>{side}</Type><Code>{code}</Code><Message>{message}\
                     </Message></Error><RequestId>proxy-request</RequestId></ErrorResponse>"
                ),
            )
        }
        _ => {
            // REST JSON takes the code from the header, JSON 1.1 from the member.
            let mut body = json!({ "__type": code, "message": message });
            if call.service == "elasticfilesystem" {
                body = json!({ "ErrorCode": code, "Message": message });
            }
            for (name, value) in members {
                body[*name] = json!(value);
            }
            let mut reply = Reply::json(status, &body);
            reply.set_header("x-amzn-errortype", code);
            reply
        }
    }
}

/// A refusal for want of rights in the words of the call's service.
pub(crate) fn denied(call: &Call) -> Reply {
    let (status, code) = match call.service.as_str() {
        "s3" | "iam" | "sts" | "elasticache" => (403, "AccessDenied"),
        "ec2" => (403, "UnauthorizedOperation"),
        "elasticfilesystem" | "eks" | "backup" => (403, "AccessDeniedException"),
        _ => (400, "AccessDeniedException"),
    };
    let Call { service, operation, account, .. } = call;
    let user = format!("arn:aws:iam::{account}:user/bench");
    let message = format!("User: {user} is not authorized to perform: {service}:{operation}");
    error(call, status, code, &message, &[])
}

/// Throttling in the words of the call's service.
pub(crate) fn throttled(call: &Call) -> Reply {
    let (status, code) = match call.service.as_str() {
        "s3" => (503, "SlowDown"),
        "ec2" => (503, "RequestLimitExceeded"),
        "iam" | "sts" | "elasticache" => (400, "Throttling"),
        "elasticfilesystem" | "eks" | "backup" => (429, "ThrottlingException"),
        _ => (400, "ThrottlingException"),
    };
    error(call, status, code, "Rate exceeded", &[])
}

/// The refusal of a session that has ended, in the words of the call's service. EC2 has one code for
/// it and for a request of another time; `HEAD` of S3 has none.
pub(crate) fn expired(call: &Call) -> Reply {
    let (status, code) = match call.service.as_str() {
        "s3" => (400, "ExpiredToken"),
        "ec2" => (400, "RequestExpired"),
        "iam" | "sts" | "elasticache" => (403, "ExpiredToken"),
        "elasticfilesystem" | "eks" | "backup" => (403, "ExpiredTokenException"),
        _ => (400, "ExpiredTokenException"),
    };
    error(call, status, code, "The security token included in the request is expired", &[])
}

/// The refusal of a request that is signed for another time, in the words of the call's service.
pub(crate) fn misdated(call: &Call) -> Reply {
    let (status, code, message) = match call.service.as_str() {
        "s3" => (
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        "ec2" => (400, "RequestExpired", "Request has expired."),
        "iam" | "sts" | "elasticache" => {
            (403, "SignatureDoesNotMatch", "Signature expired or not yet current")
        }
        "elasticfilesystem" | "eks" | "backup" => {
            (403, "InvalidSignatureException", "Signature expired or not yet current")
        }
        _ => (400, "InvalidSignatureException", "Signature expired or not yet current"),
    };
    error(call, status, code, message, &[])
}

/// A failure on AWS's side in the words of the call's service.
pub(crate) fn server_error(call: &Call) -> Reply {
    let code = match call.service.as_str() {
        "elasticfilesystem" => "InternalServerError",
        "eks" => "ServerException",
        "iam" => "ServiceFailure",
        "sts" | "elasticache" => "InternalFailure",
        _ => "InternalError",
    };
    error(call, 500, code, "We encountered an internal error. Please try again.", &[])
}
