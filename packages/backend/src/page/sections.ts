// The parts of the home page that differ from request to request, as HTML.
import { FORWARDED_TLS, REQUEST_START } from '@tollgate/core';
import type { RequestFacts } from '../request/facts.ts';
import type { FrontField, Hop } from '../request/front.ts';
import { Html, html, joinHtml } from './template.ts';

/** What each field is for, in one sentence. */
const MEANING: Readonly<Record<FrontField, string>> = {
  'x-forwarded-for':
    'Your address. The app’s own peer is the front, so without this it could not tell visitors apart.',
  'x-forwarded-proto': 'How you connected, so that the app can write correct links and mark cookies Secure.',
  'x-forwarded-host': 'The host you asked for, for apps that do not read Host.',
  forwarded: 'The three above in one field, as RFC 7239 defines it.',
  'x-request-id': 'One name for this request in every log it passes through.',
  via: 'The front signs its name and the protocol that you spoke to it; a second signature would be a loop.',
  [FORWARDED_TLS]: 'The TLS version and cipher of your connection, which ended at the front.',
  [REQUEST_START]:
    'When the front had read your request, in microseconds since 1970; the times above come from it.',
};

const HOP_NAME: Readonly<Record<Hop, string>> = {
  'in-process': 'a function call, same process',
  unix: 'a unix socket',
  tcp: 'loopback TCP',
};

export function answeredIn({ micros: { front, app } }: RequestFacts): Html {
  if (front === null) return html`<strong>${inMs(app)}</strong> in the app`;
  return html`<strong>${inMs(front + app)}</strong> between the front’s door and this answer`;
}

export function journey(facts: RequestFacts): Html {
  const wire = facts.tls === null ? 'no TLS' : `${facts.tls.version}, ${facts.tls.cipher}`;
  const first = joinHtml([
    station('you', 'You', facts.client),
    leg(facts.protocol, facts.scheme === 'https' ? wire : 'plain text, no TLS'),
  ]);
  if (facts.front === null) return joinHtml([first, station('app', 'App', 'answers you itself')]);
  const { hop, hopProtocol } = facts.front;
  return joinHtml([
    first,
    station('front', 'Front', 'Tollgate'),
    leg(hop === 'in-process' ? 'no hop' : hopProtocol, HOP_NAME[hop]),
    station('app', 'App', hop === 'in-process' ? 'inside the front' : 'its own process'),
  ]);
}

const station = (kind: string, name: string, detail: string): Html =>
  html`<li class="station ${kind}"><b>${name}</b> <span>${detail}</span></li>`;

const leg = (protocol: string, detail: string): Html =>
  html`<li class="leg"><b>${protocol}</b> <span>${detail}</span></li>`;

export function receipt(facts: RequestFacts): Html {
  const { front, app } = facts.micros;
  const lines = [line('App', 'building this page', inMs(app))];
  if (facts.front !== null) {
    const work = facts.front.hop === 'in-process' ? 'its work' : 'its work and the hop';
    lines.unshift(line('Front', work, front === null ? 'unknown' : inMs(front)));
  }
  return html`<p class="ticket">
      <span>${facts.method} ${shortened(facts.target)}</span>
      <span>${facts.requestId === null ? '' : `No. ${facts.requestId}`}</span>
    </p>
    <dl>
      ${joinHtml(lines)}
      <div class="total">
        <dt>Server, in all</dt>
        <dd>${inMs((front ?? 0) + app)}</dd>
      </div>
    </dl>`;
}

const line = (tier: string, what: string, cost: string): Html =>
  html`<div>
    <dt>${tier} <small>${what}</small></dt>
    <dd>${cost}</dd>
  </div> `;

export function addedFields({ front }: RequestFacts): Html {
  if (front === null) {
    return html`<p class="empty">
      Nothing: no front tier stands between you and this app, or none that it was told to believe. Fields that
      you send under these names are shown below with the rest, and count for nothing.
    </p>`;
  }
  const items = front.added.map(
    ({ name, value }) =>
      html`<div>
        <dt><code>${name}</code></dt>
        <dd>
          <code>${value}</code>
          <p>${MEANING[name]}</p>
        </dd>
      </div>`,
  );
  return html`<dl class="fields">${joinHtml(items)}</dl>`;
}

export function receivedFields({ received }: RequestFacts): Html {
  return joinHtml(
    received.map(
      ([name, value]) =>
        html`<div>
          <dt><code>${name}</code></dt>
          <dd><code>${value}</code></dd>
        </div> `,
    ),
  );
}

/** Microseconds as milliseconds, three digits after the point: the step of the clock. */
const inMs = (micros: number): string => `${(micros / 1000).toFixed(3)} ms`;

const SHOWN_TARGET_CHARACTERS = 40;
const shortened = (target: string): string =>
  target.length <= SHOWN_TARGET_CHARACTERS ? target : `${target.slice(0, SHOWN_TARGET_CHARACTERS)}…`;
