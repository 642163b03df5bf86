import { describe, expect, test } from 'vitest';
import { linkOf } from './link.ts';

describe('what may be followed', () => {
  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://a.example/1',
    'sotto:room',
    '/relative',
    '//host.example/x',
    'plain',
    'https://',
    '',
  ])('not %j', (target) => expect(linkOf(target, target)).toBeNull());

  test.each(['https://a.example/x?y=1#z', 'http://a.example/', 'mailto:ada@a.example'])('%s', (target) =>
    expect(linkOf(target, target)).toEqual({ href: target, host: null }),
  );
});

describe('where it leads is said where the text may say otherwise', () => {
  test.each([
    ['https://evil.example/', 'https://bank.example'],
    ['https://evil.example/bank.example', 'bank.example'],
    ['https://evil.example/', 'log in at bank.example now'],
    ['https://bank.example@evil.example/', 'https://bank.example@evil.example/'],
    ['https://evil.example/', 'bank。example'],
    ['https://evil.example/', 'click\u202ehere'],
    ['https://evil.example/', 'ba\u200bnk'],
    ['mailto:mallory@evil.example', 'ada@bank.example'],
    ['https://xn--pple-43d.example/', 'https://xn--pple-43d.example/'],
  ])('%s shown as %s', (target, shown) => expect(linkOf(target, shown)?.host).toContain('e'));

  test('the alphabet of a host is shown as it is on the wire', () => {
    expect(linkOf('https://аpple.example/', 'https://аpple.example/')?.host).toBe('xn--pple-43d.example');
  });

  test.each([
    ['https://docs.example/a/index.html', 'https://docs.example/a/index.html'],
    ['https://docs.example/', 'the manual'],
    ['https://www.docs.example/', 'docs.example'],
    ['https://docs.example/', 'see docs.example'],
    ['mailto:ada@a.example', 'ada@a.example'],
    ['mailto:ada@a.example', 'write to me'],
  ])('and not otherwise: %s as %s', (target, shown) => expect(linkOf(target, shown)?.host).toBeNull());
});
