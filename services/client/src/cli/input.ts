/** Standard input: lines to send, and secrets, which are never arguments (others see those in the list of processes). */
import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';

/**
 * The lines of a stream. Not `node:readline`, which also ends lines at U+2028 and so would take texts apart. Empty
 * lines are left out: nobody sends them.
 */
export async function* lines(input: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() as string;
    for (const part of parts) {
      const line = part.replace(/\r$/, '');
      if (line !== '') yield line;
    }
  }
  if (rest !== '') yield rest;
}

/** All of standard input without its last line break; at a terminal one line, not shown while it is typed. */
export async function secret(
  input: Readable & { isTTY?: boolean },
  screen: Writable,
  prompt: string,
): Promise<string> {
  let text = '';
  if (input.isTTY === true) {
    screen.write(prompt);
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const typed = createInterface({ input, output: nowhere, terminal: true });
    try {
      text = await typed.question('');
    } finally {
      typed.close();
      screen.write('\n');
    }
  } else {
    for await (const chunk of input.setEncoding('utf8')) text += chunk;
  }
  text = text.replace(/\r?\n$/, '');
  if (text.trim() === '') throw new Error('Nothing came on standard input.');
  return text;
}
