//! Tables of points in lanes: line i has the odd multiples of 2^(width i) P.

use super::inversions::{divide, multiply, CHAINS};
use super::kernels::Kernels;
use super::points::{copy, double, Room, Scratch, STEP};
use crate::simd::limbs52::vector::LANES;
use crate::simd::limbs52::{slots, Limbs, Slot};
use crate::simd::rows::Row;

/// Points of all lines and groups, line by line.
struct Lines {
    x: Box<[Slot]>,
    y: Box<[Slot]>,
    z: Box<[Slot]>,
}

impl Lines {
    fn new(count: usize) -> Self {
        Self {
            x: many(count),
            y: many(count),
            z: many(count),
        }
    }

    /// Points of a line, from group `first` on.
    #[inline(always)]
    fn set(&self, at: usize, room: &Room, groups: usize) {
        let from = room.jacobian(groups);
        copy(&self.x[at..], from.x);
        copy(&self.y[at..], from.y);
        copy(&self.z[at..], from.z);
    }

    /// Makes Z 1.
    #[inline(always)]
    fn normalise<K: Kernels>(&self, k: K, products: &[Slot]) {
        let (square, cube): ([Slot; CHAINS], [Slot; CHAINS]) = (slots(), slots());
        multiply(k, &self.z, products, 0..self.z.len());
        let done = divide(k, &self.z, products, |range, inverses| {
            let (square, cube) = (&square[..range.len()], &cube[..range.len()]);
            let (x, y) = (&self.x[range.clone()], &self.y[range]);
            k.sqr(square, inverses);
            k.mul(cube, square, inverses);
            k.mul(x, x, square);
            k.mul(y, y, cube);
        });
        assert!(
            done,
            "no multiple of a point below its order is the neutral one"
        );
    }
}

fn many(count: usize) -> Box<[Slot]> {
    (0..count).map(|_| Slot::new(Limbs::ZERO)).collect()
}

#[inline(always)]
pub(super) fn build<K: Kernels>(
    k: K,
    points: &[Row],
    width: u32,
    lines: usize,
    tables: &mut [&mut [Row]],
) {
    let groups = points.len().div_ceil(LANES);
    let (sums, doubles) = (Lines::new(lines * groups), Lines::new(lines * groups));
    for first in (0..groups).step_by(STEP) {
        let count = STEP.min(groups - first);
        start_lines(
            k,
            &points[first * LANES..],
            width,
            lines,
            [&sums, &doubles],
            |line| (line * groups + first, count),
        );
    }
    let products = many(lines * groups + CHAINS);
    sums.normalise(k, &products);
    doubles.normalise(k, &products);
    let (dx, dy, slope) = (&sums.z, &doubles.z, &slots::<CHAINS>()[..]);
    let rows = 1 << (width - 1);
    for row in 0..rows {
        for line in 0..lines {
            for (group, tables) in tables.chunks_mut(LANES).enumerate() {
                let at = line * groups + group;
                k.pack(&sums.x[at], &sums.y[at], tables, line * rows + row);
            }
        }
        if row + 1 == rows {
            break;
        }
        k.sub(dx, &doubles.x, &sums.x);
        k.sub(dy, &doubles.y, &sums.y);
        multiply(k, dx, &products, 0..dx.len());
        let done = divide(k, dx, &products, |range, inverses| {
            let slope = &slope[..range.len()];
            k.mul(slope, inverses, &dy[range.clone()]);
            k.add_with_slope(
                slope,
                &dx[range.clone()],
                &sums.x[range.clone()],
                &sums.y[range],
            );
        });
        assert!(
            done,
            "odd multiples below the order of a point differ from its double"
        );
    }
}

/// The first points of the lines of some groups, and their doubles.
#[inline(always)]
fn start_lines<K: Kernels>(
    k: K,
    points: &[Row],
    width: u32,
    lines: usize,
    [sums, doubles]: [&Lines; 2],
    place: impl Fn(usize) -> (usize, usize),
) {
    let (room, scratch) = (Room::new(), Scratch::new());
    let (_, groups) = place(0);
    let point = room.jacobian(groups);
    for group in 0..groups {
        // Lanes that are over repeat the last point.
        let mut keys = [&points[0]; LANES];
        for (lane, key) in keys.iter_mut().enumerate() {
            *key = &points[(group * LANES + lane).min(points.len() - 1)];
        }
        k.unpack(&keys, &point.x[group], &point.y[group]);
        point.z[group].set(Limbs::ONE);
    }
    for line in 0..lines {
        let (at, _) = place(line);
        sums.set(at, &room, groups);
        double(k, point, &scratch);
        doubles.set(at, &room, groups);
        for _ in 1..width {
            double(k, point, &scratch);
        }
    }
}
