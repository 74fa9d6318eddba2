//! Start-up: the command line, the logs, the runtime.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use officeless::plugin::handshake::Environment;
use officeless::plugin::{self, Plugin};
use officeless::provider;

const PLUGIN: Plugin = Plugin {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
    source_addresses: &[
        "registry.terraform.io/officeless-platform/officeless",
        "registry.opentofu.org/officeless-platform/officeless",
    ],
};

/// Operations wait for the network far more than they compute.
const WORKERS: usize = 4;

/// Bytes of stack of each: an operation is one deep future over the AWS SDK's own. Only what is used
/// of it takes memory.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    plugin::panic::install_hook();
    let argument = std::env::args().nth(1);
    let outcome = match argument.as_deref() {
        None => serve(false),
        Some("--debug" | "-debug") => serve(true),
        Some("--version" | "-version") => version(),
        Some(other) => Err(format!("{other} is unknown: use --version or --debug").into()),
    };
    outcome.map_or_else(
        |error| {
            // When standard error is gone too, the exit code has to do.
            let _ = writeln!(io::stderr(), "{}: {}", PLUGIN.name, plugin::chain(error.as_ref()));
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn version() -> Result<(), Box<dyn Error>> {
    Ok(writeln!(io::stdout(), "{} {}", PLUGIN.name, PLUGIN.version)?)
}

fn serve(debug: bool) -> Result<(), Box<dyn Error>> {
    let environment = if debug { None } else { Some(Environment::from_process()?) };
    plugin::log::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_stack_size(STACK)
        .enable_all()
        .build()?;
    let served = match environment {
        Some(environment) => runtime.block_on(plugin::serve(environment, provider::server())),
        None => runtime.block_on(plugin::serve_debug(&PLUGIN, provider::server())),
    };
    // Not waiting: core kills what is still there two seconds after it asked it to end.
    runtime.shutdown_background();
    Ok(served?)
}
