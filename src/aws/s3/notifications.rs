//! Whom a bucket tells of events: queues, topics, functions, and EventBridge.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, LambdaFunctionConfiguration,
    NotificationConfiguration, NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter,
    TopicConfiguration,
};

use super::{Bucket, failed, unbuildable};
use crate::aws::clients::Clients;
use crate::aws::error::{Error, Kind, Service};

/// All notifications of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notifications {
    /// Whether every event goes to EventBridge.
    pub eventbridge: bool,
    /// Targets by the id of their configuration.
    pub targets: BTreeMap<String, Target>,
}

/// Who is told, and of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// ARN of an SQS queue, an SNS topic or a Lambda function.
    pub arn: String,
    /// Events, as in `s3:ObjectCreated:*`.
    pub events: BTreeSet<String>,
    /// What the object's key begins with.
    pub prefix: Option<String>,
    /// What the object's key ends with.
    pub suffix: Option<String>,
}

/// The notifications. IAM: s3:GetBucketNotification
pub async fn find_notifications(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Notifications, Error> {
    let request = clients
        .s3()
        .get_bucket_notification_configuration()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let answer = request.send().await.map_err(failed("GetBucketNotificationConfiguration"))?;
    let queues = answer.queue_configurations.unwrap_or_default().into_iter();
    let topics = answer.topic_configurations.unwrap_or_default().into_iter();
    let functions = answer.lambda_function_configurations.unwrap_or_default().into_iter();
    let read = |id: Option<String>, arn, events: Vec<Event>, filter| {
        (id.unwrap_or_default(), target(arn, &events, filter))
    };
    Ok(Notifications {
        eventbridge: answer.event_bridge_configuration.is_some(),
        targets: queues
            .map(|one| read(one.id, one.queue_arn, one.events, one.filter))
            .chain(topics.map(|one| read(one.id, one.topic_arn, one.events, one.filter)))
            .chain(
                functions.map(|one| read(one.id, one.lambda_function_arn, one.events, one.filter)),
            )
            .collect(),
    })
}

fn target(
    arn: String,
    events: &[Event],
    filter: Option<NotificationConfigurationFilter>,
) -> Target {
    let rules = filter.and_then(|filter| filter.key).and_then(|key| key.filter_rules);
    // AWS answers `Prefix` where `prefix` was sent.
    let value = |name: &str| {
        rules
            .iter()
            .flatten()
            .find(|rule| {
                rule.name.as_ref().is_some_and(|known| known.as_str().eq_ignore_ascii_case(name))
            })
            .and_then(|rule| rule.value.clone())
            .filter(|value| !value.is_empty())
    };
    Target {
        prefix: value("prefix"),
        suffix: value("suffix"),
        events: events.iter().map(|event| event.as_str().to_owned()).collect(),
        arn,
    }
}

/// Replaces all notifications. AWS sends a test message to every queue and topic, and refuses the
/// whole with `InvalidArgument` where that fails. IAM: s3:PutBucketNotification
pub async fn put_notifications(
    clients: &Clients,
    bucket: Bucket<'_>,
    notifications: &Notifications,
) -> Result<(), Error> {
    clients
        .s3()
        .put_bucket_notification_configuration()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .notification_configuration(write(notifications)?)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

const OPERATION: &str = "PutBucketNotificationConfiguration";

fn write(notifications: &Notifications) -> Result<NotificationConfiguration, Error> {
    let mut configuration = NotificationConfiguration::builder();
    if notifications.eventbridge {
        configuration =
            configuration.event_bridge_configuration(EventBridgeConfiguration::builder().build());
    }
    for (id, target) in &notifications.targets {
        let events = target.events.iter().map(|event| Event::from(event.as_str())).collect();
        let (events, filter, arn) = (Some(events), write_filter(target), &target.arn);
        configuration = match target.service() {
            "sqs" => configuration.queue_configurations(
                QueueConfiguration::builder()
                    .id(id)
                    .queue_arn(arn)
                    .set_events(events)
                    .set_filter(filter)
                    .build()
                    .map_err(unbuildable(OPERATION))?,
            ),
            "sns" => configuration.topic_configurations(
                TopicConfiguration::builder()
                    .id(id)
                    .topic_arn(arn)
                    .set_events(events)
                    .set_filter(filter)
                    .build()
                    .map_err(unbuildable(OPERATION))?,
            ),
            "lambda" => configuration.lambda_function_configurations(
                LambdaFunctionConfiguration::builder()
                    .id(id)
                    .lambda_function_arn(arn)
                    .set_events(events)
                    .set_filter(filter)
                    .build()
                    .map_err(unbuildable(OPERATION))?,
            ),
            _ => {
                let message = format!("{arn} is no ARN of a queue, topic or function");
                return Err(Error::new(Service::S3, OPERATION, Kind::Invalid, message));
            }
        };
    }
    Ok(configuration.build())
}

fn write_filter(target: &Target) -> Option<NotificationConfigurationFilter> {
    let rule = |name: FilterRuleName, value: &Option<String>| {
        let value = value.clone().filter(|value| !value.is_empty())?;
        Some(FilterRule::builder().name(name).value(value).build())
    };
    let rules: Vec<FilterRule> = [
        rule(FilterRuleName::Prefix, &target.prefix),
        rule(FilterRuleName::Suffix, &target.suffix),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!rules.is_empty()).then(|| {
        let key = S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
        NotificationConfigurationFilter::builder().key(key).build()
    })
}

impl Target {
    /// The service of its ARN: `sqs`, `sns` or `lambda`.
    pub fn service(&self) -> &str {
        self.arn.split(':').nth(2).unwrap_or_default()
    }
}
