/** channel.json: a handshake with the device key, frames both ways, a ticket and the session resumed with it. */
import { b64, label } from '../../src/bytes.ts';
import {
  acceptChannel,
  type Channel,
  type Hello,
  openChannel,
  PROTOCOL_VERSION,
  resumeChannel,
  sealTicket,
  serverIdOf,
  signLogin,
  signWelcome,
  ticketProof,
} from '../../src/channel.ts';
import { aesKey, exportSpki, hkdf } from '../../src/crypto.ts';
import { UNSAFE_TIME } from '../../testing/unsafe-person.ts';
import { ada, fixed, server } from './cast.ts';

async function framesOf(client: Channel, other: Channel) {
  const up = [
    { id: 1, call: 'rooms', args: {} },
    { id: 2, call: 'rooms', args: {} },
  ];
  const down = [{ id: 1, ok: { rooms: [] } }];
  return {
    client: await Promise.all(up.map(async (value) => ({ value, frame: b64(await client.seal(value)) }))),
    server: await Promise.all(down.map(async (value) => ({ value, frame: b64(await other.seal(value)) }))),
  };
}

const keysOf = async (secret: Uint8Array<ArrayBuffer>, transcript: Uint8Array<ArrayBuffer>) => ({
  client: b64(await hkdf(secret, transcript, label('sotto/1/frames/client'), 32)),
  server: b64(await hkdf(secret, transcript, label('sotto/1/frames/server'), 32)),
  resumption: b64(await hkdf(secret, transcript, label('sotto/1/resume'), 32)),
});

export async function channel() {
  const signKey = await exportSpki(server.sign.publicKey);
  const hello: Hello = {
    versions: [PROTOCOL_VERSION],
    server: b64(await serverIdOf(signKey)),
    signKey: b64(signKey),
    wrapKey: b64(await exportSpki(server.wrap.publicKey)),
    nonce: b64(await fixed('server nonce', 32)),
    time: UNSAFE_TIME,
    generation: 'vectors',
  };
  const helloText = JSON.stringify(hello);
  const nonce = await fixed('client nonce', 32);
  const secret = await fixed('channel secret', 32);
  const opened = await openChannel(helloText, hello, server.wrap.publicKey, secret, nonce);
  const accepted = (await acceptChannel(
    helloText,
    hello,
    server.wrap.privateKey,
    nonce,
    opened.wrapped,
  )) as Channel;
  const { transcript } = opened.channel;

  const resumption = await fixed('resumption secret', 32);
  const ticketKey = await fixed('ticket key', 32);
  const ticket = {
    account: b64(ada.account),
    device: b64(ada.device),
    chainSeq: 3,
    secret: b64(resumption),
    issuedAt: UNSAFE_TIME,
  };
  const sealed = await sealTicket(await aesKey(ticketKey), await fixed('ticket nonce', 12), ticket);
  const again = await fixed('second client nonce', 32);
  const client = await resumeChannel(resumption, helloText, again, sealed, 'client');
  const other = await resumeChannel(resumption, helloText, again, sealed, 'server');
  return {
    hello: helloText,
    clientNonce: b64(nonce),
    secret: b64(secret),
    wrapped: b64(opened.wrapped),
    transcript: b64(transcript),
    keys: await keysOf(secret, transcript),
    login: b64(await signLogin(ada.devicePair.privateKey, transcript)),
    welcome: b64(await signWelcome(server.sign.privateKey, transcript)),
    frames: await framesOf(opened.channel, accepted),
    resumed: {
      ticketKey: b64(ticketKey),
      ticketContent: ticket,
      ticket: b64(sealed),
      clientNonce: b64(again),
      proof: b64(await ticketProof(resumption, helloText, again, sealed)),
      transcript: b64(client.transcript),
      keys: await keysOf(resumption, client.transcript),
      frames: await framesOf(client, other),
    },
  };
}
