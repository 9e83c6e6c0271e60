//! Circular references between modules: the children of one module may refer to each other in one direction
//! only. A module and its own children may refer to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::modules::{Crate, Names, Target};

/// A reference of one module to another that is part of a circle.
pub(crate) struct Link {
    /// The path of the module that contains both.
    pub(crate) parent: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The files that contain the reference.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// For each pair of sibling modules of which the first refers to the second, the files that do.
type Siblings = BTreeMap<(String, String), BTreeSet<PathBuf>>;

/// Returns the references that form circles.
pub(crate) fn links(of: &Crate) -> Vec<Link> {
    let mut families: BTreeMap<Names, Siblings> = BTreeMap::new();
    for reference in of.references() {
        let Target::Module(to) = &reference.to else {
            continue;
        };
        let from = &reference.from;
        let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        // If the paths do not differ, one module is the other or contains it.
        if let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) {
            let siblings = families.entry(from[..shared].to_vec()).or_default();
            let files = siblings.entry((a.clone(), b.clone())).or_default();
            files.insert(reference.file);
        }
    }
    let mut links = Vec::new();
    for (parent, siblings) in &families {
        for ((from, to), files) in siblings {
            if reaches(siblings, to, from) {
                links.push(Link {
                    parent: parent.join("::"),
                    from: from.clone(),
                    to: to.clone(),
                    files: files.clone(),
                });
            }
        }
    }
    links
}

/// Whether references lead from one module to another.
fn reaches(siblings: &Siblings, from: &str, to: &str) -> bool {
    let mut reached = BTreeSet::from([from]);
    let mut pending = vec![from];
    while let Some(at) = pending.pop() {
        if at == to {
            return true;
        }
        let next = siblings.keys().filter(|(a, _)| a == at).map(|(_, b)| b.as_str());
        pending.extend(next.filter(|next| reached.insert(next)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circle_of_any_length_is_found() {
        let code = "
            mod a { use crate::b::B; pub struct A; pub mod inner { use super::A; use super::super::c::C; } }
            mod b { use super::c; pub struct B; }
            mod c { pub use crate::a::A as Reexported; pub struct C; }
            mod d { use crate::c::Reexported; }";
        let links = links(&Crate::of_text(code));
        let found: Vec<_> = links
            .iter()
            .map(|link| format!("{} {}", link.from, link.to))
            .collect();
        assert_eq!(found, ["a b", "a c", "b c", "c a"]);
    }
}
