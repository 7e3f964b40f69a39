//! Tables of the keys that come again: multiples of a public key, which make its next verifications
//! several times faster.
//!
//! One cache for the process and for all algorithms, within a budget of bytes. It holds public data
//! only, and no verdict depends on it: a key without a table is verified with in another way.
//!
//! * A key gets a table when it was used often: uses are counted in a sketch of fixed size, so that
//!   a flood of keys that are used once costs no memory and no table. Tables are built for several
//!   keys at once, which share the lanes; a key alone waits until it was used more often still.
//! * In a full cache a key takes the place of one that was used less than half as often, and not
//!   before its count tells it from a key that was lucky. Counts are halved as time goes by.
//! * A table that a batch works with is never evicted, and the memory of one that is evicted is used
//!   for the next, so that the budget holds at every moment.

use std::cmp::Reverse;
use std::collections::hash_map::{Entry, HashMap, RandomState};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use crate::simd::rows::{self, Row};

/// Bytes of tables unless [`configure`] says otherwise.
pub const DEFAULT_BUDGET: usize = 64 << 20;

/// Uses after which a key is worth a table: about what building one costs.
const WORTH: u8 = 8;
/// Uses after which it is worth a table even when the other lanes stay empty.
const URGENT: u8 = 32;
/// Uses after which it may take the place of another: keys that are all used alike would else drive
/// each other out by chance.
const REPLACES: u8 = 2 * WORTH;
/// Keys that fill the lanes of one build.
const GROUP: usize = 8;
/// Tables that one batch builds at most, before it is divided, so that none waits for more than a
/// millisecond or two.
const MOST_BUILDS: usize = 8 * GROUP;
/// Held tables among which the least used ones are sought when room is needed.
const SAMPLE: usize = 128;
/// What is held beside the rows of a table: its name and its place in the index, rounded up.
const OVERHEAD: usize = 512;

/// Counters and sizes of the cache, for a person who looks for the reason of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes that the tables may have in all; 0: there are none.
    pub budget: usize,
    /// Bytes that they have now.
    pub bytes: usize,
    /// Keys with a table.
    pub tables: usize,
    /// Signatures for whose key there was a table, those that could be none among them.
    pub hits: u64,
    /// Signatures for which there was none.
    pub misses: u64,
    /// Tables that were built.
    pub promotions: u64,
    /// Tables that gave way to others.
    pub evictions: u64,
}

/// The name of a key in the cache, with its hash; made once for each handle.
pub(crate) struct Name {
    hash: u64,
    /// The algorithm and the bytes of the key.
    bytes: Box<[u8]>,
}

impl Name {
    /// The name of the key `bytes`; `algorithm` keeps keys of different algorithms apart.
    pub(crate) fn new(algorithm: &str, bytes: &[u8]) -> Self {
        // Keyed, so that nobody can choose keys whose hashes meet.
        static KEYED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        let bytes = [algorithm.as_bytes(), bytes].concat().into_boxed_slice();
        Self {
            hash: KEYED.hash_one(&bytes),
            bytes,
        }
    }
}

/// The tables of a batch: they stay as they are while this is held.
pub(crate) struct Held {
    tables: Vec<Arc<Box<[Row]>>>,
    /// For each item the number of its table, or [`NONE`].
    of: Vec<u32>,
}

/// The tables of a part of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    tables: &'a [Arc<Box<[Row]>>],
    of: &'a [u32],
}

const NONE: u32 = u32::MAX;

impl Held {
    pub(crate) fn nothing(items: usize) -> Self {
        Self {
            tables: Vec::new(),
            of: vec![NONE; items],
        }
    }

    /// The tables of the items of a range.
    pub(crate) fn part(&self, range: Range<usize>) -> Part<'_> {
        Part {
            tables: &self.tables,
            of: &self.of[range],
        }
    }

    fn push(&mut self, table: &Arc<Box<[Row]>>) -> u32 {
        self.tables.push(Arc::clone(table));
        u32::try_from(self.tables.len() - 1).expect("a table an item at most")
    }
}

impl<'a> Part<'a> {
    /// The table of the key of an item of the part, if it has one.
    pub(crate) fn get(&self, item: usize) -> Option<&'a [Row]> {
        self.tables.get(self.of[item] as usize).map(|rows| &***rows)
    }
}

/// The tables of the keys of a batch, `rows` rows each; counts the uses and builds tables that are
/// due.
///
/// `build(items, tables)` fills `tables[i]` with the multiples of the key of `items[i]`: at most 64
/// at once. It is called without a lock. `names` has an item for each signature.
///
/// It is for a whole batch, before threads share that: what it counts is in memory that they would
/// take from each other.
pub(crate) fn hold(
    rows: usize,
    names: &[&Name],
    build: impl FnOnce(&[usize], &mut [&mut [Row]]),
) -> Held {
    if BUDGET.load(Ordering::Relaxed) == 0 {
        return Held::nothing(names.len());
    }
    current().hold(rows, names, build)
}

/// Sets the bytes that all tables may have together; 0 means no tables.
pub fn configure(budget: usize) {
    let shared = current();
    // Both under the lock: of two threads that set a budget, one has the last word everywhere.
    let mut cache = shared.lock();
    BUDGET.store(budget, Ordering::Relaxed);
    cache.resize(budget);
}

/// What the cache holds and did so far.
#[must_use]
pub fn counters() -> Counters {
    current().lock().counters
}

static BUDGET: AtomicUsize = AtomicUsize::new(DEFAULT_BUDGET);

/// The cache of this process: another thread may have held the lock when it was forked, so a child
/// begins with an empty one.
fn current() -> Arc<Shared> {
    static CACHE: ArcSwapOption<Shared> = ArcSwapOption::const_empty();
    let process = std::process::id();
    loop {
        let old = CACHE.load_full();
        if let Some(shared) = &old {
            if shared.process == process {
                return Arc::clone(shared);
            }
        }
        let new = Arc::new(Shared::new(process, BUDGET.load(Ordering::Relaxed)));
        CACHE.compare_and_swap(&old, Some(new));
        // Not dropped: it is of the parent, and shares its pages.
        std::mem::forget(old);
    }
}

/// Bytes that a table takes of the budget.
fn size(rows: usize) -> usize {
    rows * size_of::<Row>() + OVERHEAD
}

struct Shared {
    process: u32,
    cache: Mutex<Cache>,
}

/// A key that is due for a table.
struct Due {
    item: usize,
    uses: u8,
    /// Where its table will be, and the rows that are to be filled.
    reserved: Option<(usize, Arc<Box<[Row]>>)>,
}

impl Shared {
    fn new(process: u32, budget: usize) -> Self {
        Self {
            process,
            cache: Mutex::new(Cache::new(budget)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        // What is under the lock are counts and places; a panic leaves nothing half done that a
        // verdict could see.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(
        &self,
        rows: usize,
        names: &[&Name],
        build: impl FnOnce(&[usize], &mut [&mut [Row]]),
    ) -> Held {
        let mut held = Held::nothing(names.len());
        let mut due = {
            let mut cache = self.lock();
            let due = cache.look_up(rows, names, &mut held);
            cache.reserve(rows, names, due)
        };
        if due.is_empty() {
            return held;
        }
        let items: Vec<usize> = due.iter().map(|due| due.item).collect();
        let mut tables: Vec<&mut [Row]> = due.iter_mut().map(Due::rows).collect();
        build(&items, &mut tables);
        let mut numbers = HashMap::new();
        for (slot, table) in due.into_iter().filter_map(|due| due.reserved) {
            let number = held.push(&table);
            numbers.insert(self.lock().install(slot, table), number);
        }
        for (of, name) in held.of.iter_mut().zip(names) {
            if *of == NONE {
                *of = numbers.get(&name.bytes).copied().unwrap_or(NONE);
            }
        }
        held
    }
}

impl Due {
    fn rows(&mut self) -> &mut [Row] {
        let (_, rows) = self.reserved.as_mut().expect("those without are left out");
        Arc::get_mut(rows).expect("nobody else has seen it")
    }
}

/// A key with a table, or with one that is being built.
struct Slot {
    hash: u64,
    bytes: Box<[u8]>,
    /// Uses, halved as time goes by, up to 255 as in the sketch.
    uses: u8,
    /// The last batch that looked it up, and the number of the table there.
    seen: (u64, u32),
    size: usize,
    /// `None` while it is built.
    table: Option<Arc<Box<[Row]>>>,
}

struct Cache {
    counters: Counters,
    sketch: Sketch,
    /// Where the key with a hash is.
    index: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
    slots: Vec<Option<Slot>>,
    /// Slots without a key.
    free: Vec<usize>,
    /// The slot from which the next one to be evicted is sought.
    hand: usize,
    batch: u64,
}

impl Cache {
    fn new(budget: usize) -> Self {
        Self {
            counters: Counters {
                budget,
                ..Counters::default()
            },
            sketch: Sketch::new(budget),
            index: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            hand: 0,
            batch: 0,
        }
    }

    /// Notes the tables that are there in `held`, counts, and tells which keys are due for one.
    fn look_up(&mut self, rows: usize, names: &[&Name], held: &mut Held) -> Vec<Due> {
        self.batch += 1;
        let least = if self.free(rows) > 0 { WORTH } else { REPLACES };
        let mut due: Vec<Due> = Vec::new();
        let mut place: HashMap<u64, usize, BuildHasherDefault<Hashed>> = HashMap::default();
        for (item, name) in names.iter().enumerate() {
            if self.sketch.is_period_over() {
                self.age();
            }
            if let Some(&at) = self.index.get(&name.hash) {
                held.of[item] = self.slots[at]
                    .as_mut()
                    .and_then(|slot| slot.hold(name, self.batch, held))
                    .unwrap_or(NONE);
            }
            if held.of[item] != NONE {
                self.counters.hits += 1;
                continue;
            }
            self.counters.misses += 1;
            let uses = self.sketch.count(name.hash);
            if uses >= least {
                match place.entry(name.hash) {
                    Entry::Occupied(at) => due[*at.get()].uses = uses,
                    Entry::Vacant(at) => {
                        at.insert(due.len());
                        due.push(Due {
                            item,
                            uses,
                            reserved: None,
                        });
                    }
                }
            }
        }
        due
    }

    /// Room for tables of the keys that are most due, as many as are worth a build now.
    fn reserve(&mut self, rows: usize, names: &[&Name], mut due: Vec<Due>) -> Vec<Due> {
        due.retain(|due| !self.index.contains_key(&names[due.item].hash));
        due.sort_by_key(|due| Reverse(due.uses));
        let worth = |count: usize| match due.first() {
            Some(first) if count < GROUP && first.uses < URGENT => 0,
            _ if count < GROUP => count,
            _ => count.min(MOST_BUILDS) / GROUP * GROUP,
        };
        let wanted = worth(due.len());
        let free = self.free(rows);
        let mut victims = Vec::new();
        if wanted > free {
            victims = self.victims(&due[free..wanted]);
        }
        let wanted = worth(wanted.min(free + victims.len()));
        due.truncate(wanted);
        let mut victims = victims.into_iter();
        for due in &mut due {
            due.reserved = self.room(rows, names[due.item], due.uses, &mut victims);
        }
        due.retain(|due| due.reserved.is_some());
        due
    }

    /// Tables that there is room for without an eviction.
    fn free(&self, rows: usize) -> usize {
        self.counters.budget.saturating_sub(self.counters.bytes) / size(rows)
    }

    /// A slot and memory for the table of a key that was used `uses` times; `victims` go as they are
    /// needed.
    fn room(
        &mut self,
        rows: usize,
        name: &Name,
        uses: u8,
        victims: &mut impl Iterator<Item = usize>,
    ) -> Option<(usize, Arc<Box<[Row]>>)> {
        let size = size(rows);
        // None goes before it is known that those that go make room enough.
        let mut going = Vec::new();
        let mut bytes = self.counters.bytes;
        while bytes + size > self.counters.budget {
            let victim = victims.next()?;
            bytes -= self.slots[victim].as_ref().map_or(0, |slot| slot.size);
            going.push(victim);
        }
        let mut table = None;
        for victim in going {
            table = self.evict(victim).filter(|table| table.len() == rows);
        }
        self.counters.bytes += size;
        let slot = Slot {
            hash: name.hash,
            bytes: name.bytes.clone(),
            uses,
            seen: (0, NONE),
            size,
            table: None,
        };
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[at] = Some(slot);
        self.index.insert(name.hash, at);
        let table = table.unwrap_or_else(|| Arc::new(rows::zeroed(rows)));
        Some((at, table))
    }

    /// Tables that nobody works with, the least used ones of some: each of a key that was used less
    /// than half as often as the key of `due` at the same place.
    fn victims(&mut self, due: &[Due]) -> Vec<usize> {
        let most = due.first().map_or(0, |due| due.uses);
        let len = self.slots.len();
        let mut found: Vec<(u8, usize)> = Vec::new();
        for step in 0..len.min(SAMPLE) {
            let at = (self.hand + step) % len;
            if let Some(slot) = &self.slots[at] {
                if slot.uses < most / 2 && slot.is_idle() {
                    found.push((slot.uses, at));
                }
            }
        }
        self.hand = (self.hand + SAMPLE) % len.max(1);
        found.sort_unstable();
        let pairs = found.into_iter().zip(due);
        pairs
            .take_while(|((uses, _), due)| *uses < due.uses / 2)
            .map(|((_, at), _)| at)
            .collect()
    }

    fn evict(&mut self, at: usize) -> Option<Arc<Box<[Row]>>> {
        let slot = self.slots[at].take()?;
        self.free.push(at);
        self.index.remove(&slot.hash);
        self.counters.bytes -= slot.size;
        self.counters.tables -= 1;
        self.counters.evictions += 1;
        slot.table
    }

    /// Puts a table that was built into its slot, and returns the name of its key.
    fn install(&mut self, at: usize, table: Arc<Box<[Row]>>) -> Box<[u8]> {
        let slot = self.slots[at].as_mut().expect("it was reserved");
        slot.table = Some(table);
        let name = slot.bytes.clone();
        self.counters.tables += 1;
        self.counters.promotions += 1;
        if self.counters.bytes > self.counters.budget {
            // The budget was lowered meanwhile.
            self.evict(at);
        }
        name
    }

    fn age(&mut self) {
        self.sketch.age();
        for slot in self.slots.iter_mut().flatten() {
            slot.uses /= 2;
        }
    }

    /// Another budget: what does not fit goes, the first slots last.
    fn resize(&mut self, budget: usize) {
        self.counters.budget = budget;
        self.sketch = Sketch::new(budget);
        for at in (0..self.slots.len()).rev() {
            let built = self.slots[at]
                .as_ref()
                .is_some_and(|slot| slot.table.is_some());
            if self.counters.bytes > budget && built {
                self.evict(at);
            }
        }
    }
}

impl Slot {
    /// Counts a use and gives the number of the table in the batch.
    fn hold(&mut self, name: &Name, batch: u64, held: &mut Held) -> Option<u32> {
        let table = self.table.as_ref().filter(|_| self.bytes == name.bytes)?;
        self.uses = self.uses.saturating_add(1);
        if self.seen.0 != batch {
            self.seen = (batch, held.push(table));
        }
        Some(self.seen.1)
    }

    /// True when it is built and no batch works with it.
    fn is_idle(&self) -> bool {
        let table = self.table.as_ref();
        table.is_some_and(|table| Arc::strong_count(table) == 1)
    }
}

/// How often each hash was seen, about: never less than it was since the counts were last halved,
/// sometimes more (a count-min sketch).
struct Sketch {
    counts: Box<[[u8; DEPTH]]>,
    seen: usize,
}

/// Counts of a hash, of which the smallest is nearest to the truth.
const DEPTH: usize = 4;

impl Sketch {
    /// One that tells about eight times as many keys apart as there is room for tables.
    fn new(budget: usize) -> Self {
        let width = (budget / 4096).next_power_of_two().clamp(1 << 12, 1 << 20);
        Self {
            counts: vec![[0; DEPTH]; width].into_boxed_slice(),
            seen: 0,
        }
    }

    /// Counts a use; the uses so far, this one among them.
    fn count(&mut self, hash: u64) -> u8 {
        self.seen += 1;
        let mask = self.counts.len() - 1;
        let step = (hash >> 32) | 1;
        let mut least = u8::MAX;
        for row in 0..DEPTH {
            #[expect(clippy::cast_possible_truncation)] // The lower bits are wanted.
            let at = hash.wrapping_add(step.wrapping_mul(row as u64)) as usize & mask;
            let count = &mut self.counts[at][row];
            *count = count.saturating_add(1);
            least = least.min(*count);
        }
        least
    }

    /// True after so many uses that keys used once would begin to look like keys used often.
    fn is_period_over(&self) -> bool {
        self.seen >= 2 * self.counts.len()
    }

    fn age(&mut self) {
        self.seen = 0;
        for count in self.counts.iter_mut().flatten() {
            *count /= 2;
        }
    }
}

/// For keys that are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("hashes are written as numbers");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 120;
    const SIZE: usize = ROWS * size_of::<Row>() + OVERHEAD;

    impl Held {
        fn get(&self, item: usize) -> Option<&[Row]> {
            self.part(item..item + 1).get(0)
        }
    }

    fn cache(tables: usize) -> Shared {
        Shared::new(0, tables * SIZE)
    }

    fn names(keys: impl IntoIterator<Item = u32>) -> Vec<Name> {
        keys.into_iter()
            .map(|key| Name::new("a", &key.to_le_bytes()))
            .collect()
    }

    /// A batch; its tables are those of its keys, or none.
    fn hold(cache: &Shared, names: &[Name]) -> Held {
        let names: Vec<&Name> = names.iter().collect();
        let held = cache.hold(ROWS, &names, |items, tables| {
            assert_eq!(items.len(), tables.len());
            for (&item, table) in items.iter().zip(tables) {
                table.fill(row(names[item]));
            }
        });
        for (item, name) in names.iter().enumerate() {
            if let Some(table) = held.get(item) {
                assert_eq!(table.len(), ROWS);
                assert!(table.iter().all(|&found| found == row(name)));
            }
        }
        let counters = cache.lock().counters;
        assert!(counters.bytes <= counters.budget);
        assert!(counters.bytes >= counters.tables * SIZE);
        held
    }

    #[test]
    fn names_with_one_hash_have_tables_of_their_own() {
        let cache = cache(8);
        let named = |key: u8| Name {
            hash: 1,
            bytes: Box::new([b'a', key, 0, 0, 0]),
        };
        let alone = |key| (0..40).map(|_| named(key)).collect::<Vec<_>>();
        let mixed: Vec<Name> = (0..80).map(|item| named(item % 2)).collect();
        for batch in [alone(0), alone(1), mixed, alone(1), alone(0)] {
            // Looks at the rows of each item.
            hold(&cache, &batch);
        }
        assert!(cache.lock().counters.hits > 0);
    }

    fn row(name: &Name) -> Row {
        let mut key = [0; 8];
        key[..4].copy_from_slice(&name.bytes[1..]);
        Row([u64::from_le_bytes(key); 8])
    }

    fn repeat(cache: &Shared, names: &[Name], times: usize) {
        for _ in 0..times {
            hold(cache, names);
        }
    }

    #[test]
    fn keys_that_are_used_often_get_a_table() {
        let cache = cache(100);
        let eight = names(0..8);
        repeat(&cache, &eight, usize::from(WORTH) - 1);
        assert_eq!(cache.lock().counters.tables, 0);
        let held = hold(&cache, &eight);
        assert!((0..8).all(|item| held.get(item).is_some()));
        let counters = cache.lock().counters;
        assert_eq!((counters.promotions, counters.hits), (8, 0));
        assert_eq!(counters.misses, 8 * u64::from(WORTH));
        hold(&cache, &eight);
        assert_eq!(cache.lock().counters.hits, 8);
    }

    #[test]
    fn a_key_alone_waits_until_it_was_used_more_often() {
        let cache = cache(100);
        let one = names([1]);
        repeat(&cache, &one, usize::from(URGENT) - 1);
        assert_eq!(cache.lock().counters.tables, 0);
        assert!(hold(&cache, &one).get(0).is_some());
        // A whole batch of one key counts as that many uses.
        let many = names([2; URGENT as usize]);
        let held = hold(&cache, &many);
        assert!((0..many.len()).all(|item| held.get(item).is_some()));
        assert_eq!(held.tables.len(), 1);
    }

    #[test]
    fn a_flood_of_keys_that_are_used_once_gets_nothing_and_takes_nothing() {
        let cache = cache(100);
        let hot = names(0..64);
        repeat(&cache, &hot, 20);
        assert_eq!(cache.lock().counters.tables, 64);
        for flood in 1..2000 {
            hold(&cache, &names((0..100).map(|key| flood * 100 + key)));
            hold(&cache, &hot[..32]);
        }
        let counters = cache.lock().counters;
        assert_eq!(counters.evictions, 0);
        assert!(counters.promotions <= 64 + 20, "{counters:?}");
        let held = hold(&cache, &hot);
        assert!((0..64).all(|item| held.get(item).is_some()));
    }

    #[test]
    fn a_full_cache_takes_keys_that_are_used_more() {
        let cache = cache(32);
        repeat(&cache, &names(0..32), 8);
        repeat(&cache, &names(100..108), 9);
        let counters = cache.lock().counters;
        assert_eq!((counters.tables, counters.evictions), (32, 0));
        repeat(&cache, &names(100..108), 40);
        let counters = cache.lock().counters;
        assert_eq!((counters.tables, counters.evictions), (32, 8));
    }

    #[test]
    fn a_full_cache_does_not_change_for_a_few_keys_before_it_is_urgent() {
        let cache = cache(32);
        repeat(&cache, &names(0..32), 8);
        repeat(&cache, &names(100..103), usize::from(URGENT) - 1);
        assert_eq!(cache.lock().counters.evictions, 0);
        hold(&cache, &names(100..103));
        assert_eq!(cache.lock().counters.evictions, 3);
    }

    #[test]
    fn keys_that_are_used_alike_do_not_drive_each_other_out() {
        const USES: u64 = 200_000;
        let cache = cache(100);
        let names = names(0..2500);
        let mut noise = 1u64;
        let mut run = || {
            let before = cache.lock().counters.promotions;
            for _ in 0..USES / 64 {
                let some = (0..64).map(|_| {
                    noise = noise
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    &names[usize::try_from(noise >> 33).unwrap() % names.len()]
                });
                let some: Vec<&Name> = some.collect();
                cache.hold(ROWS, &some, |_, _| ());
            }
            cache.lock().counters.promotions - before
        };
        // Some were used often by chance when there was room.
        run();
        let built = run();
        assert!(built < USES / 1000, "{built} tables");
    }

    #[test]
    fn tables_in_use_stay() {
        let cache = cache(8);
        let first = names(0..8);
        repeat(&cache, &first, 8);
        let held = hold(&cache, &first);
        repeat(&cache, &names(100..108), 100);
        assert_eq!(cache.lock().counters.evictions, 0);
        for (item, name) in first.iter().enumerate() {
            assert_eq!(held.get(item).unwrap()[0], row(name));
        }
        drop(held);
        hold(&cache, &names(100..108));
        assert_eq!(cache.lock().counters.evictions, 8);
    }

    #[test]
    fn counts_of_keys_that_went_away_fade() {
        let cache = cache(8);
        repeat(&cache, &names(0..8), 200);
        for flood in 1..3000 {
            hold(&cache, &names((0..100).map(|key| flood * 100 + key)));
        }
        repeat(&cache, &names(8..16), 16);
        assert_eq!(cache.lock().counters.evictions, 8);
    }

    #[test]
    fn a_smaller_budget_holds_at_once() {
        let cache = cache(64);
        repeat(&cache, &names(0..64), 9);
        assert_eq!(cache.lock().counters.tables, 64);
        cache.lock().resize(10 * SIZE);
        assert_eq!(cache.lock().counters.tables, 10);
        cache.lock().resize(0);
        assert_eq!(cache.lock().counters.bytes, 0);
        repeat(&cache, &names(0..64), 40);
        assert_eq!(cache.lock().counters.tables, 0);
    }

    #[test]
    fn keys_of_two_algorithms_have_two_names() {
        let key = [1; 32];
        assert_ne!(Name::new("a", &key).bytes, Name::new("b", &key).bytes);
    }

    #[test]
    fn threads_share_a_cache_that_is_too_small() {
        let cache = cache(24);
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let cache = &cache;
                scope.spawn(move || {
                    for round in 0..400 {
                        let base = (thread * 7 + round / 40 * 11) % 50;
                        let held = hold(cache, &names((0..64).map(|key| base + key % 16)));
                        std::thread::yield_now();
                        drop(held);
                    }
                });
            }
        });
        let counters = cache.lock().counters;
        assert!(counters.hits > 0 && counters.promotions > 0);
    }
}
