//! `cargo xtask picture`: records the demo for README.

mod recording;
mod svg;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs, io};

use crate::cli::Environment;
use crate::workspace;

/// The path of the file in the repository.
const FILE: &str = "assets/demo.svg";

/// Why no picture was drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The demo did not succeed.
    #[error("the demo failed, and no picture was made:\n{0}")]
    Demo(String),
    /// The operating system returned an error.
    #[error("could not {action}: {source}")]
    Io {
        /// The action that failed.
        action: String,
        /// The system's error.
        source: io::Error,
    },
}

/// Runs the demo and draws its output. Returns the path of the picture.
pub fn draw(environment: &Environment) -> Result<PathBuf, PictureError> {
    let io = |action: &str| {
        let action = action.to_owned();
        move |source| PictureError::Io { action, source }
    };
    let root = workspace::root();
    let output = demo(environment).map_err(io("run the demo"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(PictureError::Demo(format!("{said}{error}")));
    }
    let recording = recording::of(&said, &[&root, Path::new(&env::temp_dir())]);
    let file = root.join(FILE);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(io("create the folder of pictures"))?;
    }
    fs::write(&file, svg::of(&recording)).map_err(io("write the picture"))?;
    Ok(file)
}

/// Runs the demo in a separate process, so that it prints its usual output.
fn demo(environment: &Environment) -> io::Result<Output> {
    Command::new(env::current_exe()?)
        .arg("demo")
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
}
