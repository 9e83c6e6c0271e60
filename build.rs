//! Compiles `proto/` into `OUT_DIR` in pure Rust, without `protoc`.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const PROTO_FILES: [&str; 4] = [
    "tfplugin6.proto",
    "grpc_controller.proto",
    "grpc_stdio.proto",
    "grpc_broker.proto",
];

/// The functions that a start runs, as `cargo xtask start-functions` writes them.
const START_FUNCTIONS: &str = "src/start_functions.txt";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    // `cargo fuzz` sets this option.
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    let out_dir = env::var("OUT_DIR")?;

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(PROTO_FILES)?;
    fs::write(
        Path::new(&out_dir).join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    tonic_prost_build::configure()
        // The client is generic over its transport: tests supply one, and the provider never connects to a
        // server.
        .build_transport(false)
        // Maps are sorted by key, so that equal responses have equal bytes.
        .btree_map(".")
        // These two messages contain whole states with their secrets. `src/proto.rs` implements `Debug` for
        // them without the content.
        .skip_debug(["tfplugin6.DynamicValue", "tfplugin6.RawState"])
        .compile_fds(compiler.file_descriptor_set())?;
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    // Rust's own linker, the default for this target, has the options below.
    if is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") {
        // Functions with the same machine code, such as instances of a generic function, are merged.
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        if env::var_os("CARGO_FEATURE_STATIC").is_some() {
            place_start_functions(Path::new(&out_dir))?;
        }
    }
    Ok(())
}

/// Makes the linker place the functions of a start next to each other. They are 0.2 MB of 6 MB, and the system maps a
/// file in blocks of 64 KiB, so a start maps fewer blocks. Functions of Rust are selected by a linker script with patterns
/// of their sections, which remain valid when hashes in symbols change, and those of C by their symbols.
fn place_start_functions(out_dir: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={START_FUNCTIONS}");
    let list = fs::read_to_string(START_FUNCTIONS)?;
    let functions = list.lines().filter(|line| !line.starts_with('#'));
    let (paths, symbols): (Vec<_>, Vec<_>) = functions.partition(|function| function.contains("::"));
    let sections: Vec<_> = paths
        .into_iter()
        // Other parts of the symbol stand between the identifiers.
        .map(|path| format!("*(\".text._R*{}*\")", path.replace("::", "*")))
        .collect();
    let script = out_dir.join("start.ld");
    let sections = sections.join("\n");
    fs::write(
        &script,
        format!("SECTIONS {{ .text.start : {{\n{sections}\n}} }} INSERT BEFORE .text;\n"),
    )?;
    let order = out_dir.join("start.symbols");
    fs::write(&order, symbols.join("\n"))?;
    println!("cargo::rustc-link-arg-bins=-T{}", script.display());
    println!("cargo::rustc-link-arg-bins=-Xlinker");
    println!(
        "cargo::rustc-link-arg-bins=--symbol-ordering-file={}",
        order.display()
    );
    // The list may be older than a compiler or a library.
    println!("cargo::rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    Ok(())
}
