//! The threads of a batch: one lazy, named pool for the process, and the thread that calls.
//!
//! Work on one thread never touches the pool. A pool does not survive `fork`, so a child builds its
//! own. Nothing here reads the environment: whoever binds this crate calls [`configure`].

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The part of what one thread would get of the rest that it takes at a time, as a fraction: large
/// parts first, which suit the kernels, and small ones last, so that a thread that was held up does
/// not hold up the batch.
const SHARE: (usize, usize) = (2, 3);

/// How long a thread waits awake, for a batch that was announced or for the last part of one: to wake
/// a sleeping processor takes as long as fifty signatures, on the side that wakes, too.
const PATIENCE: Duration = Duration::from_micros(100);

/// Threads that are woken ahead at most: it takes time of the caller, which may hold the GIL.
const ROUSED: usize = 4;

const NOT_POISONED: &str = "only a push happens under the lock";
const TAKEN: &str = "nothing is taken behind the end";

struct Pool {
    workers: ThreadPool,
    /// Threads of a batch: the workers and the caller.
    size: usize,
    /// The process that owns the workers: after `fork` the child has the memory of the pool and
    /// none of its threads.
    process: u32,
}

static POOL: ArcSwapOption<Pool> = ArcSwapOption::const_empty();

/// Threads asked for by `configure`; 0: as many as this process may run.
static SIZE: AtomicUsize = AtomicUsize::new(0);

/// Runs that have begun, but for those on one thread.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// Sets the number of threads of a batch; 0 means as many as this process may run at once.
///
/// The next batch brings a running pool to that size.
pub fn configure(threads: usize) {
    SIZE.store(threads, Ordering::Relaxed);
}

/// The number of threads of a batch, the calling one among them.
#[must_use]
pub fn size() -> usize {
    match SIZE.load(Ordering::Relaxed) {
        0 => processors(),
        size => size,
    }
}

/// Threads that this process may run at once. Asking the system reads files, so it is asked once.
fn processors() -> usize {
    static FOUND: AtomicUsize = AtomicUsize::new(0);
    match FOUND.load(Ordering::Relaxed) {
        0 => {
            let found = thread::available_parallelism().map_or(1, usize::from);
            FOUND.store(found, Ordering::Relaxed);
            found
        }
        found => found,
    }
}

/// True when this process has a running pool.
#[must_use]
pub fn is_running() -> bool {
    POOL.load()
        .as_ref()
        .is_some_and(|pool| pool.process == std::process::id())
}

/// Splits `0..len` into consecutive ranges, does `work` on each and returns the results in order.
///
/// `threads` is the number of threads to use at most, the calling one among them: 1 does everything
/// there, in one range; 0 uses the whole pool. A thread more is used where there are `grain` items
/// for it.
///
/// # Panics
/// When `work` does.
pub fn run<R: Send>(
    threads: usize,
    len: usize,
    grain: usize,
    work: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    if threads != 1 {
        BEGUN.fetch_add(1, Ordering::Relaxed);
    }
    let width = width(threads, len, grain);
    let Some(pool) = (width > 1).then(|| current(size())).flatten() else {
        return vec![work(0..len)];
    };
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let help = || {
        let end = |start| part_end(start, len, grain, width);
        let take = || next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, end);
        while let Ok(start) = take() {
            let result = work(start..end(start).expect(TAKEN));
            done.lock().expect(NOT_POISONED).push((start, result));
        }
    };
    let helping = AtomicUsize::new(width - 1);
    pool.workers.in_place_scope(|scope| {
        for _ in 1..width {
            scope.spawn(|_| {
                help();
                helping.fetch_sub(1, Ordering::Release);
            });
        }
        help();
        // What is to come from the others comes soon; the scope would go to sleep at once.
        wait_awake(Instant::now(), || helping.load(Ordering::Acquire) == 0);
    });
    let mut done = done.into_inner().expect(NOT_POISONED);
    done.sort_unstable_by_key(|&(start, _)| start);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Wakes threads that a batch will want while its caller is still gathering it: they wait for the
/// next [`run`], awake, until [`PATIENCE`] is over. The arguments are those of the run. Nothing but
/// the time depends on it: no pool is built, and none is woken where the run will not be divided.
pub fn rouse(threads: usize, len: usize, grain: usize) {
    let width = width(threads, len, grain);
    let Some(pool) = (width > 1).then(|| running(size())).flatten() else {
        return;
    };
    // From now on: what a busy pool comes to later is over by then.
    let since = Instant::now();
    let before = BEGUN.load(Ordering::Relaxed);
    for _ in 1..width.min(ROUSED + 1) {
        pool.workers.spawn(move || {
            wait_awake(since, || BEGUN.load(Ordering::Relaxed) != before);
        });
    }
}

/// Waits without sleep until something is true, or [`PATIENCE`] is over.
fn wait_awake(since: Instant, ready: impl Fn() -> bool) {
    while !ready() && since.elapsed() < PATIENCE {
        std::hint::spin_loop();
    }
}

/// How many threads to use, the calling one among them.
fn width(threads: usize, len: usize, grain: usize) -> usize {
    let most = len / grain.max(1);
    match threads {
        0 => size().min(most),
        _ => threads.min(size()).min(most),
    }
}

/// Where the part ends that begins at `start`, for so many threads; `None` when nothing is left.
fn part_end(start: usize, len: usize, grain: usize, threads: usize) -> Option<usize> {
    let left = len - start;
    let (share, of) = SHARE;
    let part = (left * share / (of * threads)).max(grain).max(1);
    (left > 0).then_some(start + part.min(left))
}

/// `work` of every index in `0..len`, in order; `threads` and `grain` as for [`run`].
///
/// # Panics
/// When `work` does.
pub fn map<T: Send>(
    threads: usize,
    len: usize,
    grain: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    lists(threads, len, grain, |range| range.map(&work).collect())
}

/// The lists that `work` makes of ranges, one behind the other; `threads` and `grain` as for
/// [`run`].
///
/// # Panics
/// When `work` does.
pub fn lists<T: Send>(
    threads: usize,
    len: usize,
    grain: usize,
    work: impl Fn(Range<usize>) -> Vec<T> + Sync,
) -> Vec<T> {
    run(threads, len, grain, work)
        .into_iter()
        .reduce(|mut all, part| {
            all.extend(part);
            all
        })
        .unwrap_or_default()
}

/// The pool of this process for batches on `size` threads, if there is one.
fn running(size: usize) -> Option<Arc<Pool>> {
    let process = std::process::id();
    POOL.load_full()
        .filter(|pool| pool.process == process && pool.size == size)
}

/// The pool of this process for batches on `size` threads, built when there is none; `None` when
/// the system gives us no threads.
fn current(size: usize) -> Option<Arc<Pool>> {
    if let Some(pool) = running(size) {
        return Some(pool);
    }
    let process = std::process::id();
    let old = POOL.load_full();
    let workers = ThreadPoolBuilder::new()
        .num_threads(size - 1)
        .thread_name(|index| format!("dimp-fast-{index}"))
        .build()
        .ok()?;
    let pool = Arc::new(Pool {
        workers,
        size,
        process,
    });
    let replaced = POOL.swap(Some(Arc::clone(&pool)));
    for dead in [old, replaced].into_iter().flatten() {
        if dead.process != process {
            // Its threads do not exist here; to end them could wait for a lock that one of them
            // held.
            std::mem::forget(dead);
        }
    }
    Some(pool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::{Barrier, MutexGuard, PoisonError};
    use std::thread::ThreadId;

    /// The pool is one for the process, and so are its settings: one test at a time.
    fn configured(threads: usize) -> MutexGuard<'static, ()> {
        static SETTINGS: Mutex<()> = Mutex::new(());
        let guard = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
        configure(threads);
        guard
    }

    fn worker_name() -> Option<String> {
        let name = thread::current().name()?.to_owned();
        name.starts_with("dimp-fast-").then_some(name)
    }

    #[test]
    fn results_are_in_order_and_cover_everything_once() {
        let _guard = configured(1);
        for pool in [1, 2, 3, 8] {
            configure(pool);
            for threads in [0, 1, 2, 5] {
                for len in [0, 1, 2, 15, 16, 17, 1000] {
                    for grain in [0, 1, 7, 64] {
                        let parts = run(threads, len, grain, |range| range);
                        assert!(parts.iter().cloned().flatten().eq(0..len));
                        assert!(parts.len() == 1 || len >= 2 * grain);
                        assert!(parts.len() == 1 || threads != 1 && pool != 1);
                        assert!(map(threads, len, grain, |index| index)
                            .into_iter()
                            .eq(0..len));
                    }
                }
            }
        }
    }

    #[test]
    fn parts_get_smaller() {
        let mut ends = vec![0];
        while let Some(end) = part_end(ends[ends.len() - 1], 64, 4, 2) {
            ends.push(end);
        }
        assert_eq!(ends, [0, 21, 35, 44, 50, 54, 58, 62, 64]);
    }

    #[test]
    fn one_thread_stays_on_the_calling_thread() {
        let _guard = configured(4);
        let here = thread::current().id();
        assert_eq!(run(1, 1000, 1, |_| thread::current().id()), [here]);
    }

    #[test]
    fn the_caller_and_the_workers_share_the_parts() {
        let _guard = configured(3);
        // Nobody gets past the barrier unless three threads take a part each.
        let barrier = Barrier::new(3);
        let met = |_: Range<usize>| {
            barrier.wait();
            (thread::current().id(), worker_name())
        };
        let seen = run(0, 3, 1, met);
        let threads: HashSet<ThreadId> = seen.iter().map(|&(id, _)| id).collect();
        assert_eq!(threads.len(), 3);
        let unnamed: HashSet<ThreadId> = seen
            .iter()
            .filter(|(_, name)| name.is_none())
            .map(|&(id, _)| id)
            .collect();
        assert_eq!(unnamed, HashSet::from([thread::current().id()]));
    }

    #[test]
    fn threads_that_were_roused_are_there_for_the_next_run() {
        let _guard = configured(3);
        for _ in 0..50 {
            rouse(0, 1000, 1);
            let barrier = Barrier::new(3);
            run(0, 3, 1, |_| barrier.wait());
        }
    }

    #[test]
    fn runs_that_were_announced_and_do_not_come_keep_nobody_busy() {
        let _guard = configured(2);
        run(0, 2, 1, |_| ()); // Now there is a pool.
        for _ in 0..20_000 {
            rouse(0, 1000, 1);
        }
        let announced = Instant::now();
        // The helper comes to this behind all that was announced. Had it waited for each, that
        // would have been two seconds.
        let barrier = Barrier::new(2);
        run(0, 2, 1, |_| barrier.wait());
        assert!(announced.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn an_announcement_builds_no_pool() {
        let _guard = configured(2);
        POOL.store(None);
        rouse(0, 1000, 1);
        assert!(!is_running());
    }

    #[test]
    fn no_more_threads_than_asked_for() {
        let _guard = configured(8);
        for _ in 0..50 {
            let seen = run(2, 1000, 1, |_| thread::current().id());
            assert!(HashSet::<ThreadId>::from_iter(seen).len() <= 2);
        }
    }

    #[test]
    fn a_pool_of_another_process_is_not_used() {
        let _guard = configured(2);
        // What a child finds after `fork`: a pool whose threads belong to its parent.
        let workers = ThreadPoolBuilder::new()
            .num_threads(1)
            .thread_name(|_| "parent".to_owned())
            .build()
            .unwrap();
        let parents = Arc::new(Pool {
            workers,
            size: 2,
            process: std::process::id() ^ 1,
        });
        POOL.store(Some(Arc::clone(&parents)));
        assert!(!is_running());
        let barrier = Barrier::new(2);
        let names = run(0, 2, 1, |_| {
            barrier.wait();
            thread::current().name().map(str::to_owned)
        });
        assert!(names.contains(&Some("dimp-fast-0".to_owned())));
        assert!(is_running());
        assert!(Arc::strong_count(&parents) > 1, "leaked, not dropped");
    }

    #[test]
    fn a_panic_of_the_work_reaches_the_caller_and_the_pool_lives_on() {
        let _guard = configured(2);
        let caught = std::panic::catch_unwind(|| {
            run(0, 100, 1, |range| assert!(!range.contains(&50), "item 50"))
        });
        assert!(caught.is_err());
        assert_eq!(map(0, 100, 1, |index| index).len(), 100);
    }
}
