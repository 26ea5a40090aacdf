// Rows about the kernel's side: the connection table, neighbours, pings, DHCP, other tables, translation, applying twice.
import { CONTAINER, OUTSIDE, PUBLISHED_PORT, SERVER } from './bed.ts';
import { both, type Case, expected, first, type Trial } from './case.ts';
import { connects, TIMEOUT_MS, toServer } from './reach.ts';

/** Entries of the server's table; the column is the namespace's own count. */
function entries({ bed }: Trial): number {
  const [header = '', row = ''] = bed.server
    .run('cat', ['/proc/net/stat/nf_conntrack'])
    .output.trim()
    .split('\n');
  const at = header.trim().split(/\s+/).indexOf('entries');
  return Number.parseInt(row.trim().split(/\s+/)[at] ?? '0', 16);
}

const forget = ({ bed }: Trial): void => {
  bed.server.run('conntrack', ['-F']);
};

/** The kernel drops an entry here and there while the table is filled, as when a chain of its hash is long. */
const MOST_FILLINGS = 5;

/** As many lasting entries as the table has room for. Its limit is the machine's, and is not touched. */
function fillTable(trial: Trial): string | undefined {
  const max = Number(trial.bed.server.run('cat', ['/proc/sys/net/netfilter/nf_conntrack_max']).output);
  let made = 0;
  for (let filling = 0; filling < MOST_FILLINGS && entries(trial) < max; filling++) {
    const count = max - entries(trial) + 64;
    addEntries(trial, made, count);
    made += count;
  }
  return entries(trial) >= max ? undefined : `only ${entries(trial)} of ${max} entries could be made`;
}

function addEntries({ bed }: Trial, from: number, count: number): void {
  const lines = Array.from({ length: count }, (_, at) => {
    const n = from + at;
    const source = `11.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
    return `-A -t 600 -u SEEN_REPLY,ASSURED -s ${source} -d 12.0.0.1 -p tcp --sport 5000 --dport 5000 --state ESTABLISHED`;
  });
  // conntrack opens its file by name, which a socket, as Node's pipes are, does not allow.
  bed.server.run('sh', ['-c', 'cat | conntrack -R /dev/stdin'], lines.join('\n'));
}

const webPing = (family: 4 | 6, args: readonly string[]): readonly string[] => [
  `-${family}`,
  '-n',
  '-q',
  ...args,
  SERVER[family],
];

/** Answers that came back, by ping's own count. */
function pings({ bed, family }: Trial, args: readonly string[]): number {
  const { output } = bed.client.run('ping', webPing(family, args));
  return Number(/(\d+) received/.exec(output)?.[1] ?? -1);
}

const OTHER_TABLE = 'table inet others {\n\tchain keep {\n\t\tcounter accept\n\t}\n}\n';

/** What Docker does for a published port, in a table of its own. */
const DOCKER_LIKE = `table ip docker-like {
	chain pre {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local tcp dport ${PUBLISHED_PORT} dnat to ${CONTAINER}:80
	}
	chain post {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 172.30.0.0/24 oifname "wan" masquerade
	}
}
`;

async function withTable<T>({ bed }: Trial, text: string, table: string, act: () => Promise<T>): Promise<T> {
  bed.server.run('nft', ['-f', '-'], text);
  try {
    return await act();
  } finally {
    bed.server.run('nft', ['delete', 'table', ...table.split(' ')]);
  }
}

const listing = ({ bed }: Trial, ...what: readonly string[]): string =>
  bed.server.run('nft', ['--stateless', 'list', ...what]).output;

const whereWebIsTracked: Case['unless'] = ({ connectionTracking, webPorts }) =>
  connectionTracking === 'stateful' || webPorts.length === 0 ? 'this policy tracks web traffic' : undefined;

export const KERNEL_ROWS: readonly Case[] = [
  {
    id: 'web-entries',
    title: 'web and loopback take no entry in the connection table',
    families: both,
    alone: true,
    unless: whereWebIsTracked,
    run: async (trial) => {
      forget(trial);
      const self = { ...toServer(trial.family, 3000), host: trial.family === 4 ? '127.0.0.1' : '::1' };
      const { from: _, ...attempt } = self;
      const failed = await first(
        ...trial.policy.webPorts.map((port) => connects(trial, port)),
        trial.bed.server
          .order({ kind: 'try-tcp', attempt })
          .then((outcome) => expected(['answered'], outcome, 'loopback')),
      );
      return failed ?? expected(['0'], String(entries(trial)), 'entries');
    },
  },
  {
    id: 'neighbours',
    title: 'IPv6 neighbours find this host after they have forgotten it',
    families: [6],
    run: async (trial) => {
      trial.bed.server.run('ip', ['-6', 'neigh', 'flush', 'dev', 'wan']);
      trial.bed.router.run('ip', ['-6', 'neigh', 'flush', 'dev', 'lan']);
      return expected(['1'], String(pings(trial, ['-c', '1', '-W', '2'])), 'pings answered');
    },
  },
  {
    id: 'echo-limited',
    title: 'a ping is answered, a flood of them is not',
    families: both,
    run: async (trial) => {
      const one = pings(trial, ['-c', '1', '-W', '2']);
      if (one !== 1) return 'a single ping was not answered';
      const answered = pings(trial, ['-c', '100', '-i', '0.002', '-W', '0.5']);
      return answered > 0 && answered < 60 ? undefined : `${answered} of 100 pings were answered`;
    },
  },
  {
    id: 'dhcp',
    title: 'an offer of an address by DHCP arrives',
    families: [4],
    unless: ({ dhcp }) => (dhcp ? undefined : 'the address is static'),
    run: async ({ bed }) => {
      // From the next host of the link, as a DHCP server is.
      const attempt = {
        host: SERVER[4],
        port: 68,
        from: OUTSIDE[4],
        sourcePort: 67,
        bytes: 1,
        timeoutMs: TIMEOUT_MS,
      };
      return expected(['answered'], await bed.router.order({ kind: 'try-udp', attempt }), 'udp 67 to 68');
    },
  },
  {
    id: 'published-port',
    title: 'a port published by a container is reached beside it',
    families: [4],
    run: (trial) => withTable(trial, DOCKER_LIKE, 'ip docker-like', () => connects(trial, PUBLISHED_PORT)),
  },
  {
    id: 'container-outbound',
    title: 'a container fetches over https through this machine',
    families: [4],
    run: (trial) =>
      withTable(trial, DOCKER_LIKE, 'ip docker-like', async () => {
        const attempt = { host: OUTSIDE[4], port: 443, bytes: 100, timeoutMs: TIMEOUT_MS };
        return expected(['answered'], await trial.bed.container.order({ kind: 'try-tcp', attempt }), 'https');
      }),
  },
  {
    id: 'other-tables',
    title: 'the tables of others are left alone',
    families: [4],
    run: (trial) =>
      withTable(trial, OTHER_TABLE, 'inet others', async () => {
        const before = listing(trial, 'table', 'inet', 'others');
        trial.reload();
        const after = listing(trial, 'table', 'inet', 'others');
        return before !== '' && before === after ? undefined : 'the other table is gone or changed';
      }),
  },
  {
    id: 'twice',
    title: 'applying it again changes nothing',
    families: [4],
    run: async (trial) => {
      const before = listing(trial, 'ruleset');
      const again = trial.reload();
      if (!again.ok) return again.message;
      return listing(trial, 'ruleset') === before ? undefined : 'the ruleset grew';
    },
  },
  {
    id: 'full-table',
    title: 'with the connection table full, new web connections are answered',
    families: both,
    alone: true,
    unless: whereWebIsTracked,
    run: async (trial) => {
      const unfilled = trial.family === 4 ? fillTable(trial) : undefined;
      if (unfilled !== undefined) return unfilled;
      return first(...trial.policy.webPorts.map((port) => connects(trial, port)));
    },
  },
];
