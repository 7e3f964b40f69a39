//! Whether a kernel gives known answers here, asked before its first use.
//!
//! A build that contracts or reorders operations on doubles would break `double`, as would a thread
//! that rounds in another mode.

use std::hint::black_box;
use std::sync::OnceLock;

use super::{Form, Lane, Modulus, Size, MOST_LANES};
use crate::simd::Level;
use crate::verify::rsa::encode_message;

/// A modulus, and its signature of the text `message`, for each size.
const KNOWN: [&[u8]; 4] = [
    include_bytes!("known/1024.bin"),
    include_bytes!("known/2048.bin"),
    include_bytes!("known/3072.bin"),
    include_bytes!("known/4096.bin"),
];

/// SHA-256 of `message`.
const DIGEST: &[u8; 32] = b"\
    \xab\x53\x0a\x13\xe4\x59\x14\x98\x2b\x79\xf9\xb7\xe3\xfb\xa9\x94\xcf\xd1\xf3\xfb\x22\xf7\
    \x1c\xea\x1a\xfb\xf0\x2b\x46\x0c\x6d\x1d";

/// Whether the kernel of a level for numbers of a size can be trusted on this thread now.
pub(super) fn is_sound(level: Level, size: Size, form: &Form) -> bool {
    static ASKED: [[OnceLock<bool>; 4]; 4] = [const { [const { OnceLock::new() }; 4] }; 4];
    let asked = &ASKED[level as usize][size as usize];
    let answers = || {
        // Not in the cell: a child that is forked meanwhile would wait for it for ever.
        let counts = [MOST_LANES, 1];
        let found = counts.iter().all(|&count| answers(level, size, count));
        *asked.get_or_init(|| found)
    };
    (!form.obeys_mode || rounds_to_nearest()) && asked.get().copied().unwrap_or_else(answers)
}

/// Whether sums of doubles are rounded to the nearest one, ties to even.
fn rounds_to_nearest() -> bool {
    let half = black_box(f64::EPSILON / 2.0);
    let one = black_box(1.0);
    // Upwards the first would be more, downwards and to zero the second less.
    black_box(one + half).to_bits() == 1f64.to_bits()
        && black_box(one + 3.0 * half).to_bits() == (1.0 + 2.0 * f64::EPSILON).to_bits()
        && black_box(-one - half).to_bits() == (-1f64).to_bits()
}

/// Whether the good signature is told from bad ones in each of `count` lanes.
fn answers(level: Level, size: Size, count: usize) -> bool {
    let (modulus, signed) = KNOWN[size as usize].split_at(size.bytes());
    let Some(modulus) = Modulus::new(modulus) else {
        return false;
    };
    let mut message = vec![0; size.bytes()];
    encode_message(DIGEST, &mut message);
    let (mut signature, mut other) = (signed.to_vec(), message.clone());
    signature[0] ^= 1;
    other[size.bytes() - 1] ^= 1;
    let good = Lane {
        modulus: &modulus,
        signature: signed,
        message: &message,
    };
    let kinds = [
        good,
        Lane {
            signature: &signature,
            ..good
        },
        good,
        Lane {
            message: &other,
            ..good
        },
    ];
    (0..kinds.len()).all(|first| {
        let lanes: Vec<_> = (0..count)
            .map(|lane| kinds[(first + lane) % kinds.len()])
            .collect();
        let found = super::verify(level, &lanes);
        found
            .iter()
            .enumerate()
            .all(|(lane, &found)| found == ((first + lane) % 2 == 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::rsa::SIZES;
    use crate::simd::{detect, LEVELS};

    #[test]
    fn every_level_here_is_sound() {
        assert!(rounds_to_nearest());
        for level in LEVELS.into_iter().filter(|&level| level <= detect()) {
            let Some(form) = super::super::form(level) else {
                continue;
            };
            for size in SIZES {
                assert!(is_sound(level, size, &form), "{} {size:?}", level.name());
            }
        }
    }

    /// Sets how this thread rounds, and sets it back.
    #[cfg(target_arch = "x86_64")]
    #[expect(deprecated)] // There is no other way but assembly.
    fn rounding<R>(mode: u32, work: impl FnOnce() -> R) -> R {
        use std::arch::x86_64::{_mm_getcsr, _mm_setcsr, _MM_ROUND_MASK};
        // SAFETY: SSE belongs to x86_64; the mode is set back before anything else runs.
        let old = unsafe { _mm_getcsr() };
        unsafe { _mm_setcsr(old & !_MM_ROUND_MASK | mode) };
        let result = work();
        unsafe { _mm_setcsr(old) };
        result
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn another_mode_of_rounding_is_seen() {
        use std::arch::x86_64::{_MM_ROUND_DOWN, _MM_ROUND_TOWARD_ZERO, _MM_ROUND_UP};
        for mode in [_MM_ROUND_DOWN, _MM_ROUND_UP, _MM_ROUND_TOWARD_ZERO] {
            assert!(!rounding(mode, rounds_to_nearest));
            // The modes of AVX-512 are part of the instructions.
            if Level::Avx512 <= detect() {
                assert!(rounding(mode, || answers(
                    Level::Avx512,
                    Size::Bits1024,
                    MOST_LANES
                )));
            }
        }
        assert!(rounds_to_nearest());
    }
}
