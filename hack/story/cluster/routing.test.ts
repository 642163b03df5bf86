/** What the front does with connections: long-polling stays with its replica, a dead replica's clients go elsewhere. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SottoClient } from '@sotto/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../cluster/cluster.ts';
import { Person } from '../../lib/person.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-routing-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { express: 3, host: '127.0.0.1', port: 0, json: true };

interface Handshake {
  readonly status: number;
  readonly cookie: string;
  readonly sid: string;
}

async function handshake(front: string, cookie = ''): Promise<Handshake> {
  const response = await fetch(`${front}/socket.io/?EIO=4&transport=polling`, { headers: { cookie } });
  const text = await response.text();
  return {
    status: response.status,
    cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
    sid: response.ok ? (JSON.parse(text.slice(1)) as { sid: string }).sid : '',
  };
}

/** Statuses of the requests of one connection: it connects, and asks for what there is, again and again. */
async function talk(front: string, { sid, cookie }: Handshake): Promise<Set<number>> {
  const statuses = new Set<number>();
  const url = `${front}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  const ask = async (method: 'GET' | 'POST', body?: string): Promise<void> => {
    const response = await fetch(url, {
      method,
      headers: { cookie },
      ...(body === undefined ? {} : { body }),
    });
    await response.arrayBuffer();
    statuses.add(response.status);
  };
  await ask('POST', '40');
  // The connect is answered, then the server says hello.
  await ask('GET');
  // An `auth` that is none is refused, and that is the last word.
  await ask('POST', '42["auth","{}"]');
  await ask('GET');
  return statuses;
}

describe('sticky', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ ...options, sticky: true, dataDir: join(folder, 'sticky') });
  });
  afterAll(() => cluster.stop());

  test('connections are spread, and the requests of one go where it was made', async () => {
    const { front } = cluster.state();
    const cookies = new Set<string>();
    for (let i = 0; i < 9; i++) {
      const made = await handshake(front);
      cookies.add(made.cookie);
      expect(await talk(front, made)).toEqual(new Set([200]));
    }
    expect(cookies.size).toBe(options.express);
  });

  test('who was at a replica that died is at another one at once', async () => {
    const { front, replicas } = cluster.state();
    const before = await handshake(front);
    const { pid } = replicas[Number(/\d+$/.exec(before.cookie)?.[0]) - 1] ?? { pid: 0 };
    process.kill(pid, 'SIGKILL');
    const after = await handshake(front, before.cookie);
    expect(after.status).toBe(200);
    expect(after.cookie).not.toBe(before.cookie);
    expect(await talk(front, after)).toEqual(new Set([200]));
  });
});

describe('not sticky', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ ...options, sticky: false, dataDir: join(folder, 'random') });
  });
  afterAll(() => cluster.stop());

  test('no cookie is set; clients over WebSocket lack nothing', async () => {
    const { front } = cluster.state();
    expect((await handshake(front)).cookie).toBe('');
    const people = [];
    for (let i = 0; i < 3; i++) people.push(await Person.signUp(front, i, `random-${i}`));
    const [ada, ...others] = people as [Person, ...Person[]];
    const room = await ada.client.createRoom('Anywhere');
    const link = await ada.client.invite(room);
    for (const { client } of others) await client.join(link);
    for (let i = 0; i < 3; i++) {
      for (const person of people) await person.reopen();
      await Promise.all(people.map((person) => person.online()));
      for (const person of people) await person.say(room, `${person.handle} ${i}`);
    }
    const texts = people.flatMap((person) => [0, 1, 2].map((i) => `${person.handle} ${i}`));
    await Promise.all(people.flatMap((person) => texts.map((text) => person.sees(room, text))));
    const alerts = (client: SottoClient) => client.alerts().map(({ sentence }) => sentence);
    expect(people.flatMap(({ client }) => alerts(client))).toEqual([]);
    for (const person of people) await person.close();
  });
});
