// What was asked for is not there to be done: the mistake of whoever typed it, and no failure of the bench.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
