//! Keys with a table: a sum of 64 rows, none of them doubled, in four chains that are in step.

use super::curve::BETA;
use super::kernels::Kernels;
use super::points::{add, add_affine, sum, Room, Scratch, STEP};
use super::scalars::{digits, Digits, Half, Scalars};
use super::{generator, prefetch, settle, Signature, Verdict};
use crate::simd::limbs52::vector::{Multiply, LANES};
use crate::simd::limbs52::{slots, Slot};
use crate::simd::rows::Row;

/// Bits of a window of a key's table, and its lines, which reach 132 bits.
pub(super) const KEY_WIDTH: u32 = 6;
pub(super) const KEY_LINES: usize = 22;

/// The same of the generator's, which reach 130 bits.
pub(super) const GENERATOR_WIDTH: u32 = 13;
pub(super) const GENERATOR_LINES: usize = 10;

/// Rows that are added for each half.
const ROWS: usize = KEY_LINES + GENERATOR_LINES;

/// The digit of a half of u1 for a line of the generator's table.
#[inline(always)]
pub(super) fn generator_digits<M: Multiply>(m: M, half: &Half, line: usize) -> Digits {
    window(m, half, line, GENERATOR_WIDTH)
}

#[inline(always)]
fn window<M: Multiply>(m: M, half: &Half, line: usize, width: u32) -> Digits {
    let line = line as u32;
    digits(m, half, line * width, width, line << (width - 1))
}

#[inline(always)]
pub(super) fn verify<K: Kernels>(k: K, signatures: &[Signature<'_>], verdicts: &mut [Verdict]) {
    let groups = signatures.len().div_ceil(LANES);
    let mut scalars = vec![Scalars::ZERO; groups];
    k.prepare(signatures, 132, &mut scalars);
    let mut work = Work::new();
    let signatures = signatures.chunks(LANES);
    for (group, (signatures, scalars)) in signatures.zip(&scalars).enumerate() {
        group_of_eight(k, signatures, scalars, &mut work);
        let total = work.sum.jacobian(1);
        let judged = k.judge(&total.x[0], &total.z[0], &scalars.r);
        settle(judged, group, verdicts);
    }
}

struct Work {
    sum: Room,
    one: Room,
    two: Room,
    ratio: [Slot; STEP],
    scratch: Scratch,
}

impl Work {
    const fn new() -> Self {
        Self {
            sum: Room::new(),
            one: Room::new(),
            two: Room::new(),
            ratio: slots(),
            scratch: Scratch::new(),
        }
    }
}

/// The sum of a group: its chains are the even and the odd rows of each half.
#[inline(always)]
fn group_of_eight<K: Kernels>(
    k: K,
    signatures: &[Signature<'_>],
    scalars: &Scalars,
    work: &mut Work,
) {
    let mut keys: [&[Row]; LANES] = [&[]; LANES];
    for (lane, key) in keys.iter_mut().enumerate() {
        *key = signatures[lane.min(signatures.len() - 1)].table;
    }
    let generators = [generator(); LANES];
    let tables = |row| if row < KEY_LINES { &keys } else { &generators };
    let mut chosen = [[Digits::ZERO; ROWS]; 2];
    for (half, chosen) in chosen.iter_mut().enumerate() {
        for (row, digits) in chosen.iter_mut().enumerate() {
            *digits = match row.checked_sub(KEY_LINES) {
                None => window(k, &scalars.key[half], row, KEY_WIDTH),
                Some(line) => generator_digits(k, &scalars.generator[half], line),
            };
            prefetch(tables(row), digits);
        }
    }
    let Work {
        sum: room,
        one,
        two,
        ratio,
        scratch,
    } = work;
    let total = room.jacobian(STEP);
    let (p, q) = (one.affine(STEP), two.affine(STEP));
    let load = |place: super::points::Affine<'_>, row: usize| {
        for chain in 0..STEP {
            let row = row + chain / 2;
            let digits = &chosen[chain % 2][row];
            k.point(tables(row), digits, &place.x[chain], &place.y[chain]);
        }
    };
    load(p, 0);
    load(q, 2);
    sum(k, total, p, q, scratch);
    for row in (4..ROWS).step_by(2) {
        load(p, row);
        add_affine(k, total, p, ratio, scratch);
    }
    // Both chains of a half, then the halves.
    let (even, odd) = total.split_at(2);
    add(k, even, odd, scratch);
    let (first, second) = even.split_at(1);
    k.mul(second.x, second.x, &[Slot::new(BETA)]);
    add(k, first, second, scratch);
}
