/**
 * What was begun and not sent, by room. In memory only: written anywhere else it would be plaintext outside of the
 * client's sealed store.
 */
const drafts = new Map<string, string>();

export const draftOf = (room: string): string => drafts.get(room) ?? '';

export function keepDraft(room: string, text: string): void {
  if (text === '') drafts.delete(room);
  else drafts.set(room, text);
}

/** For whoever leaves this device. */
export const forgetDrafts = (): void => drafts.clear();
