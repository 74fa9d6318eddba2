//! The three products of the observability stack and the six stores they keep in S3.

use std::fmt;

use serde::{Serialize, Serializer};

/// A product of the observability stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Grafana Mimir: metrics.
    Mimir,
    /// Grafana Loki: logs.
    Loki,
    /// Grafana Tempo: traces.
    Tempo,
}

impl Product {
    /// All products, in the order the platform document lists them.
    pub const ALL: [Self; 3] = [Self::Mimir, Self::Loki, Self::Tempo];

    /// The spelling in `components` and in the keys of `helm_values`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mimir => "mimir",
            Self::Loki => "loki",
            Self::Tempo => "tempo",
        }
    }

    /// Reads the configuration spelling.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.as_str() == value)
    }

    /// The stores of the product.
    pub const fn stores(self) -> &'static [Store] {
        match self {
            Self::Mimir => &[Store::MimirMetrics, Store::MimirAlertmanager, Store::MimirRuler],
            Self::Loki => &[Store::LokiChunks, Store::LokiRuler],
            Self::Tempo => &[Store::TempoTraces],
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Product {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A store, one bucket each: Mimir does not start when two stores share a bucket and prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Store {
    /// Mimir's metric blocks.
    MimirMetrics,
    /// Mimir's Alertmanager state.
    MimirAlertmanager,
    /// Mimir's rules.
    MimirRuler,
    /// Loki's chunks and index.
    LokiChunks,
    /// Loki's rules.
    LokiRuler,
    /// Tempo's trace blocks.
    TempoTraces,
}

impl Store {
    /// All stores, in the order the platform document lists them.
    pub const ALL: [Self; 6] = [
        Self::MimirMetrics,
        Self::MimirAlertmanager,
        Self::MimirRuler,
        Self::LokiChunks,
        Self::LokiRuler,
        Self::TempoTraces,
    ];

    /// The key in `buckets` and the bucket's name before prefix and suffix.
    pub const fn key(self) -> &'static str {
        match self {
            Self::MimirMetrics => "mimir-metrics",
            Self::MimirAlertmanager => "mimir-alertmanager",
            Self::MimirRuler => "mimir-ruler",
            Self::LokiChunks => "loki-chunks",
            Self::LokiRuler => "loki-ruler",
            Self::TempoTraces => "tempo-traces",
        }
    }

    /// Reads a key of `buckets`.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store| store.key() == key)
    }

    /// The product that uses the store.
    pub const fn product(self) -> Product {
        match self {
            Self::MimirMetrics | Self::MimirAlertmanager | Self::MimirRuler => Product::Mimir,
            Self::LokiChunks | Self::LokiRuler => Product::Loki,
            Self::TempoTraces => Product::Tempo,
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Serialize for Store {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_share_out_all_stores() {
        let shared: Vec<Store> =
            Product::ALL.iter().flat_map(|product| product.stores()).copied().collect();
        assert_eq!(shared, Store::ALL);
        for product in Product::ALL {
            assert!(product.stores().iter().all(|store| store.product() == product));
        }
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        for store in Store::ALL {
            assert_eq!(Store::parse(store.key()), Some(store));
        }
        for product in Product::ALL {
            assert_eq!(Product::parse(product.as_str()), Some(product));
        }
        assert_eq!(Store::parse("mimir_metrics"), None);
    }
}
