//! The functions that are compiled once for each instruction set: what is generic elsewhere is
//! inlined into them.
//!
//! Each of them is out of line: the arithmetic of a field operation is worth more than its call, and
//! the code of a batch stays in the cache of instructions.

use super::curve::Field;
use super::hot::Choice;
use super::inversions::{self, CHAINS};
use super::scalars::{self, Bits, Digits, Scalars};
use super::{build, hot, rows, unseen, Signature, Verdict};
use crate::simd::limbs52::vector::{Doubles, Ifma, Lanes, Multiply};
use crate::simd::limbs52::{field, Limbs, Slot};
use crate::simd::rows::Row;

macro_rules! kernels {
    (
        operations { $($(#[$about:meta])* $operation:ident($($operand:ident),+) = $rule:expr;)* }
        functions { $($(#[$note:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)? = $body:path;)* }
    ) => {
        /// The kernels of an instruction set. Operations work on slots of equal number; the result may lie
        /// where an operand lies.
        pub(super) trait Kernels: Multiply {
            $($(#[$about])* fn $operation(self, result: &[Slot], $($operand: &[Slot]),+);)*
            $($(#[$note])* fn $name(self, $($argument: $type),*) $(-> $output)?;)*
        }

        kernels!(@for Ifma, "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma";
            { $($operation($($operand),+) = $rule;)* }
            { $($name($($argument: $type),*) $(-> $output)? = $body;)* });
        kernels!(@for Doubles, "avx512f,avx512bw,avx512dq,avx512vl";
            { $($operation($($operand),+) = $rule;)* }
            { $($name($($argument: $type),*) $(-> $output)? = $body;)* });
    };
    (
        @for $token:ty, $features:literal;
        { $($operation:ident($($operand:ident),+) = $rule:expr;)* }
        { $($name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)? = $body:path;)* }
    ) => {
        impl Kernels for $token {
            $(#[inline(always)]
            fn $operation(self, result: &[Slot], $($operand: &[Slot]),+) {
                #[target_feature(enable = $features)]
                #[inline(never)]
                fn run(m: $token, result: &[Slot], $($operand: &[Slot]),+) {
                    $(let $operand = &$operand[..result.len()];)+
                    for (at, result) in result.iter().enumerate() {
                        $(let $operand = $operand[at].get().load(m);)+
                        result.set(Limbs::of($rule(m, $($operand),+)));
                    }
                }
                // SAFETY: `self` proves that the processor has the features.
                unsafe { run(self, result, $($operand),+) }
            })*
            $(#[inline(always)]
            fn $name(self, $($argument: $type),*) $(-> $output)? {
                #[target_feature(enable = $features)]
                #[inline(never)]
                fn run(m: $token, $($argument: $type),*) $(-> $output)? {
                    $body(m, $($argument),*)
                }
                // SAFETY: `self` proves that the processor has the features.
                unsafe { run(self, $($argument),*) }
            })*
        }
    };
}

kernels! {
    operations {
        /// a * b
        mul(a, b) = field::mul::<_, Field>;
        /// a^2
        sqr(a) = field::sqr::<_, Field>;
        /// 2 * a * b
        mul_by_2(a, b) = field::mul_by_2::<_, Field>;
        /// 4 * a * b
        mul_by_4(a, b) = field::mul_by_4::<_, Field>;
        /// 3 * a^2
        triple_sqr(a) = field::triple_sqr::<_, Field>;
        /// a * b - c
        mul_sub(a, b, c) = field::mul_sub::<_, Field>;
        /// a * (b - c) - d
        mul_diff_sub(a, b, c, d) = field::mul_diff_sub::<_, Field>;
        /// a * (b - c) - 8 * d
        mul_diff_sub8(a, b, c, d) = field::mul_diff_sub8::<_, Field>;
        /// a^2 - 2 * b
        sqr_sub2(a, b) = field::sqr_sub2::<_, Field>;
        /// a^2 - b - 2 * c
        sqr_sub_sub2(a, b, c) = field::sqr_sub_sub2::<_, Field>;
        /// a - b, wide
        sub(a, b) = field::sub::<_, Field>;
        /// a - b, normal
        reduced_sub(a, b) = field::reduced_sub::<_, Field>;
    }
    functions {
        /// The points of the rows that `digits` tell of each lane's table, into x and y.
        point(tables: &[&[Row]; 8], digits: &Digits, x: &Slot, y: &Slot) = rows::point;
        /// The same points less those of x and y.
        differences(tables: &[&[Row]; 8], digits: &Digits, x: &Slot, y: &Slot, dx: &Slot, dy: &Slot) = rows::differences;
        /// Puts 1 in the place of what is 0 modulo p, and tells where.
        replace_zeros(a: &Slot) -> Lanes = rows::replace_zeros;
        /// Where x / z^2 is r modulo n, and where z is 0.
        judge(x: &Slot, z: &Slot, r: &Limbs) -> (Lanes, Lanes) = rows::judge;
        /// Points as rows: lane l goes to row `at` of `tables[l]`.
        pack(x: &Slot, y: &Slot, tables: &mut [&mut [Row]], at: usize) = rows::pack;
        /// Points of rows, one a lane.
        unpack(points: &[&Row; 8], x: &Slot, y: &Slot) = rows::unpack;
        /// The inverses of values, in place; false when one is 0 modulo p.
        invert(slots: &[Slot; CHAINS]) -> bool = inversions::invert;
        /// (x, y) = (x, y) + (x + dx, .), where the line through both has the slope given.
        add_with_slope(slopes: &[Slot], dx: &[Slot], x: &[Slot], y: &[Slot]) = inversions::add_with_slope;
        /// The scalars of signatures.
        prepare(signatures: &[Signature<'_>], bits: Bits, scalars: &mut [Scalars]) = scalars::prepare;
        /// The rows of a group.
        choose(scalars: &Scalars, choice: &mut Choice) = Choice::choose;
        /// Verdicts on signatures whose keys have no tables.
        unseen(signatures: &[Signature<'_>], verdicts: &mut [Verdict]) = unseen::verify;
        /// Verdicts on signatures whose keys have tables.
        hot(signatures: &[Signature<'_>], verdicts: &mut [Verdict]) = hot::verify;
        /// Tables of `lines` lines, of windows of `width` bits, of points.
        build(points: &[Row], width: u32, lines: usize, tables: &mut [&mut [Row]]) = build::build;
    }
}
