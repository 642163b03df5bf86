/** Merkle trees as in RFC 6962 section 2.1: leaf = H(0x00 || data), node = H(0x01 || left || right). */
import { type Bytes, equal } from './bytes.ts';
import { hashShort } from './crypto.ts';

const LEAF = new Uint8Array([0x00]);
const NODE = new Uint8Array([0x01]);

/** Leaf hash of short data, given in parts. */
export const leafHash = (...data: readonly Bytes[]): Bytes => hashShort(LEAF, ...data);
const node = (left: Bytes, right: Bytes): Bytes => hashShort(NODE, left, right);

export const merkleLeaf = async (data: Bytes): Promise<Bytes> => leafHash(data);

/** A tree whose nodes are kept: one pass of hashing serves the root and the path of every leaf. */
export interface MerkleTree {
  readonly size: number;
  /** Of no leaves: SHA-256 of nothing. */
  readonly root: Bytes;
  /** Audit path of the leaf at `index` (RFC 6962 section 2.1.1), from the leaf's sibling up to the root's child. */
  path(index: number): Bytes[];
}

/**
 * Builds the tree level by level; a node without a sibling moves up unchanged, which is the same tree as RFC 6962's
 * split at the largest power of two.
 */
export async function merkleTree(leaves: readonly Bytes[]): Promise<MerkleTree> {
  const levels: (readonly Bytes[])[] = [leaves];
  let level = leaves;
  while (level.length > 1) {
    const next: Bytes[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      next.push(node(level[i] as Bytes, level[i + 1] as Bytes));
    }
    if (level.length % 2 === 1) next.push(level.at(-1) as Bytes);
    levels.push(next);
    level = next;
  }
  return {
    size: leaves.length,
    root: level[0] ?? hashShort(new Uint8Array(0)),
    path(index) {
      const path: Bytes[] = [];
      let at = index;
      for (const row of levels.slice(0, -1)) {
        const sibling = row[at % 2 === 0 ? at + 1 : at - 1];
        if (sibling !== undefined) path.push(sibling);
        at = Math.floor(at / 2);
      }
      return path;
    },
  };
}

/** Root of leaf hashes. */
export const merkleRoot = async (leaves: readonly Bytes[]): Promise<Bytes> => (await merkleTree(leaves)).root;

/** The path of one leaf. For many leaves of one tree, keep the `merkleTree`. */
export const merklePath = async (leaves: readonly Bytes[], index: number): Promise<Bytes[]> =>
  (await merkleTree(leaves)).path(index);

/**
 * The root that a leaf at `index` of a tree of `size` leaves leads to along its path (RFC 9162 section 2.1.3.2);
 * null where the path's length does not fit.
 */
export async function merkleFold(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
): Promise<Bytes | null> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      hash = node(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = node(hash, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 ? hash : null;
}

/** True when `leaf` stands at `index` of a tree of `size` leaves with this root. */
export async function merkleVerify(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
  root: Bytes,
): Promise<boolean> {
  const folded = await merkleFold(leaf, index, size, path);
  return folded !== null && equal(folded, root);
}
