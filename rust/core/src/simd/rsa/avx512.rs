//! The lanes of `double` in AVX-512 registers.
//!
//! The mode of rounding is part of each instruction here.

use std::arch::x86_64::{
    __m512d, _mm512_add_round_pd, _mm512_castpd_si512, _mm512_castsi512_pd, _mm512_cmp_pd_mask,
    _mm512_fmadd_round_pd, _mm512_loadu_pd, _mm512_or_si512, _mm512_set1_pd, _mm512_setzero_pd,
    _mm512_sub_round_pd, _CMP_EQ_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT,
};

use super::double::{kernel, Lanes, Pair};
use super::Lane;

const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// A register of eight doubles. There is one only where the processor has AVX-512 F and DQ: nothing
/// but [`verify`] makes them.
#[derive(Clone, Copy)]
struct Register(__m512d);

impl Lanes for Register {
    const COUNT: usize = 8;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: only functions with the features ask for registers.
        Self(unsafe { _mm512_set1_pd(value) })
    }

    #[inline(always)]
    fn from_lanes(values: &[f64]) -> Self {
        let values: &[f64; 8] = values.try_into().expect("a value for each lane");
        // SAFETY: likewise, and there are 64 bytes.
        Self(unsafe { _mm512_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: where there are registers there are the features.
        Self(unsafe { _mm512_add_round_pd::<NEAREST>(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: likewise.
        Self(unsafe { _mm512_sub_round_pd::<NEAREST>(self.0, other.0) })
    }

    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        // SAFETY: likewise.
        Self(unsafe { _mm512_fmadd_round_pd::<NEAREST>(a.0, b.0, self.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: likewise.
        Self(unsafe {
            let bits = _mm512_or_si512(_mm512_castpd_si512(self.0), _mm512_castpd_si512(other.0));
            _mm512_castsi512_pd(bits)
        })
    }

    #[inline(always)]
    fn zeros(self) -> u32 {
        // SAFETY: likewise.
        u32::from(unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, _mm512_setzero_pd()) })
    }
}

kernel!(
    "avx512f,avx512bw,avx512dq,avx512vl",
    Register,
    Pair<Register>
);
