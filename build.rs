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
    fold_identical_functions();
    Ok(())
}

/// Makes the linker merge functions with the same machine code, such as instances of a generic function.
/// Rust's own linker, the default for this target, supports that.
fn fold_identical_functions() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    if is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
