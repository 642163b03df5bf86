/** Merkle trees as in RFC 6962 section 2.1: leaf = H(0x00 || data), node = H(0x01 || left || right). */
import { type Bytes, concat, equal } from './bytes.ts';
import { sha256 } from './crypto.ts';

const LEAF = new Uint8Array([0x00]);
const NODE = new Uint8Array([0x01]);

export const merkleLeaf = (data: Bytes): Promise<Bytes> => sha256(concat(LEAF, data));
const node = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(concat(NODE, left, right));

/** The largest power of two smaller than n (n > 1). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Root of leaf hashes. Of no leaves: SHA-256 of nothing. */
export async function merkleRoot(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0] as Bytes;
  const k = split(leaves.length);
  return node(await merkleRoot(leaves.slice(0, k)), await merkleRoot(leaves.slice(k)));
}

/** Audit path of the leaf at `index` (RFC 6962 section 2.1.1), from the leaf's sibling up to the root's child. */
export async function merklePath(leaves: readonly Bytes[], index: number): Promise<Bytes[]> {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...(await merklePath(leaves.slice(0, k), index)), await merkleRoot(leaves.slice(k))]
    : [...(await merklePath(leaves.slice(k), index - k)), await merkleRoot(leaves.slice(0, k))];
}

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
      hash = await node(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = await node(hash, sibling);
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
