//! `dimp-core`: every algorithm of `dimp_fast`, without Python, without I/O.
