//! The file below the database. It stays unchanged until it was checked.
//!
//! The database repairs and marks every file that it opens. A file that is damaged or belongs to another
//! program must not change, so writes are deferred until the file was checked, and are then done in the same
//! order.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

/// A file that is only read until it is released.
#[derive(Clone, Debug)]
pub(super) struct DeferredFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: FileBackend,
    /// The deferred writes; `None` once the file is released.
    steps: Mutex<Option<Vec<Step>>>,
}

#[derive(Debug)]
enum Step {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

impl DeferredFile {
    pub(super) fn new(file: File) -> Result<Self, redb::DatabaseError> {
        Ok(Self(Arc::new(Inner {
            file: FileBackend::new(file)?,
            steps: Mutex::new(Some(Vec::new())),
        })))
    }

    /// Does the deferred writes. Later writes are done at once.
    pub(super) fn release(&self) -> io::Result<()> {
        let mut steps = self.steps();
        for step in steps.take().into_iter().flatten() {
            match step {
                Step::Write(offset, data) => self.0.file.write(offset, &data)?,
                Step::SetLen(len) => self.0.file.set_len(len)?,
                Step::Sync => self.0.file.sync_data()?,
            }
        }
        Ok(())
    }

    fn steps(&self) -> MutexGuard<'_, Option<Vec<Step>>> {
        self.0.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageBackend for DeferredFile {
    fn len(&self) -> io::Result<u64> {
        let steps = self.steps();
        let deferred = steps.iter().flatten().rev().find_map(|step| match step {
            Step::SetLen(len) => Some(*len),
            _ => None,
        });
        deferred.map_or_else(|| self.0.file.len(), Ok)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let steps = self.steps();
        let Some(steps) = steps.as_ref().filter(|steps| !steps.is_empty()) else {
            return self.0.file.read(offset, out);
        };
        // The content of the file is overlaid with every later write.
        let in_file = self.0.file.len()?.saturating_sub(offset);
        let in_file = usize::try_from(in_file).unwrap_or(usize::MAX).min(out.len());
        let (there, beyond) = out.split_at_mut(in_file);
        self.0.file.read(offset, there)?;
        beyond.fill(0);
        for step in steps {
            match step {
                Step::Write(at, data) => copy_overlap(out, offset, data, *at),
                Step::SetLen(len) => {
                    let kept = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
                    out.get_mut(kept..).unwrap_or_default().fill(0);
                }
                Step::Sync => {}
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self.steps().as_mut() {
            Some(steps) => steps.push(Step::Write(offset, data.to_vec())),
            None => self.0.file.write(offset, data)?,
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        match self.steps().as_mut() {
            Some(steps) => steps.push(Step::SetLen(len)),
            None => self.0.file.set_len(len)?,
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        match self.steps().as_mut() {
            Some(steps) => steps.push(Step::Sync),
            None => self.0.file.sync_data()?,
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.0.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.unlock_range(start, end)
    }
}

/// Copies the part of `data`, which starts at `at`, that overlaps `out`, which starts at `offset`.
fn copy_overlap(out: &mut [u8], offset: u64, data: &[u8], at: u64) {
    let start = offset.max(at);
    let Ok(from) = usize::try_from(start - at) else {
        return;
    };
    let Ok(to) = usize::try_from(start - offset) else {
        return;
    };
    if let (Some(data), Some(out)) = (data.get(from..), out.get_mut(to..)) {
        let length = data.len().min(out.len());
        out[..length].copy_from_slice(&data[..length]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn content(file: &mut File) -> Vec<u8> {
        let mut content = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut content).unwrap();
        content
    }

    fn read(deferred: &DeferredFile, offset: u64, length: usize) -> Vec<u8> {
        let mut out = vec![b'?'; length];
        deferred.read(offset, &mut out).unwrap();
        out
    }

    #[test]
    fn deferred_file_writes_to_the_file_only_after_release() {
        let mut below = file(b"0123456789");
        let deferred = DeferredFile::new(below.try_clone().unwrap()).unwrap();
        assert_eq!(read(&deferred, 2, 3), b"234");
        deferred.write(3, b"abc").unwrap();
        deferred.set_len(5).unwrap();
        deferred.sync_data().unwrap();
        deferred.set_len(12).unwrap();
        deferred.write(10, b"yz").unwrap();

        assert_eq!(deferred.len().unwrap(), 12);
        assert_eq!(read(&deferred, 0, 12), b"012ab\0\0\0\0\0yz");
        assert_eq!(read(&deferred, 4, 2), b"b\0");
        assert_eq!(read(&deferred, 11, 1), b"z");
        assert_eq!(content(&mut below), b"0123456789");

        deferred.release().unwrap();
        assert_eq!(content(&mut below), b"012ab\0\0\0\0\0yz");
        deferred.write(0, b"!").unwrap();
        assert_eq!(content(&mut below), b"!12ab\0\0\0\0\0yz");
        assert_eq!(read(&deferred, 0, 2), b"!1");
    }

    #[test]
    fn copy_overlap_copies_the_common_range() {
        for (at, data, expected) in [
            (0, "xx", "....".to_owned()),
            (8, "xx", "....".to_owned()),
            (3, "xx", "x...".to_owned()),
            (7, "xx", "...x".to_owned()),
            (2, "xxxxxxxx", "xxxx".to_owned()),
            (5, "x", ".x..".to_owned()),
        ] {
            let mut out = *b"....";
            copy_overlap(&mut out, 4, data.as_bytes(), at);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{data} at {at}");
        }
    }
}
