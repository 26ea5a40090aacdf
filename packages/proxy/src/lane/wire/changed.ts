// Fields of answers as a route wants them, where its policy is that and nothing else (`headers`).
import { AnswerHead } from '../../policy/answerHead.ts';
import type { FieldChange } from '../../policy/seam.ts';
import type { PreparedAnswer } from '../../target/prepared.ts';

type Scheme = 'http' | 'https';

/** What was last made of an answer that many get. */
interface Changed {
  readonly change: FieldChange;
  readonly scheme: Scheme;
  readonly answer: PreparedAnswer;
}

const changed = new WeakMap<PreparedAnswer, Changed>();

/** The same object for the same answer, route and scheme, so that a lane makes its text but once. */
export function changedAnswer(
  answer: PreparedAnswer,
  change: FieldChange | undefined,
  scheme: Scheme,
): PreparedAnswer {
  if (change === undefined) return answer;
  const last = changed.get(answer);
  if (last?.change === change && last.scheme === scheme) return last.answer;
  const fields = changedFields(answer.status, [...answer.fields], change, scheme);
  const made = { ...answer, fields };
  changed.set(answer, { change, scheme, answer: made });
  return made;
}

/** `fields`: names and values in turn; the list is the callee's from here on. */
export function changedFields(
  status: number,
  fields: string[],
  change: FieldChange,
  scheme: Scheme,
): string[] {
  const head = new AnswerHead(status, fields);
  change(head, scheme);
  return head.fields;
}
