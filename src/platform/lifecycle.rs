//! Which lifecycle rules would corrupt an observability store.
//!
//! Mimir, Loki and Tempo delete their own data and keep an index of it beside it. S3 knows nothing
//! of that: a rule that deletes by age takes blocks from under a running product, or rules and
//! silences that no one can rebuild. Such rules are refused, each with the way that works.

use super::defaults::OBSERVABILITY;
use super::duration::Retention;
use super::stores::{Product, Store};

/// What Loki keeps beside its chunks, at the top of the bucket.
const LOKI_KEPT: [&str; 2] = ["index/", "loki_cluster_seed.json"];

/// Loki's compactor deletes this long after retention has ended.
/// <https://grafana.com/docs/loki/latest/operations/storage/retention/>
const LOKI_DELETE_DELAY_SECONDS: u64 = 2 * 3_600;

/// Loki's lower bound. <https://grafana.com/docs/loki/latest/operations/storage/retention/>
const LOKI_MIN_RETENTION_SECONDS: u64 = 24 * 3_600;

const DAY_SECONDS: u64 = 86_400;

/// Storage classes whose objects must be restored before they can be read.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>
const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// One of `extra_lifecycle_rules`, as far as it can harm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtraRule<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// The prefix of its filter; `None` and the empty text are the whole bucket.
    pub prefix: Option<&'a str>,
    /// After how many days current objects are deleted.
    pub expiration_days: Option<u32>,
    /// Whether current objects are deleted at a date instead.
    pub expires_at_date: bool,
    /// The storage classes that current objects move to.
    pub transition_storage_classes: &'a [&'a str],
}

/// Retention as configured for each product; `None` keeps the data for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retentions {
    /// Mimir's.
    pub metrics: Option<Retention>,
    /// Loki's.
    pub logs: Option<Retention>,
    /// Tempo's.
    pub traces: Option<Retention>,
}

impl Retentions {
    /// The retention of a product.
    pub const fn of(&self, product: Product) -> Option<Retention> {
        match product {
            Product::Mimir => self.metrics,
            Product::Loki => self.logs,
            Product::Tempo => self.traces,
        }
    }
}

/// Why a lifecycle rule or a retention is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifecycleProblem {
    /// Expiry by age where the compactor deletes.
    #[error(
        "lifecycle rule \"{id}\" expires objects of {store}: Mimir's compactor deletes blocks and \
         keeps the index of the bucket, so S3 must not; remove the expiration and set \
         retention.metrics instead"
    )]
    MimirBlocks {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
    },
    /// Expiry by age of what was made by hand.
    #[error(
        "lifecycle rule \"{id}\" expires objects of {store}: they are configuration and must not \
         vanish by age; remove the expiration (old versions expire by \
         noncurrent_version_expiration_days)"
    )]
    Configuration {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
    },
    /// Expiry of all of Loki's bucket.
    #[error(
        "lifecycle rule \"{id}\" expires all of {store}, and with it Loki's index and cluster \
         seed; give the rule the prefix of a tenant, for example \"fake/\""
    )]
    WholeLokiBucket {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
    },
    /// Expiry that reaches Loki's own files.
    #[error(
        "lifecycle rule \"{id}\" expires the prefix \"{prefix}\" of {store}, which covers Loki's \
         own \"{kept}\"; give the rule the prefix of a tenant, for example \"fake/\""
    )]
    LokiIndex {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
        /// The rule's prefix.
        prefix: String,
        /// What of Loki's it covers.
        kept: &'static str,
    },
    /// Expiry without a retention that it could be longer than.
    #[error(
        "lifecycle rule \"{id}\" expires objects of {store} while retention.logs is not set, so \
         Loki would still look for them; set retention.logs, and expire later than that"
    )]
    NoLokiRetention {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
    },
    /// Expiry before the product itself deletes.
    #[error(
        "lifecycle rule \"{id}\" expires objects of {store} after {days} days, but {product} keeps \
         them for {keeps}; expire after at least {least} days, or shorten {attribute}"
    )]
    BeforeRetention {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
        /// The rule's days.
        days: u32,
        /// The product.
        product: Product,
        /// How long the product keeps its data, with its own delay.
        keeps: String,
        /// The least days that are safe.
        least: u64,
        /// The attribute that decides it.
        attribute: &'static str,
    },
    /// Expiry at a date takes new and old alike.
    #[error(
        "lifecycle rule \"{id}\" expires objects of {store} at a date, whatever their age; expire \
         by days instead"
    )]
    ByDate {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
    },
    /// A storage class that cannot be read at once.
    #[error(
        "lifecycle rule \"{id}\" moves objects of {store} to {class}, from where they must be \
         restored before {product} can read them; use INTELLIGENT_TIERING, STANDARD_IA or \
         GLACIER_IR"
    )]
    Archive {
        /// The rule.
        id: String,
        /// The store.
        store: Store,
        /// The storage class.
        class: String,
        /// The product that reads the store.
        product: Product,
    },
    /// A retention below what Loki takes.
    #[error("retention.logs is {value}; Loki keeps logs for at least 24h, so raise it")]
    LokiRetentionTooShort {
        /// The retention, in Go's spelling.
        value: String,
    },
}

/// Checks the retentions themselves.
pub fn check_retentions(retentions: &Retentions) -> Result<(), LifecycleProblem> {
    match retentions.logs {
        Some(logs) if logs.duration().as_secs() < LOKI_MIN_RETENTION_SECONDS => {
            Err(LifecycleProblem::LokiRetentionTooShort { value: logs.to_go() })
        }
        _ => Ok(()),
    }
}

/// Checks a rule for a store. Rules that touch old versions only, or abort uploads, are harmless.
pub fn check_rule(
    store: Store,
    rule: &ExtraRule<'_>,
    retentions: &Retentions,
) -> Result<(), LifecycleProblem> {
    let id = || rule.id.to_owned();
    if let Some(class) = rule.transition_storage_classes.iter().find(|c| ARCHIVES.contains(c)) {
        let class = (*class).to_owned();
        let product = store.product();
        return Err(LifecycleProblem::Archive { id: id(), store, class, product });
    }
    if rule.expiration_days.is_none() && !rule.expires_at_date {
        return Ok(());
    }
    match store {
        Store::MimirMetrics => Err(LifecycleProblem::MimirBlocks { id: id(), store }),
        Store::MimirAlertmanager | Store::MimirRuler | Store::LokiRuler => {
            Err(LifecycleProblem::Configuration { id: id(), store })
        }
        Store::LokiChunks => check_loki(store, rule, retentions.logs),
        Store::TempoTraces => check_tempo(store, rule, retentions.traces),
    }
}

fn check_loki(
    store: Store,
    rule: &ExtraRule<'_>,
    logs: Option<Retention>,
) -> Result<(), LifecycleProblem> {
    let id = rule.id.to_owned();
    let prefix = rule.prefix.unwrap_or_default();
    if prefix.is_empty() {
        return Err(LifecycleProblem::WholeLokiBucket { id, store });
    }
    // A prefix covers a path when either begins with the other: "in" reaches "index/" as well.
    let covered = |kept: &&str| kept.starts_with(prefix) || prefix.starts_with(*kept);
    if let Some(kept) = LOKI_KEPT.into_iter().find(covered) {
        let prefix = prefix.to_owned();
        return Err(LifecycleProblem::LokiIndex { id, store, prefix, kept });
    }
    let Some(logs) = logs else {
        return Err(LifecycleProblem::NoLokiRetention { id, store });
    };
    let seconds = logs.duration().as_secs() + LOKI_DELETE_DELAY_SECONDS;
    let keeps = format!("{} and deletes 2h later", logs.to_go());
    check_days(store, rule, seconds, keeps, "retention.logs")
}

fn check_tempo(
    store: Store,
    rule: &ExtraRule<'_>,
    traces: Option<Retention>,
) -> Result<(), LifecycleProblem> {
    let default = || Retention::parse(OBSERVABILITY.tempo_default_retention).ok();
    let Some(retention) = traces.or_else(default) else { return Ok(()) };
    let keeps = match traces {
        Some(_) => retention.to_go(),
        None => format!("{} by default", retention.to_go()),
    };
    check_days(store, rule, retention.duration().as_secs(), keeps, "retention.traces")
}

/// The rule must act strictly later than the product, which deletes after `seconds`.
fn check_days(
    store: Store,
    rule: &ExtraRule<'_>,
    seconds: u64,
    keeps: String,
    attribute: &'static str,
) -> Result<(), LifecycleProblem> {
    let id = rule.id.to_owned();
    let days = rule.expiration_days.filter(|_| !rule.expires_at_date);
    let Some(days) = days else {
        return Err(LifecycleProblem::ByDate { id, store });
    };
    let least = seconds / DAY_SECONDS + 1;
    if u64::from(days) >= least {
        return Ok(());
    }
    let product = store.product();
    Err(LifecycleProblem::BeforeRetention { id, store, days, product, keeps, least, attribute })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(prefix: Option<&'static str>, days: u32) -> ExtraRule<'static> {
        ExtraRule { id: "old", prefix, expiration_days: Some(days), ..ExtraRule::default() }
    }

    fn retentions(logs: &str, traces: &str) -> Retentions {
        let read = |text: &str| Retention::parse(text).ok();
        Retentions { metrics: None, logs: read(logs), traces: read(traces) }
    }

    fn refusal(store: Store, rule: &ExtraRule<'_>, retentions: &Retentions) -> String {
        check_rule(store, rule, retentions).unwrap_err().to_string()
    }

    #[test]
    fn nothing_expires_by_age_where_the_product_keeps_an_index_or_configuration() {
        let given = rule(Some("tenant/"), 10_000);
        for store in [Store::MimirAlertmanager, Store::MimirRuler, Store::LokiRuler] {
            assert_eq!(
                check_rule(store, &given, &Retentions::default()),
                Err(LifecycleProblem::Configuration { id: "old".into(), store })
            );
        }
        assert_eq!(
            refusal(Store::MimirMetrics, &given, &Retentions::default()),
            "lifecycle rule \"old\" expires objects of mimir-metrics: Mimir's compactor deletes \
             blocks and keeps the index of the bucket, so S3 must not; remove the expiration and \
             set retention.metrics instead"
        );
    }

    #[test]
    fn rules_that_expire_nothing_current_pass_everywhere() {
        let tiering = ExtraRule {
            id: "tier",
            transition_storage_classes: &["INTELLIGENT_TIERING"],
            ..ExtraRule::default()
        };
        for store in Store::ALL {
            assert_eq!(check_rule(store, &tiering, &Retentions::default()), Ok(()), "{store}");
        }
    }

    #[test]
    fn nothing_moves_where_it_cannot_be_read() {
        for class in ARCHIVES {
            let classes = ["STANDARD_IA", class];
            let given = ExtraRule { transition_storage_classes: &classes, ..rule(Some("t/"), 9) };
            for store in Store::ALL {
                assert!(refusal(store, &given, &Retentions::default()).contains(class));
            }
        }
    }

    #[test]
    fn loki_is_guarded_against_prefixes_that_reach_its_own_files() {
        let kept = retentions("30d", "");
        for prefix in [None, Some("")] {
            assert!(refusal(Store::LokiChunks, &rule(prefix, 90), &kept).contains("all of"));
        }
        for prefix in ["index/", "index/tsdb", "in", "index", "loki_cluster_seed.json", "loki"] {
            let message = refusal(Store::LokiChunks, &rule(Some(prefix), 90), &kept);
            assert!(message.contains("Loki's own"), "{prefix}: {message}");
        }
        for prefix in ["fake/", "tenant-1/", "indexer/"] {
            assert_eq!(check_rule(Store::LokiChunks, &rule(Some(prefix), 90), &kept), Ok(()));
        }
    }

    #[test]
    fn loki_chunks_expire_later_than_retention_and_its_delay() {
        let given = |days| rule(Some("fake/"), days);
        let kept = retentions("30d", "");
        assert_eq!(check_rule(Store::LokiChunks, &given(31), &kept), Ok(()));
        assert_eq!(
            refusal(Store::LokiChunks, &given(30), &kept),
            "lifecycle rule \"old\" expires objects of loki-chunks after 30 days, but loki keeps \
             them for 720h and deletes 2h later; expire after at least 31 days, or shorten \
             retention.logs"
        );
        // 23 hours and the delay of two reach into the next day.
        let odd = retentions("30d23h", "");
        assert!(refusal(Store::LokiChunks, &given(31), &odd).contains("at least 32 days"));
        assert!(
            refusal(Store::LokiChunks, &given(99), &Retentions::default())
                .contains("retention.logs is not set")
        );
    }

    #[test]
    fn tempo_traces_expire_later_than_retention_or_its_default() {
        let given = |days| rule(None, days);
        assert_eq!(check_rule(Store::TempoTraces, &given(8), &retentions("", "7d")), Ok(()));
        assert!(
            refusal(Store::TempoTraces, &given(7), &retentions("", "7d"))
                .contains("at least 8 days")
        );
        assert_eq!(check_rule(Store::TempoTraces, &given(15), &Retentions::default()), Ok(()));
        assert!(
            refusal(Store::TempoTraces, &given(14), &Retentions::default())
                .contains("336h by default")
        );
    }

    #[test]
    fn a_date_is_refused_where_days_would_pass() {
        let dated = ExtraRule { expires_at_date: true, ..rule(Some("fake/"), 99) };
        let kept = retentions("30d", "7d");
        for store in [Store::LokiChunks, Store::TempoTraces] {
            let problem = LifecycleProblem::ByDate { id: "old".into(), store };
            assert_eq!(check_rule(store, &dated, &kept), Err(problem.clone()));
            let only_date = ExtraRule { expiration_days: None, ..dated };
            assert_eq!(check_rule(store, &only_date, &kept), Err(problem));
        }
    }

    #[test]
    fn loki_needs_a_day_of_retention() {
        assert_eq!(check_retentions(&retentions("24h", "1h")), Ok(()));
        assert_eq!(check_retentions(&Retentions::default()), Ok(()));
        assert_eq!(
            check_retentions(&retentions("23h", "")).unwrap_err().to_string(),
            "retention.logs is 23h; Loki keeps logs for at least 24h, so raise it"
        );
    }
}
