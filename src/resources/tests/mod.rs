//! What the unit tests of every room do: a configuration in, diagnostics or a plan out. And what holds
//! for all rooms alike ([`guards`]).

mod guards;

use serde_json::Value as Json;

use crate::framework::codec;
use crate::framework::diagnostic::path_text;
use crate::framework::managed::{Managed, ManagedResource, PlanInput, PlanOutput};
use crate::framework::private::Private;
use crate::framework::resource::Resource;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::provider::context::ProviderContext;

/// One resource under test.
pub(super) struct Room(Box<dyn ManagedResource<ProviderContext>>);

impl Room {
    pub(super) fn new(resource: impl Resource<ProviderContext>) -> Self {
        Self(Box::new(Managed::new(resource)))
    }

    /// A configuration; attributes that are not named are null.
    pub(super) fn config(&self, json: &Json) -> Dynamic {
        let bytes = serde_json::to_vec(json).unwrap();
        codec::from_json(&bytes, &self.0.schema().kind()).unwrap()
    }

    /// What validation says.
    pub(super) fn validated(&self, json: &Json) -> Diagnostics {
        self.0.validate(&self.config(json), true)
    }

    /// What validation says to a core that knows no write-only values.
    pub(super) fn validated_by_an_older_core(&self, json: &Json) -> Diagnostics {
        self.0.validate(&self.config(json), false)
    }

    /// What validation says while every attribute that configuration may give is unknown.
    pub(super) fn validated_unknown(&self) -> Diagnostics {
        let Dynamic::Map(mut object) = self.config(&Json::Object(serde_json::Map::new())) else {
            panic!("a schema is an object")
        };
        for attribute in &self.0.schema().attributes {
            if attribute.is_configurable() {
                object.insert(attribute.name.to_owned(), Dynamic::Unknown);
            }
        }
        self.0.validate(&Dynamic::Map(object), true)
    }

    /// The plan of a create while the provider block is unknown: nothing is asked of AWS.
    pub(super) async fn planned(&self, json: &Json) -> PlanOutput {
        let config = self.config(json);
        let input = PlanInput {
            proposed: config.clone(),
            config,
            prior: Dynamic::Null,
            private: Private::default(),
        };
        self.0.plan(None, input).await
    }

    /// Each wrong input is refused with the attribute blamed and the sentence said.
    pub(super) fn refuses(&self, inputs: &[(Json, &str, &str)]) {
        for (json, attribute, says) in inputs {
            let errors = self.validated(json).errors;
            let matching = errors.iter().find(|error| {
                path_text(&error.attribute) == *attribute && error.detail.contains(says)
            });
            let told: Vec<_> = errors
                .iter()
                .map(|error| format!("{}: {}", path_text(&error.attribute), error.detail))
                .collect();
            let bug = errors.iter().any(|error| error.summary == "Provider Bug");
            assert!(!bug, "{json}\ntold as a bug of the provider");
            assert!(matching.is_some(), "{json}\nwanted {attribute}: …{says}…\ngot {told:#?}");
        }
    }
}
