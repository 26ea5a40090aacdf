// Time given out beforehand: how much of what is left each group may take, and the clock that tells how far the run is.
import type { Session } from './session.ts';

export interface Timetable {
  /** As `Date.now()`: when a group of so many windows should be done, if `waiting` windows and `afterMs` come after it. */
  deadline(windows: number, waiting: number, afterMs?: number): number;
  /** What is being done; how far it is, the clock tells. */
  tell(text: string): void;
}

/** `budgetMs` from the start of the session: what was needed before the first window counts. */
export function timetable(session: Session, budgetMs: number): Timetable {
  const startMs = session.startedAt.getTime();
  const endMs = startMs + budgetMs;
  const seconds = (ms: number): number => Math.round(ms / 1000);
  return {
    deadline: (windows, waiting, afterMs = 0) =>
      Date.now() + ((endMs - afterMs - Date.now()) * windows) / Math.max(1, windows + waiting),
    tell: (text) =>
      session.progress.step(text, seconds(Math.min(Date.now(), endMs) - startMs), seconds(budgetMs)),
  };
}
