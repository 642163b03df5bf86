/**
 * The two connections as `@socket.io/redis-adapter` wants them. It leaves the promises of its commands alone; one that is
 * rejected while Redis is away would end the process, so they are caught here: what they carry may be lost.
 */
import type { Redis } from 'ioredis';

const ignored = (): void => undefined;

export function adapterClients(publisher: Redis, subscriber: Redis): [unknown, unknown] {
  const events = (redis: Redis) => ({
    on: redis.on.bind(redis),
    off: redis.off.bind(redis),
    listenerCount: redis.listenerCount.bind(redis),
  });
  const pub = {
    ...events(publisher),
    publish: (channel: string, message: string | Buffer) =>
      void publisher.publish(channel, message).catch(ignored),
    // How the adapter counts the replicas that will answer.
    send_command(name: string, args: string[], done: (error: Error | null, reply?: unknown) => void) {
      publisher.call(name, ...args).then(
        (reply) => done(null, reply),
        (error: Error) => done(error),
      );
    },
  };
  const sub = {
    ...events(subscriber),
    subscribe: (channels: string[]) => void subscriber.subscribe(...channels).catch(ignored),
    unsubscribe: (channels: string[]) => void subscriber.unsubscribe(...channels).catch(ignored),
    psubscribe: (pattern: string) => void subscriber.psubscribe(pattern).catch(ignored),
    punsubscribe: (pattern: string) => void subscriber.punsubscribe(pattern).catch(ignored),
  };
  return [pub, sub];
}
