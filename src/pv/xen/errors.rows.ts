// Negative results of Xen's hypercalls (xen/include/public/errno.h), as this implementation gives them.
import type { ErrorRow } from '../types.rows';

export const XEN_ERRORS: readonly ErrorRow[] = [
  { value: -1, name: 'XEN_EPERM', doc: 'Not for this guest, or called outside CPL 0.' },
  { value: -2, name: 'XEN_ENOENT', doc: 'No such vCPU, map or entry.' },
  { value: -3, name: 'XEN_ESRCH', doc: 'No such domain.' },
  { value: -7, name: 'XEN_E2BIG', doc: 'Too much at once.' },
  { value: -12, name: 'XEN_ENOMEM', doc: 'No memory is left for it.' },
  { value: -14, name: 'XEN_EFAULT', doc: 'The address of a structure is not mapped.' },
  { value: -16, name: 'XEN_EBUSY', doc: 'In use.' },
  { value: -17, name: 'XEN_EEXIST', doc: 'There already.' },
  { value: -22, name: 'XEN_EINVAL', doc: 'An argument that cannot be.' },
  { value: -28, name: 'XEN_ENOSPC', doc: 'No free event channel, or the array is full.' },
  { value: -38, name: 'XEN_ENOSYS', doc: 'No such call or command.' },
  { value: -62, name: 'XEN_ETIME', doc: 'The time has passed.' },
  {
    value: -85,
    name: 'XEN_ERESTART',
    doc: 'Not done yet: the call goes on with what is left, after anything that is more urgent. The guest never sees it.',
  },
  { value: -95, name: 'XEN_EOPNOTSUPP', doc: 'Known, but not in this configuration.' },
];
