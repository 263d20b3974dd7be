// CPU models for those who take a configuration from a user.
export { parseCpuModel } from '../../x86/models/parse-model';
