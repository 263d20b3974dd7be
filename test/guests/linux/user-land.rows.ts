// What bash, coreutils and Python are asked in the guest, and what they must answer: worked out here where Node can, otherwise taken from the same programs on hardware.
import { createHash } from 'node:crypto';

export interface Question {
  readonly name: string;
  /** Of bash. */
  readonly script: string;
  readonly answer: string;
}

const MOST = 20_000;
const lines = (values: readonly (number | string)[]): string => values.map((value) => `${value}\n`).join('');
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const hash = (algorithm: string, content: string | Uint8Array): string => createHash(algorithm).update(content).digest('hex');
const python = (text: string): string => `python3 - <<'EOF'\n${text.trim()}\nEOF`;
const factorial = (of: number): bigint => upTo(of).reduce((product, each) => product * BigInt(each), 1n);

export const QUESTIONS: readonly Question[] = [
  {
    name: 'bash: arithmetic',
    script: 'echo $((2**62 % 1000007)) $((0x7fffffffffffffff + 1))',
    answer: `${2n ** 62n % 1000007n} ${-(2n ** 63n)}`,
  },
  {
    name: 'bash: arrays, a loop',
    script:
      'declare -A n=([b]=2 [a]=1 [c]=3); for k in $(printf "%s\\n" "${!n[@]}" | sort); do printf "%s=%d " "$k" "${n[$k]}"; done; echo .',
    answer: 'a=1 b=2 c=3 .',
  },
  {
    name: 'bash: a regular expression',
    script: '[[ linux-6.1.0 =~ ^([a-z]+)-([0-9.]+)$ ]] && echo "${BASH_REMATCH[2]} ${BASH_REMATCH[1]^^}"',
    answer: '6.1.0 LINUX',
  },
  { name: 'bash: process substitution', script: 'comm -12 <(seq 10 3 40) <(seq 10 4 40) | paste -sd,', answer: '10,22,34' },
  {
    name: 'bash: a trap',
    script: '(trap "echo got TERM; exit 7" TERM; kill -TERM $BASHPID; echo not here); echo $?',
    answer: 'got TERM\n7',
  },
  { name: 'bash: jobs', script: '(sleep 0.2; echo late) & echo early; wait', answer: 'early\nlate' },
  { name: 'bash: floats are long doubles', script: "printf '%.15f %.3e\\n' 0.1 123456789.5", answer: '0.100000000000000 1.235e+08' },
  {
    name: 'sort, by threads',
    script: `seq ${MOST} -1 1 | sort --parallel=4 -n | sha256sum`,
    answer: `${hash('sha256', lines(upTo(MOST)))}  -`,
  },
  {
    name: 'sort, as texts',
    script: `seq ${MOST} | LC_ALL=C sort | sha1sum`,
    answer: `${hash('sha1', lines(upTo(MOST).map(String).sort()))}  -`,
  },
  { name: 'shuf loses nothing', script: 'seq 5000 | shuf | sort -n | md5sum', answer: `${hash('md5', lines(upTo(5000)))}  -` },
  {
    name: 'dd',
    script: 'dd if=/dev/zero bs=64k count=16 2>/dev/null | sha512sum',
    answer: `${hash('sha512', new Uint8Array(1 << 20))}  -`,
  },
  {
    name: 'dd in a file',
    script: `seq ${MOST} > /tmp/f; dd if=/tmp/f bs=1000 skip=3 count=5 status=none | b2sum`,
    answer: `${hash('blake2b512', lines(upTo(MOST)).slice(3000, 8000))}  -`,
  },
  { name: 'cksum', script: `seq ${MOST} | cksum`, answer: '3231941463 108894' },
  {
    name: 'wc',
    script: `seq ${MOST} | wc`,
    answer: `${`${MOST}`.padStart(7)} ${`${MOST}`.padStart(7)} ${`${lines(upTo(MOST)).length}`.padStart(7)}`,
  },
  {
    name: 'base64',
    script: '[[ $(base64 /usr/bin/factor | base64 -d | sha1sum) == $(sha1sum < /usr/bin/factor) ]] && echo same',
    answer: 'same',
  },
  {
    name: 'factor, of 128 bits',
    script: 'factor 340282366920938463463374607431768211455',
    answer: '340282366920938463463374607431768211455: 3 5 17 257 641 65537 274177 6700417 67280421310721',
  },
  { name: 'seq, by long doubles', script: 'seq 0.1 0.1 0.8 | paste -sd" "', answer: '0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8' },
  {
    name: 'od, floats',
    script: "printf '\\x18\\x2d\\x44\\x54\\xfb\\x21\\x09\\x40' | od -An -tf8 | tr -d ' '",
    answer: '3.141592653589793',
  },
  { name: 'date', script: 'date -u -d @1234567890 +%FT%TZ', answer: '2009-02-13T23:31:30Z' },
  { name: 'timeout', script: 'timeout 0.2 sleep 60; echo $?', answer: '124' },
  {
    name: 'stat',
    script: 'umask 022; echo x > /tmp/s; ln -s s /tmp/l; stat -c "%A %s %N" /tmp/s /tmp/l',
    answer: "-rw-r--r-- 2 '/tmp/s'\nlrwxrwxrwx 1 '/tmp/l' -> 's'",
  },
  { name: 'Python: a sum', script: "python3 -c 'print(sum(range(200000)))'", answer: '19999900000' },
  {
    name: 'Python: floats',
    script: python(`
import math
print(0.1 + 0.2, 1e308 * 10, float("nan"), (0.1).hex(), 7 // -2, 7.5 % -2)
print(math.fsum(math.sqrt(i) for i in range(1000)), sum(1 / i for i in range(1, 1000)))
print(" ".join("%.12g" % f(0.75) for f in (math.sin, math.cos, math.tan, math.exp, math.log, math.atan, math.erf, math.gamma)))
print("%.12g" % math.pow(1.1, 300), round(2.5), round(-0.5), 2 ** 0.5)
`),
    answer: `0.30000000000000004 inf nan 0x1.999999999999ap-4 -4 -0.5
21065.83311087905 7.484470860550343
0.681638760023 0.731688868874 0.931596459944 2.11700001661 -0.287682072452 0.643501108793 0.711155633654 1.22541670247
2.61701099619e+12 2 0 1.4142135623730951`,
  },
  {
    name: 'Python: large integers',
    script: python('import math\nprint(math.factorial(200))\nprint(pow(3, 100000, 10**40), hash(2**61))'),
    answer: `${factorial(200)}\n${3n ** 100000n % 10n ** 40n} 1`,
  },
  {
    name: 'Python: threads',
    script: python(`
import threading
results, lock, start = [], threading.Lock(), threading.Barrier(4)
def work(n):
    start.wait()
    total = sum(i * i for i in range(n))
    with lock: results.append(total)
threads = [threading.Thread(target=work, args=(1000 * k,)) for k in range(1, 5)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(results))
`),
    answer: '[332833500, 2664667000, 8995500500, 21325334000]',
  },
  {
    name: 'Python: json',
    script: python(
      'import json\nprint(json.dumps(json.loads(\'{"b": [1, 2.5, null, true], "a": {"grüße": "\\\\u2603"}}\'), sort_keys=True, ensure_ascii=False))',
    ),
    answer: '{"a": {"grüße": "☃"}, "b": [1, 2.5, null, true]}',
  },
  {
    name: 'Python: processes',
    script: python(`
import os, subprocess
print(subprocess.run(["sort", "-r"], input="a\\nc\\nb\\n", capture_output=True, text=True).stdout.split())
r, w = os.pipe()
if os.fork() == 0:
    os.write(w, b"child"); os._exit(3)
print(os.wait()[1] >> 8, os.read(r, 9).decode())
`),
    answer: "['c', 'b', 'a']\n3 child",
  },
];
