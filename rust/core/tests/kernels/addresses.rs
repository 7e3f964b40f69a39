//! Addresses in lanes: derived and read as one by one, whatever comes beside them.

use dimp_core::address::{self, Address, AddressText};
use dimp_core::simd::address as kernels;
use dimp_core::simd::Level;
use dimp_core::{base58, digest};

use crate::{cases, levels, Noise};

/// Both forms over the same fingerprints, all on one network and each on its own.
fn compare_derived(level: Level, fingerprints: &[Vec<u8>], noise: &mut Noise) {
    let slices: Vec<&[u8]> = fingerprints.iter().map(Vec::as_slice).collect();
    let each = noise.bytes(slices.len());
    for networks in [&[0][..], &[8], &[0xff], &each] {
        if networks.is_empty() {
            continue;
        }
        let expected: Vec<_> = (0..slices.len())
            .map(|index| address::derive(slices[index], networks[index % networks.len()]))
            .collect();
        for derive in [kernels::derive, kernels::derive_in_lanes] {
            let found = derive(level, &slices, networks);
            assert!(
                found == expected,
                "{} {networks:?} {slices:?}",
                level.name()
            );
        }
    }
}

#[test]
fn derived_as_one_by_one() {
    let mut noise = Noise(2);
    for level in levels() {
        for length in (0..140).chain([183, 184, 247, 248, 256, 512, 1000]) {
            let fingerprints: Vec<_> = (0..17).map(|_| noise.bytes(length)).collect();
            compare_derived(level, &fingerprints, &mut noise);
        }
        for size in (0..=40).chain([47, 48, 49, 63, 64, 65, 100]) {
            for lengths in [&[128][..], &[33, 65, 128], &[0, 1, 55, 56, 63, 64, 65, 600]] {
                let fingerprints: Vec<_> = (0..size)
                    .map(|_| {
                        let length = lengths[noise.below(lengths.len())];
                        noise.bytes(length)
                    })
                    .collect();
                compare_derived(level, &fingerprints, &mut noise);
            }
        }
        let mut left = cases();
        while left > 0 {
            let size = 1 + noise.below(left.min(200));
            let most = 1 + noise.below(200);
            let fingerprints: Vec<_> = (0..size)
                .map(|_| {
                    let length = noise.below(most);
                    noise.bytes(length)
                })
                .collect();
            compare_derived(level, &fingerprints, &mut noise);
            left -= size;
        }
    }
}

/// The text of 25 bytes with the right check code, whatever the first 21 are.
fn text_of(network: u8, digest: [u8; 20]) -> String {
    let mut data = [0; 25];
    data[0] = network;
    data[1..21].copy_from_slice(&digest);
    let check = digest::check_code(&data[..21]);
    data[21..].copy_from_slice(&check);
    base58::encode(&data)
}

/// Digests with limbs at the extremes: where sums of columns and carries are largest or nothing.
fn extreme_digests(noise: &mut Noise) -> Vec<[u8; 20]> {
    let limbs = [
        0,
        1,
        0xff,
        0x00ff_ffff,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fffe,
        0xffff_ffff,
    ];
    let mut digests = Vec::new();
    for high in 0..5 {
        for &first in &limbs {
            for &rest in &limbs {
                let mut digest = [0; 20];
                for (place, bytes) in digest.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                    let limb: u32 = if place <= high { first } else { rest };
                    *bytes = limb.to_be_bytes();
                }
                digests.push(digest);
            }
        }
    }
    for zeros in 0..=20 {
        let mut digest: [u8; 20] = noise.bytes(20).try_into().unwrap();
        digest[..zeros].fill(0);
        digests.push(digest);
    }
    digests
}

#[test]
fn digests_at_the_extremes_are_spelled_and_read() {
    let mut noise = Noise(3);
    for digest in extreme_digests(&mut noise) {
        let texts: Vec<String> = (0..=255).map(|network| text_of(network, digest)).collect();
        for level in levels() {
            compare_parsed(level, &texts);
            let networks: Vec<u8> = (0..=255).collect();
            let spelled = kernels::of_digests(level, &[digest; 256], &networks);
            assert!(
                spelled.iter().map(AddressText::as_str).eq(&texts),
                "{digest:?}"
            );
        }
    }
}

/// Both forms over the same texts.
fn compare_parsed(level: Level, texts: &[String]) {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let expected: Vec<Option<Address>> = texts.iter().map(|text| address::parse(text)).collect();
    for parse in [kernels::parse, kernels::parse_in_lanes] {
        let found = parse(level, &texts);
        let found: Vec<Option<Address>> = found;
        for ((text, found), expected) in texts.iter().zip(&found).zip(&expected) {
            assert_eq!(found, expected, "{} {text:?}", level.name());
        }
        assert_eq!(found.len(), expected.len());
    }
}

fn good_text(noise: &mut Noise) -> String {
    let digest = noise.bytes(20).try_into().unwrap();
    match noise.below(8) {
        0 => {
            let point = noise.bytes(64).try_into().unwrap();
            address::derive_eth(&point).to_string()
        }
        1 => text_of(0, digest),
        2 => "Anywhere".to_owned(),
        _ => {
            let network = noise.bytes(1)[0];
            text_of(network, digest)
        }
    }
}

/// Something is wrong with it, nearly always.
fn bad_text(noise: &mut Noise) -> String {
    const CHARACTERS: [char; 14] = [
        '1', '2', 'z', 'Z', '0', 'O', 'I', 'l', ' ', '\0', '\x7f', 'é', 'ÿ', '孟',
    ];
    let mut text: Vec<char> = good_text(noise).chars().collect();
    let place = noise.below(text.len());
    let character = match noise.below(3) {
        0 => CHARACTERS[noise.below(CHARACTERS.len())],
        _ => char::from(33 + noise.bytes(1)[0] % 94),
    };
    match noise.below(6) {
        0 => text.insert(place, character),
        1 => drop(text.remove(place)),
        2 => text.insert(0, '1'),
        3 => text.iter_mut().for_each(char::make_ascii_lowercase),
        _ => text[place] = character,
    }
    text.into_iter().collect()
}

#[test]
fn read_as_one_by_one() {
    let mut noise = Noise(4);
    for level in levels() {
        let mut left = cases();
        while left > 0 {
            let size = 1 + noise.below(left.min(150));
            // From all good to all bad.
            let share = noise.below(9);
            let texts: Vec<_> = (0..size)
                .map(|_| {
                    if noise.below(8) < share {
                        bad_text(&mut noise)
                    } else {
                        good_text(&mut noise)
                    }
                })
                .collect();
            compare_parsed(level, &texts);
            left -= size;
        }
    }
}

#[test]
fn every_change_of_a_character_in_every_lane() {
    let mut noise = Noise(5);
    for level in levels() {
        for size in (1..=40).chain([47, 48, 49, 63, 64, 65]) {
            let good: Vec<_> = (0..size).map(|_| good_text(&mut noise)).collect();
            for lane in 0..size {
                let mut texts = good.clone();
                texts[lane] = bad_text(&mut noise);
                compare_parsed(level, &texts);
            }
        }
        // Every byte that a `str` can have there, in every place of one text.
        let digest = noise.bytes(20).try_into().unwrap();
        for good in [
            text_of(8, digest),
            text_of(0, [0; 20]),
            text_of(0xff, [0xff; 20]),
        ] {
            let texts: Vec<String> = (0..good.len())
                .flat_map(|place| (0..128u8).map(move |byte| (place, byte)))
                .map(|(place, byte)| {
                    let mut text = good.clone().into_bytes();
                    text[place] = byte;
                    String::from_utf8(text).unwrap()
                })
                .collect();
            compare_parsed(level, &texts);
        }
    }
}

#[test]
fn every_length_and_numbers_that_are_too_large() {
    for level in levels() {
        let texts: Vec<String> = (0..70)
            .flat_map(|length| ["1", "2", "z", "x", "0"].map(|digit| digit.repeat(length)))
            .collect();
        compare_parsed(level, &texts);
        // Around 2^200, which has one byte more, and in the limbs of the decoder.
        let largest = base58::encode(&[0xff; 25]);
        let texts: Vec<String> = (0..largest.len())
            .flat_map(|place| ["1", "2", "y", "z"].map(|digit| (place, digit)))
            .map(|(place, digit)| {
                let mut text = largest.clone();
                text.replace_range(place..=place, digit);
                text
            })
            .collect();
        compare_parsed(level, &texts);
    }
}

#[test]
fn eth_derived_and_spelled_as_one_by_one() {
    let mut noise = Noise(6);
    for level in levels() {
        let mut left = cases();
        let mut size = 0;
        while left > 0 {
            let mut points: Vec<[u8; 64]> = (0..size)
                .map(|_| noise.bytes(64).try_into().unwrap())
                .collect();
            for (point, byte) in points.iter_mut().zip([0, 0xff]) {
                point.fill(byte);
            }
            let points: Vec<&[u8; 64]> = points.iter().collect();
            let found = kernels::derive_eth(level, &points);
            let expected: Vec<_> = points
                .iter()
                .map(|point| address::derive_eth(point))
                .collect();
            assert!(found == expected, "{} {points:?}", level.name());
            let texts: Vec<String> = expected
                .iter()
                .flat_map(|text| [text.to_string(), text.to_lowercase(), text.to_uppercase()])
                .collect();
            compare_parsed(level, &texts);
            left -= size.min(left);
            size = (size + 1) % 70;
        }
    }
}
