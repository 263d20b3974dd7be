// Every message is valid against the protocol's own types: a JSON schema generated from @vscode/debugprotocol when the tests run.

import { createRequire } from 'node:module';
import type { DebugProtocol } from '@vscode/debugprotocol';
import Ajv, { type AnySchemaObject, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

export class ProtocolSchema {
  private static made: ProtocolSchema | undefined;
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly names: ReadonlySet<string>;
  private readonly validators = new Map<string, ValidateFunction>();

  private constructor() {
    const path = createRequire(__filename).resolve('@vscode/debugprotocol/lib/debugProtocol.d.ts');
    const schema = createGenerator({
      path,
      type: '*',
      skipTypeCheck: true,
      additionalProperties: true,
      expose: 'export',
      jsDoc: 'none',
    }).createSchema('*');
    this.names = new Set(Object.keys(schema.definitions ?? {}));
    this.ajv.addSchema(schema as AnySchemaObject, 'dap');
  }

  /** Takes two seconds, once per test process. */
  static get(): ProtocolSchema {
    ProtocolSchema.made ??= new ProtocolSchema();
    return ProtocolSchema.made;
  }

  /** Throws with every violation. */
  check(message: DebugProtocol.ProtocolMessage): void {
    const name = this.typeName(message);
    let validate = this.validators.get(name);
    if (!validate) {
      validate = this.ajv.compile({ $ref: `dap#/definitions/${encodeURIComponent(`DebugProtocol.${name}`)}` });
      this.validators.set(name, validate);
    }
    if (validate(message)) return;
    const errors = (validate.errors ?? []).map(({ instancePath, message: text }) => `${instancePath} ${text}`);
    throw new Error(`not a valid ${name}: ${errors.join('; ')}\n${JSON.stringify(message, undefined, 2)}`);
  }

  private typeName(message: DebugProtocol.ProtocolMessage): string {
    const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
    const known = (name: string, otherwise: string): string => (this.names.has(`DebugProtocol.${name}`) ? name : otherwise);
    if (message.type === 'event') return known(`${capital((message as DebugProtocol.Event).event)}Event`, 'Event');
    if (message.type === 'request') return known(`${capital((message as DebugProtocol.Request).command)}Request`, 'Request');
    const response = message as DebugProtocol.Response;
    return response.success ? known(`${capital(response.command)}Response`, 'Response') : 'ErrorResponse';
  }
}
