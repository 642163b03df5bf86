/** Who had which role at which position: folded from the statements, which every member has in full (design section 6). */
import type { Role } from '@sotto/protocol';
import type { StatementRecord } from './record.ts';
import { SeqsByKey } from './sorted-seqs.ts';

interface RoleChange {
  readonly account: string;
  /** null: no member from here on. */
  readonly role: Role | null;
}

/** Whose role a statement sets; null where it sets none. The ledger has checked that its author may do that. */
export function roleChange({ statement, account }: StatementRecord): RoleChange | null {
  switch (statement.type) {
    case 'room.create':
      return { account, role: 'owner' };
    case 'member.join':
      return { account, role: 'member' };
    case 'member.leave':
      return { account, role: null };
    case 'member.add':
    case 'member.role':
      return { account: statement.account, role: statement.role };
    case 'member.remove':
      return { account: statement.account, role: null };
    default:
      return null;
  }
}

/** A statement sets a role whatever it was before, so the statements of one account may come in any order. */
export class RoleHistory {
  readonly #changes = new Map<number, RoleChange>();
  readonly #byAccount = new SeqsByKey();

  add(record: StatementRecord): void {
    const change = roleChange(record);
    if (change === null) return;
    this.#changes.set(record.seq, change);
    this.#byAccount.add(change.account, record.seq);
  }

  delete(record: StatementRecord): void {
    const change = roleChange(record);
    if (change === null) return;
    this.#changes.delete(record.seq);
    this.#byAccount.delete(change.account, record.seq);
  }

  /** The role in which an entry at `seq` was written; null as `seq` asks for the newest. */
  at(account: string, seq: number | null): Role | null {
    const before = this.#byAccount.before(account, seq ?? Number.POSITIVE_INFINITY);
    return before === null ? null : (this.#changes.get(before)?.role ?? null);
  }

  mayModerate(account: string, seq: number | null): boolean {
    const role = this.at(account, seq);
    return role === 'owner' || role === 'admin';
  }
}
