/** The connection against a real replica in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  accountIdOf,
  type Bytes,
  b64,
  deviceIdOf,
  exportSpki,
  extendKeyChain,
  handleCommitment,
  type KeyChain,
  randomBytes,
  type StatementBody,
  signStatement,
  type Welcome,
} from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Connection } from '../src/connection/connection.ts';
import { type Identity, ServerKeyChanged } from '../src/connection/handshake.ts';
import type { Session } from '../src/connection/session.ts';

const CUTS = 5;
const MAIN = fileURLToPath(new URL('../../server-express/src/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sotto-connection-'));
const opened: Connection[] = [];
let server: ChildProcess;
let url = '';

async function start(port: number): Promise<void> {
  server = spawn(process.execPath, [MAIN, '--port', String(port), '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    const found = /http:\/\/\S+/.exec(line);
    if (found === null) continue;
    url = found[0];
    return;
  }
  throw new Error('the replica did not start');
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}

interface Online {
  session: Session;
  welcome: Welcome;
  serverKey: string;
  generation: string;
}

/** Opens a connection and hands out its sessions one by one. */
function connect(identity: Identity | null, pinned: string | null = null) {
  const sessions: Online[] = [];
  const failures: { error: Error; retryAt: number | null }[] = [];
  let wake = (): void => {};
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const connection = new Connection({
    url,
    identity,
    pinned,
    events: {
      online(session, welcome, serverKey, generation) {
        sessions.push({ session, welcome, serverKey, generation });
        wake();
      },
      offline(error, retryAt) {
        failures.push({ error, retryAt });
        wake();
      },
      notice: () => {},
      entries: () => {},
    },
  });
  opened.push(connection);
  connection.open();
  return {
    failures,
    async online(n: number): Promise<Online> {
      await until(() => sessions.length >= n);
      return sessions[n - 1] as Online;
    },
    async failed(): Promise<Error> {
      await until(() => failures.length > 0);
      return failures[0]?.error as Error;
    },
  };
}

/** Signs an account up over an anonymous connection. */
async function signUp(i: number, handle: string): Promise<Identity> {
  const [accountPair, devicePair] = [await unsafeSigningPair(2 * i), await unsafeSigningPair(2 * i + 1)];
  const [accountKey, deviceKey] = [
    await exportSpki(accountPair.publicKey),
    await exportSpki(devicePair.publicKey),
  ];
  const encryptionKey = await exportSpki((await unsafeEncryptionPair(i)).publicKey);
  const [account, device] = [await accountIdOf(accountKey), await deviceIdOf(deviceKey)];
  const commitment = b64(await handleCommitment(account, handle));
  const steps: [StatementBody, CryptoKey][] = [
    [{ type: 'account.create', accountKey: b64(accountKey), handle: commitment }, accountPair.privateKey],
    [{ type: 'device.add', deviceKey: b64(deviceKey) }, accountPair.privateKey],
    [{ type: 'key.publish', device: b64(device), number: 1, key: b64(encryptionKey) }, devicePair.privateKey],
  ];
  let chain: KeyChain | null = null;
  const statements: { bytes: string; signature: string }[] = [];
  for (const [body, signer] of steps) {
    const signed = await signStatement(chain, account, body, signer, Date.now());
    chain = await extendKeyChain(chain, signed);
    statements.push({ bytes: b64(signed.bytes), signature: b64(signed.signature) });
  }
  const secret = (length: number): string => b64(randomBytes(length) as Bytes);
  const { session } = await connect(null).online(1);
  await session.call('account.create', {
    handle,
    statements,
    backup: { method: { method: 'phrase' }, auth: secret(32), wrapped: secret(60) },
    items: [{ name: 'account-key', sealed: secret(100) }],
  });
  return { account, device, deviceKey: devicePair.privateKey, chainSeq: () => 3 };
}

beforeAll(() => start(0));
afterEach(() => {
  for (const connection of opened.splice(0)) connection.close();
});
afterAll(async () => {
  await stop('SIGTERM');
  rmSync(folder, { recursive: true });
});

test('a device signs up, signs in, and its calls are answered or refused by code', async () => {
  const alice = await signUp(0, 'alice');
  const { session, welcome } = await connect(alice).online(1);
  expect(welcome).toMatchObject({ chainSeq: 3, rooms: [] });
  expect(await session.call('account.find', { handle: 'alice' })).toEqual({ account: b64(alice.account) });
  await expect(session.call('account.find', { handle: 'nobody' })).rejects.toMatchObject({
    code: 'unknown_handle',
  });
});

test('a killed replica: what waits is unknown, and the ticket brings the device back without its key', async () => {
  const bob = await signUp(1, 'bob');
  const person = connect(bob);
  const first = await person.online(1);
  const { port } = new URL(url);
  await stop('SIGKILL');
  await start(Number(port));
  const second = await person.online(2);
  expect(second.generation).toBe(first.generation);
  expect(second.welcome.signature).toBeUndefined();
  await expect(first.session.call('rooms', {})).rejects.toMatchObject({ code: 'no_connection' });
  expect(await second.session.call('rooms', {})).toEqual({ rooms: [] });
});

test('a line that breaks at every point of the handshake is tried again until it holds', async () => {
  const dana = await signUp(3, 'dana');
  const { port } = new URL(url);
  let cutAfter = 0;
  // The first connection ends after the server's first chunk, the next after its second, and so on.
  const relay = createServer((near) => {
    const far = connectTcp(Number(port), '127.0.0.1');
    let left = ++cutAfter;
    for (const end of [near, far]) end.on('error', () => {});
    near.on('data', (chunk) => far.write(chunk));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    far.on('data', (chunk) => {
      near.write(chunk);
      if (--left > 0 || cutAfter > CUTS) return;
      near.end();
      far.destroy();
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const direct = url;
  try {
    url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
    const person = connect(dana);
    const answered = async (): Promise<number> => {
      for (let n = 1; ; n++) {
        const { session } = await person.online(n);
        const answer = await session.call('rooms', {}).catch(() => null);
        if (answer !== null) return cutAfter;
      }
    };
    expect(await answered()).toBeGreaterThan(2);
    expect(person.failures.filter(({ retryAt }) => retryAt === null)).toEqual([]);
  } finally {
    url = direct;
    relay.close();
  }
});

test('a replica that drains: its clients come back when it is there again', async () => {
  const carol = await signUp(2, 'carol');
  const person = connect(carol);
  await person.online(1);
  const { port } = new URL(url);
  await stop('SIGTERM');
  await start(Number(port));
  expect((await person.online(2)).welcome.chainSeq).toBe(3);
});

test('another server key than the pinned one is told by name, and not tried again', async () => {
  const other = await exportSpki((await unsafeSigningPair(40)).publicKey);
  const person = connect(null, b64(other));
  expect(await person.failed()).toBeInstanceOf(ServerKeyChanged);
  expect(person.failures).toEqual([{ error: expect.any(ServerKeyChanged), retryAt: null }]);
});

test('a device that the server does not know is refused for good', async () => {
  const { privateKey } = await unsafeSigningPair(41);
  const nobody = {
    account: randomBytes(16),
    device: randomBytes(16),
    deviceKey: privateKey,
    chainSeq: () => 1,
  };
  const person = connect(nobody);
  expect(await person.failed()).toHaveProperty('code');
  expect(person.failures[0]?.retryAt).toBeNull();
});
