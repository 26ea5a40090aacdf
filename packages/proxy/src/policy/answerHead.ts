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
    const values = this.fields.filter((_, at) => at % 2 === 1 && this.#isNamed(at - 1, name.toLowerCase()));
    return values.length === 0 ? undefined : values.join(', ');
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
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
    const lower = name.toLowerCase();
    this.fields = this.fields.filter((_, at) => !this.#isNamed(at - (at % 2), lower));
  }

  #isNamed(at: number, lower: string): boolean {
    return this.fields[at]?.toLowerCase() === lower;
  }
}
