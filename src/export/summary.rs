//! The summary of an export for the user: what was exported, and what was omitted.

use super::organization::{LeftOut, Organization};

/// Returns one line for what was exported, and one for each kind of omitted object.
pub(super) fn of(organization: &Organization) -> String {
    let accounts = &organization.accounts;
    let tokens = accounts.iter().map(|account| account.tokens.len()).sum();
    let ducklings = accounts
        .iter()
        .filter(|account| account.ducklings.is_some())
        .count();
    let managed = accounts.iter().filter(|account| account.itself.is_some()).count();
    let mut lines = vec![format!(
        "Exported: {}, {}, Ducklings of {}.",
        counted(managed, "service account"),
        counted(tokens, "token"),
        counted(ducklings, "account")
    )];
    lines.extend(left_out(&organization.left_out));
    if organization.is_unchecked {
        lines.push(
            "Not checked: whether the accounts are service accounts, because this API has no list of users. \
             Remove those of people before you apply."
                .to_owned(),
        );
    }
    lines.join("\n")
}

fn left_out(left_out: &LeftOut) -> Vec<String> {
    let kinds = [
        (left_out.humans, "human member", ""),
        (left_out.deprovisioned, "deprovisioned account", ""),
        (
            left_out.tokens,
            "token",
            " whose name, type or id cannot be configured",
        ),
        (
            left_out.ducklings,
            "Ducklings configuration",
            " that cannot be configured",
        ),
        (
            left_out.not_importable,
            "account",
            " whose name cannot be part of an import id, with its tokens and Ducklings",
        ),
        (
            left_out.not_configurable,
            "account",
            " whose name the resource does not accept; tokens and Ducklings of it are exported",
        ),
        (left_out.deleted, "account", " deleted during the export"),
    ];
    kinds
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, what, why)| format!("Left out: {}{why}.", counted(count, what)))
        .collect()
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_counts_omitted_objects_by_kind() {
        let organization = Organization {
            accounts: Vec::new(),
            left_out: LeftOut {
                humans: 3,
                deprovisioned: 1,
                ..LeftOut::default()
            },
            is_unchecked: false,
        };
        assert_eq!(
            of(&organization),
            "Exported: 0 service accounts, 0 tokens, Ducklings of 0 accounts.\n\
             Left out: 3 human members.\nLeft out: 1 deprovisioned account."
        );
    }
}
