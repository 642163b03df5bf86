/** What `main.ts` builds once and every screen reaches: handed down, not imported, so a test can have two in one page. */
import { getContext } from 'svelte';
import type { PendingInvite } from './pending-invite.svelte.ts';
import type { Router } from './router.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Theme } from './theme.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

export interface AppContext {
  readonly session: Session;
  readonly router: Router;
  readonly invite: PendingInvite;
  readonly theme: Theme;
  readonly toasts: Toasts;
}

const APP = Symbol('app');

/** For `mount`. */
export const contextOf = (app: AppContext): Map<symbol, AppContext> => new Map([[APP, app]]);

export const getApp = (): AppContext => getContext(APP);
