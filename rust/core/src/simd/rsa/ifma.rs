//! RSA in limbs of 52 bits, one signature a lane: the form for processors that multiply 52 bits by
//! 52 bits and add the low or the high half of the product (AVX-512 IFMA).
//!
//! `s` is brought into Montgomery form by long division, squared 16 times, and multiplied by the
//! plain `s`, which leaves `s^65537 mod n`. The code is generic over the lanes, so that the tests
//! can run it on lanes that check what is claimed here.
//!
//! # Limbs
//! A multiply-add looks at the lower 52 bits of its factors only. Limbs are therefore stored as the
//! column sums that they are, with what was carried on still in bits 52 and up, wherever nothing
//! but multiply-adds reads them.
//!
//! # Bounds
//! With `L` limbs, R = 2^(52 L) and n < 2^(52 L - 16):
//! * A column gathers at most `L` products of the square (each pair counts twice) or of the product
//!   and `L` of the reduction, each with a low half of its own and a high half of its neighbour, all
//!   below 2^52: for 80 limbs below 4 * 80 * 2^52 plus two carries, so below 2^61.
//! * From x < n (1 + 2^-15) and y < n (1 + 2^-15) comes (x y + q n) / R < n (1 + 2^-15), since
//!   q < R and n / R < 2^-16. The top limb stays below 2^52, and nothing is carried out of it.
//! * The last product is x s / R with s < n: in the same way below n (1 + 2^-15), so it is
//!   s^65537 mod n, or that plus n.

use std::ops::Range;

use super::{unroll, Modulus, Task};

/// Numbers of 64 bits side by side.
pub(super) trait Lanes: Copy {
    /// `value` in each lane.
    fn splat(value: u64) -> Self;
    /// The values of the lanes.
    fn from_lanes(values: [u64; LANES]) -> Self;
    /// Big-endian numbers of one length as limbs of 52 bits, the lowest first. Bits 52 and up of a
    /// limb are anything.
    fn read(numbers: &[&[u8]], limbs: &mut [Self]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    /// The lower 52 bits.
    fn low(self) -> Self;
    /// Bits 52 and up.
    fn high(self) -> Self;
    /// What is left of 64 bits when bit 0 becomes bit 52.
    fn raised(self) -> Self;
    /// Twice the number.
    fn doubled(self) -> Self;
    /// Twice the number, and one more.
    fn doubled_and_one(self) -> Self;
    /// The number plus the lower 52 bits of `a * b`, of which the lower 52 bits count.
    fn add_low(self, a: Self, b: Self) -> Self;
    /// The number plus the higher 52 bits of `a * b`, of which the lower 52 bits count.
    fn add_high(self, a: Self, b: Self) -> Self;
    /// The lanes whose lower 52 bits are zero, lane 0 in bit 0.
    fn zeros(self) -> u8;
}

/// Signatures in a group.
pub(super) const LANES: usize = 8;

/// Bits of a limb.
pub(super) const BITS: usize = 52;

pub(super) const MASK: u64 = (1 << BITS) - 1;

/// Columns in a block: as many sums as stay in registers.
const BLOCK: usize = 10;

/// The sums of a block, and of what its high halves add to the next one.
type Columns<V> = [V; BLOCK + 1];

/// A group on its way, `L` limbs a number. Of all but `inverse` bits 52 and up are anything.
#[repr(align(64))]
pub(super) struct Group<V, const L: usize> {
    /// The running value.
    x: [V; L],
    /// The digits of the quotient while a product is reduced; before that, 2^(52 L) - n'.
    q: [V; L],
    n: [V; L],
    /// The signature.
    s: [V; L],
    /// -1 / n mod 2^52.
    inverse: V,
}

impl<V: Lanes, const L: usize> Group<V, L> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        let zero = V::splat(0);
        Self {
            x: [zero; L],
            q: [zero; L],
            n: [zero; L],
            s: [zero; L],
            inverse: zero,
        }
    }

    /// Reads moduli and signatures and brings the signatures into Montgomery form.
    ///
    /// n' is n moved up until its highest bit is bit 51 of the highest limb. A step of the division
    /// is x <- 2^52 x - q n' with q = floor(2^52 x / n') or one less, taken from the two highest
    /// limbs and the reciprocal; -n' is its complement to 2^(52 L), so that all products are
    /// positive. [`Modulus::reciprocal`] is rather too small, hence so is q, and x is never
    /// negative. It lacks less than 2^3 units of 2^-104, the limbs below the highest two are worth
    /// less than 2^1, the halves of products that are left out 3: q is less than 2^4 * 2^-52 below
    /// the fraction, so that x < n' (1 + 2^-48).
    ///
    /// x >= n' makes a quotient of 2^52 or more, or is about to. That is so rare that one has to
    /// look for such signatures; then n' is subtracted first, of those lanes only.
    ///
    /// The lower limbs gather what is carried: two products a step, for `L` steps at most, below
    /// 2^60.
    #[inline(always)]
    pub(super) fn enter(&mut self, task: &Task<'_>) {
        let mut moduli: [&[u8]; LANES] = [&[]; LANES];
        for (bytes, modulus) in moduli.iter_mut().zip(task.moduli) {
            *bytes = &modulus.bytes;
        }
        V::read(&moduli, &mut self.n);
        V::read(task.signatures, &mut self.s);
        self.inverse = each(task.moduli, |modulus| modulus.inverse);
        let reciprocal = [
            each(task.moduli, |modulus| modulus.reciprocal[0]),
            each(task.moduli, |modulus| modulus.reciprocal[1]),
        ];
        let up = each(task.moduli, |modulus| 1 << modulus.shift);
        let skipped = Modulus::skipped_limbs(task.signatures[0].len(), L);
        shift_up(&self.s, &mut self.x, up, skipped);
        shift_up(&self.n, &mut self.q, up, skipped);
        let mut least = V::splat(1);
        for limb in &mut self.q[skipped..] {
            // The lowest limb of n' is not zero, so that the one stays in it.
            *limb = V::splat(MASK).sub(*limb).add(least);
            least = V::splat(0);
        }
        for _ in 0..L {
            divide_step(&mut self.x, &self.q, reciprocal);
        }
        subtract(&mut self.x, &self.q, V::splat(0));
        if self.x[L - 1].high().zeros() != !0 {
            let times = self.x[L - 1].high();
            subtract(&mut self.x, &self.q, times);
        }
        let down = each(task.moduli, |modulus| 1 << (BITS - modulus.shift));
        shift_down(&mut self.x, down, skipped);
    }

    /// x <- x^2 / R mod n, or x s / R mod n, by blocks of columns.
    ///
    /// Each column of the lower half starts with 2^52 - 1. Once its quotient digit has cleared its
    /// lower 52 bits, what it carries is then the column over 2^52, and the low half of the digit
    /// times the lowest limb, which would have cleared them, need not be formed. In a square, where
    /// the products of pairs are doubled, columns start with 2^51 - 1 and are doubled with a one
    /// behind.
    #[inline(always)]
    pub(super) fn multiply<const SQUARE: bool>(&mut self) {
        let excess = V::splat(if SQUARE { MASK >> 1 } else { MASK });
        // What the last block adds to this one: from the products, and from everything else.
        let mut of_product = excess;
        let mut of_rest = V::splat(0);
        for at in (0..L).step_by(BLOCK) {
            let mut columns = [excess; BLOCK + 1];
            columns[0] = of_product;
            if SQUARE {
                rows(&mut columns, &self.x, 0..at / 2, &self.x, at);
                pairs(&mut columns, &self.x, at / 2);
                of_product = overflow(&mut columns);
                for column in &mut columns[..BLOCK] {
                    *column = column.doubled_and_one();
                }
                diagonal(&mut columns, &self.x, at / 2);
            } else {
                rows(&mut columns, &self.x, 0..at, &self.s, at);
                last_rows(&mut columns, &self.x, at, &self.s);
                of_product = overflow(&mut columns);
            }
            columns[0] = columns[0].add(of_rest);
            rows(&mut columns, &self.q, 0..at, &self.n, at);
            of_rest = self.quotients(&mut columns, at);
        }
        of_product = of_product.sub(excess);
        for low in (0..L).step_by(BLOCK) {
            let at = L + low;
            let mut columns = [V::splat(0); BLOCK + 1];
            columns[0] = of_product;
            if SQUARE {
                if low == L - BLOCK {
                    last_pairs(&mut columns, &self.x);
                } else {
                    first_rows(&mut columns, &self.x, low, &self.x);
                    rows(&mut columns, &self.x, low + BLOCK..at / 2, &self.x, at);
                    pairs(&mut columns, &self.x, at / 2);
                }
                of_product = overflow(&mut columns);
                for column in &mut columns[..BLOCK] {
                    *column = column.doubled();
                }
                diagonal(&mut columns, &self.x, at / 2);
            } else {
                first_rows(&mut columns, &self.x, low, &self.s);
                rows(&mut columns, &self.x, low + BLOCK..L, &self.s, at);
                of_product = overflow(&mut columns);
            }
            columns[0] = columns[0].add(of_rest);
            first_rows(&mut columns, &self.q, low, &self.n);
            rows(&mut columns, &self.q, low + BLOCK..L, &self.n, at);
            // No later block reads these limbs of x.
            let block = &mut self.x[low..low + BLOCK];
            for (k, x) in block.iter_mut().enumerate() {
                *x = columns[k];
                columns[k + 1] = columns[k + 1].add(columns[k].high());
            }
            of_rest = columns[BLOCK];
        }
    }

    /// The lanes whose running value is the message of `task`, or that plus n, lane 0 in bit 0.
    #[inline(always)]
    pub(super) fn matches(&mut self, task: &Task<'_>) -> u8 {
        let message = &mut self.q;
        V::read(task.messages, message);
        let (mut unlike, mut unlike_sum) = (V::splat(0), V::splat(0));
        let mut carry = V::splat(0);
        for ((&x, &message), &n) in self.x.iter().zip(&*message).zip(&self.n) {
            let sum = message.low().add(n.low()).add(carry);
            carry = sum.high();
            unlike = unlike.or(x.xor(message));
            unlike_sum = unlike_sum.or(x.xor(sum));
        }
        unlike.zeros() | unlike_sum.zeros()
    }

    /// The quotient digits of a block of the lower half, each of which clears its column; returns
    /// what the next block gets.
    #[inline(always)]
    fn quotients(&mut self, columns: &mut Columns<V>, at: usize) -> V {
        let n: &[V; BLOCK] = window(&self.n, 0);
        let digits = &mut self.q[at..at + BLOCK];
        unroll!(K in 0 1 2 3 4 5 6 7 8 9 {
            // (column + 1) * inverse, since the column has 2^52 - 1 too much.
            let q = self.inverse.add_low(columns[K], self.inverse);
            let carry = columns[K].high();
            digits[K] = q;
            // The next digit waits for its column: its two products are apart, and first.
            if K + 1 < BLOCK {
                columns[K + 1] = columns[K + 1].add_high(q, n[0]).add(carry.add_low(q, n[1 % BLOCK]));
            } else {
                columns[BLOCK] = columns[BLOCK].add(carry).add_high(q, n[0]);
            }
            for j in 2..BLOCK - K {
                columns[K + j] = columns[K + j].add_low(q, n[j]);
            }
            for j in 1..BLOCK - K {
                columns[K + j + 1] = columns[K + j + 1].add_high(q, n[j]);
            }
        });
        columns[BLOCK]
    }
}

/// Something of each modulus.
#[inline(always)]
fn each<V: Lanes>(moduli: &[&Modulus], of: impl Fn(&Modulus) -> u64) -> V {
    let mut values = [0; LANES];
    for (value, modulus) in values.iter_mut().zip(moduli) {
        *value = of(modulus);
    }
    V::from_lanes(values)
}

/// `BLOCK` limbs from `from` on.
#[inline(always)]
fn window<V>(limbs: &[V], from: usize) -> &[V; BLOCK] {
    limbs[from..from + BLOCK]
        .try_into()
        .expect("as many as asked for")
}

/// What the columns add to the next block.
#[inline(always)]
fn overflow<V: Lanes>(columns: &mut Columns<V>) -> V {
    std::mem::replace(&mut columns[BLOCK], V::splat(0))
}

/// `a` times the limbs `FROM..TO` of a window, each product in the column of its limb.
#[inline(always)]
fn row<V: Lanes, const FROM: usize, const TO: usize>(
    columns: &mut Columns<V>,
    a: V,
    b: &[V; BLOCK],
) {
    for k in FROM..TO {
        columns[k] = columns[k].add_low(a, b[k]);
        columns[k + 1] = columns[k + 1].add_high(a, b[k]);
    }
}

/// The products of the block of columns `at` of limbs `range` of `a` with all that `b` has there.
#[inline(always)]
fn rows<V: Lanes>(columns: &mut Columns<V>, a: &[V], range: Range<usize>, b: &[V], at: usize) {
    for i in range {
        row::<V, 0, BLOCK>(columns, a[i], window(b, at - i));
    }
}

/// Limbs `at..` of `a` with the lowest of `b`: the rows that end a block of the lower half.
#[inline(always)]
fn last_rows<V: Lanes>(columns: &mut Columns<V>, a: &[V], at: usize, b: &[V]) {
    let (a, b) = (window(a, at), window(b, 0));
    unroll!(M in 0 1 2 3 4 5 6 7 8 9 {
        for k in M..BLOCK {
            columns[k] = columns[k].add_low(a[M], b[k - M]);
            columns[k + 1] = columns[k + 1].add_high(a[M], b[k - M]);
        }
    });
}

/// Limbs `low + 1..low + BLOCK` of `a` with the highest of `b`: the rows that begin a block of the
/// upper half.
#[inline(always)]
fn first_rows<V: Lanes>(columns: &mut Columns<V>, a: &[V], low: usize, b: &[V]) {
    let (a, b) = (window(a, low), window(b, b.len() - BLOCK));
    unroll!(M in 1 2 3 4 5 6 7 8 9 {
        for k in 0..M {
            columns[k] = columns[k].add_low(a[M], b[BLOCK + k - M]);
            columns[k + 1] = columns[k + 1].add_high(a[M], b[BLOCK + k - M]);
        }
    });
}

/// The pairs of unequal limbs from `half` on of a square in the block of columns 2 `half`.
#[inline(always)]
fn pairs<V: Lanes>(columns: &mut Columns<V>, x: &[V], half: usize) {
    let x = window(x, half);
    unroll!(M in 0 1 2 3 4 {
        for k in 2 * M + 1..BLOCK {
            columns[k] = columns[k].add_low(x[M], x[k - M]);
            columns[k + 1] = columns[k + 1].add_high(x[M], x[k - M]);
        }
    });
}

/// The pairs of unequal limbs in the highest block of a square.
#[inline(always)]
fn last_pairs<V: Lanes>(columns: &mut Columns<V>, x: &[V]) {
    let x = window(x, x.len() - BLOCK);
    unroll!(M in 1 2 3 4 5 6 7 8 {
        for k in (if 2 * M < BLOCK { BLOCK - M } else { M + 1 })..BLOCK {
            columns[M + k - BLOCK] = columns[M + k - BLOCK].add_low(x[M], x[k]);
            columns[M + k - BLOCK + 1] = columns[M + k - BLOCK + 1].add_high(x[M], x[k]);
        }
    });
}

/// The limbs from `half` on, each with itself.
#[inline(always)]
fn diagonal<V: Lanes>(columns: &mut Columns<V>, x: &[V], half: usize) {
    for (k, &x) in x[half..half + BLOCK / 2].iter().enumerate() {
        columns[2 * k] = columns[2 * k].add_low(x, x);
        columns[2 * k + 1] = columns[2 * k + 1].add_high(x, x);
    }
}

/// `from` times `up`, a power of two below 2^52, and `skipped` limbs.
#[inline(always)]
fn shift_up<V: Lanes>(from: &[V], to: &mut [V], up: V, skipped: usize) {
    let (zeros, to) = to.split_at_mut(skipped);
    zeros.fill(V::splat(0));
    let mut below = V::splat(0);
    for (to, &limb) in to.iter_mut().zip(from) {
        *to = V::splat(0).add_low(limb, up).add_high(below, up);
        below = limb;
    }
}

/// `x` over 2^52 / `down` and without `skipped` limbs; what falls out is zero.
#[inline(always)]
fn shift_down<V: Lanes>(x: &mut [V], down: V, skipped: usize) {
    let zero = V::splat(0);
    for k in 0..x.len() {
        let part = |limb: Option<&V>| *limb.unwrap_or(&zero);
        let (low, above) = (part(x.get(k + skipped)), part(x.get(k + skipped + 1)));
        x[k] = zero.add_high(low, down).add_low(above, down);
    }
}

/// One step of [`Group::enter`]. The three highest limbs of `x` are kept below 2^52 (the highest,
/// at most 2^52).
#[inline(always)]
fn divide_step<V: Lanes>(x: &mut [V], complement: &[V], reciprocal: [V; 2]) {
    let top = x.len() - 1;
    let mut q = quotient([x[top], x[top - 1]], reciprocal);
    while q.high().zeros() != !0 {
        subtract(x, complement, q.high());
        q = quotient([x[top], x[top - 1]], reciprocal);
    }
    let c = &complement[..=top];
    let over = x[top].add_high(q, c[top]).sub(q);
    let first = x[top - 1]
        .add_low(q, c[top])
        .add(V::splat(0).add_high(q, c[top - 1]))
        .add(over.raised());
    let second = x[top - 2].add_low(q, c[top - 1]).add_high(q, c[top - 2]);
    let third = x[top - 3].add_low(q, c[top - 2]).add_high(q, c[top - 3]);
    let second = second.add(third.high());
    x[top] = first.add(second.high());
    x[top - 1] = second.low();
    x[top - 2] = third.low();
    for k in (1..top - 2).rev() {
        x[k] = x[k - 1].add_low(q, c[k]).add_high(q, c[k - 1]);
    }
    x[0] = V::splat(0).add_low(q, c[0]);
}

/// The digit of the quotient by the two highest limbs, the highest first.
#[inline(always)]
fn quotient<V: Lanes>([high, low]: [V; 2], reciprocal: [V; 2]) -> V {
    let fraction = low
        .add_low(high, reciprocal[0])
        .add(V::splat(0).add_high(high, reciprocal[1]))
        .add_high(low, reciprocal[0]);
    high.add_high(high, reciprocal[0]).add(fraction.high())
}

/// x <- x - `times` n', with all carries done; `times` is 0 or 1.
#[cold]
#[inline(always)]
fn subtract<V: Lanes>(x: &mut [V], complement: &[V], times: V) {
    let mut carry = V::splat(0);
    let top = x.len() - 1;
    for (x, &complement) in x.iter_mut().zip(complement) {
        let sum = x.add(carry).add_low(times, complement);
        *x = sum.low();
        carry = sum.high();
    }
    // 2^(52 L) came with the complement.
    x[top] = x[top].add(carry.sub(times).raised());
}

#[cfg(test)]
mod tests {
    use super::super::tests::answers_extremes;
    use super::super::{Size, SIZES};
    use super::*;

    /// Lanes that see to it that sums stay below the bound.
    #[derive(Clone, Copy)]
    struct Checked([u64; LANES]);

    impl Checked {
        fn of(self, other: Self, operation: impl Fn(u64, u64) -> u64) -> Self {
            Self(std::array::from_fn(|lane| {
                operation(self.0[lane], other.0[lane])
            }))
        }

        fn product(a: u64, b: u64) -> u128 {
            u128::from(a & MASK) * u128::from(b & MASK)
        }

        fn bounded(self) -> Self {
            assert!(self.0.iter().all(|&sum| sum < 1 << 61), "{:x?}", self.0);
            self
        }
    }

    impl Lanes for Checked {
        fn splat(value: u64) -> Self {
            Self([value; LANES])
        }

        fn from_lanes(values: [u64; LANES]) -> Self {
            Self(values)
        }

        /// Bits 52 and up are those of the next limb, to show that nobody looks at them.
        fn read(numbers: &[&[u8]], limbs: &mut [Self]) {
            for (k, limb) in limbs.iter_mut().enumerate() {
                *limb = Self(std::array::from_fn(|lane| {
                    let number = numbers[lane];
                    let bit = |at: usize| match number.len().checked_sub(1 + at / 8) {
                        Some(byte) => u64::from(number[byte] >> (at % 8) & 1),
                        None => 0,
                    };
                    (0..60).map(|low| bit(BITS * k + low) << low).sum()
                }));
            }
        }

        fn add(self, other: Self) -> Self {
            self.of(other, u64::wrapping_add)
        }

        fn sub(self, other: Self) -> Self {
            self.of(other, u64::wrapping_sub)
        }

        fn or(self, other: Self) -> Self {
            self.of(other, |a, b| a | b)
        }

        fn xor(self, other: Self) -> Self {
            self.of(other, |a, b| a ^ b)
        }

        fn low(self) -> Self {
            Self(self.0.map(|value| value & MASK))
        }

        fn high(self) -> Self {
            Self(self.0.map(|value| value >> BITS))
        }

        fn raised(self) -> Self {
            Self(self.0.map(|value| value << BITS))
        }

        fn doubled(self) -> Self {
            Self(self.0.map(|value| value << 1)).bounded()
        }

        fn doubled_and_one(self) -> Self {
            Self(self.0.map(|value| value << 1 | 1)).bounded()
        }

        #[expect(clippy::cast_possible_truncation)] // A half of a product.
        fn add_low(self, a: Self, b: Self) -> Self {
            let products = a.of(b, |a, b| Self::product(a, b) as u64 & MASK);
            self.add(products).bounded()
        }

        #[expect(clippy::cast_possible_truncation)] // Likewise.
        fn add_high(self, a: Self, b: Self) -> Self {
            let products = a.of(b, |a, b| (Self::product(a, b) >> BITS) as u64);
            self.add(products).bounded()
        }

        fn zeros(self) -> u8 {
            let zero = |(lane, value): (usize, &u64)| u8::from(value & MASK == 0) << lane;
            self.0.iter().enumerate().map(zero).sum()
        }
    }

    fn check<const L: usize>(size: Size) {
        let mut group = Group::<Checked, L>::new();
        answers_extremes(size, LANES, |task| {
            group.enter(task);
            for _ in 0..16 {
                group.multiply::<true>();
            }
            group.multiply::<false>();
            u32::from(group.matches(task))
        });
    }

    #[test]
    fn extremes_stay_within_the_bounds() {
        let [a, b, c, d] = SIZES;
        check::<20>(a);
        check::<40>(b);
        check::<60>(c);
        check::<80>(d);
    }
}
