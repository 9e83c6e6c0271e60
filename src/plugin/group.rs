//! Looks up the id of a group by its name.

use nix::unistd::Gid;

/// Looks up a group as the C library does: in the sources that `/etc/nsswitch.conf` names.
#[cfg(not(feature = "static"))]
pub(super) fn by_name(name: &str) -> std::io::Result<Option<Gid>> {
    Ok(nix::unistd::Group::from_name(name)?.map(|group| group.gid))
}

/// Looks up a group in `/etc/group`, because a statically linked program cannot load the C library's other
/// sources.
#[cfg(feature = "static")]
pub(super) fn by_name(name: &str) -> std::io::Result<Option<Gid>> {
    match std::fs::read("/etc/group") {
        Ok(text) => Ok(listed(name, &String::from_utf8_lossy(&text))),
        // A system without that file has no named groups.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Finds a group in the text of `/etc/group`, whose lines are `NAME:PASSWORD:NUMBER:MEMBERS`.
#[cfg(any(feature = "static", test))]
fn listed(name: &str, text: &str) -> Option<Gid> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let number = (fields.next()? == name).then(|| fields.nth(1))??;
        number.parse().ok().map(Gid::from_raw)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_returns_the_id_of_a_group_name() {
        let text = "root:x:0:\n# a comment\nbroken\nhalf:x\nword:x:many:\nplugdev:x:46:ann,bob\ndocker:x:999";
        let number = |name| listed(name, text).map(Gid::as_raw);
        assert_eq!(number("root"), Some(0));
        assert_eq!(number("plugdev"), Some(46));
        assert_eq!(number("docker"), Some(999));
        for absent in ["broken", "half", "word", "ann", "plug", "nobody", ""] {
            assert_eq!(number(absent), None, "{absent:?}");
        }
    }

    #[test]
    fn by_name_of_an_unknown_group_is_none() {
        assert_eq!(by_name("no such group").unwrap(), None);
    }
}
