//! Labels for resources and files: readable, accepted by every version of both CLIs, and unique.

use std::collections::HashSet;

use crate::motherduck::account_name::composed;

/// The maximum number of characters of a name in a label.
const LONGEST: usize = 64;

/// File names that Windows reserves for devices: a repository with such a file cannot be checked out there.
const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

/// Returns a name as a part of an identifier: in lower case, with an underscore for each run of invalid
/// characters. The result is empty if no character is valid.
pub(super) fn readable(name: &str) -> String {
    let mut label = String::new();
    let mut length = 0;
    for c in composed(&composed(name).to_lowercase()).chars() {
        if length == LONGEST {
            break;
        }
        let c = if is_of_identifiers(c) { c } else { '_' };
        if c == '_' && (label.is_empty() || label.ends_with('_')) {
            continue;
        }
        label.push(c);
        length += 1;
    }
    label.truncate(label.trim_end_matches('_').len());
    label
}

/// Whether a letter or digit may be in an identifier of HCL, whose table of letters is that of Unicode 9.
/// These ranges have not changed since.
fn is_of_identifiers(c: char) -> bool {
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
pub(super) fn of_account(username: &str) -> String {
    let label = readable(username);
    match label.chars().next() {
        None => "account".to_owned(),
        Some('0'..='9') => format!("account_{label}"),
        Some(_) => label,
    }
}

/// Returns the label of a token of the account with this label. The account's name is not repeated if the
/// token's name contains it.
pub(super) fn of_token(account: &str, name: &str) -> String {
    let label = readable(name);
    if label.is_empty() {
        format!("{account}_token")
    } else if label == account
        || label
            .strip_prefix(account)
            .is_some_and(|rest| rest.starts_with('_'))
    {
        label
    } else {
        format!("{account}_{label}")
    }
}

/// Returns the name, without extension, of the file of the account with this label.
pub(super) fn of_file(label: &str) -> String {
    // Terraform merges files with such names over the others instead of adding them.
    let is_override = label == "override" || label.ends_with("_override");
    let is_device = DEVICES.contains(&label)
        || ["com", "lpt"].iter().any(|device| {
            label
                .strip_prefix(device)
                .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
        });
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
    fn readable_converts_names_to_identifiers() {
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
            assert_eq!(readable(name), label, "{name:?}");
        }
        assert_eq!(readable(&"ab_".repeat(100)).chars().count(), LONGEST);
        assert!(!readable(&format!("{}_b", "a".repeat(LONGEST - 1))).ends_with('_'));
    }

    #[test]
    fn labels_start_with_a_letter() {
        assert_eq!(of_account("7up"), "account_7up");
        assert_eq!(of_account("..."), "account");
        assert_eq!(of_token("svc", "2026-01"), "svc_2026_01");
        assert_eq!(of_token("svc", "🦆"), "svc_token");
    }

    #[test]
    fn of_token_omits_a_repeated_account_name() {
        assert_eq!(of_token("svc", "SVC-nightly"), "svc_nightly");
        assert_eq!(of_token("svc", "svc"), "svc");
        assert_eq!(of_token("svc", "svcs"), "svc_svcs");
    }

    #[test]
    fn of_file_avoids_override_and_reserved_names() {
        assert_eq!(of_file("svc"), "svc");
        assert_eq!(of_file("override"), "override_account");
        assert_eq!(of_file("my_override"), "my_override_account");
        assert_eq!(of_file("com7"), "com7_account");
        assert_eq!(of_file("nul"), "nul_account");
        assert_eq!(of_file("company"), "company");
    }

    #[test]
    fn unique_appends_a_number_to_used_names() {
        let mut taken = UsedNames::default();
        let mut unique = |name: &str| taken.unique(name);
        assert_eq!(unique("a_2"), "a_2");
        assert_eq!(unique("a"), "a");
        assert_eq!(unique("a"), "a_3");
        assert_eq!(unique("a_3"), "a_3_2");
    }
}
