/** Whom limits by address are counted for. */
import type { Socket } from 'socket.io';

/**
 * The peer's address; behind `trustedProxies` reverse proxies, the one that the outermost of them saw. What lies further left
 * in X-Forwarded-For was written by the peer itself.
 */
export function addressOf(
  { headers, address }: Pick<Socket['handshake'], 'headers' | 'address'>,
  trustedProxies: number,
): string {
  const forwarded = headers['x-forwarded-for'];
  if (trustedProxies === 0 || forwarded === undefined) return address;
  const hops = [forwarded]
    .flat()
    .join(',')
    .split(',')
    .map((hop) => hop.trim());
  return hops.at(-trustedProxies) ?? address;
}
