//! Ed25519 in lanes: eight signatures in step, each with a verdict of its own, on processors with
//! AVX-512 IFMA.
//!
//! What is accepted is what `docs/semantics.md#ed25519-2` says, exactly: S below L, R not of small
//! order, and the encoding of [S]B - [k]A equal to R byte for byte, with k the hash modulo L as an
//! integer. No cofactor is cleared and no two signatures are combined. The formulas hold for every
//! two points of the curve, so there is no input that the lanes cannot decide; that keys are points
//! of the curve, canonical and not of small order, was checked when they were parsed.
//!
//! Everything here is public data: run time and memory access depend on it.

#![expect(
    clippy::large_types_passed_by_value,
    clippy::many_single_char_names,
    clippy::similar_names
)] // Vectors are registers, and formulas have the letters of their papers.

mod constants;
mod field;
mod point;
mod scalar;
mod tables;

#[cfg(test)]
mod tests;

use self::constants::{L_WORDS, SMALL_ORDER_Y};
use self::field::{inverse, Fe};
use self::point::{decompressed, Affine, AffineEntry, Point, Projective, ProjectiveEntry, NEUTRAL};
use self::scalar::{equal, limbs, Digits, Scalar};
use self::tables::{base, BASE_DIGITS, BASE_ROW, BASE_WIDTH, KEY_DIGITS, KEY_ROW, KEY_WIDTH};
use super::hash::sha512::{lanes as sha512, Parts};
use super::rows::Row;
use super::words512::{load_bytes, prefetch, splat, transpose, LANES, V};
use super::{detect, Level};

pub(crate) use self::tables::KEY_TABLE;

/// The weakest level with this kernel.
pub(crate) const LEVEL: Level = Level::Avx512Ifma;

/// A signature by a key that was checked.
pub(crate) struct Item<'a> {
    pub key: &'a [u8; 32],
    /// What [`key_tables`] made for the key.
    pub table: Option<&'a [Row]>,
    pub message: &'a [u8],
    pub signature: &'a [u8; 64],
}

/// Groups of lanes that share an inversion.
const GROUPS: usize = 32;
/// Terms of a sum that are asked for ahead of their use.
const AHEAD: usize = 3;

/// Bits of a digit of what a key without a table is multiplied with.
const WIDTH: u32 = 5;
/// Digits of it.
const DIGITS: usize = 51;
/// Odd multiples of the key.
const MULTIPLES: usize = 1 << (WIDTH - 1);

/// Whether each signature verifies.
///
/// # Panics
/// When this processor does not have `level`, or it is below [`LEVEL`].
pub(crate) fn verify(level: Level, items: &[Item<'_>]) -> Vec<bool> {
    assert!((LEVEL..=detect()).contains(&level));
    // SAFETY: the processor has the level, and with it AVX-512 F, BW, DQ and IFMA.
    unsafe { verify_all(items) }
}

/// Makes the tables of keys: `tables[i]` of `keys[i]`, each of [`KEY_TABLE`] rows.
///
/// # Panics
/// As [`verify`].
pub(crate) fn key_tables(level: Level, keys: &[&[u8; 32]], tables: &mut [&mut [Row]]) {
    assert!((LEVEL..=detect()).contains(&level));
    // SAFETY: the processor has the level, and with it AVX-512 F, DQ and IFMA.
    unsafe { tables::key_tables(keys, tables) }
}

/// Whether S is below L, and R not the encoding of a point of small order, of either sign.
fn is_eligible(signature: &[u8; 64]) -> bool {
    let (words, _) = signature.as_chunks::<8>();
    let word = |index: usize| u64::from_le_bytes(words[index]);
    let s = [word(7), word(6), word(5), word(4)];
    let y = [word(0), word(1), word(2), word(3) & (u64::MAX >> 1)];
    let [l0, l1, l2, l3] = L_WORDS;
    s < [l3, l2, l1, l0] && !SMALL_ORDER_Y.contains(&y)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn verify_all(items: &[Item<'_>]) -> Vec<bool> {
    // What the library refuses at a glance costs no lane. Messages of like length share lanes.
    let mut order: Vec<usize> = (0..items.len())
        .filter(|&place| is_eligible(items[place].signature))
        .collect();
    order.sort_by_key(|&place| (items[place].table.is_none(), items[place].message.len()));
    let known = order.partition_point(|&place| items[place].table.is_some());
    let mut verdicts = vec![false; items.len()];
    for part in [&order[..known], &order[known..]] {
        for chunk in part.chunks(GROUPS * LANES) {
            for (places, good) in chunk.chunks(LANES).zip(verify_chunk(items, chunk)) {
                for (lane, &place) in places.iter().enumerate() {
                    verdicts[place] = good >> lane & 1 == 1;
                }
            }
        }
    }
    verdicts
}

/// The verdicts on the items at `places`, of which all have a table or none has: a bit a lane.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn verify_chunk(items: &[Item<'_>], places: &[usize]) -> Vec<u8> {
    let mut groups = Vec::with_capacity(GROUPS);
    for places in places.chunks(LANES) {
        // Lanes without an item do the last one again.
        let lane = |lane: usize| &items[places[lane.min(places.len() - 1)]];
        groups.push(Group::new(std::array::from_fn(lane)));
    }
    let mut sums = Vec::with_capacity(GROUPS);
    if groups[0].items[0].table.is_some() {
        for group in &groups {
            sums.push(known_sum(group));
        }
    } else {
        // Two groups hide the latency of a square root.
        for pair in groups.chunks(2) {
            let points = decompressed(&[pair[0].a, pair[pair.len() - 1].a]);
            for (group, (x, y)) in pair.iter().zip(&points) {
                sums.push(unknown_sum(group, &Point::from_affine(&x.neg(), y)));
            }
        }
    }
    verdicts(&groups, &sums)
}

/// Eight signatures and what their encodings say.
struct Group<'a> {
    items: [&'a Item<'a>; LANES],
    /// The encodings as words.
    a: [V; 4],
    r: [V; 4],
    s: Scalar,
    /// The hash modulo L.
    k: Scalar,
}

impl<'a> Group<'a> {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn new(items: [&'a Item<'a>; LANES]) -> Self {
        let mut heads = [[0; 64]; LANES];
        let mut signatures = [splat(0); LANES];
        let mut encodings = [splat(0); LANES];
        for (lane, item) in items.iter().enumerate() {
            heads[lane][..32].copy_from_slice(&item.signature[..32]);
            heads[lane][32..].copy_from_slice(item.key);
            signatures[lane] = load_bytes(item.signature);
            encodings[lane] = load_bytes(&heads[lane]);
        }
        let messages = std::array::from_fn(|lane| Parts {
            head: &heads[lane],
            body: items[lane].message,
        });
        let k = Scalar::reduced(&sha512::hash(&messages));
        let [r0, r1, r2, r3, s0, s1, s2, s3] = transpose(signatures);
        let [_, _, _, _, a0, a1, a2, a3] = transpose(encodings);
        Self {
            items,
            a: [a0, a1, a2, a3],
            r: [r0, r1, r2, r3],
            s: Scalar(limbs([s0, s1, s2, s3])),
            k,
        }
    }
}

/// The encodings of eight keys as words.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn key_words(keys: &[&[u8; 32]; LANES]) -> [V; 4] {
    let mut rows = [splat(0); LANES];
    for (row, key) in rows.iter_mut().zip(keys) {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&key[..]);
        *row = load_bytes(&bytes);
    }
    let [w0, w1, w2, w3, ..] = transpose(rows);
    [w0, w1, w2, w3]
}

/// What is added in a step: an entry of a table for each lane, or its negative.
#[derive(Clone, Copy)]
struct Term<'t> {
    entries: [&'t AffineEntry; LANES],
    negative: u8,
}

impl Term<'_> {
    /// The neutral points.
    const NOTHING: Self = Self {
        entries: [&NEUTRAL; LANES],
        negative: 0,
    };

    /// Asks for the entries ahead of their use.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn prefetch(&self) {
        for [first, second] in self.entries {
            prefetch(&first.0);
            prefetch(&second.0);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
    fn add_to(&self, sum: &mut Point) {
        let entry = Affine::gather(&self.entries, self.negative);
        sum.add_affine::<true>(&entry, self.negative);
    }
}

/// [S]B - [k]A by the tables of the keys.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn known_sum(group: &Group<'_>) -> Point {
    let mut tables: [&[AffineEntry]; LANES] = [&[]; LANES];
    for (table, item) in tables.iter_mut().zip(&group.items) {
        *table = item.table.unwrap_or(&[]).as_chunks().0;
    }
    let digits: Digits<KEY_DIGITS> = group.k.digits(KEY_WIDTH);
    let mut terms = [Term::NOTHING; KEY_DIGITS + BASE_DIGITS];
    // A row serves two digits: first the odd ones, which are to be doubled.
    let order = (1..KEY_DIGITS).step_by(2).chain((0..KEY_DIGITS).step_by(2));
    for (term, digit) in terms.iter_mut().zip(order) {
        let row = digit / 2 * KEY_ROW;
        *term = Term {
            entries: pick(&tables, row, &digits.size[digit]),
            negative: digits.negative[digit],
        };
    }
    let (_, of_base) = terms.split_last_chunk_mut().expect("there are more");
    base_terms(&group.s, of_base);
    for term in &terms[..AHEAD] {
        term.prefetch();
    }
    let mut sum = Point::neutral();
    for (at, term) in terms.iter().enumerate() {
        if let Some(ahead) = terms.get(at + AHEAD) {
            ahead.prefetch();
        }
        if at == KEY_DIGITS / 2 {
            // The odd digits are done.
            double(&mut sum, KEY_WIDTH);
        }
        term.add_to(&mut sum);
    }
    sum
}

/// The same by windows of odd digits, given the negatives of the keys.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn unknown_sum(group: &Group<'_>, key: &Point) -> Point {
    let mut twice = *key;
    twice.double::<true>();
    let step = twice.to_projective();
    let mut multiples = vec![[[Row::default(); 3]; MULTIPLES]; LANES];
    let mut multiple = *key;
    for index in 0..MULTIPLES {
        if index > 0 {
            multiple.add_projective::<true>(&step, 0);
        }
        for (table, entry) in multiples.iter_mut().zip(multiple.to_projective().scatter()) {
            table[index] = entry;
        }
    }
    let mut tables: [&[ProjectiveEntry]; LANES] = [&[]; LANES];
    for (table, multiples) in tables.iter_mut().zip(&multiples) {
        *table = multiples;
    }
    let digits: Digits<DIGITS> = group.k.odd_digits(WIDTH);
    let mut sum = Point::neutral();
    let mut terms = [Term::NOTHING; BASE_DIGITS];
    base_terms(&group.s, &mut terms);
    for digit in (0..DIGITS).rev() {
        if let Some(ahead) = terms.get(digit) {
            ahead.prefetch();
        }
        if digit + 1 < DIGITS {
            double(&mut sum, WIDTH);
        }
        let (size, negative) = (&digits.size[digit], digits.negative[digit]);
        let entry = Projective::gather(&pick(&tables, 0, size), negative);
        if digit > 0 {
            // A doubling follows.
            sum.add_projective::<false>(&entry, negative);
        } else {
            sum.add_projective::<true>(&entry, negative);
        }
    }
    // The digits are those of k + 1 where k is even.
    let too_much = key
        .to_affine(&Fe::one())
        .exchanged()
        .masked(!group.k.is_odd());
    sum.add_affine::<true>(&too_much, u8::MAX);
    for (at, term) in terms.iter().enumerate() {
        if let Some(ahead) = terms.get(at + AHEAD) {
            ahead.prefetch();
        }
        term.add_to(&mut sum);
    }
    sum
}

/// Doubles `times` times; an addition follows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn double(sum: &mut Point, times: u32) {
    for _ in 1..times {
        sum.double::<false>();
    }
    sum.double::<true>();
}

/// The terms of [S]B.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn base_terms<'t>(s: &Scalar, terms: &mut [Term<'t>; BASE_DIGITS]) {
    let tables = [base(); LANES];
    let digits: Digits<BASE_DIGITS> = s.digits(BASE_WIDTH);
    for (digit, term) in terms.iter_mut().enumerate() {
        *term = Term {
            entries: pick(&tables, digit * BASE_ROW, &digits.size[digit]),
            negative: digits.negative[digit],
        };
    }
}

/// The entry of each lane: that of its `size` behind the place where the row begins.
#[inline(always)]
#[expect(clippy::inline_always)] // Its callers have other features.
#[expect(clippy::cast_possible_truncation)] // Sizes are digits.
fn pick<'t, E>(tables: &[&'t [E]; LANES], row: usize, size: &[u64; LANES]) -> [&'t E; LANES] {
    let mut entries = [&tables[0][row]; LANES];
    for lane in 0..LANES {
        entries[lane] = &tables[lane][row + size[lane] as usize];
    }
    entries
}

/// The lanes of each group where the sum is encoded as R.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512ifma")]
fn verdicts(groups: &[Group<'_>], sums: &[Point]) -> Vec<u8> {
    // One inversion for all: products[i] is that of 2 Z of the sums before i.
    let mut products = Vec::with_capacity(GROUPS);
    let mut product = Fe::one();
    for sum in sums {
        products.push(product);
        product = product.mul(&sum.z().add(sum.z()));
    }
    let mut rest = inverse(&product);
    let mut verdicts = vec![0; groups.len()];
    for (index, (group, sum)) in groups.iter().zip(sums).enumerate().rev() {
        let encoded = sum.encoded(&rest.mul(&products[index]));
        verdicts[index] = equal(&encoded, &group.r);
        rest = rest.mul(&sum.z().add(sum.z()));
    }
    verdicts
}
