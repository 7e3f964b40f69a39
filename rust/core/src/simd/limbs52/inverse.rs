//! Inverses: one number, and eight lanes for the price of one.
//!
//! The inverse of one number modulo an odd number of 256 bits, in variable time, for public data.
//!
//! Bernstein and Yang's division steps ("Fast constant-time gcd computation and modular inversion",
//! 2019), 62 at a time: they look at the lowest 64 bits of f and g only, and what they come to is a
//! matrix that is applied to f and g, and modulo the modulus to d and e, where d * x = f and
//! e * x = g. About a microsecond.

use super::vector::Multiply;
use super::{all, limbs, Held, Limbs};

/// Residues that have inverses.
pub(crate) trait Ring {
    /// What they are taken modulo.
    const MODULUS: Modulus;

    /// A product, or what stands for it in this form.
    fn mul<M: Multiply>(m: M, a: Held, b: Held) -> Held;

    /// The smallest representative.
    fn canonical<M: Multiply>(m: M, a: Held) -> Held;
}

/// The inverse of the product of all lanes of `value`, and in each lane the product of the others;
/// `None` when a lane is 0. The product of both is the inverse of each lane.
#[inline(always)]
pub(crate) fn invert_lanes<M: Multiply, R: Ring>(m: M, value: Held) -> Option<(Held, Held)> {
    let one = each!(limb in value => limb.rotate::<1>());
    let pairs = R::mul(m, value, one);
    let two = each!(limb in pairs => limb.rotate::<2>());
    let fours = R::mul(m, pairs, two);
    let four = each!(limb in fours => limb.rotate::<4>());
    let whole = Limbs::of(R::canonical(m, R::mul(m, fours, four))).words(0);
    if whole == [0; 4] {
        return None;
    }
    let others = R::mul(m, R::mul(m, one, two), four);
    Some((all(m, limbs(R::MODULUS.invert(whole))), others))
}

/// An odd modulus between 2^252 and 2^256.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modulus {
    limbs: [i64; 5],
    /// 1 / modulus mod 2^62.
    inverse: u64,
}

const BITS: u32 = 62;
const MASK: u64 = u64::MAX >> (64 - BITS);

/// A number in limbs of 62 bits, the highest of which has the sign.
type Signed = [i64; 5];

/// What 62 division steps do: (f, g) becomes (u f + v g, q f + r g) / 2^62.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

impl Modulus {
    /// From words, the lowest first.
    pub(crate) const fn new(words: [u64; 4]) -> Self {
        let mut inverse = words[0];
        let mut round = 0;
        while round < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(words[0].wrapping_mul(inverse)));
            round += 1;
        }
        Self {
            limbs: split(words),
            inverse: inverse & MASK,
        }
    }

    /// 1 / x modulo this, of a number below it, as words, the lowest first; 0 for 0.
    pub(crate) fn invert(&self, x: [u64; 4]) -> [u64; 4] {
        let (mut f, mut g) = (self.limbs, split(x));
        let (mut d, mut e): (Signed, Signed) = ([0; 5], [1, 0, 0, 0, 0]);
        let mut eta = -1;
        while g != [0; 5] {
            let (matrix, next) = steps(eta, low(&f), low(&g));
            eta = next;
            self.apply_modulo(&matrix, &mut d, &mut e);
            matrix.apply(&mut f, &mut g);
        }
        // f is 1 or -1 now; or the modulus, when x is 0, and then d is 0 modulo it.
        let mut d = self.plus_if(d, d[4] < 0);
        if f[4] < 0 {
            d = carried(d.map(|limb| -limb));
        }
        let [a, b, c, d, e] = self.plus_if(d, d[4] < 0).map(i64::cast_unsigned);
        [
            a | b << 62,
            b >> 2 | c << 60,
            c >> 4 | d << 58,
            d >> 6 | e << 56,
        ]
    }

    fn plus_if(&self, mut x: Signed, condition: bool) -> Signed {
        if condition {
            for (limb, more) in x.iter_mut().zip(self.limbs) {
                *limb += more;
            }
        }
        carried(x)
    }

    /// (d, e) becomes (u d + v e, q d + r e) / 2^62 modulo this; both stay between -2 and 1 times it.
    fn apply_modulo(&self, matrix: &Matrix, d: &mut Signed, e: &mut Signed) {
        let (d_sign, e_sign) = (d[4] >> 63, e[4] >> 63);
        let upper = self.row(matrix.u, matrix.v, d_sign, e_sign, d, e);
        let lower = self.row(matrix.q, matrix.r, d_sign, e_sign, d, e);
        (*d, *e) = (upper, lower);
    }

    fn row(&self, a: i64, b: i64, d_sign: i64, e_sign: i64, d: &Signed, e: &Signed) -> Signed {
        let mut times = (a & d_sign) + (b & e_sign);
        let mut sum = wide(a, d[0]) + wide(b, e[0]);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Modulo 2^62.
        let off = self
            .inverse
            .wrapping_mul(sum as u64)
            .wrapping_add(times as u64)
            & MASK;
        times -= off.cast_signed();
        sum += wide(times, self.limbs[0]);
        sum >>= BITS;
        let mut result = [0; 5];
        for at in 1..5 {
            sum += wide(a, d[at]) + wide(b, e[at]) + wide(times, self.limbs[at]);
            result[at - 1] = lower(sum);
            sum >>= BITS;
        }
        result[4] = top(sum);
        result
    }
}

impl Matrix {
    fn apply(&self, f: &mut Signed, g: &mut Signed) {
        let mut f_sum = (wide(self.u, f[0]) + wide(self.v, g[0])) >> BITS;
        let mut g_sum = (wide(self.q, f[0]) + wide(self.r, g[0])) >> BITS;
        for at in 1..5 {
            f_sum += wide(self.u, f[at]) + wide(self.v, g[at]);
            g_sum += wide(self.q, f[at]) + wide(self.r, g[at]);
            f[at - 1] = lower(f_sum);
            g[at - 1] = lower(g_sum);
            f_sum >>= BITS;
            g_sum >>= BITS;
        }
        f[4] = top(f_sum);
        g[4] = top(g_sum);
    }
}

/// 62 division steps on the lowest 64 bits of f, which is odd, and g.
fn steps(mut eta: i64, mut f: u64, mut g: u64) -> (Matrix, i64) {
    let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
    let mut left = BITS;
    loop {
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            break;
        }
        if eta < 0 {
            eta = -eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        // As many of the lowest bits of g as the steps before the next swap make 0, up to six.
        let most = (eta + 1).min(left.into());
        let mask = (u64::MAX >> (64 - most)) & 63;
        let inverse = f.wrapping_mul(f.wrapping_mul(f).wrapping_sub(2));
        let times = g.wrapping_mul(inverse) & mask;
        g = g.wrapping_add(f.wrapping_mul(times));
        q = q.wrapping_add(u.wrapping_mul(times));
        r = r.wrapping_add(v.wrapping_mul(times));
    }
    let matrix = Matrix {
        u: u.cast_signed(),
        v: v.cast_signed(),
        q: q.cast_signed(),
        r: r.cast_signed(),
    };
    (matrix, eta)
}

fn wide(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// The lowest 64 bits.
fn low(x: &Signed) -> u64 {
    x[0].cast_unsigned() | x[1].cast_unsigned() << BITS
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The limb is what is wanted.
fn lower(sum: i128) -> i64 {
    (sum as u64 & MASK).cast_signed()
}

#[expect(clippy::cast_possible_truncation)] // What is above the limbs below fits.
fn top(sum: i128) -> i64 {
    sum as i64
}

/// Limbs below 2^62 but for the highest.
fn carried(mut x: Signed) -> Signed {
    for at in 0..4 {
        x[at + 1] += x[at] >> BITS;
        x[at] = (x[at].cast_unsigned() & MASK).cast_signed();
    }
    x
}

const fn split([a, b, c, d]: [u64; 4]) -> Signed {
    [
        (a & MASK).cast_signed(),
        ((a >> 62 | b << 2) & MASK).cast_signed(),
        ((b >> 60 | c << 4) & MASK).cast_signed(),
        ((c >> 58 | d << 6) & MASK).cast_signed(),
        (d >> 56).cast_signed(),
    ]
}
