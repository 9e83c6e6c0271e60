//! `motherduck-calls` prints the names of all calls. `motherduck-calls NAME TIMES` runs one of them that many
//! times.

use std::process::ExitCode;

use motherduck_calls::calls;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            for call in calls() {
                println!("{}", call.name);
            }
            ExitCode::SUCCESS
        }
        // Release builds start the program once with `--version` as a check.
        [flag] if flag == "--version" => {
            println!("{}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        [name, times] => {
            let call = calls().into_iter().find(|call| call.name == *name);
            let (Some(mut call), Ok(times)) = (call, times.parse::<u64>()) else {
                eprintln!("there is no call of that name, or the second argument is not a number");
                return ExitCode::FAILURE;
            };
            for _ in 0..times {
                (call.run)();
            }
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: motherduck-calls [NAME TIMES]");
            ExitCode::FAILURE
        }
    }
}
