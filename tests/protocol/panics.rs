//! The output of a panic on standard error, in which core looks for panics.

use std::process::Command;

use motherduck_provider::panics::{catch, install_hook};
use motherduck_provider::plugin::init_logging;

const TEST: &str = "panics::only_an_uncaught_panic_is_printed_as_a_panic";
/// The panic hook is global to a process, so the test starts itself again with this variable set.
const PANICKING: &str = "TEST_PANICKING_PROCESS";

#[test]
fn only_an_uncaught_panic_is_printed_as_a_panic() {
    if std::env::var_os(PANICKING).is_some() {
        return panic_twice();
    }
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command
        .args([TEST, "--exact", "--nocapture"])
        .env(PANICKING, "1")
        .env("RUST_BACKTRACE", "0");
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = stderr.lines().collect();

    let banner = lines
        .iter()
        .position(|line| *line == "panic: this panic is not caught")
        .expect(&stderr);
    assert!(
        lines[banner..].iter().any(|line| line.contains(file!())),
        "it prints the location: {stderr}"
    );
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("panic: ")).count(),
        1,
        "{stderr}"
    );

    let logged = lines
        .iter()
        .find(|line| line.contains("caught a panic: this panic is caught"));
    let logged: serde_json::Value = serde_json::from_str(logged.expect(&stderr)).expect("a JSON line");
    assert_eq!(logged["@level"], "error");
    assert!(
        logged["location"]
            .as_str()
            .is_some_and(|place| place.contains(file!())),
        "{logged}"
    );
}

fn panic_twice() {
    install_hook();
    init_logging("test", |_| Some("ERROR".into())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let caught = runtime.block_on(catch(async { panic!("this panic is caught") }));
    let caught: Result<(), _> = caught;
    let panic = caught.expect_err("it panicked");
    assert!(
        panic.location().is_some_and(|place| place.contains(file!())),
        "{panic}"
    );
    panic!("this panic is not caught");
}
