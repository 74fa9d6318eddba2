//! What is kept of a composite that has lost the object that holds its data, while other parts of it are
//! there still: a destroy broke off, or somebody else deleted it.
//!
//! It stays in the state, so that the next run takes those parts away or goes on with them, and it is
//! not protected any more: there is nothing to lose.

use crate::framework::private::Private;

/// The private key.
const TORN_DOWN: &str = "torn_down";

/// Keeps what a read or an operation has come to.
pub fn keep(private: &mut Private, torn_down: bool) {
    if torn_down {
        private.set_text(TORN_DOWN, "true");
    } else {
        private.remove(TORN_DOWN);
    }
}

/// Whether only parts of the object are left.
pub fn is(private: &Private) -> bool {
    private.text(TORN_DOWN).is_some()
}
