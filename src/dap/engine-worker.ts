// Bundle entry of the engine's worker thread (dist/engine-worker.js).
import '../debug/host-link/worker';
