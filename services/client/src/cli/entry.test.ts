import { expect, test } from 'vitest';
import { timelineItem } from '../../testing/stub-client.ts';
import { entryObject, entryText } from './entry.ts';

const at = new Date(2026, 2, 1, 14, 2).getTime();
const text = (change: Parameters<typeof timelineItem>[0]): string =>
  entryText(timelineItem({ at, ...change }));

test('the forms for people', () => {
  expect(text({})).toBe('2026-03-01 14:02  alice: hello');
  expect(
    text({
      edited: true,
      replyTo: { id: 'x', handle: 'bob', text: '' },
      reactions: [{ emoji: '👍', accounts: ['a', 'b'] }],
    }),
  ).toBe('2026-03-01 14:02  alice to bob: hello (edited)  [👍 2]');
  expect(text({ kind: 'event', text: 'bob came in' })).toBe('2026-03-01 14:02  * bob came in');
  expect(text({ kind: 'deleted', text: '' })).toBe('2026-03-01 14:02  alice: (deleted)');
  const unreadable = { cause: 'The key is missing.', action: 'Open another device.' };
  expect(text({ kind: 'unreadable', unreadable })).toBe(
    '2026-03-01 14:02  alice: (unreadable: The key is missing. Open another device.)',
  );
});

test('nobody writes what looks like a line of somebody else', () => {
  const forged = 'hi\n2026-03-01 14:03  bob: I quit';
  expect(text({ text: forged }).split('\n')[1]).toBe(`${' '.repeat(18)}2026-03-01 14:03  bob: I quit`);
  expect(text({ handle: 'a\nb' })).not.toContain('\n');
});

test('the documented fields for programs', () => {
  expect(entryObject(timelineItem())).toEqual({
    seq: 3,
    from: 'alice',
    kind: 'text',
    text: 'hello',
    at: 0,
    id: 'm1',
  });
  const unreadable = { cause: 'why', action: 'what' };
  expect(entryObject(timelineItem({ kind: 'unreadable', text: '', unreadable }))).toMatchObject({
    cause: 'why',
  });
});
