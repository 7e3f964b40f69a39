//! SIMD levels: what this processor has, what it may use, and the one place that decides.
//!
//! A level is a set of instructions that kernels are written for. Kernels live in this folder, a
//! file a level; the libraries that do the rest choose their instructions themselves.

// Kernels are written over lanes, which x86-64 has: elsewhere only their portable side is called.
#![cfg_attr(not(target_arch = "x86_64"), allow(unused))]

pub mod address;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512ifma;
pub mod base64;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ed25519;
pub mod hash;
mod lanes;
#[cfg(target_arch = "x86_64")]
pub(crate) mod limbs52;
pub mod rows;
pub mod rsa;
#[cfg(target_arch = "x86_64")]
pub mod secp256k1;
pub mod text;
#[cfg(target_arch = "x86_64")]
mod words512;

use std::sync::atomic::{AtomicU8, Ordering};

/// Instructions that a kernel may count on, each including the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// No more than the target of the build.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
    /// AVX-512 as above, with IFMA, VBMI and VBMI2.
    Avx512Ifma,
}

/// All levels, weakest first.
pub const LEVELS: [Level; 4] = [
    Level::Portable,
    Level::Avx2,
    Level::Avx512,
    Level::Avx512Ifma,
];

/// The highest level that may be used, as its number; above every level: no cap.
static CAP: AtomicU8 = AtomicU8::new(u8::MAX);

/// The level that kernels use, as its number, so that it is found out once; above every level: not
/// yet.
static ACTIVE: AtomicU8 = AtomicU8::new(u8::MAX);

impl Level {
    /// The name that users write: `portable`, `avx2`, `avx512`, `avx512ifma`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Ifma => "avx512ifma",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        LEVELS.into_iter().find(|level| level.name() == name)
    }
}

/// The highest level of this processor.
#[must_use]
pub fn detect() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if avx512
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
        {
            return Level::Avx512Ifma;
        }
        if avx512 {
            return Level::Avx512;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Level::Avx2;
        }
    }
    Level::Portable
}

/// Limits kernels to `level`; `None` lifts the limit.
pub fn set_cap(level: Option<Level>) {
    CAP.store(
        level.map_or(u8::MAX, |level| level as u8),
        Ordering::Relaxed,
    );
    find_active();
}

/// The limit of [`set_cap`].
#[must_use]
pub fn cap() -> Option<Level> {
    LEVELS
        .get(usize::from(CAP.load(Ordering::Relaxed)))
        .copied()
}

/// The level that kernels use: what the processor has, within the cap.
#[must_use]
pub fn active() -> Level {
    let level = LEVELS.get(usize::from(ACTIVE.load(Ordering::Relaxed)));
    level.copied().unwrap_or_else(find_active)
}

/// The level of the kernels that the envelope codec uses: the highest that has some.
#[must_use]
pub fn of_codec() -> Level {
    match active() {
        Level::Avx512 => Level::Avx2,
        level => level,
    }
}

fn find_active() -> Level {
    let level = cap().map_or_else(detect, |cap| cap.min(detect()));
    ACTIVE.store(level as u8, Ordering::Relaxed);
    level
}

/// Features of this processor that kernels or the libraries below us look at, by name, with what
/// was found.
#[must_use]
pub fn features() -> Vec<(&'static str, bool)> {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! detected {
            ($($name:tt),*) => { vec![$(($name, is_x86_feature_detected!($name))),*] };
        }
        detected!(
            "sse4.1",
            "ssse3",
            "aes",
            "pclmulqdq",
            "sha",
            "bmi2",
            "adx",
            "avx2",
            "fma",
            "avx512f",
            "avx512bw",
            "avx512dq",
            "avx512vl",
            "avx512ifma",
            "avx512vbmi",
            "avx512vbmi2",
            "gfni",
            "vaes"
        )
    }
    #[cfg(target_arch = "aarch64")]
    {
        macro_rules! detected {
            ($($name:tt),*) => { vec![$(($name, std::arch::is_aarch64_feature_detected!($name))),*] };
        }
        detected!("neon", "aes", "sha2", "sha3", "sve")
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for level in LEVELS {
            assert_eq!(Level::from_name(level.name()), Some(level));
        }
        assert_eq!(Level::from_name("AVX2"), None);
    }

    #[test]
    fn a_cap_lowers_and_never_raises() {
        let detected = detect();
        for level in LEVELS {
            set_cap(Some(level));
            assert_eq!(cap(), Some(level));
            assert_eq!(active(), level.min(detected));
        }
        set_cap(None);
        assert_eq!(cap(), None);
        assert_eq!(active(), detected);
    }
}
