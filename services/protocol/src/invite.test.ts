import { beforeAll, expect, test } from 'vitest';
import { unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { type Bytes, b64, zeros } from './bytes.ts';
import { importVerifyKey, randomBytes, verify } from './crypto.ts';
import {
  formatInviteLink,
  type InviteLink,
  makeInvite,
  type NewInvite,
  openInvite,
  parseInviteLink,
  proveJoin,
} from './invite.ts';
import { joinProofBytes } from './membership.ts';

const preview = { roomName: 'Küche 🍳', inviterHandle: 'ada' };
let room: Bytes;
let made: NewInvite;
let link: InviteLink;

beforeAll(async () => {
  room = randomBytes(16);
  made = await makeInvite(room, preview, await unsafeSigningPair(40));
  link = { invite: made.invite, fingerprint: randomBytes(32), secret: made.secret };
});

test('a link comes back from its text, from any origin, and from what follows the # alone', () => {
  for (const origin of ['https://chat.example', 'https://chat.example/', 'http://localhost:8080']) {
    const text = formatInviteLink(origin, link);
    expect(text).toMatch(/^https?:\/\/[^/]+\/i#/);
    expect(parseInviteLink(text)).toEqual(link);
    expect(parseInviteLink(` ${text}\n`)).toEqual(link);
    expect(parseInviteLink(text.slice(text.indexOf('#') + 1))).toEqual(link);
  }
});

test('nothing of the link but its address reaches a server', () => {
  const url = new URL(formatInviteLink('https://chat.example', link));
  expect(`${url.origin}${url.pathname}${url.search}`).toBe('https://chat.example/i');
});

test('what is no link is null', () => {
  const parts = [b64(link.invite), b64(link.fingerprint), b64(link.secret)] as const;
  for (const text of [
    '',
    'https://chat.example',
    parts.slice(0, 2).join('.'),
    [...parts, 'AAAA'].join('.'),
    [b64(zeros(15)), parts[1], parts[2]].join('.'),
    [parts[0], b64(zeros(31)), parts[2]].join('.'),
    [parts[0], parts[1], b64(zeros(33))].join('.'),
    [parts[0], parts[1], `${parts[2]}=`].join('.'),
  ]) {
    expect(parseInviteLink(text), text).toBeNull();
  }
});

test('the secret opens the preview and the key that proves a join', async () => {
  const opened = await openInvite(room, link, made.sealed);
  expect(opened?.preview).toEqual(preview);
  const [account, fingerprint] = [randomBytes(16), randomBytes(32)];
  const proof = await proveJoin(opened?.key as CryptoKey, room, link.invite, account, fingerprint);
  const key = (await importVerifyKey(made.key)) as CryptoKey;
  expect(await verify(key, proof, joinProofBytes(room, link.invite, account, fingerprint))).toBe(true);
  expect(await verify(key, proof, joinProofBytes(room, link.invite, randomBytes(16), fingerprint))).toBe(
    false,
  );
  expect(opened?.key.extractable).toBe(false);
});

test('another secret, room, invite or other bytes open nothing', async () => {
  expect(await openInvite(room, { ...link, secret: randomBytes(32) }, made.sealed)).toBeNull();
  expect(await openInvite(randomBytes(16), link, made.sealed)).toBeNull();
  expect(await openInvite(room, { ...link, invite: randomBytes(16) }, made.sealed)).toBeNull();
  expect(await openInvite(room, link, zeros(0))).toBeNull();
  const changed = made.sealed.slice();
  changed[20] = (changed[20] as number) ^ 1;
  expect(await openInvite(room, link, changed)).toBeNull();
});
