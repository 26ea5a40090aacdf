// Reverts in the namespace it is started in.
// node revert-program.ts STATE-DIRECTORY
import { revertApply } from '../../src/index.ts';

process.stdout.write(JSON.stringify(revertApply(process.argv[2])));
