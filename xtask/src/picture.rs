//! `cargo xtask picture`: records the demo for README.

mod recording;
mod svg;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::cli::Environment;
use crate::programs::Failure;
use crate::workspace;

/// The path of the file in the repository.
const FILE: &str = "assets/demo.svg";

/// Runs the demo and draws its output. Returns the path of the picture.
pub fn run(environment: &Environment) -> Result<PathBuf, Failure> {
    let root = workspace::root();
    let failed = || Failure::io("run the demo");
    // A separate process prints the demo's usual output.
    let output = Command::new(env::current_exe().map_err(failed())?)
        .arg("demo")
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(failed())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Failure::unexpected(format!(
            "the demo failed, and no picture was made:\n{text}{error}"
        ));
    }
    let recording = recording::select(&text, &[&root, Path::new(&env::temp_dir())]);
    let file = root.join(FILE);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(Failure::io("create the folder of pictures"))?;
    }
    fs::write(&file, svg::draw(&recording)).map_err(Failure::io("write the picture"))?;
    Ok(file)
}
