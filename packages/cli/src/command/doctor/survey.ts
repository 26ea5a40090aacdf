// What the doctor needs to know beyond the probes: the ports the configuration names, and the rules that are loaded.
import { existsSync } from 'node:fs';
import { type Finding, judgeLiveRules, type LiveRules, policyFrom } from '@tollgate/firewall';
import type { Check, Expectation } from '@tollgate/host';
import type { Config } from '@tollgate/core';
import { lookForConfig } from '../../configuration/find.ts';
import { loadConfiguration } from '../../configuration/load.ts';

export interface Survey {
  readonly expect: Expectation;
  /** The loaded rules as checks. */
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  /** `undefined`: there is none, or none without mistakes. */
  readonly config: Config | undefined;
}

const USUAL_WEB_PORTS = [80, 443];

/** Goes on without a configuration, or with a broken one: a doctor who insists on papers is no help. */
export function surveyOf(flag: string | undefined, pid?: number): Survey {
  const { config, notes } = configurationOf(flag);
  const webPorts = config === undefined ? USUAL_WEB_PORTS : policyFrom(config).webPorts;
  const rules = judgeLiveRules({ webPorts, sshPort: config?.firewall.ssh?.port, pid });
  return {
    notes,
    config,
    expect: {
      ...(config === undefined ? {} : { namedPorts: namedPorts(config) }),
      ...(rules.kind === 'judged' && !rules.tracksWeb ? { tracksWeb: false } : {}),
      ...(rules.kind === 'judged' && rules.isOpen !== undefined ? { isOpen: rules.isOpen } : {}),
    },
    checks: ruleChecks(rules),
  };
}

function configurationOf(flag: string | undefined): {
  readonly config: Config | undefined;
  readonly notes: readonly string[];
} {
  const file = lookForConfig({ flag, env: process.env });
  if (file === undefined || !existsSync(file)) return { config: undefined, notes: [noteOfNone(file)] };
  const loaded = loadConfiguration({ file, env: process.env });
  if (loaded.ok) return { config: loaded.config, notes: [] };
  return {
    config: undefined,
    notes: [`${file} has mistakes (tollgate check): ports are not compared`],
  };
}

const noteOfNone = (file: string | undefined): string =>
  `no configuration ${file === undefined ? 'found (name one with -c FILE)' : `at ${file}`}: ports are not compared, 80 and 443 are taken for those of the site`;

/** Everything the configuration opens or listens on, by its own name. */
function namedPorts(config: Config): readonly number[] {
  const { webPorts, ssh, extra } = policyFrom(config);
  const at = config.admin?.address;
  const admin = at?.kind === 'tcp' ? [at.port] : [];
  const tcp = extra.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port);
  return [...webPorts, ...(ssh === undefined ? [] : [ssh.port]), ...admin, ...tcp];
}

function ruleChecks(rules: LiveRules): readonly Check[] {
  const base = { id: 'ruleset', value: null, limit: null, unit: '', fix: null, confidence: 'high' } as const;
  if (rules.kind === 'unreadable') {
    const meaning = `the loaded rules cannot be read: ${rules.message.split('\n')[0] ?? ''}`;
    return [{ ...base, status: 'unknown', meaning }];
  }
  if (rules.findings.length > 0) return rules.findings.map(findingCheck);
  const meaning =
    rules.tables.length === 0
      ? 'no nft rules are loaded: every port that listens is open'
      : `nothing is wrong with the loaded rules (${rules.tables.join(', ')})`;
  return [{ ...base, status: 'ok', meaning }];
}

const findingCheck = ({ id, severity, where, reason, mend }: Finding): Check => ({
  id: `ruleset-${id}`,
  status: severity === 'error' ? 'fail' : 'warn',
  value: where,
  limit: null,
  unit: '',
  meaning: reason,
  fix: mend,
  confidence: 'high',
});
