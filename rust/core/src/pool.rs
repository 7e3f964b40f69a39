//! The threads of a batch: one lazy, named pool for the process.
//!
//! Work on one thread never touches the pool. A pool does not survive `fork`, so a child builds its own. Nothing here reads the environment: whoever binds this crate
//! calls [`configure`].

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

struct Pool {
    threads: ThreadPool,
    size: usize,
    /// The process that owns the threads: after `fork` the child has the memory of the pool and none of its threads.
    process: u32,
}

static POOL: ArcSwapOption<Pool> = ArcSwapOption::const_empty();

/// Threads asked for by `configure`; 0: as many as this process may run.
static SIZE: AtomicUsize = AtomicUsize::new(0);

/// Sets the number of threads of the pool; 0 means as many as this process may run. A pool of another size ends when its last batch has.
pub fn configure(threads: usize) {
    SIZE.store(threads, Ordering::Relaxed);
}

/// The number of threads of the pool, whether it runs already or not.
#[must_use]
pub fn size() -> usize {
    match SIZE.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        size => size,
    }
}

/// True when this process has a running pool.
#[must_use]
pub fn is_running() -> bool {
    POOL.load()
        .as_ref()
        .is_some_and(|pool| pool.process == std::process::id())
}

/// Splits `0..len` into consecutive ranges of at least `grain` items, does `work` on each and returns the results in order.
///
/// `threads` is the number of threads to use at most: 1 does everything on the calling thread, in one range; 0 uses the whole pool.
pub fn run<R: Send>(
    threads: usize,
    len: usize,
    grain: usize,
    work: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let most = len / grain.max(1);
    if threads == 1 || most < 2 {
        return vec![work(0..len)];
    }
    let size = size();
    let width = if threads == 0 {
        size
    } else {
        threads.min(size)
    };
    let Some(pool) = (width > 1).then(|| current(size)).flatten() else {
        return vec![work(0..len)];
    };
    // Some slack for stealing, unless the caller wants fewer threads than there are: then the number of parts is what keeps the others idle.
    let parts = most.min(if width == size { 4 * width } else { width });
    pool.threads.install(|| {
        (0..parts)
            .into_par_iter()
            .with_max_len(1)
            .map(|part| work(part * len / parts..(part + 1) * len / parts))
            .collect()
    })
}

/// `work` of every index in `0..len`, in order; `threads` and `grain` as for [`run`].
pub fn map<T: Send>(
    threads: usize,
    len: usize,
    grain: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    run(threads, len, grain, |range| {
        range.map(&work).collect::<Vec<T>>()
    })
    .into_iter()
    .reduce(|mut all, part| {
        all.extend(part);
        all
    })
    .unwrap_or_default()
}

/// The pool of this process with `size` threads, built when there is none; `None` when the system gives us no threads.
fn current(size: usize) -> Option<Arc<Pool>> {
    let process = std::process::id();
    let old = POOL.load_full();
    if let Some(pool) = &old {
        if pool.process == process && pool.size == size {
            return old;
        }
    }
    let threads = ThreadPoolBuilder::new()
        .num_threads(size)
        .thread_name(|index| format!("dimp-fast-{index}"))
        .build()
        .ok()?;
    let pool = Arc::new(Pool {
        threads,
        size,
        process,
    });
    let replaced = POOL.swap(Some(Arc::clone(&pool)));
    for dead in [old, replaced].into_iter().flatten() {
        if dead.process != process {
            // Ending threads that do not exist in this process could wait for a lock that one of them held.
            std::mem::forget(dead);
        }
    }
    Some(pool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// The pool is one for the process, and so are its settings.
    static SETTINGS: Mutex<()> = Mutex::new(());

    fn thread_name() -> Option<String> {
        std::thread::current().name().map(str::to_owned)
    }

    #[test]
    fn results_are_in_order_and_cover_everything_once() {
        let _guard = SETTINGS.lock().unwrap();
        for pool in [1, 2, 3, 8] {
            configure(pool);
            for threads in [0, 1, 2, 5] {
                for len in [0, 1, 2, 15, 16, 17, 1000] {
                    for grain in [0, 1, 7, 64] {
                        let parts = run(threads, len, grain, |range| range);
                        let all: Vec<usize> = parts.iter().cloned().flatten().collect();
                        assert!(all.into_iter().eq(0..len));
                        assert!(parts.len() == 1 || parts.iter().all(|part| part.len() >= grain));
                        assert!(threads != 1 || parts.len() == 1);
                    }
                }
            }
        }
        configure(0);
    }

    #[test]
    fn one_thread_stays_on_the_calling_thread() {
        let here = std::thread::current().id();
        let seen = run(1, 1000, 1, |_| std::thread::current().id());
        assert_eq!(seen, [here]);
    }

    #[test]
    fn fewer_threads_than_the_pool_has_limit_the_split() {
        let _guard = SETTINGS.lock().unwrap();
        configure(8);
        assert_eq!(run(3, 1000, 1, |_| ()).len(), 3);
        assert!(run(0, 1000, 1, |_| ()).len() > 8);
        let names = run(0, 1000, 1, |_| thread_name());
        assert!(names
            .iter()
            .all(|name| name.as_deref().unwrap().starts_with("dimp-fast-")));
        configure(0);
    }

    #[test]
    fn a_pool_of_another_process_is_not_used() {
        let _guard = SETTINGS.lock().unwrap();
        configure(2);
        run(0, 100, 1, |_| ());
        assert!(is_running());
        // What a child finds after `fork`: a pool whose threads belong to its parent.
        let threads = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let parents = Arc::new(Pool {
            threads,
            size: 2,
            process: std::process::id() ^ 1,
        });
        POOL.store(Some(Arc::clone(&parents)));
        assert!(!is_running());
        let names = run(0, 100, 1, |_| thread_name());
        assert!(names
            .iter()
            .all(|name| name.as_deref().unwrap().starts_with("dimp-fast-")));
        assert!(is_running());
        // Never dropped: this test holds one reference, the leaked one is the other.
        assert!(Arc::strong_count(&parents) > 1);
        configure(0);
    }

    #[test]
    fn a_panic_of_the_work_reaches_the_caller() {
        let _guard = SETTINGS.lock().unwrap();
        configure(2);
        let caught = std::panic::catch_unwind(|| {
            run(0, 100, 1, |range| assert!(!range.contains(&50), "item 50"))
        });
        assert!(caught.is_err());
        configure(0);
    }
}
