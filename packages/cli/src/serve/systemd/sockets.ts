// Sockets that systemd opened and hands over (sd_listen_fds(3)): no capability needed, and a restart drops no connection.

const FIRST_FD = 3;

export type Environment = Record<string, string | undefined>;

/**
 * Names to descriptors; empty when not socket-activated. Removes the variables, so that no child takes them for its own.
 * Throws when two sockets have one name: a listener could then reach only one of them.
 */
export function takeInheritedSockets(env: Environment, pid: number): ReadonlyMap<string, number> {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete env[name];
  if (Number(LISTEN_PID) !== pid) return new Map();

  const names = LISTEN_FDNAMES?.split(':') ?? [];
  const sockets = new Map<string, number>();
  for (let index = 0; index < Number(LISTEN_FDS ?? 0); index += 1) {
    const name = names[index] || 'unknown';
    if (sockets.has(name)) {
      throw new Error(
        `systemd passed two sockets named "${name}"; give each its own FileDescriptorName= in its own socket unit`,
      );
    }
    sockets.set(name, FIRST_FD + index);
  }
  return sockets;
}
