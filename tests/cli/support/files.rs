//! Searches every file that a run leaves in its folder.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use zip::ZipArchive;

use super::Story;

impl Story {
    /// Returns the sorted names of the files in the configuration's folder that contain a text. The members
    /// of a plan file are searched too and named as in `saved.tfplan:tfplan`.
    #[track_caller]
    pub(crate) fn files_with(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each_file(&self.path(""), &mut |name, content| {
            if contains(content, text) {
                found.push(name.to_owned());
            }
        });
        found.sort();
        found
    }
}

fn contains(content: &[u8], text: &str) -> bool {
    content.windows(text.len()).any(|part| part == text.as_bytes())
}

/// Calls `visit` for every file below a folder, and for every member of an archive.
fn each_file(folder: &Path, visit: &mut dyn FnMut(&str, &[u8])) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // `init` creates links to programs in this folder.
        if name == ".terraform" {
            continue;
        }
        if path.is_dir() {
            each_file(&path, visit);
            continue;
        }
        visit(name, &fs::read(&path).unwrap());
        if let Ok(mut archive) = ZipArchive::new(File::open(&path).unwrap()) {
            for index in 0..archive.len() {
                let mut content = Vec::new();
                let mut member = archive.by_index(index).unwrap();
                member.read_to_end(&mut content).unwrap();
                visit(&format!("{name}:{}", member.name()), &content);
            }
        }
    }
}
