/** A hue for an id, the same everywhere: one of 24, so that two neighbours can be told apart. */
export function hueOf(id: string): number {
  let sum = 7;
  for (const character of id) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return ((sum ^ (sum >>> 11)) % 24) * 15;
}
