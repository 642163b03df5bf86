import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Relay, startRelay } from './relay.ts';

let folder: string;
let echo: Server;
let relay: Relay;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-relay-'));
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  relay = await startRelay({ targetPort: (echo.address() as AddressInfo).port, captureDir: folder });
});

afterEach(async () => {
  await relay.close();
  echo.close();
  rmSync(folder, { recursive: true });
});

async function dial(): Promise<Socket> {
  const socket = connect(relay.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function receive(socket: Socket, bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) text += String((await once(socket, 'data'))[0]);
  return text;
}

test('bytes pass both ways and each direction is recorded', async () => {
  const socket = await dial();
  socket.write('hello');
  expect(await receive(socket, 5)).toBe('HELLO');
  expect(readFileSync(join(folder, '1.up'), 'utf8')).toBe('hello');
  expect(readFileSync(join(folder, '1.down'), 'utf8')).toBe('HELLO');
  socket.destroy();
});

test('a held answer stays away after its first bytes, and comes in order when released', async () => {
  const socket = await dial();
  relay.hold('down', 2);
  socket.write('hello');
  expect(await receive(socket, 2)).toBe('HE');
  await expect.poll(() => relay.held('down')).toBe(3);
  socket.write(' again');
  await expect.poll(() => relay.held('down')).toBe(9);
  expect(readFileSync(join(folder, '1.down'), 'utf8')).toBe('HELLO AGAIN');
  relay.release('down');
  expect(await receive(socket, 9)).toBe('LLO AGAIN');
  socket.destroy();
});

test('a cut line resets connections and refuses new ones until it is mended', async () => {
  const socket = await dial();
  const failed = once(socket, 'error');
  relay.cut();
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  const refused = connect(relay.port, '127.0.0.1');
  await expect(once(refused, 'close')).rejects.toMatchObject({ code: 'ECONNRESET' });
  relay.mend();
  const again = await dial();
  again.write('x');
  expect(await receive(again, 1)).toBe('X');
  again.destroy();
});
