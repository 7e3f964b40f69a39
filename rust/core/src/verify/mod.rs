//! Verification of signatures: prepared keys, one signature or a batch (docs/semantics.md#sig-1 and
//! #wire-1).
//!
//! A batch is sorted by the kernel that serves the keys, and what no kernel serves is verified by
//! the library, one by one. Every signature has a verdict of its own, the library's; nothing is
//! decided for a batch as a whole.

pub(crate) mod ecdsa;
pub(crate) mod ed25519;
pub(crate) mod registered;
pub(crate) mod rsa;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub mod tables;

use std::fmt;
use std::ops::Range;

use crate::code::{Code, Refusal};
use crate::keys::{self, Algorithm, PublicKey};
use crate::pool;
use crate::simd::{self, Level};

/// Signatures below which a batch is not split between threads when each is verified alone: about
/// 10 microseconds of work at least.
const GRAIN: usize = 4;

/// Where a batch for a kernel may be split between threads: at multiples of the lanes of every
/// level.
const UNIT: usize = 16;

/// Units below which it is not.
const UNIT_GRAIN: usize = 4;

/// Signatures that a kernel gets at once, so that what it keeps of them stays in the cache: many
/// enough for what they share.
const AT_ONCE: usize = 64 * UNIT;

/// Which kernel serves a key.
pub(crate) enum Family<'a> {
    /// None: signatures are verified one by one.
    Alone,
    Rsa(&'a rsa::Key),
    Ecdsa(&'a ecdsa::Key),
    Ed25519(&'a ed25519::Key),
}

/// One signature for a kernel.
pub(crate) struct Signed<'a, K> {
    pub key: &'a K,
    pub message: &'a [u8],
    pub signature: &'a [u8],
}

impl<K> Clone for Signed<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Signed<'_, K> {}

/// What verifies with one key; each algorithm has its own, which its row in `keys` makes.
pub(crate) trait Verifier: Send + Sync {
    /// The verdict on a signature, as long as it should be.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Code;

    /// The verdict on a signature from the wire (WIRE-1): another one for RSA only.
    fn verify_wire(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verify(message, signature)
    }

    /// The kernel for many signatures of such keys.
    fn family(&self) -> Family<'_> {
        Family::Alone
    }
}

/// A public key, ready to verify with: what can be computed once was.
pub struct VerifyKey {
    public: PublicKey,
    verifier: Box<dyn Verifier>,
}

impl VerifyKey {
    /// Prepares a key.
    ///
    /// # Errors
    /// `BadKey` when the library that verifies refuses the key; it takes every key that `keys` lets
    /// through. `Unsupported` when the algorithm of the key is registered no more.
    pub fn new(public: &PublicKey) -> Result<Self, Refusal> {
        Ok(Self {
            public: public.clone(),
            verifier: keys::verifier(public)?,
        })
    }

    /// The verdict on a signature, as long as it should be.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verifier.verify(message, signature)
    }

    /// The verdict on a signature from the wire, where RSA signatures may lack leading zeros
    /// (WIRE-1).
    #[must_use]
    pub fn verify_wire(&self, message: &[u8], signature: &[u8]) -> Code {
        self.verifier.verify_wire(message, signature)
    }

    /// The kernel for many signatures of such keys.
    fn family(&self) -> Family<'_> {
        self.verifier.family()
    }

    /// The family of the key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The canonical bytes of the key.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.public.data()
    }

    /// The key that this one was made from.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "VerifyKey({}, {} bits)",
            self.algorithm(),
            self.public.bits()
        )
    }
}

/// One signature to verify.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The key; `None` is answered with `BadKey`.
    pub key: Option<&'a VerifyKey>,
    /// What was signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

impl Job<'_> {
    /// Holds the place of an item that was refused already.
    pub(crate) const NONE: Self = Self {
        key: None,
        message: &[],
        signature: &[],
    };

    /// The verdict on this signature alone.
    #[must_use]
    pub fn verify(&self) -> Code {
        self.key
            .map_or(Code::BadKey, |key| key.verify(self.message, self.signature))
    }

    /// The same by the rule of the wire (WIRE-1).
    #[must_use]
    pub fn verify_wire(&self) -> Code {
        self.key.map_or(Code::BadKey, |key| {
            key.verify_wire(self.message, self.signature)
        })
    }
}

/// Announces a batch of so many signatures, which the caller is about to gather; `threads` as it
/// will be.
pub fn expect_batch(count: usize, threads: usize) {
    pool::rouse(threads, count, UNIT * UNIT_GRAIN);
}

/// The verdict on every signature, in order.
#[must_use]
pub fn verify_batch(jobs: &[Job<'_>], threads: usize) -> Vec<Code> {
    verify_batch_at(simd::active(), jobs, threads, false)
}

/// The same by the rule of the wire (WIRE-1).
#[must_use]
pub fn verify_batch_wire(jobs: &[Job<'_>], threads: usize) -> Vec<Code> {
    verify_batch_at(simd::active(), jobs, threads, true)
}

/// The same with the kernels of a level; the verdicts are those of any other.
///
/// # Panics
/// When this processor does not have the level.
#[must_use]
pub fn verify_batch_at(level: Level, jobs: &[Job<'_>], threads: usize, wire: bool) -> Vec<Code> {
    assert!(level <= simd::detect(), "{} is not here", level.name());
    let alone = |job: &Job<'_>| {
        if wire {
            job.verify_wire()
        } else {
            job.verify()
        }
    };
    if level == Level::Portable || jobs.len() < 2 {
        return pool::map(threads, jobs.len(), GRAIN, |index| alone(&jobs[index]));
    }
    let mut rest = Vec::new();
    let (mut rsa, mut ecdsa, mut ed25519) = (Lot::new(), Lot::new(), Lot::new());
    for (place, job) in jobs.iter().enumerate() {
        match job.key.map_or(Family::Alone, VerifyKey::family) {
            Family::Alone => rest.push(place),
            Family::Rsa(key) => rsa.push(place, key, job),
            Family::Ecdsa(key) => ecdsa.push(place, key, job),
            Family::Ed25519(key) => ed25519.push(place, key, job),
        }
    }
    let mut codes = vec![Code::BadKey; jobs.len()];
    if rsa.reaches(rsa::crossover(level), &mut rest) {
        rsa.verify(threads, &mut codes, |range| {
            rsa::verify_many(level, &rsa.items[range], wire)
        });
    }
    if ecdsa.reaches(ecdsa::crossover(level), &mut rest) {
        let held = ecdsa::hold(level, &ecdsa.items);
        ecdsa.verify(threads, &mut codes, |range| {
            ecdsa::verify_many(level, &ecdsa.items[range.clone()], held.part(range))
        });
    }
    if ed25519.reaches(ed25519::crossover(level), &mut rest) {
        let held = ed25519::hold(level, &ed25519.items);
        ed25519.verify(threads, &mut codes, |range| {
            ed25519::verify_many(level, &ed25519.items[range.clone()], held.part(range))
        });
    }
    let found = pool::map(threads, rest.len(), GRAIN, |index| {
        alone(&jobs[rest[index]])
    });
    for (place, code) in rest.into_iter().zip(found) {
        codes[place] = code;
    }
    codes
}

/// The signatures of a batch that one kernel serves.
struct Lot<'a, K> {
    /// Where each stands in the batch.
    places: Vec<usize>,
    items: Vec<Signed<'a, K>>,
}

impl<'a, K: Sync> Lot<'a, K> {
    fn new() -> Self {
        Self {
            places: Vec::new(),
            items: Vec::new(),
        }
    }

    fn push(&mut self, place: usize, key: &'a K, job: &Job<'a>) {
        self.places.push(place);
        self.items.push(Signed {
            key,
            message: job.message,
            signature: job.signature,
        });
    }

    /// Whether there are so many that the kernel pays; if not, they are added to the `rest`.
    fn reaches(&self, crossover: usize, rest: &mut Vec<usize>) -> bool {
        let enough = self.items.len() >= crossover.max(1);
        if !enough {
            rest.extend(&self.places);
        }
        enough
    }

    /// Writes the verdicts, which `kernel` finds for a range of the items, to their places.
    fn verify(
        &self,
        threads: usize,
        codes: &mut [Code],
        kernel: impl Fn(Range<usize>) -> Vec<Code> + Sync,
    ) {
        let units = self.items.len().div_ceil(UNIT);
        let parts = pool::lists(threads, units, UNIT_GRAIN, |range| {
            let end = self.items.len().min(range.end * UNIT);
            (range.start * UNIT..end)
                .step_by(AT_ONCE)
                .flat_map(|start| kernel(start..end.min(start + AT_ONCE)))
                .collect()
        });
        for (&place, code) in self.places.iter().zip(parts) {
            codes[place] = code;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use crate::vectors::{
        hex, ECC_POINT, ECDSA_HIGH_S, ECDSA_LOW_S, ED25519_KEY, ED25519_SIGNATURE, RSA,
    };

    #[test]
    fn keys_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<VerifyKey>();
    }

    #[test]
    fn verdict_3_a_batch_equals_its_items_wherever_they_stand() {
        let keys = [
            keys::parse_bytes(&RSA[0].pkcs1()),
            keys::parse_bytes(&RSA[1].pkcs1()),
            keys::parse_text(ECC_POINT),
            keys::parse_mapping("ED25519", ED25519_KEY),
        ]
        .map(|key| VerifyKey::new(&key.unwrap()).unwrap());
        let signatures = [
            hex(RSA[0].signature),
            hex(RSA[1].signature),
            hex(ECDSA_LOW_S),
            hex(ECDSA_HIGH_S),
            hex(ED25519_SIGNATURE),
            vec![],
        ];
        let mut jobs = Vec::new();
        for key in keys.iter().map(Some).chain([None]) {
            for message in [&b"message"[..], &[0xaf, 0x82]] {
                for signature in &signatures {
                    jobs.push(Job {
                        key,
                        message,
                        signature,
                    });
                }
            }
        }
        let alone: Vec<Code> = jobs.iter().map(Job::verify).collect();
        assert_eq!(alone.iter().filter(|&&code| code == Code::Ok).count(), 5);
        assert!(alone[alone.len() - 12..]
            .iter()
            .all(|&code| code == Code::BadKey));
        for threads in [0, 1, 2, 3] {
            assert_eq!(verify_batch(&jobs, threads), alone);
            let (mut jobs, mut alone) = (jobs.clone(), alone.clone());
            jobs.reverse();
            alone.reverse();
            assert_eq!(verify_batch(&jobs, threads), alone);
            let wire: Vec<Code> = jobs.iter().map(Job::verify_wire).collect();
            assert_eq!(verify_batch_wire(&jobs, threads), wire);
        }
        assert!(verify_batch(&[], 0).is_empty());
        // More of each kind than a kernel gets at once, and no multiple of that.
        let times = 3 * AT_ONCE / jobs.len() * 2;
        for threads in [1, 2] {
            assert_eq!(
                verify_batch(&jobs.repeat(times), threads),
                alone.repeat(times)
            );
        }
    }
}
