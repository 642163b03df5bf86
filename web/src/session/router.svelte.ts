/** A router over three paths, the ones that every server answers with the page. */
export type Route = { name: 'rooms' } | { name: 'room'; room: string } | { name: 'invite' };

function routeOf(path: string): Route {
  const room = /^\/r\/([\w-]+)\/?$/.exec(path)?.[1];
  if (room !== undefined) return { name: 'room', room };
  return path === '/i' || path === '/i/' ? { name: 'invite' } : { name: 'rooms' };
}

const depthNow = (): number => Number(history.state?.depth ?? 0);

export class Router {
  #route = $state.raw<Route>(routeOf(location.pathname));
  /** How many entries of history this page made below the one shown: only those may be gone back to. */
  #depth = depthNow();

  constructor() {
    addEventListener('popstate', () => {
      this.#depth = depthNow();
      this.#route = routeOf(location.pathname);
    });
  }

  get route(): Route {
    return this.#route;
  }

  toRoom(room: string, replace = false): void {
    this.#go(`/r/${room}`, replace);
  }

  toRooms(): void {
    if (this.#depth > 0) history.back();
    else this.#go('/', true);
  }

  /** Away from here for good, as after leaving a room. */
  home(): void {
    this.#go('/', true);
  }

  #go(path: string, replace: boolean): void {
    if (path === location.pathname) return;
    if (!replace) this.#depth++;
    history[replace ? 'replaceState' : 'pushState']({ depth: this.#depth }, '', path);
    this.#route = routeOf(path);
  }
}
