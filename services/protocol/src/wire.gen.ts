/**
 * Made from schemas/*.json by scripts/make-wire-types.ts; not to be edited. Nothing is built on these types: they exist so
 * that the compiler compares the schemas with the types of `wire.ts` (see `wire.gen.test.ts`).
 */

export interface Wire {
  Hello: Hello;
  Auth:
    | {
        version: number;
        nonce: string;
        wrapped: string;
        sealed: string;
      }
    | {
        version: number;
        nonce: string;
        ticket: string;
        proof: string;
      };
  Credentials:
    | {
        mode: 'anonymous';
      }
    | {
        mode: 'device';
        account: string;
        device: string;
        chainSeq: number;
        signature: string;
      };
  Welcome: Welcome;
  Calls: SottoProtocol1TheCalls;
  Call: Call;
  Reply:
    | {
        id: number;
        ok: {
          [k: string]: unknown;
        };
      }
    | {
        id: number;
        error: WireError;
      };
  Notice:
    | {
        notice: 'acks';
        acks: (Ack | Nack)[];
      }
    | {
        notice: 'receipts';
        receipts: Receipt[];
      }
    | {
        notice: 'room';
        room: RoomSummary;
      }
    | {
        notice: 'keys';
        account: string;
        seq: number;
      }
    | {
        notice: 'typing';
        room: string;
        account: string;
        typing: boolean;
      }
    | {
        notice: 'presence';
        room: string;
        account: string;
        online: boolean;
      }
    | {
        notice: 'cursor';
        room: string;
        seq: number;
      }
    | {
        notice: 'draining';
        retryAfterMs: number;
      };
  WireError: WireError;
  Statement:
    | {
        v: 1;
        account: string;
        seq: number;
        prev: string;
        at: number;
        type: 'account.create';
        accountKey: string;
        handle: string;
      }
    | {
        v: 1;
        account: string;
        seq: number;
        prev: string;
        at: number;
        type: 'device.add';
        deviceKey: string;
      }
    | {
        v: 1;
        account: string;
        seq: number;
        prev: string;
        at: number;
        type: 'device.revoke';
        device: string;
        by?: string;
      }
    | {
        v: 1;
        account: string;
        seq: number;
        prev: string;
        at: number;
        type: 'key.publish';
        device: string;
        number: number;
        key: string;
      };
  Membership:
    | {
        v: 1;
        prev: string;
        type: 'room.create';
        salt: string;
        chain: ChainPoint;
      }
    | {
        v: 1;
        prev: string;
        type: 'member.add';
        account: string;
        role: 'admin' | 'member';
        chain: ChainPoint;
      }
    | {
        v: 1;
        prev: string;
        type: 'member.join';
        invite: string;
        chain: ChainPoint;
        fingerprint: string;
        proof: string;
      }
    | {
        v: 1;
        prev: string;
        type: 'member.remove';
        account: string;
      }
    | {
        v: 1;
        prev: string;
        type: 'member.leave';
      }
    | {
        v: 1;
        prev: string;
        type: 'member.role';
        account: string;
        role: 'owner' | 'admin' | 'member';
      }
    | {
        v: 1;
        prev: string;
        type: 'member.keys';
        chain: ChainPoint;
      }
    | {
        v: 1;
        prev: string;
        type: 'invite.create';
        invite: string;
        key: string;
        sealed: string;
        expiresAt: number;
        uses: number;
      }
    | {
        v: 1;
        prev: string;
        type: 'invite.revoke';
        invite: string;
      };
  Commit: Commit;
  HistoryGrant: History;
  Payload:
    | {
        v: 1;
        kind: 'text';
        text: string;
        mentions?: string[];
      }
    | {
        v: 1;
        kind: 'reply';
        target: string;
        text: string;
        mentions?: string[];
      }
    | {
        v: 1;
        kind: 'edit';
        target: string;
        text: string;
        mentions?: string[];
      }
    | {
        v: 1;
        kind: 'delete';
        target: string;
      }
    | {
        v: 1;
        kind: 'reaction';
        target: string;
        emoji: string;
        on: boolean;
      }
    | {
        v: 1;
        kind: 'profile';
        name: string;
        topic?: string;
      };
}
export interface Hello {
  versions: number[];
  server: string;
  signKey: string;
  wrapKey: string;
  nonce: string;
  time: number;
  generation: string;
}
export interface Welcome {
  session: string;
  signature?: string;
  ticket?: string;
  chainSeq?: number;
  rooms: RoomSummary[];
  time: number;
}
export interface RoomSummary {
  room: string;
  head: number;
  chain: string;
  epoch: number;
  role: ('owner' | 'admin' | 'member') | null;
  since: number;
  until: number | null;
  cursor: number;
}
export interface SottoProtocol1TheCalls {
  'account.create': AccountCreate;
  'backup.method': BackupMethod;
  'backup.fetch': BackupFetch;
  'device.add': DeviceAdd;
  'backup.put': BackupPut;
  'backup.read': BackupRead;
  'account.find': AccountFind;
  directory: Directory;
  'chain.read': ChainRead;
  'chain.extend': ChainExtend;
  rooms: Rooms;
  read: Read;
  'wraps.stage': WrapsStage;
  'wrap.fetch': WrapFetch;
  'recipients.fetch': RecipientsFetch;
  'invite.open': InviteOpen;
  'invite.read': InviteRead;
  'cursor.set': CursorSet;
  typing: Typing;
  presence: Presence;
}
export interface AccountCreate {
  ask: {
    handle: string;
    statements: WireStatement[];
    backup: {
      method:
        | {
            method: 'phrase';
          }
        | {
            method: 'passphrase';
            salt: string;
            memoryKiB: number;
            passes: number;
          };
      auth: string;
      wrapped: string;
    };
    items: BackupItem[];
  };
  answer: {
    account: string;
  };
}
export interface WireStatement {
  bytes: string;
  signature: string;
}
export interface BackupItem {
  name: string;
  sealed: string;
}
export interface BackupMethod {
  ask: {
    handle: string;
  };
  answer: {
    account: string;
    method:
      | {
          method: 'phrase';
        }
      | {
          method: 'passphrase';
          salt: string;
          memoryKiB: number;
          passes: number;
        };
  };
}
export interface BackupFetch {
  ask: {
    handle: string;
    auth: string;
    after?: string;
  };
  answer: {
    wrapped: string;
    items: BackupItem[];
    next: string | null;
  };
}
export interface DeviceAdd {
  ask: {
    statements: WireStatement[];
  };
  answer: {
    seq: number;
  };
}
export interface BackupPut {
  ask: {
    items: BackupItem[];
  };
  answer: {};
}
export interface BackupRead {
  ask: {
    after?: string;
  };
  answer: {
    items: BackupItem[];
    next: string | null;
  };
}
export interface AccountFind {
  ask: {
    handle: string;
  };
  answer: {
    account: string;
  };
}
export interface Directory {
  ask: {
    accounts: string[];
  };
  answer: {
    accounts: {
      account: string;
      handle: string;
      seq: number;
    }[];
  };
}
export interface ChainRead {
  ask: {
    account: string;
    from: number;
  };
  answer: {
    statements: WireStatement[];
    seq: number;
  };
}
export interface ChainExtend {
  ask: {
    statement: WireStatement;
  };
  answer: {
    seq: number;
  };
}
export interface Rooms {
  ask: {};
  answer: {
    rooms: RoomSummary[];
  };
}
export interface Read {
  ask: {
    room: string;
    from: number;
    limit: number;
  };
  answer: {
    count: number;
    head: number;
    chain: string;
  };
}
export interface WrapsStage {
  ask: {
    room: string;
    commit: string;
    wraps: Wrap[];
  };
  answer: {};
}
export interface Wrap {
  device: string;
  keyId: string;
  wrap: string;
}
export interface WrapFetch {
  ask: {
    room: string;
    epoch: number;
  };
  answer: {
    keyId: string;
    wrap: string;
    index: number;
    size: number;
    path: string[];
  };
}
export interface RecipientsFetch {
  ask: {
    room: string;
    epoch: number;
  };
  answer: {
    recipients: string;
  };
}
export interface InviteOpen {
  ask: {
    invite: string;
  };
  answer: {
    room: string;
    envelope: string;
    inviterHandle: string;
    head: number;
    chain: string;
  };
}
export interface InviteRead {
  ask: {
    invite: string;
    from: number;
    limit: number;
  };
  answer: {
    count: number;
    head: number;
    chain: string;
  };
}
export interface CursorSet {
  ask: {
    room: string;
    seq: number;
  };
  answer: {};
}
export interface Typing {
  ask: {
    room: string;
    typing: boolean;
  };
  answer: {};
}
export interface Presence {
  ask: {
    room: string;
  };
  answer: {
    online: string[];
  };
}
export interface Call {
  id: number;
  call:
    | 'account.create'
    | 'backup.method'
    | 'backup.fetch'
    | 'device.add'
    | 'backup.put'
    | 'backup.read'
    | 'account.find'
    | 'directory'
    | 'chain.read'
    | 'chain.extend'
    | 'rooms'
    | 'read'
    | 'wraps.stage'
    | 'wrap.fetch'
    | 'recipients.fetch'
    | 'invite.open'
    | 'invite.read'
    | 'cursor.set'
    | 'typing'
    | 'presence';
  args: {
    [k: string]: unknown;
  };
}
export interface WireError {
  code: string;
  sentence: string;
  detail?: string;
  retryAfterMs?: number;
  correlation?: string;
}
export interface Ack {
  room: string;
  id: string;
  seq: number;
  chain: string;
  at: number;
}
export interface Nack {
  room?: string;
  id?: string;
  error: WireError;
}
export interface Receipt {
  room: string;
  seq: number;
  chain: string;
  at: number;
  index: number;
  size: number;
  path: string[];
  signature: string;
}
export interface ChainPoint {
  seq: number;
  hash: string;
}
export interface Commit {
  v: 1;
  epoch: number;
  previous: string;
  membership: string;
  root: string;
  count: number;
  commitment: string;
}
export interface History {
  v: 1;
  to: string;
  since: number;
  nonce: string;
  bundle: string;
  wraps: Wrap[];
}
