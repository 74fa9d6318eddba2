//! The debug mode: the provider is started by hand, stays up, and core is told where to find it.

use serde_json::{Map, Value, json};

use super::Plugin;
use super::handshake::PLUGIN_PROTOCOL;
use super::listener::Address;

/// The environment variable that tells core about a running provider.
const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// What to tell the user who started the provider with `--debug`.
pub(super) fn instructions(plugin: &Plugin, address: &Address, pid: u32) -> String {
    let value = value(plugin, address, pid);
    let open = match address.network {
        "tcp" => "Every user of this machine can connect to it, and act with its credentials.\n",
        _ => "",
    };
    format!(
        "{} is running. To use it, set this for terraform or tofu:\n\n\
         {VARIABLE}='{value}'\n\n\
         {open}Press Ctrl-C to end it.",
        plugin.name
    )
}

/// The value of the variable: one entry for each address configurations may name the provider by.
///
/// `Test` keeps core from ending the process, and it makes core believe the protocol version.
fn value(plugin: &Plugin, address: &Address, pid: u32) -> Value {
    let entry = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PLUGIN_PROTOCOL,
        "Pid": pid,
        "Test": true,
        "Addr": { "Network": address.network, "String": address.path },
    });
    let entries: Map<String, Value> = plugin
        .source_addresses
        .iter()
        .map(|source| ((*source).to_owned(), entry.clone()))
        .collect();
    Value::Object(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin() -> Plugin {
        Plugin {
            name: "terraform-provider-x",
            version: "1.2.3",
            source_addresses: &["registry.terraform.io/o/x", "registry.opentofu.org/o/x"],
        }
    }

    #[test]
    fn who_else_can_connect_is_told() {
        let told = |network, path: &str| {
            instructions(&plugin(), &Address { network, path: path.to_owned() }, 42)
                .contains("Every user of this machine can connect to it")
        };
        assert!(told("tcp", "127.0.0.1:10000"));
        assert!(!told("unix", "/run/s"));
    }

    #[test]
    fn the_variable_stands_on_a_line_of_its_own_with_an_entry_per_address() {
        let address = Address { network: "unix", path: "/run/s".to_owned() };
        let text = instructions(&plugin(), &address, 42);
        let line = text.lines().find(|line| line.starts_with(VARIABLE)).unwrap();
        let value = line.strip_prefix("TF_REATTACH_PROVIDERS='").unwrap();
        let value: Value = serde_json::from_str(value.strip_suffix('\'').unwrap()).unwrap();
        let entry = json!({
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 42, "Test": true,
            "Addr": { "Network": "unix", "String": "/run/s" },
        });
        assert_eq!(
            value,
            json!({ "registry.terraform.io/o/x": entry, "registry.opentofu.org/o/x": entry })
        );
    }
}
