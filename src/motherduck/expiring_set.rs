//! A set whose members are forgotten when they have been in it for some time.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// How often within a lifetime the members are looked through for those that are over.
const SWEEPS: u32 = 8;

/// Each member counts for the lifetime of the set after it was inserted last. The memory that a set needs depends on how
/// much is inserted within one lifetime, and not on how long the process runs.
#[derive(Debug)]
pub(super) struct ExpiringSet<T> {
    lifetime: Duration,
    inserted: HashMap<T, Instant>,
    swept: Instant,
}

impl<T: Eq + Hash> ExpiringSet<T> {
    /// An empty set.
    pub(super) fn new(lifetime: Duration) -> Self {
        ExpiringSet {
            lifetime,
            inserted: HashMap::new(),
            swept: Instant::now(),
        }
    }

    /// Inserts a member. One that is there begins its time anew.
    pub(super) fn insert(&mut self, member: T) {
        // A look at all members for each insertion would take too long where there are many.
        if self.swept.elapsed() >= self.lifetime / SWEEPS {
            self.sweep();
        }
        self.inserted.insert(member, Instant::now());
    }

    /// Whether the member was inserted less than a lifetime ago, and not removed since.
    pub(super) fn contains<Q: Eq + Hash + ?Sized>(&self, member: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        let inserted = self.inserted.get(member);
        inserted.is_some_and(|at| at.elapsed() < self.lifetime)
    }

    /// Removes a member.
    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&mut self, member: &Q)
    where
        T: Borrow<Q>,
    {
        self.inserted.remove(member);
    }

    /// How many members are kept, some of which may be over.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.inserted.len()
    }

    fn sweep(&mut self) {
        self.swept = Instant::now();
        self.inserted.retain(|_, at| at.elapsed() < self.lifetime);
        self.inserted.shrink_to(2 * self.inserted.len());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_member_counts_for_its_lifetime() {
        let mut set = ExpiringSet::new(Duration::from_secs(60));
        set.insert("a");
        advance(Duration::from_secs(30)).await;
        set.insert("b");
        advance(Duration::from_millis(29_999)).await;
        assert!(set.contains("a") && set.contains("b"));
        advance(Duration::from_millis(1)).await;
        assert!(!set.contains("a") && set.contains("b"));

        // Inserted again, it begins anew.
        set.insert("b");
        advance(Duration::from_secs(59)).await;
        assert!(set.contains("b"));
        set.remove("b");
        assert!(!set.contains("b"));
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_kept_for_what_counts_and_no_more() {
        let mut set = ExpiringSet::new(Duration::from_secs(60));
        for number in 0..100_000 {
            advance(Duration::from_millis(10)).await;
            set.insert(number);
        }
        // 6,000 members count, and those of the time between two sweeps may be left.
        let kept = set.len();
        assert!((6_000..=6_000 * 9 / 8 + 1).contains(&kept), "{kept}");
        assert!(set.inserted.capacity() < 4 * kept, "{}", set.inserted.capacity());
    }
}
