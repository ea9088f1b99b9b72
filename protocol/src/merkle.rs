//! The Merkle tree hash of RFC 9162 §2.1, over which a bundle's list of documents is signed (design §3).
//!
//! Iterative: one pass, and a stack as deep as the logarithm of the number of leaves, whatever a file claims to hold.

use sha2::{Digest as _, Sha256};

/// The tree's root over document digests, in the order of the file.
///
/// The leaf *input* is the 32 bytes of the digest, so the leaf's hash is SHA-256(0x00 ‖ digest) and a node's is
/// SHA-256(0x01 ‖ left ‖ right). The root of an empty list is SHA-256 of nothing (RFC 9162 §2.1.1).
pub fn root(digests: &[[u8; 32]]) -> [u8; 32] {
    root_of(digests.iter().map(<[u8; 32]>::as_slice))
}

/// The tree's root over leaf inputs of any length: what RFC 9162 defines, and what other implementations' vectors use.
pub fn root_of<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    // Complete subtrees from left to right, the tallest first: each entry is a height and the subtree's hash.
    let mut complete: Vec<(u32, [u8; 32])> = Vec::new();
    for leaf in leaves {
        let (mut height, mut hash) = (0, leaf_hash(leaf));
        while let Some((_, left)) = complete.pop_if(|(of, _)| *of == height) {
            hash = node_hash(&left, &hash);
            height += 1;
        }
        complete.push((height, hash));
    }
    // The RFC splits at the largest power of two below n, so the smaller subtrees on the right join first.
    let Some((_, mut hash)) = complete.pop() else {
        return Sha256::digest([]).into();
    };
    while let Some((_, left)) = complete.pop() {
        hash = node_hash(&left, &hash);
    }
    hash
}

/// SHA-256(0x00 ‖ input).
fn leaf_hash(input: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(input).finalize().into()
}

/// SHA-256(0x01 ‖ left ‖ right): another first byte than a leaf's, so that no node passes for a leaf.
fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{leaf_hash, node_hash, root, root_of};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The eight leaf inputs and roots that Certificate Transparency implementations share.
    #[test]
    fn certificate_transparency_reference_roots() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (count, expected) in roots.iter().enumerate() {
            assert_eq!(hex(&root_of(leaves[..count].iter().copied())), *expected, "{count} leaves");
        }
    }

    /// The RFC's own recursive definition, for every size around several powers of two.
    #[test]
    fn equals_the_recursive_definition() {
        fn reference(leaves: &[[u8; 32]]) -> [u8; 32] {
            match leaves {
                [] => root_of([]),
                [leaf] => leaf_hash(leaf),
                _ => {
                    let split = leaves.len().next_power_of_two() / 2;
                    node_hash(&reference(&leaves[..split]), &reference(&leaves[split..]))
                }
            }
        }
        let leaves: Vec<[u8; 32]> = (0..=130_u8).map(|byte| [byte; 32]).collect();
        for count in 0..=leaves.len() {
            assert_eq!(root(&leaves[..count]), reference(&leaves[..count]), "{count} leaves");
        }
    }

    #[test]
    fn order_count_and_content_matter() {
        let (a, b) = ([1; 32], [2; 32]);
        let all = [root(&[a]), root(&[b]), root(&[a, b]), root(&[b, a]), root(&[a, b, b]), root(&[])];
        for (index, left) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|right| right != left));
        }
        let node = root(&[a, b]);
        assert_ne!(root(&[node]), node, "a node must not pass for a leaf");
    }
}
