// Finds workers that live but do nothing: an app in an endless loop holds its share of the connections for ever.
import type { Member } from './member.ts';

/** Long enough that no load, however heavy, is taken for a hang. */
const LOOK_MS = 5000;
const LOOKS_WITHOUT_ANSWER = 6;

export class Health {
  readonly #members: () => readonly Member[];
  readonly #onHang: (member: Member) => void;
  /** Looks since the question that has no answer yet. Looks, not time: a suspended machine must not condemn anyone. */
  readonly #unanswered = new Map<Member, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(members: () => readonly Member[], onHang: (member: Member) => void) {
    this.#members = members;
    this.#onHang = onHang;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const member of this.#members()) {
      const looks = this.#unanswered.get(member);
      if (looks === undefined) this.#ask(member);
      else if (looks < LOOKS_WITHOUT_ANSWER) this.#unanswered.set(member, looks + 1);
      else this.#onHang(member);
    }
  }

  #ask(member: Member): void {
    this.#unanswered.set(member, 1);
    const answered = (): void => void this.#unanswered.delete(member);
    // A worker that died meanwhile is no longer asked either.
    member.ask({ kind: 'report' }).then(answered, answered);
  }
}
