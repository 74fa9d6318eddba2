//! What the service offers: engine versions, parameter families and their parameters, node types.

use super::ask::{Answered, Ask, Refusal};
use super::xml::Xml;

/// Engine, version as one asks for it, version as a node tells it, and parameter group family.
pub(super) struct Release {
    pub(super) engine: &'static str,
    pub(super) version: &'static str,
    pub(super) actual: &'static str,
    pub(super) family: &'static str,
}

const fn release(
    engine: &'static str,
    version: &'static str,
    actual: &'static str,
    family: &'static str,
) -> Release {
    Release { engine, version, actual, family }
}

/// Oldest first within an engine; an upgrade goes down this list.
pub(super) const RELEASES: [Release; 8] = [
    release("redis", "7.0", "7.0.7", "redis7"),
    release("redis", "7.1", "7.1.0", "redis7"),
    release("valkey", "7.2", "7.2.6", "valkey7"),
    release("valkey", "8.0", "8.0.1", "valkey8"),
    release("valkey", "8.1", "8.1.0", "valkey8"),
    release("valkey", "8.2", "8.2.0", "valkey8"),
    release("valkey", "9.0", "9.0.0", "valkey9"),
    release("valkey", "9.1", "9.1.0", "valkey9"),
];

/// The place of a version in [`RELEASES`]; without one, the newest of the engine.
pub(super) fn find_release(engine: &str, version: Option<&str>) -> Result<usize, Refusal> {
    if !RELEASES.iter().any(|release| release.engine == engine) {
        return Err(Refusal::value(format!("The engine {engine} is not valid here.")));
    }
    let of_engine = |wanted: &dyn Fn(&Release) -> bool| {
        RELEASES.iter().rposition(|release| release.engine == engine && wanted(release))
    };
    let Some(version) = version else { return Ok(of_engine(&|_| true).unwrap_or_default()) };
    if let Some(known) = of_engine(&|release| release.actual == version) {
        return Err(Refusal::value(format!(
            "A patch version cannot be chosen: {version}; ask for {}",
            RELEASES[known].version
        )));
    }
    of_engine(&|release| release.version == version)
        .ok_or_else(|| Refusal::combination(format!("Cannot find version {version} for {engine}")))
}

pub(super) fn describe_engine_versions(ask: &Ask) -> Answered {
    ask.only(&[
        "Engine",
        "EngineVersion",
        "CacheParameterGroupFamily",
        "DefaultOnly",
        "MaxRecords",
        "Marker",
    ])?;
    let same = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
    let mut found: Vec<&Release> = RELEASES
        .iter()
        .filter(|release| {
            same(ask.get("Engine"), release.engine)
                && same(ask.get("EngineVersion"), release.version)
                && same(ask.get("CacheParameterGroupFamily"), release.family)
        })
        .collect();
    if ask.flag("DefaultOnly")? == Some(true) {
        found = found.pop().into_iter().collect();
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("CacheEngineVersions", "CacheEngineVersion", found, |xml, release| {
            xml.text("Engine", release.engine)
                .text("EngineVersion", release.version)
                .text("CacheParameterGroupFamily", release.family)
                .text("CacheEngineDescription", release.engine)
                .text(
                    "CacheEngineVersionDescription",
                    format!("{} version {}", release.engine, release.actual),
                );
        });
    }))
}

/// Name, default, allowed values, type, and whether a group of one's own may set it.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    pub(super) allowed: &'static str,
    kind: &'static str,
    pub(super) modifiable: bool,
    /// Families that do not have it.
    absent: &'static [&'static str],
}

const fn parameter(
    name: &'static str,
    default: &'static str,
    allowed: &'static str,
    kind: &'static str,
) -> Parameter {
    Parameter { name, default, allowed, kind, modifiable: true, absent: &[] }
}

const POLICIES: &str = "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,\
                        allkeys-random,volatile-ttl,noeviction";

/// A part of the real families, with what tests need of each type.
const PARAMETERS: [Parameter; 16] = [
    parameter("activedefrag", "no", "yes,no", "string"),
    parameter("activerehashing", "yes", "yes,no", "string"),
    Parameter { modifiable: false, ..parameter("appendonly", "no", "yes,no", "string") },
    parameter("close-on-slave-write", "yes", "yes,no", "string"),
    parameter("cluster-enabled", "no", "yes,no", "string"),
    parameter("databases", "16", "1-1200000", "integer"),
    parameter("lazyfree-lazy-eviction", "no", "yes,no", "string"),
    parameter("lfu-decay-time", "1", "0-", "integer"),
    parameter("maxmemory-policy", "volatile-lru", POLICIES, "string"),
    parameter("maxmemory-samples", "3", "1-", "integer"),
    parameter("notify-keyspace-events", "", "", "string"),
    parameter("reserved-memory-percent", "25", "0-100", "integer"),
    parameter("slowlog-log-slower-than", "10000", "-", "integer"),
    parameter("slowlog-max-len", "128", "0-", "integer"),
    parameter("timeout", "0", "0,20-", "integer"),
    Parameter {
        absent: &["valkey7", "redis7"],
        ..parameter("search-query-timeout-ms", "10000", "1-60000", "integer")
    },
];

/// The parameters of a family; none if there is no such family.
pub(super) fn parameters_of(family: &str) -> Option<Vec<&'static Parameter>> {
    RELEASES.iter().any(|release| release.family == family).then(|| {
        PARAMETERS.iter().filter(|parameter| !parameter.absent.contains(&family)).collect()
    })
}

/// One parameter as every listing writes it.
pub(super) fn write_parameter(xml: &mut Xml, parameter: &Parameter, value: &str, source: &str) {
    xml.text("ParameterName", parameter.name).text("ParameterValue", value).text("Source", source);
    xml.text("DataType", parameter.kind);
    if !parameter.allowed.is_empty() {
        xml.text("AllowedValues", parameter.allowed);
    }
    xml.text("IsModifiable", parameter.modifiable).text("MinimumEngineVersion", "7.0.0");
    xml.text("ChangeType", "immediate");
}

pub(super) fn describe_default_parameters(ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupFamily", "MaxRecords", "Marker"])?;
    let family = ask.required("CacheParameterGroupFamily")?;
    let parameters = parameters_of(family).ok_or_else(|| no_family(family))?;
    let (parameters, marker) = ask.page(parameters)?;
    Ok(Xml::written(|xml| {
        xml.within("EngineDefaults", |xml| {
            xml.text("CacheParameterGroupFamily", family).some("Marker", marker);
            xml.list("Parameters", "Parameter", parameters, |xml, parameter| {
                write_parameter(xml, parameter, parameter.default, "system");
            });
        });
    }))
}

pub(super) fn no_family(family: &str) -> Refusal {
    Refusal::value(format!(
        "CacheParameterGroupFamily {family} is not a valid parameter group family."
    ))
}

const SIZES: [&str; 9] =
    ["micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge"];

/// A family with the sizes it has, as places in [`SIZES`].
const NODE_FAMILIES: [(&str, usize, usize); 11] = [
    ("t3", 0, 2),
    ("t4g", 0, 2),
    ("m5", 3, 6),
    ("m6g", 3, 8),
    ("m7g", 3, 8),
    ("r5", 3, 6),
    ("r6g", 3, 8),
    ("r6gd", 4, 8),
    ("r7g", 3, 8),
    ("c7gn", 3, 8),
    ("r4", 3, 6),
];

/// Every node type of the region.
pub(super) fn node_types() -> Vec<String> {
    let families = NODE_FAMILIES.iter();
    families
        .flat_map(|(family, first, last)| {
            SIZES[*first..=*last].iter().map(move |size| format!("cache.{family}.{size}"))
        })
        .collect()
}

/// Larger first by memory, as far as the size tells; families of one generation are equal.
fn rank(node_type: &str) -> usize {
    let size = node_type.rsplit('.').next().unwrap_or_default();
    SIZES.iter().position(|known| *known == size).unwrap_or_default()
}

/// What a group may become: larger types and others, without those that tier data, and apart from them.
pub(super) fn allowed_node_types(current: &str) -> (Vec<String>, Vec<String>) {
    let tiers = |node_type: &str| node_type.starts_with("cache.r6gd.");
    let all = node_types().into_iter().filter(|other| {
        other != current && tiers(other) == tiers(current) && !other.starts_with("cache.r4.")
    });
    all.partition(|other| rank(other) >= rank(current))
}

/// Families and sizes Application Auto Scaling takes.
pub(super) fn scales_by_itself(node_type: &str) -> bool {
    let mut parts = node_type.split('.').skip(1);
    let (family, size) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    ["r7g", "r6g", "r6gd", "r5", "m7g", "m6g", "m5", "c7gn"].contains(&family)
        && ["large", "xlarge", "2xlarge"].contains(&size)
}

pub(super) fn describe_offerings(ask: &Ask) -> Answered {
    ask.only(&[
        "CacheNodeType",
        "Duration",
        "ProductDescription",
        "OfferingType",
        "MaxRecords",
        "Marker",
    ])?;
    let same = |name: &str, value: &str| ask.get(name).is_none_or(|wanted| wanted == value);
    let mut offers = Vec::new();
    for node_type in node_types() {
        for product in ["redis", "valkey"] {
            // What is of an old generation is not offered for the newer engine.
            if product == "valkey" && node_type.starts_with("cache.r4.") {
                continue;
            }
            for duration in ["31536000", "94608000"] {
                for payment in ["No Upfront", "All Upfront"] {
                    if same("CacheNodeType", &node_type)
                        && same("ProductDescription", product)
                        && same("Duration", duration)
                        && same("OfferingType", payment)
                    {
                        offers.push((node_type.clone(), product, duration, payment));
                    }
                }
            }
        }
    }
    let (offers, marker) = ask.page(offers)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list(
            "ReservedCacheNodesOfferings",
            "ReservedCacheNodesOffering",
            offers,
            |xml, (node_type, product, duration, payment)| {
                xml.text("ReservedCacheNodesOfferingId", format!("{node_type}-{duration}"))
                    .text("CacheNodeType", node_type)
                    .text("Duration", duration)
                    .text("FixedPrice", "0.0")
                    .text("UsagePrice", "0.0")
                    .text("ProductDescription", product)
                    .text("OfferingType", payment);
            },
        );
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_chosen_by_major_and_minor() {
        assert_eq!(RELEASES[find_release("valkey", None).unwrap()].version, "9.1");
        assert_eq!(
            find_release("valkey", Some("8.0.1")).unwrap_err().code,
            "InvalidParameterValue"
        );
        let unknown = find_release("valkey", Some("6.9")).unwrap_err();
        assert_eq!(unknown.code, "InvalidParameterCombination");
    }

    #[test]
    fn a_type_that_tiers_data_stays_among_its_kind() {
        let (up, down) = allowed_node_types("cache.r6gd.2xlarge");
        assert!(up.iter().chain(&down).all(|other| other.starts_with("cache.r6gd.")));
        let (up, down) = allowed_node_types("cache.r7g.large");
        assert!(up.contains(&"cache.r7g.xlarge".to_owned()));
        assert!(down.contains(&"cache.t4g.micro".to_owned()));
    }
}
