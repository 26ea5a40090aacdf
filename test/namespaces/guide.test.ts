// deploy/README.md as its reader goes through it: command by command, out of the guide itself, on a machine with systemd, nginx and ufw.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bootMachine, type Machine, missingForMachine, type Outcome } from '../support/machine.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const GUIDE = readFileSync(join(CHECKOUT, 'deploy/README.md'), 'utf8');

/** What cannot be typed as it stands: the machine has no way out, no terminal, and a test of its own for the matrix. */
const INSTEAD: Readonly<Record<string, string>> = {
  'apt install git libatomic1': 'dpkg --status libatomic1',
  'git clone … tollgate && cd tollgate': `cd ${CHECKOUT}`,
  'tollgate firewall print | less': 'tollgate firewall print | grep "table inet tollgate"',
  'tollgate firewall check && tollgate firewall prove': 'tollgate firewall check',
};

/** The lines to type in a section, without their comments. */
function commandsOf(section: string): readonly string[] {
  const text = GUIDE.split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  const blocks = [...text.matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '');
  return blocks
    .join('')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter(Boolean);
}

/** Caches of the build, the checkout itself, and what other programs of the machine write. */
const OTHERS = new RegExp(
  `^\\.(${CHECKOUT}|/root|/var/(log|lib)/(journal|nginx|systemd)|/etc/(rc.\\.d|ufw|nginx|hosts$|modprobe\\.d|letsencrypt|g(roup|shadow)-?$|\\.pwd\\.lock$))`,
);

const SITE = `listen: { https: systemd:https, http: systemd:http }
admin: 127.0.0.1:9901
sites:
  - hosts: [example.com]
    tls: { certificate: /etc/letsencrypt/live/example.com/fullchain.pem, key: /etc/letsencrypt/live/example.com/privkey.pem }
    routes:
      - { path: /kept/, upstream: 'http://127.0.0.1:3000', cache: { maxBody: 1KB, disk: { directory: /var/cache/tollgate } } }
      - { path: /, files: /var/www/html }
firewall: { ssh: { port: 22, from: any }, connectionTracking: web-untracked }
`;

/** As certbot leaves it: everything root's, links to numbered files, the keys behind directories of mode 0700. */
const certbot = (number: number, name: string): string => `
umask 077
mkdir -p /etc/letsencrypt/archive/example.com /etc/letsencrypt/live/example.com /etc/letsencrypt/renewal-hooks/deploy
chmod 755 /etc/letsencrypt /etc/letsencrypt/archive/example.com /etc/letsencrypt/live/example.com
cd /etc/letsencrypt/archive/example.com
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name} \\
  -addext subjectAltName=DNS:example.com -keyout privkey${number}.pem -out fullchain${number}.pem || exit 1
chmod 644 fullchain${number}.pem
for file in privkey fullchain; do
  ln -sfn ../../archive/example.com/\${file}${number}.pem /etc/letsencrypt/live/example.com/$file.pem
done
`;

/** What the guide leaves to its reader. */
const OWN_SITE = `
${certbot(1, 'first')}
echo '127.0.0.1 example.com' >> /etc/hosts
cat > /etc/tollgate/tollgate.yaml <<'END'
${SITE}END
`;

/** What certbot does when it has renewed: each hook of the directory, with the lineage in the environment. */
const DEPLOY_HOOKS = `
for hook in /etc/letsencrypt/renewal-hooks/deploy/*; do
  RENEWED_LINEAGE=/etc/letsencrypt/live/example.com RENEWED_DOMAINS=example.com "$hook" || exit 1
done
`;

const SERVED_NAME =
  'openssl s_client -connect example.com:443 -servername example.com </dev/null 2>/dev/null | openssl x509 -noout -subject';

const NGINX_AND_UFW = `
mkdir -p /etc/modprobe.d /var/www/html && echo 'the site' > /var/www/html/index.html
cat > /etc/nginx/nginx.conf <<'END'
events {}
http { server { listen 80 default_server; root /var/www/html; } }
END
for port in 22 80 443; do ufw allow $port/tcp; done && ufw --force enable && systemctl start nginx || exit 1
`;

describe.skipIf(missingForMachine !== undefined && process.env['CI'] !== 'true')(
  `the guide${missingForMachine === undefined ? '' : ` (${missingForMachine})`}`,
  () => {
    let machine: Machine;
    let before: readonly string[] = [];
    beforeAll(async () => {
      machine = await bootMachine();
      const staged = machine.run(`${NGINX_AND_UFW}\necho ${CHECKOUT} > /run/where`);
      if (staged.status !== 0) throw new Error(staged.output);
      before = machine.written();
    });
    afterAll(() => machine?.stop());

    /** In one shell session, as it were: \`cd\` lasts. */
    const type = (command: string): Outcome =>
      machine.run(
        `cd "$(cat /run/where)"; export CURL_CA_BUNDLE=/etc/letsencrypt/live/example.com/fullchain.pem npm_config_offline=true CI=true\n${command}\nstatus=$?; pwd > /run/where; exit $status`,
      );
    const typeAll = (section: string): readonly (Outcome & { readonly command: string })[] =>
      commandsOf(section).map((command) => ({ command, ...type(INSTEAD[command] ?? command) }));
    const failed = (typed: ReturnType<typeof typeAll>) => typed.filter(({ status }) => status !== 0);

    it('says what cannot be typed here, and nothing else', () => {
      const all = ['1.', '2.', '3.', '4.'].flatMap(commandsOf);
      expect(all.length).toBeGreaterThan(12);
      expect(Object.keys(INSTEAD).filter((command) => !all.includes(command))).toEqual([]);
    });

    it('1. installs, while nginx serves on', () => {
      expect(failed(typeAll('1.'))).toEqual([]);
      expect(machine.run('systemctl is-enabled tollgate tollgate.socket').output).toBe('enabled\nenabled\n');
      expect(machine.run('curl -s http://127.0.0.1/').output).toBe('the site\n');
    });

    it('2. takes over what nginx said', () => {
      expect(machine.run(OWN_SITE).status).toBe(0);
      expect(failed(typeAll('2.'))).toEqual([]);
    });

    it('3. switches: https answers, http leads there, nginx stays away', () => {
      const typed = typeAll('3.');
      expect(failed(typed)).toEqual([]);
      expect(typed.map(({ output }) => output).join('')).toContain('HTTP/2 200');
      expect(machine.run('curl -sI http://example.com/ | head -1').output).toContain('308');
      expect(machine.run('systemctl show tollgate -p Type -p ActiveState').output).toContain(
        'Type=notify\nActiveState=active',
      );
      expect(machine.run('systemctl is-active nginx; systemctl is-enabled nginx').output).toBe(
        'inactive\ndisabled\n',
      );
    });

    it('3. serves with a key that is shared with the service, and with nobody else', () => {
      expect(machine.run('stat -Lc "%a %U %G" /etc/letsencrypt/live/example.com/privkey.pem').output).toBe(
        '640 root tollgate-keys\n',
      );
      expect(machine.run('stat -c "%a %U %G" /etc/letsencrypt/archive').output).toBe(
        '710 root tollgate-keys\n',
      );
      expect(machine.run(SERVED_NAME).output).toContain('first');
    });

    it('3. does not take a key from the group that has it already', () => {
      const shared = machine.run(
        'mkdir /etc/ssl/own && cp /etc/letsencrypt/live/example.com/* /etc/ssl/own/ && chmod 710 /etc/ssl/own && chgrp adm /etc/ssl/own; /opt/tollgate/share-keys /etc/ssl/own; status=$?; rm -r /etc/ssl/own; exit $status',
      );
      expect(shared).toEqual({ status: 1, output: expect.stringContaining('group root, got adm') });
      expect(machine.run('/opt/tollgate/share-keys /nowhere')).toMatchObject({ status: 1 });
      expect(machine.run('/opt/tollgate/share-keys')).toMatchObject({
        status: 1,
        output: expect.stringContaining('expected a directory'),
      });
    });

    it('3. lets a cache keep its files in /var/cache/tollgate', () => {
      const large = `require('http').createServer((_, r) => r.setHeader('cache-control', 'max-age=60').end('x'.repeat(99999))).listen(3000, '127.0.0.1')`;
      const app = machine.start([process.execPath, '-e', large]);
      onTestFinished(() => void app.kill());
      const ask = 'curl -sk --retry 9 --retry-all-errors -f -o /run/kept -D - https://example.com/kept/';
      expect(machine.run(`${ask} && ${ask}`).output).toMatch(/cache-status: .*hit/i);
      expect(machine.run('curl -s http://127.0.0.1:9901/metrics').output).not.toMatch(/"disk[^}]*} [1-9]/);
    });

    it('4. changes the firewall: undone by a timer of systemd unless it is confirmed, kept over a restart when it is', async () => {
      machine.run('tollgate firewall apply -c /etc/tollgate/tollgate.yaml --confirm 5');
      expect(machine.run('systemctl list-timers').output).toContain('tollgate-revert-');
      await expect.poll(() => machine.run('nft list table inet tollgate').status).not.toBe(0);
      const typed = typeAll('4.');
      // The doctor's exit tells of the machine that the test happens to run on.
      expect(failed(typed).filter(({ command }) => !command.startsWith('tollgate doctor'))).toEqual([]);
      expect(typed.map(({ output }) => output).join('')).toMatch(/by a systemd timer[\s\S]*Confirmed/);
      expect(machine.run('nft delete table inet tollgate; systemctl restart tollgate-firewall').status).toBe(
        0,
      );
      expect(machine.run('tollgate firewall status').output).toContain('table inet tollgate: loaded');
      expect(machine.run('curl -sk https://example.com/').output).toBe('the site\n');
    });

    it('every day: a reload and an upgrade under load lose no connection, and the configuration stays', async () => {
      const kept = machine.run('cat /etc/tollgate/tollgate.yaml').output;
      const crowd = machine.start([process.execPath, join(CHECKOUT, 'test/support/crowd.ts'), 'example.com']);
      const told = new Promise<string>((resolve) =>
        createInterface({ input: crowd.stdout ?? process.stdin }).once('line', resolve),
      );
      expect(type('systemctl reload tollgate').status).toBe(0);
      const upgraded = type(`cd ${CHECKOUT} && deploy/install.sh`);
      expect(upgraded).toMatchObject({
        status: 0,
        output: expect.stringContaining('is yours: left as it is'),
      });
      machine.run('systemctl restart tollgate');
      await wait(500);
      crowd.stdin?.end();
      expect(Object.keys(JSON.parse(await told))).toEqual(['200']);
      expect(machine.run('cat /etc/tollgate/tollgate.yaml').output).toBe(kept);
    });

    it('every day: certbot renews under load, the new certificate is served, and no connection is lost', async () => {
      const pid = machine.run('systemctl show tollgate -p MainPID').output;
      const crowd = machine.start([process.execPath, join(CHECKOUT, 'test/support/crowd.ts'), 'example.com']);
      const told = new Promise<string>((resolve) =>
        createInterface({ input: crowd.stdout ?? process.stdin }).once('line', resolve),
      );
      expect(machine.run(`${certbot(2, 'second')}\n${DEPLOY_HOOKS}`)).toMatchObject({ status: 0 });
      await expect
        .poll(() => machine.run(SERVED_NAME).output, { timeout: 60_000, interval: 500 })
        .toContain('second');
      crowd.stdin?.end();
      expect(Object.keys(JSON.parse(await told))).toEqual(['200']);
      expect(machine.run('systemctl show tollgate -p MainPID').output).toBe(pid);
    });

    it('the request log is in its own journal, and no write of it has failed', () => {
      const lines = machine.run('journalctl --namespace=tollgate -o cat').output;
      expect(lines).toContain('"path":"/"');
      expect(lines).not.toContain('cannot be written');
    });

    it('is taken away again: the configuration stays, and with --purge nothing does', () => {
      expect(type(`cd ${CHECKOUT} && deploy/install.sh --uninstall`).output).toContain(
        '/etc/tollgate is yours',
      );
      expect(machine.run('ls /etc/tollgate/tollgate.yaml').status).toBe(0);
      expect(type(`cd ${CHECKOUT} && deploy/install.sh --uninstall --purge`).status).toBe(0);
      expect(machine.run('find /etc /opt /run /usr/local /var -name "*tollgate*"').output).toBe('');
      expect(machine.run('nft list tables; systemctl list-units --all | grep tollgate').output).not.toContain(
        'tollgate',
      );
      const left = machine.written().filter((name) => !before.includes(name));
      expect(left.filter((name) => !OTHERS.test(name))).toEqual([]);
    });
  },
);
