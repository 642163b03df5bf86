import { expect, test } from 'vitest';
import { marked, unmarked } from './operand.ts';

const ID = '-bcdefghijklmnopqrstuv';

test.each([ID, `-${ID.slice(1, 22)}`, '--cdefghijklmnopqrstuv', '-5', '-5 °C', '- a point = a line', '-x y'])(
  '%s is no option',
  (argument) => {
    expect(marked(argument)).not.toBe(argument);
    expect(unmarked(marked(argument))).toBe(argument);
  },
);

test.each([
  '-',
  '--',
  '-h',
  '--json',
  '--home',
  '--home=/a b',
  '--topic=x',
  'text',
  'two words',
  '--acknowledge',
])('%s stays as it is', (argument) => {
  expect(marked(argument)).toBe(argument);
});

test('the mark goes from options as well', () => {
  expect(unmarked({ replyTo: marked(ID), since: 3, follow: true })).toEqual({
    replyTo: ID,
    since: 3,
    follow: true,
  });
});
