/** The web client's files: hashed ones for ever, the page itself never from a cache, so that an update arrives at once. */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import express, { type RequestHandler, Router } from 'express';

const NOT_BUILT = 'The web client is not built yet.\n';
/** Paths that the page itself looks at: the start, an invite, a room. */
const PAGES = ['/', '/i', '/r', '/r/*rest'];
const YEAR_S = 365 * 24 * 3600;

export function webFiles(dir: string): Router {
  const router = Router();
  const index = join(dir, 'index.html');
  const assets = `${join(dir, 'assets')}${sep}`;
  const page: RequestHandler = (_request, response) => {
    if (!existsSync(index)) {
      response.status(503).type('text/plain').send(NOT_BUILT);
      return;
    }
    response.set('Cache-Control', 'no-cache').sendFile(index, { cacheControl: false });
  };
  router.get(PAGES, page);
  router.use(
    express.static(dir, {
      index: false,
      redirect: false,
      setHeaders(response, path) {
        const hashed = path.startsWith(assets);
        response.setHeader('Cache-Control', hashed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      },
    }),
  );
  return router;
}
