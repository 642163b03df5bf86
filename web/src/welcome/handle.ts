/** What is wrong with a handle, in words, before the server is asked. */
import limits from '@sotto/protocol/limits.json';

const { handleMin, handleMax } = limits;

export const cleanHandle = (typed: string): string => typed.trim().replace(/^@/, '').toLowerCase();

export function handleFault(handle: string): string | null {
  if (handle === '') return 'Choose a handle.';
  if (handle.length < handleMin) return `A handle has at least ${handleMin} characters.`;
  if (handle.length > handleMax) return `A handle has at most ${handleMax} characters.`;
  if (!/^[a-z0-9]/.test(handle)) return 'A handle begins with a letter or a digit.';
  if (!/^[a-z0-9_-]+$/.test(handle)) return 'A handle is made of a–z, 0–9, _ and -.';
  return null;
}
