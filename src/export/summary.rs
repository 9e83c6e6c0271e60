//! The summary of an export for the user: what was exported, and what was omitted.

use super::organization::{Omitted, Organization};

/// Returns one line for what was exported, and one for each kind of omitted object.
pub(super) fn text(organization: &Organization) -> String {
    let accounts = &organization.accounts;
    let tokens = accounts.iter().map(|account| account.tokens.len()).sum();
    let ducklings = accounts.iter().flat_map(|account| &account.ducklings).count();
    let managed = accounts.iter().flat_map(|account| &account.resource).count();
    let mut lines = vec![format!(
        "Exported: {}, {}, Ducklings of {}.",
        counted(managed, "service account"),
        counted(tokens, "token"),
        counted(ducklings, "account")
    )];
    lines.extend(omitted(&organization.omitted));
    if organization.is_unchecked {
        lines.push(
            "Not checked: whether the accounts are service accounts, because this API has no list of users. \
             Remove those of people before you apply."
                .to_owned(),
        );
    }
    lines.join("\n")
}

fn omitted(omitted: &Omitted) -> Vec<String> {
    let kinds = [
        (omitted.humans, "human member", ""),
        (omitted.deprovisioned, "deprovisioned account", ""),
        (
            omitted.tokens,
            "token",
            " whose name, type or id cannot be configured",
        ),
        (
            omitted.ducklings,
            "Ducklings configuration",
            " that cannot be configured",
        ),
        (
            omitted.not_importable,
            "account",
            " whose name cannot be part of an import id, with its tokens and Ducklings",
        ),
        (
            omitted.not_configurable,
            "account",
            " whose name the resource does not accept; tokens and Ducklings of it are exported",
        ),
        (omitted.deleted, "account", " deleted during the export"),
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
            omitted: Omitted {
                humans: 3,
                deprovisioned: 1,
                ..Omitted::default()
            },
            is_unchecked: false,
        };
        assert_eq!(
            text(&organization),
            "Exported: 0 service accounts, 0 tokens, Ducklings of 0 accounts.\n\
             Left out: 3 human members.\nLeft out: 1 deprovisioned account."
        );
    }
}
