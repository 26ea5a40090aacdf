// apply, confirm, revert: the new ruleset stays only if somebody who can still reach the machine says so.
import { runNft } from '../kernel/nft.ts';
import type { Policy } from '../policy/policy.ts';
import { refusalsFor } from './refusal.ts';
import { armReverter, revertScript, takenAway } from './reverter.ts';
import type { SshSession } from './session.ts';
import { ApplyState } from './state.ts';

const TABLE = 'tollgate';

/** In order; a kill after any of them leaves the old ruleset, or a reverter that brings it back. */
export type ApplyStep = 'checked' | 'saved' | 'claimed' | 'armed' | 'applied';

export interface ApplyRequest {
  readonly text: string;
  readonly policy: Policy;
  /** Seconds until it is undone, 5 to 3600. */
  readonly confirmSeconds: number;
  /** Root's; /run/tollgate-firewall by default: a restart of the machine forgets ruleset and state together. */
  readonly stateDirectory?: string;
  readonly session?: SshSession | undefined;
  readonly onStep?: (step: ApplyStep) => void;
}

export type ApplyResult =
  | { readonly kind: 'pending'; readonly seconds: number; readonly reverter: 'systemd' | 'process' }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

export const STATE_DIRECTORY = '/run/tollgate-firewall';

const refused = (...reasons: readonly string[]): ApplyResult => ({ kind: 'refused', reasons });

export async function applyRuleset(request: ApplyRequest): Promise<ApplyResult> {
  const step = request.onStep ?? (() => undefined);
  const state = new ApplyState(request.stateDirectory ?? STATE_DIRECTORY);
  const reasons = refusalsFor(request.policy, request.session);
  if (reasons.length > 0) return refused(...reasons);
  const checked = runNft(['--check', '-f', '-'], request.text);
  if (!checked.ok) return refused(`nft does not take the ruleset: ${checked.message}`);
  step('checked');
  state.prepare();
  settleExpired(state);
  state.sweep();
  const before = restoreText();
  if (typeof before !== 'string')
    return refused(`no way back: what is loaded cannot be read: ${before.message}`);
  const id = `${Date.now()}-${process.pid}`;
  state.write(id, 'before.nft', before);
  state.write(id, 'applied.nft', request.text);
  state.write(id, 'revert.sh', revertScript(state, id, TABLE));
  step('saved');
  return await claimAndLoad(request, state, id, step);
}

async function claimAndLoad(
  { text, confirmSeconds }: ApplyRequest,
  state: ApplyState,
  id: string,
  step: (step: ApplyStep) => void,
): Promise<ApplyResult> {
  if (!state.claim({ id, deadlineMs: Date.now() + confirmSeconds * 1000 })) {
    state.forget(id);
    return refused(stillPending(state));
  }
  step('claimed');
  const reverter = await armReverter(state, id, confirmSeconds);
  if (reverter === undefined) {
    state.forget(id);
    return refused('no way back: a process that would undo it could not be started');
  }
  step('armed');
  const loaded = runNft(['-f', '-'], text);
  if (!loaded.ok) {
    state.forget(id);
    return refused(`nft did not load the ruleset, nothing was changed: ${loaded.message}`);
  }
  step('applied');
  return { kind: 'pending', seconds: confirmSeconds, reverter };
}

function stillPending(state: ApplyState): string {
  const current = state.current();
  const left = Math.max(0, Math.ceil(((current?.pending.deadlineMs ?? 0) - Date.now()) / 1000));
  return `another apply waits for its confirm (${left} s left): tollgate firewall confirm, or revert`;
}

/** Its deadline has passed and it is still there: its reverter was killed, so its work is done now. */
function settleExpired(state: ApplyState): void {
  const current = state.current();
  const overdue = current !== undefined && Date.now() > current.pending.deadlineMs + 2000;
  if (overdue) restore(state, current.pending.id);
}

/** The table as it is now, in the form that puts it back; or, where there is none, the text that takes it away. */
function restoreText(): string | { readonly message: string } {
  const listed = runNft(['--stateless', 'list', 'table', 'inet', TABLE]);
  if (listed.ok) return `${takenAway(TABLE)}${listed.output}`;
  return listed.why === 'absent' ? takenAway(TABLE) : listed;
}

export type ConfirmResult =
  | { readonly kind: 'confirmed'; readonly text: string }
  | { readonly kind: 'nothing-pending' }
  | { readonly kind: 'too-late' };

/** Throws RootExpected. `text` is what now stays: the caller keeps it for the next start of the machine. */
export function confirmApply(stateDirectory = STATE_DIRECTORY): ConfirmResult {
  const state = new ApplyState(stateDirectory);
  const current = state.current();
  if (current === undefined) return { kind: 'nothing-pending' };
  const { id } = current.pending;
  const text = state.read(id, 'applied.nft');
  if (current.stage === 'reverting' || text === undefined || !state.take(id)) return { kind: 'too-late' };
  state.forget(id);
  return { kind: 'confirmed', text };
}

export type RevertResult =
  | { readonly kind: 'reverted' }
  /** What was there before does not load: there is no table of ours now. */
  | { readonly kind: 'removed'; readonly message: string }
  | { readonly kind: 'nothing-pending' }
  /** Nothing has changed; the reverter still tries at the deadline. */
  | { readonly kind: 'failed'; readonly message: string };

/** At once, also when the reverter died half way. Throws RootExpected. */
export function revertApply(stateDirectory = STATE_DIRECTORY): RevertResult {
  const state = new ApplyState(stateDirectory);
  const current = state.current();
  return current === undefined ? { kind: 'nothing-pending' } : restore(state, current.pending.id);
}

function restore(state: ApplyState, id: string): RevertResult {
  if (!state.startRevert(id)) return { kind: 'nothing-pending' };
  const before = state.read(id, 'before.nft');
  // The reverter has done it meanwhile, and swept up.
  if (!state.isReverting(id)) return { kind: 'reverted' };
  const failure = before === undefined ? 'the old ruleset is lost' : failureOf(before);
  // As in revert.sh: an old ruleset that does not load must not lock anybody out.
  if (failure !== undefined && failureOf(takenAway(TABLE)) !== undefined) {
    return { kind: 'failed', message: failure };
  }
  state.forget(id);
  return failure === undefined ? { kind: 'reverted' } : { kind: 'removed', message: failure };
}

function failureOf(text: string): string | undefined {
  const loaded = runNft(['-f', '-'], text);
  return loaded.ok ? undefined : loaded.message;
}
