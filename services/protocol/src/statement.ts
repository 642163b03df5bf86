/**
 * Statements of key chains (design section 4): what each says, the bytes it travels as, and its link. A statement travels as the
 * exact bytes that were signed and the signature; nobody re-serialises it.
 */
import { type Bytes, concat, label } from './bytes.ts';
import { hashShort } from './crypto.ts';
import { SottoError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { checkSize, parseTyped, type Shape } from './shape.ts';

/** The signed bytes (UTF-8 JSON of a `Statement`) and the RSA-PSS signature over them. */
export interface SignedStatement {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

interface StatementBase {
  v: 1;
  /** Account id, base64url of 16 bytes. */
  account: string;
  /** Position in the chain, from 1, dense. */
  seq: number;
  /** Link of the previous statement, base64url of 32 bytes; zeros at 1. */
  prev: string;
  /** Signer's clock, ms since the Unix epoch. Informative only. */
  at: number;
}

export type Statement = StatementBase &
  (
    | { type: 'account.create'; accountKey: string; handle: string }
    | { type: 'device.add'; deviceKey: string }
    /** `by` names the live device that signs; without it the account key does. */
    | { type: 'device.revoke'; device: string; by?: string }
    | { type: 'key.publish'; device: string; number: number; key: string }
  );

/** A statement's own part: what its author chooses; account, position, link and time are filled in by the chain. */
export type StatementBody =
  | { type: 'account.create'; accountKey: string; handle: string }
  | { type: 'device.add'; deviceKey: string }
  | { type: 'device.revoke'; device: string; by?: string }
  | { type: 'key.publish'; device: string; number: number; key: string };

const LINK = new Uint8Array([0x03]);
const SIGNED = label('sotto/1/statement');

/** What the signature is over: "sotto/1/statement" || 0x00 || statement bytes. */
export const statementSigned = (bytes: Bytes): Bytes => concat(SIGNED, bytes);

/** 32 bytes that the next statement's `prev` names: SHA-256(0x03 || statement bytes). */
export const statementLink = async (bytes: Bytes): Promise<Bytes> => hashShort(LINK, bytes);

export const badStatement = (why: string) => new SottoError('bad_statement', why);

const STATEMENT: Shape = { account: 'id', seq: 'count', prev: 'hash', at: 'time' };
const SHAPES: Readonly<Record<StatementBody['type'], Shape>> = {
  'account.create': { ...STATEMENT, accountKey: 'spki', handle: 'hash' },
  'device.add': { ...STATEMENT, deviceKey: 'spki' },
  'device.revoke': { ...STATEMENT, device: 'id', by: 'id?' },
  'key.publish': { ...STATEMENT, device: 'id', number: 'count', key: 'spki' },
};

/** The statement behind signed bytes. Throws `too_large` or `bad_statement`. Checks no signature. */
export function parseStatement(bytes: Bytes): Statement {
  checkSize(bytes, LIMITS.statementBytes, 'statement');
  return parseTyped(bytes, SHAPES, badStatement) as unknown as Statement;
}
