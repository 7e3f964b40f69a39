//! Keys with a table, in a large batch: the same sum of rows, of affine points with one inversion for
//! a whole round of additions, which makes an addition cost little more than half.
//!
//! Each half of a signature has some accumulators, to which the rows are dealt in turn, so that a
//! batch needs a dozen rounds and not sixty. Then the accumulators are added to each other.

use std::cell::Cell;
use std::ops::Range;

use super::curve::BETA;
use super::hot::{Choice, Tables, ROWS};
use super::inversions::{divide, multiply, CHAINS};
use super::kernels::Kernels;
use super::points::{add_affine, sum, Affine, Jacobian, Room, Scratch, STEP};
use super::scalars::Scalars;
use super::{settle, Signature, Verdict};
use crate::simd::limbs52::vector::{Lanes, LANES};
use crate::simd::limbs52::{slots, Limbs, Slot};

/// Groups from which on this is faster than Jacobian coordinates.
pub(super) const LEAST_GROUPS: usize = 6;

/// Groups of a batch: what they need stays in a cache of a megabyte.
pub(super) const MOST_GROUPS: usize = 32;

/// Accumulators of a half, for few groups and for many.
const FEW: (usize, usize) = (16, 4);
const MANY: usize = 3;

/// Additions for which an inversion is worth its price.
const WORTH_A_ROUND: usize = 32;

/// Accumulators of a batch, at most.
const POINTS: usize = 2 * MOST_GROUPS * MANY;
const _: () = assert!(2 * FEW.0 * FEW.1 <= POINTS);

/// Memory for a batch, half a megabyte, which each thread keeps.
struct Work {
    choices: Vec<Choice>,
    owners: Vec<Owner>,
    /// The accumulators, by number, half and group.
    x: Box<[Slot]>,
    y: Box<[Slot]>,
    /// What is added to them: the differences to it, and products of those of x.
    dx: Box<[Slot]>,
    dy: Box<[Slot]>,
    products: Box<[Slot]>,
    slopes: [Slot; CHAINS],
    sum: Room,
    ratio: [Slot; STEP],
    scratch: Scratch,
}

thread_local! {
    static WORK: Cell<Option<Box<Work>>> = const { Cell::new(None) };
}

/// How rows are dealt to the accumulators of a batch.
#[derive(Clone, Copy)]
struct Deal {
    groups: usize,
    /// Accumulators of a half.
    count: usize,
}

/// Whose sum an accumulator is a part of, and its number there.
#[derive(Clone, Copy)]
struct Owner {
    group: usize,
    half: usize,
    number: usize,
}

#[inline(always)]
pub(super) fn verify<K: Kernels>(
    k: K,
    signatures: &[Signature<'_>],
    scalars: &[Scalars],
    verdicts: &mut [Verdict],
) {
    let groups = scalars.len();
    let count = if groups < FEW.0 { FEW.1 } else { MANY };
    let deal = Deal { groups, count };
    let tables: Vec<Tables<'_>> = signatures.chunks(LANES).map(Tables::new).collect();
    let mut lost = [0; MOST_GROUPS];
    let mut work = WORK.take().unwrap_or_else(|| Box::new(Work::new()));
    for (scalars, choice) in scalars.iter().zip(&mut work.choices) {
        k.choose(scalars, choice);
    }
    work.owners.clear();
    work.owners.extend(deal.owners());
    work.add_rows(k, deal, &tables, &mut lost);
    let left = work.merge(k, deal, &mut lost);
    work.finish(k, deal.groups, left, |group, sum| {
        let (equal, z) = k.judge(sum.x, sum.z, &scalars[group].r);
        settle((equal, z | lost[group]), group, verdicts);
    });
    WORK.set(Some(work));
}

impl Deal {
    /// The owners of the accumulators: by number, half and group.
    fn owners(self) -> impl Iterator<Item = Owner> {
        (0..self.count).flat_map(move |number| {
            (0..2).flat_map(move |half| {
                (0..self.groups).map(move |group| Owner {
                    group,
                    half,
                    number,
                })
            })
        })
    }

    /// How many accumulators get a row in that round: the first ones.
    fn given(self, row: usize) -> usize {
        2 * self.groups * self.count.min(ROWS.saturating_sub(row))
    }
}

impl Work {
    fn new() -> Self {
        let many = |count| (0..count).map(|_| Slot::new(Limbs::ZERO)).collect();
        Self {
            choices: vec![Choice::NONE; MOST_GROUPS],
            owners: Vec::with_capacity(POINTS),
            x: many(POINTS),
            y: many(POINTS),
            dx: many(POINTS),
            dy: many(POINTS),
            products: many(POINTS + CHAINS),
            slopes: slots(),
            sum: Room::new(),
            ratio: slots(),
            scratch: Scratch::new(),
        }
    }

    /// The sum of the rows of each accumulator.
    #[inline(always)]
    fn add_rows<K: Kernels>(
        &self,
        k: K,
        deal: Deal,
        tables: &[Tables<'_>],
        lost: &mut [Lanes; MOST_GROUPS],
    ) {
        let owners = &self.owners[..];
        let ask = |row: usize, range: Range<usize>| {
            let end = range.end.min(deal.given(row));
            for owner in owners.get(range.start..end).into_iter().flatten() {
                let choice = &self.choices[owner.group];
                choice.prefetch(&tables[owner.group], owner.half, row + owner.number);
            }
        };
        ask(0, 0..POINTS);
        ask(deal.count, 0..POINTS);
        for (at, owner) in owners.iter().enumerate() {
            let choice = &self.choices[owner.group];
            let (tables, digits) = choice.get(&tables[owner.group], owner.half, owner.number);
            k.point(tables, digits, &self.x[at], &self.y[at]);
        }
        for row in (deal.count..ROWS).step_by(deal.count) {
            let given = deal.given(row);
            for start in (0..given).step_by(CHAINS) {
                let range = start..(start + CHAINS).min(given);
                for (at, owner) in range.clone().zip(&owners[range.clone()]) {
                    let choice = &self.choices[owner.group];
                    let tables = &tables[owner.group];
                    let (tables, digits) = choice.get(tables, owner.half, row + owner.number);
                    let (dx, dy) = (&self.dx[at], &self.dy[at]);
                    k.differences(tables, digits, &self.x[at], &self.y[at], dx, dy);
                }
                multiply(k, &self.dx, &self.products, range);
            }
            self.add(k, deal.groups, given, lost, |range| {
                ask(row + deal.count, range);
            });
        }
    }

    /// Adds to the first accumulators what the differences tell of; the products are there. Lanes
    /// where that is the accumulator itself or its negative are lost.
    #[inline(always)]
    fn add<K: Kernels>(
        &self,
        k: K,
        groups: usize,
        count: usize,
        lost: &mut [Lanes; MOST_GROUPS],
        mut meanwhile: impl FnMut(Range<usize>),
    ) {
        let dx = &self.dx[..count];
        let mut each = |range: Range<usize>, inverses: &[Slot]| {
            let slopes = &self.slopes[..range.len()];
            meanwhile(range.clone());
            k.mul(slopes, inverses, &self.dy[range.clone()]);
            let (x, y) = (&self.x[range.clone()], &self.y[range.clone()]);
            k.add_with_slope(slopes, &dx[range], x, y);
        };
        while !divide(k, dx, &self.products, &mut each) {
            for (at, dx) in dx.iter().enumerate() {
                lost[at % groups] |= k.replace_zeros(dx);
            }
            multiply(k, dx, &self.products, 0..count);
        }
    }

    /// Adds accumulators of a half to each other; how many are left.
    #[inline(always)]
    fn merge<K: Kernels>(&self, k: K, deal: Deal, lost: &mut [Lanes; MOST_GROUPS]) -> usize {
        let both = 2 * deal.groups;
        let mut left = deal.count;
        while left > 1 && left / 2 * both >= WORTH_A_ROUND {
            let kept = left.div_ceil(2);
            let (count, others) = ((left - kept) * both, kept * both..left * both);
            k.sub(&self.dx[..count], &self.x[others.clone()], &self.x[..count]);
            k.sub(&self.dy[..count], &self.y[others], &self.y[..count]);
            multiply(k, &self.dx, &self.products, 0..count);
            self.add(k, deal.groups, count, lost, |_| ());
            left = kept;
        }
        left
    }

    /// The sum of the accumulators that are left, for each group.
    #[inline(always)]
    fn finish<K: Kernels>(
        &self,
        k: K,
        groups: usize,
        left: usize,
        mut each: impl FnMut(usize, Sum<'_>),
    ) {
        let beta: [Slot; STEP] = [const { Slot::new(BETA) }; STEP];
        for first in (0..groups).step_by(STEP) {
            let count = STEP.min(groups - first);
            let sum_of = self.sum.jacobian(count);
            let place = |accumulator: usize| {
                let start = accumulator * groups + first;
                Affine {
                    x: &self.x[start..start + count],
                    y: &self.y[start..start + count],
                }
            };
            for number in 0..left {
                let (one, two) = (place(2 * number), place(2 * number + 1));
                k.mul(two.x, two.x, &beta[..count]);
                if number == 0 {
                    sum(k, sum_of, one, two, &self.scratch);
                } else {
                    add_affine(k, sum_of, one, &self.ratio[..count], &self.scratch);
                    add_affine(k, sum_of, two, &self.ratio[..count], &self.scratch);
                }
            }
            for at in 0..count {
                let Jacobian { x, z, .. } = sum_of;
                each(
                    first + at,
                    Sum {
                        x: &x[at],
                        z: &z[at],
                    },
                );
            }
        }
    }
}

/// The sum of a group, as far as it is judged.
struct Sum<'a> {
    x: &'a Slot,
    z: &'a Slot,
}
