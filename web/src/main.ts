/** Builds the session once and hands it to the screens. Nothing else reads the environment. */
import './app.css';
import { wrap } from 'comlink';
import { mount } from 'svelte';
import App from './App.svelte';
import { contextOf } from './session/context.ts';
import { PendingInvite } from './session/pending-invite.svelte.ts';
import { Router } from './session/router.svelte.ts';
import { Session } from './session/session.svelte.ts';
import { Theme } from './session/theme.svelte.ts';
import { Toasts } from './session/toasts.svelte.ts';
import './worker/errors.ts';
import type { WorkerSurface } from './worker/surface.ts';

const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
const session = new Session(wrap<WorkerSurface>(worker));
worker.addEventListener('error', () => session.stumbled());

// The worker is not told by every browser.
for (const event of ['online', 'offline'] as const) {
  addEventListener(event, () => session.setNetwork(event === 'online'));
}

mount(App, {
  target: document.querySelector('#app') as HTMLElement,
  context: contextOf({
    session,
    router: new Router(),
    invite: new PendingInvite(),
    theme: new Theme(),
    toasts: new Toasts(),
  }),
});

// Browsers hide the cryptography that everything here rests on from pages that came over plain HTTP.
if (isSecureContext) void session.start(location.origin);
else session.fail('Sotto needs a secure address: https://, or localhost on this machine.');
