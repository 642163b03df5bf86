/** Everything that is answered over plain HTTP: health for the cluster, metrics for the operator, files for browsers. */
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { securityHeaders } from './security.ts';
import { webFiles } from './web-files.ts';

export interface AppParts {
  /** Why the replica is not ready; null where it is. */
  readonly notReady: () => Promise<string | null>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly webDir: string;
}

export function createApp({ notReady, metrics, log, webDir }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(securityHeaders());
  // Alive: the process answers. Whether it can serve is another question, and no reason to kill it.
  app.get('/healthz', (_request, response) => {
    response.type('text/plain').send('alive\n');
  });
  app.get('/readyz', async (_request, response) => {
    const why = await notReady();
    response
      .status(why === null ? 200 : 503)
      .type('text/plain')
      .send(`${why ?? 'ready'}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  app.use(webFiles(webDir));
  app.use((_request, response) => {
    response.status(404).type('text/plain').send('There is nothing here.\n');
  });
  // Four parameters are how Express knows an error handler.
  const failed: ErrorRequestHandler = (error, _request, response, _next) => {
    const status = (error as { status?: number }).status ?? 500;
    if (status >= 500) log.error({ err: error }, 'a request failed');
    response
      .status(status)
      .type('text/plain')
      .send(status >= 500 ? 'Something went wrong.\n' : 'This request cannot be answered.\n');
  };
  app.use(failed);
  return app;
}
