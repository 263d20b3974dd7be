// The tiny user land of the Linux tests: Debian's static busybox and an /init that tells what the kernel found, then runs what the command line asks for.
import { CpioWriter } from '../../support/cpio';

/** Lines start with "GUEST:". The command line chooses the end: guest.reboot, guest.shell (not as process 1 and with a controlling terminal, so with job control), otherwise power-off; guest.short tells nothing but that it runs,
 * guest.steal tells /proc/stat before and after some work, guest.share does every half second from 3 seconds on while it computes for ever, guest.share.prints while it prints, too. A module /lib/test.ko is loaded, a program /bin/work is run. */
const INIT = `#!/bin/busybox sh
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t devtmpfs dev /dev 2>/dev/null
read -r cmdline < /proc/cmdline
echo "GUEST: INIT"
case "$cmdline" in *guest.short*) $bb poweroff -f ;; esac
$bb mount -t sysfs sys /sys
echo "GUEST: cpus $($bb grep -c ^processor /proc/cpuinfo)"
for f in /sys/devices/system/clocksource/clocksource0/current_clocksource /sys/devices/system/clocksource/clocksource0/available_clocksource; do
  echo "GUEST: \${f##*/} $($bb cat $f)"
done
$bb grep -E '^ *(LOC|RES|CAL|TLB):' /proc/interrupts | $bb sed 's/^/GUEST: irq /'
$bb dmesg | $bb grep -E 'Hypervisor detected|Booting paravirtualized|kvm-guest|kvm-clock|smp: Brought up|Oops|BUG|WARNING|Call Trace' | $bb sed 's/^/GUEST: dmesg /'
case "$cmdline" in *guest.steal*)
  echo "GUEST: steal-start $($bb head -n 1 /proc/stat)"
  echo "GUEST: start told"
  i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done
  echo "GUEST: steal-end $($bb head -n 1 /proc/stat)"
  echo "GUEST: end told" ;;
esac
at=300
case "$cmdline" in *guest.share*)
  while :; do
    i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done
    case "$cmdline" in *guest.share.prints*) echo "...................................................................................................." ;; esac
    read -r up rest < /proc/uptime
    if [ \${up%.*}\${up#*.} -ge $at ]; then
      echo "GUEST: share at $at: $up $($bb head -n 1 /proc/stat)"
      at=$((at+50))
    fi
  done ;;
esac
[ -f /lib/test.ko ] && $bb insmod /lib/test.ko
[ -x /bin/work ] && /bin/work
case "$cmdline" in
  *guest.shell*) PS1='guest# ' TERM=xterm $bb setsid $bb cttyhack $bb sh; $bb poweroff -f ;;
  *guest.reboot*) echo "GUEST: DONE"; $bb reboot -f ;;
  *) echo "GUEST: DONE"; $bb poweroff -f ;;
esac
`;

export function initramfs(busybox: Uint8Array, work?: Uint8Array, module?: Uint8Array): Uint8Array {
  const archive = new CpioWriter()
    .directory('bin')
    .directory('dev')
    .directory('proc')
    .directory('sys')
    .directory('tmp')
    .characterDevice('dev/console', 5, 1)
    .characterDevice('dev/null', 1, 3, 0o666)
    .file('bin/busybox', busybox, 0o755)
    .link('bin/sh', 'busybox')
    .file('init', INIT, 0o755);
  if (module !== undefined) archive.directory('lib').file('lib/test.ko', module);
  if (work !== undefined) archive.file('bin/work', work, 0o755);
  return archive.finish();
}
