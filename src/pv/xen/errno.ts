// Results of Xen's hypercalls (xen/include/public/errno.h): negative values of its own table, which are Linux's.

export const XenErrno = {
  EPERM: -1n,
  ENOENT: -2n,
  ESRCH: -3n,
  E2BIG: -7n,
  ENOMEM: -12n,
  EFAULT: -14n,
  EBUSY: -16n,
  EEXIST: -17n,
  EINVAL: -22n,
  ENOSPC: -28n,
  ENOSYS: -38n,
  ETIME: -62n,
  ERESTART: -85n,
  EOPNOTSUPP: -95n,
} as const;
