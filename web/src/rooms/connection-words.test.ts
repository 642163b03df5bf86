import { expect, test } from 'vitest';
import { connectionWords } from './connection-words.ts';

test('offline says why, when it tries again, and that nothing is lost', () => {
  const words = connectionWords(
    { state: 'offline', reason: 'the server cannot be reached', retryAt: 5200 },
    1000,
  );
  expect(words.title).toBe('Offline');
  expect(words.detail).toBe(
    'The server cannot be reached. Trying again in 5 s. What you write is kept here and sent later.',
  );
});

test('a time that has come, or is left out', () => {
  expect(connectionWords({ state: 'offline', reason: 'gone.', retryAt: 900 }, 1000).detail).toContain(
    'Gone. Trying again now.',
  );
  expect(connectionWords({ state: 'offline', reason: '', retryAt: 900 }, null).detail).toBe(
    'No connection. What you write is kept here and sent later.',
  );
});

test('what a transport calls it stays out', () => {
  const reason = 'There is no connection to the server right now. (xhr poll error)';
  expect(connectionWords({ state: 'offline', reason, retryAt: 3000 }, 1000).detail).toMatch(
    /^There is no connection to the server right now\. Trying again in 2 s\./,
  );
});

test('where no further attempt is made, nothing is promised', () => {
  const words = connectionWords(
    { state: 'offline', reason: 'This device has been revoked.', retryAt: null },
    1000,
  );
  expect(words.title).toBe('Signed out');
  expect(words.detail).toContain('This device has been revoked. Sotto does not try again');
  expect(words.detail).not.toContain('sent later');
});

test('catching up counts', () => {
  expect(connectionWords({ state: 'catching-up', behind: 1 }, null).detail).toBe('1 message to go');
  expect(connectionWords({ state: 'catching-up', behind: 40 }, null).detail).toBe('40 messages to go');
});
