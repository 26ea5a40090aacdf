// From a target's configuration to the target that serves it, reused when a reload leaves it unchanged.
import type { TargetConfig } from '@tollgate/core';
import { appTarget } from './app.ts';
import { filesTarget } from './files/files.ts';
import { redirectTarget, respondTarget } from './fixed.ts';
import type { CompileOptions, Target } from './target.ts';
import { upstreamTarget } from './upstream.ts';

/** Rejects with what the user wrote and what is wrong with it. */
export function compileTarget(config: TargetConfig, options: CompileOptions): Promise<Target> {
  switch (config.kind) {
    case 'app':
      return appTarget(config.module, options.eventLog);
    case 'upstream':
      return upstreamTarget(config.upstream, options);
    case 'files':
      return filesTarget(config.files, options);
    case 'redirect':
      return Promise.resolve(redirectTarget(config));
    case 'respond':
      return Promise.resolve(respondTarget(config));
  }
}
