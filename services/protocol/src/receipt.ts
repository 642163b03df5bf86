/**
 * Receipts (design section 6): a replica signs once for all rooms whose heads moved: the Merkle root over their
 * (room, sequence, chain hash). One room's receipt is its leaf's place, its path and that signature.
 */
import { type Bytes, concat, label, u64 } from './bytes.ts';
import { sign, verify } from './crypto.ts';
import { merkleFold, merkleLeaf, merkleTree } from './merkle.ts';

export interface Head {
  readonly room: Bytes;
  readonly seq: number;
  readonly chain: Bytes;
}

export interface Receipt extends Head {
  readonly at: number;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Bytes[];
  readonly signature: Bytes;
}

const SIGNED = label('sotto/1/receipt');
const leafOf = (head: Head): Promise<Bytes> => merkleLeaf(concat(head.room, u64(head.seq), head.chain));
const signedBytes = (at: number, size: number, root: Bytes): Bytes =>
  concat(SIGNED, u64(at), u64(size), root);

/** One signature for all heads; one receipt for each, in the order given. `at`: ms since the Unix epoch. */
export async function signReceipts(heads: readonly Head[], key: CryptoKey, at: number): Promise<Receipt[]> {
  const tree = await merkleTree(await Promise.all(heads.map(leafOf)));
  const signature = await sign(key, signedBytes(at, tree.size, tree.root));
  return heads.map((head, index) => ({
    ...head,
    at,
    index,
    size: tree.size,
    path: tree.path(index),
    signature,
  }));
}

/** Recomputes the root from the path and checks the server's signature over it. */
export async function verifyReceipt(receipt: Receipt, serverKey: CryptoKey): Promise<boolean> {
  const root = await merkleFold(await leafOf(receipt), receipt.index, receipt.size, receipt.path);
  return root !== null && verify(serverKey, receipt.signature, signedBytes(receipt.at, receipt.size, root));
}
