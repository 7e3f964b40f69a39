//! Keys with a table: a sum of 64 rows, none of them doubled. Here in Jacobian coordinates, in four
//! chains that are in step; a large batch goes to `affine`.

use super::curve::BETA;
use super::kernels::Kernels;
use super::points::{add, add_affine, sum, Affine, Room, Scratch, STEP};
use super::scalars::{digits, Digits, Half, Scalars};
use super::{affine, generator, prefetch, settle, Signature, Verdict};
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
pub(super) const ROWS: usize = KEY_LINES + GENERATOR_LINES;

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

/// The rows of the signatures of a group.
#[derive(Clone, Copy)]
pub(super) struct Choice([[Digits; ROWS]; 2]);

impl Choice {
    pub(super) const NONE: Self = Self([[Digits::ZERO; ROWS]; 2]);

    #[inline(always)]
    pub(super) fn choose<K: Kernels>(k: K, scalars: &Scalars, choice: &mut Self) {
        for (half, chosen) in choice.0.iter_mut().enumerate() {
            let (keys, generator) = chosen.split_at_mut(KEY_LINES);
            for (line, digits) in keys.iter_mut().enumerate() {
                *digits = window(k, &scalars.key[half], line, KEY_WIDTH);
            }
            for (line, digits) in generator.iter_mut().enumerate() {
                *digits = generator_digits(k, &scalars.generator[half], line);
            }
        }
    }

    /// The digits of a row, and the tables that they are of.
    #[inline(always)]
    pub(super) fn get<'a, 'b>(
        &'a self,
        tables: &'a Tables<'b>,
        half: usize,
        row: usize,
    ) -> (&'a [&'b [Row]; LANES], &'a Digits) {
        let tables = if row < KEY_LINES {
            &tables.keys
        } else {
            &tables.generator
        };
        (tables, &self.0[half][row])
    }

    #[inline(always)]
    pub(super) fn prefetch(&self, tables: &Tables<'_>, half: usize, row: usize) {
        let (tables, digits) = self.get(tables, half, row);
        prefetch(tables, digits);
    }
}

/// The tables of the lanes of a group.
pub(super) struct Tables<'a> {
    keys: [&'a [Row]; LANES],
    generator: [&'a [Row]; LANES],
}

impl<'a> Tables<'a> {
    /// Lanes that are over repeat the last signature.
    pub(super) fn new(signatures: &[Signature<'a>]) -> Self {
        let mut keys: [&[Row]; LANES] = [&[]; LANES];
        for (lane, key) in keys.iter_mut().enumerate() {
            *key = signatures[lane.min(signatures.len() - 1)].table;
        }
        let generator = [generator(); LANES];
        Self { keys, generator }
    }
}

#[inline(always)]
pub(super) fn verify<K: Kernels>(k: K, signatures: &[Signature<'_>], verdicts: &mut [Verdict]) {
    let groups = signatures.len().div_ceil(LANES);
    let mut scalars = vec![Scalars::ZERO; groups];
    k.prepare(signatures, 132, &mut scalars);
    if groups >= affine::LEAST_GROUPS {
        return affine::verify(k, signatures, &scalars, verdicts);
    }
    let work = Work::new();
    for (group, (signatures, scalars)) in signatures.chunks(LANES).zip(&scalars).enumerate() {
        let (x, z) = work.sum(k, &Tables::new(signatures), scalars);
        settle(k.judge(x, z, &scalars.r), group, verdicts);
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

    /// X and Z of the sum of a group. The chains are the even rows of both halves and the odd ones.
    #[inline(always)]
    fn sum<K: Kernels>(&self, k: K, tables: &Tables<'_>, scalars: &Scalars) -> (&Slot, &Slot) {
        let mut choice = Choice::NONE;
        k.choose(scalars, &mut choice);
        for row in 0..ROWS {
            choice.prefetch(tables, 0, row);
            choice.prefetch(tables, 1, row);
        }
        let total = self.sum.jacobian(STEP);
        let (p, q) = (self.one.affine(STEP), self.two.affine(STEP));
        let load = |place: Affine<'_>, row: usize| {
            for chain in 0..STEP {
                let (tables, digits) = choice.get(tables, chain % 2, row + chain / 2);
                k.point(tables, digits, &place.x[chain], &place.y[chain]);
            }
        };
        load(p, 0);
        load(q, 2);
        sum(k, total, p, q, &self.scratch);
        for row in (4..ROWS).step_by(2) {
            load(p, row);
            add_affine(k, total, p, &self.ratio, &self.scratch);
        }
        // Both chains of a half, then the halves.
        let (even, odd) = total.split_at(2);
        add(k, even, odd, &self.scratch);
        let (first, second) = even.split_at(1);
        k.mul(second.x, second.x, &[Slot::new(BETA)]);
        add(k, first, second, &self.scratch);
        (&first.x[0], &first.z[0])
    }
}
