import assert from 'node:assert/strict';
import {
  around,
  type Band,
  bandText,
  behindAt,
  clockRows,
  driftLines,
  extend,
  initialState,
  pan,
  parseTime,
  rectangles,
  selectionText,
  spanBetween,
  spanOf,
  stealGraph,
  stealPercent,
  tableRows,
  ticks,
  tickText,
  timesIn,
  zoom,
  zoomTo,
} from '../../../src/views/time/model';

const band = (vcpu: number, state: Band['state'], startNs: number, endNs: number): Band => ({
  vcpu,
  state,
  startNs,
  endNs,
  pcpu: state === 'running' ? 0 : -1,
});
const bands = [
  band(0, 'running', 0, 60),
  band(0, 'runnable', 60, 80),
  band(0, 'blocked', 80, 100),
  band(1, 'offline', 0, 50),
  band(1, 'runnable', 50, 100),
];
const vcpus = [0, 1].map((vcpu) => ({ vcpu, name: `vCPU ${vcpu}`, runningNs: 60, runnableNs: 20, blockedNs: 20, offlineNs: 0 }));

describe('time panel model', () => {
  it('counts as stolen what was runnable, of the time online', () => {
    assert.equal(stealPercent({ runningNs: 60, runnableNs: 20, blockedNs: 20 }), 20);
    assert.equal(stealPercent({ runningNs: 0, runnableNs: 0, blockedNs: 0 }), 0);
  });
  it('adds up the bands of a part of the time', () => {
    assert.deepEqual(timesIn(bands, 0, { fromNs: 50, toNs: 90 }), { runningNs: 10, runnableNs: 20, blockedNs: 10, offlineNs: 0 });
    const [first, second] = tableRows({ nowNs: 100, pcpus: 1, clocks: [], bands, vcpus }, bands, { fromNs: 0, toNs: 100 });
    assert.deepEqual(first?.slice(0, 3), ['vCPU 0', '20.00 %', '20.00 %']);
    assert.equal(second?.[2], '100.00 %');
  });
  it('draws bands in the row of their vCPU, cut to what is shown', () => {
    const drawn = rectangles({ bands, vcpus }, { fromNs: 50, toNs: 100 }, 500);
    assert.deepEqual(
      drawn.map(({ row, x, width, band: { state } }) => [row, state, x, width]),
      [
        [0, 'running', 0, 100],
        [0, 'runnable', 100, 200],
        [0, 'blocked', 300, 200],
        [1, 'offline', 0, 0.5],
        [1, 'runnable', 0, 500],
      ],
    );
  });
  it('follows the newest until moved, and again when moved to the end', () => {
    assert.deepEqual(spanOf({ spanNs: 100, toNs: null }, 1000), { fromNs: 900, toNs: 1000 });
    const earlier = pan({ spanNs: 100, toNs: null }, 1000, -0.5);
    assert.deepEqual(earlier, { spanNs: 100, toNs: 950 });
    assert.equal(pan(earlier, 1000, 5).toNs, null);
    assert.deepEqual(spanOf(pan(earlier, 1000, -100), 1000), { fromNs: 0, toNs: 100 });
  });
  it('zooms around a point', () => {
    const state = zoom({ spanNs: 10_000, toNs: 15_000 }, 100_000, 0.5, 0.5);
    assert.deepEqual(spanOf(state, 100_000), { fromNs: 7_500, toNs: 12_500 });
    assert.equal(zoom(initialState, 1e9, 1e-30, 1).spanNs, 1000);
  });
  it('has round times on the axis', () => {
    assert.deepEqual(ticks({ fromNs: 0, toNs: 100e6 }, 5), [0, 20e6, 40e6, 60e6, 80e6, 100e6]);
    assert.deepEqual([0, 80e6, 1.5e6, 100e9].map(tickText), ['0 ns', '80 ms', '1.5 ms', '100 s']);
  });
  it('draws how much was stolen in each part of a span', () => {
    assert.deepEqual(stealGraph(bands, 0, { fromNs: 0, toNs: 100 }, 5), [0, 0, 0, 100, 0]);
    assert.deepEqual(stealGraph(bands, 0, { fromNs: 50, toNs: 90 }, 2), [50, 50]);
    assert.deepEqual(stealGraph(bands, 1, { fromNs: 0, toNs: 100 }, 2), [0, 100]);
    assert.deepEqual(stealGraph([], 0, { fromNs: 0, toNs: 100 }, 2), [0, 0]);
  });
  it('selects between two points, within the run, and by keyboard from the middle', () => {
    assert.deepEqual(spanBetween(80, 20, 50), { fromNs: 20, toNs: 50 });
    const shown = { fromNs: 0, toNs: 1000 };
    const first = extend(null, shown, 0.1, 1e6);
    assert.deepEqual(first, { fromNs: 500, toNs: 600 });
    assert.deepEqual(extend(first, shown, -0.5, 1e6), { fromNs: 500, toNs: 500 });
    assert.equal(selectionText({ fromNs: 1e6, toNs: 3.5e6 }), '2.500 ms selected, from 1.000 ms to 3.500 ms');
  });
  it('zooms to a selection, and goes to a moment', () => {
    assert.deepEqual(spanOf(zoomTo({ fromNs: 40_000, toNs: 60_000 }, 1e6), 1e6), { fromNs: 39_000, toNs: 61_000 });
    assert.deepEqual(spanOf(around(50_000, { spanNs: 10_000, toNs: null }, 1e6), 1e6), { fromNs: 45_000, toNs: 55_000 });
  });
  it('reads times as people write them', () => {
    assert.deepEqual(['1.5 ms', '250us', '2 s', '3', '17ns'].map(parseTime), [1.5e6, 250e3, 2e9, 3e6, 17]);
    assert.equal(parseTime('soon'), undefined);
  });
  it('says in words what a band is', () =>
    assert.equal(bandText('vCPU 0', band(0, 'running', 0, 2e6)), 'vCPU 0 running on pCPU 0, 2.000 ms from 0 ns'));

  it('clocks made of ticks: rows beside the paravirtual one, and a stair for each that is up where it is behind', () => {
    const clock = {
      name: 'lapic of vCPU 0',
      ticks: 30,
      lost: 3,
      behindNs: 3e6,
      points: [
        { atNs: 100, behindNs: 1e6 },
        { atNs: 200, behindNs: 3e6 },
      ],
    };
    assert.deepEqual(clockRows([]), []);
    assert.deepEqual(clockRows([clock]), [
      ['lapic of vCPU 0', '30', '3', '3.000 ms'],
      ['paravirtual', '', '', '0 ns'],
    ]);
    assert.deepEqual(
      [50, 100, 150, 300].map((ns) => behindAt(clock, ns)),
      [0, 1e6, 1e6, 3e6],
    );
    const { mostNs, lines } = driftLines([clock], { fromNs: 0, toNs: 400 }, 40, 30);
    assert.equal(mostNs, 3e6);
    assert.deepEqual(
      lines[0]?.points.map(({ x, y }) => [x, y]),
      [
        [0, 30],
        [10, 30],
        [10, 20],
        [20, 20],
        [20, 0],
        [40, 0],
        [40, 0],
      ],
    );
  });
});
