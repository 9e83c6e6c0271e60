//! Cells that may break a rule, with the reason. An exemption that no cell needs fails the test.

use crate::check::Rule;

/// Cells whose labels contain these texts in this order may break this rule.
pub(crate) struct Exemption {
    pub(crate) rule: Rule,
    pub(crate) label: &'static [&'static str],
    #[expect(dead_code, reason = "for the reader")]
    pub(crate) because: &'static str,
}

/// The API returns 404 with the code `NOT_FOUND` for both reads of an account.
const ACCOUNT_GONE: &str = "two 404s with the code NOT_FOUND, a second apart, are what the API returns for an account that \
                            does not exist, and what the account had is gone with it";

/// A DELETE has no response, and the API returns 404 with the code `NOT_FOUND` for each repetition.
const DELETED: &str = "one look is enough after a deletion of ours: the 404 that follows a deletion without a response is what the \
                       API returns once the deletion was carried out";

impl Exemption {
    /// Whether the cell with this label may break this rule.
    pub(crate) fn allows(&self, rule: Rule, label: &str) -> bool {
        let mut texts = self.label.iter();
        let rest = texts.try_fold(label, |rest, text| rest.split_once(text).map(|(_, rest)| rest));
        self.rule == rule && rest.is_some()
    }
}

pub(crate) const EXEMPTIONS: &[Exemption] = &[
    Exemption {
        rule: Rule::LostEntry,
        label: &[
            "resource motherduck_service_account: read",
            "ForEver {\"kind\":\"status\",\"status\":404}",
        ],
        because: ACCOUNT_GONE,
    },
    Exemption {
        rule: Rule::LostEntry,
        label: &[
            "resource motherduck_ducklings: read",
            "ForEver {\"kind\":\"status\",\"status\":404}",
        ],
        because: ACCOUNT_GONE,
    },
    Exemption {
        rule: Rule::LostEntry,
        label: &["every call {\"kind\":\"status\",\"status\":404}"],
        because: ACCOUNT_GONE,
    },
    Exemption {
        rule: Rule::LiveToken,
        label: &["every call {\"kind\":\"status\",\"status\":404}"],
        because: ACCOUNT_GONE,
    },
    Exemption {
        rule: Rule::LiveToken,
        label: &[
            "| DELETE /v1/users/loader/tokens/* #1 Once {\"kind\":\"status\",\"status\":404} | then GET ",
            "{\"kind\":\"status\",\"status\":404}",
        ],
        because: ACCOUNT_GONE,
    },
    Exemption {
        rule: Rule::LostEntry,
        label: &[
            "| DELETE /v1/users/fresh #1 Once {\"kind\":\"status\",\"status\":404} | then GET ",
            "{\"kind\":\"status\",\"status\":404}",
        ],
        because: ACCOUNT_GONE,
    },
    Exemption {
        rule: Rule::LiveToken,
        label: &[
            "| DELETE /v1/users/loader/tokens/* #1 Once ",
            "| then DELETE /v1/users/loader/tokens/* ",
            "{\"kind\":\"status\",\"status\":404}",
        ],
        because: DELETED,
    },
    Exemption {
        rule: Rule::LostEntry,
        label: &[
            "| DELETE /v1/users/fresh #1 Once ",
            "| then DELETE /v1/users/fresh ",
            "{\"kind\":\"status\",\"status\":404}",
        ],
        because: DELETED,
    },
    Exemption {
        rule: Rule::LiveToken,
        label: &[
            "ephemeral resource motherduck_token: open | POST ",
            "{\"kind\":\"late_commit\",\"ms\":3000,\"status\":504} | then DELETE ",
            "{\"kind\":\"status\",\"status\":404}",
        ],
        because: "the message of the opening names the token by user and name; the listing that shows the id belongs to the \
                  closing, which comes later",
    },
];
