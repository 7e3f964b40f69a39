//! Lanes in ordinary numbers, four of 32 bits, for tests: what the operations of every level are
//! compared with, and what lets the kernels run under Miri.

#![allow(clippy::cast_possible_truncation)] // Halves of lanes.

use super::{filled_up, Kernel, Simd, V32, V64};

/// Needs nothing.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

/// Does the work in these lanes.
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<4, 2, _>(Plain)
}

type Vector = [u32; 4];

fn each32(a: Vector, b: Vector, work: impl Fn(u32, u32) -> u32) -> Vector {
    std::array::from_fn(|lane| work(a[lane], b[lane]))
}

fn each64(a: Vector, b: Vector, work: impl Fn(u64, u64) -> u64) -> Vector {
    let (a, b) = (Plain.to64(a), Plain.to64(b));
    Plain.from64(&std::array::from_fn(|lane| work(a[lane], b[lane])))
}

fn each_byte(a: Vector, work: impl Fn(u8) -> u8) -> Vector {
    a.map(|lane| u32::from_le_bytes(lane.to_le_bytes().map(&work)))
}

impl Simd for Plain {
    type Vector = Vector;

    fn zero(self) -> Vector {
        [0; 4]
    }

    fn or(self, a: Vector, b: Vector) -> Vector {
        each32(a, b, |a, b| a | b)
    }

    fn and(self, a: Vector, b: Vector) -> Vector {
        each32(a, b, |a, b| a & b)
    }

    fn xor(self, a: Vector, b: Vector) -> Vector {
        each32(a, b, |a, b| a ^ b)
    }

    fn xor3(self, a: Vector, b: Vector, c: Vector) -> Vector {
        self.xor(self.xor(a, b), c)
    }

    fn choose(self, which: Vector, a: Vector, b: Vector) -> Vector {
        let chosen = self.and(which, a);
        self.or(chosen, each32(which, b, |which, b| !which & b))
    }

    fn majority(self, a: Vector, b: Vector, c: Vector) -> Vector {
        let two = self.or(self.and(a, b), self.and(b, c));
        self.or(two, self.and(a, c))
    }

    fn or_not_xor(self, a: Vector, b: Vector, c: Vector) -> Vector {
        self.xor(each32(a, b, |a, b| a | !b), c)
    }

    fn xor_not_and(self, a: Vector, b: Vector, c: Vector) -> Vector {
        self.xor(a, each32(b, c, |b, c| !b & c))
    }

    fn shuffle(self, a: Vector, order: [u8; 16]) -> Vector {
        let bytes: Vec<u8> = a.into_iter().flat_map(u32::to_le_bytes).collect();
        let byte = |place: usize| match order[place] {
            0x80.. => 0,
            from => bytes[usize::from(from % 16)],
        };
        std::array::from_fn(|lane| {
            u32::from_le_bytes(std::array::from_fn(|place| byte(4 * lane + place)))
        })
    }

    fn look_up<const ROWS: usize>(self, a: Vector, table: &[[u8; 16]; ROWS]) -> Vector {
        let table = table.as_flattened();
        each_byte(a, |byte| table.get(usize::from(byte)).copied().unwrap_or(0))
    }
}

impl V32<4> for Plain {
    fn splat32(self, value: u32) -> Vector {
        [value; 4]
    }

    fn from32(self, lanes: &[u32; 4]) -> Vector {
        *lanes
    }

    fn to32(self, a: Vector) -> [u32; 4] {
        a
    }

    fn add32(self, a: Vector, b: Vector) -> Vector {
        each32(a, b, u32::wrapping_add)
    }

    fn left32<const BITS: u32>(self, a: Vector) -> Vector {
        a.map(|lane| lane << BITS)
    }

    fn right32<const BITS: u32>(self, a: Vector) -> Vector {
        a.map(|lane| lane >> BITS)
    }

    fn rotate32<const BITS: i32>(self, a: Vector) -> Vector {
        a.map(|lane| lane.rotate_left(BITS.cast_unsigned()))
    }

    fn four_digits<const BASE: i8>(self, a: Vector) -> Vector {
        let value = |digits: [u8; 4]| {
            digits.iter().fold(0u32, |value, &digit| {
                value
                    .wrapping_mul(u32::from(BASE.cast_unsigned()))
                    .wrapping_add(u32::from(digit))
            })
        };
        a.map(|lane| value(lane.to_le_bytes()))
    }

    fn rows32(self, rows: &[&[u8; 64]; 4]) -> [Vector; 16] {
        std::array::from_fn(|word| rows.map(|row| u32::from_le_bytes(row.as_chunks().0[word])))
    }

    fn short_rows32(self, rows: &[&[u8]; 4]) -> [Vector; 16] {
        self.rows32(&filled_up(rows).each_ref())
    }
}

impl V64<2> for Plain {
    fn splat64(self, value: u64) -> Vector {
        self.from64(&[value; 2])
    }

    fn from64(self, lanes: &[u64; 2]) -> Vector {
        let halves = |lane: u64| [lane as u32, (lane >> 32) as u32];
        let [[a, b], [c, d]] = lanes.map(halves);
        [a, b, c, d]
    }

    fn to64(self, [a, b, c, d]: Vector) -> [u64; 2] {
        [[a, b], [c, d]].map(|[low, high]| u64::from(low) | u64::from(high) << 32)
    }

    fn add64(self, a: Vector, b: Vector) -> Vector {
        each64(a, b, u64::wrapping_add)
    }

    fn sub64(self, a: Vector, b: Vector) -> Vector {
        each64(a, b, u64::wrapping_sub)
    }

    fn multiply(self, a: Vector, b: Vector) -> Vector {
        each64(a, b, |a, b| u64::from(a as u32) * u64::from(b as u32))
    }

    fn left64<const BITS: u32>(self, a: Vector) -> Vector {
        each64(a, a, |lane, _| lane << BITS)
    }

    fn right64<const BITS: u32>(self, a: Vector) -> Vector {
        each64(a, a, |lane, _| lane >> BITS)
    }

    fn rotate64<const BITS: i32>(self, a: Vector) -> Vector {
        each64(a, a, |lane, _| lane.rotate_left(BITS.cast_unsigned()))
    }

    fn rows64(self, rows: &[&[u8; 64]; 2]) -> [Vector; 8] {
        std::array::from_fn(|word| {
            self.from64(&rows.map(|row| u64::from_le_bytes(row.as_chunks().0[word])))
        })
    }
}

mod tests {
    use super::super::{run as run_at, Lanes};
    use super::*;
    use crate::digest::sha256;
    use crate::simd::{detect, LEVELS};

    /// Every operation that works lane by lane, on three operands of 64 bytes.
    #[derive(Clone, Copy)]
    struct Operations([[u32; 16]; 3]);

    impl Kernel for Operations {
        type Output = Vec<Vec<u32>>;

        #[inline(always)]
        fn run<const W: usize, const L: usize, S: Lanes<W, L>>(self, simd: S) -> Self::Output {
            let mut found = vec![Vec::new(); 30];
            for start in (0..16).step_by(W) {
                let [a, b, c] = self
                    .0
                    .map(|operand| simd.from32(operand[start..start + W].try_into().unwrap()));
                let small = simd.and(a, simd.splat32(0x3f3f_3f3f));
                let ascii = simd.and(a, simd.splat32(0x7f7f_7f7f));
                let nibbles = simd.and(a, simd.splat32(0x0f0f_0f0f));
                let digits = simd.and(a, simd.splat32(0x1f39_1739));
                let table: [[u8; 16]; 8] =
                    std::array::from_fn(|row| sha256(&[row as u8])[..16].try_into().unwrap());
                let turned = [15, 0x80, 13, 0, 1, 2, 3, 12, 0x80, 7, 7, 7, 9, 8, 4, 11];
                let vectors = [
                    simd.zero(),
                    simd.or(a, b),
                    simd.and(a, b),
                    simd.xor(a, b),
                    simd.xor3(a, b, c),
                    simd.choose(a, b, c),
                    simd.majority(a, b, c),
                    simd.or_not_xor(a, b, c),
                    simd.xor_not_and(a, b, c),
                    simd.shuffle(a, turned),
                    simd.look_up(nibbles, &[table[0]]),
                    simd.look_up(small, &[table[0], table[1], table[2], table[3]]),
                    simd.look_up(ascii, &table),
                    simd.splat32(0x8123_4567),
                    simd.add32(a, b),
                    simd.left32::<24>(a),
                    simd.right32::<3>(a),
                    simd.rotate32::<7>(a),
                    simd.four_digits::<58>(digits),
                    simd.swap32(a),
                    simd.splat64(0x8123_4567_89ab_cdef),
                    simd.from64(&simd.to64(b)),
                    simd.add64(a, b),
                    simd.sub64(a, b),
                    simd.multiply(a, b),
                    simd.left64::<32>(a),
                    simd.right64::<23>(a),
                    simd.rotate64::<62>(a),
                ];
                for (found, vector) in found.iter_mut().zip(vectors) {
                    found.extend(simd.to32(vector));
                }
            }
            found
        }

        fn run_portable(self) -> Self::Output {
            run(self)
        }
    }

    #[test]
    fn every_operation_at_every_level() {
        let noise = |seed: u8, operand: u8| {
            let bytes = [sha256(&[seed, operand]), sha256(&[operand, seed])].concat();
            Plain
                .rows32(&[&bytes.try_into().unwrap(); 4])
                .map(|[word, ..]| word)
        };
        // Miri takes seconds for each.
        let seeds = if cfg!(miri) { 2 } else { 100 };
        for seed in 0..seeds {
            let mut operands = [0, 1, 2].map(|operand| noise(seed, operand));
            // Lanes at their extremes.
            operands[usize::from(seed % 3)][usize::from(seed % 16)] = 0;
            operands[usize::from(seed % 2)][usize::from(seed / 2 % 16)] = u32::MAX;
            let expected = run(Operations(operands));
            for level in LEVELS.into_iter().filter(|&level| level <= detect()) {
                let found = run_at(level, Operations(operands));
                assert_eq!(found, expected, "{}", level.name());
            }
        }
    }
}
