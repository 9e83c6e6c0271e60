//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

/// The name of the program in its messages.
const PROGRAM: &str = "terraform-provider-motherduck";

pub(crate) const HELP: &str = "\
MotherDuck provider for Terraform and OpenTofu.

Terraform or OpenTofu starts this program as a plugin.

Usage: terraform-provider-motherduck [OPTIONS]

Options:
      --debug
          Serve until an interrupt, and print the value of TF_REATTACH_PROVIDERS for Terraform or OpenTofu

      --export
          Print the organization as configuration with `import` blocks. Token and address are read from the
          environment variables of the provider

      --username <NAME>
          Export only this service account; may be repeated

      --out <DIR>
          Export into this folder, one file for each account, instead of standard output

  -h, --help
          Print help

  -V, --version
          Print version
";

/// What the command line requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Version,
    Serve {
        debug: bool,
    },
    Export {
        usernames: Vec<String>,
        out: Option<PathBuf>,
    },
}

/// Parses the arguments after the name of the program. The error is a message for standard error.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString, IntoIter: 'static>,
) -> Result<Command, String> {
    parsed(Parser::from_args(arguments)).map_err(|error| {
        format!("error: {error}\n\nUsage: {PROGRAM} [OPTIONS]\n\nFor more information, try '--help'.")
    })
}

fn parsed(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let (mut debug, mut export, mut usernames, mut out) = (false, false, Vec::new(), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Long("debug") => debug = true,
            Arg::Long("export") => export = true,
            Arg::Long("username") => usernames.push(value(&mut parser, "--username")?.string()?),
            Arg::Long("out") if out.is_some() => return Err("'--out' cannot be used twice".into()),
            Arg::Long("out") => out = Some(value(&mut parser, "--out")?.into()),
            other => return Err(other.unexpected()),
        }
    }
    if export && debug {
        return Err("'--export' cannot be used with '--debug'".into());
    }
    if export {
        return Ok(Command::Export { usernames, out });
    }
    if !usernames.is_empty() {
        return Err("'--username' needs '--export'".into());
    }
    if out.is_some() {
        return Err("'--out' needs '--export'".into());
    }
    Ok(Command::Serve { debug })
}

/// Returns the value of an option, which must not be empty.
fn value(parser: &mut Parser, option: &str) -> Result<OsString, lexopt::Error> {
    let value = parser.value()?;
    if value.is_empty() {
        return Err(format!("the value of '{option}' must not be empty").into());
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        parse(arguments)
    }

    #[test]
    fn parse_returns_the_command_with_its_options() {
        let export = |usernames: &[&str], out: Option<&str>| {
            Ok(Command::Export {
                usernames: usernames.iter().map(|&name| name.to_owned()).collect(),
                out: out.map(PathBuf::from),
            })
        };
        assert_eq!(parsed(&[]), Ok(Command::Serve { debug: false }));
        assert_eq!(parsed(&["--debug"]), Ok(Command::Serve { debug: true }));
        assert_eq!(parsed(&["--export"]), export(&[], None));
        assert_eq!(
            parsed(&["--username=ann", "--export", "--out", "dir", "--username", "bob"]),
            export(&["ann", "bob"], Some("dir"))
        );
        for help in ["-h", "--help"] {
            assert_eq!(parsed(&["--debug", help]), Ok(Command::Help));
        }
        for version in ["-V", "--version"] {
            assert_eq!(parsed(&[version]), Ok(Command::Version));
        }
    }

    #[test]
    fn parse_error_names_the_argument_and_the_help() {
        for (arguments, expected) in [
            (&["--nope"][..], "'--nope'"),
            (&["extra"], "\"extra\""),
            (&["--out", "dir"], "'--out' needs '--export'"),
            (&["--username", "ann"], "'--username' needs '--export'"),
            (
                &["--export", "--debug"],
                "'--export' cannot be used with '--debug'",
            ),
            (&["--export", "--username"], "'--username'"),
            (&["--export", "--username="], "'--username' must not be empty"),
            (&["--export", "--out", ""], "'--out' must not be empty"),
            (
                &["--export", "--out", "a", "--out", "b"],
                "'--out' cannot be used twice",
            ),
            (&["--debug=yes"], "'--debug'"),
        ] {
            let error = parsed(arguments).unwrap_err();
            assert!(
                error.starts_with("error: ") && error.contains(expected),
                "{arguments:?}: {error}"
            );
            assert!(error.ends_with("try '--help'."), "{error}");
        }
    }
}
