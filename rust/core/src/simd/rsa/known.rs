//! Whether a kernel gives known answers here, asked before its first use.
//!
//! A build that contracts or reorders operations on doubles would break `double`, as would a thread
//! that rounds in another mode.

use std::hint::black_box;
use std::sync::OnceLock;

use super::{Form, Lane, Modulus, MOST_LANES};
use crate::simd::Level;
use crate::verify::rsa::encode_message;

const MODULUS: &[u8; 128] = b"\
    \x8c\x2f\x1c\xed\x78\xd7\xef\x26\xa2\xc5\x28\x43\xa6\xc0\x95\xe8\x15\x93\xd0\x1e\xdc\x38\
    \x20\x47\x4b\x87\x45\x83\x97\x8e\x34\xa2\xf7\xb0\xef\x2b\xbd\x7a\xa8\x5b\xba\x42\x62\x7d\
    \x20\xd1\xab\x97\x31\x0f\xbc\x8b\xbd\x83\xce\xd5\xf9\xa0\x38\xee\x9c\x46\x1c\xf9\xd0\x93\
    \xef\x68\x1a\x04\x25\xbb\xb6\xe3\xc2\xe6\x05\xba\xe5\xab\x05\x7c\x5f\x0f\x0e\x72\x4a\xbc\
    \x8a\x92\x1b\xf7\xab\x7d\x0e\x91\x97\xca\xb8\x44\xf2\x57\xf9\x98\x0e\x3b\xb3\x58\xd8\x9e\
    \x61\xec\x35\xa8\xcf\xed\x41\x6d\x30\x49\x29\xc0\x8d\x61\x24\xde\x89\x1f";

/// Of the text `message`.
const SIGNATURE: &[u8; 128] = b"\
    \x2d\x47\x03\xb9\x13\x3e\x71\x88\x65\xd0\x33\xa6\x8b\xfe\x1d\x2e\x6e\xe7\xc1\x4d\xf0\x6e\
    \xfd\xd3\xcf\x3d\x87\xc8\xe5\x1c\x82\x2a\xf9\x87\x98\x6a\xc7\xc3\x01\xaa\xf4\xa5\xfe\xe7\
    \x4a\x2e\x44\x1a\x4d\x9e\xcc\xc9\x8e\x9c\x03\x09\x7b\xfd\xd6\xdc\xef\xb4\xac\xa7\x57\xc4\
    \xc6\x8c\x84\x19\x12\xd1\x97\x11\x2b\x54\xd5\x69\x13\x38\x31\x08\x6e\xc9\x5e\x50\x8b\x3a\
    \x90\x7d\xe6\x54\x61\x03\x37\x49\xc2\x4a\xa2\xc2\x3e\x60\x62\x15\xe1\x7d\x65\x53\xaa\xbe\
    \x69\x5a\x0a\xb3\xd8\x45\x0d\x5b\x42\xa6\xd9\x16\x5f\x2e\x20\x02\x9c\x6c";

/// SHA-256 of `message`.
const DIGEST: &[u8; 32] = b"\
    \xab\x53\x0a\x13\xe4\x59\x14\x98\x2b\x79\xf9\xb7\xe3\xfb\xa9\x94\xcf\xd1\xf3\xfb\x22\xf7\
    \x1c\xea\x1a\xfb\xf0\x2b\x46\x0c\x6d\x1d";

/// Whether the kernels of a level can be trusted on this thread now.
pub(super) fn is_sound(level: Level, form: &Form) -> bool {
    static KNOWN: [OnceLock<bool>; 4] = [const { OnceLock::new() }; 4];
    let known = &KNOWN[level as usize];
    let answers = || {
        // Not in the cell: a child that is forked meanwhile would wait for it for ever.
        let found = [MOST_LANES, 1].iter().all(|&count| answers(level, count));
        *known.get_or_init(|| found)
    };
    (!form.obeys_mode || rounds_to_nearest()) && known.get().copied().unwrap_or_else(answers)
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
fn answers(level: Level, count: usize) -> bool {
    let Some(modulus) = Modulus::new(MODULUS) else {
        return false;
    };
    let mut message = [0; MODULUS.len()];
    encode_message(DIGEST, &mut message);
    let (mut signature, mut other) = (*SIGNATURE, message);
    signature[0] ^= 1;
    other[127] ^= 1;
    let good = Lane {
        modulus: &modulus,
        signature: SIGNATURE,
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
    use crate::simd::{detect, LEVELS};

    #[test]
    fn every_level_here_is_sound() {
        assert!(rounds_to_nearest());
        for level in LEVELS.into_iter().filter(|&level| level <= detect()) {
            if let Some(form) = super::super::form(level) {
                assert!(is_sound(level, &form), "{}", level.name());
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
                assert!(rounding(mode, || answers(Level::Avx512, MOST_LANES)));
            }
        }
        assert!(rounds_to_nearest());
    }
}
