//! The instance sizes that this version supports, and newer ones in states.

use std::collections::BTreeSet;

use super::State;
use super::compute::DucklingBlock;
use crate::framework::{Diagnostic, Diagnostics, Field, Path, Private};

/// The sizes that this version supports.
const KNOWN: [&str; 5] = ["pulse", "standard", "jumbo", "mega", "giga"];

/// The name in private state under which the first plan of a replacement stores the newer sizes of the
/// replaced object, because the second plan has no prior state.
const NEWER_SIZES: &str = "newer_sizes";

/// Sizes that MotherDuck added after this version.
pub(super) type NewerSizes = BTreeSet<String>;

fn size<B: DucklingBlock>(block: &Field<B>) -> Option<&str> {
    block.known()?.size().text()
}

/// Returns the newer sizes in a state.
pub(super) fn newer(state: &State) -> NewerSizes {
    [size(&state.read_write), size(&state.read_scaling)]
        .into_iter()
        .flatten()
        .filter(|size| !KNOWN.contains(size))
        .map(str::to_owned)
        .collect()
}

/// Stores the newer sizes of an object for the second plan of its replacement.
pub(super) fn store(newer_sizes: &NewerSizes, private: &mut Private) {
    if newer_sizes.is_empty() {
        private.remove(NEWER_SIZES);
    } else {
        private.set(NEWER_SIZES, newer_sizes);
    }
}

/// Returns the newer sizes that the first plan stored.
pub(super) fn stored(private: &Private) -> NewerSizes {
    private.get(NEWER_SIZES).unwrap_or_default()
}

/// Returns the errors about configured sizes that this version does not know and that are not in `newer_sizes`.
pub(super) fn check(config: &State, newer_sizes: &NewerSizes) -> Diagnostics {
    let blocks = [
        ("read_write", size(&config.read_write)),
        ("read_scaling", size(&config.read_scaling)),
    ];
    blocks
        .into_iter()
        .filter_map(|(block, size)| Some((block, size?)))
        .filter(|(_, size)| !KNOWN.contains(size) && !newer_sizes.contains(*size))
        .map(|(block, size)| {
            let path = Path::attribute(block).then("instance_size");
            Diagnostic::error(
                format!("Invalid value for {path}"),
                format!(
                    "`{path}` must be one of {}, not {size:?}. A size that MotherDuck added after this \
                     version of the provider can be kept by a resource whose state has it, for instance \
                     after an import; to set it, upgrade the provider.",
                    KNOWN.join(", ")
                ),
            )
            .at(path)
        })
        .collect()
}
