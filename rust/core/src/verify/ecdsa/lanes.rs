//! Batches of ECDSA signatures in the lanes of AVX-512: with tables where keys have them, without
//! where not, and by the library what the lanes leave undecided.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{compact, Key};
use crate::code::Code;
use crate::digest;
use crate::simd::rows::Row;
use crate::simd::secp256k1::{self as kernel, Signature, Verdict};
use crate::simd::Level;
use crate::verify::tables::{self, Held, Name, Part};
use crate::verify::Signed;

/// Lanes of a group: it costs the same however few of them are used.
const LANES: usize = 8;

/// Signatures of unseen keys from which on a group is faster than the library.
const LEAST_UNSEEN: usize = 2;

/// Signatures of unseen keys that go to the lanes before it is looked at how many were refused.
const PART: usize = 64;

/// Signatures that the library gets, for each one that the lanes refused, before the lanes get more:
/// where they refused few, and where they refused most.
const PENALTIES_EACH: [usize; 2] = [8, 32];

/// Honest signatures that one who sends bad ones can send to the library at most: a tenth of a
/// second of work.
const MOST_PENALTIES: usize = 4096;

/// Signatures of unseen keys that are still to go to the library. A signer can make signatures that
/// the lanes refuse, one a key; were all tried in vain, the batch would be slower than the library.
/// Nothing but the time depends on it.
static PENALTIES: AtomicUsize = AtomicUsize::new(0);

/// The point of a key, and its name in the cache of tables.
pub(super) struct Point {
    /// x and y, words from the lowest on.
    row: Row,
    name: Name,
}

impl Point {
    pub(super) fn new(key: &secp256k1::PublicKey) -> Self {
        let [_, coordinates @ ..] = key.serialize_uncompressed();
        let mut row = Row::ZERO;
        for (at, word) in coordinates.as_chunks().0.iter().enumerate() {
            // Big-endian numbers of four words each.
            row.0[at ^ 3] = u64::from_be_bytes(*word);
        }
        Self {
            row,
            name: Name::new("secp256k1", &coordinates),
        }
    }
}

/// A signature that was read.
struct Prepared<'a> {
    /// Where it stands in the batch.
    place: usize,
    key: &'a Key,
    numbers: [u8; 64],
    digest: [u8; 32],
}

impl Prepared<'_> {
    fn verify_alone(&self) -> Code {
        self.key.verify_numbers(&self.numbers, self.digest)
    }

    fn signature<'a>(&'a self, table: &'a [Row]) -> Signature<'a> {
        Signature {
            key: &self.key.point.row,
            table,
            numbers: &self.numbers,
            digest: &self.digest,
        }
    }
}

/// The tables of the keys of a batch; those that are due are built.
pub(super) fn hold(level: Level, items: &[Signed<'_, Key>]) -> Held {
    let names: Vec<_> = items.iter().map(|item| &item.key.point.name).collect();
    tables::hold(kernel::TABLE_ROWS, &names, |due, tables| {
        let keys: Vec<Row> = due.iter().map(|&item| items[item].key.point.row).collect();
        kernel::build_tables(level, &keys, tables);
    })
}

pub(super) fn verify_many(level: Level, items: &[Signed<'_, Key>], held: Part<'_>) -> Vec<Code> {
    let mut codes = vec![Code::BadSignatureEncoding; items.len()];
    let prepared = prepare(items);
    let (hot, unseen) = sorted(&prepared, held);
    let mut settle = |items: &[WithTable<'_>], kernel: Kernel| {
        let signatures: Vec<_> = items
            .iter()
            .map(|(item, table)| item.signature(table))
            .collect();
        let mut refused = 0;
        for ((item, _), verdict) in items.iter().zip(kernel(level, &signatures)) {
            codes[item.place] = match verdict {
                Verdict::Valid => Code::Ok,
                Verdict::Invalid => Code::BadSignature,
                Verdict::Undecided => {
                    refused += 1;
                    item.verify_alone()
                }
            };
        }
        refused
    };
    settle(&hot, kernel::verify_hot);
    for part in unseen.chunks(PART) {
        if part.len() < LEAST_UNSEEN || pays_penalty(part.len()) {
            settle(part, |_, signatures| {
                vec![Verdict::Undecided; signatures.len()]
            });
        } else {
            let refused = settle(part, kernel::verify_unseen);
            let each = PENALTIES_EACH[usize::from(2 * refused > part.len())];
            punish(each * refused);
        }
    }
    codes
}

type Kernel = fn(Level, &[Signature<'_>]) -> Vec<Verdict>;

/// What can be read of the signatures; the others have a code already.
fn prepare<'a>(items: &[Signed<'a, Key>]) -> Vec<Prepared<'a>> {
    let mut prepared = Vec::with_capacity(items.len());
    let mut messages = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        if let Some(numbers) = compact(item.signature) {
            messages.push(item.message);
            prepared.push(Prepared {
                place,
                key: item.key,
                numbers,
                digest: [0; 32],
            });
        }
    }
    for (item, digest) in prepared.iter_mut().zip(digest::sha256_batch(&messages)) {
        item.digest = digest;
    }
    prepared
}

/// A signature and the table of its key; for unseen keys that is empty.
type WithTable<'a> = (&'a Prepared<'a>, &'a [Row]);

/// Those with a table, and those without; the lanes that the latter leave are filled with some of the
/// former when that saves a group.
fn sorted<'a>(
    prepared: &'a [Prepared<'_>],
    held: Part<'a>,
) -> (Vec<WithTable<'a>>, Vec<WithTable<'a>>) {
    let (mut hot, mut unseen): (Vec<_>, Vec<_>) = prepared
        .iter()
        .map(|item| (item, held.get(item.place).unwrap_or_default()))
        .partition(|(_, table)| !table.is_empty());
    let room = unseen.len().next_multiple_of(LANES) - unseen.len();
    let over = hot.len() % LANES;
    if over > 0 && over <= room {
        let moved = hot.drain(hot.len() - over..);
        unseen.extend(moved.map(|(item, _)| (item, &[][..])));
    }
    (hot, unseen)
}

/// Sends so many more to the library, up to [`MOST_PENALTIES`].
fn punish(penalties: usize) {
    let order = Ordering::Relaxed;
    let more = |sum: usize| (penalties > 0).then(|| MOST_PENALTIES.min(sum + penalties));
    // Refused only where there is nothing to add.
    let _ = PENALTIES.fetch_update(order, order, more);
}

/// Whether `count` signatures are to go to the library, because of what was refused before.
fn pays_penalty(count: usize) -> bool {
    let pay = |penalties: usize| (penalties > 0).then(|| penalties.saturating_sub(count));
    let order = Ordering::Relaxed;
    PENALTIES.load(order) > 0 && PENALTIES.fetch_update(order, order, pay).is_ok()
}
