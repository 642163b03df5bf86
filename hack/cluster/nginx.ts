/**
 * The configuration of the load balancer in front of the replicas: a pure function from a description to text. It keeps a client
 * on one replica where it can, which long-polling needs; nothing else does.
 */

/** What an installed NGINX can do, from what `nginx -V` prints. */
export interface NginxBuild {
  readonly version: string;
  /** The `sticky` directive came to the open source NGINX with 1.29.6. */
  readonly sticky: boolean;
  /** Modules whose temporary folders must be named: their built-in ones belong to the system's own NGINX. */
  readonly tempOf: readonly string[];
}

const STICKY_SINCE = [1, 29, 6];
const WITH_TEMP = ['proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** `printed`: all that `nginx -V` says. Throws where it is no NGINX. */
export function nginxBuild(printed: string): NginxBuild {
  const version = /nginx\/(\d+\.\d+\.\d+)/.exec(printed)?.[1];
  if (version === undefined) throw new Error('this is no NGINX');
  const tempOf = WITH_TEMP.filter((module) => !printed.includes(`--without-http_${module}_module`));
  return { version, sticky: isAtLeast(version.split('.').map(Number), STICKY_SINCE), tempOf };
}

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const differs = least.findIndex((part, i) => version[i] !== part);
  return differs === -1 || (version[differs] as number) > (least[differs] as number);
}

export interface Upstream {
  /** What the replica calls itself in the cookie: a word. */
  readonly route: string;
  readonly host: string;
  readonly port: number;
}

/**
 * How a client stays with a replica. `sticky`: NGINX sets a cookie. `route`: the replica sets it on the handshake and NGINX looks it up.
 * (A hash of a cookie would not do: the answer of the first request would name a replica that did not make the connection.)
 * `none`: any replica, whatever was before; only WebSocket works then, since a connection of long-polling is many requests.
 */
export type Stickiness = 'sticky' | 'route' | 'none';

export interface NginxOptions {
  readonly host: string;
  readonly port: number;
  readonly upstreams: readonly Upstream[];
  readonly stickiness: Stickiness;
  readonly build: NginxBuild;
}

/** The cookie that `services/server-express/src/http/handshakes.ts` sets; the same name in both kinds of stickiness. */
const COOKIE = 'sotto_route';

/** One failed try sends others elsewhere for so long; a replica is back within about a second. */
const CHECKS = 'max_fails=1 fail_timeout=2s';

const serverOf = ({ host, port }: Upstream, rest = ''): string => `server ${host}:${port} ${CHECKS}${rest};`;

const block = (head: string, lines: readonly string[]): string[] => [
  `${head} {`,
  ...lines.map((line) => (line === '' ? '' : `  ${line}`)),
  '}',
];

/** Spare connections for requests that are no WebSocket. */
const KEEPALIVE = 'keepalive 16;';

function upstreamBlocks({ upstreams, stickiness }: NginxOptions): string[] {
  const servers = upstreams.map((upstream) => serverOf(upstream));
  const all = (extra: readonly string[]) => block('upstream sotto', [...extra, ...servers, KEEPALIVE]);
  if (stickiness === 'none') return all(['random;']);
  if (stickiness === 'sticky') {
    const sticky = `sticky cookie ${COOKIE} httponly samesite=lax path=/socket.io/;`;
    return block('upstream sotto', ['zone sotto 64k;', ...servers, sticky, KEEPALIVE]);
  }
  // One upstream a replica, in which the others stand in when it is gone.
  const own = upstreams.flatMap((mine) =>
    block(`upstream sotto_${mine.route}`, [
      serverOf(mine),
      ...upstreams.filter((other) => other !== mine).map((other) => serverOf(other, ' backup')),
      KEEPALIVE,
    ]),
  );
  const routes = upstreams.map(({ route }) => `${route} sotto_${route};`);
  const map = block(`map $cookie_${COOKIE} $sotto_upstream`, ['default sotto;', ...routes]);
  return [...all([]), ...own, ...map];
}

const proxyLines = ({ upstreams }: NginxOptions): string[] => [
  'proxy_http_version 1.1;',
  'proxy_set_header Host $http_host;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection $sotto_connection;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  '# Entries are handed on as they come.',
  'proxy_buffering off;',
  'proxy_request_buffering off;',
  'proxy_connect_timeout 2s;',
  '# Longer than a ping and the wait for its answer (25 s and 20 s): a quiet connection is no dead one.',
  'proxy_read_timeout 75s;',
  'proxy_send_timeout 75s;',
  'proxy_socket_keepalive on;',
  '# A replica that is gone, or that says it is stopping (503). A request that may have had an effect (POST) is not repeated.',
  'proxy_next_upstream error timeout http_502 http_503 http_504;',
  `proxy_next_upstream_tries ${upstreams.length};`,
  'proxy_next_upstream_timeout 10s;',
];

export function nginxConfig(options: NginxOptions): string {
  const { host, port, stickiness, build } = options;
  const target = stickiness === 'route' ? '$sotto_upstream' : 'sotto';
  const temps = ['client_body', ...build.tempOf].map((module) => `${module}_temp_path tmp/${module};`);
  const server = block('server', [
    `listen ${host}:${port} backlog=4096;`,
    'server_name _;',
    '# A long-polling POST carries several frames of 128 KiB at most; anything larger is refused here.',
    'client_max_body_size 1m;',
    ...proxyLines(options),
    ...block('location /', [`proxy_pass http://${target};`]),
    '# For operators, on the replicas themselves.',
    ...block('location = /metrics', ['return 404;']),
    '# Not ready is an answer, not a failure of the one that gives it: connections must not be sent elsewhere for it.',
    ...block('location = /readyz', ['proxy_next_upstream off;', 'proxy_pass http://sotto;']),
  ]);
  const http = block('http', [
    'access_log off;',
    'server_tokens off;',
    ...temps,
    ...block('map $http_upgrade $sotto_connection', ['default upgrade;', "'' '';"]),
    ...upstreamBlocks(options),
    ...server,
  ]);
  return `${[
    `# Made by hack/cluster/nginx.ts for NGINX ${build.version}; changes are lost.`,
    '# One process: a killed NGINX leaves no worker behind that would keep the port.',
    'daemon off;',
    'master_process off;',
    'pid nginx.pid;',
    'error_log stderr warn;',
    ...block('events', ['worker_connections 16384;']),
    ...http,
  ].join('\n')}\n`;
}
