//! What a call asks for, read from its form, and the refusals it can meet.

use crate::proxy::call::Call;
use std::collections::BTreeMap;

/// An error of the service: HTTP status, code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterValue", message)
    }

    pub(super) fn combination(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterCombination", message)
    }
}

/// What an operation answers: the inside of its result element, or a refusal.
pub(super) type Answered = Result<String, Refusal>;

/// One call: who asks where, and the parameters.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) operation: String,
    pub(super) account: String,
    pub(super) region: String,
    form: Vec<(String, String)>,
    /// Subnets the call names, as EC2 knows them: id to VPC and zone.
    pub(super) subnets: BTreeMap<String, (String, String)>,
}

impl Ask {
    pub(super) fn new(call: &Call) -> Self {
        Self {
            operation: call.operation.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
            form: call.form(),
            subnets: BTreeMap::new(),
        }
    }

    /// The ARN of a thing of this account and region.
    pub(super) fn arn(&self, kind: &str, name: &str) -> String {
        format!("arn:aws:elasticache:{}:{}:{kind}:{name}", self.region, self.account)
    }

    /// A parameter, as sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter the call must have.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Refusal::new(400, "InvalidParameterValue", format!("The parameter {name} is missing."))
        })
    }

    /// A name, which `ElastiCache` keeps in lower case.
    pub(super) fn name(&self, name: &str) -> Result<String, Refusal> {
        self.required(name).map(str::to_lowercase)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Refusal::value(format!("{name}: {other} is no boolean"))),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        self.get(name)
            .map(|text| {
                text.parse().map_err(|_| Refusal::value(format!("{name}: {text} is no number")))
            })
            .transpose()
    }

    /// The values of a list of texts, in order.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let prefix = format!("{name}.");
        let named = self.form.iter().filter(|(known, _)| known.starts_with(&prefix));
        named.map(|(_, value)| value.clone()).collect()
    }

    /// The members of a list of structures, in order, each by the rest of its names.
    pub(super) fn structs(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let prefix = format!("{name}.");
        let mut members: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
        for (known, value) in &self.form {
            // `Tags.Tag.1.Key`: the name of a member, its number, and the field.
            let Some(rest) = known.strip_prefix(&prefix) else { continue };
            let mut parts = rest.splitn(3, '.').skip(1);
            let number = parts.next().and_then(|number| number.parse().ok());
            if let (Some(number), Some(field)) = (number, parts.next()) {
                members.entry(number).or_default().insert(field.to_owned(), value.clone());
            }
        }
        members.into_values().collect()
    }

    /// The tags of a creating call.
    pub(super) fn tags(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let mut tags = BTreeMap::new();
        for mut tag in self.structs("Tags") {
            let key = tag.remove("Key").unwrap_or_default();
            if key.is_empty() || key.starts_with("aws:") {
                return Err(Refusal::value(format!("The tag key {key:?} is not allowed.")));
            }
            tags.insert(key, tag.remove("Value").unwrap_or_default());
        }
        if tags.len() > 50 {
            return Err(Refusal::new(400, "TagQuotaPerResourceExceeded", "More than 50 tags."));
        }
        Ok(tags)
    }

    /// Refuses parameters outside the model, so that nothing is ignored in silence.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let stranger = self.form.iter().find(|(name, _)| {
            let head = name.split('.').next().unwrap_or_default();
            !known.contains(&head) && !["Action", "Version"].contains(&head)
        });
        match stranger {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::value(format!("{name} is not modelled by the bench"))),
        }
    }

    /// One page of a listing, and the marker of the next: `MaxRecords` is 20 to 100, by default 100.
    pub(super) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), Refusal> {
        let size = self.number("MaxRecords")?.unwrap_or(100);
        if !(20..=100).contains(&size) {
            return Err(Refusal::value("MaxRecords must be between 20 and 100."));
        }
        let start = self.number("Marker")?.unwrap_or(0);
        let marker = (all.len() > start + size).then(|| (start + size).to_string());
        Ok((all.into_iter().skip(start).take(size).collect(), marker))
    }
}
