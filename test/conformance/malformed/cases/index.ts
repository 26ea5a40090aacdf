import type { MalformedCase } from '../case.ts';
import { chunkCases } from './chunks.ts';
import { connectionCases } from './connection.ts';
import { fieldCases } from './fields.ts';
import { framingCases } from './framing.ts';
import { hostCases } from './host.ts';
import { requestLineCases } from './request-line.ts';
import { targetCases } from './target.ts';

export const MALFORMED_CASES: readonly MalformedCase[] = [
  ...requestLineCases,
  ...targetCases,
  ...hostCases,
  ...fieldCases,
  ...framingCases,
  ...chunkCases,
  ...connectionCases,
];
