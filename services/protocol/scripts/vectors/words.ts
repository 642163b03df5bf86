/** backup.json and payload.json. */
import { type BackupMethod, backupKeys, phraseOf, sealItem, wrapBackupKey } from '../../src/backup.ts';
import { b64, utf8, zeros } from '../../src/bytes.ts';
import { aesKey } from '../../src/crypto.ts';
import { decodePayload, encodePayload, type Payload } from '../../src/payload.ts';
import { ada, fixed } from './cast.ts';

export async function backup() {
  const entropy = await fixed('recovery phrase', 32);
  const phrase = phraseOf(entropy);
  const method: BackupMethod = {
    method: 'passphrase',
    salt: b64(await fixed('salt', 16)),
    memoryKiB: 65_536,
    passes: 3,
  };
  const passphrase = 'crème brûlée 42';
  const backupKey = await fixed('backup key', 32);
  const halves = async (how: BackupMethod, words: string) => {
    const keys = await backupKeys(how, words);
    const wrapped = await wrapBackupKey(keys.wrap, ada.account, backupKey);
    return { method: how, words, auth: b64(keys.auth), wrap: b64(keys.wrap), wrapped: b64(wrapped) };
  };
  const item = await sealItem(await aesKey(backupKey), ada.account, 'vectors/1', utf8('an item'));
  return {
    entropy: b64(entropy),
    account: b64(ada.account),
    backupKey: b64(backupKey),
    ways: [await halves({ method: 'phrase' }, phrase), await halves(method, passphrase)],
    item: { name: 'vectors/1', plaintext: b64(utf8('an item')), sealed: b64(item) },
    refusedMethods: [
      { ...method, memoryKiB: 65_535 },
      { ...method, passes: 2 },
      { ...method, salt: b64(await fixed('salt', 15)) },
    ],
  };
}

export async function payload() {
  const target = b64(zeros(16));
  const good: Payload[] = [
    { kind: 'text', text: 'Hello, 世界 🌍 \u{10FFFD} \u202Eright to left' },
    { kind: 'reply', target, text: 'yes', mentions: [target] },
    { kind: 'edit', target, text: '' },
    { kind: 'delete', target },
    { kind: 'reaction', target, emoji: '👩‍👩‍👧‍👦', on: true },
    { kind: 'profile', name: 'Kitchen', topic: 'who cooks' },
  ];
  const bad = [
    '{"v":2,"kind":"text","text":"x"}',
    '{"v":1,"kind":"poll"}',
    '{"v":1,"kind":"text","text":"x","html":"x"}',
    '{"v":1,"kind":"delete","target":"AA"}',
    '{"v":1,"kind":"reaction","target":"AAAAAAAAAAAAAAAAAAAAAA","emoji":"x","on":1}',
    '[]',
    '',
  ];
  return {
    good: good.map((value) => ({ value, bytes: b64(encodePayload(value)) })),
    bad: bad.map((text) => ({ bytes: b64(utf8(text)), decoded: decodePayload(utf8(text)) })),
  };
}
