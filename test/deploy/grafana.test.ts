// The Grafana board: PromQL that Prometheus takes, and panels that do not lie upon each other.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { questionsOf, readBoard, rulesOf } from '../support/board.ts';

const PROMTOOL = '/usr/bin/promtool';

describe('the Grafana board', () => {
  it.runIf(existsSync(PROMTOOL) || process.env['CI'] === 'true')('asks in PromQL', () => {
    const questions = questionsOf(readBoard());
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-board-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'rules.yaml');
    writeFileSync(file, rulesOf(questions));
    const said = execFileSync(PROMTOOL, ['check', 'rules', file], { encoding: 'utf8' });
    expect(said).toContain(`SUCCESS: ${questions.length} rules found`);
  });

  it('has panels side by side, each with an id of its own', () => {
    const { panels } = readBoard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect([title, taken.get(`${column}:${row}`)]).toEqual([title, undefined]);
          taken.set(`${column}:${row}`, title);
        }
      }
    }
  });
});
