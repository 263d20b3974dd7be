// A variable as the protocol shows it.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { ShownVariable } from '../debug/variables';
import type { Guest } from './guest';

export function variableBody(shown: ShownVariable, guest: Guest): DebugProtocol.Variable {
  const body: DebugProtocol.Variable = { name: shown.name, ...valueBody(shown, guest) };
  if (guest.session.client.supportsVariableType && shown.type !== '') body.type = shown.type;
  if (shown.expression !== undefined) body.evaluateName = shown.expression;
  if (shown.readOnly) body.presentationHint = { attributes: ['readOnly'] };
  return body;
}

/** The part that variables, evaluated expressions and set values share. */
export function valueBody(shown: ShownVariable, guest: Guest) {
  const { children } = shown;
  return {
    value: shown.value,
    variablesReference: children ? guest.nodes.add(children) : 0,
    ...(children && children.named > 0 && children.indexed > 0 && { namedVariables: children.named }),
    ...(children && children.indexed > 0 && { indexedVariables: children.indexed }),
    ...(shown.memoryReference !== undefined && { memoryReference: `0x${shown.memoryReference.toString(16)}` }),
  };
}
