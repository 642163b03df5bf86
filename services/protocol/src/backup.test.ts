import { expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import {
  type BackupMethod,
  backupKeys,
  entropyOf,
  isDowngraded,
  newPassphraseMethod,
  openItem,
  phraseOf,
  sealItem,
  unwrapBackupKey,
  wrapBackupKey,
} from './backup.ts';
import { b64, equal, fromHex, hex, utf8, zeros } from './bytes.ts';
import { aesKey, randomBytes } from './crypto.ts';

/** Two of the vectors that BIP-39 publishes for 256 bits. */
const BIP39: [entropy: string, phrase: string][] = [
  ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
  [
    '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length',
  ],
];

test('phrases are those of BIP-39, case and white space forgiven', () => {
  for (const [entropy, phrase] of BIP39) {
    expect(phraseOf(fromHex(entropy))).toBe(phrase);
    expect(hex(entropyOf(phrase) ?? zeros(0))).toBe(entropy);
    expect(hex(entropyOf(`  ${phrase.toUpperCase().replaceAll(' ', ' \n ')} `) ?? zeros(0))).toBe(entropy);
  }
});

test('a phrase with a wrong word, a wrong checksum or another length is none', async () => {
  const [, phrase] = BIP39[1] as [string, string];
  for (const wrong of [
    phrase.replace('hamster', 'hampster'),
    phrase.replace('hamster diagram', 'diagram hamster'),
    phrase.split(' ').slice(0, 12).join(' '),
    `${'abandon '.repeat(11)}about`,
    `${phrase} art`,
    '',
  ]) {
    expect(entropyOf(wrong), wrong).toBeNull();
    expect(await refusal(() => backupKeys({ method: 'phrase' }, wrong))).toBe('bad_request');
  }
});

test('a phrase gives two halves that tell nothing of each other', async () => {
  const phrase = phraseOf(randomBytes(32));
  const keys = await backupKeys({ method: 'phrase' }, phrase);
  expect(await backupKeys({ method: 'phrase' }, phrase.toUpperCase())).toEqual(keys);
  expect(equal(keys.auth, keys.wrap)).toBe(false);
  const other = await backupKeys({ method: 'phrase' }, phraseOf(randomBytes(32)));
  expect(equal(other.auth, keys.auth) || equal(other.wrap, keys.wrap)).toBe(false);
});

test('a passphrase goes through Argon2id with its salt, however its letters are composed', async () => {
  const method = newPassphraseMethod();
  const keys = await backupKeys(method, 'crème brûlée 42');
  expect(await backupKeys(method, 'crème brûlée 42'.normalize('NFD'))).toEqual(keys);
  const salted = await backupKeys(
    { ...method, salt: b64(randomBytes(16)) } as BackupMethod,
    'crème brûlée 42',
  );
  expect(equal(salted.wrap, keys.wrap)).toBe(false);
}, 60_000);

test('parameters below the floor, or past reason, are refused before any work', async () => {
  const right = newPassphraseMethod() as Extract<BackupMethod, { method: 'passphrase' }>;
  expect(isDowngraded(right)).toBe(false);
  expect(isDowngraded({ method: 'phrase' })).toBe(false);
  const weak: unknown[] = [
    { ...right, memoryKiB: 65_535 },
    { ...right, memoryKiB: 65_536.5 },
    { ...right, memoryKiB: Number.NaN },
    { ...right, memoryKiB: '65536' },
    { ...right, memoryKiB: undefined },
    { ...right, passes: 2 },
    { ...right, passes: 0 },
    { ...right, salt: b64(randomBytes(15)) },
    { ...right, salt: '!' },
    { ...right, salt: 5 },
    { ...right, method: 'none', memoryKiB: 1 },
  ];
  for (const method of weak) {
    expect(isDowngraded(method as BackupMethod), JSON.stringify(method)).toBe(true);
    expect(await refusal(() => backupKeys(method as BackupMethod, 'x'))).toBe('bad_request');
  }
  expect(await refusal(() => backupKeys({ ...right, memoryKiB: 2 ** 40 }, 'x'))).toBe('bad_request');
  expect(await refusal(() => backupKeys({ ...right, passes: 101 }, 'x'))).toBe('bad_request');
});

test('the backup key opens with the right words for the right account alone', async () => {
  const [wrap, account, backupKey] = [randomBytes(32), randomBytes(16), randomBytes(32)];
  const wrapped = await wrapBackupKey(wrap, account, backupKey);
  expect(wrapped).toHaveLength(60);
  expect(await unwrapBackupKey(wrap, account, wrapped)).toEqual(backupKey);
  expect(await unwrapBackupKey(randomBytes(32), account, wrapped)).toBeNull();
  expect(await unwrapBackupKey(wrap, randomBytes(16), wrapped)).toBeNull();
  expect(await unwrapBackupKey(wrap, account, zeros(60))).toBeNull();
  expect(await unwrapBackupKey(wrap, account, zeros(3))).toBeNull();
});

test('an item opens under its own name and account alone: the server cannot swap two', async () => {
  const key = await aesKey(randomBytes(32));
  const account = randomBytes(16);
  const sealed = await sealItem(key, account, 'epoch.1', utf8('secret'));
  expect(await openItem(key, account, 'epoch.1', sealed)).toEqual(utf8('secret'));
  expect(await openItem(key, account, 'epoch.2', sealed)).toBeNull();
  expect(await openItem(key, randomBytes(16), 'epoch.1', sealed)).toBeNull();
  expect(await openItem(await aesKey(randomBytes(32)), account, 'epoch.1', sealed)).toBeNull();
});
