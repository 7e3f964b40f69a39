//! RSA in digits of 24 bits held as `f64`, one signature a lane: the form for processors with fused
//! multiply-adds of doubles (AVX2 with FMA, AVX-512) that have no wide integer multiplication.
//!
//! Digits are balanced, from -2^23 to 2^23. A product is below 2^46, so that a column of 127 of them
//! is an integer below 2^53, and each fused multiply-add of it is exact. `s` is brought into
//! Montgomery form by long division, squared 16 times, and multiplied by the plain `s`. The code is
//! generic over the lanes.
//!
//! # Rounding
//! Every value that is kept is an integer below 2^53, or such a multiple of 2^24, and no operation
//! on it rounds; quotients are estimates, and may round. To round to a multiple of a power of two,
//! 1.5 * 2^52 times that is added and subtracted, in the mode to nearest: whoever calls makes sure
//! of that mode.
//!
//! # Bounds
//! With `N` digits, R = 2^(24 N), n' = k n = -1 mod 2^24 with |k| <= 2^23, so that |n'| < R / 2^9:
//! * Digits of x but the highest, of q, n, n' and s are at most 2^23 in absolute value, since each is
//!   what is left of rounding to a multiple of 2^24. The highest is below 2^24 since the number is.
//! * |q| <= R / 2 (1 + 2^-23), so from |x| and |y| below 0.6 |n'| comes |x y + q n'| / R < 0.51 |n'|.
//! * n' has the lowest digit -1, hence the quotient digit that clears a column is what the column
//!   has beyond a multiple of 2^24.

use std::ops::Range;

use super::{unroll, Modulus, Task, MOST_LANES};

/// Doubles side by side.
pub(super) trait Lanes: Copy {
    /// How many.
    const COUNT: usize;
    /// `value` in each lane.
    fn splat(value: f64) -> Self;
    /// The values of the lanes, `COUNT` of them.
    fn from_lanes(values: &[f64]) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// `self + a * b`, rounded once.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// All bits of both.
    fn or(self, other: Self) -> Self;
    /// The lanes that are zero of either sign, lane 0 in bit 0.
    fn zeros(self) -> u32;
}

/// The lanes of two registers, for two chains of dependent operations in step.
#[derive(Clone, Copy)]
pub(super) struct Pair<V>(V, V);

impl<V: Lanes> Lanes for Pair<V> {
    const COUNT: usize = 2 * V::COUNT;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(V::splat(value), V::splat(value))
    }

    #[inline(always)]
    fn from_lanes(values: &[f64]) -> Self {
        let (low, high) = values.split_at(V::COUNT);
        Self(V::from_lanes(low), V::from_lanes(high))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.sub(other.0), self.1.sub(other.1))
    }

    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        Self(self.0.add_product(a.0, b.0), self.1.add_product(a.1, b.1))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0), self.1.or(other.1))
    }

    #[inline(always)]
    fn zeros(self) -> u32 {
        self.0.zeros() | self.1.zeros() << V::COUNT
    }
}

/// Bits of a digit.
pub(super) const BITS: usize = 24;

const BASE: f64 = 16_777_216.0;

/// Columns in a block: as many sums as stay in 16 registers, a divisor of every number of digits.
const BLOCK: usize = 11;

/// Products that a column may hold. There is room for one more, which stands for what is carried
/// into it, or is left in it by [`Sums::carry`]: below 2^31.
const MOST: usize = 126;

/// A group on its way, `N` digits a number, the lowest first.
#[repr(align(64))]
pub(super) struct Group<V, const N: usize> {
    /// The running value.
    x: [V; N],
    /// The digits of the quotient while a product is reduced.
    q: [V; N],
    /// n'.
    multiple: [V; N],
    n: [V; N],
    /// The signature.
    s: [V; N],
    /// 2^(24 (d - 1)) / n, where n has d digits.
    inverse: V,
    /// Digits of n, d.
    digits: usize,
}

/// The sums of a block of columns.
struct Sums<V> {
    columns: [V; BLOCK],
    /// What the block adds to the next one, times 2^24, beside the carry of the last column.
    above: V,
    /// Products that a column holds at most.
    load: usize,
}

impl<V: Lanes> Sums<V> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            columns: [V::splat(0.0); BLOCK],
            above: V::splat(0.0),
            load: 0,
        }
    }

    /// Sees to it that the columns have room for that many products more.
    #[inline(always)]
    fn make_room(&mut self, products: usize) {
        if self.load + products > MOST {
            self.carry();
            self.load = 0;
        }
        self.load += products;
    }

    /// Leaves a digit, and what comes from below, in each column.
    #[inline(always)]
    fn carry(&mut self) {
        let mut carried = V::splat(0.0);
        for column in &mut self.columns {
            let multiple = rounded(*column);
            *column = column
                .sub(multiple)
                .add_product(carried, V::splat(1.0 / BASE));
            carried = multiple;
        }
        self.above = self.above.add(carried);
    }

    /// `weight` times the products of the block of columns `at` of digits `range` of `a` with all
    /// that `b` has there.
    #[inline(always)]
    fn rows(&mut self, a: &[V], range: Range<usize>, b: &[V], at: usize, weight: usize) {
        let most = MOST / weight / 2 * 2;
        for from in range.clone().step_by(most) {
            let to = range.end.min(from + most);
            self.make_room(weight * (to - from));
            let mut i = from;
            if (to - from) % 2 == 1 {
                let b: &[V; BLOCK] = window(b, at - i);
                let a = weighed(a[i], weight);
                for k in 0..BLOCK {
                    self.columns[k] = self.columns[k].add_product(a, b[k]);
                }
                i += 1;
            }
            while i < to {
                // Each digit of `b` is read once, and needed no longer.
                let b: &[V; BLOCK + 1] = window(b, at - i - 1);
                let (first, second) = (weighed(a[i], weight), weighed(a[i + 1], weight));
                self.columns[0] = self.columns[0].add_product(second, b[0]);
                for k in 1..BLOCK {
                    let b = b[k];
                    self.columns[k - 1] = self.columns[k - 1].add_product(first, b);
                    self.columns[k] = self.columns[k].add_product(second, b);
                }
                self.columns[BLOCK - 1] = self.columns[BLOCK - 1].add_product(first, b[BLOCK]);
                i += 2;
            }
        }
    }

    /// Digits `at..` of `a` with the lowest of `b`: the rows that end a block of the lower half.
    #[inline(always)]
    fn last_rows(&mut self, a: &[V], at: usize, b: &[V]) {
        self.make_room(BLOCK);
        let (a, b): (&[V; BLOCK], &[V; BLOCK]) = (window(a, at), window(b, 0));
        unroll!(M in 0 1 2 3 4 5 6 7 8 9 10 {
            for k in M..BLOCK {
                self.columns[k] = self.columns[k].add_product(a[M], b[k - M]);
            }
        });
    }

    /// `weight` times digits `low + 1..low + BLOCK` of `a` with the highest of `b`: the rows that
    /// begin a block of the upper half.
    #[inline(always)]
    fn first_rows(&mut self, a: &[V], low: usize, b: &[V], weight: usize) {
        self.make_room(weight * (BLOCK - 1));
        let (a, b): (&[V; BLOCK], &[V; BLOCK]) = (window(a, low), window(b, b.len() - BLOCK));
        unroll!(M in 1 2 3 4 5 6 7 8 9 10 {
            let a = weighed(a[M], weight);
            for k in 0..M {
                self.columns[k] = self.columns[k].add_product(a, b[BLOCK + k - M]);
            }
        });
    }

    /// What the digits from `at / 2` on, rounded up, have in the block of columns `at` of a square:
    /// pairs twice, and each digit with itself.
    #[inline(always)]
    fn pairs(&mut self, x: &[V], at: usize) {
        if at.is_multiple_of(2) {
            self.pairs_from::<0>(x, at / 2);
        } else {
            self.pairs_from::<1>(x, at / 2 + 1);
        }
    }

    /// The same; column `ODD` has the square of the first digit.
    #[inline(always)]
    fn pairs_from<const ODD: usize>(&mut self, x: &[V], half: usize) {
        self.make_room(BLOCK);
        let x = &x[half..half + BLOCK - ODD];
        unroll!(M in 0 1 2 3 4 5 {
            if 2 * M + ODD < BLOCK {
                self.columns[2 * M + ODD] = self.columns[2 * M + ODD].add_product(x[M], x[M]);
                let twice = x[M].add(x[M]);
                for k in 2 * M + ODD + 1..BLOCK {
                    self.columns[k] = self.columns[k].add_product(twice, x[k - ODD - M]);
                }
            }
        });
    }

    /// The highest block of a square.
    #[inline(always)]
    fn last_pairs(&mut self, x: &[V]) {
        self.make_room(BLOCK);
        let x: &[V; BLOCK] = window(x, x.len() - BLOCK);
        unroll!(M in 1 2 3 4 5 6 7 8 9 10 {
            let twice = x[M].add(x[M]);
            for k in (if 2 * M < BLOCK { BLOCK - M } else { M + 1 })..BLOCK {
                self.columns[M + k - BLOCK] = self.columns[M + k - BLOCK].add_product(twice, x[k]);
            }
            if 2 * M >= BLOCK {
                let k = 2 * M - BLOCK;
                self.columns[k] = self.columns[k].add_product(x[M], x[M]);
            }
        });
    }
}

impl<V: Lanes, const N: usize> Group<V, N> {
    #[inline(always)]
    pub(super) fn new(size: usize) -> Self {
        let zero = V::splat(0.0);
        Self {
            digits: (8 * size).div_ceil(BITS),
            x: [zero; N],
            q: [zero; N],
            multiple: [zero; N],
            n: [zero; N],
            s: [zero; N],
            inverse: zero,
        }
    }

    /// Reads moduli and signatures and brings the signatures into Montgomery form.
    ///
    /// A step of the division is x <- 2^24 x - q n, with q = 2^24 x / n rounded to an integer. The
    /// estimate of q errs by less than 2^-19, so that |x| < n / 2 (1 + 2^-19), |q| <= 2^23 + 32, and
    /// 2^24 + 32 in the first step. A digit of x gathers one product a step.
    #[inline(always)]
    pub(super) fn enter(&mut self, task: &Task<'_>) {
        let digits = self.digits;
        let mut bytes: [&[u8]; MOST_LANES] = [&[]; MOST_LANES];
        for (bytes, modulus) in bytes.iter_mut().zip(task.moduli) {
            *bytes = &modulus.bytes;
        }
        read(&bytes[..task.moduli.len()], &mut self.n[..digits]);
        read(task.signatures, &mut self.s[..digits]);
        self.inverse = each(task.moduli, |modulus| modulus.top_inverse);
        let factor: V = each(task.moduli, Modulus::factor);
        carry(&mut self.n[..digits]);
        carry(&mut self.s[..digits]);
        for (multiple, &n) in self.multiple.iter_mut().zip(&self.n) {
            *multiple = V::splat(0.0).add_product(n, factor);
        }
        carry(&mut self.multiple);
        self.x = self.s;
        for step in 0..N {
            if step > 0 && step % (MOST - 2) == 0 {
                carry(&mut self.x[..digits]);
            }
            divide_step(&mut self.x[..digits], &self.n[..digits], self.inverse);
        }
        carry(&mut self.x);
    }

    /// x <- x^2 / R mod n', or x s / R mod n', by blocks of columns.
    #[inline(always)]
    pub(super) fn multiply<const SQUARE: bool>(&mut self) {
        // What the columns below carry, times 2^24.
        let mut carried = V::splat(0.0);
        for at in (0..N).step_by(BLOCK) {
            let mut sums = Sums::new();
            if SQUARE {
                sums.rows(&self.x, 0..at.div_ceil(2), &self.x, at, 2);
                sums.pairs(&self.x, at);
            } else {
                sums.rows(&self.x, 0..at, &self.s, at, 1);
                sums.last_rows(&self.x, at, &self.s);
            }
            sums.rows(&self.q, 0..at, &self.multiple, at, 1);
            carried = self.quotients(&mut sums, at, carried).add(sums.above);
        }
        for low in (0..N).step_by(BLOCK) {
            let at = N + low;
            let mut sums = Sums::new();
            if SQUARE && low == N - BLOCK {
                sums.last_pairs(&self.x);
            } else if SQUARE {
                sums.first_rows(&self.x, low, &self.x, 2);
                sums.rows(&self.x, low + BLOCK..at.div_ceil(2), &self.x, at, 2);
                sums.pairs(&self.x, at);
            } else {
                sums.first_rows(&self.x, low, &self.s, 1);
                sums.rows(&self.x, low + BLOCK..N, &self.s, at, 1);
            }
            sums.first_rows(&self.q, low, &self.multiple, 1);
            sums.rows(&self.q, low + BLOCK..N, &self.multiple, at, 1);
            // No later block reads these digits of x.
            let highest = low == N - BLOCK;
            for (k, x) in self.x[low..low + BLOCK].iter_mut().enumerate() {
                let column = sums.columns[k].add_product(carried, V::splat(1.0 / BASE));
                if highest && k == BLOCK - 1 {
                    *x = column;
                } else {
                    carried = rounded(column);
                    *x = column.sub(carried);
                }
            }
            carried = carried.add(sums.above);
        }
    }

    /// The quotient digits of a block of the lower half, each of which clears its column; returns
    /// what the last one carries, times 2^24.
    #[inline(always)]
    fn quotients(&mut self, sums: &mut Sums<V>, at: usize, mut carried: V) -> V {
        sums.make_room(BLOCK);
        let multiple: &[V; BLOCK] = window(&self.multiple, 0);
        let digits = &mut self.q[at..at + BLOCK];
        let columns = &mut sums.columns;
        unroll!(K in 0 1 2 3 4 5 6 7 8 9 10 {
            let column = columns[K].add_product(carried, V::splat(1.0 / BASE));
            carried = rounded(column);
            let q = column.sub(carried);
            digits[K] = q;
            for k in K + 1..BLOCK {
                columns[k] = columns[k].add_product(q, multiple[k - K]);
            }
        });
        carried
    }

    /// The lanes whose running value is the message of `task` modulo n, lane 0 in bit 0.
    ///
    /// The difference of the two is t n with |t| < 2^23 if it is a multiple of n, and then the
    /// estimate of t is t, so that nothing is left of the difference less t n. Whatever the estimate
    /// is, something is left of a difference that is no multiple.
    #[inline(always)]
    pub(super) fn matches(&mut self, task: &Task<'_>) -> u32 {
        let digits = self.digits;
        let message = &mut self.q[..digits];
        read(task.messages, message);
        let mut rest = self.x;
        for (rest, &message) in rest.iter_mut().zip(&*message) {
            *rest = rest.sub(message);
        }
        let mut top = V::splat(0.0);
        for &digit in rest[digits - 1..].iter().rev() {
            top = digit.add_product(top, V::splat(BASE));
        }
        let times = quotient(
            top,
            [rest[digits - 2], rest[digits - 3]],
            self.inverse,
            V::splat(1.0 / BASE),
        );
        let mut wrong = V::splat(0.0);
        let mut carried = V::splat(0.0);
        for (&rest, &n) in rest.iter().zip(&self.n) {
            let digit = rest
                .add_product(times, n)
                .add_product(carried, V::splat(1.0 / BASE));
            carried = rounded(digit);
            wrong = wrong.or(digit.sub(carried));
        }
        wrong.or(carried).zeros()
    }
}

/// `W` digits from `from` on.
#[inline(always)]
fn window<V, const W: usize>(digits: &[V], from: usize) -> &[V; W] {
    digits[from..from + W]
        .try_into()
        .expect("as many as asked for")
}

/// Once or twice the digit.
#[inline(always)]
fn weighed<V: Lanes>(digit: V, weight: usize) -> V {
    if weight == 2 {
        digit.add(digit)
    } else {
        digit
    }
}

/// The nearest multiple of 2^24, of integers below 2^75.
#[inline(always)]
fn rounded<V: Lanes>(value: V) -> V {
    /// 1.5 * 2^76.
    const MAGIC: f64 = 1.5 * BASE * BASE * BASE * 16.0;
    value.add(V::splat(MAGIC)).sub(V::splat(MAGIC))
}

/// The nearest integer to minus (`top` + `below` in digits) * `inverse`, where `scale` moves down a digit.
#[inline(always)]
fn quotient<V: Lanes>(top: V, below: [V; 2], inverse: V, scale: V) -> V {
    /// 1.5 * 2^52.
    const MAGIC: f64 = 1.5 * BASE * BASE * 16.0;
    let below = below[0].add_product(below[1], scale);
    let value = top.add_product(below, scale);
    V::splat(MAGIC).sub(V::splat(MAGIC).add_product(value, inverse))
}

/// Something of each modulus.
#[inline(always)]
fn each<V: Lanes>(moduli: &[&Modulus], of: impl Fn(&Modulus) -> f64) -> V {
    let mut values = [0.0; MOST_LANES];
    for (value, modulus) in values.iter_mut().zip(moduli) {
        *value = of(modulus);
    }
    V::from_lanes(&values[..V::COUNT])
}

/// The lowest digits of big-endian numbers of one length, from 0 to 2^24 - 1.
#[inline(always)]
fn read<V: Lanes>(numbers: &[&[u8]], digits: &mut [V]) {
    for (k, digit) in digits.iter_mut().enumerate() {
        let mut values = [0.0; MOST_LANES];
        for (value, number) in values.iter_mut().zip(numbers) {
            *value = f64::from(digit_of(number, k));
        }
        *digit = V::from_lanes(&values[..V::COUNT]);
    }
}

/// Digit `k` of a big-endian number.
#[inline(always)]
fn digit_of(number: &[u8], k: usize) -> u32 {
    let end = number.len() - BITS / 8 * k;
    match number[..end].last_chunk() {
        Some(bytes) => u32::from_be_bytes(*bytes) & 0x00ff_ffff,
        None => number[..end]
            .iter()
            .fold(0, |value, &byte| value << 8 | u32::from(byte)),
    }
}

/// Balances all digits but the highest, which takes what is carried.
#[inline(always)]
fn carry<V: Lanes>(digits: &mut [V]) {
    let mut carried = V::splat(0.0);
    if let Some((highest, digits)) = digits.split_last_mut() {
        for digit in digits {
            let value = digit.add_product(carried, V::splat(1.0 / BASE));
            carried = rounded(value);
            *digit = value.sub(carried);
        }
        *highest = highest.add_product(carried, V::splat(1.0 / BASE));
    }
}

/// One step of [`Group::enter`].
#[inline(always)]
fn divide_step<V: Lanes>(x: &mut [V], n: &[V], inverse: V) {
    let top = x.len() - 1;
    let n = &n[..=top];
    let high = x[top - 1].add_product(x[top], V::splat(BASE));
    // Moved up by a digit.
    let q = quotient(
        high,
        [x[top - 2], x[top - 3]],
        inverse,
        V::splat(1.0 / BASE),
    );
    x[top] = high.add_product(q, n[top]);
    for k in (1..top).rev() {
        x[k] = x[k - 1].add_product(q, n[k]);
    }
    x[0] = V::splat(0.0).add_product(q, n[0]);
}

/// `verify` of a level: with registers of the given types, that have the given features, of which
/// the first one serves groups that are not larger.
macro_rules! kernel {
    ($features:literal, $small:ty $(, $large:ty)?) => {
        /// See [`super::verify`]. The processor must have the level.
        pub(super) fn verify<const N: usize>(lanes: &[Lane<'_>]) -> Vec<bool> {
            use crate::simd::rsa::double::Group;
            use crate::simd::rsa::in_groups;

            #[target_feature(enable = $features)]
            fn all<V: Lanes, const N: usize>(lanes: &[Lane<'_>]) -> Vec<bool> {
                let mut group = Group::<V, N>::new(lanes[0].signature.len());
                in_groups(V::COUNT, lanes, |task| {
                    group.enter(task);
                    for _ in 0..16 {
                        square(&mut group);
                    }
                    multiply(&mut group);
                    group.matches(task)
                })
            }

            #[target_feature(enable = $features)]
            #[inline(never)]
            fn square<V: Lanes, const N: usize>(group: &mut Group<V, N>) {
                group.multiply::<true>();
            }

            #[target_feature(enable = $features)]
            #[inline(never)]
            fn multiply<V: Lanes, const N: usize>(group: &mut Group<V, N>) {
                group.multiply::<false>();
            }

            $(
                if lanes.len() > <$small>::COUNT {
                    // SAFETY: the features are those of the level, which the caller has looked for.
                    return unsafe { all::<$large, N>(lanes) };
                }
            )?
            // SAFETY: likewise.
            unsafe { all::<$small, N>(lanes) }
        }
    };
}
pub(super) use kernel;

#[cfg(test)]
mod tests {
    use super::super::tests::answers_extremes;
    use super::super::{Size, SIZES};
    use super::*;

    /// Four lanes that see to it that integers stay exact.
    #[derive(Clone, Copy)]
    struct Checked([f64; 4]);

    impl Checked {
        fn of(self, other: Self, operation: impl Fn(f64, f64) -> f64) -> Self {
            Self(std::array::from_fn(|lane| {
                operation(self.0[lane], other.0[lane])
            }))
        }
    }

    /// The integer that a double is.
    #[expect(clippy::cast_possible_truncation)] // It has no fraction.
    fn integer(value: f64) -> Option<i128> {
        (value.fract() == 0.0).then_some(value as i128)
    }

    impl Lanes for Checked {
        const COUNT: usize = 4;

        fn splat(value: f64) -> Self {
            Self([value; 4])
        }

        fn from_lanes(values: &[f64]) -> Self {
            Self(values.try_into().expect("four"))
        }

        fn add(self, other: Self) -> Self {
            self.of(other, |a, b| a + b)
        }

        fn sub(self, other: Self) -> Self {
            self.of(other, |a, b| a - b)
        }

        fn add_product(self, a: Self, b: Self) -> Self {
            Self(std::array::from_fn(|lane| {
                let (sum, a, b) = (self.0[lane], a.0[lane], b.0[lane]);
                let found = a.mul_add(b, sum);
                if let (Some(sum), Some(a), Some(b)) = (integer(sum), integer(a), integer(b)) {
                    let exact = sum + a * b;
                    assert!(exact.abs() <= 1 << 53, "{sum} + {a} * {b}");
                    assert_eq!(integer(found), Some(exact));
                }
                found
            }))
        }

        fn or(self, other: Self) -> Self {
            self.of(other, |a, b| f64::from_bits(a.to_bits() | b.to_bits()))
        }

        fn zeros(self) -> u32 {
            let zero = |(lane, &value): (usize, &f64)| u32::from(value == 0.0) << lane;
            self.0.iter().enumerate().map(zero).sum()
        }
    }

    fn check<V: Lanes, const N: usize>(size: Size) {
        let mut group = Group::<V, N>::new(size.bytes());
        answers_extremes(size, V::COUNT, |task| {
            group.enter(task);
            for _ in 0..16 {
                group.multiply::<true>();
                let digits = &group.x[..N - 1];
                assert!(digits.iter().all(|&digit| is_balanced(digit)));
            }
            group.multiply::<false>();
            group.matches(task)
        });
    }

    fn is_balanced<V: Lanes>(digit: V) -> bool {
        rounded(digit).zeros() == u32::MAX >> (32 - V::COUNT)
    }

    #[test]
    fn extremes_stay_exact() {
        let [a, b, c, d] = SIZES;
        check::<Checked, 44>(a);
        check::<Checked, 88>(b);
        check::<Checked, 132>(c);
        check::<Checked, 176>(d);
        check::<Pair<Checked>, 44>(a);
    }

    #[test]
    fn digits_of_numbers() {
        let number: Vec<u8> = (1..=8).collect();
        let digits: Vec<u32> = (0..3).map(|k| digit_of(&number, k)).collect();
        assert_eq!(digits, [0x06_07_08, 0x03_04_05, 0x01_02]);
    }
}
