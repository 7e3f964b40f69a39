//! IDs and the addresses in them, in batches.

use dimp_core::address::{self, Columns};
use dimp_core::identity::{self, Identifier};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::buffers;

/// IDs that are worth letting go of the GIL: about 5 microseconds of work.
const LONG: usize = 16;

/// Canonical text, name, address, terminal, network byte.
pub type Parts<'py> = (
    Bound<'py, PyString>,
    Option<Bound<'py, PyString>>,
    Bound<'py, PyString>,
    Option<Bound<'py, PyString>>,
    u8,
);

/// The parts of each ID; `None` for what is none.
#[pyfunction]
fn parse_identifiers<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyList>,
    threads: usize,
) -> PyResult<Bound<'py, PyList>> {
    let items = buffers::items::<PyString>(texts, "str")?;
    let slices: Vec<&str> = items.iter().map(|item| buffers::id(item)).collect();
    let parsed = buffers::detach_if(py, slices.len() >= LONG, || {
        identity::parse_batch(&slices, threads)
    });
    let rows = parsed.iter().zip(items.iter().zip(&slices));
    PyList::new(
        py,
        rows.map(|(identifier, (item, text))| {
            let identifier = identifier.as_ref()?;
            // Nearly all text is canonical already: the same object serves.
            let same = identifier.as_str() == *text && item.is_exact_instance_of::<PyString>();
            let canonical = if same {
                item.clone()
            } else {
                PyString::new(py, identifier.as_str())
            };
            Some(parts(identifier, canonical))
        }),
    )
}

/// The parts of an ID with that canonical text.
pub fn parts<'py>(identifier: &Identifier, canonical: Bound<'py, PyString>) -> Parts<'py> {
    let py = canonical.py();
    let part = |text| PyString::new(py, text);
    let address = if identifier.address().len() == identifier.as_str().len() {
        canonical.clone()
    } else {
        part(identifier.address())
    };
    let (name, terminal) = (identifier.name(), identifier.terminal());
    (
        canonical,
        name.map(part),
        address,
        terminal.map(part),
        identifier.network(),
    )
}

type Routes<'py> = (
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
);

/// Codes, network bytes, search numbers and shards (number % shards) of IDs, the last two as
/// little-endian `uint32`.
#[pyfunction]
fn route<'py>(
    py: Python<'py>,
    identifiers: &Bound<'py, PyList>,
    shards: u32,
) -> PyResult<Routes<'py>> {
    if shards == 0 {
        return Err(PyValueError::new_err("shards must be in 1..4294967295"));
    }
    let items = buffers::items::<PyString>(identifiers, "str")?;
    let slices: Vec<&str> = items.iter().map(|item| buffers::id(item)).collect();
    let columns: Columns = buffers::detach_if(py, slices.len() >= LONG, || {
        identity::address_batch(&slices, 1)
    });
    let shard = |number: &[u8; 4]| (u32::from_le_bytes(*number) % shards).to_le_bytes();
    let chosen: Vec<[u8; 4]> = columns.numbers.iter().map(shard).collect();
    Ok((
        buffers::codes(py, &columns.codes),
        PyBytes::new(py, &columns.networks),
        PyBytes::new(py, columns.numbers.as_flattened()),
        PyBytes::new(py, chosen.as_flattened()),
    ))
}

/// BTC-style addresses of digests, 20 bytes each: `networks` has one byte, or one for each.
#[pyfunction]
fn format_addresses<'py>(
    py: Python<'py>,
    digests: &[u8],
    networks: &[u8],
) -> PyResult<Bound<'py, PyList>> {
    let (digests, rest) = digests.as_chunks();
    if !rest.is_empty() || (networks.len() != 1 && networks.len() != digests.len()) {
        return Err(PyValueError::new_err(format!(
            "{} network bytes for {} digests and {} bytes",
            networks.len(),
            digests.len(),
            rest.len()
        )));
    }
    let texts = buffers::detach_if(py, digests.len() >= LONG, || {
        address::format_batch(digests, networks)
    });
    buffers::addresses(py, &texts)
}

/// Adds what is here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(parse_identifiers, module)?)?;
    module.add_function(wrap_pyfunction!(route, module)?)?;
    module.add_function(wrap_pyfunction!(format_addresses, module)?)
}
