// Other programs that write firewall rules or logs on this machine: UFW, firewalld, Docker, rsyslog.
import { findProcesses } from '../probe/process.ts';
import { type HostRoot, readText } from '../probe/reading.ts';

export interface Neighbours {
  readonly ufw: boolean;
  readonly firewalld: boolean;
  readonly docker: boolean;
  /** journald hands each line to rsyslog, which writes it a second time. */
  readonly doubleLogging: boolean;
}

export function readNeighbours(root: HostRoot): Neighbours {
  const runs = (name: string): boolean => {
    const found = findProcesses(root, name);
    return found.ok && found.value.length > 0;
  };
  return {
    ufw: has(root, 'etc/ufw/ufw.conf', /^ENABLED=yes/m),
    firewalld: runs('firewalld'),
    docker: runs('dockerd'),
    doubleLogging: runs('rsyslogd') && forwardsToSyslog(root),
  };
}

const has = (root: HostRoot, path: string, pattern: RegExp): boolean => {
  const text = readText(root, path);
  return text.ok && pattern.test(text.value);
};

/** Up to systemd 252, which Debian 12 has, yes is what an unset option means there. */
const forwardsToSyslog = (root: HostRoot): boolean =>
  !has(root, 'etc/systemd/journald.conf', /^ForwardToSyslog=(no|false|0)/m);
