//! What holds the addresses that were read from a batch of texts: one by one, or in columns.

use super::{Address, AddressText};
use crate::code::Code;

/// Takes in the addresses of a batch of texts as they are read, in any order.
pub trait Found: Send {
    /// For so many texts, of which none is known to be an address.
    fn of(texts: usize) -> Self;

    /// Whether the text at `index` is one.
    fn has(&self, index: usize) -> bool;

    /// The text at `index` is this one, and spelled as it should be or not.
    fn put(&mut self, index: usize, address: Address, is_canonical: bool);

    /// Those of the next texts behind these.
    fn append(&mut self, others: Self);
}

impl Found for Vec<Option<Address>> {
    fn of(texts: usize) -> Self {
        vec![None; texts]
    }

    #[inline]
    fn has(&self, index: usize) -> bool {
        self[index].is_some()
    }

    #[inline]
    fn put(&mut self, index: usize, address: Address, _: bool) {
        self[index] = Some(address);
    }

    fn append(&mut self, others: Self) {
        self.extend(others);
    }
}

/// Addresses in columns; what is none has zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// `Ok` or `BadAddress`.
    pub codes: Vec<Code>,
    /// As [`Address::network`].
    pub networks: Vec<u8>,
    /// As [`Address::digest`].
    pub digests: Vec<[u8; 20]>,
    /// As [`Address::number`], little-endian.
    pub numbers: Vec<[u8; 4]>,
    /// As [`Address::number_le`], little-endian.
    pub numbers_le: Vec<[u8; 4]>,
    /// The canonical texts of those that were not spelled so, and where they are; in no order.
    pub spelled: Vec<(usize, AddressText)>,
}

impl Found for Columns {
    fn of(texts: usize) -> Self {
        Self {
            codes: vec![Code::BadAddress; texts],
            networks: vec![0; texts],
            digests: vec![[0; 20]; texts],
            numbers: vec![[0; 4]; texts],
            numbers_le: vec![[0; 4]; texts],
            spelled: Vec::new(),
        }
    }

    #[inline]
    fn has(&self, index: usize) -> bool {
        self.codes[index] == Code::Ok
    }

    #[inline]
    fn put(&mut self, index: usize, address: Address, is_canonical: bool) {
        self.codes[index] = Code::Ok;
        self.networks[index] = address.network;
        self.digests[index] = address.digest;
        self.numbers[index] = address.number.to_le_bytes();
        self.numbers_le[index] = address.number_le.to_le_bytes();
        if !is_canonical {
            self.spelled.push((index, address.text));
        }
    }

    fn append(&mut self, others: Self) {
        let start = self.codes.len();
        let moved = |(index, text)| (start + index, text);
        self.spelled.extend(others.spelled.into_iter().map(moved));
        self.codes.extend(others.codes);
        self.networks.extend(others.networks);
        self.digests.extend(others.digests);
        self.numbers.extend(others.numbers);
        self.numbers_le.extend(others.numbers_le);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{parse, parse_batch};

    #[test]
    fn columns_say_what_the_addresses_say() {
        let forms = [
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEk",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "AnyWhere",
            "everywhere",
            "",
        ];
        for count in [0, 1, 7, 40, 1999] {
            let texts: Vec<&str> = forms.into_iter().cycle().take(count).collect();
            for threads in [1, 2] {
                let mut columns: Columns = parse_batch(&texts, threads);
                columns.spelled.sort_by_key(|&(index, _)| index);
                let mut spelled = columns.spelled.into_iter();
                for (index, text) in texts.iter().enumerate() {
                    let one = parse(text);
                    let code = one.map_or(Code::BadAddress, |_| Code::Ok);
                    assert_eq!(columns.codes[index], code, "{text}");
                    let network = one.map_or(0, |one| one.network);
                    assert_eq!(columns.networks[index], network);
                    let digest = one.map_or([0; 20], |one| one.digest);
                    assert_eq!(columns.digests[index], digest);
                    let number = one.map_or(0, |one| one.number);
                    assert_eq!(u32::from_le_bytes(columns.numbers[index]), number);
                    let number = one.map_or(0, |one| one.number_le);
                    assert_eq!(u32::from_le_bytes(columns.numbers_le[index]), number);
                    if let Some(one) = one.filter(|one| one.text.as_str() != *text) {
                        assert_eq!(spelled.next(), Some((index, one.text)));
                    }
                }
                assert_eq!(spelled.next(), None);
                assert_eq!(columns.codes.len(), count);
            }
        }
    }
}
