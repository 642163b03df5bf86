/**
 * What the account's other devices have put into the backup since this one was admitted: secrets of epochs that were made without it, while it
 * was being admitted or while they were away.
 */
import { type Bytes, fromB64 } from '@sotto/protocol';
import type { Wire } from '../wire.ts';
import { epochItem, sortItems } from './backup-items.ts';
import type { Device } from './device.ts';

/** The secrets among `wanted` that the backup has. */
export async function readSecrets(
  { account, backupKey }: Pick<Device, 'account' | 'backupKey'>,
  wire: Pick<Wire, 'call'>,
  wanted: readonly { room: string; epoch: number }[],
): Promise<{ room: string; epoch: number; secret: Bytes }[]> {
  const { openItem } = await import('@sotto/protocol/backup');
  const names = new Set(wanted.map(({ room, epoch }) => epochItem(room, epoch)));
  const found: { name: string; content: Bytes }[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await wire.call('backup.read', after === undefined ? {} : { after });
    for (const { name, sealed } of page.items) {
      const content = names.has(name) ? await openItem(backupKey, account, name, fromB64(sealed)) : null;
      if (content !== null) found.push({ name, content });
    }
    if (page.next === null) return [...sortItems(found).epochs];
    after = page.next;
  }
}
