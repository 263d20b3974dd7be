// Results of KVM's hypercalls (include/uapi/linux/kvm_para.h): negative errno values, and -1000 for "no such call".

export const KvmErrno = {
  EPERM: -1n,
  EFAULT: -14n,
  EINVAL: -22n,
  EOPNOTSUPP: -95n,
  ENOSYS: -1000n,
} as const;
