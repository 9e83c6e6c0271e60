//! `connection_string`: builds the connection string of a MotherDuck client.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use crate::framework::{Field, Function, FunctionError, model};

/// All characters except the unreserved ones of RFC 3986 are encoded. A blank is never written as a plus
/// sign.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

type Parameters = BTreeMap<String, Field<String>>;

model! {
    /// Returns a connection string for MotherDuck.
    ///
    /// Returns the string `md:<database>?motherduck_token=…&…`, with which DuckDB and its clients connect to
    /// MotherDuck. All values are percent-encoded, and the order of the parameters is always the same. The
    /// function sends no request: it does not check that the database exists and that the token is valid.
    /// With a sensitive token the result is sensitive too. Requires Terraform 1.8 or OpenTofu 1.7.
    pub(super) struct Arguments {
        /// Name of the database, without `md:`. With an empty name the client attaches the whole workspace.
        #[attribute(required)]
        database: String,
        /// Access token, for example the `token` of a `motherduck_token`. With null, the string contains
        /// none, and clients read it from their environment.
        token: SecretString,
        /// More parameters, or null for none: `attach_mode` (`workspace` or `single`, which needs a
        /// database), `saas_mode` (`true` or `false`), `session_name`, `dbinstance_inactivity_ttl` and
        /// `connection_timeout` (such as `30s`, `5m` or `1h`). Null values are omitted.
        parameters: Parameters,
    }
}

/// A parameter of a connection string besides the token.
struct Parameter {
    key: &'static str,
    /// Whether the value is valid.
    allows: fn(&str) -> bool,
    /// The rule of the value, for the error.
    rule: &'static str,
}

/// The parameters in the order in which they are written. Names and values are MotherDuck's.
const PARAMETERS: [Parameter; 5] = [
    Parameter {
        key: "attach_mode",
        allows: |value| matches!(value, "workspace" | "single"),
        rule: "`workspace` or `single`",
    },
    Parameter {
        key: "saas_mode",
        allows: |value| matches!(value, "true" | "false"),
        rule: "`true` or `false`",
    },
    Parameter {
        key: "session_name",
        allows: |value| !value.is_empty(),
        rule: "a name and not empty; leave it out, or set it to null, for none",
    },
    Parameter {
        key: "dbinstance_inactivity_ttl",
        allows: is_interval,
        rule: INTERVAL,
    },
    Parameter {
        key: "connection_timeout",
        allows: is_interval,
        rule: INTERVAL,
    },
];

const INTERVAL: &str = "a whole number of seconds, minutes or hours, such as `30s`, `5m` or `1h`";

fn is_interval(text: &str) -> bool {
    text.strip_suffix(['s', 'm', 'h'])
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The function `connection_string`.
pub(super) struct ConnectionStringFunction;

impl Function for ConnectionStringFunction {
    type Arguments = Arguments;
    type Output = String;

    fn name(&self) -> &'static str {
        "connection_string"
    }

    fn call(&self, arguments: Arguments) -> Result<String, FunctionError> {
        let database = arguments.database.text().unwrap_or_default();
        let token = arguments.token.known();
        let none = Parameters::new();
        let parameters = arguments.parameters.known().unwrap_or(&none);

        check_database(database)?;
        token.map_or(Ok(()), check_token)?;
        check_parameters(parameters, database)?;
        Ok(write(database, token, parameters))
    }
}

// The errors never repeat a value: core passes sensitive values without a mark, and prints errors unchanged.

fn check_database(database: &str) -> Result<(), FunctionError> {
    if !database.is_empty() && database.trim().is_empty() {
        return Err(FunctionError::argument(
            "database",
            "The database must not be blank. Use an empty string for no database.",
        ));
    }
    let scheme = database
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    if matches!(scheme.as_deref(), Some("md" | "motherduck")) {
        return Err(FunctionError::argument(
            "database",
            "The database must be the name without the prefix `md:`, which the function adds.",
        ));
    }
    Ok(())
}

fn check_token(token: &SecretString) -> Result<(), FunctionError> {
    let token = token.expose_secret();
    let broken = if token.trim().is_empty() {
        "The token must not be blank. Use null for no token."
    } else if token.chars().any(char::is_control) {
        "The token must not contain control characters. If it comes from a file with a line break at its end, \
         pass it through trimspace()."
    } else {
        return Ok(());
    };
    Err(FunctionError::argument("token", broken))
}

fn check_parameters(parameters: &Parameters, database: &str) -> Result<(), FunctionError> {
    let refused = |text: String| Err(FunctionError::argument("parameters", text));
    for (key, value) in parameters {
        let Some(parameter) = PARAMETERS.iter().find(|parameter| parameter.key == key) else {
            return refused(unknown_key(key));
        };
        match value.text() {
            Some(value) if !(parameter.allows)(value) => {
                return refused(format!("`{key}` must be {}.", parameter.rule));
            }
            Some("single") if key == "attach_mode" && database.is_empty() => {
                return refused(
                    "`attach_mode = \"single\"` needs a database: name one in `database`.".into(),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

fn unknown_key(key: &str) -> String {
    if key == "motherduck_token" {
        return "`motherduck_token` is not one of the parameters: pass the token as the argument `token`."
            .into();
    }
    let keys = PARAMETERS
        .map(|parameter| format!("`{}`", parameter.key))
        .join(", ");
    format!("{key:?} is not a parameter of a connection string. There are {keys}.")
}

fn write(database: &str, token: Option<&SecretString>, parameters: &Parameters) -> String {
    let token = token.map(|token| ("motherduck_token", token.expose_secret()));
    let further = PARAMETERS
        .iter()
        .filter_map(|parameter| Some((parameter.key, parameters.get(parameter.key)?.text()?)));
    let query: Vec<String> = token
        .into_iter()
        .chain(further)
        .map(|(key, value)| format!("{key}={}", Encoded(value)))
        .collect();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("md:{}{separator}{}", Encoded(database), query.join("&"))
}

/// A text that is formatted percent-encoded.
struct Encoded<'a>(&'a str);

impl Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        utf8_percent_encode(self.0, ENCODED).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;
    use crate::framework::{FromValue, Value};

    fn parameters<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
        let entries = entries.into_iter();
        Value::Map(
            entries
                .map(|(key, value)| (key.to_owned(), Value::string(value)))
                .collect(),
        )
    }

    fn call(database: &str, token: Value, parameters: Value) -> Result<String, FunctionError> {
        let database = Value::string(database);
        let arguments = [
            ("database", database),
            ("token", token),
            ("parameters", parameters),
        ];
        let arguments = Value::Object(arguments.into());
        ConnectionStringFunction.call(Arguments::from_value(&arguments).unwrap())
    }

    #[test]
    fn null_arguments_are_omitted() {
        let token = || Value::string("t");
        let mode = || parameters([("saas_mode", "true")]);
        let none = || Value::Map(BTreeMap::new());
        for (database, token, parameters, expected) in [
            ("", Value::Null, Value::Null, "md:"),
            ("", Value::Null, none(), "md:"),
            ("db", Value::Null, Value::Null, "md:db"),
            ("", token(), Value::Null, "md:?motherduck_token=t"),
            ("db", token(), none(), "md:db?motherduck_token=t"),
            ("", Value::Null, mode(), "md:?saas_mode=true"),
            ("db", token(), mode(), "md:db?motherduck_token=t&saas_mode=true"),
        ] {
            assert_eq!(call(database, token, parameters).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn token_precedes_parameters_in_documented_order() {
        let all = parameters([
            ("connection_timeout", "2m"),
            ("dbinstance_inactivity_ttl", "1h"),
            ("session_name", "a b"),
            ("saas_mode", "false"),
            ("attach_mode", "single"),
        ]);
        assert_eq!(
            call("db", Value::string("t"), all).as_deref(),
            Ok(
                "md:db?motherduck_token=t&attach_mode=single&saas_mode=false&session_name=a%20b\
                &dbinstance_inactivity_ttl=1h&connection_timeout=2m"
            )
        );
    }

    #[test]
    fn reserved_characters_are_percent_encoded() {
        let session = parameters([("session_name", "ü~._-")]);
        assert_eq!(
            call("my db?x=1&y#/", Value::string("a+b/c="), session).as_deref(),
            Ok("md:my%20db%3Fx%3D1%26y%23%2F?motherduck_token=a%2Bb%2Fc%3D&session_name=%C3%BC~._-")
        );
    }

    #[test]
    fn null_parameters_are_omitted_and_their_keys_validated() {
        let element = |key: &str| Value::Map(BTreeMap::from([(key.to_owned(), Value::Null)]));
        assert_eq!(
            call("", Value::Null, element("attach_mode")).as_deref(),
            Ok("md:")
        );
        assert!(call("", Value::Null, element("attachmode")).is_err());
    }

    #[test]
    fn invalid_argument_is_named_without_its_value() {
        let fine = || Value::string("t");
        for (database, token, blamed) in [
            (" ", fine(), "database"),
            ("md:db", fine(), "database"),
            ("MD:", fine(), "database"),
            ("motherduck:db", fine(), "database"),
            ("db", Value::string(""), "token"),
            ("db", Value::string(" \t"), "token"),
            ("db", Value::string("s3cret\n"), "token"),
        ] {
            let error = call(database, token, Value::Null).unwrap_err();
            assert_eq!(error.argument, Some(blamed), "{error:?}");
            assert!(!error.text.contains("s3cret"), "{error:?}");
        }
        for (key, value) in [
            ("attach_mode", "s3cret"),
            ("attach_mode", "Single"),
            ("attach_mode", ""),
            ("saas_mode", "s3cret"),
            ("saas_mode", "True"),
            ("session_name", ""),
            ("session_hint", "s3cret"),
            ("motherduck_token", "s3cret"),
            ("Saas_mode", "true"),
            ("", "true"),
        ] {
            let error = call("db", fine(), parameters([(key, value)])).unwrap_err();
            assert_eq!(error.argument, Some("parameters"), "{key}={value}");
            assert!(error.text.contains(key), "{error:?}");
            assert!(!error.text.contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn interval_requires_a_whole_number_and_a_unit() {
        for key in ["dbinstance_inactivity_ttl", "connection_timeout"] {
            for good in ["30s", "5m", "1h", "0s", "86400s"] {
                assert!(call("", Value::Null, parameters([(key, good)])).is_ok(), "{good}");
            }
            for bad in [
                "", "s", "30", "-1s", "1.5h", "5 m", "5M", "1h30m", " 5m", "5m ", "٣s", "5d",
            ] {
                let error = call("", Value::Null, parameters([(key, bad)])).unwrap_err();
                assert!(error.text.contains("`30s`"), "{bad}: {error:?}");
            }
        }
    }

    #[test]
    fn attach_mode_single_requires_a_database() {
        let single = || parameters([("attach_mode", "single")]);
        let error = call("", Value::Null, single()).unwrap_err();
        assert_eq!(error.argument, Some("parameters"));
        assert!(error.text.contains("needs a database"), "{error:?}");
        assert!(call("db", Value::Null, single()).is_ok());
        assert!(call("", Value::Null, parameters([("attach_mode", "workspace")])).is_ok());
    }

    /// Parses a connection string as a client does.
    fn parsed(text: &str) -> (String, Vec<(String, String)>) {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let text = text.strip_prefix("md:").unwrap();
        let (database, query) = text.split_once('?').unwrap_or((text, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap();
            (decoded(key), decoded(value))
        });
        (decoded(database), pairs.collect())
    }

    fn known_parameters() -> impl Strategy<Value = Vec<(&'static str, String)>> {
        let interval = "[0-9]{1,9}[smh]";
        (
            proptest::option::of("workspace|single"),
            proptest::option::of("true|false"),
            proptest::option::of(any::<String>()),
            proptest::option::of(interval),
            proptest::option::of(interval),
        )
            .prop_map(|(mode, saas, session, ttl, timeout)| {
                let session = session.filter(|name| !name.is_empty());
                let values = [mode, saas, session, ttl, timeout];
                let keys = PARAMETERS.iter().map(|parameter| parameter.key);
                keys.zip(values)
                    .filter_map(|(key, value)| Some((key, value?)))
                    .collect()
            })
    }

    proptest! {
        #[test]
        fn connection_string_parses_to_its_arguments(
            database in "\\PC*[^\\s\\pC]\\PC*",
            token in proptest::option::of("\\PC*[^\\s\\pC]\\PC*"),
            given in known_parameters(),
        ) {
            let map = parameters(given.iter().map(|(key, value)| (*key, value.as_str())));
            let text = call(&database, token.clone().map_or(Value::Null, Value::string), map).unwrap();

            prop_assert!(text.is_ascii() && !text.contains(['+', ' ', '#']), "{}", text);
            let mut expected: Vec<(String, String)> =
                given.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            if let Some(token) = token {
                expected.insert(0, ("motherduck_token".to_owned(), token));
            }
            prop_assert_eq!(parsed(&text), (database, expected));
        }
    }
}
