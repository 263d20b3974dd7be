// The Profile panel without a page: where boxes lie, where keys go, which rows are drawn, and its texts.
import assert from 'node:assert/strict';
import type { ProfileBox } from '../../../src/protocol/profile';
import {
  boxAt,
  boxText,
  chooseCpu,
  chooseSpace,
  cpuChoices,
  cpuValue,
  initialState,
  joined,
  keyOf,
  matched,
  rangeOf,
  selectionOf,
  spaceChoices,
  spaceValue,
  statusText,
} from '../../../src/views/profile/model';
import { depthOf, layout, neighbour, rectangleAt } from '../../../src/views/profile/model-layout';
import { pathsTo, treeRows } from '../../../src/views/profile/model-rows';

const box = (name: string, self: number, children: ProfileBox[] = [], kind: ProfileBox['kind'] = 'kernel'): ProfileBox => ({
  name,
  kind,
  path: null,
  line: null,
  self,
  total: self + children.reduce((sum, { total }) => sum + total, 0),
  children,
});
const io = box('io', 10, [], 'hypervisor');
const put = box('put', 20, [io]);
const lock = box('lock', 50);
const main = box('main', 20, [lock, put]);
const root = box('all', 0, [main]);
const path = (...boxes: ProfileBox[]) => boxes.map(keyOf);

describe('the flame graph', () => {
  it('gives every box its share of the width, under its caller', () => {
    const boxes = layout(root, [], 1000);
    const at = (name: string) => boxes.find((each) => each.box.name === name)!;
    assert.deepEqual([at('all').x, at('all').width, at('all').row], [0, 1000, 0]);
    assert.deepEqual([at('lock').x, at('lock').width, at('lock').row], [0, 500, 2]);
    assert.deepEqual([at('put').x, at('put').width], [500, 300]);
    assert.deepEqual([at('io').x, at('io').width, at('io').row], [500, 100, 3]);
    assert.equal(depthOf(boxes), 4);
    assert.equal(rectangleAt(boxes, 550, 3)?.box.name, 'io');
    assert.equal(rectangleAt(boxes, 650, 3), undefined);
  });

  it('zooms to a box, and keeps what is around it', () => {
    const boxes = layout(root, path(main, put), 1000);
    assert.deepEqual(
      boxes.map(({ box: { name }, width, outer }) => [name, Math.round(width), outer]),
      [
        ['all', 1000, true],
        ['main', 1000, true],
        ['put', 1000, false],
        ['io', 333, false],
      ],
    );
  });

  it('shows the nearest box where the one it was zoomed to is gone', () => {
    assert.deepEqual(boxAt(root, [...path(main), 'kernel|gone|']).path, path(main));
    assert.equal(layout(root, ['kernel|gone|'], 100)[0]?.box.name, 'all');
  });

  it('draws nothing that is too narrow to be seen', () => {
    const many = box('all', 100_000, [box('rare', 1)]);
    assert.equal(layout(many, [], 1000).length, 1);
  });

  it('goes from box to box by the arrow keys', () => {
    assert.deepEqual(neighbour(root, [], 'ArrowDown'), path(main));
    assert.deepEqual(neighbour(root, path(main), 'ArrowDown'), path(main, lock));
    assert.deepEqual(neighbour(root, path(main, lock), 'ArrowRight'), path(main, put));
    assert.deepEqual(neighbour(root, path(main, put), 'ArrowLeft'), path(main, lock));
    assert.deepEqual(neighbour(root, path(main, put), 'ArrowUp'), path(main));
    assert.equal(neighbour(root, [], 'ArrowUp'), undefined);
    assert.equal(neighbour(root, path(main, put), 'ArrowRight'), undefined);
  });
});

describe('the call tree', () => {
  it('has the rows that are open', () => {
    assert.deepEqual(
      treeRows(root, []).map(({ box: { name } }) => name),
      ['main'],
    );
    assert.deepEqual(
      treeRows(root, pathsTo(path(main, put))).map(({ box: { name }, path: to, isOpen }) => [name, to.length, isOpen]),
      [
        ['main', 1, true],
        ['lock', 2, false],
        ['put', 2, true],
        ['io', 3, false],
      ],
    );
    assert.deepEqual(pathsTo(path(main, put)), [joined(path(main)), joined(path(main, put))]);
  });
});

describe('what the Profile panel says', () => {
  it('counts each sample once where names are nested', () => {
    assert.equal(matched(root, 'PUT'), 30);
    assert.equal(matched(root, 'main'), 100);
    assert.equal(matched(root, ''), 0);
  });
  it('says what a box costs', () => assert.equal(boxText(put, 100), 'put: 20 on top (20.0 %), 30 in all (30.0 %)'));
  it('says what there is', () => {
    const none = { on: false, every: '', points: 0, forgotten: 0, fromNs: 0, toNs: 0, vms: [], vcpus: [], spaces: [] };
    assert.match(statusText(none), /^No profile yet/);
    assert.equal(
      statusText({ ...none, every: '1ms', points: 1234, forgotten: 5, fromNs: 1e6, toNs: 2e9 }),
      '1,234 samples, one every 1ms of each vCPU; 5 older ones forgotten; 1.000 ms to 2.000 s',
    );
    assert.match(statusText({ ...none, every: '1000000' }), /^0 samples, one every 1,000,000 instructions of each vCPU$/);
  });
  it('chooses a VM, a vCPU, a process; the same value of CR3 in two VMs is two address spaces', () => {
    const now = {
      ...{ on: false, every: '1ms', points: 60, forgotten: 0, fromNs: 0, toNs: 1, vms: ['web', 'data'] },
      vcpus: [
        { vm: 0, vcpu: 0, points: 30 },
        { vm: 1, vcpu: 0, points: 10 },
        { vm: 1, vcpu: 1, points: 20 },
      ],
      spaces: [
        { vm: 0, cr3: '0x1000' as const, name: 'sh[1]', points: 30 },
        { vm: 1, cr3: '0x1000' as const, name: 'cat[7]', points: 25 },
        { vm: 1, cr3: '0x2000' as const, name: '', points: 5 },
      ],
    };
    assert.deepEqual(cpuChoices(now), [
      ['', 'All vCPUs'],
      ['0:', 'web (30)'],
      ['0:0', 'web · vCPU 0 (30)'],
      ['1:', 'data (30)'],
      ['1:0', 'data · vCPU 0 (10)'],
      ['1:1', 'data · vCPU 1 (20)'],
    ]);
    assert.deepEqual(spaceChoices(now, initialState).slice(1), [
      ['0:0x1000', 'web · sh[1] (30)'],
      ['1:0x1000', 'data · cat[7] (25)'],
      ['1:0x2000', 'data · CR3 0x2000 (5)'],
    ]);
    const data = { ...initialState, ...chooseCpu(initialState, '1:', now) };
    assert.deepEqual(selectionOf(data), { vm: 1 });
    assert.deepEqual(spaceChoices(now, data).slice(1), [
      ['1:0x1000', 'cat[7] (25)'],
      ['1:0x2000', 'CR3 0x2000 (5)'],
    ]);
    const cat = { ...initialState, ...chooseSpace(initialState, '1:0x1000') };
    assert.deepEqual([selectionOf(cat), spaceValue(cat), cpuValue(cat)], [{ vm: 1, space: '0x1000' }, '1:0x1000', '1:']);
    assert.deepEqual(selectionOf({ ...cat, ...chooseCpu(cat, '1:1', now) }), { vm: 1, vcpu: 1, space: '0x1000' });
    assert.deepEqual(selectionOf({ ...cat, ...chooseCpu(cat, '0:', now) }), { vm: 0 });
    assert.deepEqual(selectionOf({ ...cat, ...chooseSpace(cat, '') }), { vm: 1 });
    const one = { ...now, vms: [], vcpus: now.vcpus.slice(0, 1), spaces: now.spaces.slice(0, 1) };
    assert.deepEqual(cpuChoices(one), [
      ['', 'All vCPUs'],
      ['0:0', 'vCPU 0 (30)'],
    ]);
    assert.deepEqual(spaceChoices(one, initialState).slice(1), [['0:0x1000', 'sh[1] (30)']]);
    const own = { ...initialState, ...chooseSpace(initialState, '0:0x1000') };
    assert.deepEqual([spaceValue(own), cpuValue(own)], ['0:0x1000', '0:']);
    assert.equal(chooseCpu(own, '', one).space, '0x1000', 'of the only VM');
  });
  it('takes a stretch of time from the Time panel', () => {
    assert.deepEqual(rangeOf('1000..2500'), { fromNs: 1000, toNs: 2500 });
    for (const text of ['5..5', '9..3', 'rip', '1.5..2']) assert.equal(rangeOf(text), undefined);
    assert.deepEqual(selectionOf({ ...initialState, vcpu: 1, vm: 0, space: '0x1000', range: { fromNs: 1, toNs: 2 } }), {
      vm: 0,
      vcpu: 1,
      space: '0x1000',
      fromNs: 1,
      toNs: 2,
    });
  });
});
