//! What a Valkey cache on ElastiCache may be: versions, sizes, passwords, windows, names.
//!
//! Rules of AWS that can be told without asking AWS; what differs by region or day (which versions
//! exist, which node types a cache may change to) is asked when planned.

mod access;
mod autoscaling;
mod names;
mod node_type;
mod password;
mod version;
mod window;

pub use access::same_access_string;
pub use autoscaling::{
    CAPACITY, COOLDOWN, Dimension, METRICS, TARGET_RANGE, Unsuited, metric_suits, node_type_has,
    unsuited,
};
pub use names::{
    MAX_NAME_LENGTH, connection_url, default_parameter_group, is_default_parameter_group,
    name_problem, parameter_group, scaling_policy, security_group, subnet_group, user_group,
    user_id,
};
pub use node_type::NodeType;
pub use password::{PASSWORD_LENGTH, password_problem};
pub use version::{NotAVersion, Version, newest};
pub use window::{DailyWindow, WeeklyWindow, WindowProblem, overlap};
