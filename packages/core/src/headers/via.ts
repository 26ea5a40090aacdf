// Via (RFC 9110 section 7.6.3): each message names the version it was received in and the front that passed it on.

/** A pseudonym, so that the machine's own name stays inside. */
const PSEUDONYM = 'tollgate';

const FIELDS: ReadonlyMap<string, readonly [name: string, value: string]> = new Map(
  ['1.0', '1.1', '2.0'].map((version) => [version, ['Via', `${version} ${PSEUDONYM}`]]),
);
const OTHER: readonly [name: string, value: string] = ['Via', `1.1 ${PSEUDONYM}`];

/** As a line of its own after those that came: a list field may be split over lines (RFC 9110 5.3). */
export function viaField(receivedVersion: string): readonly [name: string, value: string] {
  return FIELDS.get(receivedVersion) ?? OTHER;
}
