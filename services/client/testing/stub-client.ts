/** A client that does what a test tells it, for tests of those who drive one. */
import type {
  ClientEvents,
  ConnectionState,
  MemberView,
  RoomView,
  SottoClientApi,
  TimelineItem,
} from '../src/views.ts';

type Listener = (value: never) => void;

export interface Stub {
  readonly client: SottoClientApi;
  emit<E extends keyof ClientEvents>(event: E, value: ClientEvents[E]): void;
  /** How many listeners there are: none may stay behind. */
  listeners(): number;
}

/** `methods` are those that the test needs; any other throws TypeError. */
export function stubClient(methods: Partial<SottoClientApi> = {}): Stub {
  const listeners = new Set<{ event: string; listener: Listener }>();
  let state: ConnectionState = { state: 'connecting' };
  const client: Partial<SottoClientApi> = {
    account: () => ({ account: 'me', handle: 'me', device: 'd', fingerprint: 'f' }),
    connection: () => state,
    rooms: () => [],
    close: async () => {},
    on(event, listener) {
      const entry = { event, listener: listener as Listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    ...methods,
  };
  return {
    client: client as SottoClientApi,
    emit(event, value) {
      if (event === 'connection') state = value as ConnectionState;
      for (const one of [...listeners]) if (one.event === event) one.listener(value as never);
    },
    listeners: () => listeners.size,
  };
}

export const roomView = (change: Partial<RoomView> = {}): RoomView => ({
  room: 'room-1',
  name: 'Ops',
  topic: '',
  role: 'member',
  head: 3,
  epoch: 1,
  unread: 0,
  mentions: 0,
  members: 2,
  preview: null,
  typing: [],
  cursor: 0,
  since: 1,
  halted: false,
  blocked: null,
  ...change,
});

export const memberView = (change: Partial<MemberView> = {}): MemberView => ({
  account: 'a',
  handle: 'alice',
  role: 'member',
  me: false,
  online: false,
  trust: 'new',
  devices: 1,
  ...change,
});

export const timelineItem = (change: Partial<TimelineItem> = {}): TimelineItem => ({
  id: 'm1',
  seq: 3,
  kind: 'text',
  account: 'a',
  handle: 'alice',
  mine: false,
  at: 0,
  text: 'hello',
  edited: false,
  replyTo: null,
  reactions: [],
  mentionsMe: false,
  send: 'logged',
  refusal: null,
  unreadable: null,
  ...change,
});
