import { expect, test } from 'vitest';
import { type Bytes, fromHex, hex, zeros } from './bytes.ts';
import { merkleFold, merkleLeaf, merklePath, merkleRoot, merkleTree, merkleVerify } from './merkle.ts';

/** Inputs, roots and paths of the Certificate Transparency project's own tests of RFC 6962 (merkle_tree_test). */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const PATHS: [index: number, size: number, path: string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

const leavesOf = (size: number): Promise<Bytes[]> =>
  Promise.all(INPUTS.slice(0, size).map((input) => merkleLeaf(fromHex(input))));

test('roots are those of RFC 6962', async () => {
  expect(hex(await merkleRoot([]))).toBe(EMPTY);
  for (const [i, root] of ROOTS.entries()) expect(hex(await merkleRoot(await leavesOf(i + 1)))).toBe(root);
});

test('paths are those of RFC 6962', async () => {
  for (const [index, size, path] of PATHS) {
    expect((await merklePath(await leavesOf(size), index)).map(hex)).toEqual(path);
  }
});

test('every leaf of every tree up to 70 leads to the root, and nothing else does', async () => {
  for (let size = 1; size <= 70; size++) {
    const leaves = await Promise.all(Array.from({ length: size }, (_, i) => merkleLeaf(new Uint8Array([i]))));
    const tree = await merkleTree(leaves);
    for (let i = 0; i < size; i++) {
      const leaf = leaves[i] as Bytes;
      const path = tree.path(i);
      expect(await merkleVerify(leaf, i, size, path, tree.root)).toBe(true);
      expect(await merkleVerify(zeros(32), i, size, path, tree.root)).toBe(false);
      expect(await merkleVerify(leaf, i, size, [...path, zeros(32)], tree.root)).toBe(false);
      if (path.length > 0) {
        expect(await merkleVerify(leaf, i, size, path.slice(1), tree.root)).toBe(false);
        expect(await merkleVerify(leaf, i ^ 1, size, path, tree.root)).toBe(false);
      }
    }
  }
});

test('a path that ends too soon, or goes on, leads nowhere', async () => {
  const leaves = await leavesOf(6);
  const tree = await merkleTree(leaves);
  for (const [i, leaf] of leaves.entries()) {
    const path = tree.path(i);
    expect(await merkleFold(leaf, i, 6, path)).toEqual(tree.root);
    for (let length = 0; length < path.length; length++) {
      expect(await merkleFold(leaf, i, 6, path.slice(0, length))).toBeNull();
    }
    expect(await merkleFold(leaf, i, 6, [...path, zeros(32)])).toBeNull();
  }
});

test('places outside the tree lead nowhere', async () => {
  const [leaf] = await leavesOf(1);
  for (const [index, size] of [
    [1, 1],
    [-1, 1],
    [0, 0],
    [0.5, 2],
    [0, Number.POSITIVE_INFINITY],
    [Number.NaN, 2],
  ] as const) {
    expect(await merkleFold(leaf as Bytes, index, size, [])).toBeNull();
  }
});
