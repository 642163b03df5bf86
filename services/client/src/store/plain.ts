/**
 * Copies of plain data. `structuredClone` will not do: of a byte array that is a view it copies all the memory behind it,
 * so that a row of 300 bytes could carry the 64 KB frame that it was cut from, and whatever secrets lay there.
 */

/** The same plain data in memory of its own. Throws TypeError on anything else; `CryptoKey`s go through as they are. */
export function copyOf<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw notPlain(typeof value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return Array.from(value, copied);
  if (value instanceof Map) return new Map(Array.from(value, ([k, v]) => [copied(k), copied(v)]));
  if (value instanceof Set) return new Set(Array.from(value, copied));
  if (value instanceof CryptoKey) return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw notPlain(value.constructor.name);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copied(inner)]));
}

const notPlain = (what: string) => new TypeError(`a ${what} is no plain data and cannot be kept`);
