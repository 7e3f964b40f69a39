//! Addresses of any form, read in lanes where their form is one that lanes know.

use super::btc::{check_codes, zero_bytes};
use super::{base58, eth};
use crate::address::{self, Address, AddressText, Found, Kind};
use crate::base58::FOREIGN;
use crate::simd::lanes::{self, Kernel, Lanes};
use crate::simd::Level;

/// Texts that are read one by one in the time of a group of so many lanes: measured, and guarded by
/// a benchmark.
fn worth(lanes: usize) -> usize {
    if lanes < 16 {
        6
    } else {
        4
    }
}

/// Texts after which lanes that refuse more than a quarter are given up: who sends bad addresses
/// does not make a batch slower than it is one by one, where most of them are refused at a glance.
const PATIENCE: usize = 16;

struct Parse<'a, F> {
    texts: &'a [&'a str],
    /// Gives all of them to lanes, whatever is faster.
    in_lanes: bool,
    found: F,
}

impl<'a, F: Found> Parse<'a, F> {
    fn new(texts: &'a [&'a str], in_lanes: bool) -> Self {
        Self {
            texts,
            in_lanes,
            found: F::of(texts.len()),
        }
    }

    /// Reads a text of any form with all care.
    fn one(&mut self, index: usize) {
        let text = self.texts[index];
        if let Some(address) = address::parse(text) {
            let is_canonical = address.text.as_bytes() == text.as_bytes();
            self.found.put(index, address, is_canonical);
        }
    }
}

/// Texts as long as those of a form.
#[derive(Default)]
struct Form {
    indices: Vec<usize>,
    /// How many of them the lanes have seen, and not taken.
    seen: usize,
    refused: usize,
}

impl Form {
    /// The next group for lanes; what is left when there is none is to be read one by one.
    fn next(&mut self, lanes: usize, worth: usize, in_lanes: bool) -> Option<&[usize]> {
        let start = self.seen;
        let size = lanes.min(self.indices.len() - start);
        let is_worth_it =
            size >= worth && (start < PATIENCE || 4 * self.refused <= start) || in_lanes;
        (size > 0 && is_worth_it).then(|| {
            self.seen += size;
            &self.indices[start..start + size]
        })
    }
}

impl<F: Found> Kernel for Parse<'_, F> {
    type Output = F;

    #[inline(always)]
    fn run<const W: usize, const L: usize, S: Lanes<W, L>>(mut self, simd: S) -> F {
        let (texts, in_lanes) = (self.texts, self.in_lanes);
        let worth = worth(W);
        if texts.len() < worth && !in_lanes {
            return self.run_portable();
        }
        let (mut btc, mut eth) = (Form::default(), Form::default());
        let mut others = Vec::new();
        btc.indices.reserve(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match text.len() {
                address::FEWEST_BTC..=address::MOST_BTC => btc.indices.push(index),
                address::ETH => eth.indices.push(index),
                _ => others.push(index),
            }
        }
        while let Some(group) = btc.next(W, worth, in_lanes) {
            let refused = parse_btc(simd, texts, group, &mut self.found);
            btc.refused += refused;
        }
        while let Some(group) = eth.next(L, worth.min(L), in_lanes) {
            let refused = parse_eth(simd, texts, group, &mut self.found);
            eth.refused += refused;
        }
        // What lanes did not take or not see is read with all care.
        for form in [btc, eth] {
            let all_taken = form.seen == form.indices.len() && form.refused == 0;
            if !all_taken {
                let has = |&&index: &&usize| !self.found.has(index);
                others.extend(form.indices.iter().filter(has));
            }
        }
        for index in others {
            self.one(index);
        }
        self.found
    }

    fn run_portable(mut self) -> F {
        for index in 0..self.texts.len() {
            self.one(index);
        }
        self.found
    }
}

/// Reads the texts of a group, 26 to 35 characters each; says how many it did not take.
#[inline(always)]
fn parse_btc<const W: usize, const L: usize, S: Lanes<W, L>>(
    simd: S,
    texts: &[&str],
    group: &[usize],
    found: &mut impl Found,
) -> usize {
    let mut rows = [[b'1'; 64]; W];
    for (row, &index) in rows.iter_mut().zip(group) {
        let text = texts[index].as_bytes();
        address::copy_short(text, &mut row[36 - text.len()..36]);
    }
    let (limbs, seen) = base58::decode(simd, &rows.each_ref());
    let [body @ .., check] = limbs;
    let wrong = simd.to32(simd.xor(check, check_codes(simd, &body)));
    let foreign = simd.to32(simd.and(seen, simd.splat32(u32::from_ne_bytes([FOREIGN; 4]))));
    let mut numbers = [[0; W]; 7];
    for (numbers, limb) in numbers.iter_mut().zip(limbs) {
        *numbers = simd.to32(limb);
    }
    let mut refused = 0;
    for (lane, &index) in group.iter().enumerate() {
        let text = texts[index].as_bytes();
        let network = u8::try_from(numbers[0][lane]);
        let ones = if text[0] == b'1' {
            text.iter().take_while(|&&digit| digit == b'1').count()
        } else {
            0
        };
        let is_sound = wrong[lane] | foreign[lane] == 0 && ones == zero_bytes(&numbers, lane);
        let (Ok(network), true) = (network, is_sound) else {
            refused += 1;
            continue;
        };
        let mut digest = [0; 20];
        for (bytes, limb) in digest.as_chunks_mut().0.iter_mut().zip(&numbers[1..6]) {
            *bytes = limb[lane].to_be_bytes();
        }
        let number = numbers[6][lane];
        let address = Address {
            text: AddressText::short(text),
            network,
            digest,
            kind: Kind::Btc,
            number,
            number_le: number.swap_bytes(),
        };
        found.put(index, address, true);
    }
    refused
}

/// Reads the texts of a group, 42 characters each; says how many it did not take.
#[inline(always)]
fn parse_eth<const W: usize, const L: usize, S: Lanes<W, L>>(
    simd: S,
    texts: &[&str],
    group: &[usize],
    found: &mut impl Found,
) -> usize {
    // The digest where a Keccak-256 has it.
    let mut rows = [[0; 64]; L];
    let mut spellings = [None; L];
    for (lane, &index) in group.iter().enumerate() {
        if let Some((digest, in_one_case)) = address::read_eth(texts[index].as_bytes()) {
            rows[lane][12..32].copy_from_slice(&digest);
            spellings[lane] = Some((digest, in_one_case));
        }
    }
    let [_, head, middle, tail, ..] = simd.rows64(&rows.each_ref());
    let canonical = eth::spelled(simd, [head, middle, tail]);
    let mut refused = 0;
    for (lane, &index) in group.iter().enumerate() {
        let is_canonical = canonical[lane].as_bytes() == texts[index].as_bytes();
        match spellings[lane] {
            Some((digest, in_one_case)) if in_one_case || is_canonical => {
                found.put(
                    index,
                    Address::of_eth(canonical[lane], digest),
                    is_canonical,
                );
            }
            _ => refused += 1,
        }
    }
    refused
}

/// Reads texts at `level` or the highest below it that this processor has.
#[must_use]
pub fn parse<F: Found>(level: Level, texts: &[&str]) -> F {
    lanes::run(level, Parse::new(texts, false))
}

/// [`parse`] with every text in lanes first, also where that is slower.
#[doc(hidden)]
#[must_use]
pub fn parse_in_lanes<F: Found>(level: Level, texts: &[&str]) -> F {
    lanes::run(level, Parse::new(texts, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::lanes::plain;

    #[test]
    fn plain_lanes_read_the_same_addresses() {
        let texts = [
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVEj",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN",
            "1111111111111111111114oLvT2",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzV0j",
            "4YeVEN3aUnvC1DNUufCq1bs9zoBSJTzVé",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
            "anywhere",
            "",
        ];
        let kernel = Parse::<Vec<_>>::new(&texts, true);
        let expected: Vec<_> = texts.iter().map(|text| address::parse(text)).collect();
        assert_eq!(plain::run(kernel), expected);
        assert_eq!(expected.iter().flatten().count(), 6);
    }

    #[test]
    fn lanes_that_refuse_most_texts_are_given_up() {
        let mut form = Form {
            indices: (0..300).collect(),
            ..Form::default()
        };
        while let Some(group) = form.next(16, 4, false) {
            let size = group.len();
            form.refused += size;
        }
        assert_eq!(form.seen, PATIENCE);
        form.refused = form.seen / 4;
        assert!(form.next(16, 4, false).is_some());
    }
}
