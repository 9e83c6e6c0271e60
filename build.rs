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

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    // Set by `cargo fuzz`.
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
        // Maps are ordered by their keys, so that equal responses are equal bytes.
        .btree_map(".")
        // These two hold whole states with their secrets. `src/proto.rs` implements `Debug` for them without
        // content.
        .skip_debug(["tfplugin6.DynamicValue", "tfplugin6.RawState"])
        .compile_fds(compiler.file_descriptor_set())?;
    fold_identical_functions();
    Ok(())
}

/// Lets the linker keep one of several functions that are the same in machine code, as many copies of generic
/// functions are. Rust's own linker can, which is the default for this target.
fn fold_identical_functions() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    if is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
