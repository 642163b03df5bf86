/** Accounts: handles, key chains, devices, backups. */
import { type BackupMethod, type Bytes, concat, type SignedStatement, u32 } from '@sotto/protocol';
import type {
  BackupItem,
  NewAccount,
  Result,
  StatementEffect,
  StoredAccount,
  StoredBackup,
} from '../store.ts';
import type { AccountCopies } from './account-copies.ts';
import { refusalOf } from './append.ts';
import { buffer, flag, own } from './bytes.ts';
import { HOME, type Keys } from './keys.ts';
import type { Argument, Link } from './link.ts';

/** A statement as one list element: u32 length of its bytes, the bytes, the signature. */
const packed = ({ bytes, signature }: SignedStatement): Buffer =>
  buffer(concat(u32(bytes.length), bytes, signature));

function unpacked(value: Buffer): SignedStatement {
  const end = 4 + value.readUInt32BE(0);
  return { bytes: own(value.subarray(4, end)), signature: own(value.subarray(end)) };
}

function deviceChange(effect: StatementEffect): Argument[] {
  switch (effect.type) {
    case 'device.add':
      return ['add', buffer(effect.device), buffer(effect.spki)];
    case 'device.revoke':
      return ['revoke', buffer(effect.device), ''];
    case 'key.publish':
      return [];
  }
}

const itemArguments = (items: readonly BackupItem[]): Argument[] =>
  items.flatMap(({ name, sealed }) => [name, buffer(sealed)]);

export class Accounts {
  readonly #link: Link;
  readonly #keys: Keys;
  readonly #copies: AccountCopies;

  constructor(link: Link, keys: Keys, copies: AccountCopies) {
    this.#link = link;
    this.#keys = keys;
    this.#copies = copies;
  }

  async create(a: NewAccount): Promise<Result> {
    const { method, authHash, wrapped } = a.backup;
    const changes = a.effects.map(deviceChange).filter((change) => change.length > 0);
    const keys = [
      this.#keys.account(HOME, a.account),
      this.#keys.devices(HOME, a.account),
      this.#keys.chain(a.account),
      this.#keys.handle(a.handleIndex),
      this.#keys.backup(a.account),
      this.#keys.pending(),
    ];
    return this.#change(a.account, 'create_account', keys, [
      buffer(a.account),
      buffer(a.sealedHandle),
      JSON.stringify(method),
      authHash,
      buffer(wrapped),
      flag(this.#copies.needed),
      a.statements.length,
      changes.length,
      a.items.length,
      ...a.statements.map(packed),
      ...changes.flat(),
      ...itemArguments(a.items),
    ]);
  }

  async extendChain(
    account: Bytes,
    seq: number,
    statement: SignedStatement,
    effect: StatementEffect,
  ): Promise<Result> {
    const change = deviceChange(effect);
    const keys = [
      this.#keys.account(HOME, account),
      this.#keys.devices(HOME, account),
      this.#keys.chain(account),
      this.#keys.pending(),
    ];
    return this.#change(account, 'extend_chain', keys, [
      buffer(account),
      seq,
      packed(statement),
      flag(this.#copies.needed),
      ...(change.length > 0 ? change : ['none', '', '']),
    ]);
  }

  async #change(account: Bytes, name: string, keys: string[], args: Argument[]): Promise<Result> {
    const refusal = refusalOf((await this.#link.fcall(name, keys, args)) as unknown[]);
    // Also where it was refused: it may be this very change, tried again after an unknown outcome.
    await this.#copies.teach(account);
    return refusal ?? { ok: true };
  }

  async chain(account: Bytes, from: number, limit: number): Promise<SignedStatement[]> {
    if (limit < 1) return [];
    const range = [this.#keys.chain(account), from - 1, from + limit - 2];
    return ((await this.#link.call('LRANGE', ...range)) as Buffer[]).map(unpacked);
  }

  accounts(accounts: readonly Bytes[]): Promise<(StoredAccount | null)[]> {
    return Promise.all(
      accounts.map(async (account) => {
        const key = this.#keys.account(HOME, account);
        const [length, handle] = (await this.#link.call('HMGET', key, 'chain', 'handle')) as Buffer[];
        return handle ? { account, sealedHandle: own(handle), chainSeq: Number(length) } : null;
      }),
    );
  }

  async byHandle(handleIndex: Bytes): Promise<Bytes | null> {
    const account = await this.#link.call('GET', this.#keys.handle(handleIndex));
    return account === null ? null : own(account as Buffer);
  }

  async device(account: Bytes, device: Bytes): Promise<{ spki: Bytes; live: boolean } | null> {
    const key = this.#keys.devices(HOME, account);
    const value = (await this.#link.call('HGET', key, buffer(device))) as Buffer | null;
    if (value === null) return null;
    return { spki: own(value.subarray(1)), live: value.subarray(0, 1).toString('latin1') === '1' };
  }

  async backup(account: Bytes): Promise<StoredBackup | null> {
    const key = this.#keys.account(HOME, account);
    const found = await this.#link.call('HMGET', key, 'method', 'auth', 'wrapped');
    const [method, auth, wrapped] = found as Buffer[];
    if (!method || !wrapped) return null;
    return {
      method: JSON.parse(method.toString()) as BackupMethod,
      authHash: String(auth),
      wrapped: own(wrapped),
    };
  }

  async backupItems(account: Bytes, after: string, limit: number): Promise<BackupItem[]> {
    // Names end with a zero byte there: the byte after it lies behind all of `after` and before every later name.
    const range = [`(${after}\x01`, '+', 'BYLEX', 'LIMIT', 0, limit] as const;
    const members = (await this.#link.call('ZRANGE', this.#keys.backup(account), ...range)) as Buffer[];
    return members.map((member) => {
      const end = member.indexOf(0);
      return { name: member.toString('utf8', 0, end), sealed: own(member.subarray(end + 1)) };
    });
  }

  async putBackupItems(account: Bytes, items: readonly BackupItem[]): Promise<void> {
    if (items.length === 0) return;
    await this.#link.fcall('put_backup_items', [this.#keys.backup(account)], itemArguments(items));
  }
}
