//! Keys without a table: windows of five bits over the halves of u2, the doublings shared, then the
//! rows of the generator for u1. There is no inversion modulo p.
//!
//! The odd multiples Q, 3Q, .. 31Q are made on an isomorphic curve on which 2Q is affine, by adding it
//! over and over, and brought to the Z of the last by the ratios of the additions. The sum of the
//! windows takes them as affine, on the curve where they are that; its Z is then made right for the
//! rows of the generator.

use std::cell::Cell;

use super::curve::BETA;
use super::hot::{generator_digits, GENERATOR_LINES};
use super::kernels::Kernels;
use super::points::{add_affine, copy, double, fill, sum, Affine, Room, Scratch, STEP};
use super::scalars::{digits, Digits, Scalars};
use super::{generator, settle, Signature, Verdict};
use crate::simd::limbs52::vector::LANES;
use crate::simd::limbs52::{each, slots, Limbs, Slot};
use crate::simd::rows::Row;

const WIDTH: u32 = 5;
const WINDOWS: usize = 26;
/// Odd multiples of a point.
const MULTIPLES: usize = 1 << (WIDTH - 1);
/// Rows of a lane: the multiples, and beta times their x.
const ROWS: usize = 2 * MULTIPLES;

thread_local! {
    /// A sixth of a megabyte, which each thread keeps.
    static WORK: Cell<Option<Box<Work>>> = const { Cell::new(None) };
}

/// What the groups of a step need on the way.
struct Work {
    sum: Room,
    one: Room,
    two: Room,
    multiples: Box<[Room]>,
    /// For each multiple the Z of its addition over the one before.
    ratios: Box<[[Slot; STEP]]>,
    /// Z of the multiples on the curve of the key.
    z: [Slot; STEP],
    factors: [[Slot; STEP]; 3],
    scratch: Scratch,
    rows: Box<[[[Row; ROWS]; LANES]; STEP]>,
}

#[inline(always)]
pub(super) fn verify<K: Kernels>(k: K, signatures: &[Signature<'_>], verdicts: &mut [Verdict]) {
    let groups = signatures.len().div_ceil(LANES);
    let mut scalars = vec![Scalars::ZERO; groups];
    k.prepare(signatures, 130, &mut scalars);
    let mut work = WORK.take().unwrap_or_else(|| Box::new(Work::new()));
    let signatures = signatures.chunks(STEP * LANES);
    let verdicts = verdicts.chunks_mut(STEP * LANES);
    for ((signatures, verdicts), scalars) in signatures.zip(verdicts).zip(scalars.chunks(STEP)) {
        step(k, signatures, scalars, &mut work, verdicts);
    }
    WORK.set(Some(work));
}

impl Work {
    fn new() -> Self {
        Self {
            sum: Room::new(),
            one: Room::new(),
            two: Room::new(),
            multiples: (0..MULTIPLES).map(|_| Room::new()).collect(),
            ratios: (0..MULTIPLES).map(|_| slots()).collect(),
            z: slots(),
            factors: [const { slots() }; 3],
            scratch: Scratch::new(),
            rows: vec![[[Row::ZERO; ROWS]; LANES]; STEP]
                .into_boxed_slice()
                .try_into()
                .expect("as many as there are"),
        }
    }
}

#[inline(always)]
fn step<K: Kernels>(
    k: K,
    signatures: &[Signature<'_>],
    scalars: &[Scalars],
    work: &mut Work,
    verdicts: &mut [Verdict],
) {
    let groups = scalars.len();
    let table = generator();
    let mut generator = [[[Digits::ZERO; STEP]; GENERATOR_LINES]; 2];
    for (group, scalars) in scalars.iter().enumerate() {
        for (half, lines) in generator.iter_mut().enumerate() {
            for (line, digits) in lines.iter_mut().enumerate() {
                digits[group] = generator_digits(k, &scalars.generator[half], line);
                super::prefetch(&[table; LANES], &digits[group]);
            }
        }
    }
    multiples(k, signatures, groups, work);
    let Work {
        sum: room,
        one,
        two,
        z,
        scratch,
        rows,
        factors,
        ..
    } = work;
    let total = room.jacobian(groups);
    let [ratio, ..] = &*factors;
    let ratio = &ratio[..groups];
    let (p, q) = (one.affine(groups), two.affine(groups));
    for window in (0..WINDOWS).rev() {
        for (half, place) in [p, q].into_iter().enumerate() {
            for (group, scalars) in scalars.iter().enumerate() {
                let first = (half * MULTIPLES) as u32;
                let digits = digits(k, &scalars.key[half], window as u32 * WIDTH, WIDTH, first);
                let [a, b, c, d, e, f, g, h] = &rows[group];
                let tables: [&[Row]; LANES] = [a, b, c, d, e, f, g, h];
                k.point(&tables, &digits, &place.x[group], &place.y[group]);
            }
        }
        if window == WINDOWS - 1 {
            sum(k, total, p, q, scratch);
            continue;
        }
        for _ in 0..WIDTH {
            double(k, total, scratch);
        }
        add_affine(k, total, p, ratio, scratch);
        add_affine(k, total, q, ratio, scratch);
    }
    k.mul(total.z, total.z, &z[..groups]);
    let beta: [Slot; STEP] = [const { Slot::new(BETA) }; STEP];
    for (half, lines) in generator.iter().enumerate() {
        for digits in lines {
            for (group, digits) in digits[..groups].iter().enumerate() {
                k.point(&[table; LANES], digits, &p.x[group], &p.y[group]);
            }
            if half == 1 {
                k.mul(p.x, p.x, &beta[..groups]);
            }
            add_affine(k, total, p, ratio, scratch);
        }
    }
    for (group, scalars) in scalars.iter().enumerate() {
        let judged = k.judge(&total.x[group], &total.z[group], &scalars.r);
        settle(judged, group, verdicts);
    }
}

/// The odd multiples of the keys as rows, and their Z.
#[inline(always)]
fn multiples<K: Kernels>(k: K, signatures: &[Signature<'_>], groups: usize, work: &mut Work) {
    let Work {
        sum,
        one,
        two,
        multiples,
        ratios,
        z,
        factors,
        scratch,
        rows,
    } = work;
    let (p, q, twice) = (one.affine(groups), two.affine(groups), sum.jacobian(groups));
    for (group, signatures) in signatures.chunks(LANES).enumerate() {
        let mut keys = [signatures[0].key; LANES];
        for (key, signature) in keys.iter_mut().zip(signatures) {
            *key = signature.key;
        }
        k.unpack(&keys, &p.x[group], &p.y[group]);
    }
    copy(twice.x, p.x);
    copy(twice.y, p.y);
    fill(twice.z, Limbs::ONE);
    double(k, twice, scratch);
    let Affine { x, y } = twice.without_z();
    copy(q.x, x);
    copy(q.y, y);
    let z = &z[..groups];
    copy(z, twice.z);
    // The key on the curve where its double is affine.
    let [square, cube, scale] = &*factors;
    let [square, cube, scale] = each!(slots in [square, cube, scale] => &slots[..groups]);
    let first = multiples[0].jacobian(groups);
    k.sqr(square, z);
    k.mul(cube, square, z);
    k.mul(first.x, p.x, square);
    k.mul(first.y, p.y, cube);
    fill(first.z, Limbs::ONE);
    for at in 1..MULTIPLES {
        let (before, next) = (
            multiples[at - 1].jacobian(groups),
            multiples[at].jacobian(groups),
        );
        copy(next.x, before.x);
        copy(next.y, before.y);
        copy(next.z, before.z);
        add_affine(k, next, q, &ratios[at][..groups], scratch);
    }
    k.mul(z, z, multiples[MULTIPLES - 1].jacobian(groups).z);
    fill(scale, Limbs::ONE);
    let beta: [Slot; STEP] = [const { Slot::new(BETA) }; STEP];
    for at in (0..MULTIPLES).rev() {
        let point = multiples[at].jacobian(groups);
        k.sqr(square, scale);
        k.mul(cube, square, scale);
        k.mul(point.x, point.x, square);
        k.mul(point.y, point.y, cube);
        k.mul(p.x, point.x, &beta[..groups]);
        for group in 0..groups {
            let [a, b, c, d, e, f, g, h] = &mut rows[group];
            let mut tables: [&mut [Row]; LANES] = [a, b, c, d, e, f, g, h];
            k.pack(&point.x[group], &point.y[group], &mut tables, at);
            k.pack(&p.x[group], &point.y[group], &mut tables, MULTIPLES + at);
        }
        if at > 0 {
            k.mul(scale, scale, &ratios[at][..groups]);
        }
    }
}
