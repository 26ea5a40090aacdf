// What is not as it was in nginx though no line says so: defaults, and what the machine has to give.
import type { Output } from './output.ts';
import type { Directive } from './tree.ts';

/** `whole`: what the file is a part of, if it is; `lines`: all of the configuration, in their order. */
export function differencesOf(
  whole: string | undefined,
  { differences, listen }: Output,
  lines: readonly Directive[],
): readonly string[] {
  const has = (name: string, test: (line: Directive) => boolean = () => true): boolean =>
    lines.some((line) => line.name === name && test(line));
  return [
    ...(whole === undefined
      ? []
      : [`What ${whole} says for all sites is in it, but none of its other servers: import that for all.`]),
    ...differences,
    ...(has('add_header', ({ args }) => args[2] !== 'always')
      ? [
          'Fields of add_header are on answers of every status; without "always" nginx has them on 2xx and 3xx alone.',
        ]
      : []),
    ...(has('client_max_body_size')
      ? []
      : ['Bodies may have 10MB (limits.body); nginx has 1m where nothing is said.']),
    ...systemd(listen),
  ];
}

/** Its process has no right to open these ports itself. */
function systemd({ https, http }: Output['listen']): readonly string[] {
  const low = [...https, ...http].some((place) => Number(/\d+$/.exec(place)?.[0] ?? 0) < 1024);
  if (!low) return [];
  const listen = [
    ...(https.size > 0 ? ['https: systemd:https'] : []),
    ...(http.size > 0 ? ['http: systemd:http'] : []),
  ];
  return [
    `With the systemd units of deploy/ the sockets are systemd's: write listen: { ${listen.join(', ')} }.`,
  ];
}
