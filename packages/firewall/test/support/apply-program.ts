// Applies the site's ruleset in the namespace it is started in, and dies by SIGKILL at the step it is told.
// node apply-program.ts STATE-DIRECTORY CONFIRM-SECONDS MODE [STEP]
import { applyRuleset, buildRuleset, toNft } from '../../src/index.ts';
import { MODES, sitePolicy } from './policies.ts';

const [stateDirectory = '', seconds = '5', mode, killAt] = process.argv.slice(2);
const policy = sitePolicy(MODES.find((known) => known === mode) ?? 'stateful');
const result = await applyRuleset({
  text: toNft(buildRuleset(policy)),
  policy,
  confirmSeconds: Number(seconds),
  stateDirectory,
  onStep: (step) => {
    if (step === killAt) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(JSON.stringify(result));
