//! Rows of tables of points: one cache line each, aligned to it.

/// A row: eight words of 64 bits, the lowest first; what they mean is up to the kernel.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row(pub [u64; 8]);

/// Rows of zeros.
#[must_use]
pub fn zeroed(count: usize) -> Box<[Row]> {
    vec![Row::default(); count].into_boxed_slice()
}
