/** /farpoint/operator.js of the operator's image. Takes the flags of `farpoint operator`. */
import type * as OperatorCommand from '../../cli/operator-command.ts';
import { readScript, runScript } from './compiled-script.ts';

const { runOperatorCommand } = runScript(
  readScript(__dirname, 'operator', 'compiled'),
  require,
) as typeof OperatorCommand;
void runOperatorCommand(process.argv.slice(2), process.env);
