//! The log level from environment variables.

use std::ffi::OsString;

use tracing::level_filters::LevelFilter;

use super::super::variable::{UnreadableVariable, variable_text};

/// Returns the log level of the first variable that is set: that of this provider, that of all providers,
/// that of everything.
///
/// The host filters by the last two again, so logging less saves work and logging more has no effect.
pub(super) fn requested(
    type_name: &str,
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Result<LevelFilter, UnreadableVariable> {
    let own = format!("TF_LOG_PROVIDER_{}", type_name.to_uppercase().replace('-', "_"));
    for name in [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"] {
        if let Some(word) = variable_text(&lookup, name)? {
            return Ok(parse(&word));
        }
    }
    Ok(LevelFilter::OFF)
}

fn parse(word: &str) -> LevelFilter {
    match word.to_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        // `JSON` is TRACE in another format. An unknown level counts as TRACE too, so that a typing error
        // does not hide logs.
        _ => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_specific_log_variable_is_used() {
        let cases: [(&[(&str, &str)], LevelFilter); 8] = [
            (&[], LevelFilter::OFF),
            (&[("TF_LOG", "info")], LevelFilter::INFO),
            (
                &[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "Warn")],
                LevelFilter::WARN,
            ),
            (
                &[
                    ("TF_LOG_PROVIDER", "TRACE"),
                    ("TF_LOG_PROVIDER_MOTHER_DUCK", "ERROR"),
                ],
                LevelFilter::ERROR,
            ),
            (
                &[("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "")],
                LevelFilter::DEBUG,
            ),
            (
                &[("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "off")],
                LevelFilter::OFF,
            ),
            (&[("TF_LOG", "JSON")], LevelFilter::TRACE),
            (&[("TF_LOG", "verbose")], LevelFilter::TRACE),
        ];
        for (variables, expected) in cases {
            let var = |name: &str| {
                variables
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).into())
            };
            assert_eq!(requested("mother-duck", var), Ok(expected), "{variables:?}");
        }
    }
}
