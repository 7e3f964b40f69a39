//! Points of the curve -x² + y² = 1 + d x² y², eight at a time.
//!
//! The formulas are complete, since -1 is a square modulo p and d is none: they hold for every two
//! points of the curve, so no lane ever needs a special case, and Z is never zero.

use std::arch::x86_64::{
    __mmask8, _mm512_and_si512, _mm512_movepi64_mask, _mm512_or_si512, _mm512_slli_epi64,
    _mm512_xor_si512,
};

use super::constants::{D, D2, ROOT_OF_MINUS_ONE};
use super::field::{
    difference_sum, difference_sum_signed, doubling_pair, root_power, squares_difference_sum,
    twice_difference_sum, two_products, Fe,
};
use super::scalar::{limbs, words};
use crate::simd::rows::Row;
use crate::simd::words512::{load, splat, store, transpose, LANES, V};

/// Eight points in extended coordinates, x = X/Z and y = Y/Z, kept as the next addition
/// multiplies them.
#[derive(Clone, Copy)]
pub(super) struct Point {
    /// Y - X and Y + X. In pairs, so that results are written where they belong.
    sides: (Fe, Fe),
    /// T = X Y / Z, and Z.
    tz: (Fe, Fe),
}

/// Eight points to add, with Z = 1.
pub(super) struct Affine {
    /// y - x
    minus: Fe,
    /// y + x
    plus: Fe,
    /// 2 d x y
    t: Fe,
}

/// Eight points to add.
#[derive(Clone, Copy)]
pub(super) struct Projective {
    /// Y - X
    minus: Fe,
    /// Y + X
    plus: Fe,
    /// 2 Z
    z: Fe,
    /// 2 d T
    t: Fe,
}

/// A point of a table, with Z = 1: the limbs of y - x, y + x and 2 d x y.
pub(super) type AffineEntry = [Row; 2];

/// A point of a table: the limbs of Y - X, Y + X, 2 Z and 2 d T.
pub(super) type ProjectiveEntry = [Row; 3];

/// The neutral point: y - x = y + x = 1.
pub(super) const NEUTRAL: AffineEntry = [Row([1, 0, 0, 0, 0, 1, 0, 0]), Row([0; LANES])];

impl Point {
    /// The neutral point.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn neutral() -> Self {
        Self {
            sides: (Fe::one(), Fe::one()),
            tz: (Fe::zero(), Fe::one()),
        }
    }

    /// `self` in the lanes of `mask`, `other` elsewhere.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn select(&self, mask: __mmask8, other: &Self) -> Self {
        let both = |a: &(Fe, Fe), b: &(Fe, Fe)| (a.0.select(mask, &b.0), a.1.select(mask, &b.1));
        Self {
            sides: both(&self.sides, &other.sides),
            tz: both(&self.tz, &other.tz),
        }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn from_affine(x: &Fe, y: &Fe) -> Self {
        Self {
            sides: (y.sub(x), y.add(x)),
            tz: (x.mul(y), Fe::one()),
        }
    }

    /// Twice the point. The new T is computed where `T` says so: doublings do not use it.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn double<const T: bool>(&mut self) {
        let eh = squares_difference_sum(&self.sides.0, &self.sides.1);
        let fg = doubling_pair(&self.sides.0, &self.sides.1, &self.tz.1);
        self.complete::<T>(&eh, &fg);
    }

    /// Plus a point, or minus it in the lanes of `negative`, where `other` came with its first two
    /// coordinates exchanged.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn add_affine<const T: bool>(&mut self, other: &Affine, negative: __mmask8) {
        let eh = difference_sum(&self.sides.0, &other.minus, &self.sides.1, &other.plus);
        let fg = twice_difference_sum(&self.tz.0, &other.t, negative, &self.tz.1);
        self.complete::<T>(&eh, &fg);
    }

    /// The same for a point with a Z of its own.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn add_projective<const T: bool>(&mut self, other: &Projective, negative: __mmask8) {
        let eh = difference_sum(&self.sides.0, &other.minus, &self.sides.1, &other.plus);
        let fg = difference_sum_signed(&self.tz.0, &other.t, negative, &self.tz.1, &other.z);
        self.complete::<T>(&eh, &fg);
    }

    /// X = E F, Y = G H, T = E H, Z = F G. The pairs stay where they were made: to take them apart
    /// is to copy them.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn complete<const T: bool>(&mut self, eh: &(Fe, Fe), fg: &(Fe, Fe)) {
        self.sides = difference_sum(&eh.0, &fg.0, &fg.1, &eh.1);
        if T {
            self.tz = two_products(&eh.0, &eh.1, &fg.0, &fg.1);
        } else {
            self.tz.1 = fg.0.mul(&fg.1);
        }
    }

    #[inline]
    pub(super) fn z(&self) -> &Fe {
        &self.tz.1
    }

    /// Ready to be added.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn to_projective(self) -> Projective {
        Projective {
            minus: self.sides.0,
            plus: self.sides.1,
            z: self.tz.1.add(&self.tz.1),
            t: self.tz.0.mul(&Fe::splat(D2)),
        }
    }

    /// Ready to be added, given 1/Z.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn to_affine(self, inverse: &Fe) -> Affine {
        Affine {
            minus: self.sides.0.mul(inverse),
            plus: self.sides.1.mul(inverse),
            t: self.tz.0.mul(inverse).mul(&Fe::splat(D2)),
        }
    }

    /// The encodings of RFC 8032 as words, given 1/(2 Z).
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn encoded(&self, inverse: &Fe) -> [V; 4] {
        let x = self.sides.1.sub(&self.sides.0).mul(inverse).canonical();
        let y = self.sides.1.add(&self.sides.0).mul(inverse).canonical();
        let mut words = words(y);
        words[3] = _mm512_or_si512(words[3], _mm512_slli_epi64::<63>(x[0]));
        words
    }
}

/// Cache line `index` of the entry of each lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn lines<const N: usize>(entries: &[&[Row; N]; LANES], index: usize) -> [V; LANES] {
    let mut lines = [splat(0); LANES];
    for (line, entry) in lines.iter_mut().zip(entries) {
        *line = load(&entry[index].0);
    }
    lines
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn put_lines<const N: usize>(entries: &mut [[Row; N]; LANES], index: usize, lines: &[V; LANES]) {
    for (entry, &line) in entries.iter_mut().zip(lines) {
        entry[index] = Row(store(line));
    }
}

impl Projective {
    /// The entry of each lane, the first two coordinates exchanged in the lanes of `negative`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn gather(entries: &[&ProjectiveEntry; LANES], negative: __mmask8) -> Self {
        let [m0, m1, m2, m3, m4, p0, p1, p2] = transpose(lines(entries, 0));
        let [p3, p4, z0, z1, z2, z3, z4, t0] = transpose(lines(entries, 1));
        let [t1, t2, t3, t4, ..] = transpose(lines(entries, 2));
        let (minus, plus) = (Fe([m0, m1, m2, m3, m4]), Fe([p0, p1, p2, p3, p4]));
        Self {
            minus: plus.select(negative, &minus),
            plus: minus.select(negative, &plus),
            z: Fe([z0, z1, z2, z3, z4]),
            t: Fe([t0, t1, t2, t3, t4]),
        }
    }

    /// An entry for each lane.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn scatter(&self) -> [ProjectiveEntry; LANES] {
        let ([m0, m1, m2, m3, m4], [p0, p1, p2, p3, p4]) = (self.minus.0, self.plus.0);
        let ([z0, z1, z2, z3, z4], [t0, t1, t2, t3, t4]) = (self.z.0, self.t.0);
        let none = splat(0);
        let mut entries = [[Row::default(); 3]; LANES];
        let first = transpose([m0, m1, m2, m3, m4, p0, p1, p2]);
        let second = transpose([p3, p4, z0, z1, z2, z3, z4, t0]);
        let third = transpose([t1, t2, t3, t4, none, none, none, none]);
        put_lines(&mut entries, 0, &first);
        put_lines(&mut entries, 1, &second);
        put_lines(&mut entries, 2, &third);
        entries
    }
}

impl Affine {
    /// The entry of each lane, the first two coordinates exchanged in the lanes of `negative`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn gather(entries: &[&AffineEntry; LANES], negative: __mmask8) -> Self {
        let [m0, m1, m2, m3, m4, p0, p1, p2] = transpose(lines(entries, 0));
        let [p3, p4, t0, t1, t2, t3, t4, _] = transpose(lines(entries, 1));
        let (minus, plus) = (Fe([m0, m1, m2, m3, m4]), Fe([p0, p1, p2, p3, p4]));
        Self {
            minus: plus.select(negative, &minus),
            plus: minus.select(negative, &plus),
            t: Fe([t0, t1, t2, t3, t4]),
        }
    }

    /// An entry for each lane.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn scatter(&self) -> [AffineEntry; LANES] {
        let [m0, m1, m2, m3, m4] = self.minus.0;
        let ([p0, p1, p2, p3, p4], [t0, t1, t2, t3, t4]) = (self.plus.0, self.t.0);
        let mut entries = [[Row::default(); 2]; LANES];
        let first = transpose([m0, m1, m2, m3, m4, p0, p1, p2]);
        let second = transpose([p3, p4, t0, t1, t2, t3, t4, splat(0)]);
        put_lines(&mut entries, 0, &first);
        put_lines(&mut entries, 1, &second);
        entries
    }

    /// The first two coordinates exchanged: half of what makes a point negative.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn exchanged(&self) -> Self {
        Self {
            minus: self.plus,
            plus: self.minus,
            t: self.t,
        }
    }

    /// The points in the lanes of `keep`, the neutral one elsewhere.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn masked(&self, keep: __mmask8) -> Self {
        Self {
            minus: self.minus.select(keep, &Fe::one()),
            plus: self.plus.select(keep, &Fe::one()),
            t: self.t.select(keep, &Fe::zero()),
        }
    }
}

/// The points that words of encodings stand for, as x and y, `N` sets in step. The encodings are
/// those of points of the curve with y below p, which their keys were checked for.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn decompressed<const N: usize>(encodings: &[[V; 4]; N]) -> [(Fe, Fe); N] {
    // x² = u / v with u = y² - 1 and v = d y² + 1; a root of it, or of its negative, is
    // u v³ (u v⁷)^((p - 5) / 8).
    let ys = encodings.map(|[w0, w1, w2, w3]| {
        Fe(limbs([
            w0,
            w1,
            w2,
            _mm512_and_si512(w3, splat(u64::MAX >> 1)),
        ]))
    });
    let uv = ys.map(|y| {
        let square = y.square();
        let u = square.sub(&Fe::one());
        let v = square.mul(&Fe::splat(D)).add(&Fe::one());
        (u, v)
    });
    let u_v3 = uv.map(|(u, v)| v.square().mul(&v).mul(&u));
    let mut bases = u_v3;
    for (base, (_, v)) in bases.iter_mut().zip(&uv) {
        *base = base.mul(&v.square().square());
    }
    let powers = root_power(&bases);
    std::array::from_fn(|set| {
        let (u, v) = &uv[set];
        let root = u_v3[set].mul(&powers[set]);
        let other = root.mul(&Fe::splat(ROOT_OF_MINUS_ONE));
        let right = root.square().mul(v).sub(u).is_zero();
        let root = Fe(root.select(right, &other).canonical());
        let sign = encodings[set][3];
        let sign_of_root = _mm512_slli_epi64::<63>(root.0[0]);
        let wrong = _mm512_movepi64_mask(_mm512_xor_si512(sign, sign_of_root));
        (root.neg().select(wrong, &root), ys[set])
    })
}
