//! A set whose members expire.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// How often within a lifetime expired members are removed.
const SWEEPS: u32 = 8;

/// Each member is in the set for its lifetime after it was last inserted. The memory of a set depends on how
/// many members are inserted within one lifetime, and not on how long the process runs.
#[derive(Debug)]
pub(super) struct ExpiringSet<T> {
    lifetime: Duration,
    inserted: HashMap<T, Instant>,
    swept: Instant,
}

impl<T: Eq + Hash> ExpiringSet<T> {
    /// Creates an empty set.
    pub(super) fn new(lifetime: Duration) -> Self {
        ExpiringSet {
            lifetime,
            inserted: HashMap::new(),
            swept: Instant::now(),
        }
    }

    /// Inserts a member. The lifetime of an existing one starts again.
    pub(super) fn insert(&mut self, member: T) {
        // Checking all members at each insertion would take too long with many of them.
        if self.swept.elapsed() >= self.lifetime / SWEEPS {
            self.sweep();
        }
        self.inserted.insert(member, Instant::now());
    }

    /// Whether the member was inserted less than a lifetime ago, and not removed since.
    pub(super) fn contains(&self, member: &T) -> bool {
        let inserted = self.inserted.get(member);
        inserted.is_some_and(|at| at.elapsed() < self.lifetime)
    }

    /// Removes a member.
    pub(super) fn remove(&mut self, member: &T) {
        self.inserted.remove(member);
    }

    /// Returns the number of stored members, some of which may have expired.
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
    async fn contains_is_true_until_the_lifetime_ends() {
        let mut set = ExpiringSet::new(Duration::from_secs(60));
        set.insert("a");
        advance(Duration::from_secs(30)).await;
        set.insert("b");
        advance(Duration::from_millis(29_999)).await;
        assert!(set.contains(&"a") && set.contains(&"b"));
        advance(Duration::from_millis(1)).await;
        assert!(!set.contains(&"a") && set.contains(&"b"));

        // When it is inserted again, its lifetime starts again.
        set.insert("b");
        advance(Duration::from_secs(59)).await;
        assert!(set.contains(&"b"));
        set.remove(&"b");
        assert!(!set.contains(&"b"));
    }

    #[tokio::test(start_paused = true)]
    async fn insert_removes_expired_members_from_memory() {
        let mut set = ExpiringSet::new(Duration::from_secs(60));
        for number in 0..100_000 {
            advance(Duration::from_millis(10)).await;
            set.insert(number);
        }
        // 6,000 members are valid, and those of the time between two sweeps may remain.
        let kept = set.len();
        assert!((6_000..=6_000 * 9 / 8 + 1).contains(&kept), "{kept}");
        assert!(set.inserted.capacity() < 4 * kept, "{}", set.inserted.capacity());
    }
}
