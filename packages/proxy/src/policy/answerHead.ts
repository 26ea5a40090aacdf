// The head of an answer before it is sent: what an answer filter looks at and may change.

export class AnswerHead {
  status: number;
  /** Names and values in turn, in the order in which they are sent. */
  fields: string[];

  constructor(status: number, fields: string[]) {
    this.status = status;
    this.fields = fields;
  }

  /** Of several lines of the name, their values joined (RFC 9110 5.3); `undefined`: there is none. */
  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    let joined: string | undefined;
    for (let at = 0; at + 1 < this.fields.length; at += 2) {
      if (!this.#isNamed(at, lower)) continue;
      const value = this.fields[at + 1] ?? '';
      joined = joined === undefined ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  has(name: string): boolean {
    const lower = name.toLowerCase();
    for (let at = 0; at < this.fields.length; at += 2) if (this.#isNamed(at, lower)) return true;
    return false;
  }

  /** In place of every line of that name. */
  set(name: string, value: string): void {
    this.remove(name);
    this.fields.push(name, value);
  }

  /** As a line of its own. */
  add(name: string, value: string): void {
    this.fields.push(name, value);
  }

  remove(name: string): void {
    if (!this.has(name)) return;
    const lower = name.toLowerCase();
    this.fields = this.fields.filter((_, at) => !this.#isNamed(at - (at % 2), lower));
  }

  /** The length first: every filter asks for a few names, and most fields have another. */
  #isNamed(at: number, lower: string): boolean {
    const name = this.fields[at];
    return name?.length === lower.length && name.toLowerCase() === lower;
  }
}
