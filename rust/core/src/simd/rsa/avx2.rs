//! The lanes of `double` in AVX2 registers.

use std::arch::x86_64::{
    __m256d, _mm256_add_pd, _mm256_cmp_pd, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_movemask_pd,
    _mm256_or_pd, _mm256_set1_pd, _mm256_setzero_pd, _mm256_sub_pd, _CMP_EQ_OQ,
};

use super::double::{kernel, Lanes};
use super::Lane;

/// A register of four doubles. There is one only where the processor has AVX2 and FMA: nothing but
/// [`verify`] makes them.
#[derive(Clone, Copy)]
struct Register(__m256d);

impl Lanes for Register {
    const COUNT: usize = 4;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: only functions with the features ask for registers.
        Self(unsafe { _mm256_set1_pd(value) })
    }

    #[inline(always)]
    fn from_lanes(values: &[f64]) -> Self {
        let values: &[f64; 4] = values.try_into().expect("a value for each lane");
        // SAFETY: likewise, and there are 32 bytes.
        Self(unsafe { _mm256_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: where there are registers there are the features.
        Self(unsafe { _mm256_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: likewise.
        Self(unsafe { _mm256_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        // SAFETY: likewise.
        Self(unsafe { _mm256_fmadd_pd(a.0, b.0, self.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: likewise.
        Self(unsafe { _mm256_or_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn zeros(self) -> u32 {
        // SAFETY: likewise.
        let mask =
            unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, _mm256_setzero_pd())) };
        mask.cast_unsigned()
    }
}

kernel!("avx2,fma", Register);
