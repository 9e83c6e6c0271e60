//! The checks, in the order of the report.

mod access;
mod accounts;
mod dives;
mod ducklings;
mod front;
mod limits;
mod timing;
mod token_names;
mod tokens;
mod users;

use std::sync::LazyLock;

use crate::check::Check;

pub(crate) static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
    let groups = [
        accounts::CHECKS,
        users::CHECKS,
        tokens::CHECKS,
        token_names::CHECKS,
        ducklings::CHECKS,
        access::CHECKS,
        dives::CHECKS,
        front::CHECKS,
        timing::CHECKS,
    ];
    groups.into_iter().flatten().copied().collect()
});
