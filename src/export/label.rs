//! Labels for resources and files: readable, accepted by every version of both CLIs, and unique.

use std::collections::HashSet;

use crate::motherduck::account_name::composed;

/// The maximum number of characters of a name in a label.
const LENGTH_LIMIT: usize = 64;

/// Returns a name as a part of an identifier: in lower case, with an underscore for each run of invalid
/// characters. The result is empty if no character is valid.
pub(super) fn identifier(name: &str) -> String {
    let mut label = String::new();
    for c in composed(&composed(name).to_lowercase()).chars() {
        if label.chars().count() == LENGTH_LIMIT {
            break;
        }
        let c = if is_valid(c) { c } else { '_' };
        if c == '_' && (label.is_empty() || label.ends_with('_')) {
            continue;
        }
        label.push(c);
    }
    label.truncate(label.trim_end_matches('_').len());
    label
}

/// Whether a letter or digit may be in an identifier of HCL, whose table of letters is that of Unicode 9.
/// These ranges have not changed since.
fn is_valid(c: char) -> bool {
    match c {
        // Latin, Greek and Cyrillic letters.
        '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{52f}' => c.is_alphabetic() && c != '\u{37a}',
        // ASCII, Hiragana, Katakana, Han and Hangul.
        'a'..='z'
        | '0'..='9'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'
        | '\u{4e00}'..='\u{9fd5}'
        | '\u{ac00}'..='\u{d7a3}' => true,
        _ => false,
    }
}

/// Returns the label of an account's resources.
pub(super) fn account_label(username: &str) -> String {
    let label = identifier(username);
    match label.chars().next() {
        None => "account".to_owned(),
        Some('0'..='9') => format!("account_{label}"),
        Some(_) => label,
    }
}

/// Returns the label of a token of the account with this label. The account's name is not repeated if the
/// token's name contains it.
pub(super) fn token_label(account: &str, name: &str) -> String {
    let label = identifier(name);
    if label.is_empty() {
        format!("{account}_token")
    } else if matches!(label.strip_prefix(account), Some(rest) if rest.is_empty() || rest.starts_with('_')) {
        label
    } else {
        format!("{account}_{label}")
    }
}

/// Returns the name, without extension, of the file of the account with this label.
pub(super) fn file_name(label: &str) -> String {
    // Terraform merges files with such names over the others instead of adding them.
    let is_override = label == "override" || label.ends_with("_override");
    // Windows reserves these names for devices. A repository with such a file cannot be checked out there.
    let is_device = matches!(label, "aux" | "con" | "nul" | "prn")
        || matches!(
            label.strip_suffix(|c: char| c.is_ascii_digit()),
            Some("com" | "lpt")
        );
    if is_override || is_device {
        format!("{label}_account")
    } else {
        label.to_owned()
    }
}

/// The used names of one kind.
#[derive(Debug, Default)]
pub(super) struct UsedNames(HashSet<String>);

impl UsedNames {
    /// Returns the requested name, or the first unused one with a number after it.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 1_u32;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifier_converts_names_to_identifiers() {
        let cases = [
            ("svc_etl", "svc_etl"),
            ("Nightly Load", "nightly_load"),
            ("a--b..c", "a_b_c"),
            ("-x-", "x"),
            ("Größe_7", "größe_7"),
            ("Gro\u{308}ße", "größe"),
            ("データ", "データ"),
            ("Ελλάς Дом", "ελλάς_дом"),
            ("🦆", ""),
            ("a\u{202e}b\n${c}", "a_b_c"),
            ("İ", "i"),
            ("x²Ⓐ", "x"),
        ];
        for (name, label) in cases {
            assert_eq!(identifier(name), label, "{name:?}");
        }
        assert_eq!(identifier(&"ab_".repeat(100)).chars().count(), LENGTH_LIMIT);
        assert!(!identifier(&format!("{}_b", "a".repeat(LENGTH_LIMIT - 1))).ends_with('_'));
    }

    #[test]
    fn labels_start_with_a_letter() {
        assert_eq!(account_label("7up"), "account_7up");
        assert_eq!(account_label("..."), "account");
        assert_eq!(token_label("svc", "2026-01"), "svc_2026_01");
        assert_eq!(token_label("svc", "🦆"), "svc_token");
    }

    #[test]
    fn token_label_omits_a_repeated_account_name() {
        assert_eq!(token_label("svc", "SVC-nightly"), "svc_nightly");
        assert_eq!(token_label("svc", "svc"), "svc");
        assert_eq!(token_label("svc", "svcs"), "svc_svcs");
    }

    #[test]
    fn file_name_avoids_override_and_reserved_names() {
        assert_eq!(file_name("svc"), "svc");
        assert_eq!(file_name("override"), "override_account");
        assert_eq!(file_name("my_override"), "my_override_account");
        assert_eq!(file_name("com7"), "com7_account");
        assert_eq!(file_name("nul"), "nul_account");
        assert_eq!(file_name("company"), "company");
    }

    #[test]
    fn unique_appends_a_number_to_used_names() {
        let mut used = UsedNames::default();
        let mut unique = |name: &str| used.unique(name);
        assert_eq!(unique("a_2"), "a_2");
        assert_eq!(unique("a"), "a");
        assert_eq!(unique("a"), "a_3");
        assert_eq!(unique("a_3"), "a_3_2");
    }
}
