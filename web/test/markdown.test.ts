/**
 * What a hostile member can do with a message's text, in a real browser under the page's own strict policy: nothing. The
 * renderer is bundled as the app bundles it, and what it makes is put into a page as the app puts it there.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ORIGIN = 'http://sotto.test';
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'";
const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const source = (name: string): string =>
  fileURLToPath(new URL(`../src/room/timeline/text/${name}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'sotto-markdown-'));
let browser: Browser;
let page: Page;
const requested: string[] = [];
const complaints: string[] = [];

interface Shown {
  html: string | null;
  text: string;
  tags: string[];
  /** "tag.attribute=value" of all attributes. */
  attributes: string[];
  ms: number;
}

interface Bundle {
  markdown(text: string, reader: string): string | null;
  sanitised(html: string): string;
  needsMarkdown(text: string): boolean;
}

/** `how`: the whole way of a message, or markup that comes to the sanitiser as if marked had let it through. */
const show = (text: string, how: 'markdown' | 'sanitised' = 'markdown'): Promise<Shown> =>
  page.evaluate(
    ([text, how]) => {
      const { markdown, sanitised } = (globalThis as unknown as { bundle: Bundle }).bundle;
      const started = performance.now();
      const html = how === 'markdown' ? markdown(text, 'ada') : sanitised(text);
      const ms = performance.now() - started;
      const box = document.createElement('div');
      box.innerHTML = html ?? '';
      document.body.replaceChildren(box);
      const all = [...box.querySelectorAll('*')];
      return {
        html,
        text: box.innerText,
        tags: all.map((element) => element.localName),
        attributes: all.flatMap((e) => [...e.attributes].map((a) => `${e.localName}.${a.name}=${a.value}`)),
        ms,
      };
    },
    [text, how] as const,
  );

beforeAll(async () => {
  const entry = join(folder, 'entry.ts');
  writeFileSync(
    entry,
    `import { markdown, sanitised } from ${JSON.stringify(source('markdown.ts'))};
     import { needsMarkdown } from ${JSON.stringify(source('needs-markdown.ts'))};
     globalThis.bundle = { markdown, sanitised, needsMarkdown };`,
  );
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    build: { outDir: 'out', rollupOptions: { input: entry, output: { entryFileNames: 'entry.js' } } },
  });
  const script = readFileSync(join(folder, 'out', readdirSync(join(folder, 'out'))[0] as string), 'utf8');
  const executablePath = process.env.SOTTO_CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium: install one or name it in SOTTO_CHROMIUM');
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  page = await browser.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.route('**/*', async (route) => {
    const url = route.request().url();
    requested.push(url);
    if (url === `${ORIGIN}/entry.js`) {
      await route.fulfill({ contentType: 'text/javascript', body: script });
    } else if (url === `${ORIGIN}/`) {
      await route.fulfill({
        contentType: 'text/html',
        headers: { 'content-security-policy': POLICY },
        body: '<!doctype html><title>x</title><body><script type="module" src="/entry.js"></script>',
      });
    } else await route.abort();
  });
  await page.addInitScript(() => {
    Object.assign(globalThis, { alert: () => Object.assign(globalThis, { alerted: true }) });
  });
  await page.goto(ORIGIN);
  await page.waitForFunction(() => 'bundle' in globalThis);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const ATTACKS = [
  '<script>alert(1)</script> *a*',
  '<img src=x onerror=alert(1)> *a*',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s> *a*',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;"> *a*',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)> *a*',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe> *a*',
  '<a href="javascript:alert(1)">x</a> *a*',
  '<base href="https://evil.example/"> *a*',
  '<meta http-equiv=refresh content="0;url=https://evil.example/"> *a*',
  '<link rel=stylesheet href=https://evil.example/x.css> *a*',
  '<style>*{background:url(https://evil.example/x)}</style> *a*',
  '<div style="background:url(https://evil.example/x)" class="fixed inset-0" id="app">*a*</div>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt&colon;alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](java\\script:alert(1))',
  '[x](<java\tscript:alert(1)>)',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](https://a.example/" onmouseover="alert(1))',
  "[x](https://a.example/' onmouseover='alert(1))",
  '[x](https://a.example "t" onmouseover="alert(1)")',
  '<javascript:alert(1)> *a*',
  '![x](https://evil.example/pixel.png)',
  '![x" onerror="alert(1)](https://evil.example/pixel.png)',
  '[![x](https://evil.example/a.png)](https://evil.example/b)',
  '`<img src=x onerror=alert(1)>`',
  '```<img src=x onerror=alert(1)>\n<img src=x onerror=alert(1)>\n```',
  '- ```"><img src=x onerror=alert(1)>\n  <script>alert(1)</script>\n  ```',
  '| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <script>alert(1)</script> | d |',
  '# <img src=x onerror=alert(1)>',
  '> <img src=x onerror=alert(1)>',
  '*a* &lt;img src=x onerror=alert(1)&gt; &#60;script&#62;alert(1)&#60;/script&#62;',
  '*a* \u0000<scr\u0000ipt>alert(1)</scr\u0000ipt>',
  '[a]: javascript:alert(1)\n\n[a] *b*',
  '**<a href="https://evil.example" onclick="alert(1)" class="md-me">@ada</a>**',
];

const TAGS = 'p br strong em del code pre blockquote ul ol li hr a span div table thead tbody tr th td'.split(
  ' ',
);
const ATTRIBUTES =
  /^\w+\.(href|title|class|start|tabindex|role|aria-label|target|rel)=|^(p|ul|ol|blockquote|div)\.dir=auto$/;

function expectHarmless(shown: Shown): void {
  expect(shown.tags.filter((tag) => !TAGS.includes(tag))).toEqual([]);
  expect(shown.attributes.filter((attribute) => !ATTRIBUTES.test(attribute))).toEqual([]);
  expect(shown.attributes.filter((a) => /\.href=/.test(a) && !/\.href=(https?|mailto):/.test(a))).toEqual([]);
  expect(shown.attributes.filter((a) => /\.class=/.test(a) && !/\.class=md-\w+$/.test(a))).toEqual([]);
}

describe('nothing that is written becomes anything but text', () => {
  test.each(ATTACKS)('%s', async (text) => expectHarmless(await show(text)));
});

// Before the sanitiser gets raw markup: parsing that, even in a document apart, has Chromium report what it blocks.
test('nothing was complained about', () => {
  expect(complaints.filter((line) => !line.includes('favicon'))).toEqual([]);
});

describe('and if it did, the sanitiser takes it out', () => {
  test.each(ATTACKS)('%s', async (text) => expectHarmless(await show(text, 'sanitised')));

  test('a link without a good target keeps its text alone', async () => {
    const shown = await show(
      '<a href="https://">a</a><a href="//evil.example">b</a><a href="/x">c</a>',
      'sanitised',
    );
    expect(shown.attributes.filter((attribute) => attribute.startsWith('a.href'))).toEqual([]);
    expect(shown.text).toBe('abc');
  });
});

test('nothing was run or loaded', async () => {
  expect(await page.evaluate(() => (globalThis as unknown as { alerted?: boolean }).alerted)).toBeUndefined();
  expect(requested.filter((url) => url !== `${ORIGIN}/favicon.ico`)).toEqual([
    `${ORIGIN}/`,
    `${ORIGIN}/entry.js`,
  ]);
});

describe('links', () => {
  test('open elsewhere, tell nobody where from, and say where they lead', async () => {
    const { attributes } = await show('[plan](https://a.example/x?y=1&z=2)');
    expect(attributes).toContain('a.href=https://a.example/x?y=1&z=2');
    expect(attributes).toContain('a.title=https://a.example/x?y=1&z=2');
    expect(attributes).toContain('a.target=_blank');
    expect(attributes).toContain('a.rel=noopener noreferrer nofollow');
  });

  test.each([
    ['[https://bank.example](https://evil.example/)', 'https://bank.example (evil.example)'],
    ['[ba**nk**.example](https://evil.example/)', 'bank.example (evil.example)'],
    ['[b`ank.exam`ple](https://evil.example/)', 'bank.example (evil.example)'],
    ['https://bank.example@evil.example/ *a*', 'https://bank.example@evil.example/ (evil.example) a'],
    ['[the plan](https://a.example/)', 'the plan'],
    ['[](https://a.example/)', 'https://a.example/'],
    ['www.a.example', 'www.a.example'],
  ])('%s', async (text, shown) => expect((await show(text)).text.trim()).toBe(shown));

  test('an image is a link to it', async () => {
    const shown = await show('![cat](https://a.example/cat.png)');
    expect(shown.tags).toEqual(['p', 'a']);
    expect(shown.text).toBe('cat');
  });
});

test('each block at the margin takes its direction from its own letters, and nobody else chooses one', async () => {
  const { attributes } = await show('*a*\n\n- שלום\n- b\n\n> *c*\n\n<p dir="rtl">d</p>');
  expect(attributes.filter((a) => a.includes('.dir='))).toEqual([
    'p.dir=auto',
    'ul.dir=auto',
    'blockquote.dir=auto',
    'p.dir=auto',
  ]);
});

describe('no letter is lost', () => {
  test.each([
    ['a < b && c > d; *e* <img src=x onerror=alert(1)>', 'a < b && c > d; e <img src=x onerror=alert(1)>'],
    ['*a* &amp; &lt;b&gt; &#60;', 'a &amp; &lt;b&gt; &#60;'],
    ['2 * 3 * 4 = 24', '2 * 3 * 4 = 24'],
    ['snake_case_name and __init__.py', 'snake_case_name and init.py'],
    ['¯\\_(ツ)_/¯', '¯\\_(ツ)_/¯'],
    ['[1]: https://a.example/', '[1]: https://a.example/'],
    ['[x] [y][z] a[0][1]', '[x] [y][z] a[0][1]'],
    ['*a*\n    indented\n===\nb', 'a\n    indented\n===\nb'],
    ['tabs\tand  *double*  spaces', 'tabs\tand  double  spaces'],
    ['- [ ] open\n- [x] done', '☐ open\n☑ done'],
    ['3. three\n4. four', 'three\nfour'],
    ['~~gone~~ ~and this~', 'gone and this'],
    ['a|b', 'a|b'],
    ['@ada, *look*', '@ada, look'],
  ])('%j', async (text, shown) => {
    const { html } = await show(text);
    const seen = await page.evaluate((html) => {
      const box = document.createElement('div');
      box.style.whiteSpace = 'pre-wrap';
      box.innerHTML = html;
      document.body.replaceChildren(box);
      return box.innerText;
    }, html ?? text);
    expect(seen.replaceAll(/\n+/g, '\n').trim()).toBe(shown);
  });

  test.each(['# ', '> ', '- ', '[](javascript:x)', '****'])(
    'what would show as nothing is shown as written: %j',
    async (text) => {
      const shown = await show(text);
      expect(shown.html === null || shown.text.trim() !== '' || shown.tags.includes('hr')).toBe(true);
    },
  );
});

describe('no text keeps the page busy', () => {
  const filled = (piece: string): string => piece.repeat(Math.floor(8000 / piece.length));
  test.each([
    '*a*b',
    'a_',
    '_a ',
    '**_a_ ',
    '[',
    '[a](',
    '![',
    '`a``b```c',
    '> ',
    '>',
    '- ',
    '- 1. ',
    '> - ',
    '~a ',
    '~~a',
    'http://a.b ',
    'www.',
    'a@',
    'aaaa',
    '|a|\n|-|\n',
    '\\',
    '<',
    '<a ',
    '&',
    '# ',
    ' ',
    '\t',
    '\n',
    '```\n',
    '*_',
  ])('%j', async (piece) => {
    for (const text of [filled(piece), `${filled(piece)}a`, `a${filled(piece)}b\n*c*`, `${filled(piece)}@`]) {
      const wanted = await page.evaluate(
        (text) => (globalThis as unknown as { bundle: Bundle }).bundle.needsMarkdown(text),
        text,
      );
      if (wanted) expect((await show(text)).ms).toBeLessThan(1000);
    }
  });
});
