// What /proc/self/fdinfo tells of a map or program.
#ifndef NATIVE_FDINFO_H_
#define NATIVE_FDINFO_H_

#include <cstdint>

// Kernel memory the descriptor's map or program is charged for, in bytes; 0 where the kernel does not tell.
uint64_t MemlockBytes(int fd);

#endif  // NATIVE_FDINFO_H_
