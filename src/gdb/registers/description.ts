// The target description (GDB manual, appendix G): which registers there are, as XML, and their order, numbers and sizes for the packets.
import { REGISTER_BITS } from '../../debug/registers/bits.rows';
import { FEATURES, type GdbFeature, type GdbRegister } from './features.rows';

/** What of the guest's CPU decides about features. */
export interface CpuFeatures {
  readonly avx: boolean;
  readonly pku: boolean;
}

/** In these gdb finds everything of an ordinary program; the rest is asked for one by one. */
const OWN = 'org.hyperscope.system';

const VECTOR_TYPES = [
  '<vector id="v4f" type="ieee_single" count="4"/>',
  '<vector id="v2d" type="ieee_double" count="2"/>',
  '<vector id="v16i8" type="int8" count="16"/>',
  '<vector id="v8i16" type="int16" count="8"/>',
  '<vector id="v4i32" type="int32" count="4"/>',
  '<vector id="v2i64" type="int64" count="2"/>',
  '<union id="vec128">',
  '<field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/><field name="v16_int8" type="v16i8"/>',
  '<field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/>',
  '<field name="uint128" type="uint128"/>',
  '</union>',
].join('');

export class Description {
  /** By number. */
  readonly registers: readonly GdbRegister[];
  /** How many of them are in a "g" packet. */
  readonly generalCount: number;
  readonly xml: string;

  constructor(cpu: CpuFeatures) {
    const features = FEATURES.filter(({ needs }) => needs === undefined || cpu[needs]);
    this.registers = features.flatMap(({ registers }) => registers);
    this.generalCount = features.filter(({ name }) => name !== OWN).reduce((sum, { registers }) => sum + registers.length, 0);
    let number = 0;
    const bodies = features.map((feature) => {
      const xml = featureXml(feature, number);
      number += feature.registers.length;
      return xml;
    });
    this.xml = `<?xml version="1.0"?>\n<!DOCTYPE target SYSTEM "gdb-target.dtd">\n<target version="1.0">\n<architecture>i386:x86-64</architecture>\n${bodies.join('')}</target>\n`;
  }

  numberOf(name: string): number {
    return this.registers.findIndex((register) => register.name === name);
  }
}

function featureXml({ name, registers }: GdbFeature, first: number): string {
  const types = [
    ...(registers.some(({ type }) => type === 'vec128') ? [VECTOR_TYPES] : []),
    ...registers.flatMap(({ flags, type, bits }) => (flags === undefined ? [] : [flagsXml(type, flags, bits)])),
  ];
  const lines = registers.map(({ name: register, bits, type, group }, index) => {
    const of = group === undefined ? '' : ` group="${group}"`;
    return `<reg name="${register}" bitsize="${bits}" type="${type}"${of} regnum="${first + index}"/>`;
  });
  return `<feature name="${name}">\n${[...types, ...lines].join('\n')}\n</feature>\n`;
}

function flagsXml(id: string, bitsOf: string, bits: number): string {
  const fields = (REGISTER_BITS[bitsOf] ?? []).map(({ name, low, high }) => {
    // Without a type a field of one bit is a flag.
    const type = low === high ? '' : ` type="uint${bits}"`;
    return `<field name="${name}" start="${low}" end="${high}"${type}/>`;
  });
  return `<flags id="${id}" size="${bits / 8}">${fields.join('')}</flags>`;
}
