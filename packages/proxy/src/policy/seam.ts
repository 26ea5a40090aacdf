// What a policy is made of. A guard looks at who asks for what, in every lane; a step comes before the target and may
// answer in its place; an edit changes the fields that the target gets; a filter sees the answer before it is sent.
import type { Transform } from 'node:stream';
import type { Accepted, Client, ErrorCode } from '@tollgate/core';
import type { ClientConnection } from '../connection.ts';
import type { FrontRequest } from '../lane/full/request.ts';
import type { PreparedAnswer } from '../target/prepared.ts';
import type { AnswerHead } from './answerHead.ts';

/** What is known of a request in every lane, once it is routed. */
export interface GuardedRequest {
  readonly client: Client;
  readonly method: string;
  /** Canonical, as the gate gives them. */
  readonly host: string;
  readonly path: string;
}

export interface GuardRefusal {
  readonly code: ErrorCode;
  /** Of the error answer, beside its own: names and values in turn. */
  readonly fields: readonly string[];
}

/** Called for every request of its route, in both lanes: cheap, and it never waits. `undefined`: go on. */
export type Guard = (asked: GuardedRequest) => GuardRefusal | undefined;

/** An exchange of the full lane as steps, edits and filters see it. */
export interface PolicyExchange {
  readonly connection: ClientConnection;
  readonly request: FrontRequest;
  /** These are there since the gate: a step is never called before. As it was asked, and as the target gets it. */
  readonly asked: Accepted | undefined;
  readonly head: Accepted | undefined;
  readonly client: Client | undefined;
  /** The request has a body, or may have one. */
  readonly hasBody: boolean;
  /** Since the epoch. */
  readonly startMicros: number;
  /** On the clock of `performance.now()`: when the head had come, and when an upstream was asked, if one was. */
  readonly startedAt: number;
  readonly upstreamStartedAt: number | undefined;
  /** The trace that the target was told of. */
  traceparent: string | undefined;
  /** Its response has closed. */
  readonly over: boolean;
  /** A whole answer in the target's place; filters see it, too. */
  answer(answer: PreparedAnswer): void;
  /** An error answer in the target's place, with a count; `fields` in turn beside its own. */
  refuse(code: ErrorCode, fields?: readonly string[]): void;
  /**
   * The target gets this in place of what was asked for; both canonical, as `parseTarget` gives them. `stripped`: what was
   * taken off the front of the path. Records keep what was asked for.
   */
  forwardTo(path: string, query: string | undefined, stripped: string): void;
  /** Called once when the exchange ends, whatever ended it; replaces a former one. A target sets its own. */
  onOver(over: () => void): void;
  /** Called once when its response has closed, whatever the target does. */
  onClosed(closed: () => void): void;
  /**
   * Asks the target for the same once more, for no client: filters and edits of the route act on it as on this one, and
   * `prepare` may add some. Called by a step that has answered.
   */
  askAgain(prepare: (again: PolicyExchange) => void): void;
  /** For this exchange only: before the filters of the route, nearest to the target. */
  filterAnswer(filter: AnswerFilter): void;
  /** For this exchange only: after the edits of the route. */
  editRequest(edit: RequestEdit): void;
  /** Fields, in lower case, that the target does not get from the client behind its body either. */
  withholdTrailers(names: ReadonlySet<string>): void;
}

/** `answered`: the step has answered or will, and the target is not asked. */
export type StepOutcome = 'goes-on' | 'answered';

/** Before the target; bounds its own waiting, and gives up what it waits for when the exchange is over. */
export type Step = (exchange: PolicyExchange) => StepOutcome | Promise<StepOutcome>;

/** Names and values in turn, as the target would get them, and as it will. */
export type RequestEdit = (fields: string[], exchange: PolicyExchange) => string[];

/**
 * A body in place of the target's, or a stream that the body goes through. Whoever changes the length takes
 * Content-Length off or writes the new one. Where an answer has no body (HEAD, 204, 304) the stream is destroyed unused.
 */
export type BodyChange = Buffer | Transform;

/** Sees every answer of the route, the front's own among them, whoever wrote it. Never throws. */
export type AnswerFilter = (exchange: PolicyExchange, head: AnswerHead) => BodyChange | undefined;

/** The fields of an answer changed by themselves, in whatever lane; framing and Date are not among them. `scheme`: the client's. */
export type FieldChange = (head: AnswerHead, scheme: 'http' | 'https') => void;

/** What one key of the configuration comes to. Parts act in the order in which `policy.ts` lists them. */
export interface PolicyPart {
  readonly guard?: Guard;
  readonly step?: Step;
  readonly edit?: RequestEdit;
  readonly filter?: AnswerFilter;
  /** The same as `filter`, where nothing but the fields is looked at or changed. */
  readonly change?: FieldChange;
}
