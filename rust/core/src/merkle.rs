//! Merkle roots of histories (docs/semantics.md#hist-4): leaves and parents are SHA-256 of SHA-256,
//! an odd level takes its last node twice.
//!
//! All trees of a batch climb level by level together, so that whatever hashes many messages at once
//! has many: [`hash_twice`] is the one place that does.

use crate::digest::sha256_batch;
use crate::pool;

/// A node of a tree.
pub type Node = [u8; 32];

/// Trees below which a batch is not split between threads: about 20 microseconds of small trees.
const GRAIN: usize = 16;

/// The root of each tree. `counts` says how many of the leaves each has, one at least.
///
/// # Panics
/// When `counts` has a 0, or they do not sum up to the number of leaves.
#[must_use]
pub fn roots(leaves: &[&[u8]], counts: &[usize], threads: usize) -> Vec<Node> {
    let mut starts = Vec::with_capacity(counts.len() + 1);
    let mut total = 0;
    starts.push(total);
    for &count in counts {
        assert!(count > 0, "a tree without leaves");
        total += count;
        starts.push(total);
    }
    assert_eq!(total, leaves.len(), "leaves and counts");
    pool::run(threads, counts.len(), GRAIN, |trees| {
        let part = &leaves[starts[trees.start]..starts[trees.end]];
        climb(part, &counts[trees])
    })
    .concat()
}

/// The roots of some trees, all levels of all of them in step.
fn climb(leaves: &[&[u8]], counts: &[usize]) -> Vec<Node> {
    let mut nodes = hash_twice(leaves);
    let mut widths = counts.to_vec();
    let mut pairs = Vec::new();
    while widths.iter().any(|&width| width > 1) {
        pairs.clear();
        let mut start = 0;
        for &width in &widths {
            if width > 1 {
                let tree = &nodes[start..start + width];
                for pair in tree.chunks(2) {
                    let mut both = [0; 64];
                    both[..32].copy_from_slice(&pair[0]);
                    both[32..].copy_from_slice(&pair[pair.len() - 1]);
                    pairs.push(both);
                }
            }
            start += width;
        }
        let texts: Vec<&[u8]> = pairs.iter().map(<[u8; 64]>::as_slice).collect();
        let mut parents = hash_twice(&texts).into_iter();
        let mut next = Vec::with_capacity(nodes.len() / 2 + widths.len());
        let mut start = 0;
        for width in &mut widths {
            if *width == 1 {
                next.push(nodes[start]);
                start += 1;
            } else {
                start += *width;
                *width = width.div_ceil(2);
                next.extend(parents.by_ref().take(*width));
            }
        }
        nodes = next;
    }
    nodes
}

/// SHA-256 of SHA-256 of each message.
fn hash_twice(messages: &[&[u8]]) -> Vec<Node> {
    let once = sha256_batch(messages);
    let once: Vec<&[u8]> = once.iter().map(<[u8; 32]>::as_slice).collect();
    sha256_batch(&once)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    fn twice(data: &[u8]) -> Node {
        sha256(&sha256(data))
    }

    fn pair(left: Node, right: Node) -> Node {
        twice(&[left, right].concat())
    }

    #[test]
    fn hist_4_small_trees_by_hand() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|leaf| twice(leaf));
        let leaves: Vec<&[u8]> = vec![b"a", b"a", b"b", b"a", b"b", b"c", b"a", b"b", b"c", b"c"];
        let three = pair(pair(a, b), pair(c, c));
        for threads in [0, 1] {
            let found = roots(&leaves, &[1, 2, 3, 4], threads);
            assert_eq!(found, [a, pair(a, b), three, three]);
        }
    }

    #[test]
    fn hist_4_many_trees_are_the_same_as_one_by_one() {
        let texts: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
        let leaves: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let mut counts: Vec<usize> = (1..60).collect();
        counts.push(2000 - counts.iter().sum::<usize>());
        let together = roots(&leaves, &counts, 0);
        let mut start = 0;
        for (&count, &root) in counts.iter().zip(&together) {
            assert_eq!(roots(&leaves[start..start + count], &[count], 1), [root]);
            start += count;
        }
    }

    #[test]
    fn no_trees() {
        assert!(roots(&[], &[], 0).is_empty());
    }

    #[test]
    #[should_panic(expected = "without leaves")]
    fn a_tree_without_leaves_has_no_root() {
        let _ = roots(&[], &[0], 1);
    }
}
