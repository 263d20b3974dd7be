// Debian's dynamic user land in the guest: bash, coreutils and Python from their packages, on the CPU with everything (AVX2 by glibc's choice of functions).
// `npm run test:linux` asks the same of every CPU model, on 1 and 4 vCPUs.
import { linuxGuest } from './packages';
import { userLand } from './user-land';
import { checkUserLand } from './user-land-run';

describe("Debian's user land in Linux", function () {
  this.timeout(900_000);

  it('bash, coreutils and Python answer as on hardware', function () {
    const guest = linuxGuest();
    const why = typeof guest === 'string' ? guest : userLand(guest, '');
    if (typeof guest === 'string' || typeof why === 'string') {
      console.log(`      not run: ${why as string}`);
      return this.skip();
    }
    checkUserLand(guest, 'max', 1);
  });
});
