//! Points in lanes: Jacobian coordinates, the groups of a step side by side, so that the latency of
//! one hides behind the others.
//!
//! The formulas are those for points that differ and are not each other's negative. Where they are
//! not that, Z becomes 0 and stays 0, whatever is added: such a lane is decided elsewhere.

use super::kernels::Kernels;
use crate::simd::limbs52::{each, slots, Limbs, Slot};

/// Groups in step.
pub(super) const STEP: usize = 4;

/// Room for points of a step.
pub(super) struct Room([[Slot; STEP]; 3]);

/// Room for the values on the way.
pub(super) struct Scratch([[Slot; STEP]; 8]);

/// Points (X / Z^2, Y / Z^3), one a group and lane.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<'a> {
    pub(super) x: &'a [Slot],
    pub(super) y: &'a [Slot],
    pub(super) z: &'a [Slot],
}

/// Points (x, y), one a group and lane.
#[derive(Clone, Copy)]
pub(super) struct Affine<'a> {
    pub(super) x: &'a [Slot],
    pub(super) y: &'a [Slot],
}

impl Room {
    pub(super) const fn new() -> Self {
        Self([const { slots() }; 3])
    }

    #[inline(always)]
    pub(super) fn jacobian(&self, groups: usize) -> Jacobian<'_> {
        let [x, y, z] = &self.0;
        Jacobian {
            x: &x[..groups],
            y: &y[..groups],
            z: &z[..groups],
        }
    }

    #[inline(always)]
    pub(super) fn affine(&self, groups: usize) -> Affine<'_> {
        self.jacobian(groups).without_z()
    }
}

impl<'a> Jacobian<'a> {
    #[inline(always)]
    pub(super) fn without_z(self) -> Affine<'a> {
        Affine {
            x: self.x,
            y: self.y,
        }
    }

    /// The first groups, and the others.
    #[inline(always)]
    pub(super) fn split_at(self, groups: usize) -> (Self, Self) {
        let (x, y, z) = (
            self.x.split_at(groups),
            self.y.split_at(groups),
            self.z.split_at(groups),
        );
        (
            Self {
                x: x.0,
                y: y.0,
                z: z.0,
            },
            Self {
                x: x.1,
                y: y.1,
                z: z.1,
            },
        )
    }
}

impl Scratch {
    pub(super) const fn new() -> Self {
        Self([const { slots() }; 8])
    }

    #[inline(always)]
    pub(super) fn slots(&self, groups: usize) -> [&[Slot]; 8] {
        let [a, b, c, d, e, f, g, h] = &self.0;
        each!(slots in [a, b, c, d, e, f, g, h] => &slots[..groups])
    }
}

/// `slots` become those of `from`.
#[inline(always)]
pub(super) fn copy(slots: &[Slot], from: &[Slot]) {
    for (slot, from) in slots.iter().zip(from) {
        slot.set(from.get());
    }
}

/// `slots` become one value.
#[inline(always)]
pub(super) fn fill(slots: &[Slot], value: Limbs) {
    for slot in slots {
        slot.set(value);
    }
}

/// p = 2 p: four multiplications and four squares.
#[inline(always)]
pub(super) fn double<K: Kernels>(k: K, p: Jacobian<'_>, scratch: &Scratch) {
    let [m, yy, s, ..] = scratch.slots(p.x.len());
    k.sqr(yy, p.y);
    k.triple_sqr(m, p.x);
    k.mul_by_2(p.z, p.y, p.z);
    k.mul_by_4(s, p.x, yy);
    k.sqr(yy, yy);
    k.sqr_sub2(p.x, m, s);
    k.mul_diff_sub8(p.y, m, s, p.x, yy);
}

/// p = p + q: eight multiplications and three squares. The new Z is the old one times `ratio`.
#[inline(always)]
pub(super) fn add_affine<K: Kernels>(
    k: K,
    p: Jacobian<'_>,
    q: Affine<'_>,
    ratio: &[Slot],
    scratch: &Scratch,
) {
    let [zz, s, hh, v, ..] = scratch.slots(p.x.len());
    k.sqr(zz, p.z);
    k.mul(s, q.y, p.z);
    k.mul_sub(ratio, q.x, zz, p.x);
    k.mul_sub(s, s, zz, p.y);
    k.sqr(hh, ratio);
    k.mul(p.z, p.z, ratio);
    k.mul(v, p.x, hh);
    k.mul(hh, hh, ratio);
    k.sqr_sub_sub2(p.x, s, hh, v);
    k.mul(hh, hh, p.y);
    k.mul_diff_sub(p.y, s, v, p.x, hh);
}

/// p = p + q.
#[inline(always)]
pub(super) fn add<K: Kernels>(k: K, p: Jacobian<'_>, q: Jacobian<'_>, scratch: &Scratch) {
    let [z1, z2, u, s1, h, s, hh, v] = scratch.slots(p.x.len());
    k.sqr(z1, p.z);
    k.sqr(z2, q.z);
    k.mul(u, p.x, z2);
    k.mul(s, q.y, p.z);
    k.mul(s1, p.y, q.z);
    k.mul(s1, s1, z2);
    k.mul_sub(h, q.x, z1, u);
    k.mul_sub(s, s, z1, s1);
    k.mul(p.z, p.z, q.z);
    k.sqr(hh, h);
    k.mul(p.z, p.z, h);
    k.mul(v, u, hh);
    k.mul(hh, hh, h);
    k.sqr_sub_sub2(p.x, s, hh, v);
    k.mul(hh, hh, s1);
    k.mul_diff_sub(p.y, s, v, p.x, hh);
}

/// r = p + q, none of which is at a place of r.
#[inline(always)]
pub(super) fn sum<K: Kernels>(
    k: K,
    r: Jacobian<'_>,
    p: Affine<'_>,
    q: Affine<'_>,
    scratch: &Scratch,
) {
    let [s, hh, v, ..] = scratch.slots(p.x.len());
    k.reduced_sub(r.z, q.x, p.x);
    k.sub(s, q.y, p.y);
    k.sqr(hh, r.z);
    k.mul(v, p.x, hh);
    k.mul(hh, hh, r.z);
    k.sqr_sub_sub2(r.x, s, hh, v);
    k.mul(hh, hh, p.y);
    k.mul_diff_sub(r.y, s, v, r.x, hh);
}
