// The certificates of `tls: acme` in `tollgate status`, each with what comes next. Pure.
import type { OrderedStatus } from '../serve/ordered-certificates.ts';

type Certificate = OrderedStatus['certificates'][number];

export function certificatesText(ordered: OrderedStatus | null): string[] {
  return (ordered?.certificates ?? []).flatMap((certificate) => [
    `  certificate     ${namesText(certificate.names)}: ${stateText(certificate)}`,
    ...(certificate.why === null ? [] : [`    last attempt  ${certificate.why}`]),
  ]);
}

function namesText(names: readonly string[]): string {
  const [first = '', ...others] = names;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function stateText({ state, expiresAt, nextTryAt, failures }: Certificate): string {
  const next = failures === 0 ? `renews ${nextTryAt}` : `failed ${failures} times, next try ${nextTryAt}`;
  switch (state) {
    case 'none':
      return failures === 0 ? 'being ordered, self-signed until then' : `none, self-signed; ${next}`;
    case 'held':
      return `until ${expiresAt}, ${next}`;
    case 'expired':
      return `expired ${expiresAt}, ${next}`;
  }
}
