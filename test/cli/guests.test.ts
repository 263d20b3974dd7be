// Several VMs on one command line: how they are described, and what their consoles look like on one terminal.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsoleView } from '../../src/cli/run/console-view';
import { parseGuestText } from '../../src/cli/run/guest-text';
import { guestsOf } from '../../src/cli/run/guests';
import { parseRun } from '../../src/cli/run/parse-run';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (of: string): Uint8Array => new TextEncoder().encode(of);

describe('cli: several VMs', () => {
  it('a VM is described by words as a shell splits them', () => {
    assert.deepEqual(parseGuestText(`k.elf --append 'a "b" c' --name "x\\"y"  --vcpus 2`), {
      words: ['k.elf', '--append', 'a "b" c', '--name', 'x"y', '--vcpus', '2'],
    });
    assert.deepEqual(parseGuestText(`k.elf --append ''`), { words: ['k.elf', '--append', ''] });
    assert.equal(parseGuestText(`k.elf --append 'open`), undefined);
    assert.equal(parseGuestText('  '), undefined);
  });

  it("each has its own options, and the command line's where it gives none", () => {
    const options = parseRun([
      ...['--memory', '64M', '--weight', '512', '--pcpus', '4', '--policy', 'chaos', '--append', 'all'],
      ...['--guest', 'a.elf --vcpus 2 --cap 150% --affinity 0-1,3', '--guest', "b.elf --name second --memory 32M --append 'own text'"],
    ]);
    const [first, second] = guestsOf(options);
    assert.deepEqual(
      [first, second].map((guest) => [guest?.name, guest?.image, guest?.memory, guest?.weight, guest?.vcpus, guest?.append]),
      [
        ['vm0', 'a.elf', 64 << 20, 512, 2, 'all'],
        ['second', 'b.elf', 32 << 20, 512, 1, 'own text'],
      ],
    );
    assert.deepEqual([first?.cap, first?.affinity, second?.cap, second?.affinity], [150, [0, 1, 3], undefined, undefined]);
    assert.equal(options.policy, 'chaos');
  });

  it('an image and further VMs; a JSON file of VMs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyperscope-vms-'));
    try {
      const file = join(folder, 'vms.json');
      writeFileSync(
        file,
        JSON.stringify([
          { image: 'x.elf', name: 'json', vcpus: 3, module: ['/m1=args', '/m2'], affinity: [1, 2], fastBoot: true },
          { image: '/abs/y.elf', maxMemory: '1G' },
        ]),
      );
      const guests = guestsOf(parseRun(['own.elf', '--pcpus', '4', '--guests', file, '--guest', 'z.elf']));
      assert.deepEqual(
        guests.map(({ name, image }) => `${name} ${image}`),
        ['vm0 own.elf', `json ${join(folder, 'x.elf')}`, 'vm2 /abs/y.elf', 'vm3 z.elf'],
      );
      assert.deepEqual(guests[1]?.modules, [
        { path: '/m1', args: 'args' },
        { path: '/m2', args: '' },
      ]);
      assert.deepEqual([guests[1]?.vcpus, guests[1]?.affinity, guests[1]?.fastBoot, guests[2]?.maxMemory], [3, [1, 2], true, 2 ** 30]);
      for (const [json, problem] of [
        ['{}', /must be a list/],
        ['[{}]', /VM 0 has no "image"/],
        ['[{"image": "x", "vcpus": {}}]', /"vcpus" of VM 0 must be/],
        ['[{"image": "x", "memry": "1M"}]', /--memory/],
        ['[', /vms\.json: /],
      ] as const) {
        writeFileSync(file, json);
        assert.throws(() => parseRun(['--guests', file]), problem);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('what cannot be is said', () => {
    for (const [args, problem] of [
      [['--guest', 'a --name x', '--guest', 'b --name x'], /two VMs are named x/],
      [['--guest', 'a', '--console-of', 'vm1'], /names vm1, but the VMs are vm0/],
      [['--guest', 'a --affinity 2', '--pcpus', '2'], /"--affinity" names none/],
      [['--guest', 'a --seed 3'], /--seed/],
      [['--guest', 'a b'], /one argument too many/],
      [['--guest', '--vcpus 2'], /the image in --guest/],
      [['--weight', '0', 'a'], /from 1 to 65536/],
      [['--policy', 'lottery', 'a'], /"fair", "round-robin" or "chaos"/],
    ] as const)
      assert.throws(() => parseRun([...args]), problem, args.join(' '));
  });

  describe('consoles', () => {
    const show = (typedOn: number | undefined, shown = [true, true]): { view: ConsoleView; seen: () => string } => {
      let seen = '';
      const vms = ['a', 'b'].map((name, index) => ({ name, serial: undefined, shown: shown[index]! }));
      return { view: new ConsoleView(vms, (piece) => (seen += text(piece)), typedOn), seen: () => seen };
    };

    it('whole lines, each with its name', () => {
      const { view, seen } = show(undefined);
      view.put(0, 'serial', bytes('one\ntw'));
      view.put(1, 'serial', bytes('eins\n'));
      view.put(0, 'serial', bytes('o\nrest'));
      view.end();
      assert.equal(seen(), 'a| one\nb| eins\na| two\na| rest\n');
    });

    it('the one that is typed on is shown at once, lines of another come between', () => {
      const { view, seen } = show(0);
      view.put(0, 'serial', bytes('login: '));
      view.put(0, 'serial', bytes('ro'));
      view.put(1, 'serial', bytes('eins\n'));
      view.put(0, 'serial', bytes('ot\n'));
      assert.equal(seen(), 'a| login: ro\r\nb| eins\na| ot\n');
    });

    it('one alone is shown as it comes; a serial port may go to a file', () => {
      const { view, seen } = show(1, [false, true]);
      view.put(0, 'serial', bytes('hidden\n'));
      view.put(1, 'serial', bytes('as it c'));
      assert.equal(seen(), 'as it c');
      let file = '';
      let other = '';
      const split = new ConsoleView(
        [{ name: 'a', shown: true, serial: (piece) => (file += text(piece)) }],
        (piece) => (other += text(piece)),
        undefined,
      );
      split.put(0, 'serial', bytes('serial'));
      split.put(0, 'debug', bytes('debug'));
      assert.deepEqual([file, other], ['serial', 'debug']);
    });
  });
});
