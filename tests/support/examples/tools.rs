//! Lists the Terraform and OpenTofu that the tests run on, and what is absent with the reason.
//!
//! `make demo` builds it for another reason too: with an example among its targets, cargo chooses the
//! features of the dependencies as it does for tests, so that demo and tests share one build.

use officeless_testbench::find_clis;

fn main() {
    let (found, absent) = find_clis();
    for cli in found {
        println!("{} {} ({})", cli.name, cli.version, cli.path.display());
    }
    for one in absent {
        println!("{}: none, {}", one.what, one.reason);
    }
}
