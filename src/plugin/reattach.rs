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
    format!(
        "{} is running. To use it, set this for terraform or tofu:\n\n\
         {VARIABLE}='{value}'\n\n\
         Press Ctrl-C to end it.",
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

    #[test]
    fn the_variable_stands_on_a_line_of_its_own_with_an_entry_per_address() {
        let plugin = Plugin {
            name: "terraform-provider-x",
            version: "1.2.3",
            source_addresses: &["registry.terraform.io/o/x", "registry.opentofu.org/o/x"],
        };
        let address = Address { network: "unix", path: "/run/s".to_owned() };
        let text = instructions(&plugin, &address, 42);
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
