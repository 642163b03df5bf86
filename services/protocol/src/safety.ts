/** Numbers that people read to each other (design section 6, Trust). */
import { type Bytes, concat, label, u64 } from './bytes.ts';
import { compareBytes } from './commit.ts';
import { hkdf } from './crypto.ts';

/** 30 digits from 30 bytes: six groups, five bytes modulo 100,000 each (as Signal's safety numbers do). */
async function thirtyDigits(material: Bytes, domain: string): Promise<string> {
  const bytes = await hkdf(material, new Uint8Array(32), label(domain), 30);
  let digits = '';
  for (let i = 0; i < 30; i += 5) {
    const group = bytes.subarray(i, i + 5).reduce((value, byte) => value * 256 + byte, 0);
    digits += String(group % 100_000).padStart(5, '0');
  }
  return digits;
}

/** 60 digits for two people, the same from both sides: both account keys' halves, the lower first. */
export async function safetyNumber(fingerprintA: Bytes, fingerprintB: Bytes): Promise<string> {
  const pair = [fingerprintA, fingerprintB].sort(compareBytes);
  const halves = await Promise.all(pair.map((f) => thirtyDigits(f, 'sotto/1/safety')));
  return halves.join('');
}

/** 30 digits for a room in one epoch: equal for all members who see the same members and the same keys. */
export const roomCode = (room: Bytes, epoch: number, commitHash: Bytes, membership: Bytes): Promise<string> =>
  thirtyDigits(concat(room, u64(epoch), commitHash, membership), 'sotto/1/room-code');

/** Digits in groups of five, for the eye. */
export const groupDigits = (digits: string): string => digits.match(/.{1,5}/g)?.join(' ') ?? '';
