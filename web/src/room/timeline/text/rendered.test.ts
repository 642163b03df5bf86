import { expect, test, vi } from 'vitest';
import { Rendered } from './rendered.ts';

test('renders once a text, again when it was edited', () => {
  const rendered = new Rendered();
  const render = vi.fn((text: string) => `<p>${text}</p>`);
  expect(rendered.get('a', 'x', render)).toBe('<p>x</p>');
  expect(rendered.get('a', 'x', render)).toBe('<p>x</p>');
  expect(render).toHaveBeenCalledTimes(1);
  expect(rendered.get('a', 'y', render)).toBe('<p>y</p>');
  expect(render).toHaveBeenCalledTimes(2);
});

test('keeps what was needed lately', () => {
  const rendered = new Rendered();
  const render = vi.fn((text: string) => text);
  for (let i = 0; i < 1500; i++) {
    rendered.get(`${i}`, 'x', render);
    rendered.get('0', 'x', render);
  }
  expect(render).toHaveBeenCalledTimes(1500);
});
