//! Rows of tables of points: one cache line each, aligned to it.

/// A row: eight words of 64 bits, the lowest first; what they mean is up to the kernel.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row(pub [u64; 8]);

impl Row {
    /// Zeros.
    pub const ZERO: Self = Self([0; 8]);
}

/// Rows of zeros.
#[must_use]
pub fn zeroed(count: usize) -> Box<[Row]> {
    vec![Row::ZERO; count].into_boxed_slice()
}

/// Asks for a row, so that it is near when it is needed.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn prefetch(row: &Row) {
    // SAFETY: a prefetch has no effect that a program could see.
    unsafe {
        use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(row).cast());
    }
}
